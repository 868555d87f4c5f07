/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Questions to the service and what becomes of the answers. Nothing is asked twice at a time, nothing that is not
 * shown, and nothing while the picture stands still. A service that has stopped is waited for, not started by asking. */

#include "cli/top/top-source.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "cli/bus-records.h"
#include "cli/bus.h"
#include "cli/top/top-flow.h"
#include "cli/when.h"
#include "common/cleanup.h"
#include "dbus/lanscope-names.h"

/* More than the screen has room for, so that the filter has something to find. */
#define FLOWS_MAX 500
#define PEERS_MAX 8
#define DEVICES_PER_CALL 2000
/* A list of devices costs both sides together some 65 us a device: with this pause for each, 3 % of a core at most. */
#define PAUSE_PER_DEVICE UINT64_C(2000)
/* A question about flows looks at each of them, which costs the service some 0.2 us. */
#define PAUSE_PER_FLOW UINT64_C(10)
#define SIGNAL_INTERVAL USEC_PER_SEC
#define RETRY_INTERVAL (2 * USEC_PER_SEC)
#define STATUS_TIMEOUT (5 * USEC_PER_SEC) /* nothing is asked that is answered sooner */
#define TIMEOUT (25 * USEC_PER_SEC)
#define PASSWORD_TIMEOUT (150 * USEC_PER_SEC)

enum question { ASK_STATUS, ASK_DEVICES, ASK_ALERTS, ASK_PRIVATE, ASK_CARD, ASK_EVIDENCE, ASK_PEERS, ASK_ACKNOWLEDGE,
                _ASK_MAX };

struct top_source {
        sd_bus *bus;    /* NULL: lost */
        sd_event *event;
        const struct options *options;
        uint64_t delay; /* us */
        struct top_model *model;
        void (*changed)(void *userdata);
        void *userdata;

        sd_event_source *timer;
        sd_bus_slot *asked[_ASK_MAX]; /* an answer is due */
        /* us, monotonic: the last round; not before then all devices are asked for again, or about all flows */
        uint64_t round_at, devices_at, flows_at;
        enum top_view asked_for;       /* what the answer that is due, or came last, is about */
        const char *sort;              /* that flows were asked for in last; NULL: not yet */
        enum top_view came_to;         /* the view that was asked for last while it was shown; _TOP_VIEW_MAX: none */
        bool alerts_stale, refused, peers_refused, was_paused, lost;
        struct json_object *devices; /* those that have come of a list in parts */
        char after[128];
        struct json_object *card;    /* until its evidence is here */
};

static uint64_t now_of(const struct top_source *s) {
        uint64_t now = 0;

        (void) sd_event_now(s->event, CLOCK_MONOTONIC, &now);
        return now;
}

static void arm(struct top_source *s, uint64_t at) {
        (void) sd_event_source_set_time(s->timer, at);
        (void) sd_event_source_set_enabled(s->timer, SD_EVENT_ONESHOT);
}

/* Asking. */

static int ask(struct top_source *s, enum question question, sd_bus_message *message, sd_bus_message_handler_t answer,
               uint64_t timeout) {
        /* lanscoped was started when this program was, if it could be. Whoever stops it meanwhile means it. */
        (void) sd_bus_message_set_auto_start(message, false);
        return sd_bus_call_async(s->bus, &s->asked[question], message, answer, s, timeout);
}

static void answered(struct top_source *s, enum question question) {
        s->asked[question] = sd_bus_slot_unref(s->asked[question]);
}

static int new_call(struct top_source *s, const char *path, const char *interface, const char *member,
                    sd_bus_message **ret) {
        return sd_bus_message_new_method_call(s->bus, ret, LANSCOPE_BUS_NAME, path, interface, member);
}

static bool is_absent(const sd_bus_error *error) {
        return sd_bus_error_has_name(error, SD_BUS_ERROR_SERVICE_UNKNOWN) ||
               sd_bus_error_has_name(error, SD_BUS_ERROR_NAME_HAS_NO_OWNER);
}

static bool is_refused(const sd_bus_error *error) {
        return sd_bus_error_has_name(error, SD_BUS_ERROR_ACCESS_DENIED) ||
               sd_bus_error_has_name(error, SD_BUS_ERROR_INTERACTIVE_AUTHORIZATION_REQUIRED) ||
               sd_bus_error_has_name(error, "org.freedesktop.DBus.Error.AuthFailed");
}

