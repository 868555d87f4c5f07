/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* port_scan, host_scan: who tries many doors. A target is an address, a protocol and a port; it was answered, it failed
 * (reset, unreachable), or nothing came back. Counted are targets of ScanWindowSec= that were not answered:
 *
 * - ScanPorts= ports of one host: a port scan. Answered ports count below 1024, too: a host may have all of them open.
 * - IP_PROTOCOLS protocols over IP to one host, answered or not: nobody has use for so many.
 * - ScanHosts= hosts on one port: a host scan. What a name was looked up for does not count, and of hosts far away
 *   only services that no ordinary client uses count as they are; of the others it takes ten times as many.
 * - Slow scans of hosts on the link are found by a sequential test on first contacts (Jung, Paxson, Berger and
 *   Balakrishnan, "Fast Portscan Detection Using Sequential Hypothesis Testing", 2004): a failure is four times as
 *   likely of a scanner, a success of anybody else, so that each moves the balance by one; ScanFailures= decides. Of one
 *   host the first services count that answer: who finds all of them looked for them. And there must be as many hosts, or
 *   as many ports, that failed.
 *
 * Judged once a second, so that a target has had time to answer. A source becomes a suspect with its second target: a
 * flood of invented sources fills the smaller table of those with one. */

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "engine/detect/locality.h"
#include "engine/detect/report.h"
#include "engine/detect/watch-table.h"

#define FIRSTS_MAX 16384
#define SUSPECTS_MAX 512
#define TARGETS_MAX 192
#define CHAINS 256
#define TOUCHES 32
#define KNOWN_BITS 2048 /* of a Bloom filter of targets that are no first contacts */
#define SENDERS 4

/* A host answers within this, or it does not. */
#define ANSWER_TIME (700 * NSEC_PER_MSEC)
/* Traceroute counts hops with ports from 33434 on. */
#define TRACEROUTE_PORT 33434
#define TRACEROUTE_HOPS 32
/* Old failures count no more. */
#define BALANCE_AGE (3600 * NSEC_PER_SEC)
#define FAR_FACTOR 10
/* Tunnels, VPN and the like are one or two. */
#define IP_PROTOCOLS 10
/* So many services of a host are those that one came for. */
#define SERVICES_OF_HOST 2
/* Pings that are answered count as well, if so many go to addresses that nobody has. */
#define PINGS_TO_NOBODY 3

enum outcome { PENDING, ANSWERED, FAILED };

struct target {
        uint64_t ts;
        struct ip_address ip;
        uint32_t hash;
        uint16_t port;
        uint8_t protocol;
        uint8_t outcome; /* enum outcome */
        bool counts;     /* as one of many hosts */
        bool near;       /* on the link */
        bool nobody;     /* on the link, but no device is known to have the address */
        uint8_t sender;  /* of the suspect's: who sent what tried it */
};

struct suspect {
        struct ip_address ip;
        /* Addresses can be made up: who sends in its name. The first is whom answers go to, which is all that is known of some; of more
         * than there is room for the last makes room. */
        struct mac_address senders[SENDERS];
        uint8_t n_senders, last_sender; /* of a target that was new */
        /* Where targets are, by hash: one more than the place of the first in `targets`, and of each the next; 0: none. */
        uint8_t heads[CHAINS], nexts[TARGETS_MAX];
        /* A bit a target: not in the balance yet; may still be answered, or become unanswered. */
        uint64_t unweighed[TARGETS_MAX / 64], open[TARGETS_MAX / 64];
        uint64_t touched[TOUCHES];            /* a ring: when targets were tried last, the same or others */
        uint8_t next_touch;
        struct target *targets; /* a ring */
        uint16_t n, next;
        bool dirty;
        int balance;
        uint64_t weighed; /* when it last moved */
        uint64_t tries;   /* different targets, in all */
        uint8_t known[KNOWN_BITS / 8];
};

struct scan {
        struct watch_table *firsts;   /* struct target: the only one of a source */
        struct watch_table *suspects; /* TARGETS_MAX targets beside each */
        bool dirty;
};

