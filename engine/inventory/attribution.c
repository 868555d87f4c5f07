/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Whom a fact is about, and what is learned from it. The rules, each against blaming the wrong device:
 *
 *   - A frame speaks for its own source address only. What it says about another MAC (a DHCP message behind a relay,
 *     an ARP message that does not match its frame) makes no device and tells nothing of that one.
 *   - What was read inside a tunnel tells nothing of the tunnel's end.
 *   - What may have crossed a router counts only if its IP address is on the link: it is the sender's by ARP, NDP or
 *     DHCP; or nobody's yet, inside a known prefix, and the sender is not the gateway; or, while no prefix is known
 *     (captures), its hop limit shows that no router handled it, and its sender has not shown to be another.
 *   - What a frame says of somebody else (a group, a name that is served) tells nothing of its sender.
 *   - A server's word about a client binds an address to a device that is known already; it makes none. */

#include <string.h>
#include <sys/socket.h>

#include "common/strbuf.h"
#include "engine/inventory/inventory-private.h"

/* RFC 5082 §3: what arrives with 255 was not forwarded. */
#define HOP_LIMIT_UNFORWARDED 255

static bool is_host_mac(const struct mac_address *mac) {
        return !mac_is_zero(mac) && !mac_is_group(mac);
}

/* The address of whom the frame speaks for, or NULL. An ARP message that lies about its sender is its sender's. */
static const struct mac_address *speaker_of(const struct fact *fact) {
        if (!(fact->flags & FACT_HAS_MAC) || fact->flags & FACT_TUNNELLED)
                return NULL;
        if (fact->kind == FACT_ARP_L2_MISMATCH)
                return is_host_mac(&fact->source) ? &fact->source : NULL;
        if (!is_host_mac(&fact->mac) || (!mac_is_zero(&fact->source) && !mac_equal(&fact->source, &fact->mac)))
                return NULL;
        return &fact->mac;
}

/* Did it certainly not cross a router? */
static bool is_from_link(const struct network_entry *network, const struct fact *fact) {
        if (fact->flags & FACT_LINK_SCOPED || fact->hop_limit == HOP_LIMIT_UNFORWARDED || fact->ip.family == 0)
                return true;
        if (ip_is_unspecified(&fact->ip) || ip_is_link_local(&fact->ip))
                return true;
        /* Home routers do not forward multicast; where the prefix is known it decides. */
        return ip_is_multicast(&fact->destination) && !network_knows_family(network, fact->ip.family);
}

/* Does it still have the hop limit that systems start with? Then no router took one off. Somebody far away can make it
 * so, which is why it counts only where the prefixes of the link say nothing. */
static bool is_unforwarded(const struct fact *fact) {
        return fact->hop_limit == 64 || fact->hop_limit == 128;
}

static bool is_gateway(const struct network_entry *network, const struct mac_address *mac) {
        return mac_equal(&network->network.gateway_mac, mac);
}

/* Has it shown by ARP or DHCP that it is another one? A box that forwards, and writes new hop limits while it does
 * (user-space NAT), looks like all the world otherwise. */
static bool is_another(const struct entry *sender, const struct ip_address *ip) {
        for (size_t i = 0; sender && i < sender->device.n_ipv4; i++) {
                const struct device_ip *own = &sender->device.ipv4[i];

                if (own->address.family == ip->family && !ip_equal(&own->address, ip) && !ip_is_link_local(&own->address) &&
                    (own->source == FACT_ARP_SENDER || own->source == FACT_DHCP_ASSIGNED_IP))
                        return true;
        }
        return false;
}

static bool is_full(const struct device *d, uint8_t family) {
        return family == AF_INET ? d->n_ipv4 == DEVICE_IPV4_MAX : d->n_ipv6 == DEVICE_IPV6_MAX;
}

/* Hosts have a few addresses, and seldom others: who sends in the name of ever more forwards for them, or makes them up. */
static bool has_room(struct entry *sender, uint8_t family, uint64_t now, enum attribution_term *ret_term) {
        if (!sender || !is_full(&sender->device, family))
                return true;
        *ret_term = TERM_PACKET;
        return token_bucket_take(&sender->turnovers, now);
}

