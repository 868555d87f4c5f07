/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Reads rtnetlink messages (rtnetlink(7), netlink(7)). The kernel is trusted to mean well, not to be of the
 * version that this was built against: every length is checked, unknown attributes are skipped. */

#include "daemon/link-table.h"

#include <errno.h>
#include <linux/if_addr.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "common/cursor.h"
#include "common/macro.h"

struct entry {
        struct link link;
        bool added, changed, gone;
        bool stale; /* not yet named by the dump that is under way */
};

struct default_route {
        uint32_t ifindex, metric;
        struct ip_address gateway; /* family 0: the link itself is the way */
        struct ip_address preferred_source;
        uint8_t family;
};

struct link_table {
        struct link_ops ops;
        struct entry *entries[LINKS_MAX];
        size_t n_entries;
        struct default_route routes[LINK_ROUTES_MAX];
        size_t n_routes;
        struct link_table_counters counters;
        bool interrupted; /* the kernel's tables changed under the dump */
};

/* What the attributes of one message say; those that it does not carry stay zero. */
struct attributes {
        struct cursor name, hardware, address, local, gateway, via, source, multipath;
        uint32_t oif, metric, table;
};

int link_table_new(struct link_table **ret, const struct link_ops *ops) {
        struct link_table *t = calloc(1, sizeof *t);

        if (!t)
                return -ENOMEM;
        if (ops)
                t->ops = *ops;
        *ret = t;
        return 0;
}

struct link_table *link_table_free(struct link_table *t) {
        if (!t)
                return NULL;
        for (size_t i = 0; i < t->n_entries; i++)
                free(t->entries[i]);
        free(t);
        return NULL;
}

static struct entry *find_entry(const struct link_table *t, uint32_t ifindex) {
        for (size_t i = 0; i < t->n_entries; i++)
                if (t->entries[i]->link.ifindex == ifindex)
                        return t->entries[i];
        return NULL;
}

static struct entry *add_entry(struct link_table *t, uint32_t ifindex) {
        struct entry *e;

        if (t->n_entries == LINKS_MAX || !(e = calloc(1, sizeof *e))) {
                t->counters.overflow++;
                return NULL;
        }
        e->link.ifindex = ifindex;
        e->added = true;
        t->entries[t->n_entries++] = e;
        return e;
}

static void touch(struct link_table *t, uint32_t ifindex) {
        struct entry *e = find_entry(t, ifindex);

        if (e)
                e->changed = true;
}

/* The reading primitives: netlink is in host order and pads to four bytes. */

static void skip_padding(struct cursor *c, size_t length) {
        cursor_skip(c, MIN(NLMSG_ALIGN(length) - length, cursor_left(c)));
}

/* The next attribute, or 0 at the end, or -EBADMSG. */
static int next_attribute(struct cursor *c, uint16_t *ret_type, struct cursor *ret) {
        struct rtattr header;

        if (cursor_left(c) == 0)
                return 0;
        if (!cursor_copy(c, &header, sizeof header) || header.rta_len < sizeof header ||
            !cursor_take(c, header.rta_len - sizeof header, ret))
                return -EBADMSG;
        skip_padding(c, header.rta_len);
        *ret_type = header.rta_type & NLA_TYPE_MASK;
        return 1;
}

static uint32_t read_u32(struct cursor c) {
        uint32_t v = 0;

        cursor_copy(&c, &v, sizeof v);
        return v;
}

static struct ip_address read_ip(uint8_t family, struct cursor c) {
        if (family == AF_INET && cursor_left(&c) == 4)
                return ip_from_v4(c.data);
        if (family == AF_INET6 && cursor_left(&c) == 16)
                return ip_from_v6(c.data);
        return (struct ip_address) { 0 };
}

static void set_flag(bool *flag, bool value, bool *changed) {
        if (*flag == value)
                return;
        *flag = value;
        *changed = true;
}

/* Links. */