static void scan_free(void *state) {
        struct scan *s = state;

        if (!s)
                return;
        watch_table_free(s->firsts);
        watch_table_free(s->suspects);
        free(s);
}

static int scan_init(void **ret_state) {
        struct scan *s = calloc(1, sizeof *s);
        int r = s ? watch_table_new(&s->firsts, sizeof(struct target), FIRSTS_MAX) : -ENOMEM;

        if (r >= 0)
                r = watch_table_new_beside(&s->suspects, sizeof(struct suspect), SUSPECTS_MAX, TARGETS_MAX * sizeof(struct target));
        if (r < 0) {
                scan_free(s);
                return r;
        }
        *ret_state = s;
        return 0;
}

/* Who tried what, whichever packet tells it. */
struct attempt {
        const struct contact *contact;
        const struct ip_address *source, *destination;
        const struct mac_address *source_mac;
        uint16_t port;
        uint8_t protocol;
        enum outcome outcome;
};

static struct attempt forward(const struct contact *c, enum outcome outcome) {
        return (struct attempt) { c, &c->source, &c->destination, &c->source_mac, c->destination_port, c->protocol, outcome };
}

static struct attempt backward(const struct contact *c, enum outcome outcome) {
        return (struct attempt) { c, &c->destination, &c->source, &c->destination_mac, c->source_port, c->protocol, outcome };
}

static bool has_ports(uint8_t protocol) {
        return protocol == IPPROTO_TCP || protocol == IPPROTO_UDP || protocol == IPPROTO_SCTP;
}

/* Whoever tries one IP protocol after the other tries doors of IP's own: the protocol's number is the door's. */
static void as_door_of_ip(struct attempt *a) {
        if (has_ports(a->protocol) || a->protocol == IPPROTO_ICMP || a->protocol == IPPROTO_ICMPV6)
                return;
        a->port = a->protocol;
        a->protocol = IPPROTO_RAW;
}

static bool is_traceroute(const struct contact *c) {
        return c->kind == CONTACT_DATAGRAM && c->hop_limit <= TRACEROUTE_HOPS && c->destination_port >= TRACEROUTE_PORT;
}

static bool read_attempt(const struct contact *c, struct attempt *ret) {
        /* To a network's broadcast address, which looks like a host's. */
        if (c->link_group || mac_is_group(&c->destination_mac))
                return false;
        switch ((enum contact_kind) c->kind) {
        case CONTACT_SYN:
        case CONTACT_ODD:
        case CONTACT_DATAGRAM:
        case CONTACT_ECHO:
                *ret = forward(c, PENDING);
                break;
        case CONTACT_OTHER:
                *ret = forward(c, PENDING);
                as_door_of_ip(ret);
                break;
        case CONTACT_SYN_ACK:
        case CONTACT_ANSWER:
                *ret = backward(c, ANSWERED);
                break;
        case CONTACT_RESET:
                /* A client resets connections, too; the service has the lower port. */
                if (c->source_port >= c->destination_port)
                        return false;
                *ret = backward(c, FAILED);
                break;
        case CONTACT_UNREACHABLE:
                *ret = forward(c, FAILED);
                as_door_of_ip(ret);
                break;
        case CONTACT_STRAY: /* its reset tells more */
        case _CONTACT_KIND_MAX:
                return false;
        }
        return ip_is_host(ret->source) && ip_is_host(ret->destination) && !is_traceroute(c);
}

static uint32_t target_hash(const struct ip_address *ip, uint16_t port, uint8_t protocol) {
        return (uint32_t) watch_ip_key(ip, (uint32_t) protocol << 16 | port);
}

static uint32_t hash_of(const struct attempt *a) {
        return target_hash(a->destination, a->port, a->protocol);
}

static bool is_target(const struct target *t, const struct attempt *a) {
        return t->port == a->port && t->protocol == a->protocol && ip_equal(&t->ip, a->destination);
}

