/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Retention. Each call takes one bounded step, so that the event loop never waits long, and writes nothing
 * when there is nothing to take. What the user set something on, and this machine itself, always stay. */

#include "daemon/store-internal.h"

#define STEP 500              /* rows a call */
/* More than all detectors together hold; and what was not seen for so long is learned anew. */
#define LESSONS_MAX 16384
#define LESSON_AGE_MAX (UINT64_C(180) * 86400 * NSEC_PER_SEC)
#define VACUUM_PAGES_MIN 256  /* fewer free pages than this are kept for what comes: 1 MiB */

struct rule {
        enum store_statement any, delete;
};

static const struct rule old_alerts = { SQL_OLD_ALERTS_ANY, SQL_OLD_ALERTS_DELETE };
static const struct rule old_devices = { SQL_OLD_DEVICES_ANY, SQL_OLD_DEVICES_DELETE };
static const struct rule old_lessons = { SQL_OLD_LESSONS_ANY, SQL_OLD_LESSONS_DELETE };
static const struct rule old_networks = { SQL_OLD_NETWORKS_ANY, SQL_OLD_NETWORKS_DELETE };

/* Deletes up to STEP rows whose time is before `limit`; number of rows. */
static int apply(struct store *store, const struct rule *rule, uint64_t limit) {
        const struct store_value any[] = { NUMBER(limit), NUMBER(1) };
        sqlite3_stmt *rows = store_query(store, rule->any, any, ELEMENTSOF(any));
        int r;

        r = store_next(store, rows);
        sqlite3_reset(rows);
        if (r <= 0)
                return r;
        r = store_begin(store, false);
        if (r < 0)
                return r;
        return store_end(store, store_run(store, rule->delete, NUMBER(limit), NUMBER(STEP)));
}

/* What is before it is too old; 0: nothing is. */
static uint64_t limit_of_age(const struct store *store, uint64_t age_max, uint64_t now) {
        return store->keep_old || age_max == 0 || now <= age_max ? 0 : now - age_max;
}

static int delete_first_alerts(struct store *store, uint64_t n) {
        int r;

        r = store_begin(store, false);
        if (r < 0)
                return r;
        r = store_end(store, store_run(store, SQL_EXCESS_ALERTS_DELETE, NUMBER(MIN(n, (uint64_t) STEP))));
        if (r > 0)
                store->counters.pruned_alerts += (uint64_t) r;
        return r;
}

static int prune_alerts(struct store *store, uint64_t now) {
        uint64_t n, limit = limit_of_age(store, store->config.alert_age_max, now);
        int r = limit > 0 ? apply(store, &old_alerts, limit) : 0;

        if (r > 0)
                store->counters.pruned_alerts += (uint64_t) r;
        if (r != 0)
                return r;
        r = store_number(store, SQL_COUNT_ALERTS, &n);
        if (r < 0 || n <= store->config.alerts_max)
                return r;
        return delete_first_alerts(store, n - store->config.alerts_max);
}

static int prune_devices(struct store *store, uint64_t limit) {
        int r = apply(store, &old_devices, limit);

        if (r > 0)
                store->counters.pruned_devices += (uint64_t) r;
        return r != 0 ? r : apply(store, &old_networks, limit);
}

static int prune_lessons(struct store *store, uint64_t now) {
        uint64_t n, limit = limit_of_age(store, LESSON_AGE_MAX, now);
        int r = limit > 0 ? apply(store, &old_lessons, limit) : 0;

        if (r == 0)
                r = store_number(store, SQL_COUNT_LESSONS, &n);
        if (r != 0 || n <= LESSONS_MAX)
                return r;
        r = store_begin(store, false);
        if (r < 0)
                return r;
        return store_end(store, store_run(store, SQL_EXCESS_LESSONS_DELETE, NUMBER(MIN(n - LESSONS_MAX, (uint64_t) STEP))));
}

static int prune_span(struct store *store, enum store_span span, uint64_t age_max, uint64_t now) {
        uint64_t limit = limit_of_age(store, age_max, now);

        return limit > 0 ? store_prune_traffic(store, span, limit) : 0;
}

static int prune_history(struct store *store, uint64_t now) {
        int r = prune_span(store, SPAN_HOUR, store->config.hour_age_max, now);

        return r != 0 ? r : prune_span(store, SPAN_DAY, store->config.day_age_max, now);
}

/* The older half of the history: hours, then days. */
static int prune_oldest_traffic(struct store *store, uint64_t now) {
        for (int span = 0; span < _SPAN_MAX; span++) {
                uint64_t first;
                int r = store_first_traffic(store, (enum store_span) span, &first);

                if (r > 0)
                        r = first < now ? store_prune_traffic(store, (enum store_span) span, first + (now - first) / 2) : 0;
                if (r != 0)
                        return r;
        }
        return 0;
}

/* Near the size limit the oldest goes, whatever its age: first the older half of the history of traffic, as often as
 * it takes, then alerts down to half of what is allowed, then devices that are silent, then any alert. */
static int prune_for_size(struct store *store, uint64_t now) {
        uint64_t pages, free_pages, page_size, alerts;
        int r;

        r = store_number(store, SQL_PAGE_COUNT, &pages);
        if (r >= 0)
                r = store_number(store, SQL_FREE_PAGES, &free_pages);
        if (r >= 0)
                r = store_number(store, SQL_PAGE_SIZE, &page_size);
        if (r >= 0)
                r = store_number(store, SQL_COUNT_ALERTS, &alerts);
        if (r < 0 || (pages - free_pages) * page_size <= store->config.size_max / 10 * 9)
                return r;
        r = prune_oldest_traffic(store, now);
        if (r != 0)
                return r;
        if (alerts > store->config.alerts_max / 2)
                return delete_first_alerts(store, STEP);
        r = prune_devices(store, now > 3600 * NSEC_PER_SEC ? now - 3600 * NSEC_PER_SEC : 0);
        if (r == 0 && alerts > 0)
                r = delete_first_alerts(store, STEP);
        return r;
}

/* Gives free pages back to the file system. */
static int vacuum(struct store *store) {
        uint64_t pages, free_pages;
        int r;

        r = store_number(store, SQL_FREE_PAGES, &free_pages);
        if (r >= 0)
                r = store_number(store, SQL_PAGE_COUNT, &pages);
        if (r < 0 || free_pages < VACUUM_PAGES_MIN || free_pages < pages / 4)
                return r;
        r = store_begin(store, false);
        if (r < 0)
                return r;
        r = store_end(store, store_run_plain(store, SQL_VACUUM_STEP));
        return r < 0 ? r : 1;
}

void store_keep_old(struct store *store, bool keep) {
        store->keep_old = keep;
}

int store_prune(struct store *store, uint64_t now) {
        uint64_t limit = limit_of_age(store, store->config.device_age_max, now);
        int r = prune_alerts(store, now);

        if (r == 0)
                r = prune_history(store, now);
        if (r == 0 && limit > 0)
                r = prune_devices(store, limit);
        if (r == 0)
                r = prune_lessons(store, now);
        if (r == 0)
                r = prune_for_size(store, now);
        if (r == 0)
                r = vacuum(store);
        return r > 0 ? 1 : r;
}
