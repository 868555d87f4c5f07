/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A dialog with a list view of all other devices, by name. */

#include "applet/device-merge.h"

#include <glib/gi18n.h>

#include "applet/device-order.h"
#include "applet/device-row.h"

struct choice {
        GtkWidget *parent; /* NULL once it is gone */
        LanscopeDevice *device;
        GtkFilter *filter;
        char *text; /* casefolded */
        void (*chosen)(LanscopeDevice *other, void *data);
        void *data;
};

static void choice_free(void *data) {
        struct choice *choice = data;

        g_clear_weak_pointer(&choice->parent);
        g_object_unref(choice->device);
        g_free(choice->text);
        g_free(choice);
}

static gboolean match(void *item, void *data) {
        struct choice *choice = data;

        return item != choice->device && lanscope_device_matches(item, choice->text);
}

static int compare(const void *a, const void *b, void *data G_GNUC_UNUSED) {
        return device_order_compare((LanscopeDevice *) a, (LanscopeDevice *) b, LANSCOPE_ORDER_NAME, FALSE);
}

static void on_search(GtkSearchEntry *entry, struct choice *choice) {
        g_free(choice->text);
        choice->text = g_utf8_casefold(gtk_editable_get_text(GTK_EDITABLE(entry)), -1);
        gtk_filter_changed(choice->filter, GTK_FILTER_CHANGE_DIFFERENT);
}

static void on_setup(GtkSignalListItemFactory *factory G_GNUC_UNUSED, GtkListItem *item) {
        gtk_list_item_set_child(item, lanscope_device_row_new());
}

static void on_bind(GtkSignalListItemFactory *factory G_GNUC_UNUSED, GtkListItem *item) {
        lanscope_device_row_bind(LANSCOPE_DEVICE_ROW(gtk_list_item_get_child(item)), gtk_list_item_get_item(item));
}

static void on_unbind(GtkSignalListItemFactory *factory G_GNUC_UNUSED, GtkListItem *item) {
        lanscope_device_row_bind(LANSCOPE_DEVICE_ROW(gtk_list_item_get_child(item)), NULL);
}

static void on_activate(GtkListView *list, guint position, struct choice *choice) {
        g_autoptr(LanscopeDevice) other = g_list_model_get_item(G_LIST_MODEL(gtk_list_view_get_model(list)), position);

        if (other && choice->parent)
                choice->chosen(other, choice->data);
        gtk_window_close(GTK_WINDOW(gtk_widget_get_root(GTK_WIDGET(list))));
}

static void on_updated(GtkSorter *sorter, guint changes) {
        if (changes & device_order_depends(LANSCOPE_ORDER_NAME, FALSE))
                gtk_sorter_changed(sorter, GTK_SORTER_CHANGE_DIFFERENT);
}

static GtkWidget *list_new(struct choice *choice, LanscopeClient *client) {
        GtkListItemFactory *factory = gtk_signal_list_item_factory_new();
        GtkSorter *sorter = GTK_SORTER(gtk_custom_sorter_new(compare, NULL, NULL));
        LanscopeDeviceStore *devices = lanscope_client_get_devices(client);
        GtkFilterListModel *filtered;
        GtkSortListModel *sorted;
        GtkWidget *list;

        choice->filter = GTK_FILTER(gtk_custom_filter_new(match, choice, NULL));
        filtered = gtk_filter_list_model_new(G_LIST_MODEL(g_object_ref(devices)), choice->filter);
        sorted = gtk_sort_list_model_new(G_LIST_MODEL(filtered), sorter);
        g_signal_connect_object(devices, "updated", G_CALLBACK(on_updated), sorter, G_CONNECT_SWAPPED);
        g_signal_connect(factory, "setup", G_CALLBACK(on_setup), NULL);
        g_signal_connect(factory, "bind", G_CALLBACK(on_bind), NULL);
        g_signal_connect(factory, "unbind", G_CALLBACK(on_unbind), NULL);
        list = gtk_list_view_new(GTK_SELECTION_MODEL(gtk_no_selection_new(G_LIST_MODEL(sorted))), factory);
        gtk_list_view_set_single_click_activate(GTK_LIST_VIEW(list), TRUE);
        gtk_widget_add_css_class(list, "device-list");
        gtk_accessible_update_property(GTK_ACCESSIBLE(list), GTK_ACCESSIBLE_PROPERTY_LABEL, _("Devices"), -1);
        g_signal_connect(list, "activate", G_CALLBACK(on_activate), choice);
        return list;
}

static GtkWidget *content_new(struct choice *choice, LanscopeClient *client) {
        GtkWidget *box = gtk_box_new(GTK_ORIENTATION_VERTICAL, 6), *entry = gtk_search_entry_new();
        GtkWidget *scrolled = gtk_scrolled_window_new(), *header = adw_header_bar_new();
        GtkWidget *text = gtk_label_new(_("Choose the device that is the same as this one. All that is known of it is taken over."));

        gtk_label_set_wrap(GTK_LABEL(text), TRUE);
        gtk_widget_set_margin_start(text, 12);
        gtk_widget_set_margin_end(text, 12);
        gtk_widget_set_margin_start(entry, 12);
        gtk_widget_set_margin_end(entry, 12);
        gtk_accessible_update_property(GTK_ACCESSIBLE(entry), GTK_ACCESSIBLE_PROPERTY_LABEL, _("Search devices"), -1);
        g_signal_connect(entry, "search-changed", G_CALLBACK(on_search), choice);
        gtk_widget_set_vexpand(scrolled, TRUE);
        gtk_scrolled_window_set_policy(GTK_SCROLLED_WINDOW(scrolled), GTK_POLICY_NEVER, GTK_POLICY_AUTOMATIC);
        gtk_scrolled_window_set_child(GTK_SCROLLED_WINDOW(scrolled), list_new(choice, client));
        gtk_box_append(GTK_BOX(box), header);
        gtk_box_append(GTK_BOX(box), text);
        gtk_box_append(GTK_BOX(box), entry);
        gtk_box_append(GTK_BOX(box), scrolled);
        return box;
}

static gboolean on_escape(GtkWidget *widget, GVariant *arguments G_GNUC_UNUSED, void *data G_GNUC_UNUSED) {
        gtk_window_close(GTK_WINDOW(widget));
        return TRUE;
}

void device_merge_choose(GtkWidget *parent, LanscopeClient *client, LanscopeDevice *device,
                         void (*chosen)(LanscopeDevice *other, void *data), void *data) {
        struct choice *choice = g_new0(struct choice, 1);
        GtkEventController *keys = gtk_shortcut_controller_new();
        GtkWidget *dialog;

        g_set_weak_pointer(&choice->parent, parent);
        choice->device = g_object_ref(device);
        choice->text = g_strdup("");
        choice->chosen = chosen;
        choice->data = data;
        dialog = g_object_new(ADW_TYPE_WINDOW, "modal", TRUE, "transient-for", gtk_widget_get_root(parent), "title",
                              _("Merge Devices"), "default-width", 420, "default-height", 520, "content",
                              content_new(choice, client), NULL);
        gtk_shortcut_controller_add_shortcut(GTK_SHORTCUT_CONTROLLER(keys),
                                             gtk_shortcut_new(gtk_keyval_trigger_new(GDK_KEY_Escape, 0),
                                                              gtk_callback_action_new(on_escape, NULL, NULL)));
        gtk_widget_add_controller(dialog, keys);
        g_object_set_data_full(G_OBJECT(dialog), "choice", choice, choice_free);
        gtk_window_present(GTK_WINDOW(dialog));
}