_Static_assert(TARGETS_MAX < UINT8_MAX, "places are bytes");

static struct target *find_target(struct suspect *s, uint32_t hash) {
        for (unsigned i = s->heads[hash % CHAINS]; i > 0; i = s->nexts[i - 1])
                if (s->targets[i - 1].hash == hash)
                        return &s->targets[i - 1];
        return NULL;
}

static void unchain(struct suspect *s, unsigned place) {
        uint8_t *at = &s->heads[s->targets[place].hash % CHAINS];

        while (*at != place + 1)
                at = &s->nexts[*at - 1];
        *at = s->nexts[place];
}

static void chain(struct suspect *s, unsigned place) {
        uint8_t *head = &s->heads[s->targets[place].hash % CHAINS];

        s->nexts[place] = *head;
        *head = (uint8_t) (place + 1);
}

/* Ports that ordinary clients contact by the dozen, far away: web, time, names, mail, calls, messages to telephones. */
static bool is_common_service(uint8_t protocol, uint16_t port) {
        static const uint16_t ports[] = { 25, 53, 80, 110, 123, 143, 443, 465, 587, 853, 993, 995 };

        if (protocol != IPPROTO_TCP && protocol != IPPROTO_UDP)
                return true;
        for (size_t i = 0; i < ELEMENTSOF(ports); i++)
                if (ports[i] == port)
                        return true;
        /* Above are peers of all kinds, but for what worms look for. */
        return port >= 1024 && port != 1433 && port != 2222 && port != 2323 && port != 3306 && port != 3389 && port != 5432 &&
               port != 5555 && port != 5900 && port != 6379 && port != 7547 && port != 8291 && port != 37215 && port != 52869;
}

static bool counts_as_host(const struct detect_host *host, const struct attempt *a, bool near) {
        if (near)
                return true;
        return !is_common_service(a->protocol, a->port) && !peer_names_find(host->names, a->source, a->destination, a->contact->ts);
}

/* False: perhaps it was contacted before. */
static bool is_first_contact(struct suspect *s, uint32_t hash) {
        uint32_t a = hash % KNOWN_BITS, b = hash / KNOWN_BITS % KNOWN_BITS;
        bool known = s->known[a / 8] >> a % 8 & 1 && s->known[b / 8] >> b % 8 & 1;

        s->known[a / 8] |= (uint8_t) (1 << a % 8);
        s->known[b / 8] |= (uint8_t) (1 << b % 8);
        return !known;
}

/* Where a target is, and whether it counts as one of many hosts. */
struct bearing {
        bool near, counts, nobody;
};

static struct bearing bearing_of(const struct detect_host *host, const struct attempt *a) {
        /* The ends of tunnels are no hosts that are looked for. */
        bool near = a->protocol != IPPROTO_RAW && ip_is_on_link(host, a->destination, a->source);

        return (struct bearing) { near, counts_as_host(host, a, near), near && !inventory_get_by_ip(host->inventory, a->destination) };
}

/* All but its hash, which nobody needs of the only one of a source. */
static void set_target(struct target *t, const struct attempt *a, struct bearing bearing) {
        t->ts = a->contact->ts;
        t->ip = *a->destination;
        t->port = a->port;
        t->protocol = a->protocol;
        t->outcome = (uint8_t) a->outcome;
        t->counts = bearing.counts;
        t->near = bearing.near;
        t->nobody = bearing.nobody;
        t->sender = 0;
}

static void set_bit(uint64_t bits[static TARGETS_MAX / 64], size_t place, bool value) {
        uint64_t bit = UINT64_C(1) << place % 64;

        bits[place / 64] = (bits[place / 64] & ~bit) | (value ? bit : 0);
}

/* So many words hold the bits of its targets. */
static size_t count_words(const struct suspect *s) {
        return (s->n + 63U) / 64;
}

