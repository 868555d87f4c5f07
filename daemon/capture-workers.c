/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Live capture on many processors: as many libpcap handles as there are workers, joined in a PACKET_FANOUT_HASH group, so
 * that the kernel gives all packets of a flow to the same one; a thread each, which shares nothing with the others. A
 * worker does what the programs of the eBPF backend do in the kernel: it counts flows and addresses by itself, and hands
 * over sums once a second, and those frames that tell something. The engine sees one merged stream and stays on one
 * thread, so its limits and detectors are global, and what they find does not depend on the number of workers. */

#include <errno.h>
#include <inttypes.h>
#include <net/if.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/clock.h"
#include "daemon/frame-ring.h"
#include "daemon/pcap-source.h"
#include "daemon/privileges.h"
#include "engine/engine.h"
#include "engine/flow/flow-counter.h"
#include "engine/inventory/sightings.h"

#define RING_SIZE (4u << 20)
#define FLOWS_PER_WORKER 32768
#define TELL_INTERVAL NSEC_PER_SEC
#define BATCH_MAX 256
/* Records handed to the engine at a time, to leave the loop to others. */
#define RECORDS_MAX 1024
#define WAIT_NS 50000 /* for room in the ring */

enum record_kind { RECORD_FRAME, RECORD_FLOW, RECORD_SIGHTING };

struct record {
        enum record_kind kind;
        union {
                struct frame frame; /* its data follow */
                struct flow_delta flow;
                struct sighting sighting;
        };
};

struct fanout;

struct worker {
        struct fanout *fanout;
        pthread_t thread;
        bool started;
        struct pcap_source pcap;
        struct pcap_drops drops;
        struct flow_counter *flows;
        struct sightings *sightings;
        struct frame_ring *ring;
        uint64_t told_at; /* CLOCK_MONOTONIC, ns */
        int error;        /* negative errno; to be read once `failed` is set */
        char message[256];
        /* Read by the other side at any time. */
        _Atomic uint64_t packets, bytes, kernel_drops, interface_drops, ring_drops, sightings_dropped;
        atomic_bool failed, done;
};

struct fanout {
        struct capture_ops ops;
        char interface[IFNAMSIZ];
        sd_event_source *source;
        int wake_fd; /* workers to the loop */
        int stop_fd; /* the loop to workers */
        atomic_bool stop;
        bool told_failure;
        unsigned n;
        struct worker workers[CAPTURE_WORKERS_MAX];
};

static void count(_Atomic uint64_t *counter, uint64_t more) {
        atomic_store_explicit(counter, atomic_load_explicit(counter, memory_order_relaxed) + more, memory_order_relaxed);
}

static uint64_t look(const _Atomic uint64_t *counter) {
        return atomic_load_explicit(counter, memory_order_relaxed);
}

static void ring_bell(int fd) {
        (void) eventfd_write(fd, 1);
}

/* The worker's side. */

static void commit(struct worker *w) {
        if (frame_ring_commit(w->ring))
                ring_bell(w->fanout->wake_fd);
}

static struct record *reserve(struct worker *w, enum record_kind kind, size_t more) {
        struct record *r = frame_ring_reserve(w->ring, sizeof *r + more);

        if (r)
                r->kind = kind;
        return r;
}

/* Whatever happens this must not be lost: the kernel's buffer fills up meanwhile, and says so. */
static struct record *reserve_patiently(struct worker *w, enum record_kind kind) {
        static const struct timespec moment = { .tv_nsec = WAIT_NS };
        struct record *r;

        while (!(r = reserve(w, kind, 0))) {
                ring_bell(w->fanout->wake_fd);
                nanosleep(&moment, NULL);
        }
        return r;
}

static bool hand_over_flow(void *userdata, const struct flow_delta *delta) {
        struct worker *w = userdata;
        struct record *r = reserve(w, RECORD_FLOW, 0);

        if (!r)
                return false;
        r->flow = *delta;
        commit(w);
        return true;
}

static void hand_over_last_flow(void *userdata, const struct flow_delta *delta) {
        struct worker *w = userdata;

        reserve_patiently(w, RECORD_FLOW)->flow = *delta;
        commit(w);
}

