/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gtk/gtk.h>

#include "applet/traffic-data.h"

/* Bytes by the hour or the day: what was received above a line, what was sent below it; and, on request, a strip that shows
 * when something was heard at all. */

#define LANSCOPE_TYPE_TRAFFIC_CHART (lanscope_traffic_chart_get_type())
G_DECLARE_FINAL_TYPE(LanscopeTrafficChart, lanscope_traffic_chart, LANSCOPE, TRAFFIC_CHART, GtkWidget)

/* Takes over `traffic`; NULL: none. */
void lanscope_traffic_chart_set_traffic(LanscopeTrafficChart *self, LanscopeTraffic *traffic);
void lanscope_traffic_chart_show_presence(LanscopeTrafficChart *self, gboolean show);
