/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* identity_changed: a device that was one thing for long and says now that it is another: its SSH host key, its SSH server's
 * algorithms, its certificate, its DHCP client, its type. What it says of itself must have been one thing alone for
 * IdentityStableSec=; what varies is no identity. An upgrade changes the SSH banner along with the algorithms, a renewed
 * certificate has the issuer of the one before: both are mere notices. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "engine/detect/report.h"
#include "engine/detect/watch-table.h"

#define TRAITS_MAX 4096 /* of all devices together */
#define WORDS_MAX 80
/* A value heard fewer times is not yet a habit. */
#define HABIT 3

struct trait { /* of a device, one a kind of fact */
        struct learned learned;
        uint64_t first, last; /* of the present value */
        uint32_t count;
        bool varies;          /* it had several values at a time */
        char value[WORDS_MAX];
};

struct identity_changed {
        struct watch_table *traits;
        struct watch_table *types; /* by device: struct trait of its type */
};

static void identity_changed_free(void *state) {
        struct identity_changed *s = state;

        if (!s)
                return;
        watch_table_free(s->traits);
        watch_table_free(s->types);
        free(s);
}

static int identity_changed_init(void **ret_state) {
        struct identity_changed *s = calloc(1, sizeof *s);
        int r = s ? watch_table_new(&s->traits, sizeof(struct trait), TRAITS_MAX) : -ENOMEM;

        if (r >= 0)
                r = watch_table_new(&s->types, sizeof(struct trait), TRAITS_MAX);
        if (r < 0) {
                identity_changed_free(s);
                return r;
        }
        *ret_state = s;
        return 0;
}

/* Takes the value in. True: it replaced one that was stable, which is left in `ret_before`. */
static bool note(const struct detect_host *host, struct trait *t, const struct mac_address *mac, const char *value, uint64_t now,
                 char ret_before[static WORDS_MAX]) {
        bool stable = t->count >= HABIT && !t->varies && now > t->first && now - t->first >= detect_setting(host, IDENTITY_STABLE);

        /* How often it was heard beyond that changes nothing. */
        if (t->count <= HABIT)
                learned_note(&t->learned, mac);
        if (t->count == 0) {
                t->first = now;
                snprintf(t->value, sizeof t->value, "%s", value);
        } else if (strncmp(t->value, value, sizeof t->value - 1) != 0) {
                memcpy(ret_before, t->value, sizeof t->value);
                /* Too early for a change: it has several values. */
                t->varies |= !stable;
                *t = (struct trait) { .first = now, .varies = t->varies };
                learned_note(&t->learned, mac);
                snprintf(t->value, sizeof t->value, "%s", value);
                t->count = 1;
                t->last = now;
                return stable;
        }
        t->count++;
        t->last = MAX(t->last, now);
        return false;
}

static const char *trait_name(enum fact_kind kind) {
        switch ((int) kind) {
        case FACT_SSH_HASSH_SERVER:
                return "SSH server";
        case FACT_SSH_HOSTKEY:
                return "SSH host key";
        case FACT_TLS_CERT_ISSUER_CN:
                return "certificate issuer";
        case FACT_DHCP_PARAM_REQUEST_LIST:
                return "DHCP client";
        case FACT_DHCP_VENDOR_CLASS:
                return "DHCP vendor class";
        default:
                return NULL;
        }
}

static void report(struct detect_host *host, const struct mac_address *mac, const char *what, const char *before, const char *now,
                   enum alert_severity severity, uint64_t ts) {
        struct report r;

        report_begin(&r, ALERT_IDENTITY_CHANGED, severity, ts, mac);
        strbuf_printf(&r.text, "is not what it was: its %s changed.", what);
        report_text(&r, "trait", what);
        report_text(&r, "before", before);
        report_text(&r, "now", now);
        report_seconds(&r, "stable_for", detect_setting(host, IDENTITY_STABLE));
        report_key(&r, what, strlen(what));
        report_send(&r, host);
}

/* By the kind's name: its number is another in the next version, which is to know the lessons of this one. */
static uint64_t trait_key(const struct mac_address *mac, enum fact_kind kind) {
        const char *name = fact_kind_to_string(kind);

        return watch_key(mac, sizeof *mac, name, strlen(name), 0);
}

static struct trait *trait_of(struct identity_changed *s, const struct mac_address *mac, enum fact_kind kind) {
        bool fresh;

        return watch_table_get(s->traits, trait_key(mac, kind), &fresh);
}

/* The banner comes before the algorithms: one that is new within the minute is an upgrade. */
static bool was_upgraded(struct identity_changed *s, const struct fact *fact) {
        const struct trait *banner = watch_table_find(s->traits, trait_key(&fact->mac, FACT_SSH_BANNER));

        return banner && banner->first + 60 * NSEC_PER_SEC >= fact->ts && banner->count <= 2;
}

