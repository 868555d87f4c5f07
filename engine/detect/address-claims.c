/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* arp_spoofing, ndp_spoofing, address_conflict, gateway_changed: who says that an IP address is his. ARP and NDP let anybody
 * say so at any time, and addresses move for good reasons: a lease runs out, a router takes over from another, a sleeping
 * computer is stood in for. What tells a lie:
 *
 * - replies that nobody asked for, sent to one victim again and again, for an address that another claimed lately;
 * - an address that goes to and fro between two claimants, where both are there;
 * - the gateway's address, announced to all every few seconds by another, while who had it is still there. A router that takes
 *   over announces it, too, in one go or two.
 *
 * A single change of hands is no alert, but for the gateway's address, whose change is told a few seconds later, if it
 * did not turn out to be worse, and however long the one before was silent: whose the address was stands in the inventory,
 * over restarts too. Addresses of VRRP and its like may go to and fro. */

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "engine/detect/locality.h"
#include "engine/detect/report.h"
#include "engine/detect/virtual-mac.h"
#include "engine/detect/watch-table.h"

#define CLAIMS_MAX 8192
#define LIARS_MAX 1024
#define QUESTIONS_MAX 4096
#define LIAR_ADDRESSES 8
#define PENDING_MAX 8

/* A claim is forgotten after so long; what took over an address silent for longer is its next owner, but for the gateway's. */
#define CLAIM_AGE (600 * NSEC_PER_SEC)
/* In which lies are counted. */
#define WINDOW (60 * NSEC_PER_SEC)
/* An answer comes this soon after the question. */
#define ANSWER_TIME (1500 * NSEC_PER_MSEC)
/* So many announcements within that, each so long behind the one before, are no takeover. */
#define ANNOUNCEMENTS 7
#define ANNOUNCEMENTS_WINDOW (20 * NSEC_PER_SEC)
#define ANNOUNCEMENTS_GAP (700 * NSEC_PER_MSEC)
/* Changes of hands that are announced are as bad if there are so many times as many. */
#define HANDOVERS_FACTOR 3
/* How long a change of the gateway's address may take to turn out worse. */
#define GATEWAY_PATIENCE (8 * NSEC_PER_SEC)

enum manner {
        MANNER_REQUEST,   /* in passing, while it asks for another's address */
        MANNER_ANNOUNCED, /* told to all: gratuitous ARP, an advertisement to a group */
        MANNER_UNASKED,   /* told to one who did not ask */
};

struct claimant {
        struct mac_address mac, sender;
        uint64_t first, last;
        uint64_t unasked_since;
        uint32_t unasked; /* replies within WINDOW */
        uint32_t announced; /* within ANNOUNCEMENTS_WINDOW, those apart from each other */
        uint64_t announced_since, announced_last;
};

struct claim {
        struct ip_address ip;
        struct claimant claimants[2];
        uint8_t n, current;
        uint32_t flips;        /* within WINDOW */
        uint32_t handovers;    /* those that were announced; among two routers one is restarted, and that is that */
        uint64_t flips_since;
        uint64_t reported;     /* as spoofed or in conflict */
};

/* Addresses that one MAC contests. */
struct liar {
        uint64_t since;
        struct ip_address ips[LIAR_ADDRESSES];
        uint8_t n;
};

struct pending { /* the gateway's address has a new claimant */
        uint64_t key, due;
        bool announced;
};

struct address_claims {
        struct watch_table *claims, *liars;
        struct watch_table *questions; /* when somebody asked for an address last: uint64_t */
        struct pending pending[PENDING_MAX];
        size_t n_pending;
};

static void address_claims_free(void *state) {
        struct address_claims *a = state;

        if (!a)
                return;
        watch_table_free(a->claims);
        watch_table_free(a->liars);
        watch_table_free(a->questions);
        free(a);
}

