/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Reading without losing a packet. The programs write the log of the current generation; the one before it is at rest.
 * A harvest reads that one and then counts the generation up: the programs turn to the log just read, which their
 * first packet finds empty by its number, and what they wrote until now is read by the next harvest. Nobody deletes,
 * and nothing is read while it may change. Only records in use are read, so a quiet network costs one system call.
 *
 * The logs of all processors are read side by side, and what began first is told first: of two connections between the
 * same ports, that of the other processor's may be the older one. */

#include "daemon/capture-ebpf-flows.h"

#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "bpf/lanscope-events.h"
#include "common/clock.h"
#include "lanscope.skel.h"

/* Records of a log for all CPUs together, and at least for one: 12 MB with the index on most machines. */
#define RECORDS_TOTAL 32768
#define RECORDS_MIN 2048
#define RECORDS_MAX 16384
#define SLOTS_PER_RECORD 4
#define BATCH 128
/* Two clocks are read one behind the other in less than that, ns, by who is not held up; and so often it is tried. */
#define CLOCK_NEAR 2000
#define CLOCK_TRIES 4

/* Where the log of one processor is read, a batch at a time. */
struct log_reader {
        uint32_t from, left; /* what was not read yet: where in the maps it begins, and records */
        uint32_t n, next;    /* records of the batch, and the one to be told next */
        struct lanscope_flow records[BATCH]; /* the next three are what they have beside them */
        struct lanscope_flow_rest rests[BATCH];
        struct lanscope_flow_ends ends[BATCH];
        struct lanscope_times times[BATCH];
};

struct ebpf_flows {
        struct lanscope_bpf *programs;
        struct capture_ops ops;
        uint32_t ifindex;
        uint32_t records_max;
        size_t n_cpus;
        uint64_t now;      /* when that tick began, ns since the epoch: */
        uint32_t now_tick; /* CLOCK_MONOTONIC, in the programs' unit */
        uint64_t offset;   /* from that clock to the time since the epoch, ns */
        uint32_t positions[BATCH];
        struct lanscope_processor *processors; /* by CPU, as is: */
        struct log_reader *readers;            /* memory that is touched where there are records only */
        struct log_reader **busy;              /* those that have something to tell */
        size_t n_busy;
};

_Static_assert(RECORDS_MAX <= LANSCOPE_FLOW_RECORDS_MAX, "a slot of the index could not name them all");

static size_t count_cpus(void) {
        return (size_t) MAX(libbpf_num_possible_cpus(), 1);
}

int ebpf_flows_fit(struct lanscope_bpf *p) {
        uint32_t cpus = (uint32_t) count_cpus(), records = RECORDS_MAX;
        int r;

        while (records > RECORDS_MIN && records * cpus > RECORDS_TOTAL)
                records /= 2;
        p->rodata->flow_records_max = records;
        p->rodata->flow_lines_max = records * SLOTS_PER_RECORD / LANSCOPE_SLOTS;
        (void) getrandom((void *) &p->rodata->flow_seed, sizeof p->rodata->flow_seed, GRND_NONBLOCK);
        r = bpf_map__set_max_entries(p->maps.flow_records, 2 * cpus * records);
        if (r >= 0)
                r = bpf_map__set_max_entries(p->maps.flow_rests, 2 * cpus * records);
        if (r >= 0)
                r = bpf_map__set_max_entries(p->maps.flow_ends, 2 * cpus * records);
        if (r >= 0)
                r = bpf_map__set_max_entries(p->maps.flow_times, 2 * cpus * records);
        return r < 0 ? r : bpf_map__set_max_entries(p->maps.flow_slots, 2 * cpus * p->rodata->flow_lines_max);
}

int ebpf_flows_new(struct ebpf_flows **ret, struct lanscope_bpf *programs, const struct capture_ops *ops, uint32_t ifindex) {
        _cleanup_(ebpf_flows_freep) struct ebpf_flows *f = calloc(1, sizeof *f);

        if (!f)
                return -ENOMEM;
        f->programs = programs;
        f->ops = *ops;
        f->ifindex = ifindex;
        f->records_max = programs->rodata->flow_records_max;
        f->n_cpus = count_cpus();
        f->processors = calloc(f->n_cpus, sizeof *f->processors);
        f->readers = calloc(f->n_cpus, sizeof *f->readers);
        f->busy = calloc(f->n_cpus, sizeof *f->busy);
        if (!f->processors || !f->readers || !f->busy)
                return -ENOMEM;
        *ret = TAKE_PTR(f);
        return 0;
}

