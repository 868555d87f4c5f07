/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* ClientHello and ServerHello. Extensions that tell nothing, and those that cannot be read, count by their number
 * alone; a message whose frame does not hold together gives no facts. */

#include "engine/proto/tls-hello.h"

#include <errno.h>

#include "common/macro.h"
#include "engine/proto/fingerprint.h"
#include "engine/proto/quic-parameters.h"

#define VERSION_1_3 0x0304
#define EXTENSION_GROUPS 10
#define EXTENSION_FORMATS 11
#define EXTENSION_SIGNATURES 13
#define EXTENSION_VERSIONS 43
#define EXTENSION_QUIC 57
#define EXTENSION_QUIC_DRAFT 0xffa5

/* Kinds of fact by transport; what one does not have in the clear is _FACT_KIND_INVALID. */
static const struct {
        enum fact_kind name, protocols, ja3, ja4, ja3s, version, cipher, protocol;
} kinds[_TLS_TRANSPORT_MAX] = {
        [TLS_OVER_TCP] = { FACT_TLS_SNI, FACT_TLS_ALPN, FACT_TLS_JA3, FACT_TLS_JA4, FACT_TLS_JA3S,
                           FACT_TLS_SERVER_VERSION, FACT_TLS_SERVER_CIPHER, FACT_TLS_SERVER_ALPN },
        [TLS_OVER_DATAGRAMS] = { FACT_DTLS_SNI, FACT_DTLS_ALPN, FACT_DTLS_JA3, FACT_DTLS_JA4, FACT_DTLS_JA3S,
                                 FACT_DTLS_SERVER_VERSION, FACT_DTLS_SERVER_CIPHER, FACT_DTLS_SERVER_ALPN },
        [TLS_OVER_QUIC] = { FACT_QUIC_SNI, FACT_QUIC_ALPN, FACT_QUIC_JA3, FACT_QUIC_JA4, FACT_QUIC_JA3S,
                            FACT_QUIC_SERVER_VERSION, FACT_QUIC_SERVER_CIPHER, _FACT_KIND_INVALID },
};

static bool take_list8(struct cursor *c, struct cursor *ret) {
        struct cursor at = *c;
        uint8_t n;

        if (!cursor_u8(&at, &n) || !cursor_take(&at, n, ret))
                return false;
        *c = at;
        return true;
}

static bool take_list16(struct cursor *c, struct cursor *ret) {
        struct cursor at = *c;
        uint16_t n;

        if (!cursor_be16(&at, &n) || !cursor_take(&at, n, ret))
                return false;
        *c = at;
        return true;
}

/* False at the end, or where it does not fit. */
static bool next_extension(struct cursor *c, uint16_t *ret_type, struct cursor *ret_data) {
        struct cursor at = *c;

        if (!cursor_be16(&at, ret_type) || !take_list16(&at, ret_data))
                return false;
        *c = at;
        return true;
}

/* RFC 6066 §3: the one name of type host_name. */
static void read_server_name(struct cursor data, struct tls_hello *h) {
        struct cursor list, name;
        uint8_t type;

        h->has_name = true;
        if (!take_list16(&data, &list))
                return;
        while (cursor_u8(&list, &type) && take_list16(&list, &name))
                if (type == 0) {
                        h->name = name;
                        return;
                }
}

static void read_client_extension(uint16_t type, struct cursor data, struct tls_hello *h) {
        switch (type) {
        case TLS_EXTENSION_SERVER_NAME:
                read_server_name(data, h);
                break;
        case EXTENSION_GROUPS:
                take_list16(&data, &h->groups);
                break;
        case EXTENSION_FORMATS:
                take_list8(&data, &h->formats);
                break;
        case EXTENSION_SIGNATURES:
                take_list16(&data, &h->signatures);
                break;
        case TLS_EXTENSION_PROTOCOLS:
                take_list16(&data, &h->protocols);
                break;
        case EXTENSION_VERSIONS:
                take_list8(&data, &h->versions);
                break;
        case EXTENSION_QUIC:
        case EXTENSION_QUIC_DRAFT:
                h->parameters = data;
                break;
        default:
                break;
        }
}

