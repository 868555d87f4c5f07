/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Whole lists from the service, as records. */

#include "cli/bus-lists.h"

#include <errno.h>
#include <string.h>

#include "cli/bus-records.h"
#include "cli/output.h"
#include "common/cleanup.h"
#include "dbus/lanscope-names.h"

static int no_memory(void) {
        output_no_memory();
        return -ENOMEM;
}

/* Replaces each element by what `convert` makes of it. */
static int convert_all(struct json_object *list, struct json_object *(*convert)(struct json_object *)) {
        for (size_t i = 0; i < json_object_array_length(list); i++) {
                struct json_object *record = convert(json_object_array_get_idx(list, i));

                if (!record)
                        return no_memory();
                if (json_object_array_put_idx(list, i, record) < 0) {
                        json_object_put(record);
                        return no_memory();
                }
        }
        return 0;
}

static int append_text(sd_bus_message *m, const char *key, const char *value) {
        return value ? sd_bus_message_append(m, "{sv}", key, "s", value) : 0;
}

/* Devices are fetched in parts: the service refuses to fill a message with what would not fit the bus. */
#define DEVICES_PER_CALL 2000

struct device_filter {
        const struct options *options;
        const char *after; /* path of the last device of the part before; NULL: from the first */
};

static int append_device_filter(sd_bus_message *m, const void *filter) {
        const struct device_filter *f = filter;
        const struct options *o = f->options;
        int r = sd_bus_message_open_container(m, 'a', "{sv}");

        if (r >= 0)
                r = append_text(m, "Type", o->type);
        if (r >= 0)
                r = append_text(m, "Category", o->category);
        if (r >= 0)
                r = append_text(m, "Presence", o->online ? "online" : o->presence);
        if (r >= 0 && (o->trusted || o->untrusted))
                r = sd_bus_message_append(m, "{sv}", "Trusted", "b", (int) o->trusted);
        if (r >= 0 && f->after)
                r = sd_bus_message_append(m, "{sv}", "After", "o", f->after);
        if (r >= 0)
                r = sd_bus_message_append(m, "{sv}", "Limit", "u", (uint32_t) DEVICES_PER_CALL);
        return r < 0 ? r : sd_bus_message_close_container(m);
}

/* Calls the Manager's `member`, whose only argument is a filter, for a list. */
static int call_list(sd_bus *bus, const char *member, int (*append)(sd_bus_message *m, const void *filter),
                     const void *filter, sd_bus_message **ret) {
        const struct bus_method method = { LANSCOPE_MANAGER_INTERFACE, member, NULL };
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *message = NULL;
        int r = bus_new_call(bus, LANSCOPE_PATH, &method, &message);

        if (r < 0)
                return r;
        r = append(message, filter);
        if (r < 0) {
                fprintf(stderr, "The filter cannot be sent: %s\n", strerror(-r));
                return r;
        }
        return bus_call_message(bus, message, NULL, ret);
}

static int read_part(sd_bus_message *reply, struct json_object *devices) {
        struct json_object *device;
        int r = sd_bus_message_enter_container(reply, 'a', "a{sv}");

        while (r >= 0 && (r = sd_bus_message_at_end(reply, false)) == 0) {
                r = device_from_message(reply, &device);
                if (r >= 0 && json_object_array_add(devices, device) < 0) {
                        json_object_put(device);
                        r = -ENOMEM;
                }
        }
        return r;
}

/* Appends the records of one part to `devices`. 1: there may be more; `after` is the path to go on from. */
static int fetch_part(sd_bus *bus, const struct options *options, struct json_object *devices, char after[static 128]) {
        const struct device_filter filter = { options, *after ? after : NULL };
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
        size_t before = json_object_array_length(devices), n;
        int r = call_list(bus, "ListDevices", append_device_filter, &filter, &reply);

        if (r < 0)
                return r;
        r = read_part(reply, devices);
        if (r < 0) {
                fprintf(stderr, "The list of devices cannot be read: %s\n", strerror(-r));
                return r;
        }
        n = json_object_array_length(devices);
        if (n - before < DEVICES_PER_CALL)
                return 0;
        snprintf(after, 128, "%s/%s", LANSCOPE_DEVICE_PREFIX, json_text_at(json_object_array_get_idx(devices, n - 1), "id"));
        return 1;
}

static int fetch_devices(sd_bus *bus, const struct options *options, struct json_object **ret) {
        _cleanup_(json_putp) struct json_object *devices = json_object_new_array();
        char after[128] = "";
        int r;

        if (!devices)
                return no_memory();
        do
                r = fetch_part(bus, options, devices, after);
        while (r > 0);
        if (r >= 0)
                *ret = TAKE_PTR(devices);
        return r;
}

static bool network_is(struct json_object *networks, const char *id, const char *wanted) {
        struct json_object *network = NULL;

        json_object_object_get_ex(networks, id, &network);
        return strcmp(id, wanted) == 0 || strcmp(json_text_at(network, "name"), wanted) == 0;
}

/* Keeps the devices of the network that has this id or name. */
static int keep_network(struct json_object *devices, struct json_object *networks, const char *wanted) {
        size_t kept = 0, n = json_object_array_length(devices);

        for (size_t i = 0; i < n; i++) {
                struct json_object *device = json_object_array_get_idx(devices, i);

                if (!network_is(networks, json_text_at(device, "network"), wanted))
                        continue;
                if (kept != i && json_object_array_put_idx(devices, kept, json_object_get(device)) < 0)
                        return no_memory();
                kept++;
        }
        if (kept == 0) {
                fprintf(stderr, "There are no devices in a network called '%s'. See 'lanscopectl networks'.\n", wanted);
                return -ENOENT;
        }
        json_object_array_del_idx(devices, kept, n - kept);
        return 0;
}