static bool read_name(struct cursor c, char ret[static 16]) {
        size_t length = strnlen((const char *) c.data, cursor_left(&c));

        if (length == 0 || length >= 16)
                return false;
        memset(ret, 0, 16);
        memcpy(ret, c.data, length);
        return true;
}

static void drop_routes(struct link_table *t, uint32_t ifindex, uint8_t family) {
        size_t n = 0;

        for (size_t i = 0; i < t->n_routes; i++) {
                const struct default_route *r = &t->routes[i];

                if (r->ifindex == ifindex && (family == AF_UNSPEC || r->family == family))
                        continue;
                t->routes[n++] = *r;
        }
        if (n != t->n_routes)
                touch(t, ifindex);
        t->n_routes = n;
}

static int read_link_attributes(struct cursor c, struct attributes *ret) {
        struct cursor value;
        uint16_t type;
        int r;

        while ((r = next_attribute(&c, &type, &value)) > 0) {
                if (type == IFLA_IFNAME)
                        ret->name = value;
                else if (type == IFLA_ADDRESS)
                        ret->hardware = value;
        }
        return r;
}

static int take_link(struct link_table *t, uint16_t message, struct cursor c) {
        struct attributes attributes = { 0 };
        struct mac_address mac = { 0 };
        struct ifinfomsg info;
        struct entry *e;
        char name[16];
        int r;

        if (!cursor_copy(&c, &info, sizeof info) || info.ifi_index <= 0)
                return -EBADMSG;
        /* AF_BRIDGE tells about a port's membership: its DELLINK is not the link's end. */
        if (info.ifi_family != AF_UNSPEC)
                return 0;
        e = find_entry(t, (uint32_t) info.ifi_index);
        if (message == RTM_DELLINK) {
                if (e)
                        e->gone = true;
                drop_routes(t, (uint32_t) info.ifi_index, AF_UNSPEC);
                return 0;
        }
        skip_padding(&c, sizeof info);
        r = read_link_attributes(c, &attributes);
        if (r < 0 || !attributes.name.data || !read_name(attributes.name, name))
                return -EBADMSG;
        if (!e && !(e = add_entry(t, (uint32_t) info.ifi_index)))
                return 0;
        e->gone = e->stale = false;
        if (info.ifi_type == ARPHRD_ETHER && cursor_left(&attributes.hardware) == sizeof mac.bytes)
                mac = mac_from_bytes(attributes.hardware.data);
        if (strcmp(e->link.name, name) != 0 || !mac_equal(&e->link.mac, &mac))
                e->changed = true;
        memcpy(e->link.name, name, sizeof name);
        e->link.mac = mac;
        e->link.type = info.ifi_type;
        set_flag(&e->link.loopback, info.ifi_flags & IFF_LOOPBACK, &e->changed);
        set_flag(&e->link.running, info.ifi_flags & IFF_RUNNING, &e->changed);
        set_flag(&e->link.up, info.ifi_flags & IFF_UP, &e->changed);
        /* The kernel flushes the routes of a link that goes down, those of IPv4 without a message. */
        if (!e->link.up)
                drop_routes(t, e->link.ifindex, AF_UNSPEC);
        return 0;
}

/* Addresses. */

static size_t find_address(const struct link *link, const struct ip_address *ip) {
        size_t i = 0;

        while (i < link->n_addresses && !ip_equal(&link->addresses[i], ip))
                i++;
        return i;
}

static void remove_address(struct link_table *t, struct entry *e, const struct ip_address *ip) {
        struct link *link = &e->link;
        size_t i = find_address(link, ip), n = 0;
        bool last = true;

        if (i == link->n_addresses)
                return;
        link->n_addresses--;
        memmove(&link->addresses[i], &link->addresses[i + 1], (link->n_addresses - i) * sizeof link->addresses[0]);
        memmove(&link->prefix_lengths[i], &link->prefix_lengths[i + 1], link->n_addresses - i);
        e->changed = true;
        /* With its last address of a family, or its preferred source, a route goes, again without a message. */
        for (i = 0; i < link->n_addresses; i++)
                last = last && link->addresses[i].family != ip->family;
        if (last)
                drop_routes(t, link->ifindex, ip->family);
        for (i = 0; i < t->n_routes; i++)
                if (!ip_equal(&t->routes[i].preferred_source, ip))
                        t->routes[n++] = t->routes[i];
        t->n_routes = n;
}

