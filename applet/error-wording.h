/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

/* Was it refused because of who asks? Then asking anew with a password may help. */
gboolean error_is_refusal(const GError *error);

/* What went wrong, for a person; plain text, the caller frees. Of a call over the bus. */
char *error_in_words(const GError *error);
