/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* rogue_dhcp of IPv6: who answers DHCPv6 clients (RFC 8415), and which DNS servers they are told to use. As with IPv4 the first server of
 * a link is the right one, and another an alert: a grave one if it names other DNS servers, a mere notice if it names the same. Servers are
 * known by their DUID, which clients name when they take an offer, for all of the link to hear, and by who speaks for it.
 *
 * Most homes have no such server, so that the first one may be the attack: computers ask all the time, and use what they get. Where clients
 * asked in vain for a while, who answers then is an alert as well, unless it is the router or a DHCP server of IPv4; and so is at all times
 * who hands out link-local addresses, as such tools do, for a host makes those itself. That nobody answers is learned like the first
 * server is. */

#include <string.h>

#include "engine/detect/link-messages.h"
#include "engine/detect/report.h"
#include "engine/detect/watch-table.h"

#define SERVERS_MAX 8
#define WORDS_MAX 256 /* of a list of addresses: five at least */
#define DUID_MAX 65   /* in hexadecimal; what is longer is cut */

/* A server that said nothing for so long is no longer the one to compare with. */
#define SERVER_AGE (7 * 24 * 3600 * NSEC_PER_SEC)
/* That it is still there is worth keeping so often. */
#define TELL_INTERVAL (24 * 3600 * NSEC_PER_SEC)
/* There is no server: clients asked in so many minutes, for so long, and nobody answered. A router that starts takes less, and a client
 * asks ten times in the first of them (RFC 8415 §15). */
#define ASKS_MIN 5
#define ASK_INTERVAL (60 * NSEC_PER_SEC)
#define IN_VAIN (600 * NSEC_PER_SEC)
/* A router that said nothing at all for so long was switched off: another is put in its place. */
#define ROUTER_SILENCE (180 * NSEC_PER_SEC)

struct server {
        char duid[DUID_MAX];
        struct ip_address ip;   /* none: known by what clients ask for alone */
        struct mac_address mac; /* zero: not known */
        uint64_t last;
        bool heard;             /* itself, so that `mac` is who speaks for it and no guess */
        bool suspect;           /* came when it was not expected */
        bool link_local;        /* hands out such addresses */
        char dns[WORDS_MAX];    /* "": not told */
};

struct asked { /* in vain */
        uint64_t since, last;
        unsigned n; /* up to ASKS_MIN */
};

struct served { /* one link */
        struct learned learned;
        uint64_t told; /* `last` of the right server when it was noted last */
        struct asked asked;
        struct server servers[SERVERS_MAX]; /* in the order in which they were first heard */
        size_t n;
};

enum meaning { ASKS, REQUESTS, SERVES };

/* One message, gathered from its facts. */
struct message {
        struct link_message head;
        bool counts; /* of a client that asks: the answer to it would be heard; of a server: it gives something */
        enum meaning meaning;
        struct server said;
};

/* The first that was expected. */
static struct server *right_server(struct served *link) {
        for (size_t i = 0; i < link->n; i++)
                if (!link->servers[i].suspect)
                        return &link->servers[i];
        return NULL;
}

static struct server *find_server(struct served *link, const char *duid) {
        for (size_t i = 0; i < link->n; i++)
                if (strcmp(link->servers[i].duid, duid) == 0)
                        return &link->servers[i];
        return NULL;
}

/* Who answers with the DUID of another is a server of its own. */
static struct server *find_speaker(struct served *link, const struct server *said) {
        for (size_t i = 0; i < link->n; i++) {
                struct server *s = &link->servers[i];

                if (strcmp(s->duid, said->duid) == 0 && (!s->heard || mac_equal(&s->mac, &said->mac)))
                        return s;
        }
        return NULL;
}

static void forget_old(struct served *link, uint64_t now) {
        size_t kept = 0;

        for (size_t i = 0; i < link->n; i++)
                if (link->servers[i].last >= now || now - link->servers[i].last <= SERVER_AGE)
                        link->servers[kept++] = link->servers[i];
        link->n = kept;
}

static bool serves_ipv4(const struct device *d) {
        for (size_t i = 0; i < d->n_evidence; i++)
                if (d->evidence[i].kind == FACT_DHCP_SERVER_ID)
                        return true;
        return false;
}

