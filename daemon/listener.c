/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The interfaces that lanscope listens on. There is one place where anything is started or stopped:
 * reconcile(), which compares what is wanted with what the kernel has and with what runs. Events only ask for it. */

#include "daemon/listener.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon/links.h"
#include "daemon/log.h"

/* How long after a failure the next try comes, unless the interface changes before. */
#define LISTENER_RETRY (30 * USEC_PER_SEC)

struct slot {
        struct listener_interface shown;
        struct capture *capture;
        struct inventory_interface told; /* what ops.interface was last called with */
        uint64_t retry_at;               /* usec, monotonic */
        bool dead;                       /* the backend gave up */
};

struct listener {
        sd_event *event;
        struct listener_ops ops;
        struct links *links;
        sd_event_source *reconcile, *retry;
        struct capture_config config;
        struct slot slots[CONFIG_INTERFACES_MAX];
        size_t n_slots;
        bool started, follow_default;
        struct capture_stats past; /* of captures that ended */
        int error;                 /* of the last failed start */
};

const char *listener_state_to_string(enum listener_state state) {
        static const char *const names[_LISTENER_STATE_MAX] = {
                [LISTENER_WAITING] = "waiting",
                [LISTENER_CAPTURING] = "capturing",
                [LISTENER_STOPPED] = "stopped",
                [LISTENER_FAILED] = "failed",
        };

        return names[state];
}

static void stats_add(struct capture_stats *sum, const struct capture_stats *stats) {
        sum->packets += stats->packets;
        sum->bytes += stats->bytes;
        sum->delivered += stats->delivered;
        sum->kernel_drops += stats->kernel_drops;
        sum->worker_drops += stats->worker_drops;
        sum->interface_drops += stats->interface_drops;
        sum->rate_limited += stats->rate_limited;
        sum->truncated += stats->truncated;
        sum->sightings_dropped += stats->sightings_dropped;
        sum->apart_packets += stats->apart_packets;
        sum->apart_bytes += stats->apart_bytes;
        sum->evicted_flows += stats->evicted_flows;
        sum->evicted_packets += stats->evicted_packets;
        sum->evicted_bytes += stats->evicted_bytes;
        sum->span_dropped += stats->span_dropped;
}

static void set_state(struct listener *l, struct slot *slot, enum listener_state state, const char *reason) {
        struct listener_interface *shown = &slot->shown;

        if (shown->state == state && strcmp(shown->reason, reason) == 0)
                return;
        shown->state = state;
        snprintf(shown->reason, sizeof shown->reason, "%s", reason);
        if (state == LISTENER_WAITING)
                log_interface(LOG_INFO, shown->name, "%s: waiting: %s", *shown->name ? shown->name : "no interface", reason);
        l->ops.changed(l->ops.userdata);
}

static void slot_end_capture(struct listener *l, struct slot *slot) {
        struct capture_stats stats;

        if (!slot->capture)
                return;
        capture_get_stats(slot->capture, &stats);
        stats_add(&l->past, &stats);
        slot->shown.capture = NULL;
        slot->capture = capture_free(slot->capture);
        slot->dead = false;
        log_interface(LOG_INFO, slot->shown.name, "%s: capture stopped", slot->shown.name);
}

static void slot_stop(struct listener *l, struct slot *slot) {
        slot_end_capture(l, slot);
        if (slot->shown.ifindex == 0)
                return;
        l->ops.interface_gone(l->ops.userdata, slot->shown.ifindex);
        slot->shown.ifindex = 0;
}

static void on_frame(void *userdata, const struct frame *frame) {
        struct listener *l = userdata;

        l->ops.frame(l->ops.userdata, frame);
}

static void on_sighting(void *userdata, const struct sighting *sighting) {
        struct listener *l = userdata;

        l->ops.sighting(l->ops.userdata, sighting);
}

static void on_flow(void *userdata, const struct flow_delta *delta) {
        struct listener *l = userdata;

        l->ops.flow(l->ops.userdata, delta);
}

static void ask_reconcile(struct listener *l) {
        (void) sd_event_source_set_enabled(l->reconcile, SD_EVENT_ONESHOT);
}

static void on_failed(void *userdata, const char *interface, int error, const char *message) {
        const char *why = *message ? message : strerror(-error);
        struct listener *l = userdata;

        for (size_t i = 0; i < l->n_slots; i++) {
                struct slot *slot = &l->slots[i];

                if (strcmp(slot->shown.name, interface) != 0)
                        continue;
                slot->dead = true;
                /* A card that is pulled out is nobody's fault. */
                log_interface(error == -ENODEV ? LOG_NOTICE : LOG_WARNING, interface, "%s: capture ended: %s", interface, why);
                snprintf(slot->shown.reason, sizeof slot->shown.reason, "%s", why);
        }
        ask_reconcile(l);
}

static uint64_t now_usec(const struct listener *l) {
        uint64_t now = 0;

        (void) sd_event_now(l->event, CLOCK_MONOTONIC, &now);
        return now;
}

