/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* rogue_dhcp, dhcp_changed: who hands out addresses, and what clients are told to use as router and DNS. The first
 * server of a network is taken for the right one; another is an alert, a grave one if it sends clients to another router
 * or DNS, and a mere notice if it says the same as the first, as the second of a pair does. What clients ask for
 * (option 54 of requests) names servers whose answers are not heard from here. A server that changes what it says is
 * told as well. The first one of each network is a lesson: whoever comes while nobody listens is not the first. */

#include <string.h>

#include "engine/detect/link-messages.h"
#include "engine/detect/report.h"
#include "engine/detect/watch-table.h"

#define SERVERS_MAX 8
#define WORDS_MAX 128 /* of a list of addresses */

/* A server that said nothing for so long is no longer the one to compare with. */
#define SERVER_AGE (7 * 24 * 3600 * NSEC_PER_SEC)
/* That it is still there is worth keeping so often. */
#define TELL_INTERVAL (24 * 3600 * NSEC_PER_SEC)

struct server {
        struct ip_address ip;   /* option 54 */
        struct mac_address mac; /* zero: known by what clients ask for alone */
        uint64_t last;
        char router[WORDS_MAX], dns[WORDS_MAX]; /* "": not told */
};

struct served { /* one link */
        struct learned learned;
        uint64_t told; /* `last` of the first server when it was noted last */
        struct server servers[SERVERS_MAX]; /* in the order in which they were first heard */
        size_t n;
};

/* One message of a server, gathered from its facts; or what a client asks for. */
struct answer {
        struct link_message head;
        bool request;
        struct server said;
        struct mac_address client;
};

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
        struct strbuf b;

        if (!*from)
                return;
        b = strbuf_make(to, WORDS_MAX);
        strbuf_string(&b, from);
}

/* The first server is another, or says something else, or was not heard for long. */
static void note(struct served *link, const struct server *before) {
        const struct server *first = link->servers;

        if (link->n == 0 || (ip_equal(&first->ip, &before->ip) && mac_equal(&first->mac, &before->mac) &&
                             strcmp(first->router, before->router) == 0 && strcmp(first->dns, before->dns) == 0 &&
                             first->last < link->told + TELL_INTERVAL))
                return;
        learned_note(&link->learned, &first->mac);
        link->told = first->last;
}

static void judge_answer(struct served *link, struct detect_host *host, const struct answer *a) {
        struct server *known = find_server(link, &a->said.ip);

        if (known && mac_is_zero(&known->mac))
                known->mac = a->said.mac;
        if (!known) {
                known = add_server(link, &a->said);
        } else {
                struct server before = *known;

                known->last = a->head.ts;
                set_words(known->router, a->said.router);
                set_words(known->dns, a->said.dns);
                if (known == link->servers && detect_setting(host, DHCP_CHANGED) &&
                    (says_other(known->router, before.router) || says_other(known->dns, before.dns)))
                        report_changed(host, known, &before, a->head.ts);
        }
        /* One machine may be several servers. */
        if (known != link->servers && !mac_equal(&known->mac, &link->servers->mac) && detect_setting(host, ROGUE_DHCP))
                report_rogue(host, known, link->servers, a->head.ts, detect_is_trusted(host, &known->mac), true);
}

/* The server that a client chose, where nothing of it was heard yet. */
static void judge_request(struct served *link, struct detect_host *host, const struct answer *a) {
        struct server *known = find_server(link, &a->said.ip), said = a->said;
        const struct device *d;

        if (known) {
                known->last = a->head.ts;
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
                report_rogue(host, &said, link->servers, a->head.ts, detect_is_trusted(host, &said.mac), false);
        }
}

static void judge(void *record, struct detect_host *host, const void *message) {
        const struct answer *a = message;
        struct served *link = record;
        struct server before = link->servers[0];

        forget_old(link, a->head.ts);
        if (a->request)
                judge_request(link, host, a);
        else
                judge_answer(link, host, a);
        note(link, &before);
}

static bool is_whole(const void *message) {
        return ip_is_host(&((const struct answer *) message)->said.ip);
}

static bool says_again(const void *message, const void *other) {
        const struct answer *a = message, *b = other;

        return a->request == b->request && ip_equal(&a->said.ip, &b->said.ip) && mac_equal(&a->said.mac, &b->said.mac) &&
               strcmp(a->said.router, b->said.router) == 0 && strcmp(a->said.dns, b->said.dns) == 0;
}

