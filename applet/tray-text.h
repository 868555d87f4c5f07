/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "applet/client.h"

/* What the tray item says, in the user's language. Plain text. */

/* What there is to say; nothing here is asked of a client, so that it can be tried without one. */
struct tray_status {
        LanscopeState state;
        guint online, devices;
        guint alerts;    /* not acknowledged */
        gboolean severe; /* one of them is more than a notice */
        gboolean paused;
};

typedef enum {
        TRAY_NORMAL,
        TRAY_ALERT,
        TRAY_ABSENT, /* the service does not run, or cannot be asked */
} TrayLook;

TrayLook tray_look(const struct tray_status *status);
/* Name of an icon of our own. */
const char *tray_icon(TrayLook look);

/* "11 of 14 devices online", or what is the matter; with the number of alerts and whether notifications are paused
 * `verbose`, a line each. The caller frees. */
char *tray_summary(const struct tray_status *status, gboolean verbose);

/* A label of a menu: an underscore would be an accelerator there. The caller frees. */
char *tray_label(const char *text);

/* When "until tomorrow" is over: at six in the morning, which night owls do not take for tomorrow. Seconds since the epoch. */
gint64 tray_tomorrow(GDateTime *now);
