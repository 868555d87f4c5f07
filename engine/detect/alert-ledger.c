/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The life of alerts. A table of what was found lately, by kind, offender and the finding's own key. Nothing here asks
 * what was found or why; nothing is told while findings come in, so that what is told does not depend on how packets
 * were batched. */

#include "engine/detect/alert-ledger.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <xxhash.h>
#include <utlist.h>

#include "common/id-hash.h"
#include "common/macro.h"
#include "common/strbuf.h"
#include "engine/token-bucket.h"

/* Counts of one alert are told this often. */
#define TELL_INTERVAL (10 * NSEC_PER_SEC)
/* Of one kind: so many in a row, and one more each interval. */
#define RAISE_BURST 32
#define RAISE_INTERVAL (30 * NSEC_PER_SEC)
/* So many offenders of one kind within a second are one that makes up link addresses; as is who comes so soon after. */
#define CROWD 8
#define CROWD_TIME (10 * NSEC_PER_SEC)

struct ledger_entry {
        uint64_t hash;      /* key of the table */
        struct ip_address ip;
        struct alert alert; /* owns its texts */
        char *name, *peer, *predicate, *message, *details;
        uint32_t changes;   /* since it was told last */
        uint64_t told;      /* when; 0: not yet */
        uint64_t patience;
        bool muted;
        bool crowd;         /* of all who are made up, and so nobody's */
        struct ledger_entry *prev, *next; /* by the time of the last finding, the oldest first */
        UT_hash_handle hh;
};

struct alert_ledger {
        struct alert_ledger_ops ops;
        struct alert_ledger_counters counters;
        uint64_t next_id, cool_down, deadline;
        struct ledger_entry *by_hash, *entries;
        struct token_bucket buckets[_ALERT_KIND_MAX];
        struct alert_exception *exceptions;
        size_t n_exceptions;
};

int alert_ledger_new(struct alert_ledger **ret, uint64_t next_id, const struct alert_ledger_ops *ops) {
        struct alert_ledger *l = calloc(1, sizeof *l);

        if (!l)
                return -ENOMEM;
        l->ops = *ops;
        l->next_id = MAX(next_id, 1U);
        l->cool_down = 600 * NSEC_PER_SEC;
        l->deadline = UINT64_MAX;
        for (size_t i = 0; i < ELEMENTSOF(l->buckets); i++)
                l->buckets[i] = (struct token_bucket) { .burst = RAISE_BURST, .interval = RAISE_INTERVAL };
        *ret = l;
        return 0;
}

static void entry_free(struct ledger_entry *e) {
        free(e->name);
        free(e->peer);
        free(e->predicate);
        free(e->message);
        free(e->details);
        free(e);
}

static void drop(struct alert_ledger *l, struct ledger_entry *e) {
        DL_DELETE(l->entries, e);
        HASH_DEL(l->by_hash, e);
        entry_free(e);
}

struct alert_ledger *alert_ledger_free(struct alert_ledger *l) {
        if (!l)
                return NULL;
        while (l->entries)
                drop(l, l->entries);
        free(l->exceptions);
        free(l);
        return NULL;
}

void alert_ledger_set_cool_down(struct alert_ledger *l, uint64_t cool_down) {
        l->cool_down = cool_down;
        if (l->entries)
                l->deadline = 0;
}

static void keep_hits(const struct alert_ledger *l, struct alert_exception *e) {
        for (size_t i = 0; i < l->n_exceptions; i++)
                if (l->exceptions[i].id == e->id) {
                        e->hits = MAX(e->hits, l->exceptions[i].hits);
                        e->last_hit = MAX(e->last_hit, l->exceptions[i].last_hit);
                }
}

/* What was silenced may be told now. */
static void forget_muted(struct alert_ledger *l) {
        struct ledger_entry *e, *next;

        DL_FOREACH_SAFE(l->entries, e, next)
                if (e->muted)
                        drop(l, e);
}