/* What an answer that is none means for a view. */
static void note_failure(struct top_source *s, enum top_view view, const sd_bus_error *error, const char *action) {
        char text[TOP_MESSAGE_MAX];
        struct strbuf b = STRBUF(text);

        if (is_absent(error))
                s->model->link = TOP_ABSENT;
        else if (is_refused(error))
                strbuf_printf(&b, "Not allowed: it needs the polkit action %s, which root and administrators have.",
                              action);
        else if (sd_bus_error_has_name(error, SD_BUS_ERROR_UNKNOWN_METHOD))
                strbuf_string(&b, "lanscoped there does not know them; it may be of another version.");
        else
                strbuf_string(&b, error->message ? error->message : error->name);
        top_model_set_note(s->model, view, text);
}

/* The error of an answer, or NULL after having noted that the view has no trouble. */
static const sd_bus_error *failure_of(struct top_source *s, enum top_view view, sd_bus_message *answer,
                                      const char *action) {
        const sd_bus_error *error = sd_bus_message_get_error(answer);

        if (error)
                note_failure(s, view, error, action);
        else
                top_model_set_note(s->model, view, "");
        return error;
}

/* The service as a whole. */

static int on_status(sd_bus_message *answer, void *userdata, sd_bus_error *ignored _unused_) {
        _cleanup_(json_putp) struct json_object *properties = NULL;
        const sd_bus_error *error = sd_bus_message_get_error(answer);
        struct top_source *s = userdata;

        answered(s, ASK_STATUS);
        if (error)
                s->model->link = is_absent(error) ? TOP_ABSENT : TOP_SILENT;
        else if (bus_read_json(answer, &properties) > 0) {
                s->model->link = TOP_LIVE;
                top_model_take_status(s->model, properties, now_of(s));
                top_model_set_time(s->model, when_now());
        }
        s->changed(s->userdata);
        return 0;
}

static void ask_status(struct top_source *s) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *m = NULL;

        if (!s->asked[ASK_STATUS] && new_call(s, LANSCOPE_PATH, "org.freedesktop.DBus.Properties", "GetAll", &m) >= 0 &&
            sd_bus_message_append(m, "s", LANSCOPE_MANAGER_INTERFACE) >= 0)
                (void) ask(s, ASK_STATUS, m, on_status, STATUS_TIMEOUT);
}

/* Devices, in parts. */

static void ask_devices_part(struct top_source *s);

static int read_part(sd_bus_message *answer, struct json_object *devices, size_t *ret_n) {
        struct json_object *device;
        size_t n = 0;
        int r = sd_bus_message_enter_container(answer, 'a', "a{sv}");

        while (r >= 0 && (r = sd_bus_message_at_end(answer, false)) == 0) {
                r = device_from_message(answer, &device);
                if (r >= 0 && json_object_array_add(devices, device) < 0) {
                        json_object_put(device);
                        r = -ENOMEM;
                }
                n++;
        }
        *ret_n = n;
        return r;
}

static void finish_devices(struct top_source *s) {
        uint64_t now = now_of(s);

        s->devices_at = now + PAUSE_PER_DEVICE * json_object_array_length(s->devices);
        if (top_model_take_devices(s->model, s->devices, now) < 0)
                top_model_set_note(s->model, TOP_DEVICES, "There is no memory for so many.");
        top_model_set_time(s->model, when_now());
        json_object_put(s->devices);
        s->devices = NULL;
        top_source_follow(s);
}

static int on_devices(sd_bus_message *answer, void *userdata, sd_bus_error *ignored _unused_) {
        struct top_source *s = userdata;
        size_t n = 0;

        answered(s, ASK_DEVICES);
        if (failure_of(s, TOP_DEVICES, answer, "") || !s->devices || read_part(answer, s->devices, &n) < 0) {
                json_object_put(s->devices);
                s->devices = NULL;
        } else if (n < DEVICES_PER_CALL)
                finish_devices(s);
        else {
                struct json_object *last = json_object_array_get_idx(s->devices,
                                                                     json_object_array_length(s->devices) - 1);

                snprintf(s->after, sizeof s->after, "%s/%s", LANSCOPE_DEVICE_PREFIX, json_text_at(last, "id"));
                ask_devices_part(s);
        }
        s->changed(s->userdata);
        return 0;
}