static void add_address(struct link_table *t, struct entry *e, const struct ip_address *ip, uint8_t prefix_length) {
        struct link *link = &e->link;
        size_t i = find_address(link, ip);

        if (i == LINK_ADDRESSES_MAX) {
                t->counters.overflow++;
                return;
        }
        if (i < link->n_addresses && link->prefix_lengths[i] == prefix_length)
                return;
        link->addresses[i] = *ip;
        link->prefix_lengths[i] = prefix_length;
        link->n_addresses = MAX(link->n_addresses, i + 1);
        e->changed = true;
}

static int take_address(struct link_table *t, uint16_t message, struct cursor c) {
        struct attributes attributes = { 0 };
        struct ifaddrmsg info;
        struct cursor value;
        struct ip_address ip;
        struct entry *e;
        uint16_t type;
        int r;

        if (!cursor_copy(&c, &info, sizeof info))
                return -EBADMSG;
        skip_padding(&c, sizeof info);
        while ((r = next_attribute(&c, &type, &value)) > 0) {
                if (type == IFA_ADDRESS)
                        attributes.address = value;
                else if (type == IFA_LOCAL)
                        attributes.local = value;
        }
        if (r < 0)
                return r;
        /* On a point-to-point link IFA_ADDRESS is the other end; the own one is IFA_LOCAL where it is given. */
        ip = read_ip(info.ifa_family, attributes.local.data ? attributes.local : attributes.address);
        e = find_entry(t, info.ifa_index);
        if (ip.family == 0 || !e)
                return 0;
        if (message == RTM_DELADDR)
                remove_address(t, e, &ip);
        else if (info.ifa_prefixlen <= (ip.family == AF_INET ? 32 : 128))
                add_address(t, e, &ip, info.ifa_prefixlen);
        return 0;
}

/* Default routes. */

static bool same_route(const struct default_route *a, const struct default_route *b) {
        return a->ifindex == b->ifindex && a->metric == b->metric && a->family == b->family &&
               ip_equal(&a->gateway, &b->gateway);
}

static void change_route(struct link_table *t, uint16_t message, const struct default_route *route) {
        size_t i = 0;

        while (i < t->n_routes && !same_route(&t->routes[i], route))
                i++;
        if (message == RTM_DELROUTE) {
                if (i == t->n_routes)
                        return;
                t->routes[i] = t->routes[--t->n_routes];
        } else if (i < t->n_routes) {
                return;
        } else if (t->n_routes == LINK_ROUTES_MAX) {
                t->counters.overflow++;
                return;
        } else
                t->routes[t->n_routes++] = *route;
        touch(t, route->ifindex);
}

static struct ip_address read_gateway(uint8_t family, const struct attributes *a) {
        struct cursor via = a->via;
        uint16_t via_family;

        /* RFC 5549: an IPv4 route whose gateway is an IPv6 address comes as RTA_VIA. */
        if (via.data && cursor_copy(&via, &via_family, sizeof via_family))
                return read_ip((uint8_t) via_family, via);
        return read_ip(family, a->gateway);
}

static int read_route_attributes(struct cursor c, struct attributes *ret) {
        struct cursor value;
        uint16_t type;
        int r;

        while ((r = next_attribute(&c, &type, &value)) > 0) {
                if (type == RTA_OIF)
                        ret->oif = read_u32(value);
                else if (type == RTA_GATEWAY)
                        ret->gateway = value;
                else if (type == RTA_VIA)
                        ret->via = value;
                else if (type == RTA_PREFSRC)
                        ret->source = value;
                else if (type == RTA_PRIORITY)
                        ret->metric = read_u32(value);
                else if (type == RTA_TABLE)
                        ret->table = read_u32(value);
                else if (type == RTA_MULTIPATH)
                        ret->multipath = value;
        }
        return r;
}