static void hand_over_sighting(void *userdata, const struct sighting *sighting) {
        struct worker *w = userdata;

        reserve_patiently(w, RECORD_SIGHTING)->sighting = *sighting;
        commit(w);
}

static void hand_over_frame(struct worker *w, const struct frame *frame) {
        struct record *r = reserve(w, RECORD_FRAME, frame->captured);

        if (!r) {
                count(&w->ring_drops, 1);
                return;
        }
        r->frame = *frame;
        memcpy(r + 1, frame->data, frame->captured);
        commit(w);
}

static void count_addresses(struct worker *w, const struct frame *frame) {
        struct mac_address source, destination;
        uint16_t type, vlan = 0;

        if (frame->captured < 14)
                return;
        type = load_be16(frame->data + 12);
        if ((type == 0x8100 || type == 0x88a8) && frame->captured >= 16)
                vlan = load_be16(frame->data + 14) & 0xfff;
        memcpy(destination.bytes, frame->data, sizeof destination.bytes);
        memcpy(source.bytes, frame->data + 6, sizeof source.bytes);
        count(&w->sightings_dropped, sightings_count_frame(w->sightings, frame, vlan, &source, &destination));
}

/* Does the packet tell more than that it was there? Of a connection the first bytes of each direction do, its beginning and
 * its end; of datagrams the first of a flow, and those that a parser may know. */
static bool tells_something(const struct frame *frame, const struct flow_observation *o, const struct flow_counter_before *before) {
        if (before->packets == 0)
                return true;
        if (o->flags & OBSERVATION_TCP)
                return o->tcp_flags & (TCP_SYN | TCP_FIN | TCP_RST) || (o->payload > 0 && before->payload < CAPTURE_FIRST_BYTES);
        return engine_may_read_datagram(frame, o);
}

static void take_frame(void *userdata, const struct frame *taken) {
        struct worker *w = userdata;
        struct flow_counter_before before;
        struct frame frame = *taken;
        struct flow_observation o;

        count(&w->packets, 1);
        count(&w->bytes, frame.length);
        count_addresses(w, &frame);
        if (flow_observation_from_frame(&frame, &o)) {
                flow_counter_add(w->flows, &o, &before);
                if (!tells_something(&frame, &o, &before))
                        return;
                frame.flow_counted = true;
        }
        hand_over_frame(w, &frame);
}

static void take_packet(u_char *userdata, const struct pcap_pkthdr *header, const u_char *data) {
        struct worker *w = (struct worker *) userdata;

        pcap_source_take(&w->pcap, header, data, take_frame, w);
}

static bool has_news(const struct worker *w) {
        return !flow_counter_is_told(w->flows) || !sightings_is_empty(w->sightings);
}

static void tell(struct worker *w) {
        pcap_source_count_drops(&w->pcap, &w->drops);
        atomic_store_explicit(&w->kernel_drops, w->drops.kernel, memory_order_relaxed);
        atomic_store_explicit(&w->interface_drops, w->drops.interface, memory_order_relaxed);
        sightings_tell(w->sightings, hand_over_sighting, w);
        (void) flow_counter_tell(w->flows);
        w->told_at = clock_ns(CLOCK_MONOTONIC);
}

/* Until packets come, there is something to tell, or it is time to stop. */
static void wait_for_packets(const struct worker *w) {
        struct pollfd fds[] = {
                { .fd = pcap_get_selectable_fd(w->pcap.pcap), .events = POLLIN },
                { .fd = w->fanout->stop_fd, .events = POLLIN },
        };
        uint64_t passed = clock_ns(CLOCK_MONOTONIC) - w->told_at;
        int timeout = -1;

        if (has_news(w))
                timeout = passed < TELL_INTERVAL ? (int) ((TELL_INTERVAL - passed) / NSEC_PER_MSEC) + 1 : 0;
        (void) poll(fds, ELEMENTSOF(fds), timeout);
}

static void fail(struct worker *w, int status) {
        w->error = pcap_source_error(status);
        snprintf(w->message, sizeof w->message, "libpcap: %.200s", pcap_geterr(w->pcap.pcap));
        atomic_store(&w->failed, true);
}