/* Of an address that nobody has, on a link of which nothing says that it is none of it: is it the sender's? */
static bool is_senders(struct inventory *inventory, const struct network_entry *network, const struct mac_address *mac,
                       const struct fact *fact, uint64_t now, enum attribution_term *ret_term) {
        struct forwarder forwarder = { inventory->generation, UINT64_MAX, fact_ends_of(fact), network, NULL };
        struct entry *sender = NULL;

        if (!network_knows_family(network, fact->ip.family)) {
                sender = entry_by_mac(inventory, network, mac);
                if (!is_another(sender, &fact->ip)) {
                        if (has_room(sender, fact->ip.family, now, ret_term))
                                return true;
                        forwarder.full = sender;
                        forwarder.until = token_bucket_next(&sender->turnovers);
                }
        }
        inventory->forwarder = forwarder;
        return false;
}

bool fact_is_forwarded(const struct inventory *inventory, const struct fact *fact, const struct fact_ends *ends, uint64_t now) {
        const struct forwarder *f = &inventory->forwarder;

        if (f->generation != inventory->generation || now >= f->until || !fact_ends_equal_but_ip(&f->ends, ends) ||
            (f->full && !is_full(&f->full->device, fact->ip.family)))
                return false;
        return ip_is_host(&fact->ip) && !ip_is_link_local(&fact->ip) && !network_has_ip(f->network, &fact->ip) &&
               !entry_by_ip(inventory, f->network, &fact->ip);
}

static bool is_on_link(struct inventory *inventory, const struct network_entry *network,
                       const struct mac_address *mac, const struct fact *fact, uint64_t now, enum attribution_term *ret_term) {
        struct entry *owner;

        if (is_from_link(network, fact))
                return true;
        owner = entry_by_ip(inventory, network, &fact->ip);
        if (owner)
                return entry_by_mac(inventory, network, mac) == owner;
        if (network_has_ip(network, &fact->ip))
                return network_ip_is_host(network, &fact->ip) &&
                       (!is_gateway(network, mac) || is_unforwarded(fact) || ip_is_multicast(&fact->destination));
        /* A DHCP server's answer comes before anybody can know its prefix; the answer to a renewal may be routed. */
        if (!ip_is_host(&fact->ip) || !is_unforwarded(fact))
                return false;
        if (fact->flags & FACT_HAS_SUBJECT)
                return true;
        return is_senders(inventory, network, mac, fact, now, ret_term);
}

struct entry *fact_attribute(struct inventory *inventory, struct network_entry *network, const struct fact *fact,
                             uint64_t now, enum attribution_term *ret_term) {
        const struct mac_address *mac = speaker_of(fact);
        struct entry *entry;

        *ret_term = TERM_LASTING;
        if (!mac || !is_on_link(inventory, network, mac, fact, now, ret_term)) {
                inventory->counters.unattributed++;
                return NULL;
        }
        entry = entry_by_mac(inventory, network, mac);
        if (!entry)
                entry = entry_new(inventory, network, mac, now, true);
        if (!entry) {
                *ret_term = TERM_FACT;
                return NULL;
        }
        entry_set_flags(inventory, entry, DEVICE_CONFIRMED, 0);
        entry_heard(inventory, entry, mac, now);
        return entry;
}

/* DHCP: the client has this address and, of those that it had by DHCP, no other. */
static void take_lease(struct inventory *inventory, struct entry *client, const struct fact *fact, const struct ip_address *ip,
                       enum claim claim, uint64_t now) {
        if (entry_by_ip(inventory, client->network, ip) != client && !entry_bind(inventory, client, ip, fact->kind, claim, now))
                return;
        for (size_t i = client->device.n_ipv4; i-- > 0;) {
                const struct device_ip *held = &client->device.ipv4[i];

                if ((held->source == FACT_DHCP_ASSIGNED_IP || held->source == FACT_DHCP_REQUESTED_IP) && !ip_equal(&held->address, ip))
                        entry_unbind(inventory, client, &held->address);
        }
}

