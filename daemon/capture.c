/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The ladder of backends, and what is common to all: the watch for the interface's end, the counter of
 * what was handed over, and that `failed` is told once. */

#include "daemon/capture.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "common/cleanup.h"
#include "common/strbuf.h"
#include "daemon/privileges.h"

struct capture {
        const struct capture_backend *backend;
        void *instance;
        struct capture_ops ops;
        char interface[IFNAMSIZ];
        uint32_t ifindex;
        char method[128];
        char reasons[1024];
        uint64_t delivered;
        sd_event_source *watch;
        unsigned privileges;
        bool dead;
};

static const char *const modes[_MODE_MAX] = { "host", "gateway", "span" };

const char *capture_mode_to_string(enum capture_mode mode) {
        return mode >= 0 && mode < _MODE_MAX ? modes[mode] : NULL;
}

enum capture_mode capture_mode_from_string(const char *s) {
        for (size_t i = 0; i < _MODE_MAX; i++)
                if (strcmp(s, modes[i]) == 0)
                        return (enum capture_mode) i;
        return _MODE_INVALID;
}

/* Each row is a rung; the best comes first. */
static const struct {
        const struct capture_backend *backend;
        const char *names[6]; /* that choose it alone */
} ladder[] = {
        { &capture_ebpf, { "ebpf", "xdp-native", "xdp-generic", "tc", "tcx", "clsact" } },
        { &capture_workers, { "pcap" } },
        { &capture_pcap, { "pcap" } },
};

static bool wants(const struct capture_config *config, size_t rung) {
        if (ladder[rung].backend == &capture_workers && config->workers < 2)
                return false;
        if (config->backend[0] == '\0' || strcmp(config->backend, "auto") == 0)
                return true;
        for (size_t i = 0; i < ELEMENTSOF(ladder[rung].names) && ladder[rung].names[i]; i++)
                if (strcmp(config->backend, ladder[rung].names[i]) == 0)
                        return true;
        return false;
}

/* Asking for all frames takes a packet socket. */
static unsigned promiscuous_privileges(const struct capture_config *config) {
        return config->promiscuous || config->mode != MODE_HOST ? PRIVILEGE_NET_RAW : 0;
}

unsigned capture_config_privileges(const struct capture_config *config) {
        bool ebpf = wants(config, 0) && config->filter[0] == '\0' && capture_ebpf.privileges != 0;

        return (ebpf ? capture_ebpf.privileges : capture_pcap.privileges) | promiscuous_privileges(config);
}

bool capture_backend_is_known(const char *name) {
        struct capture_config config = { 0 };

        if (strlen(name) >= sizeof config.backend)
                return false;
        memcpy(config.backend, name, strlen(name));
        for (size_t i = 0; i < ELEMENTSOF(ladder); i++)
                if (wants(&config, i))
                        return true;
        return false;
}

/* Between the backend and the owner. */

static void pass_frame(void *userdata, const struct frame *frame) {
        struct capture *c = userdata;

        c->delivered++;
        c->ops.frame(c->ops.userdata, frame);
}

static void pass_sighting(void *userdata, const struct sighting *sighting) {
        struct capture *c = userdata;

        if (c->ops.sighting)
                c->ops.sighting(c->ops.userdata, sighting);
}

static void pass_flow(void *userdata, const struct flow_delta *delta) {
        struct capture *c = userdata;

        if (c->ops.flow)
                c->ops.flow(c->ops.userdata, delta);
}

/* Whether the index has no name any more; a renamed interface stays the same one. "any" has no index, and is never gone. */
static bool is_gone(const struct capture *c) {
        char name[IF_NAMESIZE];

        return c->ifindex > 0 && !if_indextoname(c->ifindex, name) && errno == ENXIO;
}

static void pass_failure(void *userdata, const char *interface, int error, const char *message) {
        struct capture *c = userdata;
        char gone[64];

        if (c->dead)
                return;
        /* In the same words whoever notices first: the watch, or a backend by an error of its own. */
        if (is_gone(c)) {
                snprintf(gone, sizeof gone, "The interface %s is gone.", interface);
                message = gone;
                error = -ENODEV;
        }
        c->dead = true;
        sd_event_source_set_enabled(c->watch, SD_EVENT_OFF);
        if (c->ops.failed)
                c->ops.failed(c->ops.userdata, interface, error, message);
}

/* The watch: an rtnetlink socket that wakes whenever some link changes. Attached BPF programs go without a
 * word when their interface does, so the backends cannot tell themselves. */

