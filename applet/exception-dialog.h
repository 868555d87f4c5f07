/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <adwaita.h>

#include "applet/client.h"

/* Asks what of an alert is not to be told any more, and for how long, and says so to the service. `for_good`: it is normal, and
 * the offer is for ever; else it is muted for a while. Uses the action "win.tell" of the window of `parent`. */
void exception_dialog_show(GtkWidget *parent, LanscopeClient *client, LanscopeAlert *alert, gboolean for_good);