/* What the server gave. A server's word makes no device. */
static void take_assigned(struct inventory *inventory, struct network_entry *network, const struct fact *fact,
                          const struct ip_address *ip, uint64_t now) {
        struct entry *client = NULL;

        if (fact->flags & FACT_HAS_SUBJECT && is_host_mac(&fact->subject))
                client = entry_by_mac(inventory, network, &fact->subject);
        if (client)
                take_lease(inventory, client, fact, ip, CLAIM_STRONG, now);
}

/* The IP address of the fact is the sender's own, by what `claim` is worth: it says so most of the time, and each time the
 * same as long as nothing changed. */
static void bind_sender(struct inventory *inventory, struct entry *entry, const struct fact *fact, enum claim claim, uint64_t now) {
        struct attribution *a = latest_is_current(inventory) ? inventory->latest.attribution : NULL;

        if ((a && a->bound && entry_hold(inventory, entry, &fact->ip, fact->kind, claim, now)) ||
            !entry_bind(inventory, entry, &fact->ip, fact->kind, claim, now) || !a || a->generation != inventory->generation)
                return;
        /* That it has the address now confirms whom the fact is about. */
        a->address_generation = *a->address_generation_now;
        a->bound = true;
}

/* True if the address of the fact is settled by it, one way or the other. */
static bool learn_claim(struct inventory *inventory, struct entry *entry, const struct fact *fact, uint64_t now) {
        struct ip_address ip;

        if (fact->kind == FACT_ARP_SENDER || fact->kind == FACT_NDP_SOURCE || fact->kind == FACT_NDP_NA_NO_LLADDR) {
                if (!fact_last_ip(fact, &ip))
                        return true;
                if (ip_equal(&ip, &fact->ip))
                        bind_sender(inventory, entry, fact, CLAIM_STRONG, now);
                else
                        entry_bind(inventory, entry, &ip, fact->kind, CLAIM_STRONG, now);
                return true;
        }
        if (fact->kind == FACT_NDP_DAD) {
                if (fact_last_ip(fact, &ip))
                        entry_bind(inventory, entry, &ip, fact->kind, CLAIM_WEAK, now);
                return true;
        }
        if (fact->kind == FACT_DHCP_ASSIGNED_IP && fact_last_ip(fact, &ip))
                take_assigned(inventory, entry->network, fact, &ip, now);
        /* The acknowledgement goes to the client alone: on a switch nobody else hears of its address. */
        if (fact->kind == FACT_DHCP_REQUESTED_IP && fact->flags & FACT_AGREED && fact_last_ip(fact, &ip))
                take_lease(inventory, entry, fact, &ip, CLAIM_WEAK, now);
        /* What an ARP message says of its sender's address is said by FACT_ARP_SENDER. */
        return fact->kind == FACT_ARP_WHO_HAS || fact->kind == FACT_ARP_GRATUITOUS || fact->kind == FACT_ARP_PROBE ||
               fact->kind == FACT_ARP_L2_MISMATCH;
}

static void learn_addresses(struct inventory *inventory, struct entry *entry, const struct fact *fact, uint64_t now) {
        struct latest_fact *latest = &inventory->latest;

        if (fact->kind == FACT_DHCP_MSG_TYPE && fact->flags & FACT_GOODBYE) {
                entry_unbind(inventory, entry, &fact->ip);
                return;
        }
        if (learn_claim(inventory, entry, fact, now) || (latest->bound && latest_is_current(inventory)))
                return;
        latest->bound = latest->attribution;
        if (ip_is_host(&fact->ip))
                bind_sender(inventory, entry, fact, CLAIM_WEAK, now);
}

/* A host name comes with an address: whose is it? A sleep proxy answers for a sleeping host, a reflector for hosts
 * behind another interface. NULL: nobody's here. */
