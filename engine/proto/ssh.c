/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* SSH (RFC 4253): the line with which each end begins, the algorithms that it offers, and the key of the server's host. HASSH is
 * the digest of those algorithms that matter (https://github.com/salesforce/hassh). The host key is in the server's answer to the key
 * exchange; what follows is of no use: it is encrypted. */

#include <errno.h>

#include "common/macro.h"
#include "engine/proto/digester.h"
#include "engine/proto/session.h"

/* RFC 4253 §4.2 has 255 with CR LF, §6.1 the length of a packet that all must take. */
#define SSH_BANNER_MAX 512
#define SSH_PACKET_MAX 35000
#define SSH_LINES_MAX 64
#define SSH_PORT 22
#define SSH_MSG_DEBUG 4 /* this and those below may come at any time */
#define SSH_MSG_KEXINIT 20
#define SSH_MSG_KEX_REPLY 31     /* RFC 4253 §8, RFC 5656 §4; of a group exchange its group */
#define SSH_MSG_KEX_GEX_REPLY 33 /* RFC 4419 §5 */

struct ssh_side {
        bool banner; /* was read; packets follow */
        bool algorithms; /* were read; the answer with the key follows */
        uint8_t lines; /* of text before it */
};

struct ssh_state {
        struct ssh_side side[2];
};

_Static_assert(sizeof(struct ssh_state) <= SESSION_STATE_SIZE, "ssh_state does not fit into a session");

/* The lists of RFC 4253 §7.1, in their order. */
enum ssh_list {
        SSH_KEX,
        SSH_HOST_KEY,
        SSH_CIPHER_TO_SERVER,
        SSH_CIPHER_TO_CLIENT,
        SSH_MAC_TO_SERVER,
        SSH_MAC_TO_CLIENT,
        SSH_COMPRESSION_TO_SERVER,
        SSH_COMPRESSION_TO_CLIENT,
        _SSH_LIST_MAX,
};

/* The packet that `data` begins with. 1 there, 0 more bytes are needed, -EBADMSG: no KEXINIT. */
static int read_kexinit(struct cursor data, uint32_t *ret_length, struct cursor lists[static _SSH_LIST_MAX]) {
        struct cursor packet;
        uint8_t padding, type;

        if (!cursor_be32(&data, ret_length))
                return 0;
        if (*ret_length > SSH_PACKET_MAX)
                return -EBADMSG;
        if (cursor_left(&data) >= 2 && data.data[1] != SSH_MSG_KEXINIT)
                return -EBADMSG;
        if (!cursor_take(&data, *ret_length, &packet))
                return 0;
        /* The cookie says nothing; lists end before the padding. */
        if (!cursor_u8(&packet, &padding) || !cursor_u8(&packet, &type) || !cursor_skip(&packet, 16) ||
            cursor_left(&packet) < padding)
                return -EBADMSG;
        packet.end -= padding;
        for (unsigned i = 0; i < _SSH_LIST_MAX; i++) {
                uint32_t n;

                if (!cursor_be32(&packet, &n) || !cursor_take(&packet, n, &lists[i]))
                        return -EBADMSG;
        }
        return 1;
}

static bool has_name(struct cursor list, const char *name) {
        return memmem(list.data, cursor_left(&list), name, strlen(name)) != NULL;
}

/* Who opened the connection, as its SYN had it; else who has the port of SSH, or says which end it is (RFC 8308
 * §2.1); else the lower port is likelier the server's. */
static bool is_client(const struct session *session, unsigned side, struct cursor kex) {
        uint16_t own = session_port(session, side), peer = session_port(session, !side);

        if (session_client(session) >= 0)
                return session_client(session) == (int) side;
        if ((own == SSH_PORT) != (peer == SSH_PORT))
                return peer == SSH_PORT;
        if (has_name(kex, "ext-info-c") || has_name(kex, "kex-strict-c-"))
                return true;
        if (has_name(kex, "ext-info-s") || has_name(kex, "kex-strict-s-"))
                return false;
        return own > peer;
}

static void emit_hassh(struct emitter *e, bool client, const struct cursor lists[static _SSH_LIST_MAX]) {
        const struct cursor parts[] = {
                lists[SSH_KEX],
                lists[client ? SSH_CIPHER_TO_SERVER : SSH_CIPHER_TO_CLIENT],
                lists[client ? SSH_MAC_TO_SERVER : SSH_MAC_TO_CLIENT],
                lists[client ? SSH_COMPRESSION_TO_SERVER : SSH_COMPRESSION_TO_CLIENT],
        };
        char text[SSH_PACKET_MAX], hash[DIGEST_MD5_MAX];
        struct strbuf b = STRBUF(text);

        for (size_t i = 0; i < ELEMENTSOF(parts); i++) {
                if (i > 0)
                        strbuf_char(&b, ';');
                strbuf_bytes(&b, parts[i].data, cursor_left(&parts[i]));
        }
        if (digester_md5(e->digester, b.data, b.length, hash) >= 0)
                emit_string(e, client ? FACT_SSH_HASSH : FACT_SSH_HASSH_SERVER, hash);
}

static int recognise_ssh(const struct session *session _unused_, struct cursor data) {
        return cursor_begins(&data, "SSH-", 4);
}

/* A server may say other lines first. */
static int skip_line(struct ssh_side *s, const uint8_t *end, struct cursor data, size_t *ret_done) {
        if (!end)
                return cursor_left(&data) >= SSH_BANNER_MAX ? -EBADMSG : SESSION_MORE;
        *ret_done = (size_t) (end - data.data) + 1;
        return ++s->lines > SSH_LINES_MAX ? -EBADMSG : SESSION_MORE;
}

static int parse_banner(struct ssh_side *s, struct cursor data, struct emitter *e, size_t *ret_done) {
        const uint8_t *end = memchr(data.data, '\n', MIN(cursor_left(&data), (size_t) SSH_BANNER_MAX));
        struct cursor line = { data.data, end };

        if (cursor_begins(&data, "SSH-", 4) < 0)
                return skip_line(s, end, data, ret_done);
        if (!end)
                return cursor_left(&data) >= SSH_BANNER_MAX ? -EBADMSG : SESSION_MORE;
        *ret_done = cursor_left(&line) + 1;
        while (line.end > line.data && line.end[-1] == '\r')
                line.end--;
        emit_bytes(e, FACT_SSH_BANNER, line.data, cursor_left(&line));
        s->banner = true;
        /* Version 1 has no such packet; 1.99 stands for both (RFC 4253 §5.1). */
        if (cursor_begins(&line, "SSH-1.", 6) > 0 && cursor_begins(&line, "SSH-1.99-", 9) <= 0)
                return SESSION_DONE;
        return SESSION_MORE;
}

/* As ssh prints it: the digest in base64 (RFC 4648 §4) without padding. */
static void emit_fingerprint(struct emitter *e, struct cursor key) {
        static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        char hash[DIGEST_SHA256_MAX], text[64];
        struct strbuf b = STRBUF(text);
        unsigned held = 0, bits = 0;

        if (digester_sha256(e->digester, key.data, cursor_left(&key), hash) < 0)
                return;
        strbuf_string(&b, "SHA256:");
        for (const char *c = hash; *c; c++) {
                held = held << 4 | (unsigned) (*c <= '9' ? *c - '0' : *c - 'a' + 10);
                bits += 4;
                if (bits >= 6) {
                        bits -= 6;
                        strbuf_char(&b, digits[held >> bits & 63]);
                }
        }
        if (bits > 0)
                strbuf_char(&b, digits[held << (6 - bits) & 63]);
        emit_string(e, FACT_SSH_HOSTKEY, text);
}

/* A key begins with the name of its kind (RFC 4253 §6.6); what else has this packet's number does not. */
static bool is_key(struct cursor key) {
        static const char *const kinds[] = { "ssh-", "ecdsa-", "sk-", "x509v3-", "rsa-" };
        struct cursor name;
        uint32_t n;

        if (!cursor_be32(&key, &n) || !cursor_take(&key, n, &name))
                return false;
        for (size_t i = 0; i < ELEMENTSOF(kinds); i++)
                if (cursor_begins(&name, kinds[i], strlen(kinds[i])) > 0)
                        return true;
        return false;
}

/* The server's packets up to the answer that has its key. */
static int parse_answer(struct session *session, unsigned side, struct cursor data, struct emitter *e, size_t *ret_done) {
        struct cursor packet, key;
        uint32_t length, n;
        uint8_t padding, type;

        if (!cursor_be32(&data, &length))
                return SESSION_MORE;
        if (length > SSH_PACKET_MAX)
                return SESSION_DONE;
        if (!cursor_take(&data, length, &packet)) {
                session_want(session, side, (uint32_t) sizeof length + length);
                return SESSION_MORE;
        }
        if (!cursor_u8(&packet, &padding) || !cursor_u8(&packet, &type))
                return SESSION_DONE;
        if ((type == SSH_MSG_KEX_REPLY || type == SSH_MSG_KEX_GEX_REPLY) && cursor_be32(&packet, &n) &&
            cursor_take(&packet, n, &key) && is_key(key)) {
                emit_fingerprint(e, key);
                return SESSION_DONE;
        }
        if (type > SSH_MSG_DEBUG && type != SSH_MSG_KEX_REPLY)
                return SESSION_DONE;
        *ret_done = sizeof length + length;
        return SESSION_MORE;
}

static int parse_ssh(struct session *session, unsigned side, struct cursor data, bool fresh, struct emitter *e,
                     size_t *ret_done) {
        struct ssh_side *s = &((struct ssh_state *) session_state(session))->side[side];
        struct cursor lists[_SSH_LIST_MAX];
        uint32_t length;
        bool client;
        int r;

        if (s->algorithms)
                return parse_answer(session, side, data, e, ret_done);
        if (!s->banner && (!fresh || cursor_begins(&data, "SSH-", 4) >= 0))
                return parse_banner(s, data, e, ret_done);
        r = read_kexinit(data, &length, lists);
        if (r < 0)
                return r;
        if (r == 0) {
                if (cursor_left(&data) >= sizeof length)
                        session_want(session, side, (uint32_t) sizeof length + length);
                return SESSION_MORE;
        }
        client = is_client(session, side, lists[SSH_KEX]);
        emit_hassh(e, client, lists);
        s->algorithms = !client;
        *ret_done = sizeof length + length;
        return client ? SESSION_DONE : SESSION_MORE;
}

const struct session_parser ssh_parser = { "ssh", recognise_ssh, parse_ssh, NULL };
