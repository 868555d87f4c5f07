/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What stands in front of every event: when, where, between whom, and the numbers by which records are joined. */

#include "daemon/eve-head.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "common/json-text.h"
#include "engine/flow/flow-hash.h"
#include "engine/flow/flow-message.h"

uint64_t eve_flow_id(const struct eve_ends *ends) {
        const struct flow_hash_secret secret = flow_hash_secret_make(0);
        int order = memcmp(&ends->ip[0], &ends->ip[1], sizeof ends->ip[0]);
        unsigned low = order > 0 || (order == 0 && ends->port[0] > ends->port[1]);
        uint64_t hash = flow_hash_ends(&secret, &ends->ip[low], &ends->ip[!low],
                                       flow_hash_rest(ends->port[low], ends->port[!low], ends->protocol, ends->vlan, 0));

        /* Folded, as it always was: logs of earlier versions have the same ids. */
        return ((hash ^ hash >> 32) & ((UINT64_C(1) << 51) - 1)) | 1;
}

struct eve_ends eve_ends_turned(const struct eve_ends *ends) {
        return (struct eve_ends) {
                .ip = { ends->ip[1], ends->ip[0] },
                .port = { ends->port[1], ends->port[0] },
                .mac = { ends->mac[1], ends->mac[0] },
                .vlan = ends->vlan,
                .protocol = ends->protocol,
        };
}

bool eve_ends_equal(const struct eve_ends *a, const struct eve_ends *b) {
        return memcmp(a->ip, b->ip, sizeof a->ip) == 0 && memcmp(a->port, b->port, sizeof a->port) == 0 && a->vlan == b->vlan &&
               a->protocol == b->protocol;
}

int eve_add_number(struct json_object *o, const char *key, uint64_t n) {
        return json_add(o, key, json_object_new_uint64(n));
}

int eve_add_timestamp(struct json_object *o, const char *key, uint64_t ns) {
        time_t seconds = (time_t) (ns / NSEC_PER_SEC);
        char date[32], text[64];
        struct tm tm;

        if (!gmtime_r(&seconds, &tm) || strftime(date, sizeof date, "%Y-%m-%dT%H:%M:%S", &tm) == 0)
                return -EINVAL;
        snprintf(text, sizeof text, "%s.%06u+0000", date, (unsigned) (ns % NSEC_PER_SEC / NSEC_PER_USEC));
        return json_add_text(o, key, text);
}

static bool has_ports(const struct eve_ends *ends) {
        return ends->protocol == IPPROTO_TCP || ends->protocol == IPPROTO_UDP || ends->protocol == IPPROTO_SCTP;
}

static bool is_message(const struct eve_ends *ends) {
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

static int add_end(struct json_object *o, const struct eve_ends *ends, unsigned i) {
        char text[IP_STRING_MAX];
        int r;

        if (ends->ip[i].family == 0)
                return 0;
        r = json_add_text(o, i == 0 ? "src_ip" : "dest_ip", ip_format(&ends->ip[i], text));
        return r < 0 || !has_ports(ends) ? r : eve_add_number(o, i == 0 ? "src_port" : "dest_port", ends->port[i]);
}

/* Of ICMP as engine/flow/flow-record.h has it: the type and the identifier, or the code. */
static int add_message(struct json_object *o, const struct eve_ends *ends) {
        int answer = flow_message_answer(ends->protocol, (uint8_t) ends->port[0]);
        int r = eve_add_number(o, "icmp_type", ends->port[0]);

        if (r < 0 || flow_message_has_id(ends->protocol, (uint8_t) ends->port[0]))
                return r;
        return answer >= 0 ? 0 : eve_add_number(o, "icmp_code", ends->port[1]);
}

static int add_community_id(struct json_object *o, const struct eve_ends *ends, struct flow_hasher *hasher) {
        struct flow_record record = { .protocol = ends->protocol };
        char id[FLOW_COMMUNITY_ID_MAX];
        int r;

        for (unsigned i = 0; i < 2; i++) {
                record.endpoints[i].ip = ends->ip[i];
                record.endpoints[i].port = ends->port[i];
        }
        r = flow_community_id(hasher, &record, id);
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

static int add_ether(struct json_object *o, const struct eve_ends *ends) {
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

/* Whether there is anything to make a flow of. */
static bool has_flow(const struct eve_ends *ends) {
        return ends->protocol != 0 && ends->ip[0].family != 0 && ends->ip[1].family != 0;
}

struct json_object *eve_head_object(const struct eve_head *h, struct flow_hasher *hasher) {
        _cleanup_(json_putp) struct json_object *o = json_object_new_object();
        bool flow = has_flow(h->ends);

        if (!o || eve_add_timestamp(o, "timestamp", h->ts) < 0 || (flow && eve_add_number(o, "flow_id", eve_flow_id(h->ends)) < 0) ||
            (*h->interface && json_add_text(o, "in_iface", h->interface) < 0) ||
            (h->frame > 0 && eve_add_number(o, "pcap_cnt", h->frame) < 0) ||
            json_add_text(o, "event_type", eve_type_to_string(h->type)) < 0 ||
            add_vlan(o, h->ends->vlan, h->inner_vlan) < 0 || add_end(o, h->ends, 0) < 0 || add_end(o, h->ends, 1) < 0 ||
            (h->ends->protocol != 0 && add_protocol(o, h->ends->protocol) < 0) ||
            (flow && is_message(h->ends) && add_message(o, h->ends) < 0) ||
            (flow && add_community_id(o, h->ends, hasher) < 0) || add_ether(o, h->ends) < 0)
                return NULL;
        return TAKE_PTR(o);
}
