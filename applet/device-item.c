/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* One device, as a plain record filled by a table of the properties of org.lanscope1.Device. A GDBusProxy each would
 * cost a match rule and a round trip; several thousand of them would keep the bus busy for seconds. */

#include "applet/device-item.h"

#include <string.h>

struct _LanscopeDevice {
        GObject parent_instance;
        LanscopeDeviceInfo info;
        char *sort_key;
        char *haystack; /* made at the first search */
};

G_DEFINE_FINAL_TYPE(LanscopeDevice, lanscope_device, G_TYPE_OBJECT)

struct field {
        const char *name;
        char type; /* of D-Bus; 'a' for as, 'p' for Presence */
        size_t offset;
        LanscopeChanges change;
};

#define FIELD(name, type, member, change) { name, type, offsetof(LanscopeDeviceInfo, member), LANSCOPE_CHANGED_##change }

static const struct field fields[] = {
        FIELD("Id", 's', id, OTHER),
        FIELD("Addresses", 'a', addresses, ADDRESSES),
        FIELD("Ipv4", 'a', ipv4, ADDRESSES),
        FIELD("Ipv6", 'a', ipv6, ADDRESSES),
        FIELD("Vendor", 's', vendor, CLASS),
        FIELD("Hostname", 's', hostname, NAME),
        FIELD("Label", 's', label, NAME),
        FIELD("Notes", 's', notes, OTHER),
        FIELD("Name", 's', name, NAME),
        FIELD("Type", 's', type, CLASS),
        FIELD("Category", 's', category, CLASS),
        FIELD("TypeIsSet", 'b', type_is_set, CLASS),
        FIELD("Model", 's', model, CLASS),
        FIELD("OperatingSystem", 's', os, CLASS),
        FIELD("Confidence", 'u', confidence, CLASS),
        FIELD("Presence", 'p', presence, PRESENCE),
        FIELD("FirstSeen", 't', first_seen, OTHER),
        FIELD("LastSeen", 't', last_seen, OTHER),
        FIELD("Trusted", 'b', trusted, TRUST),
        FIELD("RandomizedAddress", 'b', randomized, ADDRESSES),
        FIELD("Self", 'b', self, OTHER),
        FIELD("Gateway", 'b', gateway, OTHER),
        FIELD("Network", 'o', network, NETWORK),
        FIELD("Services", 'a', services, OTHER),
        FIELD("PacketsSent", 't', packets_sent, OTHER),
        FIELD("BytesSent", 't', bytes_sent, OTHER),
        FIELD("PacketsReceived", 't', packets_received, OTHER),
        FIELD("BytesReceived", 't', bytes_received, OTHER),
};

static gboolean take_string(char **place, GVariant *value) {
        const char *text = g_variant_get_string(value, NULL);

        if (strcmp(*place, text) == 0)
                return FALSE;
        g_free(*place);
        *place = g_strdup(text);
        return TRUE;
}

static gboolean take_strings(char ***place, GVariant *value) {
        char **list = g_variant_dup_strv(value, NULL);

        if (g_strv_equal((const char *const *) *place, (const char *const *) list)) {
                g_strfreev(list);
                return FALSE;
        }
        g_strfreev(*place);
        *place = list;
        return TRUE;
}

static LanscopePresence presence_from_string(const char *text) {
        if (strcmp(text, "online") == 0)
                return LANSCOPE_PRESENCE_ONLINE;
        return strcmp(text, "idle") == 0 ? LANSCOPE_PRESENCE_IDLE : LANSCOPE_PRESENCE_OFFLINE;
}

/* Writes `size` bytes where they differ. */
static gboolean take_bytes(void *place, const void *value, size_t size) {
        if (memcmp(place, value, size) == 0)
                return FALSE;
        memcpy(place, value, size);
        return TRUE;
}

static gboolean take_number(const struct field *field, void *place, GVariant *value) {
        LanscopePresence presence;
        gboolean flag;
        guint32 u32;
        guint64 u64;

        switch (field->type) {
        case 'b':
                flag = g_variant_get_boolean(value);
                return take_bytes(place, &flag, sizeof flag);
        case 'u':
                u32 = g_variant_get_uint32(value);
                return take_bytes(place, &u32, sizeof u32);
        case 't':
                u64 = g_variant_get_uint64(value);
                return take_bytes(place, &u64, sizeof u64);
        default:
                presence = presence_from_string(g_variant_get_string(value, NULL));
                return take_bytes(place, &presence, sizeof presence);
        }
}

