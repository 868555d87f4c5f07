/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The service. What the engine tells is queued for the store and for clients, and both are served from
 * the loop: alerts before the loop sleeps again, everything else a little later and together. What a
 * client asks to change is on the disk before it is answered. */

#include "daemon/manager.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <systemd/sd-daemon.h>

#include "common/cleanup.h"
#include "common/clock.h"
#include "config.h"
#include "daemon/alert-bus.h"
#include "daemon/log.h"
#include "daemon/loop.h"
#include "daemon/manager-bus.h"
#include "daemon/manager-clock.h"
#include "daemon/manager-metrics.h"
#include "daemon/manager-privileges.h"
#include "daemon/manager-output.h"
#include "daemon/manager-store.h"
#include "daemon/settings.h"
#include "engine/detect/model.h"

#define PRUNE_INTERVAL (3600 * USEC_PER_SEC)
/* What detectors learn takes days: as much of it may be lost in a crash. */
#define LESSONS_INTERVAL (900 * USEC_PER_SEC)
#define PRUNE_AGAIN (1 * USEC_PER_SEC)

/* AlertRaised signals a second; the rest are stored and listed. */
#define ALERT_SIGNALS 64

static uint64_t now_monotonic(const struct manager *m) {
        uint64_t now = 0;

        (void) sd_event_now(m->event, CLOCK_MONOTONIC, &now);
        return now;
}

uint64_t manager_now(const struct manager *m) {
        return m->replay ? engine_now(m->engine) : MAX(engine_now(m->engine), manager_engine_clock(m));
}

struct inventory *manager_inventory(const struct manager *m) {
        return engine_inventory(m->engine);
}

uint32_t manager_online_count(const struct manager *m) {
        size_t position = 0;
        uint32_t n = 0;

        for (const struct device *d; (d = inventory_next(manager_inventory(m), &position));)
                n += d->presence == PRESENCE_ONLINE;
        return n;
}

const char *manager_backend(const struct manager *m) {
        const struct listener_interface *i;
        const char *backend = "";
        size_t position = 0;

        if (m->replay)
                return "replay";
        while (m->listener && (i = listener_next(m->listener, &position))) {
                if (!i->capture)
                        continue;
                if (*backend && strcmp(backend, listener_backend(i)) != 0)
                        return "mixed";
                backend = listener_backend(i);
        }
        return backend;
}

/* What the engine tells. */

void manager_mark(struct manager *m, uint32_t mask) {
        (void) changes_mark(m->changes, OBJECT_MANAGER, 0, mask);
}

static void set_flush_timer(struct manager *m) {
        uint64_t at = UINT64_MAX;

        for (size_t i = 0; i < ELEMENTSOF(m->flush_at); i++)
                at = MIN(at, m->flush_at[i]);
        if (at != UINT64_MAX)
                (void) sd_event_source_set_time(m->flush_timer, at);
        (void) sd_event_source_set_enabled(m->flush_timer, at != UINT64_MAX ? SD_EVENT_ONESHOT : SD_EVENT_OFF);
}

void manager_flush_within(struct manager *m, uint64_t delay) {
        uint64_t at = now_monotonic(m) + delay;

        if (at >= m->flush_at[STORE_SOON])
                return;
        m->flush_at[STORE_SOON] = at;
        set_flush_timer(m);
}

/* What traffic told is written soon where it is worth a signal, and seldom where only times and counts changed, for a home
 * server's disk. */
static void flush_with_haste(struct manager *m, enum store_haste haste) {
        static const uint64_t delays[] = {
                [STORE_SOON] = 5 * USEC_PER_SEC, [STORE_LATER] = 60 * USEC_PER_SEC, [STORE_SELDOM] = 300 * USEC_PER_SEC,
        };

        if (haste == _STORE_HASTE_MAX || m->flush_at[haste] != UINT64_MAX)
                return;
        m->flush_at[haste] = now_monotonic(m) + delays[haste];
        set_flush_timer(m);
}

static void on_device_added(void *userdata, const struct device *d) {
        struct manager *m = userdata;

        (void) changes_add(m->changes, OBJECT_DEVICE, d->id);
        manager_mark(m, MANAGER_DEVICES);
        (void) store_put_device(m->store, d->id, UINT32_MAX);
        flush_with_haste(m, STORE_SOON);
}

static void on_device_changed(void *userdata, const struct device *d, uint32_t changes) {
        struct manager *m = userdata;
        (void) changes_mark(m->changes, OBJECT_DEVICE, d->id, changes & ~(uint32_t) CHANGE_SEEN);
        if (changes & CHANGE_PRESENCE)
                manager_mark(m, MANAGER_DEVICES);
        (void) store_put_device(m->store, d->id, changes);
        flush_with_haste(m, store_haste(changes));
        if (changes & CHANGE_EVIDENCE)
                flush_with_haste(m, STORE_LATER);
        if (changes & CHANGE_SEEN)
                flush_with_haste(m, STORE_SELDOM);
}

