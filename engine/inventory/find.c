/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Devices by what a person may call them. */

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "engine/inventory/inventory-private.h"

struct wanted {
        const char *text;
        struct mac_address mac;
        struct ip_address ip;
        uint64_t id;
        bool has_mac, has_ip, has_id;
};

static struct wanted read_wanted(const char *name) {
        struct wanted w = { .text = name };
        char *end;

        w.has_mac = mac_parse(name, &w.mac) >= 0;
        w.has_ip = ip_parse(name, &w.ip) >= 0;
        /* Ids are written with all their digits. */
        if (strlen(name) == 16 && strspn(name, "0123456789abcdefABCDEF") == 16) {
                w.id = strtoull(name, &end, 16);
                w.has_id = true;
        }
        return w;
}

static bool has_mac(const struct device *d, const struct mac_address *mac) {
        for (size_t i = 0; i < d->n_macs; i++)
                if (mac_equal(&d->macs[i].address, mac))
                        return true;
        return false;
}

static bool has_ip(const struct device *d, const struct ip_address *ip) {
        for (size_t i = 0; i < d->n_ipv4; i++)
                if (ip_equal(&d->ipv4[i].address, ip))
                        return true;
        for (size_t i = 0; i < d->n_ipv6; i++)
                if (ip_equal(&d->ipv6[i].address, ip))
                        return true;
        return false;
}

static bool is_called(const struct device *d, const char *text) {
        char name[DEVICE_USER_TEXT_MAX + 1];

        if (d->user.label && strcasecmp(d->user.label, text) == 0)
                return true;
        for (size_t i = 0; i < d->n_names; i++)
                if (strcasecmp(d->names[i].value, text) == 0)
                        return true;
        /* What is shown where there is neither. */
        return strcasecmp(device_display_name(d, name, sizeof name), text) == 0;
}

static bool is_wanted(const struct device *d, const struct wanted *w) {
        return (w->has_mac && has_mac(d, &w->mac)) || (w->has_ip && has_ip(d, &w->ip)) || (w->has_id && d->id == w->id) ||
               is_called(d, w->text);
}

size_t inventory_find(const struct inventory *inventory, const char *name, const struct device **ret, size_t n) {
        struct wanted wanted = read_wanted(name);
        size_t found = 0;

        if (*name == '\0')
                return 0;
        for (size_t i = 0; i < inventory->n_entries; i++) {
                const struct device *d = &inventory->entries[i]->device;

                if (!is_wanted(d, &wanted))
                        continue;
                if (found < n)
                        ret[found] = d;
                found++;
        }
        return found;
}
