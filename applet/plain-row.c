/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* libadwaita's rows take markup unless they are told otherwise. */

#include "applet/plain-row.h"

#include "applet/plain-text.h"

GtkWidget *plain_row_new(const char *title, const char *subtitle) {
        g_autofree char *plain_title = plain_text(title);
        g_autofree char *plain_subtitle = plain_text(subtitle ? subtitle : "");

        return g_object_new(ADW_TYPE_ACTION_ROW, "use-markup", FALSE, "use-underline", FALSE, "title", plain_title, "subtitle",
                            plain_subtitle, "title-lines", 0, "subtitle-lines", 0, NULL);
}

void plain_row_add_value(GtkWidget *row, const char *text) {
        GtkWidget *label = gtk_label_new(text);

        gtk_widget_add_css_class(label, "dim-label");
        adw_action_row_add_suffix(ADW_ACTION_ROW(row), label);
}

GtkWidget *plain_row_add_button(GtkWidget *row, const char *icon, const char *name) {
        GtkWidget *button = gtk_button_new_from_icon_name(icon);

        gtk_widget_set_tooltip_text(button, name);
        gtk_accessible_update_property(GTK_ACCESSIBLE(button), GTK_ACCESSIBLE_PROPERTY_LABEL, name, -1);
        gtk_widget_set_valign(button, GTK_ALIGN_CENTER);
        gtk_widget_add_css_class(button, "flat");
        adw_action_row_add_suffix(ADW_ACTION_ROW(row), button);
        return button;
}

void plain_rows_init(PlainRows *rows, GtkWidget *group) {
        rows->group = group;
        rows->rows = g_ptr_array_new();
}

void plain_rows_add(PlainRows *rows, GtkWidget *row) {
        g_ptr_array_add(rows->rows, row);
        if (ADW_IS_EXPANDER_ROW(rows->group))
                adw_expander_row_add_row(ADW_EXPANDER_ROW(rows->group), row);
        else
                adw_preferences_group_add(ADW_PREFERENCES_GROUP(rows->group), row);
}

void plain_rows_clear(PlainRows *rows) {
        for (guint i = 0; i < rows->rows->len; i++)
                if (ADW_IS_EXPANDER_ROW(rows->group))
                        adw_expander_row_remove(ADW_EXPANDER_ROW(rows->group), rows->rows->pdata[i]);
                else
                        adw_preferences_group_remove(ADW_PREFERENCES_GROUP(rows->group), rows->rows->pdata[i]);
        g_ptr_array_set_size(rows->rows, 0);
}

void plain_rows_done(PlainRows *rows) {
        g_clear_pointer(&rows->rows, g_ptr_array_unref);
}