static gboolean field_has_type(const struct field *field, GVariant *value) {
        const char type[] = { field->type, '\0' };

        if (field->type == 'a')
                return g_variant_is_of_type(value, G_VARIANT_TYPE_STRING_ARRAY);
        if (field->type == 'p')
                return g_variant_is_of_type(value, G_VARIANT_TYPE_STRING);
        return g_variant_is_of_type(value, G_VARIANT_TYPE(type));
}

static gboolean take_field(LanscopeDeviceInfo *info, const struct field *field, GVariant *value) {
        void *place = (char *) info + field->offset;

        if (!field_has_type(field, value))
                return FALSE;
        if (field->type == 's' || field->type == 'o')
                return take_string(place, value);
        return field->type == 'a' ? take_strings(place, value) : take_number(field, place, value);
}

static const struct field *field_find(const char *name) {
        for (size_t i = 0; i < G_N_ELEMENTS(fields); i++)
                if (strcmp(fields[i].name, name) == 0)
                        return &fields[i];
        return NULL;
}

LanscopeChanges lanscope_device_update(LanscopeDevice *self, GVariant *properties) {
        LanscopeChanges changes = 0;
        GVariantIter iter;
        const char *name;
        GVariant *value;

        g_variant_iter_init(&iter, properties);
        while (g_variant_iter_loop(&iter, "{&sv}", &name, &value)) {
                const struct field *field = field_find(name);

                if (field && take_field(&self->info, field, value))
                        changes |= field->change;
        }
        if (changes & LANSCOPE_CHANGED_NAME)
                g_clear_pointer(&self->sort_key, g_free);
        if (changes)
                g_clear_pointer(&self->haystack, g_free);
        return changes;
}

const LanscopeDeviceInfo *lanscope_device_info(LanscopeDevice *self) {
        return &self->info;
}

const char *lanscope_device_sort_key(LanscopeDevice *self) {
        if (!self->sort_key) {
                g_autofree char *folded = g_utf8_casefold(self->info.name, -1);

                self->sort_key = g_utf8_collate_key_for_filename(folded, -1);
        }
        return self->sort_key;
}

static void append_folded(GString *text, const char *part) {
        g_autofree char *folded = g_utf8_casefold(part, -1);

        g_string_append(text, folded);
        g_string_append_c(text, '\n');
}

static char *haystack_new(const LanscopeDeviceInfo *info) {
        const char *const words[] = { info->name, info->hostname, info->vendor, info->model, info->type, info->os, info->notes };
        char **const lists[] = { info->addresses, info->ipv4, info->ipv6, info->services };
        GString *text = g_string_new(NULL);

        for (size_t i = 0; i < G_N_ELEMENTS(words); i++)
                append_folded(text, words[i]);
        for (size_t i = 0; i < G_N_ELEMENTS(lists); i++)
                for (char **item = lists[i]; *item; item++)
                        append_folded(text, *item);
        return g_string_free(text, FALSE);
}

gboolean lanscope_device_matches(LanscopeDevice *self, const char *folded) {
        if (!self->haystack)
                self->haystack = haystack_new(&self->info);
        return strstr(self->haystack, folded) != NULL;
}

LanscopeDevice *lanscope_device_new(const char *path) {
        LanscopeDevice *self = g_object_new(LANSCOPE_TYPE_DEVICE, NULL);

        self->info.path = g_strdup(path);
        return self;
}

static void lanscope_device_finalize(GObject *object) {
        LanscopeDevice *self = LANSCOPE_DEVICE(object);

        for (size_t i = 0; i < G_N_ELEMENTS(fields); i++) {
                void *place = (char *) &self->info + fields[i].offset;

                if (fields[i].type == 's' || fields[i].type == 'o')
                        g_free(*(char **) place);
                else if (fields[i].type == 'a')
                        g_strfreev(*(char ***) place);
        }
        g_free(self->info.path);
        g_free(self->sort_key);
        g_free(self->haystack);
        G_OBJECT_CLASS(lanscope_device_parent_class)->finalize(object);
}

static void lanscope_device_init(LanscopeDevice *self) {
        for (size_t i = 0; i < G_N_ELEMENTS(fields); i++) {
                void *place = (char *) &self->info + fields[i].offset;

                if (fields[i].type == 's' || fields[i].type == 'o')
                        *(char **) place = g_strdup("");
                else if (fields[i].type == 'a')
                        *(char ***) place = g_new0(char *, 1);
        }
}

static void lanscope_device_class_init(LanscopeDeviceClass *klass) {
        G_OBJECT_CLASS(klass)->finalize = lanscope_device_finalize;
        g_signal_new("changed", LANSCOPE_TYPE_DEVICE, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 1, G_TYPE_UINT);
        g_signal_new("gone", LANSCOPE_TYPE_DEVICE, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
}
