/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Who moves most, on the bus. */

#include "daemon/talker-bus.h"

#include <errno.h>
#include <string.h>

#include "common/cleanup.h"
#include "daemon/append-bus.h"

static int take_option(void *userdata, const char *key, sd_bus_message *m) {
        struct method_call *call = userdata;

        return strcmp(key, "Limit") == 0 ? method_read_variant(m, 'u', &call->arguments.limit) : -ENOENT;
}

int talker_bus_parse(struct method_call *call, sd_bus_error *error) {
        call->arguments.limit = TALKERS_TOLD_MAX;
        return method_read_options(call->message, take_option, call, error);
}

static const struct ip_address *address_of(const struct talker *talker, const struct device *device) {
        if (!device)
                return &talker->address;
        if (device->n_ipv4 > 0)
                return &device->ipv4[0].address;
        return device->n_ipv6 > 0 ? &device->ipv6[0].address : &talker->address;
}

static int append_who(sd_bus_message *reply, const struct manager *m, const struct talker *talker) {
        const struct device *device = talker->device ? inventory_get(manager_inventory(m), talker->device) : NULL;
        char ip[IP_STRING_MAX], path[OBJECT_PATH_MAX], name[DEVICE_USER_TEXT_MAX + 1];
        const struct ip_address *address = address_of(talker, device);
        const char *called = device ? device_display_name(device, name, sizeof name) :
                                      peer_names_find(engine_peer_names(m->engine), NULL, address,
                                                      engine_now(m->engine));
        int r = append_entry_text(reply, "Address", ip_format(address, ip));

        if (r >= 0)
                r = append_entry_path(reply, "Device", device ? device_path(device->id, path) : "/");
        return r < 0 ? r : append_entry_text(reply, "Name", called);
}

static int append_talker(sd_bus_message *reply, const struct manager *m, const struct talker *talker) {
        const struct {
                const char *key;
                uint64_t value;
        } amounts[] = {
                { "Rate", talker->rate },
                { "PacketsSent", talker->amounts.packets[0] },
                { "BytesSent", talker->amounts.bytes[0] },
                { "PacketsReceived", talker->amounts.packets[1] },
                { "BytesReceived", talker->amounts.bytes[1] },
                { "BytesMissed", talker->error },
        };
        int r = sd_bus_message_open_container(reply, 'a', "{sv}");

        if (r >= 0)
                r = append_who(reply, m, talker);
        for (size_t i = 0; r >= 0 && i < ELEMENTSOF(amounts); i++)
                r = append_entry_u64(reply, amounts[i].key, amounts[i].value);
        return r < 0 ? r : sd_bus_message_close_container(reply);
}

/* A device that was forgotten or merged since the round is left out. */
static bool is_gone(const struct manager *m, const struct talker *talker) {
        return talker->device != 0 && !inventory_get(manager_inventory(m), talker->device);
}

int talker_bus_list(struct method_call *call, sd_bus_error *error) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
        const struct manager *m = call->manager;
        const struct talker *talkers;
        uint32_t left = call->arguments.limit;
        size_t n;
        int r;

        if (!m->talkers)
                return sd_bus_error_set(error, SD_BUS_ERROR_NOT_SUPPORTED,
                                        "No flows are kept here: see Flows= in lanscoped.conf(5)");
        talkers = talkers_get(m->talkers, manager_now(m), &n);
        r = sd_bus_message_new_method_return(call->message, &reply);
        if (r >= 0)
                r = sd_bus_message_open_container(reply, 'a', "a{sv}");
        for (size_t i = 0; r >= 0 && i < n && left > 0; i++)
                if (!is_gone(m, &talkers[i])) {
                        r = append_talker(reply, m, &talkers[i]);
                        left--;
                }
        if (r >= 0)
                r = sd_bus_message_close_container(reply);
        return r < 0 ? r : sd_bus_send(NULL, reply, NULL);
}