static void ask_devices_part(struct top_source *s) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *m = NULL;
        int r = new_call(s, LANSCOPE_PATH, LANSCOPE_MANAGER_INTERFACE, "ListDevices", &m);

        if (r >= 0)
                r = sd_bus_message_open_container(m, 'a', "{sv}");
        if (r >= 0 && *s->after)
                r = sd_bus_message_append(m, "{sv}", "After", "o", s->after);
        if (r >= 0)
                r = sd_bus_message_append(m, "{sv}", "Limit", "u", (uint32_t) DEVICES_PER_CALL);
        if (r >= 0)
                r = sd_bus_message_close_container(m);
        if (r >= 0)
                (void) ask(s, ASK_DEVICES, m, on_devices, TIMEOUT);
}

static void ask_devices(struct top_source *s) {
        if (s->asked[ASK_DEVICES])
                return;
        json_object_put(s->devices);
        s->devices = json_object_new_array();
        s->after[0] = '\0';
        if (s->devices)
                ask_devices_part(s);
}

/* Alerts and flows. */

/* Replaces each alert of the bus by its record. */
static int convert_alerts(struct json_object *list) {
        for (size_t i = 0; i < json_object_array_length(list); i++) {
                struct json_object *record = alert_from_bus(json_object_array_get_idx(list, i));

                if (!record || json_object_array_put_idx(list, i, record) < 0) {
                        json_object_put(record);
                        return -ENOMEM;
                }
        }
        return 0;
}

static int on_alerts(sd_bus_message *answer, void *userdata, sd_bus_error *ignored _unused_) {
        _cleanup_(json_putp) struct json_object *list = NULL;
        struct top_source *s = userdata;

        answered(s, ASK_ALERTS);
        if (!failure_of(s, TOP_ALERTS, answer, "") && bus_read_json(answer, &list) > 0 &&
            json_object_is_type(list, json_type_array) && convert_alerts(list) >= 0)
                (void) top_model_take_alerts(s->model, list);
        s->changed(s->userdata);
        return 0;
}

static void ask_alerts(struct top_source *s) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *m = NULL;

        if (s->asked[ASK_ALERTS] || new_call(s, LANSCOPE_PATH, LANSCOPE_MANAGER_INTERFACE, "ListAlerts", &m) < 0 ||
            sd_bus_message_append(m, "a{sv}", 0) < 0)
                return;
        if (ask(s, ASK_ALERTS, m, on_alerts, TIMEOUT) >= 0)
                s->alerts_stale = false;
}

/* What only some may see: flows and who moves most. Asked for while it is shown. */

static bool is_private(enum top_view view) {
        return view == TOP_FLOWS || view == TOP_TALKERS;
}

static int on_private(sd_bus_message *answer, void *userdata, sd_bus_error *ignored _unused_) {
        _cleanup_(json_putp) struct json_object *list = NULL;
        struct top_source *s = userdata;
        const sd_bus_error *error;

        answered(s, ASK_PRIVATE);
        error = failure_of(s, s->asked_for, answer, LANSCOPE_ACTION_INSPECT_TRAFFIC);
        /* Who may not, or cannot, is not asked about once a second. */
        s->refused = error && !is_absent(error);
        if (!error && bus_read_json(answer, &list) > 0 && json_object_is_type(list, json_type_array))
                (void) (s->asked_for == TOP_FLOWS ? top_model_take_flows : top_model_take_talkers)(s->model, list);
        top_source_follow(s); /* the user may have gone on to the other view meanwhile */
        s->changed(s->userdata);
        return 0;
}

/* What the service can look for itself, in all flows and not only in those that it sends: the first address among the
 * words of the filter. The list filters what comes all the same. */
static int append_flow_filter(sd_bus_message *m, const struct top_list *list) {
        char address[TOP_FILTER_MAX];
        int r = sd_bus_message_open_container(m, 'a', "{sv}");

        if (r >= 0)
                r = sd_bus_message_append(m, "{sv}", "Sort", "s", top_flows_sort(list));
        if (r >= 0)
                r = sd_bus_message_append(m, "{sv}", "Limit", "u", (uint32_t) FLOWS_MAX);
        if (r >= 0 && top_flows_address(list->filter, address))
                r = sd_bus_message_append(m, "{sv}", "Address", "s", address);
        return r < 0 ? r : sd_bus_message_close_container(m);
}

static int new_private_call(struct top_source *s, sd_bus_message **ret) {
        bool flows = s->model->view == TOP_FLOWS;
        int r = new_call(s, LANSCOPE_PATH, LANSCOPE_MANAGER_INTERFACE, flows ? "ListFlows" : "ListTalkers", ret);

        if (r >= 0 && !flows)
                return sd_bus_message_append(*ret, "a{sv}", 0);
        return r < 0 ? r : append_flow_filter(*ret, &s->model->lists[TOP_FLOWS]);
}

