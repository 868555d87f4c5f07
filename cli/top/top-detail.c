/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The detail pane's lines. */

#include "cli/top/top-detail.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "cli/top/top-alert.h"
#include "cli/top/top-device.h"
#include "cli/top/top-flow.h"
#include "cli/top/top-text.h"
#include "cli/when.h"
#include "dbus/lanscope-names.h"

static void _printf_(4, 5) add(struct top_lines *lines, enum style style, const char *title, const char *format, ...) {
        struct top_line line = { .style = style };
        va_list ap;

        if (lines->n == TOP_LINES_MAX)
                return;
        va_start(ap, format);
        if (vasprintf(&line.text, format, ap) < 0)
                line.text = NULL;
        va_end(ap);
        line.title = line.text ? strdup(title) : NULL;
        if (!line.title) {
                free(line.text);
                return;
        }
        lines->lines[lines->n++] = line;
}

void top_lines_done(struct top_lines *lines) {
        for (size_t i = 0; i < lines->n; i++) {
                free(lines->lines[i].title);
                free(lines->lines[i].text);
        }
        lines->n = 0;
}

static uint64_t number_at(struct json_object *o, const char *key) {
        return json_object_get_uint64(json_at(o, key));
}

static void add_text(struct top_lines *lines, const char *title, const char *text) {
        if (*text)
                add(lines, STYLE_NONE, title, "%s", text);
}

static void add_list(struct top_lines *lines, const char *title, struct json_object *list) {
        size_t n = json_object_is_type(list, json_type_array) ? json_object_array_length(list) : 0;

        for (size_t i = 0; i < n; i++)
                add(lines, STYLE_NONE, i == 0 ? title : "", "%s",
                    json_object_get_string(json_object_array_get_idx(list, i)));
}

static void add_time(struct top_lines *lines, const char *title, struct json_object *time, uint64_t now) {
        uint64_t usec = json_time_usec(time);
        char text[128];
        struct strbuf b = STRBUF(text);

        if (usec == 0)
                return;
        when_format(&b, usec);
        strbuf_string(&b, "; ");
        when_format_relative(&b, usec, now);
        add_text(lines, title, text);
}

static void add_rate(struct top_lines *lines, const struct top_device *d) {
        char text[128];
        struct strbuf b = STRBUF(text);

        top_format_rate(&b, d->bits_per_second);
        strbuf_printf(&b, ", %" PRIu64 " packets a second; ", d->packets_per_second);
        top_format_bytes(&b, d->bytes);
        strbuf_printf(&b, " in %" PRIu64 " packets since it is known", d->packets);
        add_text(lines, "Traffic", text);
}

static void add_type(struct top_lines *lines, struct json_object *card) {
        const char *type = json_text_at(card, "type");

        if (strcmp(type, "unknown") == 0 || !*type)
                add(lines, STYLE_DIM, "Type", "unknown");
        else if (json_object_get_boolean(json_at(card, "type_is_set")))
                add(lines, STYLE_NONE, "Type", "%s (%s), set by the user", type, json_text_at(card, "category"));
        else
                add(lines, STYLE_NONE, "Type", "%s (%s), confidence %s%%", type, json_text_at(card, "category"),
                    json_object_get_string(json_at(card, "confidence")));
}

static void add_remarks(struct top_lines *lines, const struct top_device *d, struct json_object *card) {
        char text[128];
        struct strbuf b = STRBUF(text);

        strbuf_printf(&b, "%s%s%s%s", d->self ? ", this machine" : "", d->gateway ? ", gateway of the network" : "",
                      d->trusted ? ", trusted" : "",
                      json_object_get_boolean(json_at(card, "randomized")) ? ", randomized address" : "");
        if (b.length > 0)
                add_text(lines, "Remarks", text + 2);
}

static void add_evidence(struct top_lines *lines, struct json_object *list) {
        size_t n = json_object_is_type(list, json_type_array) ? json_object_array_length(list) : 0;

        for (size_t i = 0; i < n; i++) {
                struct json_object *e = json_object_array_get_idx(list, i);
                bool asks = json_object_get_boolean(json_at(e, "asks"));

                add(lines, asks ? STYLE_DIM : STYLE_NONE, i == 0 ? "Evidence" : "", "%s: %s%s", json_text_at(e, "kind"),
                    json_text_at(e, "value"), asks ? " (only asks for it)" : "");
        }
}

