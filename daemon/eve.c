/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Events. Facts are put together: those of a message (DNS, DHCP, mDNS ...) until a fact of another one comes, those of a
 * connection (TLS, HTTP, SSH, QUIC) until both sides had time to speak, the flow ends, or the next exchange begins.
 * Whatever waits is told in front of what came later, so that the same packets make the same lines however they are
 * handed over. */

#include "daemon/eve.h"

#include <errno.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/cleanup.h"
#include "common/json-text.h"
#include "daemon/eve-alert.h"
#include "daemon/eve-body.h"
#include "daemon/records.h"
#include "engine/flow/flow-hash.h"
#include "engine/flow/flow-message.h"

/* What one event may hold; more is left out and said. */
#define VALUES_MAX 128
#define VALUE_BYTES_MAX (32u << 10)

#define WAYS 4
#define SETS (EVE_PENDING_MAX / WAYS)
#define HINTS 4096 /* flows whose protocol is remembered, a place each */
#define QUESTIONS 512
#define QUESTION_MAX 256

/* The two ends of what an event is about; [0] is who began, or who sent. */
struct ends {
        struct ip_address ip[2];
        uint16_t port[2];
        struct mac_address mac[2]; /* zero: not known */
        uint16_t vlan;
        uint8_t protocol;
};

struct draft {
        struct json_object *body; /* NULL: the place is free */
        enum eve_type type;
        uint64_t flow, ts, frame;
        uint64_t asked; /* order in which they began */
        uint32_t ifindex;
        struct ends ends;
        size_t values, bytes;
        bool cut, failed;
};

struct hint {
        uint64_t flow;
        enum eve_type type;
};

struct question {
        uint64_t flow;
        char name[QUESTION_MAX], type[24];
};

struct eve {
        struct eve_config config;
        struct eve_ops ops;
        struct draft message;            /* the one that is being read */
        struct draft pending[SETS][WAYS];
        size_t n_pending;
        uint64_t oldest;                 /* no pending one is older; UINT64_MAX: none waits */
        uint64_t begun;
        struct hint hints[HINTS];
        struct question questions[QUESTIONS];
        enum eve_type types[_FACT_KIND_MAX];
        struct eve_counters counters;
};

int eve_new(struct eve **ret, const struct eve_config *config, const struct eve_ops *ops) {
        struct eve *e = calloc(1, sizeof *e);

        if (!e)
                return -ENOMEM;
        e->config = *config;
        e->ops = *ops;
        e->oldest = UINT64_MAX;
        for (enum fact_kind k = 0; k < _FACT_KIND_MAX; k++)
                e->types[k] = eve_type_of_fact(k);
        *ret = e;
        return 0;
}

struct eve *eve_free(struct eve *e) {
        if (!e)
                return NULL;
        json_object_put(e->message.body);
        for (size_t i = 0; i < SETS; i++)
                for (size_t j = 0; j < WAYS; j++)
                        json_object_put(e->pending[i][j].body);
        free(e);
        return NULL;
}

static bool is_wanted(const struct eve *e, enum eve_type type) {
        return type != _EVE_TYPE_INVALID && e->config.types & EVE_MASK(type);
}

/* The same in both directions, and in every run. Never 0; 51 bits, which any reader of JSON can tell apart. */
static uint64_t flow_of(const struct ends *ends) {
        const struct flow_hash_secret secret = flow_hash_secret_make(0);
        int order = memcmp(&ends->ip[0], &ends->ip[1], sizeof ends->ip[0]);
        unsigned low = order > 0 || (order == 0 && ends->port[0] > ends->port[1]);

        return (flow_hash_ends(&secret, &ends->ip[low], &ends->ip[!low],
                               flow_hash_rest(ends->port[low], ends->port[!low], ends->protocol, ends->vlan, 0)) &
                ((UINT64_C(1) << 51) - 1)) | 1;
}

/* What all events have in front. */

static int add_number(struct json_object *o, const char *key, uint64_t n) {
        return json_add(o, key, json_object_new_uint64(n));
}

