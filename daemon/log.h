/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <syslog.h>

#include "common/macro.h"
#include "dbus/lanscope-names.h"

/* Messages to the journal (with fields) or, where standard error is not the journal, as plain lines on
 * standard error. Text is escaped here, once: callers may pass what a device said. At most
 * LOG_BURST messages an interval of LOG_INTERVAL are written, and of those about devices LOG_BURST more, so that no
 * device can hide the others; how many were left out is said afterwards. */

#define LOG_BURST 100
#define LOG_INTERVAL (10 * USEC_PER_SEC)

/* Least important priority that is written; LOG_INFO until set. */
void log_set_level(int priority);
/* "debug", "info", "notice", "warning", "err" (and "error"), or -EINVAL. */
int log_level_from_string(const char *s);

/* `field` may be NULL; otherwise `value` stands beside the message under that name in the journal. */
void log_message(int priority, const char *field, const char *value, const char *format, ...) _printf_(4, 5);

#define log_debug(...) log_message(LOG_DEBUG, NULL, NULL, __VA_ARGS__)
#define log_info(...) log_message(LOG_INFO, NULL, NULL, __VA_ARGS__)
#define log_notice(...) log_message(LOG_NOTICE, NULL, NULL, __VA_ARGS__)
#define log_warning(...) log_message(LOG_WARNING, NULL, NULL, __VA_ARGS__)
#define log_error(...) log_message(LOG_ERR, NULL, NULL, __VA_ARGS__)

#define log_device(priority, device, ...) log_message(priority, LANSCOPE_LOG_DEVICE, device, __VA_ARGS__)
#define log_interface(priority, interface, ...) log_message(priority, LANSCOPE_LOG_INTERFACE, interface, __VA_ARGS__)
