/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Devices as bus objects. The inventory is the only place where they live: a path names an id, and is
 * looked up each time. */

#include "daemon/device-bus.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "daemon/append-bus.h"
#include "daemon/log.h"
#include "daemon/records.h"

PROPERTY_GETTER(get_id) {
        const struct device *d = userdata;
        char buffer[OBJECT_PATH_MAX];

        return append_text(reply, strrchr(device_path(d->id, buffer), '/') + 1);
}

PROPERTY_GETTER(get_addresses) {
        const struct device *d = userdata;
        char text[MAC_STRING_MAX];
        int r = sd_bus_message_open_container(reply, 'a', "s");

        for (size_t i = 0; r >= 0 && i < d->n_macs; i++)
                r = append_text(reply, mac_format(&d->macs[i].address, text));
        return r < 0 ? r : sd_bus_message_close_container(reply);
}

static int append_ips(sd_bus_message *reply, const struct device_ip *ips, size_t n) {
        char text[IP_STRING_MAX];
        int r = sd_bus_message_open_container(reply, 'a', "s");

        for (size_t i = 0; r >= 0 && i < n; i++)
                r = append_text(reply, ip_format(&ips[i].address, text));
        return r < 0 ? r : sd_bus_message_close_container(reply);
}

PROPERTY_GETTER(get_ipv4) {
        const struct device *d = userdata;

        return append_ips(reply, d->ipv4, d->n_ipv4);
}

PROPERTY_GETTER(get_ipv6) {
        const struct device *d = userdata;

        return append_ips(reply, d->ipv6, d->n_ipv6);
}

PROPERTY_GETTER(get_vendor) {
        return append_text(reply, device_vendor(userdata));
}

PROPERTY_GETTER(get_hostname) {
        return append_text(reply, device_hostname(userdata));
}

PROPERTY_GETTER(get_label) {
        const struct device *d = userdata;

        return append_text(reply, d->user.label);
}

PROPERTY_GETTER(get_notes) {
        const struct device *d = userdata;

        return append_text(reply, d->user.notes);
}

PROPERTY_GETTER(get_name) {
        char name[DEVICE_USER_TEXT_MAX + 1];

        return append_text(reply, device_display_name(userdata, name, sizeof name));
}

PROPERTY_GETTER(get_type) {
        return append_text(reply, device_type_to_string(device_type(userdata)));
}

PROPERTY_GETTER(get_category) {
        return append_text(reply, device_category_to_string(device_type_category(device_type(userdata))));
}

PROPERTY_GETTER(get_type_is_set) {
        const struct device *d = userdata;

        return sd_bus_message_append(reply, "b", d->user.type != _TYPE_INVALID);
}

PROPERTY_GETTER(get_model) {
        return append_text(reply, device_model(userdata));
}

PROPERTY_GETTER(get_os) {
        return append_text(reply, device_os(userdata));
}

PROPERTY_GETTER(get_confidence) {
        return sd_bus_message_append(reply, "u", (uint32_t) device_confidence(userdata));
}

static int append_evidence(sd_bus_message *m, const struct evidence *e) {
        int r = sd_bus_message_open_container(m, 'a', "{sv}");

        if (r >= 0)
                r = append_entry_text(m, "Kind", fact_kind_to_string(e->kind));
        if (r >= 0)
                r = append_entry_text(m, "Value", e->value);
        if (r >= 0)
                r = append_entry_u32(m, "Confidence", e->confidence);
        if (r >= 0)
                r = append_entry_u64(m, "FirstSeen", e->first_seen / NSEC_PER_USEC);
        if (r >= 0)
                r = append_entry_u64(m, "LastSeen", e->last_seen / NSEC_PER_USEC);
        if (r >= 0)
                r = append_entry_u32(m, "Count", e->count);
        if (r >= 0)
                r = append_entry_bool(m, "Asks", e->voice == VOICE_ASKS);
        return r < 0 ? r : sd_bus_message_close_container(m);
}