struct ebpf_flows *ebpf_flows_free(struct ebpf_flows *flows) {
        if (!flows)
                return NULL;
        free(flows->processors);
        free(flows->readers);
        free(flows->busy);
        free(flows);
        return NULL;
}

/* Both clocks. They cannot be read at once: who is held up between them reads again. An offset that may still be right is
 * kept, so that what one harvest tells is not earlier than what the one before did. */
static void set_time(struct ebpf_flows *f) {
        uint64_t before = 0, after = UINT64_MAX, time = 0;

        for (unsigned i = 0; i < CLOCK_TRIES && after - before > CLOCK_NEAR; i++) {
                uint64_t begin = clock_ns(CLOCK_MONOTONIC), now = clock_ns(CLOCK_REALTIME), end = clock_ns(CLOCK_MONOTONIC);

                if (end - begin >= after - before)
                        continue;
                before = begin;
                after = end;
                time = now;
        }
        if (f->offset < time - after || f->offset > time - before)
                f->offset = time - before;
        f->now_tick = (uint32_t) (before >> LANSCOPE_TICK_SHIFT);
        f->now = (before >> LANSCOPE_TICK_SHIFT << LANSCOPE_TICK_SHIFT) + f->offset;
}

static uint64_t time_of(const struct ebpf_flows *f, uint32_t tick) {
        return f->now - ((uint64_t) (f->now_tick - tick) << LANSCOPE_TICK_SHIFT);
}

/* Records. */

static struct mac_address mac_of(const struct lanscope_flow_key *key, unsigned end) {
        const uint64_t words[] = { htole64(key->macs[0]), htole64(key->macs[1]) };

        return mac_from_bytes((const uint8_t *) words + 6 * end);
}

static bool is_ipv6(const struct lanscope_flow_key *key) {
        return (key->macs[1] >> 32 & 0xff) == 6;
}

static uint8_t protocol_of(const struct lanscope_flow_key *key) {
        return (uint8_t) (key->rest >> 24);
}

static bool has_bit(const struct lanscope_flow *r, enum lanscope_flow_bits bit) {
        return r->half.flow_bits & bit;
}

static struct ip_address address_of(const struct lanscope_flow_key *key, const struct lanscope_flow_ends *ends, unsigned end) {
        uint32_t half = (uint32_t) (key->addresses >> 32 * end);

        return is_ipv6(key) ? ip_from_v6((const uint8_t *) ends->words[end]) : ip_from_v4((const uint8_t *) &half);
}

/* What the end sent that sent first, or second. */
static void set_direction(const struct ebpf_flows *f, const struct log_reader *reader, unsigned end, struct flow_delta_direction *ret) {
        static const struct lanscope_flow_rest nothing;
        const struct lanscope_flow *r = &reader->records[reader->next];
        const struct lanscope_flow_rest *rest = has_bit(r, LANSCOPE_FLOW_REST) ? &reader->rests[reader->next] : &nothing;
        const struct lanscope_flow_half *half = end == 0 ? &r->half : &rest->half;

        if (half->packets == 0)
                return;
        *ret = (struct flow_delta_direction) {
                .packets = half->packets,
                .bytes = half->bytes,
                .first = time_of(f, half->first),
                .last = time_of(f, half->last),
                .shortest = half->shortest,
                .longest = half->longest,
                .tcp_flags = protocol_of(&r->key) == IPPROTO_TCP ? half->tcp_flags : 0,
                .data = half->bits & LANSCOPE_HALF_DATA,
                .bare_ack = half->bits & LANSCOPE_HALF_BARE_ACK,
                .after_fin = half->bits & LANSCOPE_HALF_AFTER_FIN,
                .retransmissions = half->retransmissions,
                .out_of_order = rest->out_of_order[end],
                .duplicate_acks = half->duplicate_acks,
                .zero_windows = rest->zero_windows[end],
        };
}

static void set_times(const struct ebpf_flows *f, const struct lanscope_times *t, struct flow_delta *ret) {
        ret->initial = t->initial;
        ret->opened = t->opened ? time_of(f, t->opened) : 0;
        ret->answered = t->answered ? time_of(f, t->answered) : 0;
        ret->established = t->established ? time_of(f, t->established) : 0;
        ret->trips = (struct flow_trips) {
                .last = (uint64_t) t->last << LANSCOPE_TICK_SHIFT,
                .minimum = (uint64_t) t->minimum << LANSCOPE_TICK_SHIFT,
                .average = ((uint64_t) t->average_by_8 << LANSCOPE_TICK_SHIFT) / 8,
                .before = ((uint64_t) t->before_by_8 << LANSCOPE_TICK_SHIFT) / 8,
                .samples = t->samples,
                .total = t->total,
        };
}

