/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The properties of org.lanscope1.Manager, as they change, and the methods that change them. */

#include "applet/page-service.h"

#include <glib/gi18n.h>

#include "applet/error-wording.h"
#include "applet/plain-row.h"
#include "applet/plain-text.h"
#include "applet/service-unit.h"
#include "applet/service-wording.h"
#include "applet/wording.h"
#include "dbus/lanscope-names.h"

#define PASSWORD_TIMEOUT_MSEC (120 * 1000)

struct _LanscopePageService {
        AdwBin parent_instance;
        LanscopeClient *client;
        LanscopeBusManager *manager; /* the one that is listened to */
        GCancellable *life;
        PlainRows problem_rows, visibility_rows, interface_rows, reason_rows, counter_rows;
        gboolean showing; /* the widgets are being set by us, not by the user */

        AdwActionRow *capture;
        GtkButton *capture_button;
        AdwComboRow *mode;
        GtkWidget *problems;
        GtkWidget *visibility;
        GtkWidget *interfaces;
        GtkWidget *reasons;
        AdwActionRow *version;
        AdwExpanderRow *counters;
};

G_DEFINE_FINAL_TYPE(LanscopePageService, lanscope_page_service, ADW_TYPE_BIN)

static const char *const modes[] = { "host", "gateway", "span" };

static void show(LanscopePageService *self);

static void tell(LanscopePageService *self, const char *text) {
        gtk_widget_activate_action(GTK_WIDGET(self), "win.tell", "s", text);
}

/* Requests */

