/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The texts that are digested. */

#include "engine/proto/fingerprint.h"

#include <stdlib.h>

#include "common/macro.h"
#include "common/strbuf.h"
#include "engine/proto/tls-hello.h"

/* Room for all numbers of a hello: two bytes of it become at most six characters. */
#define TEXT_MAX (3 * TLS_HELLO_MAX)

static void append_decimal(struct strbuf *b, unsigned number, bool first) {
        char text[6]; /* "-65535" */
        size_t n = sizeof text;

        do
                text[--n] = (char) ('0' + number % 10);
        while ((number /= 10) > 0);
        if (!first)
                text[--n] = '-';
        strbuf_bytes(b, text + n, sizeof text - n);
}

/* ",4865-4866" */
static void append_numbers(struct strbuf *b, struct cursor list) {
        size_t start = b->length + 1;
        uint16_t number;

        strbuf_char(b, ',');
        while (cursor_be16(&list, &number))
                if (!tls_is_grease(number))
                        append_decimal(b, number, b->length == start);
}

static void append_extensions(struct strbuf *b, const struct tls_hello *hello) {
        strbuf_char(b, ',');
        for (size_t i = 0; i < hello->n_extensions; i++)
                append_decimal(b, hello->extensions[i], i == 0);
}

int fingerprint_ja3(struct digester *digester, const struct tls_hello *hello, char ret[static DIGEST_MD5_MAX]) {
        struct cursor formats = hello->formats;
        char text[TEXT_MAX];
        struct strbuf b = STRBUF(text);
        uint8_t format;

        append_decimal(&b, hello->version, true);
        append_numbers(&b, hello->ciphers);
        append_extensions(&b, hello);
        append_numbers(&b, hello->groups);
        strbuf_char(&b, ',');
        for (bool first = true; cursor_u8(&formats, &format); first = false)
                append_decimal(&b, format, first);
        return digester_md5(digester, b.data, b.length, ret);
}

int fingerprint_ja3s(struct digester *digester, const struct tls_hello *hello, char ret[static DIGEST_MD5_MAX]) {
        char text[TEXT_MAX];
        struct strbuf b = STRBUF(text);

        append_decimal(&b, hello->version, true);
        strbuf_char(&b, ',');
        append_decimal(&b, hello->cipher, true);
        append_extensions(&b, hello);
        return digester_md5(digester, b.data, b.length, ret);
}

struct numbers {
        uint16_t value[TLS_HELLO_MAX / 2];
        size_t n;
};

static int compare_numbers(const void *a, const void *b) {
        return *(const uint16_t *) a - *(const uint16_t *) b;
}

static void append_hex(struct strbuf *b, uint16_t number, bool first) {
        static const char digits[] = "0123456789abcdef";
        const char text[5] = { ',', digits[number >> 12], digits[number >> 8 & 15], digits[number >> 4 & 15], digits[number & 15] };

        strbuf_bytes(b, text + first, sizeof text - first);
}

/* In place while they are as few as honest ones are: qsort() allocates. */
static void sort(struct numbers *numbers) {
        if (numbers->n > 64) {
                qsort(numbers->value, numbers->n, sizeof numbers->value[0], compare_numbers);
                return;
        }
        for (size_t i = 1; i < numbers->n; i++) {
                uint16_t number = numbers->value[i];
                size_t at = i;

                for (; at > 0 && numbers->value[at - 1] > number; at--)
                        numbers->value[at] = numbers->value[at - 1];
                numbers->value[at] = number;
        }
}

static void append_sorted(struct strbuf *b, struct numbers *numbers) {
        sort(numbers);
        for (size_t i = 0; i < numbers->n; i++)
                append_hex(b, numbers->value[i], i == 0);
}

/* The first 12 digits of the digest; of nothing, zeros. */
static int append_digest(struct digester *digester, struct strbuf *b, const struct strbuf *text) {
        char hash[DIGEST_SHA256_MAX] = "000000000000";
        int r = text->length > 0 ? digester_sha256(digester, text->data, text->length, hash) : 0;

        strbuf_bytes(b, hash, 12);
        return r;
}

