/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Alerts: what was told stays told, so every change is on the disk before the call returns. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/escape.h"
#include "daemon/store-internal.h"

/* Copies `text` up to STORE_ALERT_TEXT_MAX bytes, cut at a character. False: not UTF-8. */
static bool fit_text(const char *text, char ret[static STORE_ALERT_TEXT_MAX + 1]) {
        size_t length = text ? strlen(text) : 0;

        if (length > 0 && !text_is_utf8(text, length))
                return false;
        if (length > STORE_ALERT_TEXT_MAX) {
                length = STORE_ALERT_TEXT_MAX;
                while (((unsigned char) text[length] & 0xc0) == 0x80) /* in the middle of one: RFC 3629 §3 */
                        length--;
        }
        if (length > 0)
                memcpy(ret, text, length);
        ret[length] = '\0';
        return true;
}

static int check_alert(struct store *store, const struct alert *alert) {
        const char *details = alert->details ? alert->details : "";

        if (alert->id == 0 || alert->id > INT64_MAX)
                return store_complain(store, -ERANGE, "no alert can have the id %llu", (unsigned long long) alert->id);
        if (!alert_kind_to_string(alert->kind) || !alert_severity_to_string(alert->severity) ||
            !alert_state_to_string(alert->state))
                return store_complain(store, -EINVAL, "alert %llu is of no known kind, severity or state",
                                      (unsigned long long) alert->id);
        if (strlen(details) > STORE_ALERT_TEXT_MAX)
                return store_complain(store, -E2BIG, "the details of alert %llu are longer than %d bytes",
                                      (unsigned long long) alert->id, STORE_ALERT_TEXT_MAX);
        if (!text_is_utf8(details, strlen(details)))
                return store_complain(store, -EINVAL, "the details of alert %llu are not UTF-8",
                                      (unsigned long long) alert->id);
        return 0;
}

/* An alert's, cut to what is stored of each. */
struct texts {
        char name[STORE_ALERT_TEXT_MAX + 1], peer[STORE_ALERT_TEXT_MAX + 1], message[STORE_ALERT_TEXT_MAX + 1];
};

static int fit_alert(struct store *store, const struct alert *alert, struct texts *ret) {
        int r = check_alert(store, alert);

        if (r < 0)
                return r;
        if (!fit_text(alert->name, ret->name) || !fit_text(alert->peer, ret->peer) || !fit_text(alert->message, ret->message))
                return store_complain(store, -EINVAL, "a text of alert %llu is not UTF-8", (unsigned long long) alert->id);
        return 0;
}

static int add_alert(struct store *store, const struct alert *alert) {
        struct texts texts;
        char mac[MAC_STRING_MAX];
        int r;

        r = fit_alert(store, alert, &texts);
        if (r < 0)
                return r;
        return store_run(store, SQL_ALERT_INSERT, NUMBER(alert->id), NUMBER(alert->ts),
                         TEXT(alert_kind_to_string(alert->kind)), TEXT(alert_severity_to_string(alert->severity)),
                         NUMBER(alert->device), NUMBER(alert->network),
                         TEXT(mac_is_zero(&alert->mac) ? NULL : mac_format(&alert->mac, mac)), TEXT(texts.name), TEXT(texts.peer),
                         TEXT(texts.message), TEXT(alert->details ? alert->details : "{}"), NUMBER(alert->acknowledged),
                         TEXT(alert_state_to_string(alert->state)), NUMBER(alert->count), NUMBER(alert->first),
                         NUMBER(alert->last));
}

/* With the alert goes the mark that its device was told of: else it would be told again after a crash. */
static int write_subject(struct store *store, const struct alert *alert) {
        const struct store_source *source = &store->source;
        const struct device *device = source->device ? source->device(source->userdata, alert->device) : NULL;
        const struct network *network = device ? source->network(source->userdata, device->network) : NULL;
        int r;

        if (!network)
                return 0;
        r = store_write_network(store, network->id, network);
        return r < 0 ? r : store_write_device(store, device, NULL, CHANGE_FLAGS);
}

int store_add_alerts(struct store *store, const struct alert *alerts, size_t n) {
        int r;

        if (n == 0)
                return 0;
        r = store_begin(store, true);
        if (r < 0)
                return r;
        for (size_t i = 0; r >= 0 && i < n; i++)
                r = add_alert(store, &alerts[i]);
        for (size_t i = 0; r >= 0 && i < n; i++)
                r = write_subject(store, &alerts[i]);
        r = store_end(store, r);
        return r < 0 ? r : 0;
}

