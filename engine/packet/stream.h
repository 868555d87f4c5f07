/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/cursor.h"

/* One direction of a TCP connection as a stream of bytes, however its segments come: out of order,
 * twice, overlapping, with parts missing. Of bytes that come more than once the copy counts that is in
 * order first, as in Linux: what was read stays, what waits behind a hole gives way.
 *
 * Bytes in order go to the reader without a copy; what it leaves, and what comes too early, is kept in
 * memory that all streams share and that has one limit. */

#define STREAM_BUFFER_MAX (64 * 1024)  /* bytes that a reader may leave; a certificate chain is about 6 KiB */
#define STREAM_PENDING_MAX (64 * 1024) /* bytes that may wait behind a hole */
#define STREAM_SEGMENTS_MAX 64         /* segments that may wait behind a hole */

struct stream_budget {
        size_t limit, used; /* bytes held by all streams that share it */
        uint64_t refused;   /* times that it was full */
        uint64_t full;      /* times that a stream of them held all that one may */
        uint64_t holes;     /* holes that were given up */
};

struct stream_segment;

struct stream { /* all zero to begin with */
        struct stream_segment *pending; /* came too early, by sequence number */
        uint8_t *buffer;                /* in order, left by the reader */
        uint64_t skip;
        uint32_t length, size; /* of `buffer` */
        uint32_t next;         /* sequence number of the first byte not seen yet */
        uint32_t wanted;
        uint32_t pending_bytes;
        uint16_t n_pending;
        bool started;
        bool fresh;
};

/* Reads from the front of `data` and returns how many bytes it is done with; it is called again as long as
 * that is not 0 and bytes are left, and then when more have come. `fresh`: the byte right before was not
 * seen; this is the beginning, or there was a hole. */
typedef size_t (*stream_read_fn)(void *userdata, struct stream *stream, struct cursor data, bool fresh);

/* What the reader left of bytes behind which there is a hole, a last time: the end of its message will not come. */
typedef void (*stream_cut_fn)(void *userdata, struct cursor data);

struct stream_reader {
        stream_read_fn read;
        stream_cut_fn cut; /* NULL: of no interest */
        void *userdata;
        struct stream_budget *budget;
};

/* Gives back what it holds; the stream is as new. */
void stream_clear(struct stream *s, struct stream_budget *budget);

/* The stream begins at `sequence`: a SYN's number + 1. Without effect after the first segment. */
void stream_begin(struct stream *s, uint32_t sequence);

/* Takes a segment: `data` is what was captured of `length` bytes. */
void stream_push(struct stream *s, const struct stream_reader *reader, uint32_t sequence, struct cursor data, uint32_t length);

/* Takes a segment none of whose bytes is of interest, and which comes in order, without them; false: stream_push() has to. */
bool stream_pass(struct stream *s, uint32_t sequence, uint32_t length);

/* For readers: the next n bytes are of no interest, seen or yet to come. */
void stream_skip(struct stream *s, uint64_t n);
/* For readers: there is no use in calling before n bytes are there. Holds for the next call. */
void stream_want(struct stream *s, uint32_t n);

/* The peer acknowledged all bytes before `acknowledgement`: the capture missed what is still not there, and it
 * will never come. */
void stream_acknowledged(struct stream *s, const struct stream_reader *reader, uint32_t acknowledgement);
/* Gives up all holes: the connection has ended. */
void stream_finish(struct stream *s, const struct stream_reader *reader);