int alert_ledger_set_exceptions(struct alert_ledger *l, const struct alert_exception *exceptions, size_t n) {
        struct alert_exception *copy;

        if (n > ALERT_EXCEPTIONS_MAX)
                return -E2BIG;
        copy = calloc(MAX(n, (size_t) 1), sizeof *copy);
        if (!copy)
                return -ENOMEM;
        if (n > 0)
                memcpy(copy, exceptions, n * sizeof *copy);
        for (size_t i = 0; i < n; i++)
                keep_hits(l, &copy[i]);
        free(l->exceptions);
        l->exceptions = copy;
        l->n_exceptions = n;
        forget_muted(l);
        return 0;
}

const struct alert_exception *alert_ledger_exceptions(const struct alert_ledger *l, size_t *ret_n) {
        *ret_n = l->n_exceptions;
        return l->exceptions;
}

static bool is_muted(struct alert_ledger *l, const struct alert *alert, uint64_t now) {
        for (size_t i = 0; i < l->n_exceptions; i++) {
                struct alert_exception *e = &l->exceptions[i];

                if (!alert_exception_matches(e, alert, now))
                        continue;
                e->hits++;
                e->last_hit = now;
                l->counters.muted++;
                return true;
        }
        return false;
}

static uint64_t hash_of(const struct finding *f) {
        struct {
                uint64_t key;
                uint32_t kind;
                struct mac_address mac;
                uint8_t padding[6];
        } key = { f->key, (uint32_t) f->kind, f->mac, { 0 } };

        return XXH3_64bits(&key, sizeof key);
}

static int set_text(char **text, const char *value) {
        char *copy;

        if (*text && strcmp(*text, value) == 0)
                return 0;
        copy = strdup(value);
        if (!copy)
                return -ENOMEM;
        free(*text);
        *text = copy;
        return 0;
}

static int set_texts(struct ledger_entry *e, const struct finding *f) {
        int r = set_text(&e->peer, f->peer);

        if (r >= 0)
                r = set_text(&e->predicate, f->predicate);
        return r < 0 ? r : set_text(&e->details, f->details);
}

/* The quietest gives way; one that was not told yet never does. */
static bool make_room(struct alert_ledger *l) {
        struct ledger_entry *e;

        if (HASH_COUNT(l->by_hash) < LEDGER_MAX)
                return true;
        DL_FOREACH(l->entries, e)
                if (e->told > 0 || e->muted) {
                        if (e->alert.state == ALERT_ACTIVE && !e->muted) {
                                e->alert.state = ALERT_RESOLVED;
                                l->ops.changed(l->ops.userdata, &e->alert, e->changes | ALERT_CHANGE_STATE);
                        }
                        drop(l, e);
                        return true;
                }
        return false;
}

/* NULL: no room, or out of memory. */
static struct ledger_entry *add(struct alert_ledger *l, const struct finding *f, uint64_t hash) {
        struct ledger_entry *e;

        if (!make_room(l)) {
                l->counters.suppressed++;
                return NULL;
        }
        e = calloc(1, sizeof *e);
        if (e && set_texts(e, f) < 0) {
                entry_free(e);
                e = NULL;
        }
        if (!e) {
                l->counters.suppressed++;
                return NULL;
        }
        e->hash = hash;
        e->ip = f->ip;
        e->patience = f->patience;
        e->alert = (struct alert) {
                .ts = f->ts,
                .kind = f->kind,
                .severity = f->severity,
                .mac = f->mac,
                .state = alert_kind_state(f->kind),
                .count = 1,
                .first = f->ts,
                .last = f->ts,
        };
        HASH_ADD(hh, l->by_hash, hash, sizeof e->hash, e);
        DL_APPEND(l->entries, e);
        l->deadline = 0;
        return e;
}

static void repeat(struct alert_ledger *l, struct ledger_entry *e, const struct finding *f) {
        e->alert.count++;
        e->patience = f->patience;
        e->alert.last = MAX(e->alert.last, f->ts);
        e->changes |= ALERT_CHANGE_COUNT;
        l->counters.repeated++;
        if (f->severity > e->alert.severity) {
                e->alert.severity = f->severity;
                e->changes |= ALERT_CHANGE_SEVERITY;
        }
        /* What does not fit memory leaves the older words standing. */
        if (f->severity == e->alert.severity)
                (void) set_texts(e, f);
        DL_DELETE(l->entries, e);
        DL_APPEND(l->entries, e);
        l->deadline = 0;
}