/* Tells the inventory about the interface, if anything about it is new. */
static void tell_interface(struct listener *l, struct slot *slot, const struct link *link) {
        struct inventory_interface told = {};
        char hostname[65] = "";

        (void) gethostname(hostname, sizeof hostname - 1);
        link_to_inventory(link, hostname, &told);
        told.joins = l->config.mode == MODE_HOST;
        if (memcmp(&told, &slot->told, sizeof told) == 0)
                return;
        slot->told = told;
        l->ops.interface(l->ops.userdata, &told, capture_counts_presence(slot->capture));
}

/* A message for each line of `text`. */
static void log_lines(int priority, const char *interface, const char *what, const char *text) {
        char lines[1024], *rest = lines;

        snprintf(lines, sizeof lines, "%s", text);
        for (char *line; (line = strtok_r(rest, "\n", &rest));)
                log_interface(priority, interface, "%s: %s%s", interface, what, line);
}

static void slot_start(struct listener *l, struct slot *slot, const struct link *link) {
        const struct capture_ops ops = { .frame = on_frame, .sighting = on_sighting, .flow = on_flow, .failed = on_failed,
                                         .userdata = l };
        char reasons[1024] = "";
        int r;

        r = capture_start(&l->config, link->name, l->event, &ops, &slot->capture, reasons);
        if (r < 0) {
                l->error = r;
                slot->retry_at = now_usec(l) + LISTENER_RETRY;
                if (slot->shown.state != LISTENER_FAILED)
                        log_lines(LOG_ERR, link->name, "cannot capture: ", *reasons ? reasons : strerror(-r));
                set_state(l, slot, LISTENER_FAILED, *reasons ? reasons : strerror(-r));
                return;
        }
        slot->shown.capture = slot->capture;
        slot->shown.ifindex = link->ifindex;
        slot->told = (struct inventory_interface) {};
        set_state(l, slot, LISTENER_CAPTURING, capture_reasons(slot->capture));
        log_interface(LOG_INFO, link->name, "%s: capturing (%s mode) with %s", link->name,
                      capture_mode_to_string(l->config.mode), capture_method(slot->capture));
        log_lines(LOG_INFO, link->name, "", capture_reasons(slot->capture));
        tell_interface(l, slot, link);
}

static void slot_reconcile(struct listener *l, struct slot *slot) {
        const struct link *link = link_table_get_by_name(links_table(l->links), slot->shown.name);

        if (slot->capture && (slot->dead || !link || link->ifindex != slot->shown.ifindex)) {
                bool retry_later = slot->dead && link && link->up && link->ifindex == slot->shown.ifindex;

                slot_stop(l, slot);
                if (retry_later) {
                        slot->retry_at = now_usec(l) + LISTENER_RETRY;
                        slot->shown.state = LISTENER_FAILED;
                        l->ops.changed(l->ops.userdata);
                        return;
                }
        }
        if (slot->capture)
                tell_interface(l, slot, link);
        else if (*slot->shown.name == '\0')
                set_state(l, slot, LISTENER_WAITING, "there is no interface to listen on; name one, or connect to a network");
        else if (!link)
                set_state(l, slot, LISTENER_WAITING, "there is no such interface yet");
        else if (!link->up)
                set_state(l, slot, LISTENER_WAITING, "the interface is down");
        else if (slot->shown.state != LISTENER_FAILED || now_usec(l) >= slot->retry_at)
                slot_start(l, slot, link);
}

/* Without a list, the one slot follows the default route. */
static void follow_default(struct listener *l) {
        const struct link *link = link_table_default(links_table(l->links));
        struct slot *slot = &l->slots[0];
        const char *name = link ? link->name : "";

        if (strcmp(slot->shown.name, name) == 0)
                return;
        /* Losing the route for a moment is no reason to stop listening. */
        if (!link && slot->capture)
                return;
        slot_stop(l, slot);
        *slot = (struct slot) {};
        snprintf(slot->shown.name, sizeof slot->shown.name, "%s", name);
}

static void reconcile(struct listener *l) {
        uint64_t retry_at = UINT64_MAX;

        if (!l->started)
                return;
        if (l->follow_default)
                follow_default(l);
        for (size_t i = 0; i < l->n_slots; i++) {
                slot_reconcile(l, &l->slots[i]);
                if (l->slots[i].shown.state == LISTENER_FAILED)
                        retry_at = MIN(retry_at, l->slots[i].retry_at);
        }
        if (retry_at != UINT64_MAX)
                (void) sd_event_source_set_time(l->retry, retry_at);
        (void) sd_event_source_set_enabled(l->retry, retry_at != UINT64_MAX ? SD_EVENT_ONESHOT : SD_EVENT_OFF);
}

static int on_reconcile(sd_event_source *s _unused_, void *userdata) {
        reconcile(userdata);
        return 0;
}

static int on_retry(sd_event_source *s _unused_, uint64_t usec _unused_, void *userdata) {
        reconcile(userdata);
        return 0;
}

