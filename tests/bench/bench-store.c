/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* How long the store takes: bench-store [DEVICES [DIRECTORY]]. Medians of several rounds, CPU time beside
 * wall time. A device has one MAC, three IP addresses, eight pieces of evidence and two services. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "common/macro.h"
#include "daemon/store.h"

#define ROUNDS 7
#define START (UINT64_C(1700000000) * NSEC_PER_SEC)

static struct evidence evidence[] = {
        { FACT_DHCP_HOSTNAME, VOICE_SELF, 80, .count = 3, START, START, (char *) "living-room-speaker" },
        { FACT_DHCP_VENDOR_CLASS, VOICE_SELF, 70, .count = 3, START, START, (char *) "dhcpcd-9.4.1:Linux-5.10.63:armv7l:BCM2835" },
        { FACT_DHCP_PARAM_REQUEST_LIST, VOICE_SELF, 70, .count = 3, START, START, (char *) "1,121,33,3,6,12,15,26,28,51,54,58,59,119" },
        { FACT_MDNS_HOSTNAME, VOICE_SELF, 90, .count = 40, START, START, (char *) "living-room-speaker.local" },
        { FACT_MDNS_SERVICE, VOICE_SELF, 90, .count = 40, START, START, (char *) "_googlecast._tcp.local" },
        { FACT_MDNS_TXT, VOICE_SELF, 90, .count = 40, START, START, (char *) "md=Google Home Mini" },
        { FACT_MDNS_QUERY, VOICE_ASKS, 20, .count = 900, START, START, (char *) "_airplay._tcp.local" },
        { FACT_SSDP_SERVER, VOICE_SELF, 80, .count = 12, START, START, (char *) "Linux/3.8.13 UPnP/1.0 Portable SDK/1.8" },
};

static struct device_service services[] = {
        { FACT_MDNS_SERVICE, START, START, (char *) "_googlecast._tcp" },
        { FACT_SSDP_USN, START, START, (char *) "urn:dial-multiscreen-org:device:dial:1" },
};

struct bench {
        struct store *store;
        char path[256];
        struct device *devices;
        size_t n, loaded;
};

struct took {
        double wall, cpu; /* ms */
};

static struct took now(void) {
        struct timespec wall, cpu;

        clock_gettime(CLOCK_MONOTONIC, &wall);
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &cpu);
        return (struct took) { wall.tv_sec * 1e3 + wall.tv_nsec / 1e6, cpu.tv_sec * 1e3 + cpu.tv_nsec / 1e6 };
}

static int compare(const void *a, const void *b) {
        double x = ((const struct took *) a)->wall, y = ((const struct took *) b)->wall;

        return (x > y) - (x < y);
}

static void die(struct bench *b, const char *what) {
        fprintf(stderr, "%s: %s\n", what, b->store ? store_last_error(b->store) : "failed");
        exit(1);
}

static uint64_t id_of(size_t i) {
        return (i + 1) * UINT64_C(0x9e3779b97f4a7c15); /* spread over 64 bits, as real ones may be */
}

static const struct device *get_device(void *userdata, uint64_t id) {
        struct bench *b = userdata;
        size_t i = (size_t) (id * UINT64_C(0xf1de83e19937733d)) - 1; /* the inverse of id_of() */

        return i < b->n ? &b->devices[i] : NULL;
}

static const struct network *get_network(void *userdata, uint64_t id) {
        (void) userdata, (void) id;
        return NULL;
}

