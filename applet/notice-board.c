/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Notices wait a moment before they are shown, so that a device can say its name and a burst can show itself as one. */

#include "applet/notice-board.h"

#include <string.h>

struct entry {
        struct notice notice; /* owns the subject, kinds and objects */
        gint64 first;         /* when the subject came */
        gint64 shown;         /* when it was last shown; -1: not yet */
        gint64 due;           /* -1: nothing to do */
};

/* When subjects came lately, the newest last. */
struct rush {
        gint64 times[NOTICE_CRITICAL_BURST + 1];
        unsigned n;
};

G_STATIC_ASSERT(NOTICE_BURST <= NOTICE_CRITICAL_BURST);

struct notice_board {
        struct notice_board_ops ops;
        GHashTable *entries; /* subject -> struct entry, which owns it */
        struct rush mild, critical;
        struct notice_summary summary;
        gint64 summary_added; /* when something was last added to the summary; -1: there is none */
        gint64 summary_shown, summary_due;
};

static void alert_clear(struct notice_alert *alert) {
        g_free((char *) alert->kind);
        g_clear_object(&alert->object);
}

static void entry_free(void *data) {
        struct entry *entry = data;

        for (unsigned i = 0; i < entry->notice.n_alerts; i++)
                alert_clear(&entry->notice.alerts[i]);
        g_free((char *) entry->notice.subject);
        g_free(entry);
}

struct notice_board *notice_board_new(const struct notice_board_ops *ops) {
        struct notice_board *board = g_new0(struct notice_board, 1);

        board->ops = *ops;
        board->entries = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, entry_free);
        board->summary_added = board->summary_shown = board->summary_due = -1;
        return board;
}

struct notice_board *notice_board_free(struct notice_board *board) {
        if (!board)
                return NULL;
        g_hash_table_unref(board->entries);
        g_free(board);
        return NULL;
}

/* Notes that a subject came; are there more than `limit` of them within the time of a burst? */
static gboolean rush_add(struct rush *rush, unsigned limit, gint64 now) {
        if (rush->n == G_N_ELEMENTS(rush->times))
                memmove(rush->times, rush->times + 1, --rush->n * sizeof rush->times[0]);
        rush->times[rush->n++] = now;
        return rush->n > limit && now - rush->times[rush->n - 1 - limit] < NOTICE_BURST_MSEC;
}

static const struct notice_alert *entry_worst(const struct entry *entry) {
        return &entry->notice.alerts[entry->notice.worst];
}

static void entry_find_worst(struct entry *entry) {
        struct notice *notice = &entry->notice;

        notice->worst = 0;
        for (unsigned i = 1; i < notice->n_alerts; i++)
                if (notice->alerts[i].severity >= notice->alerts[notice->worst].severity)
                        notice->worst = i;
}

/* Not at once, for more may follow, and not too often. What gets worse need not wait for its turn. */
static void entry_schedule(struct entry *entry, gboolean worse, gint64 now) {
        gint64 due = now + NOTICE_SETTLE_MSEC;

        if (entry->shown >= 0 && !worse)
                due = MAX(due, entry->shown + NOTICE_UPDATE_MSEC);
        if (entry->due < 0 || due < entry->due)
                entry->due = due;
}

static void entry_remove_alert(struct entry *entry, unsigned i) {
        struct notice *notice = &entry->notice;

        alert_clear(&notice->alerts[i]);
        memmove(&notice->alerts[i], &notice->alerts[i + 1], (--notice->n_alerts - i) * sizeof notice->alerts[0]);
        entry_find_worst(entry);
}

/* Where there is no room the oldest of the mildest makes it. */
static void entry_make_room(struct entry *entry) {
        struct notice *notice = &entry->notice;
        unsigned least = 0;

        if (notice->n_alerts < NOTICE_ALERTS)
                return;
        for (unsigned i = 1; i < notice->n_alerts; i++)
                if (notice->alerts[i].severity < notice->alerts[least].severity)
                        least = i;
        entry_remove_alert(entry, least);
        notice->more++;
}

static struct notice_alert *entry_find_alert(struct entry *entry, guint64 id) {
        for (unsigned i = 0; i < entry->notice.n_alerts; i++)
                if (entry->notice.alerts[i].id == id)
                        return &entry->notice.alerts[i];
        return NULL;
}

