/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "engine/proto/dissector.h"

/* Handshakes over UDP: a datagram is recognised by content, whatever the ports, and read by one parser, which may
 * keep a small state for each pair of ends and the pieces of a message that comes in several datagrams. All of it
 * is in tables of a fixed size: of the states in one bucket, and of all unfinished messages, the one that was
 * silent longest makes room. */

struct datagram; /* one that is being read */

/* Room for a parser's state; larger state is a compile error in the parser's file. */
#define DATAGRAM_STATE_SIZE 144

struct datagram_parser {
        const char *name;
        /* <0 (-EBADMSG): malformed, facts said so far stand. 0: not this protocol. 1: read. */
        int (*parse)(struct datagram *d, struct cursor payload, struct emitter *emitter);
};

/* For parsers: the state of the ends, zero to begin with; NULL if there is none and `create` is false. */
void *datagram_state(struct datagram *d, bool create);
/* The side that sent it, 0 or 1; the same for both directions of the same ends. */
unsigned datagram_side(const struct datagram *d);
struct quic_crypt *datagram_quic_crypt(struct datagram *d); /* NULL: libcrypto has none, or memory is short */

/* Longest message that is put together, in bytes, and how long one may take, in ns of packet time. */
#define DATAGRAM_MESSAGE_MAX (16 * 1024)
#define DATAGRAM_MESSAGE_TIME (10 * NSEC_PER_SEC)

/* A message that comes in pieces, in any order. Of bytes that come twice the first copy counts. */
struct datagram_pieces {
        uint32_t ready;   /* bytes from the front that are there */
        uint32_t message; /* the parser's, to tell one from the next; 0 to begin with */
        uint8_t data[DATAGRAM_MESSAGE_MAX];
        uint8_t have[DATAGRAM_MESSAGE_MAX / 8]; /* a bit a byte */
};

/* Those of this side: kept for the next datagram unless dropped. NULL if there are none and `create` is false, or if
 * memory is short. */
struct datagram_pieces *datagram_pieces(struct datagram *d, bool create);
void datagram_pieces_drop(struct datagram *d);
/* -ENOBUFS behind the end. */
int datagram_pieces_put(struct datagram_pieces *p, uint64_t offset, struct cursor data);

#define DATAGRAM_PARSER_MAX 4
const struct datagram_parser *const *datagram_parsers_get(size_t *ret_n);

struct datagram_counters {
        uint64_t states, evicted;          /* ever made; pushed out by newer ones */
        uint64_t unfinished, unfinished_max; /* messages in pieces: now, at most */
        uint64_t dropped;                  /* messages that were never whole */
        struct dissector_counters parsers[DATAGRAM_PARSER_MAX];
};

struct datagram_table;

/* `seed` is what a sender must not know who wants all its states in one bucket. */
int datagram_table_new(struct datagram_table **ret, uint64_t seed);
struct datagram_table *datagram_table_free(struct datagram_table *table);

/* May a parser know these bytes? Any number more may follow. For a caller who has not decoded the packet yet. */
bool datagram_may_be_known(struct cursor payload);
/* Offers a UDP packet (LAYER_UDP) to the parsers. False: none of them knows it. */
bool datagram_table_feed(struct datagram_table *table, const struct packet *packet, const struct fact_sink *sink);
void datagram_table_get_counters(const struct datagram_table *table, struct datagram_counters *ret);

/* The parsers, one file each, in the order in which they are asked. */
#define DATAGRAM_PARSERS(X) X(dtls) X(quic) X(gquic) X(openvpn)

/* Do these bytes look like one of its messages? Called for every datagram: a look at the first bytes. */
#define X(name)                                           \
        bool name##_may_be_datagram(struct cursor payload); \
        extern const struct datagram_parser name##_datagram_parser;
DATAGRAM_PARSERS(X)
#undef X
