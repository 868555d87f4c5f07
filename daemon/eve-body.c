/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Facts as members of an event's object. A table says which member a kind becomes and how its value is put; a kind that
 * is not in it becomes a member of its own name, and a list if there are several. Names are those of Suricata 7:
 * https://docs.suricata.io/en/latest/output/eve/eve-json-format.html */

#include "daemon/eve-body.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/json-text.h"
#include "common/strbuf.h"

/* More of one list is not told. */
#define LIST_MAX 64

typedef int (*put_fn)(struct json_object *body, const char *key, const struct fact *fact, bool client);

static int put_text(struct json_object *body, const char *key, const struct fact *fact, bool client _unused_) {
        return json_add_text(body, key, fact->value);
}

/* Of a chain of certificates the first is the server's own. */
static int put_first(struct json_object *body, const char *key, const struct fact *fact, bool client _unused_) {
        return json_object_object_get_ex(body, key, NULL) ? 0 : json_add_text(body, key, fact->value);
}

static int append(struct json_object *list, struct json_object *value) {
        if (!value)
                return -ENOMEM;
        if (json_object_array_length(list) >= LIST_MAX) {
                json_object_put(value);
                return 0;
        }
        if (json_object_array_add(list, value) == 0)
                return 0;
        json_object_put(value);
        return -ENOMEM;
}

/* The list below `key`, made if it is not there; NULL: no memory. Owned by `body`. */
static struct json_object *get_list(struct json_object *body, const char *key) {
        struct json_object *list;

        if (json_object_object_get_ex(body, key, &list))
                return list;
        list = json_object_new_array();
        return json_add(body, key, list) < 0 ? NULL : list;
}

static struct json_object *get_object(struct json_object *body, const char *key) {
        struct json_object *o;

        if (json_object_object_get_ex(body, key, &o))
                return o;
        o = json_object_new_object();
        return json_add(body, key, o) < 0 ? NULL : o;
}

/* A value that is a list with commas already. */
static int put_commas(struct json_object *body, const char *key, const struct fact *fact, bool client _unused_) {
        struct json_object *list;

        if (json_object_object_get_ex(body, key, NULL))
                return 0;
        list = get_list(body, key);
        if (!list)
                return -ENOMEM;
        for (const char *p = fact->value;; p++) {
                size_t n = strcspn(p, ",");
                int r = n == 0 ? 0 : append(list, json_object_new_string_len(p, (int) n));

                if (r < 0)
                        return r;
                p += n;
                if (*p == '\0')
                        return 0;
        }
}

static int put_number(struct json_object *body, const char *key, const struct fact *fact, bool client _unused_) {
        char *end;
        unsigned long long n;

        errno = 0;
        n = strtoull(fact->value, &end, 10);
        if (errno != 0 || end == fact->value || *end)
                return json_add_text(body, key, fact->value);
        return json_add(body, key, json_object_new_uint64(n));
}

static int put_hash(struct json_object *body, const char *key, const struct fact *fact, bool client _unused_) {
        struct json_object *o = get_object(body, key);

        return o ? json_add_text(o, "hash", fact->value) : -ENOMEM;
}

static int put_true(struct json_object *body, const char *key, const struct fact *fact _unused_, bool client _unused_) {
        return json_add(body, key, json_object_new_boolean(true));
}

static int add_length(struct json_object *o, const char *key, const char *text, size_t n) {
        return json_add(o, key, json_object_new_string_len(text, (int) n));
}

/* TLS. */

static int put_version(struct json_object *body, const char *key, const struct fact *fact, bool client _unused_) {
        static const char *const names[][2] = {
                { "SSL2.0", "SSLv2" }, { "SSL3.0", "SSLv3" }, { "TLS1.0", "TLSv1" }, { "TLS1.1", "TLS 1.1" },
                { "TLS1.2", "TLS 1.2" }, { "TLS1.3", "TLS 1.3" },
        };

        for (size_t i = 0; i < ELEMENTSOF(names); i++)
                if (strcmp(names[i][0], fact->value) == 0)
                        return json_add_text(body, key, names[i][1]);
        return json_add_text(body, key, fact->value);
}