/* It was tried at its time. */
static void touch(struct suspect *s, const struct target *t) {
        s->touched[s->next_touch] = t->ts;
        s->next_touch = (uint8_t) ((s->next_touch + 1) % TOUCHES);
        set_bit(s->open, (size_t) (t - s->targets), t->outcome == PENDING);
}

/* Where the next target goes: the oldest makes room. */
static struct target *take_place(struct suspect *s) {
        if (s->n == TARGETS_MAX)
                unchain(s, s->next);
        return &s->targets[s->next];
}

/* What was put there counts. */
static void add_target(struct suspect *s) {
        const struct target *t = &s->targets[s->next];

        chain(s, s->next);
        set_bit(s->unweighed, s->next, is_first_contact(s, t->hash));
        touch(s, t);
        s->next = (uint16_t) ((s->next + 1) % TARGETS_MAX);
        s->n = (uint16_t) MIN(s->n + 1, TARGETS_MAX);
        s->tries++;
}

static uint64_t source_key(const struct attempt *a) {
        return watch_ip_key(a->source, a->contact->vlan);
}

/* The suspect, if its source is one, or is one from now on. */
static struct suspect *find_suspect(struct scan *s, const struct detect_host *host, const struct attempt *a, uint64_t key) {
        struct suspect *suspect = watch_table_find(s->suspects, key);
        struct bearing bearing;
        struct target *first;
        bool fresh;

        if (suspect) {
                watch_table_use(s->suspects, suspect);
                return suspect;
        }
        /* Meanwhile the place in the table is on its way. */
        watch_table_fetch(s->firsts, key);
        bearing = bearing_of(host, a);
        first = watch_table_get(s->firsts, key, &fresh);
        if (!first)
                return NULL;
        if (fresh || is_target(first, a)) {
                enum outcome outcome = fresh ? a->outcome : MAX((enum outcome) first->outcome, a->outcome);

                set_target(first, a, bearing);
                first->outcome = (uint8_t) outcome;
                return NULL;
        }
        suspect = watch_table_get(s->suspects, key, &fresh);
        if (!suspect)
                return NULL;
        suspect->targets = watch_table_beside(s->suspects, suspect);
        suspect->ip = *a->source;
        first->hash = target_hash(&first->ip, first->port, first->protocol);
        *take_place(suspect) = *first;
        add_target(suspect);
        watch_table_remove(s->firsts, first);
        return suspect;
}

/* A client's: whoever sends it tried that very port. */
static bool is_own_reset(const struct scan *s, const struct contact *c) {
        struct attempt a = forward(c, PENDING);
        uint64_t key = source_key(&a);
        const struct target *first = watch_table_find(s->firsts, key);
        struct suspect *suspect = watch_table_find(s->suspects, key);

        return (first && is_target(first, &a)) || (suspect && find_target(suspect, hash_of(&a)));
}

/* Is the answer an attempt that was not seen itself, as of a scan by ACK? A service's reset; between two ports of services
 * nobody can tell who tried. */
static bool is_attempt_by_itself(const struct attempt *a) {
        if (a->outcome == ANSWERED)
                return false;
        return a->contact->kind != CONTACT_RESET || (a->port < 1024 && a->contact->destination_port >= 1024);
}

/* Its place among the suspect's. */
static uint8_t find_sender(struct suspect *s, const struct attempt *a) {
        uint8_t i = a->outcome == PENDING;

        if (mac_is_zero(a->source_mac))
                return 0;
        while (i > 0 && i < s->n_senders && !mac_equal(&s->senders[i], a->source_mac))
                i++;
        i = MIN(i, (uint8_t) (SENDERS - 1));
        s->senders[i] = *a->source_mac;
        s->n_senders = MAX(s->n_senders, (uint8_t) (i + 1));
        return i;
}

