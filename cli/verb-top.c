/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* lanscopectl top: the dashboard's loop. Keys, signals of the system and answers of the service change the model; what
 * changed is drawn once, when there is nothing else to do. */

#include <errno.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "cli/bus.h"
#include "cli/screen.h"
#include "cli/top/top-batch.h"
#include "cli/top/top-keys.h"
#include "cli/top/top-source.h"
#include "cli/top/top-terminal.h"
#include "cli/top/top-view.h"
#include "cli/verbs.h"
#include "cli/when.h"
#include "common/cleanup.h"
#include "dbus/lanscope-names.h"

struct top {
        struct top_model model;
        struct top_source *source;
        struct screen screen;
        sd_event *event;
        sd_event_source *draw; /* at idle */
};

static void draw_soon(void *userdata) {
        struct top *t = userdata;

        (void) sd_event_source_set_enabled(t->draw, SD_EVENT_ONESHOT);
}

static int on_idle(sd_event_source *source _unused_, void *userdata) {
        struct top *t = userdata;

        top_view_draw(&t->model, &t->screen);
        return 0;
}

static int press(struct top *t, uint32_t key) {
        switch (top_keys_press(&t->model, key)) {
        case TOP_QUIT:
                return sd_event_exit(t->event, 0);
        case TOP_REPAINT:
                top_terminal_repaint();
                break;
        case TOP_ACKNOWLEDGE:
                top_source_acknowledge(t->source);
                break;
        case TOP_GO_ON:
                break;
        }
        top_source_follow(t->source);
        draw_soon(t);
        return 0;
}

static int on_input(sd_event_source *source _unused_, int fd, uint32_t events, void *userdata) {
        struct top *t = userdata;
        int waiting = 0;
        uint32_t key;

        /* A terminal that is gone is readable for ever, and has nothing to read. */
        if ((events & (EPOLLHUP | EPOLLERR)) || ioctl(fd, FIONREAD, &waiting) < 0 || waiting == 0)
                return sd_event_exit(t->event, 1);
        while ((key = top_terminal_read_key()) != 0)
                (void) press(t, key);
        return 0;
}

static int on_signal(sd_event_source *source _unused_, const struct signalfd_siginfo *info, void *userdata) {
        struct top *t = userdata;

        switch (info->ssi_signo) {
        case SIGWINCH:
                top_terminal_resize();
                break;
        case SIGCONT:
                top_terminal_resize();
                top_terminal_repaint();
                break;
        case SIGTSTP:
                top_terminal_suspend();
                break;
        default:
                return sd_event_exit(t->event, 0);
        }
        draw_soon(t);
        return 0;
}

static int listen_to_signals(struct top *t) {
        static const int signals[] = { SIGWINCH, SIGCONT, SIGTSTP, SIGINT, SIGTERM, SIGHUP };
        sigset_t mask;
        int r = 0;

        sigemptyset(&mask);
        for (size_t i = 0; i < ELEMENTSOF(signals); i++)
                sigaddset(&mask, signals[i]);
        if (sigprocmask(SIG_BLOCK, &mask, NULL) < 0)
                return -errno;
        for (size_t i = 0; r >= 0 && i < ELEMENTSOF(signals); i++)
                r = sd_event_add_signal(t->event, NULL, signals[i], on_signal, t);
        return r;
}

static int prepare(struct top *t, sd_bus *bus, const struct options *options, uint64_t delay) {
        int r = sd_event_default(&t->event);

        if (r >= 0)
                r = listen_to_signals(t);
        if (r >= 0)
                r = sd_event_add_io(t->event, NULL, STDIN_FILENO, EPOLLIN, on_input, t);
        if (r >= 0)
                r = sd_event_add_defer(t->event, &t->draw, on_idle, t);
        if (r >= 0)
                r = sd_event_source_set_priority(t->draw, SD_EVENT_PRIORITY_IDLE);
        if (r >= 0)
                r = top_source_new(&t->source, bus, t->event, options, delay, &t->model, draw_soon, t);
        return r;
}

static int run_on_terminal(struct top *t, sd_bus *bus, const struct options *options, uint64_t delay) {
        int r = prepare(t, bus, options, delay);

        if (r < 0) {
                bus_complain(NULL, r, NULL);
                sd_bus_flush_close_unref(bus);
        } else if (top_terminal_open(&t->screen) < 0)
                r = 1;
        else
                r = sd_event_loop(t->event);
        top_terminal_close();
        top_source_free(t->source);
        sd_event_source_unref(t->draw);
        sd_event_unref(t->event);
        return r != 0;
}

/* Waits for the service to start, and for ssh to ask for a password, while there is still a plain terminal to say so. */
static int greet(sd_bus *bus, struct top_model *model) {
        _cleanup_(json_putp) struct json_object *properties = NULL;
        int r = bus_get_properties(bus, LANSCOPE_PATH, LANSCOPE_MANAGER_INTERFACE, &properties);

        if (r < 0)
                return r;
        json_object_put(model->status);
        model->status = TAKE_PTR(properties);
        top_model_set_time(model, when_now());
        return 0;
}

static bool choices_fit(const struct options *o) {
        if (o->batch > 0)
                return true;
        if (o->json != JSON_OFF || o->limit > 0) {
                fprintf(stderr, "--%s goes with --batch only.\n", o->json != JSON_OFF ? "json" : "limit");
                return false;
        }
        if (isatty(STDIN_FILENO) && isatty(STDOUT_FILENO))
                return true;
        fprintf(stderr, "Standard input and output must be a terminal; 'lanscopectl top --batch=1' needs none.\n");
        return false;
}

static int run(const struct options *options, int argc _unused_, char *argv[] _unused_) {
        uint64_t delay = options->delay > 0 ? options->delay : USEC_PER_SEC;
        struct top t = { 0 };
        sd_bus *bus = NULL;
        int status = 1;

        if (!choices_fit(options))
                return 2;
        top_model_init(&t.model);
        t.model.view = options->view ? top_view_from_string(options->view) : TOP_DEVICES;
        if (bus_open(options, &bus) >= 0 && greet(bus, &t.model) >= 0) {
                if (options->batch > 0)
                        status = top_batch_run(bus, options, &t.model, delay);
                else {
                        screen_open(&t.screen, options, false);
                        status = run_on_terminal(&t, TAKE_PTR(bus), options, delay);
                }
        }
        sd_bus_flush_close_unref(bus);
        top_model_done(&t.model);
        return status;
}

const struct verb verb_top = {
        .name = "top",
        .arguments = "",
        .summary = "Show devices, flows, throughput and alerts live, full screen",
        .description = "A dashboard with keys as in htop: Tab goes on to flows, talkers and alerts, Enter shows all about\n"
                       "the selected row, / filters, F6 sorts, Space pauses, F1 tells the rest, q quits. Flows need the\n"
                       "polkit action org.lanscope1.inspect-traffic. With --batch it prints plain text, or with --json one\n"
                       "object a picture, and needs no terminal.\n",
        .run = run,
};