static void on_device_removed(void *userdata, const struct device *d, uint64_t successor) {
        struct manager *m = userdata;

        if (successor != 0)
                ledger_move(m->ledger, d->id, successor);
        else
                ledger_drop(m->ledger, d->id);

        (void) changes_remove(m->changes, OBJECT_DEVICE, d->id);
        manager_mark(m, MANAGER_DEVICES);
        (void) store_delete_device(m->store, d->id);
        flush_with_haste(m, STORE_SOON);
}

static void on_traffic(void *userdata, const struct device *d, const struct device_traffic *traffic, uint64_t ts) {
        struct manager *m = userdata;

        ledger_add(m->ledger, d->id, ts, traffic);
}

static void on_network_added(void *userdata, const struct network *n) {
        struct manager *m = userdata;

        (void) changes_add(m->changes, OBJECT_NETWORK, n->id);
        (void) store_put_network(m->store, n->id);
        flush_with_haste(m, STORE_SOON);
}

static void on_network_changed(void *userdata, const struct network *n) {
        struct manager *m = userdata;

        (void) changes_mark(m->changes, OBJECT_NETWORK, n->id, 1);
        (void) store_put_network(m->store, n->id);
        flush_with_haste(m, STORE_SOON);
}

static void on_alert(void *userdata, const struct alert *alert) {
        struct manager *m = userdata;

        if (!m->config.new_device && alert->kind == ALERT_NEW_DEVICE)
                return;
        m->tally.alerts[alert->kind][alert->severity]++;
        if (alert_queue_push(m->alerts, alert, 0) < 0)
                manager_lost_alert(m);
}

static void on_alert_changed(void *userdata, const struct alert *alert, uint32_t changes) {
        struct manager *m = userdata;

        if (alert_queue_push(m->alert_changes, alert, changes) < 0)
                manager_lost_alert(m);
}

static bool may_signal(struct manager *m) {
        uint64_t now = now_monotonic(m);

        if (now - m->signals_begin >= USEC_PER_SEC) {
                m->signals_begin = now;
                m->signals = 0;
        }
        return !manager_bus_is_congested(m) && m->signals++ < ALERT_SIGNALS;
}

static void signal_alert(struct manager *m, const struct alert *alert) {
        char id[17];

        snprintf(id, sizeof id, "%016" PRIx64, alert->device);
        log_device(LOG_NOTICE, id, "%s: %s", alert_kind_to_string(alert->kind), alert->message);
        if (!may_signal(m)) {
                m->counters.alert_signals_held++;
                return;
        }
        changes_flush_object(m->changes, OBJECT_DEVICE, alert->device);
        (void) alert_bus_emit_raised(m->bus, alert);
}

void manager_recount_alerts(struct manager *m) {
        if (store_count_unacknowledged(m->store, &m->unacknowledged) >= 0)
                manager_mark(m, MANAGER_ALERTS);
}

/* What was heard before a critical alert is kept with it. */
static void freeze_evidence(struct manager *m, const struct alert *alert) {
        int r = !m->evidence || alert->severity < SEVERITY_CRITICAL ? 0 : evidence_keeper_freeze(m->evidence, alert);

        if (r < 0 && r != -ENODATA)
                log_warning("The frames of alert %" PRIu64 " cannot be kept: %s", alert->id, strerror(-r));
}

static void retry_alerts(struct manager *m) {
        manager_store_failed(m);
        m->alerts_retry_at = now_monotonic(m) + STORE_RETRY;
        manager_flush_within(m, STORE_RETRY);
}

static int commit_new(struct manager *m) {
        size_t n;
        const struct alert *alerts = alert_queue_peek(m->alerts, &n);
        int r;

        if (n == 0)
                return 0;
        r = store_add_alerts(m->store, alerts, n);
        if (r < 0) {
                retry_alerts(m);
                return r;
        }
        for (size_t i = 0; i < n; i++) {
                output_alert(m->output, &alerts[i]);
                freeze_evidence(m, &alerts[i]);
                signal_alert(m, &alerts[i]);
        }
        alert_queue_clear(m->alerts);
        manager_recount_alerts(m);
        return 0;
}

/* Stores and tells what became of one; nothing if it was deleted. */
static int commit_change(struct manager *m, const struct alert *alert, uint32_t changes) {
        struct alert now = *alert;
        int r = store_update_alert(m->store, alert, changes & ALERT_CHANGE_SEVERITY, &now.acknowledged);

        if (r == -ENOENT)
                return 0;
        if (r < 0)
                return r;
        if (changes & ALERT_CHANGE_SEVERITY)
                freeze_evidence(m, &now);
        if (output_events(m->output))
                eve_take_alert(output_events(m->output), &now, false);
        if (may_signal(m))
                (void) alert_bus_emit_changed(m->bus, &now);
        else
                m->counters.alert_signals_held++;
        return 0;
}

