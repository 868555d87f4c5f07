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

#include "common/cleanup.h"
#include "common/json-text.h"
#include "daemon/eve-alert.h"
#include "daemon/eve-body.h"
#include "daemon/eve-flow.h"
#include "daemon/eve-head.h"
#include "daemon/records.h"

/* What one event may hold; more is left out and said. */
#define VALUES_MAX 128
#define VALUE_BYTES_MAX (32u << 10)

#define WAYS 4
#define SETS (EVE_PENDING_MAX / WAYS)
#define HINTS 4096 /* flows whose protocol is remembered, a place each */
#define QUESTIONS 512
#define QUESTION_MAX 256

struct draft {
        struct json_object *body; /* NULL: the place is free */
        enum eve_type type;
        uint64_t flow, ts, frame;
        uint64_t asked; /* order in which they began */
        uint32_t ifindex;
        struct eve_ends ends;
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

void eve_set_knowledge(struct eve *e, const struct inventory *inventory, const struct peer_names *names) {
        e->config.inventory = inventory;
        e->config.names = names;
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

void eve_set_types(struct eve *e, uint32_t types) {
        e->config.types = types;
}

static bool is_wanted(const struct eve *e, enum eve_type type) {
        return type != _EVE_TYPE_INVALID && e->config.types & EVE_MASK(type);
}

static const char *interface_of(const struct eve *e, uint32_t ifindex) {
        const char *name = e->ops.interface ? e->ops.interface(e->ops.userdata, ifindex) : NULL;

        return name ? name : "";
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
static struct json_object *add_own(const struct eve *e, struct json_object *o, const struct eve_ends *ends) {
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

static void tell(struct eve *e, enum eve_type type, struct json_object *o) {
        char *text = NULL;
        size_t n = 0;
        FILE *f = o ? open_memstream(&text, &n) : NULL;
        int r = f ? json_text_write(f, o, false) : -ENOMEM;

        if (f && fclose(f) != 0)
                r = -ENOMEM;
        if (r >= 0) {
                e->counters.events++;
                e->ops.event(e->ops.userdata, type, text, n);
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
        const struct eve_head head = { d->type, d->ts, d->frame, interface_of(e, d->ifindex), 0, &d->ends };
        _cleanup_(json_putp) struct json_object *o = d->failed ? NULL : eve_head_object(&head, e->config.hasher);

        if (o && add_body(e, o, d) >= 0)
                tell(e, d->type, o);
        else
                e->counters.failed++;
        json_object_put(d->body);
        d->body = NULL;
}

static void pending_tell(struct eve *e, struct draft *d) {
        draft_tell(e, d);
        e->n_pending--;
}

static void draft_begin(struct eve *e, struct draft *d, enum eve_type type, const struct fact *fact, const struct eve_ends *ends) {
        *d = (struct draft) {
                .body = json_object_new_object(),
                .type = type,
                .flow = eve_flow_id(ends),
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
static struct eve_ends ends_of_fact(const struct fact *f) {
        struct eve_ends ends = {
                .ip = { f->ip, f->destination },
                .port = { f->source_port, f->destination_port },
                .vlan = f->vlan,
                .protocol = f->protocol,
        };

        if (f->flags & FACT_HAS_MAC && !(f->flags & FACT_TUNNELLED))
                ends.mac[0] = f->source;
        return ends;
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

static bool is_same_message(const struct draft *d, enum eve_type type, const struct fact *fact, const struct eve_ends *ends) {
        return d->body && d->type == type && d->ts == fact->ts && d->frame == fact->frame && d->ifindex == fact->ifindex &&
               eve_ends_equal(&d->ends, ends) && mac_equal(&d->ends.mac[0], &ends->mac[0]);
}

/* Who was asked stands as the destination of a DNS answer, as Suricata has it. */
static void take_message(struct eve *e, enum eve_type type, const struct fact *fact) {
        bool turned = type == EVE_DNS && eve_body_side(fact->kind) == EVE_SERVER;
        struct eve_ends ends = ends_of_fact(fact);

        if (turned)
                ends = eve_ends_turned(&ends);
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
static bool is_from_client(const struct draft *d, const struct fact *fact, const struct eve_ends *ends) {
        switch (eve_body_side(fact->kind)) {
        case EVE_CLIENT:
                return true;
        case EVE_SERVER:
                return false;
        case EVE_EITHER:
                break;
        }
        if (d)
                return eve_ends_equal(&d->ends, ends);
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
                                   const struct eve_ends *ends) {
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
        struct eve_ends ends = ends_of_fact(fact);
        uint64_t flow = eve_flow_id(&ends);
        struct draft *d = pending_find(e, flow, type);
        bool client = is_from_client(d, fact, &ends);

        eve_settle(e);
        if (!client)
                ends = eve_ends_turned(&ends);
        if (d && (!eve_ends_equal(&d->ends, &ends) || eve_body_repeats(d->body, fact->kind))) {
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
                struct eve_ends ends = ends_of_fact(fact);

                note_hint(e, eve_flow_id(&ends), type);
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

static struct eve_ends ends_of_flow(const struct flow_record *r) {
        return (struct eve_ends) {
                .ip = { r->endpoints[0].ip, r->endpoints[1].ip },
                .port = { r->endpoints[0].port, r->endpoints[1].port },
                .mac = { r->endpoints[0].mac, r->endpoints[1].mac },
                .vlan = r->vlan,
                .protocol = r->protocol,
        };
}

static const char *protocol_name(const struct eve *e, uint64_t flow) {
        const struct hint *h = &e->hints[flow / 2 % HINTS];

        return h->flow == flow ? eve_type_to_string(h->type) : NULL;
}

static struct json_object *flow_event(const struct eve *e, const struct flow_record *r, const struct eve_ends *ends) {
        const struct eve_head head = { EVE_FLOW, r->last, 0, interface_of(e, 0), r->inner_vlan, ends };
        _cleanup_(json_putp) struct json_object *o = eve_head_object(&head, e->config.hasher);
        const char *protocol = protocol_name(e, eve_flow_id(ends)),
                   *name = e->config.names ? peer_names_find(e->config.names, &ends->ip[0], &ends->ip[1], r->last) : NULL;
        struct json_object *own;

        if (!o || (protocol && json_add_text(o, "app_proto", protocol) < 0) || json_add(o, "flow", eve_flow_object(r)) < 0 ||
            (r->protocol == IPPROTO_TCP && json_add(o, "tcp", eve_flow_tcp_object(r)) < 0))
                return NULL;
        own = add_own(e, o, ends);
        return own && eve_flow_add_own(own, r, name) >= 0 ? TAKE_PTR(o) : NULL;
}

void eve_take_flow(struct eve *e, const struct flow_record *r) {
        struct eve_ends ends = ends_of_flow(r);
        uint64_t flow = eve_flow_id(&ends);

        eve_advance(e, r->last);
        eve_settle(e);
        for (enum eve_type t = 0; t < _EVE_TYPE_MAX && e->n_pending > 0; t++) {
                struct draft *d = is_connection(t) ? pending_find(e, flow, t) : NULL;

                if (d)
                        pending_tell(e, d);
        }
        if (is_wanted(e, EVE_FLOW)) {
                _cleanup_(json_putp) struct json_object *o = flow_event(e, r, &ends);

                tell(e, EVE_FLOW, o);
        }
}

/* Alerts and devices. */

/* The addresses of the device that an alert is about, and of its peer. */
static struct eve_ends ends_of_alert(const struct eve *e, const struct alert *a, struct json_object *record) {
        const struct device *d = e->config.inventory && a->device != 0 ? inventory_get(e->config.inventory, a->device) : NULL;
        struct eve_ends ends = { .mac = { a->mac } };

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
        struct eve_ends ends;

        if (!record)
                return NULL;
        ends = ends_of_alert(e, a, record);
        o = eve_head_object(&(struct eve_head) { raised ? EVE_ALERT : EVE_LANSCOPE, raised ? a->ts : a->last, 0, "", 0, &ends },
                            e->config.hasher);
        if (!o || (ends.port[1] != 0 && eve_add_number(o, "dest_port", ends.port[1]) < 0) ||
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
        tell(e, raised ? EVE_ALERT : EVE_LANSCOPE, o);
}

/* An event of lanscope's own; takes `device` over. */
static void tell_device(struct eve *e, const struct eve_ends *ends, uint64_t ts, const char *event, struct json_object *device) {
        _cleanup_(json_putp) struct json_object *record = device, *o = NULL;
        struct json_object *own;

        eve_settle(e);
        o = record ? eve_head_object(&(struct eve_head) { EVE_LANSCOPE, ts, 0, "", 0, ends }, e->config.hasher) : NULL;
        own = o ? json_object_new_object() : NULL;
        if (!own || json_add(o, "lanscope", own) < 0 || json_add_text(own, "event", event) < 0 ||
            json_add(own, "device", TAKE_PTR(record)) < 0)
                tell(e, EVE_LANSCOPE, NULL);
        else
                tell(e, EVE_LANSCOPE, o);
}

void eve_take_device(struct eve *e, const struct device *d, enum eve_device_event event, uint64_t ts) {
        struct eve_ends ends = {};

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
        tell_device(e, &(struct eve_ends) {}, ts, "device_removed", device);
}

void eve_get_counters(const struct eve *e, struct eve_counters *ret) {
        *ret = e->counters;
}
