/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/detect/alert-ledger.h"
#include "engine/detect/alert.h"
#include "engine/detect/detect-settings.h"
#include "engine/detect/lesson.h"
#include "engine/fact.h"
#include "engine/flow/contact.h"
#include "engine/flow/flow-record.h"
#include "engine/inventory/inventory.h"
#include "engine/inventory/peer-names.h"

/* A detector watches devices, facts, contacts and flows, and reports what it finds. It is a table row (detectors.c) with a
 * state of its own, of bounded size; time is packet time, which may step back. Every hook may be NULL. */

struct model;

struct detect_host {
        const struct inventory *inventory; /* as it was before the fact at hand */
        const struct peer_names *names;
        const struct detect_settings *settings;
        struct alert_ledger *ledger;
        struct model *model;     /* rates flows; NULL: there is none */
        uint64_t settle;         /* ns */
        uint64_t learning_until; /* ns since the epoch */
        uint64_t suppressed;     /* counts new devices held back by a limit */
        void (*set_known)(void *userdata, uint64_t device); /* only in advance(): inventory_set_known() */
        void *userdata;
        /* Only in advance(): the flow that a contact belongs to, as it is now. False: it is over, or flows are not kept. */
        bool (*find_flow)(void *userdata, const struct contact *contact, struct flow_record *ret);
        void *flows;
};

struct detector {
        const char *name;
        /* Its state; one that has none has neither. */
        int (*init)(void **ret_state);
        void (*free)(void *state); /* NULL is fine */
        /* A device is new (changes: all bits) or changed in one of these ways (CHANGE_…). */
        uint32_t device_changes;
        void (*device_changed)(void *state, struct detect_host *host, const struct device *device, uint64_t now);
        void (*device_removed)(void *state, const struct device *device);
        /* A fact, before the inventory learns of it, of these kinds. */
        void (*fact)(void *state, struct detect_host *host, const struct fact *fact);
        const enum fact_kind *fact_kinds;
        size_t n_fact_kinds;
        /* Does it look at a fact that begins like this one, whatever it says? Asked of facts that nobody else would take, before
         * they are made. NULL: at all. */
        bool (*wants)(const struct detect_host *host, const struct fact *head);
        /* A contact of these kinds, a bit each: CONTACT_BIT(SYN) | … */
        uint32_t contact_kinds;
        void (*contact)(void *state, struct detect_host *host, const struct contact *contact);
        /* A flow is over, or (`end` is FLOW_END_IDLE and the like) thought so. */
        void (*flow)(void *state, struct detect_host *host, const struct flow_summary *flow);
        /* The same, with all that is known of it, where there is a model to rate it. */
        void (*record)(void *state, struct detect_host *host, const struct flow_record *record);
        /* It is `now`, about once a second; at the end of a capture (`flush`) nothing more will come, so nothing is waited
         * for. Only here the inventory may be changed. */
        void (*advance)(void *state, struct detect_host *host, uint64_t now, bool flush);
        /* When advance() is next needed; UINT64_MAX: never. */
        uint64_t (*next_deadline)(const void *state);
        /* What it learned over days (lesson.h). Tells what changed since the last time, or all; takes one back, when nothing was
         * seen yet (false: it makes no sense; no time in it is later than `now`); drops what is about one device. All three, or none. */
        void (*remember)(void *state, bool all, lesson_take_fn take, void *userdata);
        bool (*recall)(void *state, const struct lesson *lesson, uint64_t now);
        void (*forget)(void *state, const struct mac_address *mac);
};

#define DETECTOR_MAX 48
#define CHANGE_NEW (UINT32_C(1) << 31) /* among the changes of a device that is new, and of no other */
#define CONTACT_BIT(kind) (UINT32_C(1) << CONTACT_##kind)
/* Both fields, of an array. */
#define FACT_KINDS_OF(array) .fact_kinds = (array), .n_fact_kinds = ELEMENTSOF(array)

const struct detector *const *detectors_get(size_t *ret_n);

extern const struct detector new_device_detector;
extern const struct detector address_claims_detector;
extern const struct detector dhcp_servers_detector;
extern const struct detector dhcp6_servers_detector;
extern const struct detector dhcp_flood_detector;
extern const struct detector router_adverts_detector;
extern const struct detector name_answers_detector;
extern const struct detector arp_sweep_detector;
extern const struct detector mac_flood_detector;
extern const struct detector mac_cloned_detector;
extern const struct detector scan_detector;
extern const struct detector syn_flood_detector;
extern const struct detector packet_flood_detector;
extern const struct detector brute_force_detector;
extern const struct detector dns_tunnel_detector;
extern const struct detector dga_names_detector;
extern const struct detector device_returned_detector;
extern const struct detector identity_changed_detector;
extern const struct detector new_service_detector;
extern const struct detector beaconing_detector;
extern const struct detector volume_detector;
extern const struct detector unusual_contact_detector;
extern const struct detector flow_model_detector;

/* A switch or threshold, as configured. */
#define detect_setting(host, id) ((host)->settings->values[DETECT_##id])

/* Did the user say so of the device that has the MAC? */
static inline bool detect_is_trusted(const struct detect_host *host, const struct mac_address *mac) {
        const struct device *d = inventory_get_by_mac(host->inventory, mac);

        return d && d->user.trusted;
}
