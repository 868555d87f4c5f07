/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The window as a whole: which page is shown, and, while the service cannot be asked, why. The pages themselves know
 * nothing of each other. */

#include "applet/window.h"

#include <glib/gi18n.h>

#include "applet/page-alerts.h"
#include "applet/page-device.h"
#include "applet/page-devices.h"
#include "applet/page-service.h"
#include "applet/service-unit.h"
#include "applet/traffic-panel.h"

struct _LanscopeWindow {
        AdwApplicationWindow parent_instance;
        LanscopeClient *client;
        GSettings *settings;
        GCancellable *life;
        gboolean wanted; /* something in particular was asked for: this is no time for an introduction */

        AdwToastOverlay *toasts;
        AdwLeaflet *leaflet;
        AdwViewSwitcherTitle *switcher_title;
        AdwViewSwitcherBar *switcher_bar;
        GtkWidget *search_button;
        GtkMenuButton *view_button;
        GtkRevealer *stopped;
        GtkStack *states;
        GtkWidget *welcome_button;
        AdwViewStack *pages;
        LanscopePageDevices *devices;
        AdwViewStackPage *alerts_page;
        LanscopePageAlerts *alerts;
        LanscopeTrafficPanel *traffic;
        LanscopePageDevice *device;
        LanscopePageService *service;
        AdwStatusPage *status;
        GtkButton *status_button;
};

G_DEFINE_FINAL_TYPE(LanscopeWindow, lanscope_window, ADW_TYPE_APPLICATION_WINDOW)

/* What the window says in a state; the button does the one thing that may help. */
struct state_text {
        const char *icon, *title, *description, *button;
};

static const struct state_text state_texts[] = {
        [LANSCOPE_STATE_CONNECTING] = { "network-wired-symbolic", N_("Connecting…"), "", NULL },
        [LANSCOPE_STATE_NO_BUS] = { "network-error-symbolic", N_("No System Bus"),
                                    N_("Lanscope talks to its service over the system bus, which does not answer. "
                                       "It tries again by itself."),
                                    N_("Try Again") },
        [LANSCOPE_STATE_NOT_INSTALLED] = { "network-offline-symbolic", N_("The Service Is Not Installed"),
                                           N_("This window shows what the service lanscoped sees. Install it on this "
                                              "computer to find the devices on your network."),
                                           N_("Try Again") },
        [LANSCOPE_STATE_NOT_RUNNING] = { "media-playback-stop-symbolic", N_("The Service Is Not Running"),
                                         N_("Nobody watches the network at the moment. You may be asked for a password "
                                            "to start the service."),
                                         N_("Start Service") },
        [LANSCOPE_STATE_NO_PERMISSION] = { "dialog-password-symbolic", N_("No Permission"),
                                           N_("The service runs, but this account may not ask it. An administrator decides "
                                              "that in the policy of the system bus."),
                                           N_("Try Again") },
        [LANSCOPE_STATE_FAILED] = { "dialog-warning-symbolic", N_("The Service Does Not Answer"), NULL, N_("Try Again") },
        [LANSCOPE_STATE_LOADING] = { "network-wired-symbolic", N_("Loading…"), "", NULL },
        [LANSCOPE_STATE_STOPPED] = { "media-playback-pause-symbolic", N_("Nothing Is Captured"),
                                     N_("The service runs, but listens to no network."), NULL },
        [LANSCOPE_STATE_EMPTY] = { "network-wired-symbolic", N_("No Devices Yet"),
                                   N_("Devices appear here as soon as they say something on the network. "
                                      "Most do within a few minutes."),
                                   NULL },
        [LANSCOPE_STATE_CAPTURING] = { "network-wired-symbolic", N_("Watching the Network"), "", NULL },
};

void lanscope_window_tell(LanscopeWindow *self, const char *text) {
        g_autofree char *escaped = g_markup_escape_text(text, -1);

        adw_toast_overlay_add_toast(self->toasts, adw_toast_new(escaped));
}

