/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "cli/top/top-model.h"
#include "cli/top/top-pen.h"

/* Draws the model on the terminal, and tells it how much of it is on the screen. */

void top_view_draw(struct top_model *model, const struct screen *screen);

/* For top-view.c, in files of their own. */
void top_table_draw(struct top_model *model, const struct top_pen *pen, const struct top_area *area);
void top_pane_draw(struct top_model *model, const struct top_pen *pen, const struct top_area *area);
void top_help_draw(struct top_model *model, const struct top_pen *pen, size_t rows, size_t columns);
void top_menu_draw(struct top_model *model, const struct top_pen *pen, const struct top_area *area);