static int put_common_name(struct json_object *body, const char *key, const struct fact *fact, bool client _unused_) {
        _cleanup_(freep) char *name = NULL;

        if (json_object_object_get_ex(body, key, NULL))
                return 0;
        if (asprintf(&name, "CN=%s", fact->value) < 0) {
                name = NULL;
                return -ENOMEM;
        }
        return json_add_text(body, key, name);
}

/* Without the Z: it is UTC, as there. */
static int put_date(struct json_object *body, const char *key, const struct fact *fact, bool client _unused_) {
        size_t n = strlen(fact->value);

        return json_object_object_get_ex(body, key, NULL)
                       ? 0
                       : add_length(body, key, fact->value, n > 0 && fact->value[n - 1] == 'Z' ? n - 1 : n);
}

/* HTTP. */

/* "GET /path" */
static int put_request(struct json_object *body, const char *key _unused_, const struct fact *fact, bool client _unused_) {
        size_t n = strcspn(fact->value, " ");
        int r = add_length(body, "http_method", fact->value, n);

        return r < 0 || fact->value[n] == '\0' ? r : json_add_text(body, "url", fact->value + n + 1);
}

/* "name", "name:port", "[ipv6]:port" */
static int put_host(struct json_object *body, const char *key, const struct fact *fact, bool client _unused_) {
        const char *colon = strrchr(fact->value, ':'), *bracket = strrchr(fact->value, ']');
        long port = colon && (!bracket || bracket < colon) ? strtol(colon + 1, NULL, 10) : 0;
        int r;

        if (port <= 0 || port > UINT16_MAX || (!bracket && strchr(fact->value, ':') != colon))
                return json_add_text(body, key, fact->value);
        r = add_length(body, key, fact->value, (size_t) (colon - fact->value));
        return r < 0 ? r : json_add(body, "http_port", json_object_new_int((int) port));
}

/* SSH, RFC 4253 §4.2: "SSH-2.0-software comments". */

static struct json_object *ssh_side(struct json_object *body, bool client) {
        return get_object(body, client ? "client" : "server");
}

static int put_banner(struct json_object *body, const char *key _unused_, const struct fact *fact, bool client) {
        struct json_object *side = ssh_side(body, client);
        const char *version = strncmp(fact->value, "SSH-", 4) == 0 ? fact->value + 4 : fact->value;
        size_t n = strcspn(version, "-"), m;
        int r;

        if (!side)
                return -ENOMEM;
        r = add_length(side, "proto_version", version, n);
        if (r < 0 || version[n] == '\0')
                return r;
        version += n + 1;
        m = strcspn(version, " ");
        r = add_length(side, "software_version", version, m);
        return r < 0 || version[m] == '\0' ? r : json_add_text(side, "comments", version + m + 1);
}

static int put_hassh(struct json_object *body, const char *key, const struct fact *fact, bool client) {
        struct json_object *side = ssh_side(body, client);

        return side ? put_hash(side, key, fact, client) : -ENOMEM;
}

/* QUIC, RFC 9000 §15, RFC 9369 §3. */
static int put_quic_version(struct json_object *body, const char *key, const struct fact *fact, bool client _unused_) {
        const char *number = strncmp(fact->value, "0x", 2) == 0 ? fact->value + 2 : fact->value;

        return json_add_text(body, key, strcmp(number, "00000001") == 0 ? "1" : strcmp(number, "6b3343cf") == 0 ? "2" : number);
}

/* DHCP: hexadecimal digits; a client that names itself by its MAC address (RFC 2132 §9.14) is told by that. */
static int put_client_id(struct json_object *body, const char *key, const struct fact *fact, bool client _unused_) {
        char mac[MAC_STRING_MAX];
        struct strbuf b = STRBUF(mac);

        if (strlen(fact->value) != 14 || strncmp(fact->value, "01", 2) != 0)
                return json_add_text(body, key, fact->value);
        for (size_t i = 2; i < 14; i += 2) {
                strbuf_bytes(&b, fact->value + i, 2);
                if (i < 12)
                        strbuf_char(&b, ':');
        }
        return json_add_text(body, key, mac);
}

/* DNS. */

