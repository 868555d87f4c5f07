/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The control channel of OpenVPN 2, over UDP and TCP: TLS, cut into numbered packets that are acknowledged and sent again
 * (draft-openvpn-wire-protocol §2). It is in the clear, with or without the digest of --tls-auth in each packet, whose
 * length shows in the first one; --tls-crypt leaves nothing to read. */

#include <errno.h>

#include "common/macro.h"
#include "engine/proto/datagram.h"
#include "engine/proto/session.h"
#include "engine/proto/tls-flight.h"

enum openvpn_opcode {
        HARD_RESET_CLIENT_V1 = 1,
        HARD_RESET_SERVER_V1 = 2,
        CONTROL_V1 = 4,
        ACK_V1 = 5,
        DATA_V1 = 6,
        HARD_RESET_CLIENT_V2 = 7,
        HARD_RESET_SERVER_V2 = 8,
        DATA_V2 = 9,
};

#define SESSION_ID 8
#define PACKET_MIN (1 + SESSION_ID + 1 + 4) /* of a reset: opcode, session, no acknowledgements, number */
#define ACKS_MAX 8

/* A digest and the number and time against replays behind it; 0: none. Of MD5, SHA-1, SHA-224, SHA-256, SHA-384, SHA-512. */
static const uint8_t guards[] = { 0, 16 + 8, 20 + 8, 28 + 8, 32 + 8, 48 + 8, 64 + 8 };

struct control {
        uint8_t opcode, key;
        uint32_t number;
        struct cursor data;
};

static bool read_control(struct cursor packet, size_t guard, struct control *ret) {
        uint8_t first, acks;

        if (!cursor_u8(&packet, &first) || !cursor_skip(&packet, SESSION_ID + guard) || !cursor_u8(&packet, &acks) ||
            acks > ACKS_MAX || !cursor_skip(&packet, acks > 0 ? (size_t) acks * 4 + SESSION_ID : 0))
                return false;
        *ret = (struct control) { .opcode = first >> 3, .key = first & 7 };
        if (ret->opcode != ACK_V1 && !cursor_be32(&packet, &ret->number))
                return false;
        ret->data = packet;
        return true;
}

/* Opcode and key, which is the first one, number 0. */
static bool is_reset_start(uint8_t first) {
        uint8_t opcode = first >> 3;

        return (first & 7) == 0 && (opcode == HARD_RESET_CLIENT_V1 || opcode == HARD_RESET_SERVER_V1 ||
                                    opcode == HARD_RESET_CLIENT_V2 || opcode == HARD_RESET_SERVER_V2);
}

/* The packet that begins a side's part of a connection has nothing behind its number, which is 0: that fits one length of
 * guard. -EBADMSG: no such packet. */
static int find_guard(struct cursor packet) {
        struct control control;

        if (cursor_left(&packet) < PACKET_MIN || !is_reset_start(packet.data[0]))
                return -EBADMSG;
        for (size_t i = 0; i < ELEMENTSOF(guards); i++)
                if (read_control(packet, guards[i], &control) && control.number == 0 && cursor_left(&control.data) == 0)
                        return guards[i];
        return -EBADMSG;
}

/* Over TCP, each packet has its length in front. */

struct openvpn_state {
        bool known;      /* the guard */
        uint8_t guard;
        bool begun[2];
        uint8_t said[2]; /* messages, by side */
};

_Static_assert(sizeof(struct openvpn_state) <= SESSION_STATE_SIZE, "openvpn_state does not fit into a session");

/* Does such a packet have this length? That of a server acknowledges the client's. */
static bool is_reset_length(size_t length) {
        for (size_t i = 0; i < ELEMENTSOF(guards); i++)
                if (length == PACKET_MIN + guards[i] || length == PACKET_MIN + guards[i] + 4 + SESSION_ID)
                        return true;
        return false;
}

static int recognise_session(const struct session *session _unused_, struct cursor data) {
        struct cursor packet;
        uint16_t length;

        if (cursor_left(&data) > 0 && data.data[0] != 0)
                return -1;
        if (!cursor_be16(&data, &length))
                return 0;
        if (!is_reset_length(length) || (cursor_left(&data) > 0 && !is_reset_start(data.data[0])))
                return -1;
        if (!cursor_take(&data, length, &packet))
                return 0;
        return find_guard(packet) >= 0 ? 1 : -1;
}

struct records {
        uint8_t bytes[TLS_FLIGHT_MAX];
        size_t n;
};