static int update_alert(struct store *store, const struct alert *alert, bool unacknowledge) {
        struct texts texts;
        int r;

        r = fit_alert(store, alert, &texts);
        if (r < 0)
                return r;
        return store_run(store, SQL_ALERT_UPDATE, NUMBER(alert->id), TEXT(alert_severity_to_string(alert->severity)),
                         NUMBER(alert->device), NUMBER(alert->network), TEXT(texts.name), TEXT(texts.peer), TEXT(texts.message),
                         TEXT(alert->details ? alert->details : "{}"), TEXT(alert_state_to_string(alert->state)),
                         NUMBER(alert->count), NUMBER(alert->last), NUMBER(unacknowledge));
}

static int read_acknowledged(struct store *store, uint64_t id, bool *ret) {
        const struct store_value value = NUMBER(id);
        sqlite3_stmt *rows = store_query(store, SQL_ALERT_EXISTS, &value, 1);
        int r = store_next(store, rows);

        if (r > 0 && !store_column_bool(rows, 0, ret))
                *ret = false;
        sqlite3_reset(rows);
        return r;
}

int store_update_alert(struct store *store, const struct alert *alert, bool unacknowledge, bool *ret_acknowledged) {
        bool acknowledged = false;
        int r = store_begin(store, true);

        if (r < 0)
                return r;
        r = update_alert(store, alert, unacknowledge);
        if (r > 0)
                r = read_acknowledged(store, alert->id, &acknowledged);
        else if (r == 0)
                r = -ENOENT;
        r = store_end(store, r);
        if (r < 0)
                return r;
        *ret_acknowledged = acknowledged;
        return 0;
}

int store_resolve_alerts(struct store *store) {
        int r = store_run_plain(store, SQL_ALERTS_RESOLVE);

        return r < 0 ? r : 0;
}

static bool column_word(sqlite3_stmt *row, int column, const char **ret) {
        return store_column_text(row, column, 64, ret) && *ret;
}

static bool column_text(sqlite3_stmt *row, int column, const char **ret) {
        return store_column_text(row, column, STORE_ALERT_TEXT_MAX, ret) && *ret;
}

static bool column_mac(sqlite3_stmt *row, int column, struct mac_address *ret) {
        const char *text;

        if (!store_column_text(row, column, MAC_STRING_MAX, &text))
                return false;
        return !text || mac_parse(text, ret) >= 0;
}

/* Columns as in SQL_ALERTS_LIST. False: the row cannot be. */
static bool read_alert(sqlite3_stmt *row, struct alert *ret) {
        const char *kind, *severity, *state;

        *ret = (struct alert) { 0 };
        if (!store_column_u64(row, 0, INT64_MAX, &ret->id) || ret->id == 0 || !store_column_time(row, 1, &ret->ts) ||
            !column_word(row, 2, &kind) || !column_word(row, 3, &severity) || !column_mac(row, 6, &ret->mac) ||
            !column_text(row, 7, &ret->name) || !column_text(row, 8, &ret->peer) ||
            !column_text(row, 9, &ret->message) || !column_text(row, 10, &ret->details) ||
            !store_column_bool(row, 11, &ret->acknowledged) || !column_word(row, 12, &state) ||
            !store_column_u64(row, 13, INT64_MAX, &ret->count) || !store_column_time(row, 14, &ret->first) ||
            !store_column_time(row, 15, &ret->last))
                return false;
        ret->device = (uint64_t) sqlite3_column_int64(row, 4); /* all 64 bits are in use */
        ret->network = (uint64_t) sqlite3_column_int64(row, 5);
        ret->kind = alert_kind_from_string(kind);
        ret->severity = alert_severity_from_string(severity);
        ret->state = alert_state_from_string(state);
        return ret->kind != _ALERT_KIND_INVALID && ret->state != _ALERT_STATE_INVALID && ret->severity != _SEVERITY_INVALID;
}

static bool filter_passes(const struct store_alert_filter *filter, const struct alert *alert) {
        return !(filter->unacknowledged && alert->acknowledged) &&
                (filter->kind == _ALERT_KIND_INVALID || filter->kind == alert->kind) &&
                alert->severity >= filter->severity && (filter->device == 0 || filter->device == alert->device);
}

