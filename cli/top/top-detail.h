/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "cli/top/top-model.h"

/* What the detail pane says of the selected row: a line a value, not yet cut or escaped. */

#define TOP_LINES_MAX 256

struct top_line {
        char *title; /* "": belongs to the line before */
        char *text;
        enum style style;
};

struct top_lines {
        struct top_line lines[TOP_LINES_MAX];
        size_t n;
};

/* What does not fit is left out. No memory: there are fewer lines. */
void top_detail_build(struct top_model *model, struct top_lines *ret);
void top_lines_done(struct top_lines *lines);
