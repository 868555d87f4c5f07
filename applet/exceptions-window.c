/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* ListExceptions and UnmuteAlerts. The list is asked for when the window opens and after each change made in it. */

#include "applet/exceptions-window.h"

#include <glib/gi18n.h>

#include "applet/alert-wording.h"
#include "applet/error-wording.h"
#include "applet/plain-row.h"
#include "applet/wording.h"

#define PASSWORD_TIMEOUT_MSEC (120 * 1000)

struct list {
        LanscopeClient *client;
        GCancellable *life;
        PlainRows rows;
        AdwPreferencesGroup *group;
};

static void ask(struct list *list);

static void list_free(void *data) {
        struct list *list = data;

        g_cancellable_cancel(list->life);
        g_object_unref(list->life);
        plain_rows_done(&list->rows);
        g_object_unref(list->client);
        g_free(list);
}

static void say(struct list *list, const char *text) {
        adw_preferences_group_set_description(list->group, text);
}

static void on_unmuted(GObject *source, GAsyncResult *result, void *data) {
        g_autoptr(GError) error = NULL;
        g_autofree char *text = NULL, *escaped = NULL;

        if (lanscope_bus_manager_call_unmute_alerts_finish(LANSCOPE_BUS_MANAGER(source), result, &error)) {
                ask(data);
                return;
        }
        if (g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
                return;
        text = error_in_words(error);
        escaped = g_markup_escape_text(text, -1);
        say(data, escaped);
}

static void on_unmute(GtkButton *button, struct list *list) {
        LanscopeBusManager *manager = lanscope_client_get_manager(list->client);
        guint64 *id = g_object_get_data(G_OBJECT(button), "id");

        if (manager)
                lanscope_bus_manager_call_unmute_alerts(manager, *id, G_DBUS_CALL_FLAGS_ALLOW_INTERACTIVE_AUTHORIZATION,
                                                        PASSWORD_TIMEOUT_MSEC, list->life, on_unmuted, list);
}

static void append_part(GString *line, const char *part) {
        if (*part)
                g_string_append_printf(line, "%s%s", line->len > 0 ? " · " : "", part);
}

/* "Port scan · NAS · 192.0.2.7" */
static char *what_of(struct list *list, GVariant *exception) {
        const char *kind = "", *path = "", *peer = "";
        GString *line = g_string_new(NULL);
        LanscopeDevice *device;

        g_variant_lookup(exception, "Kind", "&s", &kind);
        g_variant_lookup(exception, "Device", "&o", &path);
        g_variant_lookup(exception, "Peer", "&s", &peer);
        append_part(line, *kind ? wording_alert(kind) : "");
        device = lanscope_device_store_lookup(lanscope_client_get_devices(list->client), path);
        if (device)
                append_part(line, lanscope_device_info(device)->name);
        else if (*path && !g_str_equal(path, "/"))
                append_part(line, _("a device that is not known any more"));
        append_part(line, peer);
        return g_string_free(line, FALSE);
}

static char *about_of(GVariant *exception) {
        const char *note = "";
        guint64 hits = 0, expires = 0;
        GString *line = g_string_new(NULL);
        g_autofree char *times = NULL, *until = NULL, *text = NULL;

        g_variant_lookup(exception, "Note", "&s", &note);
        g_variant_lookup(exception, "Hits", "t", &hits);
        g_variant_lookup(exception, "Expires", "t", &expires);
        append_part(line, note);
        times = g_strdup_printf(ngettext("held back %lu time", "held back %lu times", (gulong) hits), (gulong) hits);
        append_part(line, times);
        if (expires > 0) {
                until = wording_time(expires);
                text = g_strdup_printf(_("until %s"), until);
                append_part(line, text);
        }
        return g_string_free(line, FALSE);
}

static void add_exception(struct list *list, GVariant *exception) {
        g_autofree char *what = what_of(list, exception), *about = about_of(exception);
        GtkWidget *row = plain_row_new(what, about);
        GtkWidget *button = plain_row_add_button(row, "user-trash-symbolic", _("Tell of it again"));
        guint64 id = 0;

        g_variant_lookup(exception, "Id", "t", &id);
        g_object_set_data_full(G_OBJECT(button), "id", g_memdup2(&id, sizeof id), g_free);
        g_signal_connect(button, "clicked", G_CALLBACK(on_unmute), list);
        plain_rows_add(&list->rows, row);
}

static void on_exceptions(GObject *source, GAsyncResult *result, void *data) {
        g_autoptr(GVariant) exceptions = NULL;
        g_autoptr(GError) error = NULL;
        struct list *list = data;

        if (!lanscope_bus_manager_call_list_exceptions_finish(LANSCOPE_BUS_MANAGER(source), &exceptions, result, &error)) {
                if (!g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
                        say(list, _("The service does not answer"));
                return;
        }
        plain_rows_clear(&list->rows);
        for (gsize i = 0; i < g_variant_n_children(exceptions); i++) {
                g_autoptr(GVariant) exception = g_variant_get_child_value(exceptions, i);

                add_exception(list, exception);
        }
        say(list, g_variant_n_children(exceptions) == 0 ? _("Nothing is muted.") :
                                                          _("No alerts are raised that fit one of these."));
}

static void ask(struct list *list) {
        LanscopeBusManager *manager = lanscope_client_get_manager(list->client);

        if (manager)
                lanscope_bus_manager_call_list_exceptions(manager, G_DBUS_CALL_FLAGS_NO_AUTO_START, -1, list->life, on_exceptions,
                                                          list);
}

void exceptions_window_show(GtkWidget *parent, LanscopeClient *client) {
        struct list *list = g_new0(struct list, 1);
        GtkWidget *page = adw_preferences_page_new(), *window;

        list->client = g_object_ref(client);
        list->life = g_cancellable_new();
        list->group = ADW_PREFERENCES_GROUP(adw_preferences_group_new());
        plain_rows_init(&list->rows, GTK_WIDGET(list->group));
        adw_preferences_page_add(ADW_PREFERENCES_PAGE(page), list->group);
        window = g_object_new(ADW_TYPE_PREFERENCES_WINDOW, "modal", TRUE, "transient-for", gtk_widget_get_root(parent), "title",
                                    _("Muted Alerts"), "search-enabled", FALSE, "default-width", 480, "default-height", 420, NULL);
        adw_preferences_window_add(ADW_PREFERENCES_WINDOW(window), ADW_PREFERENCES_PAGE(page));
        g_object_set_data_full(G_OBJECT(window), "list", list, list_free);
        ask(list);
        gtk_window_present(GTK_WINDOW(window));
}
