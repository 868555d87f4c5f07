/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What is said, and how. Whoever wrote a device's name can write anything: here it becomes one harmless line. */

#include "applet/notice-text.h"

#include <glib/gi18n.h>
#include <string.h>

#include "applet/alert-sentence.h"
#include "applet/alert-wording.h"
#include "applet/plain-text.h"
#include "applet/wording.h"

#define FIRST_STRONG_ISOLATE "\u2068"
#define POP_DIRECTIONAL_ISOLATE "\u2069"

char *lanscope_quote(const char *text, gsize max) {
        g_autofree char *plain = plain_text(text);
        g_autofree char *cut = NULL;

        if ((gsize) g_utf8_strlen(plain, -1) > max)
                cut = g_utf8_substring(plain, 0, (glong) max);
        return g_strconcat(FIRST_STRONG_ISOLATE, cut ?: plain, cut ? "…" : "", POP_DIRECTIONAL_ISOLATE, NULL);
}

static char *display_name(const LanscopeAlertInfo *alert, const LanscopeDeviceInfo *device) {
        const char *name = device && *device->name ? device->name : alert->name;

        return lanscope_quote(*name ? name : alert->mac, NOTICE_NAME_MAX);
}

char *notice_title(const LanscopeAlertInfo *alert, const LanscopeDeviceInfo *device) {
        g_autofree char *name = display_name(alert, device);
        const char *what = wording_alert(alert->kind);

        if (!device && !*alert->name && !*alert->mac)
                return g_strdup(what);
        /* Translators: what happened, and the device it is about: "New device: printer" */
        return g_strdup_printf(_("%s: %s"), what, name);
}

/* Appends one item to a line, or to an empty one. */
static void add_item(GString *line, const char *text) {
        if (!*text)
                return;
        if (line->len > 0)
                /* Translators: between the items of a list on one line */
                g_string_append(line, _(", "));
        g_string_append(line, text);
}

static void add_quoted(GString *line, const char *text) {
        g_autofree char *quoted = lanscope_quote(text, NOTICE_NAME_MAX);

        if (*text)
                add_item(line, quoted);
}

static void add_line(GString *body, const GString *line) {
        if (line->len == 0)
                return;
        if (body->len > 0)
                g_string_append_c(body, '\n');
        g_string_append_len(body, line->str, line->len);
}

static void add_kind(GString *body, const LanscopeDeviceInfo *device) {
        g_autoptr(GString) line = g_string_new(NULL);

        add_item(line, wording_type(device->type));
        add_quoted(line, device->vendor);
        add_quoted(line, device->model);
        add_line(body, line);
}

static void add_addresses(GString *body, const LanscopeAlertInfo *alert, const LanscopeDeviceInfo *device) {
        g_autoptr(GString) line = g_string_new(NULL);

        if (device && device->ipv4[0])
                add_quoted(line, device->ipv4[0]);
        else if (device && device->ipv6[0])
                add_quoted(line, device->ipv6[0]);
        add_quoted(line, alert->mac);
        add_line(body, line);
}

/* Of a new device all is said by title, type and addresses. */
static void add_message(GString *body, const LanscopeAlertInfo *alert) {
        g_autofree char *sentence = alert_sentence(alert);
        g_autoptr(GString) line = g_string_new(sentence);

        if (strcmp(alert->kind, "new_device") != 0)
                add_line(body, line);
}

static void add_more(GString *body, const LanscopeAlertInfo *alert, unsigned more) {
        g_autoptr(GString) line = g_string_new(NULL);

        if (alert->state == LANSCOPE_ALERT_RESOLVED)
                g_string_append(line, _("It is over by now."));
        if (more > 0) {
                if (line->len > 0)
                        g_string_append_c(line, ' ');
                g_string_append_printf(line, ngettext("And %u more alert.", "And %u more alerts.", more), more);
        }
        add_line(body, line);
}

char *notice_body(const LanscopeAlertInfo *alert, const LanscopeDeviceInfo *device, unsigned more) {
        GString *body = g_string_new(NULL);

        add_message(body, alert);
        if (device)
                add_kind(body, device);
        add_addresses(body, alert, device);
        add_more(body, alert, more);
        return g_string_free(body, FALSE);
}

static char *count_new(unsigned n) {
        return g_strdup_printf(ngettext("%u new device", "%u new devices", n), n);
}

static char *count_returned(unsigned n) {
        return g_strdup_printf(ngettext("%u device is back", "%u devices are back", n), n);
}

static char *count_alerts(unsigned n) {
        return g_strdup_printf(ngettext("%u alert", "%u alerts", n), n);
}

char *notice_summary_title(const struct notice_summary *summary) {
        if (summary->alerts > 0)
                return count_alerts(summary->alerts);
        if (summary->new_devices > 0)
                return count_new(summary->new_devices);
        return count_returned(summary->returned_devices);
}

char *notice_summary_body(const struct notice_summary *summary) {
        g_autoptr(GString) body = g_string_new(NULL), line = g_string_new(NULL);
        g_autofree char *new_devices = count_new(summary->new_devices);
        g_autofree char *returned = count_returned(summary->returned_devices);

        if (summary->held)
                g_string_append(body, _("While notifications were held back"));
        if (summary->alerts > 0 && summary->new_devices > 0)
                add_item(line, new_devices);
        if ((summary->alerts > 0 || summary->new_devices > 0) && summary->returned_devices > 0)
                add_item(line, returned);
        add_line(body, line);
        return g_string_free(g_steal_pointer(&body), FALSE);
}