/* Its flows: the other end, and how fast. */
static void add_flows(struct top_lines *lines, const struct top_device *d, struct json_object *list) {
        size_t n = json_object_is_type(list, json_type_array) ? json_object_array_length(list) : 0;

        for (size_t i = 0; i < n; i++) {
                struct json_object *f = json_object_array_get_idx(list, i);
                const char *id = strrchr(json_text_at(f, "InitiatorDevice"), '/');
                bool initiator = id && strcmp(id + 1, d->row.id) == 0, active = json_object_get_boolean(json_at(f,
                                "Active"));
                char text[TOP_CELL_MAX];
                struct strbuf b = STRBUF(text);

                top_flow_format_end(f, initiator ? "Responder" : "Initiator", &b);
                strbuf_printf(&b, "  %s, ", json_text_at(f, "Protocol"));
                if (active)
                        top_format_rate(&b, number_at(f, "Rate"));
                else
                        strbuf_string(&b, "over");
                add(lines, active ? STYLE_NONE : STYLE_DIM, i == 0 ? "Talks to" : "", "%s", text);
        }
}

static void build_device(const struct top_model *m, const struct top_device *d, struct top_lines *lines) {
        struct json_object *card = strcmp(json_text_at(m->card, "id"), d->row.id) == 0 ? m->card : NULL;

        add(lines, STYLE_BOLD, "Name", "%s", d->name);
        add_rate(lines, d);
        if (!card) {
                add(lines, STYLE_DIM, "", "(waiting for lanscoped)");
                return;
        }
        add_type(lines, card);
        add_text(lines, "Vendor", json_text_at(card, "vendor"));
        add_text(lines, "Model", json_text_at(card, "model"));
        add_text(lines, "OS", json_text_at(card, "os"));
        add_list(lines, "MAC", json_at(card, "addresses"));
        add_list(lines, "IPv4", json_at(card, "ipv4"));
        add_list(lines, "IPv6", json_at(card, "ipv6"));
        add_text(lines, "Host name", json_text_at(card, "hostname"));
        add_text(lines, "Label", json_text_at(card, "label"));
        add_remarks(lines, d, card);
        add_text(lines, "Presence", json_text_at(card, "presence"));
        add_time(lines, "Last seen", json_at(card, "last_seen"), m->now);
        add_time(lines, "First seen", json_at(card, "first_seen"), m->now);
        add_list(lines, "Services", json_at(card, "services"));
        add_text(lines, "Notes", json_text_at(card, "notes"));
        add_flows(lines, d, json_at(card, "flows"));
        add_evidence(lines, json_at(card, "evidence"));
}

/* An object's values by their keys, a line each. */
static void add_object(struct top_lines *lines, const char *title, struct json_object *o) {
        const char *before = title;

        if (!json_object_is_type(o, json_type_object))
                return;
        json_object_object_foreach(o, key, value) {
                add(lines, STYLE_NONE, before, "%s: %s", key, json_object_get_string(value) ?: "-");
                before = "";
        }
}

static void build_alert(const struct top_model *m, struct json_object *record, struct top_lines *lines) {
        add(lines, STYLE_BOLD, "Alert", "%s", json_text_at(record, "message"));
        add(lines, STYLE_NONE, "Kind", "%s, %s", json_text_at(record, "kind"), json_text_at(record, "severity"));
        add_time(lines, "Time", json_at(record, "ts"), m->now);
        add_text(lines, "Device", json_text_at(record, "name"));
        add_text(lines, "MAC", json_text_at(record, "mac"));
        if (json_at(record, "peer"))
                add_text(lines, "Peer", json_text_at(record, "peer"));
        else
                add(lines, STYLE_DIM, "Peer", "not shown: it needs " LANSCOPE_ACTION_INSPECT_TRAFFIC);
        add_object(lines, "Details", json_at(record, "details"));
        add(lines, STYLE_NONE, "Id", "%s, %s", json_object_get_string(json_at(record, "id")),
            json_object_get_boolean(json_at(record, "acknowledged")) ? "acknowledged" : "not acknowledged: F9 does it");
}

static void add_end(struct top_lines *lines, struct json_object *f, const char *end) {
        char text[TOP_CELL_MAX], key[32];
        struct strbuf b = STRBUF(text);

        top_flow_format_end(f, end, &b);
        snprintf(key, sizeof key, "%sAddress", end);
        strbuf_printf(&b, "  %s", json_text_at(f, key));
        snprintf(key, sizeof key, "%sPort", end);
        strbuf_printf(&b, " port %" PRIu64, number_at(f, key));
        snprintf(key, sizeof key, "%sMac", end);
        strbuf_printf(&b, "  %s", json_text_at(f, key));
        add_text(lines, end, text);
}