static void identity_changed_fact(void *state, struct detect_host *host, const struct fact *fact) {
        enum alert_severity severity = SEVERITY_INFO;
        struct identity_changed *s = state;
        const char *what = trait_name(fact->kind);
        char before[WORDS_MAX];
        struct trait *t;

        if (!(fact->flags & FACT_HAS_MAC) || fact->flags & FACT_TUNNELLED ||
            !detect_setting(host, IDENTITY_CHANGED))
                return;
        /* Behind a router are many. */
        if (fact->hop_limit != 0 && fact->hop_limit != 64 && fact->hop_limit != 128 && fact->hop_limit != 255)
                return;
        t = trait_of(s, &fact->mac, fact->kind);
        if (!t || !note(host, t, &fact->mac, fact->value, fact->ts, before) || !what)
                return;
        if (fact->kind == FACT_TLS_CERT_ISSUER_CN || fact->kind == FACT_SSH_HOSTKEY || (fact->kind == FACT_SSH_HASSH_SERVER && !was_upgraded(s, fact)))
                severity = SEVERITY_WARNING;
        report(host, &fact->mac, what, before, fact->value, severity, fact->ts);
}

static _noinline_ void note_type(struct identity_changed *s, struct detect_host *host, const struct device *device, uint64_t now) {
        const char *type = device_type_to_string(device_type(device));
        char before[WORDS_MAX];
        struct trait *t;
        bool fresh;

        t = watch_table_get(s->types, watch_key(&device->id, sizeof device->id, "", 0, 0), &fresh);
        if (t && note(host, t, &device->macs[0].address, type, now, before))
                report(host, &device->macs[0].address, "type", before, type, SEVERITY_WARNING, now);
}

static void identity_changed_device_changed(void *state, struct detect_host *host, const struct device *device,
                                            uint64_t now) {
        if (device_type(device) != TYPE_UNKNOWN && device_confidence(device) >= 80 && device->user.type == _TYPE_INVALID &&
            detect_setting(host, IDENTITY_CHANGED))
                note_type(state, host, device, now);
}

static const enum fact_kind kinds[] = { FACT_SSH_BANNER, FACT_SSH_HASSH_SERVER, FACT_SSH_HOSTKEY, FACT_TLS_CERT_ISSUER_CN,
                                        FACT_DHCP_PARAM_REQUEST_LIST, FACT_DHCP_VENDOR_CLASS };

/* Which table it is of, since when, how often, whether it varies, and the value. */

enum { LESSON_TRAIT, LESSON_TYPE };

static void remember(struct watch_table *table, unsigned which, bool all, lesson_take_fn take, void *userdata) {
        for (struct trait *t = NULL; (t = learned_next(table, t, all));) {
                char text[LESSON_TEXT_MAX];
                struct strbuf b = STRBUF(text);

                lesson_put_number(&b, which);
                lesson_put_number(&b, t->first);
                lesson_put_number(&b, t->last);
                lesson_put_number(&b, t->count);
                lesson_put_number(&b, t->varies);
                lesson_put_word(&b, t->value);
                lesson_tell("identity_changed", t, &b, take, userdata);
        }
}

static void identity_changed_remember(void *state, bool all, lesson_take_fn take, void *userdata) {
        struct identity_changed *s = state;

        remember(s->traits, LESSON_TRAIT, all, take, userdata);
        remember(s->types, LESSON_TYPE, all, take, userdata);
}

static bool identity_changed_recall(void *state, const struct lesson *lesson, uint64_t now) {
        struct identity_changed *s = state;
        const char *text = lesson->text;
        uint64_t which, count, varies;
        struct trait read = {}, *t;

        if (!lesson_get_number(&text, LESSON_TYPE, &which) || !lesson_get_number(&text, INT64_MAX, &read.first) ||
            !lesson_get_number(&text, INT64_MAX, &read.last) || !lesson_get_number(&text, UINT32_MAX, &count) ||
            !lesson_get_number(&text, 1, &varies) || !lesson_get_word(&text, read.value, sizeof read.value))
                return false;
        t = learned_recall(which == LESSON_TYPE ? s->types : s->traits, lesson);
        if (!t)
                return false;
        read.learned = t->learned;
        read.first = MIN(read.first, now);
        read.last = MIN(read.last, now);
        read.count = (uint32_t) count;
        read.varies = varies != 0;
        *t = read;
        return true;
}

static void identity_changed_forget(void *state, const struct mac_address *mac) {
        struct identity_changed *s = state;

        learned_forget(s->traits, mac);
        learned_forget(s->types, mac);
}

const struct detector identity_changed_detector = {
        .name = "identity_changed",
        .init = identity_changed_init,
        .free = identity_changed_free,
        .fact = identity_changed_fact,
        FACT_KINDS_OF(kinds),
        .device_changes = CHANGE_CLASS | CHANGE_SEEN | CHANGE_PRESENCE,
        .device_changed = identity_changed_device_changed,
        .remember = identity_changed_remember,
        .recall = identity_changed_recall,
        .forget = identity_changed_forget,
};
