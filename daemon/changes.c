/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The queue of what clients have to be told. It knows no bus: it says what happened to which object, and
 * somebody else says it aloud. */

#include "daemon/changes.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>

#include "common/id-hash.h"

struct key {
        uint64_t id;
        uint64_t kind; /* enum object_kind, as wide as the id: the key is compared as bytes, without padding */
};

struct entry {
        struct key key;
        bool added, removed;
        uint32_t mask;
        UT_hash_handle hh; /* keeps the order of insertion */
};

struct changes {
        struct changes_ops ops;
        sd_event_source *timer;
        struct entry *entries;
        uint64_t last_round; /* usec, monotonic */
};

static void entry_drop(struct changes *c, struct entry *e) {
        HASH_DEL(c->entries, e);
        free(e);
}

static void entry_tell(struct changes *c, struct entry *e) {
        struct entry told = *e;
        enum object_kind kind = (enum object_kind) e->key.kind;

        entry_drop(c, e);
        if (told.removed)
                c->ops.removed(c->ops.userdata, kind, told.key.id);
        else if (told.added)
                c->ops.added(c->ops.userdata, kind, told.key.id);
        else
                c->ops.changed(c->ops.userdata, kind, told.key.id, told.mask);
}

static void arm(struct changes *c, uint64_t at) {
        (void) sd_event_source_set_time(c->timer, at);
        (void) sd_event_source_set_enabled(c->timer, SD_EVENT_ONESHOT);
}

static bool is_congested(const struct changes *c) {
        return c->ops.congested && c->ops.congested(c->ops.userdata);
}

static int on_timer(sd_event_source *s _unused_, uint64_t usec, void *userdata) {
        struct changes *c = userdata;

        (void) sd_event_now(sd_event_source_get_event(s), CLOCK_MONOTONIC, &usec);
        c->last_round = usec;
        for (size_t n = 0; n < CHANGES_BUDGET && c->entries && !is_congested(c); n++)
                entry_tell(c, c->entries);
        if (c->entries)
                arm(c, usec + CHANGES_INTERVAL);
        return 0;
}

int changes_new(struct changes **ret, sd_event *event, const struct changes_ops *ops) {
        _cleanup_(changes_freep) struct changes *c = calloc(1, sizeof *c);
        int r;

        if (!c)
                return -ENOMEM;
        c->ops = *ops;
        r = sd_event_add_time(event, &c->timer, CLOCK_MONOTONIC, 0, 10000, on_timer, c);
        if (r >= 0)
                r = sd_event_source_set_enabled(c->timer, SD_EVENT_OFF);
        if (r < 0)
                return r;
        (void) sd_event_source_set_description(c->timer, "changes");
        *ret = TAKE_PTR(c);
        return 0;
}

struct changes *changes_free(struct changes *c) {
        if (!c)
                return NULL;
        while (c->entries)
                entry_drop(c, c->entries);
        sd_event_source_disable_unref(c->timer);
        free(c);
        return NULL;
}

static struct entry *entry_find(const struct changes *c, enum object_kind kind, uint64_t id) {
        struct key key = { id, kind };
        struct entry *e;

        HASH_FIND(hh, c->entries, &key, sizeof key, e);
        return e;
}

/* The entry of an object; a new one starts the timer, if it is the first. */
static struct entry *entry_get(struct changes *c, enum object_kind kind, uint64_t id) {
        struct entry *e = entry_find(c, kind, id);
        uint64_t now;

        if (e)
                return e;
        e = calloc(1, sizeof *e);
        if (!e)
                return NULL;
        e->key = (struct key) { id, kind };
        if (!c->entries) {
                (void) sd_event_now(sd_event_source_get_event(c->timer), CLOCK_MONOTONIC, &now);
                arm(c, MAX(now, c->last_round + CHANGES_INTERVAL));
        }
        HASH_ADD(hh, c->entries, key, sizeof e->key, e);
        return e;
}

int changes_add(struct changes *c, enum object_kind kind, uint64_t id) {
        struct entry *e = entry_get(c, kind, id);

        if (!e)
                return -ENOMEM;
        e->added = true;
        e->removed = false;
        return 0;
}

int changes_mark(struct changes *c, enum object_kind kind, uint64_t id, uint32_t mask) {
        struct entry *e = mask == 0 ? NULL : entry_get(c, kind, id);

        if (mask != 0 && !e)
                return -ENOMEM;
        if (e)
                e->mask |= mask;
        return 0;
}

int changes_remove(struct changes *c, enum object_kind kind, uint64_t id) {
        struct entry *e = entry_find(c, kind, id);

        if (e && e->added) {
                entry_drop(c, e);
                return 0;
        }
        e = entry_get(c, kind, id);
        if (!e)
                return -ENOMEM;
        e->removed = true;
        return 0;
}

void changes_flush_object(struct changes *c, enum object_kind kind, uint64_t id) {
        struct entry *e = entry_find(c, kind, id);

        if (e)
                entry_tell(c, e);
}

void changes_flush(struct changes *c) {
        while (c->entries)
                entry_tell(c, c->entries);
}

size_t changes_waiting(const struct changes *c) {
        return HASH_COUNT(c->entries);
}