static void read_server_extension(uint16_t type, struct cursor data, struct tls_hello *h) {
        if (type == TLS_EXTENSION_PROTOCOLS)
                take_list16(&data, &h->protocols);
        else if (type == EXTENSION_VERSIONS && cursor_left(&data) >= 2)
                h->versions = cursor_make(data.data, 2);
}

/* The rest of a hello: nothing, or extensions. A few bytes behind the last are none; one that goes on behind the
 * end makes all of it unlikely. */
static int read_extensions(struct cursor body, struct tls_hello *h,
                           void (*read)(uint16_t type, struct cursor data, struct tls_hello *h)) {
        struct cursor at, data;
        uint16_t type;

        if (cursor_left(&body) == 0)
                return 0;
        if (!take_list16(&body, &at))
                return -EBADMSG;
        while (next_extension(&at, &type, &data)) {
                h->extensions[h->n_extensions] = type;
                h->n_extensions += !tls_is_grease(type);
                read(type, data, h);
        }
        return cursor_left(&at) < 4 ? 0 : -EBADMSG;
}

/* The list of extensions is filled as far as it counts. */
static void clear(struct tls_hello *h) {
        memset(h, 0, offsetof(struct tls_hello, extensions));
}

/* What stands in front of the extensions. */
static bool read_client_front(struct cursor *body, enum tls_transport transport, struct tls_hello *ret) {
        struct cursor skipped;

        clear(ret);
        if (!cursor_be16(body, &ret->version) || !cursor_skip(body, 32) || !take_list8(body, &skipped))
                return false;
        if (transport == TLS_OVER_DATAGRAMS && !take_list8(body, &skipped)) /* the cookie */
                return false;
        return take_list16(body, &ret->ciphers) && take_list8(body, &skipped);
}

int tls_client_hello_read(struct cursor body, enum tls_transport transport, struct tls_hello *ret) {
        if (cursor_left(&body) > TLS_HELLO_MAX || !read_client_front(&body, transport, ret))
                return -EBADMSG;
        return read_extensions(body, ret, read_client_extension);
}

/* The drafts of TLS 1.3 before the 22nd left out what nobody used any more. */
static bool is_short_draft(uint16_t version) {
        return version >= 0x7f00 && version < 0x7f16;
}

/* The random bytes of a server that asks for another hello (RFC 8446 §4.1.3): the SHA-256 of "HelloRetryRequest". */
static const uint8_t random_of_retry[32] = {
        0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11, 0xbe, 0x1d, 0x8c, 0x02, 0x1e, 0x65, 0xb8, 0x91,
        0xc2, 0xa2, 0x11, 0x16, 0x7a, 0xbb, 0x8c, 0x5e, 0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8, 0x33, 0x9c,
};

int tls_server_hello_read(struct cursor body, struct tls_hello *ret) {
        struct cursor random, session;

        clear(ret);
        if (cursor_left(&body) > TLS_HELLO_MAX || !cursor_be16(&body, &ret->version) ||
            !cursor_take(&body, sizeof random_of_retry, &random))
                return -EBADMSG;
        ret->asks_again = memcmp(random.data, random_of_retry, sizeof random_of_retry) == 0;
        if (!is_short_draft(ret->version) && !take_list8(&body, &session))
                return -EBADMSG;
        if (!cursor_be16(&body, &ret->cipher) || (!is_short_draft(ret->version) && !cursor_skip(&body, 1)))
                return -EBADMSG;
        return read_extensions(body, ret, read_server_extension);
}

uint16_t tls_server_hello_version(const struct tls_hello *hello) {
        return cursor_left(&hello->versions) >= 2 ? load_be16(hello->versions.data) : hello->version;
}

/* "h2,http/1.1" */
static void emit_protocols(struct emitter *e, enum fact_kind kind, struct cursor list) {
        char text[FACT_VALUE_MAX + 1];
        struct strbuf b = STRBUF(text);
        struct cursor protocol;

        while (take_list8(&list, &protocol)) {
                if (b.length > 0)
                        strbuf_char(&b, ',');
                strbuf_bytes(&b, protocol.data, cursor_left(&protocol));
        }
        if (b.length > 0)
                emit_bytes(e, kind, b.data, b.length);
}

