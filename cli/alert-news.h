/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <systemd/sd-bus.h>

#include "common/json-text.h"
#include "common/macro.h"

/* Alerts of signals, made whole: a signal, which everybody hears, does not say whom an alert is about. lanscoped is
 * asked for the rest, for all that came meanwhile at once. What it does not tell this user stays as it was in the signal. */

struct alert_news;

/* `told` is called in the order of the signals. `event` and `alert` (as alert_from_bus() gives it) live during the call. */
int alert_news_new(struct alert_news **ret, sd_bus *bus,
                   void (*told)(void *userdata, const char *event, struct json_object *alert), void *userdata);
struct alert_news *alert_news_free(struct alert_news *news);
DEFINE_CLEANUP(struct alert_news *, alert_news_free)

/* The alert of a signal, which is told as `event`. */
void alert_news_take(struct alert_news *news, const char *event, sd_bus_message *signal);
