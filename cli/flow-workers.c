/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A parcel of observations is all that goes from the reader to a worker, and it goes back when it was taken in: what is in
 * it belongs to one thread at a time. After each stretch of the file the reader waits until every worker is done, and
 * takes the flows that ended meanwhile. Time is set by the reader, so that all parts have the same one. */

#include "cli/flow-workers.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "common/macro.h"
#include "engine/flow/flow-observation.h"

/* Each part has addresses for all flows that there may be, and of addresses with 32 bits there are few. */
enum { PARTS = sizeof(void *) > 4 ? FLOW_WORKERS_MAX : 2, PARCEL = 256, PARCELS = 8, STRETCH = 1 << 16 };

enum order { ORDER_TAKE, ORDER_ADVANCE, ORDER_FLUSH, ORDER_END };

struct parcel {
        enum order order;
        unsigned n;
        uint8_t parts[PARCEL];
        struct flow_observation observations[PARCEL];
};

/* Flows that ended, of one part. */
struct ended {
        struct flow_record *records;
        size_t n, allocated;
        bool failed;
};

struct worker {
        pthread_t thread;
        bool started;
        struct flow_workers *owner;
        pthread_mutex_t lock;
        pthread_cond_t changed;
        /* Under the lock: parcels from `taken` on, up to but without `given`, wait; both only ever grow. */
        uint64_t given, taken;
        struct parcel parcels[PARCELS];
};

struct flow_workers {
        struct worker workers[FLOW_WORKERS_MAX];
        unsigned n;
        struct flow_table *tables[PARTS];
        struct ended ended[PARTS];
        struct packet_decoder *decoder;
        struct flow_table_ops ops;
        uint64_t now;    /* of frames that are a flow's */
        uint64_t latest; /* of others: at the end it is known what was idle then */
        size_t frames; /* of this stretch */
        uint64_t flows_max, unanswered_max, flows, unanswered; /* of all parts */
        bool alone;    /* the reader takes this stretch in by itself */
};

static void take_ended(void *userdata, const struct flow_record *record) {
        struct ended *e = userdata;

        if (e->n == e->allocated) {
                size_t n = e->allocated ? e->allocated * 2 : 64;
                struct flow_record *grown = realloc(e->records, n * sizeof *grown);

                if (!grown) {
                        e->failed = true;
                        return;
                }
                e->records = grown;
                e->allocated = n;
        }
        e->records[e->n] = *record;
        e->records[e->n++].number = 0; /* it would tell the parts apart */
}

static void take_parcel(struct flow_workers *w, const struct parcel *p) {
        for (unsigned i = 0; i < p->n; i++) {
                struct flow_table *table = w->tables[p->parts[i]];

                *flow_table_next(table) = p->observations[i];
                flow_table_add(table);
        }
}

/* All parts come to the same time; the reader waits meanwhile, so that it stands still. */
static void advance_parts(struct worker *worker, bool flush) {
        struct flow_workers *w = worker->owner;

        for (size_t part = (size_t) (worker - w->workers); part < PARTS; part += w->n) {
                flow_table_advance(w->tables[part], w->now);
                if (flush)
                        flow_table_flush(w->tables[part]);
        }
}

static void *work(void *userdata) {
        struct worker *worker = userdata;
        enum order order;

        do {
                struct parcel *p;

                pthread_mutex_lock(&worker->lock);
                while (worker->taken == worker->given)
                        pthread_cond_wait(&worker->changed, &worker->lock);
                p = &worker->parcels[worker->taken % PARCELS];
                pthread_mutex_unlock(&worker->lock);
                order = p->order;
                take_parcel(worker->owner, p);
                if (order == ORDER_ADVANCE || order == ORDER_FLUSH)
                        advance_parts(worker, order == ORDER_FLUSH);
                pthread_mutex_lock(&worker->lock);
                worker->taken++;
                pthread_cond_signal(&worker->changed);
                pthread_mutex_unlock(&worker->lock);
        } while (order != ORDER_END);
        return NULL;
}

/* Until no more than `waiting` parcels wait. */
static void wait_for(struct worker *worker, uint64_t waiting) {
        pthread_mutex_lock(&worker->lock);
        while (worker->given - worker->taken > waiting)
                pthread_cond_wait(&worker->changed, &worker->lock);
        pthread_mutex_unlock(&worker->lock);
}

/* The parcel that is being filled is the reader's until it is given. */
static struct parcel *filling(struct worker *worker) {
        return &worker->parcels[worker->given % PARCELS];
}

