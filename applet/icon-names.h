/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Icons of our own in the theme: data/applet/icons/. */
#define LANSCOPE_ICON "org.lanscope.Applet"
#define LANSCOPE_ICON_TRAY LANSCOPE_ICON "-tray"
#define LANSCOPE_ICON_ALERT LANSCOPE_ICON "-alert"
#define LANSCOPE_ICON_ABSENT LANSCOPE_ICON "-absent"
