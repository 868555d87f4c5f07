/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* TCP connections for dissectors. Owns the table and the streams' bytes; who reads them is found by content.
 * Keeps nothing of a connection that has not carried data, so that a SYN flood costs it nothing. */

#include "engine/proto/session.h"

#include <endian.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "common/macro.h"
#include "engine/flow/flow-hash.h"
#include "engine/proto/certificate-memo.h"
#include "engine/proto/digester.h"
#include "engine/proto/phrases.h"
#include "engine/proto/session-wanted.h"

/* Bytes that a direction may show before it is given up: a mail server greets and lists a dozen extensions before
 * STARTTLS. What is no text changes to a known protocol within its first messages (SOCKS, MySQL, RDP), or never. Only
 * bytes count, never how they were cut into segments, which network cards join as they like. */
#define SESSION_TEXT_BYTES (16 * 1024)
#define SESSION_BINARY_BYTES 1024
/* Longest line of a text protocol that is stepped over as one. */
#define SESSION_LINE_MAX 1024
/* First sequence numbers of recent connections, by hash. Overwritten freely: without one the first segment seen
 * is taken for the first sent. */
#define SYN_SLOTS 4096

struct session_side {
        struct stream stream;
        struct mac_address mac; /* of the sender's frames */
        uint16_t fact_flags;    /* FACT_HAS_MAC, FACT_TUNNELLED */
        uint8_t hop_limit;
        uint16_t text_bytes, binary_bytes; /* of an unknown protocol */
        uint32_t first;         /* sequence number of the first byte, once it has begun */
        uint32_t end;           /* and behind the last, once it was told */
        bool done, counted, begun, limited, ended;
};

struct session {
        uint64_t hash; /* of the ends; it has 64 bits and a secret, so that it tells connections apart by itself */
        struct ip_address address[2]; /* the lesser end first */
        uint16_t port[2];
        uint16_t vlan;
        struct session *next_in_bucket;
        struct session *newer, *older;
        const struct session_parser *parser;
        unsigned parser_index;
        int8_t client;
        bool reset;
        struct session_side side[2];
        uint64_t state[SESSION_STATE_SIZE / 8];
};

struct syn_slot {
        uint64_t hash;
        uint32_t first[2]; /* sequence number of the first byte of data */
        bool have[2];
        int8_t client;
};

struct session_table {
        struct session **buckets;
        struct session *sessions; /* max_sessions of them; used from the front, then by eviction */
        struct session *newest, *oldest, *free;
        uint32_t mask, max_sessions, n_used;
        uint32_t bytes_max; /* of a direction; 0 all */
        struct stream_budget budget;
        struct digester *digester;
        struct phrases *phrases;
        struct certificate_memo *certificates;
        struct session_counters counters;
        struct syn_slot syn[SYN_SLOTS];
        struct session_wanted wanted;
        struct flow_hash_secret secret;
};

static const struct session_parser *const parsers[] = { &http_parser, &tls_parser, &ssh_parser, &dns_parser,
                                                       &openvpn_session_parser };

_Static_assert(ELEMENTSOF(parsers) <= SESSION_PARSER_MAX, "session_counters has too few");

const struct session_parser *const *session_parsers_get(size_t *ret_n) {
        *ret_n = ELEMENTSOF(parsers);
        return parsers;
}

const char *session_end_to_string(enum session_end end) {
        static const char *const names[_SESSION_END_MAX] = { "done", "malformed", "too_long", "failed", "unknown", "limit" };

        return names[end];
}

void *session_state(struct session *session) {
        return session->state;
}

int session_client(const struct session *session) {
        return session->client;
}

void session_set_client(struct session *session, unsigned side) {
        session->client = (int8_t) side;
}

uint16_t session_port(const struct session *session, unsigned side) {
        return session->port[side];
}

void session_skip(struct session *session, unsigned side, uint64_t n) {
        stream_skip(&session->side[side].stream, n);
}

void session_want(struct session *session, unsigned side, uint32_t n) {
        stream_want(&session->side[side].stream, n);
}

void session_recognise_again(struct session *session) {
        session->parser = NULL;
        memset(session->state, 0, sizeof session->state);
        for (unsigned i = 0; i < 2; i++) {
                session->side[i].done = session->side[i].counted = false;
                session->side[i].text_bytes = session->side[i].binary_bytes = 0;
        }
}

