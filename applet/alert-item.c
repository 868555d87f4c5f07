/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* One alert, as a plain record. */

#include "applet/alert-item.h"

#include <string.h>

struct _LanscopeAlert {
        GObject parent_instance;
        LanscopeAlertInfo info;
};

G_DEFINE_FINAL_TYPE(LanscopeAlert, lanscope_alert, G_TYPE_OBJECT)

static void take_text(GVariant *dictionary, const char *key, const char *type, char **place) {
        const char *text;

        if (!g_variant_lookup(dictionary, key, type, &text))
                return;
        g_free(*place);
        *place = g_strdup(text);
}

static void take_u64(GVariant *dictionary, const char *key, guint64 *place) {
        guint64 value;

        if (g_variant_lookup(dictionary, key, "t", &value))
                *place = value;
}

static LanscopeSeverity severity_from_string(const char *text) {
        if (g_str_equal(text, "critical"))
                return LANSCOPE_SEVERITY_CRITICAL;
        return g_str_equal(text, "warning") ? LANSCOPE_SEVERITY_WARNING : LANSCOPE_SEVERITY_INFO;
}

static LanscopeAlertState state_from_string(const char *text) {
        if (g_str_equal(text, "active"))
                return LANSCOPE_ALERT_ACTIVE;
        return g_str_equal(text, "resolved") ? LANSCOPE_ALERT_RESOLVED : LANSCOPE_ALERT_EVENT;
}

static void take_all(LanscopeAlertInfo *info, GVariant *dictionary) {
        const char *text;
        gboolean flag;

        take_u64(dictionary, "Id", &info->id);
        take_u64(dictionary, "Time", &info->time);
        take_u64(dictionary, "Count", &info->count);
        take_u64(dictionary, "First", &info->first);
        take_u64(dictionary, "Last", &info->last);
        take_text(dictionary, "Kind", "&s", &info->kind);
        take_text(dictionary, "Device", "&o", &info->device);
        take_text(dictionary, "Network", "&o", &info->network);
        take_text(dictionary, "Mac", "&s", &info->mac);
        take_text(dictionary, "Name", "&s", &info->name);
        take_text(dictionary, "Peer", "&s", &info->peer);
        take_text(dictionary, "Message", "&s", &info->message);
        take_text(dictionary, "Details", "&s", &info->details);
        if (g_variant_lookup(dictionary, "Severity", "&s", &text))
                info->severity = severity_from_string(text);
        if (g_variant_lookup(dictionary, "State", "&s", &text))
                info->state = state_from_string(text);
        if (g_variant_lookup(dictionary, "Acknowledged", "b", &flag))
                info->acknowledged = flag;
}

LanscopeAlert *lanscope_alert_new(GVariant *dictionary) {
        LanscopeAlert *self;
        guint64 id;

        if (!g_variant_lookup(dictionary, "Id", "t", &id))
                return NULL;
        self = g_object_new(LANSCOPE_TYPE_ALERT, NULL);
        take_all(&self->info, dictionary);
        return self;
}

const LanscopeAlertInfo *lanscope_alert_info(LanscopeAlert *self) {
        return &self->info;
}

void lanscope_alert_update(LanscopeAlert *self, GVariant *dictionary) {
        take_all(&self->info, dictionary);
        g_signal_emit_by_name(self, "changed");
}

void lanscope_alert_acknowledge(LanscopeAlert *self) {
        if (self->info.acknowledged)
                return;
        self->info.acknowledged = TRUE;
        g_signal_emit_by_name(self, "changed");
}

static void lanscope_alert_finalize(GObject *object) {
        LanscopeAlertInfo *info = &LANSCOPE_ALERT(object)->info;

        g_free(info->kind);
        g_free(info->device);
        g_free(info->network);
        g_free(info->mac);
        g_free(info->name);
        g_free(info->peer);
        g_free(info->message);
        g_free(info->details);
        G_OBJECT_CLASS(lanscope_alert_parent_class)->finalize(object);
}

static void lanscope_alert_init(LanscopeAlert *self) {
        char **const texts[] = { &self->info.kind, &self->info.mac, &self->info.name, &self->info.peer, &self->info.message };

        for (size_t i = 0; i < G_N_ELEMENTS(texts); i++)
                *texts[i] = g_strdup("");
        self->info.device = g_strdup("/");
        self->info.network = g_strdup("/");
        self->info.details = g_strdup("{}");
}

static void lanscope_alert_class_init(LanscopeAlertClass *klass) {
        G_OBJECT_CLASS(klass)->finalize = lanscope_alert_finalize;
        g_signal_new("changed", LANSCOPE_TYPE_ALERT, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
}
