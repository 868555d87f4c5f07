/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* The details of an alert, a JSON object that the service made, as lines "key: value"; "" if there is nothing in it. Plain
 * text of at most ALERT_DETAILS_MAX characters; the caller frees. */

#define ALERT_DETAILS_MAX 4000

char *alert_details_in_words(const char *json);
