/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <stdio.h>

#include "engine/flow/flow-record.h"
#include "engine/inventory/inventory.h"
#include "engine/inventory/peer-names.h"

/* Flows as lines for programs, JSON or CSV. Written by hand and not through json-c, because a capture may hold a
 * million of them. */

enum { FLOW_LINE_MAX = 8192 };

struct flow_lines {
        struct flow_hasher *hasher;
        const struct inventory *inventory; /* for names of devices; NULL: none are known */
        const struct peer_names *names;    /* and of servers */
        bool csv;
};

/* Writes what stands above the lines: the titles of CSV. */
void flow_lines_begin(const struct flow_lines *lines, FILE *f);
/* The line without its end; of CSV from its second byte on. 0, or -EIO when libcrypto refuses the Community ID. */
int flow_lines_format(const struct flow_lines *lines, const struct flow_record *record, char ret[static FLOW_LINE_MAX],
                      size_t *ret_length);
/* The same with its end, to `f`. */
int flow_lines_write(const struct flow_lines *lines, const struct flow_record *record, FILE *f);