static int commit_changes(struct manager *m) {
        size_t n;
        const struct alert *alerts = alert_queue_peek(m->alert_changes, &n);

        for (size_t i = 0; i < n; i++) {
                int r = commit_change(m, &alerts[i], alert_queue_changes(m->alert_changes, i));

                if (r < 0) {
                        retry_alerts(m);
                        return r;
                }
        }
        alert_queue_clear(m->alert_changes);
        if (n > 0)
                manager_recount_alerts(m);
        return 0;
}

/* Stored first, then told. While the store cannot write they wait. */
void manager_commit_alerts(struct manager *m) {
        if (now_monotonic(m) < m->alerts_retry_at)
                return;
        if (commit_new(m) >= 0)
                (void) commit_changes(m);
}

static void on_fact(void *userdata, const struct fact *fact) {
        struct manager *m = userdata;

        struct eve *eve = output_events(m->output);

        m->tally.facts[fact->kind]++;
        if (eve)
                eve_take_fact(eve, fact);
}

static void on_flow(void *userdata, const struct flow_record *record) {
        struct manager *m = userdata;

        struct eve *eve = output_events(m->output);

        if (eve)
                eve_take_flow(eve, record);
        if (!m->flows)
                return;
        flows_take_ended(m->flows, record);
        if (*m->config.output.flow_log) {
                const struct flow_lines lines = manager_flow_lines(m, false);

                output_flow(m->output, &lines, record);
        }
}

/* What the listener tells. */

static void advance_flows(struct manager *m, uint64_t now) {
        uint64_t begin;

        if (!m->flows || now < flows_deadline(m->flows))
                return;
        begin = flows_begin(m->flows);
        flows_round(m->flows, m->engine, now);
        talkers_turn(m->talkers, begin, now);
}

static void take_frame(struct manager *m, const struct frame *frame) {
        advance_flows(m, frame->ts);
        if (engine_feed_frame(m->engine, frame) && m->evidence)
                evidence_keeper_take(m->evidence, frame);
        if (m->flows)
                flows_touch(m->flows, engine_now(m->engine));
}

static void on_frame(void *userdata, const struct frame *frame) {
        struct manager *m = userdata;
        uint64_t ts;

        /* Those of a batch that come behind the last one that is wanted are not looked at. */
        if (!m->replay && m->config.packet_count > 0 && m->frames >= m->config.packet_count)
                return;
        m->frames++;
        ts = manager_feel_time(m, frame->ts);
        if (ts == frame->ts) {
                take_frame(m, frame);
        } else {
                struct frame copy = *frame;

                copy.ts = ts;
                take_frame(m, &copy);
        }
}

static void on_sighting(void *userdata, const struct sighting *sighting) {
        struct manager *m = userdata;

        const uint64_t behind = sighting->last > 0 ? sighting->last - manager_feel_time(m, sighting->last) : 0;
        struct sighting own = *sighting;

        own.first -= own.first > 0 ? behind : 0;
        own.last -= behind;
        engine_feed_sighting(m->engine, &own);
        if (m->flows)
                flows_touch(m->flows, engine_now(m->engine));
}

static void on_flow_delta(void *userdata, const struct flow_delta *delta) {
        struct manager *m = userdata;

        const uint64_t last = MAX(delta->directions[0].last, delta->directions[1].last), behind = last - manager_feel_time(m, last);
        struct flow_delta own = *delta;

        for (size_t i = 0; i < ELEMENTSOF(own.directions) && behind != 0; i++) {
                own.directions[i].first -= own.directions[i].packets > 0 ? behind : 0;
                own.directions[i].last -= own.directions[i].packets > 0 ? behind : 0;
        }
        engine_feed_flow_delta(m->engine, &own);
        if (m->flows)
                flows_touch(m->flows, engine_now(m->engine));
}

static void on_interface(void *userdata, const struct inventory_interface *interface, bool external_presence) {
        struct manager *m = userdata;

        engine_set_external_presence(m->engine, interface->ifindex, external_presence);
        inventory_set_interface(manager_inventory(m), interface, clock_ns(CLOCK_REALTIME));
}

static void on_interface_gone(void *userdata, uint32_t ifindex) {
        struct manager *m = userdata;

        engine_set_external_presence(m->engine, ifindex, false);
        inventory_remove_interface(manager_inventory(m), ifindex);
}

void manager_notify_status(struct manager *m) {
        char text[512];
        struct strbuf b = STRBUF(text);
        const struct listener_interface *i;
        size_t position = 0;

        while (m->listener && (i = listener_next(m->listener, &position)))
                strbuf_printf(&b, "%s%s: %s%s%s", b.length > 0 ? ", " : "", *i->name ? i->name : "no interface",
                              listener_state_to_string(i->state), i->capture ? " with " : "",
                              i->capture ? capture_method(i->capture) : "");
        if (m->replay)
                strbuf_string(&b, replay_ended(m->replay) ? "a capture file was replayed" : "replaying a capture file");
        if (m->problems.sentences[PROBLEM_STORE])
                strbuf_string(&b, "; what is seen cannot be saved");
        (void) sd_notifyf(false, "STATUS=%s mode; %s", capture_mode_to_string(m->config.capture.mode), text);
}

