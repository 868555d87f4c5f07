/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* GetTraffic, and of all devices ListTalkers, shown. Nobody is asked for a password unless a button was pressed. */

#include "applet/traffic-panel.h"

#include <glib/gi18n.h>

#include "applet/error-wording.h"
#include "applet/plain-row.h"
#include "applet/traffic-chart.h"
#include "applet/wording.h"

#define ROWS_MAX 10
#define PASSWORD_TIMEOUT_MSEC (120 * 1000)

struct _LanscopeTrafficPanel {
        AdwBin parent_instance;
        LanscopeClient *client;
        GCancellable *call; /* of the one that is under way */
        char *device;
        gboolean stale;
        PlainRows talker_rows, device_rows, peer_rows;

        GtkStack *stack;
        GtkImage *message_icon;
        GtkLabel *message;
        GtkButton *message_button;
        GtkToggleButton *by_hour;
        GtkLabel *peak;
        LanscopeTrafficChart *chart;
        GtkLabel *since;
        GtkLabel *heard;
        GtkLabel *received;
        GtkLabel *sent;
        GtkWidget *talkers;
        GtkWidget *devices;
        GtkWidget *peers;
};

G_DEFINE_FINAL_TYPE(LanscopeTrafficPanel, lanscope_traffic_panel, ADW_TYPE_BIN)

static void set_size(GtkLabel *label, const char *format, guint64 bytes) {
        g_autofree char *size = g_format_size(bytes);
        g_auto(GStrv) parts = g_strsplit(format, "%s", 2);
        g_autofree char *text = g_strjoinv(size, parts);

        gtk_label_set_text(label, text);
}

static void set_target(GtkWidget *row, const char *device) {
        gtk_actionable_set_action_target(GTK_ACTIONABLE(row), "s", device);
        gtk_actionable_set_action_name(GTK_ACTIONABLE(row), "app.show-device");
        gtk_list_box_row_set_activatable(GTK_LIST_BOX_ROW(row), TRUE);
}

static void add_party(PlainRows *rows, const LanscopeTrafficParty *party, gboolean is_device) {
        gboolean named = *party->name != '\0';
        GtkWidget *row = plain_row_new(named ? party->name : party->id, named && !is_device ? party->id : NULL);
        g_autofree char *size = g_format_size(party->sent + party->received);

        plain_row_add_value(row, size);
        if (is_device)
                set_target(row, party->id);
        plain_rows_add(rows, row);
}

static void show_parties(PlainRows *rows, GPtrArray *parties, gboolean are_devices) {
        plain_rows_clear(rows);
        for (guint i = 0; i < MIN(parties->len, ROWS_MAX); i++)
                add_party(rows, parties->pdata[i], are_devices);
        gtk_widget_set_visible(rows->group, parties->len > 0);
}

/* Its presence in the past, as far as it can be told: when it was heard. Of all devices together that says nothing. */
static void show_heard(LanscopeTrafficPanel *self, const LanscopeTraffic *traffic) {
        gboolean one = *self->device != '\0', days = !gtk_toggle_button_get_active(self->by_hour);
        guint n = lanscope_traffic_heard(traffic), all = traffic->spans->len;
        g_autofree char *text =
                days ? g_strdup_printf(ngettext("■ Heard on %u of %u day", "■ Heard on %u of %u days", all), n, all) :
                       g_strdup_printf(ngettext("■ Heard in %u of %u hour", "■ Heard in %u of %u hours", all), n, all);

        lanscope_traffic_chart_show_presence(self->chart, one);
        gtk_label_set_text(self->heard, text);
        gtk_widget_set_visible(GTK_WIDGET(self->heard), one);
}

static void show_traffic(LanscopeTrafficPanel *self, LanscopeTraffic *traffic) {
        guint64 peak = lanscope_traffic_peak(traffic);
        g_autofree char *rate = wording_rate((double) peak * 8 / (double) traffic->width);
        g_autofree char *text = g_strdup_printf(_("Highest average one way: %s"), rate);
        g_autofree char *since = wording_time(traffic->since);

        gtk_label_set_text(self->peak, text);
        gtk_label_set_text(self->since, since);
        show_heard(self, traffic);
        set_size(self->received, _("■ Received: %s"), traffic->received);
        set_size(self->sent, _("■ Sent: %s"), traffic->sent);
        show_parties(&self->peer_rows, traffic->peers, FALSE);
        show_parties(&self->device_rows, traffic->devices, TRUE);
        gtk_widget_set_visible(self->devices, *self->device == '\0' && traffic->devices->len > 0);
        lanscope_traffic_chart_set_traffic(self->chart, traffic);
        gtk_stack_set_visible_child_name(self->stack, "traffic");
}

