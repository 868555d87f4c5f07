/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Keys as in htop(1), where htop has a key for it. */

#include "cli/top/top-keys.h"

#include <string.h>

#include "common/escape.h"

/* The table that the keys of browsing stand in is the help at the same time. */
struct binding {
        uint32_t keys[4]; /* 0: no more */
        enum top_action (*press)(struct top_model *model);
        const char *names, *help; /* NULL: the row before tells of it */
};

static void arrange(struct top_model *m) {
        top_list_arrange(top_model_list(m), m->now);
}

static void show(struct top_model *m, enum top_view view) {
        m->view = view;
        m->detail_offset = 0;
}

static void move_by(struct top_model *m, long by) {
        top_list_select(top_model_list(m), (long) top_model_list(m)->selected + by);
        m->detail_offset = 0;
}

static enum top_action go_up(struct top_model *m) {
        move_by(m, -1);
        return TOP_GO_ON;
}

static enum top_action go_down(struct top_model *m) {
        move_by(m, 1);
        return TOP_GO_ON;
}

static enum top_action page_up(struct top_model *m) {
        move_by(m, -(long) m->page);
        return TOP_GO_ON;
}

static enum top_action page_down(struct top_model *m) {
        move_by(m, (long) m->page);
        return TOP_GO_ON;
}

static enum top_action go_home(struct top_model *m) {
        top_list_select_first(top_model_list(m));
        m->detail_offset = 0;
        return TOP_GO_ON;
}

static enum top_action go_end(struct top_model *m) {
        move_by(m, (long) top_model_list(m)->n_shown);
        return TOP_GO_ON;
}

static enum top_action next_view(struct top_model *m) {
        show(m, (m->view + 1) % _TOP_VIEW_MAX);
        return TOP_GO_ON;
}

static enum top_action previous_view(struct top_model *m) {
        show(m, (m->view + _TOP_VIEW_MAX - 1) % _TOP_VIEW_MAX);
        return TOP_GO_ON;
}

static enum top_action show_devices(struct top_model *m) {
        show(m, TOP_DEVICES);
        return TOP_GO_ON;
}

static enum top_action show_flows(struct top_model *m) {
        show(m, TOP_FLOWS);
        return TOP_GO_ON;
}

static enum top_action show_talkers(struct top_model *m) {
        show(m, TOP_TALKERS);
        return TOP_GO_ON;
}

static enum top_action show_alerts(struct top_model *m) {
        show(m, TOP_ALERTS);
        return TOP_GO_ON;
}

static enum top_action toggle_detail(struct top_model *m) {
        m->detail = !m->detail;
        m->detail_offset = 0;
        return TOP_GO_ON;
}

static enum top_action detail_up(struct top_model *m) {
        if (m->detail_offset > 0)
                m->detail_offset--;
        return TOP_GO_ON;
}

static enum top_action detail_down(struct top_model *m) {
        m->detail_offset++; /* the view knows where the end is */
        return TOP_GO_ON;
}

static enum top_action open_filter(struct top_model *m) {
        m->mode = TOP_FILTER;
        strcpy(m->typed, top_model_list(m)->filter);
        strcpy(m->before, m->typed);
        return TOP_GO_ON;
}

static enum top_action open_search(struct top_model *m) {
        m->mode = TOP_SEARCH;
        m->typed[0] = '\0';
        return TOP_GO_ON;
}

static enum top_action open_menu(struct top_model *m) {
        m->mode = TOP_SORT;
        m->menu = top_model_list(m)->sort;
        return TOP_GO_ON;
}

static enum top_action open_help(struct top_model *m) {
        m->mode = TOP_HELP;
        m->help_offset = 0;
        return TOP_GO_ON;
}

static enum top_action invert(struct top_model *m) {
        struct top_list *list = top_model_list(m);

        list->invert = !list->invert;
        arrange(m);
        return TOP_GO_ON;
}

static enum top_action toggle_pause(struct top_model *m) {
        m->paused = !m->paused;
        return TOP_GO_ON;
}

static enum top_action acknowledge(struct top_model *m) {
        if (m->view == TOP_ALERTS && top_list_selected(top_model_list(m)))
                return TOP_ACKNOWLEDGE;
        top_model_say(m, "Select an alert first: Tab goes to them.");
        return TOP_GO_ON;
}

static enum top_action repaint(struct top_model *m _unused_) {
        return TOP_REPAINT;
}

static enum top_action quit(struct top_model *m _unused_) {
        return TOP_QUIT;
}

/* Closes what is open, the last thing first. */
static enum top_action escape(struct top_model *m) {
        struct top_list *list = top_model_list(m);

        if (m->detail)
                m->detail = false;
        else if (*list->filter) {
                list->filter[0] = '\0';
                arrange(m);
        }
        return TOP_GO_ON;
}

