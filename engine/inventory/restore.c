/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Records that were kept elsewhere come back: each is checked as if a stranger had written it. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "engine/inventory/inventory-private.h"

static bool is_good_network(const struct network *record) {
        return record->id != 0 && record->n_prefixes <= NETWORK_PREFIXES_MAX &&
               memchr(record->interface, '\0', sizeof record->interface);
}

int inventory_restore_network(struct inventory *inventory, const struct network *record) {
        struct network_entry *network;
        int r;

        if (!is_good_network(record))
                return -EINVAL;
        if (network_by_id(inventory, record->id))
                return -EEXIST;
        network = calloc(1, sizeof *network);
        if (!network)
                return -ENOMEM;
        network->network = *record;
        network->network.devices = 0;
        network->seen_told = record->last_seen;
        if (record->gateway_ip.family != 0)
                network->gateway_authority = record->gateway_ip.family == AF_INET ? AUTHORITY_DHCP : AUTHORITY_RA;
        network->network.name = NULL;
        r = network_set_name(network, record->name ?: record->interface);
        if (r >= 0)
                r = network_insert(inventory, network);
        if (r < 0)
                network_free(network);
        return r;
}

static int check_macs(const struct inventory *inventory, const struct network_entry *network, const struct device *record) {
        if (record->n_macs == 0 || record->n_macs > DEVICE_MACS_MAX)
                return -EINVAL;
        for (size_t i = 0; i < record->n_macs; i++) {
                const struct mac_address *mac = &record->macs[i].address;

                if (mac_is_zero(mac) || mac_is_group(mac))
                        return -EINVAL;
                if (entry_by_mac(inventory, network, mac))
                        return -EEXIST;
                for (size_t k = 0; k < i; k++)
                        if (mac_equal(&record->macs[k].address, mac))
                                return -EINVAL;
        }
        return 0;
}

static int check_device(const struct inventory *inventory, const struct device *record) {
        const struct network_entry *network = network_by_id(inventory, record->network);

        if (record->id == 0 || !network || record->n_ipv4 > DEVICE_IPV4_MAX || record->n_ipv6 > DEVICE_IPV6_MAX ||
            record->n_services > DEVICE_SERVICES_MAX || record->n_evidence > DEVICE_EVIDENCE_MAX ||
            record->last_seen < record->first_seen || record->user.type < _TYPE_INVALID || record->user.type >= _TYPE_MAX)
                return -EINVAL;
        if (entry_by_id(inventory, record->id))
                return -EEXIST;
        if (inventory->n_entries >= inventory->config.devices_max)
                return -E2BIG;
        return check_macs(inventory, network, record);
}

static int copy_user(struct device_user *user, const struct device_user *record) {
        user->type = record->type;
        user->trusted = record->trusted;
        if (record->label && *record->label && !(user->label = strdup(record->label)))
                return -ENOMEM;
        if (record->notes && *record->notes && !(user->notes = strdup(record->notes)))
                return -ENOMEM;
        return 0;
}

static struct entry *make_entry(struct inventory *inventory, const struct device *record) {
        struct entry *entry = calloc(1, sizeof *entry);
        uint32_t kept = DEVICE_SELF | DEVICE_KNOWN | DEVICE_CONFIRMED;

        if (!entry)
                return NULL;
        entry->network = network_by_id(inventory, record->network);
        entry->queued = record->last_seen;
        entry->turnovers = (struct token_bucket) { .burst = TURNOVER_BURST, .interval = TURNOVER_INTERVAL };
        entry->told = entry->fresh = entry->names_stale = entry->class_stale = true;
        entry->device = (struct device) {
                .id = record->id,
                .network = record->network,
                .flags = record->flags & kept,
                /* Online, until roster_age() looks at the clock; this machine, until its interface is there again. */
                .presence = record->flags & DEVICE_SELF ? PRESENCE_OFFLINE : PRESENCE_ONLINE,
                .first_seen = record->first_seen,
                .last_seen = record->last_seen,
                .traffic = record->traffic,
                .user.type = _TYPE_INVALID,
        };
        if (copy_user(&entry->device.user, &record->user) < 0)
                return entry_free(entry);
        return entry;
}

static void copy_knowledge(struct inventory *inventory, struct entry *entry, const struct device *record) {
        for (size_t i = 0; i < record->n_ipv4; i++)
                entry_adopt_ip(inventory, entry, &record->ipv4[i]);
        for (size_t i = 0; i < record->n_ipv6; i++)
                entry_adopt_ip(inventory, entry, &record->ipv6[i]);
        for (size_t i = record->n_services; i-- > 0;)
                entry_adopt_service(inventory, entry, &record->services[i]);
        for (size_t i = record->n_evidence; i-- > 0;)
                entry_adopt_evidence(inventory, entry, &record->evidence[i]);
}

int inventory_restore_device(struct inventory *inventory, const struct device *record) {
        struct entry *entry;
        int r = check_device(inventory, record);

        if (r < 0)
                return r;
        entry = make_entry(inventory, record);
        if (!entry)
                return -ENOMEM;
        if (inventory->n_entries == 0)
                inventory->unsorted = true;
        for (size_t i = record->n_macs; r >= 0 && i-- > 0;)
                r = entry_add_mac(inventory, entry, &record->macs[i]);
        for (size_t i = 0; i < record->n_macs; i++)
                if (mac_equal(&record->macs[i].address, &entry->network->network.gateway_mac))
                        entry->device.flags |= DEVICE_GATEWAY;
        if (r >= 0)
                r = roster_insert(inventory, entry);
        if (r < 0) {
                while (entry->device.n_macs > 0)
                        entry_drop_mac(inventory, entry, entry->device.n_macs - 1);
                entry_free(entry);
                return r;
        }
        copy_knowledge(inventory, entry, record);
        entry_changed(inventory, entry, 0);
        return 0;
}
