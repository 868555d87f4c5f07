/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <systemd/sd-event.h>

#include "engine/flow/flow-delta.h"
#include "engine/inventory/inventory.h"
#include "engine/packet/frame.h"

/* Where frames come from. A backend answers a probe, then captures on one interface; capture_start()
 * walks the ladder of backends and remembers why a better one was not taken. */

/* Live, the first bytes of each direction of a TCP connection are read and no more: a ClientHello, a chain of
 * certificates (about 6 KiB), a request and the head of its answer. eBPF copies no more, and the engine
 * (engine_config.session_bytes_max) reads no more where libpcap brings all, so that facts are the same. */
#define CAPTURE_FIRST_BYTES (16 * 1024)
/* libpcap's share of a frame by default: the same, and the headers. */
#define CAPTURE_SNAPLEN (CAPTURE_FIRST_BYTES + 2048)

/* How long a frame may wait in a block that does not fill up, ms. */
#define CAPTURE_TIMEOUT 250

enum capture_mode { MODE_HOST, MODE_GATEWAY, MODE_SPAN, _MODE_MAX, _MODE_INVALID = -1 };

const char *capture_mode_to_string(enum capture_mode mode) __attribute__((const));
enum capture_mode capture_mode_from_string(const char *s);

#define CAPTURE_WORKERS_MAX 64

struct capture_config {
        enum capture_mode mode;
        /* "" or "auto": the ladder; else "ebpf" or "pcap" only, or one hook of eBPF: "xdp-native",
         * "xdp-generic", "tc" ("tcx" or else "clsact"); see capture_backend_is_known(). */
        char backend[16];
        bool promiscuous;       /* in host mode too; gateway and span mode always are */
        bool span_drop;         /* span mode: drop foreign frames after counting */
        uint32_t snaplen;       /* libpcap; 0: CAPTURE_SNAPLEN */
        uint32_t timeout;       /* libpcap: ms that frames may wait for others in the kernel; 0: CAPTURE_TIMEOUT */
        bool immediate;         /* libpcap: each frame at once */
        uint32_t buffer_size;   /* bytes, of each ring; 0: 512 KiB for eBPF's (a power of two), 8 MiB for all of libpcap's */
        char filter[1024];      /* libpcap BPF filter, "" none */
        uint32_t workers;       /* libpcap: threads that share an interface; 0 and 1: none, the loop reads itself */
};

struct capture_ops {
        void (*frame)(void *userdata, const struct frame *frame);
        void (*sighting)(void *userdata, const struct sighting *sighting);
        /* What a flow did for a while, of a backend that counts flows itself; may be NULL. */
        void (*flow)(void *userdata, const struct flow_delta *delta);
        /* The interface went away or the backend failed for good; the capture is dead and may be freed
         * from a later event. `error` is a negative errno, `message` says what happened. */
        void (*failed)(void *userdata, const char *interface, int error, const char *message);
        void *userdata;
};

struct capture_stats {
        uint64_t packets, bytes;     /* seen by the backend (kernel-side count under eBPF) */
        uint64_t delivered;          /* frames handed to the engine */
        uint64_t kernel_drops;       /* libpcap's ps_drop; under eBPF frames that found the ring full */
        uint64_t interface_drops;    /* ps_ifdrop */
        uint64_t rate_limited;       /* eBPF: frames of interest held back by a source's rate limit */
        uint64_t truncated;          /* eBPF: frames longer than a ring record */
        uint64_t worker_drops;       /* several workers: frames that found the queue to the engine full */
        uint64_t sightings_dropped;  /* eBPF and several workers: addresses that found the table full */
        /* eBPF: what no flow has: frames that belong to none, and flows that made room for others in the kernel or found none. */
        uint64_t apart_packets, apart_bytes;
        uint64_t evicted_flows, evicted_packets, evicted_bytes;
        uint64_t span_dropped;       /* eBPF: foreign frames that went no further (SpanDrop=) */
};

struct capture;

struct capture_backend {
        const char *name;
        /* 0: can be used here. -errno, with the reason as a sentence in `reason`, otherwise. */
        int (*probe)(const struct capture_config *config, const char *interface, char reason[static 256]);
        /* `*ret_method` gets what is active in one phrase, such as "XDP (native) + TC egress". */
        int (*start)(const struct capture_config *config, const char *interface, sd_event *event,
                     const struct capture_ops *ops, void **ret, char method[static 128], char reason[static 256]);
        void (*stop)(void *backend);
        /* Hands over the frames that came but wait to be read. */
        void (*drain)(void *backend);
        void (*stats)(void *backend, struct capture_stats *ret);
        /* enum privilege: what it takes to start it. */
        unsigned privileges;
        /* Kernel-side counting: sightings and flow deltas are reported (about once a second, while there is traffic),
         * frames are only those of interest. */
        bool counts_presence;
};

extern const struct capture_backend capture_ebpf, capture_pcap, capture_workers;

/* Is `name` something that capture_config.backend may hold? */
bool capture_backend_is_known(const char *name);
/* Is `filter` an expression of pcap-filter(7)? 0, or -EINVAL with what is wrong. */
int capture_check_filter(const char *filter, char reason[static 256]);

/* Takes away what a run that was killed may have left at any interface: its TC filters on kernels before
 * 6.6. Everything else goes with the process. capture_start() does it for its own interface; the service
 * manager runs it after a crash (lanscoped --clean-up in ExecStopPost=). */
void capture_clean_up(void);

/* Starts the best backend on one interface. On failure every step's reason stands in `reasons`. */
int capture_start(const struct capture_config *config, const char *interface, sd_event *event,
                  const struct capture_ops *ops, struct capture **ret, char reasons[static 1024]);
/* Stops. Frames and sightings that are still waiting are handed over before it returns. */
struct capture *capture_free(struct capture *capture);

/* Hands over the frames that wait: whoever lets time pass without frames (engine_advance()) calls it before. */
void capture_drain(struct capture *capture);

/* enum privilege: what it takes to start it again, here or on another interface. Includes what a better backend takes
 * that was not taken only because of the kind of this interface. */
unsigned capture_privileges(const struct capture *capture);
/* What the best takes of all that `config` leaves open. */
unsigned capture_config_privileges(const struct capture_config *config);

const char *capture_backend_name(const struct capture *capture);
const char *capture_method(const struct capture *capture);
/* Why no better backend was taken: a sentence per step down, one a line; "" when the best one runs. */
const char *capture_reasons(const struct capture *capture);
bool capture_counts_presence(const struct capture *capture);
void capture_get_stats(const struct capture *capture, struct capture_stats *ret);