static void fill(struct bench *b) {
        b->devices = calloc(b->n, sizeof *b->devices);
        if (!b->devices)
                die(b, "memory");
        for (size_t i = 0; i < b->n; i++) {
                struct device *d = &b->devices[i];
                uint8_t high = (uint8_t) (i >> 8), low = (uint8_t) i;

                *d = (struct device) { .id = id_of(i), .network = 1, .first_seen = START, .last_seen = START,
                                       .flags = DEVICE_CONFIRMED | DEVICE_KNOWN, .n_macs = 1, .n_ipv4 = 1, .n_ipv6 = 2,
                                       .services = services, .n_services = ELEMENTSOF(services), .evidence = evidence,
                                       .n_evidence = ELEMENTSOF(evidence), .user = { .type = _TYPE_INVALID } };
                d->macs[0] = (struct device_mac) { { { 0, 0x1a, 0x11, (uint8_t) (i >> 16), high, low } }, START, START };
                d->ipv4[0] = (struct device_ip) { { AF_INET, { 10, (uint8_t) (i >> 16), high, low } }, START, START,
                                                  FACT_ARP_SENDER };
                d->ipv6[0] = (struct device_ip) { { AF_INET6, { 0xfe, 0x80, [14] = high, [15] = low } }, START, START,
                                                  FACT_NDP_SOURCE };
                d->ipv6[1] = (struct device_ip) { { AF_INET6, { 0x20, 1, 0xd, 0xb8, [14] = high, [15] = low } }, START, START,
                                                  FACT_NDP_DAD };
        }
}

static void open_store(struct bench *b) {
        struct store_config config;
        char *message = NULL;

        store_config_default(&config);
        config.now = START;
        if (store_open(&b->store, b->path, &config, &message) < 0) {
                fprintf(stderr, "%s\n", message ? message : "cannot open");
                exit(1);
        }
        store_set_source(b->store, &(struct store_source) { get_device, get_network, b });
}

static void remove_files(struct bench *b) {
        static const char *const suffixes[] = { "", "-wal", "-shm" };
        char path[300];

        for (size_t i = 0; i < ELEMENTSOF(suffixes); i++) {
                snprintf(path, sizeof path, "%s%s", b->path, suffixes[i]);
                unlink(path);
        }
}

static struct took flush(struct bench *b, uint32_t changes, size_t limit) {
        struct took begin, end, longest = { 0 };
        int r;

        for (size_t i = 0; i < b->n; i++) {
                b->devices[i].last_seen += NSEC_PER_SEC;
                b->devices[i].traffic.packets_sent += 3;
                b->devices[i].traffic.bytes_sent += 300;
                store_put_device(b->store, b->devices[i].id, changes);
        }
        do {
                begin = now();
                r = store_flush(b->store, limit);
                end = now();
                if (r < 0)
                        die(b, "flush");
                longest.wall = MAX(longest.wall, end.wall - begin.wall);
                longest.cpu = MAX(longest.cpu, end.cpu - begin.cpu);
        } while (r > 0);
        return longest;
}

static void report(const char *what, struct took *rounds, size_t n) {
        qsort(rounds, n, sizeof *rounds, compare);
        printf("%-52s %8.2f ms (CPU %.2f)\n", what, rounds[n / 2].wall, rounds[n / 2].cpu);
}

static void bench_first(struct bench *b, const char *what, size_t limit) {
        struct took rounds[ROUNDS];

        for (size_t i = 0; i < ROUNDS; i++) {
                b->store = store_close(b->store);
                remove_files(b);
                open_store(b);
                rounds[i] = flush(b, UINT32_MAX, limit);
        }
        report(what, rounds, ROUNDS);
}

/* A flood of invented addresses: nothing is known of them but a MAC and an IPv4 address. */
static void bench_bare(struct bench *b) {
        for (size_t i = 0; i < b->n; i++)
                b->devices[i].n_ipv6 = b->devices[i].n_evidence = b->devices[i].n_services = 0;
        bench_first(b, "all new, with one MAC and one IPv4 address only", 0);
        for (size_t i = 0; i < b->n; i++) {
                b->devices[i].n_ipv6 = 2;
                b->devices[i].n_evidence = ELEMENTSOF(evidence);
                b->devices[i].n_services = ELEMENTSOF(services);
        }
}