static void entry_add_alert(struct entry *entry, const struct notice_alert *alert, gint64 now) {
        gboolean worse = entry->notice.n_alerts == 0 || alert->severity > entry_worst(entry)->severity;
        struct notice_alert *known = entry_find_alert(entry, alert->id);

        if (known && known->severity == alert->severity)
                return;
        if (known) {
                known->severity = alert->severity;
        } else {
                entry_make_room(entry);
                known = &entry->notice.alerts[entry->notice.n_alerts++];
                *known = *alert;
                known->kind = g_strdup(alert->kind);
                if (known->object)
                        g_object_ref(known->object);
        }
        entry_find_worst(entry);
        entry_schedule(entry, worse, now);
}

static void summary_add(struct notice_board *board, const struct notice_alert *alert, gint64 now) {
        struct notice_summary *summary = &board->summary;

        if (board->summary_added < 0 || now - board->summary_added >= NOTICE_BURST_MSEC) {
                *summary = (struct notice_summary){ 0 };
                board->summary_shown = -1;
        }
        board->summary_added = now;
        if (strcmp(alert->kind, "new_device") == 0)
                summary->new_devices++;
        else if (strcmp(alert->kind, "device_returned") == 0)
                summary->returned_devices++;
        else
                summary->alerts++;
        summary->worst = MAX(summary->worst, alert->severity);
        if (board->summary_due < 0)
                board->summary_due = MAX(now + NOTICE_SETTLE_MSEC,
                                         board->summary_shown < 0 ? 0 : board->summary_shown + NOTICE_UPDATE_MSEC);
}

/* All that came with this burst and stands alone so far; critical ones stay alone. */
static void summary_fold(struct notice_board *board, gint64 now) {
        GHashTableIter iter;
        void *value;

        g_hash_table_iter_init(&iter, board->entries);
        while (g_hash_table_iter_next(&iter, NULL, &value)) {
                struct entry *entry = value;

                if (now - entry->first >= NOTICE_BURST_MSEC || entry_worst(entry)->severity == LANSCOPE_SEVERITY_CRITICAL)
                        continue;
                for (unsigned i = 0; i < entry->notice.n_alerts; i++)
                        summary_add(board, &entry->notice.alerts[i], now);
                if (entry->shown >= 0)
                        board->ops.close(entry->notice.subject, board->ops.userdata);
                g_hash_table_iter_remove(&iter);
        }
}

static gboolean summary_goes_on(const struct notice_board *board, gint64 now) {
        return board->summary_added >= 0 && now - board->summary_added < NOTICE_BURST_MSEC;
}

/* Is a new subject one of many? Then it is counted, and nothing else. */
static gboolean board_take_as_burst(struct notice_board *board, const struct notice_alert *alert, gint64 now) {
        if (alert->severity == LANSCOPE_SEVERITY_CRITICAL) {
                if (!rush_add(&board->critical, NOTICE_CRITICAL_BURST, now))
                        return FALSE;
        } else if (rush_add(&board->mild, NOTICE_BURST, now)) {
                summary_fold(board, now);
        } else if (!summary_goes_on(board, now)) {
                return FALSE;
        }
        summary_add(board, alert, now);
        return TRUE;
}

static void board_take_out(struct notice_board *board, struct entry *entry) {
        if (entry->shown >= 0)
                board->ops.close(entry->notice.subject, board->ops.userdata);
        g_hash_table_remove(board->entries, entry->notice.subject);
}

static void board_make_room(struct notice_board *board) {
        struct entry *oldest = NULL;
        GHashTableIter iter;
        void *value;

        if (g_hash_table_size(board->entries) < NOTICES_MAX)
                return;
        g_hash_table_iter_init(&iter, board->entries);
        while (g_hash_table_iter_next(&iter, NULL, &value)) {
                struct entry *entry = value;

                if (!oldest || entry->first < oldest->first)
                        oldest = entry;
        }
        board_take_out(board, oldest);
}

