/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/macro.h"
#include "engine/inventory/inventory.h"

/* An inventory for tests that writes down what it tells, and facts made by hand. */

#define T0 (UINT64_C(1700000000) * NSEC_PER_SEC)
#define SEC NSEC_PER_SEC

struct fixture {
        struct inventory *inventory;
        uint64_t now; /* stamps the next fact */
        unsigned added, changed, removed;
        uint32_t changes; /* all since they were cleared */
        uint64_t successor;
};

static inline void fixture_added(void *userdata, const struct device *device _unused_) {
        ((struct fixture *) userdata)->added++;
}

static inline void fixture_changed(void *userdata, const struct device *device _unused_, uint32_t changes) {
        struct fixture *f = userdata;

        f->changed++;
        f->changes |= changes;
}

static inline void fixture_removed(void *userdata, const struct device *device _unused_, uint64_t successor) {
        struct fixture *f = userdata;

        f->removed++;
        f->successor = successor;
}

/* devices_max 0: the default limits */
static inline void fixture_init(struct fixture *f, uint32_t devices_max) {
        struct inventory_ops ops = { fixture_added, fixture_changed, fixture_removed, .userdata = f };
        struct inventory_config config;

        *f = (struct fixture) { .now = T0 };
        inventory_config_default(&config);
        if (devices_max > 0)
                config.devices_max = devices_max;
        if (inventory_new(&f->inventory, &config, &ops) < 0)
                abort();
}

static inline void fixture_done(struct fixture *f) {
        f->inventory = inventory_free(f->inventory);
}

static inline struct mac_address mac_of(const char *text) {
        struct mac_address mac = {};

        if (mac_parse(text, &mac) < 0)
                abort();
        return mac;
}

static inline struct ip_address ip_of(const char *text) {
        struct ip_address ip = {};

        if (text && ip_parse(text, &ip) < 0)
                abort();
        return ip;
}

/* A fact of `mac`, sent by itself from `ip` (NULL: none), that cannot have crossed a router. */
static inline struct fact fact_of(const struct fixture *f, const char *mac, const char *ip, enum fact_kind kind,
                                  const char *value) {
        return (struct fact) {
                .ts = f->now,
                .kind = kind,
                .flags = FACT_HAS_MAC | FACT_LINK_SCOPED,
                .mac = mac_of(mac),
                .source = mac_of(mac),
                .ip = ip_of(ip),
                .value = value,
                .value_length = (uint32_t) strlen(value),
        };
}

static inline void say(struct fixture *f, const char *mac, const char *ip, enum fact_kind kind, const char *value) {
        struct fact fact = fact_of(f, mac, ip, kind, value);

        inventory_take_fact(f->inventory, &fact);
}

static inline void say_flags(struct fixture *f, const char *mac, const char *ip, enum fact_kind kind, const char *value,
                             uint16_t set, uint16_t clear) {
        struct fact fact = fact_of(f, mac, ip, kind, value);

        fact.flags = (uint16_t) ((fact.flags | set) & ~clear);
        inventory_take_fact(f->inventory, &fact);
}

/* An ARP message of `mac`, who has `ip`. */
static inline void arp(struct fixture *f, const char *mac, const char *ip) {
        char value[MAC_STRING_MAX + IP_STRING_MAX];

        snprintf(value, sizeof value, "%s %s", mac, ip);
        say(f, mac, ip, FACT_ARP_SENDER, value);
}

static inline void sight(struct fixture *f, const char *mac) {
        struct sighting sighting = { .mac = mac_of(mac), .first = f->now, .last = f->now,
                                     .traffic = { .packets_sent = 1, .bytes_sent = 60 } };

        inventory_take_sighting(f->inventory, &sighting);
}

static inline void pass(struct fixture *f, uint64_t seconds) {
        f->now += seconds * SEC;
        inventory_advance(f->inventory, f->now);
}

static inline const struct device *device_at(const struct fixture *f, const char *mac) {
        struct mac_address address = mac_of(mac);

        return inventory_get_by_mac(f->inventory, &address);
}

static inline size_t count_devices(const struct fixture *f) {
        size_t position = 0, n = 0;

        while (inventory_next(f->inventory, &position))
                n++;
        return n;
}

static inline const struct network *first_network(const struct fixture *f) {
        size_t position = 0;

        return inventory_next_network(f->inventory, &position);
}
