/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* name_poisoning: who answers for names that are not his. Over LLMNR and NetBIOS a host answers for its own name, and that
 * is one, or a few. Tools that catch log-ins answer for every name that anybody asks for, "wpad" among them. Over mDNS
 * many names are normal (proxies, several services), so that there "wpad" alone counts. */

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

struct answerer {
        uint64_t since;
        uint32_t names[NAMES_MAX]; /* hashes of different ones */
        uint8_t n;
        char samples[SAMPLES][SAMPLE_MAX];
};

static void name_answers_free(void *state) {
        watch_table_free(state);
}

static int name_answers_init(void **ret_state) {
        struct watch_table *t;
        int r = watch_table_new(&t, sizeof(struct answerer), ANSWERERS_MAX);

        if (r >= 0)
                *ret_state = t;
        return r;
}

/* The name without its domain and NetBIOS suffix, in small letters. */
static void plain_name(const struct fact *fact, char ret[static SAMPLE_MAX]) {
        size_t n = 0;

        for (const char *p = fact->value; *p && *p != ' ' && *p != '.' && *p != '<' && n + 1 < SAMPLE_MAX; p++)
                ret[n++] = *p >= 'A' && *p <= 'Z' ? (char) (*p + 32) : *p;
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

static void note(struct answerer *a, const char *name, uint64_t now) {
        uint32_t hash = (uint32_t) watch_key(name, strlen(name), "", 0, 0);

        if (now > a->since && now - a->since > WINDOW)
                *a = (struct answerer) { .since = now };
        for (size_t i = 0; i < a->n; i++)
                if (a->names[i] == hash)
                        return;
        if (a->n < SAMPLES)
                memcpy(a->samples[a->n], name, strlen(name) + 1);
        if (a->n < NAMES_MAX)
                a->names[a->n++] = hash;
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
        report_number(&r, "threshold", detect_setting(host, NAME_POISONING_NAMES));
        report_text(&r, "some", names);
        if (wpad)
                report_text(&r, "asked_for", "wpad");
        report_peer(&r, host, &fact->destination, 0, NULL);
        report_send(&r, host);
}

static void name_answers_fact(void *state, struct detect_host *host, const struct fact *fact) {
        char name[SAMPLE_MAX];
        struct answerer *a;
        bool fresh, wpad;

        if (!is_answer(fact) || !(fact->flags & FACT_HAS_MAC) || !detect_setting(host, NAME_POISONING))
                return;
        plain_name(fact, name);
        wpad = strcmp(name, "wpad") == 0 && !is_own_name(host, fact, name);
        if ((fact->kind == FACT_MDNS_HOSTNAME && !wpad) || *name == '\0')
                return;
        a = watch_table_get(state, watch_key(&fact->mac, sizeof fact->mac, "", 0, 0), &fresh);
        if (!a)
                return;
        if (fresh)
                a->since = fact->ts;
        note(a, name, fact->ts);
        if (wpad || a->n >= detect_setting(host, NAME_POISONING_NAMES))
                report(host, fact, a, wpad);
}

static const enum fact_kind kinds[] = { FACT_LLMNR_ANSWER, FACT_NBNS_NAME, FACT_MDNS_HOSTNAME };

const struct detector name_answers_detector = {
        .name = "name_answers",
        .init = name_answers_init,
        .free = name_answers_free,
        .fact = name_answers_fact,
        FACT_KINDS_OF(kinds),
};