/* "2026-11-21T01:02:03.123456+0000", always UTC. */
static int add_timestamp(struct json_object *o, const char *key, uint64_t ns) {
        time_t seconds = (time_t) (ns / NSEC_PER_SEC);
        char date[32], text[64];
        struct tm tm;

        if (!gmtime_r(&seconds, &tm) || strftime(date, sizeof date, "%Y-%m-%dT%H:%M:%S", &tm) == 0)
                return -EINVAL;
        snprintf(text, sizeof text, "%s.%06u+0000", date, (unsigned) (ns % NSEC_PER_SEC / NSEC_PER_USEC));
        return json_add_text(o, key, text);
}

static bool has_ports(const struct ends *ends) {
        return ends->protocol == IPPROTO_TCP || ends->protocol == IPPROTO_UDP || ends->protocol == IPPROTO_SCTP;
}

static bool is_message(const struct ends *ends) {
        return ends->protocol == IPPROTO_ICMP || ends->protocol == IPPROTO_ICMPV6;
}

static int add_protocol(struct json_object *o, uint8_t protocol) {
        char number[8];

        switch (protocol) {
        case IPPROTO_TCP:
                return json_add_text(o, "proto", "TCP");
        case IPPROTO_UDP:
                return json_add_text(o, "proto", "UDP");
        case IPPROTO_ICMP:
                return json_add_text(o, "proto", "ICMP");
        case IPPROTO_ICMPV6:
                return json_add_text(o, "proto", "IPv6-ICMP");
        case IPPROTO_SCTP:
                return json_add_text(o, "proto", "SCTP");
        default:
                snprintf(number, sizeof number, "%03u", protocol);
                return json_add_text(o, "proto", number);
        }
}

static int add_end(struct json_object *o, const struct ends *ends, unsigned i) {
        char text[IP_STRING_MAX];
        int r;

        if (ends->ip[i].family == 0)
                return 0;
        r = json_add_text(o, i == 0 ? "src_ip" : "dest_ip", ip_format(&ends->ip[i], text));
        return r < 0 || !has_ports(ends) ? r : add_number(o, i == 0 ? "src_port" : "dest_port", ends->port[i]);
}

/* Of ICMP as engine/flow/flow-record.h has it: the type and the identifier, or the code. */
static int add_message(struct json_object *o, const struct ends *ends) {
        int answer = flow_message_answer(ends->protocol, (uint8_t) ends->port[0]);
        int r = add_number(o, "icmp_type", ends->port[0]);

        if (r < 0 || flow_message_has_id(ends->protocol, (uint8_t) ends->port[0]))
                return r;
        return answer >= 0 ? 0 : add_number(o, "icmp_code", ends->port[1]);
}

static int add_community_id(const struct eve *e, struct json_object *o, const struct ends *ends) {
        struct flow_record record = { .protocol = ends->protocol };
        char id[FLOW_COMMUNITY_ID_MAX];
        int r;

        for (unsigned i = 0; i < 2; i++) {
                record.endpoints[i].ip = ends->ip[i];
                record.endpoints[i].port = ends->port[i];
        }
        r = flow_community_id(e->config.hasher, &record, id);
        return r < 0 ? r : json_add_text(o, "community_id", id);
}

static int add_vlan(struct json_object *o, uint16_t vlan, uint16_t inner) {
        struct json_object *list;
        int r;

        if (vlan == 0)
                return 0;
        list = json_object_new_array();
        r = json_add(o, "vlan", list);
        if (r >= 0 && json_object_array_add(list, json_object_new_int(vlan)) < 0)
                r = -ENOMEM;
        if (r >= 0 && inner != 0 && json_object_array_add(list, json_object_new_int(inner)) < 0)
                r = -ENOMEM;
        return r;
}

static int add_ether(struct json_object *o, const struct ends *ends) {
        static const char *const keys[] = { "src_mac", "dest_mac" };
        struct json_object *ether;
        char text[MAC_STRING_MAX];
        int r = 0;

        if (mac_is_zero(&ends->mac[0]) && mac_is_zero(&ends->mac[1]))
                return 0;
        ether = json_object_new_object();
        r = json_add(o, "ether", ether);
        for (unsigned i = 0; i < 2 && r >= 0; i++)
                if (!mac_is_zero(&ends->mac[i]))
                        r = json_add_text(ether, keys[i], mac_format(&ends->mac[i], text));
        return r;
}