/* The switcher and the buttons of a page stand in the header bar only while the page is there. */
static void show_controls(LanscopeWindow *self) {
        gboolean pages = g_str_equal(gtk_stack_get_visible_child_name(self->states), "pages");
        gboolean devices = pages && adw_view_stack_get_visible_child(self->pages) == GTK_WIDGET(self->devices);
        gboolean narrow = adw_view_switcher_title_get_title_visible(self->switcher_title);

        adw_view_switcher_title_set_view_switcher_enabled(self->switcher_title, pages);
        adw_view_switcher_bar_set_reveal(self->switcher_bar, pages && narrow);
        gtk_widget_set_visible(self->search_button, devices);
        gtk_widget_set_visible(GTK_WIDGET(self->view_button), devices);
}

static void on_page(LanscopeWindow *self) {
        /* The first page is there before the rest of the template. */
        if (self->client)
                show_controls(self);
}

static void show_status(LanscopeWindow *self, LanscopeState state) {
        const struct state_text *text = &state_texts[state];
        const char *description = text->description ? text->description : lanscope_client_get_failure(self->client);
        g_autofree char *escaped = g_markup_escape_text(*description && text->description ? _(description) : description, -1);

        adw_status_page_set_icon_name(self->status, text->icon);
        adw_status_page_set_title(self->status, _(text->title));
        adw_status_page_set_description(self->status, escaped);
        gtk_widget_set_visible(GTK_WIDGET(self->status_button), text->button != NULL);
        if (text->button)
                gtk_button_set_label(self->status_button, _(text->button));
}

/* With devices to show, pages are shown whatever is captured. */
static void show_state(LanscopeWindow *self) {
        LanscopeState state = lanscope_client_get_state(self->client);
        gboolean known = g_list_model_get_n_items(G_LIST_MODEL(lanscope_client_get_devices(self->client))) > 0;

        if (!g_settings_get_boolean(self->settings, "introduced") && !self->wanted) {
                gtk_stack_set_visible_child_name(self->states, "welcome");
                gtk_widget_grab_focus(self->welcome_button);
        } else if (lanscope_client_is_ready(self->client) && (known || state == LANSCOPE_STATE_CAPTURING))
                gtk_stack_set_visible_child_name(self->states, "pages");
        else {
                show_status(self, state);
                gtk_stack_set_visible_child_name(self->states, "status");
        }
        /* With devices that were seen before, nothing else would say it. */
        gtk_revealer_set_reveal_child(self->stopped, state == LANSCOPE_STATE_STOPPED && known);
        show_controls(self);
}

static void on_welcome(LanscopeWindow *self) {
        g_settings_set_boolean(self->settings, "introduced", TRUE);
        show_state(self);
}

