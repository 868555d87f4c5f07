/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Names of a flow's parts. */

#include "engine/flow/flow-record.h"

#include <netinet/in.h>
#include <stdio.h>

#include "common/macro.h"

const char *flow_end_to_string(enum flow_end end) {
        static const char *const names[] = {
                [FLOW_END_FIN] = "fin",         [FLOW_END_RST] = "rst",       [FLOW_END_IDLE] = "idle",
                [FLOW_END_EVICTED] = "evicted", [FLOW_END_REUSED] = "reused", [FLOW_END_CAPTURE] = "capture_end",
        };

        return names[end];
}

const char *flow_state_to_string(enum flow_state state) {
        static const char *const names[_FLOW_STATE_MAX] = {
                [FLOW_UNKNOWN] = "unknown",         [FLOW_SYN_SENT] = "syn_sent", [FLOW_SYN_ACK] = "syn_ack",
                [FLOW_ESTABLISHED] = "established", [FLOW_FIN_WAIT] = "fin_wait", [FLOW_CLOSING] = "closing",
                [FLOW_CLOSED] = "closed",           [FLOW_RESET] = "reset",
        };

        return names[state];
}

const char *flow_protocol_to_string(uint8_t protocol, char buffer[static 4]) {
        static const struct {
                uint8_t protocol;
                const char *name;
        } names[] = {
                { IPPROTO_TCP, "tcp" },   { IPPROTO_UDP, "udp" },           { IPPROTO_ICMP, "icmp" }, { IPPROTO_ICMPV6, "icmp6" },
                { IPPROTO_IGMP, "igmp" }, { IPPROTO_UDPLITE, "udplite" },   { IPPROTO_GRE, "gre" },   { IPPROTO_ESP, "esp" },
                { IPPROTO_SCTP, "sctp" }, { 89, "ospf" },                   { 112, "vrrp" },
        };

        for (size_t i = 0; i < ELEMENTSOF(names); i++)
                if (names[i].protocol == protocol)
                        return names[i].name;
        snprintf(buffer, 4, "%u", protocol);
        return buffer;
}
