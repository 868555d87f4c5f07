/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The table of all protocols, and how a packet finds its row: one switch a layer, made from the table by the
 * compiler. Two rows of a layer with the same number do not compile. */

#include <errno.h>

#include "common/macro.h"
#include "engine/proto/dissector.h"

/* name, number, as digits or hexadecimal (it becomes part of an identifier); function is <name>_dissect() */
#define ETHERTYPE_ROWS(X) \
        X(arp, 0x0806)    \
        X(arp, 0x8035)    \
        X(lldp, 0x88cc)

/* SNAP protocol identifiers; the dissector looks whose they are. */
#define SNAP_ROWS(X) \
        X(cdp, 0x2000)

#define ICMP6_ROWS(X) \
        X(mld, 131)   \
        X(mld, 132)   \
        X(ndp, 133)   \
        X(ndp, 134)   \
        X(ndp, 135)   \
        X(ndp, 136)   \
        X(mld, 143)

/* IP protocols that have no layer of their own. */
#define IP_ROWS(X) \
        X(igmp, 2)

#define UDP_ROWS(X)     \
        X(dns, 53)      \
        X(dhcp, 67)     \
        X(dhcp, 68)     \
        X(nbns, 137)    \
        X(browser, 138) \
        X(dhcp, 4011)   \
        X(dhcp6, 546)   \
        X(dhcp6, 547)   \
        X(ssdp, 1900)   \
        X(wsd, 3702)    \
        X(mdns, 5353)   \
        X(llmnr, 5355)

/* Tried where no port is known. They have to turn others' packets away at their first bytes. */
#define UDP_ANY_ROWS(X)  \
        X(ssdp_reply, 0) \
        X(dns_anywhere, 0)

/* For the packets that begin a connection, whatever the port; the rest of TCP belongs to sessions. */
#define TCP_SYN_ROWS(X) \
        X(syn, 0)

enum row {
#define X(protocol, number) ROW_##protocol##_##number,
        ETHERTYPE_ROWS(X)
        SNAP_ROWS(X)
        ICMP6_ROWS(X)
        UDP_ROWS(X)
        UDP_ANY_ROWS(X)
        TCP_SYN_ROWS(X)
        IP_ROWS(X)
#undef X
        _ROW_MAX,
        ROW_NONE = -1,
};

_Static_assert(_ROW_MAX <= DISSECTOR_MAX, "dissector_counters arrays are too small");

static const struct dissector table[] = {
#define X(protocol, number) { #protocol, LAYER_ETHERTYPE, number, protocol##_dissect },
        ETHERTYPE_ROWS(X)
#undef X
#define X(protocol, number) { #protocol, LAYER_LLC_SNAP, number, protocol##_dissect },
        SNAP_ROWS(X)
#undef X
#define X(protocol, number) { #protocol, LAYER_ICMP6, number, protocol##_dissect },
        ICMP6_ROWS(X)
#undef X
#define X(protocol, number) { #protocol, LAYER_UDP, number, protocol##_dissect },
        UDP_ROWS(X)
        UDP_ANY_ROWS(X)
#undef X
#define X(protocol, number) { #protocol, LAYER_TCP, number, protocol##_dissect },
        TCP_SYN_ROWS(X)
#undef X
#define X(protocol, number) { #protocol, LAYER_IP, number, protocol##_dissect },
        IP_ROWS(X)
#undef X
};

const struct dissector *dissectors_get(size_t *ret_n) {
        *ret_n = ELEMENTSOF(table);
        return table;
}

#define X(protocol, number) \
        case number:        \
                return ROW_##protocol##_##number;

static enum row ethertype_row(uint16_t number) {
        switch (number) {
                ETHERTYPE_ROWS(X)
        default:
                return ROW_NONE;
        }
}

static enum row snap_row(uint16_t number) {
        switch (number) {
                SNAP_ROWS(X)
        default:
                return ROW_NONE;
        }
}

