/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* What a device said, for a label that shows text and not markup: characters that hide, or that reorder or break what
 * stands around them, become U+FFFD. The caller frees. */
char *plain_text(const char *text);

/* The same for where only markup is to be had (toasts, titles of some widgets). */
char *plain_markup(const char *text);
