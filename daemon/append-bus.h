/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <stdint.h>
#include <systemd/sd-bus.h>

#include "daemon/manager.h"
#include "dbus/lanscope-names.h"

/* Values into messages. All return 0 or -errno, as sd_bus_message_append() does. */

/* The arguments of sd_bus_property_get_t, for the getters of all objects. */
#define PROPERTY_GETTER(name)                                                                                      \
        static int name(sd_bus *bus _unused_, const char *path _unused_, const char *interface _unused_,           \
                        const char *property _unused_, sd_bus_message *reply, void *userdata _unused_,                      \
                        sd_bus_error *error _unused_)

/* Object paths hold the id as 16 hex digits. */
#define OBJECT_PATH_MAX 64
const char *device_path(uint64_t id, char buffer[static OBJECT_PATH_MAX]);
const char *network_path(uint64_t id, char buffer[static OBJECT_PATH_MAX]);
/* 0, or -EINVAL for a path that is not below `prefix` or no id. */
int object_path_parse(const char *path, const char *prefix, uint64_t *ret);

/* Text as it is, or escaped where it is not valid UTF-8; the bus disconnects whoever sends such. NULL is "". */
int append_text(sd_bus_message *m, const char *text);
/* ns -> usec */
int append_time(sd_bus_message *m, uint64_t ns);

/* An entry of a{sv}. */
int append_entry_text(sd_bus_message *m, const char *key, const char *text);
int append_entry_path(sd_bus_message *m, const char *key, const char *path);
int append_entry_bool(sd_bus_message *m, const char *key, bool value);
int append_entry_u32(sd_bus_message *m, const char *key, uint32_t value);
int append_entry_u64(sd_bus_message *m, const char *key, uint64_t value);

/* All properties in `vtable`, but for those that are read one by one (SD_BUS_VTABLE_PROPERTY_EXPLICIT), as entries. */
int append_properties(sd_bus_message *m, const sd_bus_vtable *vtable, void *userdata);

/* Signals that those of the `n` properties changed whose `mask` has a bit of `changes`. */
struct property_change {
        const char *property;
        uint32_t mask;
};
#define PROPERTY_CHANGES_MAX 32
int emit_properties_changed(sd_bus *bus, const char *path, const char *interface, const struct property_change *rows, size_t n,
                            uint32_t changes);

/* What a message may hold: dbus-daemon disconnects whoever sends more than 32 MiB (max_message_size), and what
 * devices say decides how much it is. */
#define MESSAGE_BUDGET (24u << 20)
/* An upper bound, in bytes, of what the properties of `device` take in a message. */
size_t device_message_size(const struct device *device);
