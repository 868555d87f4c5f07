/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* packet_flood: one service, or host, that is sent packets in masses which belong to nothing. What a stream is made of (a download, a
 * video, a backup over UDP, a test of speed) goes between the same two ends and is no contact, however much it is. Counted are
 *
 * - UDP: pairs of ends that were not heard before, of which less than a quarter is answered;
 * - ICMP: echo requests. A host that is pinged as fast as it answers is not flooded: few senders must be much faster then;
 * - TCP: segments of connections that nobody opened, as floods of ACK, RST or FIN are. Those of connections that are older than the
 *   capture look the same at first. So it is asked a moment later what became of the latest of them: of a flood nearly all were a packet
 *   or two, which at most a reset answered.
 *
 * From PacketFloodSources= addresses on, which are invented then or many, PacketFloodPackets= of them are enough; of fewer it takes five
 * times as many. One record is kept a target and none a source, as for floods of SYNs: sources are counted with a bit map
 * (linear-counting.h), who sends is found by majority vote over link addresses (majority-vote.h). */

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "engine/detect/linear-counting.h"
#include "engine/detect/majority-vote.h"
#include "engine/detect/report.h"
#include "engine/detect/watch-table.h"

#define TARGETS_MAX 512
#define SOURCE_BITS 1024
#define SAMPLES 16
/* The sources of so few contacts are not counted: most targets have no more. */
#define FEW_CONTACTS 32

/* How long answers are waited for; the kernel's sums come once a second. */
#define PATIENCE (NSEC_PER_SEC + NSEC_PER_SEC / 2)
/* How many times as many packets it takes of few sources, and how many times that if they are pings which are answered. */
#define FEW_FACTOR 5
#define ANSWERED_FACTOR 5
/* A stray segment's flow that had no more is no connection's. */
#define STRAY_PACKETS 2

struct measure {
        uint64_t sources[SOURCE_BITS / 64];
        struct contact samples[SAMPLES]; /* of TCP; a ring of the latest */
};

struct target {
        struct ip_address ip;
        uint16_t port; /* 0 of ICMP */
        uint8_t protocol;
        uint64_t since, last;       /* the window's begin; the latest packet */
        uint64_t packets, answers;  /* in the window */
        uint64_t next;              /* so many packets, and it is judged */
        uint64_t due;               /* when; 0: not */
        uint32_t contacts;          /* that brought them */
        struct majority_vote sender;
        struct mac_address to;      /* the target's, or its router's */
        struct ip_address source;   /* the latest */
        struct measure *measure;
};

struct packet_flood {
        struct watch_table *targets; /* a struct measure beside each; written from FEW_CONTACTS on */
        uint64_t due;                /* of any target the next, or earlier */
};

static void packet_flood_free(void *state) {
        struct packet_flood *f = state;

        if (!f)
                return;
        watch_table_free(f->targets);
        free(f);
}

static int packet_flood_init(void **ret_state) {
        struct packet_flood *f = calloc(1, sizeof *f);
        int r = f ? watch_table_new_beside(&f->targets, sizeof(struct target), TARGETS_MAX, sizeof(struct measure)) : -ENOMEM;

        if (r < 0) {
                packet_flood_free(f);
                return r;
        }
        f->due = UINT64_MAX;
        *ret_state = f;
        return 0;
}

static uint64_t target_key(const struct ip_address *ip, uint16_t port, uint8_t protocol, uint16_t vlan) {
        return watch_ip_key(ip, (uint64_t) protocol << 32 | (uint32_t) port << 16 | vlan);
}

static void begin_window(struct target *t, struct detect_host *host, uint64_t now) {
        t->since = now;
        t->packets = t->answers = 0;
        t->contacts = t->sender.lead = 0;
        t->next = detect_setting(host, PACKET_FLOOD_PACKETS);
}

