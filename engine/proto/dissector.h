/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "common/cursor.h"
#include "common/strbuf.h"
#include "engine/fact.h"
#include "engine/packet/packet.h"

/* A dissector turns one protocol's payload into facts. It is a table row (dissectors.c) and a function
 * that reads `packet->payload` and says what it found through `emitter`. It keeps no state. */

struct certificate_memo;
struct digester;
struct phrases;

struct emitter {
        const struct fact_sink *sink;
        struct phrases *phrases;   /* NULL: none are kept */
        struct digester *digester; /* for those that read sessions and handshakes; NULL for dissectors */
        struct certificate_memo *certificates; /* NULL: none is kept */
        uint64_t facts;   /* said so far */
        struct fact fact; /* pre-filled with what all facts of this packet share; see emitter_begin() */
        char value[FACT_VALUE_MAX + 1];
};

struct dissector {
        const char *name;
        enum packet_layer layer;
        /* Ethertype, SNAP PID, ICMPv6 type or port of either side, by layer; a row per number. 0: any port. */
        uint16_t number;
        /* <0 (-EBADMSG): malformed, facts said so far stand. 0: not this protocol. 1: facts were said. */
        int (*dissect)(const struct packet *packet, struct emitter *emitter);
};

struct dissector_counters {
        uint64_t packets, facts, malformed;
};

#define DISSECTOR_MAX 64

/* All rows; the index is that of `dissector_counters` arrays. */
const struct dissector *dissectors_get(size_t *ret_n);

/* May a row know a UDP packet between these ports with these bytes? Any number more may follow. For a caller who has not
 * decoded the packet yet. */
bool dissectors_may_know_datagram(uint16_t port, uint16_t other, struct cursor payload);

/* Offers `packet` to the rows that match; the first that does not answer 0 wins. Phrases and counters may be NULL. */
void dissectors_run(const struct packet *packet, const struct fact_sink *sink, struct phrases *phrases,
                    struct dissector_counters *counters);

/* How many facts dissectors_run() would say of `packet`, if these are TCP signatures, and in `ret` what both begin as; else 0. For
 * a caller who finds that nobody would take them, and has them counted instead: to read them is most of what they cost. */
unsigned dissectors_count_signatures(const struct packet *packet, struct fact *ret);
void dissectors_pass_signatures(unsigned n, struct dissector_counters *counters);

/* What the facts of `packet` share: time, frame, interface, VLAN, addresses, flags; mac = the frame's source. */
void fact_begin(struct fact *ret, const struct packet *packet);
/* Begins emitter->fact so. A dissector changes it (mac, ip, flags) before it says facts about somebody else, and sets it
 * back. */
void emitter_begin(struct emitter *e, const struct packet *packet, const struct fact_sink *sink);

/* Says one fact. Bytes that are not clean UTF-8 (or hold NUL or other control characters but TAB, LF, CR)
 * become "hex:…", as in the conformance corpus. */
void emit_bytes(struct emitter *e, enum fact_kind kind, const void *value, size_t length);
/* "NAME value", where the name is clean already and only the value may have to become "hex:…". */
void emit_named_bytes(struct emitter *e, enum fact_kind kind, const char *name, const void *value, size_t length);
void emit_string(struct emitter *e, enum fact_kind kind, const char *value);
/* Text that is known to be printable and no longer than FACT_VALUE_MAX, with a NUL behind it. */
void emit_clean(struct emitter *e, enum fact_kind kind, const char *value, size_t length);
void emit_strbuf(struct emitter *e, enum fact_kind kind, const struct strbuf *value);
void emit_unsigned(struct emitter *e, enum fact_kind kind, uint64_t number); /* in decimal */
void emit_printf(struct emitter *e, enum fact_kind kind, const char *format, ...) _printf_(3, 4);
void emit_ip(struct emitter *e, enum fact_kind kind, const struct ip_address *ip);
/* "NAME IP"; the name is clean, and there is room behind it. */
void emit_named_ip(struct emitter *e, enum fact_kind kind, struct strbuf *name, const struct ip_address *ip);
/* "MAC IP" */
void emit_mac_ip(struct emitter *e, enum fact_kind kind, const struct mac_address *mac, const struct ip_address *ip);

struct dns_message;
/* "NAME TYPE" for each question that was not read yet. 1, or -EBADMSG where they cannot be read. */
int emit_dns_questions(struct emitter *e, enum fact_kind kind, struct dns_message *m);
/* "NAME TYPE DATA" for each record of the answer section, likewise. */
int emit_dns_answers(struct emitter *e, enum fact_kind kind, struct dns_message *m);

/* The dissectors, one file each. */
int arp_dissect(const struct packet *packet, struct emitter *emitter);
int ndp_dissect(const struct packet *packet, struct emitter *emitter);
int dhcp6_dissect(const struct packet *packet, struct emitter *emitter);
int dhcp_dissect(const struct packet *packet, struct emitter *emitter);
int dns_dissect(const struct packet *packet, struct emitter *emitter);
bool dns_may_be_message(struct cursor payload);
int dns_anywhere_dissect(const struct packet *packet, struct emitter *emitter);
int mdns_dissect(const struct packet *packet, struct emitter *emitter);
bool ssdp_may_be_reply(struct cursor payload);
int ssdp_reply_dissect(const struct packet *packet, struct emitter *emitter);
int ssdp_dissect(const struct packet *packet, struct emitter *emitter);
int lldp_dissect(const struct packet *packet, struct emitter *emitter);
int cdp_dissect(const struct packet *packet, struct emitter *emitter);
int wsd_dissect(const struct packet *packet, struct emitter *emitter);
int syn_dissect(const struct packet *packet, struct emitter *emitter);
/* How many facts that says, all of which have these flags beside the packet's. */
unsigned syn_count_facts(const struct packet *packet, uint16_t *ret_flags);
int igmp_dissect(const struct packet *packet, struct emitter *emitter);
int mld_dissect(const struct packet *packet, struct emitter *emitter);
int llmnr_dissect(const struct packet *packet, struct emitter *emitter);
int nbns_dissect(const struct packet *packet, struct emitter *emitter);
int browser_dissect(const struct packet *packet, struct emitter *emitter);
