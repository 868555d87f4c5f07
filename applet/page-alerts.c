/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A list view of the alerts that the service kept; the one that is selected shows its details. */

#include "applet/page-alerts.h"

#include <glib/gi18n.h>

#include "applet/alert-row.h"
#include "applet/error-wording.h"
#include "applet/exception-dialog.h"
#include "applet/exceptions-window.h"

#define PASSWORD_TIMEOUT_MSEC (120 * 1000)
#define REFRESH_SECONDS 60 /* "5 minutes ago" */

struct _LanscopePageAlerts {
        AdwBin parent_instance;
        LanscopeClient *client;
        GCancellable *life;
        GSimpleActionGroup *actions;
        GtkCustomFilter *filter;
        GtkSingleSelection *selection;
        GHashTable *bound; /* set of GtkListItem that are shown */
        guint refresh;     /* source, while the page is seen */

        GtkToggleButton *open_only;
        GtkToggleButton *everything;
        GtkDropDown *severity;
        GtkStack *stack;
        GtkListView *list;
};

G_DEFINE_FINAL_TYPE(LanscopePageAlerts, lanscope_page_alerts, ADW_TYPE_BIN)

/* What is shown */

static gboolean match(void *item, void *data) {
        const LanscopeAlertInfo *info = lanscope_alert_info(item);
        LanscopePageAlerts *self = data;

        if (info->acknowledged && gtk_toggle_button_get_active(self->open_only))
                return FALSE;
        /* The choices stand in the order of severities. */
        return info->severity >= (LanscopeSeverity) gtk_drop_down_get_selected(self->severity);
}

static void show_count(LanscopePageAlerts *self) {
        guint n = g_list_model_get_n_items(G_LIST_MODEL(self->selection));

        gtk_stack_set_visible_child_name(self->stack, n > 0 ? "list" : "none");
}

static void refilter(LanscopePageAlerts *self) {
        if (self->filter)
                gtk_filter_changed(GTK_FILTER(self->filter), GTK_FILTER_CHANGE_DIFFERENT);
}

/* Rows */

static LanscopeAlertRow *row_of(GtkListItem *item) {
        return LANSCOPE_ALERT_ROW(gtk_list_item_get_child(item));
}

static void on_selected(GtkListItem *item) {
        if (gtk_list_item_get_child(item))
                lanscope_alert_row_set_expanded(row_of(item), gtk_list_item_get_selected(item));
}

static void on_setup(LanscopePageAlerts *self G_GNUC_UNUSED, GtkListItem *item) {
        gtk_list_item_set_child(item, lanscope_alert_row_new());
        g_signal_connect(item, "notify::selected", G_CALLBACK(on_selected), NULL);
}

static void on_bind(LanscopePageAlerts *self, GtkListItem *item) {
        lanscope_alert_row_bind(row_of(item), gtk_list_item_get_item(item));
        on_selected(item);
        g_hash_table_add(self->bound, item);
}

static void on_unbind(LanscopePageAlerts *self, GtkListItem *item) {
        g_hash_table_remove(self->bound, item);
        lanscope_alert_row_bind(row_of(item), NULL);
}

static gboolean on_refresh(void *data) {
        LanscopePageAlerts *self = data;
        GHashTableIter iter;
        void *item;

        g_hash_table_iter_init(&iter, self->bound);
        while (g_hash_table_iter_next(&iter, &item, NULL))
                lanscope_alert_row_refresh(row_of(item));
        return G_SOURCE_CONTINUE;
}

static void lanscope_page_alerts_map(GtkWidget *widget) {
        LanscopePageAlerts *self = LANSCOPE_PAGE_ALERTS(widget);

        GTK_WIDGET_CLASS(lanscope_page_alerts_parent_class)->map(widget);
        on_refresh(self);
        if (self->refresh == 0)
                self->refresh = g_timeout_add_seconds(REFRESH_SECONDS, on_refresh, self);
}

static void lanscope_page_alerts_unmap(GtkWidget *widget) {
        g_clear_handle_id(&LANSCOPE_PAGE_ALERTS(widget)->refresh, g_source_remove);
        GTK_WIDGET_CLASS(lanscope_page_alerts_parent_class)->unmap(widget);
}

/* Actions */

