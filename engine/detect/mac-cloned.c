/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* mac_cloned: one link address that two machines use. They differ in what they cannot hide: the parameters that their DHCP
 * clients ask for, and the hop limit of their SYNs. (Not the options: one system has several sets.) A machine that starts another system changes once, and
 * back at the earliest when it starts again; two machines at once go to and fro within seconds.
 *
 * Behind the address of a router or a hypervisor there are many systems: of SYNs those alone count that the address's
 * own IP address sends, with a hop limit that nobody has counted down. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "engine/detect/report.h"
#include "engine/detect/watch-table.h"

#define DEVICES_MAX 2048
#define WORDS_MAX 96
/* In which changes to and fro are counted. */
#define WINDOW (60 * NSEC_PER_SEC)

struct trait { /* what is said now, and what was said before it */
        uint64_t hash[2];
        char words[2][WORDS_MAX];
        uint64_t since;
        uint32_t returns; /* to what was said before, within WINDOW */
};

struct machine {
        struct trait dhcp, syn;
};

static void mac_cloned_free(void *state) {
        watch_table_free(state);
}

static int mac_cloned_init(void **ret_state) {
        struct watch_table *machines;
        int r = watch_table_new(&machines, sizeof(struct machine), DEVICES_MAX);

        if (r >= 0)
                *ret_state = machines;
        return r;
}

static void note(struct trait *t, uint64_t hash, const struct strbuf *words, uint64_t now) {
        if (now > t->since && now - t->since > WINDOW) {
                t->since = now;
                t->returns = 0;
        }
        t->returns = hash == t->hash[1] ? t->returns + 1 : 0;
        t->hash[1] = t->hash[0];
        t->hash[0] = hash;
        memcpy(t->words[1], t->words[0], WORDS_MAX);
        memcpy(t->words[0], words->data, words->length + 1);
}

static void report(struct detect_host *host, const struct fact *fact, const struct trait *t, const char *what) {
        struct report r;

        report_begin(&r, ALERT_MAC_CLONED, SEVERITY_WARNING, fact->ts, &fact->mac);
        r.finding.ip = fact->ip;
        strbuf_string(&r.text, "is two machines with one link address: ");
        strbuf_printf(&r.text, "its %s went to and fro %u times within a minute.", what, t->returns);
        report_text(&r, "trait", what);
        report_text(&r, "one", t->words[0]);
        report_text(&r, "other", t->words[1]);
        report_number(&r, "changes", t->returns);
        report_number(&r, "threshold", detect_setting(host, MAC_CLONED_CHANGES));
        report_seconds(&r, "window", WINDOW);
        report_send(&r, host);
}

/* A SYN with the hop limit that the system chose: no forwarder counted it down. */
static bool is_original_syn(const struct fact *fact) {
        return (fact->hop_limit == 64 || fact->hop_limit == 128 || fact->hop_limit == 255) &&
               !(fact->flags & FACT_REPLY);
}

static bool is_own_address(const struct detect_host *host, const struct fact *fact) {
        const struct device *d;

        /* Most that are asked for are nobody's: a flood's, or a server's elsewhere. */
        if (!inventory_get_by_ip(host->inventory, &fact->ip))
                return false;
        d = inventory_get_by_mac(host->inventory, &fact->mac);
        if (!d || d->flags & DEVICE_GATEWAY)
                return false;
        for (size_t i = 0; i < d->n_ipv4; i++)
                if (ip_equal(&d->ipv4[i].address, &fact->ip))
                        return true;
        return false;
}

static bool mac_cloned_wants(const struct detect_host *host, const struct fact *fact) {
        if (!(fact->flags & FACT_HAS_MAC) || fact->flags & FACT_TUNNELLED || !detect_setting(host, MAC_CLONED))
                return false;
        return fact->kind != FACT_TCP_SYN_SIG || (is_original_syn(fact) && is_own_address(host, fact));
}

/* A virtual machine that shares its host's address has an IP address of its own; DHCP clients have none yet. */
static uint64_t machine_key(const struct fact *fact) {
        uint64_t key = watch_mac_key(&fact->mac, 0);

        return fact->kind == FACT_TCP_SYN_SIG ? watch_ip_key(&fact->ip, key) : key;
}

/* Another SYN that is like those before it, as nearly all are: whose address it is need not be asked. */
static bool is_as_before(struct watch_table *machines, const struct detect_host *host, const struct fact *fact, uint64_t key) {
        struct machine *m = watch_table_find(machines, key);

        if (!m || m->syn.hash[0] != fact->hop_limit || m->syn.returns >= detect_setting(host, MAC_CLONED_CHANGES))
                return false;
        watch_table_use(machines, m);
        return true;
}

static void mac_cloned_fact(void *state, struct detect_host *host, const struct fact *fact) {
        bool syn = fact->kind == FACT_TCP_SYN_SIG, fresh;
        uint64_t key = machine_key(fact), hash;
        char words[WORDS_MAX];
        struct machine *m;
        struct trait *t;

        if ((syn && is_as_before(state, host, fact, key)) || !mac_cloned_wants(host, fact))
                return;
        m = watch_table_get(state, key, &fresh);
        if (!m)
                return;
        t = syn ? &m->syn : &m->dhcp;
        hash = syn ? fact->hop_limit : watch_key(fact->value, MIN(fact->value_length, WORDS_MAX - 1U), "", 0, 1);
        if (hash != t->hash[0]) {
                struct strbuf b = STRBUF(words);

                if (syn)
                        strbuf_printf(&b, "hop limit %u", fact->hop_limit);
                else
                        strbuf_bytes(&b, fact->value, fact->value_length);
                note(t, hash, &b, fact->ts);
        }
        if (t->returns >= detect_setting(host, MAC_CLONED_CHANGES))
                report(host, fact, t, syn ? "TCP stack" : "DHCP client");
}

static const enum fact_kind kinds[] = { FACT_DHCP_PARAM_REQUEST_LIST, FACT_TCP_SYN_SIG };

const struct detector mac_cloned_detector = {
        .name = "mac_cloned",
        .init = mac_cloned_init,
        .free = mac_cloned_free,
        .fact = mac_cloned_fact,
        .wants = mac_cloned_wants,
        FACT_KINDS_OF(kinds),
};
