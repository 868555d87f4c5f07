/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What clients ask the service to change. It is on the disk before it is answered, and where it cannot be
 * written, it has not happened. */

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-daemon.h>

#include "common/cleanup.h"
#include "daemon/alert-bus.h"
#include "daemon/log.h"
#include "daemon/manager.h"
#include "daemon/manager-metrics.h"
#include "daemon/manager-privileges.h"
#include "daemon/privileges.h"
#include "daemon/settings.h"

static int set_text(struct manager *m, uint64_t id, int (*set)(struct inventory *inventory, uint64_t id, const char *text),
                    const char *old, const char *text) {
        if (strcmp(old ? old : "", text ? text : "") == 0)
                return 0;
        return set(manager_inventory(m), id, text);
}

/* Makes the inventory's record what `user` says, where it differs. */
static int apply_user(struct manager *m, uint64_t id, const struct device_user *user) {
        struct inventory *inventory = manager_inventory(m);
        const struct device *d = inventory_get(inventory, id);
        int r;

        if (!d)
                return -ENOENT;
        r = set_text(m, id, inventory_set_label, d->user.label, user->label);
        if (r >= 0)
                r = set_text(m, id, inventory_set_notes, d->user.notes, user->notes);
        if (r >= 0 && d->user.type != user->type)
                r = inventory_set_type(inventory, id, user->type);
        if (r >= 0 && d->user.trusted != user->trusted)
                r = inventory_set_trusted(inventory, id, user->trusted);
        return r;
}

/* What waits for the store is written before a change that must last: the network that the device belongs to may be
 * among it, and whether the store can write at all is known before anything is changed in memory. */
static int flush_before(struct manager *m, uint64_t id) {
        int r = store_put_device(m->store, id, CHANGE_USER);

        return r < 0 ? r : store_flush(m->store, 0);
}

int manager_set_user(struct manager *m, const struct device *device, const struct device_user *user) {
        struct device_user before = device->user;
        uint64_t id = device->id;
        int r = flush_before(m, id);

        if (r >= 0)
                r = store_save_user(m->store, device, user);
        if (r < 0)
                return r;
        before.label = before.label ? strdup(before.label) : NULL;
        before.notes = before.notes ? strdup(before.notes) : NULL;
        r = apply_user(m, id, user);
        if (r < 0) { /* refused, or out of memory: the file goes back to what the memory holds */
                (void) apply_user(m, id, &before);
                device = inventory_get(manager_inventory(m), id);
                if (device)
                        (void) store_save_user(m->store, device, &device->user);
        }
        free(before.label);
        free(before.notes);
        return r;
}

int manager_forget(struct manager *m, uint64_t id) {
        const struct device *d = inventory_get(manager_inventory(m), id);
        int r = store_forget(m->store, id);

        for (size_t i = 0; r >= 0 && d && i < d->n_macs; i++)
                engine_forget(m->engine, &d->macs[i].address);
        return r < 0 ? r : inventory_forget(manager_inventory(m), id);
}

/* Merging and splitting cannot be undone in memory. flush_before() has shown that the store can write; if it still fails
 * now, both devices are marked, and the next flush writes them. */
static int not_saved_yet(struct manager *m, const char *what, uint64_t id, uint64_t other) {
        log_error("The %s is not saved yet, will try again: %s", what, store_last_error(m->store));
        (void) store_put_device(m->store, id, UINT32_MAX);
        (void) store_put_device(m->store, other, UINT32_MAX);
        return -EINPROGRESS;
}

int manager_merge(struct manager *m, uint64_t id, uint64_t other) {
        const struct device *merged;
        int r = flush_before(m, id);

        if (r >= 0)
                r = inventory_merge(manager_inventory(m), id, other);
        if (r < 0)
                return r;
        merged = inventory_get(manager_inventory(m), id);
        r = store_merge(m->store, merged, other);
        if (r < 0)
                return not_saved_yet(m, "merge", id, other);
        manager_save_exceptions(m);
        (void) manager_load_exceptions(m);
        return 0;
}

