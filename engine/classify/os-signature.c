/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The text of one TCP signature, in p0f's format. Everything is checked here: what comes out can be compared without
 * another look. */

#include "engine/classify/os-signature.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/macro.h"

#define FIELDS 8
#define TEXT_MAX 512

/* A field, and where it ends. */
struct field {
        const char *text;
        size_t length;
};

static bool field_is(struct field f, const char *word) {
        return strlen(word) == f.length && memcmp(f.text, word, f.length) == 0;
}

static bool field_starts(struct field f, const char *word) {
        return strlen(word) <= f.length && memcmp(f.text, word, strlen(word)) == 0;
}

static struct field field_from(struct field f, size_t start) {
        return (struct field) { f.text + start, f.length - start };
}

/* Splits off what stands before `separator`; true: there was one. */
static bool take_field(struct field *rest, char separator, struct field *ret) {
        const char *at = memchr(rest->text, separator, rest->length);
        size_t length = at ? (size_t) (at - rest->text) : rest->length;

        *ret = (struct field) { rest->text, length };
        *rest = field_from(*rest, at ? length + 1 : length);
        return at != NULL;
}

/* Digits alone, at most `max`; -1 otherwise. */
static int32_t read_number(struct field f, int32_t max) {
        int32_t n = 0;

        if (f.length == 0 || f.length > 6)
                return -1;
        for (size_t i = 0; i < f.length; i++) {
                if (f.text[i] < '0' || f.text[i] > '9')
                        return -1;
                n = n * 10 + (f.text[i] - '0');
        }
        return n <= max ? n : -1;
}

static bool read_version(struct field f, struct os_signature *s) {
        s->version = field_is(f, "4") ? 4 : field_is(f, "6") ? 6 : 0;
        return s->version != 0 || field_is(f, "*");
}

/* "64", "64-" for any up to it. "54+10" (seen, and routers between) is how p0f prints one; the sum is what counts. */
static bool read_ttl(struct field f, struct os_signature *s) {
        struct field seen;
        int32_t ttl, distance = 0;

        s->ttl_random = f.length > 0 && f.text[f.length - 1] == '-';
        f.length -= s->ttl_random;
        if (take_field(&f, '+', &seen))
                distance = read_number(f, 255);
        ttl = read_number(seen, 255);
        if (ttl < 0 || distance < 0 || ttl + distance > 255)
                return false;
        s->ttl = (uint8_t) (ttl + distance);
        return true;
}

static bool read_window(struct field f, struct os_signature *s) {
        static const struct {
                const char *prefix;
                enum os_window type;
                int32_t max;
        } forms[] = {
                { "%", OS_WINDOW_MULTIPLE, UINT16_MAX }, { "mss*", OS_WINDOW_MSS, 1000 }, { "mtu*", OS_WINDOW_MTU, 1000 },
                { "", OS_WINDOW_EXACT, UINT16_MAX },
        };
        int32_t n;

        if (field_is(f, "*")) {
                s->window_type = OS_WINDOW_ANY;
                return true;
        }
        for (size_t i = 0; i < ELEMENTSOF(forms); i++) {
                if (!field_starts(f, forms[i].prefix))
                        continue;
                n = read_number(field_from(f, strlen(forms[i].prefix)), forms[i].max);
                s->window_type = forms[i].type;
                s->window = (uint16_t) n;
                return n > 0 || (n == 0 && forms[i].type == OS_WINDOW_EXACT);
        }
        return false;
}

static bool read_any_or_number(struct field f, int32_t max, int32_t *ret) {
        *ret = field_is(f, "*") ? -1 : read_number(f, max);
        return *ret >= 0 || field_is(f, "*");
}

static bool read_window_and_scale(struct field f, struct os_signature *s) {
        struct field window;
        int32_t scale;

        if (!take_field(&f, ',', &window) || !read_window(window, s) || !read_any_or_number(f, 255, &scale))
                return false;
        s->scale = (int16_t) scale;
        return true;
}

