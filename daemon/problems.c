/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A sentence for each thing that can go wrong for a while. */

#include "daemon/problems.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/log.h"

/* What is said when it is over. */
static const char *const relief[_PROBLEM_MAX] = {
        [PROBLEM_STORE] = "The database can be written again; what waited was saved",
};

bool problems_set(struct problems *p, enum problem problem, const char *format, ...) {
        char **sentence = &p->sentences[problem], *text;
        va_list args;
        int n;

        va_start(args, format);
        n = vasprintf(&text, format, args);
        va_end(args);
        if (n < 0)
                return false;
        if (*sentence && strcmp(*sentence, text) == 0) {
                free(text);
                return false;
        }
        log_error("%s", text);
        free(*sentence);
        *sentence = text;
        return true;
}

bool problems_clear(struct problems *p, enum problem problem) {
        char **sentence = &p->sentences[problem];

        if (!*sentence)
                return false;
        free(*sentence);
        *sentence = NULL;
        if (relief[problem])
                log_notice("%s", relief[problem]);
        return true;
}

void problems_done(struct problems *p) {
        for (size_t i = 0; i < _PROBLEM_MAX; i++)
                free(p->sentences[i]);
        *p = (struct problems) {};
}
