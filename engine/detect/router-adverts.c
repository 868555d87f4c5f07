/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* rogue_ra: router advertisements of somebody who is not the router. The first router of a link is taken for the right
 * one. Another that wants to be a default router or names DNS servers is an alert; one that does neither (a border router
 * of Thread, say, with lifetime 0) is not. Advertisements in the name of a router, from another link address, are a grave
 * alert: with lifetime 0 they take the network's way out. The first one of each network is a lesson: whoever comes while
 * nobody listens is not the first. */

#include <string.h>

#include "engine/detect/link-messages.h"
#include "engine/detect/locality.h"
#include "engine/detect/report.h"
#include "engine/detect/virtual-mac.h"
#include "engine/detect/watch-table.h"

#define ROUTERS_MAX 8
#define WORDS_MAX 128
#define ROUTER_AGE (7 * 24 * 3600 * NSEC_PER_SEC)
/* Two link addresses speak for one router within this. */
#define WINDOW (600 * NSEC_PER_SEC)
/* That it is still there is worth keeping so often. */
#define TELL_INTERVAL (24 * 3600 * NSEC_PER_SEC)

struct router {
        struct ip_address ip;
        struct mac_address mac; /* of the frames */
        uint64_t last;
        bool is_default;        /* has a lifetime */
        char prefix[WORDS_MAX], rdnss[WORDS_MAX]; /* the first of each */
};

struct link_routers {
        struct learned learned;
        uint64_t told; /* `last` of the first that leads when it was noted last */
        struct router routers[ROUTERS_MAX];
        size_t n;
};

struct advert { /* one message, gathered from its facts */
        struct link_message head;
        struct router said;
};

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

