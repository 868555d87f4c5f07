/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "engine/detect/detector.h"

/* The state of a detector that judges what somebody tells all of a link, message by message, by what was told there before: a record of each
 * link, the message that is being gathered from the facts of a frame, and those that wait until it is known of which network they are
 * (link_is_known()). They are judged in the order in which they came. Bounded: of too many that wait the first is judged as it is; what
 * says the same as one that waits is not kept. */

#define LINK_MESSAGES_LINKS_MAX 64
#define LINK_MESSAGES_WAITING_MAX 8

/* Every message begins with this. */
struct link_message {
        uint64_t ts;    /* ns since the epoch */
        uint64_t frame; /* fact.frame */
        uint32_t ifindex;
        uint16_t vlan;
};

struct link_messages_ops {
        size_t message_size;
        size_t link_size; /* of a record, which begins with a struct learned */
        /* `link` lives until the next is judged. */
        void (*judge)(void *link, struct detect_host *host, const void *message);
        bool (*is_whole)(const void *message); /* enough of it was heard to judge it; NULL: it is */
        bool (*says_again)(const void *a, const void *b); /* of two on the same link */
};

struct link_messages {
        const struct link_messages_ops *ops;
        struct watch_table *links; /* by link_key() */
        unsigned char *waiting;
        size_t n;
        uint64_t looked; /* when it was looked whether they can be judged */
        void *message;
        bool gathering;
};

/* These are hooks of a struct detector, whose state is a struct link_messages, or part of them. */
int link_messages_new(void **ret_state, const struct link_messages_ops *ops); /* -ENOMEM */
void link_messages_free(void *state);
void link_messages_advance(void *state, struct detect_host *host, uint64_t now, bool flush);
uint64_t link_messages_next_deadline(const void *state);

/* All of the message that is being gathered is there: judges what can be judged. */
void link_messages_finish(struct link_messages *m, struct detect_host *host, uint64_t now);
/* Begins another, whose first fact this is: all of it but its struct link_message is zero. */
void *link_messages_begin(struct link_messages *m, const struct fact *fact);
/* The one that is being gathered, if `fact` is of the same frame; NULL otherwise. */
void *link_messages_of(const struct link_messages *m, const struct fact *fact);
/* It does not count. */
void link_messages_drop(struct link_messages *m);
