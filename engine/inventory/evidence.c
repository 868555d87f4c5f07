/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Facts that are kept as the reason for what is said of a device. Each kind has a share of the list, so that a
 * device that asks for much, or changes a text all the time, does not push out what it is known by. */

#include <stdlib.h>
#include <string.h>

#include "common/strbuf.h"
#include "engine/inventory/inventory-private.h"

/* Longer values are cut: no rule looks further (CLASSIFY_VALUE_MAX). */
#define VALUE_MAX CLASSIFY_VALUE_MAX

/* Whom a device talks to stays as long as it was heard in this time: what is in use is called again within the hour, and
 * when a device became another, what it called before is gone as soon. */
#define CONTACT_STAYS (3600 * NSEC_PER_SEC)

/* What is not listed here has the policy of its voice. Kinds whose content has its own place (addresses) or that say
 * nothing of their sender for long are not kept; nor is whom a device talks to: evidence is for every local user to
 * read, and that is not. */
static const struct evidence_row {
        bool listed;
        struct evidence_policy policy;
} rows[_FACT_KIND_MAX] = {
#define ROW(kind, confidence, keep, name) [FACT_##kind] = { true, { confidence, keep, name } }
        ROW(HOST_NAME, 100, 1, 100),
        ROW(HOST_ADDRESS, 100, 0, 0),
        ROW(HOST_GATEWAY, 100, 1, 0),
        ROW(ARP_SENDER, 80, 0, 0),
        ROW(ARP_WHO_HAS, 0, 0, 0),
        ROW(ARP_PROBE, 0, 0, 0),
        ROW(ARP_GRATUITOUS, 80, 0, 0),
        ROW(ARP_L2_MISMATCH, 60, 2, 0),
        ROW(NDP_SOURCE, 80, 0, 0),
        ROW(NDP_ROUTER, 80, 2, 0),
        ROW(NDP_PREFIX, 70, 4, 0),
        ROW(NDP_MTU, 60, 1, 0),
        ROW(NDP_DAD, 0, 0, 0),
        ROW(NDP_WHO_HAS, 0, 0, 0),
        ROW(NDP_ROUTER_SOLICIT, 0, 0, 0),
        ROW(NDP_NA_NO_LLADDR, 0, 0, 0),
        ROW(DHCP_MSG_TYPE, 60, 4, 0),
        ROW(DHCP_HOSTNAME, 85, 3, 85),
        ROW(DHCP_FQDN, 84, 2, 84),
        ROW(DHCP_VENDOR_CLASS, 90, 2, 0),
        ROW(DHCP_USER_CLASS, 80, 2, 0),
        ROW(DHCP_CLIENT_ID, 80, 2, 0),
        ROW(DHCP_PARAM_REQUEST_LIST, 90, 3, 0),
        ROW(DHCP_OPTIONS, 80, 4, 0),
        ROW(DHCP_MAX_MESSAGE_SIZE, 70, 1, 0),
        ROW(DHCP_REQUESTED_IP, 0, 0, 0),
        ROW(DHCP_REQUESTED_SERVER, 0, 0, 0),
        ROW(DHCP_CLIENT_IP, 0, 0, 0),
        ROW(DHCP_ASSIGNED_IP, 0, 0, 0),
        ROW(DHCP_OFFERED_IP, 0, 0, 0),
        ROW(DHCP_LEASE_TIME, 60, 1, 0),
        ROW(MDNS_HOSTNAME, 90, 6, 90),
        ROW(MDNS_SERVICE, 90, 16, 0),
        ROW(MDNS_INSTANCE, 85, 12, 50),
        ROW(MDNS_SRV, 0, 0, 0),
        ROW(MDNS_TXT, 85, 24, 0),
        ROW(MDNS_REVERSE, 80, 0, 0),
        ROW(MDNS_HINFO, 85, 2, 0),
        ROW(MDNS_QUERY, 40, 8, 0),
        ROW(SSDP_METHOD, 50, 3, 0),
        ROW(SSDP_SERVER, 85, 3, 0),
        ROW(SSDP_USN, 80, 6, 0),
        ROW(SSDP_NT, 85, 24, 0),
        ROW(SSDP_NTS, 0, 0, 0),
        ROW(SSDP_ST, 80, 12, 0),
        ROW(SSDP_LOCATION, 70, 3, 0),
        ROW(DHCP6_MSG_TYPE, 50, 3, 0),
        ROW(DHCP6_CLIENT_DUID, 80, 2, 0),
        ROW(DHCP6_SERVER_DUID, 60, 1, 0),
        ROW(DHCP6_FQDN, 83, 2, 83),
        ROW(DHCP6_VENDOR_CLASS, 90, 2, 0),
        ROW(DHCP6_USER_CLASS, 80, 2, 0),
        ROW(DHCP6_ORO, 80, 3, 0),
        ROW(DHCP6_OPTIONS, 70, 3, 0),
        ROW(DHCP6_IA_ADDR, 0, 0, 0),
        ROW(DHCP6_IA_PREFIX, 60, 2, 0),
        ROW(LLDP_CHASSIS_ID, 80, 2, 0),
        ROW(LLDP_PORT_ID, 70, 2, 0),
        ROW(LLDP_TTL, 0, 0, 0),
        ROW(LLDP_PORT_DESC, 70, 2, 0),
        ROW(LLDP_SYSTEM_NAME, 90, 2, 88),
        ROW(LLDP_SYSTEM_DESC, 90, 2, 0),
        ROW(LLDP_SYSTEM_CAPS, 80, 1, 0),
        ROW(LLDP_ENABLED_CAPS, 90, 1, 0),
        ROW(LLDP_MGMT_ADDR, 70, 3, 0),
        ROW(LLDP_PORT_VLAN, 70, 1, 0),
        ROW(LLDP_MED_MANUFACTURER, 90, 1, 0),
        ROW(LLDP_MED_MODEL, 90, 1, 0),
        ROW(CDP_DEVICE_ID, 85, 2, 86),
        ROW(CDP_SYSTEM_NAME, 85, 1, 87),
        ROW(CDP_PLATFORM, 90, 1, 0),
        ROW(CDP_PORT_ID, 70, 2, 0),
        ROW(CDP_SOFTWARE_VERSION, 90, 1, 0),
        ROW(CDP_CAPABILITIES, 90, 1, 0),
        ROW(CDP_ADDRESS, 70, 3, 0),
        ROW(CDP_NATIVE_VLAN, 70, 1, 0),
        ROW(WSD_ACTION, 50, 3, 0),
        ROW(WSD_ENDPOINT, 80, 2, 0),
        ROW(WSD_TYPES, 90, 3, 0),
        ROW(WSD_SCOPE, 85, 12, 0),
        ROW(WSD_XADDR, 80, 3, 0),
        ROW(WSD_METADATA_VERSION, 0, 0, 0),
        ROW(TCP_SYN_SIG, 60, 6, 0), /* IPv4 and IPv6, SYN and SYN-ACK, which is as who asks offers */
        ROW(TCP_RAW_SIG, 0, 0, 0), /* kept as what it means: FACT_TCP_OS */
        ROW(TCP_OS, 60, 3, 0),
        ROW(TCP_ISN_CLASS, 30, 2, 0),
        ROW(IP_ID_CLASS, 30, 2, 0),
        ROW(IP6_EUI64, 40, 2, 0),
        ROW(IGMP_GROUP, 50, 6, 0),
        ROW(MLD_GROUP, 50, 6, 0),
        ROW(LLMNR_QUERY, 40, 4, 0),
        ROW(LLMNR_ANSWER, 75, 3, 75),
        ROW(NBNS_NAME, 80, 6, 78),
        ROW(NBNS_QUERY, 40, 4, 0),
        ROW(NBNS_NBSTAT_QUERY, 0, 0, 0),
        ROW(NBNS_UNIT_ID, 60, 1, 0),
        ROW(NBDGM_SOURCE, 75, 2, 76),
        ROW(BROWSER_ANNOUNCEMENT, 80, 2, 80),
        ROW(BROWSER_OS_VERSION, 70, 1, 0),
        ROW(BROWSER_SERVER_TYPE, 70, 1, 0),
        ROW(BROWSER_COMMENT, 70, 1, 0),
        ROW(UPNP_FRIENDLY_NAME, 85, 3, 70),
        ROW(HTTP_STATUS, 0, 0, 0),
        ROW(DNS_ANSWER, 0, 0, 0),
        ROW(DNS_RCODE, 0, 0, 0),
        ROW(SSH_BANNER, 85, 3, 0),
        ROW(SSH_HASSH, 70, 3, 0),
        ROW(SSH_HASSH_SERVER, 75, 2, 0),
        ROW(SSH_HOSTKEY, 80, 2, 0),
        ROW(TLS_SNI, 40, 12, 0),
        ROW(TLS_ALPN, 30, 2, 0),
        ROW(TLS_JA3, 60, 3, 0),
        ROW(TLS_JA4, 70, 4, 0),
        ROW(TLS_JA3S, 55, 2, 0),
        ROW(TLS_SERVER_VERSION, 50, 1, 0),
        ROW(TLS_SERVER_CIPHER, 0, 0, 0),
        ROW(TLS_SERVER_ALPN, 50, 1, 0),
        ROW(TLS_CERT_SUBJECT_CN, 80, 3, 0),
        ROW(TLS_CERT_ISSUER_CN, 75, 3, 0),
        ROW(TLS_CERT_SAN, 75, 2, 0),
        ROW(TLS_CERT_NOT_AFTER, 0, 0, 0),
        ROW(TLS_CERT_SELF_SIGNED, 50, 1, 0),
        ROW(TLS_CERT_SHA256, 70, 2, 0),
        ROW(TLS_CERT_UNPARSABLE, 0, 0, 0),
        ROW(DTLS_SNI, 40, 3, 0),
        ROW(DTLS_JA3, 55, 2, 0),
        ROW(DTLS_JA4, 60, 2, 0),
        ROW(DTLS_JA3S, 50, 2, 0),
        ROW(DTLS_SERVER_VERSION, 50, 1, 0),
        ROW(DTLS_SERVER_CIPHER, 0, 0, 0),
        ROW(QUIC_VERSION, 0, 0, 0),
        ROW(QUIC_SNI, 40, 12, 0),
        ROW(QUIC_JA3, 55, 2, 0),
        ROW(QUIC_JA4, 70, 3, 0),
        ROW(QUIC_JA3S, 50, 2, 0),
        ROW(QUIC_SERVER_VERSION, 0, 0, 0),
        ROW(QUIC_SERVER_CIPHER, 0, 0, 0),
        ROW(GQUIC_SNI, 40, 3, 0),
        ROW(GQUIC_USER_AGENT, 70, 2, 0),
#undef ROW
};

