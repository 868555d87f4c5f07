/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* rogue_ra: router advertisements of somebody who is not the router. The first router of a link is taken for the right
 * one. Another that wants to be a default router or names DNS servers is an alert; one that does neither (a border router
 * of Thread, say, with lifetime 0) is not. Advertisements in the name of a router, from another link address, are a grave
 * alert: with lifetime 0 they take the network's way out. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "engine/detect/report.h"
#include "engine/detect/virtual-mac.h"
#include "engine/detect/watch-table.h"

#define LINKS_MAX 64
#define ROUTERS_MAX 8
#define WORDS_MAX 128
#define ROUTER_AGE (7 * 24 * 3600 * NSEC_PER_SEC)
/* Two link addresses speak for one router within this. */
#define WINDOW (600 * NSEC_PER_SEC)

struct router {
        struct ip_address ip;
        struct mac_address mac; /* of the frames */
        uint64_t last;
        bool is_default;        /* has a lifetime */
        char prefix[WORDS_MAX], rdnss[WORDS_MAX]; /* the first of each */
};

struct link_routers {
        struct router routers[ROUTERS_MAX];
        size_t n;
};

struct advert { /* one message, gathered from its facts */
        uint64_t ts, frame;
        uint32_t ifindex;
        uint16_t vlan;
        bool any;
        struct router said;
};

struct router_adverts {
        struct watch_table *links;
        struct advert advert;
};

static void router_adverts_free(void *state) {
        struct router_adverts *a = state;

        if (a)
                watch_table_free(a->links);
        free(a);
}

static int router_adverts_init(void **ret_state) {
        struct router_adverts *a = calloc(1, sizeof *a);
        int r = a ? watch_table_new(&a->links, sizeof(struct link_routers), LINKS_MAX) : -ENOMEM;

        if (r < 0) {
                router_adverts_free(a);
                return r;
        }
        *ret_state = a;
        return 0;
}

/* The interface identifier is made of this MAC (RFC 4291 appendix A). */
static bool is_made_of(const struct ip_address *ip, const struct mac_address *mac) {
        const uint8_t *i = ip->bytes + 8, *m = mac->bytes;

        return i[0] == (m[0] ^ 2) && i[1] == m[1] && i[2] == m[2] && i[3] == 0xff && i[4] == 0xfe && i[5] == m[3] &&
               i[6] == m[4] && i[7] == m[5];
}

static void forget_old(struct link_routers *l, uint64_t now) {
        size_t kept = 0;

        for (size_t i = 0; i < l->n; i++)
                if (l->routers[i].last >= now || now - l->routers[i].last <= ROUTER_AGE)
                        l->routers[kept++] = l->routers[i];
        l->n = kept;
}

static struct router *add_router(struct link_routers *l, const struct router *said) {
        struct router *r = &l->routers[MIN(l->n, (size_t) ROUTERS_MAX - 1)];

        if (l->n < ROUTERS_MAX)
                l->n++;
        *r = *said;
        return r;
}

static void put_router(struct report *r, const struct router *router, const char *ip, const char *mac) {
        report_ip(r, ip, &router->ip);
        report_mac(r, mac, &router->mac);
        if (*router->prefix)
                report_text(r, "prefix", router->prefix);
        if (*router->rdnss)
                report_text(r, "rdnss", router->rdnss);
}

/* `liar` speaks in the name of `right`, who has the same IP address. */
static void report_impersonation(struct detect_host *host, const struct router *liar, const struct router *right, uint64_t now) {
        char ip[IP_STRING_MAX], mac[MAC_STRING_MAX];
        struct report r;

        report_begin(&r, ALERT_ROGUE_RA, SEVERITY_CRITICAL, now, &liar->mac);
        r.finding.ip = liar->ip;
        strbuf_printf(&r.text, "sends router advertisements in the name of %s, which is %s%s.", ip_format(&right->ip, ip),
                      mac_format(&right->mac, mac), liar->is_default ? "" : ", and says that it routes no more");
        put_router(&r, liar, "router", "mac");
        report_mac(&r, "owner", &right->mac);
        report_text(&r, "lifetime", liar->is_default ? "more than zero" : "zero");
        report_peer(&r, host, &right->ip, 0, NULL);
        report_send(&r, host);
}

static void report_second(struct detect_host *host, const struct router *second, const struct router *first, uint64_t now) {
        bool same_prefix = *second->prefix && strcmp(second->prefix, first->prefix) == 0;
        bool lures = (*second->rdnss && strcmp(second->rdnss, first->rdnss) != 0) || !same_prefix;
        char ip[IP_STRING_MAX];
        struct report r;

        report_begin(&r, ALERT_ROGUE_RA, lures ? SEVERITY_CRITICAL : SEVERITY_WARNING, now, &second->mac);
        r.finding.ip = second->ip;
        strbuf_printf(&r.text, "offers itself as a router, beside %s", ip_format(&first->ip, ip));
        if (*second->prefix && !same_prefix)
                strbuf_printf(&r.text, ", with prefix %s", second->prefix);
        if (*second->rdnss)
                strbuf_printf(&r.text, ", and names DNS server %s", second->rdnss);
        strbuf_char(&r.text, '.');
        put_router(&r, second, "router", "mac");
        report_ip(&r, "first_router", &first->ip);
        report_mac(&r, "first_mac", &first->mac);
        report_text(&r, "first_prefix", first->prefix);
        report_text(&r, "first_rdnss", first->rdnss);
        report_peer(&r, host, &first->ip, 0, NULL);
        report_send(&r, host);
}