static const struct binding bindings[] = {
        { { TOP_KEY_TAB, TOP_KEY_RIGHT }, next_view, "Tab", "the next view" },
        { { TOP_KEY_BACK_TAB, TOP_KEY_LEFT }, previous_view, NULL, NULL },
        { { '1' }, show_devices, "1 2 3 4", "devices; flows; who moves most; alerts" },
        { { '2' }, show_flows, NULL, NULL },
        { { '3' }, show_talkers, NULL, NULL },
        { { '4' }, show_alerts, NULL, NULL },
        { { TOP_KEY_UP, 'k' }, go_up, "Up Down PgUp PgDn", "select a row; it stays selected wherever it moves" },
        { { TOP_KEY_DOWN, 'j' }, go_down, NULL, NULL },
        { { TOP_KEY_PAGE_UP, 0x02 }, page_up, NULL, NULL },   /* Ctrl-B */
        { { TOP_KEY_PAGE_DOWN, 0x06 }, page_down, NULL, NULL }, /* Ctrl-F */
        { { TOP_KEY_HOME, 'g' }, go_home, "Home End", "the first row, whichever it is; the last one" },
        { { TOP_KEY_END, 'G' }, go_end, NULL, NULL },
        { { TOP_KEY_ENTER, TOP_KEY_F2, '\r' }, toggle_detail, "Enter F2",
          "all about the selected row, or the table alone" },
        { { '[' }, detail_up, "[ ]", "scroll what Enter opened" },
        { { ']' }, detail_down, NULL, NULL },
        { { TOP_KEY_F3 }, open_search, "F3", "search: the next row with a text in it; F3 goes on" },
        { { '/', TOP_KEY_F4, '\\' }, open_filter, "/ F4", "filter: only rows with all of these words, as you type" },
        { { ' ', TOP_KEY_F5, 'p', 'Z' }, toggle_pause, "Space p F5",
          "pause: nothing changes, nothing is asked; go on" },
        { { TOP_KEY_F6, '>', '<', '.' }, open_menu, "F6 > <", "choose the column to sort by" },
        { { 'I' }, invert, "I", "sort the other way round" },
        { { TOP_KEY_F9, 'a' }, acknowledge, "F9 a", "acknowledge the selected alert" },
        { { TOP_KEY_ESCAPE }, escape, "Esc", "close what Enter opened; then clear the filter" },
        { { 0x0c }, repaint, "Ctrl-L", "draw everything again" },
        { { TOP_KEY_F1, 'h', '?' }, open_help, "F1 h ?", "this help" },
        { { TOP_KEY_F10, 'q' }, quit, "F10 q", "quit" },
};

static const struct binding *find_binding(uint32_t key) {
        for (size_t i = 0; i < ELEMENTSOF(bindings); i++)
                for (size_t j = 0; j < ELEMENTSOF(bindings[i].keys) && bindings[i].keys[j]; j++)
                        if (bindings[i].keys[j] == key)
                                return &bindings[i];
        return NULL;
}

static enum top_action press_browsing(struct top_model *m, uint32_t key) {
        const struct binding *binding = find_binding(key);
        struct top_list *list = top_model_list(m);

        if (binding)
                return binding->press(m);
        if (key >= 'A' && key <= 'Z' && top_list_find_letter(list, (char) key) < list->kind->n_columns) {
                top_list_sort_by(list, top_list_find_letter(list, (char) key));
                arrange(m);
        }
        return TOP_GO_ON;
}

static void rub_out(char *text) {
        size_t n = strlen(text);

        while (n > 0 && ((unsigned char) text[n - 1] & 0xc0) == 0x80)
                n--;
        if (n > 0)
                text[n - 1] = '\0';
}

static void type(char *text, uint32_t c) {
        char bytes[5] = "";

        if (c < 0x80)
                bytes[0] = (char) c;
        else if (c < 0x800) {
                bytes[0] = (char) (0xc0 | c >> 6);
                bytes[1] = (char) (0x80 | (c & 0x3f));
        } else if (c < 0x10000) {
                bytes[0] = (char) (0xe0 | c >> 12);
                bytes[1] = (char) (0x80 | (c >> 6 & 0x3f));
                bytes[2] = (char) (0x80 | (c & 0x3f));
        } else {
                bytes[0] = (char) (0xf0 | c >> 18);
                bytes[1] = (char) (0x80 | (c >> 12 & 0x3f));
                bytes[2] = (char) (0x80 | (c >> 6 & 0x3f));
                bytes[3] = (char) (0x80 | (c & 0x3f));
        }
        if (strlen(text) + strlen(bytes) < TOP_FILTER_MAX)
                strcat(text, bytes);
}

/* True: the text has changed. */
static bool edit(struct top_model *m, uint32_t key) {
        if (key == TOP_KEY_BACKSPACE || key == 0x08)
                rub_out(m->typed);
        else if (key == 0x15) /* Ctrl-U */
                m->typed[0] = '\0';
        else if (key < TOP_KEY_UP && !text_is_unsafe(key))
                type(m->typed, key);
        else
                return false;
        return true;
}