static const char *interface_of(const struct eve *e, uint32_t ifindex) {
        const char *name = e->ops.interface ? e->ops.interface(e->ops.userdata, ifindex) : NULL;

        return name ? name : "";
}

struct head {
        enum eve_type type;
        uint64_t ts, frame;
        uint32_t ifindex;
        uint16_t inner_vlan;
        const struct ends *ends;
};

/* Whether there is anything to make a flow of. */
static bool has_flow(const struct ends *ends) {
        return ends->protocol != 0 && ends->ip[0].family != 0 && ends->ip[1].family != 0;
}

static struct json_object *make_event(const struct eve *e, const struct head *h) {
        _cleanup_(json_putp) struct json_object *o = json_object_new_object();
        const char *interface = interface_of(e, h->ifindex);
        bool flow = has_flow(h->ends);

        if (!o || add_timestamp(o, "timestamp", h->ts) < 0 || (flow && add_number(o, "flow_id", flow_of(h->ends)) < 0) ||
            (*interface && json_add_text(o, "in_iface", interface) < 0) ||
            (h->frame > 0 && add_number(o, "pcap_cnt", h->frame) < 0) ||
            json_add_text(o, "event_type", eve_type_to_string(h->type)) < 0 ||
            add_vlan(o, h->ends->vlan, h->inner_vlan) < 0 || add_end(o, h->ends, 0) < 0 || add_end(o, h->ends, 1) < 0 ||
            (h->ends->protocol != 0 && add_protocol(o, h->ends->protocol) < 0) ||
            (flow && is_message(h->ends) && add_message(o, h->ends) < 0) ||
            (flow && add_community_id(e, o, h->ends) < 0) || add_ether(o, h->ends) < 0)
                return NULL;
        return TAKE_PTR(o);
}

/* What lanscope alone knows. */

static int add_device(struct json_object *o, const char *key, const struct device *d) {
        struct json_object *device = json_object_new_object();
        char id[17], name[DEVICE_USER_TEXT_MAX + 1];
        int r = json_add(o, key, device);

        if (r < 0)
                return r;
        snprintf(id, sizeof id, "%016" PRIx64, d->id);
        r = json_add_text(device, "id", id);
        if (r >= 0)
                r = json_add_text(device, "name", device_display_name(d, name, sizeof name));
        return r < 0 ? r : json_add_text(device, "type", device_type_to_string(device_type(d)));
}

/* The object "lanscope" with the devices at either end; NULL: no memory. Owned by `o`. */
static struct json_object *add_own(const struct eve *e, struct json_object *o, const struct ends *ends) {
        static const char *const keys[] = { "src_device", "dest_device" };
        struct json_object *own = json_object_new_object();

        if (json_add(o, "lanscope", own) < 0)
                return NULL;
        for (unsigned i = 0; i < 2; i++) {
                const struct device *d = e->config.inventory
                                                 ? inventory_get_endpoint(e->config.inventory, &ends->mac[i], &ends->ip[i])
                                                 : NULL;

                if (d && add_device(own, keys[i], d) < 0)
                        return NULL;
        }
        return own;
}

static void tell(struct eve *e, struct json_object *o) {
        char *text = NULL;
        size_t n = 0;
        FILE *f = o ? open_memstream(&text, &n) : NULL;
        int r = f ? json_text_write(f, o, false) : -ENOMEM;

        if (f && fclose(f) != 0)
                r = -ENOMEM;
        if (r >= 0) {
                e->counters.events++;
                e->ops.event(e->ops.userdata, text, n);
        } else
                e->counters.failed++;
        free(text);
}

/* Drafts. */

static int add_body(struct eve *e, struct json_object *o, struct draft *d) {
        struct json_object *own;

        if (eve_body_finish(d->body, d->type) < 0 || json_add(o, eve_type_to_string(d->type), json_object_get(d->body)) < 0)
                return -ENOMEM;
        own = add_own(e, o, &d->ends);
        if (!own)
                return -ENOMEM;
        e->counters.cut += d->cut;
        if (d->cut)
                return json_add(own, "cut", json_object_new_boolean(true));
        if (json_object_object_length(own) == 0)
                json_object_object_del(o, "lanscope");
        return 0;
}

