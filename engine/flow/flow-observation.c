/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* From packets to observations: a short way for what nearly all traffic is, and one for everything that the decoder
 * understands. The short way reads nothing that it has not checked, and gives up where the decoder has a decision
 * to make. */

#include "engine/flow/flow-observation.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>

#include "engine/flow/flow-message.h"
#include "engine/packet/decoder.h"

static inline uint64_t key_rest(uint16_t low_port, uint16_t high_port, uint8_t protocol, uint16_t vlan, uint16_t inner) {
        return (uint64_t) low_port << 48 | (uint64_t) high_port << 32 | (uint64_t) protocol << 24 |
               (uint64_t) (vlan & 0xfff) << 12 | (inner & 0xfff);
}

/* Source and destination side by side, as in the header: where the source is the higher end halves change places. */
static inline void set_ipv4(struct flow_observation *o, uint64_t addresses, uint32_t ports, uint8_t protocol, uint32_t vlans) {
        uint32_t source = (uint32_t) (addresses >> 32), destination = (uint32_t) addresses;

        o->direction = source > destination || (source == destination && ports >> 16 > (ports & 0xffff));
        if (o->direction) {
                addresses = addresses << 32 | addresses >> 32;
                ports = ports << 16 | ports >> 16;
        }
        o->addresses = addresses;
        o->rest = (uint64_t) ports << 32 | (uint64_t) protocol << 24 | vlans;
}

static inline void set_ipv6(struct flow_observation *o, const uint8_t *source, const uint8_t *destination,
                            uint16_t source_port, uint16_t destination_port, uint8_t protocol, uint32_t vlans) {
        int order = memcmp(source, destination, 16);

        o->direction = order > 0 || (order == 0 && source_port > destination_port);
        memcpy(o->ends[o->direction], source, 16);
        memcpy(o->ends[!o->direction], destination, 16);
        o->flags |= OBSERVATION_IPV6;
        o->rest = o->direction ? key_rest(destination_port, source_port, protocol, 0, 0)
                               : key_rest(source_port, destination_port, protocol, 0, 0);
        o->rest |= vlans;
}

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

/* Moves `c` behind the tags, to the network header. 0: not for the short way. */
static __attribute__((noinline)) uint16_t skip_tags(struct cursor *c, uint16_t type, uint32_t *vlans) {
        for (unsigned n = 0; n < 2; n++) {
                if (type != TYPE_VLAN && type != TYPE_QINQ)
                        break;
                if (cursor_left(c) < 4 || !add_tag(vlans, load_be16(c->data)))
                        return 0;
                type = load_be16(c->data + 2);
                c->data += 4;
        }
        return type;
}

/* What follows an IP header. `left`: captured bytes of it; `sent`: all. */
struct transport {
        const uint8_t *header;
        uint32_t left, sent;
};

static inline bool read_tcp(const struct transport *t, struct flow_observation *o) {
        const uint8_t *h = t->header;
        uint32_t header;

        if (t->left < 20)
                return false;
        header = (uint32_t) (h[12] >> 4) * 4;
        if (header < 20 || header > t->sent)
                return false;
        o->sequence = load_be32(h + 4);
        o->acknowledgement = load_be32(h + 8);
        o->tcp_flags = h[13];
        o->window = load_be16(h + 14);
        o->payload = t->sent - header;
        o->flags = OBSERVATION_TCP | OBSERVATION_WHOLE_HEADER;
        return true;
}

static inline bool read_udp(const struct transport *t, struct flow_observation *o) {
        const uint8_t *h = t->header;

        if (t->left < 8 || load_be16(h + 4) < 8)
                return false;
        o->tcp_flags = 0;
        o->flags = 0;
        return true;
}

static bool may_be_tunnel(const uint8_t *udp) {
        return udp_port_has_tunnel(load_be16(udp)) || udp_port_has_tunnel(load_be16(udp + 2));
}

static inline bool read_transport(const struct transport *t, uint8_t protocol, struct flow_observation *o) {
        if (protocol == IPPROTO_TCP)
                return read_tcp(t, o);
        return protocol == IPPROTO_UDP && read_udp(t, o) && !may_be_tunnel(t->header);
}

/* How much of `claimed` bytes was captured and how much was sent, as decoder_limit() has it. */
static inline void limit(struct transport *t, uint32_t left, uint32_t missing, uint32_t claimed) {
        t->left = t->sent = claimed;
        if (claimed > left) {
                t->left = left;
                t->sent = left + MIN(missing, claimed - left);
        }
}

static inline bool read_ipv4(struct cursor c, uint32_t missing, uint32_t vlans, struct flow_observation *o) {
        const uint8_t *h = c.data;
        struct transport t;
        uint32_t header, total;

        if (cursor_left(&c) < 20)
                return false;
        header = (uint32_t) (h[0] & 15) * 4;
        total = load_be16(h + 2);
        limit(&t, (uint32_t) cursor_left(&c), missing, total);
        if (h[0] >> 4 != 4 || header < 20 || t.left < header || load_be16(h + 6) & 0x3fff)
                return false;
        t.header = h + header;
        t.left -= header;
        t.sent -= header;
        if (!read_transport(&t, h[9], o))
                return false;
        set_ipv4(o, (uint64_t) load_be32(h + 12) << 32 | load_be32(h + 16), load_be32(t.header), h[9], vlans);
        return true;
}

static __attribute__((noinline)) bool read_ipv6(struct cursor c, uint32_t missing, uint32_t vlans, struct flow_observation *o) {
        const uint8_t *h = c.data;
        struct transport t;
        uint32_t length;

        if (cursor_left(&c) < 40)
                return false;
        length = load_be16(h + 4);
        if (h[0] >> 4 != 6 || length == 0)
                return false;
        limit(&t, (uint32_t) cursor_left(&c) - 40, missing, length);
        t.header = h + 40;
        if (!read_transport(&t, h[6], o))
                return false;
        set_ipv6(o, h + 8, h + 24, load_be16(t.header), load_be16(t.header + 2), h[6], vlans);
        return true;
}

bool flow_observation_from_frame(const struct frame *frame, struct flow_observation *o) {
        struct cursor c = cursor_make(frame->data, frame->captured);
        uint32_t missing = frame->length > frame->captured ? frame->length - frame->captured : 0, vlans = 0;
        const uint8_t *h = c.data;
        uint16_t type;

        if (frame->linktype != LINK_ETHERNET || !cursor_skip(&c, 14))
                return false;
        if (frame->vlan_tag & FRAME_VLAN_PRESENT)
                add_tag(&vlans, (uint16_t) frame->vlan_tag);
        type = load_be16(h + 12);
        if (type != TYPE_IPV4 && type != TYPE_IPV6)
                type = skip_tags(&c, type, &vlans);
        if (type == TYPE_IPV4) {
                if (!read_ipv4(c, missing, vlans, o))
                        return false;
        } else if (type != TYPE_IPV6 || !read_ipv6(c, missing, vlans, o)) {
                return false;
        }
        o->ts = frame->ts;
        o->length = frame->length;
        memcpy(o->link_destination.bytes, h, 6);
        memcpy(o->link_source.bytes, h + 6, 6);
        return true;
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
        if (flow_message_is_answer(p->ip_protocol, h[0])) {
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
        if (source->family == AF_INET)
                set_ipv4(o, (uint64_t) load_be32(source->bytes) << 32 | load_be32(destination->bytes),
                         (uint32_t) source_port << 16 | destination_port, protocol, vlans);
        else
                set_ipv6(o, source->bytes, destination->bytes, source_port, destination_port, protocol, vlans);
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
