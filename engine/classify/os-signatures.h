/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "common/conf-file.h"
#include "common/macro.h"

/* Known TCP signatures, and which of them a packet has: what system sent it, and how many routers it passed. Reads the
 * database of p0f 3; lanscope-signatures(5) has the format. A set is immutable once it is loaded. */

struct os_signatures;

int os_signatures_new(struct os_signatures **ret);
struct os_signatures *os_signatures_free(struct os_signatures *set);
DEFINE_CLEANUP(struct os_signatures *, os_signatures_free)

/* Adds the TCP signatures of one file, read to its end; other sections (MTU, HTTP) are passed over. What cannot be
 * read is complained about and left out. `name` is for messages. Number of signatures read, or -errno of a failed
 * read, -ENOMEM. */
int os_signatures_load(struct os_signatures *set, const char *name, FILE *f, conf_complaint_fn complain, void *userdata);
/* The same for the first of `paths` (NULL-terminated) that is there; none is no error. -errno of one that is there but
 * cannot be read, with the path in `ret_failed` (may be NULL), one of `paths`. */
int os_signatures_load_first(struct os_signatures *set, const char *const paths[], conf_complaint_fn complain, void *userdata,
                             const char **ret_failed);
size_t os_signatures_count(const struct os_signatures *set);

enum os_match {
        OS_MATCH_NONE,
        OS_MATCH_EXACT,
        OS_MATCH_GENERIC, /* a signature of last resort */
        OS_MATCH_FUZZY,   /* but for the TTL, or for bits that routers change */
        _OS_MATCH_MAX,
};

const char *os_match_to_string(enum os_match match) __attribute__((const));

struct os_verdict {
        enum os_match match;
        const char *name;      /* "Linux 3.11 and newer"; NULL with OS_MATCH_NONE; the set owns it */
        const char *signature; /* as the file has it, likewise */
        bool is_program;       /* a scanner with packets of its own, which tell nothing of the system */
        bool ttl_random;       /* then the distance means nothing */
        uint8_t distance;      /* routers between, by the initial TTL; guessed without a match */
};

/* The value of a fact tcp.raw_sig. 0, or -EINVAL where it is none. */
int os_signatures_match(const struct os_signatures *set, const char *raw, struct os_verdict *ret);
