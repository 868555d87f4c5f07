/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Vendor names of MAC addresses through sd-hwdb. The database is a file mapped into memory: a look-up walks a trie
 * and touches pages, so the few vendors that a network really has are kept in a small cache. */

#include "engine/classify/vendor.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <systemd/sd-hwdb.h>

#include "common/macro.h"

/* A power of two; a home has about thirty vendors. */
#define CACHE_SLOTS 64
/* The longest prefix that the IEEE hands out (MA-S): all addresses under it have one vendor. */
#define PREFIX_BITS 36

struct vendor_slot {
        uint64_t prefix; /* plus 1, so that 0 is an empty slot */
        const char *name;
};

struct vendor_db {
        sd_hwdb *hwdb;
        struct vendor_slot cache[CACHE_SLOTS];
};

int vendor_db_new(struct vendor_db **ret) {
        struct vendor_db *db = calloc(1, sizeof *db);
        int r;

        if (!db)
                return -ENOMEM;
        r = sd_hwdb_new(&db->hwdb);
        if (r < 0) {
                vendor_db_free(db);
                return r;
        }
        *ret = db;
        return 0;
}

struct vendor_db *vendor_db_free(struct vendor_db *db) {
        if (!db)
                return NULL;
        sd_hwdb_unref(db->hwdb);
        free(db);
        return NULL;
}

/* Prefixes that hypervisors hand out without the registry: locally administered, but not random. */
static const char *local_vendor(const struct mac_address *mac) {
        static const struct {
                uint8_t prefix[3];
                const char *name;
        } vendors[] = {
                { { 0x52, 0x54, 0x00 }, "QEMU" },
                { { 0xfe, 0x54, 0x00 }, "QEMU" }, /* the host's end of libvirt's cable */
                { { 0x0a, 0x00, 0x27 }, "VirtualBox" }, /* the host's end of its own networks */
                { { 0x02, 0x42, 0xac }, "Docker" }, /* 172.16.0.0/12 behind it, in hexadecimal */
        };

        for (size_t i = 0; i < ELEMENTSOF(vendors); i++)
                if (memcmp(mac->bytes, vendors[i].prefix, sizeof vendors[i].prefix) == 0)
                        return vendors[i].name;
        return NULL;
}

bool vendor_is_random(const struct mac_address *mac) {
        return mac_is_locally_administered(mac) && !local_vendor(mac);
}

static const char *look_up(sd_hwdb *hwdb, const struct mac_address *mac) {
        const uint8_t *b = mac->bytes;
        const char *name = NULL;
        char modalias[sizeof("OUI:001122334455")];

        snprintf(modalias, sizeof modalias, "OUI:%02X%02X%02X%02X%02X%02X", b[0], b[1], b[2], b[3], b[4], b[5]);
        if (sd_hwdb_get(hwdb, modalias, "ID_OUI_FROM_DATABASE", &name) < 0 || !*name)
                return NULL;
        return name;
}

/* 00:00:00 to 00:00:09 are Xerox' of 1980. Nobody sells cards with them any more, but bridges, loopbacks and test gear
 * that count their addresses up from nought have them. */
static bool is_made_up(const struct mac_address *mac) {
        return mac->bytes[0] == 0 && mac->bytes[1] == 0 && mac->bytes[2] < 10;
}

const char *vendor_db_lookup(struct vendor_db *db, const struct mac_address *mac) {
        struct vendor_slot *slot;
        uint64_t prefix = 0;

        if (mac_is_group(mac) || is_made_up(mac))
                return NULL;
        if (mac_is_locally_administered(mac))
                return local_vendor(mac);
        if (!db)
                return NULL;
        for (size_t i = 0; i < sizeof mac->bytes; i++)
                prefix = prefix << 8 | mac->bytes[i];
        prefix = (prefix >> (48 - PREFIX_BITS)) + 1;
        slot = &db->cache[(prefix ^ prefix >> 12) % CACHE_SLOTS];
        if (slot->prefix != prefix)
                *slot = (struct vendor_slot) { prefix, look_up(db->hwdb, mac) };
        return slot->name;
}
