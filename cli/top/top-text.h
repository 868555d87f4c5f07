/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <stdint.h>

#include "common/strbuf.h"

/* Numbers in few columns: as many digits as tell them apart, never more than three before a unit changes. */

/* "0 b/s", "12.3 kb/s", "1.21 Gb/s": 9 columns at most. */
void top_format_rate(struct strbuf *b, uint64_t bits_per_second);
/* "0 B", "12.3 KiB": 8 columns at most. */
void top_format_bytes(struct strbuf *b, uint64_t bytes);
/* "0", "999", "12.3k": 5 columns at most. */
void top_format_count(struct strbuf *b, uint64_t n);
/* How long ago: "now", "12s", "5min", "3h", "12d"; "never" for 0. */
void top_format_age(struct strbuf *b, uint64_t when, uint64_t now);