/* Tells it; the place is free then. */
static void draft_tell(struct eve *e, struct draft *d) {
        const struct head head = { d->type, d->ts, d->frame, d->ifindex, 0, &d->ends };
        _cleanup_(json_putp) struct json_object *o = d->failed ? NULL : make_event(e, &head);

        if (o && add_body(e, o, d) >= 0)
                tell(e, o);
        else
                e->counters.failed++;
        json_object_put(d->body);
        d->body = NULL;
}

static void pending_tell(struct eve *e, struct draft *d) {
        draft_tell(e, d);
        e->n_pending--;
}

static void draft_begin(struct eve *e, struct draft *d, enum eve_type type, const struct fact *fact, const struct ends *ends) {
        *d = (struct draft) {
                .body = json_object_new_object(),
                .type = type,
                .flow = flow_of(ends),
                .ts = fact->ts,
                .frame = fact->frame,
                .ifindex = fact->ifindex,
                .ends = *ends,
                .asked = ++e->begun,
        };
}

static void draft_add(struct draft *d, const struct fact *fact, bool client) {
        if (!d->body)
                return;
        if (d->values >= VALUES_MAX || fact->value_length > VALUE_BYTES_MAX - d->bytes) {
                d->cut = true;
                return;
        }
        d->values++;
        d->bytes += fact->value_length;
        d->cut |= fact->flags & FACT_VALUE_CUT;
        d->failed |= eve_body_add(d->body, fact, client) < 0;
}

void eve_settle(struct eve *e) {
        if (e->message.body)
                draft_tell(e, &e->message);
}

/* The source first. */
static struct ends ends_of_fact(const struct fact *f) {
        struct ends ends = {
                .ip = { f->ip, f->destination },
                .port = { f->source_port, f->destination_port },
                .vlan = f->vlan,
                .protocol = f->protocol,
        };

        if (f->flags & FACT_HAS_MAC && !(f->flags & FACT_TUNNELLED))
                ends.mac[0] = f->source;
        return ends;
}

static struct ends ends_turned(const struct ends *ends) {
        return (struct ends) {
                .ip = { ends->ip[1], ends->ip[0] },
                .port = { ends->port[1], ends->port[0] },
                .mac = { ends->mac[1], ends->mac[0] },
                .vlan = ends->vlan,
                .protocol = ends->protocol,
        };
}

static bool ends_equal(const struct ends *a, const struct ends *b) {
        return memcmp(a->ip, b->ip, sizeof a->ip) == 0 && memcmp(a->port, b->port, sizeof a->port) == 0 && a->vlan == b->vlan &&
               a->protocol == b->protocol;
}

/* Messages. */

static struct question *question_place(struct eve *e, uint64_t flow) {
        return &e->questions[flow / 2 % QUESTIONS];
}

/* An answer that names nothing (NXDOMAIN) is told with what was asked. */
static void note_question(struct eve *e, const struct draft *d) {
        struct question *q = question_place(e, d->flow);

        q->flow = d->flow;
        snprintf(q->name, sizeof q->name, "%s", json_text_at(d->body, "rrname"));
        snprintf(q->type, sizeof q->type, "%s", json_text_at(d->body, "rrtype"));
}

static void add_question(struct eve *e, struct draft *d) {
        const struct question *q = question_place(e, d->flow);

        if (q->flow != d->flow || strlen(q->name) == QUESTION_MAX - 1 || !d->body)
                return;
        d->failed |= json_add_text(d->body, "rrname", q->name) < 0 || json_add_text(d->body, "rrtype", q->type) < 0;
}

static bool is_same_message(const struct draft *d, enum eve_type type, const struct fact *fact, const struct ends *ends) {
        return d->body && d->type == type && d->ts == fact->ts && d->frame == fact->frame && d->ifindex == fact->ifindex &&
               ends_equal(&d->ends, ends) && mac_equal(&d->ends.mac[0], &ends->mac[0]);
}

