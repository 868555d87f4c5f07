/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "engine/detect/detector.h"

/* All detectors with their states, and the ledger that they report to. */

struct detection;

struct detection_config {
        struct inventory *inventory; /* must outlive it */
        const struct peer_names *names; /* so must they */
        struct detect_settings settings;
        uint64_t settle;         /* see struct engine_config */
        uint64_t learning_until;
        uint64_t first_alert_id;
        bool (*find_flow)(void *userdata, const struct contact *contact, struct flow_record *ret); /* see struct detect_host */
        void *userdata; /* of find_flow */
};

struct detection_counters {
        uint64_t new_devices_suppressed;
        struct alert_ledger_counters alerts;
};

int detection_new(struct detection **ret, const struct detection_config *config, const struct alert_ledger_ops *ops); /* -ENOMEM */
struct detection *detection_free(struct detection *detection);

void detection_device_changed(struct detection *detection, const struct device *device, uint32_t changes, uint64_t now);
void detection_device_removed(struct detection *detection, const struct device *device);
void detection_fact(struct detection *detection, const struct fact *fact);
/* Does any detector look at a fact that begins like `head`, kind and all but its value? */
bool detection_wants(const struct detection *detection, const struct fact *head);
void detection_contact(struct detection *detection, const struct contact *contact);
void detection_flow(struct detection *detection, const struct flow_summary *flow);
/* The same flow, with all that is known of it: needed only if it says so. */
void detection_record(struct detection *detection, const struct flow_record *record);
bool detection_wants_records(const struct detection *detection);
void detection_advance(struct detection *detection, uint64_t now, bool flush);
/* Lessons: what changed since the last time, or all; one that comes back; and the end of those about a device. */
void detection_remember(struct detection *detection, bool all, lesson_take_fn take, void *userdata);
bool detection_recall(struct detection *detection, const struct lesson *lesson, uint64_t now);
void detection_forget(struct detection *detection, const struct mac_address *mac);
uint64_t detection_next_deadline(const struct detection *detection);

void detection_set_settings(struct detection *detection, const struct detect_settings *settings);
void detection_set_learning_until(struct detection *detection, uint64_t until);
void detection_set_settle(struct detection *detection, uint64_t settle);
/* Stays the caller's; NULL: none. */
void detection_set_model(struct detection *detection, struct model *model);
struct alert_ledger *detection_ledger(struct detection *detection);
void detection_get_counters(const struct detection *detection, struct detection_counters *ret);
