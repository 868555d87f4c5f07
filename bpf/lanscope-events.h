/* SPDX-License-Identifier: GPL-2.0-or-later OR LGPL-2.1-or-later */
#pragma once

#include <linux/types.h>

/* The ABI between the kernel programs and the daemon: what lies in the maps. Host byte order where nothing
 * else is said. Times are CLOCK_BOOTTIME in ns. */

/* Copies are whole frames up to this: a DHCP option area starts at byte 282 and may end anywhere. */
#define LANSCOPE_SNAP_MAX 2048
/* Of each direction of a TCP connection the first bytes are copied, at most this many. A segment of it may be a
 * super-packet of 64 KiB; what is copied ends where the first bytes do, so no record is longer than these and
 * a frame's headers. */
#define LANSCOPE_FIRST_BYTES_MAX (16 * 1024)
#define LANSCOPE_RECORD_MAX (LANSCOPE_FIRST_BYTES_MAX + LANSCOPE_SNAP_MAX)

/* Why a frame is of interest. Each class of each source has a rate limit of its own, so that a scan does not
 * silence the announcements of the same device. */
enum lanscope_class {
        LANSCOPE_NONE,      /* counted only */
        LANSCOPE_DISCOVERY, /* ARP, RARP, NDP, MLD, DHCP, mDNS, SSDP, NetBIOS, LLMNR, WS-Discovery, LLDP, CDP, EAPOL */
        LANSCOPE_DNS,
        LANSCOPE_HANDSHAKE, /* TCP SYN and SYN-ACK */
        LANSCOPE_FRAGMENT,  /* later fragments of UDP and TCP: they carry no ports to tell by */
        LANSCOPE_CARRIER,   /* tunnels, MPLS, PPPoE …: what is inside only userspace can tell */
        LANSCOPE_STREAM,    /* the first payload of a direction of a TCP connection */
        LANSCOPE_DATAGRAM,  /* handshakes of QUIC and DTLS */
        LANSCOPE_FLOW,      /* no frame's class: flows that a source may begin, and those over its limit */
        LANSCOPE_CLASS_MAX,
};

enum lanscope_record_type {
        LANSCOPE_RECORD_FRAME,
        LANSCOPE_RECORD_TICK, /* something was counted after a time of silence; no data */
};

/* A record of the ring buffer; the frame's bytes follow. */
struct lanscope_record {
        __u64 ts;
        __u32 length;     /* of the frame as the kernel holds it, without the VLAN tag below */
        __u32 captured;   /* bytes that follow */
        __u16 vlan_tci;   /* of the tag that the network card took out */
        __u16 vlan_proto; /* its TPID, network order; 0: there was none */
        __u8 type;        /* enum lanscope_record_type */
        __u8 class;       /* enum lanscope_class */
        __u8 egress;      /* sent by this machine */
        __u8 padding;
};

struct lanscope_presence_key {
        __u8 mac[6];
        __u16 vlan; /* outermost id, 0 for none */
};

struct lanscope_presence {
        __u64 first, last; /* when it sent; 0: it was only sent to */
        __u64 packets_sent, bytes_sent;
        __u64 packets_received, bytes_received;
};

/* One per CPU and class. */
struct lanscope_class_counters {
        __u64 frames;       /* copied to the ring */
        __u64 rate_limited; /* not copied: their source had its share */
};

/* One per CPU. */
struct lanscope_counters {
        __u64 packets, bytes; /* on the wire: a GRO super-packet counts as its segments */
        __u64 ring_full;      /* not copied: the daemon did not keep up */
        __u64 truncated;      /* copied, but longer than LANSCOPE_SNAP_MAX; streams are cut on purpose */
        __u64 presence_full;  /* addresses that found no room in the presence map */
        __u64 unreadable;     /* frames whose bytes the kernel would not give */
        __u64 span_dropped;   /* SpanDrop=: foreign frames that went no further */
};
