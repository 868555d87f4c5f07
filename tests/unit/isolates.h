/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <string.h>

/* Isolates are there for the direction of text, and in the way of comparing. */
static inline char *without_isolates(char *text) {
        char *out = text;

        for (const char *c = text; *c;) {
                if (strncmp(c, "\u2068", 3) == 0 || strncmp(c, "\u2069", 3) == 0)
                        c += 3;
                else
                        *out++ = *c++;
        }
        *out = '\0';
        return text;
}
