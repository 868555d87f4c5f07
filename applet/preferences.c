/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Widgets bound to keys; nothing is applied later. */

#include "applet/preferences.h"

#include <glib/gi18n.h>

#include "applet/alert-wording.h"
#include "applet/plain-row.h"

#define MINUTES_A_DAY (24 * 60)

static void bind_switches(GtkBuilder *builder, GSettings *settings) {
        static const char *const rows[][2] = {
                { "run_in_background", "run-in-background" },
                { "show_tray_item", "show-tray-item" },
                { "show_notifications", "show-notifications" },
                { "notify_new_devices", "notify-new-devices" },
                { "notify_returned_devices", "notify-returned-devices" },
                { "quiet_hours", "quiet-hours" },
                { "critical_passes", "critical-passes" },
        };

        for (gsize i = 0; i < G_N_ELEMENTS(rows); i++)
                g_settings_bind(settings, rows[i][1], gtk_builder_get_object(builder, rows[i][0]), "active", G_SETTINGS_BIND_DEFAULT);
}

/* Severities */

static gboolean severity_to_row(GValue *value, GVariant *variant, void *data G_GNUC_UNUSED) {
        const char *severity = g_variant_get_string(variant, NULL);

        g_value_set_uint(value, g_str_equal(severity, "critical") ? 2 : g_str_equal(severity, "warning") ? 1 : 0);
        return TRUE;
}

static GVariant *row_to_severity(const GValue *value, const GVariantType *type G_GNUC_UNUSED, void *data G_GNUC_UNUSED) {
        static const char *const severities[] = { "info", "warning", "critical" };
        guint row = g_value_get_uint(value);

        return row < G_N_ELEMENTS(severities) ? g_variant_new_string(severities[row]) : NULL;
}

/* Times: minutes since midnight, shown as 22:00 */

static gboolean on_output(GtkSpinButton *spin) {
        guint minutes = (guint) gtk_spin_button_get_value_as_int(spin);
        g_autofree char *text = g_strdup_printf("%02u:%02u", minutes / 60, minutes % 60);

        if (!g_str_equal(gtk_editable_get_text(GTK_EDITABLE(spin)), text))
                gtk_editable_set_text(GTK_EDITABLE(spin), text);
        return TRUE;
}

static int on_input(GtkSpinButton *spin, double *ret) {
        g_auto(GStrv) parts = g_strsplit(gtk_editable_get_text(GTK_EDITABLE(spin)), ":", 2);
        guint64 hours, minutes = 0;

        if (!parts[0] || !g_ascii_string_to_unsigned(parts[0], 10, 0, 23, &hours, NULL) ||
            (parts[1] && !g_ascii_string_to_unsigned(parts[1], 10, 0, 59, &minutes, NULL)))
                return GTK_INPUT_ERROR;
        *ret = (double) (hours * 60 + minutes);
        return TRUE;
}

static gboolean minutes_to_spin(GValue *value, GVariant *variant, void *data G_GNUC_UNUSED) {
        g_value_set_double(value, g_variant_get_uint32(variant));
        return TRUE;
}

static GVariant *spin_to_minutes(const GValue *value, const GVariantType *type G_GNUC_UNUSED, void *data G_GNUC_UNUSED) {
        return g_variant_new_uint32((guint32) g_value_get_double(value));
}

static void bind_time(GtkBuilder *builder, GSettings *settings, const char *widget, const char *key) {
        GtkSpinButton *spin = GTK_SPIN_BUTTON(gtk_builder_get_object(builder, widget));

        gtk_spin_button_set_adjustment(spin, gtk_adjustment_new(0, 0, MINUTES_A_DAY - 1, 15, 60, 0));
        g_signal_connect(spin, "output", G_CALLBACK(on_output), NULL);
        g_signal_connect(spin, "input", G_CALLBACK(on_input), NULL);
        g_settings_bind_with_mapping(settings, key, spin, "value", G_SETTINGS_BIND_DEFAULT, minutes_to_spin, spin_to_minutes, NULL,
                                     NULL);
}

/* Kinds: a switch each; the setting lists those that are off */

static void on_kind(GtkSwitch *toggle, GParamSpec *property G_GNUC_UNUSED, GSettings *settings) {
        const char *kind = g_object_get_data(G_OBJECT(toggle), "kind");
        g_auto(GStrv) silent = g_settings_get_strv(settings, "silent-kinds");
        g_autoptr(GStrvBuilder) builder = g_strv_builder_new();
        g_auto(GStrv) list = NULL;

        for (char **other = silent; *other; other++)
                if (!g_str_equal(*other, kind))
                        g_strv_builder_add(builder, *other);
        if (!gtk_switch_get_active(toggle))
                g_strv_builder_add(builder, kind);
        list = g_strv_builder_end(builder);
        g_settings_set_strv(settings, "silent-kinds", (const char *const *) list);
}

static void add_kinds(GtkBuilder *builder, GSettings *settings) {
        AdwExpanderRow *kinds = ADW_EXPANDER_ROW(gtk_builder_get_object(builder, "kinds"));
        g_auto(GStrv) silent = g_settings_get_strv(settings, "silent-kinds");

        for (const char *const *kind = wording_alert_kinds(); *kind; kind++) {
                GtkWidget *row = plain_row_new(wording_alert(*kind), NULL), *toggle = gtk_switch_new();

                gtk_switch_set_active(GTK_SWITCH(toggle), !g_strv_contains((const char *const *) silent, *kind));
                gtk_widget_set_valign(toggle, GTK_ALIGN_CENTER);
                g_object_set_data_full(G_OBJECT(toggle), "kind", g_strdup(*kind), g_free);
                g_signal_connect_object(toggle, "notify::active", G_CALLBACK(on_kind), settings, 0);
                adw_action_row_add_suffix(ADW_ACTION_ROW(row), toggle);
                adw_action_row_set_activatable_widget(ADW_ACTION_ROW(row), toggle);
                adw_expander_row_add_row(kinds, row);
        }
}

void preferences_show(GtkWindow *parent, GSettings *settings) {
        g_autoptr(GtkBuilder) builder = gtk_builder_new_from_resource("/org/lanscope/Applet/preferences.ui");
        GtkWindow *window = GTK_WINDOW(gtk_builder_get_object(builder, "window"));

        bind_switches(builder, settings);
        g_settings_bind_with_mapping(settings, "minimum-severity", gtk_builder_get_object(builder, "minimum_severity"), "selected",
                                     G_SETTINGS_BIND_DEFAULT, severity_to_row, row_to_severity, NULL, NULL);
        bind_time(builder, settings, "quiet_from", "quiet-from");
        bind_time(builder, settings, "quiet_until", "quiet-until");
        add_kinds(builder, settings);
        gtk_window_set_title(window, _("Preferences"));
        gtk_window_set_transient_for(window, parent);
        gtk_window_present(window);
}
