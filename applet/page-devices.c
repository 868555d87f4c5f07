/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* All devices in one list view: model -> filter -> order -> rows. The view makes as many rows as are seen, whatever the
 * number of devices. When devices change, which the store bundles, the list is filtered and sorted anew only where that
 * could make a difference. GTK 4.8 has no headers in a list view, so the first row of a group carries it. */

#include "applet/page-devices.h"

#include <glib/gi18n.h>

#include "applet/device-order.h"
#include "applet/device-row.h"
#include "applet/plain-text.h"
#include "applet/wording.h"

struct _LanscopePageDevices {
        AdwBin parent_instance;
        LanscopeClient *client;
        GSettings *settings;
        GSimpleActionGroup *actions;
        GtkCustomFilter *filter;
        GtkCustomSorter *sorter;
        GtkSortListModel *sorted;
        LanscopeDeviceFilter wanted;
        LanscopeOrder order;
        gboolean grouped;
        GHashTable *bound; /* set of GtkListItem that are shown */
        guint headers;     /* source */

        GMenu *menu, *category_menu, *network_menu;
        GtkSearchBar *search_bar;
        GtkSearchEntry *search_entry;
        GtkRevealer *filter_revealer;
        GtkLabel *filter_label;
        GtkStack *stack;
        GtkListView *list;
};

enum { PROP_SEARCH_MODE = 1 };

G_DEFINE_FINAL_TYPE(LanscopePageDevices, lanscope_page_devices, ADW_TYPE_BIN)

/* Groups */

static const char *category_at(LanscopePageDevices *self, guint position) {
        g_autoptr(LanscopeDevice) device = g_list_model_get_item(G_LIST_MODEL(self->sorted), position);

        /* The model keeps the device. */
        return device ? lanscope_device_info(device)->category : "";
}

static void show_header(LanscopePageDevices *self, GtkListItem *item) {
        LanscopeDeviceRow *row = LANSCOPE_DEVICE_ROW(gtk_list_item_get_child(item));
        guint position = gtk_list_item_get_position(item);
        const char *category;

        if (!self->grouped || position == GTK_INVALID_LIST_POSITION) {
                lanscope_device_row_set_header(row, NULL);
                return;
        }
        category = category_at(self, position);
        if (position > 0 && g_str_equal(category, category_at(self, position - 1)))
                lanscope_device_row_set_header(row, NULL);
        else
                lanscope_device_row_set_header(row, wording_category(category));
}

static gboolean on_headers(void *data) {
        LanscopePageDevices *self = data;
        GHashTableIter iter;
        void *item;

        self->headers = 0;
        g_hash_table_iter_init(&iter, self->bound);
        while (g_hash_table_iter_next(&iter, &item, NULL))
                show_header(self, item);
        return G_SOURCE_REMOVE;
}

/* Rows learn their new positions after the model has told all its listeners. */
static void show_headers_soon(LanscopePageDevices *self) {
        if (self->headers == 0)
                self->headers = g_idle_add_full(G_PRIORITY_HIGH_IDLE, on_headers, self, NULL);
}

/* Rows */

static void on_setup(LanscopePageDevices *self G_GNUC_UNUSED, GtkListItem *item) {
        gtk_list_item_set_child(item, lanscope_device_row_new());
}

static void on_bind(LanscopePageDevices *self, GtkListItem *item) {
        lanscope_device_row_bind(LANSCOPE_DEVICE_ROW(gtk_list_item_get_child(item)), gtk_list_item_get_item(item));
        g_hash_table_add(self->bound, item);
        show_header(self, item);
}

static void on_unbind(LanscopePageDevices *self, GtkListItem *item) {
        g_hash_table_remove(self->bound, item);
        lanscope_device_row_bind(LANSCOPE_DEVICE_ROW(gtk_list_item_get_child(item)), NULL);
}

static void on_activate(LanscopePageDevices *self, guint position) {
        g_autoptr(LanscopeDevice) device = g_list_model_get_item(G_LIST_MODEL(self->sorted), position);

        if (device)
                g_signal_emit_by_name(self, "open", device);
}

/* What is shown */

static void show_count(LanscopePageDevices *self) {
        guint n = g_list_model_get_n_items(G_LIST_MODEL(self->sorted));
        guint all = g_list_model_get_n_items(G_LIST_MODEL(lanscope_client_get_devices(self->client)));
        gboolean empty = device_filter_is_empty(&self->wanted);
        /* Translators: how many devices the filter lets through, of how many. */
        g_autofree char *text = g_strdup_printf(ngettext("%u of %u device is shown", "%u of %u devices are shown", all), n, all);

        gtk_label_set_text(self->filter_label, text);
        gtk_revealer_set_reveal_child(self->filter_revealer, !empty && n > 0);
        gtk_stack_set_visible_child_name(self->stack, n == 0 && all > 0 && !empty ? "none" : "list");
        show_headers_soon(self);
}

