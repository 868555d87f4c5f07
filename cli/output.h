/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "cli/options.h"
#include "common/json-text.h"

/* An exit status from a negative errno that was already explained. */
static inline int exit_status(int r) {
        return r < 0;
}

/* 1, after having said so. */
int output_no_memory(void);

/* Prints `o` as --json asks, on a line of its own or prettily. Exit status. */
int output_json(const struct options *options, struct json_object *o);