int session_table_new(struct session_table **ret, uint32_t max_sessions, size_t buffer_limit, uint64_t seed) {
        struct session_table *t = calloc(1, sizeof *t);
        uint32_t n = 16;

        if (!t)
                return -ENOMEM;
        while (n < max_sessions && n < UINT32_C(1) << 20)
                n *= 2;
        t->mask = n - 1;
        t->max_sessions = n;
        t->budget.limit = buffer_limit;
        t->secret = flow_hash_secret_make(seed);
        t->buckets = calloc(n, sizeof *t->buckets);
        /* Not touched until used: an idle LAN pays for the sessions that it has. */
        t->sessions = calloc(n, sizeof *t->sessions);
        if (!t->buckets || !t->sessions || digester_new(&t->digester, seed) < 0 ||
            phrases_new(&t->phrases, seed) < 0 || certificate_memo_new(&t->certificates, seed) < 0) {
                session_table_free(t);
                return -ENOMEM;
        }
        *ret = t;
        return 0;
}

void session_table_limit(struct session_table *t, uint32_t bytes) {
        t->bytes_max = MIN(bytes, (uint32_t) INT32_MAX);
}

static void clear_streams(struct session_table *t, struct session *s) {
        for (unsigned i = 0; i < 2; i++)
                stream_clear(&s->side[i].stream, &t->budget);
}

struct session_table *session_table_free(struct session_table *t) {
        if (!t)
                return NULL;
        for (struct session *s = t->newest; s; s = s->older)
                clear_streams(t, s);
        free(t->buckets);
        free(t->sessions);
        digester_free(t->digester);
        phrases_free(t->phrases);
        certificate_memo_free(t->certificates);
        free(t);
        return NULL;
}

static uint64_t hash_of(const struct session_table *t, const struct packet *packet, unsigned side) {
        const struct ip_address *low = side ? &packet->destination : &packet->source;
        const struct ip_address *high = side ? &packet->source : &packet->destination;
        uint16_t low_port = side ? packet->destination_port : packet->source_port;
        uint16_t high_port = side ? packet->source_port : packet->destination_port;

        return flow_hash_ends(&t->secret, low, high,
                              flow_hash_rest(low_port, high_port, IPPROTO_TCP, packet->vlan, packet->inner_vlan));
}

const struct session_wanted *session_table_wanted(const struct session_table *t) {
        return &t->wanted;
}

/* NULL: a connection without data, or one that was refused. */
static void note_wanted(struct session_table *t, const struct session *s, uint64_t hash) {
        uint64_t wanted = 0;

        for (unsigned i = 0; i < 2; i++) {
                if (!s || !s->side[i].done)
                        wanted |= WANTED_DATA << i;
                if (s && !s->side[i].done && s->side[i].stream.pending)
                        wanted |= WANTED_ACKNOWLEDGED << i;
        }
        *session_wanted_slot(&t->wanted, hash) = (hash & ~(uint64_t) WANTED_BITS) | wanted;
}

static void release(struct session_table *t, struct session *s);

static bool side_is_over(const struct session_side *side) {
        return side->done ||
               (side->ended && !side->stream.pending && (!side->stream.started || side->stream.next == side->end));
}

/* The connection has ended, and all of it was seen that anybody wants: what still comes was there before. The place is free
 * for another; that nothing more is wanted stands in its slot. */
static void release_if_over(struct session_table *t, struct session *s, uint64_t hash) {
        if (!(s->reset || (s->side[0].ended && s->side[1].ended)) || !side_is_over(&s->side[0]) || !side_is_over(&s->side[1]))
                return;
        release(t, s);
        *session_wanted_slot(&t->wanted, hash) = hash & ~(uint64_t) WANTED_BITS;
}

static void note_end(struct session_side *sender, uint8_t flags, uint32_t end) {
        if (!(flags & TCP_FIN) || sender->ended)
                return;
        sender->ended = true;
        sender->end = end;
}

static struct session *find(const struct session_table *t, uint64_t hash) {
        struct session *s = t->buckets[hash & t->mask];

        while (s && s->hash != hash)
                s = s->next_in_bucket;
        return s;
}

/* The end of a connection, of which this packet holds nothing that is wanted: it is not decoded. */
static __attribute__((noinline)) void end_settled(struct session_table *t, const struct flow_observation *o) {
        struct session *s = find(t, o->hash);

        if (!s)
                return;
        note_end(&s->side[o->direction], o->tcp_flags, o->sequence + o->payload);
        s->reset |= (o->tcp_flags & TCP_RST) != 0;
        release_if_over(t, s, o->hash);
}

