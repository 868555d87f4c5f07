/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "engine/detect/link-messages.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "engine/detect/locality.h"
#include "engine/detect/watch-table.h"

/* How often it is looked whether this machine knows where it is. */
#define LOOK_INTERVAL NSEC_PER_SEC

int link_messages_new(void **ret_state, const struct link_messages_ops *ops) {
        struct link_messages *m = calloc(1, sizeof *m);
        int r = -ENOMEM;

        if (m) {
                m->ops = ops;
                m->message = calloc(1, ops->message_size);
                m->waiting = calloc(LINK_MESSAGES_WAITING_MAX, ops->message_size);
        }
        if (m && m->message && m->waiting)
                r = watch_table_new(&m->links, ops->link_size, LINK_MESSAGES_LINKS_MAX);
        if (r < 0) {
                link_messages_free(m);
                return r;
        }
        *ret_state = m;
        return 0;
}

void link_messages_free(void *state) {
        struct link_messages *m = state;

        if (!m)
                return;
        watch_table_free(m->links);
        free(m->waiting);
        free(m->message);
        free(m);
}

static void *waiting_at(const struct link_messages *m, size_t i) {
        return m->waiting + i * m->ops->message_size;
}

static void judge(struct link_messages *m, struct detect_host *host, const void *message) {
        const struct link_message *head = message;
        bool fresh;
        void *link = watch_table_get(m->links, link_key(host, head->ifindex, head->vlan), &fresh);

        if (link)
                m->ops->judge(link, host, message);
}

/* As far as it is known where they were heard; `at_least` of them anyway. */
static void judge_waiting(struct link_messages *m, struct detect_host *host, uint64_t now, size_t at_least) {
        size_t kept = 0;

        m->looked = now;
        for (size_t i = 0; i < m->n; i++) {
                const struct link_message *head = waiting_at(m, i);

                if (i < at_least || link_is_known(host, head->ifindex, head->ts, now))
                        judge(m, host, head);
                else
                        memmove(waiting_at(m, kept++), head, m->ops->message_size);
        }
        m->n = kept;
}

static bool waits_already(const struct link_messages *m, const struct link_message *message) {
        for (size_t i = 0; i < m->n; i++) {
                const struct link_message *other = waiting_at(m, i);

                if (message->ifindex == other->ifindex && message->vlan == other->vlan && m->ops->says_again(message, other))
                        return true;
        }
        return false;
}

static void keep_message(struct link_messages *m, struct detect_host *host, uint64_t now) {
        if (waits_already(m, m->message))
                return;
        if (m->n == LINK_MESSAGES_WAITING_MAX)
                judge_waiting(m, host, now, 1);
        memcpy(waiting_at(m, m->n++), m->message, m->ops->message_size);
}

void link_messages_finish(struct link_messages *m, struct detect_host *host, uint64_t now) {
        if (m->gathering && (!m->ops->is_whole || m->ops->is_whole(m->message)))
                keep_message(m, host, now);
        m->gathering = false;
        if (m->n > 0)
                judge_waiting(m, host, now, 0);
}

void *link_messages_begin(struct link_messages *m, const struct fact *fact) {
        struct link_message *head = m->message;

        memset(m->message, 0, m->ops->message_size);
        *head = (struct link_message) { fact->ts, fact->frame, fact->ifindex, fact->vlan };
        m->gathering = true;
        return m->message;
}

void *link_messages_of(const struct link_messages *m, const struct fact *fact) {
        const struct link_message *head = m->message;

        return m->gathering && head->ts == fact->ts && head->frame == fact->frame ? m->message : NULL;
}

void link_messages_drop(struct link_messages *m) {
        m->gathering = false;
}

void link_messages_advance(void *state, struct detect_host *host, uint64_t now, bool flush) {
        struct link_messages *m = state;

        link_messages_finish(m, host, now);
        if (flush)
                judge_waiting(m, host, now, m->n);
}

uint64_t link_messages_next_deadline(const void *state) {
        const struct link_messages *m = state;

        if (m->gathering)
                return ((const struct link_message *) m->message)->ts;
        return m->n > 0 ? m->looked + LOOK_INTERVAL : UINT64_MAX;
}
