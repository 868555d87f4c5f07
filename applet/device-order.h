/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "applet/device-item.h"

/* Which devices a list shows, and in which order. Plain functions of plain settings. */

typedef enum {
        LANSCOPE_ORDER_NAME,
        LANSCOPE_ORDER_TYPE,
        LANSCOPE_ORDER_ADDRESS,
        LANSCOPE_ORDER_LAST_SEEN,
        LANSCOPE_ORDER_FIRST_SEEN,
        LANSCOPE_ORDER_TRAFFIC,
} LanscopeOrder;

/* "name", "type", "address", "last-seen", "first-seen", "traffic"; others are by name. */
LanscopeOrder device_order_from_string(const char *name);

/* Like strcmp(); never 0 for different devices. `grouped`: by category first. */
int device_order_compare(LanscopeDevice *a, LanscopeDevice *b, LanscopeOrder order, gboolean grouped);
/* Which changes of a device may move it. */
LanscopeChanges device_order_depends(LanscopeOrder order, gboolean grouped);

/* "" for any, as the actions of the menu have it. */
typedef struct {
        char *text;     /* casefolded */
        char *presence; /* "online", "idle", "offline" */
        char *category;
        char *network;  /* object path */
        char *trust;    /* "trusted", "untrusted" */
} LanscopeDeviceFilter;

gboolean device_filter_matches(const LanscopeDeviceFilter *filter, LanscopeDevice *device);
/* Which changes of a device may show or hide it. */
LanscopeChanges device_filter_depends(const LanscopeDeviceFilter *filter);
gboolean device_filter_is_empty(const LanscopeDeviceFilter *filter);
void device_filter_clear(LanscopeDeviceFilter *filter);