PROPERTY_GETTER(get_evidence) {
        const struct device *d = userdata;
        const struct evidence *sorted[DEVICE_EVIDENCE_MAX];
        size_t n = evidence_strongest_first(d, sorted);
        int r = sd_bus_message_open_container(reply, 'a', "a{sv}");

        for (size_t i = 0; r >= 0 && i < n; i++)
                r = append_evidence(reply, sorted[i]);
        return r < 0 ? r : sd_bus_message_close_container(reply);
}

PROPERTY_GETTER(get_presence) {
        const struct device *d = userdata;

        return append_text(reply, presence_to_string(d->presence));
}

PROPERTY_GETTER(get_first_seen) {
        const struct device *d = userdata;

        return append_time(reply, d->first_seen);
}

PROPERTY_GETTER(get_last_seen) {
        const struct device *d = userdata;

        return append_time(reply, d->last_seen);
}

PROPERTY_GETTER(get_trusted) {
        const struct device *d = userdata;

        return sd_bus_message_append(reply, "b", d->user.trusted);
}

static int append_flag(sd_bus_message *reply, const struct device *d, uint32_t flag) {
        return sd_bus_message_append(reply, "b", (d->flags & flag) != 0);
}

PROPERTY_GETTER(get_randomized) {
        return append_flag(reply, userdata, DEVICE_RANDOMIZED);
}

PROPERTY_GETTER(get_self) {
        return append_flag(reply, userdata, DEVICE_SELF);
}

PROPERTY_GETTER(get_gateway) {
        return append_flag(reply, userdata, DEVICE_GATEWAY);
}

PROPERTY_GETTER(get_network) {
        const struct device *d = userdata;
        char buffer[OBJECT_PATH_MAX];

        return sd_bus_message_append(reply, "o", network_path(d->network, buffer));
}

PROPERTY_GETTER(get_services) {
        const struct device *d = userdata;
        int r = sd_bus_message_open_container(reply, 'a', "s");

        for (size_t i = 0; r >= 0 && i < d->n_services; i++)
                r = append_text(reply, d->services[i].value);
        return r < 0 ? r : sd_bus_message_close_container(reply);
}

PROPERTY_GETTER(get_packets_sent) {
        const struct device *d = userdata;

        return sd_bus_message_append(reply, "t", d->traffic.packets_sent);
}

PROPERTY_GETTER(get_bytes_sent) {
        const struct device *d = userdata;

        return sd_bus_message_append(reply, "t", d->traffic.bytes_sent);
}

PROPERTY_GETTER(get_packets_received) {
        const struct device *d = userdata;

        return sd_bus_message_append(reply, "t", d->traffic.packets_received);
}

PROPERTY_GETTER(get_bytes_received) {
        const struct device *d = userdata;

        return sd_bus_message_append(reply, "t", d->traffic.bytes_received);
}

static int append_reason(sd_bus_message *m, const struct device *d, const struct classify_reason *reason) {
        const struct evidence *e = reason->evidence_index < d->n_evidence ? &d->evidence[reason->evidence_index] : NULL;
        int r = sd_bus_message_open_container(m, 'a', "{sv}");

        if (r >= 0)
                r = append_entry_text(m, "Rule", reason->rule);
        if (r >= 0)
                r = append_entry_u32(m, "Confidence", reason->confidence);
        if (r >= 0)
                r = append_entry_text(m, "Type", device_type_to_string(reason->type));
        if (r >= 0) /* beyond the kept facts stands the vendor that the address was given to */
                r = append_entry_text(m, "Kind", e ? fact_kind_to_string(e->kind) : "oui");
        if (r >= 0)
                r = append_entry_text(m, "Value", e ? e->value : d->oui_vendor);
        return r < 0 ? r : sd_bus_message_close_container(m);
}