static int compare(const void *a, const void *b, void *data) {
        LanscopePageDevices *self = data;

        return device_order_compare((LanscopeDevice *) a, (LanscopeDevice *) b, self->order, self->grouped);
}

static gboolean match(void *item, void *data) {
        return device_filter_matches(&LANSCOPE_PAGE_DEVICES(data)->wanted, item);
}

static void refilter(LanscopePageDevices *self) {
        gtk_filter_changed(GTK_FILTER(self->filter), GTK_FILTER_CHANGE_DIFFERENT);
        show_count(self);
}

/* The order comes first, so that what the filter lets in finds it right. */
static void on_updated(LanscopePageDevices *self, guint changes) {
        if (changes & device_order_depends(self->order, self->grouped))
                gtk_sorter_changed(GTK_SORTER(self->sorter), GTK_SORTER_CHANGE_DIFFERENT);
        if (changes & device_filter_depends(&self->wanted))
                refilter(self);
}

static void on_order_setting(LanscopePageDevices *self) {
        g_autofree char *name = g_settings_get_string(self->settings, "device-sort");

        self->order = device_order_from_string(name);
        self->grouped = g_settings_get_boolean(self->settings, "device-groups");
        gtk_sorter_changed(GTK_SORTER(self->sorter), GTK_SORTER_CHANGE_DIFFERENT);
        show_headers_soon(self);
}

static void on_search(LanscopePageDevices *self) {
        g_free(self->wanted.text);
        self->wanted.text = g_utf8_casefold(gtk_editable_get_text(GTK_EDITABLE(self->search_entry)), -1);
        refilter(self);
}

/* Enter opens the first that was found. */
static void on_search_enter(LanscopePageDevices *self) {
        on_search(self);
        if (*self->wanted.text)
                on_activate(self, 0);
}

/* Actions */

static void on_filter_state(GSimpleAction *action, GVariant *state, void *data) {
        LanscopePageDevices *self = data;
        const char *name = g_action_get_name(G_ACTION(action));
        char **place = &self->wanted.trust;

        if (g_str_equal(name, "presence"))
                place = &self->wanted.presence;
        else if (g_str_equal(name, "category"))
                place = &self->wanted.category;
        else if (g_str_equal(name, "network"))
                place = &self->wanted.network;
        g_free(*place);
        *place = g_variant_dup_string(state, NULL);
        g_simple_action_set_state(action, state);
        refilter(self);
}

static const GActionEntry actions[] = {
        { .name = "presence", .parameter_type = "s", .state = "''", .change_state = on_filter_state },
        { .name = "category", .parameter_type = "s", .state = "''", .change_state = on_filter_state },
        { .name = "network", .parameter_type = "s", .state = "''", .change_state = on_filter_state },
        { .name = "trust", .parameter_type = "s", .state = "''", .change_state = on_filter_state },
};

static void on_clear(GSimpleAction *action G_GNUC_UNUSED, GVariant *parameter G_GNUC_UNUSED, void *data) {
        LanscopePageDevices *self = data;

        for (size_t i = 0; i < G_N_ELEMENTS(actions); i++)
                g_action_group_change_action_state(G_ACTION_GROUP(self->actions), actions[i].name, g_variant_new_string(""));
        gtk_editable_set_text(GTK_EDITABLE(self->search_entry), "");
        gtk_search_bar_set_search_mode(self->search_bar, FALSE);
        /* The entry tells of a change only a moment later. */
        device_filter_clear(&self->wanted);
        refilter(self);
}

static void add_actions(LanscopePageDevices *self) {
        static const GActionEntry clear = { .name = "clear", .activate = on_clear };
        g_autoptr(GAction) sort = g_settings_create_action(self->settings, "device-sort");
        g_autoptr(GAction) groups = g_settings_create_action(self->settings, "device-groups");

        g_action_map_add_action_entries(G_ACTION_MAP(self->actions), actions, G_N_ELEMENTS(actions), self);
        g_action_map_add_action_entries(G_ACTION_MAP(self->actions), &clear, 1, self);
        g_action_map_add_action(G_ACTION_MAP(self->actions), sort);
        g_action_map_add_action(G_ACTION_MAP(self->actions), groups);
}

/* Menus that are not the same for everybody */

