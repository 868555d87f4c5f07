/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Capture by programs in the kernel (bpf/lanscope.bpf.c): they count every frame by flow or by address and copy those
 * of interest into a ring buffer. Each interface has an object of its own.
 *
 * Waking up: the first frame after a silence wakes this process. From then on it looks every second by
 * itself (harvest) and the kernel leaves it alone unless the ring fills; when a second passes without a
 * frame, it goes back to sleep. A silent network costs nothing. */

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/ethtool.h>
#include <linux/if_packet.h>
#include <linux/membarrier.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/utsname.h>

#include "bpf/lanscope-events.h"
#include "common/cleanup.h"
#include "common/clock.h"
#include "common/strbuf.h"
#include "daemon/capture-ebpf-attach.h"
#include "daemon/capture-ebpf-flows.h"
#include "daemon/capture.h"
#include "daemon/privileges.h"
#include "lanscope.skel.h"

#define RING_DEFAULT (512u << 10)
#define RING_MIN (64u << 10)
#define RING_MAX (64u << 20)
/* Records taken in one dispatch, to leave the loop to others. */
#define BATCH_MAX 1024
#define BATCHES_DRAINED 8
#define HARVEST_USEC USEC_PER_SEC
/* While more flows come in a second than half of the kernel's log holds, it is looked at so often whether it fills up. Each
 * harvest makes all flows begin anew, so a crowd that stays the same has one a second. Still ages for a program to end in. */
#define HARVEST_CROWDED_USEC (USEC_PER_SEC / 10)
#define LOOKS_MAX 9
/* Addresses read from the presence map by one system call. */
#define PRESENCE_BATCH 256

enum { LINKTYPE_ETHERNET = 1 };

_Static_assert(CAPTURE_FIRST_BYTES <= LANSCOPE_FIRST_BYTES_MAX, "the ring's records are too short");

struct ebpf_capture {
        struct lanscope_bpf *programs;
        struct ring_buffer *ring;
        struct ebpf_attachment ingress, egress;
        struct capture_ops ops;
        uint32_t ifindex;
        sd_event_source *ring_source, *harvest_source;
        int promiscuous; /* packet socket that keeps the interface so; -1 none */
        unsigned records_left; /* of this dispatch */
        unsigned looks_left;   /* at logs with room, before the next harvest is due */
        uint64_t boot_to_real; /* to add to CLOCK_BOOTTIME; wraps where the clock is set before 1970 */
        uint64_t harvested;    /* packets counted up to the last harvest */
        size_t n_cpus;
        struct ebpf_flows *flows;
        struct lanscope_processor *processors; /* n_cpus, as is the next */
        struct lanscope_class_counters *class_counters;
        struct lanscope_presence_key keys[PRESENCE_BATCH];
        struct lanscope_presence values[PRESENCE_BATCH];
        uint8_t tagged[LANSCOPE_RECORD_MAX + 4]; /* a frame with its VLAN tag put back */
};

/* What the interface is. */

struct interface_facts {
        uint16_t type; /* ARPHRD_ */
        uint8_t mac[6];
        char driver[32];  /* "" unknown */
        bool strips_vlan; /* takes VLAN tags out of arriving frames and hands them over beside */
};

static int learn_interface(const char *interface, struct interface_facts *ret) {
        struct ethtool_drvinfo info = { .cmd = ETHTOOL_GDRVINFO };
        struct ethtool_value flags = { .cmd = ETHTOOL_GFLAGS };
        _cleanup_(closep) int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        struct ifreq request = { 0 };

        *ret = (struct interface_facts) { 0 };
        snprintf(request.ifr_name, sizeof request.ifr_name, "%s", interface);
        if (fd < 0 || ioctl(fd, SIOCGIFHWADDR, &request) < 0)
                return -errno;
        ret->type = request.ifr_hwaddr.sa_family;
        memcpy(ret->mac, request.ifr_hwaddr.sa_data, sizeof ret->mac);
        request.ifr_data = (char *) &info;
        if (ioctl(fd, SIOCETHTOOL, &request) >= 0)
                snprintf(ret->driver, sizeof ret->driver, "%.31s", info.driver);
        request.ifr_data = (char *) &flags;
        if (ioctl(fd, SIOCETHTOOL, &request) >= 0)
                ret->strips_vlan = flags.data & ETH_FLAG_RXVLAN;
        return 0;
}

/* Drivers whose frames are socket buffers anyway: native XDP has to convert each and back (veth passing frames
 * on was measured slower with XDP than without), and generic XDP copies them. */