/* "0x1301" */
static void emit_number(struct emitter *e, enum fact_kind kind, uint16_t number) {
        char text[8];
        struct strbuf b = STRBUF(text);

        strbuf_string(&b, "0x");
        strbuf_hex(&b, (const uint8_t[]) { number >> 8, number & 0xff }, 2);
        emit_clean(e, kind, b.data, b.length);
}

static void emit_version(struct emitter *e, enum fact_kind kind, uint16_t version) {
        static const struct {
                uint16_t version;
                const char *name;
        } names[] = {
                { 0x0002, "SSL2" }, { 0x0300, "SSL3" }, { 0x0301, "TLS1.0" }, { 0x0302, "TLS1.1" },
                { 0x0303, "TLS1.2" }, { 0x0304, "TLS1.3" }, { 0xfeff, "DTLS1.0" },
                { 0xfefd, "DTLS1.2" }, { 0xfefc, "DTLS1.3" },
        };

        for (size_t i = 0; i < ELEMENTSOF(names); i++)
                if (names[i].version == version) {
                        emit_clean(e, kind, names[i].name, strlen(names[i].name));
                        return;
                }
        emit_number(e, kind, version);
}

static void emit_wishes(struct emitter *e, enum tls_transport transport, const struct tls_hello *h) {
        if (cursor_left(&h->name) > 0)
                emit_bytes(e, kinds[transport].name, h->name.data, cursor_left(&h->name));
        emit_protocols(e, kinds[transport].protocols, h->protocols);
}

int tls_client_hello_emit_cut(struct cursor body, size_t length, struct emitter *e) {
        size_t missing = length - cursor_left(&body);
        struct tls_hello h;
        struct cursor data;
        uint16_t n, type;

        if (!read_client_front(&body, TLS_OVER_TCP, &h) || !cursor_be16(&body, &n) || n != cursor_left(&body) + missing)
                return -EBADMSG;
        while (next_extension(&body, &type, &data))
                read_client_extension(type, data, &h);
        emit_wishes(e, TLS_OVER_TCP, &h);
        return 0;
}

int tls_client_hello_emit(struct cursor body, enum tls_transport transport, struct emitter *e) {
        static const char prefixes[_TLS_TRANSPORT_MAX] = { 't', 'd', 'q' };
        char ja3[DIGEST_MD5_MAX], ja4[FINGERPRINT_JA4_MAX];
        struct tls_hello h;
        int r = tls_client_hello_read(body, transport, &h);

        if (r < 0)
                return r;
        emit_wishes(e, transport, &h);
        if (transport == TLS_OVER_QUIC)
                quic_parameters_emit(h.parameters, e);
        fingerprint_client(e->digester, e->phrases, &h, prefixes[transport], ja3, ja4);
        if (*ja3)
                emit_clean(e, kinds[transport].ja3, ja3, strlen(ja3));
        if (*ja4)
                emit_clean(e, kinds[transport].ja4, ja4, strlen(ja4));
        return 0;
}

int tls_server_hello_emit(struct cursor body, enum tls_transport transport, struct emitter *e) {
        char ja3s[DIGEST_MD5_MAX];
        struct tls_hello h;
        int r = tls_server_hello_read(body, &h);

        if (r < 0)
                return r;
        emit_version(e, kinds[transport].version, tls_server_hello_version(&h));
        emit_number(e, kinds[transport].cipher, h.cipher);
        if (kinds[transport].protocol != _FACT_KIND_INVALID)
                emit_protocols(e, kinds[transport].protocol, h.protocols);
        fingerprint_server(e->digester, e->phrases, &h, ja3s);
        if (*ja3s)
                emit_clean(e, kinds[transport].ja3s, ja3s, strlen(ja3s));
        return tls_server_hello_version(&h) == VERSION_1_3 && !h.asks_again;
}
