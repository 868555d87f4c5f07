/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

#include "applet/alert-item.h"

/* The newest alerts as a GListModel of LanscopeAlert, newest first, LANSCOPE_ALERTS_MAX of them at most. */

#define LANSCOPE_ALERTS_MAX 1000 /* what ListAlerts gives at once */

#define LANSCOPE_TYPE_ALERT_STORE (lanscope_alert_store_get_type())
G_DECLARE_FINAL_TYPE(LanscopeAlertStore, lanscope_alert_store, LANSCOPE, ALERT_STORE, GObject)

/* Signal "alert-raised" (LanscopeAlert): now, and in the model by then.
 * Signal "updated": alerts in the model changed. */

LanscopeAlertStore *lanscope_alert_store_new(void);

/* NULL: not known, or too old. Borrowed. */
LanscopeAlert *lanscope_alert_store_lookup(LanscopeAlertStore *self, guint64 id);

/* An aa{sv} as of ListAlerts is all there is. Alerts that were there before stay the same objects. */
void lanscope_alert_store_load(LanscopeAlertStore *self, GVariant *alerts);
void lanscope_alert_store_raise(LanscopeAlertStore *self, GVariant *alert);
void lanscope_alert_store_change(LanscopeAlertStore *self, guint64 id, GVariant *alert);
/* Ids as in an "at". */
void lanscope_alert_store_acknowledge(LanscopeAlertStore *self, GVariant *ids);
void lanscope_alert_store_clear(LanscopeAlertStore *self);
