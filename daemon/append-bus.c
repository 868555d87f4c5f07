/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Values into messages, and ids into paths. */

#include "daemon/append-bus.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/escape.h"

static const char *object_path(const char *prefix, uint64_t id, char buffer[static OBJECT_PATH_MAX]) {
        snprintf(buffer, OBJECT_PATH_MAX, "%s/%016" PRIx64, prefix, id);
        return buffer;
}

const char *device_path(uint64_t id, char buffer[static OBJECT_PATH_MAX]) {
        return object_path(LANSCOPE_DEVICE_PREFIX, id, buffer);
}

const char *network_path(uint64_t id, char buffer[static OBJECT_PATH_MAX]) {
        return object_path(LANSCOPE_NETWORK_PREFIX, id, buffer);
}

int object_path_parse(const char *path, const char *prefix, uint64_t *ret) {
        size_t n = strlen(prefix);

        if (strncmp(path, prefix, n) != 0 || path[n] != '/' || strlen(path + n + 1) != 16 ||
            strspn(path + n + 1, "0123456789abcdef") != 16)
                return -EINVAL;
        *ret = strtoull(path + n + 1, NULL, 16);
        return 0;
}

int append_text(sd_bus_message *m, const char *text) {
        size_t length = text ? strlen(text) : 0, size = 4 * length + 1;
        _cleanup_(freep) char *escaped = NULL;
        struct strbuf b;

        if (!text || text_is_utf8(text, length))
                return sd_bus_message_append_basic(m, 's', text ? text : "");
        escaped = malloc(size);
        if (!escaped)
                return -ENOMEM;
        b = strbuf_make(escaped, size);
        escape_terminal(&b, text, length);
        return sd_bus_message_append_basic(m, 's', escaped);
}

int append_time(sd_bus_message *m, uint64_t ns) {
        return sd_bus_message_append(m, "t", ns / NSEC_PER_USEC);
}

int append_entry_text(sd_bus_message *m, const char *key, const char *text) {
        int r = sd_bus_message_open_container(m, 'e', "sv");

        if (r >= 0)
                r = sd_bus_message_append_basic(m, 's', key);
        if (r >= 0)
                r = sd_bus_message_open_container(m, 'v', "s");
        if (r >= 0)
                r = append_text(m, text);
        if (r >= 0)
                r = sd_bus_message_close_container(m);
        return r < 0 ? r : sd_bus_message_close_container(m);
}

int append_entry_path(sd_bus_message *m, const char *key, const char *path) {
        return sd_bus_message_append(m, "{sv}", key, "o", path);
}

int append_entry_bool(sd_bus_message *m, const char *key, bool value) {
        return sd_bus_message_append(m, "{sv}", key, "b", (int) value);
}

int append_entry_u32(sd_bus_message *m, const char *key, uint32_t value) {
        return sd_bus_message_append(m, "{sv}", key, "u", value);
}

int append_entry_u64(sd_bus_message *m, const char *key, uint64_t value) {
        return sd_bus_message_append(m, "{sv}", key, "t", value);
}

static int append_property(sd_bus_message *m, const sd_bus_vtable *v, void *userdata) {
        int r = sd_bus_message_open_container(m, 'e', "sv");

        if (r >= 0)
                r = sd_bus_message_append_basic(m, 's', v->x.property.member);
        if (r >= 0)
                r = sd_bus_message_open_container(m, 'v', v->x.property.signature);
        if (r >= 0)
                r = v->x.property.get(sd_bus_message_get_bus(m), NULL, NULL, v->x.property.member, m, userdata, NULL);
        if (r >= 0)
                r = sd_bus_message_close_container(m);
        return r < 0 ? r : sd_bus_message_close_container(m);
}

int append_properties(sd_bus_message *m, const sd_bus_vtable *vtable, void *userdata) {
        for (const sd_bus_vtable *v = vtable; v->type != _SD_BUS_VTABLE_END; v++) {
                int r;

                if (v->type != _SD_BUS_VTABLE_PROPERTY || v->flags & SD_BUS_VTABLE_PROPERTY_EXPLICIT)
                        continue;
                r = append_property(m, v, userdata);
                if (r < 0)
                        return r;
        }
        return 0;
}

int emit_properties_changed(sd_bus *bus, const char *path, const char *interface, const struct property_change *rows, size_t n,
                            uint32_t changes) {
        char *names[PROPERTY_CHANGES_MAX + 1] = {};
        size_t n_names = 0;

        for (size_t i = 0; i < n && n_names < PROPERTY_CHANGES_MAX; i++)
                if (rows[i].mask & changes)
                        names[n_names++] = (char *) rows[i].property;
        return n_names == 0 ? 0 : sd_bus_emit_properties_changed_strv(bus, path, interface, names);
}

size_t device_message_size(const struct device *d) {
        char name[DEVICE_USER_TEXT_MAX + 1];
        size_t size = 1200; /* names, signatures and padding of all, and the values of fixed size */

        size += d->n_macs * 24 + d->n_ipv4 * 24 + d->n_ipv6 * 56;
        size += strlen(device_vendor(d)) + strlen(device_hostname(d)) + strlen(device_model(d)) + strlen(device_os(d));
        size += strlen(device_display_name(d, name, sizeof name));
        size += d->user.label ? strlen(d->user.label) : 0;
        size += d->user.notes ? strlen(d->user.notes) : 0;
        for (size_t i = 0; i < d->n_services; i++)
                size += strlen(d->services[i].value) + 8;
        return size;
}
