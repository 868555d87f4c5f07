/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Devices by what a person may call them. */

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "engine/inventory/inventory-private.h"

enum match { MATCH_NONE, MATCH_PARTIAL, MATCH_EXACT };

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

static enum match match_text(const char *text, const char *wanted) {
        if (strcasecmp(text, wanted) == 0)
                return MATCH_EXACT;
        return strcasestr(text, wanted) ? MATCH_PARTIAL : MATCH_NONE;
}

static enum match match_device(const struct device *d, const struct wanted *w) {
        enum match best = MATCH_NONE;

        if ((w->has_mac && has_mac(d, &w->mac)) || (w->has_ip && has_ip(d, &w->ip)) || (w->has_id && d->id == w->id))
                return MATCH_EXACT;
        if (d->user.label)
                best = match_text(d->user.label, w->text);
        for (size_t i = 0; i < d->n_names && best < MATCH_EXACT; i++)
                best = MAX(best, match_text(d->names[i].value, w->text));
        return best;
}

size_t inventory_find(const struct inventory *inventory, const char *name, const struct device **ret, size_t n) {
        struct wanted wanted = read_wanted(name);
        enum match best = MATCH_PARTIAL;
        size_t found = 0;

        if (*name == '\0')
                return 0;
        for (size_t i = 0; i < inventory->n_entries; i++) {
                const struct device *d = &inventory->entries[i]->device;
                enum match match = match_device(d, &wanted);

                if (match < best)
                        continue;
                if (match > best)
                        found = 0;
                best = match;
                if (found < n)
                        ret[found] = d;
                found++;
        }
        return found;
}