static struct entry *owner_of_name(struct inventory *inventory, struct entry *entry, const struct fact *fact, uint64_t now) {
        struct network_entry *network = entry->network;
        struct ip_address ip;
        struct entry *owner;

        if (!fact_last_ip(fact, &ip) || ip_equal(&ip, &fact->ip))
                return entry;
        owner = entry_by_ip(inventory, network, &ip);
        if (owner)
                return owner;
        if (!ip_is_link_local(&ip) && network_knows_family(network, ip.family) && !network_has_ip(network, &ip))
                return NULL;
        if (!(fact->flags & FACT_GOODBYE))
                entry_bind(inventory, entry, &ip, FACT_MDNS_HOSTNAME, CLAIM_WEAK, now);
        return entry;
}

/* The name stays, and so does what it is known by: a device that is switched off is still what it was. An address
 * that only its name stood for goes. */
static void take_goodbye(struct inventory *inventory, struct entry *entry, const struct fact *fact, uint64_t now) {
        struct ip_address ip;

        if (fact->kind == FACT_MDNS_HOSTNAME && fact_last_ip(fact, &ip))
                entry_unbind_source(inventory, entry, &ip, FACT_MDNS_HOSTNAME);
        entry_take_service(inventory, entry, fact->kind, fact->value, true, now);
}

/* A client that asks for an address names the server it takes it from, so that all may hear (RFC 2131 §3.1): where
 * only broadcasts are seen, nothing else tells who that is. */
static void take_named_server(struct inventory *inventory, const struct entry *client, const struct fact *fact, uint64_t now) {
        struct ip_address ip;
        struct entry *server;

        if (!fact_last_ip(fact, &ip))
                return;
        server = entry_by_ip(inventory, client->network, &ip);
        if (server && server != client)
                entry_take_evidence(inventory, server, FACT_DHCP_SERVER_ID, VOICE_SERVES, fact->value, fact->value_length, now);
}

static bool is_service(const struct fact *fact) {
        return (fact->kind == FACT_MDNS_SERVICE || fact->kind == FACT_SSDP_NT || fact->kind == FACT_SSDP_ST ||
                fact->kind == FACT_SSDP_USN) && fact_voice(fact) == VOICE_SELF;
}

/* A server that gives 0.0.0.0 or 255.255.255.255 as an address gives none. */
static bool is_empty_address(const struct fact *fact) {
        struct ip_address ip;

        return fact->kind != FACT_DHCP_NETMASK && ip_parse(fact->value, &ip) >= 0 && !ip_is_host(&ip);
}

static void keep(struct inventory *inventory, struct entry *entry, const struct fact *fact, uint64_t now) {
        enum fact_voice voice = fact_voice(fact);

        if (voice != VOICE_SERVES || !is_empty_address(fact))
                entry_take_evidence(inventory, entry, fact->kind, voice, fact->value, fact->value_length, now);
}

void fact_apply(struct inventory *inventory, struct entry *entry, const struct fact *fact, uint64_t now) {
        learn_addresses(inventory, entry, fact, now);
        if (network_is_told_by(fact->kind))
                network_take_fact(inventory, entry->network, fact, now);
        /* It shows that the sender is there, and no more. */
        if (fact->flags & FACT_FOREIGN)
                return;
        if (fact->flags & FACT_GOODBYE) {
                take_goodbye(inventory, entry, fact, now);
                return;
        }
        if (fact->kind == FACT_DHCP_REQUESTED_SERVER)
                take_named_server(inventory, entry, fact, now);
        if (is_service(fact))
                entry_take_service(inventory, entry, fact->kind, fact->value, false, now);
        if (fact->kind == FACT_TCP_RAW_SIG)
                entry_guess_os(inventory, entry, fact, now);
        if (fact->kind == FACT_MDNS_HOSTNAME)
                entry = owner_of_name(inventory, entry, fact, now);
        if (entry && evidence_is_kept(fact->kind))
                keep(inventory, entry, fact, now);
}
