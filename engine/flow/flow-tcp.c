/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The states of a TCP connection (RFC 9293 §3.3.2) as someone between its ends can know them: by flags alone, so that
 * cut or missing segments lead it astray as little as possible. */

#include "engine/flow/flow-tcp.h"

static enum flow_state after_syn(const struct flow_tcp_step *s) {
        if (!(s->tcp_flags & TCP_ACK))
                return s->state == FLOW_UNKNOWN ? FLOW_SYN_SENT : s->state;
        return s->state == FLOW_UNKNOWN || s->state == FLOW_SYN_SENT ? FLOW_SYN_ACK : s->state;
}

/* Without SYN, FIN or RST. */
static enum flow_state after_acknowledgement(const struct flow_tcp_step *s) {
        switch (s->state) {
        case FLOW_UNKNOWN:
                return s->answered ? FLOW_ESTABLISHED : FLOW_UNKNOWN;
        case FLOW_SYN_SENT: /* the SYN+ACK went another way, or was lost to the capture */
                return s->tcp_flags & TCP_ACK ? FLOW_ESTABLISHED : FLOW_SYN_SENT;
        case FLOW_SYN_ACK:
                return s->tcp_flags & TCP_ACK && s->from_initiator ? FLOW_ESTABLISHED : FLOW_SYN_ACK;
        case FLOW_CLOSING:
                return s->tcp_flags & TCP_ACK && s->closes_last ? FLOW_CLOSED : FLOW_CLOSING;
        case FLOW_ESTABLISHED:
        case FLOW_FIN_WAIT:
        case FLOW_CLOSED:
        case FLOW_RESET:
        case FLOW_DATAGRAMS:
        case FLOW_MESSAGES:
        case _FLOW_STATE_MAX:
                break;
        }
        return s->state;
}

/* `closes_last` says here that the other side had its FIN out before. */
static enum flow_state after_fin(const struct flow_tcp_step *s) {
        if (s->state == FLOW_CLOSED || s->state == FLOW_RESET || s->state == FLOW_CLOSING)
                return s->state;
        return s->closes_last ? FLOW_CLOSING : FLOW_FIN_WAIT;
}

enum flow_state flow_tcp_next_state(const struct flow_tcp_step *s) {
        if (s->tcp_flags & TCP_RST)
                return s->state == FLOW_CLOSED ? FLOW_CLOSED : FLOW_RESET;
        if (s->tcp_flags & TCP_SYN)
                return after_syn(s);
        if (s->tcp_flags & TCP_FIN)
                return after_fin(s);
        return after_acknowledgement(s);
}
