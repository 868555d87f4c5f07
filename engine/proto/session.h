/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "engine/packet/stream.h"
#include "engine/proto/dissector.h"

/* TCP connections as far as dissectors need them: each is recognised by its first bytes (not by its ports) and
 * read by one parser, which sees the bytes of each direction in order and says facts. A parser that meets
 * nonsense is retired for that direction. The table has a fixed size; the connection that was silent longest
 * makes room. */

struct session;

/* Room for a parser's state in a session; larger state is a compile error in the parser's file. */
#define SESSION_STATE_SIZE 96

enum session_result {
        SESSION_MORE = 0, /* *ret_done bytes are read; call again with more */
        SESSION_DONE = 1, /* nothing more of interest in this direction */
        SESSION_OVER = 2, /* nor in the other */
        /* -EBADMSG: nonsense; -ENOBUFS: a message longer than is kept */
};

struct session_parser {
        const char *name;
        /* Do these first bytes of a direction, or of what follows a hole, begin one of its messages? 1 yes, 0
         * too few to tell, -1 no. */
        int (*recognise)(const struct session *session, struct cursor data);
        /* Reads from the front of `data`; `fresh`: bytes right before them were not seen. `side` is 0 or 1. The
         * emitter is set to the sender. */
        int (*parse)(struct session *session, unsigned side, struct cursor data, bool fresh, struct emitter *emitter,
                     size_t *ret_done);
        /* What parse() left, behind which bytes are missing: lost, or cut off by a snapshot length. Says what of the
         * message is certain without the rest; parse() then goes on behind the hole. NULL: nothing. */
        void (*cut)(struct session *session, unsigned side, struct cursor data, struct emitter *emitter);
};

/* For parsers. */
void *session_state(struct session *session);      /* SESSION_STATE_SIZE bytes, zero to begin with, 8-aligned */
/* The side that opened the connection, from its SYN or from what the parser told; -1 unknown. */
int session_client(const struct session *session);
void session_set_client(struct session *session, unsigned side);
uint16_t session_port(const struct session *session, unsigned side); /* host order */
void session_skip(struct session *session, unsigned side, uint64_t n);  /* see stream_skip() */
void session_want(struct session *session, unsigned side, uint32_t n);  /* see stream_want() */
/* What follows is of another protocol (STARTTLS, CONNECT): look again. */
void session_recognise_again(struct session *session);

#define SESSION_PARSER_MAX 8
const struct session_parser *const *session_parsers_get(size_t *ret_n);

/* Why a direction is read no further. */
enum session_end {
        SESSION_END_DONE,      /* nothing more of interest */
        SESSION_END_MALFORMED, /* nonsense */
        SESSION_END_TOO_LONG,  /* a message longer than is kept */
        SESSION_END_FAILED,    /* no memory, libcrypto */
        SESSION_END_UNKNOWN,   /* no parser knew its first bytes */
        SESSION_END_LIMIT,     /* read up to session_table_limit() */
        _SESSION_END_MAX,
};

const char *session_end_to_string(enum session_end end) __attribute__((const));

struct session_counters {
        uint64_t sessions, evicted; /* ever made; pushed out by newer ones */
        uint64_t live, live_max, live_limit;
        uint64_t ended[_SESSION_END_MAX]; /* directions, by enum session_end */
        uint64_t buffered, buffered_max, buffer_refused, holes; /* bytes, bytes, times, times */
        uint64_t stream_full;       /* times that one stream held all that one may */
        uint64_t buffered_limit;    /* bytes */
        struct dissector_counters parsers[SESSION_PARSER_MAX]; /* packets: directions begun; malformed: retired */
};

struct session_table;

/* max_sessions is rounded up to a power of two; buffer_limit in bytes for all streams together; `seed` is what a
 * sender must not know who wants all its connections in one bucket. */
int session_table_new(struct session_table **ret, uint32_t max_sessions, size_t buffer_limit, uint64_t seed);
struct session_table *session_table_free(struct session_table *table);

struct flow_observation; /* whose hash was made with the same seed */
/* Would session_table_feed() have nothing to do with this segment? For a caller who has not decoded it yet. */
bool session_table_is_settled(struct session_table *table, const struct flow_observation *o);
/* The same for data in the middle of a connection, which that must not know: may be of a body that its parser passes over. */
bool session_table_pass(struct session_table *table, const struct flow_observation *o);
/* The segment will be given to session_table_feed(): what that looks at comes in meanwhile. Of a SYN: of others it is there. */
void session_table_fetch(const struct session_table *table, const struct flow_observation *o);
/* The same for most segments, without a call: session-wanted.h. */
struct session_wanted;
const struct session_wanted *session_table_wanted(const struct session_table *table);
/* Takes a TCP packet (LAYER_TCP). */
void session_table_feed(struct session_table *table, const struct packet *packet, const struct fact_sink *sink);
/* End of the capture: what waits behind holes is read. */
void session_table_finish(struct session_table *table, const struct fact_sink *sink);
/* Of each direction only the first `bytes` after its SYN (or after the first segment that was seen) are read; 0: all.
 * For live traffic, where a backend copies no more. What counts is the place in the stream, so that segments which
 * come again, or joined by the network card, change nothing. */
void session_table_limit(struct session_table *table, uint32_t bytes);
void session_table_get_counters(const struct session_table *table, struct session_counters *ret);

/* The parsers, one file each. */
extern const struct session_parser http_parser, dns_parser, ssh_parser, tls_parser, openvpn_session_parser;
