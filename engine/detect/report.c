/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Wording of findings. Details are a JSON object that is closed when the report is sent; a member that does not fit is
 * left out, so that it stays one. */

#include "engine/detect/report.h"

#include <netinet/in.h>
#include <string.h>
#include <xxhash.h>

#include "common/escape.h"

void report_begin(struct report *r, enum alert_kind kind, enum alert_severity severity, uint64_t ts,
                  const struct mac_address *mac) {
        r->finding = (struct finding) { .kind = kind, .severity = severity, .ts = ts, .mac = *mac };
        r->text = STRBUF(r->predicate);
        r->json = strbuf_make(r->details, sizeof r->details - 1); /* and the brace that closes it */
        r->peer[0] = '\0';
        strbuf_char(&r->json, '{');
}

static void begin_member(struct report *r, const char *key) {
        strbuf_printf(&r->json, "%s\"%s\":", r->json.length > 1 ? "," : "", key);
}

/* Takes back what was cut off. */
static void end_member(struct report *r, size_t begin) {
        if (!r->json.truncated)
                return;
        r->json.length = begin;
        r->json.data[begin] = '\0';
        r->json.truncated = false;
}

void report_number(struct report *r, const char *key, uint64_t value) {
        size_t begin = r->json.length;

        begin_member(r, key);
        strbuf_printf(&r->json, "%llu", (unsigned long long) value);
        end_member(r, begin);
}

void report_text(struct report *r, const char *key, const char *value) {
        size_t begin = r->json.length;

        begin_member(r, key);
        escape_json(&r->json, value, strlen(value));
        end_member(r, begin);
}

void report_ip(struct report *r, const char *key, const struct ip_address *ip) {
        char text[IP_STRING_MAX];

        report_text(r, key, ip_format(ip, text));
}

void report_mac(struct report *r, const char *key, const struct mac_address *mac) {
        char text[MAC_STRING_MAX];

        report_text(r, key, mac_format(mac, text));
}

void report_seconds(struct report *r, const char *key, uint64_t nsec) {
        size_t begin = r->json.length;

        begin_member(r, key);
        strbuf_printf(&r->json, "%llu.%03llu", (unsigned long long) (nsec / NSEC_PER_SEC),
                      (unsigned long long) (nsec % NSEC_PER_SEC / NSEC_PER_MSEC));
        end_member(r, begin);
}

/* "" if no device with a name has the address. */
static const char *host_name(const struct detect_host *host, const struct ip_address *ip,
                             char buffer[static DEVICE_USER_TEXT_MAX + 1]) {
        const struct device *d = inventory_get_by_ip(host->inventory, ip);

        return d && (d->n_names > 0 || d->user.label) ? device_display_name(d, buffer, DEVICE_USER_TEXT_MAX + 1) : "";
}

void report_peer(struct report *r, const struct detect_host *host, const struct ip_address *ip, uint16_t port, const char *name) {
        struct strbuf b = STRBUF(r->peer);
        char text[IP_STRING_MAX], buffer[DEVICE_USER_TEXT_MAX + 1];

        ip_format(ip, text);
        if (!name || !*name)
                name = host_name(host, ip, buffer);
        if (port == 0)
                strbuf_string(&b, text);
        else
                strbuf_printf(&b, ip->family == AF_INET6 ? "[%s]:%u" : "%s:%u", text, port);
        if (*name)
                strbuf_printf(&b, " (%s)", name);
}

void report_key(struct report *r, const void *data, size_t size) {
        r->finding.key = XXH3_64bits_withSeed(data, size, r->finding.key);
}

void report_send(struct report *r, struct detect_host *host) {
        if (r->finding.ip.family)
                report_ip(r, "source", &r->finding.ip);
        r->details[r->json.length] = '}';
        r->details[r->json.length + 1] = '\0';
        r->finding.peer = r->peer;
        r->finding.predicate = r->predicate;
        r->finding.details = r->details;
        alert_ledger_take(host->ledger, &r->finding);
}

void report_put_host(struct strbuf *b, const struct detect_host *host, const struct ip_address *ip) {
        char text[IP_STRING_MAX], buffer[DEVICE_USER_TEXT_MAX + 1];
        const char *name = host_name(host, ip, buffer);

        strbuf_string(b, ip_format(ip, text));
        if (*name)
                strbuf_printf(b, " (%s)", name);
}
