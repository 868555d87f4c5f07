/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <adwaita.h>

#include "applet/client.h"

/* Asks for a device to merge `device` with, in a dialog over the window of `parent`, with a search. `chosen` is called once,
 * unless the dialog is closed or `parent` goes away. */
void device_merge_choose(GtkWidget *parent, LanscopeClient *client, LanscopeDevice *device,
                         void (*chosen)(LanscopeDevice *other, void *data), void *data);