static int address_claims_init(void **ret_state) {
        struct address_claims *a = calloc(1, sizeof *a);
        int r = a ? watch_table_new(&a->claims, sizeof(struct claim), CLAIMS_MAX) : -ENOMEM;

        if (r >= 0)
                r = watch_table_new(&a->liars, sizeof(struct liar), LIARS_MAX);
        if (r >= 0)
                r = watch_table_new(&a->questions, sizeof(uint64_t), QUESTIONS_MAX);
        if (r < 0) {
                address_claims_free(a);
                return r;
        }
        *ret_state = a;
        return 0;
}

static uint64_t claim_key(const struct fact *fact, const struct ip_address *ip) {
        return watch_ip_key(ip, (uint64_t) fact->ifindex << 16 | fact->vlan);
}

/* `b` is not before `a` by more than `span`, and not long after it. */
static bool is_within(uint64_t a, uint64_t b, uint64_t span) {
        return a != 0 && (b < a || b - a <= span);
}

static bool is_gateway(const struct detect_host *host, const struct ip_address *ip) {
        const struct network *network;
        size_t position = 0;

        while ((network = inventory_next_network(host->inventory, &position)))
                if (ip_equal(&network->gateway_ip, ip))
                        return true;
        return false;
}

/* Whose the address was before, where it is that of the gateway of the very network that the fact was heard in. */
static const struct mac_address *gateway_before(const struct detect_host *host, const struct fact *fact, const struct ip_address *ip) {
        const struct network *n = inventory_get_network(host->inventory, inventory_network_at(host->inventory, fact->ifindex, fact->vlan));

        if (!n || !ip_equal(&n->gateway_ip, ip) || mac_is_zero(&n->gateway_mac) || !link_is_known(host, fact->ifindex, fact->ts, fact->ts))
                return NULL;
        return &n->gateway_mac;
}

static void seed_gateway(struct claim *c, const struct detect_host *host, const struct mac_address *mac) {
        const struct device *d = inventory_get_by_mac(host->inventory, mac);

        c->claimants[0] = (struct claimant) { .mac = *mac, .sender = *mac };
        if (d) {
                c->claimants[0].first = d->first_seen;
                c->claimants[0].last = d->last_seen;
        }
        c->n = 1;
}

/* A router has more addresses than that by which the network knows it, those of IPv6 first of all. */
static bool is_gateway_device(const struct detect_host *host, const struct mac_address *mac) {
        const struct device *d = inventory_get_by_mac(host->inventory, mac);

        return d && d->flags & DEVICE_GATEWAY;
}

/* A gateway that is known by its IPv4 address has others of IPv6, by which it is used. */
static bool is_address_of_gateway(const struct detect_host *host, const struct ip_address *ip, const struct mac_address *owner) {
        return is_gateway(host, ip) || (ip->family == AF_INET6 && is_gateway_device(host, owner));
}

/* Whom the inventory knows the address from begins the list. */
static void seed(struct claim *c, const struct detect_host *host, const struct fact *fact, const struct ip_address *ip) {
        const struct mac_address *gateway = gateway_before(host, fact, ip);
        const struct device *d = inventory_get_by_ip(host->inventory, ip);

        c->ip = *ip;
        if (gateway) {
                seed_gateway(c, host, gateway);
                return;
        }
        if (!d)
                return;
        for (size_t i = 0; i < d->n_ipv4 + d->n_ipv6; i++) {
                const struct device_ip *have = i < d->n_ipv4 ? &d->ipv4[i] : &d->ipv6[i - d->n_ipv4];

                if (!ip_equal(&have->address, ip) || !is_within(have->last_seen, fact->ts, CLAIM_AGE))
                        continue;
                c->claimants[0] = (struct claimant) {
                        .mac = d->macs[0].address, .sender = d->macs[0].address,
                        .first = have->first_seen, .last = have->last_seen,
                };
                c->n = 1;
        }
}

static struct claimant *find_claimant(struct claim *c, const struct mac_address *mac) {
        for (size_t i = 0; i < c->n; i++)
                if (mac_equal(&c->claimants[i].mac, mac))
                        return &c->claimants[i];
        return NULL;
}

static struct claimant *add_claimant(struct claim *c, const struct fact *fact) {
        struct claimant *k;