/* What the header says (RFC 1035 §4.1.1); of answers the flags, too, in hexadecimal and those that are set by name. */
static int put_header(struct json_object *body, const struct fact *fact) {
        static const struct { uint16_t bit; const char *name; } bits[] = {
                { 0x8000, "qr" }, { 0x0400, "aa" }, { 0x0200, "tc" }, { 0x0100, "rd" }, { 0x0080, "ra" },
        };
        uint16_t flags = fact->dns.flags;
        char text[8];
        int r;

        if (json_object_object_get_ex(body, "id", NULL))
                return 0;
        r = json_add(body, "id", json_object_new_int(fact->dns.id));
        if (r >= 0)
                r = json_add(body, "opcode", json_object_new_int(flags >> 11 & 15));
        if (r < 0 || !(flags & 0x8000))
                return r;
        snprintf(text, sizeof text, "%x", flags);
        r = json_add_text(body, "flags", text);
        for (size_t i = 0; r >= 0 && i < ELEMENTSOF(bits); i++)
                if (flags & bits[i].bit)
                        r = json_add(body, bits[i].name, json_object_new_boolean(true));
        return r;
}

static int put_question(struct json_object *body, const char *key _unused_, const struct fact *fact, bool client _unused_) {
        const char *space = strrchr(fact->value, ' ');
        int r = put_header(body, fact);

        if (r < 0)
                return r;
        if (!space)
                return json_add_text(body, "rrname", fact->value);
        r = add_length(body, "rrname", fact->value, (size_t) (space - fact->value));
        return r < 0 ? r : json_add_text(body, "rrtype", space + 1);
}

/* "NAME TYPE DATA"; of a name with a blank in it, which names of hosts have not (RFC 952), the rest is taken for the type. */
static int put_answer(struct json_object *body, const char *key, const struct fact *fact, bool client _unused_) {
        struct json_object *list = get_list(body, key), *answer = json_object_new_object(), *grouped = get_object(body, "grouped");
        size_t name = strcspn(fact->value, " ");
        const char *type = fact->value + name + (fact->value[name] == ' ');
        size_t n = strcspn(type, " ");
        const char *data = type + n + (type[n] == ' ');
        char kind[24];
        int r;

        if (!list || !answer || !grouped || put_header(body, fact) < 0) {
                json_object_put(answer);
                return -ENOMEM;
        }
        r = add_length(answer, "rrname", fact->value, name) | add_length(answer, "rrtype", type, n) |
            json_add(answer, "ttl", json_object_new_int64(fact->dns.ttl)) | (*data ? json_add_text(answer, "rdata", data) : 0);
        r |= append(list, answer);
        snprintf(kind, sizeof kind, "%.*s", (int) MIN(n, sizeof kind - 1), type);
        list = r < 0 || !*data ? NULL : get_list(grouped, kind);
        return list ? append(list, json_object_new_string(data)) : r < 0 ? -ENOMEM : 0;
}

/* RFC 1035 §4.1.1, RFC 2136 §2.2 */
static int put_rcode(struct json_object *body, const char *key, const struct fact *fact, bool client _unused_) {
        static const char *const names[] = {
                "NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMP", "REFUSED", "YXDOMAIN", "YXRRSET", "NXRRSET", "NOTAUTH",
                "NOTZONE",
        };
        unsigned long n = strtoul(fact->value, NULL, 10);
        int r = put_header(body, fact);

        return r < 0 ? r : json_add_text(body, key, n < ELEMENTSOF(names) ? names[n] : fact->value);
}