/* Who was asked stands as the destination of a DNS answer, as Suricata has it. */
static void take_message(struct eve *e, enum eve_type type, const struct fact *fact) {
        bool turned = type == EVE_DNS && eve_body_side(fact->kind) == EVE_SERVER;
        struct ends ends = ends_of_fact(fact);

        if (turned)
                ends = ends_turned(&ends);
        if (!is_same_message(&e->message, type, fact, &ends) || eve_body_begins(fact->kind)) {
                eve_settle(e);
                draft_begin(e, &e->message, type, fact, &ends);
                if (turned)
                        add_question(e, &e->message);
        }
        draft_add(&e->message, fact, !turned);
        if (fact->kind == FACT_DNS_QUERY && e->message.body)
                note_question(e, &e->message);
        if (type == EVE_DHCP && e->message.body && fact->kind == FACT_DHCP_MSG_TYPE) {
                const struct mac_address *client = mac_is_zero(&fact->subject) ? &fact->mac : &fact->subject;
                char text[MAC_STRING_MAX];

                e->message.failed |= json_add_text(e->message.body, "client_mac", mac_format(client, text)) < 0;
        }
}

/* Connections. */

static bool is_connection(enum eve_type type) {
        return type == EVE_TLS || type == EVE_HTTP || type == EVE_SSH || type == EVE_QUIC || type == EVE_DTLS;
}

/* Did the client of its connection say it? Where the fact does not tell, the lesser port is the server's. */
static bool is_from_client(const struct draft *d, const struct fact *fact, const struct ends *ends) {
        switch (eve_body_side(fact->kind)) {
        case EVE_CLIENT:
                return true;
        case EVE_SERVER:
                return false;
        case EVE_EITHER:
                break;
        }
        if (d)
                return ends_equal(&d->ends, ends);
        return ends->port[0] > ends->port[1];
}

static struct draft *pending_find(struct eve *e, uint64_t flow, enum eve_type type) {
        struct draft *set = e->pending[flow / 2 % SETS];

        for (size_t i = 0; i < WAYS; i++)
                if (set[i].body && set[i].flow == flow && set[i].type == type)
                        return &set[i];
        return NULL;
}

/* A free place; the oldest of its set is told to make one. */
static struct draft *pending_place(struct eve *e, uint64_t flow) {
        struct draft *set = e->pending[flow / 2 % SETS], *oldest = &set[0];

        for (size_t i = 0; i < WAYS; i++) {
                if (!set[i].body)
                        return &set[i];
                if (set[i].asked < oldest->asked)
                        oldest = &set[i];
        }
        e->counters.early++;
        pending_tell(e, oldest);
        return oldest;
}

static void note_hint(struct eve *e, uint64_t flow, enum eve_type type) {
        e->hints[flow / 2 % HINTS] = (struct hint) { flow, type };
}

static struct draft *pending_begin(struct eve *e, uint64_t flow, enum eve_type type, const struct fact *fact,
                                   const struct ends *ends) {
        struct draft *d = pending_place(e, flow);

        draft_begin(e, d, type, fact, ends);
        if (!d->body) {
                e->counters.failed++;
                return d;
        }
        e->n_pending++;
        e->oldest = MIN(e->oldest, d->ts);
        return d;
}

static void take_connection(struct eve *e, enum eve_type type, const struct fact *fact) {
        struct ends ends = ends_of_fact(fact);
        uint64_t flow = flow_of(&ends);
        struct draft *d = pending_find(e, flow, type);
        bool client = is_from_client(d, fact, &ends);

        eve_settle(e);
        if (!client)
                ends = ends_turned(&ends);
        if (d && (!ends_equal(&d->ends, &ends) || eve_body_repeats(d->body, fact->kind))) {
                pending_tell(e, d);
                d = NULL;
        }
        if (!d)
                d = pending_begin(e, flow, type, fact, &ends);
        if (mac_is_zero(&d->ends.mac[!client]))
                d->ends.mac[!client] = ends.mac[!client];
        draft_add(d, fact, client);
}

void eve_take_fact(struct eve *e, const struct fact *fact) {
        enum eve_type type = e->types[fact->kind];

        if (type == _EVE_TYPE_INVALID)
                return;
        if (fact->protocol != 0) {
                struct ends ends = ends_of_fact(fact);

                note_hint(e, flow_of(&ends), type);
        }
        if (!is_wanted(e, type))
                return;
        eve_advance(e, fact->ts);
        if (is_connection(type))
                take_connection(e, type, fact);
        else
                take_message(e, type, fact);
}

