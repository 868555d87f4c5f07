/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* lanscopectl monitor: what happens, as it happens. Keeps an object of path -> device, for a change is signalled
 * with the changed properties only, and a person wants to know whose they are. */

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <systemd/sd-event.h>

#include "cli/alert-news.h"
#include "cli/bus-lists.h"
#include "cli/bus-records.h"
#include "cli/output.h"
#include "cli/screen.h"
#include "cli/verbs.h"
#include "cli/watch.h"
#include "cli/when.h"
#include "dbus/lanscope-names.h"

struct monitor {
        const struct options *options;
        struct screen screen;
        sd_event *event;
        sd_bus *bus;
        struct json_object *devices; /* path -> record */
        struct alert_news *alerts;
};

static struct json_object *event_new(const char *event) {
        struct json_object *o = json_object_new_object();

        if (!o || json_add_time(o, "ts", when_now()) < 0 || json_add_text(o, "event", event) < 0) {
                json_object_put(o);
                return NULL;
        }
        return o;
}

/* One object, one line, at once. Takes `o` over. */
static void print_json(struct json_object *o) {
        if (!o || json_text_write(stdout, o, false) < 0)
                fprintf(stderr, "Out of memory: an event is missing.\n");
        else
                putchar('\n');
        fflush(stdout);
        json_object_put(o);
}

static void print_begin(const struct monitor *m, enum style style, const char *what, const char *name) {
        char now[64];
        struct strbuf b = STRBUF(now);

        when_format(&b, when_now());
        printf("%s%s%s  %s%-9s%s ", screen_style(&m->screen, STYLE_DIM), now, screen_style(&m->screen, STYLE_NONE),
               screen_style(&m->screen, style), what, screen_style(&m->screen, STYLE_NONE));
        screen_print(&m->screen, name);
}

static void print_end(void) {
        putchar('\n');
        fflush(stdout);
}

static void print_service(const struct monitor *m, bool up) {
        if (m->options->json != JSON_OFF) {
                print_json(event_new(up ? "service_started" : "service_stopped"));
                return;
        }
        print_begin(m, up ? STYLE_GOOD : STYLE_BAD, "service", up ? "lanscoped is running" : "lanscoped is gone; waiting for it");
        print_end();
}

static void print_device(const struct monitor *m, const char *event, enum style style, const char *word, struct json_object *device) {
        if (m->options->json != JSON_OFF) {
                struct json_object *o = event_new(event);

                if (o && json_add(o, "device", json_object_get(device)) < 0) {
                        json_object_put(o);
                        o = NULL;
                }
                print_json(o);
                return;
        }
        print_begin(m, style, word, json_text_at(device, "name"));
        printf("  %s  %s  %s", json_text_at(device, "mac"), json_list_first(device, "ipv4"), json_text_at(device, "type"));
        print_end();
}

static void print_value(const struct monitor *m, struct json_object *value) {
        if (json_object_is_type(value, json_type_array)) {
                size_t n = json_object_array_length(value);

                for (size_t i = 0; i < n && i < 3; i++) {
                        fputs(i > 0 ? " " : "", stdout);
                        screen_print(&m->screen, json_object_get_string(json_object_array_get_idx(value, i)));
                }
                if (n > 3)
                        printf(" and %zu more", n - 3);
        } else if (value)
                screen_print(&m->screen, json_object_get_string(value));
}

static void print_changes(const struct monitor *m, struct json_object *device, struct json_object *changed) {
        const char *before = "  ";

        if (m->options->json != JSON_OFF) {
                struct json_object *o = event_new("device_changed");

                if (o && (json_add_text(o, "id", json_text_at(device, "id")) < 0 ||
                          json_add_text(o, "mac", json_text_at(device, "mac")) < 0 ||
                          json_add_text(o, "name", json_text_at(device, "name")) < 0 ||
                          json_add(o, "changed", json_object_get(changed)) < 0)) {
                        json_object_put(o);
                        o = NULL;
                }
                print_json(o);
                return;
        }
        print_begin(m, STYLE_NONE, "changed", json_text_at(device, "name"));
        json_object_object_foreach(changed, key, value) {
                printf("%s%s: ", before, key);
                print_value(m, value);
                before = ", ";
        }
        print_end();
}