static bool is_virtual(const struct interface_facts *facts) {
        static const char *const drivers[] = { "veth", "bridge", "tun", "macvlan", "dummy", "bonding", "team" };

        for (size_t i = 0; i < ELEMENTSOF(drivers); i++)
                if (strcmp(facts->driver, drivers[i]) == 0)
                        return true;
        return false;
}

/* Attaching takes CAP_NET_ADMIN, loading CAP_BPF, and CAP_PERFMON because the programs subtract pointers. */
#define PRIVILEGES (PRIVILEGE_BPF | PRIVILEGE_PERFMON | PRIVILEGE_NET_ADMIN)

static const char *missing_capability(void) {
        const char *names[PRIVILEGES_MAX];

        return privileges_names(PRIVILEGES & ~privileges_held(), names) > 0 ? names[0] : NULL;
}

/* The kernel is older than any that lanscope was seen to work with at this hook. Writes which would do. */
static bool kernel_is_too_old(enum ebpf_hook hook, struct strbuf *reason) {
        /* Earlier ones lack TCX, and helpers that the programs call; or their verifiers refuse the programs. */
        unsigned wanted_major = 6, wanted_minor = hook == HOOK_TCX ? 6 : 1, major, minor;
        struct utsname kernel;

        if (uname(&kernel) < 0 || sscanf(kernel.release, "%u.%u", &major, &minor) != 2 || major > wanted_major ||
            (major == wanted_major && minor >= wanted_minor))
                return false;
        strbuf_printf(reason, "the kernel is too old, Linux %u.%u would do", wanted_major, wanted_minor);
        return true;
}

static void explain(struct strbuf *reason, int error) {
        const char *missing = missing_capability();

        if (error == -EPERM && missing)
                strbuf_printf(reason, "not permitted (%s is missing)", missing);
        else if (error == -EPERM)
                strbuf_string(reason, "the kernel does not permit bpf() (a seccomp filter, or lockdown)");
        else if (error == -EBUSY || error == -EEXIST)
                strbuf_string(reason, "another program is attached already");
        else
                strbuf_string(reason, strerror(-error));
}

/* Frames. */

/* Puts the tag that the network card took out back behind the addresses, as libpcap does. */
static const uint8_t *put_tag_back(struct ebpf_capture *h, const struct lanscope_record *record, const uint8_t *data) {
        uint8_t *p = h->tagged;

        memcpy(p, data, 12);
        memcpy(p + 12, &record->vlan_proto, 2);
        p[14] = (uint8_t) (record->vlan_tci >> 8);
        p[15] = (uint8_t) record->vlan_tci;
        memcpy(p + 16, data + 12, record->captured - 12);
        return p;
}

static void hand_over(struct ebpf_capture *h, const struct lanscope_record *record, const uint8_t *data) {
        uint32_t tag = record->vlan_proto ? 4 : 0;
        struct frame frame = {
                .ts = record->ts + h->boot_to_real,
                .ifindex = h->ifindex,
                .linktype = LINKTYPE_ETHERNET,
                .captured = record->captured + tag,
                .length = record->length + tag,
                .data = tag ? put_tag_back(h, record, data) : data,
                .flow_counted = true,
        };

        h->ops.frame(h->ops.userdata, &frame);
}

static int on_record(void *userdata, void *data, size_t size) {
        struct ebpf_capture *h = userdata;
        struct lanscope_record record;

        /* The kernel program wrote it; a mismatch is a build mixed from two versions. */
        if (size < sizeof record)
                return 0;
        memcpy(&record, data, sizeof record);
        if (record.type == LANSCOPE_RECORD_FRAME && record.captured >= 14 && record.captured <= LANSCOPE_RECORD_MAX &&
            record.captured <= size - sizeof record)
                hand_over(h, &record, (uint8_t *) data + sizeof record);
        /* A negative return stops the reading behind this record. */
        return --h->records_left > 0 ? 0 : -EAGAIN;
}

/* True: there may be more. */
static bool read_ring(struct ebpf_capture *h) {
        h->boot_to_real = clock_ns(CLOCK_REALTIME) - clock_ns(CLOCK_BOOTTIME);
        h->records_left = BATCH_MAX;
        return ring_buffer__consume(h->ring) == -EAGAIN;
}

static void read_whole_ring(struct ebpf_capture *h) {
        for (unsigned i = 0; i < BATCHES_DRAINED && read_ring(h); i++)
                ;
}