static enum row icmp6_row(uint8_t number) {
        switch (number) {
                ICMP6_ROWS(X)
        default:
                return ROW_NONE;
        }
}

static enum row ip_row(uint8_t number) {
        switch (number) {
                IP_ROWS(X)
        default:
                return ROW_NONE;
        }
}

static enum row udp_row(uint16_t number) {
        switch (number) {
                UDP_ROWS(X)
        default:
                return ROW_NONE;
        }
}

#undef X

/* The lower port is more likely the service's. */
static size_t find_udp_rows(const struct packet *packet, enum row ret[static 2]) {
        size_t n = 0;

        ret[n] = udp_row(MIN(packet->source_port, packet->destination_port));
        n += ret[n] != ROW_NONE;
        if (packet->source_port != packet->destination_port) {
                ret[n] = udp_row(MAX(packet->source_port, packet->destination_port));
                n += ret[n] != ROW_NONE;
        }
        if (n == 0) {
                ret[n++] = ROW_ssdp_reply_0;
                ret[n++] = ROW_dns_anywhere_0;
        }
        return n;
}

/* The rows to try, at most two. Returns how many. */
static size_t find_rows(const struct packet *packet, enum row ret[static 2]) {
        switch (packet->layer) {
        case LAYER_ETHERTYPE:
                ret[0] = ethertype_row(packet->network_type);
                return ret[0] != ROW_NONE;
        case LAYER_LLC_SNAP:
                ret[0] = snap_row(packet->network_type);
                return ret[0] != ROW_NONE;
        case LAYER_ICMP6:
                ret[0] = cursor_left(&packet->payload) > 0 ? icmp6_row(packet->payload.data[0]) : ROW_NONE;
                return ret[0] != ROW_NONE;
        case LAYER_UDP:
                return find_udp_rows(packet, ret);
        case LAYER_TCP:
                ret[0] = ROW_syn_0;
                return (packet->tcp_flags & TCP_SYN) != 0;
        case LAYER_IP:
                ret[0] = ip_row(packet->ip_protocol);
                return ret[0] != ROW_NONE;
        case LAYER_NONE:
        case LAYER_LLC:
        case LAYER_ICMP:
        case _LAYER_MAX:
                break;
        }
        return 0;
}

bool dissectors_may_know_datagram(uint16_t port, uint16_t other, struct cursor payload) {
        return udp_row(port) != ROW_NONE || udp_row(other) != ROW_NONE || ssdp_may_be_reply(payload) ||
               dns_may_be_message(payload);
}

void dissectors_run(const struct packet *packet, const struct fact_sink *sink, struct phrases *phrases,
                    struct dissector_counters *counters) {
        struct emitter emitter; /* its value buffer stays as it is until a fact is said */
        enum row rows[2];
        size_t n;

        if (packet->flags & PACKET_FRAGMENT)
                return;
        n = find_rows(packet, rows);
        for (size_t i = 0; i < n; i++) {
                int r;

                emitter_begin(&emitter, packet, sink);
                emitter.phrases = phrases;
                r = table[rows[i]].dissect(packet, &emitter);
                if (r == 0)
                        continue;
                if (counters) {
                        counters[rows[i]].packets++;
                        counters[rows[i]].facts += emitter.facts;
                        counters[rows[i]].malformed += r < 0;
                }
                return;
        }
}

unsigned dissectors_count_signatures(const struct packet *packet, struct fact *ret) {
        uint16_t flags;
        unsigned n;

        if (packet->layer != LAYER_TCP || !(packet->tcp_flags & TCP_SYN) || packet->flags & PACKET_FRAGMENT)
                return 0;
        n = syn_count_facts(packet, &flags);
        if (n == 0)
                return 0;
        fact_begin(ret, packet);
        ret->flags |= flags;
        return n;
}

void dissectors_pass_signatures(unsigned n, struct dissector_counters *counters) {
        counters[ROW_syn_0].packets++;
        counters[ROW_syn_0].facts += n;
}