static void append_choice(GMenu *menu, const char *label, const char *action, const char *target) {
        g_autoptr(GMenuItem) item = g_menu_item_new(label, NULL);

        g_menu_item_set_action_and_target(item, action, "s", target);
        g_menu_append_item(menu, item);
}

static void fill_categories(LanscopePageDevices *self) {
        append_choice(self->category_menu, _("_Any"), "devices.category", "");
        for (const char *const *name = wording_categories(); *name; name++)
                append_choice(self->category_menu, wording_category(*name), "devices.category", *name);
}

/* An underscore in a name is no mnemonic. */
static char *menu_label(const char *text) {
        g_autofree char *plain = plain_text(text);
        g_auto(GStrv) parts = g_strsplit(plain, "_", -1);

        return g_strjoinv("__", parts);
}

static void fill_networks(LanscopePageDevices *self) {
        GListModel *networks = lanscope_client_get_networks(self->client);

        g_menu_remove_all(self->network_menu);
        append_choice(self->network_menu, _("_Any"), "devices.network", "");
        for (guint i = 0; i < g_list_model_get_n_items(networks); i++) {
                g_autoptr(LanscopeBusNetwork) network = g_list_model_get_item(networks, i);
                const char *name = lanscope_bus_network_get_name(network);
                g_autofree char *label = menu_label(name && *name ? name : lanscope_bus_network_get_interface(network));

                append_choice(self->network_menu, label, "devices.network", g_dbus_proxy_get_object_path(G_DBUS_PROXY(network)));
        }
}

void lanscope_page_devices_set_up(LanscopePageDevices *self, LanscopeClient *client, GSettings *settings, GtkWidget *window) {
        g_autoptr(GtkNoSelection) selection = NULL;
        LanscopeDeviceStore *devices = lanscope_client_get_devices(client);
        GtkFilterListModel *filtered;

        self->client = g_object_ref(client);
        self->settings = g_object_ref(settings);
        add_actions(self);
        fill_categories(self);
        fill_networks(self);
        gtk_search_bar_set_key_capture_widget(self->search_bar, window);

        self->filter = gtk_custom_filter_new(match, self, NULL);
        self->sorter = gtk_custom_sorter_new(compare, self, NULL);
        filtered = gtk_filter_list_model_new(G_LIST_MODEL(g_object_ref(devices)), GTK_FILTER(g_object_ref(self->filter)));
        self->sorted = gtk_sort_list_model_new(G_LIST_MODEL(filtered), GTK_SORTER(g_object_ref(self->sorter)));
        g_signal_connect_object(self->sorted, "items-changed", G_CALLBACK(show_count), self, G_CONNECT_SWAPPED);
        g_signal_connect_object(devices, "updated", G_CALLBACK(on_updated), self, G_CONNECT_SWAPPED);
        g_signal_connect_object(lanscope_client_get_networks(client), "items-changed", G_CALLBACK(fill_networks), self,
                                G_CONNECT_SWAPPED);
        g_signal_connect_object(settings, "changed::device-sort", G_CALLBACK(on_order_setting), self, G_CONNECT_SWAPPED);
        g_signal_connect_object(settings, "changed::device-groups", G_CALLBACK(on_order_setting), self, G_CONNECT_SWAPPED);
        on_order_setting(self);
        selection = gtk_no_selection_new(g_object_ref(G_LIST_MODEL(self->sorted)));
        gtk_list_view_set_model(self->list, GTK_SELECTION_MODEL(selection)); /* it takes a reference of its own */
        show_count(self);
}

GMenuModel *lanscope_page_devices_get_menu(LanscopePageDevices *self) {
        return G_MENU_MODEL(self->menu);
}

GActionGroup *lanscope_page_devices_get_actions(LanscopePageDevices *self) {
        return G_ACTION_GROUP(self->actions);
}

static void lanscope_page_devices_get_property(GObject *object, guint id, GValue *value, GParamSpec *pspec) {
        LanscopePageDevices *self = LANSCOPE_PAGE_DEVICES(object);

        if (id == PROP_SEARCH_MODE)
                g_value_set_boolean(value, gtk_search_bar_get_search_mode(self->search_bar));
        else
                G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, pspec);
}

static void lanscope_page_devices_set_property(GObject *object, guint id, const GValue *value, GParamSpec *pspec) {
        LanscopePageDevices *self = LANSCOPE_PAGE_DEVICES(object);

        if (id == PROP_SEARCH_MODE)
                gtk_search_bar_set_search_mode(self->search_bar, g_value_get_boolean(value));
        else
                G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, pspec);
}