static const struct member {
        enum fact_kind kind;
        const char *key;
        put_fn put;
        enum eve_side side;
        bool once; /* of one exchange */
} members[] = {
        { FACT_DNS_QUERY, "rrname", put_question, EVE_CLIENT, false },
        { FACT_DNS_ANSWER, "answers", put_answer, EVE_SERVER, false },
        { FACT_DNS_RCODE, "rcode", put_rcode, EVE_SERVER, false },
        { FACT_TLS_SNI, "sni", put_text, EVE_CLIENT, false },
        { FACT_TLS_ALPN, "client_alpns", put_commas, EVE_CLIENT, false },
        { FACT_TLS_JA3, "ja3", put_hash, EVE_CLIENT, false },
        { FACT_TLS_JA4, "ja4", put_text, EVE_CLIENT, false },
        { FACT_TLS_JA3S, "ja3s", put_hash, EVE_SERVER, false },
        { FACT_TLS_SERVER_VERSION, "version", put_version, EVE_SERVER, false },
        { FACT_TLS_SERVER_CIPHER, "server_cipher", put_text, EVE_SERVER, false },
        { FACT_TLS_SERVER_ALPN, "server_alpns", put_commas, EVE_SERVER, false },
        { FACT_TLS_CERT_SUBJECT_CN, "subject", put_common_name, EVE_SERVER, false },
        { FACT_TLS_CERT_ISSUER_CN, "issuerdn", put_common_name, EVE_SERVER, false },
        { FACT_TLS_CERT_SAN, "subjectaltname", put_commas, EVE_SERVER, false },
        { FACT_TLS_CERT_NOT_AFTER, "notafter", put_date, EVE_SERVER, false },
        { FACT_TLS_CERT_SELF_SIGNED, "self_signed", put_true, EVE_SERVER, false },
        { FACT_TLS_CERT_SHA256, "sha256", put_first, EVE_SERVER, false },
        { FACT_TLS_CERT_UNPARSABLE, "unparsable_sha256", put_first, EVE_SERVER, false },
        { FACT_DTLS_SNI, "sni", put_text, EVE_CLIENT, false },
        { FACT_DTLS_ALPN, "client_alpns", put_commas, EVE_CLIENT, false },
        { FACT_DTLS_JA3, "ja3", put_hash, EVE_CLIENT, false },
        { FACT_DTLS_JA4, "ja4", put_text, EVE_CLIENT, false },
        { FACT_DTLS_JA3S, "ja3s", put_hash, EVE_SERVER, false },
        { FACT_DTLS_SERVER_VERSION, "version", put_text, EVE_SERVER, false },
        { FACT_DTLS_SERVER_CIPHER, "server_cipher", put_text, EVE_SERVER, false },
        { FACT_DTLS_SERVER_ALPN, "server_alpns", put_commas, EVE_SERVER, false },
        { FACT_QUIC_VERSION, "version", put_quic_version, EVE_EITHER, false },
        { FACT_QUIC_SNI, "sni", put_text, EVE_CLIENT, false },
        { FACT_QUIC_ALPN, "client_alpns", put_commas, EVE_CLIENT, false },
        { FACT_QUIC_USER_AGENT, "ua", put_text, EVE_CLIENT, false },
        { FACT_QUIC_JA3, "ja3", put_hash, EVE_CLIENT, false },
        { FACT_QUIC_JA4, "ja4", put_text, EVE_CLIENT, false },
        { FACT_QUIC_JA3S, "ja3s", put_hash, EVE_SERVER, false },
        { FACT_QUIC_SERVER_VERSION, "server_version", put_version, EVE_SERVER, false },
        { FACT_QUIC_SERVER_CIPHER, "server_cipher", put_text, EVE_SERVER, false },
        { FACT_GQUIC_SNI, "sni", put_text, EVE_CLIENT, false },
        { FACT_GQUIC_USER_AGENT, "ua", put_text, EVE_CLIENT, false },
        { FACT_HTTP_HOST, "hostname", put_host, EVE_CLIENT, false },
        { FACT_HTTP_REQUEST, "http_method", put_request, EVE_CLIENT, true },
        { FACT_HTTP_USER_AGENT, "http_user_agent", put_text, EVE_CLIENT, false },
        { FACT_HTTP_STATUS, "status", put_number, EVE_SERVER, true },
        { FACT_HTTP_SERVER, "server", put_text, EVE_SERVER, false },
        { FACT_HTTP_X_POWERED_BY, "x_powered_by", put_text, EVE_SERVER, false },
        { FACT_SSH_BANNER, "banner", put_banner, EVE_EITHER, false },
        { FACT_SSH_HASSH, "hassh", put_hassh, EVE_CLIENT, false },
        { FACT_SSH_HASSH_SERVER, "hassh", put_hassh, EVE_SERVER, false },
        { FACT_DHCP_MSG_TYPE, "dhcp_type", put_text, EVE_EITHER, false },
        { FACT_DHCP_NETMASK, "subnet_mask", put_text, EVE_EITHER, false },
        { FACT_DHCP_ROUTER, "routers", put_commas, EVE_EITHER, false },
        { FACT_DHCP_DNS, "dns_servers", put_commas, EVE_EITHER, false },
        { FACT_DHCP_LEASE_TIME, "lease_time", put_number, EVE_EITHER, false },
        { FACT_DHCP_OFFERED_IP, "assigned_ip", put_text, EVE_EITHER, false },
        { FACT_DHCP_VENDOR_CLASS, "vendor_class_identifier", put_text, EVE_EITHER, false },
        { FACT_DHCP_CLIENT_ID, "client_id", put_client_id, EVE_EITHER, false },
        { FACT_DHCP_MAX_MESSAGE_SIZE, "max_message_size", put_number, EVE_EITHER, false },
        { FACT_DHCP_RELAY, "relay_ip", put_text, EVE_EITHER, false },
        { FACT_LLDP_ENABLED_CAPS, "enabled_caps", put_commas, EVE_EITHER, false },
};

