/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "cli/top/top-list.h"
#include "common/json-text.h"

/* All that the dashboard shows, and where its user is in it. Knows neither terminal nor bus: records come in, keys
 * change where one is (top-keys.h), somebody else draws (top-view.h). */

enum top_view { TOP_DEVICES, TOP_FLOWS, TOP_TALKERS, TOP_ALERTS, _TOP_VIEW_MAX };

enum top_mode {
        TOP_BROWSE,
        TOP_FILTER, /* a filter is being typed */
        TOP_SEARCH,
        TOP_SORT,   /* the menu of columns is open */
        TOP_HELP,
};

enum top_link {
        TOP_LIVE,
        TOP_SILENT,       /* the service does not answer */
        TOP_ABSENT,       /* it has left the bus */
        TOP_DISCONNECTED, /* the bus is gone */
};

#define TOP_HISTORY 512
#define TOP_MESSAGE_MAX 256

/* Rates of the whole service, one a refresh. */
struct top_history {
        uint64_t bits[TOP_HISTORY], packets[TOP_HISTORY]; /* a second; oldest first */
        size_t n;
        uint64_t last_bytes, last_packets, last_at; /* counters as they were, us monotonic; last_at 0: none yet */
};

struct top_model {
        struct top_list lists[_TOP_VIEW_MAX];
        char notes[_TOP_VIEW_MAX][TOP_MESSAGE_MAX]; /* why a view has nothing to show; "" */
        enum top_view view;
        enum top_mode mode;
        char typed[TOP_FILTER_MAX], before[TOP_FILTER_MAX]; /* at the prompt; what Escape goes back to */
        size_t menu;          /* column in the menu */
        size_t help_offset, detail_offset; /* lines scrolled */
        size_t page;          /* rows of the table on the screen: the view's to set */
        bool paused, detail;
        enum top_link link;
        struct json_object *status; /* the Manager's properties; NULL: not known yet */
        struct json_object *card;   /* the selected device in full, or NULL */
        struct top_history history;
        uint64_t now;         /* us since the epoch; while a capture file is replayed, of the latest thing in it */
        uint64_t latest;      /* us since the epoch: that latest thing, as far as it was shown */
        char message[TOP_MESSAGE_MAX]; /* about the last key; "" for none */
};

void top_model_init(struct top_model *model);
void top_model_done(struct top_model *model);

struct top_list *top_model_list(struct top_model *model); /* of the view */
const char *top_view_to_string(enum top_view view); /* "devices" */
enum top_view top_view_from_string(const char *s);  /* _TOP_VIEW_MAX: there is none */

/* `wall`: us since the epoch; `at`: us, monotonic. Records stay the caller's. -ENOMEM leaves all as it was. */
void top_model_set_time(struct top_model *model, uint64_t wall);
void top_model_take_status(struct top_model *model, struct json_object *properties, uint64_t at);
int top_model_take_devices(struct top_model *model, struct json_object *records, uint64_t at);
int top_model_take_alerts(struct top_model *model, struct json_object *records);
int top_model_take_flows(struct top_model *model, struct json_object *records);
int top_model_take_talkers(struct top_model *model, struct json_object *records);
/* NULL: none. */
void top_model_take_card(struct top_model *model, struct json_object *record);
void top_model_set_note(struct top_model *model, enum top_view view, const char *text);
void top_model_say(struct top_model *model, const char *format, ...) _printf_(2, 3);

bool top_model_is_replay(const struct top_model *model);
/* 0 where there is none. */
uint64_t top_model_counter(const struct top_model *model, const char *name);