static void scan_contact(void *state, struct detect_host *host, const struct contact *contact) {
        struct scan *s = state;
        struct suspect *suspect;
        struct attempt a = { .contact = contact };
        struct target *t;
        uint64_t key;
        uint32_t hash;
        uint8_t sender;

        if (!detect_setting(host, SCAN) || !read_attempt(contact, &a) || (contact->kind == CONTACT_RESET && is_own_reset(s, contact)))
                return;
        key = source_key(&a);
        suspect = find_suspect(s, host, &a, key);
        if (!suspect)
                return;
        hash = hash_of(&a);
        sender = find_sender(suspect, &a);
        t = find_target(suspect, hash);
        if (!t) {
                if (!is_attempt_by_itself(&a))
                        return;
                t = take_place(suspect);
                set_target(t, &a, bearing_of(host, &a));
                t->hash = hash;
                /* Answers that a backend counts come together, when what they answer may have made room already. */
                t->sender = a.outcome == PENDING ? sender : suspect->last_sender;
                suspect->last_sender = t->sender;
                add_target(suspect);
        } else if (a.outcome != PENDING) {
                t->outcome = t->outcome == ANSWERED ? ANSWERED : (uint8_t) a.outcome;
        } else {
                t->ts = contact->ts;
                t->sender = sender;
                touch(suspect, t);
        }
        suspect->dirty = s->dirty = true;
}

struct tally {
        unsigned ports, hosts;      /* of one host, on one port: the most */
        struct ip_address host;     /* with the most ports */
        uint16_t port, low, high;   /* with the most hosts; of the host with most ports */
        uint8_t protocol, host_protocol;
        unsigned far;               /* hosts on a common port, far away */
        uint64_t first, last;
};

static bool is_unanswered(const struct target *t, uint64_t now, bool flush) {
        if (t->outcome != PENDING)
                return t->outcome == FAILED;
        return flush || now < t->ts || now - t->ts >= ANSWER_TIME;
}

static bool is_recent(const struct target *t, uint64_t since) {
        return t->ts >= since;
}

/* Those of the window. */
struct recent {
        const struct target *targets[TARGETS_MAX];
        size_t n;
};

static void find_recent(const struct suspect *s, uint64_t since, struct recent *ret) {
        ret->n = 0;
        for (size_t i = 0; i < s->n; i++)
                if (is_recent(&s->targets[i], since))
                        ret->targets[ret->n++] = &s->targets[i];
}

/* Ports of the host that `at` is of, and hosts on its port, among the targets from `at` on. */
static void tally_from(const struct recent *r, size_t at, uint64_t now, bool flush, struct tally *ret) {
        const struct target *t = r->targets[at];
        bool ping = t->protocol == IPPROTO_ICMP || t->protocol == IPPROTO_ICMPV6;
        unsigned ports = 0, hosts = 0, far = 0, answered = 0, nobodies = 0;
        uint16_t low = UINT16_MAX, high = 0;

        for (size_t i = at; i < r->n; i++) {
                const struct target *u = r->targets[i];

                if (u->protocol == t->protocol && ip_equal(&u->ip, &t->ip) && !ping && (u->outcome != ANSWERED || u->port < 1024)) {
                        ports++;
                        low = MIN(low, u->port);
                        high = MAX(high, u->port);
                }
                if (u->protocol == t->protocol && u->port == t->port && is_unanswered(u, now, flush)) {
                        hosts += u->counts;
                        far += !u->counts;
                        nobodies += u->nobody;
                } else if (u->protocol == t->protocol && u->near) {
                        answered++;
                }
        }
        if (ping && nobodies >= PINGS_TO_NOBODY)
                hosts += answered;
        if (t->protocol == IPPROTO_RAW)
                far = 0;
        if (ports > ret->ports) {
                ret->ports = ports;
                ret->host = t->ip;
                ret->host_protocol = t->protocol;
                ret->low = low;
                ret->high = high;
        }
        if (hosts > ret->hosts || (hosts == 0 && far / FAR_FACTOR > ret->hosts)) {
                ret->hosts = MAX(hosts, far / FAR_FACTOR);
                ret->far = hosts == 0 ? far : 0;
                ret->port = t->port;
                ret->protocol = t->protocol;
        }
}

