/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* One TCP signature as p0f 3 writes it (its README, section 5):
 *
 *   version:ttl:header options:mss:window,scale:options:quirks:payload
 *
 * the same for what is known and for what was seen, where nothing is left open. */

#define OS_SIGNATURE_OPTIONS_MAX 40 /* RFC 9293 §3.1: the options of a header are no longer */

enum os_window {
        OS_WINDOW_ANY,
        OS_WINDOW_EXACT,
        OS_WINDOW_MULTIPLE, /* of a number */
        OS_WINDOW_MSS,      /* times the MSS */
        OS_WINDOW_MTU,      /* times the MTU */
};

enum os_quirk {
        OS_QUIRK_DF = 1 << 0,          /* df: IPv4 must not be fragmented */
        OS_QUIRK_ID_SET = 1 << 1,      /* id+: and has an identification nevertheless */
        OS_QUIRK_ID_ZERO = 1 << 2,     /* id-: may be fragmented, and has none */
        OS_QUIRK_ECN = 1 << 3,         /* ecn */
        OS_QUIRK_RESERVED = 1 << 4,    /* 0+: IPv4's reserved bit is set */
        OS_QUIRK_FLOW = 1 << 5,        /* flow: IPv6 flow label */
        OS_QUIRK_SEQ_ZERO = 1 << 6,    /* seq- */
        OS_QUIRK_ACK_SET = 1 << 7,     /* ack+: without the flag */
        OS_QUIRK_ACK_ZERO = 1 << 8,    /* ack-: with the flag */
        OS_QUIRK_URGENT_SET = 1 << 9,  /* uptr+: without the flag */
        OS_QUIRK_URGENT = 1 << 10,     /* urgf+ */
        OS_QUIRK_PUSH = 1 << 11,       /* pushf+ */
        OS_QUIRK_STAMP_ZERO = 1 << 12, /* ts1-: its own */
        OS_QUIRK_STAMP_PEER = 1 << 13, /* ts2+: the peer's, in a SYN */
        OS_QUIRK_PADDING = 1 << 14,    /* opt+: behind the end of the options is something */
        OS_QUIRK_SCALE = 1 << 15,      /* exws: over 14 (RFC 7323 §2.3) */
        OS_QUIRK_BAD = 1 << 16,        /* bad: options that cannot be read */
};

enum os_payload { OS_PAYLOAD_NONE, OS_PAYLOAD_SOME, OS_PAYLOAD_ANY };

struct os_signature {
        uint8_t version; /* 4, 6; 0 any */
        uint8_t ttl;
        bool ttl_random; /* any up to ttl */
        uint8_t header_options; /* bytes, of IPv4 */
        int32_t mss;            /* -1 any */
        enum os_window window_type;
        uint16_t window;
        int16_t scale;          /* -1 any */
        uint32_t quirks;        /* enum os_quirk */
        enum os_payload payload;
        uint8_t padding;        /* bytes behind the end of the options */
        uint8_t n_options;
        uint8_t options[OS_SIGNATURE_OPTIONS_MAX]; /* kinds, in order */
};

/* -EINVAL: no signature, or nothing that a packet can have. */
int os_signature_parse(const char *text, struct os_signature *ret);
/* Nothing is left open: a packet may have sent it. */
bool os_signature_is_observed(const struct os_signature *s);
