/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <adwaita.h>

/* Rows whose texts are no markup, and groups whose rows come and go. */

/* An AdwActionRow; `subtitle` may be NULL. Both are shown by plain_text(), wrapped. */
GtkWidget *plain_row_new(const char *title, const char *subtitle);
/* A dim text at the end of the row: short, for it is not wrapped. Our own words: those of some languages hold marks of
 * direction, which plain_text() would replace. */
void plain_row_add_value(GtkWidget *row, const char *text);
/* A flat button with an icon at the end of the row; the name is its tooltip and what it is called. Borrowed. */
GtkWidget *plain_row_add_button(GtkWidget *row, const char *icon, const char *name);

/* Rows that a group (AdwPreferencesGroup or AdwExpanderRow) was given, to be taken out again. */
typedef struct {
        GtkWidget *group;
        GPtrArray *rows;
} PlainRows;

void plain_rows_init(PlainRows *rows, GtkWidget *group);
void plain_rows_add(PlainRows *rows, GtkWidget *row);
void plain_rows_clear(PlainRows *rows);
/* Forgets the rows; who owns the group destroys them. */
void plain_rows_done(PlainRows *rows);
