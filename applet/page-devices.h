/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <adwaita.h>

#include "applet/client.h"

/* The list of all devices: searched, filtered, sorted, in groups. */

#define LANSCOPE_TYPE_PAGE_DEVICES (lanscope_page_devices_get_type())
G_DECLARE_FINAL_TYPE(LanscopePageDevices, lanscope_page_devices, LANSCOPE, PAGE_DEVICES, AdwBin)

/* Signal "open" (LanscopeDevice): the user wants to see that one.
 * Property "search-mode" (boolean): whether the search field is shown. */

/* Once, before it is shown. Typing into `window` searches. */
void lanscope_page_devices_set_up(LanscopePageDevices *self, LanscopeClient *client, GSettings *settings, GtkWidget *window);
/* What to filter and sort by, as a menu of actions with the prefix "devices". Borrowed. */
GMenuModel *lanscope_page_devices_get_menu(LanscopePageDevices *self);
GActionGroup *lanscope_page_devices_get_actions(LanscopePageDevices *self);
