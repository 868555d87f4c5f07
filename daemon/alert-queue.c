/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A bounded list of alerts, each with its own copies of its texts. */

#include "daemon/alert-queue.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct alert_queue {
        size_t n;
        struct alert alerts[ALERT_QUEUE_MAX];
        char *texts[ALERT_QUEUE_MAX]; /* of each alert, in one piece */
        uint32_t changes[ALERT_QUEUE_MAX];
};

int alert_queue_new(struct alert_queue **ret) {
        struct alert_queue *q = calloc(1, sizeof *q);

        if (!q)
                return -ENOMEM;
        *ret = q;
        return 0;
}

void alert_queue_clear(struct alert_queue *q) {
        for (size_t i = 0; i < q->n; i++)
                free(q->texts[i]);
        q->n = 0;
}

struct alert_queue *alert_queue_free(struct alert_queue *q) {
        if (q)
                alert_queue_clear(q);
        free(q);
        return NULL;
}

static const char *text_copy(char **position, const char *text) {
        size_t size = strlen(text) + 1;
        char *copy = *position;

        memcpy(copy, text, size);
        *position += size;
        return copy;
}

int alert_queue_push(struct alert_queue *q, const struct alert *alert, uint32_t changes) {
        struct alert *copy = &q->alerts[q->n];
        char *texts;

        if (q->n >= ALERT_QUEUE_MAX)
                return -ENOBUFS;
        texts = malloc(strlen(alert->name) + strlen(alert->peer) + strlen(alert->message) + strlen(alert->details) + 4);
        if (!texts)
                return -ENOMEM;
        q->changes[q->n] = changes;
        q->texts[q->n++] = texts;
        *copy = *alert;
        copy->name = text_copy(&texts, alert->name);
        copy->peer = text_copy(&texts, alert->peer);
        copy->message = text_copy(&texts, alert->message);
        copy->details = text_copy(&texts, alert->details);
        return 0;
}

const struct alert *alert_queue_peek(const struct alert_queue *q, size_t *ret_n) {
        *ret_n = q->n;
        return q->alerts;
}

uint32_t alert_queue_changes(const struct alert_queue *q, size_t i) {
        return q->changes[i];
}
