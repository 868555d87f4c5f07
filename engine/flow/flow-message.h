/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

/* ICMP messages that ask and answer make a flow of two directions, known by the type that asks and by their
 * identifier. An answer that is sent to a group is none. */

/* The type that answers, or that asked; -1: messages of this type go one way. */
static inline int flow_message_answer(uint8_t protocol, uint8_t type) {
        static const uint8_t pairs[][3] = {
                { IPPROTO_ICMP, 8, 0 },     /* echo, RFC 792 */
                { IPPROTO_ICMP, 13, 14 },   /* timestamp */
                { IPPROTO_ICMP, 15, 16 },   /* information */
                { IPPROTO_ICMP, 10, 9 },    /* router, RFC 1256 */
                { IPPROTO_ICMP, 17, 18 },   /* address mask, RFC 950 */
                { IPPROTO_ICMPV6, 128, 129 }, /* echo, RFC 4443 */
                { IPPROTO_ICMPV6, 133, 134 }, /* router, RFC 4861 */
                { IPPROTO_ICMPV6, 135, 136 }, /* neighbour */
                { IPPROTO_ICMPV6, 130, 131 }, /* listener, RFC 2710 */
                { IPPROTO_ICMPV6, 139, 140 }, /* node information, RFC 4620 */
                { IPPROTO_ICMPV6, 144, 145 }, /* home agent, RFC 6275 */
        };

        for (unsigned i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
                if (pairs[i][0] != protocol)
                        continue;
                if (pairs[i][1] == type)
                        return pairs[i][2];
                if (pairs[i][2] == type)
                        return pairs[i][1];
        }
        return -1;
}

/* Does it answer? */
static inline bool flow_message_is_answer(uint8_t protocol, uint8_t type) {
        switch (protocol) {
        case IPPROTO_ICMP:
                return type == 0 || type == 14 || type == 16 || type == 9 || type == 18;
        default:
                return type == 129 || type == 134 || type == 136 || type == 131 || type == 140 || type == 145;
        }
}

/* Identifiers stand at the same place in all that have one (RFC 792, RFC 4443 §4.1). */
static inline bool flow_message_has_id(uint8_t protocol, uint8_t type) {
        return protocol == IPPROTO_ICMP ? type == 0 || type == 8 || (type >= 13 && type <= 18)
                                        : type == 128 || type == 129 || (type >= 139 && type <= 140);
}
