/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Community IDs: SHA-1 over the 5-tuple in a fixed order, in base64, so that the records of different tools meet.
 * Follows https://github.com/corelight/community-id-spec, version 1. */

#include <errno.h>
#include <netinet/in.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "common/macro.h"
#include "engine/crypto.h"
#include "engine/flow/flow-message.h"
#include "engine/flow/flow-record.h"

struct flow_hasher {
        EVP_MD *sha1;
        EVP_MD_CTX *context;
};

int flow_hasher_new(struct flow_hasher **ret) {
        *ret = calloc(1, sizeof **ret);
        return *ret ? 0 : -ENOMEM;
}

/* To set libcrypto up takes longer than a short capture: not before it is needed. */
static int prepare(struct flow_hasher *h) {
        if (h->context)
                return 0;
        crypto_open();
        h->sha1 = h->sha1 ?: EVP_MD_fetch(NULL, "SHA1", NULL);
        h->context = EVP_MD_CTX_new();
        if (!h->sha1 || !h->context || EVP_DigestInit_ex2(h->context, h->sha1, NULL) != 1) {
                EVP_MD_CTX_free(h->context);
                h->context = NULL;
                return -EIO;
        }
        return 0;
}

struct flow_hasher *flow_hasher_free(struct flow_hasher *h) {
        if (!h)
                return NULL;
        EVP_MD_CTX_free(h->context);
        EVP_MD_free(h->sha1);
        free(h);
        return NULL;
}

static bool has_ports(uint8_t protocol) {
        return protocol == IPPROTO_TCP || protocol == IPPROTO_UDP || protocol == IPPROTO_SCTP ||
               protocol == IPPROTO_ICMP || protocol == IPPROTO_ICMPV6;
}

/* Of ICMP: type and the type that answers it, or the code where nothing does; then the flow has one direction and
 * its ends stay in order. */
static bool message_ports(const struct flow_record *r, uint16_t ports[static 2]) {
        int answer = flow_message_answer(r->protocol, (uint8_t) r->endpoints[0].port);

        ports[0] = r->endpoints[0].port;
        ports[1] = answer >= 0 ? (uint16_t) answer : r->endpoints[1].port;
        return answer < 0;
}

/* The lower end first, as numbers in network order. */
static bool is_swapped(const struct flow_record *r, const uint16_t ports[static 2]) {
        int order = memcmp(r->endpoints[0].ip.bytes, r->endpoints[1].ip.bytes, sizeof r->endpoints[0].ip.bytes);

        return order > 0 || (order == 0 && ports[0] > ports[1]);
}

static size_t describe(const struct flow_record *r, uint8_t text[static 40]) {
        uint16_t ports[2] = { r->endpoints[0].port, r->endpoints[1].port };
        size_t n = r->endpoints[0].ip.family == AF_INET ? 4 : 16, length = 2;
        bool one_way = false, swapped;

        if (r->protocol == IPPROTO_ICMP || r->protocol == IPPROTO_ICMPV6)
                one_way = message_ports(r, ports);
        swapped = !one_way && is_swapped(r, ports);
        text[0] = text[1] = 0; /* the seed */
        for (unsigned i = 0; i < 2; i++, length += n)
                memcpy(text + length, r->endpoints[i ^ swapped].ip.bytes, n);
        text[length++] = r->protocol;
        text[length++] = 0;
        if (!has_ports(r->protocol))
                return length;
        for (unsigned i = 0; i < 2; i++) {
                text[length++] = (uint8_t) (ports[i ^ swapped] >> 8);
                text[length++] = (uint8_t) ports[i ^ swapped];
        }
        return length;
}

int flow_community_id(struct flow_hasher *h, const struct flow_record *record, char ret[static FLOW_COMMUNITY_ID_MAX]) {
        uint8_t text[40], digest[EVP_MAX_MD_SIZE];
        unsigned size = 0;

        if (prepare(h) < 0 || EVP_DigestInit_ex2(h->context, NULL, NULL) != 1 ||
            EVP_DigestUpdate(h->context, text, describe(record, text)) != 1 ||
            EVP_DigestFinal_ex(h->context, digest, &size) != 1 || size != 20)
                return -EIO;
        ret[0] = '1';
        ret[1] = ':';
        EVP_EncodeBlock((unsigned char *) ret + 2, digest, (int) size);
        return 0;
}
