/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "daemon/capture.h"

/* What can and cannot be seen from where lanscope runs, in sentences for a person. */

#define VISIBILITY_MAX 8

struct visibility {
        enum capture_mode mode;
        bool capturing;   /* on one interface at least */
        bool replay;      /* what is shown comes from a file */
        bool kernel;      /* eBPF counts, on one interface at least */
        bool filtered;    /* a capture filter leaves frames out */
        bool span_drop;
};

/* Stores up to VISIBILITY_MAX static strings; how many. */
size_t visibility_describe(const struct visibility *visibility, const char *ret[static VISIBILITY_MAX]);