static void add_direction(struct top_lines *lines, struct json_object *f, const char *title) {
        char text[128], key[32];
        struct strbuf b = STRBUF(text);

        snprintf(key, sizeof key, "Bytes%s", title);
        top_format_bytes(&b, number_at(f, key));
        snprintf(key, sizeof key, "Packets%s", title);
        strbuf_printf(&b, " in %" PRIu64 " packets", number_at(f, key));
        add_text(lines, title, text);
}

static void add_analysis(struct top_lines *lines, struct json_object *f) {
        if (!json_object_get_boolean(json_at(f, "Analysed")))
                return;
        add(lines, STYLE_NONE, "Round trip",
            "handshake %.1f ms (%.1f ms to the responder); of %" PRIu64 ": last %.1f ms, least %.1f ms, average %.1f ms",
            (double) number_at(f, "RttHandshake") / 1000, (double) number_at(f, "RttResponder") / 1000, number_at(f, "RttSamples"),
            (double) number_at(f, "RttLast") / 1000,
            (double) number_at(f, "RttMinimum") / 1000, (double) number_at(f, "RttAverage") / 1000);
        add(lines, STYLE_NONE, "Losses",
            "%" PRIu64 " sent again, %" PRIu64 " out of order, %" PRIu64 " duplicate ACKs, %" PRIu64 " zero windows",
            number_at(f, "Retransmissions"), number_at(f, "OutOfOrder"), number_at(f, "DuplicateAcks"),
            number_at(f, "ZeroWindows"));
}

static void add_usec(struct top_lines *lines, const char *title, uint64_t usec, uint64_t now) {
        char text[128];
        struct strbuf b = STRBUF(text);

        when_format(&b, usec);
        strbuf_string(&b, "; ");
        when_format_relative(&b, usec, now);
        add_text(lines, title, text);
}

static void build_flow(const struct top_model *m, struct json_object *f, struct top_lines *lines) {
        char rate[32];
        struct strbuf b = STRBUF(rate);

        top_format_rate(&b, number_at(f, "Rate"));
        add_end(lines, f, "Initiator");
        add_end(lines, f, "Responder");
        add_text(lines, "Server", json_text_at(f, "ServerName"));
        add(lines, STYLE_NONE, "Protocol", "%s%s%s", json_text_at(f, "Protocol"), *json_text_at(f, "State") ? ", " : "",
            json_text_at(f, "State"));
        add_text(lines, "Rate", rate);
        add_direction(lines, f, "Sent");
        add_direction(lines, f, "Received");
        add_analysis(lines, f);
        add_usec(lines, "First seen", number_at(f, "FirstSeen"), m->now);
        add_usec(lines, "Last seen", number_at(f, "LastSeen"), m->now);
        if (!json_object_get_boolean(json_at(f, "Active")))
                add_text(lines, "Ended", json_text_at(f, "End"));
        if (number_at(f, "Vlan") > 0)
                add(lines, STYLE_NONE, "VLAN", "%" PRIu64, number_at(f, "Vlan"));
        add_text(lines, "History", json_text_at(f, "History"));
        add_text(lines, "Community", json_text_at(f, "CommunityId"));
}

static void build_talker(struct json_object *talker, struct top_lines *lines) {
        uint64_t missed = number_at(talker, "BytesMissed");
        char text[64];
        struct strbuf b = STRBUF(text);

        if (*json_text_at(talker, "Name"))
                add(lines, STYLE_BOLD, "Name", "%s", json_text_at(talker, "Name"));
        add_text(lines, "Address", json_text_at(talker, "Address"));
        if (strcmp(json_text_at(talker, "Device"), "/") != 0)
                add_text(lines, "Device", "of this network, with all its addresses");
        top_format_rate(&b, number_at(talker, "Rate"));
        add(lines, STYLE_NONE, "Rate", "%s both ways, in the last round of 10 s", text);
        add_direction(lines, talker, "Sent");
        add_direction(lines, talker, "Received");
        if (missed > 0)
                add(lines, STYLE_DIM, "Missed", "at most %" PRIu64 " bytes, before it was told from the crowd", missed);
}

void top_detail_build(struct top_model *model, struct top_lines *ret) {
        const struct top_row *row = top_list_selected(top_model_list(model));

        ret->n = 0;
        if (!row)
                return;
        switch (model->view) {
        case TOP_DEVICES:
                build_device(model, (const struct top_device *) row, ret);
                return;
        case TOP_FLOWS:
                build_flow(model, top_record_of(row), ret);
                return;
        case TOP_TALKERS:
                build_talker(top_record_of(row), ret);
                return;
        case TOP_ALERTS:
                build_alert(model, top_record_of(row), ret);
                return;
        case _TOP_VIEW_MAX:
                return;
        }
}