static void measure(struct target *t, const struct contact *c) {
        uint16_t bit = linear_counting_bit(&c->source, SOURCE_BITS);

        if (t->contacts < FEW_CONTACTS)
                return;
        if (t->contacts == FEW_CONTACTS)
                memset(t->measure->sources, 0, sizeof t->measure->sources);
        t->measure->sources[bit / 64] |= UINT64_C(1) << bit % 64;
        if (c->kind == CONTACT_STRAY)
                t->measure->samples[t->contacts % SAMPLES] = *c;
}

static void count(struct target *t, const struct contact *c) {
        t->packets += c->packets;
        t->last = c->ts;
        t->source = c->source;
        t->to = c->destination_mac;
        majority_vote_take(&t->sender, &c->source_mac);
        measure(t, c);
        t->contacts++;
}

static void take_packet(struct packet_flood *f, struct detect_host *host, const struct contact *c) {
        uint64_t window = detect_setting(host, PACKET_FLOOD_WINDOW);
        struct target *t;
        bool fresh;

        /* To all of the link, though the address may look like a host's. */
        if (c->link_group || mac_is_group(&c->destination_mac))
                return;
        t = watch_table_get(f->targets, target_key(&c->destination, c->destination_port, c->protocol, c->vlan), &fresh);
        if (!t)
                return;
        if (fresh) {
                t->measure = watch_table_beside(f->targets, t);
                t->ip = c->destination;
                t->port = c->destination_port;
                t->protocol = c->protocol;
        }
        /* What is to be judged stays together until it is. */
        if (fresh || (t->due == 0 && c->ts > t->since && c->ts - t->since > window))
                begin_window(t, host, c->ts);
        if (c->ts > t->since && c->ts - t->since > window)
                return;
        count(t, c);
        if (t->packets < t->next || t->due > 0)
                return;
        t->due = c->ts + PATIENCE;
        f->due = MIN(f->due, t->due);
}

static void packet_flood_contact(void *state, struct detect_host *host, const struct contact *c) {
        struct packet_flood *f = state;
        struct target *t;

        if (!detect_setting(host, PACKET_FLOOD))
                return;
        if (c->kind != CONTACT_ANSWER) {
                take_packet(f, host, c);
                return;
        }
        t = watch_table_find(f->targets, target_key(&c->source, c->source_port, c->protocol, c->vlan));
        if (t)
                t->answers += c->packets;
}

static unsigned count_sources(const struct target *t) {
        unsigned set = 0;

        if (t->contacts <= FEW_CONTACTS)
                return 1;
        for (size_t i = 0; i < ELEMENTSOF(t->measure->sources); i++)
                set += (unsigned) __builtin_popcountll(t->measure->sources[i]);
        return linear_counting_estimate(SOURCE_BITS, set);
}

/* Was that segment all that there was? */
static bool is_lost(const struct detect_host *host, const struct contact *c) {
        const struct flow_direction *out, *back;
        struct flow_record flow;

        /* Who went on would have been seen later than what makes room for others. */
        if (!host->find_flow(host->flows, c, &flow))
                return true;
        out = &flow.directions[!ip_equal(&flow.endpoints[0].ip, &c->source)];
        back = out == flow.directions ? out + 1 : flow.directions;
        return out->packets <= STRAY_PACKETS && (back->packets == 0 || back->tcp_flags & TCP_RST);
}

static bool are_lost(const struct detect_host *host, const struct target *t) {
        size_t n = MIN(t->contacts - FEW_CONTACTS, (uint32_t) SAMPLES), lost = 0;

        if (t->contacts < FEW_CONTACTS + SAMPLES)
                return false;
        for (size_t i = 0; i < n; i++)
                lost += is_lost(host, &t->measure->samples[i]);
        return lost >= n * 3 / 4;
}

/* A capture in which one direction is missing has no answers at all. */
static bool is_heard(const struct detect_host *host, const struct target *t) {
        const struct device *d = inventory_get_by_mac(host->inventory, &t->to);

        return mac_is_zero(&t->to) || (d && (d->flags & DEVICE_SELF || d->traffic.packets_sent > 0));
}

static bool is_ping(const struct target *t) {
        return t->protocol == IPPROTO_ICMP || t->protocol == IPPROTO_ICMPV6;
}