static void print_alert(void *userdata, const char *event, struct json_object *alert) {
        const struct monitor *m = userdata;
        bool raised = strcmp(event, "alert") == 0;

        if (m->options->json != JSON_OFF) {
                struct json_object *o = event_new(event);

                if (o && json_add(o, "alert", json_object_get(alert)) < 0) {
                        json_object_put(o);
                        o = NULL;
                }
                print_json(o);
                return;
        }
        print_begin(m, raised ? STYLE_NOTICE : STYLE_NONE, "alert", json_text_at(alert, "message"));
        printf("  [%s, %s", json_object_get_string(json_at(alert, "id")), json_text_at(alert, "severity"));
        if (raised)
                putchar(']');
        else
                printf(", %s, %s times]", json_text_at(alert, "state"), json_object_get_string(json_at(alert, "count")));
        print_end();
}

static int on_alert(sd_bus_message *message, void *userdata, sd_bus_error *error _unused_) {
        struct monitor *m = userdata;

        alert_news_take(m->alerts, "alert", message);
        return 0;
}

static int on_alert_changed(sd_bus_message *message, void *userdata, sd_bus_error *error _unused_) {
        struct monitor *m = userdata;

        alert_news_take(m->alerts, "alert_changed", message);
        return 0;
}

static int on_acknowledged(sd_bus_message *message, void *userdata, sd_bus_error *error _unused_) {
        _cleanup_(json_putp) struct json_object *ids = NULL;
        struct monitor *m = userdata;

        if (bus_read_json(message, &ids) <= 0)
                return 0;
        if (m->options->json != JSON_OFF) {
                struct json_object *o = event_new("alerts_acknowledged");

                if (o && json_add(o, "ids", TAKE_PTR(ids)) < 0) {
                        json_object_put(o);
                        o = NULL;
                }
                print_json(o);
                return 0;
        }
        print_begin(m, STYLE_NONE, "alerts", "");
        printf("%zu acknowledged", json_object_array_length(ids));
        print_end();
        return 0;
}

/* The device in an a{sa{sv}}: 1, 0 if there is none, -errno. */
static int read_added(sd_bus_message *message, struct json_object **ret) {
        const char *interface;
        int r = sd_bus_message_enter_container(message, 'a', "{sa{sv}}");

        while (r >= 0 && (r = sd_bus_message_at_end(message, false)) == 0) {
                r = sd_bus_message_enter_container(message, 'e', "sa{sv}");
                if (r >= 0)
                        r = sd_bus_message_read_basic(message, 's', &interface);
                if (r >= 0 && strcmp(interface, LANSCOPE_DEVICE_INTERFACE) == 0) {
                        r = device_from_message(message, ret);
                        return r < 0 ? r : 1;
                }
                if (r >= 0)
                        r = sd_bus_message_skip(message, "a{sv}");
                if (r >= 0)
                        r = sd_bus_message_exit_container(message);
        }
        return r < 0 ? r : 0;
}

/* InterfacesAdded(o, a{sa{sv}}) */
static int on_added(sd_bus_message *message, void *userdata, sd_bus_error *error _unused_) {
        struct json_object *device;
        struct monitor *m = userdata;
        const char *path;

        if (sd_bus_message_read(message, "o", &path) < 0 || read_added(message, &device) <= 0 ||
            json_add(m->devices, path, device) < 0)
                return 0;
        print_device(m, "device_added", STYLE_GOOD, "new", device);
        return 0;
}

/* InterfacesRemoved(o, as) */
static int on_removed(sd_bus_message *message, void *userdata, sd_bus_error *error _unused_) {
        struct monitor *m = userdata;
        struct json_object *device;
        const char *path;

        if (sd_bus_message_read(message, "o", &path) < 0 || !json_object_object_get_ex(m->devices, path, &device))
                return 0;
        print_device(m, "device_removed", STYLE_DIM, "gone", device);
        json_object_object_del(m->devices, path);
        return 0;
}

/* Takes what changed over into the kept record, and out of `changed` what is as it was: the service tells all that the
 * user can say of a device when one of it is new. */
static void update(struct json_object *device, struct json_object *changed) {
        json_object_object_foreach(changed, key, value) {
                if (json_object_equal(json_at(device, key), value))
                        json_object_object_del(changed, key);
                else
                        (void) json_object_object_add(device, key, json_object_get(value));
        }
}

