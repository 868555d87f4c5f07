/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "engine/proto/dissector.h"

/* How hosts number their packets (the identification of IPv4, RFC 6864) and their connections (initial sequence numbers, RFC
 * 9293 §3.4.1, RFC 6528): systems differ, and small ones do what others gave up long ago. Looks at SYN and SYN-ACK alone,
 * which every backend hands over, of hosts on this link, as their hop limit shows. Says facts ip.id_class and
 * tcp.isn_class, "syn CLASS" or "synack CLASS", when a host has begun NUMBERING_SAMPLES connections, and again when the
 * class of later ones is another. */

#define NUMBERING_SAMPLES 10

enum id_class {
        ID_ZERO,
        ID_CONSTANT,
        ID_INCREMENTAL,      /* one counter for all */
        ID_INCREMENTAL_BY_2,
        ID_INCREMENTAL_SWAPPED, /* the counter's bytes in the other order */
        ID_PER_DESTINATION,  /* a counter for each peer */
        ID_RANDOM,           /* or a counter for each connection: of each only the first packet is seen */
        _ID_CLASS_MAX,
};

enum isn_class {
        ISN_ZERO,
        ISN_CONSTANT,
        ISN_BY_64000,    /* a step of 64000 for each connection, and for each half second: 4.2BSD */
        ISN_TIME_BASED,  /* a clock */
        ISN_INCREMENTAL, /* always a little more */
        ISN_RANDOM,
        _ISN_CLASS_MAX,
};

const char *id_class_to_string(enum id_class class) __attribute__((const));
const char *isn_class_to_string(enum isn_class class) __attribute__((const));

struct numbering_counters {
        uint64_t hosts, evicted; /* ever followed; pushed out by others */
        uint64_t classes;        /* found */
};

struct numbering;

/* `seed` is what a sender must not know who wants to push out others. */
int numbering_new(struct numbering **ret, uint64_t seed);
struct numbering *numbering_free(struct numbering *numbering);
DEFINE_CLEANUP(struct numbering *, numbering_free)

/* Takes a TCP packet with a SYN. */
void numbering_feed(struct numbering *numbering, const struct packet *packet, const struct fact_sink *sink);
const struct numbering_counters *numbering_counters(const struct numbering *numbering);
