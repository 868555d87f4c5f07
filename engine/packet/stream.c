/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Reassembly of one direction of a TCP connection (RFC 9293 §3.4 for the arithmetic of sequence numbers).
 * Holds nothing but bytes: what they mean, and which connection they are of, others know. */

#include "engine/packet/stream.h"

#include <stdlib.h>

#include "common/macro.h"

/* How far from what was seen a segment may be and still be of this stream. Window scaling allows 1 GiB (RFC
 * 7323 §2.2); what is in use on a LAN is below 16 MiB. */
#define STREAM_DISTANCE_MAX (16 * 1024 * 1024)

struct stream_segment {
        struct stream_segment *next;
        uint32_t sequence;
        uint32_t captured, length; /* bytes in data, bytes sent */
        uint8_t data[];
};

static bool reserve(struct stream_budget *budget, size_t n) {
        if (budget->used > budget->limit || n > budget->limit - budget->used) {
                budget->refused++;
                return false;
        }
        budget->used += n;
        return true;
}

static void drop_buffer(struct stream *s, struct stream_budget *budget) {
        free(s->buffer);
        budget->used -= s->size;
        s->buffer = NULL;
        s->length = s->size = 0;
        s->wanted = 0;
}

static void drop_first_pending(struct stream *s, struct stream_budget *budget) {
        struct stream_segment *segment = s->pending;

        s->pending = segment->next;
        s->pending_bytes -= segment->captured;
        s->n_pending--;
        budget->used -= sizeof *segment + segment->captured;
        free(segment);
}

void stream_clear(struct stream *s, struct stream_budget *budget) {
        while (s->pending)
                drop_first_pending(s, budget);
        drop_buffer(s, budget);
        *s = (struct stream) {};
}

void stream_begin(struct stream *s, uint32_t sequence) {
        if (s->started)
                return;
        s->next = sequence;
        s->started = s->fresh = true;
}

void stream_skip(struct stream *s, uint64_t n) {
        s->skip += n;
}

void stream_want(struct stream *s, uint32_t n) {
        s->wanted = n;
}

/* Grows in powers of two, so that a stream of single bytes is not copied for each. */
static bool append(struct stream *s, struct stream_budget *budget, struct cursor data) {
        size_t n = cursor_left(&data), need = s->length + n, size = MAX(s->size, UINT32_C(256));
        uint8_t *buffer;

        if (need > STREAM_BUFFER_MAX) {
                budget->full++;
                return false;
        }
        while (size < need)
                size *= 2;
        if (size > s->size) {
                if (!reserve(budget, size - s->size))
                        return false;
                buffer = realloc(s->buffer, size);
                if (!buffer) {
                        budget->used -= size - s->size;
                        return false;
                }
                s->buffer = buffer;
                s->size = (uint32_t) size;
        }
        memcpy(s->buffer + s->length, data.data, n);
        s->length += (uint32_t) n;
        return true;
}

static void apply_skip(struct stream *s, struct cursor *data) {
        size_t n = (size_t) MIN(s->skip, (uint64_t) cursor_left(data));

        s->skip -= n;
        cursor_skip(data, n);
}

/* `n` bytes after those seen will never be. If nobody wanted them, nothing is lost. */
static void lose(struct stream *s, const struct stream_reader *reader, uint32_t n) {
        s->next += n;
        if (n <= s->skip) {
                s->skip -= n;
                return;
        }
        if (s->length > 0 && reader->cut)
                reader->cut(reader->userdata, cursor_make(s->buffer, s->length));
        s->skip = 0;
        s->fresh = true;
        reader->budget->holes++;
        drop_buffer(s, reader->budget);
}

/* Bytes that the reader left are kept; if that is not possible, they are a hole. */
static void keep(struct stream *s, struct stream_budget *budget, struct cursor data) {
        if (s->length > 0) {
                size_t n = cursor_left(&data);

                /* A reader that waits for more leaves them where they are: not to be copied for each byte that comes. */
                if (data.data != s->buffer)
                        memmove(s->buffer, data.data, n);
                s->length = (uint32_t) n;
                if (n == 0)
                        drop_buffer(s, budget);
        } else if (cursor_left(&data) > 0 && !append(s, budget, data)) {
                s->fresh = true;
                budget->holes++;
        }
}