        if (c->n < ELEMENTSOF(c->claimants))
                k = &c->claimants[c->n++];
        else
                k = c->claimants[0].last <= c->claimants[1].last ? &c->claimants[0] : &c->claimants[1];
        *k = (struct claimant) { .mac = fact->mac, .first = fact->ts };
        return k;
}

static unsigned count_contested(struct address_claims *a, const struct mac_address *mac, const struct ip_address *ip,
                                uint64_t now) {
        struct liar *liar;
        bool fresh;

        liar = watch_table_get(a->liars, watch_mac_key(mac, 0), &fresh);
        if (!liar)
                return 1;
        if (fresh || !is_within(liar->since, now, WINDOW)) {
                liar->since = now;
                liar->n = 0;
        }
        for (size_t i = 0; i < liar->n; i++)
                if (ip_equal(&liar->ips[i], ip))
                        return liar->n;
        if (liar->n < LIAR_ADDRESSES)
                liar->ips[liar->n++] = *ip;
        return liar->n;
}

/* Who sent the frames, where that is somebody known; the address inside may be made up. */
static const struct mac_address *offender(const struct detect_host *host, const struct claimant *k) {
        const struct device *d;

        if (mac_equal(&k->mac, &k->sender) || mac_is_zero(&k->sender))
                return &k->mac;
        d = inventory_get_by_mac(host->inventory, &k->sender);
        return d && d->flags & DEVICE_CONFIRMED ? &k->sender : &k->mac;
}

static void put_other(struct report *r, const struct claimant *other) {
        if (!other)
                return;
        report_mac(r, "owner", &other->mac);
        report_seconds(r, "owner_heard_before", r->finding.ts > other->last ? r->finding.ts - other->last : 0);
}

/* One alert an offender, whatever number of addresses it contests. */
static void put_contested(struct report *r, struct address_claims *a, const struct mac_address *mac) {
        const struct liar *liar = watch_table_find(a->liars, watch_mac_key(mac, 0));
        char text[LIAR_ADDRESSES * (IP_STRING_MAX + 1)], ip[IP_STRING_MAX];
        struct strbuf b = STRBUF(text);

        for (size_t i = 0; liar && i < liar->n; i++)
                strbuf_printf(&b, "%s%s", i > 0 ? " " : "", ip_format(&liar->ips[i], ip));
        report_text(r, "contested", text);
}

static void report_spoofing(struct address_claims *a, struct detect_host *host, struct claim *c, const struct claimant *k,
                            const struct claimant *other, uint64_t now, bool gateway) {
        bool v4 = c->ip.family == AF_INET;
        const struct mac_address *who = offender(host, k);
        char mac[MAC_STRING_MAX];
        struct report r;

        /* Somebody else says it in the owner's name, to be believed or to put things right again. */
        if (!mac_equal(who, &k->mac))
                other = k;
        report_begin(&r, v4 ? ALERT_ARP_SPOOFING : ALERT_NDP_SPOOFING, SEVERITY_CRITICAL, now, who);
        strbuf_printf(&r.text, "tells others that it is ");
        report_put_host(&r.text, host, &c->ip);
        if (gateway)
                strbuf_string(&r.text, ", the gateway");
        if (other)
                strbuf_printf(&r.text, ", which belongs to %s", mac_format(&other->mac, mac));
        strbuf_string(&r.text, ": it can read and change their traffic.");
        report_ip(&r, "claimed", &c->ip);
        report_text(&r, "gateway", gateway ? "yes" : "no");
        report_mac(&r, "claimed_as", &k->mac);
        put_other(&r, other);
        report_number(&r, "replies_nobody_asked_for", k->unasked);
        report_number(&r, "threshold_replies", detect_setting(host, SPOOFING_REPLIES));
        report_number(&r, "changes_of_hands", c->flips + c->handovers);
        report_number(&r, "threshold_changes", detect_setting(host, SPOOFING_CHANGES));
        put_contested(&r, a, &k->mac);
        report_peer(&r, host, &c->ip, 0, NULL);
        c->reported = now;
        report_send(&r, host);
}