static struct ledger_entry *find_entry(const struct alert_ledger *l, uint64_t hash) {
        struct ledger_entry *e;

        HASH_FIND(hh, l->by_hash, &hash, sizeof hash, e);
        return e;
}

/* Was the entry not told yet, of another than `f` and of the same kind? */
static bool is_companion(const struct ledger_entry *e, const struct finding *f) {
        return e->told == 0 && !e->muted && e->alert.kind == f->kind && !mac_is_zero(&e->alert.mac) &&
               !mac_equal(&e->alert.mac, &f->mac);
}

/* Different offenders; what one found twice in a second is counted once, if nothing else was found between. */
static unsigned count_companions(const struct alert_ledger *l, const struct finding *f) {
        const struct ledger_entry *e;
        struct mac_address last = f->mac;
        unsigned n = 0;

        DL_FOREACH(l->entries, e)
                if (is_companion(e, f) && !mac_equal(&e->alert.mac, &last)) {
                        last = e->alert.mac;
                        n++;
                }
        return n;
}

/* All of them become one alert, that names nobody. */
static void join_crowd(struct alert_ledger *l, const struct finding *f, uint64_t hash) {
        struct ledger_entry *e, *next;
        uint64_t count = 0, first = f->ts;

        DL_FOREACH_SAFE(l->entries, e, next)
                if (is_companion(e, f)) {
                        count += e->alert.count;
                        first = MIN(first, e->alert.first);
                        drop(l, e);
                }
        e = add(l, f, hash);
        if (!e)
                return;
        e->crowd = true;
        e->alert.count += count;
        e->alert.ts = e->alert.first = first;
}

static void take_new(struct alert_ledger *l, const struct finding *f, uint64_t hash) {
        struct finding nobodys = *f;
        struct ledger_entry *crowd;
        uint64_t crowd_hash;

        nobodys.mac = (struct mac_address) {};
        nobodys.ip = (struct ip_address) {};
        nobodys.key = 0;
        crowd_hash = hash_of(&nobodys);
        crowd = mac_is_zero(&f->mac) ? NULL : find_entry(l, crowd_hash);
        if (crowd && crowd->crowd && (f->ts < crowd->alert.last || f->ts - crowd->alert.last < CROWD_TIME))
                repeat(l, crowd, &nobodys);
        else if (!crowd && !mac_is_zero(&f->mac) && count_companions(l, f) + 1 >= CROWD)
                join_crowd(l, &nobodys, crowd_hash);
        else
                add(l, f, hash);
}

void alert_ledger_take(struct alert_ledger *l, const struct finding *f) {
        uint64_t hash = hash_of(f);
        struct ledger_entry *e = find_entry(l, hash);

        if (e)
                repeat(l, e, f);
        else
                take_new(l, f, hash);
}

static void put_subject(struct strbuf *b, const struct ledger_entry *e) {
        char mac[MAC_STRING_MAX], ip[IP_STRING_MAX];
        const struct alert *a = &e->alert;

        if (e->crowd) {
                strbuf_string(b, "Somebody who makes up link addresses");
                return;
        }
        if (mac_is_zero(&a->mac)) {
                strbuf_string(b, e->ip.family ? ip_format(&e->ip, ip) : "Somebody");
                return;
        }
        strbuf_string(b, e->name);
        mac_format(&a->mac, mac);
        if (strcmp(mac, e->name) != 0)
                strbuf_printf(b, " (%s%s%s)", mac, e->ip.family ? " at " : "", e->ip.family ? ip_format(&e->ip, ip) : "");
        else if (e->ip.family)
                strbuf_printf(b, " (%s)", ip_format(&e->ip, ip));
}

