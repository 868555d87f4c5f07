/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

#include "applet/alert-item.h"
#include "applet/device-item.h"
#include "applet/notice-board.h"

/* Sentences for notifications and the tray, in the user's language. All that devices said goes through
 * lanscope_quote(): results are plain text of bounded length, and not escaped for markup. */

enum { NOTICE_NAME_MAX = 64, NOTICE_MESSAGE_MAX = 300 }; /* characters */

/* What a device said, as one line that changes nothing around it: control and invisible characters are replaced, what is
 * longer than `max` characters is cut, and its direction stays inside (U+2068, U+2069). */
char *lanscope_quote(const char *text, gsize max);

/* `device` may be NULL where the alert is about none that is known. */
char *notice_title(const LanscopeAlertInfo *alert, const LanscopeDeviceInfo *device);
/* Type, vendor, addresses; the sentence of the alert; how many `more` alerts there are. */
char *notice_body(const LanscopeAlertInfo *alert, const LanscopeDeviceInfo *device, unsigned more);

char *notice_summary_title(const struct notice_summary *summary);
/* "" if the title says it all. */
char *notice_summary_body(const struct notice_summary *summary);
