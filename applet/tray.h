/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "applet/application.h"

/*
 * The item in the desktop's tray: a StatusNotifierItem with a com.canonical.dbusmenu, on the session bus. It is there
 * while the setting show-tray-item is on, and registers with the watcher whenever one appears; where there is none, it is
 * an object that nobody asks.
 */
struct tray;

/* For as long as the application lives, which must be longer. */
struct tray *tray_new(LanscopeApplication *application);
struct tray *tray_free(struct tray *tray);
