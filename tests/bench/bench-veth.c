/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The ends of a pair of veths, for bench-live.
 * usage: bench-veth send INTERFACE PACKETS FLOWS PER-SECOND
 *                                                    frames by XDP, 0: as fast as they go; prints sent, CPU seconds and
 *                                                    the seconds that went by. The other end takes them if it has
 *                                                    XDP or GRO
 *        bench-veth flood INTERFACE PACKETS FLOWS PER-SECOND BYTES
 *                                                    by a packet socket, likewise
 *        bench-veth inject INTERFACE PACKETS FLOWS PER-SECOND BYTES
 *                                                    as if the interface had received them, likewise
 *        bench-veth count INTERFACE xdp|tc           counts and drops, until SIGTERM: prints received */

#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/if_link.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>

#include "common/macro.h"
#include "flow-cost.skel.h"

/* <linux/bpf.h> has it since 5.18. */
#ifndef BPF_F_TEST_XDP_LIVE_FRAMES
#define BPF_F_TEST_XDP_LIVE_FRAMES (1U << 1)
#endif
/* enum bpf_attach_type has it since 6.6. */
#define TCX_INGRESS ((enum bpf_attach_type) 46)

enum { FRAME = 64, FRAME_MAX = 1514, BATCH = 64, TURN = 80 * BATCH, CPUS_MAX = 1024 };

/* From 10.x.x.x, which is varied, to 192.0.2.2; to an address that nobody has. */
static const uint8_t frame_template[FRAME] = {
        2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8, 0, 0x45, 0, 0, 50, 0, 1, 0, 0, 64, 17, 0, 0, 10, 0, 0, 1, 192, 0, 2, 2,
        0x9c, 0x40, 0xc3, 0x50, 0, 30,
};

static double seconds(clockid_t clock) {
        struct timespec t;

        clock_gettime(clock, &t);
        return (double) t.tv_sec + (double) t.tv_nsec / 1e9;
}

static double cpu_seconds(void) {
        struct rusage usage;

        getrusage(RUSAGE_SELF, &usage);
        return (double) (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) + (double) (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

static int send_frames(const struct flow_cost_bpf *programs, unsigned packets) {
        LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = frame_template, .data_size_in = FRAME, .repeat = (int) packets,
                    .flags = BPF_F_TEST_XDP_LIVE_FRAMES, .batch_size = BATCH);
        double begun = seconds(CLOCK_MONOTONIC);
        int r = bpf_prog_test_run_opts(bpf_program__fd(programs->progs.generate), &options);

        printf("%u %.6f %.6f\n", packets, cpu_seconds(), seconds(CLOCK_MONOTONIC) - begun);
        return r;
}

static int send_by_xdp(unsigned interface, unsigned packets, unsigned flows, unsigned rate) {
        struct flow_cost_bpf *programs = flow_cost_bpf__open();
        int r;

        if (!programs)
                return -errno;
        programs->rodata->out_interface = interface;
        programs->rodata->batch = BATCH;
        programs->rodata->batch_time = rate > 0 ? (uint64_t) BATCH * 1000000000 / rate : 0;
        r = flow_cost_bpf__load(programs);
        if (r >= 0) {
                programs->data->flows_max = flows;
                r = send_frames(programs, packets);
        }
        flow_cost_bpf__destroy(programs);
        return r;
}

struct burst {
        uint8_t frames[BATCH][FRAME_MAX];
        struct iovec vectors[BATCH];
        struct mmsghdr messages[BATCH];
};

static void make_frame(uint8_t ret[FRAME_MAX], unsigned size) {
        memset(ret, 0, FRAME_MAX);
        memcpy(ret, frame_template, FRAME);
        ret[17] = (uint8_t) (size - 14);
        ret[16] = (uint8_t) ((size - 14) >> 8);
}

static void make_burst(struct burst *b, unsigned size) {
        memset(b, 0, sizeof *b);
        for (unsigned i = 0; i < BATCH; i++) {
                make_frame(b->frames[i], size);
                b->vectors[i] = (struct iovec) { b->frames[i], size };
                b->messages[i].msg_hdr.msg_iov = &b->vectors[i];
                b->messages[i].msg_hdr.msg_iovlen = 1;
        }
}

static void pause_until(double then) {
        double left = then - seconds(CLOCK_MONOTONIC);
        struct timespec t = { 0, (long) (left * 1e9) };

        if (left > 0)
                nanosleep(&t, NULL);
}

static int send_bursts(int fd, unsigned packets, unsigned flows, unsigned rate, unsigned size) {
        static struct burst b;
        double begun = seconds(CLOCK_MONOTONIC);
        uint32_t number = 0;

        make_burst(&b, size);
        for (unsigned sent = 0; sent < packets;) {
                int n;

                for (unsigned i = 0; i < BATCH; i++) {
                        uint32_t address = htonl(0x0a000000 | (uint32_t) ((uint64_t) (number++ * 2654435761U) * flows >> 32));

                        memcpy(b.frames[i] + 26, &address, sizeof address);
                }
                n = sendmmsg(fd, b.messages, BATCH, 0);
                if (n < BATCH)
                        return n < 0 ? -errno : -EIO;
                sent += BATCH;
                if (rate > 0)
                        pause_until(begun + (double) sent / rate);
        }
        return 0;
}

static int flood(unsigned interface, unsigned packets, unsigned flows, unsigned rate, unsigned size) {
        struct sockaddr_ll address = { .sll_family = AF_PACKET, .sll_ifindex = (int) interface };
        int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0), r;
        double begun;

        packets -= packets % BATCH;
        begun = seconds(CLOCK_MONOTONIC);
        if (fd < 0 || bind(fd, (struct sockaddr *) &address, sizeof address) < 0)
                return -errno;
        r = send_bursts(fd, packets, flows, rate, size);
        printf("%u %.6f %.6f\n", packets, cpu_seconds(), seconds(CLOCK_MONOTONIC) - begun);
        return r;
}

