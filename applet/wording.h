/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

#include "applet/device-item.h"

/* The service's words in the user's language. Borrowed strings are constant; what is not known comes back as it is. */

const char *wording_type(const char *type);
const char *wording_category(const char *category);
const char *wording_presence(LanscopePresence presence);
const char *wording_mode(const char *mode);
const char *wording_backend(const char *backend);

/* Where a category stands among the others; unknown ones last. */
unsigned wording_category_rank(const char *category);
/* Names of all types and of all categories, NULL at the end, in the order in which to offer them. */
const char *const *wording_types(void);
const char *const *wording_categories(void);
/* Name of a symbolic icon. */
const char *wording_icon(const char *type, const char *category);

/* Times are microseconds since the epoch; the caller frees. */
char *wording_ago(guint64 when, guint64 now);
char *wording_time(guint64 when);
/* "90 seconds", "3 days": in the unit in which it is two or more. */
char *wording_duration(double seconds);
/* "1.4 MB" */
char *wording_size(double bytes);
/* "1.4 Mbit/s" */
char *wording_rate(double bits_per_second);

/* "Printer · Brother · 192.0.2.7": what is known of it, in a line. Plain text; the caller frees. */
char *wording_device_summary(const LanscopeDeviceInfo *info);
/* The address to show first: IPv4, else IPv6, else MAC. Borrowed. */
const char *wording_device_address(const LanscopeDeviceInfo *info);
