/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* From packets to observations: a short way for what nearly all traffic is, and one for everything that the decoder
 * understands. The short way reads nothing that it has not checked, and gives up where the decoder has a decision
 * to make. */

#include "engine/flow/flow-observation.h"

#include <netinet/in.h>
#include <string.h>

#include "engine/flow/flow-frame.h"
#include "engine/flow/flow-message.h"
#include "engine/packet/decoder.h"

/* `vlans`: outer << 12 | inner. Tags without a VLAN do not count. */
static inline bool add_tag(uint32_t *vlans, uint16_t tci) {
        uint32_t vlan = tci & 0xfff;

        if (vlan == 0)
                return true;
        if (*vlans & 0xfff)
                return false;
        *vlans |= *vlans ? vlan : vlan << 12;
        return true;
}

/* What is left of a frame from a header on. */
struct rest {
        const uint8_t *header;
        uint32_t left;    /* captured bytes */
        uint32_t missing; /* bytes that were sent after them */
        const uint8_t *frame;
};

/* Moves `r` behind the tags, to the network header. 0: not for the short way. */
static _noinline_ uint16_t skip_tags(struct rest *r, uint16_t type, uint32_t *vlans) {
        for (unsigned n = 0; n < 2; n++) {
                if (type != TYPE_VLAN && type != TYPE_QINQ)
                        break;
                if (r->left < 4 || !add_tag(vlans, load_be16(r->header)))
                        return 0;
                type = load_be16(r->header + 2);
                r->header += 4;
                r->left -= 4;
        }
        return type;
}

static inline bool read_transport(const struct rest *t, uint8_t protocol, struct flow_observation *o) {
        if (protocol == IPPROTO_TCP)
                return t->left >= 20 && flow_frame_read_tcp(t->header, t->left + t->missing, true, o);
        return protocol == IPPROTO_UDP && t->left >= 8 &&
               flow_frame_read_udp(t->header, t->left, (uint32_t) (t->header - t->frame), load_be32(t->header), o);
}

/* Of `r` only `claimed` bytes belong to the packet, be they captured or not: as decoder_limit() has it. */
static inline void limit(struct rest *r, uint32_t claimed) {
        if (claimed <= r->left) {
                r->left = claimed;
                r->missing = 0;
        } else {
                r->missing = MIN(r->missing, claimed - r->left);
        }
}

static inline bool read_ipv4(struct rest r, uint32_t vlans, struct flow_observation *o) {
        const uint8_t *h = r.header;
        uint32_t header;
        uint64_t addresses;

        if (r.left < 20)
                return false;
        header = (uint32_t) (h[0] & 15) * 4;
        limit(&r, load_be16(h + 2));
        if (h[0] >> 4 != 4 || header < 20 || r.left < header || load_be16(h + 6) & 0x3fff)
                return false;
        r.header += header;
        r.left -= header;
        if (!read_transport(&r, h[9], o))
                return false;
        memcpy(&addresses, h + 12, sizeof addresses);
        flow_frame_set_ipv4(o, be64toh(addresses), load_be32(r.header), h[9], vlans);
        return true;
}

static inline bool read_ipv6(struct rest r, uint32_t vlans, struct flow_observation *o) {
        const uint8_t *h = r.header;
        uint32_t length;

        if (r.left < 40)
                return false;
        length = load_be16(h + 4);
        if (h[0] >> 4 != 6 || length == 0)
                return false;
        r.header += 40;
        r.left -= 40;
        limit(&r, length);
        if (!read_transport(&r, h[6], o))
                return false;
        flow_frame_set_ipv6(o, h + 8, h + 24, load_be32(r.header), h[6], vlans);
        return true;
}

/* What every frame has; the last step. */
static inline void set_frame(struct flow_observation *o, const struct frame *frame, const uint8_t *data) {
        o->ts = frame->ts;
        o->length = frame->length;
        memcpy(o->link_addresses, data, sizeof o->link_addresses);
}

bool flow_frame_read_any(const struct frame *frame, struct flow_observation *o) {
        struct rest r = { frame->data + 14, frame->captured - 14,
                          frame->length > frame->captured ? frame->length - frame->captured : 0, frame->data };
        uint32_t vlans = 0;
        uint16_t type;
        bool taken;

        if (frame->linktype != LINK_ETHERNET || frame->captured < 14)
                return false;
        if (frame->vlan_tag & FRAME_VLAN_PRESENT)
                add_tag(&vlans, (uint16_t) frame->vlan_tag);
        type = load_be16(frame->data + 12);
        if (type != TYPE_IPV4 && type != TYPE_IPV6)
                type = skip_tags(&r, type, &vlans);
        taken = (type == TYPE_IPV4 && read_ipv4(r, vlans, o)) || (type == TYPE_IPV6 && read_ipv6(r, vlans, o));
        if (taken)
                set_frame(o, frame, frame->data);
        return taken;
}

bool flow_observation_from_frame(const struct frame *frame, struct flow_observation *o) {
        return flow_frame_read(frame, true, o) || flow_frame_read_any(frame, o);
}