static struct evidence_policy policy_of_voice(enum fact_voice voice) {
        switch (voice) {
        case VOICE_SELF:
                return (struct evidence_policy) { 75, 4, 0 };
        case VOICE_ASKS:
                return (struct evidence_policy) { 40, 0, 0 };
        case VOICE_SERVES:
                return (struct evidence_policy) { 70, 2, 0 };
        case VOICE_CLAIMS:
        case _VOICE_MAX:
                break;
        }
        return (struct evidence_policy) { 50, 2, 0 };
}

struct evidence_policy evidence_policy(enum fact_kind kind) {
        return rows[kind].listed ? rows[kind].policy : policy_of_voice(fact_kind_voice(kind));
}

bool evidence_is_kept(enum fact_kind kind) {
        return rows[kind].listed ? rows[kind].policy.keep > 0 : fact_kind_voice(kind) != VOICE_ASKS;
}

/* A host name is one piece whatever the address that it came with: those change, and have their own lists. */
static bool is_same(enum fact_kind kind, const char *kept, const char *value) {
        size_t length;

        if (kind != FACT_MDNS_HOSTNAME)
                return strcmp(kept, value) == 0;
        length = fact_name_length(value);
        return fact_name_length(kept) == length && strncmp(kept, value, length) == 0;
}