int bus_list_devices(sd_bus *bus, const struct options *options, struct json_object **ret, struct json_object **ret_networks) {
        _cleanup_(json_putp) struct json_object *devices = NULL, *networks = NULL;
        int r;

        r = fetch_devices(bus, options, &devices);
        if (r >= 0 && ret_networks)
                r = bus_list_networks(bus, devices, &networks);
        if (r >= 0 && options->network)
                r = keep_network(devices, networks, options->network);
        if (r < 0)
                return r;
        *ret = TAKE_PTR(devices);
        if (ret_networks)
                *ret_networks = TAKE_PTR(networks);
        return 0;
}

static int get_network(sd_bus *bus, const char *id, struct json_object **ret) {
        _cleanup_(json_putp) struct json_object *properties = NULL;
        _cleanup_(freep) char *path = NULL;
        int r;

        if (asprintf(&path, "%s/%s", LANSCOPE_NETWORK_PREFIX, id) < 0) {
                path = NULL;
                return no_memory();
        }
        r = bus_get_properties(bus, path, LANSCOPE_NETWORK_INTERFACE, &properties);
        if (r < 0)
                return r;
        *ret = network_from_bus(properties);
        return *ret ? 0 : no_memory();
}

int bus_list_networks(sd_bus *bus, struct json_object *devices, struct json_object **ret) {
        _cleanup_(json_putp) struct json_object *networks = json_object_new_object();
        struct json_object *network;
        int r;

        if (!networks)
                return no_memory();
        for (size_t i = 0; i < json_object_array_length(devices); i++) {
                const char *id = json_text_at(json_object_array_get_idx(devices, i), "network");

                if (!*id || json_object_object_get_ex(networks, id, NULL))
                        continue;
                r = get_network(bus, id, &network);
                if (r < 0)
                        return r;
                if (json_add(networks, id, network) < 0)
                        return no_memory();
        }
        *ret = TAKE_PTR(networks);
        return 0;
}

static int append_alert_filter(sd_bus_message *m, const void *filter) {
        const struct options *o = filter;
        int r = sd_bus_message_open_container(m, 'a', "{sv}");

        if (r >= 0 && !o->all)
                r = sd_bus_message_append(m, "{sv}", "Unacknowledged", "b", 1);
        if (r >= 0)
                r = append_text(m, "Kind", o->kind);
        if (r >= 0)
                r = append_text(m, "Severity", o->severity);
        if (r >= 0 && o->device)
                r = sd_bus_message_append(m, "{sv}", "Device", "o", o->device);
        if (r >= 0 && o->since > 0)
                r = sd_bus_message_append(m, "{sv}", "Since", "t", o->since);
        if (r >= 0 && o->limit > 0)
                r = sd_bus_message_append(m, "{sv}", "Limit", "u", o->limit);
        return r < 0 ? r : sd_bus_message_close_container(m);
}

int bus_read_exceptions(sd_bus_message *reply, struct json_object **ret) {
        _cleanup_(json_putp) struct json_object *list = NULL;
        int r = bus_read_reply(reply, &list);

        if (r >= 0)
                r = convert_all(list, exception_from_bus);
        if (r < 0)
                return r;
        *ret = TAKE_PTR(list);
        return 0;
}

int bus_list_alerts(sd_bus *bus, const struct options *options, struct json_object **ret) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
        _cleanup_(json_putp) struct json_object *alerts = NULL;
        _cleanup_(freep) char *path = NULL;
        struct options filter = *options;
        int r;

        if (options->device) {
                r = bus_find_device(bus, options->device, &path);
                if (r < 0)
                        return r;
                filter.device = path;
        }
        r = call_list(bus, "ListAlerts", append_alert_filter, &filter, &reply);
        if (r >= 0)
                r = bus_read_reply(reply, &alerts);
        if (r >= 0)
                r = convert_all(alerts, alert_from_bus);
        if (r < 0)
                return r;
        *ret = TAKE_PTR(alerts);
        return 0;
}

int bus_get_alert(sd_bus *bus, uint64_t id, struct json_object **ret) {
        static const struct bus_method list = { LANSCOPE_MANAGER_INTERFACE, "ListAlerts", NULL };
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
        _cleanup_(json_putp) struct json_object *alerts = NULL;
        int r = bus_call(bus, LANSCOPE_PATH, &list, &reply, "a{sv}", 1, "Ids", "at", 1, id);

        if (r >= 0)
                r = bus_read_reply(reply, &alerts);
        if (r < 0)
                return r;
        if (json_object_array_length(alerts) == 0)
                return -ENOENT;
        *ret = alert_from_bus(json_object_array_get_idx(alerts, 0));
        return *ret ? 0 : no_memory();
}

/* Evidence is much, and so not among what GetAll gives. */
static int add_evidence(sd_bus *bus, const char *path, struct json_object *device) {
        static const struct bus_method get = { "org.freedesktop.DBus.Properties", "Get", NULL };
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
        _cleanup_(json_putp) struct json_object *evidence = NULL;
        int r = bus_call(bus, path, &get, &reply, "ss", LANSCOPE_DEVICE_INTERFACE, "Evidence");

        if (r >= 0)
                r = bus_read_reply(reply, &evidence);
        if (r < 0)
                return r;
        return json_add(device, "evidence", evidence_from_bus(evidence)) < 0 ? no_memory() : 0;
}

int bus_get_device(sd_bus *bus, const char *path, struct json_object **ret) {
        _cleanup_(json_putp) struct json_object *device = NULL;
        int r = bus_get_device_brief(bus, path, &device);

        if (r >= 0)
                r = add_evidence(bus, path, device);
        if (r < 0)
                return r;
        *ret = TAKE_PTR(device);
        return 0;
}
