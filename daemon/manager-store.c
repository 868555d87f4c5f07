/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* When the database cannot be written, or is no more: said once, tried again, and what memory holds is put into the
 * one that is made anew. */

#include "daemon/manager-store.h"

#include <errno.h>
#include <stdlib.h>

#include "common/cleanup.h"
#include "daemon/log.h"

static void problems_changed(struct manager *m) {
        manager_mark(m, MANAGER_PROBLEMS);
        manager_notify_status(m);
}

void manager_store_failed(struct manager *m) {
        if (problems_set(&m->problems, PROBLEM_STORE, "What is seen cannot be saved, and nothing can be set. %s It is tried "
                         "again every half minute.", store_last_error(m->store)))
                problems_changed(m);
}

void manager_store_works(struct manager *m) {
        if (!problems_clear(&m->problems, PROBLEM_STORE))
                return;
        m->alerts_retry_at = m->clock_retry_at = 0;
        problems_changed(m);
}

void manager_lost_alert(struct manager *m) {
        m->counters.alerts_dropped++;
        if (problems_set(&m->problems, PROBLEM_ALERTS, "Alerts were lost: more came than can wait for the database"))
                problems_changed(m);
}

static void mark_all(struct manager *m) {
        const struct inventory *inventory = manager_inventory(m);
        size_t position = 0;

        for (const struct network *n; (n = inventory_next_network(inventory, &position));)
                (void) store_put_network(m->store, n->id);
        position = 0;
        for (const struct device *d; (d = inventory_next(inventory, &position));)
                (void) store_put_device(m->store, d->id, UINT32_MAX);
}

static bool is_among(const struct alert_exception *list, int n, uint64_t id) {
        for (int i = 0; i < n; i++)
                if (list[i].id == id)
                        return true;
        return false;
}

/* Those that were not read from the database before. They get other ids. */
static int save_exceptions(struct manager *m) {
        _cleanup_(freep) struct alert_exception *saved = calloc(ALERT_EXCEPTIONS_MAX, sizeof *saved);
        size_t n;
        const struct alert_exception *list = alert_ledger_exceptions(engine_alert_ledger(m->engine), &n);
        int n_saved = saved ? store_list_exceptions(m->store, saved, ALERT_EXCEPTIONS_MAX) : -ENOMEM, r = 0;

        if (n_saved < 0)
                return n_saved;
        for (size_t i = 0; r >= 0 && i < n; i++) {
                struct alert_exception e = list[i];

                if (!is_among(saved, n_saved, e.id))
                        r = store_add_exception(m->store, &e);
        }
        return r < 0 ? r : manager_load_exceptions(m);
}

static int mend(struct manager *m) {
        _cleanup_(freep) char *message = NULL;
        int r = store_recover(m->store, manager_now(m), &message);

        if (r < 0)
                return r;
        problems_set(&m->problems, PROBLEM_DATABASE, "%s", message);
        problems_changed(m);
        mark_all(m);
        m->lessons_missing = true;
        r = save_exceptions(m);
        if (r >= 0)
                r = store_flush(m->store, 0);
        return r;
}

void manager_mend_store(struct manager *m) {
        uint64_t now = 0;

        (void) sd_event_now(m->event, CLOCK_MONOTONIC, &now);
        if (!store_is_lost(m->store) || now < m->mend_at)
                return;
        if (mend(m) < 0) {
                m->mend_at = now + STORE_RETRY;
                manager_store_failed(m);
                manager_flush_within(m, STORE_RETRY);
                return;
        }
        m->mend_at = 0;
        manager_store_works(m);
        manager_recount_alerts(m);
}

void manager_resolve_alerts(struct manager *m) {
        if (m->alerts_resolved)
                return;
        if (store_resolve_alerts(m->store) >= 0) {
                m->alerts_resolved = true;
                return;
        }
        manager_store_failed(m);
        manager_flush_within(m, STORE_RETRY);
}

static void tell_lessons(void *userdata, lesson_take_fn take, void *to) {
        struct manager *m = userdata;

        engine_remember(m->engine, m->lessons_missing, take, to);
}

void manager_save_lessons(struct manager *m) {
        int r = store_save_lessons(m->store, manager_now(m), tell_lessons, m);

        /* They were told, and are not saved: the next time all are told. */
        m->lessons_missing = r < 0;
        if (r < 0)
                manager_store_failed(m);
}

static bool take_lesson(void *userdata, const struct lesson *lesson) {
        struct manager *m = userdata;

        return engine_recall(m->engine, lesson, manager_now(m));
}

int manager_load_lessons(struct manager *m) {
        return store_load_lessons(m->store, take_lesson, m);
}