static void report_conflict(struct detect_host *host, struct claim *c, const struct claimant *k,
                            const struct claimant *other, uint64_t now) {
        char mac[MAC_STRING_MAX];
        struct report r;

        report_begin(&r, ALERT_ADDRESS_CONFLICT, SEVERITY_WARNING, now, &k->mac);
        strbuf_string(&r.text, "uses ");
        report_put_host(&r.text, host, &c->ip);
        strbuf_printf(&r.text, ", which %s has, too: neither will work well.", mac_format(&other->mac, mac));
        report_ip(&r, "address", &c->ip);
        put_other(&r, other);
        report_number(&r, "changes_of_hands", c->flips + c->handovers);
        report_number(&r, "threshold", detect_setting(host, SPOOFING_CHANGES));
        report_peer(&r, host, &c->ip, 0, NULL);
        report_key(&r, &c->ip, sizeof c->ip);
        c->reported = now;
        report_send(&r, host);
}

/* Rather than `y`: an address that is made of a MAC is its owner's; else whoever contests more addresses is to blame, or came later. */
static bool is_to_blame(const struct claim *c, const struct claimant *x, const struct claimant *y, unsigned contested_x, unsigned contested_y) {
        if (ip_is_made_of(&c->ip, &x->mac) != ip_is_made_of(&c->ip, &y->mac))
                return ip_is_made_of(&c->ip, &y->mac);
        return contested_x != contested_y ? contested_x > contested_y : x->first > y->first;
}

/* The address goes to and fro. */
static void judge_flips(struct address_claims *a, struct detect_host *host, struct claim *c, uint64_t now) {
        const struct claimant *x = &c->claimants[0], *y = &c->claimants[1];
        unsigned contested_x, contested_y;
        bool gateway;

        if (c->flips < detect_setting(host, SPOOFING_CHANGES) && c->handovers < HANDOVERS_FACTOR * detect_setting(host, SPOOFING_CHANGES))
                return;
        contested_x = count_contested(a, &x->mac, &c->ip, now);
        contested_y = count_contested(a, &y->mac, &c->ip, now);
        if (is_to_blame(c, x, y, contested_x, contested_y)) {
                const struct claimant *swap = x;

                x = y;
                y = swap;
        }
        if (!detect_setting(host, SPOOFING))
                return;
        gateway = is_gateway(host, &c->ip) || is_gateway_device(host, &x->mac);
        if (gateway || MAX(contested_x, contested_y) >= 2)
                report_spoofing(a, host, c, y, x, now, gateway);
        else if (detect_setting(host, ADDRESS_CONFLICT))
                report_conflict(host, c, y, x, now);
}

/* The gateway's address is not given to the next client, however long nobody has it; a gateway may have two link addresses. */
static bool is_lasting(const struct detect_host *host, const struct fact *fact, const struct claim *c, const struct mac_address *from) {
        const struct device *d = inventory_get_by_mac(host->inventory, from);

        return gateway_before(host, fact, &c->ip) && (!d || d != inventory_get_by_mac(host->inventory, &fact->mac));
}

static void expect_worse(struct address_claims *a, uint64_t key, uint64_t now, bool announced) {
        for (size_t i = 0; i < a->n_pending; i++)
                if (a->pending[i].key == key)
                        return;
        if (a->n_pending < PENDING_MAX)
                a->pending[a->n_pending++] = (struct pending) { key, now + GATEWAY_PATIENCE, announced };
}

/* Another than the one before claims it. */
static void change_hands(struct address_claims *a, struct detect_host *host, struct claim *c, uint64_t key, uint8_t to,
                         enum manner manner, const struct fact *fact) {
        const struct claimant *from = &c->claimants[c->current];
        uint64_t now = fact->ts;

        c->current = to;
        if (mac_is_virtual_router(&from->mac) || mac_is_virtual_router(&c->claimants[to].mac) ||
            (!is_within(from->last, now, CLAIM_AGE) && !is_lasting(host, fact, c, &from->mac)))
                return;
        if (!is_within(c->flips_since, now, WINDOW)) {
                c->flips_since = now;
                c->flips = c->handovers = 0;
        }
        /* Who takes over says so to all, and who takes it back later does, too; whoever goes on as before did not give it away. */
        if (manner == MANNER_ANNOUNCED)
                c->handovers++;
        else
                c->flips++;
        judge_flips(a, host, c, now);
        if (is_gateway(host, &c->ip))
                expect_worse(a, key, now, manner == MANNER_ANNOUNCED);
}

