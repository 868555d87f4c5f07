/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Names of a flow's parts. */

#include "engine/flow/flow-record.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/macro.h"

const char *flow_end_to_string(enum flow_end end) {
        static const char *const names[_FLOW_END_MAX + 1] = {
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

enum flow_state flow_state_from_string(const char *s) {
        for (int i = 0; i < _FLOW_TCP_STATE_MAX; i++)
                if (strcmp(flow_state_to_string((enum flow_state) i), s) == 0)
                        return (enum flow_state) i;
        return _FLOW_STATE_MAX;
}

static const struct {
        uint8_t protocol;
        const char *name;
} protocols[] = {
        { IPPROTO_TCP, "tcp" },   { IPPROTO_UDP, "udp" },         { IPPROTO_ICMP, "icmp" }, { IPPROTO_ICMPV6, "icmp6" },
        { IPPROTO_IGMP, "igmp" }, { IPPROTO_UDPLITE, "udplite" }, { IPPROTO_GRE, "gre" },   { IPPROTO_ESP, "esp" },
        { IPPROTO_SCTP, "sctp" }, { 89, "ospf" },                 { 112, "vrrp" },
};

const char *flow_protocol_to_string(uint8_t protocol, char buffer[static 4]) {
        for (size_t i = 0; i < ELEMENTSOF(protocols); i++)
                if (protocols[i].protocol == protocol)
                        return protocols[i].name;
        snprintf(buffer, 4, "%u", protocol);
        return buffer;
}

int flow_protocol_from_string(const char *s, uint8_t *ret) {
        unsigned long number;
        char *end;

        for (size_t i = 0; i < ELEMENTSOF(protocols); i++)
                if (strcmp(protocols[i].name, s) == 0) {
                        *ret = protocols[i].protocol;
                        return 0;
                }
        if (s[0] < '0' || s[0] > '9')
                return -EINVAL;
        errno = 0;
        number = strtoul(s, &end, 10);
        if (errno || *end || number > UINT8_MAX)
                return -EINVAL;
        *ret = (uint8_t) number;
        return 0;
}
