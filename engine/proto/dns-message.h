/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/address.h"
#include "common/cursor.h"
#include "common/strbuf.h"

/* A DNS message (RFC 1035 §4.1), read front to back and never past its end. The base of everything that
 * speaks this format: mDNS, DNS over UDP and TCP, LLMNR, NetBIOS names. */

/* 255 octets on the wire (RFC 1035 §2.3.4); the worst of them takes four characters when escaped. */
#define DNS_NAME_MAX 255
#define DNS_NAME_TEXT_MAX (4 * DNS_NAME_MAX + 1)
/* What may be written behind a name, in its memory: a blank, what dns_type_append() gives, and an address with a blank before it. */
#define DNS_NAME_ROOM (1 + 10 + 1 + IP_STRING_MAX)

enum dns_section { DNS_QUESTION, DNS_ANSWER, DNS_AUTHORITY, DNS_ADDITIONAL, _DNS_SECTION_MAX };

enum dns_type {
        DNS_TYPE_A = 1, DNS_TYPE_NS = 2, DNS_TYPE_CNAME = 5, DNS_TYPE_SOA = 6, DNS_TYPE_PTR = 12, DNS_TYPE_HINFO = 13,
        DNS_TYPE_MX = 15, DNS_TYPE_TXT = 16, DNS_TYPE_AAAA = 28, DNS_TYPE_SRV = 33, DNS_TYPE_OPT = 41,
};

#define DNS_FLAG_RESPONSE 0x8000
/* RFC 1035 §4.1.1, RFC 4035 §3.2: what a query may ask for, recursion and no checks (and, in answers, that it was checked). */
#define DNS_FLAGS_OF_QUERY 0x0130
#define DNS_OPCODE_MASK 0x7800
#define DNS_RESERVED_MASK 0x0040
#define DNS_RCODE_MASK 0x000f
/* RFC 6762 §10.2, §5.4: the top bit of the class is cache-flush in a record, unicast-reply in a question. */
#define DNS_CLASS_MASK 0x7fff
#define DNS_CLASS_IN 1
#define DNS_CLASS_CHAOS 3

struct dns_message {
        struct cursor whole; /* from the id on: what compression offsets count from */
        struct cursor rest;  /* what is still to be read */
        uint16_t id, flags;
        uint16_t counts[_DNS_SECTION_MAX]; /* as the header claims; counted down while reading */
        /* The name that the first question or record begins with, which those behind it most often have by a pointer. */
        uint16_t name_at;     /* from the id on; 0: none is kept */
        uint16_t name_length;
        char name[DNS_NAME_MAX];
};

/* A name as text, with some room behind it: labels joined with dots, dots inside labels not escaped, case as on the wire, "." for
 * the root. Control characters become C escapes ("\n", "\001"), other invisible characters \uXXXX, bytes
 * that are not UTF-8 U+FFFD: the text is valid UTF-8 without controls. */
struct dns_name {
        char text[DNS_NAME_TEXT_MAX + DNS_NAME_ROOM];
        size_t length; /* of text */
        bool too_long; /* longer than DNS allows; text is empty */
};

struct dns_question {
        struct dns_name name;
        uint16_t type, class;
};

struct dns_record {
        enum dns_section section;
        struct dns_name name;
        uint16_t type, class;
        uint32_t ttl;       /* s */
        struct cursor data; /* inside the message, so that names in it can be read */
};

/* Reads the header. 0, or -EBADMSG. */
int dns_message_open(struct dns_message *m, struct cursor payload);

/* The next question; 1, or 0 when there is none left, or -EBADMSG: the rest cannot be read. */
int dns_message_next_question(struct dns_message *m, struct dns_question *ret);

/* The next record of answer, authority or additional section, whichever is on; questions that were not
 * read are passed over. As dns_message_next_question(). */
int dns_message_next_record(struct dns_message *m, struct dns_record *ret);

/* The address of an A or AAAA record. False for other types and where the data are too short. */
bool dns_record_address(const struct dns_record *record, struct ip_address *ret);

/* Reads a name at `c` and moves `c` behind it. Each compression pointer must point before everything that
 * was read of this name, so that a name always ends. 0, or -EBADMSG. */
int dns_name_read(const struct dns_message *m, struct cursor *c, struct dns_name *ret);

/* Reads a name that stands alone, outside of a message: no compression; may end without the root label
 * (RFC 4702 §2.3.1). */
int dns_name_read_plain(struct cursor *c, struct dns_name *ret);

/* A character string: a length byte and so many bytes (RFC 1035 §3.3). False at the end or where cut. */
bool dns_string_read(struct cursor *c, struct cursor *ret);

/* ASCII case does not count (RFC 4343). */
bool dns_name_is(const struct dns_name *name, const char *text);
bool dns_name_ends_with(const struct dns_name *name, const char *suffix);

/* Is it one that is met on networks? */
bool dns_type_is_common(uint16_t type);

/* "AAAA"; "TYPE1234" (RFC 3597 §5) for types without a common name. */
void dns_type_append(struct strbuf *b, uint16_t type);
