/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The frame of the dashboard: state, counts, throughput, tabs and keys. */

#include "cli/top/top-view.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "cli/top/top-keys.h"
#include "cli/top/top-text.h"

#define RATES_WIDTH 27
#define COUNTS_MIN 60 /* columns for a count in each tab */

/* ": eth0 ebpf, wlan0 failed" */
static void format_interfaces(struct strbuf *b, struct json_object *list) {
        size_t n = json_object_is_type(list, json_type_array) ? json_object_array_length(list) : 0;

        for (size_t i = 0; i < n; i++) {
                struct json_object *interface = json_object_array_get_idx(list, i);
                const char *state = json_text_at(interface, "State");
                bool capturing = strcmp(state, "capturing") == 0;

                strbuf_printf(b, "%s%s %s", i > 0 ? ", " : ": ", json_text_at(interface, "Name"),
                              capturing ? json_text_at(interface, "Backend") : state);
        }
}

static enum top_paint state_of(const struct top_model *m, const char **ret) {
        if (m->link == TOP_SILENT) {
                *ret = "lanscoped does not answer";
                return TOP_PAINT_BAD;
        }
        if (m->link == TOP_ABSENT) {
                *ret = "lanscoped has stopped: waiting for it";
                return TOP_PAINT_BAD;
        }
        if (m->link == TOP_DISCONNECTED) {
                *ret = "the bus is gone: connecting again";
                return TOP_PAINT_BAD;
        }
        if (m->paused) {
                *ret = "PAUSED";
                return TOP_PAINT_NOTICE;
        }
        if (!m->status)
                *ret = "connecting";
        else if (top_model_is_replay(m))
                *ret = "replaying a capture file";
        else if (json_object_get_boolean(json_at(m->status, "Capturing")))
                *ret = "capturing";
        else {
                *ret = "not capturing";
                return TOP_PAINT_NOTICE;
        }
        return TOP_PAINT_GOOD;
}

static void format_clock(char *text, size_t size, uint64_t now) {
        time_t seconds = (time_t) (now / USEC_PER_SEC);
        struct tm tm;

        if (!localtime_r(&seconds, &tm) || strftime(text, size, "%H:%M:%S", &tm) == 0)
                text[0] = '\0';
}

static void draw_status(const struct top_model *m, const struct top_pen *pen, const struct top_area *area) {
        char clock[16], text[256];
        struct strbuf b = STRBUF(text);
        const char *state;
        enum top_paint paint = state_of(m, &state);
        size_t column = 0, end;

        format_clock(clock, sizeof clock, m->now);
        end = area->width - strlen(clock) - 1;
        column += top_pen_text(pen, area->row, 0, end, TOP_PAINT_BOLD, "lanscope");
        column += 1 + top_pen_text(pen, area->row, column + 1, end - column - 1, paint, state);
        if (m->status) {
                strbuf_printf(&b, "%s mode", json_text_at(m->status, "Mode"));
                format_interfaces(&b, json_at(m->status, "Interfaces"));
                top_pen_text(pen, area->row, column + 2, end > column + 2 ? end - column - 2 : 0, TOP_PAINT_NONE, text);
        }
        top_pen_text(pen, area->row, area->width - strlen(clock), strlen(clock), TOP_PAINT_DIM, clock);
}

static size_t draw_count(const struct top_pen *pen, const struct top_area *area, size_t column, const char *title,
                         enum top_paint paint, const char *value) {
        size_t before = column;

        if (column + strlen(title) + strlen(value) + 1 > area->width)
                return 0;
        column += top_pen_text(pen, area->row, column, area->width - column, TOP_PAINT_DIM, title) + 1;
        column += top_pen_text(pen, area->row, column, area->width - column, paint, value);
        return column + 3 - before;
}

static uint64_t lost_packets(const struct top_model *m) {
        static const char *const counters[] = {
                "capture.kernel_drops", "capture.interface_drops", "capture.worker_drops",
        };
        uint64_t sum = 0;

        for (size_t i = 0; i < ELEMENTSOF(counters); i++)
                sum += top_model_counter(m, counters[i]);
        return sum;
}