static const char *protocol_name(uint8_t protocol) {
        switch (protocol) {
        case IPPROTO_TCP:
                return "TCP";
        case IPPROTO_UDP:
                return "UDP";
        case IPPROTO_SCTP:
                return "SCTP";
        case IPPROTO_RAW:
                return "IP";
        default:
                return "ICMP";
        }
}

/* The internet knocks at every door all day; that is no news. */
static enum alert_severity severity_of(const struct detect_host *host, const struct suspect *s) {
        return ip_is_public(host, &s->ip) ? SEVERITY_INFO : SEVERITY_WARNING;
}

/* Who sent most of what was tried since then: whoever has the address goes on with what he does, and is answered. */
static const struct mac_address *main_sender(const struct suspect *s, uint64_t since) {
        unsigned votes[SENDERS] = {};
        size_t most = 0;

        for (size_t i = 0; i < s->n; i++)
                if (is_recent(&s->targets[i], since))
                        votes[s->targets[i].sender] += s->targets[i].outcome == ANSWERED ? 1 : TARGETS_MAX;
        votes[0] = 0;
        for (size_t i = 1; i < s->n_senders; i++)
                if (votes[i] > votes[most])
                        most = i;
        return &s->senders[most];
}

/* Who sent the frames; behind a router that is the router, unless it only sends a neighbour's frames back to the link. */
static const struct mac_address *offender(const struct detect_host *host, const struct suspect *s, uint64_t since) {
        const struct mac_address *mac = main_sender(s, since);
        const struct device *sender = inventory_get_by_mac(host->inventory, mac), *owner;

        if (!sender || !(sender->flags & DEVICE_GATEWAY) || !ip_is_on_link(host, &s->ip, &s->ip))
                return mac;
        owner = inventory_get_by_ip(host->inventory, &s->ip);
        return owner && owner->n_macs > 0 ? &owner->macs[0].address : mac;
}

/* The newest. */
static const struct target *last_target(const struct suspect *s) {
        return &s->targets[(s->next + TARGETS_MAX - 1) % TARGETS_MAX];
}

/* The address that it is told by: its own, if it sends in the name of another. */
static struct ip_address address_of(const struct detect_host *host, const struct suspect *s, const struct mac_address *offender) {
        const struct device *owner = inventory_get_by_ip(host->inventory, &s->ip),
                            *sender = inventory_get_by_mac(host->inventory, offender);

        if (!owner || !sender || owner == sender)
                return s->ip;
        return sender->n_ipv4 > 0 ? sender->ipv4[0].address : (struct ip_address) {};
}

static void put_common(struct report *r, struct detect_host *host, const struct suspect *s) {
        r->finding.ip = address_of(host, s, &r->finding.mac);
        report_number(r, "targets_in_all", s->tries);
        report_seconds(r, "window", detect_setting(host, SCAN_WINDOW));
        report_key(r, ip_is_public(host, &s->ip) ? "far" : "near", 4);
}

static uint64_t enough_ports(const struct detect_host *host, const struct tally *t) {
        return t->host_protocol == IPPROTO_RAW ? IP_PROTOCOLS : detect_setting(host, SCAN_PORTS);
}

static void report_ports(struct detect_host *host, const struct suspect *s, const struct tally *t, uint64_t since) {
        bool ip = t->host_protocol == IPPROTO_RAW;
        uint64_t now = last_target(s)->ts;
        struct report r;

        report_begin(&r, ALERT_PORT_SCAN, severity_of(host, s), now, offender(host, s, since));
        strbuf_string(&r.text, ip ? "tries IP protocols of " : "scans ports of ");
        report_put_host(&r.text, host, &t->host);
        strbuf_printf(&r.text, ": %u %s %s between %u and %u within %u s.", t->ports, protocol_name(t->host_protocol),
                      ip ? "protocols" : "ports", t->low, t->high, (unsigned) (detect_setting(host, SCAN_WINDOW) / NSEC_PER_SEC));
        report_text(&r, "protocol", protocol_name(t->host_protocol));
        report_number(&r, "ports", t->ports);
        report_number(&r, "lowest", t->low);
        report_number(&r, "highest", t->high);
        report_number(&r, "threshold", enough_ports(host, t));
        report_ip(&r, "host", &t->host);
        report_peer(&r, host, &t->host, 0, peer_names_find(host->names, &s->ip, &t->host, now));
        put_common(&r, host, s);
        report_send(&r, host);
}

