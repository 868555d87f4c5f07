/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <adwaita.h>

#include "applet/application.h"

/* The window: pages in a stack while the service answers, and what is the matter while it does not. */

#define LANSCOPE_TYPE_WINDOW (lanscope_window_get_type())
G_DECLARE_FINAL_TYPE(LanscopeWindow, lanscope_window, LANSCOPE, WINDOW, AdwApplicationWindow)

LanscopeWindow *lanscope_window_new(LanscopeApplication *application);

/* "devices", "alerts", "traffic" or "service"; others are passed over. */
void lanscope_window_show_page(LanscopeWindow *self, const char *name);
/* An object path; of a device that is not known (any more) the list is shown. */
void lanscope_window_show_device(LanscopeWindow *self, const char *path);
/* An id; the list of alerts with that one selected, if it is still there. */
void lanscope_window_show_alert(LanscopeWindow *self, guint64 id);
/* A line at the bottom that goes by itself. Plain text. */
void lanscope_window_tell(LanscopeWindow *self, const char *text);