static int take_next_hops(struct link_table *t, uint16_t message, const struct default_route *route, struct cursor c) {
        while (cursor_left(&c) > 0) {
                struct default_route hop = *route;
                struct attributes a = { 0 };
                struct rtnexthop header;
                struct cursor body;

                if (!cursor_copy(&c, &header, sizeof header) || header.rtnh_len < sizeof header ||
                    !cursor_take(&c, header.rtnh_len - sizeof header, &body) || read_route_attributes(body, &a) < 0)
                        return -EBADMSG;
                skip_padding(&c, header.rtnh_len);
                hop.ifindex = (uint32_t) header.rtnh_ifindex;
                hop.gateway = read_gateway(route->family, &a);
                change_route(t, message, &hop);
        }
        return 0;
}

static int take_route(struct link_table *t, uint16_t message, struct cursor c) {
        struct attributes a = { 0 };
        struct default_route route;
        struct rtmsg info;
        int r;

        if (!cursor_copy(&c, &info, sizeof info))
                return -EBADMSG;
        if (info.rtm_dst_len != 0 || info.rtm_type != RTN_UNICAST || info.rtm_flags & RTM_F_CLONED)
                return 0;
        skip_padding(&c, sizeof info);
        a.table = info.rtm_table;
        r = read_route_attributes(c, &a);
        if (r < 0)
                return r;
        if (a.table != RT_TABLE_MAIN)
                return 0;
        route = (struct default_route) {
                .ifindex = a.oif,
                .metric = a.metric,
                .family = info.rtm_family,
                .gateway = read_gateway(info.rtm_family, &a),
                .preferred_source = read_ip(info.rtm_family, a.source),
        };
        if (a.multipath.data)
                return take_next_hops(t, message, &route, a.multipath);
        if (route.ifindex > 0)
                change_route(t, message, &route);
        return 0;
}

/* Messages. */

static int take_message(struct link_table *t, const struct nlmsghdr *header, struct cursor body) {
        struct nlmsgerr error;

        switch (header->nlmsg_type) {
        case NLMSG_ERROR:
                return cursor_copy(&body, &error, sizeof error) ? error.error : -EBADMSG;
        case NLMSG_DONE:
                return 1;
        case RTM_NEWLINK:
        case RTM_DELLINK:
                return take_link(t, header->nlmsg_type, body);
        case RTM_NEWADDR:
        case RTM_DELADDR:
                return take_address(t, header->nlmsg_type, body);
        case RTM_NEWROUTE:
        case RTM_DELROUTE:
                return take_route(t, header->nlmsg_type, body);
        default:
                return 0;
        }
}

int link_table_read(struct link_table *t, const void *data, size_t length) {
        struct cursor c = cursor_make(data, length);
        bool done = false;

        while (cursor_left(&c) > 0) {
                struct nlmsghdr header;
                struct cursor body;
                int r = -EBADMSG;

                if (cursor_copy(&c, &header, sizeof header) && header.nlmsg_len >= sizeof header &&
                    cursor_take(&c, header.nlmsg_len - sizeof header, &body))
                        r = take_message(t, &header, body);
                if (r < 0) {
                        t->counters.malformed += r == -EBADMSG;
                        return r;
                }
                done = done || r > 0;
                t->interrupted = t->interrupted || header.nlmsg_flags & NLM_F_DUMP_INTR;
                skip_padding(&c, header.nlmsg_len);
        }
        return done;
}