static bool wants_to_lead(const struct router *r) {
        return r->is_default || *r->rdnss;
}

static bool is_trusted(const struct detect_host *host, const struct mac_address *mac) {
        const struct device *d = inventory_get_by_mac(host->inventory, mac);

        return d && d->user.trusted;
}

/* The known router of the same address as `said`, from another link address. */
static void judge_same_address(struct detect_host *host, struct router *known, const struct router *said) {
        bool recent = known->last >= said->last || said->last - known->last <= WINDOW;

        if (!recent || mac_is_virtual_router(&known->mac) || mac_is_virtual_router(&said->mac)) {
                *known = *said;
                return;
        }
        if (is_made_of(&said->ip, &said->mac) && !is_made_of(&known->ip, &known->mac)) {
                struct router liar = *known;

                *known = *said;
                report_impersonation(host, &liar, known, said->last);
                return;
        }
        report_impersonation(host, said, known, said->last);
}

static void update(struct router *known, const struct router *said) {
        known->last = said->last;
        known->is_default |= said->is_default;
        if (*said->prefix)
                memcpy(known->prefix, said->prefix, sizeof known->prefix);
        if (*said->rdnss)
                memcpy(known->rdnss, said->rdnss, sizeof known->rdnss);
}

/* The first that leads is the right one. */
static const struct router *first_leader(const struct link_routers *l) {
        for (size_t i = 0; i < l->n; i++)
                if (wants_to_lead(&l->routers[i]))
                        return &l->routers[i];
        return NULL;
}

static void judge(struct router_adverts *a, struct detect_host *host) {
        const struct advert *m = &a->advert;
        uint32_t place[2] = { m->ifindex, m->vlan };
        const struct router *first;
        struct router *known = NULL;
        struct link_routers *l;
        bool fresh;

        a->advert.any = false;
        l = watch_table_get(a->links, watch_key(place, sizeof place, "", 0, 0), &fresh);
        if (!l || !detect_setting(host, ROGUE_RA))
                return;
        forget_old(l, m->ts);
        for (size_t i = 0; i < l->n && !known; i++)
                if (ip_equal(&l->routers[i].ip, &m->said.ip))
                        known = &l->routers[i];
        if (known && !mac_equal(&known->mac, &m->said.mac)) {
                judge_same_address(host, known, &m->said);
                return;
        }
        if (known)
                update(known, &m->said);
        else
                known = add_router(l, &m->said);
        first = first_leader(l);
        if (first && first != known && wants_to_lead(known) && !mac_equal(&first->mac, &known->mac) &&
            !mac_is_virtual_router(&known->mac) && !mac_is_virtual_router(&first->mac) && !is_trusted(host, &known->mac))
                report_second(host, known, first, m->ts);
}

static bool is_same_message(const struct advert *a, const struct fact *fact) {
        return a->any && a->ts == fact->ts && a->frame == fact->frame && mac_equal(&a->said.mac, &fact->source);
}

static void begin(struct router_adverts *a, struct detect_host *host, const struct fact *fact) {
        if (a->advert.any)
                judge(a, host);
        a->advert = (struct advert) {
                .ts = fact->ts, .frame = fact->frame, .ifindex = fact->ifindex, .vlan = fact->vlan, .any = true,
                .said = { .ip = fact->ip, .mac = fact->source, .last = fact->ts },
        };
        a->advert.said.is_default = !(fact->flags & FACT_GOODBYE);
}

static void router_adverts_fact(void *state, struct detect_host *host, const struct fact *fact) {
        struct router_adverts *a = state;
        char *word;

        if (!(fact->flags & FACT_LINK_SCOPED) || fact->flags & FACT_TUNNELLED || mac_is_zero(&fact->source))
                return;
        if (fact->kind == FACT_NDP_ROUTER) {
                begin(a, host, fact);
                return;
        }
        if (!is_same_message(&a->advert, fact))
                return;
        word = fact->kind == FACT_NDP_PREFIX ? a->advert.said.prefix : a->advert.said.rdnss;
        if (!*word)
                snprintf(word, WORDS_MAX, "%s", fact->value);
}

static void router_adverts_advance(void *state, struct detect_host *host, uint64_t now _unused_, bool flush _unused_) {
        struct router_adverts *a = state;

        if (a->advert.any)
                judge(a, host);
}

static uint64_t router_adverts_next_deadline(const void *state) {
        const struct router_adverts *a = state;

        return a->advert.any ? a->advert.ts : UINT64_MAX;
}

static const enum fact_kind kinds[] = { FACT_NDP_ROUTER, FACT_NDP_PREFIX, FACT_NDP_RDNSS };

const struct detector router_adverts_detector = {
        .name = "router_adverts",
        .init = router_adverts_init,
        .free = router_adverts_free,
        .fact = router_adverts_fact,
        FACT_KINDS_OF(kinds),
        .advance = router_adverts_advance,
        .next_deadline = router_adverts_next_deadline,
};
