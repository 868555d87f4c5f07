/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/strbuf.h"

/* Points in time as people write and read them. All are us since the epoch. */

uint64_t when_now(void);

/* Reads "90s" "5min" "2h" "3d" "1w", in us. 0 or -EINVAL. */
int when_parse_span(const char *text, uint64_t *ret);

/* Reads "90s" "5min" "2h" "3d" "1w" (before `now`), "now" "today" "yesterday", "@EPOCH", "2025-01-31" and
 * "2025-01-31 18:00[:30]" (local time). 0 or -EINVAL. */
int when_parse(const char *text, uint64_t now, uint64_t *ret);

/* "just now", "5min ago", "2h ago", "3 days ago"; 0 gives "never". */
void when_format_relative(struct strbuf *b, uint64_t when, uint64_t now);
/* "Fri 2025-01-31 18:00:30", local time. */
void when_format(struct strbuf *b, uint64_t when);
/* Relative to `now`; or, when that is 0, as when_format() does, and without weekday and year if `brief`. */
void when_format_seen(struct strbuf *b, uint64_t when, uint64_t now, bool brief);
/* "1h 20min", "4.2s" */
void when_format_span(struct strbuf *b, uint64_t span);