void notice_board_add(struct notice_board *board, const char *subject, const struct notice_alert *alert, gint64 now) {
        struct entry *entry = g_hash_table_lookup(board->entries, subject);

        if (!entry) {
                if (board_take_as_burst(board, alert, now))
                        return;
                board_make_room(board);
                entry = g_new0(struct entry, 1);
                *entry = (struct entry){ .notice.subject = g_strdup(subject), .first = now, .shown = -1, .due = -1 };
                g_hash_table_insert(board->entries, (char *) entry->notice.subject, entry);
        }
        entry_add_alert(entry, alert, now);
}

void notice_board_add_held(struct notice_board *board, const struct notice_alert *alert, gint64 now) {
        summary_add(board, alert, now);
        board->summary.held = TRUE;
}

void notice_board_touch(struct notice_board *board, gint64 now) {
        GHashTableIter iter;
        void *value;

        g_hash_table_iter_init(&iter, board->entries);
        while (g_hash_table_iter_next(&iter, NULL, &value)) {
                struct entry *entry = value;

                if (entry->shown >= 0 && now - entry->first < NOTICE_TOUCH_MSEC)
                        entry_schedule(entry, FALSE, now);
        }
}

/* Is anything left of it? */
static gboolean entry_review(struct entry *entry, notice_done_func is_done, void *userdata, gint64 now) {
        guint64 told = entry_worst(entry)->id;

        for (unsigned i = entry->notice.n_alerts; i-- > 0;)
                if (is_done(&entry->notice.alerts[i], userdata))
                        entry_remove_alert(entry, i);
        if (entry->notice.n_alerts == 0)
                return FALSE;
        if (entry_worst(entry)->id != told)
                entry_schedule(entry, FALSE, now);
        return TRUE;
}

void notice_board_review(struct notice_board *board, notice_done_func is_done, void *userdata, gint64 now) {
        GHashTableIter iter;
        void *value;

        g_hash_table_iter_init(&iter, board->entries);
        while (g_hash_table_iter_next(&iter, NULL, &value)) {
                struct entry *entry = value;

                if (entry_review(entry, is_done, userdata, now))
                        continue;
                if (entry->shown >= 0)
                        board->ops.close(entry->notice.subject, board->ops.userdata);
                g_hash_table_iter_remove(&iter);
        }
}

void notice_board_drop_summary(struct notice_board *board) {
        if (board->summary_shown >= 0)
                board->ops.close(NULL, board->ops.userdata);
        board->summary_added = board->summary_shown = board->summary_due = -1;
}

void notice_board_drop(struct notice_board *board, const char *subject) {
        struct entry *entry = g_hash_table_lookup(board->entries, subject);

        if (entry)
                board_take_out(board, entry);
}

void notice_board_closed(struct notice_board *board, const char *subject) {
        if (subject)
                g_hash_table_remove(board->entries, subject);
        else
                board->summary_shown = -1;
}

static void entry_show(struct notice_board *board, struct entry *entry, gint64 now) {
        entry->shown = now;
        entry->due = -1;
        board->ops.show(&entry->notice, board->ops.userdata);
}

const struct notice *notice_board_get(const struct notice_board *board, const char *subject) {
        const struct entry *entry = g_hash_table_lookup(board->entries, subject);

        return entry ? &entry->notice : NULL;
}

void notice_board_run(struct notice_board *board, gint64 now) {
        GHashTableIter iter;
        void *value;

        g_hash_table_iter_init(&iter, board->entries);
        while (g_hash_table_iter_next(&iter, NULL, &value)) {
                struct entry *entry = value;

                if (entry->due >= 0 && entry->due <= now)
                        entry_show(board, entry, now);
        }
        if (board->summary_due < 0 || board->summary_due > now)
                return;
        board->summary_due = -1;
        board->summary_shown = now;
        board->ops.show_summary(&board->summary, board->ops.userdata);
}

gint64 notice_board_next(const struct notice_board *board) {
        gint64 next = board->summary_due;
        GHashTableIter iter;
        void *value;

        g_hash_table_iter_init(&iter, board->entries);
        while (g_hash_table_iter_next(&iter, NULL, &value)) {
                const struct entry *entry = value;

                if (entry->due >= 0 && (next < 0 || entry->due < next))
                        next = entry->due;
        }
        return next;
}