bool session_table_is_settled(struct session_table *t, const struct flow_observation *o) {
        unsigned wanted;

        if (!session_wanted_get(&t->wanted, o->hash, &wanted) || o->tcp_flags & TCP_SYN || !session_wants_nothing(wanted, o))
                return false;
        if (o->tcp_flags & (TCP_FIN | TCP_RST))
                end_settled(t, o);
        return true;
}

void session_table_fetch(const struct session_table *t, const struct flow_observation *o) {
        __builtin_prefetch(&t->buckets[o->hash & t->mask]);
        __builtin_prefetch(&t->syn[o->hash % SYN_SLOTS], 1);
        session_wanted_fetch(&t->wanted, o->hash);
}

static void list_remove(struct session_table *t, struct session *s) {
        *(s->newer ? &s->newer->older : &t->newest) = s->older;
        *(s->older ? &s->older->newer : &t->oldest) = s->newer;
}

static void list_prepend(struct session_table *t, struct session *s) {
        s->newer = NULL;
        s->older = t->newest;
        *(t->newest ? &t->newest->newer : &t->oldest) = s;
        t->newest = s;
}

static void renew(struct session_table *t, struct session *s) {
        if (s == t->newest)
                return;
        list_remove(t, s);
        list_prepend(t, s);
}

bool session_table_pass(struct session_table *t, const struct flow_observation *o) {
        struct session *s = find(t, o->hash);

        if (!s || t->bytes_max > 0 || s->side[!o->direction].stream.pending ||
            !stream_pass(&s->side[o->direction].stream, o->sequence, o->payload))
                return false;
        renew(t, s);
        release_if_over(t, s, o->hash);
        return true;
}

static void release(struct session_table *t, struct session *s) {
        struct session **at = &t->buckets[s->hash & t->mask];

        while (*at != s)
                at = &(*at)->next_in_bucket;
        *at = s->next_in_bucket;
        list_remove(t, s);
        clear_streams(t, s);
        s->older = t->free;
        t->free = s;
        t->counters.live--;
}

static struct session *make(struct session_table *t, const struct packet *packet, unsigned side, uint64_t hash) {
        const struct syn_slot *syn = &t->syn[hash % SYN_SLOTS];
        struct session *s;

        if (!t->free && t->n_used == t->max_sessions) {
                t->counters.evicted++;
                release(t, t->oldest);
        }
        if (t->free) {
                s = t->free;
                t->free = s->older;
        } else
                s = &t->sessions[t->n_used++];
        memset(s, 0, sizeof *s);
        s->hash = hash;
        s->address[side] = packet->source;
        s->address[!side] = packet->destination;
        s->port[side] = packet->source_port;
        s->port[!side] = packet->destination_port;
        s->vlan = packet->vlan;
        s->client = -1;
        if (syn->hash == hash) {
                s->client = syn->client;
                for (unsigned i = 0; i < 2; i++)
                        if (syn->have[i])
                                stream_begin(&s->side[i].stream, syn->first[i]);
        }
        s->next_in_bucket = t->buckets[hash & t->mask];
        t->buckets[hash & t->mask] = s;
        list_prepend(t, s);
        t->counters.sessions++;
        t->counters.live_max = MAX(t->counters.live_max, ++t->counters.live);
        return s;
}

static void note_syn(struct session_table *t, const struct packet *packet, unsigned side, uint64_t hash) {
        struct syn_slot *slot = &t->syn[hash % SYN_SLOTS];

        if (slot->hash != hash || !(packet->tcp_flags & TCP_ACK))
                *slot = (struct syn_slot) { .hash = hash, .client = -1 };
        slot->first[side] = packet->tcp_sequence + 1;
        slot->have[side] = true;
        slot->client = (int8_t) (packet->tcp_flags & TCP_ACK ? !side : side);
}

struct reading {
        struct session_table *table;
        struct session *session;
        unsigned side;
        struct emitter *emitter;
};

/* Finds the parser that knows these bytes. 1 found, 0 too few bytes, -1 none. */
static int recognise(struct session *s, struct cursor data) {
        bool undecided = false;

        for (unsigned i = 0; i < ELEMENTSOF(parsers); i++) {
                int r = parsers[i]->recognise(s, data);

                if (r > 0) {
                        s->parser = parsers[i];
                        s->parser_index = i;
                        return 1;
                }
                undecided |= r == 0;
        }
        return undecided ? 0 : -1;
}