/* Whom it is about, and the words that name him, as known now. */
static int set_subject(struct ledger_entry *e, const struct inventory *inventory) {
        char name[DEVICE_USER_TEXT_MAX + 1] = "", message[4096];
        struct strbuf text = STRBUF(message);
        const struct device *d = mac_is_zero(&e->alert.mac) ? NULL : inventory_get_by_mac(inventory, &e->alert.mac);
        int r;

        if (d) {
                e->alert.device = d->id;
                e->alert.network = d->network;
                device_display_name(d, name, sizeof name);
        } else if (!mac_is_zero(&e->alert.mac)) {
                mac_format(&e->alert.mac, name);
        } else if (e->ip.family) {
                ip_format(&e->ip, name);
        }
        r = set_text(&e->name, name);
        if (r < 0)
                return r;
        put_subject(&text, e);
        strbuf_char(&text, ' ');
        strbuf_string(&text, e->predicate);
        r = set_text(&e->message, message);
        e->alert.name = e->name;
        e->alert.peer = e->peer;
        e->alert.message = e->message ? e->message : "";
        e->alert.details = e->details;
        return r;
}

static void number(struct alert_ledger *l, struct alert *a) {
        a->id = l->next_id++;
        l->counters.raised++;
}

bool alert_ledger_raise(struct alert_ledger *l, const struct alert *alert) {
        struct alert a = *alert;

        a.state = alert_kind_state(a.kind);
        a.count = 1;
        a.first = a.last = a.ts;
        if (is_muted(l, &a, a.ts))
                return false;
        number(l, &a);
        l->ops.raised(l->ops.userdata, &a);
        return true;
}

/* False: it is gone. */
static bool tell_new(struct alert_ledger *l, struct ledger_entry *e, const struct inventory *inventory, uint64_t now) {
        if (set_subject(e, inventory) < 0)
                return true; /* again a second later */
        if (is_muted(l, &e->alert, now)) {
                e->muted = true;
                return true;
        }
        if (!token_bucket_take(&l->buckets[e->alert.kind], now)) {
                l->counters.suppressed++;
                drop(l, e);
                return false;
        }
        number(l, &e->alert);
        e->told = MAX(now, 1U);
        e->changes = 0;
        l->ops.raised(l->ops.userdata, &e->alert);
        return true;
}

static void tell_changes(struct alert_ledger *l, struct ledger_entry *e, const struct inventory *inventory, uint64_t now) {
        uint32_t changes = e->changes;

        (void) set_subject(e, inventory);
        e->changes = 0;
        e->told = MAX(now, 1U);
        l->ops.changed(l->ops.userdata, &e->alert, changes);
}

/* When it is over, if nothing more of it is found. */
static uint64_t over_at(const struct alert_ledger *l, const struct ledger_entry *e) {
        uint64_t over;

        return __builtin_add_overflow(e->alert.last, MAX(l->cool_down, e->patience), &over) ? UINT64_MAX : over;
}

/* When the entry next needs a look. */
static uint64_t due(const struct alert_ledger *l, const struct ledger_entry *e) {
        uint64_t over;

        over = over_at(l, e);
        if (e->muted || e->changes == 0)
                return over;
        return e->changes & ALERT_CHANGE_SEVERITY ? 0 : MIN(over, e->told + TELL_INTERVAL);
}

static void resolve(struct alert_ledger *l, struct ledger_entry *e, const struct inventory *inventory, uint64_t now) {
        if (e->alert.state == ALERT_ACTIVE) {
                e->alert.state = ALERT_RESOLVED;
                e->changes |= ALERT_CHANGE_STATE;
        }
        if (!e->muted && e->changes != 0)
                tell_changes(l, e, inventory, now);
        drop(l, e);
}

void alert_ledger_advance(struct alert_ledger *l, const struct inventory *inventory, uint64_t now, bool flush) {
        struct ledger_entry *e, *next;

        if (l->deadline > now && !flush)
                return;
        l->deadline = UINT64_MAX;
        DL_FOREACH_SAFE(l->entries, e, next) {
                if (e->told == 0 && !e->muted && !tell_new(l, e, inventory, now))
                        continue;
                if (now >= over_at(l, e)) {
                        resolve(l, e, inventory, now);
                        continue;
                }
                if (!e->muted && e->changes != 0 && (flush || due(l, e) <= now))
                        tell_changes(l, e, inventory, now);
                l->deadline = MIN(l->deadline, due(l, e));
        }
}

uint64_t alert_ledger_next_deadline(const struct alert_ledger *l) {
        return l->deadline;
}

void alert_ledger_get_counters(const struct alert_ledger *l, struct alert_ledger_counters *ret) {
        *ret = l->counters;
}