/* The known router of the same address as `said`, from another link address. */
static void judge_same_address(struct detect_host *host, struct router *known, const struct router *said) {
        bool recent = known->last >= said->last || said->last - known->last <= WINDOW;

        if (!recent || mac_is_virtual_router(&known->mac) || mac_is_virtual_router(&said->mac)) {
                *known = *said;
                return;
        }
        if (ip_is_made_of(&said->ip, &said->mac) && !ip_is_made_of(&known->ip, &known->mac)) {
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

static void judge_known(struct link_routers *l, struct detect_host *host, const struct router *said) {
        const struct router *first;
        struct router *known = NULL;

        for (size_t i = 0; i < l->n && !known; i++)
                if (ip_equal(&l->routers[i].ip, &said->ip))
                        known = &l->routers[i];
        if (known && !mac_equal(&known->mac, &said->mac)) {
                judge_same_address(host, known, said);
                return;
        }
        if (known)
                update(known, said);
        else
                known = add_router(l, said);
        first = first_leader(l);
        if (first && first != known && wants_to_lead(known) && !mac_equal(&first->mac, &known->mac) &&
            !mac_is_virtual_router(&known->mac) && !mac_is_virtual_router(&first->mac) && !detect_is_trusted(host, &known->mac))
                report_second(host, known, first, said->last);
}

static struct router leader_of(const struct link_routers *l) {
        const struct router *first = first_leader(l);

        return first ? *first : (struct router) {};
}

static bool is_as_before(const struct router *a, const struct router *b) {
        return ip_equal(&a->ip, &b->ip) && mac_equal(&a->mac, &b->mac) && a->is_default == b->is_default &&
               strcmp(a->prefix, b->prefix) == 0 && strcmp(a->rdnss, b->rdnss) == 0;
}

/* The first that leads is another, or says something else, or was not heard for long. */
static void note(struct link_routers *l, const struct router *before) {
        const struct router *first = first_leader(l);

        if (!first || (is_as_before(first, before) && first->last < l->told + TELL_INTERVAL))
                return;
        learned_note(&l->learned, &first->mac);
        l->told = first->last;
}

static void judge(void *record, struct detect_host *host, const void *message) {
        const struct advert *m = message;
        struct link_routers *l = record;
        struct router before = leader_of(l);

        if (!detect_setting(host, ROGUE_RA))
                return;
        forget_old(l, m->head.ts);
        judge_known(l, host, &m->said);
        note(l, &before);
}

static bool says_again(const void *a, const void *b) {
        return is_as_before(&((const struct advert *) a)->said, &((const struct advert *) b)->said);
}

static const struct link_messages_ops ops = { sizeof(struct advert), sizeof(struct link_routers), judge, NULL, says_again };

static int router_adverts_init(void **ret_state) {
        return link_messages_new(ret_state, &ops);
}

static void begin(struct link_messages *messages, const struct fact *fact) {
        struct advert *m = link_messages_begin(messages, fact);

        m->said = (struct router) { .ip = fact->ip, .mac = fact->source, .last = fact->ts, .is_default = !(fact->flags & FACT_GOODBYE) };
}

static void router_adverts_fact(void *state, struct detect_host *host, const struct fact *fact) {
        struct advert *m = link_messages_of(state, fact);
        char *word;

        if (!(fact->flags & FACT_LINK_SCOPED) || fact->flags & FACT_TUNNELLED || mac_is_zero(&fact->source))
                return;
        if (fact->kind == FACT_NDP_ROUTER) {
                link_messages_finish(state, host, fact->ts);
                begin(state, fact);
                return;
        }
        if (!m || !mac_equal(&m->said.mac, &fact->source))
                return;
        word = fact->kind == FACT_NDP_PREFIX ? m->said.prefix : m->said.rdnss;
        if (!*word)
                snprintf(word, WORDS_MAX, "%s", fact->value);
}

/* The first one's address, whether it is a default router, and the prefix and DNS server that it names. */

static void router_adverts_remember(void *state, bool all, lesson_take_fn take, void *userdata) {
        struct link_messages *messages = state;

        for (struct link_routers *l = NULL; (l = learned_next(messages->links, l, all));) {
                const struct router *first = first_leader(l);
                char text[LESSON_TEXT_MAX], ip[IP_STRING_MAX];
                struct strbuf b = STRBUF(text);

                if (!first)
                        continue;
                lesson_put_word(&b, ip_format(&first->ip, ip));
                lesson_put_number(&b, first->is_default);
                lesson_put_word(&b, first->prefix);
                lesson_put_word(&b, first->rdnss);
                lesson_tell("router_adverts", l, &b, take, userdata);
        }
}

static bool router_adverts_recall(void *state, const struct lesson *lesson, uint64_t now) {
        struct router read = { .mac = lesson->mac, .last = now }; /* nobody listened: its silence means nothing */
        struct link_messages *messages = state;
        const char *text = lesson->text;
        struct link_routers *l;
        char ip[IP_STRING_MAX];
        uint64_t is_default;

        if (!lesson_get_word(&text, ip, sizeof ip) || ip_parse(ip, &read.ip) < 0 || !lesson_get_number(&text, 1, &is_default) ||
            !lesson_get_word(&text, read.prefix, sizeof read.prefix) || !lesson_get_word(&text, read.rdnss, sizeof read.rdnss) || *text)
                return false;
        read.is_default = is_default != 0;
        l = wants_to_lead(&read) ? learned_recall(messages->links, lesson) : NULL;
        if (!l)
                return false;
        l->routers[0] = read;
        l->n = 1;
        l->told = now;
        return true;
}

/* Who was second is first then. */
static void router_adverts_forget(void *state, const struct mac_address *mac) {
        struct link_messages *messages = state;
        struct link_routers *next;

        for (struct link_routers *l = watch_table_next(messages->links, NULL); l; l = next) {
                struct router before = leader_of(l);
                size_t kept = 0;

                next = watch_table_next(messages->links, l);
                for (size_t i = 0; i < l->n; i++)
                        if (!mac_equal(&l->routers[i].mac, mac))
                                l->routers[kept++] = l->routers[i];
                l->n = kept;
                note(l, &before);
                if (kept == 0)
                        watch_table_remove(messages->links, l);
        }
}

static const enum fact_kind kinds[] = { FACT_NDP_ROUTER, FACT_NDP_PREFIX, FACT_NDP_RDNSS };

const struct detector router_adverts_detector = {
        .name = "router_adverts",
        .init = router_adverts_init,
        .free = link_messages_free,
        .fact = router_adverts_fact,
        FACT_KINDS_OF(kinds),
        .advance = link_messages_advance,
        .next_deadline = link_messages_next_deadline,
        .remember = router_adverts_remember,
        .recall = router_adverts_recall,
        .forget = router_adverts_forget,
};