/* Whoever routes may hand out addresses, and whom the user trusts. */
static bool is_accepted(const struct device *d) {
        return d && (d->flags & (DEVICE_GATEWAY | DEVICE_SELF) || d->user.trusted);
}

static bool asked_in_vain(const struct served *link, const struct detect_host *host, uint64_t now) {
        return now >= host->learning_until && link->asked.n >= ASKS_MIN && now >= link->asked.since + IN_VAIN;
}

/* Is the first server of a link one that should not be? */
static bool is_unexpected(const struct served *link, const struct detect_host *host, const struct message *m) {
        const struct device *d = inventory_get_by_mac(host->inventory, &m->said.mac);

        if (!d || is_accepted(d))
                return false;
        return m->said.link_local || (asked_in_vain(link, host, m->head.ts) && !serves_ipv4(d));
}

/* Of too many the last leaves, and never the right one. */
static struct server *add_server(struct served *link, const struct detect_host *host, const struct message *m) {
        const struct server *right = right_server(link);
        size_t i = MIN(link->n, (size_t) SERVERS_MAX - 1);
        bool suspect = right || is_unexpected(link, host, m);

        if (&link->servers[i] == right)
                i--;
        if (link->n < SERVERS_MAX)
                link->n++;
        link->servers[i] = m->said;
        link->servers[i].suspect = suspect;
        return &link->servers[i];
}

/* The next address of a list. */
static bool next_address(const char **list, struct ip_address *ret) {
        char word[IP_STRING_MAX];
        size_t n = strcspn(*list, ",");

        if (n == 0 || n >= sizeof word)
                return false;
        memcpy(word, *list, n);
        word[n] = '\0';
        *list += n + ((*list)[n] == ',');
        return ip_parse(word, ret) >= 0;
}

static bool has_address(const char *list, const struct ip_address *ip) {
        struct ip_address other;

        while (next_address(&list, &other))
                if (ip_equal(&other, ip))
                        return true;
        return false;
}

/* Does it name DNS servers that the other one does not? Two of a pair may name the same in another order. */
static bool names_others(const char *dns, const char *than) {
        struct ip_address ip;

        while (*than && next_address(&dns, &ip))
                if (!has_address(than, &ip))
                        return true;
        return false;
}

/* Is it the only DNS server that it names? */
static bool names_itself(const struct detect_host *host, const struct server *s) {
        const struct device *d = inventory_get_by_mac(host->inventory, &s->mac);
        const char *dns = s->dns;
        struct ip_address ip;
        bool any = false;

        while (next_address(&dns, &ip)) {
                if (!ip_equal(&ip, &s->ip) && (!d || inventory_get_by_ip(host->inventory, &ip) != d))
                        return false;
                any = true;
        }
        return any;
}

/* Then `gateway_changed` tells what there is to tell. */
static bool is_router_off(const struct detect_host *host, const struct server *right, uint64_t now) {
        const struct device *d = inventory_get_by_mac(host->inventory, &right->mac);

        return d && d->flags & DEVICE_GATEWAY && now >= MAX(d->last_seen, right->last) + ROUTER_SILENCE;
}

/* `right` may be NULL: nobody served here before. */
static enum alert_severity severity_of(const struct detect_host *host, const struct server *s, const struct server *right) {
        bool luring;

        if (is_accepted(inventory_get_by_mac(host->inventory, &s->mac)) || (right && is_router_off(host, right, s->last)))
                return SEVERITY_INFO;
        if (!s->heard)
                return SEVERITY_WARNING;
        luring = right && *right->dns ? names_others(s->dns, right->dns) : names_itself(host, s);
        if (luring || s->link_local)
                return SEVERITY_CRITICAL;
        return right && *right->dns && *s->dns ? SEVERITY_INFO : SEVERITY_WARNING;
}

static void begin_report(struct report *r, const struct detect_host *host, const struct server *s, const struct server *right) {
        report_begin(r, ALERT_ROGUE_DHCP, severity_of(host, s, right), s->last, &s->mac);
        r->finding.ip = s->ip;
        report_key(r, "IPv6", 4); /* of its own beside what it does with IPv4 */
        report_text(r, "server", s->duid);
        report_text(r, "dns", s->dns);
        report_text(r, "seen_in", s->heard ? "answers" : "requests of clients");
}

