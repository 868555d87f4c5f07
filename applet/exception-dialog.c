/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* MuteAlerts, as a dialog: which of kind, device and peer an exception names, until when, and why. */

#include "applet/exception-dialog.h"

#include <glib/gi18n.h>

#include "applet/alert-wording.h"
#include "applet/error-wording.h"
#include "applet/plain-text.h"

#define PASSWORD_TIMEOUT_MSEC (120 * 1000)
#define MINUTE ((gint64) 60 * G_USEC_PER_SEC)

static const struct {
        const char *text;
        gint64 span; /* microseconds; 0: for ever */
} terms[] = {
        { N_("For good"), 0 },
        { N_("For an hour"), 60 * MINUTE },
        { N_("For a day"), 24 * 60 * MINUTE },
        { N_("For a week"), 7 * 24 * 60 * MINUTE },
};

#define TERM_FOR_GOOD 0
#define TERM_A_DAY 2

struct dialog {
        LanscopeClient *client;
        LanscopeAlert *alert;
        GtkWidget *window; /* whose actions are used; weak */
        GtkCheckButton *kind, *device, *peer;
        GtkWidget *note;
        GtkDropDown *term;
};

static void dialog_free(void *data) {
        struct dialog *dialog = data;

        g_clear_weak_pointer(&dialog->window);
        g_object_unref(dialog->alert);
        g_object_unref(dialog->client);
        g_free(dialog);
}

static void tell(GtkWidget *window, const char *text) {
        if (window)
                gtk_widget_activate_action(window, "win.tell", "s", text);
}

static void on_muted(GObject *source, GAsyncResult *result, void *data) {
        g_autoptr(GError) error = NULL;
        GWeakRef *window = data;
        g_autoptr(GtkWidget) widget = g_weak_ref_get(window);
        g_autofree char *text = NULL;
        guint64 id;

        g_weak_ref_clear(window);
        g_free(window);
        if (lanscope_bus_manager_call_mute_alerts_finish(LANSCOPE_BUS_MANAGER(source), &id, result, &error)) {
                tell(widget, _("No more alerts of this"));
                return;
        }
        text = error_in_words(error);
        tell(widget, text);
}

static gboolean is_on(GtkCheckButton *button) {
        return button && gtk_check_button_get_active(button);
}

static GVariant *exception_of(struct dialog *dialog) {
        const LanscopeAlertInfo *info = lanscope_alert_info(dialog->alert);
        gint64 span = terms[gtk_drop_down_get_selected(dialog->term)].span;
        GVariantBuilder exception;

        g_variant_builder_init(&exception, G_VARIANT_TYPE_VARDICT);
        if (is_on(dialog->kind))
                g_variant_builder_add(&exception, "{sv}", "Kind", g_variant_new_string(info->kind));
        if (is_on(dialog->device))
                g_variant_builder_add(&exception, "{sv}", "Device", g_variant_new_object_path(info->device));
        if (is_on(dialog->peer))
                g_variant_builder_add(&exception, "{sv}", "Peer", g_variant_new_string(info->peer));
        if (span > 0)
                g_variant_builder_add(&exception, "{sv}", "Expires", g_variant_new_uint64((guint64) (g_get_real_time() + span)));
        g_variant_builder_add(&exception, "{sv}", "Note", g_variant_new_string(gtk_editable_get_text(GTK_EDITABLE(dialog->note))));
        return g_variant_builder_end(&exception);
}

static void on_response(struct dialog *dialog, const char *response) {
        LanscopeBusManager *manager = lanscope_client_get_manager(dialog->client);
        GWeakRef *window;

        if (!g_str_equal(response, "mute") || !manager)
                return;
        window = g_new0(GWeakRef, 1);
        g_weak_ref_init(window, dialog->window);
        lanscope_bus_manager_call_mute_alerts(manager, exception_of(dialog), G_DBUS_CALL_FLAGS_ALLOW_INTERACTIVE_AUTHORIZATION,
                                              PASSWORD_TIMEOUT_MSEC, NULL, on_muted, window);
}

/* An exception of nothing would be one of everything: the service refuses it. */
static void on_toggled(struct dialog *dialog) {
        GtkWidget *root = GTK_WIDGET(gtk_widget_get_root(GTK_WIDGET(dialog->kind)));

        if (ADW_IS_MESSAGE_DIALOG(root))
                adw_message_dialog_set_response_enabled(ADW_MESSAGE_DIALOG(root), "mute",
                                                        is_on(dialog->kind) || is_on(dialog->device) || is_on(dialog->peer));
}