static void *work(void *userdata) {
        struct worker *w = userdata;

        /* Reading what is open takes none. */
        (void) privileges_keep(0);
        while (!atomic_load_explicit(&w->fanout->stop, memory_order_relaxed)) {
                int n = pcap_dispatch(w->pcap.pcap, BATCH_MAX, take_packet, userdata);

                if (n < 0) {
                        fail(w, n);
                        break;
                }
                if (has_news(w) && clock_ns(CLOCK_MONOTONIC) - w->told_at >= TELL_INTERVAL)
                        tell(w);
                if (n == 0)
                        wait_for_packets(w);
        }
        do
                tell(w);
        while (!flow_counter_is_told(w->flows));
        atomic_store(&w->done, true);
        ring_bell(w->fanout->wake_fd);
        return NULL;
}

/* The loop's side. */

static void pass_on(struct fanout *f, const struct record *r) {
        struct frame frame;

        switch (r->kind) {
        case RECORD_FRAME:
                frame = r->frame;
                frame.data = (const uint8_t *) (r + 1);
                f->ops.frame(f->ops.userdata, &frame);
                break;
        case RECORD_FLOW:
                f->ops.flow(f->ops.userdata, &r->flow);
                break;
        case RECORD_SIGHTING:
                f->ops.sighting(f->ops.userdata, &r->sighting);
                break;
        }
}

/* True: there may be more. */
static bool drain_ring(struct fanout *f, struct frame_ring *ring, unsigned most) {
        const struct record *r;
        size_t length;

        for (unsigned i = 0; i < most; i++) {
                r = frame_ring_peek(ring, &length);
                if (!r)
                        return false;
                pass_on(f, r);
                frame_ring_release(ring);
        }
        return true;
}

static bool drain_all(struct fanout *f, unsigned most) {
        bool more = false;

        for (unsigned i = 0; i < f->n; i++)
                if (f->workers[i].ring)
                        more = drain_ring(f, f->workers[i].ring, most) || more;
        return more;
}

static bool sleep_all(struct fanout *f) {
        for (unsigned i = 0; i < f->n; i++)
                if (!frame_ring_sleep(f->workers[i].ring))
                        return false;
        return true;
}

static void tell_failure(struct fanout *f) {
        for (unsigned i = 0; i < f->n && !f->told_failure; i++) {
                struct worker *w = &f->workers[i];

                if (!atomic_load(&w->failed))
                        continue;
                f->told_failure = true;
                f->ops.failed(f->ops.userdata, f->interface, w->error, w->message);
        }
}

static int on_wake(sd_event_source *source _unused_, int fd, uint32_t events _unused_, void *userdata) {
        struct fanout *f = userdata;
        eventfd_t bells;

        (void) eventfd_read(fd, &bells);
        if (drain_all(f, RECORDS_MAX) || !sleep_all(f))
                ring_bell(fd);
        tell_failure(f);
        return 0;
}

static bool is_running(const struct fanout *f) {
        for (unsigned i = 0; i < f->n; i++)
                if (f->workers[i].started && !atomic_load(&f->workers[i].done))
                        return true;
        return false;
}

/* A worker that ends tells all that it has, for which there must be room. */
static void stop_workers(struct fanout *f) {
        static const struct timespec moment = { .tv_nsec = WAIT_NS };

        atomic_store(&f->stop, true);
        ring_bell(f->stop_fd);
        while (is_running(f)) {
                (void) drain_all(f, UINT32_MAX);
                nanosleep(&moment, NULL);
        }
        for (unsigned i = 0; i < f->n; i++)
                if (f->workers[i].started)
                        pthread_join(f->workers[i].thread, NULL);
        (void) drain_all(f, UINT32_MAX);
}

static struct fanout *fanout_free(struct fanout *f) {
        if (!f)
                return NULL;
        stop_workers(f);
        sd_event_source_disable_unref(f->source);
        for (unsigned i = 0; i < f->n; i++) {
                struct worker *w = &f->workers[i];

                pcap_source_close(&w->pcap);
                flow_counter_free(w->flows);
                sightings_free(w->sightings);
                frame_ring_free(w->ring);
        }
        closep(&f->wake_fd);
        closep(&f->stop_fd);
        free(f);
        return NULL;
}
DEFINE_CLEANUP(struct fanout *, fanout_free)

/* To begin with. */