static bool is_flood(const struct detect_host *host, const struct target *t, bool many) {
        uint64_t enough = detect_setting(host, PACKET_FLOOD_PACKETS) * (many ? 1 : FEW_FACTOR);

        if (is_ping(t) && !many && t->answers >= t->packets / 2)
                enough *= ANSWERED_FACTOR;
        if (t->packets < enough || !is_heard(host, t))
                return false;
        if (is_ping(t))
                return true;
        return t->protocol == IPPROTO_TCP ? are_lost(host, t) : t->answers < t->packets / 4;
}

static const char *protocol_name(const struct target *t) {
        if (is_ping(t))
                return "ICMP";
        return t->protocol == IPPROTO_TCP ? "TCP" : t->protocol == IPPROTO_SCTP ? "SCTP" : "UDP";
}

static void report(struct detect_host *host, const struct target *t, bool many, unsigned sources) {
        static const struct mac_address nobody;
        bool told = t->sender.lead > t->contacts / 8;
        struct report r;

        report_begin(&r, ALERT_PACKET_FLOOD, many ? SEVERITY_CRITICAL : SEVERITY_WARNING, t->last, told ? &t->sender.mac : &nobody);
        strbuf_string(&r.text, "floods ");
        report_put_host(&r.text, host, &t->ip);
        if (t->port > 0)
                strbuf_printf(&r.text, " port %u", t->port);
        strbuf_printf(&r.text, ": %llu %s packets within %u s", (unsigned long long) t->packets, protocol_name(t),
                      (unsigned) (detect_setting(host, PACKET_FLOOD_WINDOW) / NSEC_PER_SEC));
        if (many)
                strbuf_printf(&r.text, " in the name of some %u addresses", sources);
        strbuf_char(&r.text, '.');
        report_text(&r, "protocol", protocol_name(t));
        report_number(&r, "packets", t->packets);
        report_number(&r, "threshold", detect_setting(host, PACKET_FLOOD_PACKETS) * (many ? 1 : FEW_FACTOR));
        report_number(&r, "answers", t->answers);
        if (many)
                report_number(&r, "sources", sources);
        else
                r.finding.ip = t->source;
        report_number(&r, "threshold_sources", detect_setting(host, PACKET_FLOOD_SOURCES));
        report_seconds(&r, "window", detect_setting(host, PACKET_FLOOD_WINDOW));
        report_peer(&r, host, &t->ip, t->port, NULL);
        report_key(&r, &t->ip, sizeof t->ip);
        report_send(&r, host);
}

static void judge(struct detect_host *host, struct target *t) {
        unsigned sources = count_sources(t);
        bool many = sources >= detect_setting(host, PACKET_FLOOD_SOURCES);

        t->due = 0;
        /* Again when there are as many more. */
        t->next = t->packets + detect_setting(host, PACKET_FLOOD_PACKETS);
        if (is_flood(host, t, many))
                report(host, t, many, sources);
}

static void packet_flood_advance(void *state, struct detect_host *host, uint64_t now, bool flush) {
        struct packet_flood *f = state;

        if (f->due > now && !flush)
                return;
        f->due = UINT64_MAX;
        for (struct target *t = NULL; (t = watch_table_next(f->targets, t));) {
                if (t->due == 0)
                        continue;
                if (t->due <= now || flush)
                        judge(host, t);
                else
                        f->due = MIN(f->due, t->due);
        }
}

static uint64_t packet_flood_next_deadline(const void *state) {
        return ((const struct packet_flood *) state)->due;
}

const struct detector packet_flood_detector = {
        .name = "packet_flood",
        .init = packet_flood_init,
        .free = packet_flood_free,
        .contact_kinds = CONTACT_BIT(DATAGRAM) | CONTACT_BIT(ECHO) | CONTACT_BIT(STRAY) | CONTACT_BIT(ANSWER),
        .contact = packet_flood_contact,
        .advance = packet_flood_advance,
        .next_deadline = packet_flood_next_deadline,
};
