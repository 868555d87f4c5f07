/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <stddef.h>

/* The capabilities that capturing may take, as a set, and giving up those that it does without. What was given up does not
 * come back: only another process can have it again. */

enum privilege {
        PRIVILEGE_BPF = 1 << 0,
        PRIVILEGE_PERFMON = 1 << 1,
        PRIVILEGE_NET_ADMIN = 1 << 2,
        PRIVILEGE_NET_RAW = 1 << 3,
};
#define PRIVILEGES_ALL (PRIVILEGE_BPF | PRIVILEGE_PERFMON | PRIVILEGE_NET_ADMIN | PRIVILEGE_NET_RAW)
#define PRIVILEGES_MAX 4

/* Which of them this thread has; CAP_SYS_ADMIN stands for CAP_BPF and CAP_PERFMON, too. */
unsigned privileges_held(void);

/* Gives up every capability that is not in `keep`, those that are none of these as well. Holds for this thread and for those
 * that it starts from now on. 0 or -errno. */
int privileges_keep(unsigned keep);

/* The names of a set, in order; returns how many. */
size_t privileges_names(unsigned set, const char *ret[static PRIVILEGES_MAX]);
