/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <adwaita.h>

#include "applet/device-item.h"

/* A device in a list: icon, name, what is known of it, presence; above it, where a group begins, the group's name. */

#define LANSCOPE_TYPE_DEVICE_ROW (lanscope_device_row_get_type())
G_DECLARE_FINAL_TYPE(LanscopeDeviceRow, lanscope_device_row, LANSCOPE, DEVICE_ROW, GtkBox)

GtkWidget *lanscope_device_row_new(void);
/* Shows `device` and follows its changes, until the next call; NULL for none. */
void lanscope_device_row_bind(LanscopeDeviceRow *self, LanscopeDevice *device);
LanscopeDevice *lanscope_device_row_get_device(LanscopeDeviceRow *self);
/* NULL: no group begins here. */
void lanscope_device_row_set_header(LanscopeDeviceRow *self, const char *text);