/* 1 where tunnelled data follow, 0, or -EBADMSG. */
static int take_packet(struct openvpn_state *s, struct cursor packet, struct records *records) {
        struct control control;
        int guard;

        if (!s->known) {
                guard = find_guard(packet);
                if (guard < 0)
                        return guard;
                s->guard = (uint8_t) guard;
                s->known = true;
        }
        if (cursor_left(&packet) > 0 && (packet.data[0] >> 3 == DATA_V1 || packet.data[0] >> 3 == DATA_V2))
                return 1;
        if (!read_control(packet, s->guard, &control))
                return -EBADMSG;
        if (control.opcode != CONTROL_V1 || control.key != 0)
                return 0;
        memcpy(records->bytes + records->n, control.data.data, cursor_left(&control.data));
        records->n += cursor_left(&control.data);
        return 0;
}

/* Leaves all bytes where they are: a handshake takes a few thousand, and is read anew with each packet. */
static int parse_session(struct session *session, unsigned side, struct cursor data, bool fresh, struct emitter *e,
                         size_t *ret_done _unused_) {
        struct openvpn_state *s = session_state(session);
        struct cursor c = data, packet;
        struct records records;
        uint16_t length;
        int r = 0, sealed;

        if ((fresh && s->begun[side]) || cursor_left(&data) > sizeof records.bytes)
                return -ENOBUFS;
        s->begun[side] = true;
        records.n = 0;
        while (r == 0 && cursor_be16(&c, &length)) {
                if (!cursor_take(&c, length, &packet)) {
                        session_want(session, side, (uint32_t) (c.data - data.data) + length);
                        break;
                }
                r = take_packet(s, packet, &records);
        }
        if (r < 0)
                return r;
        sealed = tls_flight_emit(cursor_make(records.bytes, records.n), &s->said[side], e);
        if (sealed < 0)
                return sealed;
        return r > 0 || sealed > 0 ? SESSION_DONE : SESSION_MORE;
}

const struct session_parser openvpn_session_parser = { "openvpn-tcp", recognise_session, parse_session, NULL };

/* Over UDP, one packet a datagram. What comes too early is left: the sender says it again, or all is lost. */

struct openvpn_ends {
        uint8_t guard;
        bool done[2];
        uint8_t said[2];
        uint32_t next[2]; /* number of the packet that is waited for */
};

_Static_assert(sizeof(struct openvpn_ends) <= DATAGRAM_STATE_SIZE, "openvpn_ends does not fit");

bool openvpn_may_be_datagram(struct cursor payload) {
        if (cursor_left(&payload) < PACKET_MIN)
                return false;
        return is_reset_start(payload.data[0]) || payload.data[0] == CONTROL_V1 << 3 || payload.data[0] == ACK_V1 << 3;
}

static int take_data(struct datagram *d, struct openvpn_ends *s, struct cursor data, struct emitter *e) {
        struct datagram_pieces *p = datagram_pieces(d, true);
        unsigned side = datagram_side(d);
        int r;

        if (!p)
                return -ENOMEM;
        r = datagram_pieces_put(p, p->ready, data);
        if (r >= 0)
                r = tls_flight_emit(cursor_make(p->data, p->ready), &s->said[side], e);
        if (r != 0) {
                s->done[side] = true;
                datagram_pieces_drop(d);
        }
        return r < 0 ? r : 1;
}

/* One that is sent again begins nothing. */
static int take_reset(struct datagram *d, struct openvpn_ends *s, int guard) {
        unsigned side = datagram_side(d);

        if (s && s->guard == guard && s->next[side] == 1)
                return 1;
        s = s ?: datagram_state(d, true);
        s->guard = (uint8_t) guard;
        s->done[side] = false;
        s->said[side] = 0;
        s->next[side] = 1;
        datagram_pieces_drop(d);
        return 1;
}

static int parse_datagram(struct datagram *d, struct cursor payload, struct emitter *e) {
        struct openvpn_ends *s = datagram_state(d, false);
        unsigned side = datagram_side(d);
        struct control control;
        int guard = find_guard(payload);

        if (guard >= 0)
                return take_reset(d, s, guard);
        if (!s)
                return 0;
        if (!read_control(payload, s->guard, &control))
                return -EBADMSG;
        if (control.opcode != CONTROL_V1 || s->done[side] || control.number != s->next[side])
                return 1;
        s->next[side]++;
        return take_data(d, s, control.data, e);
}

const struct datagram_parser openvpn_datagram_parser = { "openvpn-udp", parse_datagram };
