/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* new_service: a device that was watched for NewServiceAfterSec= accepts connections on a port that it never did before. A
 * port by which machines are taken over from far away is worth a warning. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "engine/detect/locality.h"
#include "engine/detect/report.h"
#include "engine/detect/watch-table.h"

#define DEVICES_MAX 2048
#define PORTS_MAX 64

struct services {
        struct learned learned;
        uint64_t since; /* when the device was first seen to serve anything, or nothing was known */
        uint16_t ports[PORTS_MAX];
        uint8_t n;
};

static void new_service_free(void *state) {
        watch_table_free(state);
}

static int new_service_init(void **ret_state) {
        struct watch_table *t;
        int r = watch_table_new(&t, sizeof(struct services), DEVICES_MAX);

        if (r >= 0)
                *ret_state = t;
        return r;
}

/* Telnet, remote desktops and shells, Android's debugger. */
static bool is_remote_control(uint16_t port) {
        return port == 23 || port == 2323 || port == 512 || port == 513 || port == 514 || port == 3389 || port == 4444 ||
               port == 5555 || port == 5900 || port == 5985;
}

static void report(struct detect_host *host, const struct contact *c, const struct services *s) {
        struct report r;

        report_begin(&r, ALERT_NEW_SERVICE, is_remote_control(c->source_port) ? SEVERITY_WARNING : SEVERITY_INFO, c->ts, &c->source_mac);
        r.finding.ip = c->source;
        strbuf_printf(&r.text, "accepts connections on port %u, which it never did before.", c->source_port);
        report_number(&r, "port", c->source_port);
        report_number(&r, "ports_before", s->n);
        report_seconds(&r, "watched_for", c->ts - s->since);
        report_seconds(&r, "threshold", detect_setting(host, NEW_SERVICE_AFTER));
        report_peer(&r, host, &c->destination, 0, NULL);
        report_key(&r, &c->source_port, sizeof c->source_port);
        report_send(&r, host);
}

static void new_service_contact(void *state, struct detect_host *host, const struct contact *c) {
        struct services *s;
        bool fresh;

        /* High ports are given away anew all the time (FTP, calls, peers). */
        if (mac_is_zero(&c->source_mac) || c->source_port >= 32768 ||
            !ip_is_on_link(host, &c->source, &c->destination) || !detect_setting(host, NEW_SERVICE))
                return;
        s = watch_table_get(state, watch_key(&c->source_mac, sizeof c->source_mac, &c->source, sizeof c->source, 0), &fresh);
        if (!s)
                return;
        if (fresh)
                s->since = c->ts;
        for (size_t i = 0; i < s->n; i++)
                if (s->ports[i] == c->source_port)
                        return;
        /* What has so many services has new ones every day. */
        if (s->n == PORTS_MAX)
                return;
        if (c->ts > s->since && c->ts - s->since >= detect_setting(host, NEW_SERVICE_AFTER))
                report(host, c, s);
        s->ports[s->n++] = c->source_port;
        learned_note(&s->learned, &c->source_mac);
}

/* Since when, and the ports. */

static void new_service_remember(void *state, bool all, lesson_take_fn take, void *userdata) {
        for (struct services *s = NULL; (s = learned_next(state, s, all));) {
                char text[LESSON_TEXT_MAX];
                struct strbuf b = STRBUF(text);

                lesson_put_number(&b, s->since);
                for (size_t i = 0; i < s->n; i++)
                        lesson_put_number(&b, s->ports[i]);
                lesson_tell("new_service", s, &b, take, userdata);
        }
}

static bool new_service_recall(void *state, const struct lesson *lesson, uint64_t now) {
        struct services read = {}, *s;
        const char *text = lesson->text;
        uint64_t port;

        if (!lesson_get_number(&text, INT64_MAX, &read.since))
                return false;
        while (read.n < PORTS_MAX && lesson_get_number(&text, UINT16_MAX, &port))
                read.ports[read.n++] = (uint16_t) port;
        s = *text ? NULL : learned_recall(state, lesson);
        if (!s)
                return false;
        read.learned = s->learned;
        read.since = MIN(read.since, now);
        *s = read;
        return true;
}

static void new_service_forget(void *state, const struct mac_address *mac) {
        learned_forget(state, mac);
}

const struct detector new_service_detector = {
        .name = "new_service",
        .init = new_service_init,
        .free = new_service_free,
        .contact_kinds = CONTACT_BIT(SYN_ACK),
        .contact = new_service_contact,
        .remember = new_service_remember,
        .recall = new_service_recall,
        .forget = new_service_forget,
};
