/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Two calls a round, each of which fills one group. */

#include "applet/device-facts.h"

#include <glib/gi18n.h>

#include "applet/evidence-wording.h"
#include "applet/wording.h"
#include "dbus/lanscope-names.h"

#define REFRESH_SECONDS 2
#define REASONS_MAX 8 /* the strongest; the rest hardly counts */

struct DeviceFacts {
        LanscopeClient *client;
        PlainRows reasons, evidence;
        char *path;
        GCancellable *calls; /* those that are under way */
        guint refresh;       /* source */
};

static char *confidence_words(guint32 confidence) {
        /* Translators: how sure it is. */
        return g_strdup_printf(_("%u %%"), confidence);
}

static void add_reason(DeviceFacts *facts, GVariant *reason) {
        const char *kind = "", *value = "", *type = "";
        guint32 confidence = 0;
        g_autofree char *sentence = NULL, *speaks_for = NULL, *share = NULL;
        GtkWidget *row;

        g_variant_lookup(reason, "Kind", "&s", &kind);
        g_variant_lookup(reason, "Value", "&s", &value);
        g_variant_lookup(reason, "Type", "&s", &type);
        g_variant_lookup(reason, "Confidence", "u", &confidence);
        sentence = evidence_in_words(kind, value);
        if (*type)
                /* Translators: after a reason: which type of device it is a reason for. */
                speaks_for = g_strdup_printf(_("Speaks for: %s"), wording_type(type));
        share = confidence_words(confidence);
        row = plain_row_new(sentence, speaks_for);
        plain_row_add_value(row, share);
        plain_rows_add(&facts->reasons, row);
}

static void on_reasons(GObject *source, GAsyncResult *result, void *data) {
        g_autoptr(GVariant) reasons = NULL;
        g_autoptr(GError) error = NULL;
        DeviceFacts *facts = data;

        if (!lanscope_bus_device_call_explain_finish(LANSCOPE_BUS_DEVICE(source), &reasons, result, &error))
                return;
        plain_rows_clear(&facts->reasons);
        for (gsize i = 0; i < MIN(g_variant_n_children(reasons), REASONS_MAX); i++) {
                g_autoptr(GVariant) reason = g_variant_get_child_value(reasons, i);

                add_reason(facts, reason);
        }
        if (g_variant_n_children(reasons) == 0)
                plain_rows_add(&facts->reasons, plain_row_new(_("Nothing that was heard of it tells what it is."), NULL));
}

static void add_evidence(DeviceFacts *facts, GVariant *evidence, guint64 now) {
        const char *kind = "", *value = "";
        guint64 last = 0;
        guint32 count = 0;
        g_autofree char *sentence = NULL, *ago = NULL, *heard = NULL;

        g_variant_lookup(evidence, "Kind", "&s", &kind);
        g_variant_lookup(evidence, "Value", "&s", &value);
        g_variant_lookup(evidence, "LastSeen", "t", &last);
        g_variant_lookup(evidence, "Count", "u", &count);
        sentence = evidence_in_words(kind, value);
        ago = wording_ago(last, now);
        /* Translators: how often something was heard, and when for the last time ("5 minutes ago"). */
        heard = g_strdup_printf(ngettext("Heard %u time, %s", "Heard %u times, last %s", count), count, ago);
        plain_rows_add(&facts->evidence, plain_row_new(sentence, heard));
}

static void on_evidence(GObject *source, GAsyncResult *result, void *data) {
        g_autoptr(GError) error = NULL;
        g_autoptr(GVariant) reply = g_dbus_proxy_call_finish(G_DBUS_PROXY(source), result, &error);
        g_autoptr(GVariant) list = NULL;
        g_autofree char *text = NULL;
        guint64 now = (guint64) g_get_real_time();
        DeviceFacts *facts = data;
        gsize n;

        if (!reply)
                return;
        g_variant_get(reply, "(v)", &list);
        if (!g_variant_is_of_type(list, G_VARIANT_TYPE("aa{sv}")))
                return;
        n = g_variant_n_children(list);
        text = g_strdup_printf(ngettext("%u fact", "%u facts", (gulong) n), (guint) n);
        adw_expander_row_set_subtitle(ADW_EXPANDER_ROW(facts->evidence.group), text);
        plain_rows_clear(&facts->evidence);
        for (gsize i = 0; i < n; i++) {
                g_autoptr(GVariant) evidence = g_variant_get_child_value(list, i);

                add_evidence(facts, evidence, now);
        }
}

static void stop_calls(DeviceFacts *facts) {
        if (facts->calls)
                g_cancellable_cancel(facts->calls);
        g_clear_object(&facts->calls);
}

static void ask(DeviceFacts *facts) {
        g_autoptr(LanscopeBusDevice) proxy = lanscope_client_device_proxy(facts->client, facts->path);

        stop_calls(facts);
        if (!proxy)
                return;
        facts->calls = g_cancellable_new();
        lanscope_bus_device_call_explain(proxy, G_DBUS_CALL_FLAGS_NO_AUTO_START, -1, facts->calls, on_reasons, facts);
        g_dbus_proxy_call(G_DBUS_PROXY(proxy), "org.freedesktop.DBus.Properties.Get",
                          g_variant_new("(ss)", LANSCOPE_DEVICE_INTERFACE, "Evidence"), G_DBUS_CALL_FLAGS_NO_AUTO_START, -1,
                          facts->calls, on_evidence, facts);
}

static gboolean on_refresh(void *data) {
        DeviceFacts *facts = data;

        facts->refresh = 0;
        ask(facts);
        return G_SOURCE_REMOVE;
}

void device_facts_refresh(DeviceFacts *facts) {
        if (*facts->path && facts->refresh == 0)
                facts->refresh = g_timeout_add_seconds(REFRESH_SECONDS, on_refresh, facts);
}

void device_facts_show(DeviceFacts *facts, const char *path) {
        g_clear_handle_id(&facts->refresh, g_source_remove);
        stop_calls(facts);
        if (!g_str_equal(facts->path, path)) {
                plain_rows_clear(&facts->reasons);
                plain_rows_clear(&facts->evidence);
                adw_expander_row_set_expanded(ADW_EXPANDER_ROW(facts->evidence.group), FALSE);
                g_free(facts->path);
                facts->path = g_strdup(path);
        }
        if (*path)
                ask(facts);
}

DeviceFacts *device_facts_new(LanscopeClient *client, GtkWidget *reasons, GtkWidget *evidence) {
        DeviceFacts *facts = g_new0(DeviceFacts, 1);

        facts->client = g_object_ref(client);
        facts->path = g_strdup("");
        plain_rows_init(&facts->reasons, reasons);
        plain_rows_init(&facts->evidence, evidence);
        return facts;
}

void device_facts_free(DeviceFacts *facts) {
        if (!facts)
                return;
        g_clear_handle_id(&facts->refresh, g_source_remove);
        stop_calls(facts);
        plain_rows_done(&facts->reasons);
        plain_rows_done(&facts->evidence);
        g_free(facts->path);
        g_object_unref(facts->client);
        g_free(facts);
}
