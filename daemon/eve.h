/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "daemon/eve-type.h"
#include "engine/detect/alert.h"
#include "engine/flow/flow-record.h"
#include "engine/inventory/inventory.h"
#include "engine/inventory/peer-names.h"

/* Events as Suricata's EVE log has them, one JSON object a line, so that what reads that log reads this one: what was
 * said in a connection or a message, connections that ended, alerts; and devices, which are lanscope's own. Time is that
 * of packets. What the two sides of a connection say comes together in one event: it waits up to EVE_PATIENCE for the
 * other side, in a table of bounded size, of which the oldest is told early when it is full. */

#define EVE_PATIENCE (2 * NSEC_PER_SEC)
#define EVE_PENDING_MAX 1024

struct eve;

struct eve_ops {
        void (*event)(void *userdata, enum eve_type type, const char *line, size_t length);
        /* What an interface is called; NULL or "": not known. 0 asks for the one of flows. May be NULL. */
        const char *(*interface)(void *userdata, uint32_t ifindex);
        void *userdata;
};

struct eve_config {
        uint32_t types; /* EVE_MASK() of those that are wanted */
        struct flow_hasher *hasher;        /* borrowed */
        const struct inventory *inventory; /* borrowed; NULL: no device is known */
        const struct peer_names *names;    /* borrowed; NULL: none */
};

struct eve_counters {
        uint64_t events;
        uint64_t early;   /* told before the other side had its time, to make room */
        uint64_t cut;     /* events that would not hold all that was said */
        uint64_t failed;  /* no memory for them */
};

enum eve_device_event { EVE_DEVICE_ADDED, EVE_DEVICE_CHANGED };

int eve_new(struct eve **ret, const struct eve_config *config, const struct eve_ops *ops);
/* What waits is not told: see eve_flush(). */
struct eve *eve_free(struct eve *eve);
DEFINE_CLEANUP(struct eve *, eve_free)

/* Where devices and names are from now on; what waits should be told before: eve_flush(). */
void eve_set_knowledge(struct eve *eve, const struct inventory *inventory, const struct peer_names *names);
/* Others are wanted from now on. */
void eve_set_types(struct eve *eve, uint32_t types);
void eve_take_fact(struct eve *eve, const struct fact *fact);
/* That ended. */
void eve_take_flow(struct eve *eve, const struct flow_record *record);
/* `raised`: it is new; else there is news of it, which is an event of lanscope's own, for an alert is told once. */
void eve_take_alert(struct eve *eve, const struct alert *alert, bool raised);
/* At `ts`, ns since the epoch. */
void eve_take_device(struct eve *eve, const struct device *device, enum eve_device_event event, uint64_t ts);
/* The same of one of which nothing but its id is left. */
void eve_take_device_gone(struct eve *eve, uint64_t id, uint64_t ts);

/* It is `now`, ns since the epoch: tells what has waited long enough. */
void eve_advance(struct eve *eve, uint64_t now);
/* The message that was read last is complete. */
void eve_settle(struct eve *eve);
/* Tells all that waits. */
void eve_flush(struct eve *eve);
/* When eve_advance() is next needed; UINT64_MAX: never. */
uint64_t eve_next_deadline(const struct eve *eve);
void eve_get_counters(const struct eve *eve, struct eve_counters *ret);