static bool is_piece(const struct evidence *piece, enum fact_kind kind, enum fact_voice voice, const char *value) {
        return piece->kind == kind && piece->voice == voice && is_same(kind, piece->value, value);
}

/* Where such a piece was found last, counted from the list's end: newcomers stand in front. Values of one kind that are as long
 * differ at their ends. */
static uint8_t *hint_of(struct entry *entry, enum fact_kind kind, const char *value, size_t length) {
        uint64_t end = 0;

        if (length >= sizeof end)
                memcpy(&end, value + length - sizeof end, sizeof end);
        return &entry->evidence_hints[(kind + length + (end * UINT64_C(0x9e3779b97f4a7c15) >> 32)) % EVIDENCE_HINTS];
}

/* Devices repeat themselves: mostly it is the one that was found last. */
static inline struct evidence *find_again(struct entry *entry, enum fact_kind kind, enum fact_voice voice, const char *value,
                                          size_t length) {
        struct device *d = &entry->device;
        size_t i = d->n_evidence - *hint_of(entry, kind, value, length);

        return i < d->n_evidence && is_piece(&d->evidence[i], kind, voice, value) ? &d->evidence[i] : NULL;
}

static void set_hint(struct entry *entry, size_t i, const char *value, size_t length) {
        *hint_of(entry, entry->device.evidence[i].kind, value, length) = (uint8_t) (entry->device.n_evidence - i);
}

