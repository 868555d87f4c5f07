/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/detect/alert-exception.h"
#include "engine/detect/alert.h"
#include "engine/inventory/inventory.h"

/* Findings of detectors -> alerts. What is found again within the cool-down counts on the alert that was raised and is
 * not told anew; what was not found for that long is resolved. What an exception holds for is not told at all.
 *
 * Bounded: LEDGER_MAX alerts are kept at a time, the one that was quiet longest leaves; and of each kind only so many
 * are raised in a row. Findings beyond either are counted as suppressed. */

#define LEDGER_MAX 512

struct finding {
        enum alert_kind kind;
        enum alert_severity severity;
        uint64_t ts;            /* ns since the epoch, packet time */
        struct mac_address mac; /* of the offender; zero: of nobody's in particular */
        struct ip_address ip;   /* that the offender used; family 0: none */
        uint64_t patience;      /* ns: what is rare by nature is over after so long, if that is more than the cool-down */
        uint64_t key;           /* findings of the same kind, offender and key are one alert */
        const char *peer;       /* "" for none */
        const char *predicate;  /* the sentence without its subject, as in "scans 192.0.2.1." */
        const char *details;    /* a JSON object */
};

enum alert_change {
        ALERT_CHANGE_COUNT = 1 << 0,    /* count, last, message, details */
        ALERT_CHANGE_SEVERITY = 1 << 1, /* it rose: worth telling anew */
        ALERT_CHANGE_STATE = 1 << 2,
};

struct alert_ledger_ops {
        void (*raised)(void *userdata, const struct alert *alert);
        void (*changed)(void *userdata, const struct alert *alert, uint32_t changes);
        void *userdata;
};

struct alert_ledger_counters {
        uint64_t raised, repeated;
        uint64_t muted;      /* findings that an exception held for */
        uint64_t suppressed; /* findings beyond a limit */
};

struct alert_ledger;

/* -ENOMEM. `next_id`: of the next alert, at least 1. */
int alert_ledger_new(struct alert_ledger **ret, uint64_t next_id, const struct alert_ledger_ops *ops);
struct alert_ledger *alert_ledger_free(struct alert_ledger *ledger);

void alert_ledger_set_cool_down(struct alert_ledger *ledger, uint64_t cool_down); /* ns */
/* Copies them; those of the same id keep their hits. -E2BIG, -ENOMEM. */
int alert_ledger_set_exceptions(struct alert_ledger *ledger, const struct alert_exception *exceptions, size_t n);
/* With their hits. */
const struct alert_exception *alert_ledger_exceptions(const struct alert_ledger *ledger, size_t *ret_n);

/* Notes a finding; it is told by the next alert_ledger_advance(), when its device is known. */
void alert_ledger_take(struct alert_ledger *ledger, const struct finding *finding);
/* Raises an alert at once, without looking whether it was raised before. Its id, state, count and times are set here.
 * False: an exception held for it. */
bool alert_ledger_raise(struct alert_ledger *ledger, const struct alert *alert);
/* It is `now`; `flush`: the capture ends, counts are told whether or not it is time. */
void alert_ledger_advance(struct alert_ledger *ledger, const struct inventory *inventory, uint64_t now, bool flush);
/* When alert_ledger_advance() is next needed; UINT64_MAX: never. */
uint64_t alert_ledger_next_deadline(const struct alert_ledger *ledger);
void alert_ledger_get_counters(const struct alert_ledger *ledger, struct alert_ledger_counters *ret);