static void count_unasked(struct address_claims *a, struct detect_host *host, struct claim *c, struct claimant *k,
                          uint64_t now) {
        const struct claimant *other = c->n < 2 ? NULL : k == &c->claimants[0] ? &c->claimants[1] : &c->claimants[0];
        unsigned contested;

        if (!is_within(k->unasked_since, now, WINDOW)) {
                k->unasked_since = now;
                k->unasked = 0;
        }
        k->unasked++;
        if (k->unasked < detect_setting(host, SPOOFING_REPLIES) || !detect_setting(host, SPOOFING))
                return;
        if (other && (mac_is_virtual_router(&other->mac) || !is_within(other->last, now, CLAIM_AGE)))
                other = NULL;
        contested = count_contested(a, &k->mac, &c->ip, now);
        /* Nobody else was heard to have it: two such addresses are no accident. */
        if (!mac_is_virtual_router(&k->mac) && (other || contested >= 2))
                report_spoofing(a, host, c, k, other, now, is_gateway(host, &c->ip));
}

/* Is somebody heard who had the address, after it was taken? */
static bool is_still_there(const struct detect_host *host, const struct claimant *other, uint64_t since) {
        const struct device *d = inventory_get_by_mac(host->inventory, &other->mac);

        return !mac_is_virtual_router(&other->mac) && d && d->last_seen > since;
}

static void count_announced(struct address_claims *a, struct detect_host *host, struct claim *c, struct claimant *k, uint64_t now) {
        const struct claimant *other = k == &c->claimants[0] ? &c->claimants[1] : &c->claimants[0];

        if (is_within(k->announced_last, now, ANNOUNCEMENTS_GAP))
                return;
        if (!is_within(k->announced_since, now, ANNOUNCEMENTS_WINDOW)) {
                k->announced_since = now;
                k->announced = 0;
        }
        k->announced_last = now;
        k->announced++;
        if (k->announced < ANNOUNCEMENTS || mac_is_virtual_router(&k->mac) || k->first <= other->first ||
            !is_address_of_gateway(host, &c->ip, &other->mac) || !detect_setting(host, SPOOFING))
                return;
        if (is_within(other->last, now, CLAIM_AGE) && is_still_there(host, other, k->announced_since)) {
                count_contested(a, &k->mac, &c->ip, now);
                report_spoofing(a, host, c, k, other, now, true);
        }
}

static bool was_asked(const struct address_claims *a, uint64_t key, uint64_t now) {
        const uint64_t *asked = watch_table_find(a->questions, key);

        return asked && is_within(*asked, now, ANSWER_TIME);
}

static void take_claim(struct address_claims *a, struct detect_host *host, const struct fact *fact,
                       const struct ip_address *ip, enum manner manner) {
        uint64_t key = claim_key(fact, ip);
        struct claimant *k;
        struct claim *c;
        bool fresh;

        c = watch_table_get(a->claims, key, &fresh);
        if (!c)
                return;
        if (fresh)
                seed(c, host, fact, ip);
        k = find_claimant(c, &fact->mac);
        if (!k)
                k = add_claimant(c, fact);
        if (&c->claimants[c->current] != k && c->n > 1)
                change_hands(a, host, c, key, (uint8_t) (k - c->claimants), manner, fact);
        k->sender = fact->source;
        k->last = MAX(k->last, fact->ts);
        /* Who answers in time answers; an advertisement to all is asked for by nobody. */
        if (manner == MANNER_UNASKED && !was_asked(a, key, fact->ts))
                count_unasked(a, host, c, k, fact->ts);
        else if (manner == MANNER_ANNOUNCED && c->n > 1)
                count_announced(a, host, c, k, fact->ts);
}