static void on_started(GObject *source, GAsyncResult *result, void *data) {
        g_autoptr(GError) error = NULL;
        g_autofree char *text = NULL;

        if (service_unit_finish(G_DBUS_CONNECTION(source), result, &error) ||
            g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
                return;
        text = g_strdup_printf(_("The service was not started: %s"), error->message);
        lanscope_window_tell(data, text);
}

static void on_status_button(LanscopeWindow *self) {
        GDBusConnection *connection = lanscope_client_get_connection(self->client);

        if (lanscope_client_get_state(self->client) == LANSCOPE_STATE_NOT_RUNNING && connection)
                service_unit_start(connection, self->life, on_started, self);
        else
                lanscope_client_retry(self->client);
}

void lanscope_window_show_page(LanscopeWindow *self, const char *name) {
        if (!adw_view_stack_get_child_by_name(self->pages, name))
                return;
        adw_leaflet_set_visible_child_name(self->leaflet, "main");
        adw_view_stack_set_visible_child_name(self->pages, name);
        self->wanted = TRUE;
        show_state(self);
}

static void open_device(LanscopeWindow *self, LanscopeDevice *device) {
        lanscope_page_device_show(self->device, device);
        adw_leaflet_set_visible_child_name(self->leaflet, "device");
}

static void close_device(LanscopeWindow *self) {
        adw_leaflet_set_visible_child_name(self->leaflet, "main");
}

/* Off the screen the page follows nothing. */
static void on_leaflet(LanscopeWindow *self) {
        if (self->client && !adw_leaflet_get_child_transition_running(self->leaflet) &&
            g_str_equal(adw_leaflet_get_visible_child_name(self->leaflet), "main"))
                lanscope_page_device_show(self->device, NULL);
}

void lanscope_window_show_device(LanscopeWindow *self, const char *path) {
        LanscopeDevice *device = lanscope_device_store_lookup(lanscope_client_get_devices(self->client), path);

        lanscope_window_show_page(self, "devices");
        if (device)
                open_device(self, device);
}

void lanscope_window_show_alert(LanscopeWindow *self, guint64 id) {
        lanscope_window_show_page(self, "alerts");
        lanscope_page_alerts_select(self->alerts, id);
}

static void show_badge(LanscopeWindow *self) {
        guint n = lanscope_client_get_unacknowledged_alerts(self->client);

        adw_view_stack_page_set_badge_number(self->alerts_page, n);
        adw_view_stack_page_set_needs_attention(self->alerts_page, n > 0);
}

static void on_tell(GtkWidget *widget, const char *action G_GNUC_UNUSED, GVariant *text) {
        lanscope_window_tell(LANSCOPE_WINDOW(widget), g_variant_get_string(text, NULL));
}

static void on_search(GtkWidget *widget, const char *action G_GNUC_UNUSED, GVariant *parameter G_GNUC_UNUSED) {
        LanscopeWindow *self = LANSCOPE_WINDOW(widget);

        lanscope_window_show_page(self, "devices");
        g_object_set(self->devices, "search-mode", TRUE, NULL);
}

static void on_show(GtkWidget *widget, const char *action G_GNUC_UNUSED, GVariant *page) {
        lanscope_window_show_page(LANSCOPE_WINDOW(widget), g_variant_get_string(page, NULL));
}

static void on_back(GtkWidget *widget, const char *action G_GNUC_UNUSED, GVariant *parameter G_GNUC_UNUSED) {
        close_device(LANSCOPE_WINDOW(widget));
}

LanscopeWindow *lanscope_window_new(LanscopeApplication *application) {
        LanscopeWindow *self = g_object_new(LANSCOPE_TYPE_WINDOW, "application", application, NULL);
        GSettings *settings = lanscope_application_get_settings(application);

        self->client = g_object_ref(lanscope_application_get_client(application));
        self->settings = g_object_ref(settings);
        g_settings_bind(settings, "window-width", self, "default-width", G_SETTINGS_BIND_DEFAULT);
        g_settings_bind(settings, "window-height", self, "default-height", G_SETTINGS_BIND_DEFAULT);
        g_settings_bind(settings, "window-maximized", self, "maximized", G_SETTINGS_BIND_DEFAULT);
        lanscope_page_devices_set_up(self->devices, self->client, settings, GTK_WIDGET(self));
        lanscope_page_alerts_set_up(self->alerts, self->client);
        lanscope_page_device_set_up(self->device, self->client);
        lanscope_page_service_set_up(self->service, self->client);
        lanscope_traffic_panel_set_up(self->traffic, self->client);
        gtk_widget_insert_action_group(GTK_WIDGET(self), "devices", lanscope_page_devices_get_actions(self->devices));
        gtk_menu_button_set_menu_model(self->view_button, lanscope_page_devices_get_menu(self->devices));
        g_signal_connect_object(self->switcher_title, "notify::title-visible", G_CALLBACK(show_controls), self, G_CONNECT_SWAPPED);
        g_signal_connect_object(self->client, "notify::state", G_CALLBACK(show_state), self, G_CONNECT_SWAPPED);
        g_signal_connect_object(self->client, "notify::unacknowledged-alerts", G_CALLBACK(show_badge), self, G_CONNECT_SWAPPED);
        show_badge(self);
        show_state(self);
        return self;
}

static void lanscope_window_dispose(GObject *object) {
        LanscopeWindow *self = LANSCOPE_WINDOW(object);

        g_cancellable_cancel(self->life);
        g_clear_object(&self->life);
        g_clear_object(&self->client);
        g_clear_object(&self->settings);
        G_OBJECT_CLASS(lanscope_window_parent_class)->dispose(object);
}

static void lanscope_window_init(LanscopeWindow *self) {
        self->life = g_cancellable_new();
        gtk_widget_init_template(GTK_WIDGET(self));
}

static void lanscope_window_class_init(LanscopeWindowClass *klass) {
        GtkWidgetClass *widget_class = GTK_WIDGET_CLASS(klass);

        G_OBJECT_CLASS(klass)->dispose = lanscope_window_dispose;
        gtk_widget_class_set_template_from_resource(widget_class, "/org/lanscope/Applet/window.ui");
        g_type_ensure(LANSCOPE_TYPE_PAGE_DEVICES);
        g_type_ensure(LANSCOPE_TYPE_PAGE_ALERTS);
        g_type_ensure(LANSCOPE_TYPE_PAGE_DEVICE);
        g_type_ensure(LANSCOPE_TYPE_PAGE_SERVICE);
        g_type_ensure(LANSCOPE_TYPE_TRAFFIC_PANEL);
        gtk_widget_class_install_action(widget_class, "win.tell", "s", on_tell);
        gtk_widget_class_install_action(widget_class, "win.back", NULL, on_back);
        gtk_widget_class_install_action(widget_class, "win.search", NULL, on_search);
        gtk_widget_class_install_action(widget_class, "win.show", "s", on_show);
        gtk_widget_class_bind_template_child(widget_class, LanscopeWindow, toasts);
        gtk_widget_class_bind_template_child(widget_class, LanscopeWindow, leaflet);
        gtk_widget_class_bind_template_child(widget_class, LanscopeWindow, switcher_title);
        gtk_widget_class_bind_template_child(widget_class, LanscopeWindow, switcher_bar);
        gtk_widget_class_bind_template_child(widget_class, LanscopeWindow, search_button);
        gtk_widget_class_bind_template_child(widget_class, LanscopeWindow, view_button);
        gtk_widget_class_bind_template_child(widget_class, LanscopeWindow, stopped);
        gtk_widget_class_bind_template_child(widget_class, LanscopeWindow, states);
        gtk_widget_class_bind_template_child(widget_class, LanscopeWindow, welcome_button);
        gtk_widget_class_bind_template_child(widget_class, LanscopeWindow, pages);
        gtk_widget_class_bind_template_child(widget_class, LanscopeWindow, devices);
        gtk_widget_class_bind_template_child(widget_class, LanscopeWindow, traffic);
        gtk_widget_class_bind_template_child(widget_class, LanscopeWindow, alerts_page);
        gtk_widget_class_bind_template_child(widget_class, LanscopeWindow, alerts);
        gtk_widget_class_bind_template_child(widget_class, LanscopeWindow, device);
        gtk_widget_class_bind_template_child(widget_class, LanscopeWindow, service);
        gtk_widget_class_bind_template_child(widget_class, LanscopeWindow, status);
        gtk_widget_class_bind_template_child(widget_class, LanscopeWindow, status_button);
        gtk_widget_class_bind_template_callback(widget_class, on_status_button);
        gtk_widget_class_bind_template_callback(widget_class, on_page);
        gtk_widget_class_bind_template_callback(widget_class, on_welcome);
        gtk_widget_class_bind_template_callback(widget_class, on_leaflet);
        gtk_widget_class_bind_template_callback(widget_class, open_device);
        gtk_widget_class_bind_template_callback(widget_class, close_device);
}