/* The best route through `ifindex` (0: through any link that is up), or NULL. */
static const struct default_route *best_route(const struct link_table *t, uint32_t ifindex) {
        const struct default_route *best = NULL;

        for (size_t i = 0; i < t->n_routes; i++) {
                const struct default_route *r = &t->routes[i];
                const struct entry *e = find_entry(t, r->ifindex);

                if (!e || e->gone || !e->link.up || (ifindex != 0 && r->ifindex != ifindex))
                        continue;
                if (!best || (r->family == AF_INET) > (best->family == AF_INET) ||
                    (r->family == best->family && r->metric < best->metric))
                        best = r;
        }
        return best;
}

static void tell(struct link_table *t, struct entry *e) {
        bool added = e->added, changed = e->changed;

        e->added = e->changed = false;
        if (added && t->ops.added)
                t->ops.added(t->ops.userdata, &e->link);
        else if (!added && changed && t->ops.changed)
                t->ops.changed(t->ops.userdata, &e->link);
}

void link_table_commit(struct link_table *t) {
        for (size_t i = 0; i < t->n_entries;) {
                struct entry *e = t->entries[i];
                const struct default_route *route;

                if (e->gone) {
                        t->entries[i] = t->entries[--t->n_entries];
                        /* One that came and went between two commits was never told of. */
                        if (!e->added && t->ops.removed)
                                t->ops.removed(t->ops.userdata, &e->link);
                        free(e);
                        continue;
                }
                route = best_route(t, e->link.ifindex);
                e->link.gateway = route ? route->gateway : (struct ip_address) { 0 };
                tell(t, e);
                i++;
        }
}

void link_table_begin_sync(struct link_table *t) {
        t->n_routes = 0;
        t->interrupted = false;
        for (size_t i = 0; i < t->n_entries; i++) {
                /* A resynchronisation is rare, so it may claim a change where addresses come out the same. */
                t->entries[i]->stale = t->entries[i]->changed = true;
                t->entries[i]->link.n_addresses = 0;
        }
}

int link_table_end_sync(struct link_table *t) {
        if (t->interrupted)
                return -EINTR;
        for (size_t i = 0; i < t->n_entries; i++)
                t->entries[i]->gone = t->entries[i]->gone || t->entries[i]->stale;
        return 0;
}

const struct link *link_table_get(const struct link_table *t, uint32_t ifindex) {
        const struct entry *e = find_entry(t, ifindex);

        return e ? &e->link : NULL;
}

const struct link *link_table_get_by_name(const struct link_table *t, const char *name) {
        for (size_t i = 0; i < t->n_entries; i++)
                if (strcmp(t->entries[i]->link.name, name) == 0)
                        return &t->entries[i]->link;
        return NULL;
}

const struct link *link_table_default(const struct link_table *t) {
        const struct default_route *route = best_route(t, 0);
        const struct link *best = NULL;

        if (route)
                return link_table_get(t, route->ifindex);
        for (size_t i = 0; i < t->n_entries; i++) {
                const struct link *link = &t->entries[i]->link;

                if (!link->up || link->loopback)
                        continue;
                /* A carrier counts for more than a low number. */
                if (!best || link->running > best->running ||
                    (link->running == best->running && link->ifindex < best->ifindex))
                        best = link;
        }
        return best;
}

void link_table_get_counters(const struct link_table *t, struct link_table_counters *ret) {
        *ret = t->counters;
}

void link_to_inventory(const struct link *link, const char *hostname, struct inventory_interface *ret) {
        _Static_assert(ELEMENTSOF(ret->addresses) == LINK_ADDRESSES_MAX, "the inventory takes as many addresses");

        *ret = (struct inventory_interface) {
                .ifindex = link->ifindex,
                .mac = link->mac,
                .n_addresses = link->n_addresses,
                .gateway = link->gateway,
        };
        memcpy(ret->name, link->name, sizeof ret->name);
        memcpy(ret->addresses, link->addresses, sizeof ret->addresses);
        memcpy(ret->prefix_lengths, link->prefix_lengths, sizeof ret->prefix_lengths);
        if (hostname)
                snprintf(ret->hostname, sizeof ret->hostname, "%s", hostname);
}
