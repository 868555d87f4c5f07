/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Networks as bus objects, looked up in the inventory each time. */

#include "daemon/network-bus.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/append-bus.h"
#include "daemon/log.h"

PROPERTY_GETTER(get_id) {
        const struct network *n = userdata;
        char buffer[OBJECT_PATH_MAX];

        return append_text(reply, strrchr(network_path(n->id, buffer), '/') + 1);
}

PROPERTY_GETTER(get_name) {
        const struct network *n = userdata;

        return append_text(reply, n->name);
}

PROPERTY_GETTER(get_interface) {
        const struct network *n = userdata;

        return append_text(reply, n->interface);
}

PROPERTY_GETTER(get_gateway_address) {
        const struct network *n = userdata;
        char text[MAC_STRING_MAX];

        return append_text(reply, mac_is_zero(&n->gateway_mac) ? "" : mac_format(&n->gateway_mac, text));
}

PROPERTY_GETTER(get_gateway_ip) {
        const struct network *n = userdata;
        char text[IP_STRING_MAX];

        return append_text(reply, ip_format(&n->gateway_ip, text));
}

PROPERTY_GETTER(get_prefixes) {
        const struct network *n = userdata;
        int r = sd_bus_message_open_container(reply, 'a', "s");

        for (size_t i = 0; r >= 0 && i < n->n_prefixes; i++) {
                char ip[IP_STRING_MAX], text[IP_STRING_MAX + 4];

                snprintf(text, sizeof text, "%s/%u", ip_format(&n->prefixes[i].address, ip), n->prefixes[i].length);
                r = append_text(reply, text);
        }
        return r < 0 ? r : sd_bus_message_close_container(reply);
}

PROPERTY_GETTER(get_device_count) {
        const struct network *n = userdata;

        return sd_bus_message_append(reply, "u", n->devices);
}

PROPERTY_GETTER(get_first_seen) {
        const struct network *n = userdata;

        return append_time(reply, n->first_seen);
}

PROPERTY_GETTER(get_last_seen) {
        const struct network *n = userdata;

        return append_time(reply, n->last_seen);
}

#define CHANGES SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE

const sd_bus_vtable network_vtable[] = {
        SD_BUS_VTABLE_START(0),
        SD_BUS_PROPERTY("Id", "s", get_id, 0, SD_BUS_VTABLE_PROPERTY_CONST),
        SD_BUS_PROPERTY("Name", "s", get_name, 0, CHANGES),
        SD_BUS_PROPERTY("Interface", "s", get_interface, 0, CHANGES),
        SD_BUS_PROPERTY("GatewayAddress", "s", get_gateway_address, 0, CHANGES),
        SD_BUS_PROPERTY("GatewayIp", "s", get_gateway_ip, 0, CHANGES),
        SD_BUS_PROPERTY("Prefixes", "as", get_prefixes, 0, CHANGES),
        SD_BUS_PROPERTY("DeviceCount", "u", get_device_count, 0, CHANGES),
        SD_BUS_PROPERTY("FirstSeen", "t", get_first_seen, 0, 0),
        SD_BUS_PROPERTY("LastSeen", "t", get_last_seen, 0, 0),
        SD_BUS_VTABLE_END,
};

static int find_network(sd_bus *bus _unused_, const char *path, const char *interface _unused_, void *userdata,
                        void **ret_found, sd_bus_error *error _unused_) {
        struct manager *m = userdata;
        const struct network *n;
        uint64_t id;

        if (object_path_parse(path, LANSCOPE_NETWORK_PREFIX, &id) < 0 ||
            !(n = inventory_get_network(manager_inventory(m), id)))
                return 0;
        *ret_found = (void *) n;
        return 1;
}

static int list_networks(sd_bus *bus _unused_, const char *prefix _unused_, void *userdata, char ***ret_nodes,
                         sd_bus_error *error _unused_) {
        struct manager *m = userdata;
        struct inventory *inventory = manager_inventory(m);
        _cleanup_(strings_freep) char **nodes = NULL;
        size_t n = 0, max = m->config.inventory.networks_max, position = 0;
        char buffer[OBJECT_PATH_MAX];

        nodes = calloc(max + 1, sizeof *nodes);
        if (!nodes)
                return -ENOMEM;
        for (const struct network *network; n < max && (network = inventory_next_network(inventory, &position)); n++) {
                nodes[n] = strdup(network_path(network->id, buffer));
                if (!nodes[n])
                        return -ENOMEM;
        }
        *ret_nodes = TAKE_PTR(nodes);
        return 1;
}

int network_bus_register(struct manager *m) {
        int r = sd_bus_add_fallback_vtable(m->bus, NULL, LANSCOPE_NETWORK_PREFIX, LANSCOPE_NETWORK_INTERFACE, network_vtable,
                                           find_network, m);

        return r < 0 ? r : sd_bus_add_node_enumerator(m->bus, NULL, LANSCOPE_NETWORK_PREFIX, list_networks, m);
}

void network_bus_emit_changed(struct manager *m, uint64_t id) {
        char path[OBJECT_PATH_MAX];
        int r = sd_bus_emit_properties_changed(m->bus, network_path(id, path), LANSCOPE_NETWORK_INTERFACE, "Name", "Interface",
                                               "GatewayAddress", "GatewayIp", "Prefixes", "DeviceCount", NULL);

        if (r < 0)
                log_debug("Cannot tell clients of a change of %s: %s", path, strerror(-r));
}
