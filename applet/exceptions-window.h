/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <adwaita.h>

#include "applet/client.h"

/* All that is muted, each with a button that ends it; over the window of `parent`. */
void exceptions_window_show(GtkWidget *parent, LanscopeClient *client);