static bool is_text(uint8_t c) {
        return (c >= 0x20 && c < 0x7f) || c == '\t' || c == '\r' || c == '\n';
}

static bool is_capital(uint8_t c) {
        return c >= 'A' && c <= 'Z';
}

/* May something known begin so? A record of TLS with its type and version (RFC 8446 §5.1); the rest begins with two capital
 * letters, or one and a hyphen. What follows the last byte there is nobody knows. */
static bool may_begin(struct cursor data) {
        uint8_t first = data.data[0];

        if (cursor_left(&data) == 1)
                return is_capital(first) || (first >= 20 && first <= 24);
        return is_capital(first) ? is_capital(data.data[1]) || data.data[1] == '-' : first >= 20 && first <= 24 && data.data[1] == 3;
}

/* A line; or text up to bytes that are none: an XML stanza has no line end, nor has the one letter that PostgreSQL answers.
 * 0: it is not complete. */
static size_t text_length(struct cursor data) {
        size_t n = MIN(cursor_left(&data), (size_t) SESSION_LINE_MAX);

        for (size_t i = 0; i < n; i++) {
                if (data.data[i] == '\n')
                        return i + 1;
                if (!is_text(data.data[i]))
                        return i;
        }
        return n < SESSION_LINE_MAX ? 0 : n;
}

/* Which of eight bytes are greater than `low` and less than `high`, both below 128: of each the highest bit. Exact: no carry
 * leaves its byte. */
static inline uint64_t bytes_between(uint64_t bytes, uint8_t low, uint8_t high) {
        const uint64_t ones = UINT64_C(0x0101010101010101), tops = ones * 0x80, rest = bytes & ~tops;

        return ((ones * (127U + high) - rest) & ~bytes & (rest + ones * (127U - low))) & tops;
}

/* Where something known may begin in eight bytes that another one follows; 8: nowhere. */
static inline size_t find_beginning(const uint8_t *bytes) {
        uint64_t word, next, types, capitals;

        memcpy(&word, bytes, sizeof word);
        types = bytes_between(word, 19, 25);
        capitals = bytes_between(word, 'A' - 1, 'Z' + 1);
        if ((types | capitals) == 0)
                return 8;
        memcpy(&next, bytes + 1, sizeof next);
        types &= bytes_between(next, 2, 4);
        capitals &= bytes_between(next, 'A' - 1, 'Z' + 1) | bytes_between(next, '-' - 1, '-' + 1);
        return (types | capitals) == 0 ? 8 : (size_t) __builtin_ctzll(le64toh(types | capitals)) / 8;
}

#define BLOCK 64

/* May something known begin in a block? A first look, in a form that compilers make vectors of: much of what is binary is
 * zeros and small numbers. */
static inline bool block_may_begin(const uint8_t bytes[static BLOCK]) {
        uint8_t least = UINT8_MAX;

        for (size_t i = 0; i < BLOCK; i++)
                least = MIN(least, (uint8_t) (bytes[i] - 20));
        return least <= 'Z' - 20;
}

static size_t binary_length(struct cursor data) {
        size_t n = MIN(cursor_left(&data), (size_t) SESSION_BINARY_BYTES), i = 1;

        while (i + 9 <= n) {
                size_t end = MIN(i + BLOCK, n - 8);

                if (end - i == BLOCK && !block_may_begin(data.data + i))
                        i = end;
                for (; i < end; i += 8) {
                        size_t ahead = find_beginning(data.data + i);

                        if (ahead < 8)
                                return i + ahead;
                }
        }
        while (i < n && !may_begin((struct cursor) { data.data + i, data.end }))
                i++;
        return i;
}

/* What it kept is no longer wanted either. */
static void end_peer(struct reading *r) {
        struct session_side *peer = &r->session->side[!r->side];

        if (peer->done)
                return;
        stream_clear(&peer->stream, &r->table->budget);
        peer->done = true;
        r->table->counters.ended[SESSION_END_DONE]++;
}

static size_t end_side(struct reading *r, enum session_end end, struct cursor data) {
        r->session->side[r->side].done = true;
        r->table->counters.ended[end]++;
        return cursor_left(&data);
}

