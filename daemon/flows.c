/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* For each flow number of the engine's table: what was told of it before, and its rate then. A number stands for
 * another flow when the time at which it began is another. */

#include "daemon/flows.h"

#include <errno.h>
#include <stdlib.h>

#include "common/scale.h"
#include "engine/flow/flow-pool.h"

struct meter {
        uint64_t first;   /* of the flow that this is about; 0: none */
        uint64_t bytes[2];
        uint32_t packets[2]; /* the low words will do: a round is too short for more */
        uint64_t rate;    /* bit/s in the round before */
        uint64_t at;      /* when that was */
};

/* Less than so much of a round does not tell a rate. */
#define RATE_SPAN (2 * NSEC_PER_SEC)

_Static_assert(sizeof(struct meter) == 48, "as flows.h says");

struct flows {
        struct flows_ops ops;
        struct meter *meters; /* by number */
        size_t n_meters;
        struct flow_item *recent; /* a ring */
        size_t n_recent, next_recent;
        uint64_t round, due; /* the last one, the next one */
        uint64_t begin;      /* of what the next one will tell of: the first traffic after the last one */
};

int flows_new(struct flows **ret, uint32_t flows_max, const struct flows_ops *ops) {
        _cleanup_(flows_freep) struct flows *f = calloc(1, sizeof *f);

        if (!f)
                return -ENOMEM;
        f->ops = *ops;
        f->due = UINT64_MAX;
        f->n_meters = (size_t) flows_max * 2 + 1; /* of either family, from 1 */
        f->meters = flow_memory_map(f->n_meters * sizeof *f->meters);
        f->recent = flow_memory_map(FLOWS_RECENT_MAX * sizeof *f->recent);
        if (!f->meters || !f->recent)
                return -ENOMEM;
        *ret = TAKE_PTR(f);
        return 0;
}

struct flows *flows_free(struct flows *f) {
        if (!f)
                return NULL;
        flow_memory_unmap(f->meters, f->n_meters * sizeof *f->meters);
        flow_memory_unmap(f->recent, FLOWS_RECENT_MAX * sizeof *f->recent);
        free(f);
        return NULL;
}

static struct meter *meter_of(struct flows *f, const struct flow_record *record) {
        struct meter *m = record->number < f->n_meters ? &f->meters[record->number] : NULL;

        if (m && m->first != record->first)
                *m = (struct meter) { .first = record->first };
        return m;
}

/* bit/s over `span`, at least a second. */
static uint64_t rate_of(uint64_t bytes, uint64_t span) {
        return scale_u64(bytes, 8 * NSEC_PER_SEC, MAX(span, NSEC_PER_SEC));
}

/* What came since the last round. */
static struct flow_moved moved_since(const struct meter *m, const struct flow_record *record) {
        struct flow_moved moved;

        for (unsigned i = 0; i < 2; i++) {
                moved.bytes[i] = record->directions[i].bytes - m->bytes[i];
                moved.packets[i] = (uint32_t) record->directions[i].packets - m->packets[i];
        }
        return moved;
}

static void tell(struct flows *f, struct meter *m, const struct flow_record *record, uint64_t now) {
        struct flow_moved moved = moved_since(m, record);

        if (moved.packets[0] == 0 && moved.packets[1] == 0)
                return;
        if (f->ops.moved)
                f->ops.moved(f->ops.userdata, record, &moved, now);
        for (unsigned i = 0; i < 2; i++) {
                m->bytes[i] = record->directions[i].bytes;
                m->packets[i] = (uint32_t) record->directions[i].packets;
        }
}

void flows_take_ended(struct flows *f, const struct flow_record *record) {
        struct meter *m = meter_of(f, record);

        if (m) {
                tell(f, m, record, record->last);
                m->first = 0;
        }
        f->recent[f->next_recent] = (struct flow_item) { .record = *record };
        f->next_recent = (f->next_recent + 1) % FLOWS_RECENT_MAX;
        f->n_recent = MIN(f->n_recent + 1, (size_t) FLOWS_RECENT_MAX);
}

void flows_touch(struct flows *f, uint64_t now) {
        if (f->due != UINT64_MAX)
                return;
        f->begin = MAX(now, f->round);
        f->due = f->begin + FLOWS_INTERVAL;
}

