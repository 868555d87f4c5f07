/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* name_poisoning: who answers for names that are not his. Over LLMNR and NetBIOS a host answers for its own name, and that
 * is one, or a few; over NetBIOS servers have more, and register them. Tools that catch log-ins answer for every name that anybody
 * asks for, "wpad" among them.
 *
 * Over mDNS many names are normal: proxies speak for others, and give their addresses; servers have a name for each of their services,
 * and announce them (RFC 6762 §8.3). So there only names count that others asked for just before, that the answer gives an address of the
 * answerer for, and that it never mentioned before: neither by itself nor when it was quiet enough for a while. "wpad" counts alone. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "engine/detect/report.h"
#include "engine/detect/watch-table.h"

#define ANSWERERS_MAX 1024
#define NAMES_MAX 100 /* of NamePoisoningNames= */
#define SAMPLES 4
#define SAMPLE_MAX 64
/* In which names are counted. */
#define WINDOW (600 * NSEC_PER_SEC)
/* Of mDNS it takes so many times the names. */
#define MDNS_FACTOR 2
/* An answer comes within 120 ms, to a question whose known answers are long within 500 ms (RFC 6762 §6, §7.2), from a slow host. */
#define ANSWER_DELAY (2 * NSEC_PER_SEC)
#define QUESTIONS_MAX 1024
#define OWN_MAX 64

struct answerer {
        uint64_t since;
        uint32_t names[NAMES_MAX]; /* hashes of different ones */
        uint8_t n;
        uint8_t n_own;             /* of more than there is room for the oldest goes */
        uint32_t own[OWN_MAX];
        char samples[SAMPLES][SAMPLE_MAX];
};

struct question { /* for an address of a name, over mDNS */
        uint64_t ts;
        struct mac_address mac;
};

struct name_answers {
        struct watch_table *answerers; /* by MAC, and whether over mDNS */
        struct watch_table *questions; /* by place and name */
};

static void name_answers_free(void *state) {
        struct name_answers *s = state;

        if (!s)
                return;
        watch_table_free(s->answerers);
        watch_table_free(s->questions);
        free(s);
}

static int name_answers_init(void **ret_state) {
        struct name_answers *s = calloc(1, sizeof *s);
        int r = s ? watch_table_new(&s->answerers, sizeof(struct answerer), ANSWERERS_MAX) : -ENOMEM;

        if (r >= 0)
                r = watch_table_new(&s->questions, sizeof(struct question), QUESTIONS_MAX);
        if (r < 0) {
                name_answers_free(s);
                return r;
        }
        *ret_state = s;
        return 0;
}

static size_t name_length(const struct fact *fact) {
        if (fact->kind == FACT_NBNS_NAME)
                return fact->value_length;
        return fact->kind == FACT_LLMNR_ANSWER ? fact_owner_length(fact->value) : fact_name_length(fact->value);
}

/* The name without its domain and NetBIOS suffix, in small letters. */
static void plain_name(const struct fact *fact, char ret[static SAMPLE_MAX]) {
        size_t n, end = MIN(name_length(fact), (size_t) SAMPLE_MAX - 1);
        const char *p = fact->value;

        for (n = 0; n < end && p[n] != '.' && p[n] != '<'; n++)
                ret[n] = p[n] >= 'A' && p[n] <= 'Z' ? (char) (p[n] + 32) : p[n];
        ret[n] = '\0';
}

static bool is_answer(const struct fact *fact) {
        if (fact->flags & (FACT_FOREIGN | FACT_GOODBYE | FACT_TUNNELLED) || !(fact->flags & FACT_RESPONSE))
                return false;
        /* "NAME TYPE DATA"; that an address has a name, in the other direction, is no claim to it. */
        if (fact->kind == FACT_LLMNR_ANSWER)
                return strstr(fact->value, " A ") || strstr(fact->value, " AAAA ");
        return fact->kind == FACT_NBNS_NAME || fact->kind == FACT_MDNS_HOSTNAME;
}

