/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Reads DNS messages: header, questions, records, compressed names (RFC 1035 §4.1). Owns nothing and
 * allocates nothing. What a message claims to hold is never believed: counts end at the last byte. */

#include "engine/proto/dns-message.h"

#include <errno.h>
#include <strings.h>

#include "common/escape.h"
#include "common/macro.h"

/* Pointers in one name. Every label may be shared by another name, so no honest name has more pointers
 * than labels (127 fit into 255 octets); a chain of pointers to pointers would cost quadratic time. */
#define DNS_JUMPS_MAX 127
#define DNS_LABEL_MAX 63 /* RFC 1035 §2.3.4 */
/* RFC 1035 §4.1.4: two bits, and how far from the id. */
#define DNS_POINTER 0xc000
#define DNS_POINTER_MAX 0x3fff

/* The labels of a name, raw, a dot before each. */
struct raw_name {
        uint8_t bytes[DNS_NAME_MAX];
        size_t length;
        bool too_long;
};

/* Labels that stand one behind the other, each with its length octet, which becomes the dot: nothing else is to change. */
static void raw_name_add(struct raw_name *raw, const uint8_t *labels, const uint8_t *end) {
        size_t n = (size_t) (end - labels);
        uint8_t *p = raw->bytes + raw->length;

        /* The root label takes one of the 255. */
        if (raw->length + n > DNS_NAME_MAX - 1) {
                raw->too_long = true;
                return;
        }
        memcpy(p, labels, n);
        for (const uint8_t *behind = p + n; p < behind;) {
                uint8_t length = *p;

                *p = '.';
                p += length + 1;
        }
        raw->length += n;
}

static void append_control(struct strbuf *b, uint8_t c) {
        static const char letters[] = "abtnvfr"; /* 7 to 13 */

        if (c >= 7 && c <= 13)
                strbuf_bytes(b, (const char[]) { '\\', letters[c - 7] }, 2);
        else
                strbuf_printf(b, "\\%03o", c);
}

static void name_format(const struct raw_name *raw, struct dns_name *ret) {
        struct strbuf b = strbuf_make(ret->text, DNS_NAME_TEXT_MAX);
        const uint8_t *p = raw->bytes + 1;
        size_t left = raw->too_long || raw->length == 0 ? 0 : raw->length - 1;

        if (left > 0 && text_is_plain((const char *) p, left)) {
                strbuf_bytes(&b, p, left);
                left = 0;
        }
        if (raw->length == 0 && !raw->too_long)
                strbuf_char(&b, '.');
        while (left > 0) {
                uint32_t c = 0;
                size_t n = text_decode(p, left, &c);

                if (n == 0) {
                        n = 1;
                        strbuf_string(&b, "\xef\xbf\xbd");
                } else if (c < 0x20 || c == 0x7f)
                        append_control(&b, (uint8_t) c);
                else if (text_is_unsafe(c))
                        strbuf_printf(&b, c > 0xffff ? "\\U%08X" : "\\u%04X", c);
                else
                        strbuf_bytes(&b, p, n);
                p += n;
                left -= n;
        }
        ret->length = b.length;
        ret->too_long = raw->too_long;
}

/* Where the pointer whose first octet is `high` leads: before `start`, or nowhere. */
static int follow(const struct dns_message *m, struct cursor *at, uint8_t high, const uint8_t **start) {
        size_t offset;
        uint8_t low;

        if (!m || !cursor_u8(at, &low))
                return -EBADMSG;
        offset = (size_t) (high & 0x3f) << 8 | low;
        if (offset >= (size_t) (*start - m->whole.data))
                return -EBADMSG;
        *start = m->whole.data + offset;
        *at = (struct cursor) { *start, m->whole.end };
        return 0;
}

int dns_name_read(const struct dns_message *m, struct cursor *c, struct dns_name *ret) {
        const uint8_t *start = c->data, *labels = start, *behind = NULL;
        struct cursor at = *c;
        struct raw_name raw;
        unsigned jumps = 0;

        raw.length = 0;
        raw.too_long = false;
        for (;;) {
                const uint8_t *end = at.data;
                uint8_t n;

                if (!cursor_u8(&at, &n)) {
                        if (m)
                                return -EBADMSG;
                        n = 0; /* a name that stands alone may be partial */
                }
                /* 01 and 10 are extended labels that nobody speaks (RFC 6891 §5). */
                if (n > 0 && n <= DNS_LABEL_MAX) {
                        if (!cursor_skip(&at, n))
                                return -EBADMSG;
                        continue;
                }
                raw_name_add(&raw, labels, end);
                if (n == 0)
                        break;
                if ((n & 0xc0) != 0xc0 || jumps == DNS_JUMPS_MAX)
                        return -EBADMSG;
                if (jumps++ == 0)
                        behind = end + 2;
                if (follow(m, &at, n, &start) < 0)
                        return -EBADMSG;
                labels = start;
        }
        c->data = behind ?: at.data;
        name_format(&raw, ret);
        return 0;
}

int dns_name_read_plain(struct cursor *c, struct dns_name *ret) {
        return dns_name_read(NULL, c, ret);
}

bool dns_string_read(struct cursor *c, struct cursor *ret) {
        struct cursor at = *c;
        uint8_t n;

        if (!cursor_u8(&at, &n) || !cursor_take(&at, n, ret))
                return false;
        *c = at;
        return true;
}