/* Of the versions offered the highest number; of old clients the one version that they have. */
static const char *ja4_version(const struct tls_hello *hello) {
        static const struct {
                uint16_t version;
                const char *text;
        } names[] = {
                { 0x0304, "13" }, { 0x0303, "12" }, { 0x0302, "11" }, { 0x0301, "10" }, { 0x0300, "s3" },
                { 0x0002, "s2" }, { 0xfeff, "d1" }, { 0xfefd, "d2" }, { 0xfefc, "d3" },
        };
        struct cursor list = hello->versions;
        uint16_t highest = 0, version;

        while (cursor_be16(&list, &version))
                if (!tls_is_grease(version))
                        highest = MAX(highest, version);
        if (highest == 0)
                highest = hello->version;
        for (size_t i = 0; i < ELEMENTSOF(names); i++)
                if (names[i].version == highest)
                        return names[i].text;
        return "00";
}

static bool is_alphanumeric(uint8_t c) {
        return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z');
}

/* First and last character of the first protocol; where one is no letter or digit, first and last digit of its
 * bytes in hexadecimal. */
static void append_protocol(struct strbuf *b, struct cursor list) {
        struct cursor protocol;
        uint8_t n, first, last;

        if (!cursor_u8(&list, &n) || n == 0 || !cursor_take(&list, n, &protocol)) {
                strbuf_string(b, "00");
                return;
        }
        first = protocol.data[0];
        last = protocol.end[-1];
        if (!is_alphanumeric(first) || !is_alphanumeric(last)) {
                first = (uint8_t) "0123456789abcdef"[first >> 4];
                last = (uint8_t) "0123456789abcdef"[last & 15];
        }
        strbuf_char(b, (char) first);
        strbuf_char(b, (char) last);
}

static int append_ciphers(struct digester *digester, struct strbuf *b, struct numbers *ciphers) {
        char text[TEXT_MAX];
        struct strbuf t = STRBUF(text);

        append_sorted(&t, ciphers);
        strbuf_char(b, '_');
        return append_digest(digester, b, &t);
}

/* The name and the protocols are not in it: they depend on whom one talks to. */
static int append_offers(struct digester *digester, struct strbuf *b, struct numbers *extensions, struct cursor signatures) {
        char text[TEXT_MAX];
        struct strbuf t = STRBUF(text);
        bool first = true;
        uint16_t number;

        append_sorted(&t, extensions);
        while (cursor_be16(&signatures, &number)) {
                if (tls_is_grease(number))
                        continue;
                if (first)
                        strbuf_char(&t, '_');
                append_hex(&t, number, first);
                first = false;
        }
        strbuf_char(b, '_');
        return append_digest(digester, b, &t);
}

/* Two digits, and no more than they can say. */
static void append_count(struct strbuf *b, size_t n) {
        n = MIN(n, (size_t) 99);
        strbuf_char(b, (char) ('0' + n / 10));
        strbuf_char(b, (char) ('0' + n % 10));
}

int fingerprint_ja4(struct digester *digester, const struct tls_hello *hello, char transport,
                    char ret[static FINGERPRINT_JA4_MAX]) {
        struct cursor ciphers = hello->ciphers;
        struct strbuf b = strbuf_make(ret, FINGERPRINT_JA4_MAX);
        struct numbers numbers;
        uint16_t number;
        int r;

        numbers.n = 0;
        while (cursor_be16(&ciphers, &number))
                if (!tls_is_grease(number))
                        numbers.value[numbers.n++] = number;
        strbuf_char(&b, transport);
        strbuf_string(&b, ja4_version(hello));
        strbuf_char(&b, hello->has_name ? 'd' : 'i');
        append_count(&b, numbers.n);
        append_count(&b, hello->n_extensions);
        append_protocol(&b, hello->protocols);
        r = append_ciphers(digester, &b, &numbers);
        if (r < 0)
                return r;
        numbers.n = 0;
        for (size_t i = 0; i < hello->n_extensions; i++)
                if (hello->extensions[i] != TLS_EXTENSION_SERVER_NAME && hello->extensions[i] != TLS_EXTENSION_PROTOCOLS)
                        numbers.value[numbers.n++] = hello->extensions[i];
        return append_offers(digester, &b, &numbers, hello->signatures);
}

/* All that texts are made of, as bytes. */
struct key {
        uint8_t bytes[PHRASE_KEY_MAX];
        size_t n;
        bool full;
};

/* Asked once for many: keys are made of every hello. */
static bool key_has_room(struct key *k, size_t n) {
        k->full |= n > sizeof k->bytes - k->n;
        return !k->full;
}

