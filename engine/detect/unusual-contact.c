/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* unusual_contact: a thing (camera, plug, speaker, printer …) that contacts a place that it never did in
 * ProfileLearnSec=. A thing has one purpose and few places; a place is the registered domain that it was reached by, or
 * the network of its address (/16, /32 of IPv6) where no name is known. What has too many places has no profile. */

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "engine/detect/dns-words.h"
#include "engine/detect/locality.h"
#include "engine/detect/report.h"
#include "engine/detect/watch-table.h"

#define THINGS_MAX 1024
#define PLACES_MAX 64

struct profile {
        struct learned learned;
        uint64_t since;
        uint32_t places[PLACES_MAX]; /* hashes */
        uint8_t n;
};

static void unusual_contact_free(void *state) {
        watch_table_free(state);
}

static int unusual_contact_init(void **ret_state) {
        struct watch_table *t;
        int r = watch_table_new(&t, sizeof(struct profile), THINGS_MAX);

        if (r >= 0)
                *ret_state = t;
        return r;
}

static bool is_thing(const struct device *d) {
        switch ((int) device_type_category(device_type(d))) {
        case CATEGORY_HOME:
        case CATEGORY_MEDIA:
        case CATEGORY_PRINTING:
        case CATEGORY_SECURITY:
                return true;
        default:
                return false;
        }
}

/* "api.vendor.example" -> "vendor.example"; an address -> its network. */
static uint32_t place_of(const struct contact *c, const char *name) {
        size_t length;
        const char *label;

        if (!name)
                return (uint32_t) watch_key(c->destination.bytes, c->destination.family == AF_INET ? 2 : 4, "", 0, 1);
        label = dns_words_registered(name, &length);
        return (uint32_t) watch_key(label, strlen(label), "", 0, 2);
}

static void report(struct detect_host *host, const struct contact *c, const struct profile *p, uint32_t place,
                   const char *name) {
        struct report r;

        report_begin(&r, ALERT_UNUSUAL_CONTACT, SEVERITY_INFO, c->ts, &c->source_mac);
        r.finding.ip = c->source;
        report_peer(&r, host, &c->destination, c->destination_port, name);
        strbuf_printf(&r.text, "contacts %s, where it never was before.", r.peer);
        report_number(&r, "places_known", p->n);
        report_seconds(&r, "learned_for", c->ts - p->since);
        report_seconds(&r, "threshold", detect_setting(host, PROFILE_LEARN));
        report_key(&r, &place, sizeof place);
        report_send(&r, host);
}

static void unusual_contact_contact(void *state, struct detect_host *host, const struct contact *c) {
        const struct device *d;
        struct profile *p;
        const char *name;
        uint32_t place;
        bool fresh;

        if (mac_is_zero(&c->source_mac) ||
            !ip_is_public(host, &c->destination) || !detect_setting(host, UNUSUAL_CONTACT))
                return;
        d = inventory_get_by_mac(host->inventory, &c->source_mac);
        if (!d || d->flags & DEVICE_GATEWAY || !is_thing(d))
                return;
        p = watch_table_get(state, watch_key(&c->source_mac, sizeof c->source_mac, "", 0, 0), &fresh);
        if (!p || p->n == PLACES_MAX)
                return;
        if (fresh)
                p->since = c->ts;
        name = peer_names_find(host->names, &c->source, &c->destination, c->ts);
        place = place_of(c, name);
        for (size_t i = 0; i < p->n; i++)
                if (p->places[i] == place)
                        return;
        if (c->ts > p->since && c->ts - p->since >= detect_setting(host, PROFILE_LEARN))
                report(host, c, p, place, name);
        p->places[p->n++] = place;
        learned_note(&p->learned, &c->source_mac);
}

/* Since when, and the places. */

static void unusual_contact_remember(void *state, bool all, lesson_take_fn take, void *userdata) {
        for (struct profile *p = NULL; (p = learned_next(state, p, all));) {
                char text[LESSON_TEXT_MAX];
                struct strbuf b = STRBUF(text);

                lesson_put_number(&b, p->since);
                for (size_t i = 0; i < p->n; i++)
                        lesson_put_number(&b, p->places[i]);
                lesson_tell("unusual_contact", p, &b, take, userdata);
        }
}

static bool unusual_contact_recall(void *state, const struct lesson *lesson, uint64_t now) {
        struct profile read = {}, *p;
        const char *text = lesson->text;
        uint64_t place;

        if (!lesson_get_number(&text, INT64_MAX, &read.since))
                return false;
        while (read.n < PLACES_MAX && lesson_get_number(&text, UINT32_MAX, &place))
                read.places[read.n++] = (uint32_t) place;
        p = *text ? NULL : learned_recall(state, lesson);
        if (!p)
                return false;
        read.learned = p->learned;
        read.since = MIN(read.since, now);
        *p = read;
        return true;
}

static void unusual_contact_forget(void *state, const struct mac_address *mac) {
        learned_forget(state, mac);
}

const struct detector unusual_contact_detector = {
        .name = "unusual_contact",
        .init = unusual_contact_init,
        .free = unusual_contact_free,
        .contact_kinds = CONTACT_BIT(SYN) | CONTACT_BIT(DATAGRAM),
        .contact = unusual_contact_contact,
        .remember = unusual_contact_remember,
        .recall = unusual_contact_recall,
        .forget = unusual_contact_forget,
};
