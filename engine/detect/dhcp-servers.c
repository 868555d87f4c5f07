/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* rogue_dhcp, dhcp_changed: who hands out addresses, and what clients are told to use as router and DNS. The first
 * server of a network is taken for the right one; another is an alert, a grave one if it sends clients to another router
 * or DNS, and a mere notice if it says the same as the first, as the second of a pair does. What clients ask for
 * (option 54 of requests) names servers whose answers are not heard from here. A server that changes what it says is
 * told as well. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "engine/detect/report.h"
#include "engine/detect/watch-table.h"

#define NETWORKS_MAX 64
#define SERVERS_MAX 8
#define WORDS_MAX 128 /* of a list of addresses */

/* A server that said nothing for so long is no longer the one to compare with. */
#define SERVER_AGE (7 * 24 * 3600 * NSEC_PER_SEC)

struct server {
        struct ip_address ip;   /* option 54 */
        struct mac_address mac; /* zero: known by what clients ask for alone */
        uint64_t last;
        char router[WORDS_MAX], dns[WORDS_MAX]; /* "": not told */
};

struct served { /* one link */
        struct server servers[SERVERS_MAX]; /* in the order in which they were first heard */
        size_t n;
};

/* One message of a server, gathered from its facts. */
struct answer {
        uint64_t ts, frame;
        uint32_t ifindex;
        uint16_t vlan;
        bool any;
        struct server said;
        struct mac_address client;
};

struct dhcp_servers {
        struct watch_table *links;
        struct answer answer;
};

static void dhcp_servers_free(void *state) {
        struct dhcp_servers *s = state;

        if (s)
                watch_table_free(s->links);
        free(s);
}

static int dhcp_servers_init(void **ret_state) {
        struct dhcp_servers *s = calloc(1, sizeof *s);
        int r = s ? watch_table_new(&s->links, sizeof(struct served), NETWORKS_MAX) : -ENOMEM;

        if (r < 0) {
                dhcp_servers_free(s);
                return r;
        }
        *ret_state = s;
        return 0;
}

static struct server *find_server(struct served *link, const struct ip_address *ip) {
        for (size_t i = 0; i < link->n; i++)
                if (ip_equal(&link->servers[i].ip, ip))
                        return &link->servers[i];
        return NULL;
}

/* Two addresses of one machine are one server. */
static struct server *find_server_by_mac(struct served *link, const struct mac_address *mac) {
        for (size_t i = 0; i < link->n; i++)
                if (!mac_is_zero(mac) && mac_equal(&link->servers[i].mac, mac))
                        return &link->servers[i];
        return NULL;
}

static void forget_old(struct served *link, uint64_t now) {
        size_t kept = 0;

        for (size_t i = 0; i < link->n; i++)
                if (link->servers[i].last >= now || now - link->servers[i].last <= SERVER_AGE)
                        link->servers[kept++] = link->servers[i];
        link->n = kept;
}

static struct server *add_server(struct served *link, const struct server *said) {
        struct server *s = &link->servers[MIN(link->n, (size_t) SERVERS_MAX - 1)];

        if (link->n < SERVERS_MAX)
                link->n++;
        *s = *said;
        return s;
}

static bool says_other(const char *a, const char *b) {
        return *a && *b && strcmp(a, b) != 0;
}

static void put_server(struct report *r, const struct server *s, const char *ip, const char *router, const char *dns) {
        report_ip(r, ip, &s->ip);
        report_text(r, router, s->router);
        report_text(r, dns, s->dns);
}