static struct evidence *find(struct entry *entry, enum fact_kind kind, enum fact_voice voice, const char *value, size_t length) {
        struct device *d = &entry->device;

        for (size_t i = 0; i < d->n_evidence; i++)
                if (is_piece(&d->evidence[i], kind, voice, value)) {
                        set_hint(entry, i, value, length);
                        return &d->evidence[i];
                }
        return NULL;
}

_Static_assert(DEVICE_EVIDENCE_MAX <= UINT8_MAX, "hints are bytes");

/* The reasons for the class point into the list: they follow when it moves. */
static void shift_reasons(struct device *d, size_t from, bool inserted) {
        struct classification *c = d->class;
        size_t kept = 0;

        if (!c)
                return;
        for (size_t i = 0; i < c->n_reasons; i++) {
                struct classify_reason reason = c->reasons[i];

                if (!inserted && reason.evidence_index == from)
                        continue;
                if (reason.evidence_index >= from)
                        reason.evidence_index += inserted ? 1 : -1;
                c->reasons[kept++] = reason;
        }
        c->n_reasons = kept;
}

/* A piece came or went: what is no name makes no difference to the names, what no rule knows none to the class. */
static void note_change(struct entry *entry, const struct evidence *piece) {
        entry->names_stale = entry->names_stale || evidence_policy(piece->kind).name > 0;
        entry->class_stale = entry->class_stale || !piece->unknown;
}

static void remove_piece(struct inventory *inventory, struct entry *entry, size_t i) {
        struct device *d = &entry->device;

        note_change(entry, &d->evidence[i]);
        entry_strfree(inventory, entry, d->evidence[i].value);
        d->n_evidence--;
        memmove(&d->evidence[i], &d->evidence[i + 1], (d->n_evidence - i) * sizeof d->evidence[0]);
        shift_reasons(d, i, false);
}

/* Which of two pieces to lose: what was only asked for, then what is least to be trusted, then the oldest. */
static bool is_worth_less(const struct evidence *a, const struct evidence *b) {
        bool a_asks = a->voice == VOICE_ASKS, b_asks = b->voice == VOICE_ASKS;

        if (a_asks != b_asks)
                return a_asks;
        if (a->confidence != b->confidence)
                return a->confidence < b->confidence;
        return a->last_seen < b->last_seen;
}