/* Of the reader's next record. [0] is the low end. */
static void set_delta(const struct ebpf_flows *f, const struct log_reader *reader, struct flow_delta *ret) {
        const struct lanscope_flow *r = &reader->records[reader->next];

        *ret = (struct flow_delta) {
                .vlan = r->key.rest >> 12 & 0xfff,
                .inner_vlan = r->key.rest & 0xfff,
                .protocol = protocol_of(&r->key),
        };
        for (unsigned i = 0; i < 2; i++) {
                ret->endpoints[i].ip = address_of(&r->key, &reader->ends[reader->next], i);
                ret->endpoints[i].port = ntohs((uint16_t) (r->key.rest >> (i == 0 ? 48 : 32)));
                ret->endpoints[i].mac = mac_of(&r->key, i);
                set_direction(f, reader, has_bit(r, LANSCOPE_FLOW_HIGH_FIRST) ? !i : i, &ret->directions[i]);
        }
        if (has_bit(r, LANSCOPE_FLOW_KNOWN))
                ret->initiator = has_bit(r, LANSCOPE_FLOW_FROM_HIGH) ? INITIATOR_SECOND : INITIATOR_FIRST;
        if (has_bit(r, LANSCOPE_FLOW_TIMES))
                set_times(f, &reader->times[reader->next], ret);
}

static void tell_sighting(const struct ebpf_flows *f, const struct flow_delta *delta, unsigned end) {
        const struct flow_delta_direction *sent = &delta->directions[end], *received = &delta->directions[!end];
        struct sighting sighting = {
                .ifindex = f->ifindex,
                .vlan = delta->vlan,
                .mac = delta->endpoints[end].mac,
                .first = sent->first,
                .last = sent->last,
                .traffic = { sent->packets, sent->bytes, received->packets, received->bytes },
        };

        if (!mac_is_group(&sighting.mac) && !mac_is_zero(&sighting.mac))
                f->ops.sighting(f->ops.userdata, &sighting);
}

static void tell_record(const struct ebpf_flows *f, const struct log_reader *reader) {
        unsigned first = has_bit(&reader->records[reader->next], LANSCOPE_FLOW_HIGH_FIRST);
        struct flow_delta delta;

        set_delta(f, reader, &delta);
        if (f->ops.flow)
                f->ops.flow(f->ops.userdata, &delta);
        tell_sighting(f, &delta, first);
        tell_sighting(f, &delta, !first);
}

/* What was evicted last: its addresses alone are left. */
static void tell_evicted(const struct ebpf_flows *f, const struct lanscope_evicted *e) {
        struct flow_delta delta = { .vlan = (uint16_t) e->vlan };
        struct lanscope_flow_key key = { .macs = { e->macs[0], e->macs[1] } };

        for (unsigned i = 0; i < 2; i++) {
                uint64_t seen = e->packets[i] > 0 ? f->now : 0;

                delta.endpoints[i].mac = mac_of(&key, i);
                delta.directions[i] = (struct flow_delta_direction) {
                        .packets = e->packets[i], .bytes = e->bytes[i], .first = seen, .last = seen,
                };
        }
        for (unsigned i = 0; i < 2 && e->packets[0] + e->packets[1] > 0; i++)
                tell_sighting(f, &delta, i);
}

/* Logs. */

/* Values behind each other in an array map. Returns how many were read. */
static uint32_t read_array(const struct bpf_map *map, uint32_t *positions, uint32_t from, uint32_t n, void *values) {
        uint32_t before = from - 1, after, read = n;
        int r = bpf_map_lookup_batch(bpf_map__fd(map), from > 0 ? &before : NULL, &after, positions, values, &read, NULL);

        /* -ENOENT: that was the end of the map. */
        return r == 0 || r == -ENOENT ? MIN(read, n) : 0;
}

static bool any_ipv6(const struct log_reader *reader, uint32_t n) {
        for (uint32_t i = 0; i < n; i++)
                if (is_ipv6(&reader->records[i].key))
                        return true;
        return false;
}

static bool any_with(const struct log_reader *reader, uint32_t n, enum lanscope_flow_bits bit) {
        for (uint32_t i = 0; i < n; i++)
                if (has_bit(&reader->records[i], bit))
                        return true;
        return false;
}