static int worker_open(struct worker *w, const struct capture_config *config, int *group, char reason[static 256]) {
        const struct flow_counter_ops ops = { hand_over_flow, hand_over_last_flow, w };
        uint64_t seed;
        int r;

        if (getrandom(&seed, sizeof seed, 0) != sizeof seed)
                return -EIO;
        r = pcap_source_open(&w->pcap, config, w->fanout->interface, reason);
        if (r < 0)
                return r;
        if (w->pcap.linktype != DLT_EN10MB) {
                snprintf(reason, 256, "several workers are for Ethernet; this interface gets one");
                return -EOPNOTSUPP;
        }
        r = pcap_source_join(&w->pcap, group, reason);
        if (r >= 0)
                r = flow_counter_new(&w->flows, FLOWS_PER_WORKER, seed, &ops);
        if (r >= 0)
                r = sightings_new(&w->sightings, seed);
        if (r >= 0)
                r = frame_ring_new(&w->ring, RING_SIZE);
        return r;
}

/* Signals are for the loop's thread. */
static int worker_start(struct worker *w) {
        sigset_t all, before;
        int r;

        sigfillset(&all);
        pthread_sigmask(SIG_SETMASK, &all, &before);
        r = pthread_create(&w->thread, NULL, work, w);
        pthread_sigmask(SIG_SETMASK, &before, NULL);
        w->started = r == 0;
        return -r;
}

static int fanout_start(struct fanout *f, const struct capture_config *config, char reason[static 256]) {
        int group = -1, r = 0;

        /* All are in the group before any of them reads: no packet goes by the wrong hash. */
        for (f->n = 0; f->n < config->workers && r >= 0; f->n++) {
                f->workers[f->n].fanout = f;
                r = worker_open(&f->workers[f->n], config, &group, reason);
        }
        for (unsigned i = 0; i < f->n && r >= 0; i++)
                r = worker_start(&f->workers[i]);
        return r;
}

static int workers_probe(const struct capture_config *config _unused_, const char *interface _unused_,
                         char reason[static 256] _unused_) {
        return 0;
}

static int workers_start(const struct capture_config *config, const char *interface, sd_event *event,
                         const struct capture_ops *ops, void **ret, char method[static 128], char reason[static 256]) {
        _cleanup_(fanout_freep) struct fanout *f = calloc(1, sizeof *f);
        int r;

        if (!f)
                return -ENOMEM;
        f->ops = *ops;
        snprintf(f->interface, sizeof f->interface, "%s", interface);
        f->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
        f->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
        if (f->wake_fd < 0 || f->stop_fd < 0)
                return -errno;
        r = sd_event_add_io(event, &f->source, f->wake_fd, EPOLLIN, on_wake, f);
        if (r < 0)
                return r;
        sd_event_source_set_description(f->source, "capture-workers");
        r = fanout_start(f, config, reason);
        if (r < 0)
                return r;
        ring_bell(f->wake_fd); /* the first round says to all rings that nobody reads */
        snprintf(method, 128, "AF_PACKET through libpcap, %u workers%s", f->n, config->filter[0] ? " (filtered)" : "");
        *ret = TAKE_PTR(f);
        return 0;
}

static void workers_stop(void *backend) {
        fanout_free(backend);
}

static void workers_drain(void *backend) {
        (void) drain_all(backend, RECORDS_MAX);
}

static void workers_stats(void *backend, struct capture_stats *ret) {
        const struct fanout *f = backend;

        for (unsigned i = 0; i < f->n; i++) {
                const struct worker *w = &f->workers[i];

                ret->packets += look(&w->packets);
                ret->bytes += look(&w->bytes);
                ret->kernel_drops += look(&w->kernel_drops);
                ret->interface_drops = MAX(ret->interface_drops, look(&w->interface_drops)); /* the same for each */
                ret->worker_drops += look(&w->ring_drops);
                ret->sightings_dropped += look(&w->sightings_dropped);
        }
}

const struct capture_backend capture_workers = {
        .name = "libpcap with workers",
        .probe = workers_probe,
        .start = workers_start,
        .stop = workers_stop,
        .drain = workers_drain,
        .stats = workers_stats,
        .privileges = PRIVILEGE_NET_RAW,
        .counts_presence = true,
};
