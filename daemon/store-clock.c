/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* When the clock was set, what was seen by the clock before is dated anew. */

#include "daemon/store-internal.h"

static int shift_all(struct store *store, uint64_t since, int64_t step, uint64_t now) {
        static const enum store_statement statements[] = { SQL_SHIFT_NETWORKS, SQL_SHIFT_DEVICES, SQL_SHIFT_ADDRESSES,
                                                           SQL_SHIFT_SERVICES, SQL_SHIFT_EVIDENCE };
        int r = 0;

        for (size_t i = 0; r >= 0 && i < ELEMENTSOF(statements); i++)
                r = store_run(store, statements[i], NUMBER(since), NUMBER(step), NUMBER(now));
        return r;
}

int store_shift_times(struct store *store, uint64_t since, int64_t step, uint64_t now) {
        uint64_t created = store->created >= since ? MIN(store->created + (uint64_t) step, now) : MIN(store->created, now);
        int r;

        since = MIN(since, (uint64_t) INT64_MAX);
        now = MIN(now, (uint64_t) INT64_MAX);
        r = store_begin(store, true);
        if (r < 0)
                return r;
        r = shift_all(store, since, step, now);
        if (r >= 0)
                r = store_run(store, SQL_META_PUT, TEXT("created"), NUMBER(created));
        r = store_end(store, r);
        if (r < 0)
                return r;
        store->created = created;
        store->config.now = now;
        return 0;
}

int store_newest(struct store *store, uint64_t *ret) {
        return store_number(store, SQL_DEVICES_NEWEST, ret);
}