static void draw_counts(const struct top_model *m, const struct top_pen *pen, const struct top_area *area) {
        uint64_t alerts = json_object_get_uint64(json_at(m->status, "UnacknowledgedAlerts")), lost = lost_packets(m);
        uint64_t heard = top_model_counter(m, top_model_is_replay(m) ? "packet.frames" : "capture.packets");
        char text[64];
        size_t column = 0;

        if (!m->status || area->height == 0)
                return;
        snprintf(text, sizeof text, "%s, %s online", json_object_get_string(json_at(m->status, "DeviceCount")),
                 json_object_get_string(json_at(m->status, "OnlineCount")));
        column += draw_count(pen, area, column, "Devices", TOP_PAINT_BOLD, text);
        snprintf(text, sizeof text, "%" PRIu64 " new", alerts);
        column += draw_count(pen, area, column, "Alerts", alerts > 0 ? TOP_PAINT_NOTICE : TOP_PAINT_NONE, text);
        snprintf(text, sizeof text, "%" PRIu64, top_model_counter(m, "flows.active"));
        column += draw_count(pen, area, column, "Flows", TOP_PAINT_NONE, text);
        snprintf(text, sizeof text, "%" PRIu64, lost);
        column += draw_count(pen, area, column, "Packets lost", lost > 0 ? TOP_PAINT_BAD : TOP_PAINT_NONE, text);
        snprintf(text, sizeof text, "%" PRIu64, heard);
        draw_count(pen, area, column, "Packets", TOP_PAINT_NONE, text);
}

static uint64_t peak_of(const struct top_history *h, size_t width) {
        uint64_t peak = 0;

        for (size_t i = h->n > width ? h->n - width : 0; i < h->n; i++)
                peak = MAX(peak, h->bits[i]);
        return peak;
}

static void draw_throughput(const struct top_model *m, const struct top_pen *pen, const struct top_area *area) {
        const struct top_history *h = &m->history;
        struct top_area graph = { area->row, 0, area->height, area->width - RATES_WIDTH };
        size_t column = graph.width + 1, room = RATES_WIDTH - 1;
        char rate[32], count[16], peak[32];
        struct strbuf r = STRBUF(rate), c = STRBUF(count), p = STRBUF(peak);

        top_pen_graph(pen, &graph, m->link == TOP_LIVE ? TOP_PAINT_GRAPH : TOP_PAINT_DIM, h->bits, h->n, 8000);
        top_format_rate(&r, h->n > 0 ? h->bits[h->n - 1] : 0);
        top_format_count(&c, h->n > 0 ? h->packets[h->n - 1] : 0);
        column += top_pen_text(pen, area->row, column, room, TOP_PAINT_BOLD, rate);
        top_pen_print(pen, area->row, column, area->width - column, TOP_PAINT_NONE, "  %s packets/s", count);
        if (area->height < 2)
                return;
        top_format_rate(&p, peak_of(h, graph.width));
        top_pen_print(pen, area->row + area->height - 1, graph.width + 1, room, TOP_PAINT_DIM, "peak %s", peak);
}

static size_t draw_tab(const struct top_model *m, const struct top_pen *pen, const struct top_area *area, size_t column,
                       int view) {
        const struct top_list *list = &m->lists[view];
        bool open = view == (int) m->view;
        char count[16];
        struct strbuf b = STRBUF(count);

        if (list->n_rows > 0 && (open || area->width >= COUNTS_MIN))
                top_format_count(&b, list->n_shown);
        return top_pen_print(pen, area->row, column, area->width - column, open ? TOP_PAINT_TAB : TOP_PAINT_NONE,
                             " %d %s%s%s ", view + 1, list->kind->name, *count ? " " : "", count);
}

static void draw_tabs(struct top_model *m, const struct top_pen *pen, const struct top_area *area) {
        const struct top_list *list = top_model_list(m);
        size_t column = 0;

        for (int view = 0; view < _TOP_VIEW_MAX; view++)
                column += draw_tab(m, pen, area, column, view) + 1;
        if (column + 2 >= area->width)
                return;
        if (*list->filter)
                top_pen_print(pen, area->row, column + 1, area->width - column - 1, TOP_PAINT_NOTICE, "filter: %s",
                              list->filter);
        else if (list->n_rows > 0 && *m->notes[m->view])
                top_pen_text(pen, area->row, column + 1, area->width - column - 1, TOP_PAINT_NOTICE, m->notes[m->view]);
}

