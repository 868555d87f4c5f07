/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What the user decides about a device: told at once, and never touched by what is heard. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/escape.h"
#include "engine/inventory/inventory-private.h"

/* 0, -EINVAL or -E2BIG. */
static int check_text(const char *text, size_t max, bool lines) {
        size_t length = strlen(text);

        if (length > max)
                return -E2BIG;
        if (!text_is_utf8(text, length))
                return -EINVAL;
        for (; *text; text++)
                if (((unsigned char) *text < 0x20 && !(lines && (*text == '\n' || *text == '\t'))) || *text == 0x7f)
                        return -EINVAL;
        return 0;
}

static void told(struct inventory *inventory, struct entry *entry, uint32_t changes) {
        entry_retier(inventory, entry);
        entry_changed(inventory, entry, changes);
        entry_tell(inventory, entry);
}

static struct entry *get(struct inventory *inventory, uint64_t id) {
        inventory_time(inventory, 0);
        return entry_by_id(inventory, id);
}

static int replace(char **text, const char *with) {
        char *copy = NULL;

        if (with && *with) {
                copy = strdup(with);
                if (!copy)
                        return -ENOMEM;
        }
        free(*text);
        *text = copy;
        return 0;
}

int inventory_set_label(struct inventory *inventory, uint64_t id, const char *label) {
        struct entry *entry = get(inventory, id);
        int r;

        if (!entry)
                return -ENOENT;
        r = label ? check_text(label, DEVICE_USER_TEXT_MAX, false) : 0;
        if (r >= 0)
                r = replace(&entry->device.user.label, label);
        if (r >= 0)
                told(inventory, entry, CHANGE_USER);
        return r;
}

int inventory_set_notes(struct inventory *inventory, uint64_t id, const char *notes) {
        struct entry *entry = get(inventory, id);
        int r;

        if (!entry)
                return -ENOENT;
        r = notes ? check_text(notes, DEVICE_NOTES_MAX, true) : 0;
        if (r >= 0)
                r = replace(&entry->device.user.notes, notes);
        if (r >= 0)
                told(inventory, entry, CHANGE_USER);
        return r;
}

int inventory_set_type(struct inventory *inventory, uint64_t id, enum device_type type) {
        struct entry *entry = get(inventory, id);

        if (!entry)
                return -ENOENT;
        if (type != _TYPE_INVALID && (type < 0 || type >= _TYPE_MAX))
                return -EINVAL;
        entry->device.user.type = type;
        told(inventory, entry, CHANGE_USER);
        return 0;
}

int inventory_set_trusted(struct inventory *inventory, uint64_t id, bool trusted) {
        struct entry *entry = get(inventory, id);

        if (!entry)
                return -ENOENT;
        entry->device.user.trusted = trusted;
        told(inventory, entry, CHANGE_USER);
        return 0;
}

int inventory_set_known(struct inventory *inventory, uint64_t id) {
        struct entry *entry = get(inventory, id);

        if (!entry)
                return -ENOENT;
        entry_set_flags(inventory, entry, DEVICE_KNOWN, 0);
        return 0;
}

int inventory_forget(struct inventory *inventory, uint64_t id) {
        struct entry *entry = get(inventory, id);

        if (!entry)
                return -ENOENT;
        entry_remove(inventory, entry, 0);
        return 0;
}

/* What the user said of the one that stays comes first. */
static void merge_user(struct device_user *user, struct device_user *other) {
        if (!user->label)
                user->label = TAKE_PTR(other->label);
        if (!user->notes)
                user->notes = TAKE_PTR(other->notes);
        if (user->type == _TYPE_INVALID)
                user->type = other->type;
        user->trusted = user->trusted || other->trusted;
}

static void merge_traffic(struct device_traffic *sum, const struct device_traffic *other) {
        sum->packets_sent += other->packets_sent;
        sum->bytes_sent += other->bytes_sent;
        sum->packets_received += other->packets_received;
        sum->bytes_received += other->bytes_received;
}

static int merge_macs(struct inventory *inventory, struct entry *entry, struct entry *other) {
        while (other->device.n_macs > 0) {
                struct device_mac mac = other->device.macs[0];
                int r = entry_add_mac(inventory, entry, &mac);

                if (r < 0)
                        return r;
                entry_drop_mac(inventory, other, 0);
        }
        return 0;
}