static void report_rogue(struct detect_host *host, const struct server *s, const struct server *right, uint64_t now,
                         bool known, bool heard) {
        bool lures = says_other(s->router, right->router) || says_other(s->dns, right->dns);
        char text[IP_STRING_MAX];
        enum alert_severity severity = !heard ? SEVERITY_WARNING : lures ? SEVERITY_CRITICAL : SEVERITY_WARNING;
        struct report r;

        if (known || (heard && !lures && *s->router && *right->router))
                severity = SEVERITY_INFO;
        report_begin(&r, ALERT_ROGUE_DHCP, severity, now, &s->mac);
        r.finding.ip = s->ip;
        strbuf_printf(&r.text, "%s, beside the DHCP server %s", heard ? "hands out addresses" : "is asked for addresses",
                      ip_format(&right->ip, text));
        if (says_other(s->router, right->router))
                strbuf_printf(&r.text, ", and sends clients to another router, %s", s->router);
        if (says_other(s->dns, right->dns))
                strbuf_printf(&r.text, ", and to other DNS servers, %s", s->dns);
        strbuf_char(&r.text, '.');
        put_server(&r, s, "server", "router", "dns");
        put_server(&r, right, "first_server", "first_router", "first_dns");
        report_mac(&r, "first_mac", &right->mac);
        report_text(&r, "seen_in", heard ? "answers" : "requests of clients");
        report_peer(&r, host, &right->ip, 0, NULL);
        report_send(&r, host);
}

static void report_changed(struct detect_host *host, const struct server *s, const struct server *before, uint64_t now) {
        struct report r;

        report_begin(&r, ALERT_DHCP_CHANGED, SEVERITY_WARNING, now, &s->mac);
        r.finding.ip = s->ip;
        strbuf_string(&r.text, "tells DHCP clients to use");
        if (says_other(s->router, before->router))
                strbuf_printf(&r.text, " router %s instead of %s", s->router, before->router);
        if (says_other(s->dns, before->dns))
                strbuf_printf(&r.text, "%s DNS %s instead of %s", says_other(s->router, before->router) ? " and" : "", s->dns,
                              before->dns);
        strbuf_char(&r.text, '.');
        put_server(&r, s, "server", "router", "dns");
        put_server(&r, before, "server_before", "router_before", "dns_before");
        report_send(&r, host);
}

static void set_words(char *to, const char *from) {
        if (*from)
                snprintf(to, WORDS_MAX, "%s", from);
}

/* A device that the user trusts may hand out addresses. */
static bool is_trusted(const struct detect_host *host, const struct mac_address *mac) {
        const struct device *d = mac_is_zero(mac) ? NULL : inventory_get_by_mac(host->inventory, mac);

        return d && d->user.trusted;
}

static struct served *link_of(struct dhcp_servers *s, uint32_t ifindex, uint16_t vlan, uint64_t now) {
        uint32_t place[2] = { ifindex, vlan };
        struct served *link;
        bool fresh;

        link = watch_table_get(s->links, watch_key(place, sizeof place, "", 0, 0), &fresh);
        if (link)
                forget_old(link, now);
        return link;
}

/* All of a message is there. */
static void judge_answer(struct dhcp_servers *s, struct detect_host *host) {
        struct answer *a = &s->answer;
        struct served *link;
        struct server *known;

        if (!a->any || !ip_is_host(&a->said.ip))
                return;
        link = link_of(s, a->ifindex, a->vlan, a->ts);
        if (!link)
                return;
        known = find_server(link, &a->said.ip);
        if (known && mac_is_zero(&known->mac))
                known->mac = a->said.mac;
        if (!known) {
                known = add_server(link, &a->said);
        } else {
                struct server before = *known;

                known->last = a->ts;
                set_words(known->router, a->said.router);
                set_words(known->dns, a->said.dns);
                if (known == link->servers && detect_setting(host, DHCP_CHANGED) &&
                    (says_other(known->router, before.router) || says_other(known->dns, before.dns)))
                        report_changed(host, known, &before, a->ts);
        }
        /* One machine may be several servers. */
        if (known != link->servers && !mac_equal(&known->mac, &link->servers->mac) && detect_setting(host, ROGUE_DHCP))
                report_rogue(host, known, link->servers, a->ts, is_trusted(host, &known->mac), true);
}