static void on_done(GObject *source, GAsyncResult *result, void *data) {
        g_autoptr(GError) error = NULL;
        g_autoptr(GVariant) reply = g_dbus_proxy_call_finish(G_DBUS_PROXY(source), result, &error);
        g_autofree char *text = NULL;

        if (reply || g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
                return;
        text = error_in_words(error);
        tell(data, text);
        show(data);
}

static void request(LanscopePageService *self, const char *method, GVariant *parameters, GAsyncReadyCallback callback) {
        g_autoptr(GVariant) owned = g_variant_ref_sink(parameters);

        if (self->manager)
                g_dbus_proxy_call(G_DBUS_PROXY(self->manager), method, owned, G_DBUS_CALL_FLAGS_ALLOW_INTERACTIVE_AUTHORIZATION,
                                  PASSWORD_TIMEOUT_MSEC, self->life, callback, self);
}

static void on_capture(LanscopePageService *self) {
        if (self->manager)
                request(self, lanscope_bus_manager_get_capturing(self->manager) ? "StopCapture" : "StartCapture",
                        g_variant_new("()"), on_done);
}

/* The interfaces stay those that there are. */
static GVariant *interface_names(LanscopePageService *self) {
        GVariant *list = lanscope_bus_manager_get_interfaces(self->manager);
        GVariantBuilder names;

        g_variant_builder_init(&names, G_VARIANT_TYPE_STRING_ARRAY);
        for (gsize i = 0; list && i < g_variant_n_children(list); i++) {
                g_autoptr(GVariant) interface = g_variant_get_child_value(list, i);
                const char *name;

                if (g_variant_lookup(interface, "Name", "&s", &name))
                        g_variant_builder_add(&names, "s", name);
        }
        return g_variant_builder_end(&names);
}

static void on_mode(LanscopePageService *self) {
        guint selected = adw_combo_row_get_selected(self->mode);

        if (self->manager && !self->showing && selected < G_N_ELEMENTS(modes))
                request(self, "SetMode", g_variant_new("(s@as)", modes[selected], interface_names(self)), on_done);
}

static void on_reloaded(GObject *source, GAsyncResult *result, void *data) {
        g_autoptr(GError) error = NULL;
        g_autoptr(GVariant) reply = g_dbus_proxy_call_finish(G_DBUS_PROXY(source), result, &error);
        g_autofree const char **complaints = NULL;
        g_autofree char *text = NULL;

        if (!reply) {
                if (g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
                        return;
                text = error_in_words(error);
        } else {
                g_variant_get(reply, "(^a&s)", &complaints);
                text = complaints[0] ? g_strdup_printf(_("Mistakes in the configuration: %s"), complaints[0]) :
                                       g_strdup(_("Configuration and rules were read anew"));
        }
        tell(data, text);
}

static void on_reload(LanscopePageService *self) {
        request(self, "Reload", g_variant_new("()"), on_reloaded);
}

static void on_stopped(GObject *source, GAsyncResult *result, void *data) {
        g_autoptr(GError) error = NULL;
        g_autofree char *text = NULL;

        if (service_unit_finish(G_DBUS_CONNECTION(source), result, &error) ||
            g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
                return;
        text = g_strdup_printf(_("The service was not stopped: %s"), error->message);
        tell(data, text);
}

static void on_stop(LanscopePageService *self) {
        GDBusConnection *connection = lanscope_client_get_connection(self->client);

        if (connection)
                service_unit_stop(connection, self->life, on_stopped, self);
}

static void on_statistics(GObject *source, GAsyncResult *result, void *data) {
        g_autoptr(GError) error = NULL;
        g_autoptr(GVariant) reply = g_dbus_proxy_call_finish(G_DBUS_PROXY(source), result, &error);
        g_autoptr(GVariant) counters = NULL;
        LanscopePageService *self = data;
        GVariantIter iter;
        const char *name;
        guint64 value;

        if (!reply)
                return;
        g_variant_get(reply, "(v)", &counters);
        if (!g_variant_is_of_type(counters, G_VARIANT_TYPE("a{st}")))
                return;
        plain_rows_clear(&self->counter_rows);
        g_variant_iter_init(&iter, counters);
        while (g_variant_iter_next(&iter, "{&st}", &name, &value)) {
                GtkWidget *row = plain_row_new(name, NULL);
                g_autofree char *text = g_strdup_printf("%" G_GUINT64_FORMAT, value);

                plain_row_add_value(row, text);
                plain_rows_add(&self->counter_rows, row);
        }
}

/* They change with every frame, so the service does not tell of changes. */
static void on_counters(LanscopePageService *self) {
        if (self->manager && adw_expander_row_get_expanded(self->counters))
                g_dbus_proxy_call(G_DBUS_PROXY(self->manager), "org.freedesktop.DBus.Properties.Get",
                                  g_variant_new("(ss)", LANSCOPE_MANAGER_INTERFACE, "Statistics"), G_DBUS_CALL_FLAGS_NO_AUTO_START,
                                  -1, self->life, on_statistics, self);
}

/* What is shown */

static void show_capture(LanscopePageService *self) {
        gboolean capturing = lanscope_bus_manager_get_capturing(self->manager);
        const char *backend = lanscope_bus_manager_get_backend(self->manager);
        gboolean replay = g_strcmp0(backend, "replay") == 0;

        adw_preferences_row_set_title(ADW_PREFERENCES_ROW(self->capture),
                                      capturing ? _("The network is watched") : _("The network is not watched"));
        adw_action_row_set_subtitle(self->capture, wording_backend(backend ? backend : ""));
        gtk_button_set_label(self->capture_button, capturing ? _("Stop Capture") : _("Start Capture"));
        gtk_widget_set_visible(GTK_WIDGET(self->capture_button), !replay);
        gtk_widget_set_sensitive(GTK_WIDGET(self->mode), !replay);
}

static void show_mode(LanscopePageService *self) {
        const char *mode = lanscope_bus_manager_get_mode(self->manager);

        for (guint i = 0; i < G_N_ELEMENTS(modes); i++)
                if (g_strcmp0(mode, modes[i]) == 0)
                        adw_combo_row_set_selected(self->mode, i);
}

static void show_sentences(PlainRows *rows, const char *const *sentences) {
        plain_rows_clear(rows);
        for (; sentences && *sentences; sentences++) {
                g_autofree char *words = service_in_words(*sentences);

                plain_rows_add(rows, plain_row_new(words, NULL));
        }
        gtk_widget_set_visible(rows->group, rows->rows->len > 0);
}

static const char *state_in_words(const char *state) {
        static const char *const words[][2] = {
                { "capturing", N_("is watched") },
                { "waiting", N_("is waited for") },
                { "stopped", N_("is not watched") },
                { "failed", N_("cannot be watched") },
        };

        for (gsize i = 0; i < G_N_ELEMENTS(words); i++)
                if (g_str_equal(words[i][0], state))
                        return _(words[i][1]);
        return state;
}

/* A line for each way that was tried. */
static char *reason_in_words(const char *reason) {
        g_auto(GStrv) lines = g_strsplit(reason, "\n", -1);

        for (char **line = lines; *line; line++) {
                char *words = service_in_words(*line);

                g_free(*line);
                *line = words;
        }
        return g_strjoinv(" · ", lines);
}

static void add_interface(LanscopePageService *self, GVariant *interface) {
        const char *name = "", *backend = "", *method = "", *state = "", *reason = "";
        g_autofree char *about = NULL, *why = NULL;

        g_variant_lookup(interface, "Name", "&s", &name);
        g_variant_lookup(interface, "Backend", "&s", &backend);
        g_variant_lookup(interface, "Method", "&s", &method);
        g_variant_lookup(interface, "State", "&s", &state);
        g_variant_lookup(interface, "Reason", "&s", &reason);
        why = reason_in_words(reason);
        about = g_strdup_printf("%s%s%s%s%s%s%s", state_in_words(state), *backend ? " · " : "", *backend ? wording_backend(backend) : "",
                                *method ? " · " : "", method, *why ? " · " : "", why);
        plain_rows_add(&self->interface_rows, plain_row_new(name, about));
}

static void show_interfaces(LanscopePageService *self) {
        GVariant *list = lanscope_bus_manager_get_interfaces(self->manager);

        plain_rows_clear(&self->interface_rows);
        for (gsize i = 0; list && i < g_variant_n_children(list); i++) {
                g_autoptr(GVariant) interface = g_variant_get_child_value(list, i);

                add_interface(self, interface);
        }
        gtk_widget_set_visible(self->interfaces, self->interface_rows.rows->len > 0);
}

static void show_version(LanscopePageService *self) {
        const char *version = lanscope_bus_manager_get_version(self->manager);
        guint64 learning = lanscope_bus_manager_get_learning_until(self->manager);
        g_autofree char *until = wording_time(learning);
        g_autofree char *text = NULL;

        if (learning > (guint64) g_get_real_time())
                text = g_strdup_printf(_("Version %s. Until %s it learns which devices belong here."), version ? version : "", until);
        else
                text = g_strdup_printf(_("Version %s"), version ? version : "");
        adw_action_row_set_subtitle(self->version, text);
}

static void show(LanscopePageService *self) {
        if (!self->manager)
                return;
        self->showing = TRUE;
        show_capture(self);
        show_mode(self);
        show_interfaces(self);
        show_sentences(&self->problem_rows, lanscope_bus_manager_get_problems(self->manager));
        show_sentences(&self->visibility_rows, lanscope_bus_manager_get_visibility(self->manager));
        show_sentences(&self->reason_rows, lanscope_bus_manager_get_backend_reasons(self->manager));
        show_version(self);
        self->showing = FALSE;
}

/* Counts change all the time, and are not shown here. */
static void on_property(LanscopePageService *self, GParamSpec *property) {
        if (!g_str_has_suffix(property->name, "-count") && !g_str_equal(property->name, "unacknowledged-alerts"))
                show(self);
}

static void on_manager(LanscopePageService *self) {
        if (self->manager)
                g_signal_handlers_disconnect_by_data(self->manager, self);
        g_set_object(&self->manager, lanscope_client_get_manager(self->client));
        if (!self->manager)
                return;
        g_signal_connect_swapped(self->manager, "notify", G_CALLBACK(on_property), self);
        show(self);
}

void lanscope_page_service_set_up(LanscopePageService *self, LanscopeClient *client) {
        self->client = g_object_ref(client);
        g_signal_connect_object(client, "notify::manager", G_CALLBACK(on_manager), self, G_CONNECT_SWAPPED);
        on_manager(self);
}

static void fill_modes(LanscopePageService *self) {
        g_autoptr(GtkStringList) list = gtk_string_list_new(NULL);

        for (gsize i = 0; i < G_N_ELEMENTS(modes); i++)
                gtk_string_list_append(list, wording_mode(modes[i]));
        self->showing = TRUE;
        adw_combo_row_set_model(self->mode, G_LIST_MODEL(list));
        self->showing = FALSE;
}

static void lanscope_page_service_dispose(GObject *object) {
        LanscopePageService *self = LANSCOPE_PAGE_SERVICE(object);

        g_cancellable_cancel(self->life);
        if (self->manager)
                g_signal_handlers_disconnect_by_data(self->manager, self);
        plain_rows_done(&self->problem_rows);
        plain_rows_done(&self->visibility_rows);
        plain_rows_done(&self->interface_rows);
        plain_rows_done(&self->reason_rows);
        plain_rows_done(&self->counter_rows);
        g_clear_object(&self->manager);
        g_clear_object(&self->client);
        g_clear_object(&self->life);
        G_OBJECT_CLASS(lanscope_page_service_parent_class)->dispose(object);
}

static void lanscope_page_service_init(LanscopePageService *self) {
        self->life = g_cancellable_new();
        gtk_widget_init_template(GTK_WIDGET(self));
        plain_rows_init(&self->problem_rows, self->problems);
        plain_rows_init(&self->visibility_rows, self->visibility);
        plain_rows_init(&self->interface_rows, self->interfaces);
        plain_rows_init(&self->reason_rows, self->reasons);
        plain_rows_init(&self->counter_rows, GTK_WIDGET(self->counters));
        fill_modes(self);
}

static void lanscope_page_service_class_init(LanscopePageServiceClass *klass) {
        GtkWidgetClass *widget_class = GTK_WIDGET_CLASS(klass);

        G_OBJECT_CLASS(klass)->dispose = lanscope_page_service_dispose;
        gtk_widget_class_set_template_from_resource(widget_class, "/org/lanscope/Applet/page-service.ui");
        gtk_widget_class_bind_template_child(widget_class, LanscopePageService, capture);
        gtk_widget_class_bind_template_child(widget_class, LanscopePageService, capture_button);
        gtk_widget_class_bind_template_child(widget_class, LanscopePageService, mode);
        gtk_widget_class_bind_template_child(widget_class, LanscopePageService, problems);
        gtk_widget_class_bind_template_child(widget_class, LanscopePageService, visibility);
        gtk_widget_class_bind_template_child(widget_class, LanscopePageService, interfaces);
        gtk_widget_class_bind_template_child(widget_class, LanscopePageService, reasons);
        gtk_widget_class_bind_template_child(widget_class, LanscopePageService, version);
        gtk_widget_class_bind_template_child(widget_class, LanscopePageService, counters);
        gtk_widget_class_bind_template_callback(widget_class, on_capture);
        gtk_widget_class_bind_template_callback(widget_class, on_mode);
        gtk_widget_class_bind_template_callback(widget_class, on_reload);
        gtk_widget_class_bind_template_callback(widget_class, on_stop);
        gtk_widget_class_bind_template_callback(widget_class, on_counters);
}
