/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Four logs and a socket, each of which may be there or not; the timer of one of them, and one for events that wait. */

#include "daemon/output.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/json-text.h"
#include "daemon/event-socket.h"
#include "daemon/records.h"

struct reader {
        struct event_socket *socket; /* NULL: the place is free */
        uint32_t types;
        bool gone;
        char peer[64];
};

struct output {
        struct output_ops ops;
        struct record_log *flows, *alerts, *statistics, *events; /* NULL: not wanted */
        struct event_socket *socket;                             /* the same */
        struct eve *eve;                                         /* with either of the last two, or a reader */
        struct flow_hasher *hasher;                              /* with it */
        uint64_t interval;                                       /* usec */
        uint64_t wake_at;                                        /* of eve_timer, ns since the epoch; UINT64_MAX: off */
        sd_event_source *timer, *eve_timer;
        sd_event *event;
        struct reader readers[OUTPUT_READERS_MAX];
        struct event_socket_counters readers_before; /* of those that are gone */
        struct eve_config eve_config;                /* its types are those of the file and of the configured socket */
};

static int open_log(struct record_log **ret, sd_event *event, const struct config *config, const char *name) {
        _cleanup_(freep) char *path = NULL;
        struct record_log_config log = {
                .size_max = config->output.log_size,
                .keep = config->output.log_keep,
                .waiting_max = config->output.queue_capacity,
                .age_max = config->output.log_age / NSEC_PER_SEC,
        };
        int r;

        if (!*name)
                return 0;
        r = record_log_path(name, &path);
        if (r < 0) {
                path = NULL;
                return r;
        }
        log.path = path;
        return record_log_new(ret, event, &log);
}

/* Runs `write` on a file in memory whose contents become a line. */
static void add_written(struct record_log *log, void (*write)(const void *userdata, FILE *f), const void *userdata) {
        char *text = NULL;
        size_t n = 0;
        FILE *f = open_memstream(&text, &n);

        if (!f)
                return;
        write(userdata, f);
        if (fclose(f) == 0 && n > 0)
                record_log_add(log, text, n);
        free(text);
}

static void write_statistics(const void *userdata, FILE *f) {
        const struct output *o = userdata;

        o->ops.statistics(o->ops.userdata, f);
}

static int on_timer(sd_event_source *s, uint64_t usec _unused_, void *userdata) {
        struct output *o = userdata;

        add_written(o->statistics, write_statistics, o);
        (void) sd_event_source_set_time_relative(s, o->interval);
        return sd_event_source_set_enabled(s, SD_EVENT_ONESHOT);
}

static int start_timer(struct output *o, sd_event *event) {
        int r = sd_event_add_time_relative(event, &o->timer, CLOCK_MONOTONIC, o->interval, 250 * 1000, on_timer, o);

        if (r >= 0)
                (void) sd_event_source_set_description(o->timer, "statistics");
        return r;
}

static void on_event(void *userdata, enum eve_type type, const char *line, size_t length) {
        struct output *o = userdata;
        bool configured = o->eve_config.types & EVE_MASK(type);

        if (configured && o->events)
                record_log_add(o->events, line, length);
        if (configured && o->socket)
                event_socket_add(o->socket, line, length);
        for (size_t i = 0; i < OUTPUT_READERS_MAX; i++)
                if (o->readers[i].socket && o->readers[i].types & EVE_MASK(type))
                        event_socket_add(o->readers[i].socket, line, length);
}

/* Readers. */

static void on_gone(void *userdata) {
        struct reader *reader = userdata;

        reader->gone = true;
}

/* Only what somebody takes is made. */
static void set_types(struct output *o) {
        uint32_t types = o->events || o->socket ? o->eve_config.types : 0;

        for (size_t i = 0; i < OUTPUT_READERS_MAX; i++)
                if (o->readers[i].socket)
                        types |= o->readers[i].types;
        if (o->eve)
                eve_set_types(o->eve, types);
}

static void add_socket_counters(struct event_socket_counters *sum, const struct event_socket *socket) {
        struct event_socket_counters c;

        event_socket_get_counters(socket, &c);
        sum->sent += c.sent;
        sum->dropped += c.dropped;
        sum->connected += c.connected;
}

