/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/address.h"
#include "common/cursor.h"
#include "engine/packet/packet.h"

/* Datagrams that arrive in pieces: IPv4 (RFC 791 §3.2) and IPv6 (RFC 8200 §4.5). Pieces that
 * contradict each other about a byte are an attack or a fault: receivers differ in whom they believe, so the datagram is
 * given up with all that still comes of it. Where overlapping pieces agree all receivers that join them (RFC 5722 forbids
 * it for IPv6, and Linux does not) read the same, and so does this. Bounded in datagrams, in bytes, and in datagrams of one
 * source; the oldest goes first. */

#define FRAGMENT_DATAGRAMS_MAX 256
#define FRAGMENT_DATAGRAMS_PER_SOURCE_MAX 32
#define FRAGMENT_BYTES_MAX (4 * 1024 * 1024)
#define FRAGMENT_TIMEOUT (60 * NSEC_PER_SEC) /* RFC 8200 §4.5; in packet time */

struct fragments;

/* What pieces of one datagram share. Zeroed before it is filled in, because it is hashed as bytes. */
struct fragment_key {
        uint8_t source[16], destination[16];
        uint32_t id;       /* 16 bits in IPv4 */
        uint32_t ifindex;  /* one that passes two interfaces is two datagrams, as a whole one is */
        uint8_t family;
        uint8_t protocol;  /* IPv4 only: RFC 791 makes it part of the identity, RFC 8200 does not */
        uint8_t padding[2];
};

struct fragment_piece {
        uint64_t ts;        /* ns */
        uint32_t offset;    /* bytes */
        bool more;          /* not the last */
        uint8_t protocol;   /* what the datagram holds; the first piece's word counts */
        struct cursor data;
};

int fragments_new(struct fragments **ret);
struct fragments *fragments_free(struct fragments *fragments);

/* 1: `piece` completes its datagram; `*ret` stays until fragments_release(). 0: more is needed, or the piece
 * is a duplicate. -EBADMSG: the piece, or its datagram, is refused. -ENOMEM. */
int fragments_add(struct fragments *fragments, const struct fragment_key *key, const struct fragment_piece *piece,
                  struct packet_counters *counters, struct cursor *ret, uint8_t *ret_protocol);
/* Frees completed datagrams. */
void fragments_release(struct fragments *fragments);
