/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Names by their letters. Words of any language that is written in ASCII have a vowel every few letters and no digits in
 * the middle; encoded data and drawn names have neither habit. */

#include "engine/detect/dns-words.h"

#include <stdint.h>
#include <string.h>

#include "common/escape.h"

/* A label that carries data is at least so long: 12 bytes in hexadecimal, 15 in base 32; of nothing but hexadecimal digits,
 * so long: names of sessions and counters of tunnels that are idle. */
#define DATA_LABEL 24
#define DATA_LABEL_HEX 16
/* Names of hosts have no bytes beyond ASCII (RFC 5890 writes others in it), and encodings of seven bits in a byte do. */
#define FOREIGN_BYTES 4
/* Names of algorithms have at least so many letters; shorter ones are all taken. */
#define RANDOM_LABEL 8

struct letters {
        unsigned vowels, digits, others, longest_run, changes;
        unsigned hex;     /* letters and digits of hexadecimal numbers */
};

/* A bit for each of a, e, i, o, u and y. */
#define VOWELS (1U << 0 | 1U << 4 | 1U << 8 | 1U << 14 | 1U << 20 | 1U << 24)

static bool is_digit(char c) {
        return c >= '0' && c <= '9';
}

static struct letters count(const char *label, size_t length) {
        struct letters l = {};
        unsigned run = 0;
        bool digit_before = false;

        for (size_t i = 0; i < length; i++) {
                char c = label[i] | 0x20;
                bool digit = is_digit(label[i]), letter = c >= 'a' && c <= 'z';
                bool vowel = letter && VOWELS >> (c - 'a') & 1;

                l.digits += digit;
                l.vowels += vowel;
                l.others += !digit && !letter;
                l.hex += digit || (c >= 'a' && c <= 'f');
                l.changes += i > 0 && digit != digit_before;
                run = letter && !vowel ? run + 1 : 0;
                l.longest_run = run > l.longest_run ? run : l.longest_run;
                digit_before = digit;
        }
        return l;
}

size_t dns_words_length(const char *name) {
        return (size_t) (strchrnul(name, ' ') - name);
}

struct label {
        const char *text;
        size_t length;
};

/* The label that begins at `text`, up to a dot or the end of the name. */
static inline struct label read_label(const char *text, const char *end) {
        const char *dot = memchr(text, '.', (size_t) (end - text));

        return (struct label) { text, (size_t) ((dot ?: end) - text) };
}

static unsigned count_foreign(const struct label *label) {
        unsigned n = 0;

        for (size_t i = 0; i < label->length; i++)
                n += (unsigned char) label->text[i] >= 0x80;
        return n;
}

static bool is_hex(const char *label, size_t length) {
        for (size_t i = 0; i < length; i++)
                if (!is_digit(label[i]) && ((label[i] | 0x20) < 'a' || (label[i] | 0x20) > 'f'))
                        return false;
        return true;
}

static bool is_data_by_letters(const char *label, size_t length) {
        struct letters l;

        /* A word is told by its first letters, as a rule. */
        if (length < DATA_LABEL && !is_hex(label, length))
                return false;
        l = count(label, length);
        if (l.hex == length && l.digits * 6 >= length)
                return true;
        if (length < DATA_LABEL || l.others * 6 > length)
                return false;
        return l.digits * 6 >= length || l.longest_run >= 6 || l.vowels * 6 < length;
}

/* Nearly all labels are too short for anything but bytes. */
static inline bool is_data(const struct label *label, bool foreign) {
        return (foreign && count_foreign(label) >= FOREIGN_BYTES) ||
               (label->length >= DATA_LABEL_HEX && is_data_by_letters(label->text, label->length));
}

bool dns_words_are_random(const char *label, size_t length) {
        struct letters l;

        if (length < RANDOM_LABEL)
                return false;
        l = count(label, length);
        if (l.others > 0)
                return false;
        return l.longest_run >= 5 || l.vowels * 6 < length || (l.digits >= 2 && l.changes >= 3);
}

/* Of which only tunnels ask: RFC 1035 §3.3.10 (NULL), RFC 2535 (KEY), and those for private use (RFC 6895 §3.1). */
static bool is_type_of_tunnels(const char *type) {
        return strcmp(type, "NULL") == 0 || strcmp(type, "TYPE25") == 0 || strncmp(type, "TYPE65", 6) == 0;
}

/* Whose answers have room for data, and of which clients ask for few names of one domain. */
static bool is_type_with_room(const char *type) {
        return strcmp(type, "TXT") == 0 || strcmp(type, "CNAME") == 0 || strcmp(type, "MX") == 0;
}

static void note_plain(struct dns_owner *o, const struct label *label) {
        o->labels[0] = o->labels[1];
        o->lengths[0] = o->lengths[1];
        o->labels[1] = label->text;
        o->lengths[1] = label->length;
}

/* May a label be long enough for letters that are data? Looked for from where it would end. */
static bool has_long_label(const char *name, const char *end) {
        while (end - name >= DATA_LABEL_HEX) {
                const char *dot = memrchr(name, '.', DATA_LABEL_HEX);

                if (!dot)
                        return true;
                name = dot + 1;
        }
        return false;
}

bool dns_words_carry_data(const char *name, struct dns_owner *ret_owner) {
        const char *end = strchrnul(name, ' '), *type = *end ? end + 1 : "";
        /* Nearly all ask for A or AAAA, which is neither. */
        bool address = *type == 'A', room = !address && is_type_with_room(type), data = !address && is_type_of_tunnels(type);
        bool foreign = !text_is_plain(name, (size_t) (end - name));

        *ret_owner = (struct dns_owner) { .labels = { "", "" } };
        /* Bytes that are no text. */
        if (end - name >= 4 && memcmp(name, "hex:", 4) == 0)
                return true;
        /* Nearly all names end here. */
        if (address && !foreign && !has_long_label(name, end))
                return false;
        while (name < end) {
                struct label label = read_label(name, end);

                if (is_data(&label, foreign) || (room && dns_words_are_random(label.text, label.length)))
                        data = true;
                else if (label.length > 0)
                        note_plain(ret_owner, &label);
                name += label.length + 1;
        }
        return data;
}

const char *dns_words_registered(const char *name, size_t *ret) {
        const char *end = strchrnul(name, ' '), *dot, *before;

        if (end > name && end[-1] == '.')
                end--;
        dot = memrchr(name, '.', (size_t) (end - name));
        if (!dot) { /* one label */
                *ret = 0;
                return name;
        }
        before = memrchr(name, '.', (size_t) (dot - name));
        name = before ? before + 1 : name;
        *ret = (size_t) (dot - name);
        return name;
}
