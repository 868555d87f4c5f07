/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <adwaita.h>

#include "applet/client.h"

/* The inbox of alerts. */

#define LANSCOPE_TYPE_PAGE_ALERTS (lanscope_page_alerts_get_type())
G_DECLARE_FINAL_TYPE(LanscopePageAlerts, lanscope_page_alerts, LANSCOPE, PAGE_ALERTS, AdwBin)

/* Once, before it is shown. */
void lanscope_page_alerts_set_up(LanscopePageAlerts *self, LanscopeClient *client);
/* Selects that one and scrolls to it; FALSE: it is not known (any more). */
gboolean lanscope_page_alerts_select(LanscopePageAlerts *self, guint64 id);