uint64_t flows_deadline(const struct flows *f) {
        return f->due;
}

uint64_t flows_begin(const struct flows *f) {
        return f->begin;
}

struct round {
        struct flows *flows;
        uint64_t now;
};

static int take_active(void *userdata, const struct flow_record *record) {
        const struct round *round = userdata;
        struct flows *f = round->flows;
        struct meter *m = meter_of(f, record);
        struct flow_moved moved;

        if (!m)
                return 0;
        moved = moved_since(m, record);
        m->rate = rate_of(moved.bytes[0] + moved.bytes[1], round->now - MIN(MAX(record->first, f->begin), round->now));
        m->at = round->now;
        tell(f, m, record, round->now);
        return 0;
}

void flows_round(struct flows *f, struct engine *engine, uint64_t now) {
        /* What the kernel counted comes a little late. */
        uint64_t since = f->begin > FLOWS_INTERVAL ? f->begin - FLOWS_INTERVAL : 0;
        struct round round = { f, now };

        (void) engine_for_each_flow(engine, since, take_active, &round);
        f->round = now;
        f->due = UINT64_MAX;
}

struct query {
        struct flows *flows;
        const struct inventory *inventory;
        const struct flow_filter *filter;
        uint64_t device, now;
        struct flow_top *top;
};

static bool is_of_device(const struct query *q, const struct flow_record *record) {
        for (unsigned i = 0; q->device != 0 && i < 2; i++) {
                const struct flow_endpoint *e = &record->endpoints[i];
                const struct device *d = inventory_get_endpoint(q->inventory, &e->mac, &e->ip);

                if (d && d->id == q->device)
                        return true;
        }
        return q->device == 0;
}

/* Of the running round, where it tells enough; else of the one before, if that was just before. */
static uint64_t rate_now(struct flows *f, const struct flow_record *record, uint64_t now) {
        const struct meter *m = meter_of(f, record);
        uint64_t begin = MAX(record->first, f->begin), span = now > begin ? now - begin : 0;
        struct flow_moved moved;

        if (!m)
                return 0;
        if (f->due == UINT64_MAX || (span < RATE_SPAN && m->at > 0))
                return m->at == f->round && now - MIN(m->at, now) <= FLOWS_INTERVAL ? m->rate : 0;
        moved = moved_since(m, record);
        return rate_of(moved.bytes[0] + moved.bytes[1], span);
}

static int query_active(void *userdata, const struct flow_record *record) {
        const struct query *q = userdata;
        struct flow_item item;

        if (!flow_filter_matches(q->filter, record, true) || !is_of_device(q, record))
                return 0;
        item = (struct flow_item) { .record = *record, .rate = rate_now(q->flows, record, q->now), .active = true };
        return flow_top_offer(q->top, &item);
}

int flows_query(struct flows *f, struct engine *engine, const struct flow_filter *filter, uint64_t device,
                uint64_t now, struct flow_top *top) {
        struct query query = { f, engine_inventory(engine), filter, device, now, top };
        int r = filter->active == 0 ? 0 : engine_for_each_flow(engine, 0, query_active, &query);

        for (size_t i = 0; r >= 0 && i < f->n_recent; i++)
                if (flow_filter_matches(filter, &f->recent[i].record, false) &&
                    is_of_device(&query, &f->recent[i].record))
                        r = flow_top_offer(top, &f->recent[i]);
        return r;
}

int flows_for_each(struct flows *f, struct engine *engine,
                   int (*take)(void *userdata, const struct flow_record *record),
                   void *userdata) {
        size_t oldest = (f->next_recent + FLOWS_RECENT_MAX - f->n_recent) % FLOWS_RECENT_MAX;
        int r = 0;

        for (size_t i = 0; r >= 0 && i < f->n_recent; i++)
                r = take(userdata, &f->recent[(oldest + i) % FLOWS_RECENT_MAX].record);
        return r < 0 ? r : engine_for_each_flow(engine, 0, take, userdata);
}

void flows_get_counters(const struct flows *f, struct flows_counters *ret) {
        *ret = (struct flows_counters) { .recent = f->n_recent };
}