/* Only when the user has just come to the view may polkit ask for a password: on a desktop it opens a window. */
static void ask_private(struct top_source *s) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *m = NULL;
        bool first = s->came_to != s->model->view;

        if (s->asked[ASK_PRIVATE] || (s->refused && !first) || new_private_call(s, &m) < 0)
                return;
        (void) sd_bus_message_set_allow_interactive_authorization(m, first);
        s->came_to = s->asked_for = s->model->view;
        s->sort = top_flows_sort(&s->model->lists[TOP_FLOWS]);
        s->refused = false;
        (void) ask(s, ASK_PRIVATE, m, on_private, first ? PASSWORD_TIMEOUT : TIMEOUT);
}

/* The selected device in full: its properties, then its evidence, which is not among them, then whom it talks to, where
 * the user may know that. */

static void deliver_card(struct top_source *s) {
        top_model_take_card(s->model, s->card);
        json_object_put(s->card);
        s->card = NULL;
        top_source_follow(s); /* the selection may have moved on meanwhile */
        s->changed(s->userdata);
}

static int on_peers(sd_bus_message *answer, void *userdata, sd_bus_error *ignored _unused_) {
        const sd_bus_error *error = sd_bus_message_get_error(answer);
        struct json_object *flows = NULL;
        struct top_source *s = userdata;

        answered(s, ASK_PEERS);
        s->peers_refused = error != NULL;
        if (s->card && !error && bus_read_json(answer, &flows) > 0)
                (void) json_add(s->card, "flows", flows);
        deliver_card(s);
        return 0;
}

static int ask_peers(struct top_source *s) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *m = NULL;
        char path[128];
        int r;

        snprintf(path, sizeof path, "%s/%s", LANSCOPE_DEVICE_PREFIX, json_text_at(s->card, "id"));
        r = new_call(s, LANSCOPE_PATH, LANSCOPE_MANAGER_INTERFACE, "ListFlows", &m);
        if (r >= 0)
                r = sd_bus_message_append(m, "a{sv}", 3, "Device", "o", path, "Sort", "s", "rate", "Limit", "u",
                                          (uint32_t) PEERS_MAX);
        return r < 0 ? r : ask(s, ASK_PEERS, m, on_peers, TIMEOUT);
}

static int on_evidence(sd_bus_message *answer, void *userdata, sd_bus_error *ignored _unused_) {
        _cleanup_(json_putp) struct json_object *evidence = NULL;
        struct top_source *s = userdata;

        answered(s, ASK_EVIDENCE);
        if (s->card && !sd_bus_message_get_error(answer) && bus_read_json(answer, &evidence) > 0)
                (void) json_add(s->card, "evidence", evidence_from_bus(evidence));
        if (!s->card || s->peers_refused || ask_peers(s) < 0)
                deliver_card(s);
        return 0;
}

static int new_device_call(struct top_source *s, const char *id, const char *member, sd_bus_message **ret) {
        char path[128];

        snprintf(path, sizeof path, "%s/%s", LANSCOPE_DEVICE_PREFIX, id);
        return sd_bus_object_path_is_valid(path) ? new_call(s, path, "org.freedesktop.DBus.Properties", member, ret) :
                -EINVAL;
}

static int on_card(sd_bus_message *answer, void *userdata, sd_bus_error *ignored _unused_) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *m = NULL;
        struct top_source *s = userdata;
        struct json_object *card;

        answered(s, ASK_CARD);
        /* A device that is gone leaves the list with its next round. */
        if (sd_bus_message_get_error(answer) || device_from_message(answer, &card) < 0)
                return 0;
        json_object_put(s->card);
        s->card = card;
        if (new_device_call(s, json_text_at(card, "id"), "Get", &m) >= 0 &&
            sd_bus_message_append(m, "ss", LANSCOPE_DEVICE_INTERFACE, "Evidence") >= 0)
                (void) ask(s, ASK_EVIDENCE, m, on_evidence, TIMEOUT);
        return 0;
}

static void ask_card(struct top_source *s) {
        const struct top_row *row = top_list_selected(&s->model->lists[TOP_DEVICES]);
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *m = NULL;

        if (row && !s->asked[ASK_CARD] && !s->asked[ASK_EVIDENCE] && !s->asked[ASK_PEERS] &&
            new_device_call(s, row->id, "GetAll", &m) >= 0 &&
            sd_bus_message_append(m, "s", LANSCOPE_DEVICE_INTERFACE) >= 0)
                (void) ask(s, ASK_CARD, m, on_card, TIMEOUT);
}