static int explain(struct method_call *call, sd_bus_error *error _unused_) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
        const struct device *d = call->device;
        size_t n = d->class ? d->class->n_reasons : 0;
        int r = sd_bus_message_new_method_return(call->message, &reply);

        if (r >= 0)
                r = sd_bus_message_open_container(reply, 'a', "a{sv}");
        for (size_t i = 0; r >= 0 && i < n; i++)
                r = append_reason(reply, d, &d->class->reasons[i]);
        if (r >= 0)
                r = sd_bus_message_close_container(reply);
        return r < 0 ? r : sd_bus_send(NULL, reply, NULL);
}

static bool has_control(const char *text, bool allow_lines) {
        for (const unsigned char *p = (const unsigned char *) text; *p; p++)
                if ((*p < 0x20 && !(allow_lines && (*p == '\n' || *p == '\t'))) || *p == 0x7f)
                        return true;
        return false;
}

static int parse_text(struct method_call *call, size_t max, bool allow_lines, sd_bus_error *error) {
        const char *text;
        int r = sd_bus_message_read(call->message, "s", &text);

        if (r < 0)
                return r;
        if (strlen(text) > max)
                return sd_bus_error_setf(error, SD_BUS_ERROR_INVALID_ARGS, "Longer than %zu bytes", max);
        if (has_control(text, allow_lines))
                return sd_bus_error_set(error, SD_BUS_ERROR_INVALID_ARGS, "Control characters are not allowed");
        call->arguments.text = text;
        return 0;
}

static int parse_label(struct method_call *call, sd_bus_error *error) {
        const char *label;
        int r = parse_text(call, DEVICE_USER_TEXT_MAX, false, error);

        if (r < 0)
                return r;
        label = call->arguments.text;
        if (*label && label[strspn(label, " ")] == '\0')
                return sd_bus_error_set(error, SD_BUS_ERROR_INVALID_ARGS,
                                        "A label of blanks cannot be seen; an empty one takes the label back");
        return 0;
}

static int parse_notes(struct method_call *call, sd_bus_error *error) {
        return parse_text(call, DEVICE_NOTES_MAX, true, error);
}

static int parse_type(struct method_call *call, sd_bus_error *error) {
        const char *text;
        int r = sd_bus_message_read(call->message, "s", &text);

        if (r < 0)
                return r;
        call->arguments.type = *text ? device_type_from_string(text) : _TYPE_INVALID;
        if (*text && call->arguments.type < 0)
                return sd_bus_error_setf(error, SD_BUS_ERROR_INVALID_ARGS, "There is no device type '%s'", text);
        return 0;
}

static int parse_trusted(struct method_call *call, sd_bus_error *error _unused_) {
        int flag, r = sd_bus_message_read(call->message, "b", &flag);

        call->arguments.flag = r >= 0 && flag;
        return r;
}

static int parse_merge(struct method_call *call, sd_bus_error *error) {
        const char *path;
        uint64_t id;
        int r = sd_bus_message_read(call->message, "o", &path);

        if (r < 0)
                return r;
        if (object_path_parse(path, LANSCOPE_DEVICE_PREFIX, &id) < 0 || !inventory_get(manager_inventory(call->manager), id))
                return sd_bus_error_setf(error, LANSCOPE_ERROR_NO_SUCH_DEVICE, "There is no device at %s", path);
        if (id == call->device->id)
                return sd_bus_error_set(error, SD_BUS_ERROR_INVALID_ARGS, "A device cannot be merged with itself");
        call->arguments.id = id;
        return 0;
}

static int parse_split(struct method_call *call, sd_bus_error *error) {
        const char *text;
        int r = sd_bus_message_read(call->message, "s", &text);

        if (r < 0)
                return r;
        if (mac_parse(text, &call->arguments.mac) < 0)
                return sd_bus_error_setf(error, SD_BUS_ERROR_INVALID_ARGS, "'%s' is not a MAC address", text);
        for (size_t i = 0; i < call->device->n_macs; i++)
                if (mac_equal(&call->device->macs[i].address, &call->arguments.mac))
                        return call->device->n_macs > 1 ? 0 :
                               sd_bus_error_set(error, SD_BUS_ERROR_INVALID_ARGS, "The device has no other address");
        return sd_bus_error_setf(error, SD_BUS_ERROR_INVALID_ARGS, "The device has no address %s", text);
}