static void report_hosts(struct detect_host *host, const struct suspect *s, const struct tally *t, uint64_t since) {
        unsigned hosts = MAX(t->hosts, t->far);
        struct report r;

        report_begin(&r, ALERT_HOST_SCAN, severity_of(host, s), last_target(s)->ts, offender(host, s, since));
        if (t->protocol == IPPROTO_TCP || t->protocol == IPPROTO_UDP)
                strbuf_printf(&r.text, "looks for hosts with %s port %u open: ", protocol_name(t->protocol), t->port);
        else
                strbuf_string(&r.text, "looks for hosts by ping: ");
        strbuf_printf(&r.text, "it tried %u within %u s.", hosts, (unsigned) (detect_setting(host, SCAN_WINDOW) / NSEC_PER_SEC));
        report_text(&r, "protocol", protocol_name(t->protocol));
        report_number(&r, "port", t->port);
        report_number(&r, "hosts", hosts);
        report_number(&r, "threshold", detect_setting(host, SCAN_HOSTS) * (t->far > 0 ? FAR_FACTOR : 1));
        put_common(&r, host, s);
        report_send(&r, host);
}

static void report_slow(struct detect_host *host, const struct suspect *s) {
        const struct target *last = last_target(s);
        struct report r;

        report_begin(&r, ALERT_PORT_SCAN, severity_of(host, s), last->ts, offender(host, s, 0));
        strbuf_string(&r.text, "tries doors that are closed, ");
        report_put_host(&r.text, host, &last->ip);
        strbuf_printf(&r.text, " port %u the last of them: %d more first contacts failed than succeeded.", last->port, s->balance);
        report_number(&r, "balance", (uint64_t) s->balance);
        report_number(&r, "port", last->port);
        report_number(&r, "threshold", detect_setting(host, SCAN_FAILURES));
        report_peer(&r, host, &last->ip, 0, NULL);
        put_common(&r, host, s);
        report_send(&r, host);
}

/* Services of the target's host that answered, itself among them. */
static unsigned count_answered(const struct suspect *s, const struct target *t) {
        unsigned n = 0;

        for (size_t i = 0; i < s->n; i++)
                n += s->targets[i].outcome == ANSWERED && ip_equal(&s->targets[i].ip, &t->ip);
        return n;
}

static void weigh_target(struct suspect *s, size_t place, uint64_t now, bool flush) {
        const struct target *t = &s->targets[place];

        if (t->outcome == PENDING && !is_unanswered(t, now, flush))
                return;
        set_bit(s->unweighed, place, false);
        if (!t->near || (t->outcome == ANSWERED && count_answered(s, t) > SERVICES_OF_HOST))
                return;
        s->balance = MAX(s->balance + (t->outcome == ANSWERED ? -1 : 1), 0);
        s->weighed = now;
}

/* The sequential test: the walk starts anew where it says "nobody special". */
static void weigh(struct suspect *s, uint64_t now, bool flush) {
        if (now > s->weighed && now - s->weighed > BALANCE_AGE)
                s->balance = 0;
        for (size_t i = 0; i < count_words(s); i++)
                for (uint64_t left = s->unweighed[i]; left != 0; left &= left - 1)
                        weigh_target(s, 64 * i + (size_t) __builtin_ctzll(left), now, flush);
}

