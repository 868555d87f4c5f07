/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

#include "applet/tray-text.h"

/* An org.kde.StatusNotifierItem, and its registration with the tray. */

struct tray_item_ops {
        /* Clicked; `token` is what a window may be raised with, NULL if the desktop gave none. */
        void (*activate)(const char *token, void *userdata);
        /* Clicked with the middle button. */
        void (*activate_second)(const char *token, void *userdata);
        void *userdata;
};

struct tray_item;

/* `id` is the name of the desktop file, `menu` the object path of a com.canonical.dbusmenu on the same connection.
 * `ops` is copied. */
struct tray_item *tray_item_new(GDBusConnection *session, const char *id, const char *menu, const struct tray_item_ops *ops);
/* The tray sees that the name is gone. */
struct tray_item *tray_item_free(struct tray_item *item);

/* Tells the tray only what changed. `tip` is plain text. */
void tray_item_set(struct tray_item *item, TrayLook look, const char *tip);
