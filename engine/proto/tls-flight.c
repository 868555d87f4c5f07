/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The handshake of a side, as long as it is in the clear (RFC 5246 §6.2, §7.4), from memory: for few and short
 * connections. TLS over TCP is read by tls.c, without a second copy. */

#include "engine/proto/tls-flight.h"

#include <errno.h>

#include "common/macro.h"
#include "engine/proto/certificate.h"
#include "engine/proto/tls-hello.h"

#define RECORD_ALERT 21
#define RECORD_HANDSHAKE 22
/* RFC 5246 §6.2.3 */
#define RECORD_MAX (16 * 1024 + 2048)

struct handshake {
        uint8_t bytes[TLS_FLIGHT_MAX];
        size_t n;
};

/* What the records hold of the handshake, the beginning of a cut one as well. 1 where other records follow, 0, or
 * -EBADMSG. */
static int join_records(struct cursor records, struct handshake *ret) {
        struct cursor content;
        uint16_t version, length;
        uint8_t type;

        ret->n = 0;
        while (cursor_u8(&records, &type) && cursor_be16(&records, &version) && cursor_be16(&records, &length)) {
                if (version >> 8 != 3 || length > RECORD_MAX)
                        return -EBADMSG;
                if (type != RECORD_HANDSHAKE && type != RECORD_ALERT)
                        return 1;
                cursor_take(&records, MIN((size_t) length, cursor_left(&records)), &content);
                if (type == RECORD_ALERT)
                        continue;
                memcpy(ret->bytes + ret->n, content.data, cursor_left(&content));
                ret->n += cursor_left(&content);
        }
        return 0;
}

static int emit_message(uint8_t type, struct cursor body, struct emitter *e) {
        switch (type) {
        case TLS_CLIENT_HELLO:
                return tls_client_hello_emit(body, TLS_OVER_TCP, e);
        case TLS_SERVER_HELLO:
                return tls_server_hello_emit(body, TLS_OVER_TCP, e);
        case TLS_CERTIFICATE:
                return certificate_list_emit(body, e);
        default:
                return 0;
        }
}

int tls_flight_emit(struct cursor records, uint8_t *said, struct emitter *e) {
        struct handshake handshake;
        struct cursor c, body;
        uint32_t length;
        uint8_t type;
        int sealed, r;

        if (cursor_left(&records) > TLS_FLIGHT_MAX)
                return -EBADMSG;
        sealed = join_records(records, &handshake);
        if (sealed < 0)
                return sealed;
        c = cursor_make(handshake.bytes, handshake.n);
        for (unsigned i = 0; cursor_u8(&c, &type) && cursor_be24(&c, &length) && cursor_take(&c, length, &body); i++) {
                if (i < *said)
                        continue;
                if (i == UINT8_MAX)
                        return -EBADMSG;
                *said = (uint8_t) (i + 1);
                r = emit_message(type, body, e);
                if (r < 0)
                        return r;
        }
        return sealed;
}
