/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Keeps a picture of the service up to date: signals say that there is something new, a timer how often that is
 * looked at. Nothing is asked while nothing happens, except for the ages ("5s ago") to move on. */

#include "cli/watch.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "cli/bus.h"
#include "common/macro.h"
#include "dbus/lanscope-names.h"

#define WATCH_INTERVAL USEC_PER_SEC
#define WATCH_AGES (10 * USEC_PER_SEC)

struct watch {
        sd_bus *bus;
        sd_event_source *timer;
        int (*draw)(sd_bus *bus, void *userdata);
        void *userdata;
        uint64_t drawn; /* us, CLOCK_MONOTONIC */
};

static int on_reader_gone(sd_event_source *source, int fd _unused_, uint32_t events _unused_, void *userdata _unused_) {
        return sd_event_exit(sd_event_source_get_event(source), 1);
}

int watch_until_interrupted(sd_event *event) {
        sigset_t mask;
        int r;

        /* No events asked for: a terminal that hangs up and a pipe without a reader are told of all the same. What
         * cannot be polled, a file, has no reader to lose. */
        r = sd_event_add_io(event, NULL, STDOUT_FILENO, 0, on_reader_gone, NULL);
        if (r < 0 && r != -EPERM)
                return r;

        sigemptyset(&mask);
        sigaddset(&mask, SIGINT);
        sigaddset(&mask, SIGTERM);
        if (sigprocmask(SIG_BLOCK, &mask, NULL) < 0)
                return -errno;
        r = sd_event_add_signal(event, NULL, SIGINT, NULL, NULL);
        return r < 0 ? r : sd_event_add_signal(event, NULL, SIGTERM, NULL, NULL);
}

static int draw_again_at(struct watch *w, uint64_t at) {
        sd_event_source_set_time(w->timer, at);
        return sd_event_source_set_enabled(w->timer, SD_EVENT_ONESHOT);
}

static int on_timer(sd_event_source *source, uint64_t usec _unused_, void *userdata) {
        struct watch *w = userdata;

        sd_event_now(sd_event_source_get_event(source), CLOCK_MONOTONIC, &w->drawn);
        if (w->draw(w->bus, w->userdata) < 0)
                return sd_event_exit(sd_event_source_get_event(source), 1);
        return draw_again_at(w, w->drawn + WATCH_AGES);
}

static int on_signal(sd_bus_message *message _unused_, void *userdata, sd_bus_error *error _unused_) {
        struct watch *w = userdata;

        return draw_again_at(w, w->drawn + WATCH_INTERVAL);
}

static int on_disconnected(sd_bus_message *message, void *userdata _unused_, sd_bus_error *error _unused_) {
        fprintf(stderr, "The connection to the bus is lost.\n");
        return sd_event_exit(sd_bus_get_event(sd_bus_message_get_bus(message)), 1);
}

static int prepare(struct watch *w, sd_event *event) {
        int r;

        r = watch_until_interrupted(event);
        if (r >= 0)
                r = sd_bus_attach_event(w->bus, event, SD_EVENT_PRIORITY_NORMAL);
        if (r >= 0)
                r = sd_bus_add_match(w->bus, NULL, "type='signal',sender='" LANSCOPE_BUS_NAME "'", on_signal, w);
        if (r >= 0)
                r = sd_bus_match_signal(w->bus, NULL, NULL, "/org/freedesktop/DBus/Local", "org.freedesktop.DBus.Local",
                                        "Disconnected", on_disconnected, w);
        if (r >= 0)
                r = sd_event_add_time(event, &w->timer, CLOCK_MONOTONIC, 0, 0, on_timer, w);
        return r;
}

int watch_service(sd_bus *bus, int (*draw)(sd_bus *bus, void *userdata), void *userdata) {
        struct watch w = { .bus = bus, .draw = draw, .userdata = userdata };
        sd_event *event = NULL;
        int r;

        r = sd_event_default(&event);
        if (r >= 0)
                r = prepare(&w, event);
        if (r < 0)
                bus_complain(NULL, r, NULL);
        else
                r = sd_event_loop(event);
        sd_event_source_unref(w.timer);
        sd_bus_detach_event(bus);
        sd_event_unref(event);
        return r != 0;
}
