/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "engine/packet/frame.h"

/* Segmentation and receive offload hand TCP segments of one connection over as a single frame, up to 64 KiB long, which
 * never was on the wire. Here it becomes the segments again. */

/* Headers in front of the payload: Ethernet, tags, IP, TCP. */
#define SUPER_PACKET_HEADERS_MAX 160
/* Bytes that a segment may need, headers included. */
#define SUPER_PACKET_SCRATCH(mtu) (SUPER_PACKET_HEADERS_MAX + (size_t) (mtu))

typedef void (*super_packet_take_fn)(void *userdata, const struct frame *segment);

/* Gives `take` the segments of an Ethernet frame that is longer than `mtu` (of the interface, bytes of IP) allows, as
 * TCP over an interface of that MTU sends them: each as long as it may be. Where the connection agreed on less (its
 * MSS) there were more of them; nothing in the frame tells. Lengths, sequence numbers and flags are the segments' own,
 * checksums are not. Segments lie in `scratch`, of SUPER_PACKET_SCRATCH(mtu) bytes. Returns how many there were; 0: the
 * frame is none of these, and stands for itself. */
unsigned super_packet_split(const struct frame *frame, uint32_t mtu, uint8_t *scratch, super_packet_take_fn take, void *userdata);