/* Rounds. */

static bool shows_card(const struct top_source *s) {
        return s->model->detail && s->model->view == TOP_DEVICES;
}

static void ask_shown(struct top_source *s) {
        if (s->round_at < s->flows_at)
                return;
        if (is_private(s->model->view))
                ask_private(s);
        if (shows_card(s))
                ask_card(s);
        s->flows_at = s->round_at + PAUSE_PER_FLOW * top_model_counter(s->model, "flows.active");
}

static void ask_round(struct top_source *s) {
        s->round_at = now_of(s);
        ask_status(s);
        if (s->model->link == TOP_ABSENT || s->model->link == TOP_SILENT)
                return;
        if (s->round_at >= s->devices_at)
                ask_devices(s);
        if (s->alerts_stale)
                ask_alerts(s);
        ask_shown(s);
}

/* Others are the first ones now, and may not have come. */
static bool is_sorted_anew(const struct top_source *s) {
        return s->model->view == TOP_FLOWS && s->sort && strcmp(s->sort, top_flows_sort(&s->model->lists[TOP_FLOWS])) != 0;
}

void top_source_follow(struct top_source *s) {
        const struct top_row *row = top_list_selected(&s->model->lists[TOP_DEVICES]);

        if (s->was_paused && !s->model->paused)
                arm(s, 0);
        s->was_paused = s->model->paused;
        if (!s->bus || s->model->link != TOP_LIVE)
                return;
        if (!is_private(s->model->view))
                s->came_to = _TOP_VIEW_MAX;
        else if (s->came_to != s->model->view || is_sorted_anew(s))
                ask_private(s);
        if (shows_card(s) && row && strcmp(row->id, json_text_at(s->model->card, "id")) != 0)
                ask_card(s);
}

/* Everything is new: a service that was started, or is heard again. */
static void begin_anew(struct top_source *s) {
        s->alerts_stale = true;
        s->came_to = _TOP_VIEW_MAX;
        s->refused = s->peers_refused = false;
        s->devices_at = s->flows_at = 0;
        s->model->history.last_at = 0;
        arm(s, 0);
}

static int on_news(sd_bus_message *message, void *userdata, sd_bus_error *ignored _unused_) {
        const char *member = sd_bus_message_get_member(message);
        struct top_source *s = userdata;

        if (member && strncmp(member, "Alert", strlen("Alert")) == 0)
                s->alerts_stale = true;
        if (!s->model->paused)
                arm(s, MIN(s->round_at + SIGNAL_INTERVAL, s->round_at + s->delay));
        return 0;
}

static int on_owner(sd_bus_message *message, void *userdata, sd_bus_error *ignored _unused_) {
        const char *name, *before, *after;
        struct top_source *s = userdata;

        if (sd_bus_message_read(message, "sss", &name, &before, &after) < 0)
                return 0;
        s->model->link = *after ? TOP_LIVE : TOP_ABSENT;
        if (*after)
                begin_anew(s);
        s->changed(s->userdata);
        return 0;
}

static int on_disconnected(sd_bus_message *message _unused_, void *userdata, sd_bus_error *ignored _unused_) {
        struct top_source *s = userdata;

        s->model->link = TOP_DISCONNECTED;
        s->lost = true; /* not closed from within itself */
        arm(s, 0);
        s->changed(s->userdata);
        return 0;
}

static int subscribe(struct top_source *s) {
#define FROM_SERVICE "type='signal',sender='" LANSCOPE_BUS_NAME "',"
        static const struct {
                const char *rule;
                sd_bus_message_handler_t handler;
        } matches[] = {
                { FROM_SERVICE "interface='" LANSCOPE_MANAGER_INTERFACE "'", on_news },
                { FROM_SERVICE "interface='org.freedesktop.DBus.ObjectManager'", on_news },
                { FROM_SERVICE "interface='org.freedesktop.DBus.Properties',path='" LANSCOPE_PATH "'", on_news },
                { "type='signal',sender='org.freedesktop.DBus',member='NameOwnerChanged',arg0='" LANSCOPE_BUS_NAME "'",
                  on_owner },
        };
        int r = 0;

        for (size_t i = 0; r >= 0 && i < ELEMENTSOF(matches); i++)
                r = sd_bus_add_match_async(s->bus, NULL, matches[i].rule, matches[i].handler, NULL, s);
        if (r >= 0)
                r = sd_bus_match_signal_async(s->bus, NULL, NULL, "/org/freedesktop/DBus/Local",
                                              "org.freedesktop.DBus.Local", "Disconnected",
                                              on_disconnected, NULL, s);
        if (r >= 0)
                r = sd_bus_attach_event(s->bus, s->event, SD_EVENT_PRIORITY_NORMAL);
        return r;
}

