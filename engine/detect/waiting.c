/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "engine/detect/waiting.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "engine/detect/locality.h"

/* How often it is looked whether this machine knows where it is. */
#define LOOK_INTERVAL NSEC_PER_SEC

int waiting_init(struct waiting *w, const struct waiting_ops *ops) {
        *w = (struct waiting) { .ops = ops, .messages = calloc(WAITING_MAX, ops->size) };
        return w->messages ? 0 : -ENOMEM;
}

void waiting_done(struct waiting *w) {
        free(w->messages);
        w->messages = NULL;
}

static void *message_at(const struct waiting *w, size_t i) {
        return w->messages + i * w->ops->size;
}

static struct heard heard_of(const void *message) {
        struct heard heard;

        memcpy(&heard, message, sizeof heard);
        return heard;
}

/* As far as it is known where they were heard; `at_least` of them anyway. */
static void judge(struct waiting *w, void *state, struct detect_host *host, uint64_t now, size_t at_least) {
        size_t kept = 0;

        w->looked = now;
        for (size_t i = 0; i < w->n; i++) {
                struct heard heard = heard_of(message_at(w, i));

                if (i < at_least || link_is_known(host, heard.ifindex, heard.ts, now))
                        w->ops->judge(state, host, message_at(w, i));
                else
                        memmove(message_at(w, kept++), message_at(w, i), w->ops->size);
        }
        w->n = kept;
}

static bool waits_already(const struct waiting *w, const void *message) {
        struct heard heard = heard_of(message);

        for (size_t i = 0; i < w->n; i++) {
                struct heard other = heard_of(message_at(w, i));

                if (heard.ifindex == other.ifindex && heard.vlan == other.vlan && w->ops->says_again(message, message_at(w, i)))
                        return true;
        }
        return false;
}

void waiting_take(struct waiting *w, void *state, struct detect_host *host, const void *message, uint64_t now) {
        if (message && !waits_already(w, message)) {
                if (w->n == WAITING_MAX)
                        judge(w, state, host, now, 1);
                memcpy(message_at(w, w->n++), message, w->ops->size);
        }
        if (w->n > 0)
                judge(w, state, host, now, 0);
}

void waiting_flush(struct waiting *w, void *state, struct detect_host *host, uint64_t now) {
        judge(w, state, host, now, w->n);
}

uint64_t waiting_next_deadline(const struct waiting *w) {
        return w->n > 0 ? w->looked + LOOK_INTERVAL : UINT64_MAX;
}
