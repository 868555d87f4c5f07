/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib-object.h>

#include "applet/notice-policy.h"

/*
 * What is told, and when: one notice a subject (a device, mostly), which is updated and never stacked, and one summary
 * for a burst, which takes the place of its parts. Pure bookkeeping: no clock, no display, no bus; times are
 * milliseconds of a clock that never goes back.
 */

enum {
        NOTICE_SETTLE_MSEC = 1500,         /* a device that shows up says its names within that */
        NOTICE_UPDATE_MSEC = 10 * 1000,    /* a notice is not changed more often */
        NOTICE_TOUCH_MSEC = 2 * 60 * 1000, /* for that long after it was first shown a notice follows its device */
        NOTICE_BURST_MSEC = 20 * 1000,     /* a burst: more than NOTICE_BURST subjects within that; it ends when none */
        NOTICE_BURST = 3,                  /*          came for as long */
        NOTICE_CRITICAL_BURST = 5,         /* critical ones stand alone; but not hundreds of them */
        NOTICES_MAX = 128,                 /* the oldest leaves */
        NOTICE_ALERTS = 8,                 /* that a notice remembers; more are counted */
};

struct notice_alert {
        guint64 id;
        LanscopeSeverity severity;
        const char *kind; /* as the service spells it */
        GObject *object;  /* whatever the caller knows it by; may be NULL */
};

/* One subject and its alerts. `worst` is one of `alerts`: the most severe, of equal ones the newest. */
struct notice {
        const char *subject;
        struct notice_alert alerts[NOTICE_ALERTS];
        unsigned n_alerts, worst;
        unsigned more; /* alerts that are not remembered */
};

/* A burst, by numbers. */
struct notice_summary {
        unsigned new_devices, returned_devices, alerts;
        LanscopeSeverity worst;
        gboolean held; /* they came while nothing was to be shown */
};

struct notice_board_ops {
        /* Shows it, or changes what is shown of that subject. */
        void (*show)(const struct notice *notice, void *userdata);
        void (*show_summary)(const struct notice_summary *summary, void *userdata);
        /* Takes away what was shown; subject NULL: the summary. */
        void (*close)(const char *subject, void *userdata);
        void *userdata;
};

struct notice_board;

/* `ops` is copied. They are called from within the functions below, and must not call back. */
struct notice_board *notice_board_new(const struct notice_board_ops *ops);
/* Calls nothing: what is shown stays. */
struct notice_board *notice_board_free(struct notice_board *board);

/* An alert about `subject`, or one that is known with another severity. References `alert->object`, copies the rest. */
void notice_board_add(struct notice_board *board, const char *subject, const struct notice_alert *alert, gint64 now);
/* Counts an alert that was held back in the summary, and nothing else. */
void notice_board_add_held(struct notice_board *board, const struct notice_alert *alert, gint64 now);
/* What is told of devices may read differently by now: young notices are due for another look. */
void notice_board_touch(struct notice_board *board, gint64 now);
/* Leaves out the alerts that are done with, because somebody acknowledged them; a notice goes with the last of its own. */
typedef gboolean (*notice_done_func)(const struct notice_alert *alert, void *userdata);
void notice_board_review(struct notice_board *board, notice_done_func is_done, void *userdata, gint64 now);
/* Everything was looked at, and there is nothing to sum up. */
void notice_board_drop_summary(struct notice_board *board);
/* The subject is gone, or needs no notice any more. */
void notice_board_drop(struct notice_board *board, const char *subject);
/* The notice went away by itself: the user closed it, or it ran out. NULL: the summary. */
void notice_board_closed(struct notice_board *board, const char *subject);

/* NULL: nothing is told of it. Valid until the next call of another function. */
const struct notice *notice_board_get(const struct notice_board *board, const char *subject);

/* Shows what is due. */
void notice_board_run(struct notice_board *board, gint64 now);
/* When notice_board_run() has to do something; -1: not before the next call of another function. */
gint64 notice_board_next(const struct notice_board *board);