static void reader_end(struct output *o, struct reader *reader) {
        add_socket_counters(&o->readers_before, reader->socket);
        event_socket_free(reader->socket);
        *reader = (struct reader) {};
        set_types(o);
}

static void end_readers_that_are_gone(struct output *o) {
        for (size_t i = 0; i < OUTPUT_READERS_MAX; i++)
                if (o->readers[i].socket && o->readers[i].gone)
                        reader_end(o, &o->readers[i]);
}

static int on_eve_timer(sd_event_source *s _unused_, uint64_t usec _unused_, void *userdata) {
        struct output *o = userdata;

        o->wake_at = UINT64_MAX;
        eve_advance(o->eve, o->ops.now(o->ops.userdata));
        output_settle(o);
        return 0;
}

void output_settle(struct output *o) {
        uint64_t next;

        if (!o || !o->eve)
                return;
        eve_settle(o->eve);
        end_readers_that_are_gone(o);
        if (!o->ops.now)
                return;
        next = eve_next_deadline(o->eve);
        if (next == o->wake_at)
                return;
        o->wake_at = next;
        if (next != UINT64_MAX)
                (void) sd_event_source_set_time(o->eve_timer, next / NSEC_PER_USEC + 1);
        (void) sd_event_source_set_enabled(o->eve_timer, next != UINT64_MAX ? SD_EVENT_ONESHOT : SD_EVENT_OFF);
}

void output_flush_events(struct output *o) {
        if (o && o->eve)
                eve_flush(o->eve);
        output_settle(o);
}

struct eve *output_events(struct output *o) {
        return o ? o->eve : NULL;
}

static int open_socket(struct output *o, sd_event *event, const struct config *config) {
        const struct event_socket_config c = { config->output.event_socket, config->output.event_datagrams };

        return *c.path ? event_socket_new(&o->socket, event, &c) : 0;
}

static const char *name_interface(void *userdata, uint32_t ifindex) {
        const struct output *o = userdata;

        return o->ops.interface(o->ops.userdata, ifindex);
}

static int make_eve(struct output *o) {
        const struct eve_ops ops = { on_event, o->ops.interface ? name_interface : NULL, o };
        struct eve_config config = o->eve_config;
        int r = o->hasher ? 0 : flow_hasher_new(&o->hasher);

        config.hasher = o->hasher;
        if (r >= 0 && !o->eve_timer)
                r = sd_event_add_time(o->event, &o->eve_timer, CLOCK_REALTIME, 0, 250 * 1000, on_eve_timer, o);
        if (r >= 0)
                r = sd_event_source_set_enabled(o->eve_timer, SD_EVENT_OFF);
        if (r < 0)
                return r;
        (void) sd_event_source_set_description(o->eve_timer, "events");
        return eve_new(&o->eve, &config, &ops);
}

static int start_events(struct output *o, sd_event *event, const struct config *config) {
        int r = open_log(&o->events, event, config, config->output.event_log);

        if (r >= 0)
                r = open_socket(o, event, config);
        return r < 0 || (!o->events && !o->socket) ? r : make_eve(o);
}

/* A free place; NULL: there is none for this peer. */
static struct reader *find_place(struct output *o, const char *peer) {
        struct reader *place = NULL;
        size_t n = 0;

        for (size_t i = 0; i < OUTPUT_READERS_MAX; i++) {
                if (!o->readers[i].socket)
                        place = &o->readers[i];
                else
                        n += strcmp(o->readers[i].peer, peer) == 0;
        }
        return n < OUTPUT_READERS_PER_PEER ? place : NULL;
}

int output_open_reader(struct output *o, const char *peer, uint32_t types) {
        int ends[2], r = o->eve ? 0 : make_eve(o);
        struct reader *reader;

        end_readers_that_are_gone(o);
        reader = find_place(o, peer);
        if (r < 0 || !reader)
                return r < 0 ? r : -EUSERS;
        if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
                return -errno;
        r = event_socket_new_for(&reader->socket, o->event, ends[0], on_gone, reader);
        if (r < 0) {
                close(ends[0]);
                close(ends[1]);
                return r;
        }
        reader->types = types;
        snprintf(reader->peer, sizeof reader->peer, "%s", peer);
        set_types(o);
        return ends[1];
}