static void finish(struct dhcp_servers *s, struct detect_host *host) {
        judge_answer(s, host);
        s->answer.any = false;
}

static void begin(struct dhcp_servers *s, const struct fact *fact) {
        s->answer = (struct answer) {
                .ts = fact->ts,
                .frame = fact->frame,
                .ifindex = fact->ifindex,
                .vlan = fact->vlan,
                .any = true,
                .said = { .mac = fact->mac, .last = fact->ts },
                .client = fact->subject,
        };
}

static bool is_same_message(const struct answer *a, const struct fact *fact) {
        return a->any && a->ts == fact->ts && a->frame == fact->frame && mac_equal(&a->said.mac, &fact->mac) &&
               mac_equal(&a->client, &fact->subject);
}

/* The server that a client chose, where nothing of it was heard yet. */
static void take_request(struct dhcp_servers *s, struct detect_host *host, const struct fact *fact) {
        struct server said = { .last = fact->ts };
        const struct device *d;
        struct served *link;
        struct server *known;

        finish(s, host);
        if (ip_parse(fact->value, &said.ip) < 0 || !ip_is_host(&said.ip))
                return;
        link = link_of(s, fact->ifindex, fact->vlan, fact->ts);
        if (!link)
                return;
        known = find_server(link, &said.ip);
        if (known) {
                known->last = fact->ts;
                if (known == link->servers || !mac_is_zero(&known->mac))
                        return;
        }
        d = inventory_get_by_ip(host->inventory, &said.ip);
        if (d) {
                said.mac = d->macs[0].address;
                if (!known && find_server_by_mac(link, &said.mac))
                        return;
        }
        if (!known)
                known = add_server(link, &said);
        if (known != link->servers && detect_setting(host, ROGUE_DHCP)) {
                said.mac = mac_is_zero(&known->mac) ? said.mac : known->mac;
                report_rogue(host, &said, link->servers, fact->ts, is_trusted(host, &said.mac), false);
        }
}

static void dhcp_servers_fact(void *state, struct detect_host *host, const struct fact *fact) {
        struct dhcp_servers *s = state;

        if (fact->flags & FACT_TUNNELLED)
                return;
        /* What a relay carries is between it and the server of another link. */
        if (fact->kind == FACT_DHCP_RELAY) {
                if (is_same_message(&s->answer, fact))
                        s->answer.any = false;
                return;
        }
        if (fact->kind == FACT_DHCP_REQUESTED_SERVER) {
                take_request(s, host, fact);
                return;
        }
        if (!is_same_message(&s->answer, fact)) {
                finish(s, host);
                begin(s, fact);
        }
        if (fact->kind == FACT_DHCP_SERVER_ID)
                (void) ip_parse(fact->value, &s->answer.said.ip);
        else
                set_words(fact->kind == FACT_DHCP_ROUTER ? s->answer.said.router : s->answer.said.dns, fact->value);
}

static void dhcp_servers_advance(void *state, struct detect_host *host, uint64_t now _unused_, bool flush _unused_) {
        finish(state, host);
}

static uint64_t dhcp_servers_next_deadline(const void *state) {
        const struct dhcp_servers *s = state;

        return s->answer.any ? s->answer.ts : UINT64_MAX;
}

static const enum fact_kind kinds[] = { FACT_DHCP_SERVER_ID, FACT_DHCP_ROUTER, FACT_DHCP_DNS, FACT_DHCP_REQUESTED_SERVER, FACT_DHCP_RELAY };

const struct detector dhcp_servers_detector = {
        .name = "dhcp_servers",
        .init = dhcp_servers_init,
        .free = dhcp_servers_free,
        .fact = dhcp_servers_fact,
        FACT_KINDS_OF(kinds),
        .advance = dhcp_servers_advance,
        .next_deadline = dhcp_servers_next_deadline,
};