/* Tells those that began before `limit`, in the order in which they began. */
static void pending_tell_before(struct eve *e, uint64_t limit) {
        struct draft *list[EVE_PENDING_MAX];
        uint64_t oldest = UINT64_MAX;
        size_t n = 0;

        for (size_t i = 0; i < SETS && e->n_pending > 0; i++)
                for (size_t j = 0; j < WAYS; j++) {
                        struct draft *d = &e->pending[i][j];
                        size_t k = n;

                        if (!d->body)
                                continue;
                        if (d->ts >= limit) {
                                oldest = MIN(oldest, d->ts);
                                continue;
                        }
                        for (; k > 0 && list[k - 1]->asked > d->asked; k--)
                                list[k] = list[k - 1];
                        list[k] = d;
                        n++;
                }
        for (size_t i = 0; i < n; i++)
                pending_tell(e, list[i]);
        e->oldest = oldest;
}

void eve_advance(struct eve *e, uint64_t now) {
        if (now < eve_next_deadline(e))
                return;
        eve_settle(e);
        pending_tell_before(e, now - EVE_PATIENCE + 1);
}

void eve_flush(struct eve *e) {
        eve_settle(e);
        pending_tell_before(e, UINT64_MAX);
}

uint64_t eve_next_deadline(const struct eve *e) {
        return e->oldest > UINT64_MAX - EVE_PATIENCE ? UINT64_MAX : e->oldest + EVE_PATIENCE;
}

/* Flows. */

static struct ends ends_of_flow(const struct flow_record *r) {
        return (struct ends) {
                .ip = { r->endpoints[0].ip, r->endpoints[1].ip },
                .port = { r->endpoints[0].port, r->endpoints[1].port },
                .mac = { r->endpoints[0].mac, r->endpoints[1].mac },
                .vlan = r->vlan,
                .protocol = r->protocol,
        };
}

static const char *flow_state_name(const struct flow_record *r) {
        if (r->state == FLOW_CLOSED || r->state == FLOW_RESET)
                return "closed";
        if (r->protocol == IPPROTO_TCP)
                return r->state == FLOW_SYN_SENT || r->state == FLOW_SYN_ACK ? "new" : "established";
        return r->directions[0].packets > 0 && r->directions[1].packets > 0 ? "established" : "new";
}

static const char *flow_reason_name(const struct flow_record *r) {
        switch (r->end) {
        case FLOW_END_EVICTED:
                return "forced";
        case FLOW_END_CAPTURE:
                return "shutdown";
        case FLOW_END_REUSED:
                return "tcp_reuse";
        case FLOW_END_FIN:
        case FLOW_END_RST:
        case FLOW_END_IDLE:
        case _FLOW_END_MAX:
                break;
        }
        return "timeout";
}

static struct json_object *flow_object(const struct flow_record *r) {
        _cleanup_(json_putp) struct json_object *o = json_object_new_object();

        if (!o || add_number(o, "pkts_toserver", r->directions[0].packets) < 0 ||
            add_number(o, "pkts_toclient", r->directions[1].packets) < 0 ||
            add_number(o, "bytes_toserver", r->directions[0].bytes) < 0 ||
            add_number(o, "bytes_toclient", r->directions[1].bytes) < 0 || add_timestamp(o, "start", r->first) < 0 ||
            add_timestamp(o, "end", r->last) < 0 ||
            add_number(o, "age", r->last / NSEC_PER_SEC - r->first / NSEC_PER_SEC) < 0 ||
            json_add_text(o, "state", flow_state_name(r)) < 0 || json_add_text(o, "reason", flow_reason_name(r)) < 0)
                return NULL;
        return TAKE_PTR(o);
}

static const char *tcp_state_name(enum flow_state state) {
        switch (state) {
        case FLOW_SYN_SENT:
                return "syn_sent";
        case FLOW_SYN_ACK:
                return "syn_recv";
        case FLOW_ESTABLISHED:
                return "established";
        case FLOW_FIN_WAIT:
                return "fin_wait1";
        case FLOW_CLOSING:
                return "closing";
        case FLOW_CLOSED:
        case FLOW_RESET:
                return "closed";
        case FLOW_UNKNOWN:
        case FLOW_DATAGRAMS:
        case FLOW_MESSAGES:
        case _FLOW_STATE_MAX:
                break;
        }
        return "none";
}