static void on_listener_changed(void *userdata) {
        struct manager *m = userdata;

        manager_mark(m, MANAGER_CAPTURE);
        m->privileges.look = true;
        if (m->running)
                manager_notify_status(m);
}

/* The loop's own. */

static int on_engine_timer(sd_event_source *s _unused_, uint64_t usec _unused_, void *userdata) {
        struct manager *m = userdata;

        m->engine_deadline = UINT64_MAX;
        manager_check_clock(m);
        /* What came before now is told before it is said to be now. */
        if (m->listener)
                listener_drain(m->listener);
        engine_advance(m->engine, manager_engine_clock(m));
        advance_flows(m, engine_now(m->engine));
        return 0;
}

static void check_learning(struct manager *m) {
        if (m->learning_until == 0 || engine_now(m->engine) < m->learning_until)
                return;
        m->learning_until = 0;
        manager_mark(m, MANAGER_LEARNING);
        log_info("The learning period is over: devices that are new from now on raise an alert");
}

/* Not where the frames come in: whoever reads them is still at it. */
static void check_count(struct manager *m) {
        if (m->config.packet_count == 0 || m->frames < m->config.packet_count || !listener_is_started(m->listener))
                return;
        log_notice("%" PRIu64 " frames were read, as PacketCount= says: capture stops", m->frames);
        listener_stop(m->listener);
}

/* After every event: alerts are committed, and the timer is set to what the engine waits for now. In a replay,
 * time passes with the frames alone. */
static int on_post(sd_event_source *s _unused_, void *userdata) {
        struct manager *m = userdata;
        uint64_t deadline;

        manager_check_clock(m);
        manager_mend_store(m);
        manager_commit_alerts(m);
        output_settle(m->output);
        check_learning(m);
        if (m->replay)
                return 0;
        check_count(m);
        if (m->privileges.look)
                manager_review_privileges(m);
        deadline = MIN(engine_next_deadline(m->engine), m->learning_until ? m->learning_until : UINT64_MAX);
        if (m->flows)
                deadline = MIN(deadline, flows_deadline(m->flows));
        if (deadline == m->engine_deadline)
                return 0;
        m->engine_deadline = deadline;
        if (deadline != UINT64_MAX)
                (void) sd_event_source_set_time(m->engine_timer, manager_boot_time(m, deadline));
        (void) sd_event_source_set_enabled(m->engine_timer, deadline != UINT64_MAX ? SD_EVENT_ONESHOT : SD_EVENT_OFF);
        return 0;
}

/* The least urgent of what is due: all that is more urgent is written along. */
static enum store_haste haste_due(const struct manager *m) {
        enum store_haste haste = STORE_SELDOM;

        while (haste > STORE_SOON && m->flush_at[haste] > now_monotonic(m))
                haste--;
        return haste;
}

static int on_flush(sd_event_source *s _unused_, uint64_t usec _unused_, void *userdata) {
        struct manager *m = userdata;
        enum store_haste haste = haste_due(m);
        int r = store_flush_urgent(m->store, STORE_FLUSH_STEP, haste);

        for (size_t i = 0; i <= haste; i++) /* 1: more is left, for the next time round */
                m->flush_at[i] = r < 0 ? now_monotonic(m) + STORE_RETRY : r > 0 && i == haste ? 0 : UINT64_MAX;
        set_flush_timer(m);
        if (r < 0)
                manager_store_failed(m);
        manager_resolve_alerts(m);
        if (r >= 0 && m->alerts_resolved)
                manager_store_works(m);
        return 0;
}

static int on_prune(sd_event_source *s, uint64_t usec, void *userdata) {
        struct manager *m = userdata;
        int r;

        store_keep_old(m->store, !m->replay && !manager_clock_is_steady(m));
        r = store_prune(m->store, m->replay ? engine_now(m->engine) : clock_ns(CLOCK_REALTIME));
        if (r < 0)
                log_error("Cannot remove what is too old: %s", store_last_error(m->store));
        else
                manager_recount_alerts(m);
        manager_save_exceptions(m);
        (void) sd_event_source_set_time(s, usec + (r > 0 ? PRUNE_AGAIN : PRUNE_INTERVAL));
        return sd_event_source_set_enabled(s, SD_EVENT_ONESHOT);
}

static int on_lessons(sd_event_source *s, uint64_t usec, void *userdata) {
        manager_save_lessons(userdata);
        (void) sd_event_source_set_time(s, usec + LESSONS_INTERVAL);
        return sd_event_source_set_enabled(s, SD_EVENT_ONESHOT);
}

static int on_quit(sd_event_source *s, const struct signalfd_siginfo *si _unused_, void *userdata _unused_) {
        return sd_event_exit(sd_event_source_get_event(s), 0);
}

static int on_hangup(sd_event_source *s _unused_, const struct signalfd_siginfo *si _unused_, void *userdata) {
        struct manager *m = userdata;
        _cleanup_(strings_freep) char **complaints = NULL;
        int r = manager_reload(m, &complaints);

        if (r < 0)
                log_error("Not reloaded, all stays as it was: %s", strerror(-r));
        return 0;
}