/* Counters and presence. */

static void sum_counters(struct ebpf_capture *h, struct lanscope_counters *ret) {
        uint32_t zero = 0;

        *ret = (struct lanscope_counters) { 0 };
        if (bpf_map_lookup_elem(bpf_map__fd(h->programs->maps.processors), &zero, h->processors) < 0)
                return;
        for (size_t cpu = 0; cpu < h->n_cpus; cpu++) {
                const struct lanscope_counters *c = &h->processors[cpu].counters;

                ret->packets += c->packets;
                ret->bytes += c->bytes;
                ret->ring_full += c->ring_full;
                ret->truncated += c->truncated;
                ret->presence_full += c->presence_full;
                ret->unreadable += c->unreadable;
                ret->span_dropped += c->span_dropped;
                ret->apart_packets += c->apart_packets;
                ret->apart_bytes += c->apart_bytes;
                ret->evicted_flows += c->evicted_flows;
                ret->evicted_packets += c->evicted_packets;
                ret->evicted_bytes += c->evicted_bytes;
        }
}

static uint64_t sum_rate_limited(const struct ebpf_capture *h) {
        uint64_t sum = 0;

        for (uint32_t class = 0; class < LANSCOPE_CLASS_MAX; class++) {
                if (bpf_map_lookup_elem(bpf_map__fd(h->programs->maps.class_counters), &class, h->class_counters) < 0)
                        continue;
                for (size_t cpu = 0; cpu < h->n_cpus; cpu++)
                        sum += h->class_counters[cpu].rate_limited;
        }
        return sum;
}

static void tell_sighting(struct ebpf_capture *h, const struct lanscope_presence_key *key, const struct lanscope_presence *p) {
        struct sighting sighting = {
                .ifindex = h->ifindex,
                .vlan = key->vlan,
                .mac = mac_from_bytes(key->mac),
                .first = p->first > 0 ? p->first + h->boot_to_real : 0,
                .last = p->last > 0 ? p->last + h->boot_to_real : 0,
                .traffic = { p->packets_sent, p->bytes_sent, p->packets_received, p->bytes_received },
        };

        h->ops.sighting(h->ops.userdata, &sighting);
}

/* Empties one presence map. */
static void drain(struct ebpf_capture *h, struct bpf_map *map) {
        uint32_t position = 0, n;
        bool first = true;
        int r;

        do {
                n = PRESENCE_BATCH;
                r = bpf_map_lookup_and_delete_batch(bpf_map__fd(map), first ? NULL : &position, &position, h->keys, h->values,
                                                    &n, NULL);
                first = false;
                /* -ENOENT ends the list, with the last of it in the arrays. */
                for (uint32_t i = 0; (r == 0 || r == -ENOENT) && i < n; i++)
                        tell_sighting(h, &h->keys[i], &h->values[i]);
        } while (r == 0);
}

/* The map that the programs stopped writing at the last harvest is at rest by now: read it, and change over. */
static void drain_resting(struct ebpf_capture *h) {
        uint32_t active = __atomic_load_n(&h->programs->bss->active_map, __ATOMIC_RELAXED);

        drain(h, active ? h->programs->maps.presence_a : h->programs->maps.presence_b);
        __atomic_store_n(&h->programs->bss->active_map, !active, __ATOMIC_RELAXED);
}

static int schedule_harvest(struct ebpf_capture *h, bool crowded) {
        int r = sd_event_source_set_time_relative(h->harvest_source, crowded ? HARVEST_CROWDED_USEC : HARVEST_USEC);

        return r < 0 ? r : sd_event_source_set_enabled(h->harvest_source, SD_EVENT_ONESHOT);
}

static int on_harvest(sd_event_source *source _unused_, uint64_t usec _unused_, void *userdata) {
        struct ebpf_capture *h = userdata;
        struct lanscope_counters counters;
        bool quiet, crowded;

        read_whole_ring(h);
        if (h->looks_left > 0 && ebpf_flows_have_room(h->flows)) {
                h->looks_left--;
                return schedule_harvest(h, true);
        }
        drain_resting(h);
        /* Before it was due, it is one of a crowd, however few came since the last. */
        crowded = ebpf_flows_harvest(h->flows) || h->looks_left > 0;
        h->looks_left = crowded ? LOOKS_MAX : 0;
        /* The flag first, then the count: a frame that the count misses finds the flag down and wakes us. */
        __atomic_store_n(&h->programs->data->daemon_awake, 0, __ATOMIC_SEQ_CST);
        sum_counters(h, &counters);
        quiet = counters.packets == h->harvested;
        h->harvested = counters.packets;
        /* Quiet also means that the map and the log just left to rest are empty: all that they could hold has been counted. */
        if (quiet) {
                h->looks_left = 0;
                return 0;
        }
        __atomic_store_n(&h->programs->data->daemon_awake, 1, __ATOMIC_RELAXED);
        return schedule_harvest(h, crowded);
}