int dns_message_open(struct dns_message *m, struct cursor payload) {
        m->whole = m->rest = payload;
        m->name_at = 0;
        if (!cursor_be16(&m->rest, &m->id) || !cursor_be16(&m->rest, &m->flags))
                return -EBADMSG;
        for (size_t i = 0; i < ELEMENTSOF(m->counts); i++)
                if (!cursor_be16(&m->rest, &m->counts[i]))
                        return -EBADMSG;
        return 0;
}

/* If it stands there by itself, as it is, where a pointer reaches: a length octet more than dots, and the root's. */
static void keep_name(struct dns_message *m, const uint8_t *at, const struct dns_name *name) {
        ptrdiff_t offset = at - m->whole.data;

        if (m->rest.data - at != (ptrdiff_t) name->length + 2 || name->length >= sizeof m->name || offset > DNS_POINTER_MAX)
                return;
        m->name_at = (uint16_t) offset;
        m->name_length = (uint16_t) name->length;
        memcpy(m->name, name->text, name->length + 1);
}

/* At the front of a question or record. */
static int next_name(struct dns_message *m, struct dns_name *ret) {
        const uint8_t *at = m->rest.data;
        int r;

        if (m->name_at > 0 && cursor_left(&m->rest) >= 2 && load_be16(at) == (DNS_POINTER | m->name_at)) {
                memcpy(ret->text, m->name, m->name_length + 1U);
                ret->length = m->name_length;
                ret->too_long = false;
                return cursor_skip(&m->rest, 2) ? 0 : -EBADMSG;
        }
        r = dns_name_read(m, &m->rest, ret);
        if (r >= 0 && m->name_at == 0 && m->counts[DNS_ANSWER] > 0)
                keep_name(m, at, ret);
        return r;
}

int dns_message_next_question(struct dns_message *m, struct dns_question *ret) {
        if (m->counts[DNS_QUESTION] == 0)
                return 0;
        if (next_name(m, &ret->name) < 0 || !cursor_be16(&m->rest, &ret->type) || !cursor_be16(&m->rest, &ret->class))
                return -EBADMSG;
        m->counts[DNS_QUESTION]--;
        return 1;
}

int dns_message_next_record(struct dns_message *m, struct dns_record *ret) {
        uint16_t length;

        while (m->counts[DNS_QUESTION] > 0)
                if (next_name(m, &ret->name) < 0 || !cursor_skip(&m->rest, 4))
                        return -EBADMSG;
                else
                        m->counts[DNS_QUESTION]--;
        ret->section = DNS_ANSWER;
        while (ret->section < _DNS_SECTION_MAX && m->counts[ret->section] == 0)
                ret->section++;
        if (ret->section == _DNS_SECTION_MAX)
                return 0;
        if (next_name(m, &ret->name) < 0 || !cursor_be16(&m->rest, &ret->type) ||
            !cursor_be16(&m->rest, &ret->class) || !cursor_be32(&m->rest, &ret->ttl) ||
            !cursor_be16(&m->rest, &length) || !cursor_take(&m->rest, length, &ret->data))
                return -EBADMSG;
        m->counts[ret->section]--;
        return 1;
}

bool dns_record_address(const struct dns_record *record, struct ip_address *ret) {
        struct cursor data = record->data;
        uint8_t bytes[16];

        if (record->type == DNS_TYPE_A && cursor_copy(&data, bytes, 4))
                *ret = ip_from_v4(bytes);
        else if (record->type == DNS_TYPE_AAAA && cursor_copy(&data, bytes, 16))
                *ret = ip_from_v6(bytes);
        else
                return false;
        return true;
}

bool dns_name_is(const struct dns_name *name, const char *text) {
        return strcasecmp(name->text, text) == 0;
}

bool dns_name_ends_with(const struct dns_name *name, const char *suffix) {
        size_t n = strlen(suffix);

        return name->length >= n && strcasecmp(name->text + name->length - n, suffix) == 0;
}

/* Types that are met on networks (IANA's registry). Those that only DNS operators know go by number, as
 * in the conformance corpus: SSHFP is TYPE44 there. */
#define NAME(text) { text, sizeof text - 1 }
static const struct type_name {
        const char *text;
        size_t length;
} type_names[] = {
        [1] = NAME("A"), [2] = NAME("NS"), [5] = NAME("CNAME"), [6] = NAME("SOA"), [10] = NAME("NULL"), [12] = NAME("PTR"),
        [13] = NAME("HINFO"), [15] = NAME("MX"), [16] = NAME("TXT"), [28] = NAME("AAAA"), [33] = NAME("SRV"),
        [35] = NAME("NAPTR"), [39] = NAME("DNAME"), [41] = NAME("OPT"), [43] = NAME("DS"), [46] = NAME("RRSIG"),
        [47] = NAME("NSEC"), [48] = NAME("DNSKEY"), [50] = NAME("NSEC3"), [51] = NAME("NSEC3PARAM"), [52] = NAME("TLSA"),
        [64] = NAME("SVCB"), [65] = NAME("HTTPS"), [99] = NAME("SPF"), [249] = NAME("TKEY"), [250] = NAME("TSIG"),
        [251] = NAME("IXFR"), [252] = NAME("AXFR"), [255] = NAME("ANY"), [256] = NAME("URI"), [257] = NAME("CAA"),
};

bool dns_type_is_common(uint16_t type) {
        return type < ELEMENTSOF(type_names) && type_names[type].text;
}

void dns_type_append(struct strbuf *b, uint16_t type) {
        if (dns_type_is_common(type)) {
                strbuf_bytes(b, type_names[type].text, type_names[type].length);
                return;
        }
        strbuf_string(b, "TYPE");
        strbuf_unsigned(b, type);
}