/* How many bytes of an unknown protocol to step over: a line while all is text, and up to what may begin something once
 * there was something else, so that what follows STARTTLS, or a proxy's greeting, is found wherever the segments were cut. */
static size_t read_unknown(struct reading *r, struct cursor data) {
        struct session_side *side = &r->session->side[r->side];
        bool text = side->binary_bytes == 0 && is_text(data.data[0]);
        size_t n = text ? text_length(data) : binary_length(data);

        if (text)
                side->text_bytes = (uint16_t) MIN(side->text_bytes + n, (size_t) UINT16_MAX);
        else
                side->binary_bytes = (uint16_t) MIN(side->binary_bytes + n, (size_t) UINT16_MAX);
        if (side->text_bytes < SESSION_TEXT_BYTES && side->binary_bytes < SESSION_BINARY_BYTES)
                return n;
        return end_side(r, SESSION_END_UNKNOWN, data);
}

static enum session_end end_of_error(int error) {
        return error == -EBADMSG ? SESSION_END_MALFORMED : error == -ENOBUFS ? SESSION_END_TOO_LONG : SESSION_END_FAILED;
}

static size_t read_side(void *userdata, struct stream *stream _unused_, struct cursor data, bool fresh) {
        struct reading *r = userdata;
        struct session *s = r->session;
        struct session_side *side = &s->side[r->side];
        struct dissector_counters *counters;
        uint64_t facts = r->emitter->facts;
        size_t done = 0;
        int result;

        if (side->done)
                return cursor_left(&data);
        if (!s->parser) {
                int known = recognise(s, data);

                if (known == 0)
                        return 0;
                if (known < 0)
                        return read_unknown(r, data);
        }
        counters = &r->table->counters.parsers[s->parser_index];
        if (!side->counted) {
                side->counted = true;
                counters->packets++;
        }
        result = s->parser->parse(s, r->side, data, fresh, r->emitter, &done);
        counters->facts += r->emitter->facts - facts;
        if (result == SESSION_MORE)
                return done;
        if (result < 0)
                counters->malformed++;
        if (result == SESSION_OVER)
                end_peer(r);
        return end_side(r, result < 0 ? end_of_error(result) : SESSION_END_DONE, data);
}

/* A message whose end was not captured. */
static void read_cut(void *userdata, struct cursor data) {
        struct reading *r = userdata;
        const struct session_parser *parser = r->session->parser;
        uint64_t facts = r->emitter->facts;

        if (!parser || !parser->cut || r->session->side[r->side].done)
                return;
        parser->cut(r->session, r->side, data, r->emitter);
        r->table->counters.parsers[r->session->parser_index].facts += r->emitter->facts - facts;
}

/* What is said of a side whose packet is not at hand. */
static void emitter_turn(struct emitter *e, const struct session *s, unsigned side) {
        e->fact.mac = e->fact.source = s->side[side].mac;
        e->fact.flags = s->side[side].fact_flags;
        e->fact.hop_limit = s->side[side].hop_limit;
        e->fact.ip = s->address[side];
        e->fact.destination = s->address[!side];
        e->fact.source_port = s->port[side];
        e->fact.destination_port = s->port[!side];
        e->fact.protocol = IPPROTO_TCP;
        e->fact.vlan = s->vlan;
}

/* Leaves of a segment what lies within the first bytes of its direction; false: nothing does. */
static bool clip(const struct session_side *side, uint32_t sequence, uint32_t bytes_max, struct cursor *data, uint32_t *length) {
        int64_t ahead = (int32_t) (sequence - side->first), left = bytes_max - ahead;

        if (left <= 0 || ahead < -(int64_t) bytes_max)
                return false;
        *length = (uint32_t) MIN((int64_t) *length, left);
        if (cursor_left(data) > *length)
                data->end = data->data + *length;
        return true;
}

static void push(struct session_table *t, struct session_side *side, const struct stream_reader *reader, uint32_t sequence,
                 struct cursor data, uint32_t length) {
        if (!side->begun) {
                stream_begin(&side->stream, sequence);
                side->first = side->stream.next;
                side->begun = true;
        }
        if (t->bytes_max == 0) {
                stream_push(&side->stream, reader, sequence, data, length);
                return;
        }
        if (clip(side, sequence, t->bytes_max, &data, &length))
                stream_push(&side->stream, reader, sequence, data, length);
        if (side->stream.next - side->first < t->bytes_max || side->limited)
                return;
        t->counters.ended[SESSION_END_LIMIT] += !side->done;
        side->limited = side->done = true;
}

