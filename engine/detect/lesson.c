/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Lessons as words. A word is hexadecimal digits of its bytes behind an x, so that whatever a device said comes back as it was
 * and is text to whoever keeps it. */

#include "engine/detect/lesson.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/macro.h"

void *learned_next(struct watch_table *table, void *record, bool all) {
        while ((record = watch_table_next(table, record))) {
                struct learned *l = record;

                if (!l->changed && !all)
                        continue;
                l->changed = false;
                return record;
        }
        return NULL;
}

void *learned_recall(struct watch_table *table, const struct lesson *lesson) {
        bool fresh;
        struct learned *l = watch_table_get(table, lesson->key, &fresh);

        if (l)
                l->mac = lesson->mac;
        return l;
}

void learned_forget(struct watch_table *table, const struct mac_address *mac) {
        struct learned *l = watch_table_next(table, NULL);

        while (l) {
                struct learned *next = watch_table_next(table, l);

                if (mac_equal(&l->mac, mac))
                        watch_table_remove(table, l);
                l = next;
        }
}

void lesson_tell(const char *detector, const void *record, const struct strbuf *text, lesson_take_fn take, void *userdata) {
        const struct learned *l = record;
        const struct lesson lesson = { detector, watch_table_key(record), l->mac, text->data };

        if (!text->truncated)
                take(userdata, &lesson);
}

void lesson_put_number(struct strbuf *b, uint64_t value) {
        strbuf_printf(b, " %llu", (unsigned long long) value);
}

void lesson_put_word(struct strbuf *b, const char *word) {
        strbuf_string(b, " x");
        for (; *word; word++)
                strbuf_printf(b, "%02x", (unsigned char) *word);
}

bool lesson_get_number(const char **text, uint64_t max, uint64_t *ret) {
        unsigned long long value;
        char *end;

        if (**text != ' ' || (*text)[1] < '0' || (*text)[1] > '9')
                return false;
        errno = 0;
        value = strtoull(*text + 1, &end, 10);
        if (errno != 0 || value > max || (*end != ' ' && *end != '\0'))
                return false;
        *text = end;
        *ret = value;
        return true;
}

static int digit(char c) {
        return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool lesson_get_word(const char **text, char *ret, size_t size) {
        const char *s = *text;
        size_t n = 0;

        if (s[0] != ' ' || s[1] != 'x')
                return false;
        for (s += 2; *s && *s != ' '; s += 2) {
                int high = digit(s[0]), low = high < 0 ? -1 : digit(s[1]);

                if (low < 0 || n + 1 >= size)
                        return false;
                ret[n++] = (char) (high << 4 | low);
        }
        ret[n] = '\0';
        *text = s;
        return true;
}