int manager_split(struct manager *m, uint64_t id, const struct mac_address *mac, uint64_t *ret_id) {
        struct inventory *inventory = manager_inventory(m);
        uint64_t created;
        int r = flush_before(m, id);

        if (r >= 0)
                r = inventory_split(inventory, id, mac, &created);
        if (r < 0)
                return r;
        r = store_split(m->store, inventory_get(inventory, id), inventory_get(inventory, created));
        if (r < 0)
                return not_saved_yet(m, "split", id, created);
        *ret_id = created;
        return 0;
}

int manager_acknowledge(struct manager *m, const uint64_t *ids, size_t n, size_t *ret_n) {
        _cleanup_(freep) uint64_t *changed = NULL;
        int r;

        manager_commit_alerts(m);
        r = store_acknowledge_alerts(m->store, ids, n, &changed, ret_n);
        if (r < 0)
                return r;
        if (*ret_n > 0)
                (void) alert_bus_emit_acknowledged(m->bus, changed, *ret_n);
        manager_recount_alerts(m);
        return 0;
}

static int restart_capture(struct manager *m) {
        int r;

        if (manager_regain_privileges(m, capture_config_privileges(&m->config.capture)))
                return 0;
        m->frames = 0;
        r = listener_start(m->listener, &m->config.capture, m->config.interfaces, m->config.n_interfaces);
        return (r == -EPERM || r == -EACCES) && manager_regain_privileges(m, PRIVILEGES_ALL) ? 0 : r;
}

int manager_set_mode(struct manager *m, enum capture_mode mode, const char *const interfaces[], size_t n,
                     struct strbuf *reasons) {
        _cleanup_(freep) struct config *before = malloc(sizeof *before);
        bool was_started, was_set = m->mode_is_set;
        int r;

        if (!m->listener)
                return -EOPNOTSUPP;
        if (!before)
                return -ENOMEM;
        *before = m->config;
        was_started = listener_is_started(m->listener);
        m->config.capture.mode = mode;
        engine_set_duplicate_window(m->engine, manager_duplicate_window(&m->config));
        m->config.n_interfaces = 0;
        for (size_t i = 0; i < n; i++)
                (void) config_add_interface(&m->config, interfaces[i]);
        m->mode_is_set = true;
        manager_mark(m, MANAGER_MODE | MANAGER_CAPTURE);
        r = restart_capture(m);
        if (r >= 0)
                return 0;
        m->mode_is_set = was_set;
        listener_describe_failures(m->listener, reasons);
        m->config = *before;
        engine_set_duplicate_window(m->engine, manager_duplicate_window(&m->config));
        if (was_started)
                (void) restart_capture(m);
        else
                listener_stop(m->listener);
        return r;
}

int manager_start_capture(struct manager *m, struct strbuf *reasons) {
        int r;

        if (!m->listener)
                return -EOPNOTSUPP;
        if (listener_is_started(m->listener))
                return 0;
        r = restart_capture(m);
        if (r < 0) {
                listener_describe_failures(m->listener, reasons);
                listener_stop(m->listener);
        }
        return r;
}

int manager_stop_capture(struct manager *m) {
        if (!m->listener)
                return -EOPNOTSUPP;
        listener_stop(m->listener);
        return 0;
}

static bool capture_differs(const struct config *a, const struct config *b) {
        return memcmp(&a->capture, &b->capture, sizeof a->capture) != 0 || a->n_interfaces != b->n_interfaces ||
               memcmp(a->interfaces, b->interfaces, sizeof a->interfaces) != 0;
}

static bool flows_differ(const struct config *a, const struct config *b) {
        return a->flows != b->flows || memcmp(&a->flow_table, &b->flow_table, sizeof a->flow_table) != 0;
}

