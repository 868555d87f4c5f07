/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* When the clock is set. Time in the engine goes forward only, and a year ahead of itself it would stand still for a year; and
 * devices that were heard a second ago would have been away for ten. So everything is saved, what was seen in this run is moved in the
 * database to where it belongs, and the engine begins anew with that, as after a restart. */

#include "daemon/manager-clock.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "daemon/log.h"
#include "daemon/manager-store.h"
#include "engine/detect/model.h"

/* Further from the time before than frames are held back, so that it may be worth a look at the clock. */
#define FAR (10 * NSEC_PER_SEC)
/* When the database can't be written. */
#define STEP_RETRY (30 * NSEC_PER_SEC)

/* What stands in the database was dated by a clock that was right, if this one says nearly the same. */
void manager_begin_clock(struct manager *m) {
        uint64_t now = clock_ns(CLOCK_REALTIME), newest = 0;
        bool steady = store_newest(m->store, &newest) >= 0 &&
                (newest == 0 || (newest <= now && now - newest < CLOCK_STEADY));

        clock_watch_begin(&m->clock, now, clock_ns(CLOCK_BOOTTIME), steady);
        if (newest > now + CLOCK_STEP_MIN) { /* by a clock that was ahead */
                log_warning("What was seen before is dated in the future: it is taken for seen now");
                (void) store_shift_times(m->store, UINT64_MAX, 0, now);
        }
}

bool manager_clock_is_steady(const struct manager *m) {
        return clock_watch_is_steady(&m->clock, clock_ns(CLOCK_BOOTTIME));
}

uint64_t manager_boot_time(const struct manager *m, uint64_t deadline) {
        int64_t since_boot = (int64_t) (deadline + (uint64_t) m->clock_step - m->clock.real_at_boot); /* wraps as that does */

        return since_boot > 0 ? (uint64_t) since_boot / NSEC_PER_USEC + 1 : 0;
}

uint64_t manager_engine_clock(const struct manager *m) {
        return clock_ns(CLOCK_REALTIME) - (uint64_t) m->clock_step;
}

/* All that memory holds into the database, as at the end. */
static int save_all(struct manager *m) {
        (void) engine_set_flows(m->engine, false, &m->config.flow_table);
        manager_commit_alerts(m);
        manager_save_exceptions(m);
        manager_save_lessons(m);
        return store_flush(m->store, 0);
}

static void tell_devices(struct manager *m) {
        size_t position = 0;

        for (const struct device *d; (d = inventory_next(manager_inventory(m), &position));)
                (void) changes_mark(m->changes, OBJECT_DEVICE, d->id, CHANGE_PRESENCE);
        manager_mark(m, MANAGER_DEVICES | MANAGER_ALERTS | MANAGER_LEARNING);
}

static int begin_anew(struct manager *m) {
        struct model *model = engine_take_model(m->engine);
        struct engine *before = m->engine;
        int r = manager_make_engine(m);

        if (r < 0) {
                engine_set_model(before, model);
                return r;
        }
        output_set_knowledge(m->output, manager_inventory(m), engine_peer_names(m->engine));
        engine_free(before);
        engine_set_model(m->engine, model);
        m->alerts_resolved = false;
        m->engine_deadline = UINT64_MAX;
        r = manager_restore(m);
        if (r >= 0)
                r = manager_restart_flows(m);
        listener_tell(m->listener);
        return r;
}

static int date_anew(struct manager *m, int64_t step, uint64_t now) {
        int r = save_all(m);

        if (r >= 0)
                r = store_shift_times(m->store, m->started, step, now);
        if (r < 0) { /* all stays as it is until that can be done */
                (void) manager_restart_flows(m);
                return r;
        }
        m->started += (uint64_t) step;
        m->reported.at = now;
        r = begin_anew(m);
        tell_devices(m);
        return r;
}

static void say(int64_t step) {
        uint64_t seconds = (uint64_t) (step < 0 ? -step : step) / NSEC_PER_SEC;

        log_warning("The clock was set %s by %" PRIu64 " s: what was seen since the start is dated anew", step < 0 ? "back" : "forward",
                    seconds);
}

void manager_check_clock(struct manager *m) {
        uint64_t now = clock_ns(CLOCK_REALTIME), boot = clock_ns(CLOCK_BOOTTIME);
        int64_t step = clock_watch_step(&m->clock, now, boot);

        if (m->replay)
                return;
        if (step != 0)
                say(step);
        m->clock_step += step;
        if (m->clock_step == 0 || boot < m->clock_retry_at)
                return;
        if (date_anew(m, m->clock_step, now) < 0) {
                m->clock_retry_at = boot + STEP_RETRY;
                manager_store_failed(m);
                return;
        }
        m->clock_step = 0;
        m->clock_retry_at = 0;
        manager_store_works(m);
}

uint64_t manager_feel_time(struct manager *m, uint64_t ts) {
        uint64_t now = engine_now(m->engine);

        ts -= (uint64_t) m->clock_step;
        if (m->replay || (ts < now + FAR && ts + FAR > now))
                return ts;
        ts += (uint64_t) m->clock_step;
        manager_check_clock(m);
        ts -= (uint64_t) m->clock_step;
        return MIN(ts, manager_engine_clock(m) + FAR);
}