/* Returns how many records were read. */
static uint32_t read_batch(struct ebpf_flows *f, struct log_reader *reader) {
        uint32_t from = reader->from, n = MIN(reader->left, (uint32_t) BATCH);

        n = read_array(f->programs->maps.flow_records, f->positions, from, n, reader->records);
        if (any_ipv6(reader, n))
                n = read_array(f->programs->maps.flow_ends, f->positions, from, n, reader->ends);
        if (any_with(reader, n, LANSCOPE_FLOW_REST))
                n = read_array(f->programs->maps.flow_rests, f->positions, from, n, reader->rests);
        if (any_with(reader, n, LANSCOPE_FLOW_TIMES))
                n = read_array(f->programs->maps.flow_times, f->positions, from, n, reader->times);
        return n;
}

/* False: there is none. */
static bool fill_reader(struct ebpf_flows *f, struct log_reader *reader) {
        reader->n = reader->left > 0 ? read_batch(f, reader) : 0;
        reader->next = 0;
        reader->from += reader->n;
        reader->left -= reader->n;
        return reader->n > 0;
}

static const struct lanscope_flow_log *log_of(const struct ebpf_flows *f, size_t cpu, uint32_t generation) {
        const struct lanscope_flow_log *log = &f->processors[cpu].logs[generation & 1];

        return log->generation == generation ? log : NULL;
}

/* Ticks since the reader's next record began. */
static uint32_t age_of_next(const struct ebpf_flows *f, const struct log_reader *reader) {
        return f->now_tick - reader->records[reader->next].half.first;
}

/* Of those that are busy, of which there is one at least: whose next record is the oldest. */
static size_t find_oldest(const struct ebpf_flows *f) {
        size_t found = 0;

        for (size_t i = 1; i < f->n_busy; i++)
                if (age_of_next(f, f->busy[i]) > age_of_next(f, f->busy[found]))
                        found = i;
        return found;
}

static void begin_to_read(struct ebpf_flows *f, uint32_t generation) {
        f->n_busy = 0;
        for (size_t cpu = 0; cpu < f->n_cpus; cpu++) {
                const struct lanscope_flow_log *log = log_of(f, cpu, generation);
                struct log_reader *reader = &f->readers[cpu];

                if (!log)
                        continue;
                reader->from = (uint32_t) (cpu * 2 + (generation & 1)) * f->records_max;
                reader->left = log->used;
                if (fill_reader(f, reader))
                        f->busy[f->n_busy++] = reader;
        }
}

static void read_logs(struct ebpf_flows *f, uint32_t generation) {
        begin_to_read(f, generation);
        while (f->n_busy > 0) {
                size_t oldest = find_oldest(f);
                struct log_reader *reader = f->busy[oldest];

                tell_record(f, reader);
                if (++reader->next == reader->n && !fill_reader(f, reader))
                        f->busy[oldest] = f->busy[--f->n_busy];
        }
        for (size_t cpu = 0; cpu < f->n_cpus; cpu++)
                if (log_of(f, cpu, generation))
                        tell_evicted(f, &log_of(f, cpu, generation)->evicted);
}

static int read_processors(struct ebpf_flows *f) {
        uint32_t zero = 0;

        return bpf_map_lookup_elem(bpf_map__fd(f->programs->maps.processors), &zero, f->processors);
}

static uint32_t generation_of(const struct ebpf_flows *f) {
        return __atomic_load_n(&f->programs->data->flow_generation, __ATOMIC_RELAXED);
}

bool ebpf_flows_harvest(struct ebpf_flows *f) {
        uint32_t generation = generation_of(f);
        bool crowded = false;

        set_time(f);
        if (read_processors(f) < 0)
                return false;
        read_logs(f, generation - 1);
        for (size_t cpu = 0; cpu < f->n_cpus; cpu++) {
                const struct lanscope_flow_log *logs = f->processors[cpu].logs;

                for (unsigned i = 0; i < 2; i++)
                        crowded |= generation - logs[i].generation < 2 && logs[i].used > f->records_max / 2;
        }
        __atomic_store_n(&f->programs->data->flow_generation, generation + 1, __ATOMIC_RELAXED);
        return crowded;
}

bool ebpf_flows_have_room(struct ebpf_flows *f) {
        uint32_t generation = generation_of(f);

        if (read_processors(f) < 0)
                return false;
        for (size_t cpu = 0; cpu < f->n_cpus; cpu++) {
                const struct lanscope_flow_log *log = &f->processors[cpu].logs[generation & 1];

                if (log->generation == generation && log->used > f->records_max / 8 * 5)
                        return false;
        }
        return true;
}

void ebpf_flows_finish(struct ebpf_flows *f) {
        uint32_t generation = generation_of(f);

        set_time(f);
        if (read_processors(f) < 0)
                return;
        read_logs(f, generation - 1);
        read_logs(f, generation);
}