/* Addresses that no longer fit are dropped, the ones heard last are kept. */
static void merge_ips(struct inventory *inventory, struct entry *entry, struct entry *other) {
        struct device_ip ips[DEVICE_IPV4_MAX + DEVICE_IPV6_MAX];
        size_t n = 0;

        for (size_t i = 0; i < other->device.n_ipv4; i++)
                ips[n++] = other->device.ipv4[i];
        for (size_t i = 0; i < other->device.n_ipv6; i++)
                ips[n++] = other->device.ipv6[i];
        entry_unbind_all(inventory, other);
        for (size_t i = 0; i < n; i++)
                entry_adopt_ip(inventory, entry, &ips[i]);
}

static void merge_knowledge(struct inventory *inventory, struct entry *entry, struct entry *other) {
        const struct device *d = &other->device;

        merge_ips(inventory, entry, other);
        for (size_t i = d->n_services; i-- > 0;)
                entry_adopt_service(inventory, entry, &d->services[i]);
        for (size_t i = d->n_evidence; i-- > 0;)
                entry_adopt_evidence(inventory, entry, &d->evidence[i]);
        entry->names_stale = entry->class_stale = true;
}

int inventory_merge(struct inventory *inventory, uint64_t id, uint64_t other_id) {
        struct entry *entry = get(inventory, id), *other = get(inventory, other_id);
        int r;

        if (!entry || !other)
                return -ENOENT;
        if (entry == other)
                return -EINVAL;
        if (entry->network != other->network)
                return -EXDEV;
        if (entry->device.n_macs + other->device.n_macs > DEVICE_MACS_MAX)
                return -E2BIG;
        r = merge_macs(inventory, entry, other);
        if (r < 0)
                return r;
        merge_knowledge(inventory, entry, other);
        merge_user(&entry->device.user, &other->device.user);
        merge_traffic(&entry->device.traffic, &other->device.traffic);
        entry->device.first_seen = MIN(entry->device.first_seen, other->device.first_seen);
        if (other->device.last_seen > entry->device.last_seen) {
                entry->device.last_seen = other->device.last_seen;
                entry_set_presence(inventory, entry, other->device.presence);
        }
        entry_set_flags(inventory, entry, other->device.flags & ~DEVICE_RANDOMIZED, 0);
        entry_remove(inventory, other, id);
        told(inventory, entry, CHANGE_ADDRESSES | CHANGE_IPV4 | CHANGE_IPV6 | CHANGE_SERVICES | CHANGE_EVIDENCE |
                                       CHANGE_USER | CHANGE_SEEN | CHANGE_FLAGS);
        return 0;
}

/* Its own device now, as far as it can be told apart: addresses and evidence come back when they are heard. */
static void set_up_split(struct inventory *inventory, struct entry *split, const struct device_mac *mac, uint32_t flags) {
        split->device.macs[0] = *mac;
        split->device.first_seen = mac->first_seen;
        split->device.last_seen = mac->last_seen;
        entry_set_flags(inventory, split, flags & DEVICE_KNOWN, 0);
        if (inventory->now - mac->last_seen < inventory->config.idle_after)
                entry_set_presence(inventory, split, PRESENCE_ONLINE);
        entry_tell(inventory, split);
}

int inventory_split(struct inventory *inventory, uint64_t id, const struct mac_address *mac, uint64_t *ret_id) {
        struct entry *entry = get(inventory, id), *split;
        struct device_mac taken;
        size_t i = 0;

        if (!entry)
                return -ENOENT;
        while (i < entry->device.n_macs && !mac_equal(&entry->device.macs[i].address, mac))
                i++;
        if (i == entry->device.n_macs || entry->device.n_macs < 2)
                return -EINVAL;
        taken = entry->device.macs[i];
        /* A full table must not push out the very device that is being split. */
        if (inventory->n_entries >= inventory->config.devices_max)
                return -ENOSPC;
        split = entry_new(inventory, entry->network, mac, inventory->now, true);
        if (!split)
                return -ENOMEM;
        entry_drop_mac(inventory, entry, i);
        set_up_split(inventory, split, &taken, entry->device.flags);
        told(inventory, entry, CHANGE_ADDRESSES | CHANGE_FLAGS);
        *ret_id = split->device.id;
        return 0;
}
