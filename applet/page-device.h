/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <adwaita.h>

#include "applet/client.h"

/* All about one device: what it is and why, what it said, and what can be done with it. */

#define LANSCOPE_TYPE_PAGE_DEVICE (lanscope_page_device_get_type())
G_DECLARE_FINAL_TYPE(LanscopePageDevice, lanscope_page_device, LANSCOPE, PAGE_DEVICE, AdwBin)

/* Signal "close": the device is gone, there is nothing to show any more.
 * Uses the actions "win.tell" (s) and "win.back". */

/* Once, before it is shown. */
void lanscope_page_device_set_up(LanscopePageDevice *self, LanscopeClient *client);
/* NULL: none. */
void lanscope_page_device_show(LanscopePageDevice *self, LanscopeDevice *device);
LanscopeDevice *lanscope_page_device_get_device(LanscopePageDevice *self);
