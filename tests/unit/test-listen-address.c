/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Where the service may listen: what is written is what is bound, and nothing wider. */

#include "cmocka-all.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/macro.h"
#include "daemon/listen-address.h"

static void assert_ip(const char *text, int family, const char *ip, uint16_t port) {
        struct listen_address a;
        char buffer[INET6_ADDRSTRLEN];
        const void *bytes;
        uint16_t got;

        assert_int_equal(listen_address_parse(text, &a), 0);
        assert_int_equal(a.any.sa_family, family);
        if (family == AF_INET) {
                bytes = &((const struct sockaddr_in *) (const void *) &a.storage)->sin_addr;
                got = ((const struct sockaddr_in *) (const void *) &a.storage)->sin_port;
        } else {
                bytes = &((const struct sockaddr_in6 *) (const void *) &a.storage)->sin6_addr;
                got = ((const struct sockaddr_in6 *) (const void *) &a.storage)->sin6_port;
        }
        assert_string_equal(inet_ntop(family, bytes, buffer, sizeof buffer), ip);
        assert_int_equal(ntohs(got), port);
}

static void addresses_are_read(void **state _unused_) {
        struct listen_address a;

        assert_ip("127.0.0.1:9817", AF_INET, "127.0.0.1", 9817);
        assert_ip("0.0.0.0:1", AF_INET, "0.0.0.0", 1);
        assert_ip("[::1]:65535", AF_INET6, "::1", 65535);
        assert_ip("[2001:db8::7]:80", AF_INET6, "2001:db8::7", 80);
        assert_int_equal(listen_address_parse("/run/lanscope/metrics", &a), 0);
        assert_int_equal(a.any.sa_family, AF_UNIX);
        assert_string_equal(a.local.sun_path, "/run/lanscope/metrics");
}

static void a_port_alone_is_the_loopback(void **state _unused_) {
        assert_ip("9817", AF_INET, "127.0.0.1", 9817);
}

static void nonsense_is_refused(void **state _unused_) {
        static const char *const wrong[] = {
                "", ":", ":80", "0", "65536", "99999999999999999999", "-1", "+1", " 1", "1 ", "0x50", "localhost:80",
                "127.0.0.1", "127.0.0.1:", "127.0.0.1:0", "127.0.0.1:65536", "127.0.0.1:80x", "256.0.0.1:80", "::1:80", "[::1]",
                "[::1]80", "[::1:80", "::1]:80", "[127.0.0.1]:80", "[]:80", "[:80", "]:80", "/", "/run/x/", "relative/path", "@name",
                "1111111111111111111111111111111111111111111111111:80",
        };
        char path[200];
        struct listen_address a = { .length = 77 };

        for (size_t i = 0; i < ELEMENTSOF(wrong); i++)
                assert_int_equal(listen_address_parse(wrong[i], &a), -EINVAL);
        memset(path, 'x', sizeof path);
        path[0] = '/';
        path[sizeof path - 1] = '\0';
        assert_int_equal(listen_address_parse(path, &a), -EINVAL);
        assert_int_equal(a.length, 77);
}

static void make_path(struct listen_address *ret, char folder[static 64]) {
        char path[96];

        strcpy(folder, "/tmp/lanscope-listen-XXXXXX");
        assert_non_null(mkdtemp(folder));
        snprintf(path, sizeof path, "%s/s", folder);
        assert_int_equal(listen_address_parse(path, ret), 0);
}

static void a_stale_socket_is_replaced_and_a_live_one_is_not(void **state _unused_) {
        struct listen_address a;
        char folder[64];
        struct stat st;
        mode_t mask = umask(077);
        int first, second;

        make_path(&a, folder);
        first = listen_address_open(&a);
        assert_true(first >= 0);
        assert_int_equal(lstat(a.local.sun_path, &st), 0);
        assert_int_equal(st.st_mode, S_IFSOCK | 0660);
        assert_int_equal(listen_address_open(&a), -EADDRINUSE);
        close(first);
        second = listen_address_open(&a);
        assert_true(second >= 0);
        close(second);
        listen_address_unlink(&a);
        assert_int_equal(rmdir(folder), 0);
        umask(mask);
}

static void what_is_no_socket_is_left_alone(void **state _unused_) {
        struct listen_address a;
        char folder[64];
        struct stat st;
        FILE *f;

        make_path(&a, folder);
        f = fopen(a.local.sun_path, "we");
        assert_non_null(f);
        fclose(f);
        assert_int_equal(listen_address_open(&a), -EADDRINUSE);
        assert_int_equal(lstat(a.local.sun_path, &st), 0);
        assert_true(S_ISREG(st.st_mode));
        assert_int_equal(unlink(a.local.sun_path), 0);
        /* Nor what a link points to. */
        assert_int_equal(symlink("/nonexistent", a.local.sun_path), 0);
        assert_int_equal(listen_address_open(&a), -EADDRINUSE);
        assert_int_equal(unlink(a.local.sun_path), 0);
        assert_int_equal(rmdir(folder), 0);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(addresses_are_read),
                cmocka_unit_test(a_port_alone_is_the_loopback),
                cmocka_unit_test(nonsense_is_refused),
                cmocka_unit_test(a_stale_socket_is_replaced_and_a_live_one_is_not),
                cmocka_unit_test(what_is_no_socket_is_left_alone),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
