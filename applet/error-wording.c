/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Errors of the service and of the bus, in words. */

#include "applet/error-wording.h"

#include <glib/gi18n.h>

#include "applet/plain-text.h"
#include "dbus/lanscope-names.h"

#define INTERACTIVE_AUTHORIZATION_REQUIRED "org.freedesktop.DBus.Error.InteractiveAuthorizationRequired"

gboolean error_is_refusal(const GError *error) {
        g_autofree char *name = g_dbus_error_get_remote_error(error);

        return g_error_matches(error, G_DBUS_ERROR, G_DBUS_ERROR_ACCESS_DENIED) ||
               g_error_matches(error, G_DBUS_ERROR, G_DBUS_ERROR_AUTH_FAILED) ||
               g_strcmp0(name, INTERACTIVE_AUTHORIZATION_REQUIRED) == 0;
}

static gboolean error_is_absence(const GError *error) {
        return g_error_matches(error, G_DBUS_ERROR, G_DBUS_ERROR_SERVICE_UNKNOWN) ||
               g_error_matches(error, G_DBUS_ERROR, G_DBUS_ERROR_NAME_HAS_NO_OWNER) ||
               g_error_matches(error, G_DBUS_ERROR, G_DBUS_ERROR_NO_REPLY) || g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CLOSED);
}

char *error_in_words(const GError *error) {
        g_autofree char *name = g_dbus_error_get_remote_error(error);
        g_autoptr(GError) copy = NULL;

        if (error_is_refusal(error))
                return g_strdup(_("This account is not allowed to do that"));
        if (error_is_absence(error))
                return g_strdup(_("The service does not answer"));
        if (g_strcmp0(name, LANSCOPE_ERROR_NOT_SAVED) == 0)
                return g_strdup(_("It could not be written to the database, and nothing was changed"));
        if (g_strcmp0(name, LANSCOPE_ERROR_NO_SUCH_DEVICE) == 0 ||
            g_error_matches(error, G_DBUS_ERROR, G_DBUS_ERROR_UNKNOWN_OBJECT))
                return g_strdup(_("The device is not known any more"));
        copy = g_error_copy(error);
        g_dbus_error_strip_remote_error(copy);
        return plain_text(copy->message);
}