static void report_second(struct detect_host *host, const struct server *s, const struct server *right) {
        bool others = names_others(s->dns, right->dns);
        char text[IP_STRING_MAX];
        const char *first = right->ip.family ? ip_format(&right->ip, text) : right->duid;
        struct report r;

        begin_report(&r, host, s, right);
        strbuf_printf(&r.text, "%s, beside the DHCP server %s", s->heard ? "hands out addresses" : "is asked for addresses", first);
        if (others)
                strbuf_printf(&r.text, ", and sends clients to other DNS servers, %s", s->dns);
        strbuf_char(&r.text, '.');
        report_text(&r, "first_server", first);
        if (others)
                report_text(&r, "first_dns", right->dns);
        report_mac(&r, "first_mac", &right->mac);
        if (right->ip.family)
                report_peer(&r, host, &right->ip, 0, NULL);
        report_send(&r, host);
}

static void report_newcomer(struct detect_host *host, const struct server *s) {
        struct report r;

        begin_report(&r, host, s, NULL);
        strbuf_string(&r.text, "hands out IPv6 addresses or settings, which nobody did here before");
        if (*s->dns)
                strbuf_printf(&r.text, ", and names the DNS servers %s", s->dns);
        strbuf_char(&r.text, '.');
        report_send(&r, host);
}

static void report(struct detect_host *host, const struct server *s, const struct server *right) {
        if (!s->suspect || !detect_setting(host, ROGUE_DHCP))
                return;
        if (!right)
                report_newcomer(host, s);
        else if (!mac_equal(&s->mac, &right->mac) || mac_is_zero(&s->mac)) /* one machine may be several servers */
                report_second(host, s, right);
}

static void update(struct server *known, const struct server *said) {
        known->last = said->last;
        known->ip = said->ip;
        known->mac = said->mac;
        known->heard = true;
        known->link_local |= said->link_local;
        if (*said->dns)
                memcpy(known->dns, said->dns, sizeof known->dns);
}

static void judge_server(struct served *link, struct detect_host *host, const struct message *m) {
        struct server *known = find_speaker(link, &m->said);

        if (known)
                update(known, &m->said);
        else
                known = add_server(link, host, m);
        report(host, known, right_server(link));
}

/* The server that a client chose, where nothing of it was heard yet. */
static void judge_request(struct served *link, struct detect_host *host, const struct message *m) {
        struct server *known = find_server(link, m->said.duid);

        if (known)
                known->last = m->head.ts;
        else
                report(host, add_server(link, host, m), right_server(link));
}

/* Several in one minute are one. */
static void judge_ask(struct served *link, uint64_t now) {
        struct asked *a = &link->asked;

        if (a->n >= ASKS_MIN || (a->n > 0 && now < a->last + ASK_INTERVAL))
                return;
        if (a->n == 0)
                a->since = now;
        a->last = now;
        a->n++;
        learned_note(&link->learned, &(struct mac_address) {}); /* nobody's */
}

/* The right server is another, or says something else, or was not heard for long. */
static void note(struct served *link, const struct server *before) {
        const struct server *right = right_server(link);

        if (!right)
                return;
        link->asked = (struct asked) {};
        if (strcmp(right->duid, before->duid) == 0 && mac_equal(&right->mac, &before->mac) && strcmp(right->dns, before->dns) == 0 &&
            right->last < link->told + TELL_INTERVAL)
                return;
        learned_note(&link->learned, &right->mac);
        link->told = right->last;
}

static struct server right_or_none(struct served *link) {
        const struct server *right = right_server(link);

        return right ? *right : (struct server) {};
}

static void judge(void *record, struct detect_host *host, const void *message) {
        const struct message *m = message;
        struct served *link = record;
        struct server before = right_or_none(link);

        forget_old(link, m->head.ts);
        switch (m->meaning) {
        case ASKS:
                judge_ask(link, m->head.ts);
                break;
        case REQUESTS:
                judge_request(link, host, m);
                break;
        case SERVES:
                judge_server(link, host, m);
                break;
        }
        note(link, &before);
}

static bool is_whole(const void *message) {
        const struct message *m = message;

        return m->counts && (m->meaning == ASKS || *m->said.duid);
}

static bool says_again(const void *message, const void *other) {
        const struct message *a = message, *b = other;

        return a->meaning == b->meaning && strcmp(a->said.duid, b->said.duid) == 0 && mac_equal(&a->said.mac, &b->said.mac) &&
               strcmp(a->said.dns, b->said.dns) == 0;
}