static int on_ring(sd_event_source *source _unused_, int fd _unused_, uint32_t events _unused_, void *userdata) {
        struct ebpf_capture *h = userdata;
        int enabled;

        read_ring(h);
        if (sd_event_source_get_enabled(h->harvest_source, &enabled) >= 0 && enabled != SD_EVENT_OFF)
                return 0;
        return schedule_harvest(h, false);
}

/* Starting. */

static void detach(struct ebpf_capture *h) {
        /* What leaves first: the side that came first removes the qdisc that it made, once that is empty. */
        ebpf_detach(&h->egress);
        ebpf_detach(&h->ingress);
}

static void ebpf_backend_free(struct ebpf_capture *h) {
        if (!h)
                return;
        sd_event_source_disable_unref(h->ring_source);
        sd_event_source_disable_unref(h->harvest_source);
        detach(h);
        ebpf_flows_free(h->flows);
        ring_buffer__free(h->ring);
        lanscope_bpf__destroy(h->programs);
        if (h->promiscuous >= 0)
                close(h->promiscuous);
        free(h->processors);
        free(h->class_counters);
        free(h);
}
DEFINE_CLEANUP(struct ebpf_capture *, ebpf_backend_free)

static uint32_t ring_size(uint32_t wanted) {
        uint32_t size = RING_MIN;

        if (wanted == 0)
                return RING_DEFAULT;
        while (size < wanted && size < RING_MAX)
                size *= 2;
        return size;
}

static bool is_xdp(enum ebpf_hook hook) {
        return hook == HOOK_XDP_NATIVE || hook == HOOK_XDP_GENERIC;
}

/* Loads the programs that `hook` needs and no other. */
static int load(struct ebpf_capture *h, const struct capture_config *config, const struct interface_facts *facts,
                enum ebpf_hook hook) {
        uint32_t size = ring_size(config->buffer_size);
        struct lanscope_bpf *p = lanscope_bpf__open();
        int r;

        if (!p)
                return -errno;
        h->programs = p;
        memcpy((void *) p->rodata->own_mac, facts->mac, sizeof facts->mac);
        p->rodata->span_drop = config->mode == MODE_SPAN && config->span_drop;
        p->rodata->ring_wake_at = size / 4;
        p->rodata->ring_flows_max = size / 4 * 3;
        p->rodata->first_bytes = CAPTURE_FIRST_BYTES;
        bpf_program__set_autoload(p->progs.lanscope_xdp, is_xdp(hook));
        bpf_program__set_autoload(p->progs.lanscope_in, !is_xdp(hook));
        r = bpf_map__set_max_entries(p->maps.ring, size);
        if (r >= 0)
                r = ebpf_flows_fit(p);
        return r < 0 ? r : lanscope_bpf__load(p);
}

/* What leaves is seen by TC only, whatever takes the other direction. */
static int attach_egress(struct ebpf_capture *h, enum ebpf_hook hook, int program) {
        int r;

        if (hook == HOOK_CLSACT)
                return ebpf_attach(HOOK_CLSACT, h->ifindex, true, program, &h->egress);
        r = ebpf_attach(HOOK_TCX, h->ifindex, true, program, &h->egress);
        /* Kernels before 6.6 do not know the attach type. */
        return r < 0 && is_xdp(hook) ? ebpf_attach(HOOK_CLSACT, h->ifindex, true, program, &h->egress) : r;
}

static int attach(struct ebpf_capture *h, enum ebpf_hook hook) {
        const struct bpf_program *in = is_xdp(hook) ? h->programs->progs.lanscope_xdp : h->programs->progs.lanscope_in;
        int r = ebpf_attach(hook, h->ifindex, false, bpf_program__fd(in), &h->ingress);

        return r < 0 ? r : attach_egress(h, hook, bpf_program__fd(h->programs->progs.lanscope_out));
}