static int on_link_change(sd_event_source *source _unused_, int fd, uint32_t events _unused_, void *userdata) {
        struct capture *c = userdata;
        char scratch[1024];

        /* What the messages say does not matter, nor that some were lost: whether the interface is there does. */
        while (recv(fd, scratch, sizeof scratch, MSG_DONTWAIT | MSG_TRUNC) >= 0 || errno == ENOBUFS || errno == EINTR)
                ;
        if (is_gone(c))
                pass_failure(c, c->interface, -ENODEV, "");
        return 0;
}

static int watch_interface(struct capture *c, sd_event *event) {
        struct sockaddr_nl address = { .nl_family = AF_NETLINK, .nl_groups = RTMGRP_LINK };
        _cleanup_(closep) int fd = -1;
        int r;

        /* "any" of libpcap is no interface and never goes away. */
        if (c->ifindex == 0)
                return 0;
        fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE);
        if (fd < 0 || bind(fd, (struct sockaddr *) &address, sizeof address) < 0)
                return -errno;
        r = sd_event_add_io(event, &c->watch, fd, EPOLLIN, on_link_change, c);
        if (r < 0)
                return r;
        sd_event_source_set_io_fd_own(c->watch, true);
        TAKE_FD(fd);
        sd_event_source_set_description(c->watch, "capture-watch");
        return 0;
}

static int climb(struct capture *c, const struct capture_config *config, sd_event *event, struct strbuf *reasons) {
        struct capture_ops ops = { pass_frame, pass_sighting, pass_flow, pass_failure, c };
        int r = -EINVAL;

        for (size_t i = 0; i < ELEMENTSOF(ladder); i++) {
                const struct capture_backend *backend = ladder[i].backend;
                char reason[256] = "";

                if (!wants(config, i))
                        continue;
                r = backend->probe(config, c->interface, reason);
                if (r == -EOPNOTSUPP) /* not here, but perhaps on another interface */
                        c->privileges |= backend->privileges & capture_config_privileges(config);
                if (r >= 0)
                        r = backend->start(config, c->interface, event, &ops, &c->instance, c->method, reason);
                if (r < 0 && !reason[0]) /* out of memory, mostly */
                        snprintf(reason, sizeof reason, "%s", strerror(-r));
                if (reason[0])
                        strbuf_printf(reasons, "%s%s: %s", reasons->length > 0 ? "\n" : "", backend->name, reason);
                if (r >= 0) {
                        c->backend = backend;
                        c->privileges |= backend->privileges | promiscuous_privileges(config);
                        return 0;
                }
        }
        if (reasons->length == 0)
                strbuf_printf(reasons, "There is no capture backend \"%s\".", config->backend);
        return r;
}

int capture_start(const struct capture_config *config, const char *interface, sd_event *event,
                  const struct capture_ops *ops, struct capture **ret, char reasons[static 1024]) {
        struct strbuf b = strbuf_make(reasons, 1024);
        struct capture *c;
        int r;

        if (strlen(interface) == 0 || strlen(interface) >= IFNAMSIZ) {
                strbuf_printf(&b, "\"%.32s\" cannot be the name of an interface.", interface);
                return -EINVAL;
        }
        c = calloc(1, sizeof *c);
        if (!c)
                return -ENOMEM;
        c->ops = *ops;
        memcpy(c->interface, interface, strlen(interface));
        c->ifindex = if_nametoindex(interface);
        if (c->ifindex == 0 && strcmp(interface, "any") != 0) {
                strbuf_printf(&b, "There is no interface %s.", interface);
                r = -ENODEV;
        } else {
                r = watch_interface(c, event);
                if (r < 0)
                        strbuf_printf(&b, "Cannot watch the interface: %s", strerror(-r));
        }
        if (r >= 0)
                r = climb(c, config, event, &b);
        if (r < 0) {
                capture_free(c);
                return r;
        }
        memcpy(c->reasons, reasons, b.length + 1);
        *ret = c;
        return 0;
}

struct capture *capture_free(struct capture *c) {
        if (!c)
                return NULL;
        /* Stopping may still hand over what was counted last. */
        if (c->instance)
                c->backend->stop(c->instance);
        sd_event_source_disable_unref(c->watch);
        free(c);
        return NULL;
}

void capture_drain(struct capture *c) {
        if (!c->dead)
                c->backend->drain(c->instance);
}

unsigned capture_privileges(const struct capture *c) {
        return c->privileges;
}

const char *capture_backend_name(const struct capture *c) {
        return c->backend->name;
}

const char *capture_method(const struct capture *c) {
        return c->method;
}

const char *capture_reasons(const struct capture *c) {
        return c->reasons;
}

bool capture_counts_presence(const struct capture *c) {
        return c->backend->counts_presence;
}

void capture_get_stats(const struct capture *c, struct capture_stats *ret) {
        *ret = (struct capture_stats) { 0 };
        c->backend->stats(c->instance, ret);
        ret->delivered = c->delivered;
}