static void give(struct worker *worker, enum order order) {
        filling(worker)->order = order;
        pthread_mutex_lock(&worker->lock);
        worker->given++;
        pthread_cond_signal(&worker->changed);
        pthread_mutex_unlock(&worker->lock);
        wait_for(worker, PARCELS - 1);
        filling(worker)->n = 0;
}

static int compare(const void *a, const void *b) {
        const struct flow_record *x = a, *y = b;

        if (x->last != y->last)
                return x->last < y->last ? -1 : 1;
        if (x->first != y->first)
                return x->first < y->first ? -1 : 1;
        if (x->protocol != y->protocol)
                return x->protocol < y->protocol ? -1 : 1;
        for (unsigned i = 0; i < 2; i++) {
                int r = memcmp(x->endpoints[i].ip.bytes, y->endpoints[i].ip.bytes, sizeof x->endpoints[i].ip.bytes);

                if (r != 0)
                        return r;
                if (x->endpoints[i].port != y->endpoints[i].port)
                        return x->endpoints[i].port < y->endpoints[i].port ? -1 : 1;
        }
        return (x->vlan << 12 | x->inner_vlan) - (y->vlan << 12 | y->inner_vlan);
}

/* All in one place, in order. */
static int tell(struct flow_workers *w) {
        struct flow_record *all;
        size_t n = 0;
        int r = 0;

        for (unsigned i = 0; i < PARTS; i++) {
                n += w->ended[i].n;
                if (w->ended[i].failed)
                        r = -ENOMEM;
        }
        if (n == 0)
                return r;
        all = malloc(n * sizeof *all);
        if (!all)
                return -ENOMEM;
        n = 0;
        for (unsigned i = 0; i < PARTS; i++) {
                if (w->ended[i].n > 0)
                        memcpy(all + n, w->ended[i].records, w->ended[i].n * sizeof *all);
                n += w->ended[i].n;
                w->ended[i].n = 0;
        }
        qsort(all, n, sizeof *all, compare);
        for (size_t i = 0; i < n; i++)
                w->ops.flow(w->ops.userdata, &all[i]);
        free(all);
        return r;
}

/* Limits. */

static uint64_t active(const struct flow_table *table) {
        struct flow_counters counters;

        flow_table_get_counters(table, &counters);
        return counters.active;
}

static void sum_up(struct flow_workers *w) {
        w->flows = w->unanswered = 0;
        for (unsigned i = 0; i < PARTS; i++) {
                w->flows += active(w->tables[i]);
                w->unanswered += flow_table_unanswered(w->tables[i]);
        }
}

/* The part whose flow has to give way; of several that were seen at the same time not the one of `part`, in which it may be
 * the newest. */
static unsigned find_oldest(struct flow_workers *w, unsigned part, bool unanswered) {
        uint64_t oldest = flow_table_oldest(w->tables[part], unanswered);
        unsigned found = part;

        for (unsigned i = 0; i < PARTS; i++) {
                uint64_t seen = i == part ? UINT64_MAX : flow_table_oldest(w->tables[i], unanswered);

                if (seen <= oldest && seen < UINT64_MAX) {
                        oldest = seen;
                        found = i;
                }
        }
        return found;
}

static void keep_limits(struct flow_workers *w, unsigned part) {
        while (w->unanswered > w->unanswered_max) {
                flow_table_evict(w->tables[find_oldest(w, part, true)], true);
                sum_up(w);
        }
        while (w->flows > w->flows_max) {
                flow_table_evict(w->tables[find_oldest(w, part, false)], false);
                sum_up(w);
        }
}

/* Every second all parts come to the same time. */
static void follow_clock(struct flow_workers *w, uint64_t ts) {
        bool later = ts / NSEC_PER_SEC > w->now / NSEC_PER_SEC;

        w->now = MAX(w->now, ts);
        for (unsigned i = 0; i < PARTS && later; i++)
                flow_table_advance(w->tables[i], w->now);
        if (later)
                sum_up(w);
}

/* No worker has anything to do meanwhile. */
static void take_alone(struct flow_workers *w, const struct flow_observation *o, unsigned part) {
        struct flow_table *table = w->tables[part];
        uint64_t flows, unanswered;

        follow_clock(w, o->ts);
        flows = active(table);
        unanswered = flow_table_unanswered(table);
        *flow_table_next(table) = *o;
        flow_table_next(table)->ts = w->now;
        flow_table_add(table);
        flow_table_advance(table, w->now);
        w->flows += active(table) - flows;
        w->unanswered += flow_table_unanswered(table) - unanswered;
        keep_limits(w, part);
}