static void add_talker(LanscopeTrafficPanel *self, GVariant *talker) {
        const char *address = "", *name = "", *device = "/";
        guint64 rate = 0;
        g_autofree char *text = NULL;
        GtkWidget *row;

        g_variant_lookup(talker, "Address", "&s", &address);
        g_variant_lookup(talker, "Name", "&s", &name);
        g_variant_lookup(talker, "Device", "&o", &device);
        g_variant_lookup(talker, "Rate", "t", &rate);
        row = plain_row_new(*name ? name : address, *name ? address : NULL);
        text = wording_rate((double) rate);
        plain_row_add_value(row, text);
        if (!g_str_equal(device, "/"))
                set_target(row, device);
        plain_rows_add(&self->talker_rows, row);
}

static void on_talkers(GObject *source, GAsyncResult *result, void *data) {
        g_autoptr(GVariant) talkers = NULL;
        g_autoptr(GError) error = NULL;
        LanscopeTrafficPanel *self = data;

        /* Whoever may see traffic may see this, too; else the rest of the page says why not. */
        if (!lanscope_bus_manager_call_list_talkers_finish(LANSCOPE_BUS_MANAGER(source), &talkers, result, &error))
                return;
        plain_rows_clear(&self->talker_rows);
        for (gsize i = 0; i < g_variant_n_children(talkers); i++) {
                g_autoptr(GVariant) talker = g_variant_get_child_value(talkers, i);

                add_talker(self, talker);
        }
        gtk_widget_set_visible(self->talkers, self->talker_rows.rows->len > 0);
}

static void ask_talkers(LanscopeTrafficPanel *self) {
        LanscopeBusManager *manager = lanscope_client_get_manager(self->client);
        GVariantBuilder filter;

        if (!manager)
                return;
        g_clear_object(&self->call);
        self->call = g_cancellable_new();
        g_variant_builder_init(&filter, G_VARIANT_TYPE_VARDICT);
        g_variant_builder_add(&filter, "{sv}", "Limit", g_variant_new_uint32(ROWS_MAX));
        lanscope_bus_manager_call_list_talkers(manager, g_variant_builder_end(&filter), G_DBUS_CALL_FLAGS_NO_AUTO_START, -1,
                                               self->call, on_talkers, self);
}

static void show_message(LanscopeTrafficPanel *self, const char *icon, const char *text, const char *button) {
        gtk_image_set_from_icon_name(self->message_icon, icon);
        gtk_label_set_text(self->message, text);
        gtk_button_set_label(self->message_button, button);
        gtk_stack_set_visible_child_name(self->stack, "message");
}

static void show_error(LanscopeTrafficPanel *self, const GError *error) {
        g_autofree char *text = NULL;

        if (error_is_refusal(error)) {
                show_message(self, "dialog-password-symbolic",
                             _("Who communicates how much with whom is shown only to those who may see it."), _("Show Traffic…"));
                return;
        }
        text = error_in_words(error);
        show_message(self, "dialog-warning-symbolic", text, _("Try Again"));
}