static int add_flags(struct json_object *o, const char *key, uint8_t flags) {
        char text[8];

        snprintf(text, sizeof text, "%02x", flags);
        return json_add_text(o, key, text);
}

static struct json_object *tcp_object(const struct flow_record *r) {
        static const char *const names[] = { "fin", "syn", "rst", "psh", "ack", "urg", "ecn", "cwr" };
        uint8_t there = r->directions[0].tcp_flags, back = r->directions[1].tcp_flags;
        _cleanup_(json_putp) struct json_object *o = json_object_new_object();

        if (!o || add_flags(o, "tcp_flags", there | back) < 0 || add_flags(o, "tcp_flags_ts", there) < 0 ||
            add_flags(o, "tcp_flags_tc", back) < 0)
                return NULL;
        for (unsigned i = 0; i < ELEMENTSOF(names); i++)
                if ((there | back) >> i & 1 && json_add(o, names[i], json_object_new_boolean(true)) < 0)
                        return NULL;
        if (json_add_text(o, "state", tcp_state_name(r->state)) < 0)
                return NULL;
        return TAKE_PTR(o);
}

/* Beyond what Suricata has. */
static int add_flow_own(struct json_object *o, const struct flow_record *r, const char *name) {
        if (json_add_text(o, "end", flow_end_to_string(r->end)) < 0 || (name && json_add_text(o, "dest_name", name) < 0))
                return -ENOMEM;
        if (*r->history && json_add_text(o, "history", r->history) < 0)
                return -ENOMEM;
        if (r->rtt.samples > 0 && add_number(o, "rtt_us", r->rtt.average / NSEC_PER_USEC) < 0)
                return -ENOMEM;
        if (!r->analysed)
                return 0;
        return add_number(o, "retransmissions",
                          (uint64_t) r->directions[0].retransmissions + r->directions[1].retransmissions);
}

static const char *protocol_name(const struct eve *e, uint64_t flow) {
        const struct hint *h = &e->hints[flow / 2 % HINTS];

        return h->flow == flow ? eve_type_to_string(h->type) : NULL;
}

static struct json_object *flow_event(const struct eve *e, const struct flow_record *r, const struct ends *ends) {
        const struct head head = { EVE_FLOW, r->last, 0, 0, r->inner_vlan, ends };
        _cleanup_(json_putp) struct json_object *o = make_event(e, &head);
        const char *protocol = protocol_name(e, flow_of(ends)),
                   *name = e->config.names ? peer_names_find(e->config.names, &ends->ip[0], &ends->ip[1], r->last) : NULL;
        struct json_object *own;

        if (!o || (protocol && json_add_text(o, "app_proto", protocol) < 0) || json_add(o, "flow", flow_object(r)) < 0 ||
            (r->protocol == IPPROTO_TCP && json_add(o, "tcp", tcp_object(r)) < 0))
                return NULL;
        own = add_own(e, o, ends);
        return own && add_flow_own(own, r, name) >= 0 ? TAKE_PTR(o) : NULL;
}

void eve_take_flow(struct eve *e, const struct flow_record *r) {
        struct ends ends = ends_of_flow(r);
        uint64_t flow = flow_of(&ends);

        eve_advance(e, r->last);
        eve_settle(e);
        for (enum eve_type t = 0; t < _EVE_TYPE_MAX && e->n_pending > 0; t++) {
                struct draft *d = is_connection(t) ? pending_find(e, flow, t) : NULL;

                if (d)
                        pending_tell(e, d);
        }
        if (is_wanted(e, EVE_FLOW)) {
                _cleanup_(json_putp) struct json_object *o = flow_event(e, r, &ends);

                tell(e, o);
        }
}

/* Alerts and devices. */

/* The addresses of the device that an alert is about, and of its peer. */
static struct ends ends_of_alert(const struct eve *e, const struct alert *a, struct json_object *record) {
        const struct device *d = e->config.inventory && a->device != 0 ? inventory_get(e->config.inventory, a->device) : NULL;
        struct ends ends = { .mac = { a->mac } };