static GtkCheckButton *check_new(struct dialog *dialog, GtkWidget *box, const char *format, const char *value) {
        g_autofree char *plain = plain_text(value);
        g_auto(GStrv) parts = g_strsplit(format, "%s", 2);
        g_autofree char *text = g_strjoinv(plain, parts);
        GtkWidget *button = gtk_check_button_new_with_label(text);
        GtkWidget *label = gtk_widget_get_last_child(button);

        if (GTK_IS_LABEL(label)) {
                gtk_label_set_wrap(GTK_LABEL(label), TRUE);
                gtk_label_set_wrap_mode(GTK_LABEL(label), PANGO_WRAP_WORD_CHAR);
        }
        gtk_check_button_set_active(GTK_CHECK_BUTTON(button), TRUE);
        g_signal_connect_swapped(button, "toggled", G_CALLBACK(on_toggled), dialog);
        gtk_box_append(GTK_BOX(box), button);
        return GTK_CHECK_BUTTON(button);
}

static GtkWidget *content_new(struct dialog *dialog, gboolean for_good) {
        const LanscopeAlertInfo *info = lanscope_alert_info(dialog->alert);
        GtkWidget *box = gtk_box_new(GTK_ORIENTATION_VERTICAL, 6);
        const char *texts[G_N_ELEMENTS(terms) + 1] = {};

        for (size_t i = 0; i < G_N_ELEMENTS(terms); i++)
                texts[i] = _(terms[i].text);
        /* Translators: %s is a kind of alert. */
        dialog->kind = check_new(dialog, box, _("Of this kind: %s"), wording_alert(info->kind));
        if (!g_str_equal(info->device, "/"))
                dialog->device = check_new(dialog, box, _("Of this device: %s"), info->name);
        if (*info->peer)
                dialog->peer = check_new(dialog, box, _("With this peer: %s"), info->peer);
        dialog->term = GTK_DROP_DOWN(gtk_drop_down_new_from_strings(texts));
        gtk_drop_down_set_selected(dialog->term, for_good ? TERM_FOR_GOOD : TERM_A_DAY);
        gtk_accessible_update_property(GTK_ACCESSIBLE(dialog->term), GTK_ACCESSIBLE_PROPERTY_LABEL, _("For how long"), -1);
        gtk_box_append(GTK_BOX(box), GTK_WIDGET(dialog->term));
        dialog->note = gtk_entry_new();
        gtk_entry_set_placeholder_text(GTK_ENTRY(dialog->note), _("Why (for yourself)"));
        gtk_entry_set_max_length(GTK_ENTRY(dialog->note), 200);
        gtk_accessible_update_property(GTK_ACCESSIBLE(dialog->note), GTK_ACCESSIBLE_PROPERTY_LABEL, _("Why"), -1);
        gtk_box_append(GTK_BOX(box), dialog->note);
        return box;
}

void exception_dialog_show(GtkWidget *parent, LanscopeClient *client, LanscopeAlert *alert, gboolean for_good) {
        GtkWindow *window = GTK_WINDOW(gtk_widget_get_root(parent));
        struct dialog *dialog = g_new0(struct dialog, 1);
        GtkWidget *widget = adw_message_dialog_new(window, for_good ? _("This Is Normal") : _("Mute These Alerts"),
                                                   _("No more alerts are raised that fit all of these:"));

        dialog->client = g_object_ref(client);
        dialog->alert = g_object_ref(alert);
        g_set_weak_pointer(&dialog->window, GTK_WIDGET(window));
        adw_message_dialog_set_extra_child(ADW_MESSAGE_DIALOG(widget), content_new(dialog, for_good));
        adw_message_dialog_add_responses(ADW_MESSAGE_DIALOG(widget), "cancel", _("_Cancel"), "mute", _("_Mute"), NULL);
        adw_message_dialog_set_response_appearance(ADW_MESSAGE_DIALOG(widget), "mute", ADW_RESPONSE_SUGGESTED);
        adw_message_dialog_set_close_response(ADW_MESSAGE_DIALOG(widget), "cancel");
        g_object_set_data_full(G_OBJECT(widget), "dialog", dialog, dialog_free);
        g_signal_connect_swapped(widget, "response", G_CALLBACK(on_response), dialog);
        gtk_window_present(GTK_WINDOW(widget));
}