static void on_traffic(GObject *source, GAsyncResult *result, void *data) {
        g_autoptr(GVariant) dictionary = NULL;
        g_autoptr(GError) error = NULL;
        gboolean done = lanscope_bus_manager_call_get_traffic_finish(LANSCOPE_BUS_MANAGER(source), &dictionary, result, &error);
        LanscopeTrafficPanel *self = data;

        if (g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
                return;
        g_clear_object(&self->call);
        if (!done) {
                show_error(self, error);
                return;
        }
        show_traffic(self, lanscope_traffic_new(dictionary));
        if (*self->device == '\0')
                ask_talkers(self);
}

static void stop_call(LanscopeTrafficPanel *self) {
        if (self->call)
                g_cancellable_cancel(self->call);
        g_clear_object(&self->call);
}

static void ask(LanscopeTrafficPanel *self, GDBusCallFlags flags) {
        LanscopeBusManager *manager = lanscope_client_get_manager(self->client);
        GVariantBuilder filter;

        stop_call(self);
        self->stale = FALSE;
        if (!manager)
                return;
        self->call = g_cancellable_new();
        g_variant_builder_init(&filter, G_VARIANT_TYPE_VARDICT);
        g_variant_builder_add(&filter, "{sv}", "Span",
                              g_variant_new_string(gtk_toggle_button_get_active(self->by_hour) ? "hour" : "day"));
        g_variant_builder_add(&filter, "{sv}", "Peers", g_variant_new_uint32(ROWS_MAX));
        if (*self->device)
                g_variant_builder_add(&filter, "{sv}", "Device", g_variant_new_object_path(self->device));
        lanscope_bus_manager_call_get_traffic(manager, g_variant_builder_end(&filter), flags | G_DBUS_CALL_FLAGS_NO_AUTO_START,
                                              PASSWORD_TIMEOUT_MSEC, self->call, on_traffic, self);
}

static void on_message_button(LanscopeTrafficPanel *self) {
        ask(self, G_DBUS_CALL_FLAGS_ALLOW_INTERACTIVE_AUTHORIZATION);
}

static void on_refresh(LanscopeTrafficPanel *self) {
        ask(self, G_DBUS_CALL_FLAGS_ALLOW_INTERACTIVE_AUTHORIZATION);
}

static void on_width(LanscopeTrafficPanel *self) {
        ask(self, G_DBUS_CALL_FLAGS_NONE);
}

void lanscope_traffic_panel_refresh(LanscopeTrafficPanel *self) {
        if (gtk_widget_get_mapped(GTK_WIDGET(self)))
                ask(self, G_DBUS_CALL_FLAGS_NONE);
        else
                self->stale = TRUE;
}

void lanscope_traffic_panel_set_device(LanscopeTrafficPanel *self, const char *path) {
        if (g_str_equal(self->device, path))
                return;
        g_free(self->device);
        self->device = g_strdup(path);
        gtk_stack_set_visible_child_name(self->stack, "loading");
        lanscope_traffic_panel_refresh(self);
}

/* A new run of the service has a new answer. */
static void on_manager(LanscopeTrafficPanel *self) {
        if (lanscope_client_get_manager(self->client))
                lanscope_traffic_panel_refresh(self);
}

void lanscope_traffic_panel_set_up(LanscopeTrafficPanel *self, LanscopeClient *client) {
        self->client = g_object_ref(client);
        g_signal_connect_object(client, "notify::manager", G_CALLBACK(on_manager), self, G_CONNECT_SWAPPED);
}

static void lanscope_traffic_panel_map(GtkWidget *widget) {
        LanscopeTrafficPanel *self = LANSCOPE_TRAFFIC_PANEL(widget);

        GTK_WIDGET_CLASS(lanscope_traffic_panel_parent_class)->map(widget);
        if (self->stale)
                ask(self, G_DBUS_CALL_FLAGS_NONE);
}

/* What is shown the next time is not what was shown the last time. */
static void lanscope_traffic_panel_unmap(GtkWidget *widget) {
        LANSCOPE_TRAFFIC_PANEL(widget)->stale = TRUE;
        GTK_WIDGET_CLASS(lanscope_traffic_panel_parent_class)->unmap(widget);
}

static void lanscope_traffic_panel_dispose(GObject *object) {
        LanscopeTrafficPanel *self = LANSCOPE_TRAFFIC_PANEL(object);

        stop_call(self);
        plain_rows_done(&self->talker_rows);
        plain_rows_done(&self->device_rows);
        plain_rows_done(&self->peer_rows);
        g_clear_object(&self->client);
        g_clear_pointer(&self->device, g_free);
        G_OBJECT_CLASS(lanscope_traffic_panel_parent_class)->dispose(object);
}

static void lanscope_traffic_panel_init(LanscopeTrafficPanel *self) {
        self->device = g_strdup("");
        self->stale = TRUE;
        gtk_widget_init_template(GTK_WIDGET(self));
        plain_rows_init(&self->talker_rows, self->talkers);
        plain_rows_init(&self->device_rows, self->devices);
        plain_rows_init(&self->peer_rows, self->peers);
}

static void lanscope_traffic_panel_class_init(LanscopeTrafficPanelClass *klass) {
        GtkWidgetClass *widget_class = GTK_WIDGET_CLASS(klass);

        G_OBJECT_CLASS(klass)->dispose = lanscope_traffic_panel_dispose;
        widget_class->map = lanscope_traffic_panel_map;
        widget_class->unmap = lanscope_traffic_panel_unmap;
        g_type_ensure(LANSCOPE_TYPE_TRAFFIC_CHART);
        gtk_widget_class_set_template_from_resource(widget_class, "/org/lanscope/Applet/traffic-panel.ui");
        gtk_widget_class_bind_template_child(widget_class, LanscopeTrafficPanel, stack);
        gtk_widget_class_bind_template_child(widget_class, LanscopeTrafficPanel, message_icon);
        gtk_widget_class_bind_template_child(widget_class, LanscopeTrafficPanel, message);
        gtk_widget_class_bind_template_child(widget_class, LanscopeTrafficPanel, message_button);
        gtk_widget_class_bind_template_child(widget_class, LanscopeTrafficPanel, by_hour);
        gtk_widget_class_bind_template_child(widget_class, LanscopeTrafficPanel, peak);
        gtk_widget_class_bind_template_child(widget_class, LanscopeTrafficPanel, chart);
        gtk_widget_class_bind_template_child(widget_class, LanscopeTrafficPanel, since);
        gtk_widget_class_bind_template_child(widget_class, LanscopeTrafficPanel, heard);
        gtk_widget_class_bind_template_child(widget_class, LanscopeTrafficPanel, received);
        gtk_widget_class_bind_template_child(widget_class, LanscopeTrafficPanel, sent);
        gtk_widget_class_bind_template_child(widget_class, LanscopeTrafficPanel, talkers);
        gtk_widget_class_bind_template_child(widget_class, LanscopeTrafficPanel, devices);
        gtk_widget_class_bind_template_child(widget_class, LanscopeTrafficPanel, peers);
        gtk_widget_class_bind_template_callback(widget_class, on_message_button);
        gtk_widget_class_bind_template_callback(widget_class, on_refresh);
        gtk_widget_class_bind_template_callback(widget_class, on_width);
}
