/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <linux/rtnetlink.h>
#include <net/if.h>
#include <string.h>
#include <sys/socket.h>

#include "common/macro.h"

/* Builds rtnetlink datagrams as the kernel would, for tests. */

struct netlink_datagram {
        uint8_t data[8192];
        size_t length, message; /* where the last message starts */
};

static inline void netlink_append(struct netlink_datagram *d, const void *data, size_t length) {
        struct nlmsghdr header;

        memcpy(d->data + d->length, data, length);
        memset(d->data + d->length + length, 0, NLMSG_ALIGN(length) - length);
        d->length += NLMSG_ALIGN(length);
        memcpy(&header, d->data + d->message, sizeof header);
        header.nlmsg_len = (uint32_t) (d->length - d->message);
        memcpy(d->data + d->message, &header, sizeof header);
}

static inline void netlink_begin(struct netlink_datagram *d, uint16_t type, const void *body, size_t length) {
        struct nlmsghdr header = { .nlmsg_type = type };

        d->message = d->length;
        netlink_append(d, &header, sizeof header);
        netlink_append(d, body, length);
}

static inline void netlink_attribute(struct netlink_datagram *d, uint16_t type, const void *value, size_t length) {
        struct rtattr header = { .rta_type = type, .rta_len = (uint16_t) (sizeof header + length) };

        netlink_append(d, &header, sizeof header);
        netlink_append(d, value, length);
}

static inline void netlink_link(struct netlink_datagram *d, uint16_t type, int ifindex, const char *name, unsigned flags,
                                const uint8_t mac[static 6]) {
        struct ifinfomsg info = { .ifi_index = ifindex, .ifi_type = 1, .ifi_flags = flags };

        netlink_begin(d, type, &info, sizeof info);
        netlink_attribute(d, IFLA_IFNAME, name, strlen(name) + 1);
        netlink_attribute(d, IFLA_ADDRESS, mac, 6);
}

static inline void netlink_address(struct netlink_datagram *d, uint16_t type, int ifindex, uint8_t prefix_length,
                                   const uint8_t ip[static 4]) {
        struct ifaddrmsg info = { .ifa_family = AF_INET, .ifa_prefixlen = prefix_length, .ifa_index = (unsigned) ifindex };

        netlink_begin(d, type, &info, sizeof info);
        netlink_attribute(d, IFA_ADDRESS, ip, 4);
}

static inline void netlink_default_route(struct netlink_datagram *d, uint16_t type, int ifindex, uint32_t metric,
                                         const uint8_t gateway[static 4]) {
        struct rtmsg info = { .rtm_family = AF_INET, .rtm_table = RT_TABLE_MAIN, .rtm_type = RTN_UNICAST };
        uint32_t oif = (uint32_t) ifindex;

        netlink_begin(d, type, &info, sizeof info);
        netlink_attribute(d, RTA_OIF, &oif, sizeof oif);
        netlink_attribute(d, RTA_PRIORITY, &metric, sizeof metric);
        netlink_attribute(d, RTA_GATEWAY, gateway, 4);
}