static void on_replay_end(void *userdata, const char *complaint) {
        struct manager *m = userdata;

        if (complaint)
                log_warning("%s: %s", m->options->replay, complaint);
        engine_flush(m->engine);
        manager_commit_alerts(m);
        output_flush_events(m->output);
        manager_mark(m, MANAGER_CAPTURE);
        manager_notify_status(m);
        log_info("%s: %" PRIu64 " frames replayed", m->options->replay, replay_frames(m->replay));
        if (m->options->replay_exit)
                (void) sd_event_exit(m->event, complaint ? -EBADMSG : 0);
}

/* Setting up. */

/* systemd.exec(5): the folder that StateDirectory= made. */
static int default_database(char **ret) {
        const char *folder = getenv("STATE_DIRECTORY");

        return asprintf(ret, "%s/lanscope.db", folder ? folder : STATEDIR) < 0 ? -ENOMEM : 0;
}

/* Beside the database, where that is a file. */
static int make_evidence(struct manager *m, const char *database) {
        const char *slash = strrchr(database, '/');
        _cleanup_(freep) char *folder = NULL;

        if (strcmp(database, ":memory:") == 0)
                return 0;
        if (asprintf(&folder, "%.*sevidence", slash ? (int) (slash + 1 - database) : 0, database) < 0) {
                folder = NULL;
                return -ENOMEM;
        }
        return evidence_keeper_new(&m->evidence, folder);
}

static int open_store(struct manager *m) {
        const char *path = m->options->database ? m->options->database : m->options->replay ? ":memory:" : NULL;
        _cleanup_(freep) char *message = NULL, *usual = NULL;
        int r = path ? 0 : default_database(&usual);

        if (r < 0) {
                usual = NULL;
                return r;
        }
        path = path ? path : usual;
        m->config.store.now = clock_ns(CLOCK_REALTIME);
        r = store_open(&m->store, path, &m->config.store, &message);
        if (r < 0)
                log_error("Cannot open the database %s: %s", path, message ? message : strerror(-r));
        else if (message)
                problems_set(&m->problems, PROBLEM_DATABASE, "%s", message);
        return r < 0 ? r : make_evidence(m, path);
}

static int restore_network(void *userdata, const struct network *network) {
        return inventory_restore_network(userdata, network);
}

static int restore_device(void *userdata, const struct device *device) {
        return inventory_restore_device(userdata, device);
}

static const struct device *source_device(void *userdata, uint64_t id) {
        return inventory_get(manager_inventory(userdata), id);
}

static const struct network *source_network(void *userdata, uint64_t id) {
        return inventory_get_network(manager_inventory(userdata), id);
}

static const struct store_hour *source_traffic(void *userdata, uint64_t id, size_t *ret_n) {
        struct manager *m = userdata;

        return ledger_fetch(m->ledger, id, ret_n);
}

static void source_traffic_written(void *userdata, bool written) {
        struct manager *m = userdata;

        ledger_fetched(m->ledger, written);
}

/* The learning period begins with the database. A capture file is about the past: there everything is new. */
uint64_t manager_learning_until(const struct manager *m) {
        uint64_t until;

        if (m->options->replay || m->config.learning_period == 0)
                return 0;
        if (__builtin_add_overflow(store_created(m->store), m->config.learning_period, &until))
                return UINT64_MAX;
        return until > clock_ns(CLOCK_REALTIME) ? until : 0;
}

/* Only a mirror port brings copies. */
uint64_t manager_duplicate_window(const struct config *config) {
        return config->capture.mode == MODE_SPAN ? config->duplicate_window : 0;
}

static void set_engine_config(const struct config *config, uint64_t learning, struct engine_config *ret) {
        engine_config_default(ret);
        ret->inventory = config->inventory;
        ret->detect = true;
        ret->settle = config->settle;
        ret->detect_settings = config->detect;
        ret->learning_until = learning;
        ret->flows = config->flows;
        ret->flow_table = config->flow_table;
        ret->duplicate_window = manager_duplicate_window(config);
}

/* What `device` sent as the flow's end `side`. */
static struct device_traffic traffic_of(const struct flow_moved *moved, unsigned side) {
        return (struct device_traffic) {
                .packets_sent = moved->packets[side],
                .bytes_sent = moved->bytes[side],
                .packets_received = moved->packets[!side],
                .bytes_received = moved->bytes[!side],
        };
}

/* What the other end is called: the device's name, or what this one called the address. */
static const char *name_of_peer(const struct manager *m, const struct flow_endpoint *us, const struct flow_endpoint *peer,
                                uint64_t ts, char buffer[static DEVICE_USER_TEXT_MAX + 1]) {
        const struct device *device = inventory_get_endpoint(manager_inventory(m), &peer->mac, &peer->ip);

        if (device)
                return device_display_name(device, buffer, DEVICE_USER_TEXT_MAX + 1);
        return peer_names_find(engine_peer_names(m->engine), &us->ip, &peer->ip, ts);
}