static const struct member *find_member(enum fact_kind kind) {
        for (size_t i = 0; i < ELEMENTSOF(members); i++)
                if (members[i].kind == kind)
                        return &members[i];
        return NULL;
}

enum eve_side eve_body_side(enum fact_kind kind) {
        const struct member *m = find_member(kind);

        return m ? m->side : EVE_EITHER;
}

bool eve_body_begins(enum fact_kind kind) {
        return kind == FACT_DNS_QUERY;
}

bool eve_body_repeats(struct json_object *body, enum fact_kind kind) {
        const struct member *m = find_member(kind);

        return m && m->once && json_object_object_get_ex(body, m->key, NULL);
}

/* A member of the kind's own name; a second one makes a list of it. */
static int put_plain(struct json_object *body, const struct fact *fact, bool client) {
        const char *name = fact_kind_to_string(fact->kind), *key = name + strcspn(name, ".") + 1;
        struct json_object *before, *list;

        if (!json_object_object_get_ex(body, key, &before))
                return put_text(body, key, fact, client);
        if (json_object_is_type(before, json_type_array))
                return append(before, json_object_new_string(fact->value));
        list = json_object_new_array();
        if (!list || append(list, json_object_get(before)) < 0 || append(list, json_object_new_string(fact->value)) < 0) {
                json_object_put(list);
                return -ENOMEM;
        }
        return json_add(body, key, list);
}

int eve_body_add(struct json_object *body, const struct fact *fact, bool client) {
        const struct member *m = find_member(fact->kind);

        return m ? m->put(body, m->key, fact, client) : put_plain(body, fact, client);
}

static int finish_dns(struct json_object *body) {
        struct json_object *answers, *first;
        int r = json_add(body, "version", json_object_new_int(2));
        bool answered = json_object_object_get_ex(body, "answers", &answers);

        if (r >= 0)
                r = json_add_text(body, "type", answered || json_object_object_get_ex(body, "rcode", NULL) ? "answer" : "query");
        if (r < 0 || !answered)
                return r;
        if (!json_object_object_get_ex(body, "rcode", NULL))
                r = json_add_text(body, "rcode", "NOERROR");
        first = json_object_array_get_idx(answers, 0);
        if (r >= 0 && !json_object_object_get_ex(body, "rrname", NULL))
                r = json_add_text(body, "rrname", json_text_at(first, "rrname"));
        return r;
}

static int finish_dhcp(struct json_object *body) {
        static const char *const asks[] = { "discover", "request", "decline", "release", "inform" };
        const char *type = json_text_at(body, "dhcp_type");

        for (size_t i = 0; i < ELEMENTSOF(asks); i++)
                if (strcmp(asks[i], type) == 0)
                        return json_add_text(body, "type", "request");
        return json_add_text(body, "type", "reply");
}

int eve_body_finish(struct json_object *body, enum eve_type type) {
        return type == EVE_DNS ? finish_dns(body) : type == EVE_DHCP ? finish_dhcp(body) : 0;
}