/* Hands those rows over that pass, until `*n` is the limit. */
static int take_rows(struct store *store, sqlite3_stmt *rows, const struct store_alert_filter *filter,
                     int (*take)(void *userdata, const struct alert *alert), void *userdata, uint32_t *n) {
        int r;

        while ((r = store_next(store, rows)) > 0) {
                struct alert alert;

                if (!read_alert(rows, &alert)) {
                        store->counters.skipped_rows++;
                        continue;
                }
                if (!filter_passes(filter, &alert))
                        continue;
                r = take(userdata, &alert);
                (*n)++;
                if (r < 0 || *n == filter->limit)
                        break;
        }
        sqlite3_reset(rows);
        return MIN(r, 0);
}

int store_list_alerts(struct store *store, const struct store_alert_filter *filter,
                      int (*take)(void *userdata, const struct alert *alert), void *userdata) {
        struct store_value values[] = { NUMBER(MIN(filter->since, (uint64_t) INT64_MAX)), NUMBER(0) };
        uint32_t n = 0;
        int r = 0;

        if (!filter->by_id)
                r = take_rows(store, store_query(store, SQL_ALERTS_LIST, values, 1), filter, take, userdata, &n);
        for (size_t i = 0; r >= 0 && i < filter->n_ids && (filter->limit == 0 || n < filter->limit); i++) {
                values[1] = NUMBER(filter->ids[i]);
                r = take_rows(store, store_query(store, SQL_ALERT_GET, values, 2), filter, take, userdata, &n);
        }
        return r < 0 ? r : (int) n;
}

int store_has_alert(struct store *store, uint64_t id) {
        const struct store_value value = NUMBER(id);
        sqlite3_stmt *rows = store_query(store, SQL_ALERT_EXISTS, &value, 1);
        int r = store_next(store, rows);

        sqlite3_reset(rows);
        return r;
}

static int alert_exists(struct store *store, uint64_t id) {
        int r = store_has_alert(store, id);

        if (r == 0)
                return store_complain(store, -ENOENT, "there is no alert %llu", (unsigned long long) id);
        return r;
}

static int acknowledge_these(struct store *store, const uint64_t *ids, size_t n, uint64_t *ret_ids, size_t *ret_n) {
        for (size_t i = 0; i < n; i++) {
                int r = store_run(store, SQL_ALERT_ACKNOWLEDGE, NUMBER(ids[i]));

                if (r == 0)
                        r = alert_exists(store, ids[i]);
                else if (r > 0)
                        ret_ids[(*ret_n)++] = ids[i];
                if (r < 0)
                        return r;
        }
        return 0;
}

static int acknowledge_all(struct store *store, uint64_t *ret_ids, size_t *ret_n, size_t max) {
        sqlite3_stmt *rows = store_query(store, SQL_ALERTS_UNACKNOWLEDGED, NULL, 0);
        int r = 0;

        while (*ret_n < max && (r = store_next(store, rows)) > 0)
                ret_ids[(*ret_n)++] = (uint64_t) sqlite3_column_int64(rows, 0);
        sqlite3_reset(rows);
        return r < 0 ? r : store_run_plain(store, SQL_ALERTS_ACKNOWLEDGE_ALL);
}

int store_acknowledge_alerts(struct store *store, const uint64_t *ids, size_t n, uint64_t **ret_ids, size_t *ret_n) {
        _cleanup_(freep) uint64_t *changed = NULL;
        uint64_t max = n;
        size_t n_changed = 0;
        int r;

        if (n == 0) {
                r = store_count_unacknowledged(store, &max);
                if (r < 0)
                        return r;
                if (max == 0) {
                        *ret_ids = NULL;
                        *ret_n = 0;
                        return 0;
                }
        }
        changed = calloc(max, sizeof *changed);
        if (!changed)
                return -ENOMEM;
        r = store_begin(store, true);
        if (r < 0)
                return r;
        r = n == 0 ? acknowledge_all(store, changed, &n_changed, max) :
                acknowledge_these(store, ids, n, changed, &n_changed);
        r = store_end(store, r);
        if (r < 0)
                return r;
        *ret_ids = TAKE_PTR(changed);
        *ret_n = n_changed;
        return 0;
}

int store_count_unacknowledged(struct store *store, uint64_t *ret) {
        return store_number(store, SQL_ALERTS_COUNT_UNACKNOWLEDGED, ret);
}

int store_last_alert_id(struct store *store, uint64_t *ret) {
        return store_number(store, SQL_ALERTS_LAST, ret);
}