/* Takes one step of the ladder; on failure nothing of it is left. */
static int try_hook(struct ebpf_capture *h, const struct capture_config *config, const struct interface_facts *facts,
                    enum ebpf_hook hook) {
        int r = load(h, config, facts, hook);

        if (r >= 0)
                r = attach(h, hook);
        if (r < 0) {
                detach(h);
                lanscope_bpf__destroy(h->programs);
                h->programs = NULL;
        }
        return r;
}

/* Does the configuration name this hook, or leave the choice to us? */
static bool wants_hook(const struct capture_config *config, enum ebpf_hook hook) {
        static const char *const names[_HOOK_MAX] = { "xdp-native", "xdp-generic", "tcx", "clsact" };

        if (strcmp(config->backend, "tc") == 0)
                return !is_xdp(hook);
        for (size_t i = 0; i < _HOOK_MAX; i++)
                if (strcmp(config->backend, names[i]) == 0)
                        return i == hook;
        return true;
}

static bool hook_is_named(const struct capture_config *config) {
        return config->backend[0] && strcmp(config->backend, "auto") != 0 && strcmp(config->backend, "ebpf") != 0;
}

/* Writes why XDP would be a bad choice here, although it can be had; true if so. Who names the hook gets it. */
static bool avoids_xdp(const struct capture_config *config, const struct interface_facts *facts, struct strbuf *reason) {
        if (hook_is_named(config))
                return false;
        if (is_virtual(facts)) {
                strbuf_printf(reason, "no XDP: slower than TC on a %s", facts->driver);
                return true;
        }
        /* A host's port has hardly ever tags; with SpanDrop= stopping frames early is what it is for. */
        if (facts->strips_vlan && config->mode != MODE_HOST && !config->span_drop) {
                strbuf_string(reason, "no XDP: it cannot see the VLAN tags that the card takes out (ethtool: rxvlan)");
                return true;
        }
        return false;
}

/* Down the ladder of hooks until one holds. `reason` collects why the ones above it did not. */
static int choose_hook(struct ebpf_capture *h, const struct capture_config *config, const struct interface_facts *facts,
                       struct strbuf *reason) {
        bool without_xdp = avoids_xdp(config, facts, reason);
        int r = -EOPNOTSUPP;

        for (enum ebpf_hook hook = 0; hook < _HOOK_MAX; hook++) {
                const char *separator = reason->length > 0 ? "; " : "";

                if (!wants_hook(config, hook) || (is_xdp(hook) && without_xdp))
                        continue;
                r = try_hook(h, config, facts, hook);
                if (r >= 0)
                        return 0;
                strbuf_printf(reason, "%sno %s: ", separator, ebpf_hook_to_string(hook));
                if (r == -EPERM || !kernel_is_too_old(hook, reason))
                        explain(reason, r);
        }
        return r;
}

/* The kernel counts the sockets that want it and forgets this one with its last descriptor. */
static int make_promiscuous(uint32_t ifindex) {
        struct packet_mreq request = { .mr_ifindex = (int) ifindex, .mr_type = PACKET_MR_PROMISC };
        _cleanup_(closep) int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);

        if (fd < 0 || setsockopt(fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &request, sizeof request) < 0)
                return -errno;
        return TAKE_FD(fd);
}

static int listen_to_ring(struct ebpf_capture *h, sd_event *event) {
        int r;

        h->ring = ring_buffer__new(bpf_map__fd(h->programs->maps.ring), on_record, h, NULL);
        if (!h->ring)
                return -errno;
        r = sd_event_add_io(event, &h->ring_source, ring_buffer__epoll_fd(h->ring), EPOLLIN, on_ring, h);
        if (r < 0)
                return r;
        r = sd_event_add_time_relative(event, &h->harvest_source, CLOCK_MONOTONIC, HARVEST_USEC, 100 * 1000, on_harvest, h);
        if (r < 0)
                return r;
        sd_event_source_set_description(h->ring_source, "capture-ebpf-ring");
        sd_event_source_set_description(h->harvest_source, "capture-ebpf-harvest");
        return 0;
}

static int ebpf_backend_probe(const struct capture_config *config, const char *interface, char reason[static 256]) {
        struct strbuf b = strbuf_make(reason, 256);
        struct interface_facts facts;
        int r;

        if (config->filter[0]) {
                strbuf_string(&b, "a capture filter is set, which only libpcap knows");
                return -EOPNOTSUPP;
        }
        r = learn_interface(interface, &facts);
        if (r < 0) {
                strbuf_printf(&b, "%s: %s", interface, strerror(-r));
                return r;
        }
        if (facts.type != ARPHRD_ETHER) {
                strbuf_printf(&b, "%s does not carry Ethernet frames, or carries each of them twice", interface);
                return -EOPNOTSUPP;
        }
        if (missing_capability()) {
                explain(&b, -EPERM);
                return -EPERM;
        }
        return 0;
}

