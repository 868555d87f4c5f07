/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Captures on one interface until SIGTERM or SIGINT and says what it got, a line each:
 *     start METHOD / reason TEXT / failed ERROR TEXT
 *     fact MAC KIND VALUE
 *     seen MAC VLAN PACKETS_SENT BYTES_SENT PACKETS_RECEIVED BYTES_RECEIVED, in all
 *     flow PROTOCOL VLAN IP PORT MAC IP PORT MAC PACKETS BYTES PACKETS BYTES STATE END HISTORY KEY=VALUE…
 *     stats KEY=VALUE…
 *     cpu USER_US SYSTEM_US, since it started
 * usage: capture-run BACKEND[*WORKERS][,BUFFER_MB] INTERFACE [MODE [FILTER]], where MODE may be span-drop
 *        capture-run --clean-up */

#include <errno.h>
#include <net/if.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "common/id-hash.h"
#include "common/macro.h"
#include "daemon/capture.h"
#include "engine/engine.h"

/* What all sightings of an address say together. Told at the end: to print each would take longer than all that a capture does. */
struct seen {
        uint64_t id; /* of both: */
        struct mac_address mac;
        uint16_t vlan;
        struct device_traffic traffic;
        UT_hash_handle hh;
};

struct receiver {
        struct engine *engine;
        struct seen *seen;
};

static void on_fact(void *userdata _unused_, const struct fact *fact) {
        char mac[MAC_STRING_MAX];

        printf("fact %s %s %s\n", mac_format(&fact->mac, mac), fact_kind_to_string(fact->kind), fact->value);
}

/* Times in us, counts of both ways. */
static void print_analysis(const struct flow_record *r) {
        const struct flow_direction *a = &r->directions[0], *b = &r->directions[1];
        const struct {
                const char *key;
                uint64_t value;
        } values[] = {
                { "handshake", r->rtt.handshake / NSEC_PER_USEC }, { "responder", r->rtt.responder / NSEC_PER_USEC },
                { "initiator", r->rtt.initiator / NSEC_PER_USEC }, { "last", r->rtt.last / NSEC_PER_USEC },
                { "minimum", r->rtt.minimum / NSEC_PER_USEC },     { "average", r->rtt.average / NSEC_PER_USEC },
                { "samples", r->rtt.samples },                     { "again", a->retransmissions },
                { "again_back", b->retransmissions },              { "late", a->out_of_order },
                { "late_back", b->out_of_order },                  { "duplicates", a->duplicate_acks },
                { "duplicates_back", b->duplicate_acks },          { "windows", a->zero_windows },
                { "windows_back", b->zero_windows },
        };

        for (size_t i = 0; i < ELEMENTSOF(values); i++)
                printf(" %s=%llu", values[i].key, (unsigned long long) values[i].value);
}

static void on_flow(void *userdata _unused_, const struct flow_record *r) {
        const char *state = flow_state_to_string(r->state);

        printf("flow %u %u.%u", r->protocol, r->vlan, r->inner_vlan);
        for (unsigned i = 0; i < 2; i++) {
                char ip[IP_STRING_MAX], mac[MAC_STRING_MAX];

                printf(" %s %u %s", ip_format(&r->endpoints[i].ip, ip), r->endpoints[i].port, mac_format(&r->endpoints[i].mac, mac));
        }
        for (unsigned i = 0; i < 2; i++)
                printf(" %llu %llu", (unsigned long long) r->directions[i].packets, (unsigned long long) r->directions[i].bytes);
        printf(" %s %s %s", state ? state : "-", flow_end_to_string(r->end), *r->history ? r->history : "-");
        if (r->analysed)
                print_analysis(r);
        putchar('\n');
}

static void on_frame(void *userdata, const struct frame *frame) {
        struct receiver *receiver = userdata;

        engine_feed_frame(receiver->engine, frame);
}

static uint64_t id_of(const struct sighting *s) {
        uint64_t id = s->vlan;

        for (size_t i = 0; i < sizeof s->mac.bytes; i++)
                id = id << 8 | s->mac.bytes[i];
        return id;
}

static void on_sighting(void *userdata, const struct sighting *s) {
        struct receiver *receiver = userdata;
        uint64_t id = id_of(s);
        struct seen *found;

        HASH_FIND(hh, receiver->seen, &id, sizeof id, found);
        if (!found) {
                found = calloc(1, sizeof *found);
                if (!found)
                        abort();
                found->id = id;
                found->mac = s->mac;
                found->vlan = s->vlan;
                HASH_ADD(hh, receiver->seen, id, sizeof found->id, found);
        }
        found->traffic.packets_sent += s->traffic.packets_sent;
        found->traffic.bytes_sent += s->traffic.bytes_sent;
        found->traffic.packets_received += s->traffic.packets_received;
        found->traffic.bytes_received += s->traffic.bytes_received;
}

static void print_seen(struct receiver *receiver) {
        struct seen *s, *next;

        HASH_ITER(hh, receiver->seen, s, next) {
                char mac[MAC_STRING_MAX];

                printf("seen %s %u %llu %llu %llu %llu\n", mac_format(&s->mac, mac), s->vlan,
                       (unsigned long long) s->traffic.packets_sent, (unsigned long long) s->traffic.bytes_sent,
                       (unsigned long long) s->traffic.packets_received, (unsigned long long) s->traffic.bytes_received);
                HASH_DEL(receiver->seen, s);
                free(s);
        }
}

