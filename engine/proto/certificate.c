/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* X.509 certificates, read by libcrypto. Nothing is verified: they say what a server calls itself. */

#include "engine/proto/certificate.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdlib.h>

#include "common/macro.h"
#include "engine/crypto.h"
#include "engine/proto/certificate-memo.h"
#include "engine/proto/digester.h"

/* Names that are read of one certificate; public authorities put in up to some hundred. */
#define NAMES_MAX 512

DEFINE_CLEANUP(X509 *, X509_free)
DEFINE_CLEANUP(GENERAL_NAMES *, GENERAL_NAMES_free)

static inline void openssl_freep(unsigned char **p) {
        OPENSSL_free(*p);
}

/* The first of several. */
static void emit_common_name(struct emitter *e, enum fact_kind kind, const X509_NAME *name) {
        _cleanup_(openssl_freep) unsigned char *text = NULL;
        int at = X509_NAME_get_index_by_NID(name, NID_commonName, -1), n;

        if (at < 0)
                return;
        n = ASN1_STRING_to_UTF8(&text, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, at)));
        if (n > 0)
                emit_bytes(e, kind, text, (size_t) n);
}

struct name {
        const char *data;
        size_t length;
};

static int compare_names(const void *a, const void *b) {
        const struct name *left = a, *right = b;
        int r = memcmp(left->data, right->data, MIN(left->length, right->length));

        return r != 0 ? r : (left->length > right->length) - (left->length < right->length);
}

/* DNS names and addresses; `text` is room for an address. */
static bool read_name(const GENERAL_NAME *general, char text[static IP_STRING_MAX], struct name *ret) {
        const ASN1_STRING *string = general->type == GEN_IPADD ? general->d.iPAddress : general->d.dNSName;
        const unsigned char *data;
        struct ip_address ip;
        int n;

        if (general->type != GEN_DNS && general->type != GEN_IPADD)
                return false;
        data = ASN1_STRING_get0_data(string);
        n = ASN1_STRING_length(string);
        if (general->type == GEN_DNS) {
                *ret = (struct name) { (const char *) data, (size_t) n };
                return n > 0;
        }
        if (n != 4 && n != 16)
                return false;
        ip = n == 4 ? ip_from_v4(data) : ip_from_v6(data);
        ip_format(&ip, text);
        *ret = (struct name) { text, strlen(text) };
        return true;
}

/* Sorted, each once. Nothing, where all are of other types. */
static void emit_names(struct emitter *e, const X509 *certificate) {
        _cleanup_(GENERAL_NAMES_freep) GENERAL_NAMES *list =
                X509_get_ext_d2i(certificate, NID_subject_alt_name, NULL, NULL);
        char addresses[NAMES_MAX][IP_STRING_MAX], text[FACT_VALUE_MAX + 2];
        struct strbuf b = STRBUF(text);
        struct name names[NAMES_MAX];
        size_t n = 0;

        for (int i = 0; i < sk_GENERAL_NAME_num(list) && n < NAMES_MAX; i++)
                n += read_name(sk_GENERAL_NAME_value(list, i), addresses[n], &names[n]);
        qsort(names, n, sizeof names[0], compare_names);
        for (size_t i = 0; i < n; i++) {
                if (i > 0 && compare_names(&names[i - 1], &names[i]) == 0)
                        continue;
                if (i > 0)
                        strbuf_char(&b, ',');
                strbuf_bytes(&b, names[i].data, names[i].length);
        }
        if (list)
                emit_bytes(e, FACT_TLS_CERT_SAN, b.data, b.length);
}

static void emit_end(struct emitter *e, const X509 *certificate) {
        struct tm tm;

        if (ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &tm) == 1)
                emit_printf(e, FACT_TLS_CERT_NOT_AFTER, "%04d-%02d-%02dT%02d:%02d:%02dZ", tm.tm_year + 1900,
                            tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec);
}

/* It names itself as its issuer, and its key as the issuer's where it names one (RFC 5280 §3.2 and §4.2.1.1). The
 * signature is not checked: that costs far more than to read, and anybody may send one. */
static void emit_self_signed(struct emitter *e, X509 *certificate) {
        if (X509_self_signed(certificate, 0) == 1)
                emit_string(e, FACT_TLS_CERT_SELF_SIGNED, "yes");
        ERR_clear_error();
}

/* RFC 5280 §4.1.2.5: in UTC, with seconds. */
static bool is_time(const ASN1_TIME *time) {
        return ASN1_TIME_set_string_X509(NULL, (const char *) ASN1_STRING_get0_data(time)) == 1;
}

/* libcrypto takes more than DER; what it would write itself is DER. */
static bool is_der(X509 *certificate, struct cursor der) {
        _cleanup_(openssl_freep) unsigned char *again = NULL;
        int n;

        if (!is_time(X509_get0_notBefore(certificate)) || !is_time(X509_get0_notAfter(certificate)))
                return false;
        n = i2d_re_X509_tbs(certificate, &again);
        return n > 0 && memmem(der.data, cursor_left(&der), again, (size_t) n) != NULL;
}

static X509 *parse(struct cursor der) {
        _cleanup_(X509_freep) X509 *certificate = NULL;
        const unsigned char *at = der.data;

        crypto_open();
        certificate = d2i_X509(NULL, &at, (long) cursor_left(&der));
        if (!certificate || at != der.end || !is_der(certificate, der)) {
                ERR_clear_error();
                return NULL;
        }
        return TAKE_PTR(certificate);
}

int certificate_emit(struct cursor der, struct emitter *e) {
        _cleanup_(X509_freep) X509 *certificate = NULL;
        char hash[DIGEST_SHA256_MAX];
        int r;

        if (cursor_left(&der) > CERTIFICATE_MAX)
                return -ENOBUFS;
        r = digester_sha256(e->digester, der.data, cursor_left(&der), hash);
        if (r < 0)
                return r;
        certificate = parse(der);
        if (!certificate) {
                emit_string(e, FACT_TLS_CERT_UNPARSABLE, hash);
                return 0;
        }
        emit_string(e, FACT_TLS_CERT_SHA256, hash);
        emit_common_name(e, FACT_TLS_CERT_SUBJECT_CN, X509_get_subject_name(certificate));
        emit_common_name(e, FACT_TLS_CERT_ISSUER_CN, X509_get_issuer_name(certificate));
        emit_names(e, certificate);
        emit_end(e, certificate);
        emit_self_signed(e, certificate);
        return 0;
}

int certificate_list_emit(struct cursor body, struct emitter *e) {
        struct cursor list, certificate;
        uint32_t n;

        if (!cursor_be24(&body, &n) || !cursor_take(&body, n, &list))
                return -EBADMSG;
        if (n == 0)
                return 0; /* a client that has none */
        if (!cursor_be24(&list, &n) || !cursor_take(&list, n, &certificate))
                return -EBADMSG;
        return e->certificates ? certificate_memo_emit(e->certificates, certificate, e) : certificate_emit(certificate, e);
}