/* PropertiesChanged(s, a{sv}, as), of devices */
static int on_changed(sd_bus_message *message, void *userdata, sd_bus_error *error _unused_) {
        _cleanup_(json_putp) struct json_object *changed = NULL;
        const char *interface, *path = sd_bus_message_get_path(message);
        struct json_object *device;
        struct monitor *m = userdata;

        if (sd_bus_message_read(message, "s", &interface) < 0 || strcmp(interface, LANSCOPE_DEVICE_INTERFACE) != 0 ||
            device_from_message(message, &changed) < 0 || !json_object_object_get_ex(m->devices, path, &device))
                return 0;
        update(device, changed);
        if (json_object_object_length(changed) > 0)
                print_changes(m, device, changed);
        return 0;
}

/* Fetches all devices, silently: they are no news. */
static int learn_devices(struct monitor *m) {
        _cleanup_(json_putp) struct json_object *devices = NULL;
        int r = bus_list_devices(m->bus, m->options, &devices, NULL);

        for (size_t i = 0; r >= 0 && i < json_object_array_length(devices); i++) {
                struct json_object *device = json_object_array_get_idx(devices, i);
                char path[128];

                snprintf(path, sizeof path, "%s/%s", LANSCOPE_DEVICE_PREFIX, json_text_at(device, "id"));
                r = json_add(m->devices, path, json_object_get(device));
        }
        return r;
}

static void forget_devices(struct monitor *m) {
        struct json_object *empty = json_object_new_object();

        if (!empty)
                return;
        json_object_put(m->devices);
        m->devices = empty;
}

static int on_owner(sd_bus_message *message, void *userdata, sd_bus_error *error _unused_) {
        const char *name, *before, *after;
        struct monitor *m = userdata;

        if (sd_bus_message_read(message, "sss", &name, &before, &after) < 0)
                return 0;
        if (*before) {
                forget_devices(m);
                print_service(m, false);
        }
        if (*after) {
                print_service(m, true);
                (void) learn_devices(m);
        }
        return 0;
}

static int subscribe(struct monitor *m) {
        static const struct {
                const char *rule;
                sd_bus_message_handler_t handler;
        } matches[] = {
                { "type='signal',sender='" LANSCOPE_BUS_NAME "',interface='" LANSCOPE_MANAGER_INTERFACE "',member='AlertRaised'", on_alert },
                { "type='signal',sender='" LANSCOPE_BUS_NAME "',interface='" LANSCOPE_MANAGER_INTERFACE "',member='AlertChanged'",
                  on_alert_changed },
                { "type='signal',sender='" LANSCOPE_BUS_NAME "',interface='" LANSCOPE_MANAGER_INTERFACE "',member='AlertsAcknowledged'",
                  on_acknowledged },
                { "type='signal',sender='" LANSCOPE_BUS_NAME "',interface='org.freedesktop.DBus.ObjectManager',member='InterfacesAdded'",
                  on_added },
                { "type='signal',sender='" LANSCOPE_BUS_NAME "',interface='org.freedesktop.DBus.ObjectManager',member='InterfacesRemoved'",
                  on_removed },
                { "type='signal',sender='" LANSCOPE_BUS_NAME "',interface='org.freedesktop.DBus.Properties',member='PropertiesChanged',"
                  "path_namespace='" LANSCOPE_DEVICE_PREFIX "'",
                  on_changed },
                { "type='signal',sender='org.freedesktop.DBus',member='NameOwnerChanged',arg0='" LANSCOPE_BUS_NAME "'", on_owner },
        };

        for (size_t i = 0; i < ELEMENTSOF(matches); i++) {
                int r = sd_bus_add_match(m->bus, NULL, matches[i].rule, matches[i].handler, m);

                if (r < 0)
                        return r;
        }
        return 0;
}

static int on_disconnected(sd_bus_message *message _unused_, void *userdata, sd_bus_error *error _unused_) {
        struct monitor *m = userdata;

        fprintf(stderr, "The connection to the bus is lost.\n");
        sd_event_exit(m->event, 1);
        return 0;
}

