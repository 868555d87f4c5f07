/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The application: one instance a session, started by a launcher, by the bus or with the session. It owns the client and
 * the settings; the window comes and goes. */

#include "applet/application.h"

#include <glib/gi18n.h>

#include "applet/notifier.h"
#include "applet/preferences.h"
#include "applet/tray.h"
#include "applet/window.h"
#include "config.h"

struct _LanscopeApplication {
        AdwApplication parent_instance;
        LanscopeClient *client;
        GSettings *settings;
        struct notifier *notifier;
        struct tray *tray;
        gboolean start_hidden; /* --background: the first activation shows nothing */
        gboolean held;         /* stays without a window */
};

G_DEFINE_FINAL_TYPE(LanscopeApplication, lanscope_application, ADW_TYPE_APPLICATION)

static void stay(LanscopeApplication *self, gboolean hold) {
        if (self->held == hold)
                return;
        self->held = hold;
        if (hold)
                g_application_hold(G_APPLICATION(self));
        else
                g_application_release(G_APPLICATION(self));
}

static void on_background_setting(LanscopeApplication *self) {
        stay(self, g_settings_get_boolean(self->settings, "run-in-background"));
}

static LanscopeWindow *window_get(LanscopeApplication *self) {
        /* Dialogs may be windows of the application, too. */
        for (GList *item = gtk_application_get_windows(GTK_APPLICATION(self)); item; item = item->next)
                if (LANSCOPE_IS_WINDOW(item->data))
                        return item->data;
        return lanscope_window_new(self);
}

static void lanscope_application_activate(GApplication *application) {
        LanscopeApplication *self = LANSCOPE_APPLICATION(application);

        if (self->start_hidden) {
                self->start_hidden = FALSE;
                stay(self, TRUE);
                return;
        }
        gtk_window_present(GTK_WINDOW(window_get(self)));
}

static void show_device(GSimpleAction *action G_GNUC_UNUSED, GVariant *path, void *data) {
        LanscopeWindow *window = window_get(data);

        gtk_window_present(GTK_WINDOW(window));
        lanscope_window_show_device(window, g_variant_get_string(path, NULL));
}

static void show_alert(GSimpleAction *action G_GNUC_UNUSED, GVariant *id, void *data) {
        LanscopeWindow *window = window_get(data);

        gtk_window_present(GTK_WINDOW(window));
        lanscope_window_show_alert(window, g_variant_get_uint64(id));
}

static void show_page(GSimpleAction *action G_GNUC_UNUSED, GVariant *page, void *data) {
        LanscopeWindow *window = window_get(data);

        gtk_window_present(GTK_WINDOW(window));
        lanscope_window_show_page(window, g_variant_get_string(page, NULL));
}

static void show_window(GSimpleAction *action G_GNUC_UNUSED, GVariant *parameter G_GNUC_UNUSED, void *data) {
        gtk_window_present(GTK_WINDOW(window_get(data)));
}

/* Of the launcher, which passes no parameters. */
static void show_alerts(GSimpleAction *action G_GNUC_UNUSED, GVariant *parameter G_GNUC_UNUSED, void *data) {
        LanscopeWindow *window = window_get(data);

        gtk_window_present(GTK_WINDOW(window));
        lanscope_window_show_page(window, "alerts");
}

static void preferences(GSimpleAction *action G_GNUC_UNUSED, GVariant *parameter G_GNUC_UNUSED, void *data) {
        LanscopeApplication *self = data;
        LanscopeWindow *window = window_get(self);

        gtk_window_present(GTK_WINDOW(window));
        preferences_show(GTK_WINDOW(window), self->settings);
}

static void about(GSimpleAction *action G_GNUC_UNUSED, GVariant *parameter G_GNUC_UNUSED, void *data) {
        LanscopeWindow *window = window_get(data);

        gtk_window_present(GTK_WINDOW(window));
        adw_show_about_window(GTK_WINDOW(window), "application-name", "Lanscope", "application-icon", LANSCOPE_APPLICATION_ID,
                              "version", PACKAGE_VERSION, "license-type", GTK_LICENSE_LGPL_2_1, "comments",
                              _("Every device on your network, what it is, and why we think so"), NULL);
}

static void quit(GSimpleAction *action G_GNUC_UNUSED, GVariant *parameter G_GNUC_UNUSED, void *data) {
        g_application_quit(G_APPLICATION(data));
}

