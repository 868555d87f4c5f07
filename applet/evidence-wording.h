/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* What a fact tells about a device, as a sentence with its value in it. `kind` is that of org.lanscope1.Device.Evidence
 * or Explain ("mdns.service"). Plain text; the caller frees. */
char *evidence_in_words(const char *kind, const char *value);