static int save_user(struct method_call *call, const struct device_user *user, sd_bus_error *error) {
        int r = manager_set_user(call->manager, call->device, user);

        return r < 0 ? method_fail(call, r, error) : method_done(call);
}

static char *text_or_null(const struct method_call *call) {
        return *call->arguments.text ? (char *) call->arguments.text : NULL;
}

static int set_label(struct method_call *call, sd_bus_error *error) {
        struct device_user user = call->device->user;

        user.label = text_or_null(call);
        return save_user(call, &user, error);
}

static int set_notes(struct method_call *call, sd_bus_error *error) {
        struct device_user user = call->device->user;

        user.notes = text_or_null(call);
        return save_user(call, &user, error);
}

static int set_type(struct method_call *call, sd_bus_error *error) {
        struct device_user user = call->device->user;

        user.type = call->arguments.type;
        return save_user(call, &user, error);
}

static int set_trusted(struct method_call *call, sd_bus_error *error) {
        struct device_user user = call->device->user;

        user.trusted = call->arguments.flag;
        return save_user(call, &user, error);
}

static int merge(struct method_call *call, sd_bus_error *error) {
        int r = manager_merge(call->manager, call->device->id, call->arguments.id);

        return r < 0 ? method_fail(call, r, error) : method_done(call);
}

static int split(struct method_call *call, sd_bus_error *error) {
        char path[OBJECT_PATH_MAX];
        uint64_t id;
        int r = manager_split(call->manager, call->device->id, &call->arguments.mac, &id);

        if (r < 0)
                return method_fail(call, r, error);
        return sd_bus_reply_method_return(call->message, "o", device_path(id, path));
}

static int forget(struct method_call *call, sd_bus_error *error) {
        int r = manager_forget(call->manager, call->device->id);

        return r < 0 ? method_fail(call, r, error) : method_done(call);
}

const struct method device_methods[] = {
        { LANSCOPE_DEVICE_INTERFACE, "Explain", NULL, NULL, explain },
        { LANSCOPE_DEVICE_INTERFACE, "SetLabel", LANSCOPE_ACTION_MANAGE_DEVICES, parse_label, set_label },
        { LANSCOPE_DEVICE_INTERFACE, "SetType", LANSCOPE_ACTION_MANAGE_DEVICES, parse_type, set_type },
        { LANSCOPE_DEVICE_INTERFACE, "SetTrusted", LANSCOPE_ACTION_MANAGE_DEVICES, parse_trusted, set_trusted },
        { LANSCOPE_DEVICE_INTERFACE, "SetNotes", LANSCOPE_ACTION_MANAGE_DEVICES, parse_notes, set_notes },
        { LANSCOPE_DEVICE_INTERFACE, "Merge", LANSCOPE_ACTION_MANAGE_DEVICES, parse_merge, merge },
        { LANSCOPE_DEVICE_INTERFACE, "Split", LANSCOPE_ACTION_MANAGE_DEVICES, parse_split, split },
        { LANSCOPE_DEVICE_INTERFACE, "Forget", LANSCOPE_ACTION_MANAGE_DEVICES, NULL, forget },
        {},
};

#define METHOD_FLAGS SD_BUS_VTABLE_UNPRIVILEGED
#define CHANGES SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE

const sd_bus_vtable device_vtable[] = {
        SD_BUS_VTABLE_START(0),
        SD_BUS_PROPERTY("Id", "s", get_id, 0, SD_BUS_VTABLE_PROPERTY_CONST),
        SD_BUS_PROPERTY("Addresses", "as", get_addresses, 0, CHANGES),
        SD_BUS_PROPERTY("Ipv4", "as", get_ipv4, 0, CHANGES),
        SD_BUS_PROPERTY("Ipv6", "as", get_ipv6, 0, CHANGES),
        SD_BUS_PROPERTY("Vendor", "s", get_vendor, 0, CHANGES),
        SD_BUS_PROPERTY("Hostname", "s", get_hostname, 0, CHANGES),
        SD_BUS_PROPERTY("Label", "s", get_label, 0, CHANGES),
        SD_BUS_PROPERTY("Notes", "s", get_notes, 0, CHANGES),
        SD_BUS_PROPERTY("Name", "s", get_name, 0, CHANGES),
        SD_BUS_PROPERTY("Type", "s", get_type, 0, CHANGES),
        SD_BUS_PROPERTY("Category", "s", get_category, 0, CHANGES),
        SD_BUS_PROPERTY("TypeIsSet", "b", get_type_is_set, 0, CHANGES),
        SD_BUS_PROPERTY("Model", "s", get_model, 0, CHANGES),
        SD_BUS_PROPERTY("OperatingSystem", "s", get_os, 0, CHANGES),
        SD_BUS_PROPERTY("Confidence", "u", get_confidence, 0, CHANGES),
        SD_BUS_PROPERTY("Evidence", "aa{sv}", get_evidence, 0,
                        SD_BUS_VTABLE_PROPERTY_EMITS_INVALIDATION | SD_BUS_VTABLE_PROPERTY_EXPLICIT),
        SD_BUS_PROPERTY("Presence", "s", get_presence, 0, CHANGES),
        SD_BUS_PROPERTY("FirstSeen", "t", get_first_seen, 0, 0),
        SD_BUS_PROPERTY("LastSeen", "t", get_last_seen, 0, 0),
        SD_BUS_PROPERTY("Trusted", "b", get_trusted, 0, CHANGES),
        SD_BUS_PROPERTY("RandomizedAddress", "b", get_randomized, 0, CHANGES),
        SD_BUS_PROPERTY("Self", "b", get_self, 0, CHANGES),
        SD_BUS_PROPERTY("Gateway", "b", get_gateway, 0, CHANGES),
        SD_BUS_PROPERTY("Network", "o", get_network, 0, CHANGES),
        SD_BUS_PROPERTY("Services", "as", get_services, 0, CHANGES),
        SD_BUS_PROPERTY("PacketsSent", "t", get_packets_sent, 0, 0),
        SD_BUS_PROPERTY("BytesSent", "t", get_bytes_sent, 0, 0),
        SD_BUS_PROPERTY("PacketsReceived", "t", get_packets_received, 0, 0),
        SD_BUS_PROPERTY("BytesReceived", "t", get_bytes_received, 0, 0),
        SD_BUS_METHOD_WITH_ARGS("Explain", SD_BUS_NO_ARGS, SD_BUS_RESULT("aa{sv}", reasons), method_dispatch, METHOD_FLAGS),
        SD_BUS_METHOD_WITH_ARGS("SetLabel", SD_BUS_ARGS("s", label), SD_BUS_NO_RESULT, method_dispatch, METHOD_FLAGS),
        SD_BUS_METHOD_WITH_ARGS("SetType", SD_BUS_ARGS("s", type), SD_BUS_NO_RESULT, method_dispatch, METHOD_FLAGS),
        SD_BUS_METHOD_WITH_ARGS("SetTrusted", SD_BUS_ARGS("b", trusted), SD_BUS_NO_RESULT, method_dispatch, METHOD_FLAGS),
        SD_BUS_METHOD_WITH_ARGS("SetNotes", SD_BUS_ARGS("s", notes), SD_BUS_NO_RESULT, method_dispatch, METHOD_FLAGS),
        SD_BUS_METHOD_WITH_ARGS("Merge", SD_BUS_ARGS("o", other), SD_BUS_NO_RESULT, method_dispatch, METHOD_FLAGS),
        SD_BUS_METHOD_WITH_ARGS("Split", SD_BUS_ARGS("s", address), SD_BUS_RESULT("o", device), method_dispatch, METHOD_FLAGS),
        SD_BUS_METHOD_WITH_ARGS("Forget", SD_BUS_NO_ARGS, SD_BUS_NO_RESULT, method_dispatch, METHOD_FLAGS),
        SD_BUS_VTABLE_END,
};