/* Is it called so in earnest? */
static bool is_own_name(const struct detect_host *host, const struct fact *fact, const char *name) {
        const struct device *d = inventory_get_by_mac(host->inventory, &fact->mac);

        for (size_t i = 0; d && i < d->n_names; i++)
                if (d->names[i].source == FACT_DHCP_HOSTNAME && strcasecmp(d->names[i].value, name) == 0)
                        return true;
        return false;
}

static bool is_listed(const uint32_t *hashes, size_t n, uint32_t hash) {
        for (size_t i = 0; i < n; i++)
                if (hashes[i] == hash)
                        return true;
        return false;
}

static void add_own(struct answerer *a, uint32_t hash) {
        if (is_listed(a->own, a->n_own, hash))
                return;
        if (a->n_own == OWN_MAX)
                memmove(a->own, a->own + 1, --a->n_own * sizeof a->own[0]);
        a->own[a->n_own++] = hash;
}

/* Names that were too few to tell in their time are its own by now, which counts over mDNS. */
static void begin_anew(struct answerer *a, bool mdns, uint64_t now) {
        for (size_t i = 0; mdns && i < a->n; i++)
                add_own(a, a->names[i]);
        a->n = 0;
        a->since = now;
}

static uint32_t hash_of(const char *name) {
        return (uint32_t) watch_key(name, strlen(name), "", 0, 0);
}

static void note(struct answerer *a, const char *name) {
        uint32_t hash = hash_of(name);

        if (is_listed(a->names, a->n, hash))
                return;
        if (a->n < SAMPLES)
                memcpy(a->samples[a->n], name, strlen(name) + 1);
        if (a->n < NAMES_MAX)
                a->names[a->n++] = hash;
}

static uint64_t question_key(const struct fact *fact, const char *name) {
        uint32_t place[2] = { fact->ifindex, fact->vlan };

        return watch_key(name, strlen(name), place, sizeof place, 0);
}

static bool is_fresh(const struct question *q, const struct fact *fact) {
        return fact->ts >= q->ts && fact->ts - q->ts <= ANSWER_DELAY;
}

static void take_question(struct name_answers *s, const struct fact *fact) {
        const char *type = strrchr(fact->value, ' ');
        char name[SAMPLE_MAX];
        struct question *q;
        bool fresh;

        if (!type || (strcmp(type, " A") != 0 && strcmp(type, " AAAA") != 0))
                return;
        plain_name(fact, name);
        q = watch_table_get(s->questions, question_key(fact, name), &fresh);
        /* Who repeats a question, as a reflector does, does not make it his. */
        if (q && (fresh || !is_fresh(q, fact)))
                *q = (struct question) { fact->ts, fact->mac };
}

/* Has somebody else just asked for it? */
static bool is_asked_for(const struct name_answers *s, const struct fact *fact, const char *name) {
        const struct question *q = watch_table_find(s->questions, question_key(fact, name));

        return q && !mac_equal(&q->mac, &fact->mac) && is_fresh(q, fact);
}

/* Is the address in the answer one of who gives it? */
static bool gives_itself(const struct detect_host *host, const struct fact *fact) {
        const struct device *d = inventory_get_by_mac(host->inventory, &fact->mac);
        struct ip_address ip;

        return fact_last_ip(fact, &ip) && (ip_equal(&ip, &fact->ip) || (d && inventory_get_by_ip(host->inventory, &ip) == d));
}

/* Is it another's, and worth counting? */
static bool is_taken(struct name_answers *s, const struct detect_host *host, const struct fact *fact, struct answerer *a, const char *name) {
        uint32_t hash = hash_of(name);

        if (fact->kind == FACT_MDNS_HOSTNAME && (!is_asked_for(s, fact, name) || !gives_itself(host, fact))) {
                add_own(a, hash);
                return false;
        }
        return !is_listed(a->own, a->n_own, hash);
}

static unsigned threshold_of(const struct detect_host *host, const struct fact *fact) {
        unsigned names = (unsigned) detect_setting(host, NAME_POISONING_NAMES);

        return fact->kind == FACT_MDNS_HOSTNAME ? MIN(names * MDNS_FACTOR, (unsigned) NAMES_MAX) : names;
}