static size_t find_worst(const struct device *d) {
        size_t worst = 0;

        for (size_t i = 1; i < d->n_evidence; i++)
                if (is_worth_less(&d->evidence[i], &d->evidence[worst]))
                        worst = i;
        return worst;
}

/* How many there are of a kind, and which of them was heard last the longest ago. */
static size_t count_kind(const struct device *d, enum fact_kind kind, size_t *ret_oldest) {
        size_t n = 0;

        *ret_oldest = 0;
        for (size_t i = 0; i < d->n_evidence; i++) {
                if (d->evidence[i].kind != kind)
                        continue;
                if (n++ == 0 || d->evidence[i].last_seen <= d->evidence[*ret_oldest].last_seen)
                        *ret_oldest = i;
        }
        return n;
}

/* Says whom it talks to? */
static bool is_contact(enum fact_kind kind) {
        return kind == FACT_TLS_SNI || kind == FACT_DTLS_SNI || kind == FACT_QUIC_SNI || kind == FACT_GQUIC_SNI;
}

/* A device talks to many in turn: each would push out another to which it will talk again, and be told as a change. */
static bool has_place(const struct device *d, const struct evidence *piece) {
        uint64_t silent_since;
        size_t oldest;

        if (!is_contact(piece->kind) || count_kind(d, piece->kind, &oldest) < evidence_policy(piece->kind).keep)
                return true;
        silent_since = d->evidence[oldest].last_seen;
        return piece->last_seen > silent_since && piece->last_seen - silent_since >= CONTACT_STAYS;
}

static void make_room(struct inventory *inventory, struct entry *entry, enum fact_kind kind, size_t keep) {
        struct device *d = &entry->device;
        size_t oldest, of_kind = count_kind(d, kind, &oldest);

        if (of_kind < keep && d->n_evidence < DEVICE_EVIDENCE_MAX)
                return;
        remove_piece(inventory, entry, of_kind >= keep ? oldest : find_worst(d));
        inventory->counters.evidence_overflow++;
}

static bool make_space(struct entry *entry) {
        size_t room = entry->evidence_room ? entry->evidence_room * 2 : 4;
        struct evidence *bigger;

        if (entry->device.n_evidence < entry->evidence_room)
                return true;
        bigger = realloc(entry->device.evidence, room * sizeof *bigger);
        if (!bigger)
                return false;
        entry->device.evidence = bigger;
        entry->evidence_room = room;
        return true;
}

/* Bytes of `value` that are kept: whole characters. */
static size_t kept_length(const char *value, size_t length) {
        if (length <= VALUE_MAX)
                return length;
        length = VALUE_MAX;
        while (length > 0 && ((unsigned char) value[length] & 0xc0) == 0x80)
                length--;
        return length;
}

/* A piece with that value. False: it has no place. */
static bool add(struct inventory *inventory, struct entry *entry, const struct evidence *piece, const char *value, size_t length) {
        struct device *d = &entry->device;
        struct evidence kept = *piece;

        if (!has_place(d, piece)) {
                inventory->counters.evidence_overflow++;
                return false;
        }
        kept.value = entry_strndup(inventory, entry, value, length);
        if (!kept.value)
                return false;
        make_room(inventory, entry, piece->kind, evidence_policy(piece->kind).keep);
        if (!make_space(entry)) {
                entry_strfree(inventory, entry, kept.value);
                return false;
        }
        memmove(d->evidence + 1, d->evidence, d->n_evidence * sizeof *d->evidence);
        d->evidence[0] = kept;
        d->n_evidence++;
        set_hint(entry, 0, kept.value, length);
        shift_reasons(d, 0, true);
        note_change(entry, &kept);
        return true;
}