static void on_moved(void *userdata, const struct flow_record *record, const struct flow_moved *moved, uint64_t ts) {
        char name[DEVICE_USER_TEXT_MAX + 1];
        struct manager *m = userdata;

        for (unsigned i = 0; i < 2; i++) {
                const struct flow_endpoint *us = &record->endpoints[i], *peer = &record->endpoints[!i];
                const struct device *device = inventory_get_endpoint(manager_inventory(m), &us->mac, &us->ip);
                const struct heavy_amounts amounts = {
                        { moved->bytes[i], moved->bytes[!i] },
                        { moved->packets[i], moved->packets[!i] },
                };
                struct store_peer entry;

                talkers_add(m->talkers, device ? device->id : 0, &us->ip, &amounts);
                if (!device)
                        continue;
                entry = (struct store_peer) { peer->ip, name_of_peer(m, us, peer, ts, name), traffic_of(moved, i) };
                ledger_add_peer(m->ledger, device->id, ts, &entry);
                (void) store_put_device(m->store, device->id, CHANGE_SEEN);
                flush_with_haste(m, STORE_SELDOM);
        }
}

static int make_flows(struct manager *m) {
        const struct flows_ops ops = { on_moved, m };
        int r = m->config.flows ? flow_hasher_new(&m->hasher) : 0;
        uint64_t seed = 0;

        if (r < 0)
                log_error("SHA-1 of libcrypto cannot be used, which Community IDs of flows need");
        else if (m->config.flows)
                r = flows_new(&m->flows, m->config.flow_table.flows_max, &ops);
        if (r >= 0 && m->config.flows) {
                if (!m->options->replay)
                        (void) !getrandom(&seed, sizeof seed, GRND_INSECURE);
                r = talkers_new(&m->talkers, seed);
        }
        return r;
}

int manager_restart_flows(struct manager *m) {
        int r = engine_set_flows(m->engine, m->config.flows, &m->config.flow_table);

        m->flows = flows_free(m->flows);
        m->talkers = talkers_free(m->talkers);
        m->hasher = flow_hasher_free(m->hasher);
        return r < 0 ? r : make_flows(m);
}

static uint64_t now_for_events(void *userdata) {
        return manager_now(userdata);
}

/* Of flows it is only known on which interface they were while there is but one. */
static const char *name_interface(void *userdata, uint32_t ifindex) {
        const struct manager *m = userdata;
        const struct listener_interface *i;
        const char *name = NULL;
        size_t position = 0, n = 0;

        while (m->listener && (i = listener_next(m->listener, &position))) {
                if (i->ifindex == ifindex && ifindex != 0)
                        return i->name;
                name = i->name;
                n++;
        }
        return ifindex == 0 && n == 1 ? name : NULL;
}

int manager_restart_output(struct manager *m) {
        const struct output_ops ops = {
                .statistics = manager_write_statistics,
                .now = m->options->replay ? NULL : now_for_events,
                .interface = name_interface,
                .userdata = m,
        };

        m->output = output_free(m->output);
        m->reported.at = m->engine ? manager_now(m) : 0;
        return output_new(&m->output, m->event, &m->config, m->engine ? manager_inventory(m) : NULL,
                          m->engine ? engine_peer_names(m->engine) : NULL, &ops);
}

int manager_make_engine(struct manager *m) {
        const struct engine_ops ops = {
                .fact = on_fact,
                .device_added = on_device_added,
                .device_changed = on_device_changed,
                .device_removed = on_device_removed,
                .traffic = on_traffic,
                .network_added = on_network_added,
                .network_changed = on_network_changed,
                .alert = on_alert,
                .alert_changed = on_alert_changed,
                .flow = on_flow,
                .userdata = m,
        };
        struct engine_config config;
        uint64_t last_alert;
        int r;

        m->learning_until = manager_learning_until(m);
        set_engine_config(&m->config, m->learning_until, &config);
        config.session_bytes_max = m->options->replay ? 0 : CAPTURE_FIRST_BYTES;
        /* Weak at the worst, in the first second of a boot: no reason to wait or to fail. */
        if (!m->options->replay)
                (void) !getrandom(&config.hash_seed, sizeof config.hash_seed, GRND_INSECURE);
        r = store_last_alert_id(m->store, &last_alert);
        if (r < 0)
                return r;
        config.first_alert_id = last_alert + 1;
        r = engine_new(&m->engine, &config, &ops);
        if (r < 0)
                return r;
        inventory_set_rules(manager_inventory(m), m->rules);
        return 0;
}