static void bench_again(struct bench *b, const char *what, uint32_t changes) {
        struct took rounds[ROUNDS];

        for (size_t i = 0; i < ROUNDS; i++)
                rounds[i] = flush(b, changes, 0);
        report(what, rounds, ROUNDS);
}

static int count_network(void *userdata, const struct network *network) {
        (void) userdata, (void) network;
        return 0;
}

static int count_device(void *userdata, const struct device *device) {
        struct bench *b = userdata;

        b->loaded += device->n_evidence == ELEMENTSOF(evidence);
        return 0;
}

static void bench_open_and_load(struct bench *b) {
        struct took opened[ROUNDS], loaded[ROUNDS];

        for (size_t i = 0; i < ROUNDS; i++) {
                struct took a, c, d;

                b->store = store_close(b->store);
                b->loaded = 0;
                a = now();
                open_store(b);
                c = now();
                if (store_load(b->store, &(struct store_load_ops) { count_network, count_device, b }) < 0 || b->loaded != b->n)
                        die(b, "load");
                d = now();
                opened[i] = (struct took) { c.wall - a.wall, c.cpu - a.cpu };
                loaded[i] = (struct took) { d.wall - c.wall, d.cpu - c.cpu };
        }
        report("open, with its integrity check", opened, ROUNDS);
        report("load", loaded, ROUNDS);
}

static void bench_durable(struct bench *b) {
        struct took labels[101], alerts[101];

        for (size_t i = 0; i < ELEMENTSOF(labels); i++) {
                struct device_user user = { (char *) "label", NULL, _TYPE_INVALID, i % 2 == 0 };
                struct alert alert = { .id = i + 1, .name = "speaker", .peer = "", .message = "New device", .details = "{}" };
                struct took a = now(), c, d;

                if (store_save_user(b->store, &b->devices[i % b->n], &user) < 0)
                        die(b, "label");
                c = now();
                if (store_add_alerts(b->store, &alert, 1) < 0)
                        die(b, "alert");
                d = now();
                labels[i] = (struct took) { c.wall - a.wall, c.cpu - a.cpu };
                alerts[i] = (struct took) { d.wall - c.wall, d.cpu - c.cpu };
        }
        report("one label, on the disk", labels, ELEMENTSOF(labels));
        report("one alert, on the disk", alerts, ELEMENTSOF(alerts));
}

int main(int argc, char **argv) {
        struct bench b = { .n = argc > 1 ? strtoul(argv[1], NULL, 10) : 10000 };
        struct store_counters counters;
        struct rusage usage;

        snprintf(b.path, sizeof b.path, "%s/bench-store-%d.db", argc > 2 ? argv[2] : "/tmp", (int) getpid());
        fill(&b);
        printf("%zu devices in %s\n", b.n, b.path);
        bench_bare(&b);
        bench_first(&b, "all new, all parts, one transaction", 0);
        bench_first(&b, "all new, longest step of STORE_FLUSH_STEP devices", STORE_FLUSH_STEP);
        bench_again(&b, "all seen again (times and traffic)", CHANGE_SEEN | CHANGE_PRESENCE);
        bench_again(&b, "all with new evidence", CHANGE_SEEN | CHANGE_EVIDENCE);
        bench_again(&b, "all with a new address", CHANGE_SEEN | CHANGE_IPV6);
        bench_again(&b, "all rewritten, all parts", UINT32_MAX);
        bench_open_and_load(&b);
        bench_durable(&b);
        store_get_counters(b.store, &counters);
        getrusage(RUSAGE_SELF, &usage);
        printf("%-52s %8.0f bytes, %llu in all\n", "a device in the file", (double) counters.file_bytes / (double) b.n,
               (unsigned long long) counters.file_bytes);
        printf("%-52s %8ld KiB (%zu of them the benchmark's devices)\n", "peak memory", usage.ru_maxrss,
               b.n * sizeof *b.devices / 1024);
        store_close(b.store);
        remove_files(&b);
        free(b.devices);
        return 0;
}
