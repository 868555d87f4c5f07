/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* One device. What the service tells is shown, what the user sets is sent, and shown when the service tells it: the page
 * keeps nothing of its own but text that is being typed. */

#include "applet/page-device.h"

#include <glib/gi18n.h>
#include <string.h>

#include "applet/device-facts.h"
#include "applet/device-merge.h"
#include "applet/error-wording.h"
#include "applet/plain-row.h"
#include "applet/plain-text.h"
#include "applet/traffic-panel.h"
#include "applet/wording.h"

#define PASSWORD_TIMEOUT_MSEC (120 * 1000)

struct _LanscopePageDevice {
        AdwBin parent_instance;
        LanscopeClient *client;
        LanscopeDevice *device;
        DeviceFacts *facts;
        GCancellable *life;
        GSimpleActionGroup *actions;
        PlainRows address_rows, service_rows, presence_rows;
        gboolean showing; /* the widgets are being set by us, not by the user */

        AdwWindowTitle *title;
        GtkImage *icon;
        GtkLabel *name;
        GtkLabel *what;
        GtkLabel *flags;
        GtkEditable *label;
        AdwComboRow *type;
        GtkSwitch *trusted;
        GtkWidget *reasons;
        GtkWidget *evidence;
        GtkWidget *addresses;
        GtkWidget *services;
        GtkWidget *presence;
        LanscopeTrafficPanel *traffic;
        GtkTextView *notes;
        GtkWidget *save_notes;
};

G_DEFINE_FINAL_TYPE(LanscopePageDevice, lanscope_page_device, ADW_TYPE_BIN)

static void show(LanscopePageDevice *self);

/* Changes: all go the same way */