static const struct link_messages_ops ops = { sizeof(struct message), sizeof(struct served), judge, is_whole, says_again };

static int dhcp6_servers_init(void **ret_state) {
        return link_messages_new(ret_state, &ops);
}

/* What a client sends in reply to what it was offered on another link tells nothing of this one, so of its messages only those count
 * that look for a server or take an offer (RFC 8415 §18.2.1, §18.2.2, §18.2.6). */
static bool read_meaning(const struct fact *fact, enum meaning *ret) {
        if (fact->flags & FACT_RESPONSE)
                *ret = SERVES;
        else if (strcmp(fact->value, "request") == 0)
                *ret = REQUESTS;
        else if (strcmp(fact->value, "solicit") == 0 || strcmp(fact->value, "information-request") == 0)
                *ret = ASKS;
        else
                return false;
        return true;
}

static void begin(struct link_messages *messages, const struct fact *fact) {
        enum meaning meaning;
        struct message *m;

        if (!read_meaning(fact, &meaning))
                return;
        m = link_messages_begin(messages, fact);
        m->counts = meaning != SERVES;
        m->meaning = meaning;
        m->said.last = fact->ts;
        m->said.heard = meaning == SERVES;
        if (meaning == SERVES) {
                m->said.mac = fact->mac;
                m->said.ip = fact->ip;
        }
}

/* DUIDs of type 1 and 3 hold the link address of an Ethernet interface of their owner (RFC 8415 §11.2, §11.4). */
static bool read_duid_mac(const char *duid, struct mac_address *ret) {
        const char *mac = strncmp(duid, "00010001", 8) == 0 ? duid + 16 : strncmp(duid, "00030001", 8) == 0 ? duid + 8 : NULL;
        char text[MAC_STRING_MAX];

        if (!mac || strlen(duid) != (size_t) (mac - duid) + 12)
                return false;
        snprintf(text, sizeof text, "%.2s:%.2s:%.2s:%.2s:%.2s:%.2s", mac, mac + 2, mac + 4, mac + 6, mac + 8, mac + 10);
        return mac_parse(text, ret) >= 0;
}

static void take_duid(struct message *m, struct detect_host *host, const char *duid) {
        struct mac_address mac;

        snprintf(m->said.duid, sizeof m->said.duid, "%s", duid);
        if (m->meaning == REQUESTS && read_duid_mac(duid, &mac) && inventory_get_by_mac(host->inventory, &mac))
                m->said.mac = mac;
}

/* An answer to a client that agrees to a rapid one (RFC 8415 §21.14) comes to it alone, and is not followed by a request that all hear. */
static bool agrees_to_rapid_commit(const char *options) {
        for (const char *code = options; *code; code += strcspn(code, ","), code += *code == ',')
                if (strncmp(code, "14", 2) == 0 && (code[2] == ',' || code[2] == '\0'))
                        return true;
        return false;
}

static void take_given(struct message *m, const struct fact *fact) {
        struct ip_address ip;

        m->counts = true;
        if (fact->kind == FACT_DHCP6_DNS)
                snprintf(m->said.dns, sizeof m->said.dns, "%s", fact->value);
        else if (fact->kind == FACT_DHCP6_IA_ADDR && fact_last_ip(fact, &ip))
                m->said.link_local |= ip_is_link_local(&ip);
}

static void take_part(struct message *m, struct detect_host *host, const struct fact *fact) {
        if (fact->kind == FACT_DHCP6_SERVER_DUID)
                take_duid(m, host, fact->value);
        else if (fact->kind == FACT_DHCP6_OPTIONS)
                m->counts &= m->meaning != ASKS || !agrees_to_rapid_commit(fact->value);
        else if (m->meaning == SERVES)
                take_given(m, fact);
}

static void dhcp6_servers_fact(void *state, struct detect_host *host, const struct fact *fact) {
        struct message *m = link_messages_of(state, fact);

        /* What a relay carries is between it and the server of another link. */
        if (fact->flags & FACT_TUNNELLED || !(fact->flags & FACT_HAS_MAC))
                return;
        if (fact->kind == FACT_DHCP6_MSG_TYPE) {
                link_messages_finish(state, host, fact->ts);
                begin(state, fact);
        } else if (m)
                take_part(m, host, fact);
}

