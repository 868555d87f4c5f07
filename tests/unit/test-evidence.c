/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/unit/cmocka-all.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/capture-file.h"
#include "daemon/evidence.h"

#define EVIL { { 2, 0, 0, 0, 0, 0x66 } }

struct place {
        char folder[64], evidence[96];
        struct evidence_keeper *keeper;
};

static int setup(void **state) {
        struct place *p = calloc(1, sizeof *p);

        strcpy(p->folder, "/tmp/lanscope-evidence-XXXXXX");
        if (!mkdtemp(p->folder))
                return -1;
        snprintf(p->evidence, sizeof p->evidence, "%s/evidence", p->folder);
        *state = p;
        return evidence_keeper_new(&p->keeper, p->evidence);
}

static int teardown(void **state) {
        struct place *p = *state;
        char command[160];

        evidence_keeper_free(p->keeper);
        snprintf(command, sizeof command, "rm -r '%s'", p->folder);
        if (system(command) != 0)
                return -1;
        free(p);
        return 0;
}

/* Ethernet from or to ...:66, or among others; `n` bytes. */
static void take(struct place *p, uint64_t ts, uint8_t to, uint8_t from, uint32_t n, uint32_t vlan_tag) {
        uint8_t data[2048] = { 2, 0, 0, 0, 0, to, 2, 0, 0, 0, 0, from, 0x08, 0x06, 0xab };
        struct frame f = { .ts = ts, .ifindex = 3, .linktype = 1, .captured = n, .length = n, .data = data, .vlan_tag = vlan_tag };

        evidence_keeper_take(p->keeper, &f);
}

static int read_back(struct place *p, uint64_t alert, struct frame *ret_first, unsigned *ret_n, uint8_t *ret_data) {
        struct capture_file *file;
        char path[160];
        struct frame f;
        int r;

        snprintf(path, sizeof path, "%s/%020llu.pcapng", p->evidence, (unsigned long long) alert);
        r = capture_file_open(path, &file);
        if (r < 0)
                return r;
        *ret_n = 0;
        while ((r = capture_file_next(file, &f)) > 0)
                if ((*ret_n)++ == 0) {
                        *ret_first = f;
                        memcpy(ret_data, f.data, f.captured);
                }
        capture_file_close(file);
        return r;
}

static void frames_of_the_offender_are_frozen(void **state) {
        const struct alert alert = { .id = 7, .mac = EVIL };
        struct place *p = *state;
        uint8_t data[2048];
        struct frame first;
        struct stat st;
        unsigned n;
        char path[160];
        int fd;

        take(p, 1000, 0x01, 0x66, 60, 0);
        take(p, 2000, 0x01, 0x02, 60, 0);
        take(p, 3000, 0x66, 0x01, 1500, 0);
        assert_int_equal(evidence_keeper_freeze(p->keeper, &alert), 0);
        assert_int_equal(read_back(p, 7, &first, &n, data), 0);
        assert_int_equal(n, 2);
        assert_true(first.ts == 1000 && first.captured == 60 && first.length == 60 && first.linktype == 1);
        assert_int_equal(data[14], 0xab);
        snprintf(path, sizeof path, "%s/%020d.pcapng", p->evidence, 7);
        assert_int_equal(stat(path, &st), 0);
        assert_int_equal(st.st_mode & 0777, 0600);
        fd = evidence_keeper_open(p->keeper, 7);
        assert_true(fd >= 0);
        close(fd);
        assert_int_equal(evidence_keeper_open(p->keeper, 8), -ENOENT);
}

static void nothing_of_the_offender_makes_no_file(void **state) {
        const struct alert alert = { .id = 7, .mac = EVIL };
        struct place *p = *state;

        take(p, 1000, 0x01, 0x02, 60, 0);
        assert_int_equal(evidence_keeper_freeze(p->keeper, &alert), -ENODATA);
        assert_int_equal(evidence_keeper_open(p->keeper, 7), -ENOENT);
}

static void the_vlan_tag_goes_back_in(void **state) {
        const struct alert alert = { .id = 1, .mac = EVIL };
        struct place *p = *state;
        uint8_t data[2048];
        struct frame first;
        unsigned n;

        take(p, 1000, 0x01, 0x66, 60, FRAME_VLAN_PRESENT | 42);
        assert_int_equal(evidence_keeper_freeze(p->keeper, &alert), 0);
        assert_int_equal(read_back(p, 1, &first, &n, data), 0);
        assert_int_equal(first.captured, 64);
        assert_memory_equal(data + 12, "\x81\x00\x00\x2a\x08\x06\xab", 7);
}

static void memory_file_and_folder_are_bounded(void **state) {
        struct alert alert = { .mac = EVIL };
        struct place *p = *state;
        uint8_t data[2048];
        struct frame first;
        struct stat st;
        char path[160];
        unsigned n;

        for (unsigned i = 0; i < 3 * EVIDENCE_FRAMES; i++)
                take(p, i + 1, 0x01, 0x66, 1500, 0);
        for (alert.id = 1; alert.id <= EVIDENCE_FILES_MAX + 3; alert.id++)
                assert_int_equal(evidence_keeper_freeze(p->keeper, &alert), 0);
        assert_int_equal(evidence_keeper_open(p->keeper, 3), -ENOENT);
        assert_int_equal(read_back(p, 4, &first, &n, data), 0);
        assert_true(first.captured == EVIDENCE_SNAP && first.length == 1500);
        snprintf(path, sizeof path, "%s/%020d.pcapng", p->evidence, 4);
        assert_int_equal(stat(path, &st), 0);
        assert_in_range(st.st_size, EVIDENCE_FILE_MAX / 2, EVIDENCE_FILE_MAX);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(frames_of_the_offender_are_frozen, setup, teardown),
                cmocka_unit_test_setup_teardown(nothing_of_the_offender_makes_no_file, setup, teardown),
                cmocka_unit_test_setup_teardown(the_vlan_tag_goes_back_in, setup, teardown),
                cmocka_unit_test_setup_teardown(memory_file_and_folder_are_bounded, setup, teardown),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