static void on_search_mode(LanscopePageDevices *self) {
        g_object_notify(G_OBJECT(self), "search-mode");
}

static void lanscope_page_devices_dispose(GObject *object) {
        LanscopePageDevices *self = LANSCOPE_PAGE_DEVICES(object);

        g_clear_handle_id(&self->headers, g_source_remove);
        if (self->list)
                gtk_list_view_set_model(self->list, NULL);
        if (self->filter)
                gtk_custom_filter_set_filter_func(self->filter, NULL, NULL, NULL);
        if (self->sorter)
                gtk_custom_sorter_set_sort_func(self->sorter, NULL, NULL, NULL);
        g_clear_object(&self->sorted);
        g_clear_object(&self->filter);
        g_clear_object(&self->sorter);
        g_clear_object(&self->actions);
        g_clear_object(&self->settings);
        g_clear_object(&self->client);
        G_OBJECT_CLASS(lanscope_page_devices_parent_class)->dispose(object);
}

static void lanscope_page_devices_finalize(GObject *object) {
        LanscopePageDevices *self = LANSCOPE_PAGE_DEVICES(object);

        g_hash_table_unref(self->bound);
        g_free(self->wanted.text);
        g_free(self->wanted.presence);
        g_free(self->wanted.category);
        g_free(self->wanted.network);
        g_free(self->wanted.trust);
        G_OBJECT_CLASS(lanscope_page_devices_parent_class)->finalize(object);
}

static void lanscope_page_devices_init(LanscopePageDevices *self) {
        GtkListItemFactory *factory = gtk_signal_list_item_factory_new();

        self->actions = g_simple_action_group_new();
        self->bound = g_hash_table_new(NULL, NULL);
        device_filter_clear(&self->wanted);
        gtk_widget_init_template(GTK_WIDGET(self));
        gtk_search_bar_connect_entry(self->search_bar, GTK_EDITABLE(self->search_entry));
        g_signal_connect_object(self->search_bar, "notify::search-mode-enabled", G_CALLBACK(on_search_mode), self,
                                G_CONNECT_SWAPPED);
        g_signal_connect_object(factory, "setup", G_CALLBACK(on_setup), self, G_CONNECT_SWAPPED);
        g_signal_connect_object(factory, "bind", G_CALLBACK(on_bind), self, G_CONNECT_SWAPPED);
        g_signal_connect_object(factory, "unbind", G_CALLBACK(on_unbind), self, G_CONNECT_SWAPPED);
        gtk_list_view_set_factory(self->list, factory);
        g_object_unref(factory);
}

static void lanscope_page_devices_class_init(LanscopePageDevicesClass *klass) {
        GtkWidgetClass *widget_class = GTK_WIDGET_CLASS(klass);
        GObjectClass *object_class = G_OBJECT_CLASS(klass);

        object_class->get_property = lanscope_page_devices_get_property;
        object_class->set_property = lanscope_page_devices_set_property;
        object_class->dispose = lanscope_page_devices_dispose;
        object_class->finalize = lanscope_page_devices_finalize;
        g_object_class_install_property(object_class, PROP_SEARCH_MODE,
                                        g_param_spec_boolean("search-mode", NULL, NULL, FALSE,
                                                             G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY));
        g_signal_new("open", LANSCOPE_TYPE_PAGE_DEVICES, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 1,
                     LANSCOPE_TYPE_DEVICE);
        gtk_widget_class_set_template_from_resource(widget_class, "/org/lanscope/Applet/page-devices.ui");
        gtk_widget_class_bind_template_child(widget_class, LanscopePageDevices, menu);
        gtk_widget_class_bind_template_child(widget_class, LanscopePageDevices, category_menu);
        gtk_widget_class_bind_template_child(widget_class, LanscopePageDevices, network_menu);
        gtk_widget_class_bind_template_child(widget_class, LanscopePageDevices, search_bar);
        gtk_widget_class_bind_template_child(widget_class, LanscopePageDevices, search_entry);
        gtk_widget_class_bind_template_child(widget_class, LanscopePageDevices, filter_revealer);
        gtk_widget_class_bind_template_child(widget_class, LanscopePageDevices, filter_label);
        gtk_widget_class_bind_template_child(widget_class, LanscopePageDevices, stack);
        gtk_widget_class_bind_template_child(widget_class, LanscopePageDevices, list);
        gtk_widget_class_bind_template_callback(widget_class, on_activate);
        gtk_widget_class_bind_template_callback(widget_class, on_search);
        gtk_widget_class_bind_template_callback(widget_class, on_search_enter);
}
