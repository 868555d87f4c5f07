/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Names by their letters. Words of any language that is written in ASCII have a vowel every few letters and no digits in
 * the middle; encoded data and drawn names have neither habit. */

#include "engine/detect/dns-words.h"

#include <string.h>

/* A label that carries data is at least so long: 12 bytes in hexadecimal, 15 in base 32. */
#define DATA_LABEL 24
/* Names of algorithms have at least so many letters; shorter ones are all taken. */
#define RANDOM_LABEL 8

struct letters {
        unsigned vowels, consonants, digits, others, longest_run, changes;
};

/* A bit for each of a, e, i, o, u and y. */
#define VOWELS (1U << 0 | 1U << 4 | 1U << 8 | 1U << 14 | 1U << 20 | 1U << 24)

static struct letters count(const char *label, size_t length) {
        struct letters l = {};
        unsigned run = 0;
        bool digit_before = false;

        for (size_t i = 0; i < length; i++) {
                char c = label[i] | 0x20;
                bool digit = label[i] >= '0' && label[i] <= '9', letter = c >= 'a' && c <= 'z';
                bool vowel = letter && VOWELS >> (c - 'a') & 1;

                l.digits += digit;
                l.vowels += vowel;
                l.consonants += letter && !vowel;
                l.others += !digit && !letter;
                l.changes += i > 0 && digit != digit_before;
                run = letter && !vowel ? run + 1 : 0;
                l.longest_run = run > l.longest_run ? run : l.longest_run;
                digit_before = digit;
        }
        return l;
}

size_t dns_words_length(const char *name) {
        return strcspn(name, " ");
}

static bool is_data(const char *label, size_t length) {
        struct letters l = count(label, length);

        if (length < DATA_LABEL || l.others * 6 > length)
                return false;
        return l.digits * 6 >= length || l.longest_run >= 6 || l.vowels * 6 < length;
}

bool dns_words_carry_data(const char *name) {
        size_t length = dns_words_length(name);

        /* Bytes that are no text. */
        if (strncmp(name, "hex:", 4) == 0)
                return true;
        while (length > 0) {
                size_t n = strcspn(name, ". ");

                n = n < length ? n : length;
                if (is_data(name, n))
                        return true;
                length -= n < length ? n + 1 : n;
                name += n + 1;
        }
        return false;
}

const char *dns_words_registered(const char *name, size_t *ret) {
        size_t end = dns_words_length(name), dot, begin;

        if (end > 0 && name[end - 1] == '.')
                end--;
        dot = end;
        while (dot > 0 && name[dot - 1] != '.')
                dot--;
        if (dot == 0) { /* one label */
                *ret = 0;
                return name;
        }
        begin = --dot;
        while (begin > 0 && name[begin - 1] != '.')
                begin--;
        *ret = dot - begin;
        return name + begin;
}

bool dns_words_are_random(const char *label, size_t length) {
        struct letters l = count(label, length);

        if (length < RANDOM_LABEL || l.others > 0)
                return false;
        return l.longest_run >= 5 || l.vowels * 6 < length || (l.digits >= 2 && l.changes >= 3);
}