static const GActionEntry actions[] = {
        { .name = "show-device", .activate = show_device, .parameter_type = "s" },
        { .name = "show-alert", .activate = show_alert, .parameter_type = "t" },
        { .name = "show-page", .activate = show_page, .parameter_type = "s" },
        { .name = "show-window", .activate = show_window },
        { .name = "show-alerts", .activate = show_alerts },
        { .name = "preferences", .activate = preferences },
        { .name = "about", .activate = about },
        { .name = "quit", .activate = quit },
};

static void set_accelerators(GtkApplication *application) {
        static const struct {
                const char *action;
                const char *keys[3];
        } rows[] = {
                { "app.quit", { "<primary>q" } },
                { "app.preferences", { "<primary>comma" } },
                { "window.close", { "<primary>w" } },
                { "win.back", { "<alt>Left", "Back" } },
                { "win.search", { "<primary>f" } },
                { "win.show::devices", { "<primary>1" } },
                { "win.show::alerts", { "<primary>2" } },
                { "win.show::traffic", { "<primary>3" } },
                { "win.show::service", { "<primary>4" } },
                { "devices.clear", { "<primary><shift>a" } },
        };

        for (size_t i = 0; i < G_N_ELEMENTS(rows); i++)
                gtk_application_set_accels_for_action(application, rows[i].action, rows[i].keys);
}

static void lanscope_application_startup(GApplication *application) {
        LanscopeApplication *self = LANSCOPE_APPLICATION(application);

        G_APPLICATION_CLASS(lanscope_application_parent_class)->startup(application);
        self->settings = g_settings_new(LANSCOPE_APPLICATION_ID);
        self->client = lanscope_client_new();
        g_action_map_add_action_entries(G_ACTION_MAP(self), actions, G_N_ELEMENTS(actions), self);
        set_accelerators(GTK_APPLICATION(self));
        g_signal_connect_object(self->settings, "changed::run-in-background", G_CALLBACK(on_background_setting), self,
                                G_CONNECT_SWAPPED);
        on_background_setting(self);
        self->notifier = notifier_new(self);
        self->tray = tray_new(self);
}

static void lanscope_application_shutdown(GApplication *application) {
        LanscopeApplication *self = LANSCOPE_APPLICATION(application);

        self->tray = tray_free(self->tray);
        self->notifier = notifier_free(self->notifier);
        G_APPLICATION_CLASS(lanscope_application_parent_class)->shutdown(application);
        g_clear_object(&self->client);
        g_clear_object(&self->settings);
}

/* A second start in the background has nothing to show and nothing to do. */
static int lanscope_application_handle_local_options(GApplication *application, GVariantDict *options) {
        LanscopeApplication *self = LANSCOPE_APPLICATION(application);
        g_autoptr(GError) error = NULL;

        if (g_variant_dict_contains(options, "version")) {
                g_print("lanscope-applet %s\n", PACKAGE_VERSION);
                return EXIT_SUCCESS;
        }
        if (!g_variant_dict_contains(options, "background"))
                return -1;
        if (!g_application_register(application, NULL, &error)) {
                g_printerr(_("Cannot start on the session bus: %s\n"), error->message);
                return EXIT_FAILURE;
        }
        if (g_application_get_is_remote(application))
                return EXIT_SUCCESS;
        self->start_hidden = TRUE;
        return -1;
}

LanscopeClient *lanscope_application_get_client(LanscopeApplication *self) {
        return self->client;
}

GSettings *lanscope_application_get_settings(LanscopeApplication *self) {
        return self->settings;
}

LanscopeApplication *lanscope_application_new(void) {
        return g_object_new(LANSCOPE_TYPE_APPLICATION, "application-id", LANSCOPE_APPLICATION_ID, "flags",
                            G_APPLICATION_DEFAULT_FLAGS, "resource-base-path", "/org/lanscope/Applet", NULL);
}

static void lanscope_application_init(LanscopeApplication *self) {
        static const GOptionEntry options[] = {
                { "background", 'b', 0, G_OPTION_ARG_NONE, NULL, N_("Start without a window"), NULL },
                { "version", 0, 0, G_OPTION_ARG_NONE, NULL, N_("Show the version"), NULL },
                {},
        };

        g_application_add_main_option_entries(G_APPLICATION(self), options);
}

static void lanscope_application_class_init(LanscopeApplicationClass *klass) {
        GApplicationClass *application_class = G_APPLICATION_CLASS(klass);

        application_class->activate = lanscope_application_activate;
        application_class->startup = lanscope_application_startup;
        application_class->shutdown = lanscope_application_shutdown;
        application_class->handle_local_options = lanscope_application_handle_local_options;
}