static int ebpf_backend_start(const struct capture_config *config, const char *interface, sd_event *event,
                              const struct capture_ops *ops, void **ret, char method[static 128],
                              char reason[static 256]) {
        _cleanup_(ebpf_backend_freep) struct ebpf_capture *h = calloc(1, sizeof *h);
        struct strbuf b = strbuf_make(reason, 256);
        struct interface_facts facts;
        int r;

        if (!h)
                return -ENOMEM;
        h->ingress.link = h->egress.link = h->promiscuous = -1;
        h->ops = *ops;
        h->ifindex = if_nametoindex(interface);
        h->n_cpus = (size_t) MAX(libbpf_num_possible_cpus(), 1);
        h->processors = calloc(h->n_cpus, sizeof *h->processors);
        h->class_counters = calloc(h->n_cpus, sizeof *h->class_counters);
        if (!h->processors || !h->class_counters)
                return -ENOMEM;
        /* The reason is told by us; libbpf would write pages of verifier log to standard error. */
        libbpf_set_print(NULL);
        r = learn_interface(interface, &facts);
        if (r < 0)
                return r;
        (void) ebpf_clean_up(h->ifindex);
        r = choose_hook(h, config, &facts, &b);
        if (r < 0)
                return r;
        r = ebpf_flows_new(&h->flows, h->programs, ops, h->ifindex);
        if (r < 0)
                return r;
        r = listen_to_ring(h, event);
        if (r < 0) {
                strbuf_reset(&b);
                strbuf_printf(&b, "the ring buffer cannot be read: %s", strerror(-r));
                return r;
        }
        if (config->promiscuous || config->mode != MODE_HOST) {
                h->promiscuous = make_promiscuous(h->ifindex);
                if (h->promiscuous < 0)
                        strbuf_printf(&b, "%snot promiscuous: %s", b.length > 0 ? "; " : "", strerror(-h->promiscuous));
        }
        snprintf(method, 128, "%s in, %s out", ebpf_hook_to_string(h->ingress.hook), ebpf_hook_to_string(h->egress.hook));
        *ret = TAKE_PTR(h);
        return 0;
}

static void ebpf_backend_stop(void *backend) {
        struct ebpf_capture *h = backend;

        detach(h);
        /* Programs that run on other processors end: nothing is counted any more, so what is there is all there is. */
        (void) syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0);
        read_whole_ring(h);
        drain(h, h->programs->maps.presence_a);
        drain(h, h->programs->maps.presence_b);
        ebpf_flows_finish(h->flows);
        ebpf_backend_free(h);
}

static void ebpf_backend_drain(void *backend) {
        read_whole_ring(backend);
}

static void ebpf_backend_stats(void *backend, struct capture_stats *ret) {
        struct lanscope_counters counters;

        sum_counters(backend, &counters);
        ret->packets = counters.packets;
        ret->bytes = counters.bytes;
        ret->kernel_drops = counters.ring_full + counters.unreadable;
        ret->truncated = counters.truncated;
        ret->sightings_dropped = counters.presence_full;
        ret->span_dropped = counters.span_dropped;
        ret->apart_packets = counters.apart_packets;
        ret->apart_bytes = counters.apart_bytes;
        ret->evicted_flows = counters.evicted_flows;
        ret->evicted_packets = counters.evicted_packets;
        ret->evicted_bytes = counters.evicted_bytes;
        ret->rate_limited = sum_rate_limited(backend);
}

const struct capture_backend capture_ebpf = {
        .name = "eBPF",
        .probe = ebpf_backend_probe,
        .start = ebpf_backend_start,
        .stop = ebpf_backend_stop,
        .drain = ebpf_backend_drain,
        .stats = ebpf_backend_stats,
        .privileges = PRIVILEGES,
        .counts_presence = true,
};

void capture_clean_up(void) {
        struct if_nameindex *list = if_nameindex();

        libbpf_set_print(NULL);
        for (const struct if_nameindex *i = list; i && i->if_index > 0; i++)
                (void) ebpf_clean_up(i->if_index);
        if_freenameindex(list);
}
