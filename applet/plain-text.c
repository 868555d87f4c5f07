/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Hostile text made fit to be shown. Over D-Bus it is valid UTF-8 already. */

#include "common/escape.h"

#include "applet/plain-text.h"

char *plain_text(const char *text) {
        GString *out = g_string_sized_new(strlen(text));

        for (const char *at = text; *at; at = g_utf8_next_char(at)) {
                gunichar c = g_utf8_get_char(at);

                g_string_append_unichar(out, text_is_unsafe(c) || g_unichar_iscntrl(c) ? 0xFFFD : c);
        }
        return g_string_free(out, FALSE);
}

char *plain_markup(const char *text) {
        g_autofree char *plain = plain_text(text);

        return g_markup_escape_text(plain, -1);
}