/* Bytes in order go to the reader, behind those that it left before. */
static void deliver(struct stream *s, const struct stream_reader *reader, struct cursor data) {
        size_t done = 1;

        s->next += (uint32_t) cursor_left(&data);
        apply_skip(s, &data);
        if (cursor_left(&data) == 0)
                return;
        if (s->length > 0) {
                if (append(s, reader->budget, data))
                        data = cursor_make(s->buffer, s->length);
                else {
                        drop_buffer(s, reader->budget);
                        s->fresh = true;
                }
        }
        while (done > 0 && cursor_left(&data) > 0 && cursor_left(&data) >= s->wanted) {
                bool fresh = s->fresh;

                s->fresh = false;
                s->wanted = 0;
                done = MIN(reader->read(reader->userdata, s, data, fresh), cursor_left(&data));
                cursor_skip(&data, done);
                if (s->skip > 0) {
                        apply_skip(s, &data);
                        done = 1;
                }
        }
        keep(s, reader->budget, data);
}

/* A segment that begins at or before the first byte not seen. */
static void deliver_segment(struct stream *s, const struct stream_reader *reader, uint32_t sequence, struct cursor data,
                            uint32_t length) {
        uint32_t seen = s->next - sequence;

        if (seen >= length)
                return; /* sent again, or a keep-alive */
        if (cursor_skip(&data, seen)) {
                length -= seen + (uint32_t) cursor_left(&data);
                deliver(s, reader, data);
        } else
                length -= seen;
        if (length > 0)
                lose(s, reader, length); /* the end was cut off by the capture's snapshot length */
}

/* What waited and is no longer too early. */
static void deliver_pending(struct stream *s, const struct stream_reader *reader) {
        while (s->pending && (int32_t) (s->pending->sequence - s->next) <= 0) {
                struct stream_segment *segment = s->pending;

                deliver_segment(s, reader, segment->sequence, cursor_make(segment->data, segment->captured), segment->length);
                drop_first_pending(s, reader->budget);
        }
}

static void give_up_hole(struct stream *s, const struct stream_reader *reader) {
        lose(s, reader, s->pending->sequence - s->next);
        deliver_pending(s, reader);
}

static void keep_pending(struct stream *s, struct stream_budget *budget, uint32_t sequence, struct cursor data, uint32_t length) {
        size_t n = cursor_left(&data);
        struct stream_segment *segment, **at;

        for (at = &s->pending; *at && (int32_t) ((*at)->sequence - sequence) < 0; at = &(*at)->next)
                ;
        if (*at && (*at)->sequence == sequence && (*at)->length >= length)
                return; /* the same again */
        if (!reserve(budget, sizeof *segment + n))
                return;
        segment = malloc(sizeof *segment + n);
        if (!segment) {
                budget->used -= sizeof *segment + n;
                return;
        }
        *segment = (struct stream_segment) { .next = *at, .sequence = sequence, .captured = (uint32_t) n, .length = length };
        memcpy(segment->data, data.data, n);
        *at = segment;
        s->pending_bytes += (uint32_t) n;
        s->n_pending++;
}

void stream_push(struct stream *s, const struct stream_reader *reader, uint32_t sequence, struct cursor data, uint32_t length) {
        int32_t ahead;

        if (length == 0)
                return;
        length = MAX(length, (uint32_t) cursor_left(&data));
        stream_begin(s, sequence);
        ahead = (int32_t) (sequence - s->next);
        if (ahead > STREAM_DISTANCE_MAX || ahead < -STREAM_DISTANCE_MAX) {
                /* Not of what went before: the ports were taken for another connection. */
                stream_clear(s, reader->budget);
                stream_begin(s, sequence);
                ahead = 0;
        }
        if (ahead > 0) {
                keep_pending(s, reader->budget, sequence, data, length);
                while (s->n_pending > STREAM_SEGMENTS_MAX || s->pending_bytes > STREAM_PENDING_MAX) {
                        reader->budget->full++;
                        give_up_hole(s, reader);
                }
                return;
        }
        deliver_segment(s, reader, sequence, data, length);
        deliver_pending(s, reader);
}

bool stream_pass(struct stream *s, uint32_t sequence, uint32_t length) {
        if (!s->started || s->pending || sequence != s->next || length > s->skip)
                return false;
        s->next += length;
        s->skip -= length;
        return true;
}

void stream_acknowledged(struct stream *s, const struct stream_reader *reader, uint32_t acknowledgement) {
        while (s->pending && (int32_t) (acknowledgement - s->pending->sequence) > 0)
                give_up_hole(s, reader);
}

void stream_finish(struct stream *s, const struct stream_reader *reader) {
        while (s->pending)
                give_up_hole(s, reader);
}