int manager_restore(struct manager *m) {
        struct inventory *inventory = manager_inventory(m);
        const struct store_load_ops load = { restore_network, restore_device, inventory };
        const struct store_source source = { source_device, source_network, m, source_traffic, source_traffic_written };
        int r = store_load(m->store, &load);

        if (r < 0) {
                log_error("Cannot read the database: %s", store_last_error(m->store));
                return r;
        }
        store_set_source(m->store, &source);
        /* Names and classes are derived when time passes: before anybody can ask. */
        inventory_advance(inventory, m->options->replay ? 0 : clock_ns(CLOCK_REALTIME));
        manager_resolve_alerts(m);
        r = manager_load_exceptions(m);
        if (r >= 0)
                r = manager_load_lessons(m);
        return r < 0 ? r : store_count_unacknowledged(m->store, &m->unacknowledged);
}

static int add_timer(struct manager *m, sd_event_source **ret, clockid_t clock, uint64_t at, sd_event_time_handler_t handler,
                     int enabled, const char *name) {
        int r = sd_event_add_time(m->event, ret, clock, at, 250 * 1000, handler, m);

        if (r >= 0)
                r = sd_event_source_set_enabled(*ret, enabled);
        if (r >= 0)
                (void) sd_event_source_set_description(*ret, name);
        return r;
}

static int make_loop(struct manager *m) {
        uint64_t now;
        sigset_t mask;
        int r;

        sigemptyset(&mask);
        sigaddset(&mask, SIGTERM);
        sigaddset(&mask, SIGINT);
        sigaddset(&mask, SIGHUP);
        sigaddset(&mask, SIGPIPE); /* a reader of an export may leave */
        if (sigprocmask(SIG_BLOCK, &mask, NULL) < 0)
                return -errno;
        r = sd_event_new(&m->event);
        if (r >= 0)
                r = sd_event_set_watchdog(m->event, true);
        if (r >= 0)
                r = sd_event_now(m->event, CLOCK_MONOTONIC, &now);
        if (r >= 0)
                r = sd_event_add_signal(m->event, &m->term_signal, SIGTERM, on_quit, m);
        if (r >= 0)
                r = sd_event_add_signal(m->event, &m->interrupt_signal, SIGINT, on_quit, m);
        if (r >= 0)
                r = sd_event_add_signal(m->event, &m->hangup_signal, SIGHUP, on_hangup, m);
        if (r >= 0)
                r = sd_event_add_post(m->event, &m->post, on_post, m);
        if (r >= 0)
                r = add_timer(m, &m->engine_timer, CLOCK_BOOTTIME, 0, on_engine_timer, SD_EVENT_OFF, "engine");
        if (r >= 0)
                r = add_timer(m, &m->flush_timer, CLOCK_MONOTONIC, 0, on_flush, SD_EVENT_OFF, "flush");
        if (r >= 0)
                r = add_timer(m, &m->prune_timer, CLOCK_MONOTONIC, now + PRUNE_INTERVAL / 60, on_prune, SD_EVENT_ONESHOT, "prune");
        if (r >= 0)
                r = add_timer(m, &m->lessons_timer, CLOCK_MONOTONIC, now + LESSONS_INTERVAL, on_lessons, SD_EVENT_ONESHOT, "lessons");
        return r;
}

/* What clients are told of devices is an event, too. */

static void tell_added(void *userdata, enum object_kind kind, uint64_t id) {
        struct manager *m = userdata;
        const struct device *d = kind == OBJECT_DEVICE ? inventory_get(manager_inventory(m), id) : NULL;

        manager_bus_changes.added(m, kind, id);
        if (d && output_events(m->output))
                eve_take_device(output_events(m->output), d, EVE_DEVICE_ADDED, manager_now(m));
}

static void tell_changed(void *userdata, enum object_kind kind, uint64_t id, uint32_t mask) {
        struct manager *m = userdata;
        const struct device *d = kind == OBJECT_DEVICE ? inventory_get(manager_inventory(m), id) : NULL;

        manager_bus_changes.changed(m, kind, id, mask);
        if (d && output_events(m->output))
                eve_take_device(output_events(m->output), d, EVE_DEVICE_CHANGED, manager_now(m));
}

static void tell_removed(void *userdata, enum object_kind kind, uint64_t id) {
        struct manager *m = userdata;

        manager_bus_changes.removed(m, kind, id);
        if (kind == OBJECT_DEVICE && output_events(m->output))
                eve_take_device_gone(output_events(m->output), id, manager_now(m));
}

static int make_bus(struct manager *m) {
        struct changes_ops changes = {
                .added = tell_added,
                .changed = tell_changed,
                .removed = tell_removed,
                .congested = manager_bus_changes.congested,
        };
        int r = manager_bus_connect(m);

        changes.userdata = m;
        if (r >= 0)
                r = polkit_new(&m->polkit, m->bus);
        if (r >= 0)
                r = changes_new(&m->changes, m->event, &changes);
        return r;
}

