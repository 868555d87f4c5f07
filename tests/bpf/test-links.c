/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The link table against the kernel's, in a network namespace of the test's own. */

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/macro.h"
#include "daemon/links.h"
#include "tests/unit/cmocka-all.h"

enum { SKIP = 77 };

struct fixture {
        sd_event *event;
        struct links *links;
        char log[65536];
};

static void note(struct fixture *f, char sign, const struct link *link) {
        size_t n = strlen(f->log);

        snprintf(f->log + n, sizeof f->log - n, "%c%s ", sign, link->name);
}

static void on_added(void *userdata, const struct link *link) {
        note(userdata, '+', link);
}

static void on_changed(void *userdata, const struct link *link) {
        note(userdata, '~', link);
}

static void on_removed(void *userdata, const struct link *link) {
        note(userdata, '-', link);
}

static void ip(const char *words) {
        char command[256];

        snprintf(command, sizeof command, "ip %s", words);
        assert_int_equal(system(command), 0);
}

/* Lets the loop run until nothing has come for a while. */
static void settle(struct fixture *f) {
        while (sd_event_run(f->event, 100 * 1000) > 0)
                ;
}

static const struct link *get(const struct fixture *f, const char *name) {
        return link_table_get_by_name(links_table(f->links), name);
}

static const char *default_name(const struct fixture *f) {
        const struct link *link = link_table_default(links_table(f->links));

        return link ? link->name : "";
}

static bool has_address(const struct link *link, const char *text, uint8_t prefix_length) {
        struct ip_address ip;

        assert_int_equal(ip_parse(text, &ip), 0);
        for (size_t i = 0; i < link->n_addresses; i++)
                if (ip_equal(&link->addresses[i], &ip))
                        return link->prefix_lengths[i] == prefix_length;
        return false;
}

static int setup(void **state) {
        struct fixture *f = calloc(1, sizeof *f);
        struct link_ops ops = { on_added, on_changed, on_removed, f };

        *state = f;
        if (!f || unshare(CLONE_NEWNET) < 0 || sd_event_new(&f->event) < 0)
                return -1;
        ip("link add name one type veth peer name two");
        ip("link set one address 02:00:00:00:00:01 up");
        ip("link set two up");
        ip("addr add 192.0.2.1/24 dev one");
        ip("route add default via 192.0.2.254 dev one metric 50");
        return links_new(&f->links, f->event, &ops);
}

static int teardown(void **state) {
        struct fixture *f = *state;

        links_free(f->links);
        sd_event_unref(f->event);
        free(f);
        return 0;
}

static void all_is_known_from_the_start(void **state) {
        struct fixture *f = *state;
        const struct link *link = get(f, "one");
        char text[IP_STRING_MAX];

        assert_non_null(strstr(f->log, "+one "));
        assert_non_null(strstr(f->log, "+lo "));
        assert_non_null(link);
        assert_true(link->up && link->running);
        assert_int_equal(link->mac.bytes[5], 1);
        assert_true(has_address(link, "192.0.2.1", 24));
        assert_string_equal(ip_format(&link->gateway, text), "192.0.2.254");
        assert_string_equal(default_name(f), "one");
        assert_true(get(f, "lo")->loopback);
}

static void changes_are_followed(void **state) {
        struct fixture *f = *state;

        settle(f);
        f->log[0] = '\0';
        ip("addr add 198.51.100.7/25 dev two");
        ip("route add default via 198.51.100.1 dev two metric 10");
        settle(f);
        assert_non_null(strstr(f->log, "~two "));
        assert_string_equal(default_name(f), "two");
        /* Takes the route with it, of which the kernel says nothing. */
        ip("addr del 198.51.100.7/25 dev two");
        settle(f);
        assert_string_equal(default_name(f), "one");
        assert_int_equal(get(f, "two")->gateway.family, 0);
        ip("link set one down");
        settle(f);
        assert_false(get(f, "one")->up);
        assert_string_equal(default_name(f), "two");
}

static void interfaces_come_go_and_are_renamed(void **state) {
        struct fixture *f = *state;

        settle(f);
        f->log[0] = '\0';
        ip("link add name three type veth peer name four");
        settle(f);
        assert_non_null(strstr(f->log, "+three "));
        ip("link set three name drei");
        settle(f);
        assert_null(get(f, "three"));
        assert_non_null(get(f, "drei"));
        ip("link del drei");
        settle(f);
        assert_non_null(strstr(f->log, "-drei "));
        assert_non_null(strstr(f->log, "-four "));
        assert_null(get(f, "drei"));
}

/* More messages than the socket holds, while nobody reads: everything is read anew. */
static void lost_messages_are_made_up_for(void **state) {
        struct fixture *f = *state;
        char path[] = "/tmp/lanscope-test-links-XXXXXX", command[128];
        int fd = mkstemp(path);
        FILE *batch = fd >= 0 ? fdopen(fd, "w") : NULL;

        assert_non_null(batch);
        for (unsigned i = 0; i < 4000; i++)
                fprintf(batch, "addr %s 203.0.113.9/24 dev two\n", i % 2 ? "del" : "add");
        fputs("addr add 203.0.113.77/24 dev two\nlink del one\n", batch);
        fclose(batch);
        snprintf(command, sizeof command, "ip -batch %s", path);
        assert_int_equal(system(command), 0);
        unlink(path);
        settle(f);
        assert_true(links_resyncs(f->links) > 0);
        assert_null(get(f, "one"));
        assert_null(get(f, "two"));
        assert_non_null(strstr(f->log, "-one "));
        ip("link add name one type veth peer name two");
        settle(f);
        assert_non_null(get(f, "one"));
        assert_false(has_address(get(f, "two"), "203.0.113.77", 24));
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
        const struct CMUnitTest tests[] = {
                CASE(all_is_known_from_the_start),
                CASE(changes_are_followed),
                CASE(interfaces_come_go_and_are_renamed),
                CASE(lost_messages_are_made_up_for),
        };

        if (unshare(CLONE_NEWNET) < 0) {
                printf("needs the right to make a network namespace: %s\n", strerror(errno));
                return SKIP;
        }
        if (system("ip -V >/dev/null 2>&1") != 0) {
                puts("needs iproute2");
                return SKIP;
        }
        return cmocka_run_group_tests(tests, NULL, NULL);
}
