/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What detectors have learned: words that are theirs, kept and given back. */

#include <errno.h>
#include <string.h>

#include "common/escape.h"
#include "daemon/store-internal.h"

struct saver {
        struct store *store;
        uint64_t now;
        bool begun; /* a transaction: not for nothing */
        int r;
};

static void save_lesson(void *userdata, const struct lesson *lesson) {
        char mac[MAC_STRING_MAX];
        struct saver *s = userdata;

        if (s->r < 0 || !text_is_utf8(lesson->text, strlen(lesson->text)))
                return;
        if (!s->begun) {
                s->r = store_begin(s->store, false);
                s->begun = s->r >= 0;
        }
        if (s->r >= 0)
                s->r = store_run(s->store, SQL_LESSON_PUT, TEXT(lesson->detector), NUMBER(lesson->key),
                                 TEXT(mac_is_zero(&lesson->mac) ? NULL : mac_format(&lesson->mac, mac)), NUMBER(s->now),
                                 TEXT(lesson->text));
}

int store_save_lessons(struct store *store, uint64_t now, void (*tell)(void *userdata, lesson_take_fn take, void *to), void *userdata) {
        struct saver s = { .store = store, .now = MIN(now, (uint64_t) INT64_MAX) };

        tell(userdata, save_lesson, &s);
        if (s.begun)
                s.r = store_end(store, s.r);
        return MIN(s.r, 0);
}

/* Columns as in SQL_LESSONS_LOAD. False: the row cannot be. */
static bool read_lesson(sqlite3_stmt *row, struct lesson *ret) {
        const char *mac;

        *ret = (struct lesson) { .key = (uint64_t) sqlite3_column_int64(row, 1) }; /* all 64 bits are in use */
        return store_column_text(row, 0, 64, &ret->detector) && ret->detector && store_column_text(row, 2, MAC_STRING_MAX, &mac) &&
               (!mac || mac_parse(mac, &ret->mac) >= 0) && store_column_text(row, 3, LESSON_TEXT_MAX, &ret->text) && ret->text;
}

int store_load_lessons(struct store *store, bool (*take)(void *userdata, const struct lesson *lesson), void *userdata) {
        sqlite3_stmt *rows = store_query(store, SQL_LESSONS_LOAD, NULL, 0);
        int r;

        while ((r = store_next(store, rows)) > 0) {
                struct lesson lesson;

                if (!read_lesson(rows, &lesson) || !take(userdata, &lesson))
                        store->counters.skipped_rows++;
        }
        sqlite3_reset(rows);
        return r;
}
