/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

/* The menu of the tray item, as a com.canonical.dbusmenu. Its rows are there from the beginning and only change their
 * text: hosts draw an open menu anew when rows come and go. */

enum { TRAY_MENU_DEVICES = 5, TRAY_MENU_ALERTS = 5 };

/* A device or an alert. */
struct tray_menu_row {
        char *label;      /* plain text */
        GVariant *target; /* of the action; not floating */
};

struct tray_menu;

/* Takes up `path` on the session bus. Rows activate `actions`: "show-window"-like ones of the application, see tray-menu.c. */
struct tray_menu *tray_menu_new(const char *path, GActionGroup *actions);
struct tray_menu *tray_menu_free(struct tray_menu *menu);

void tray_menu_set_summary(struct tray_menu *menu, const char *summary);
/* The first `n` are shown; at most TRAY_MENU_DEVICES and TRAY_MENU_ALERTS. */
void tray_menu_set_devices(struct tray_menu *menu, const struct tray_menu_row *rows, unsigned n);
void tray_menu_set_alerts(struct tray_menu *menu, const struct tray_menu_row *rows, unsigned n);
/* `until`: when the pause ends, as text; NULL: there is none. */
void tray_menu_set_paused(struct tray_menu *menu, const char *until);