/* What gives a name was heard again. Names of one kind are weighed against each other by when they were heard; those that
 * have no others beside them stay what they are. */
static void note_name(struct entry *entry, const struct evidence *piece) {
        struct device *d = &entry->device;

        entry->names_stale = entry->names_stale || entry->names_compete;
        for (size_t i = 0; i < d->n_names && !entry->names_stale; i++)
                if (d->names[i].source == piece->kind)
                        d->names[i].last_seen = piece->last_seen;
}

/* One more time what is known of it. */
static void repeat(struct inventory *inventory, struct entry *entry, struct evidence *known, bool names, uint64_t now) {
        if (known->count < UINT32_MAX)
                known->count++;
        known->last_seen = MAX(known->last_seen, now);
        if (names)
                note_name(entry, known);
        entry_changed(inventory, entry, CHANGE_SEEN);
}

/* Not what was found last. Apart, as nearly all of what is said was said before. Whom it talks to is kept only where a
 * rule knows the name, as that of a maker's own service: what people visit is nobody's business, and would turn the list
 * over all the time. */
static _noinline_ void take_other(struct inventory *inventory, struct entry *entry, enum fact_kind kind, enum fact_voice voice,
                                  const char *value, size_t length, uint64_t now) {
        struct evidence_policy policy = evidence_policy(kind);
        struct evidence piece = { kind, voice, policy.confidence, .count = 1, now, now };
        char cut[VALUE_MAX + 1];
        struct evidence *known;

        if (length > VALUE_MAX) {
                struct strbuf b = STRBUF(cut);

                length = kept_length(value, length);
                strbuf_bytes(&b, value, length);
                value = cut;
        }
        piece.unknown = !classify_is_known(inventory->rules, inventory->matches,
                                           &(struct classify_evidence) { kind, voice, value, 100 });
        if (piece.unknown && is_contact(kind))
                return;
        known = find(entry, kind, voice, value, length);
        if (known)
                repeat(inventory, entry, known, policy.name > 0, now);
        else if (add(inventory, entry, &piece, value, length))
                entry_changed(inventory, entry, CHANGE_EVIDENCE);
}

void entry_take_evidence(struct inventory *inventory, struct entry *entry, enum fact_kind kind, enum fact_voice voice,
                         const char *value, size_t length, uint64_t now) {
        struct evidence_policy policy = evidence_policy(kind);
        struct evidence *known;

        if (policy.keep == 0 || *value == '\0')
                return;
        known = length <= VALUE_MAX ? find_again(entry, kind, voice, value, length) : NULL;
        if (known)
                repeat(inventory, entry, known, policy.name > 0, now);
        else
                take_other(inventory, entry, kind, voice, value, length, now);
}

void entry_adopt_evidence(struct inventory *inventory, struct entry *entry, const struct evidence *piece) {
        size_t length = strlen(piece->value);
        struct evidence *known = find(entry, piece->kind, piece->voice, piece->value, length);
        struct evidence kept = *piece;

        kept.confidence = evidence_policy(piece->kind).confidence;
        if (evidence_policy(piece->kind).keep == 0 || *piece->value == '\0')
                return;
        if (known) {
                known->count = known->count > UINT32_MAX - piece->count ? UINT32_MAX : known->count + piece->count;
                known->first_seen = MIN(known->first_seen, piece->first_seen);
                known->last_seen = MAX(known->last_seen, piece->last_seen);
                entry->names_stale = entry->class_stale = true;
        } else
                add(inventory, entry, &kept, piece->value, kept_length(piece->value, length));
}

void entry_forget_rules(struct entry *entry) {
        for (size_t i = 0; i < entry->device.n_evidence; i++)
                entry->device.evidence[i].unknown = false;
}

void entry_clear_evidence(struct inventory *inventory, struct entry *entry) {
        struct device *d = &entry->device;

        while (d->n_evidence > 0)
                entry_strfree(inventory, entry, d->evidence[--d->n_evidence].value);
}