/* IANA's numbers of what p0f names; -1 for a word that is none. */
static int read_option(struct field f) {
        static const struct {
                const char *name;
                uint8_t kind;
        } names[] = {
                { "nop", 1 }, { "mss", 2 }, { "ws", 3 }, { "sok", 4 }, { "sack", 5 }, { "ts", 8 },
        };

        for (size_t i = 0; i < ELEMENTSOF(names); i++)
                if (field_is(f, names[i].name))
                        return names[i].kind;
        return field_starts(f, "?") ? read_number(field_from(f, 1), 255) : -1;
}

/* "eol+3" is the last one. */
static bool read_options(struct field f, struct os_signature *s) {
        bool more = f.length > 0;

        while (more) {
                struct field word;
                int32_t kind;

                more = take_field(&f, ',', &word);
                if (s->n_options >= OS_SIGNATURE_OPTIONS_MAX)
                        return false;
                if (field_starts(word, "eol+")) {
                        int32_t padding = read_number(field_from(word, 4), OS_SIGNATURE_OPTIONS_MAX);

                        s->options[s->n_options++] = 0;
                        s->padding = (uint8_t) padding;
                        return padding >= 0 && !more;
                }
                kind = read_option(word);
                if (kind < 0)
                        return false;
                s->options[s->n_options++] = (uint8_t) kind;
        }
        return true;
}

static bool read_quirks(struct field f, struct os_signature *s) {
        static const struct {
                const char *name;
                enum os_quirk quirk;
        } names[] = {
                { "df", OS_QUIRK_DF },             { "id+", OS_QUIRK_ID_SET },     { "id-", OS_QUIRK_ID_ZERO },
                { "ecn", OS_QUIRK_ECN },           { "0+", OS_QUIRK_RESERVED },    { "flow", OS_QUIRK_FLOW },
                { "seq-", OS_QUIRK_SEQ_ZERO },     { "ack+", OS_QUIRK_ACK_SET },   { "ack-", OS_QUIRK_ACK_ZERO },
                { "uptr+", OS_QUIRK_URGENT_SET },  { "urgf+", OS_QUIRK_URGENT },   { "pushf+", OS_QUIRK_PUSH },
                { "ts1-", OS_QUIRK_STAMP_ZERO },   { "ts2+", OS_QUIRK_STAMP_PEER }, { "opt+", OS_QUIRK_PADDING },
                { "exws", OS_QUIRK_SCALE },        { "bad", OS_QUIRK_BAD },
        };

        while (f.length > 0) {
                struct field word;
                size_t i = 0;

                take_field(&f, ',', &word);
                while (i < ELEMENTSOF(names) && !field_is(word, names[i].name))
                        i++;
                if (i == ELEMENTSOF(names))
                        return false;
                s->quirks |= names[i].quirk;
        }
        return true;
}

static bool read_payload(struct field f, struct os_signature *s) {
        s->payload = field_is(f, "+") ? OS_PAYLOAD_SOME : field_is(f, "*") ? OS_PAYLOAD_ANY : OS_PAYLOAD_NONE;
        return s->payload != OS_PAYLOAD_NONE || field_is(f, "0");
}

int os_signature_parse(const char *text, struct os_signature *ret) {
        struct field rest = { text, strnlen(text, TEXT_MAX) }, fields[FIELDS];
        struct os_signature s = {};
        int32_t header_options;

        for (size_t i = 0; i < FIELDS; i++)
                if (take_field(&rest, ':', &fields[i]) != (i + 1 < FIELDS))
                        return -EINVAL;
        header_options = read_number(fields[2], 255);
        if (header_options < 0 || !read_version(fields[0], &s) || !read_ttl(fields[1], &s) ||
            !read_any_or_number(fields[3], UINT16_MAX, &s.mss) || !read_window_and_scale(fields[4], &s) ||
            !read_options(fields[5], &s) || !read_quirks(fields[6], &s) || !read_payload(fields[7], &s))
                return -EINVAL;
        s.header_options = (uint8_t) header_options;
        *ret = s;
        return 0;
}

bool os_signature_is_observed(const struct os_signature *s) {
        return s->version != 0 && !s->ttl_random && s->mss >= 0 && s->window_type == OS_WINDOW_EXACT && s->scale >= 0 &&
               s->payload != OS_PAYLOAD_ANY;
}