static int start_listening(struct manager *m) {
        const struct listener_ops ops = {
                .frame = on_frame,
                .sighting = on_sighting,
                .flow = on_flow_delta,
                .interface = on_interface,
                .interface_gone = on_interface_gone,
                .changed = on_listener_changed,
                .userdata = m,
        };
        int r = listener_new(&m->listener, m->event, &ops);

        if (r < 0) {
                log_error("Cannot ask the kernel for the network interfaces: %s", strerror(-r));
                return r;
        }
        r = listener_start(m->listener, &m->config.capture, m->config.interfaces, m->config.n_interfaces);
        if (r < 0)
                log_error("Nothing can be captured, see above: lanscoped needs CAP_BPF, CAP_PERFMON, CAP_NET_ADMIN and "
                          "CAP_NET_RAW (its unit grants them), or root");
        return r;
}

static int start_replay(struct manager *m) {
        const struct replay_ops ops = { on_frame, on_replay_end, m };
        int r = replay_new(&m->replay, m->event, m->options->replay, &ops);

        if (r < 0)
                log_error("Cannot replay %s: %s", m->options->replay, r == -EMEDIUMTYPE ? "it is not a capture file" : strerror(-r));
        return r;
}

int manager_new(struct manager **ret, const struct manager_options *options) {
        _cleanup_(manager_freep) struct manager *m = calloc(1, sizeof *m);
        _cleanup_(strings_freep) char **complaints = NULL;
        _cleanup_(model_freep) struct model *model = NULL;
        int r;

        if (!m)
                return -ENOMEM;
        m->options = options;
        m->engine_deadline = UINT64_MAX;
        memset(m->flush_at, 0xff, sizeof m->flush_at);
        m->started = clock_ns(CLOCK_REALTIME);
        manager_take_sockets(m);
        r = settings_load(options, &m->config, &m->rules, &model, &complaints);
        if (r >= 0) {
                manager_begin_privileges(m);
                r = make_loop(m);
        }
        if (r >= 0)
                r = make_bus(m);
        if (r >= 0)
                r = open_store(m);
        if (r >= 0 && !options->replay)
                manager_begin_clock(m);
        if (r >= 0)
                r = alert_queue_new(&m->alerts);
        if (r >= 0)
                r = alert_queue_new(&m->alert_changes);
        if (r >= 0)
                r = streams_new(&m->streams, m->event, STREAMS_STALL);
        if (r >= 0)
                r = ledger_new(&m->ledger);
        if (r >= 0)
                r = make_flows(m);
        if (r >= 0)
                r = manager_make_engine(m);
        if (r >= 0)
                engine_set_model(m->engine, TAKE_PTR(model));
        if (r >= 0)
                r = manager_restart_output(m);
        if (r >= 0)
                r = manager_restore(m);
        if (r >= 0)
                r = manager_bus_register(m);
        if (r >= 0)
                r = options->replay ? start_replay(m) : start_listening(m);
        if (r < 0)
                return r;
        manager_restart_metrics(m);
        *ret = TAKE_PTR(m);
        return 0;
}

struct manager *manager_free(struct manager *m) {
        if (!m)
                return NULL;
        manager_stop_metrics(m);
        listener_free(m->listener);
        replay_free(m->replay);
        polkit_free(m->polkit);
        streams_free(m->streams);
        store_close(m->store);
        evidence_keeper_free(m->evidence);
        output_free(m->output);
        engine_free(m->engine);
        flows_free(m->flows);
        talkers_free(m->talkers);
        ledger_free(m->ledger);
        flow_hasher_free(m->hasher);
        ruleset_free(m->rules);
        changes_free(m->changes);
        alert_queue_free(m->alerts);
        alert_queue_free(m->alert_changes);
        problems_done(&m->problems);
        sd_bus_flush_close_unref(m->bus);
        sd_event_source_disable_unref(m->post);
        sd_event_source_disable_unref(m->engine_timer);
        sd_event_source_disable_unref(m->flush_timer);
        sd_event_source_disable_unref(m->prune_timer);
        sd_event_source_disable_unref(m->lessons_timer);
        sd_event_source_disable_unref(m->term_signal);
        sd_event_source_disable_unref(m->interrupt_signal);
        sd_event_source_disable_unref(m->hangup_signal);
        sd_event_unref(m->event);
        free(m);
        return NULL;
}

int manager_run(struct manager *m) {
        int r;

        m->running = true;
        manager_review_privileges(m);
        manager_notify_status(m);
        (void) sd_notify(false, "READY=1");
        log_info("lanscoped %s is running", PACKAGE_VERSION);
        r = loop_run(m->event, &m->tally.busy);
        m->running = false;
        (void) sd_notify(false, "STOPPING=1\nSTATUS=Saving");
        /* What the kernel counted since it was asked last comes with the end of capture. */
        (void) manager_stop_capture(m);
        /* The flows that go on end here, and count until here. */
        (void) engine_set_flows(m->engine, false, &m->config.flow_table);
        manager_commit_alerts(m);
        manager_save_exceptions(m);
        manager_save_lessons(m);
        changes_flush(m->changes);
        output_flush_events(m->output);
        if (store_flush(m->store, 0) < 0) {
                log_error("Not everything that was seen could be saved: %s", store_last_error(m->store));
                r = r < 0 ? r : -EIO;
        }
        return r;
}