static void key_bytes(struct key *k, const void *bytes, size_t n) {
        if (n == 0 || !key_has_room(k, n))
                return;
        memcpy(k->bytes + k->n, bytes, n);
        k->n += n;
}

/* There is room. GREASE takes none; a list ends with some, which is in no list. */
static inline uint8_t *put_number(uint8_t *end, uint16_t number) {
        memcpy(end, &number, sizeof number);
        return end + (tls_is_grease(number) ? 0 : sizeof number);
}

static void key_end_list(struct key *k, uint8_t *end) {
        static const uint16_t grease = 0x0a0a;

        memcpy(end, &grease, sizeof grease);
        k->n = (size_t) (end - k->bytes) + sizeof grease;
}

static void key_numbers(struct key *k, struct cursor list) {
        uint8_t *end = k->bytes + k->n;
        uint16_t number;

        if (!key_has_room(k, cursor_left(&list) + sizeof number))
                return;
        while (cursor_be16(&list, &number))
                end = put_number(end, number);
        key_end_list(k, end);
}

static void key_extensions(struct key *k, const struct tls_hello *hello) {
        size_t n = hello->n_extensions * sizeof hello->extensions[0];

        if (!key_has_room(k, n + sizeof hello->extensions[0]))
                return;
        memcpy(k->bytes + k->n, hello->extensions, n);
        key_end_list(k, k->bytes + k->n + n);
}

static void make_client_key(struct key *k, const struct tls_hello *hello, char transport) {
        uint8_t head[] = { (uint8_t) transport, 0, 0, hello->has_name, hello->version >> 8, hello->version & 0xff,
                           (uint8_t) cursor_left(&hello->formats) };
        char protocol[3];
        struct strbuf b = STRBUF(protocol);

        append_protocol(&b, hello->protocols);
        memcpy(head + 1, protocol, 2);
        k->n = 0;
        k->full = false;
        key_bytes(k, head, sizeof head);
        key_bytes(k, hello->formats.data, cursor_left(&hello->formats));
        key_numbers(k, hello->ciphers);
        key_extensions(k, hello);
        key_numbers(k, hello->groups);
        key_numbers(k, hello->versions);
        key_numbers(k, hello->signatures);
}

void fingerprint_client(struct digester *digester, struct phrases *phrases, const struct tls_hello *hello, char transport,
                        char ret_ja3[static DIGEST_MD5_MAX], char ret_ja4[static FINGERPRINT_JA4_MAX]) {
        struct phrase *phrase = NULL;
        struct key key;

        if (phrases) {
                make_client_key(&key, hello, transport);
                phrase = key.full ? NULL : phrases_place(phrases, key.bytes, key.n);
        }
        if (phrase && phrase_is_of(phrase, key.bytes, key.n)) {
                memcpy(ret_ja3, phrase->texts[0], phrase->lengths[0] + 1U);
                memcpy(ret_ja4, phrase->texts[1], phrase->lengths[1] + 1U);
                return;
        }
        if (fingerprint_ja3(digester, hello, ret_ja3) < 0)
                ret_ja3[0] = '\0';
        if (fingerprint_ja4(digester, hello, transport, ret_ja4) < 0)
                ret_ja4[0] = '\0';
        if (phrase)
                phrase_keep(phrase, key.bytes, key.n, ret_ja3, ret_ja4);
}

static void make_server_key(struct key *k, const struct tls_hello *hello) {
        const uint8_t head[] = { 's', hello->version >> 8, hello->version & 0xff, hello->cipher >> 8, hello->cipher & 0xff };

        k->n = 0;
        k->full = false;
        key_bytes(k, head, sizeof head);
        key_extensions(k, hello);
}

void fingerprint_server(struct digester *digester, struct phrases *phrases, const struct tls_hello *hello,
                        char ret_ja3s[static DIGEST_MD5_MAX]) {
        struct phrase *phrase = NULL;
        struct key key;

        if (phrases) {
                make_server_key(&key, hello);
                phrase = key.full ? NULL : phrases_place(phrases, key.bytes, key.n);
        }
        if (phrase && phrase_is_of(phrase, key.bytes, key.n)) {
                memcpy(ret_ja3s, phrase->texts[0], phrase->lengths[0] + 1U);
                return;
        }
        if (fingerprint_ja3s(digester, hello, ret_ja3s) < 0)
                ret_ja3s[0] = '\0';
        if (phrase)
                phrase_keep(phrase, key.bytes, key.n, ret_ja3s, "");
}