static void on_change_done(GObject *source, GAsyncResult *result, void *data) {
        g_autoptr(GError) error = NULL;
        g_autoptr(GVariant) reply = g_dbus_proxy_call_finish(G_DBUS_PROXY(source), result, &error);
        g_autofree char *text = NULL;
        LanscopePageDevice *self = data;

        if (reply || g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
                return;
        text = error_in_words(error);
        gtk_widget_activate_action(GTK_WIDGET(self), "win.tell", "s", text);
        show(self);
}

/* Calls a method of the device; takes over floating `parameters`. */
static void change(LanscopePageDevice *self, const char *method, GVariant *parameters) {
        g_autoptr(GVariant) owned = g_variant_ref_sink(parameters);
        g_autoptr(LanscopeBusDevice) proxy = lanscope_client_device_proxy(self->client, lanscope_device_info(self->device)->path);

        if (proxy)
                g_dbus_proxy_call(G_DBUS_PROXY(proxy), method, owned, G_DBUS_CALL_FLAGS_ALLOW_INTERACTIVE_AUTHORIZATION,
                                  PASSWORD_TIMEOUT_MSEC, self->life, on_change_done, self);
}

static void on_label(LanscopePageDevice *self) {
        if (self->device)
                change(self, "SetLabel", g_variant_new("(s)", gtk_editable_get_text(self->label)));
}

static void on_type(LanscopePageDevice *self) {
        guint selected = adw_combo_row_get_selected(self->type);

        if (!self->device || self->showing || selected == GTK_INVALID_LIST_POSITION)
                return;
        /* The first choice is "automatic"; the first type, "unknown", is not on offer. */
        change(self, "SetType", g_variant_new("(s)", selected == 0 ? "" : wording_types()[selected]));
}

static void on_trusted(LanscopePageDevice *self) {
        if (self->device && !self->showing)
                change(self, "SetTrusted", g_variant_new("(b)", gtk_switch_get_active(self->trusted)));
}

static char *notes_text(LanscopePageDevice *self) {
        GtkTextBuffer *buffer = gtk_text_view_get_buffer(self->notes);
        GtkTextIter begin, end;

        gtk_text_buffer_get_bounds(buffer, &begin, &end);
        return gtk_text_buffer_get_text(buffer, &begin, &end, FALSE);
}

static void on_notes(LanscopePageDevice *self) {
        g_autofree char *text = notes_text(self);

        if (self->device)
                change(self, "SetNotes", g_variant_new("(s)", text));
        gtk_text_buffer_set_modified(gtk_text_view_get_buffer(self->notes), FALSE);
}

static void on_notes_modified(LanscopePageDevice *self) {
        gtk_widget_set_sensitive(self->save_notes, gtk_text_buffer_get_modified(gtk_text_view_get_buffer(self->notes)));
}

static void on_split(GtkButton *button, LanscopePageDevice *self) {
        change(self, "Split", g_variant_new("(s)", g_object_get_data(G_OBJECT(button), "address")));
}

static void on_forget_response(LanscopePageDevice *self, const char *response) {
        if (self->device && g_str_equal(response, "forget"))
                change(self, "Forget", g_variant_new("()"));
}

static void on_forget(GSimpleAction *action G_GNUC_UNUSED, GVariant *parameter G_GNUC_UNUSED, void *data) {
        LanscopePageDevice *self = data;
        g_autofree char *name = plain_text(lanscope_device_info(self->device)->name);
        GtkWidget *dialog = adw_message_dialog_new(GTK_WINDOW(gtk_widget_get_root(GTK_WIDGET(self))), _("Forget This Device?"), NULL);

        adw_message_dialog_format_body(ADW_MESSAGE_DIALOG(dialog),
                                       _("All that is known of “%s” is deleted. It comes back, as new, when it is heard again."),
                                       name);
        adw_message_dialog_add_responses(ADW_MESSAGE_DIALOG(dialog), "cancel", _("_Cancel"), "forget", _("_Forget"), NULL);
        adw_message_dialog_set_response_appearance(ADW_MESSAGE_DIALOG(dialog), "forget", ADW_RESPONSE_DESTRUCTIVE);
        adw_message_dialog_set_close_response(ADW_MESSAGE_DIALOG(dialog), "cancel");
        g_signal_connect_object(dialog, "response", G_CALLBACK(on_forget_response), self, G_CONNECT_SWAPPED);
        gtk_window_present(GTK_WINDOW(dialog));
}

static void on_merge_chosen(LanscopeDevice *other, void *data) {
        LanscopePageDevice *self = data;

        if (self->device)
                change(self, "Merge", g_variant_new("(o)", lanscope_device_info(other)->path));
}

static void on_merge(GSimpleAction *action G_GNUC_UNUSED, GVariant *parameter G_GNUC_UNUSED, void *data) {
        LanscopePageDevice *self = data;

        device_merge_choose(GTK_WIDGET(self), self->client, self->device, on_merge_chosen, self);
}

/* What is shown */

static void show_what(LanscopePageDevice *self, const LanscopeDeviceInfo *info) {
        const char *type = wording_type(info->type);
        g_autofree char *text = NULL;

        if (info->type_is_set)
                text = g_strdup_printf(_("%s, as you set it"), type);
        else if (strcmp(info->type, "unknown") == 0)
                text = g_strdup(_("Not identified yet"));
        else
                text = g_strdup_printf(_("%s, with a confidence of %u %%"), type, info->confidence);
        gtk_label_set_text(self->what, text);
}

static void show_flags(LanscopePageDevice *self, const LanscopeDeviceInfo *info) {
        const struct {
                gboolean is;
                const char *text;
        } rows[] = {
                { info->self, _("This is the computer you are using.") },
                { info->gateway, _("It is the way to the internet for its network.") },
                { info->randomized, _("It made up its hardware address, so that it is not recognized elsewhere.") },
        };
        GString *text = g_string_new(NULL);

        for (size_t i = 0; i < G_N_ELEMENTS(rows); i++)
                if (rows[i].is)
                        g_string_append_printf(text, "%s%s", text->len > 0 ? "\n" : "", rows[i].text);
        gtk_label_set_text(self->flags, text->str);
        gtk_widget_set_visible(GTK_WIDGET(self->flags), text->len > 0);
        g_string_free(text, TRUE);
}

static void show_heading(LanscopePageDevice *self, const LanscopeDeviceInfo *info) {
        g_autofree char *name = plain_text(info->name);

        adw_window_title_set_title(self->title, name);
        gtk_label_set_text(self->name, name);
        gtk_image_set_from_icon_name(self->icon, wording_icon(info->type, info->category));
        show_what(self, info);
        show_flags(self, info);
}

static void show_controls(LanscopePageDevice *self, const LanscopeDeviceInfo *info) {
        GtkTextBuffer *notes = gtk_text_view_get_buffer(self->notes);
        guint selected = 0;

        for (guint i = 1; info->type_is_set && wording_types()[i]; i++)
                if (strcmp(wording_types()[i], info->type) == 0)
                        selected = i;
        adw_combo_row_set_selected(self->type, selected);
        gtk_switch_set_active(self->trusted, info->trusted);
        /* Not under the fingers of who is typing. */
        if (!gtk_widget_has_focus(GTK_WIDGET(gtk_editable_get_delegate(self->label))) &&
            strcmp(gtk_editable_get_text(self->label), info->label) != 0)
                gtk_editable_set_text(self->label, info->label);
        if (!gtk_text_buffer_get_modified(notes)) {
                gtk_text_buffer_set_text(notes, info->notes, -1);
                gtk_text_buffer_set_modified(notes, FALSE);
        }
}

static void add_row(PlainRows *rows, const char *title, const char *value) {
        GtkWidget *row;

        if (*value == '\0')
                return;
        row = plain_row_new(title, value);
        plain_rows_add(rows, row);
}

static void add_address_rows(LanscopePageDevice *self, const LanscopeDeviceInfo *info) {
        for (char **address = info->addresses; *address; address++) {
                GtkWidget *row = plain_row_new(_("Hardware address"), *address);

                plain_rows_add(&self->address_rows, row);
                if (info->addresses[1]) {
                        GtkWidget *button = plain_row_add_button(row, "edit-cut-symbolic", _("Make it a device of its own"));

                        g_object_set_data_full(G_OBJECT(button), "address", g_strdup(*address), g_free);
                        g_signal_connect_object(button, "clicked", G_CALLBACK(on_split), self, 0);
                }
        }
        for (char **address = info->ipv4; *address; address++)
                add_row(&self->address_rows, _("IPv4 address"), *address);
        for (char **address = info->ipv6; *address; address++)
                add_row(&self->address_rows, _("IPv6 address"), *address);
}

static void show_addresses(LanscopePageDevice *self, const LanscopeDeviceInfo *info) {
        plain_rows_clear(&self->address_rows);
        add_row(&self->address_rows, _("Calls itself"), info->hostname);
        add_row(&self->address_rows, _("Maker"), info->vendor);
        add_row(&self->address_rows, _("Model"), info->model);
        add_row(&self->address_rows, _("Operating system"), info->os);
        add_row(&self->address_rows, _("Network"), lanscope_client_network_name(self->client, info->network));
        add_address_rows(self, info);
}

static void show_services(LanscopePageDevice *self, const LanscopeDeviceInfo *info) {
        plain_rows_clear(&self->service_rows);
        for (char **service = info->services; *service; service++)
                plain_rows_add(&self->service_rows, plain_row_new(*service, NULL));
        gtk_widget_set_visible(self->services, info->services[0] != NULL);
}

static void show_presence(LanscopePageDevice *self, const LanscopeDeviceInfo *info) {
        g_autofree char *first = wording_time(info->first_seen);
        g_autofree char *last = wording_ago(info->last_seen, (guint64) g_get_real_time());

        plain_rows_clear(&self->presence_rows);
        add_row(&self->presence_rows, _("State"), wording_presence(info->presence));
        add_row(&self->presence_rows, _("Seen for the first time"), first);
        /* While it is there, the service does not tell of every frame. */
        if (info->presence != LANSCOPE_PRESENCE_ONLINE)
                add_row(&self->presence_rows, _("Seen for the last time"), last);
}

static void show(LanscopePageDevice *self) {
        const LanscopeDeviceInfo *info;

        if (!self->device)
                return;
        info = lanscope_device_info(self->device);
        self->showing = TRUE;
        show_heading(self, info);
        show_controls(self, info);
        show_addresses(self, info);
        show_services(self, info);
        show_presence(self, info);
        self->showing = FALSE;
}

static void on_device_changed(LanscopePageDevice *self, guint changes) {
        if (changes & ~(guint) LANSCOPE_CHANGED_EVIDENCE)
                show(self);
        if (changes & (LANSCOPE_CHANGED_EVIDENCE | LANSCOPE_CHANGED_CLASS))
                device_facts_refresh(self->facts);
}

static void on_device_gone(LanscopePageDevice *self) {
        g_signal_emit_by_name(self, "close");
}

static void drop_device(LanscopePageDevice *self) {
        if (self->device)
                g_signal_handlers_disconnect_by_data(self->device, self);
        g_clear_object(&self->device);
}

void lanscope_page_device_show(LanscopePageDevice *self, LanscopeDevice *device) {
        if (device == self->device)
                return;
        drop_device(self);
        device_facts_show(self->facts, device ? lanscope_device_info(device)->path : "");
        if (!device)
                return;
        self->device = g_object_ref(device);
        g_signal_connect_swapped(device, "changed", G_CALLBACK(on_device_changed), self);
        g_signal_connect_swapped(device, "gone", G_CALLBACK(on_device_gone), self);
        gtk_text_buffer_set_modified(gtk_text_view_get_buffer(self->notes), FALSE);
        gtk_editable_set_text(self->label, lanscope_device_info(device)->label);
        lanscope_traffic_panel_set_device(self->traffic, lanscope_device_info(device)->path);
        show(self);
}

LanscopeDevice *lanscope_page_device_get_device(LanscopePageDevice *self) {
        return self->device;
}

static void fill_types(LanscopePageDevice *self) {
        g_autoptr(GtkStringList) types = gtk_string_list_new(NULL);

        gtk_string_list_append(types, _("Automatic"));
        for (guint i = 1; wording_types()[i]; i++)
                gtk_string_list_append(types, wording_type(wording_types()[i]));
        self->showing = TRUE;
        adw_combo_row_set_model(self->type, G_LIST_MODEL(types));
        self->showing = FALSE;
}

void lanscope_page_device_set_up(LanscopePageDevice *self, LanscopeClient *client) {
        self->client = g_object_ref(client);
        self->facts = device_facts_new(client, self->reasons, self->evidence);
        lanscope_traffic_panel_set_up(self->traffic, client);
}

static void lanscope_page_device_dispose(GObject *object) {
        LanscopePageDevice *self = LANSCOPE_PAGE_DEVICE(object);

        g_cancellable_cancel(self->life);
        drop_device(self);
        g_clear_pointer(&self->facts, device_facts_free);
        plain_rows_done(&self->address_rows);
        plain_rows_done(&self->service_rows);
        plain_rows_done(&self->presence_rows);
        g_clear_object(&self->client);
        g_clear_object(&self->actions);
        g_clear_object(&self->life);
        G_OBJECT_CLASS(lanscope_page_device_parent_class)->dispose(object);
}

static void lanscope_page_device_init(LanscopePageDevice *self) {
        static const GActionEntry entries[] = {
                { .name = "merge", .activate = on_merge },
                { .name = "forget", .activate = on_forget },
        };

        self->life = g_cancellable_new();
        self->actions = g_simple_action_group_new();
        gtk_widget_init_template(GTK_WIDGET(self));
        plain_rows_init(&self->address_rows, self->addresses);
        plain_rows_init(&self->service_rows, self->services);
        plain_rows_init(&self->presence_rows, self->presence);
        fill_types(self);
        g_action_map_add_action_entries(G_ACTION_MAP(self->actions), entries, G_N_ELEMENTS(entries), self);
        gtk_widget_insert_action_group(GTK_WIDGET(self), "device", G_ACTION_GROUP(self->actions));
        g_signal_connect_object(gtk_text_view_get_buffer(self->notes), "modified-changed", G_CALLBACK(on_notes_modified), self,
                                G_CONNECT_SWAPPED);
}

static void bind_children(GtkWidgetClass *widget_class) {
        gtk_widget_class_bind_template_child(widget_class, LanscopePageDevice, title);
        gtk_widget_class_bind_template_child(widget_class, LanscopePageDevice, icon);
        gtk_widget_class_bind_template_child(widget_class, LanscopePageDevice, name);
        gtk_widget_class_bind_template_child(widget_class, LanscopePageDevice, what);
        gtk_widget_class_bind_template_child(widget_class, LanscopePageDevice, flags);
        gtk_widget_class_bind_template_child(widget_class, LanscopePageDevice, label);
        gtk_widget_class_bind_template_child(widget_class, LanscopePageDevice, type);
        gtk_widget_class_bind_template_child(widget_class, LanscopePageDevice, trusted);
        gtk_widget_class_bind_template_child(widget_class, LanscopePageDevice, reasons);
        gtk_widget_class_bind_template_child(widget_class, LanscopePageDevice, evidence);
        gtk_widget_class_bind_template_child(widget_class, LanscopePageDevice, addresses);
        gtk_widget_class_bind_template_child(widget_class, LanscopePageDevice, services);
        gtk_widget_class_bind_template_child(widget_class, LanscopePageDevice, presence);
        gtk_widget_class_bind_template_child(widget_class, LanscopePageDevice, traffic);
        gtk_widget_class_bind_template_child(widget_class, LanscopePageDevice, notes);
        gtk_widget_class_bind_template_child(widget_class, LanscopePageDevice, save_notes);
}

static void lanscope_page_device_class_init(LanscopePageDeviceClass *klass) {
        GtkWidgetClass *widget_class = GTK_WIDGET_CLASS(klass);

        G_OBJECT_CLASS(klass)->dispose = lanscope_page_device_dispose;
        g_signal_new("close", LANSCOPE_TYPE_PAGE_DEVICE, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
        g_type_ensure(LANSCOPE_TYPE_TRAFFIC_PANEL);
        gtk_widget_class_set_template_from_resource(widget_class, "/org/lanscope/Applet/page-device.ui");
        bind_children(widget_class);
        gtk_widget_class_bind_template_callback(widget_class, on_label);
        gtk_widget_class_bind_template_callback(widget_class, on_type);
        gtk_widget_class_bind_template_callback(widget_class, on_trusted);
        gtk_widget_class_bind_template_callback(widget_class, on_notes);
}