static void apply_config(struct manager *m, const struct config *config) {
        bool restart = capture_differs(&m->config, config), flows = flows_differ(&m->config, config);
        bool output = memcmp(&m->config.output, &config->output, sizeof config->output) != 0;
        bool metrics = memcmp(&m->config.metrics, &config->metrics, sizeof config->metrics) != 0;
        uint64_t until;

        m->config = *config;
        m->mode_is_set = false;
        store_set_config(m->store, &m->config.store);
        inventory_set_config(manager_inventory(m), &m->config.inventory);
        if (flows && manager_restart_flows(m) < 0)
                log_error("No flows are kept: out of memory");
        if (output && manager_restart_output(m) < 0)
                log_error("Nothing is written to the files of [Output]: out of memory");
        if (metrics)
                manager_restart_metrics(m);
        engine_set_settle(m->engine, m->config.settle);
        engine_set_duplicate_window(m->engine, manager_duplicate_window(&m->config));
        engine_set_detect_settings(m->engine, &m->config.detect);
        until = manager_learning_until(m);
        engine_set_learning_until(m->engine, until);
        m->learning_until = until;
        manager_mark(m, MANAGER_MODE | MANAGER_LEARNING | MANAGER_CAPTURE);
        if (restart && m->listener && listener_is_started(m->listener))
                (void) restart_capture(m);
}

int manager_reload(struct manager *m, char ***ret) {
        struct ruleset *rules = NULL;
        struct model *model = NULL;
        struct config config;
        uint64_t now = 0;
        int r;

        (void) sd_event_now(m->event, CLOCK_MONOTONIC, &now);
        (void) sd_notifyf(false, "RELOADING=1\nMONOTONIC_USEC=%" PRIu64, now);
        r = settings_load(m->options, &config, &rules, &model, ret);
        if (r >= 0) {
                inventory_set_rules(manager_inventory(m), rules);
                ruleset_free(m->rules);
                m->rules = rules;
                /* One that works is not given up for one that does not. */
                if (model || config.model[0] == '\0')
                        engine_set_model(m->engine, model);
                apply_config(m, &config);
                log_info("Reloaded configuration and %zu rules", ruleset_count(rules));
        }
        (void) sd_notify(false, "READY=1");
        manager_notify_status(m);
        return r;
}

int manager_load_exceptions(struct manager *m) {
        _cleanup_(freep) struct alert_exception *list = calloc(ALERT_EXCEPTIONS_MAX, sizeof *list);
        uint64_t now = engine_now(m->engine);
        size_t kept = 0;
        int n;

        if (!list)
                return -ENOMEM;
        n = store_list_exceptions(m->store, list, ALERT_EXCEPTIONS_MAX);
        if (n < 0)
                return n;
        for (int i = 0; i < n; i++)
                if (list[i].expires != 0 && list[i].expires <= now)
                        (void) store_delete_exception(m->store, list[i].id);
                else
                        list[kept++] = list[i];
        return alert_ledger_set_exceptions(engine_alert_ledger(m->engine), list, kept);
}

void manager_save_exceptions(struct manager *m) {
        size_t n;
        const struct alert_exception *list = alert_ledger_exceptions(engine_alert_ledger(m->engine), &n);

        for (size_t i = 0; i < n; i++)
                if (list[i].hits > 0 && store_save_exception_hits(m->store, &list[i]) < 0)
                        return;
}

int manager_mute(struct manager *m, struct alert_exception *e) {
        size_t n;
        int r;

        alert_ledger_exceptions(engine_alert_ledger(m->engine), &n);
        if (n >= ALERT_EXCEPTIONS_MAX)
                return -E2BIG;
        e->created = engine_now(m->engine);
        manager_save_exceptions(m);
        r = store_add_exception(m->store, e);
        return r < 0 ? r : manager_load_exceptions(m);
}

int manager_unmute(struct manager *m, uint64_t id) {
        int r;

        manager_save_exceptions(m);
        r = store_delete_exception(m->store, id);
        return r < 0 ? r : manager_load_exceptions(m);
}