static void take_question(struct address_claims *a, const struct fact *fact) {
        struct ip_address ip;
        uint64_t *asked;
        bool fresh;

        if (!fact_last_ip(fact, &ip))
                return;
        asked = watch_table_get(a->questions, claim_key(fact, &ip), &fresh);
        if (asked)
                *asked = MAX(*asked, fact->ts);
}

static enum manner manner_of_arp(const struct fact *fact) {
        if (ip_equal(&fact->ip, &fact->destination))
                return MANNER_ANNOUNCED;
        return fact->flags & FACT_REPLY ? MANNER_UNASKED : MANNER_REQUEST;
}

/* The address that an ndp.source tells is the target's in an advertisement, else the sender's. */
static enum manner manner_of_ndp(const struct fact *fact) {
        if (ip_is_multicast(&fact->destination))
                return MANNER_ANNOUNCED;
        return fact->flags & FACT_REPLY ? MANNER_UNASKED : MANNER_REQUEST;
}

static void address_claims_fact(void *state, struct detect_host *host, const struct fact *fact) {
        struct address_claims *a = state;
        struct ip_address ip;

        if (!(fact->flags & FACT_HAS_MAC) || fact->flags & FACT_TUNNELLED || !(fact->flags & FACT_LINK_SCOPED))
                return;
        if (fact->kind == FACT_ARP_WHO_HAS || fact->kind == FACT_NDP_WHO_HAS) {
                take_question(a, fact);
                return;
        }
        if (mac_is_group(&fact->mac) || mac_is_zero(&fact->mac) || !fact_last_ip(fact, &ip) || !ip_is_host(&ip))
                return;
        take_claim(a, host, fact, &ip, fact->kind == FACT_ARP_SENDER ? manner_of_arp(fact) : manner_of_ndp(fact));
}

static void settle(struct address_claims *a, struct detect_host *host, const struct pending *p) {
        const struct claim *c = watch_table_find(a->claims, p->key);
        const struct claimant *now, *before;
        char mac[MAC_STRING_MAX];
        struct report r;

        if (!c || c->n < 2 || !detect_setting(host, GATEWAY_CHANGED) || is_within(c->reported, p->due, WINDOW))
                return;
        now = &c->claimants[c->current];
        before = &c->claimants[!c->current];
        report_begin(&r, ALERT_GATEWAY_CHANGED, p->announced ? SEVERITY_INFO : SEVERITY_WARNING, now->last, &now->mac);
        strbuf_string(&r.text, "is the gateway ");
        report_put_host(&r.text, host, &c->ip);
        strbuf_printf(&r.text, " now, in place of %s. If you did not replace your router, somebody reads your traffic.",
                      mac_format(&before->mac, mac));
        report_ip(&r, "gateway", &c->ip);
        report_mac(&r, "before", &before->mac);
        report_text(&r, "announced", p->announced ? "yes" : "no");
        report_peer(&r, host, &c->ip, 0, NULL);
        report_key(&r, &c->ip, sizeof c->ip);
        report_send(&r, host);
}

static void address_claims_advance(void *state, struct detect_host *host, uint64_t now, bool flush) {
        struct address_claims *a = state;

        for (size_t i = 0; i < a->n_pending;) {
                if (!flush && a->pending[i].due > now) {
                        i++;
                        continue;
                }
                settle(a, host, &a->pending[i]);
                a->n_pending--;
                memmove(&a->pending[i], &a->pending[i + 1], (a->n_pending - i) * sizeof a->pending[0]);
        }
}

static uint64_t address_claims_next_deadline(const void *state) {
        const struct address_claims *a = state;
        uint64_t next = UINT64_MAX;

        for (size_t i = 0; i < a->n_pending; i++)
                next = MIN(next, a->pending[i].due);
        return next;
}

static const enum fact_kind kinds[] = { FACT_ARP_SENDER, FACT_NDP_SOURCE, FACT_ARP_WHO_HAS, FACT_NDP_WHO_HAS };

const struct detector address_claims_detector = {
        .name = "address_claims",
        .init = address_claims_init,
        .free = address_claims_free,
        .fact = address_claims_fact,
        FACT_KINDS_OF(kinds),
        .advance = address_claims_advance,
        .next_deadline = address_claims_next_deadline,
};
