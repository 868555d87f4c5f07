/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Evidence -> classification, by the rules; and the vendor that the address was registered to. */

#include <stdlib.h>
#include <string.h>

#include "engine/inventory/inventory-private.h"

/* What was not repeated for long weighs less. */
static uint8_t weight_of(const struct device *d, const struct evidence *e) {
        static const uint64_t day = 24 * 3600 * NSEC_PER_SEC;
        uint64_t age = d->last_seen > e->last_seen ? d->last_seen - e->last_seen : 0;

        return age < 7 * day ? 100 : age < 30 * day ? 80 : 60;
}

static size_t list_evidence(const struct device *d, struct classify_evidence *list) {
        size_t n = d->n_evidence;

        for (size_t i = 0; i < n; i++) {
                const struct evidence *e = &d->evidence[i];

                list[i] = (struct classify_evidence) { e->kind, e->voice, e->value, e->unknown ? 0 : weight_of(d, e) };
        }
        if (d->oui_vendor)
                list[n++] = (struct classify_evidence) { _FACT_KIND_INVALID, VOICE_SELF, d->oui_vendor, 100 };
        return n;
}

static bool is_empty(const struct classification *c) {
        return c->type == TYPE_UNKNOWN && c->n_reasons == 0 && !*c->vendor && !*c->model && !*c->os;
}

/* The same in what is shown; the reasons may have moved. */
static bool is_same(const struct classification *a, const struct classification *b) {
        return a->type == b->type && a->type_confidence == b->type_confidence && strcmp(a->vendor, b->vendor) == 0 &&
               strcmp(a->model, b->model) == 0 && strcmp(a->os, b->os) == 0 && a->n_reasons == b->n_reasons;
}

void entry_classify(struct inventory *inventory, struct entry *entry) {
        struct classify_evidence list[DEVICE_EVIDENCE_MAX + 1];
        struct classification class = {};
        struct device *d = &entry->device;
        bool changed;

        if (inventory->rules)
                classify(inventory->rules, inventory->matches, list, list_evidence(d, list), &class);
        if (is_empty(&class)) {
                changed = d->class != NULL;
                free(d->class);
                d->class = NULL;
        } else {
                changed = !d->class || !is_same(d->class, &class);
                if (!d->class)
                        d->class = malloc(sizeof *d->class);
                if (d->class)
                        *d->class = class;
        }
        if (changed && !entry->fresh)
                entry->changes |= CHANGE_CLASS;
}

void entry_set_vendor(struct inventory *inventory, struct entry *entry) {
        struct device *d = &entry->device;
        const char *vendor = NULL;

        for (size_t i = 0; !vendor && i < d->n_macs; i++)
                vendor = vendor_db_lookup(inventory->vendors, &d->macs[i].address);
        free(d->oui_vendor);
        d->oui_vendor = vendor ? strdup(vendor) : NULL;
        entry->class_stale = true;
}
