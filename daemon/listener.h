/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <systemd/sd-event.h>

#include "common/macro.h"
#include "common/strbuf.h"
#include "daemon/capture.h"
#include "daemon/configuration.h"
#include "daemon/link-table.h"

/* On which interfaces lanscope listens, and how that goes. Follows the kernel's interfaces: one that does
 * not exist yet, or is down, is waited for; one that goes and comes back is captured again; without a
 * list, the interface with the default route is followed. */

enum listener_state { LISTENER_WAITING, LISTENER_CAPTURING, LISTENER_STOPPED, LISTENER_FAILED, _LISTENER_STATE_MAX };

const char *listener_state_to_string(enum listener_state state) __attribute__((const));

struct listener_interface {
        char name[16]; /* "": none with a default route yet */
        enum listener_state state;
        uint32_t ifindex;              /* from when it is captured until `interface_gone` is told of it */
        const struct capture *capture; /* NULL unless capturing */
        char reason[1024];             /* why it is not captured, or why not in a better way; lines */
};

struct listener_ops {
        void (*frame)(void *userdata, const struct frame *frame);
        void (*sighting)(void *userdata, const struct sighting *sighting);
        void (*flow)(void *userdata, const struct flow_delta *delta);
        /* An interface that is listened on: what the kernel says of it, and whether the backend counts presence. */
        void (*interface)(void *userdata, const struct inventory_interface *interface, bool external_presence);
        void (*interface_gone)(void *userdata, uint32_t ifindex);
        /* What listener_next() gives is no longer what it was. */
        void (*changed)(void *userdata);
        void *userdata;
};

struct listener;

int listener_new(struct listener **ret, sd_event *event, const struct listener_ops *ops);
struct listener *listener_free(struct listener *listener);
DEFINE_CLEANUP(struct listener *, listener_free)

/* Listens as said, anew if it already does. n = 0: the interface with the default route. 0: on one at least, or
 * waiting for them; -errno: on none, and waiting will not help; the interfaces' reasons say why. */
int listener_start(struct listener *listener, const struct capture_config *config, const char interfaces[][16], size_t n);
/* This machine is still where it was: of interfaces that are gone by the next start it is told then. */
void listener_stop(struct listener *listener);
/* Tells of all interfaces again: whoever was told has forgotten them. NULL is fine. */
void listener_tell(struct listener *listener);
/* Hands over the frames that wait on any interface; see capture_drain(). */
void listener_drain(struct listener *listener);
bool listener_is_started(const struct listener *listener);

/* "ebpf" or "pcap"; "" while not capturing. */
const char *listener_backend(const struct listener_interface *interface);
/* NULL at the end; start with *position = 0. */
const struct listener_interface *listener_next(const struct listener *listener, size_t *position);
/* "eth0: reason", a line an interface that failed. */
void listener_describe_failures(const struct listener *listener, struct strbuf *b);
/* The sum over all interfaces, those that went away included. */
void listener_get_stats(const struct listener *listener, struct capture_stats *ret);
/* Of the kernel's messages about interfaces, and how often they had to be read anew because some were lost. */
void listener_get_link_counters(const struct listener *listener, struct link_table_counters *ret);
uint64_t listener_resyncs(const struct listener *listener);