/* Type and identifier (or code) take the place of the ports, whichever way the message goes. */
static bool message_ports(const struct packet *p, struct flow_observation *o, uint16_t ret[static 2]) {
        const uint8_t *h = p->payload.data;
        int answer;

        if (cursor_left(&p->payload) < 4)
                return false;
        answer = flow_message_answer(p->ip_protocol, h[0]);
        ret[0] = h[0];
        ret[1] = h[1];
        if (answer < 0)
                return true;
        /* What is sent to a group answers nobody: routers and neighbours advertise, listeners report. */
        if (flow_message_is_answer(p->ip_protocol, h[0]) && !ip_is_multicast(&p->destination)) {
                ret[0] = (uint16_t) answer;
                o->flags |= OBSERVATION_ANSWERS;
        } else {
                o->flags |= OBSERVATION_ASKS;
        }
        ret[1] = 0;
        if (flow_message_has_id(p->ip_protocol, h[0]) && cursor_left(&p->payload) >= 6)
                ret[1] = load_be16(h + 4);
        return true;
}

static void set_ends(struct flow_observation *o, const struct ip_address *source, const struct ip_address *destination,
                     uint16_t source_port, uint16_t destination_port, uint8_t protocol, uint32_t vlans) {
        uint32_t ports = (uint32_t) source_port << 16 | destination_port;

        if (source->family == AF_INET)
                flow_frame_set_ipv4(o, (uint64_t) load_be32(source->bytes) << 32 | load_be32(destination->bytes), ports,
                                    protocol, vlans);
        else
                flow_frame_set_ipv6(o, source->bytes, destination->bytes, ports, protocol, vlans);
}

static void set_tcp(struct flow_observation *o, const struct packet *p) {
        o->flags |= OBSERVATION_TCP;
        o->sequence = p->tcp_sequence;
        o->acknowledgement = p->tcp_acknowledgement;
        o->tcp_flags = p->tcp_flags;
        if (p->layer != LAYER_TCP)
                return;
        o->window = p->tcp_window;
        o->payload = p->payload_length;
        o->flags |= OBSERVATION_WHOLE_HEADER;
}

static bool set_flow(struct flow_observation *o, const struct packet *p, uint32_t vlans) {
        uint16_t ports[2] = { 0, 0 };

        if (p->flags & PACKET_HAS_TRANSPORT) {
                if (p->ip_protocol == IPPROTO_TCP)
                        set_tcp(o, p);
                set_ends(o, &p->source, &p->destination, p->source_port, p->destination_port, p->ip_protocol, vlans);
                return true;
        }
        if (p->flags & PACKET_HAS_CARRIER) {
                set_ends(o, &p->carrier.source, &p->carrier.destination, p->carrier.source_port,
                         p->carrier.destination_port, IPPROTO_UDP, vlans);
                return true;
        }
        if (!(p->flags & PACKET_HAS_IP) || p->flags & PACKET_FRAGMENT)
                return false;
        if (p->layer == LAYER_ICMP || p->layer == LAYER_ICMP6) {
                if (!message_ports(p, o, ports))
                        return false;
        } else if (p->layer != LAYER_IP || p->ip_protocol == IPPROTO_TCP || p->ip_protocol == IPPROTO_UDP ||
                   p->ip_protocol == IPPROTO_UDPLITE) {
                return false;
        }
        set_ends(o, &p->source, &p->destination, 0, 0, p->ip_protocol, vlans);
        o->rest |= (uint64_t) ports[0] << 48 | (uint64_t) ports[1] << 32;
        return true;
}

bool flow_observation_from_packet(const struct packet *p, struct flow_observation *o) {
        if (!(p->flags & (PACKET_HAS_IP | PACKET_HAS_TRANSPORT | PACKET_HAS_CARRIER)))
                return false;
        *o = (struct flow_observation) { .ts = p->frame->ts, .length = p->frame->length };
        if (!set_flow(o, p, (uint32_t) p->vlan << 12 | p->inner_vlan))
                return false;
        /* Inside a tunnel the frame's addresses are those of the tunnel's ends. */
        if (p->flags & PACKET_HAS_MAC && !(p->flags & PACKET_TUNNELLED)) {
                o->link_source = p->link_source;
                o->link_destination = p->link_destination;
        }
        return true;
}

void flow_observation_set_ends(struct flow_observation *o, const struct flow_endpoint endpoints[2], uint8_t protocol,
                               uint16_t vlan, uint16_t inner_vlan) {
        bool message = protocol == IPPROTO_ICMP || protocol == IPPROTO_ICMPV6;
        uint32_t vlans = (uint32_t) (vlan & 0xfff) << 12 | (inner_vlan & 0xfff);

        set_ends(o, &endpoints[0].ip, &endpoints[1].ip, message ? 0 : endpoints[0].port, message ? 0 : endpoints[1].port,
                 protocol, vlans);
        if (message)
                o->rest |= (uint64_t) endpoints[0].port << 48 | (uint64_t) endpoints[1].port << 32;
}
