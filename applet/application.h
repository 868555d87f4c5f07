/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <adwaita.h>

#include "applet/client.h"

/* The name of the application on the session bus, of its desktop file, icon and settings. */
#define LANSCOPE_APPLICATION_ID "org.lanscope.Applet"

#define LANSCOPE_TYPE_APPLICATION (lanscope_application_get_type())
G_DECLARE_FINAL_TYPE(LanscopeApplication, lanscope_application, LANSCOPE, APPLICATION, AdwApplication)

/* Actions, here and on the session bus (org.gtk.Actions, org.freedesktop.Application): "show-device" (s, an object path),
 * "show-alert" (t, an id), "show-page" (s: "devices", "alerts", "traffic", "service"), "show-alerts", "show-window", "preferences",
 * "about", "quit"; and those of notifier.h.
 * Without a window it goes on while the setting run-in-background is on, or when it was started with --background. */
LanscopeApplication *lanscope_application_new(void);

/* There from startup on. Borrowed. */
LanscopeClient *lanscope_application_get_client(LanscopeApplication *self);
GSettings *lanscope_application_get_settings(LanscopeApplication *self);
