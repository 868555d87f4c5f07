/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Hellos, messages and records of TLS for tests, made piece by piece. */

struct bytes {
        uint8_t data[16384];
        size_t n;
};

static inline void bytes_put(struct bytes *b, const void *data, size_t n) {
        assert_true(b->n + n <= sizeof b->data);
        memcpy(b->data + b->n, data, n);
        b->n += n;
}

static inline void bytes_8(struct bytes *b, unsigned v) {
        bytes_put(b, (const uint8_t[]) { (uint8_t) v }, 1);
}

static inline void bytes_16(struct bytes *b, unsigned v) {
        bytes_put(b, (const uint8_t[]) { (uint8_t) (v >> 8), (uint8_t) v }, 2);
}

static inline void bytes_24(struct bytes *b, unsigned v) {
        bytes_8(b, v >> 16);
        bytes_16(b, v & 0xffff);
}

/* Numbers of 16 bits, ended by -1. */
static inline void bytes_numbers(struct bytes *b, const int *numbers) {
        for (; *numbers >= 0; numbers++)
                bytes_16(b, (unsigned) *numbers);
}

static inline void bytes_list16(struct bytes *b, const struct bytes *list) {
        bytes_16(b, (unsigned) list->n);
        bytes_put(b, list->data, list->n);
}

struct hello_client {
        unsigned version;
        const int *ciphers, *extensions, *groups, *signatures, *versions; /* ended by -1 */
        const char *name, *protocol;
        bool formats, cookie;
};

static inline void hello_extension(struct bytes *b, int type, const struct hello_client *h) {
        struct bytes data = {}, list = {};

        if (type == 0) { /* list, of which one of type 0 */
                bytes_8(&list, 0);
                bytes_16(&list, (unsigned) strlen(h->name));
                bytes_put(&list, h->name, strlen(h->name));
                bytes_list16(&data, &list);
        } else if (type == 10 && h->groups) {
                bytes_numbers(&list, h->groups);
                bytes_list16(&data, &list);
        } else if (type == 11 && h->formats)
                bytes_put(&data, "\1\0", 2);
        else if (type == 13 && h->signatures) {
                bytes_numbers(&list, h->signatures);
                bytes_list16(&data, &list);
        } else if (type == 16 && h->protocol) {
                bytes_8(&list, (unsigned) strlen(h->protocol));
                bytes_put(&list, h->protocol, strlen(h->protocol));
                bytes_list16(&data, &list);
        } else if (type == 43 && h->versions) {
                bytes_numbers(&list, h->versions);
                bytes_8(&data, (unsigned) list.n);
                bytes_put(&data, list.data, list.n);
        }
        bytes_16(b, (unsigned) type);
        bytes_list16(b, &data);
}

/* version (2), random (32), session (1+0), [cookie (1+4)], ciphers (2+n), compression (1+1), extensions (2+n) */
static inline struct bytes hello_client_make(const struct hello_client *h) {
        static const uint8_t random[32];
        struct bytes b = {}, list = {};

        bytes_16(&b, h->version);
        bytes_put(&b, random, sizeof random);
        bytes_8(&b, 0);
        if (h->cookie)
                bytes_put(&b, "\4cook", 5);
        bytes_numbers(&list, h->ciphers);
        bytes_list16(&b, &list);
        bytes_put(&b, "\1\0", 2);
        if (!h->extensions)
                return b;
        list.n = 0;
        for (const int *type = h->extensions; *type >= 0; type++)
                hello_extension(&list, *type, h);
        bytes_list16(&b, &list);
        return b;
}

/* version, random, session, cipher, compression, extensions as they stand */
static inline struct bytes hello_server_make(unsigned version, unsigned cipher, const void *extensions, size_t n) {
        static const uint8_t random[32];
        struct bytes b = {}, list = {};

        bytes_16(&b, version);
        bytes_put(&b, random, sizeof random);
        bytes_8(&b, 0);
        bytes_16(&b, cipher);
        bytes_8(&b, 0);
        bytes_put(&list, extensions, n);
        if (n > 0)
                bytes_list16(&b, &list);
        return b;
}

/* type (1), length (3) */
static inline void bytes_message(struct bytes *b, unsigned type, const struct bytes *body) {
        bytes_8(b, type);
        bytes_24(b, (unsigned) body->n);
        bytes_put(b, body->data, body->n);
}

/* Records of at most `most` bytes: type (1), version (2), length (2). */
static inline void bytes_records(struct bytes *b, unsigned type, const struct bytes *content, size_t most) {
        for (size_t at = 0, n; at < content->n; at += n) {
                n = content->n - at < most ? content->n - at : most;
                bytes_8(b, type);
                bytes_16(b, 0x0301);
                bytes_16(b, (unsigned) n);
                bytes_put(b, content->data + at, n);
        }
}

/* A list of numbers with its end; lives as long as the block that it stands in. */
#define LIST(...) ((const int[]) { __VA_ARGS__, -1 })

/* The example of JA4's specification: t13d1516h2_8daaf6152771_e5627efa2ab1, with GREASE and in an order of its own. */
static inline struct hello_client hello_example(void) {
        static const int ciphers[] = { 0xdada, 0x1301, 0x1302, 0x1303, 0xc02b, 0xc02f, 0xc02c, 0xc030, 0xcca9, 0xcca8, 0xc013, 0xc014,
                                       0x009c, 0x009d, 0x002f, 0x0035, -1 };
        static const int extensions[] = { 0x2a2a, 0x001b, 0x0000, 0x0033, 0x0010, 0x4469, 0x0017, 0x002d, 0x000d, 0x0005, 0x0023, 0x0012,
                                          0x002b, 0xff01, 0x000b, 0x000a, 0x0015, 0x5a5a, -1 };
        static const int groups[] = { 0x3a3a, 29, 23, 24, -1 };
        static const int signatures[] = { 0x0403, 0x0804, 0x0401, 0x0503, 0x0805, 0x0501, 0x0806, 0x0601, -1 };
        static const int versions[] = { 0x8a8a, 0x0304, 0x0303, -1 };

        return (struct hello_client) {
                .version = 0x0303, .ciphers = ciphers, .extensions = extensions, .groups = groups, .signatures = signatures,
                .versions = versions, .formats = true, .name = "www.example.test", .protocol = "h2",
        };
}
