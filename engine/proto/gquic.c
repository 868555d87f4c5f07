/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Google's QUIC before the IETF's, as far as its hello is in the clear: versions Q0xx up to Q046. */

#include <errno.h>
#include <sys/types.h>

#include "common/macro.h"
#include "engine/proto/datagram.h"

#define VERSION_LENGTH 4
#define TAG_LENGTH 4
/* Chrome sent 26. */
#define TAGS_MAX 128

/* "Q025" and the like; 'Q050' and later encrypt their hello. */
static bool is_version(struct cursor payload, size_t at) {
        char v[VERSION_LENGTH];

        return cursor_skip(&payload, at) && cursor_copy(&payload, v, sizeof v) && v[0] == 'Q' && v[1] == '0' &&
               v[2] >= '0' && v[2] <= '4' && v[3] >= '0' && v[3] <= '9';
}

/* The version stands behind the flags and a connection ID of 8, 4 or no bytes; from Q046 on in front of them. */
static bool recognise_gquic(struct cursor payload) {
        uint8_t flags;

        if (cursor_left(&payload) < 1 + VERSION_LENGTH)
                return false;
        flags = payload.data[0];
        if (flags & 0x80)
                return is_version(payload, 1);
        return flags & 1 && (is_version(payload, 9) || is_version(payload, 5) || is_version(payload, 1));
}

/* Tags in their order, each with where its value ends; then the values (little-endian, as all of it). */
static int parse_hello(struct cursor hello, struct emitter *e) {
        struct cursor tags, value;
        uint32_t start = 0, end;
        uint16_t n, reserved;

        if (!cursor_skip(&hello, TAG_LENGTH) || !cursor_le16(&hello, &n) || !cursor_le16(&hello, &reserved) ||
            n > TAGS_MAX || !cursor_take(&hello, (size_t) n * (TAG_LENGTH + 4), &tags))
                return -EBADMSG;
        for (; n > 0; n--) {
                const uint8_t *tag = tags.data;

                cursor_skip(&tags, TAG_LENGTH);
                if (!cursor_le32(&tags, &end) || end < start || !cursor_take(&hello, end - start, &value))
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

        return hello ? parse_hello((struct cursor) { hello, payload.end }, e) : 1;
}

const struct datagram_parser gquic_parser = { "gquic", recognise_gquic, parse_gquic };