int output_new(struct output **ret, sd_event *event, const struct config *config, const struct inventory *inventory,
               const struct peer_names *names, const struct output_ops *ops) {
        _cleanup_(output_freep) struct output *o = calloc(1, sizeof *o);
        int r;

        if (!o)
                return -ENOMEM;
        o->ops = *ops;
        o->event = sd_event_ref(event);
        o->eve_config = (struct eve_config) { .types = config->output.event_types, .inventory = inventory, .names = names };
        o->wake_at = UINT64_MAX;
        o->interval = config->output.statistics_interval / NSEC_PER_USEC;
        r = open_log(&o->flows, event, config, config->output.flow_log);
        if (r >= 0)
                r = open_log(&o->alerts, event, config, config->output.alert_log);
        if (r >= 0)
                r = open_log(&o->statistics, event, config, config->output.statistics_log);
        if (r >= 0 && o->statistics)
                r = start_timer(o, event);
        if (r >= 0)
                r = start_events(o, event, config);
        if (r < 0)
                return r;
        *ret = TAKE_PTR(o);
        return 0;
}

void output_set_knowledge(struct output *o, const struct inventory *inventory, const struct peer_names *names) {
        if (!o)
                return;
        if (o->eve) {
                eve_flush(o->eve);
                eve_set_knowledge(o->eve, inventory, names);
        }
        o->eve_config.inventory = inventory;
        o->eve_config.names = names;
}

struct output *output_free(struct output *o) {
        if (!o)
                return NULL;
        sd_event_source_disable_unref(o->timer);
        sd_event_source_disable_unref(o->eve_timer);
        if (o->eve)
                eve_flush(o->eve);
        eve_free(o->eve);
        for (size_t i = 0; i < OUTPUT_READERS_MAX; i++)
                event_socket_free(o->readers[i].socket);
        sd_event_unref(o->event);
        flow_hasher_free(o->hasher);
        event_socket_free(o->socket);
        record_log_free(o->events);
        record_log_free(o->flows);
        record_log_free(o->alerts);
        record_log_free(o->statistics);
        free(o);
        return NULL;
}

void output_flow(struct output *o, const struct flow_lines *lines, const struct flow_record *record) {
        char line[FLOW_LINE_MAX];
        size_t n;

        if (o && o->flows && flow_lines_format(lines, record, line, &n) >= 0)
                record_log_add(o->flows, line, n);
}

static void write_alert(const void *userdata, FILE *f) {
        _cleanup_(json_putp) struct json_object *record = record_from_alert(userdata);

        if (record)
                (void) json_text_write(f, record, false);
}

void output_alert(struct output *o, const struct alert *alert) {
        if (!o)
                return;
        if (o->alerts)
                add_written(o->alerts, write_alert, alert);
        if (o->eve)
                eve_take_alert(o->eve, alert, true);
}

static void add_event_counters(const struct output *o, struct output_counters *ret) {
        struct event_socket_counters socket = o->readers_before;
        struct eve_counters eve = {};

        if (o->eve)
                eve_get_counters(o->eve, &eve);
        if (o->socket)
                add_socket_counters(&socket, o->socket);
        for (size_t i = 0; i < OUTPUT_READERS_MAX; i++)
                if (o->readers[i].socket)
                        add_socket_counters(&socket, o->readers[i].socket);
        ret->events = eve.events;
        ret->events_early = eve.early;
        ret->events_cut = eve.cut;
        ret->events_failed = eve.failed;
        ret->events_sent = socket.sent;
        ret->events_dropped = socket.dropped;
        ret->readers = socket.connected;
}

void output_get_counters(const struct output *o, struct output_counters *ret) {
        const struct record_log *logs[] = { o->flows, o->alerts, o->statistics, o->events };

        *ret = (struct output_counters) {};
        for (size_t i = 0; i < ELEMENTSOF(logs); i++) {
                struct record_log_counters c;

                if (!logs[i])
                        continue;
                record_log_get_counters(logs[i], &c);
                ret->lines_written += c.written;
                ret->lines_dropped += c.dropped;
                ret->files_rotated += c.rotated;
                ret->failures += c.failures;
        }
        add_event_counters(o, ret);
}