static void on_flow_delta(void *userdata, const struct flow_delta *delta) {
        struct receiver *receiver = userdata;

        engine_feed_flow_delta(receiver->engine, delta);
}

static void on_failed(void *userdata _unused_, const char *interface _unused_, int error, const char *message) {
        printf("failed %s %s\n", strerrorname_np(-error), message);
        fflush(stdout);
}

static void print_stats(const struct capture *capture) {
        struct capture_stats s;

        capture_get_stats(capture, &s);
        printf("stats packets=%llu bytes=%llu delivered=%llu kernel_drops=%llu rate_limited=%llu truncated=%llu "
               "sightings_dropped=%llu apart_packets=%llu apart_bytes=%llu evicted_flows=%llu evicted_packets=%llu "
               "evicted_bytes=%llu span_dropped=%llu worker_drops=%llu\n",
               (unsigned long long) s.packets, (unsigned long long) s.bytes, (unsigned long long) s.delivered,
               (unsigned long long) s.kernel_drops, (unsigned long long) s.rate_limited,
               (unsigned long long) s.truncated, (unsigned long long) s.sightings_dropped,
               (unsigned long long) s.apart_packets, (unsigned long long) s.apart_bytes, (unsigned long long) s.evicted_flows,
               (unsigned long long) s.evicted_packets, (unsigned long long) s.evicted_bytes,
               (unsigned long long) s.span_dropped, (unsigned long long) s.worker_drops);
}

static long long microseconds(const struct timeval *t) {
        return t->tv_sec * 1000000LL + t->tv_usec;
}

static void print_cpu(void) {
        struct rusage usage;

        getrusage(RUSAGE_SELF, &usage);
        printf("cpu %lld %lld\n", microseconds(&usage.ru_utime), microseconds(&usage.ru_stime));
}

static int run(sd_event *event, const struct capture_config *config, const char *interface) {
        struct capture_ops ops = { .frame = on_frame, .sighting = on_sighting, .flow = on_flow_delta, .failed = on_failed };
        struct engine_ops engine_ops = { .fact = on_fact, .flow = on_flow };
        struct engine_config engine_config;
        struct receiver receiver = { 0 };
        struct capture *capture;
        char reasons[1024] = "";
        int r;

        engine_config_default(&engine_config);
        engine_config.dissect_only = true;
        engine_config.flows = true;
        engine_config.session_bytes_max = CAPTURE_FIRST_BYTES;
        r = engine_new(&receiver.engine, &engine_config, &engine_ops);
        if (r < 0)
                return r;
        ops.userdata = &receiver;
        r = capture_start(config, interface, event, &ops, &capture, reasons);
        for (char *save = NULL, *line = strtok_r(reasons, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
                printf("reason %s\n", line);
        if (r < 0) {
                engine_free(receiver.engine);
                return r;
        }
        printf("start %s\n", capture_method(capture));
        fflush(stdout);
        r = sd_event_loop(event);
        print_stats(capture);
        print_cpu();
        capture_free(capture);
        print_seen(&receiver);
        engine_flush(receiver.engine);
        engine_free(receiver.engine);
        return r;
}

int main(int argc, char *argv[]) {
        struct capture_config config = { 0 };
        sd_event *event = NULL;
        sigset_t mask;
        int r;

        if (argc == 2 && strcmp(argv[1], "--clean-up") == 0) {
                capture_clean_up();
                return 0;
        }
        if (argc < 3 || argc > 5) {
                fprintf(stderr, "usage: capture-run BACKEND[*WORKERS][,BUFFER_MB] INTERFACE [MODE [FILTER]]\n");
                return 2;
        }
        snprintf(config.backend, sizeof config.backend, "%.*s", (int) strcspn(argv[1], "*,"), argv[1]);
        config.buffer_size = strchr(argv[1], ',') ? (uint32_t) strtoul(strchr(argv[1], ',') + 1, NULL, 10) << 20 : 0;
        config.workers = strchr(argv[1], '*') ? (uint32_t) strtoul(strchr(argv[1], '*') + 1, NULL, 10) : 0;
        config.span_drop = argc > 3 && strcmp(argv[3], "span-drop") == 0;
        config.mode = config.span_drop ? MODE_SPAN : argc > 3 ? capture_mode_from_string(argv[3]) : MODE_HOST;
        snprintf(config.filter, sizeof config.filter, "%s", argc > 4 ? argv[4] : "");
        sigemptyset(&mask);
        sigaddset(&mask, SIGTERM);
        sigaddset(&mask, SIGINT);
        sigprocmask(SIG_BLOCK, &mask, NULL);
        if (sd_event_default(&event) < 0 || sd_event_add_signal(event, NULL, SIGTERM, NULL, NULL) < 0 ||
            sd_event_add_signal(event, NULL, SIGINT, NULL, NULL) < 0)
                return 1;
        r = run(event, &config, argv[2]);
        if (r < 0)
                printf("error %s\n", strerrorname_np(-r));
        sd_event_unref(event);
        return r < 0;
}
