/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <adwaita.h>

#include "applet/alert-item.h"

/* An alert in a list: its sentence, what it is about, what can be done; when it is selected, its details. Uses the actions
 * "alerts.acknowledge", "alerts.mute", "alerts.normal" (t, an id) and "app.show-device" (s). */

#define LANSCOPE_TYPE_ALERT_ROW (lanscope_alert_row_get_type())
G_DECLARE_FINAL_TYPE(LanscopeAlertRow, lanscope_alert_row, LANSCOPE, ALERT_ROW, GtkBox)

GtkWidget *lanscope_alert_row_new(void);
/* Shows `alert` and follows its changes, until the next call; NULL for none. */
void lanscope_alert_row_bind(LanscopeAlertRow *self, LanscopeAlert *alert);
void lanscope_alert_row_set_expanded(LanscopeAlertRow *self, gboolean expanded);
/* Time has passed. */
void lanscope_alert_row_refresh(LanscopeAlertRow *self);
