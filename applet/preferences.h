/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <adwaita.h>

/* The settings that people set, in a window over `parent`. */
void preferences_show(GtkWindow *parent, GSettings *settings);