static void read_packet(struct session_table *t, struct session *s, unsigned side, const struct packet *packet,
                        const struct fact_sink *sink) {
        struct emitter emitter;
        struct reading reading = { t, s, side, &emitter };
        struct stream_reader reader = { read_side, read_cut, &reading, &t->budget };
        struct session_side *sender = &s->side[side], *peer = &s->side[!side];
        uint32_t sequence = packet->tcp_sequence + !!(packet->tcp_flags & TCP_SYN);

        emitter_begin(&emitter, packet, sink);
        emitter.digester = t->digester;
        emitter.phrases = t->phrases;
        emitter.certificates = t->certificates;
        sender->mac = emitter.fact.mac;
        sender->fact_flags = emitter.fact.flags;
        sender->hop_limit = emitter.fact.hop_limit;
        if (!sender->done && packet->payload_length > 0)
                push(t, sender, &reader, sequence, packet->payload, packet->payload_length);
        if (sender->done)
                stream_clear(&sender->stream, &t->budget);
        if (!peer->done && peer->stream.pending && packet->tcp_flags & TCP_ACK) {
                emitter_turn(&emitter, s, !side);
                reading.side = !side;
                stream_acknowledged(&peer->stream, &reader, packet->tcp_acknowledgement);
        }
        t->counters.buffered_max = MAX(t->counters.buffered_max, t->budget.used);
}

/* Returns the session, if there is one then. */
static struct session *feed(struct session_table *t, uint64_t hash, unsigned side, const struct packet *packet,
                            const struct fact_sink *sink) {
        struct session *s = find(t, hash);

        if (packet->tcp_flags & TCP_SYN) {
                if (s && !(packet->tcp_flags & TCP_ACK)) {
                        release(t, s); /* the ports are used again */
                        s = NULL;
                }
                note_syn(t, packet, side, hash);
        }
        if (!s && packet->payload_length == 0)
                return NULL;
        if (!s)
                s = make(t, packet, side, hash);
        else
                renew(t, s);
        if (!s->side[side].done || (!s->side[!side].done && s->side[!side].stream.pending))
                read_packet(t, s, side, packet, sink);
        note_end(&s->side[side], packet->tcp_flags, packet->tcp_sequence + packet->payload_length);
        s->reset |= (packet->tcp_flags & TCP_RST) != 0;
        return s;
}

/* A segment of a connection that is over: it was there before. */
static bool was_released(struct session_table *t, uint64_t hash, uint8_t flags) {
        return *session_wanted_slot(&t->wanted, hash) == (hash & ~(uint64_t) WANTED_BITS) && !(flags & TCP_SYN) &&
               !find(t, hash);
}

void session_table_feed(struct session_table *t, const struct packet *packet, const struct fact_sink *sink) {
        unsigned side = packet_side(packet);
        uint64_t hash = hash_of(t, packet, side);
        struct session *s;

        if (was_released(t, hash, packet->tcp_flags))
                return;
        s = feed(t, hash, side, packet, sink);
        note_wanted(t, s, hash);
        if (s)
                release_if_over(t, s, hash);
}

void session_table_finish(struct session_table *t, const struct fact_sink *sink) {
        struct emitter emitter;

        emitter.sink = sink;
        emitter.facts = 0;
        emitter.digester = t->digester;
        emitter.phrases = t->phrases;
        emitter.certificates = t->certificates;
        emitter.fact = (struct fact) {};
        for (struct session *s = t->oldest; s; s = s->newer)
                for (unsigned side = 0; side < 2; side++) {
                        struct reading reading = { t, s, side, &emitter };
                        struct stream_reader reader = { read_side, read_cut, &reading, &t->budget };

                        emitter_turn(&emitter, s, side);
                        if (!s->side[side].done)
                                stream_finish(&s->side[side].stream, &reader);
                }
}

void session_table_get_counters(const struct session_table *t, struct session_counters *ret) {
        *ret = t->counters;
        ret->live_limit = t->max_sessions;
        ret->buffered_limit = t->budget.limit;
        ret->buffered = t->budget.used;
        ret->buffer_refused = t->budget.refused;
        ret->stream_full = t->budget.full;
        ret->holes = t->budget.holes;
}
