/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "common/macro.h"

/* What is wrong with the service at present, a sentence each, for whoever asks how it is. Each is told in the log when it begins,
 * when it becomes another, and when it is over. */

enum problem {
        PROBLEM_STORE,    /* nothing can be saved */
        PROBLEM_ALERTS,   /* alerts were lost */
        PROBLEM_DATABASE, /* it was made anew; stands until the service ends */
        _PROBLEM_MAX,
};

struct problems {
        char *sentences[_PROBLEM_MAX]; /* NULL: all is well */
};

/* True: it is news. */
bool problems_set(struct problems *problems, enum problem problem, const char *format, ...) _printf_(3, 4);
bool problems_clear(struct problems *problems, enum problem problem);
void problems_done(struct problems *problems);