/* Something may still be answered, or become unanswered. */
static bool is_unsettled(struct suspect *s, uint64_t now) {
        bool unsettled = false;

        for (size_t i = 0; i < count_words(s); i++)
                for (uint64_t left = s->open[i]; left != 0; left &= left - 1) {
                        size_t place = 64 * i + (size_t) __builtin_ctzll(left);
                        const struct target *t = &s->targets[place];

                        if (t->outcome == PENDING && now - MIN(now, t->ts) < 2 * NSEC_PER_SEC)
                                unsettled = true;
                        else
                                set_bit(s->open, place, false);
                }
        return unsettled;
}

/* Tried it fewer targets in the window than make an alert? Then they need not be compared with each other. */
static bool are_few(const struct detect_host *host, const struct suspect *s, uint64_t since) {
        uint64_t enough = MIN(detect_setting(host, SCAN_PORTS), detect_setting(host, SCAN_HOSTS));

        enough = MAX(MIN(enough, (uint64_t) TOUCHES), UINT64_C(1));
        return s->touched[(s->next_touch + TOUCHES - enough) % TOUCHES] < MAX(since, UINT64_C(1));
}

/* Different hosts, or different ports, on the link that did not answer, whichever are more: some ports of some hosts are tried by
 * who looks for a printer. */
static unsigned count_failed(const struct suspect *s, uint64_t now, bool flush) {
        unsigned hosts = 0, ports = 0;

        for (size_t i = 0; i < s->n; i++) {
                const struct target *t = &s->targets[i];
                bool host = true, port = true;

                if (!t->near || !is_unanswered(t, now, flush))
                        continue;
                for (size_t j = 0; j < i && (host || port); j++) {
                        const struct target *u = &s->targets[j];

                        if (!u->near || !is_unanswered(u, now, flush))
                                continue;
                        host &= !ip_equal(&u->ip, &t->ip);
                        port &= u->port != t->port;
                }
                hosts += host;
                ports += port;
        }
        return MAX(hosts, ports);
}

/* True: it tried too much within the window, and was reported. */
static bool judge_window(struct detect_host *host, const struct suspect *s, uint64_t now, bool flush) {
        uint64_t window = detect_setting(host, SCAN_WINDOW), since = now > window ? now - window : 0;
        struct tally tally = {};
        struct recent recent;

        if (are_few(host, s, since))
                return false;
        find_recent(s, since, &recent);
        for (size_t i = 0; i < recent.n; i++)
                tally_from(&recent, i, now, flush, &tally);
        if (tally.ports >= enough_ports(host, &tally))
                report_ports(host, s, &tally, since);
        else if (tally.hosts >= detect_setting(host, SCAN_HOSTS))
                report_hosts(host, s, &tally, since);
        else
                return false;
        return true;
}

static bool judge_balance(struct detect_host *host, const struct suspect *s, uint64_t now, bool flush) {
        uint64_t enough = detect_setting(host, SCAN_FAILURES);

        if (s->balance < (int) enough || count_failed(s, now, flush) < enough)
                return false;
        report_slow(host, s);
        return true;
}

static void judge(struct detect_host *host, struct suspect *s, uint64_t now, bool flush) {
        weigh(s, now, flush);
        s->dirty = is_unsettled(s, now);
        if (judge_window(host, s, now, flush) || judge_balance(host, s, now, flush))
                s->balance = 0;
}

static void scan_advance(void *state, struct detect_host *host, uint64_t now, bool flush) {
        struct scan *s = state;
        struct suspect *suspect = NULL;
        bool unsettled = false;

        if (!s->dirty)
                return;
        while ((suspect = watch_table_next(s->suspects, suspect))) {
                if (!suspect->dirty)
                        continue;
                judge(host, suspect, now, flush);
                unsettled |= suspect->dirty;
        }
        s->dirty = unsettled;
}

static uint64_t scan_next_deadline(const void *state) {
        return ((const struct scan *) state)->dirty ? 0 : UINT64_MAX;
}

const struct detector scan_detector = {
        .name = "scan",
        .init = scan_init,
        .free = scan_free,
        .contact_kinds = UINT32_MAX,
        .contact = scan_contact,
        .advance = scan_advance,
        .next_deadline = scan_next_deadline,
};
