/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Google's QUIC before the IETF's: its hello, which is in the clear in versions Q0xx up to Q046. */

#include <errno.h>
#include <sys/types.h>

#include "common/macro.h"
#include "engine/proto/datagram.h"
#include "engine/proto/gquic.h"

#define VERSION_LENGTH 4
#define TAG_LENGTH 4
/* Chrome sent 26. */
#define TAGS_MAX 128

/* "Q025" and the like; Q050 encrypts its hello (quic.c). */
static inline bool is_version(struct cursor payload, size_t at) {
        const uint8_t *v = payload.data + at;

        /* First what others seldom have, for each datagram is asked. */
        return cursor_left(&payload) >= at + VERSION_LENGTH && v[0] == 'Q' && v[1] == '0' && v[2] >= '0' && v[2] <= '4' &&
               v[3] >= '0' && v[3] <= '9';
}

/* The version stands behind the flags and a connection ID of 8, 4 or no bytes; from Q046 on in front of them. */
bool gquic_may_be_datagram(struct cursor payload) {
        uint8_t flags;

        if (cursor_left(&payload) < 1 + VERSION_LENGTH)
                return false;
        flags = payload.data[0];
        if (flags & 0x80)
                return is_version(payload, 1);
        return flags & 1 && (is_version(payload, 9) || is_version(payload, 5) || is_version(payload, 1));
}

/* Splits the hello into its tags and what stands behind them. */
static bool split_hello(struct cursor hello, struct cursor *ret_tags, struct cursor *ret_values) {
        uint16_t n, reserved;

        *ret_values = hello;
        return cursor_skip(ret_values, TAG_LENGTH) && cursor_le16(ret_values, &n) && cursor_le16(ret_values, &reserved) &&
               n <= TAGS_MAX && cursor_take(ret_values, (size_t) n * (TAG_LENGTH + 4), ret_tags);
}

size_t gquic_hello_length(struct cursor hello) {
        struct cursor tags, values;

        if (!split_hello(hello, &tags, &values))
                return 0;
        return (size_t) (values.data - hello.data) + (cursor_left(&tags) > 0 ? load_le32(tags.end - 4) : 0);
}

/* Tags in their order, each with where its value ends; then the values (little-endian, as all of it). */
int gquic_hello_emit(struct cursor hello, struct emitter *e) {
        struct cursor tags, values, value;
        uint32_t start = 0, end;

        if (!split_hello(hello, &tags, &values))
                return -EBADMSG;
        while (cursor_left(&tags) > 0) {
                const uint8_t *tag = tags.data;

                cursor_skip(&tags, TAG_LENGTH);
                if (!cursor_le32(&tags, &end) || end < start || !cursor_take(&values, end - start, &value))
                        return -EBADMSG;
                start = end;
                if (cursor_left(&value) == 0)
                        continue;
                if (memcmp(tag, "SNI", TAG_LENGTH) == 0)
                        emit_bytes(e, FACT_GQUIC_SNI, value.data, cursor_left(&value));
                else if (memcmp(tag, "UAID", TAG_LENGTH) == 0)
                        emit_bytes(e, FACT_GQUIC_USER_AGENT, value.data, cursor_left(&value));
        }
        return 1;
}

/* Headers and frames in front of the hello changed with every other version; the hello has a name. */
static int parse_gquic(struct datagram *d _unused_, struct cursor payload, struct emitter *e) {
        const uint8_t *hello = memmem(payload.data, cursor_left(&payload), "CHLO", TAG_LENGTH);

        return hello ? gquic_hello_emit((struct cursor) { hello, payload.end }, e) : 1;
}

const struct datagram_parser gquic_datagram_parser = { "gquic", parse_gquic };
