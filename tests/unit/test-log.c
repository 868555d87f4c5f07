/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/unit/cmocka-all.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon/log.h"

/* What `say` writes to standard error. The caller frees it. */
static char *captured(void (*say)(void)) {
        char path[] = "/tmp/test-log.XXXXXX", *text = calloc(1, 65536);
        int saved = dup(STDERR_FILENO), fd = mkstemp(path);

        assert_true(saved >= 0 && fd >= 0 && text);
        unlink(path);
        dup2(fd, STDERR_FILENO);
        say();
        fflush(stderr);
        dup2(saved, STDERR_FILENO);
        assert_true(pread(fd, text, 65535, 0) >= 0);
        close(fd);
        close(saved);
        return text;
}

static void say_hostile(void) {
        log_warning("name %s", "\x1b[31mred\nMESSAGE=forged");
}

static void text_is_escaped(void **state _unused_) {
        char *text = captured(say_hostile);

        assert_string_equal(text, "lanscoped: name \\x1b[31mred\\x0aMESSAGE=forged\n");
        free(text);
}

static void say_quietly(void) {
        log_debug("not this");
        log_set_level(LOG_ERR);
        log_warning("nor this");
        log_error("but this");
        log_set_level(LOG_INFO);
}

static void less_important_messages_are_left_out(void **state _unused_) {
        char *text = captured(say_quietly);

        assert_string_equal(text, "lanscoped: but this\n");
        free(text);
}

static void say_much(void) {
        for (int i = 0; i < 3 * LOG_BURST; i++)
                log_info("flood");
}

static void a_flood_is_cut(void **state _unused_) {
        char *text = captured(say_much);
        size_t lines = 0;

        for (const char *p = text; (p = strchr(p, '\n')); p++)
                lines++;
        assert_true(lines > 0 && lines <= LOG_BURST);
        free(text);
}

static void say_about_devices(void) {
        for (int i = 0; i < 3 * LOG_BURST; i++)
                log_device(LOG_NOTICE, "00ff", "device");
        log_error("disk full");
}

static void devices_cannot_hide_the_rest(void **state _unused_) {
        char *text = captured(say_about_devices);

        assert_non_null(strstr(text, "disk full"));
        free(text);
}

static void levels_have_names(void **state _unused_) {
        assert_int_equal(log_level_from_string("debug"), LOG_DEBUG);
        assert_int_equal(log_level_from_string("error"), LOG_ERR);
        assert_int_equal(log_level_from_string("loud"), -EINVAL);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(text_is_escaped),
                cmocka_unit_test(less_important_messages_are_left_out),
                cmocka_unit_test(levels_have_names),
                cmocka_unit_test(devices_cannot_hide_the_rest),
                cmocka_unit_test(a_flood_is_cut),
        };

        unsetenv("JOURNAL_STREAM");
        return cmocka_run_group_tests(tests, NULL, NULL);
}