/* Everything that was dealt is taken in, and what ended is told. */
static int end_stretch(struct flow_workers *w, enum order order) {
        for (unsigned i = 0; i < w->n; i++)
                give(&w->workers[i], order);
        for (unsigned i = 0; i < w->n; i++)
                wait_for(&w->workers[i], 0);
        w->frames = 0;
        sum_up(w);
        /* Each frame begins a flow at most. */
        w->alone = w->flows + STRETCH > w->flows_max || w->unanswered + STRETCH > w->unanswered_max;
        return tell(w);
}

static void deal(struct flow_workers *w, const struct flow_observation *o) {
        unsigned part = flow_observation_part(o, PARTS);
        struct worker *worker = &w->workers[part % w->n];
        struct parcel *p = filling(worker);

        if (w->alone) {
                take_alone(w, o, part);
                return;
        }
        p->parts[p->n] = (uint8_t) part;
        p->observations[p->n] = *o;
        w->now = MAX(w->now, o->ts);
        p->observations[p->n].ts = w->now;
        if (++p->n == PARCEL)
                give(worker, ORDER_TAKE);
}

static void deal_frame(struct flow_workers *w, const struct frame *frame) {
        struct flow_observation o;
        struct packet packet;

        if (!flow_observation_from_frame(frame, &o)) {
                packet_decode(w->decoder, frame, &packet);
                if (!flow_observation_from_packet(&packet, &o)) {
                        w->latest = MAX(w->latest, frame->ts);
                        return;
                }
        }
        deal(w, &o);
}

int flow_workers_feed(struct flow_workers *w, const struct frame *frames, size_t n) {
        int r = 0;

        for (size_t i = 0; i < n && r >= 0; i++) {
                deal_frame(w, &frames[i]);
                if (++w->frames == STRETCH)
                        r = end_stretch(w, ORDER_ADVANCE);
        }
        return r;
}

int flow_workers_finish(struct flow_workers *w) {
        w->now = MAX(w->now, w->latest);
        return end_stretch(w, ORDER_FLUSH);
}

static int make_part(struct flow_workers *w, unsigned part, struct flow_table_config config) {
        struct flow_table_ops ops = { take_ended, &w->ended[part] };

        /* One too many for a moment. */
        config.flows_max = MIN(config.flows_max + 1, FLOW_TABLE_MAX);
        config.unanswered_max++;
        return flow_table_new(&w->tables[part], &config, &ops);
}

static int start(struct flow_workers *w, unsigned i) {
        struct worker *worker = &w->workers[i];
        int r;

        worker->owner = w;
        pthread_mutex_init(&worker->lock, NULL);
        pthread_cond_init(&worker->changed, NULL);
        r = pthread_create(&worker->thread, NULL, work, worker);
        worker->started = r == 0;
        return -r;
}

int flow_workers_new(struct flow_workers **ret, unsigned n, const struct flow_table_config *config,
                     const struct flow_table_ops *ops) {
        struct flow_workers *w;
        int r;

        if (n == 0 || n > FLOW_WORKERS_MAX)
                return -EINVAL;
        w = calloc(1, sizeof *w);
        if (!w)
                return -ENOMEM;
        w->n = n;
        w->ops = *ops;
        w->flows_max = config->flows_max;
        w->unanswered_max = config->unanswered_max;
        w->alone = STRETCH > MIN(w->flows_max, w->unanswered_max);
        r = packet_decoder_new(&w->decoder);
        for (unsigned i = 0; r >= 0 && i < PARTS; i++)
                r = make_part(w, i, *config);
        for (unsigned i = 0; r >= 0 && i < n; i++)
                r = start(w, i);
        if (r < 0) {
                flow_workers_free(w);
                return r;
        }
        *ret = w;
        return 0;
}

struct flow_workers *flow_workers_free(struct flow_workers *w) {
        if (!w)
                return NULL;
        for (unsigned i = 0; i < w->n && w->workers[i].started; i++) {
                give(&w->workers[i], ORDER_END);
                pthread_join(w->workers[i].thread, NULL);
        }
        for (unsigned i = 0; i < w->n && w->workers[i].owner; i++) {
                pthread_cond_destroy(&w->workers[i].changed);
                pthread_mutex_destroy(&w->workers[i].lock);
        }
        for (unsigned i = 0; i < PARTS; i++) {
                flow_table_free(w->tables[i]);
                free(w->ended[i].records);
        }
        packet_decoder_free(w->decoder);
        free(w);
        return NULL;
}
