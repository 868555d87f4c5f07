/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Flows as Suricata tells them: its names for states and reasons, and flags of TCP one by one. */

#include "daemon/eve-flow.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>

#include "common/json-text.h"
#include "daemon/eve-head.h"

static const char *flow_state_name(const struct flow_record *r) {
        if (r->state == FLOW_CLOSED || r->state == FLOW_RESET)
                return "closed";
        if (r->protocol == IPPROTO_TCP)
                return r->state == FLOW_SYN_SENT || r->state == FLOW_SYN_ACK ? "new" : "established";
        return r->directions[0].packets > 0 && r->directions[1].packets > 0 ? "established" : "new";
}

static const char *flow_reason_name(const struct flow_record *r) {
        switch (r->end) {
        case FLOW_END_EVICTED:
                return "forced";
        case FLOW_END_CAPTURE:
                return "shutdown";
        case FLOW_END_REUSED:
                return "tcp_reuse";
        case FLOW_END_FIN:
        case FLOW_END_RST:
        case FLOW_END_IDLE:
        case _FLOW_END_MAX:
                break;
        }
        return "timeout";
}

struct json_object *eve_flow_object(const struct flow_record *r) {
        _cleanup_(json_putp) struct json_object *o = json_object_new_object();

        if (!o || eve_add_number(o, "pkts_toserver", r->directions[0].packets) < 0 ||
            eve_add_number(o, "pkts_toclient", r->directions[1].packets) < 0 ||
            eve_add_number(o, "bytes_toserver", r->directions[0].bytes) < 0 ||
            eve_add_number(o, "bytes_toclient", r->directions[1].bytes) < 0 || eve_add_timestamp(o, "start", r->first) < 0 ||
            eve_add_timestamp(o, "end", r->last) < 0 ||
            eve_add_number(o, "age", r->last / NSEC_PER_SEC - r->first / NSEC_PER_SEC) < 0 ||
            json_add_text(o, "state", flow_state_name(r)) < 0 || json_add_text(o, "reason", flow_reason_name(r)) < 0)
                return NULL;
        return TAKE_PTR(o);
}

static const char *tcp_state_name(enum flow_state state) {
        switch (state) {
        case FLOW_SYN_SENT:
                return "syn_sent";
        case FLOW_SYN_ACK:
                return "syn_recv";
        case FLOW_ESTABLISHED:
                return "established";
        case FLOW_FIN_WAIT:
                return "fin_wait1";
        case FLOW_CLOSING:
                return "closing";
        case FLOW_CLOSED:
        case FLOW_RESET:
                return "closed";
        case FLOW_UNKNOWN:
        case FLOW_DATAGRAMS:
        case FLOW_MESSAGES:
        case _FLOW_STATE_MAX:
                break;
        }
        return "none";
}

static int add_flags(struct json_object *o, const char *key, uint8_t flags) {
        char text[8];

        snprintf(text, sizeof text, "%02x", flags);
        return json_add_text(o, key, text);
}

struct json_object *eve_flow_tcp_object(const struct flow_record *r) {
        static const char *const names[] = { "fin", "syn", "rst", "psh", "ack", "urg", "ecn", "cwr" };
        uint8_t there = r->directions[0].tcp_flags, back = r->directions[1].tcp_flags;
        _cleanup_(json_putp) struct json_object *o = json_object_new_object();

        if (!o || add_flags(o, "tcp_flags", there | back) < 0 || add_flags(o, "tcp_flags_ts", there) < 0 ||
            add_flags(o, "tcp_flags_tc", back) < 0)
                return NULL;
        for (unsigned i = 0; i < ELEMENTSOF(names); i++)
                if ((there | back) >> i & 1 && json_add(o, names[i], json_object_new_boolean(true)) < 0)
                        return NULL;
        if (json_add_text(o, "state", tcp_state_name(r->state)) < 0)
                return NULL;
        return TAKE_PTR(o);
}

int eve_flow_add_own(struct json_object *o, const struct flow_record *r, const char *name) {
        if (json_add_text(o, "end", flow_end_to_string(r->end)) < 0 || (name && json_add_text(o, "dest_name", name) < 0))
                return -ENOMEM;
        if (*r->history && json_add_text(o, "history", r->history) < 0)
                return -ENOMEM;
        if (r->rtt.samples > 0 && eve_add_number(o, "rtt_us", r->rtt.average / NSEC_PER_USEC) < 0)
                return -ENOMEM;
        if (!r->analysed)
                return 0;
        return eve_add_number(o, "retransmissions",
                          (uint64_t) r->directions[0].retransmissions + r->directions[1].retransmissions);
}
