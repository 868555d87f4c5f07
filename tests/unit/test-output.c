/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Who reads events by the bus: few at a time, each what it asked for, and nothing is made that nobody reads. */

#include "cmocka-all.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "daemon/output.h"

struct fixture {
        sd_event *event;
        struct config *config;
        struct output *output;
};

static int setup(void **state) {
        struct fixture *f = calloc(1, sizeof *f);

        f->config = malloc(sizeof *f->config);
        config_default(f->config);
        *state = f;
        if (sd_event_new(&f->event) < 0)
                return -1;
        return output_new(&f->output, f->event, f->config, NULL, NULL, &(struct output_ops) {});
}

static int teardown(void **state) {
        struct fixture *f = *state;

        output_free(f->output);
        sd_event_unref(f->event);
        free(f->config);
        free(f);
        return 0;
}

static void tell_flow(struct fixture *f) {
        struct flow_record r = { .protocol = IPPROTO_TCP, .last = 1, .endpoints = { { .port = 1 }, { .port = 2 } } };

        assert_int_equal(ip_parse("192.0.2.1", &r.endpoints[0].ip), 0);
        assert_int_equal(ip_parse("192.0.2.2", &r.endpoints[1].ip), 0);
        eve_take_flow(output_events(f->output), &r);
        output_settle(f->output);
}

static uint64_t told(const struct fixture *f) {
        struct output_counters c;

        output_get_counters(f->output, &c);
        return c.events;
}

static void run(struct fixture *f) {
        while (sd_event_run(f->event, 0) > 0)
                ;
        output_settle(f->output);
}

static void without_readers_there_are_no_events(void **state) {
        struct fixture *f = *state;

        assert_null(output_events(f->output));
        assert_null(output_events(NULL));
        output_settle(NULL);
        output_flush_events(NULL);
}

static void each_gets_what_it_asked_for(void **state) {
        int flows = output_open_reader(((struct fixture *) *state)->output, "a", EVE_MASK(EVE_FLOW)),
            names = output_open_reader(((struct fixture *) *state)->output, "b", EVE_MASK(EVE_DNS));
        char line[4096] = "";

        assert_true(flows >= 0 && names >= 0);
        tell_flow(*state);
        assert_true(recv(flows, line, sizeof line - 1, MSG_DONTWAIT) > 0);
        assert_non_null(strstr(line, "\"event_type\":\"flow\""));
        assert_int_equal(line[strlen(line) - 1], '\n');
        assert_int_equal(recv(names, line, sizeof line, MSG_DONTWAIT), -1);
        close(flows);
        close(names);
}

static void a_client_has_two_and_all_have_eight(void **state) {
        struct fixture *f = *state;
        int fds[OUTPUT_READERS_MAX];
        char peer[] = "0";

        for (int i = 0; i < OUTPUT_READERS_MAX; i++) {
                peer[0] = (char) ('0' + i / OUTPUT_READERS_PER_PEER);
                fds[i] = output_open_reader(f->output, peer, EVE_ALL);
                assert_true(fds[i] >= 0);
                if (i % OUTPUT_READERS_PER_PEER == OUTPUT_READERS_PER_PEER - 1)
                        assert_int_equal(output_open_reader(f->output, peer, EVE_ALL), -EUSERS);
        }
        assert_int_equal(output_open_reader(f->output, "new", EVE_ALL), -EUSERS);
        close(fds[3]);
        run(f);
        fds[3] = output_open_reader(f->output, "new", EVE_ALL);
        assert_true(fds[3] >= 0);
        for (int i = 0; i < OUTPUT_READERS_MAX; i++)
                close(fds[i]);
}

static void when_the_last_has_gone_nothing_is_made(void **state) {
        struct fixture *f = *state;
        int fd = output_open_reader(f->output, "a", EVE_ALL);
        struct output_counters c;

        tell_flow(f);
        assert_int_equal(told(f), 1);
        close(fd);
        run(f);
        tell_flow(f);
        assert_int_equal(told(f), 1);
        output_get_counters(f->output, &c);
        assert_int_equal(c.events_sent, 1);
        assert_int_equal(c.readers, 1);
}

static void who_leaves_while_told_something_is_no_trouble(void **state) {
        struct fixture *f = *state;
        int gone = output_open_reader(f->output, "a", EVE_ALL), there = output_open_reader(f->output, "b", EVE_ALL);
        char line[4096];

        close(gone);
        tell_flow(f);
        assert_true(recv(there, line, sizeof line, MSG_DONTWAIT) > 0);
        tell_flow(f);
        assert_true(recv(there, line, sizeof line, MSG_DONTWAIT) > 0);
        close(there);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
        const struct CMUnitTest tests[] = {
                TEST(without_readers_there_are_no_events),
                TEST(each_gets_what_it_asked_for),
                TEST(a_client_has_two_and_all_have_eight),
                TEST(when_the_last_has_gone_nothing_is_made),
                TEST(who_leaves_while_told_something_is_no_trouble),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