static void draw_prompt(const struct top_model *m, const struct top_pen *pen, const struct top_area *area) {
        const char *title = m->mode == TOP_FILTER ? "Filter: " : "Search: ";
        const char *hint = m->mode == TOP_FILTER ? "  Enter keeps it, Esc does not" : "  F3 goes on, Enter ends it";
        size_t column;

        top_terminal_fill(area->row, 0, TOP_PAINT_KEY, area->width);
        column = top_pen_text(pen, area->row, 0, area->width - 1, TOP_PAINT_KEY, title);
        column += top_pen_text(pen, area->row, column, area->width - 1 - column, TOP_PAINT_KEY, m->typed);
        if (*m->message)
                hint = m->message;
        if (column + strlen(hint) < area->width)
                top_pen_text(pen, area->row, area->width - strlen(hint), strlen(hint), TOP_PAINT_KEY, hint);
        top_terminal_cursor(area->row, column); /* last: whatever is written moves it */
}

/* As many as fit, and in any case the way out. */
static void draw_keys(const struct top_model *m, const struct top_pen *pen, const struct top_area *area) {
        const size_t quit = strlen("F10Quit ");
        size_t column = 0;

        for (int n = 1; n <= 10; n++) {
                const char *label = top_keys_label(m, n);
                size_t width = MAX(strlen(label), (size_t) 6);

                if (!*label || (n < 10 && column + 2 + width + quit > area->width))
                        continue;
                column += top_pen_print(pen, area->row, column, area->width - column, TOP_PAINT_NONE, "F%d", n);
                top_pen_cell(pen, area->row, column, n == 10 ? area->width - column : width, TOP_PAINT_KEY, false,
                             label);
                column += width;
        }
}

static void draw_too_small(const struct top_model *m, const struct top_pen *pen, size_t rows, size_t columns) {
        char rate[32];
        struct strbuf b = STRBUF(rate);

        top_format_rate(&b, m->history.n > 0 ? m->history.bits[m->history.n - 1] : 0);
        top_pen_print(pen, 0, 0, columns, TOP_PAINT_NOTICE, "%zux%zu is too small", columns, rows);
        if (rows > 1)
                top_pen_print(pen, 1, 0, columns, TOP_PAINT_NONE, "for a table: %dx%d", TOP_COLUMNS_MIN, TOP_ROWS_MIN);
        if (rows > 3)
                top_pen_print(pen, 3, 0, columns, TOP_PAINT_NONE, "%zu devices, %zu alerts",
                              m->lists[TOP_DEVICES].n_rows,
                              m->lists[TOP_ALERTS].n_rows);
        if (rows > 4)
                top_pen_text(pen, 4, 0, columns, TOP_PAINT_BOLD, rate);
        if (rows > 6)
                top_pen_text(pen, 6, 0, columns, TOP_PAINT_DIM, "q quits");
}

static void draw_frame(struct top_model *m, const struct top_pen *pen, const struct top_layout *l) {
        draw_status(m, pen, &l->status);
        draw_counts(m, pen, &l->counts);
        draw_throughput(m, pen, &l->graph);
        draw_tabs(m, pen, &l->tabs);
        top_table_draw(m, pen, &l->table);
        top_pane_draw(m, pen, &l->detail);
        if (m->mode == TOP_SORT)
                top_menu_draw(m, pen, l->table.height > 0 ? &l->table : &l->detail);
        if (m->mode == TOP_FILTER || m->mode == TOP_SEARCH)
                draw_prompt(m, pen, &l->keys);
        else if (*m->message)
                top_pen_cell(pen, l->keys.row, 0, l->keys.width, TOP_PAINT_NOTICE, false, m->message);
        else
                draw_keys(m, pen, &l->keys);
}

void top_view_draw(struct top_model *m, const struct screen *screen) {
        const struct top_pen pen = { screen };
        struct top_layout layout;
        size_t rows, columns;

        top_terminal_size(&rows, &columns);
        top_layout_compute(rows, columns, m->detail, &layout);
        top_terminal_clear();
        top_terminal_cursor(SIZE_MAX, SIZE_MAX);
        if (!layout.fits)
                draw_too_small(m, &pen, rows, columns);
        else if (m->mode == TOP_HELP)
                top_help_draw(m, &pen, rows, columns);
        else
                draw_frame(m, &pen, &layout);
        top_terminal_flush();
}
