/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/address.h"

/* What is known of one flow: plain data, complete in itself. A flow is one conversation of two endpoints, in both
 * directions; [0] is what the initiator sent, [1] what it got. */

enum flow_state {
        FLOW_UNKNOWN,      /* TCP without a handshake, seen from one side only */
        FLOW_SYN_SENT,
        FLOW_SYN_ACK,
        FLOW_ESTABLISHED,  /* handshake done; or traffic both ways of a connection that was open before */
        FLOW_FIN_WAIT,     /* one side is done */
        FLOW_CLOSING,      /* both are, the last acknowledgement is due */
        FLOW_CLOSED,
        FLOW_RESET,
        _FLOW_TCP_STATE_MAX,
        /* Other protocols have no states; these say which idle timeout holds. */
        FLOW_DATAGRAMS = _FLOW_TCP_STATE_MAX,
        FLOW_MESSAGES,     /* ICMP */
        _FLOW_STATE_MAX,
};

enum flow_end {
        FLOW_END_FIN,
        FLOW_END_RST,
        FLOW_END_IDLE,
        FLOW_END_EVICTED, /* to make room */
        FLOW_END_REUSED,  /* the ports were taken for a new connection while this one seemed open */
        FLOW_END_CAPTURE, /* the capture ended before the flow did */
        _FLOW_END_MAX,    /* also of a record of a flow that has not ended */
};

#define FLOW_HISTORY_MAX 18 /* ^, eight letters in two sizes, NUL */

struct flow_endpoint {
        struct ip_address ip;
        uint16_t port;          /* of ICMP: [0] the type, [1] the identifier, or the code where there is none */
        struct mac_address mac; /* of the frame; zero where it has none, or not of this endpoint (tunnels, unspecified addresses) */
};

struct flow_direction {
        uint64_t packets, bytes; /* frames as long as they were on the wire, without FCS */
        uint64_t first, last;    /* ns since the epoch; 0: nothing went this way */
        uint16_t shortest, longest; /* frames; 65535 is that or more */
        uint8_t tcp_flags;       /* all that were seen (enum tcp_flag) */
        /* Times between packets; their sum is last - first. Without the analysis all zero. */
        uint64_t pause_squares;    /* sum of squares, us^2; UINT64_MAX: too large, or not known (counted in the kernel) */
        uint64_t pause_longest;    /* ns */
        /* TCP analysis; all zero without it */
        uint32_t retransmissions, out_of_order, duplicate_acks, zero_windows;
};

/* Round trips between where the capture was taken and the responder, in ns. */
struct flow_rtt {
        uint64_t handshake; /* SYN to the handshake's last ACK, so to both ends and back; 0: not seen */
        uint64_t responder; /* SYN to SYN+ACK, to the responder and back; 0: not seen */
        uint64_t initiator; /* SYN+ACK to ACK, to the initiator and back; 0: not seen */
        uint64_t last, minimum, average; /* average: EWMA with a gain of 1/8, RFC 6298 §2 */
        uint32_t samples;
};

/* Round trips that were timed elsewhere; in ns. */
struct flow_trips {
        uint64_t last, minimum;
        uint64_t average; /* what the moving average came to */
        uint64_t before;  /* where it stood before; of the first ones the first of them */
        uint32_t samples; /* 0: the others say nothing */
        uint32_t total;   /* samples that the average is of: these, and those that were told before by the same counter */
};

struct flow_record {
        struct flow_endpoint endpoints[2]; /* [0] is the initiator; of TCP without a SYN the sender of the first packet */
        struct flow_direction directions[2];
        struct flow_rtt rtt;
        uint64_t first, last; /* ns since the epoch */
        uint32_t number;      /* in its table: of flows at one time, no two have the same */
        uint16_t vlan, inner_vlan; /* 0: none */
        uint8_t protocol;     /* IP protocol number */
        enum flow_state state;
        enum flow_end end;
        bool initiator_known;
        bool analysed;        /* TCP, with the analysis on */
        bool pauses_known;      /* with the analysis on, and all packets seen one by one */
        /* Zeek's letters in the order in which they first happened, small ones for the responder: S SYN, H SYN+ACK, A bare
         * ACK, D data, F FIN, R RST, T sent again or late, W zero window; each once. ^ in front when the first packet
         * came from the responder. */
        char history[FLOW_HISTORY_MAX];
};

/* Of the record of a flow what those need who add up all flows. */
struct flow_summary {
        struct flow_endpoint endpoints[2];
        uint64_t bytes[2]; /* of each direction */
        uint64_t last;
        uint8_t protocol;
};

const char *flow_end_to_string(enum flow_end end); /* NULL for what has not ended */
const char *flow_state_to_string(enum flow_state state); /* NULL for what is not TCP */
enum flow_state flow_state_from_string(const char *s);   /* _FLOW_STATE_MAX: there is none */
/* "tcp", or the number where the protocol has no short name. `buffer` holds at least 4 bytes. */
const char *flow_protocol_to_string(uint8_t protocol, char buffer[static 4]);
/* A name or a number; -EINVAL. */
int flow_protocol_from_string(const char *s, uint8_t *ret);

/* The Community ID, version 1 with seed 0 (https://github.com/corelight/community-id-spec): "1:" and 28 letters. -EIO:
 * libcrypto refuses SHA-1, which the first call finds out. */
#define FLOW_COMMUNITY_ID_MAX sizeof("1:0123456789012345678901234567")
struct flow_hasher;
int flow_hasher_new(struct flow_hasher **ret);
struct flow_hasher *flow_hasher_free(struct flow_hasher *hasher);
int flow_community_id(struct flow_hasher *hasher, const struct flow_record *record, char ret[static FLOW_COMMUNITY_ID_MAX]);
