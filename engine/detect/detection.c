/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Hands to each detector what it asked for. */

#include "engine/detect/detection.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Who wants to hear of one kind of fact or contact, and who of all flows: few do. */
struct hooked {
        uint8_t at[DETECTOR_MAX];
        size_t n;
};

struct detection {
        struct inventory *inventory;
        struct detect_settings settings;
        struct detect_host host;
        const struct detector *const *detectors;
        size_t n;
        void *states[DETECTOR_MAX];
        struct hooked facts[_FACT_KIND_MAX], contacts[_CONTACT_KIND_MAX], flows, records, devices;
};

static void set_known(void *userdata, uint64_t device) {
        struct detection *d = userdata;

        inventory_set_known(d->inventory, device);
}

static void hook(struct hooked *hooked, size_t i) {
        hooked->at[hooked->n++] = (uint8_t) i;
}

static void hook_all(struct detection *d, size_t i) {
        const struct detector *detector = d->detectors[i];

        for (size_t k = 0; detector->fact && k < detector->n_fact_kinds; k++)
                hook(&d->facts[detector->fact_kinds[k]], i);
        for (size_t k = 0; detector->contact && k < _CONTACT_KIND_MAX; k++)
                if (detector->contact_kinds >> k & 1)
                        hook(&d->contacts[k], i);
        if (detector->flow)
                hook(&d->flows, i);
        if (detector->record)
                hook(&d->records, i);
        if (detector->device_changed)
                hook(&d->devices, i);
}

static int make_detectors(struct detection *d) {
        int r = 0;

        d->detectors = detectors_get(&d->n);
        for (size_t i = 0; r >= 0 && i < d->n; i++) {
                if (d->detectors[i]->init)
                        r = d->detectors[i]->init(&d->states[i]);
                hook_all(d, i);
        }
        return r;
}

int detection_new(struct detection **ret, const struct detection_config *config, const struct alert_ledger_ops *ops) {
        struct detection *d = calloc(1, sizeof *d);
        int r;

        if (!d)
                return -ENOMEM;
        d->inventory = config->inventory;
        d->settings = config->settings;
        d->host = (struct detect_host) {
                .inventory = config->inventory,
                .names = config->names,
                .settings = &d->settings,
                .settle = config->settle,
                .learning_until = config->learning_until,
                .set_known = set_known,
                .userdata = d,
                .find_flow = config->find_flow,
                .flows = config->userdata,
        };
        r = alert_ledger_new(&d->host.ledger, config->first_alert_id, ops);
        if (r >= 0)
                r = make_detectors(d);
        if (r < 0) {
                detection_free(d);
                return r;
        }
        alert_ledger_set_cool_down(d->host.ledger, detect_setting(&d->host, COOL_DOWN));
        *ret = d;
        return 0;
}

struct detection *detection_free(struct detection *d) {
        if (!d)
                return NULL;
        for (size_t i = 0; i < d->n; i++)
                if (d->detectors[i]->free)
                        d->detectors[i]->free(d->states[i]);
        alert_ledger_free(d->host.ledger);
        free(d);
        return NULL;
}

void detection_device_changed(struct detection *d, const struct device *device, uint32_t changes, uint64_t now) {
        for (size_t k = 0; k < d->devices.n; k++) {
                size_t i = d->devices.at[k];

                if (changes & d->detectors[i]->device_changes)
                        d->detectors[i]->device_changed(d->states[i], &d->host, device, now);
        }
}

void detection_device_removed(struct detection *d, const struct device *device) {
        for (size_t i = 0; i < d->n; i++)
                if (d->detectors[i]->device_removed)
                        d->detectors[i]->device_removed(d->states[i], device);
}

void detection_fact(struct detection *d, const struct fact *fact) {
        const struct hooked *hooked = &d->facts[fact->kind];

        for (size_t k = 0; k < hooked->n; k++) {
                size_t i = hooked->at[k];

                d->detectors[i]->fact(d->states[i], &d->host, fact);
        }
}

bool detection_wants(const struct detection *d, const struct fact *head) {
        const struct hooked *hooked = &d->facts[head->kind];

        for (size_t k = 0; k < hooked->n; k++) {
                const struct detector *detector = d->detectors[hooked->at[k]];

                if (!detector->wants || detector->wants(&d->host, head))
                        return true;
        }
        return false;
}

void detection_contact(struct detection *d, const struct contact *contact) {
        const struct hooked *hooked = &d->contacts[contact->kind];

        for (size_t k = 0; k < hooked->n; k++) {
                size_t i = hooked->at[k];

                d->detectors[i]->contact(d->states[i], &d->host, contact);
        }
}

void detection_flow(struct detection *d, const struct flow_summary *flow) {
        for (size_t k = 0; k < d->flows.n; k++) {
                size_t i = d->flows.at[k];

                d->detectors[i]->flow(d->states[i], &d->host, flow);
        }
}

void detection_record(struct detection *d, const struct flow_record *record) {
        for (size_t k = 0; k < d->records.n; k++) {
                size_t i = d->records.at[k];

                d->detectors[i]->record(d->states[i], &d->host, record);
        }
}

bool detection_wants_records(const struct detection *d) {
        return d->host.model;
}

void detection_advance(struct detection *d, uint64_t now, bool flush) {
        for (size_t i = 0; i < d->n; i++)
                if (d->detectors[i]->advance)
                        d->detectors[i]->advance(d->states[i], &d->host, now, flush);
        alert_ledger_advance(d->host.ledger, d->inventory, now, flush);
}

uint64_t detection_next_deadline(const struct detection *d) {
        uint64_t next = alert_ledger_next_deadline(d->host.ledger);

        for (size_t i = 0; i < d->n; i++)
                if (d->detectors[i]->next_deadline)
                        next = MIN(next, d->detectors[i]->next_deadline(d->states[i]));
        return next;
}

void detection_set_settings(struct detection *d, const struct detect_settings *settings) {
        d->settings = *settings;
        alert_ledger_set_cool_down(d->host.ledger, detect_setting(&d->host, COOL_DOWN));
}

void detection_set_learning_until(struct detection *d, uint64_t until) {
        d->host.learning_until = until;
}

void detection_set_settle(struct detection *d, uint64_t settle) {
        d->host.settle = settle;
}

struct alert_ledger *detection_ledger(struct detection *d) {
        return d->host.ledger;
}

void detection_get_counters(const struct detection *d, struct detection_counters *ret) {
        *ret = (struct detection_counters) { .new_devices_suppressed = d->host.suppressed };
        alert_ledger_get_counters(d->host.ledger, &ret->alerts);
}

void detection_set_model(struct detection *d, struct model *model) {
        d->host.model = model;
}

void detection_remember(struct detection *d, bool all, lesson_take_fn take, void *userdata) {
        for (size_t i = 0; i < d->n; i++)
                if (d->detectors[i]->remember)
                        d->detectors[i]->remember(d->states[i], all, take, userdata);
}

bool detection_recall(struct detection *d, const struct lesson *lesson, uint64_t now) {
        for (size_t i = 0; i < d->n; i++)
                if (d->detectors[i]->recall && strcmp(d->detectors[i]->name, lesson->detector) == 0)
                        return d->detectors[i]->recall(d->states[i], lesson, now);
        return false;
}

void detection_forget(struct detection *d, const struct mac_address *mac) {
        for (size_t i = 0; i < d->n; i++)
                if (d->detectors[i]->forget)
                        d->detectors[i]->forget(d->states[i], mac);
}
