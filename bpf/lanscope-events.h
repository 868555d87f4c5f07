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
        LANSCOPE_HANDSHAKE, /* TCP SYN and SYN-ACK, SCTP INIT and INIT ACK */
        LANSCOPE_FRAGMENT,  /* later fragments of UDP and TCP: they carry no ports to tell by */
        LANSCOPE_CARRIER,   /* tunnels, MPLS, PPPoE …: what is inside only userspace can tell */
        LANSCOPE_STREAM,    /* the first payload of a direction of a TCP connection */
        LANSCOPE_DATAGRAM,  /* handshakes of QUIC and DTLS */
        LANSCOPE_FLOW,      /* no frame's class: flows that a source may begin, and those over its limit */
        LANSCOPE_CLASS_MAX,
        _LANSCOPE_CLASS_NOT = 255,
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

/* One per CPU. Each packet is in exactly one of: a flow's record, `evicted`, `apart`. */
struct lanscope_counters {
        __u64 packets, bytes; /* on the wire: a GRO super-packet counts as its segments */
        __u64 ring_full;      /* not copied: the daemon did not keep up */
        __u64 truncated;      /* copied, but longer than LANSCOPE_SNAP_MAX; streams are cut on purpose */
        __u64 presence_full;  /* addresses that found no room in the presence map */
        __u64 unreadable;     /* frames whose bytes the kernel would not give */
        __u64 span_dropped;   /* SpanDrop=: foreign frames that went no further */
        __u64 apart_packets, apart_bytes;     /* of no flow: not IP, fragments, headers that cannot be read */
        __u64 evicted_flows;                  /* records that made room for another: their addresses are in the presence map */
        __u64 evicted_packets, evicted_bytes; /* what those held, and packets that got no record */
};

/* Flows. Each CPU writes records into a log of its own, one behind the other; an index finds them again. There are two
 * logs: the one of the current generation, and that of the last, which is at rest for the daemon to read. A flow may
 * have several records, of one CPU as well. */

/* Unit of the 32-bit times below: CLOCK_MONOTONIC in ns >> 10. */
#define LANSCOPE_TICK_SHIFT 10

enum lanscope_flow_bits {
        LANSCOPE_FLOW_KNOWN = 1,     /* who began: a SYN, a SYN+ACK, a question or an answer tells */
        LANSCOPE_FLOW_FROM_HIGH = 2, /* it was the high end */
        LANSCOPE_FLOW_TIMES = 4,     /* its struct lanscope_times holds */
        LANSCOPE_FLOW_HIGH_FIRST = 8, /* the high end sent first; else the low one */
        LANSCOPE_FLOW_REST = 16,     /* its struct lanscope_flow_rest holds */
};

enum lanscope_half_bits {
        LANSCOPE_HALF_DATA = 1,      /* TCP segments with payload */
        LANSCOPE_HALF_BARE_ACK = 2,  /* segments that do nothing but acknowledge */
        LANSCOPE_HALF_AFTER_FIN = 4, /* segments without a FIN after one with it */
        LANSCOPE_HALF_DONE = 8,      /* its first bytes are long past */
};

struct lanscope_flow_key {
        __u64 addresses; /* IPv4: both, low end in the low half; IPv6: a hash of both, which lie in the map of ends */
        /* Ports as on the wire (low end's << 48, high end's << 32; of ICMP the type that asks, and the identifier or code),
         * protocol << 24, VLAN << 12, inner VLAN. */
        __u64 rest;
        /* Six bytes of the low end, six of the high, 4 or 6 for the IP version; the first one lowest in any byte order. */
        __u64 macs[2];
};

/* What one end sent. */
struct lanscope_flow_half {
        __u64 bytes;
        __u32 packets;
        __u32 first, last;                     /* `first` is exact, `last` to two ticks of the kernel's */
        __u16 retransmissions, duplicate_acks; /* TCP; 65535: that or more, as of those below */
        __u16 shortest, longest;               /* frames */
        union {
                __u8 tcp_flags; /* all that were seen */
                __u8 class;     /* of what is not TCP: enum lanscope_class that its ports give */
        };
        __u8 bits;              /* enum lanscope_half_bits */
        /* Of the whole flow, and in what the end sent that sent first alone. */
        __u8 flow_bits;         /* enum lanscope_flow_bits */
        __u8 place;             /* where its numbers are remembered, from 1; 0: they are not */
};

/* One cache line, which is all that the packets of a flow touch that goes one way. */
struct lanscope_flow {
        struct lanscope_flow_key key;
        struct lanscope_flow_half half; /* of the end that sent first */
};

/* What else a record says; beside it, so that caches hold twice as many. [0] is of the end that sent first. */
struct lanscope_flow_rest {
        struct lanscope_flow_half half; /* of the end that sent second */
        /* TCP */
        __u16 out_of_order[2], zero_windows[2];
        __u8 padding[24];
};

/* What a TCP flow's record says about time; beside it, as few packets touch it. In ticks; 0: not seen. */
struct lanscope_times {
        __u32 opened;      /* when the last SYN came */
        __u32 answered;    /* when the last SYN+ACK came */
        __u32 established; /* when the first segment of the initiator's behind the SYN came */
        __u32 initial;     /* the SYN's sequence number */
        __u32 samples;     /* of round trips to the responder */
        __u32 last, minimum;
        __u32 average_by_8, before_by_8; /* EWMA with a gain of 1/8; where it stood before these, or the first of all */
        __u32 total;       /* samples that it is of */
};

/* Addresses of an IPv6 flow. */
struct lanscope_flow_ends {
        __u64 words[2][2]; /* as in memory on the wire */
};

/* A line of the index; which one, and where in it to begin, a flow's hash says. A slot: the generation's mark, 9 bits of the
 * hash, the record's number in its log. One of another generation is empty. */
#define LANSCOPE_SLOTS 16
#define LANSCOPE_PROBES_MAX 8
#define LANSCOPE_SLOT_MARK_SHIFT 24
#define LANSCOPE_SLOT_MARK 0xff000000U
#define LANSCOPE_SLOT_TAG 15
#define LANSCOPE_SLOT_NUMBER 0x7fffU

struct lanscope_slots {
        __u32 slots[LANSCOPE_SLOTS];
};

#define LANSCOPE_FLOW_RECORDS_MAX 32768 /* of one log; a power of two, as is any number of them */

/* What was evicted last, while it is between the same two addresses; the rest went to the presence map. [0] is what the
 * low end sent. */
struct lanscope_evicted {
        __u64 macs[2]; /* as in struct lanscope_flow_key, without the version */
        __u64 packets[2], bytes[2];
        __u32 vlan;
        __u32 padding;
};

struct lanscope_flow_log {
        __u32 used;       /* records */
        __u32 generation; /* that it belongs to */
        struct lanscope_evicted evicted;
};

/* One per CPU. What each packet needs is in the first cache line. */
struct lanscope_processor {
        __u32 generation;
        __u32 base, line_base; /* where the current log and its index begin in their maps */
        __u32 used;            /* records of it */
        __u32 mark;            /* of its slots */
        __u32 tick, now;       /* the kernel's last tick that was seen, and when it was in ours */
        __u32 denied_at;       /* `now`, when of: */
        __u64 denied;          /* a source's address << 8 and a class, no frame was looked at any more */
        struct lanscope_counters counters;
        struct lanscope_flow_log logs[2]; /* by generation & 1 */
};