static void on_acknowledged(GObject *source, GAsyncResult *result, void *data) {
        g_autoptr(GError) error = NULL;
        g_autofree char *text = NULL;

        if (lanscope_bus_manager_call_acknowledge_alerts_finish(LANSCOPE_BUS_MANAGER(source), NULL, result, &error) ||
            g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
                return;
        text = error_in_words(error);
        gtk_widget_activate_action(GTK_WIDGET(data), "win.tell", "s", text);
}

static void acknowledge(LanscopePageAlerts *self, const guint64 *ids, gsize n) {
        LanscopeBusManager *manager = lanscope_client_get_manager(self->client);

        if (manager)
                lanscope_bus_manager_call_acknowledge_alerts(
                        manager, g_variant_new_fixed_array(G_VARIANT_TYPE_UINT64, ids, n, sizeof *ids),
                        G_DBUS_CALL_FLAGS_ALLOW_INTERACTIVE_AUTHORIZATION, PASSWORD_TIMEOUT_MSEC, self->life, on_acknowledged, self);
}

static void on_acknowledge(GSimpleAction *action G_GNUC_UNUSED, GVariant *id, void *data) {
        guint64 ids[] = { g_variant_get_uint64(id) };

        acknowledge(data, ids, G_N_ELEMENTS(ids));
}

/* Those that are shown, for nobody acknowledges what he does not see. */
static void on_acknowledge_all(GSimpleAction *action G_GNUC_UNUSED, GVariant *parameter G_GNUC_UNUSED, void *data) {
        LanscopePageAlerts *self = data;
        g_autoptr(GArray) ids = g_array_new(FALSE, FALSE, sizeof(guint64));

        for (guint i = 0; i < g_list_model_get_n_items(G_LIST_MODEL(self->selection)); i++) {
                g_autoptr(LanscopeAlert) alert = g_list_model_get_item(G_LIST_MODEL(self->selection), i);

                if (!lanscope_alert_info(alert)->acknowledged)
                        g_array_append_val(ids, lanscope_alert_info(alert)->id);
        }
        /* An empty list would mean all. */
        if (ids->len > 0)
                acknowledge(self, (const guint64 *) (const void *) ids->data, ids->len);
}

static void mute(LanscopePageAlerts *self, GVariant *id, gboolean for_good) {
        LanscopeAlert *alert =
                lanscope_alert_store_lookup(lanscope_client_get_alerts(self->client), g_variant_get_uint64(id));

        if (alert)
                exception_dialog_show(GTK_WIDGET(self), self->client, alert, for_good);
}

static void on_mute(GSimpleAction *action G_GNUC_UNUSED, GVariant *id, void *data) {
        mute(data, id, FALSE);
}

static void on_normal(GSimpleAction *action G_GNUC_UNUSED, GVariant *id, void *data) {
        mute(data, id, TRUE);
}

static void on_exceptions(GSimpleAction *action G_GNUC_UNUSED, GVariant *parameter G_GNUC_UNUSED, void *data) {
        LanscopePageAlerts *self = data;

        exceptions_window_show(GTK_WIDGET(self), self->client);
}

static guint position_of(LanscopePageAlerts *self, guint64 id) {
        for (guint i = 0; i < g_list_model_get_n_items(G_LIST_MODEL(self->selection)); i++) {
                g_autoptr(LanscopeAlert) alert = g_list_model_get_item(G_LIST_MODEL(self->selection), i);

                if (lanscope_alert_info(alert)->id == id)
                        return i;
        }
        return GTK_INVALID_LIST_POSITION;
}

gboolean lanscope_page_alerts_select(LanscopePageAlerts *self, guint64 id) {
        LanscopeAlert *alert = lanscope_alert_store_lookup(lanscope_client_get_alerts(self->client), id);
        guint position;

        if (!alert)
                return FALSE;
        if (lanscope_alert_info(alert)->acknowledged)
                gtk_toggle_button_set_active(self->everything, TRUE);
        gtk_drop_down_set_selected(self->severity, LANSCOPE_SEVERITY_INFO);
        position = position_of(self, id);
        if (position == GTK_INVALID_LIST_POSITION)
                return FALSE;
        gtk_single_selection_set_selected(self->selection, position);
        gtk_widget_activate_action(GTK_WIDGET(self->list), "list.scroll-to-item", "u", position);
        return TRUE;
}

void lanscope_page_alerts_set_up(LanscopePageAlerts *self, LanscopeClient *client) {
        LanscopeAlertStore *alerts = lanscope_client_get_alerts(client);
        GtkFilterListModel *filtered;

        self->client = g_object_ref(client);
        self->filter = gtk_custom_filter_new(match, self, NULL);
        filtered = gtk_filter_list_model_new(G_LIST_MODEL(g_object_ref(alerts)), GTK_FILTER(g_object_ref(self->filter)));
        self->selection = gtk_single_selection_new(NULL);
        gtk_single_selection_set_autoselect(self->selection, FALSE);
        gtk_single_selection_set_can_unselect(self->selection, TRUE);
        gtk_single_selection_set_model(self->selection, G_LIST_MODEL(filtered));
        g_object_unref(filtered);
        g_signal_connect_object(self->selection, "items-changed", G_CALLBACK(show_count), self, G_CONNECT_SWAPPED);
        g_signal_connect_object(alerts, "updated", G_CALLBACK(refilter), self, G_CONNECT_SWAPPED);
        gtk_list_view_set_model(self->list, GTK_SELECTION_MODEL(self->selection));
        show_count(self);
}

static void lanscope_page_alerts_dispose(GObject *object) {
        LanscopePageAlerts *self = LANSCOPE_PAGE_ALERTS(object);

        g_cancellable_cancel(self->life);
        g_clear_handle_id(&self->refresh, g_source_remove);
        if (self->list)
                gtk_list_view_set_model(self->list, NULL);
        g_clear_object(&self->selection);
        g_clear_object(&self->filter);
        g_clear_object(&self->actions);
        g_clear_object(&self->client);
        g_clear_object(&self->life);
        G_OBJECT_CLASS(lanscope_page_alerts_parent_class)->dispose(object);
}

static void lanscope_page_alerts_finalize(GObject *object) {
        g_hash_table_unref(LANSCOPE_PAGE_ALERTS(object)->bound);
        G_OBJECT_CLASS(lanscope_page_alerts_parent_class)->finalize(object);
}

static void lanscope_page_alerts_init(LanscopePageAlerts *self) {
        static const GActionEntry entries[] = {
                { .name = "acknowledge", .activate = on_acknowledge, .parameter_type = "t" },
                { .name = "acknowledge-all", .activate = on_acknowledge_all },
                { .name = "mute", .activate = on_mute, .parameter_type = "t" },
                { .name = "normal", .activate = on_normal, .parameter_type = "t" },
                { .name = "exceptions", .activate = on_exceptions },
        };
        g_autoptr(GtkListItemFactory) factory = gtk_signal_list_item_factory_new();

        self->life = g_cancellable_new();
        self->bound = g_hash_table_new(NULL, NULL);
        self->actions = g_simple_action_group_new();
        g_action_map_add_action_entries(G_ACTION_MAP(self->actions), entries, G_N_ELEMENTS(entries), self);
        gtk_widget_insert_action_group(GTK_WIDGET(self), "alerts", G_ACTION_GROUP(self->actions));
        gtk_widget_init_template(GTK_WIDGET(self));
        g_signal_connect_object(factory, "setup", G_CALLBACK(on_setup), self, G_CONNECT_SWAPPED);
        g_signal_connect_object(factory, "bind", G_CALLBACK(on_bind), self, G_CONNECT_SWAPPED);
        g_signal_connect_object(factory, "unbind", G_CALLBACK(on_unbind), self, G_CONNECT_SWAPPED);
        gtk_list_view_set_factory(self->list, factory);
}

static void lanscope_page_alerts_class_init(LanscopePageAlertsClass *klass) {
        GtkWidgetClass *widget_class = GTK_WIDGET_CLASS(klass);

        G_OBJECT_CLASS(klass)->dispose = lanscope_page_alerts_dispose;
        G_OBJECT_CLASS(klass)->finalize = lanscope_page_alerts_finalize;
        widget_class->map = lanscope_page_alerts_map;
        widget_class->unmap = lanscope_page_alerts_unmap;
        gtk_widget_class_set_template_from_resource(widget_class, "/org/lanscope/Applet/page-alerts.ui");
        gtk_widget_class_bind_template_child(widget_class, LanscopePageAlerts, open_only);
        gtk_widget_class_bind_template_child(widget_class, LanscopePageAlerts, everything);
        gtk_widget_class_bind_template_child(widget_class, LanscopePageAlerts, severity);
        gtk_widget_class_bind_template_child(widget_class, LanscopePageAlerts, stack);
        gtk_widget_class_bind_template_child(widget_class, LanscopePageAlerts, list);
        gtk_widget_class_bind_template_callback(widget_class, refilter);
}