/* No socket and no other end: beside what a capture adds to a frame there is little else. The kernel waits some milliseconds before it
 * ends a turn, which take no CPU; in less than half of libpcap's buffer a turn's frames find room. */
static int inject_turns(const struct flow_cost_bpf *programs, unsigned interface, unsigned packets, unsigned rate, unsigned size) {
        struct xdp_md context = { .data_end = size, .ingress_ifindex = interface };
        uint8_t frame[FRAME_MAX];
        LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = frame, .data_size_in = size, .ctx_in = &context,
                    .ctx_size_in = sizeof context, .repeat = TURN, .flags = BPF_F_TEST_XDP_LIVE_FRAMES, .batch_size = BATCH);
        double begun = seconds(CLOCK_MONOTONIC), spent = cpu_seconds();

        make_frame(frame, size);
        for (unsigned sent = 0; sent < packets; sent += TURN) {
                int r = bpf_prog_test_run_opts(bpf_program__fd(programs->progs.inject), &options);

                if (r < 0)
                        return r;
                if (rate > 0)
                        pause_until(begun + (double) (sent + TURN) / rate);
        }
        printf("%u %.6f %.6f\n", packets, cpu_seconds() - spent, seconds(CLOCK_MONOTONIC) - begun);
        return 0;
}

static int inject(unsigned interface, unsigned packets, unsigned flows, unsigned rate, unsigned size) {
        struct flow_cost_bpf *programs = flow_cost_bpf__open_and_load();
        int r;

        if (!programs)
                return -errno;
        programs->data->flows_max = flows;
        r = inject_turns(programs, interface, packets - packets % TURN, rate, size);
        flow_cost_bpf__destroy(programs);
        return r;
}

static void count_until_told(struct flow_cost_bpf *programs) {
        static uint64_t values[CPUS_MAX];
        uint64_t sum = 0;
        uint32_t zero = 0;
        sigset_t mask;
        int told;

        sigemptyset(&mask);
        sigaddset(&mask, SIGTERM);
        sigprocmask(SIG_BLOCK, &mask, NULL);
        puts("start");
        fflush(stdout);
        sigwait(&mask, &told);
        bpf_map_lookup_elem(bpf_map__fd(programs->maps.counted), &zero, values);
        for (int i = 0; i < libbpf_num_possible_cpus(); i++)
                sum += values[i];
        printf("%llu\n", (unsigned long long) sum);
}

static int count(unsigned interface, bool xdp) {
        struct flow_cost_bpf *programs = flow_cost_bpf__open_and_load();
        LIBBPF_OPTS(bpf_link_create_opts, options, .flags = xdp ? XDP_FLAGS_DRV_MODE : 0);
        int link;

        if (!programs)
                return -errno;
        link = bpf_link_create(bpf_program__fd(xdp ? programs->progs.count_xdp : programs->progs.count_tc), (int) interface,
                               xdp ? BPF_XDP : TCX_INGRESS, &options);
        if (link >= 0)
                count_until_told(programs);
        flow_cost_bpf__destroy(programs);
        return MIN(link, 0);
}

int main(int argc, char *argv[]) {
        unsigned interface = argc > 2 ? if_nametoindex(argv[2]) : 0, numbers[4] = { 0 };
        bool has_size;
        int r = -EINVAL;

        libbpf_set_print(NULL);
        for (int i = 3; i < argc && i < 7; i++)
                numbers[i - 3] = (unsigned) strtoul(argv[i], NULL, 10);
        has_size = argc == 7 && numbers[3] >= FRAME && numbers[3] <= FRAME_MAX;
        if (interface > 0 && argc == 6 && strcmp(argv[1], "send") == 0)
                r = send_by_xdp(interface, numbers[0], numbers[1], numbers[2]);
        else if (interface > 0 && has_size && strcmp(argv[1], "flood") == 0)
                r = flood(interface, numbers[0], numbers[1], numbers[2], numbers[3]);
        else if (interface > 0 && has_size && strcmp(argv[1], "inject") == 0)
                r = inject(interface, numbers[0], numbers[1], numbers[2], numbers[3]);
        else if (interface > 0 && argc == 4 && strcmp(argv[1], "count") == 0)
                r = count(interface, strcmp(argv[3], "xdp") == 0);
        if (r < 0)
                fprintf(stderr, "bench-veth: %s\n", strerror(-r));
        return r < 0;
}