static int monitor_run(struct monitor *m) {
        int r;

        r = watch_until_interrupted(m->event); /* which is its proper end */
        if (r >= 0)
                r = alert_news_new(&m->alerts, m->bus, print_alert, m);
        if (r >= 0)
                r = sd_bus_attach_event(m->bus, m->event, SD_EVENT_PRIORITY_NORMAL);
        if (r >= 0)
                r = subscribe(m);
        if (r >= 0)
                r = sd_bus_match_signal(m->bus, NULL, NULL, "/org/freedesktop/DBus/Local", "org.freedesktop.DBus.Local",
                                        "Disconnected", on_disconnected, m);
        if (r < 0) {
                bus_complain(NULL, r, NULL);
                return 1;
        }
        /* Signals that come meanwhile wait in the queue. */
        if (learn_devices(m) < 0)
                return 1;
        r = sd_event_loop(m->event);
        return r != 0;
}

/* What the service says of traffic and devices alike, as it comes. */

static const struct bus_method open_events = { LANSCOPE_MANAGER_INTERFACE, "OpenEvents", LANSCOPE_ACTION_INSPECT_TRAFFIC };

struct events {
        sd_event *event;
        bool lost; /* the service has closed its end */
};

static int on_events(sd_event_source *s _unused_, int fd, uint32_t events _unused_, void *userdata) {
        struct events *e = userdata;
        char buffer[65536];
        ssize_t n = recv(fd, buffer, sizeof buffer, MSG_DONTWAIT);

        if (n < 0 && (errno == EAGAIN || errno == EINTR))
                return 0;
        e->lost = n <= 0;
        if (n > 0 && fwrite(buffer, 1, (size_t) n, stdout) == (size_t) n && fflush(stdout) == 0)
                return 0;
        return sd_event_exit(e->event, n > 0);
}

/* Until it is over: 0 when the service went away or Ctrl-C was pressed, 1 on failure. */
static int read_events(sd_bus *bus, struct events *e) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
        _cleanup_(sd_event_source_unrefp) sd_event_source *source = NULL;
        int fd, r;

        if (bus_call(bus, LANSCOPE_PATH, &open_events, &reply, "as", 0) < 0)
                return 1;
        r = sd_bus_message_read(reply, "h", &fd); /* the message's own */
        if (r >= 0)
                r = sd_event_add_io(e->event, &source, fd, EPOLLIN, on_events, e);
        if (r >= 0)
                r = watch_until_interrupted(e->event);
        if (r >= 0)
                r = sd_event_loop(e->event);
        if (r < 0)
                bus_complain(NULL, r, NULL);
        return r != 0;
}

static int run_events(const struct options *options) {
        _cleanup_(sd_bus_flush_close_unrefp) sd_bus *bus = NULL;
        struct events e = {};
        int status = 1;

        if (sd_event_default(&e.event) < 0)
                return output_no_memory();
        if (bus_open(options, &bus) >= 0)
                status = read_events(bus, &e);
        if (e.lost) {
                fprintf(stderr, "lanscoped has ended the stream: it was stopped, or configured anew.\n");
                status = 1;
        }
        sd_event_unref(e.event);
        return status;
}

static int run_monitor(const struct options *options) {
        struct monitor m = { .options = options, .devices = json_object_new_object() };
        int status = 1;

        if (bus_open(options, &m.bus) >= 0 && m.devices && sd_event_default(&m.event) >= 0) {
                screen_open(&m.screen, options, false);
                status = monitor_run(&m);
        }
        alert_news_free(m.alerts);
        sd_bus_flush_close_unref(m.bus);
        sd_event_unref(m.event);
        json_object_put(m.devices);
        return status;
}

static int run(const struct options *options, int argc _unused_, char *argv[] _unused_) {
        return options->eve ? run_events(options) : run_monitor(options);
}

const struct verb verb_monitor = {
        .name = "monitor",
        .arguments = "",
        .summary = "Tell what happens, as it happens, until Ctrl-C",
        .description = "Prints a line when a device appears, changes or goes, and for each alert, until Ctrl-C. It\n"
                       "waits for a service that is restarted. With --json each line is one JSON object. With --eve\n"
                       "it tells of traffic, too, as EventLog= does, and ends with the service.\n",
        .run = run,
};