static int find_device(sd_bus *bus _unused_, const char *path, const char *interface _unused_, void *userdata,
                       void **ret_found, sd_bus_error *error _unused_) {
        struct manager *m = userdata;
        const struct device *d;
        uint64_t id;

        if (object_path_parse(path, LANSCOPE_DEVICE_PREFIX, &id) < 0 || !(d = inventory_get(manager_inventory(m), id)))
                return 0;
        *ret_found = (void *) d;
        return 1;
}

/* The paths that GetManagedObjects and Introspect list: as many as fit into one message. */
static int list_devices(sd_bus *bus _unused_, const char *prefix _unused_, void *userdata, char ***ret_nodes,
                        sd_bus_error *error _unused_) {
        struct manager *m = userdata;
        struct inventory *inventory = manager_inventory(m);
        struct inventory_counters counters;
        _cleanup_(strings_freep) char **nodes = NULL;
        size_t n = 0, position = 0, size = 0;
        char buffer[OBJECT_PATH_MAX];

        inventory_get_counters(inventory, &counters);
        nodes = calloc(counters.devices + 1, sizeof *nodes);
        if (!nodes)
                return -ENOMEM;
        for (const struct device *d; (d = inventory_next(inventory, &position)) && n < counters.devices;) {
                size += device_message_size(d) + sizeof buffer;
                if (size > MESSAGE_BUDGET) {
                        m->counters.objects_hidden += counters.devices - n;
                        break;
                }
                nodes[n] = strdup(device_path(d->id, buffer));
                if (!nodes[n])
                        return -ENOMEM;
                n++;
        }
        *ret_nodes = TAKE_PTR(nodes);
        return 1;
}

int device_bus_register(struct manager *m) {
        int r = sd_bus_add_fallback_vtable(m->bus, NULL, LANSCOPE_DEVICE_PREFIX, LANSCOPE_DEVICE_INTERFACE, device_vtable,
                                           find_device, m);

        return r < 0 ? r : sd_bus_add_node_enumerator(m->bus, NULL, LANSCOPE_DEVICE_PREFIX, list_devices, m);
}

void device_bus_emit_changed(struct manager *m, uint64_t id, uint32_t changes) {
        static const struct property_change rows[] = {
                { "Addresses", CHANGE_ADDRESSES },
                { "Ipv4", CHANGE_IPV4 },
                { "Ipv6", CHANGE_IPV6 },
                { "Vendor", CHANGE_ADDRESSES | CHANGE_CLASS },
                { "Hostname", CHANGE_NAMES },
                { "Label", CHANGE_USER },
                { "Notes", CHANGE_USER },
                { "Name", CHANGE_ADDRESSES | CHANGE_NAMES | CHANGE_CLASS | CHANGE_USER },
                { "Type", CHANGE_CLASS | CHANGE_USER },
                { "Category", CHANGE_CLASS | CHANGE_USER },
                { "TypeIsSet", CHANGE_USER },
                { "Model", CHANGE_CLASS },
                { "OperatingSystem", CHANGE_CLASS },
                { "Confidence", CHANGE_CLASS | CHANGE_USER },
                { "Evidence", CHANGE_EVIDENCE },
                { "Presence", CHANGE_PRESENCE },
                { "Trusted", CHANGE_USER },
                { "RandomizedAddress", CHANGE_ADDRESSES | CHANGE_FLAGS },
                { "Self", CHANGE_FLAGS },
                { "Gateway", CHANGE_FLAGS },
                { "Network", CHANGE_NETWORK },
                { "Services", CHANGE_SERVICES },
        };
        char path[OBJECT_PATH_MAX];
        int r = emit_properties_changed(m->bus, device_path(id, path), LANSCOPE_DEVICE_INTERFACE, rows, ELEMENTSOF(rows), changes);

        if (r < 0)
                log_debug("Cannot tell clients of a change of %s: %s", path, strerror(-r));
}
