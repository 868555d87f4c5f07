/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "cmocka-all.h"

#include <linux/capability.h>
#include <pthread.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "common/macro.h"
#include "daemon/capture.h"
#include "daemon/privileges.h"

static bool permitted(unsigned capability) {
        struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
        struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = { 0 };

        assert_int_equal(syscall(SYS_capget, &header, data), 0);
        return data[CAP_TO_INDEX(capability)].permitted & CAP_TO_MASK(capability);
}

struct trial {
        unsigned keep, held;
        int r;
        bool others; /* any that is none of ours */
        int again;
};

/* Capabilities are a thread's own: each trial has one. */
static void *give_up(void *userdata) {
        struct trial *t = userdata;

        t->r = privileges_keep(t->keep);
        t->held = privileges_held();
        t->others = permitted(CAP_CHOWN) || permitted(CAP_SYS_ADMIN);
        (void) privileges_keep(PRIVILEGES_ALL);
        t->again = privileges_held() != t->held;
        return NULL;
}

static void test_what_is_kept(void **state _unused_) {
        unsigned held = privileges_held();

        if (held == 0)
                SKIP("who has no privileges can give none up");
        for (unsigned keep = 0; keep <= PRIVILEGES_ALL; keep++) {
                struct trial t = { .keep = keep };
                pthread_t thread;

                assert_int_equal(pthread_create(&thread, NULL, give_up, &t), 0);
                assert_int_equal(pthread_join(thread, NULL), 0);
                assert_int_equal(t.r, 0);
                assert_int_equal(t.held, held & keep);
                assert_false(t.others);
                assert_false(t.again);
        }
        assert_int_equal(privileges_held(), held);
}

static void test_names(void **state _unused_) {
        const char *names[PRIVILEGES_MAX];

        assert_int_equal(privileges_names(0, names), 0);
        assert_int_equal(privileges_names(PRIVILEGE_NET_RAW | PRIVILEGE_BPF, names), 2);
        assert_string_equal(names[0], "CAP_BPF");
        assert_string_equal(names[1], "CAP_NET_RAW");
        assert_int_equal(privileges_names(PRIVILEGES_ALL, names), PRIVILEGES_MAX);
}

/* libpcap takes one; eBPF its three, and libpcap's for all frames. */
static void test_what_a_configuration_takes(void **state _unused_) {
        unsigned ebpf = capture_ebpf.privileges ? capture_ebpf.privileges : PRIVILEGE_NET_RAW;
        struct capture_config config = { .mode = MODE_HOST };

        assert_int_equal(capture_config_privileges(&config), ebpf);
        config.mode = MODE_SPAN;
        assert_int_equal(capture_config_privileges(&config), ebpf | PRIVILEGE_NET_RAW);
        strcpy(config.backend, "pcap");
        assert_int_equal(capture_config_privileges(&config), PRIVILEGE_NET_RAW);
        config = (struct capture_config) { .mode = MODE_HOST, .filter = "arp" };
        assert_int_equal(capture_config_privileges(&config), PRIVILEGE_NET_RAW);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_what_is_kept),
                cmocka_unit_test(test_names),
                cmocka_unit_test(test_what_a_configuration_takes),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