/* A failed interface that changes is worth another try. */
static void on_link(void *userdata, const struct link *link) {
        struct listener *l = userdata;

        for (size_t i = 0; i < l->n_slots; i++)
                if (strcmp(l->slots[i].shown.name, link->name) == 0)
                        l->slots[i].retry_at = 0;
        ask_reconcile(l);
}

int listener_new(struct listener **ret, sd_event *event, const struct listener_ops *ops) {
        _cleanup_(listener_freep) struct listener *l = calloc(1, sizeof *l);
        const struct link_ops link_ops = { .added = on_link, .changed = on_link, .removed = on_link, .userdata = l };
        int r;

        if (!l)
                return -ENOMEM;
        l->event = sd_event_ref(event);
        l->ops = *ops;
        r = sd_event_add_defer(event, &l->reconcile, on_reconcile, l);
        if (r >= 0)
                r = sd_event_source_set_enabled(l->reconcile, SD_EVENT_OFF);
        if (r >= 0)
                r = sd_event_add_time(event, &l->retry, CLOCK_MONOTONIC, 0, USEC_PER_SEC, on_retry, l);
        if (r >= 0)
                r = sd_event_source_set_enabled(l->retry, SD_EVENT_OFF);
        if (r >= 0)
                r = links_new(&l->links, event, &link_ops);
        if (r < 0)
                return r;
        *ret = TAKE_PTR(l);
        return 0;
}

struct listener *listener_free(struct listener *l) {
        if (!l)
                return NULL;
        listener_stop(l);
        links_free(l->links);
        sd_event_source_disable_unref(l->reconcile);
        sd_event_source_disable_unref(l->retry);
        sd_event_unref(l->event);
        free(l);
        return NULL;
}

int listener_start(struct listener *l, const struct capture_config *config, const char interfaces[][16], size_t n) {
        bool failed = false, capturing = false;

        for (size_t i = 0; i < l->n_slots; i++)
                slot_stop(l, &l->slots[i]);
        memset(l->slots, 0, sizeof l->slots);
        l->config = *config;
        l->follow_default = n == 0;
        l->n_slots = n == 0 ? 1 : n;
        for (size_t i = 0; i < n; i++)
                memcpy(l->slots[i].shown.name, interfaces[i], sizeof l->slots[i].shown.name);
        l->started = true;
        reconcile(l);
        for (size_t i = 0; i < l->n_slots; i++) {
                failed = failed || l->slots[i].shown.state == LISTENER_FAILED;
                capturing = capturing || l->slots[i].capture;
        }
        l->ops.changed(l->ops.userdata);
        return failed && !capturing ? l->error : 0;
}

void listener_stop(struct listener *l) {
        if (!l->started)
                return;
        l->started = false;
        for (size_t i = 0; i < l->n_slots; i++) {
                slot_end_capture(l, &l->slots[i]);
                set_state(l, &l->slots[i], LISTENER_STOPPED, "");
        }
        (void) sd_event_source_set_enabled(l->retry, SD_EVENT_OFF);
}

void listener_tell(struct listener *l) {
        for (size_t i = 0; l && i < l->n_slots; i++) {
                struct slot *slot = &l->slots[i];
                const struct link *link = link_table_get_by_name(links_table(l->links), slot->shown.name);

                if (!slot->capture || !link)
                        continue;
                slot->told = (struct inventory_interface) {};
                tell_interface(l, slot, link);
        }
}

void listener_drain(struct listener *l) {
        for (size_t i = 0; i < l->n_slots; i++)
                if (l->slots[i].capture)
                        capture_drain(l->slots[i].capture);
}

bool listener_is_started(const struct listener *l) {
        return l->started;
}

const char *listener_backend(const struct listener_interface *i) {
        if (!i->capture)
                return "";
        return strcmp(capture_backend_name(i->capture), capture_ebpf.name) == 0 ? "ebpf" : "pcap";
}

const struct listener_interface *listener_next(const struct listener *l, size_t *position) {
        return *position < l->n_slots ? &l->slots[(*position)++].shown : NULL;
}

void listener_describe_failures(const struct listener *l, struct strbuf *b) {
        for (size_t i = 0; i < l->n_slots; i++)
                if (l->slots[i].shown.state == LISTENER_FAILED)
                        strbuf_printf(b, "%s%s: %s", b->length > 0 ? "\n" : "", l->slots[i].shown.name, l->slots[i].shown.reason);
}

void listener_get_stats(const struct listener *l, struct capture_stats *ret) {
        *ret = l->past;
        for (size_t i = 0; i < l->n_slots; i++)
                if (l->slots[i].capture) {
                        struct capture_stats stats;

                        capture_get_stats(l->slots[i].capture, &stats);
                        stats_add(ret, &stats);
                }
}

void listener_get_link_counters(const struct listener *l, struct link_table_counters *ret) {
        link_table_get_counters(links_table(l->links), ret);
}

uint64_t listener_resyncs(const struct listener *l) {
        return links_resyncs(l->links);
}