        if (ip_parse(json_text_at(record, "details.source"), &ends.ip[0]) < 0) {
                if (d && d->n_ipv4 > 0)
                        ends.ip[0] = d->ipv4[0].address;
                else if (d && d->n_ipv6 > 0)
                        ends.ip[0] = d->ipv6[0].address;
        }
        if (!eve_alert_peer(a->peer, &ends.ip[1], &ends.port[1]))
                ends.ip[1] = (struct ip_address) {};
        return ends;
}

/* As the alert's own record has it, but for what is in the event already. */
static int add_alert_own(struct json_object *own, struct json_object *record) {
        int r = 0;

        json_object_object_foreach(record, key, value)
                if (r >= 0 && strcmp(key, "mac") != 0)
                        r = json_object_object_add(own, key, json_object_get(value)) < 0 ? -ENOMEM : 0;
        return r;
}

static struct json_object *alert_event(const struct eve *e, const struct alert *a, bool raised) {
        _cleanup_(json_putp) struct json_object *record = record_from_alert(a), *o = NULL;
        struct json_object *own;
        struct ends ends;

        if (!record)
                return NULL;
        ends = ends_of_alert(e, a, record);
        o = make_event(e, &(struct head) { raised ? EVE_ALERT : EVE_LANSCOPE, raised ? a->ts : a->last, 0, 0, 0, &ends });
        if (!o || (ends.port[1] != 0 && add_number(o, "dest_port", ends.port[1]) < 0) ||
            (raised && json_add(o, "alert", eve_alert_object(a)) < 0))
                return NULL;
        own = json_object_new_object();
        if (json_add(o, "lanscope", own) < 0 || json_add_text(own, "event", raised ? "alert" : "alert_changed") < 0 ||
            add_alert_own(own, record) < 0)
                return NULL;
        return TAKE_PTR(o);
}

void eve_take_alert(struct eve *e, const struct alert *a, bool raised) {
        _cleanup_(json_putp) struct json_object *o = NULL;

        if (!is_wanted(e, raised ? EVE_ALERT : EVE_LANSCOPE))
                return;
        eve_settle(e);
        o = alert_event(e, a, raised);
        tell(e, o);
}

/* An event of lanscope's own; takes `device` over. */
static void tell_device(struct eve *e, const struct ends *ends, uint64_t ts, const char *event, struct json_object *device) {
        _cleanup_(json_putp) struct json_object *record = device, *o = NULL;
        struct json_object *own;

        eve_settle(e);
        o = record ? make_event(e, &(struct head) { EVE_LANSCOPE, ts, 0, 0, 0, ends }) : NULL;
        own = o ? json_object_new_object() : NULL;
        if (!own || json_add(o, "lanscope", own) < 0 || json_add_text(own, "event", event) < 0 ||
            json_add(own, "device", TAKE_PTR(record)) < 0)
                tell(e, NULL);
        else
                tell(e, o);
}

void eve_take_device(struct eve *e, const struct device *d, enum eve_device_event event, uint64_t ts) {
        struct ends ends = {};

        if (!is_wanted(e, EVE_LANSCOPE))
                return;
        if (d->n_macs > 0)
                ends.mac[0] = d->macs[0].address;
        if (d->n_ipv4 > 0)
                ends.ip[0] = d->ipv4[0].address;
        else if (d->n_ipv6 > 0)
                ends.ip[0] = d->ipv6[0].address;
        tell_device(e, &ends, ts, event == EVE_DEVICE_ADDED ? "device_added" : "device_changed", record_from_device(d));
}

void eve_take_device_gone(struct eve *e, uint64_t id, uint64_t ts) {
        struct json_object *device;
        char text[17];

        if (!is_wanted(e, EVE_LANSCOPE))
                return;
        snprintf(text, sizeof text, "%016" PRIx64, id);
        device = json_object_new_object();
        if (device && json_add_text(device, "id", text) < 0) {
                json_object_put(device);
                device = NULL;
        }
        tell_device(e, &(struct ends) {}, ts, "device_removed", device);
}

void eve_get_counters(const struct eve *e, struct eve_counters *ret) {
        *ret = e->counters;
}