static void report(struct detect_host *host, const struct fact *fact, const struct answerer *a, bool wpad) {
        char names[SAMPLES * (SAMPLE_MAX + 2)];
        struct strbuf list = STRBUF(names);
        struct report r;

        for (size_t i = 0; i < MIN(a->n, (uint8_t) SAMPLES); i++)
                strbuf_printf(&list, "%s%s", i > 0 ? ", " : "", a->samples[i]);
        report_begin(&r, ALERT_NAME_POISONING, SEVERITY_CRITICAL, fact->ts, &fact->mac);
        r.finding.ip = fact->ip;
        if (wpad)
                strbuf_string(&r.text, "answers for \"wpad\", the name by which computers look for a proxy: it can read their web traffic.");
        else
                strbuf_printf(&r.text, "answers for %u names that are not all its own (%s%s): it can catch log-ins.", a->n, names,
                              a->n > SAMPLES ? " …" : "");
        report_text(&r, "protocol", fact->kind == FACT_LLMNR_ANSWER ? "LLMNR" : fact->kind == FACT_NBNS_NAME ? "NetBIOS" : "mDNS");
        report_number(&r, "names", a->n);
        report_number(&r, "threshold", threshold_of(host, fact));
        report_text(&r, "some", names);
        if (wpad)
                report_text(&r, "asked_for", "wpad");
        report_peer(&r, host, &fact->destination, 0, NULL);
        report_send(&r, host);
}

/* Who tells of the name, which is stored; NULL: there is none. */
static struct answerer *find_answerer(struct name_answers *s, const struct fact *fact, char ret_name[static SAMPLE_MAX]) {
        bool fresh, mdns = fact->kind == FACT_MDNS_HOSTNAME;
        struct answerer *a;

        plain_name(fact, ret_name);
        if (*ret_name == '\0')
                return NULL;
        a = watch_table_get(s->answerers, watch_key(&fact->mac, sizeof fact->mac, "", 0, mdns), &fresh);
        if (!a)
                return NULL;
        if (fresh)
                a->since = fact->ts;
        else if (fact->ts > a->since && fact->ts - a->since > WINDOW)
                begin_anew(a, mdns, fact->ts);
        return a;
}

static void take_answer(struct name_answers *s, struct detect_host *host, const struct fact *fact) {
        char name[SAMPLE_MAX];
        struct answerer *a = find_answerer(s, fact, name);
        bool wpad;

        if (!a)
                return;
        wpad = strcmp(name, "wpad") == 0 && !is_own_name(host, fact, name);
        if (!wpad && !is_taken(s, host, fact, a, name))
                return;
        note(a, name);
        if (wpad || a->n >= threshold_of(host, fact))
                report(host, fact, a, wpad);
}

/* Samba and Windows register their names, aliases among them, for all to object (RFC 1002 §5.1.1.1), and tell them on request. What it
 * answered for before counts still. */
static void take_own(struct name_answers *s, const struct fact *fact) {
        char name[SAMPLE_MAX];
        struct answerer *a = find_answerer(s, fact, name);

        if (a && !is_listed(a->names, a->n, hash_of(name)))
                add_own(a, hash_of(name));
}

static bool is_own(const struct fact *fact) {
        return fact->kind == FACT_NBNS_NAME &&
               !(fact->flags & (FACT_RESPONSE | FACT_FOREIGN | FACT_GOODBYE | FACT_TUNNELLED));
}

static void name_answers_fact(void *state, struct detect_host *host, const struct fact *fact) {
        if (!(fact->flags & FACT_HAS_MAC) || !detect_setting(host, NAME_POISONING))
                return;
        if (fact->kind == FACT_MDNS_QUERY && !(fact->flags & FACT_TUNNELLED))
                take_question(state, fact);
        else if (is_answer(fact))
                take_answer(state, host, fact);
        else if (is_own(fact))
                take_own(state, fact);
}

static const enum fact_kind kinds[] = { FACT_LLMNR_ANSWER, FACT_NBNS_NAME, FACT_MDNS_HOSTNAME, FACT_MDNS_QUERY };

const struct detector name_answers_detector = {
        .name = "name_answers",
        .init = name_answers_init,
        .free = name_answers_free,
        .fact = name_answers_fact,
        FACT_KINDS_OF(kinds),
};
