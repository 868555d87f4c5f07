/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "cli/screen.h"
#include "common/json-text.h"

/* Where what stands behind a title begins. */
enum { STATUS_INDENT = 16 };

/* How much the service hears, what it loses and why, and how full its tables are: of the Statistics at two times,
 * `usec` apart. `title` prints the beginning of a line. */
void load_print(const struct screen *screen, void (*title)(const struct screen *screen, const char *title),
                struct json_object *before, struct json_object *after, uint64_t usec);

/* The limit that a table's size stands against, "" for none. */
const char *load_limit_of(struct json_object *statistics, const char *counter);