/* The right server's DUID and address, and which DNS servers it names; of a link without one, since when and how often clients asked. */

static void dhcp6_servers_remember(void *state, bool all, lesson_take_fn take, void *userdata) {
        struct link_messages *messages = state;

        for (struct served *link = NULL; (link = learned_next(messages->links, link, all));) {
                const struct server right = right_or_none(link);
                char text[LESSON_TEXT_MAX], ip[IP_STRING_MAX];
                struct strbuf b = STRBUF(text);

                if (!*right.duid && link->asked.n == 0)
                        continue;
                lesson_put_word(&b, right.duid);
                lesson_put_word(&b, right.ip.family ? ip_format(&right.ip, ip) : "");
                lesson_put_word(&b, right.dns);
                lesson_put_number(&b, link->asked.since);
                lesson_put_number(&b, link->asked.n);
                lesson_tell("dhcp6_servers", link, &b, take, userdata);
        }
}

/* Two bytes of type and something behind them. */
static bool is_duid(const char *text) {
        size_t length = strspn(text, "0123456789abcdef");

        return text[length] == '\0' && length >= 6 && length % 2 == 0;
}

static bool read_lesson(const char *text, uint64_t now, struct server *ret_right, struct asked *ret_asked) {
        char ip[IP_STRING_MAX];
        uint64_t asks;

        if (!lesson_get_word(&text, ret_right->duid, sizeof ret_right->duid) || !lesson_get_word(&text, ip, sizeof ip) ||
            (*ip && ip_parse(ip, &ret_right->ip) < 0) || !lesson_get_word(&text, ret_right->dns, sizeof ret_right->dns) ||
            !lesson_get_number(&text, now, &ret_asked->since) || !lesson_get_number(&text, ASKS_MIN, &asks) || *text)
                return false;
        ret_right->heard = *ip;
        ret_asked->n = (unsigned) asks;
        return is_duid(ret_right->duid) ? asks == 0 : !*ret_right->duid && !*ip && asks > 0;
}

static bool dhcp6_servers_recall(void *state, const struct lesson *lesson, uint64_t now) {
        struct server right = { .mac = lesson->mac, .last = now }; /* nobody listened: its silence means nothing */
        struct asked asked = { .last = now };
        struct link_messages *messages = state;
        struct served *link;

        if (!read_lesson(lesson->text, now, &right, &asked))
                return false;
        link = learned_recall(messages->links, lesson);
        if (!link)
                return false;
        link->asked = asked;
        if (!*right.duid)
                return true;
        link->servers[0] = right;
        link->n = 1;
        link->told = now;
        return true;
}

/* Who was second is the right one then. */
static void dhcp6_servers_forget(void *state, const struct mac_address *mac) {
        struct link_messages *messages = state;
        struct served *next;

        for (struct served *link = watch_table_next(messages->links, NULL); link; link = next) {
                struct server before = right_or_none(link);
                size_t kept = 0;

                next = watch_table_next(messages->links, link);
                for (size_t i = 0; i < link->n; i++)
                        if (!mac_equal(&link->servers[i].mac, mac))
                                link->servers[kept++] = link->servers[i];
                if (kept == link->n)
                        continue;
                link->n = kept;
                if (kept > 0 && !right_server(link))
                        link->servers[0].suspect = false;
                note(link, &before);
                if (kept == 0)
                        watch_table_remove(messages->links, link);
        }
}

static const enum fact_kind kinds[] = { FACT_DHCP6_MSG_TYPE, FACT_DHCP6_SERVER_DUID, FACT_DHCP6_DNS, FACT_DHCP6_IA_ADDR, FACT_DHCP6_IA_PREFIX,
                                        FACT_DHCP6_OPTIONS };

const struct detector dhcp6_servers_detector = {
        .name = "dhcp6_servers",
        .init = dhcp6_servers_init,
        .free = link_messages_free,
        .fact = dhcp6_servers_fact,
        FACT_KINDS_OF(kinds),
        .advance = link_messages_advance,
        .next_deadline = link_messages_next_deadline,
        .remember = dhcp6_servers_remember,
        .recall = dhcp6_servers_recall,
        .forget = dhcp6_servers_forget,
};
