/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "common/strbuf.h"
#include "engine/detect/detector.h"

/* How detectors word their findings:
 *
 *     struct report r;
 *
 *     report_begin(&r, ALERT_ARP_SWEEP, SEVERITY_WARNING, fact->ts, &fact->source);
 *     strbuf_printf(&r.text, "asked for %u addresses in %u s.", n, seconds);
 *     report_number(&r, "targets", n);
 *     report_number(&r, "threshold", detect_setting(host, ARP_SWEEP_TARGETS));
 *     report_send(&r, host);
 *
 * The sentence's subject, the device, is put in front of `text`. */
struct report {
        struct finding finding;
        struct strbuf text, json;
        char peer[512], predicate[1024], details[3072];
};

void report_begin(struct report *r, enum alert_kind kind, enum alert_severity severity, uint64_t ts,
                  const struct mac_address *mac);
/* Members of the details. */
void report_number(struct report *r, const char *key, uint64_t value);
void report_text(struct report *r, const char *key, const char *value);
void report_ip(struct report *r, const char *key, const struct ip_address *ip);
void report_mac(struct report *r, const char *key, const struct mac_address *mac);
void report_seconds(struct report *r, const char *key, uint64_t nsec);
/* Whom the offender did it to. `port` 0: none. `name`: by which it was reached; NULL or "" for that of the device there. */
void report_peer(struct report *r, const struct detect_host *host, const struct ip_address *ip, uint16_t port, const char *name);
/* What else than kind and offender makes findings one. */
void report_key(struct report *r, const void *data, size_t size);
/* The address in the finding is among the details: "source". */
void report_send(struct report *r, struct detect_host *host);

/* "192.0.2.1" and, where a device that has it is known by a name, " (nas)". */
void report_put_host(struct strbuf *b, const struct detect_host *host, const struct ip_address *ip);
