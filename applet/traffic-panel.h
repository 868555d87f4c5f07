/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <adwaita.h>

#include "applet/client.h"

/* How much was sent and received, by the hour or the day, and with whom: of one device or of all. It asks the service
 * when it is shown, without a password; where that is refused it says so and offers to ask with one. */

#define LANSCOPE_TYPE_TRAFFIC_PANEL (lanscope_traffic_panel_get_type())
G_DECLARE_FINAL_TYPE(LanscopeTrafficPanel, lanscope_traffic_panel, LANSCOPE, TRAFFIC_PANEL, AdwBin)

/* Once. */
void lanscope_traffic_panel_set_up(LanscopeTrafficPanel *self, LanscopeClient *client);
/* An object path; "" for all devices. */
void lanscope_traffic_panel_set_device(LanscopeTrafficPanel *self, const char *path);
/* Asks anew; at once if it is shown, else when it will be. */
void lanscope_traffic_panel_refresh(LanscopeTrafficPanel *self);
