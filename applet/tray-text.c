/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "applet/tray-text.h"

#include <glib/gi18n.h>
#include <string.h>

#include "applet/icon-names.h"

#define MORNING_HOUR 6

TrayLook tray_look(const struct tray_status *status) {
        switch (status->state) {
        case LANSCOPE_STATE_LOADING:
        case LANSCOPE_STATE_EMPTY:
        case LANSCOPE_STATE_CAPTURING:
                return status->severe ? TRAY_ALERT : TRAY_NORMAL;
        case LANSCOPE_STATE_CONNECTING:
        case LANSCOPE_STATE_NO_BUS:
        case LANSCOPE_STATE_NOT_INSTALLED:
        case LANSCOPE_STATE_NOT_RUNNING:
        case LANSCOPE_STATE_NO_PERMISSION:
        case LANSCOPE_STATE_FAILED:
        case LANSCOPE_STATE_STOPPED:
                return TRAY_ABSENT;
        }
        return TRAY_ABSENT;
}

const char *tray_icon(TrayLook look) {
        static const char *const icons[] = {
                [TRAY_NORMAL] = LANSCOPE_ICON_TRAY,
                [TRAY_ALERT] = LANSCOPE_ICON_ALERT,
                [TRAY_ABSENT] = LANSCOPE_ICON_ABSENT,
        };

        return icons[look];
}

/* While it runs, how many devices there are; else why not. */
static char *state_text(const struct tray_status *status) {
        switch (status->state) {
        case LANSCOPE_STATE_CONNECTING:
        case LANSCOPE_STATE_LOADING:
                return g_strdup(_("Connecting…"));
        case LANSCOPE_STATE_NO_BUS:
                return g_strdup(_("There is no system bus"));
        case LANSCOPE_STATE_NOT_INSTALLED:
                return g_strdup(_("The service is not installed"));
        case LANSCOPE_STATE_NOT_RUNNING:
                return g_strdup(_("The service is not running"));
        case LANSCOPE_STATE_NO_PERMISSION:
                return g_strdup(_("No permission to ask the service"));
        case LANSCOPE_STATE_FAILED:
                return g_strdup(_("The service does not answer"));
        case LANSCOPE_STATE_STOPPED:
                return g_strdup(_("Capture is stopped"));
        case LANSCOPE_STATE_EMPTY:
                return g_strdup(_("No devices yet"));
        case LANSCOPE_STATE_CAPTURING:
                break;
        }
        /* Translators: the first number is of those that are online, the second of all that are known */
        return g_strdup_printf(ngettext("%u of %u device online", "%u of %u devices online", status->devices), status->online,
                               status->devices);
}

char *tray_summary(const struct tray_status *status, gboolean verbose) {
        GString *text = g_string_new(NULL);
        g_autofree char *state = state_text(status);

        g_string_append(text, state);
        if (verbose && status->alerts > 0) {
                g_string_append_c(text, '\n');
                g_string_append_printf(text, ngettext("%u alert to look at", "%u alerts to look at", status->alerts),
                                       status->alerts);
        }
        if (verbose && status->paused) {
                g_string_append_c(text, '\n');
                g_string_append(text, _("Notifications are paused"));
        }
        return g_string_free(text, FALSE);
}

char *tray_label(const char *text) {
        GString *label = g_string_new(NULL);

        for (const char *c = text; *c; c++) {
                if (*c == '_')
                        g_string_append_c(label, '_');
                g_string_append_c(label, *c);
        }
        return g_string_free(label, FALSE);
}

gint64 tray_tomorrow(GDateTime *now) {
        g_autoptr(GDateTime) next = g_date_time_add_days(now, g_date_time_get_hour(now) < MORNING_HOUR ? 0 : 1);
        g_autoptr(GDateTime) morning =
                g_date_time_new(g_date_time_get_timezone(now), g_date_time_get_year(next), g_date_time_get_month(next),
                                g_date_time_get_day_of_month(next), MORNING_HOUR, 0, 0);

        return g_date_time_to_unix(morning);
}