static const struct link_messages_ops ops = { sizeof(struct answer), sizeof(struct served), judge, is_whole, says_again };

static int dhcp_servers_init(void **ret_state) {
        return link_messages_new(ret_state, &ops);
}

static struct answer *begin(struct link_messages *messages, const struct fact *fact, bool request) {
        struct answer *a = link_messages_begin(messages, fact);

        a->request = request;
        a->said.last = fact->ts;
        a->client = fact->subject;
        if (!request)
                a->said.mac = fact->mac;
        return a;
}

static bool is_of(const struct answer *a, const struct fact *fact) {
        return a && !a->request && mac_equal(&a->said.mac, &fact->mac) && mac_equal(&a->client, &fact->subject);
}

static void dhcp_servers_fact(void *state, struct detect_host *host, const struct fact *fact) {
        bool request = fact->kind == FACT_DHCP_REQUESTED_SERVER;
        struct answer *a = link_messages_of(state, fact);

        if (fact->flags & FACT_TUNNELLED)
                return;
        /* What a relay carries is between it and the server of another link. */
        if (fact->kind == FACT_DHCP_RELAY) {
                if (is_of(a, fact))
                        link_messages_drop(state);
                return;
        }
        if (request || !is_of(a, fact)) {
                link_messages_finish(state, host, fact->ts);
                a = begin(state, fact, request);
        }
        if (request || fact->kind == FACT_DHCP_SERVER_ID)
                (void) ip_parse(fact->value, &a->said.ip);
        else
                set_words(fact->kind == FACT_DHCP_ROUTER ? a->said.router : a->said.dns, fact->value);
}

/* The first server's address, and which router and DNS it names. */

static void dhcp_servers_remember(void *state, bool all, lesson_take_fn take, void *userdata) {
        struct link_messages *messages = state;

        for (struct served *link = NULL; (link = learned_next(messages->links, link, all));) {
                char text[LESSON_TEXT_MAX], ip[IP_STRING_MAX];
                struct strbuf b = STRBUF(text);

                if (link->n == 0)
                        continue;
                lesson_put_word(&b, ip_format(&link->servers->ip, ip));
                lesson_put_word(&b, link->servers->router);
                lesson_put_word(&b, link->servers->dns);
                lesson_tell("dhcp_servers", link, &b, take, userdata);
        }
}

static bool dhcp_servers_recall(void *state, const struct lesson *lesson, uint64_t now) {
        struct server read = { .mac = lesson->mac, .last = now }; /* nobody listened: its silence means nothing */
        struct link_messages *messages = state;
        const char *text = lesson->text;
        char ip[IP_STRING_MAX];
        struct served *link;

        if (!lesson_get_word(&text, ip, sizeof ip) || ip_parse(ip, &read.ip) < 0 || !ip_is_host(&read.ip) ||
            !lesson_get_word(&text, read.router, sizeof read.router) || !lesson_get_word(&text, read.dns, sizeof read.dns) || *text)
                return false;
        link = learned_recall(messages->links, lesson);
        if (!link)
                return false;
        link->servers[0] = read;
        link->n = 1;
        link->told = now;
        return true;
}

/* Who was second is first then. */
static void dhcp_servers_forget(void *state, const struct mac_address *mac) {
        struct link_messages *messages = state;
        struct served *next;

        for (struct served *link = watch_table_next(messages->links, NULL); link; link = next) {
                struct server before = link->servers[0];
                size_t kept = 0;

                next = watch_table_next(messages->links, link);
                for (size_t i = 0; i < link->n; i++)
                        if (!mac_equal(&link->servers[i].mac, mac))
                                link->servers[kept++] = link->servers[i];
                link->n = kept;
                note(link, &before);
                if (kept == 0)
                        watch_table_remove(messages->links, link);
        }
}

static const enum fact_kind kinds[] = { FACT_DHCP_SERVER_ID, FACT_DHCP_ROUTER, FACT_DHCP_DNS, FACT_DHCP_REQUESTED_SERVER, FACT_DHCP_RELAY };

const struct detector dhcp_servers_detector = {
        .name = "dhcp_servers",
        .init = dhcp_servers_init,
        .free = link_messages_free,
        .fact = dhcp_servers_fact,
        FACT_KINDS_OF(kinds),
        .advance = link_messages_advance,
        .next_deadline = link_messages_next_deadline,
        .remember = dhcp_servers_remember,
        .recall = dhcp_servers_recall,
        .forget = dhcp_servers_forget,
};