static void hang_up(struct top_source *s) {
        for (int i = 0; i < _ASK_MAX; i++)
                answered(s, (enum question) i);
        if (s->bus)
                sd_bus_detach_event(s->bus);
        s->bus = sd_bus_close_unref(s->bus);
        json_object_put(s->devices);
        json_object_put(s->card);
        s->devices = s->card = NULL;
}

/* ssh must not ask for a password in the middle of the picture: it does when `top` is started. */
static void connect_again(struct top_source *s) {
        hang_up(s);
        s->lost = false;
        if (s->options->host) {
                setenv("SSH_ASKPASS", "/bin/false", 1);
                setenv("SSH_ASKPASS_REQUIRE", "force", 1);
        }
        if (bus_connect(s->options, &s->bus) < 0 || subscribe(s) < 0) {
                s->lost = true;
                arm(s, now_of(s) + RETRY_INTERVAL);
                return;
        }
        begin_anew(s);
}

static int on_timer(sd_event_source *source _unused_, uint64_t usec _unused_, void *userdata) {
        struct top_source *s = userdata;

        if (s->lost) {
                connect_again(s);
                s->round_at = now_of(s);
                return 0;
        }
        if (!s->model->paused)
                ask_round(s);
        arm(s, now_of(s) + s->delay);
        return 0;
}

/* Acknowledging. */

static int on_acknowledged(sd_bus_message *answer, void *userdata, sd_bus_error *ignored _unused_) {
        const sd_bus_error *error = sd_bus_message_get_error(answer);
        struct top_source *s = userdata;

        answered(s, ASK_ACKNOWLEDGE);
        if (!error)
                top_model_say(s->model, "Acknowledged");
        else if (is_refused(error))
                top_model_say(s->model, "Not allowed: it needs %s", LANSCOPE_ACTION_MANAGE_ALERTS);
        else
                top_model_say(s->model, "%s", error->message ? error->message : error->name);
        s->alerts_stale = true;
        if (!s->model->paused)
                ask_alerts(s);
        s->changed(s->userdata);
        return 0;
}

void top_source_acknowledge(struct top_source *s) {
        const struct top_row *row = top_list_selected(&s->model->lists[TOP_ALERTS]);
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *m = NULL;

        if (!row || !s->bus || s->asked[ASK_ACKNOWLEDGE] ||
            new_call(s, LANSCOPE_PATH, LANSCOPE_MANAGER_INTERFACE, "AcknowledgeAlerts", &m) < 0 ||
            sd_bus_message_append(m, "at", 1, (uint64_t) strtoull(row->id, NULL, 10)) < 0)
                return;
        (void) sd_bus_message_set_allow_interactive_authorization(m, true);
        (void) ask(s, ASK_ACKNOWLEDGE, m, on_acknowledged, PASSWORD_TIMEOUT);
}

int top_source_new(struct top_source **ret, sd_bus *bus, sd_event *event, const struct options *options, uint64_t delay,
                   struct top_model *model, void (*changed)(void *userdata), void *userdata) {
        _cleanup_(top_source_freep) struct top_source *s = calloc(1, sizeof *s);
        int r;

        if (!s)
                return -ENOMEM;
        s->event = sd_event_ref(event);
        s->options = options;
        s->delay = delay;
        s->model = model;
        s->changed = changed;
        s->userdata = userdata;
        s->alerts_stale = true;
        s->came_to = _TOP_VIEW_MAX;
        r = sd_event_add_time(event, &s->timer, CLOCK_MONOTONIC, 0, 0, on_timer, s);
        s->bus = sd_bus_ref(bus);
        if (r >= 0)
                r = subscribe(s);
        if (r < 0)
                return r;
        sd_bus_unref(bus); /* the caller's */
        *ret = TAKE_PTR(s);
        return 0;
}

struct top_source *top_source_free(struct top_source *s) {
        if (!s)
                return NULL;
        sd_event_source_unref(s->timer);
        hang_up(s);
        sd_event_unref(s->event);
        free(s);
        return NULL;
}