static enum top_action press_filtering(struct top_model *m, uint32_t key) {
        struct top_list *list = top_model_list(m);

        if (key == TOP_KEY_ESCAPE)
                strcpy(m->typed, m->before);
        if (key == TOP_KEY_ESCAPE || key == TOP_KEY_ENTER || key == '\r' || key == TOP_KEY_F4)
                m->mode = TOP_BROWSE;
        else if (!edit(m, key))
                /* The arrows move in the table meanwhile. */
                return key == TOP_KEY_TAB ? TOP_GO_ON : press_browsing(m, key);
        strcpy(list->filter, m->typed);
        arrange(m);
        return TOP_GO_ON;
}

static void search(struct top_model *m, size_t from) {
        if (*m->typed && !top_list_search(top_model_list(m), m->typed, from, m->now))
                top_model_say(m, "Nothing found");
}

static enum top_action press_searching(struct top_model *m, uint32_t key) {
        size_t selected = top_model_list(m)->selected;

        if (key == TOP_KEY_ESCAPE || key == TOP_KEY_ENTER || key == '\r')
                m->mode = TOP_BROWSE;
        else if (key == TOP_KEY_F3)
                search(m, selected + 1);
        else if (edit(m, key))
                search(m, selected);
        return TOP_GO_ON;
}

/* The next column that can be sorted by, in this direction; the same one if there is none. */
static size_t next_choice(const struct top_list *list, size_t from, int direction) {
        for (size_t i = from; (direction > 0 && i + 1 < list->kind->n_columns) || (direction < 0 && i > 0);) {
                i = direction > 0 ? i + 1 : i - 1;
                if (list->kind->columns[i].compare)
                        return i;
        }
        return from;
}

static enum top_action press_choosing(struct top_model *m, uint32_t key) {
        struct top_list *list = top_model_list(m);

        if (key == TOP_KEY_UP || key == 'k')
                m->menu = next_choice(list, m->menu, -1);
        else if (key == TOP_KEY_DOWN || key == 'j')
                m->menu = next_choice(list, m->menu, 1);
        else if (key == TOP_KEY_ENTER || key == '\r') {
                if (m->menu != list->sort)
                        top_list_sort_by(list, m->menu);
                arrange(m);
                m->mode = TOP_BROWSE;
        } else if (key == TOP_KEY_ESCAPE || key == 'q' || key == TOP_KEY_F6 || key == TOP_KEY_F10)
                m->mode = TOP_BROWSE;
        return TOP_GO_ON;
}

static enum top_action press_reading(struct top_model *m, uint32_t key) {
        if (key == TOP_KEY_DOWN || key == 'j' || key == TOP_KEY_PAGE_DOWN)
                m->help_offset++;
        else if (key == TOP_KEY_UP || key == 'k' || key == TOP_KEY_PAGE_UP)
                m->help_offset -= m->help_offset > 0;
        else
                m->mode = TOP_BROWSE;
        return TOP_GO_ON;
}

enum top_action top_keys_press(struct top_model *model, uint32_t key) {
        model->message[0] = '\0';
        switch (model->mode) {
        case TOP_BROWSE:
                return press_browsing(model, key);
        case TOP_FILTER:
                return press_filtering(model, key);
        case TOP_SEARCH:
                return press_searching(model, key);
        case TOP_SORT:
                return press_choosing(model, key);
        case TOP_HELP:
                return press_reading(model, key);
        }
        return TOP_GO_ON;
}

const char *top_keys_help(size_t line, const char **ret_keys) {
        static const char *const letters[][2] = {
                { "P M T N", "sort by rate (alerts: severity), total, time, name" },
                { "K Y V A S", "by packets (alerts: id), type, vendor, address, state" },
                { "R X", "flows by round trip, by segments sent again" },
                { "", "The same letter again inverts the order." },
        };

        for (size_t i = 0; i < ELEMENTSOF(bindings); i++) {
                if (!bindings[i].names || line-- > 0)
                        continue;
                *ret_keys = bindings[i].names;
                return bindings[i].help;
        }
        if (line >= ELEMENTSOF(letters))
                return NULL;
        *ret_keys = letters[line][0];
        return letters[line][1];
}

const char *top_keys_label(const struct top_model *model, int n) {
        static const char *const labels[] = {
                "Help", "Detail", "Search", "Filter", "Pause", "SortBy", "", "", "Ack", "Quit",
        };

        if (n == 5 && model->paused)
                return "Go on";
        if (n == 9 && model->view != TOP_ALERTS)
                return "";
        return n >= 1 && n <= (int) ELEMENTSOF(labels) ? labels[n - 1] : "";
}
