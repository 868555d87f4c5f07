/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Every capture at hand goes through the engine twice: with all frames, and with those alone that the kernel program
 * copies, cut as it cuts them. The facts must be the same: no frame that matters is left in the kernel. */

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bpf/lanscope-events.h"
#include "common/macro.h"
#include "daemon/capture-file.h"
#include "daemon/capture.h"
#include "engine/engine.h"
#include "lanscope.skel.h"
#include "tests/bpf/may-load.h"
#include "tests/unit/cmocka-all.h"

enum { SKIP = 77 };
/* The kernel's test facility takes no more for TC. */
enum { FRAME_MAX = 3000 };

/* What one engine said. */
struct log {
        struct engine *engine;
        char **lines;
        size_t n, size;
};

struct fixture {
        struct lanscope_bpf *programs;
        struct ring_buffer *ring;
        struct log all, copied;
        const struct frame *frame; /* the one that is run */
        unsigned files, frames, taken, facts, different;
};

static void note(void *userdata, const struct fact *fact) {
        struct log *log = userdata;
        char mac[MAC_STRING_MAX];

        if (log->n == log->size) {
                log->size = MAX(2 * log->size, (size_t) 64);
                log->lines = realloc(log->lines, log->size * sizeof *log->lines);
                assert_non_null(log->lines);
        }
        assert_true(asprintf(&log->lines[log->n++], "%s %s %s", mac_format(&fact->mac, mac), fact_kind_to_string(fact->kind),
                             fact->value) > 0);
}

static void begin(struct log *log) {
        struct engine_ops ops = { .fact = note, .userdata = log };
        struct engine_config config;

        engine_config_default(&config);
        config.dissect_only = true;
        config.session_bytes_max = CAPTURE_FIRST_BYTES;
        *log = (struct log) { 0 };
        assert_int_equal(engine_new(&log->engine, &config, &ops), 0);
}

static int compare_lines(const void *a, const void *b) {
        return strcmp(*(char *const *) a, *(char *const *) b);
}

/* Without an acknowledgement, a hole is given up at the end: the order may differ. */
static void finish(struct log *log) {
        engine_flush(log->engine);
        if (log->n > 0)
                qsort(log->lines, log->n, sizeof *log->lines, compare_lines);
}

static void discard(struct log *log) {
        engine_free(log->engine);
        for (size_t i = 0; i < log->n; i++)
                free(log->lines[i]);
        free(log->lines);
}

static int on_record(void *userdata, void *data, size_t size _unused_) {
        struct fixture *f = userdata;
        struct frame frame = *f->frame;
        struct lanscope_record record;

        memcpy(&record, data, sizeof record);
        if (record.type != LANSCOPE_RECORD_FRAME)
                return 0;
        f->taken++;
        frame.captured = record.captured;
        frame.data = (uint8_t *) data + sizeof record;
        engine_feed_frame(f->copied.engine, &frame);
        return 0;
}

/* Each file is a network of its own. */
static void forget_flows(const struct fixture *f) {
        int followed = bpf_map__fd(f->programs->maps.followed);
        uint8_t key[64];

        assert_true(bpf_map__key_size(f->programs->maps.followed) <= sizeof key);
        while (bpf_map_get_next_key(followed, NULL, key) == 0)
                assert_int_equal(bpf_map_delete_elem(followed, key), 0);
        /* What one generation knew the next one asks for, and no other. */
        f->programs->data->flow_generation += 2;
}

/* The frames of a capture come faster here than they did; limits by time are not what this is about. */
static void forget_rates(struct fixture *f) {
        int sources = bpf_map__fd(f->programs->maps.sources), newcomers = bpf_map__fd(f->programs->maps.newcomers);
        uint64_t key, zero = 0;

        while (bpf_map_get_next_key(sources, NULL, &key) == 0)
                assert_int_equal(bpf_map_delete_elem(sources, &key), 0);
        for (uint32_t class = 0; class < LANSCOPE_CLASS_MAX; class++)
                assert_int_equal(bpf_map_update_elem(newcomers, &class, &zero, BPF_ANY), 0);
}

static void run(struct fixture *f, const struct frame *frame) {
        uint8_t out[FRAME_MAX + 256];
        LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = frame->data, .data_size_in = frame->captured, .data_out = out,
                    .data_size_out = sizeof out);

        if (f->frames++ % 64 == 0)
                forget_rates(f);
        f->frame = frame;
        assert_int_equal(bpf_prog_test_run_opts(bpf_program__fd(f->programs->progs.lanscope_in), &options), 0);
        ring_buffer__consume(f->ring);
}

/* Says what only one side has. Returns how many. */
static unsigned tell_difference(const char *path, const struct log *all, const struct log *copied) {
        unsigned different = 0;

        for (size_t i = 0, j = 0; i < all->n || j < copied->n;) {
                int order = i == all->n ? 1 : j == copied->n ? -1 : strcmp(all->lines[i], copied->lines[j]);

                if (order != 0 && different++ < 5)
                        print_message("%s: %s: %.120s\n", path, order < 0 ? "missing" : "extra",
                                      order < 0 ? all->lines[i] : copied->lines[j]);
                i += order <= 0;
                j += order >= 0;
        }
        return different;
}

static void compare_file(struct fixture *f, const char *path) {
        struct capture_file *file = NULL;
        struct frame frame;

        if (capture_file_open(path, &file) < 0)
                return;
        begin(&f->all);
        begin(&f->copied);
        forget_flows(f);
        while (capture_file_next(file, &frame) > 0) {
                if (frame.linktype != 1 || frame.captured != frame.length || frame.length < 34 || frame.length > FRAME_MAX)
                        continue;
                engine_feed_frame(f->all.engine, &frame);
                run(f, &frame);
        }
        capture_file_close(file);
        finish(&f->all);
        finish(&f->copied);
        f->files++;
        f->facts += (unsigned) f->all.n;
        f->different += tell_difference(path, &f->all, &f->copied);
        discard(&f->all);
        discard(&f->copied);
}

static void compare_folder(struct fixture *f, const char *path, unsigned depth) {
        DIR *folder = opendir(path);
        struct dirent *entry;
        char name[4096];

        while (folder && (entry = readdir(folder))) {
                snprintf(name, sizeof name, "%s/%s", path, entry->d_name);
                if (entry->d_name[0] == '.')
                        continue;
                if (entry->d_type == DT_DIR && depth > 0)
                        compare_folder(f, name, depth - 1);
                else if (strstr(entry->d_name, ".pcap"))
                        compare_file(f, name);
        }
        if (folder)
                closedir(folder);
}

static void compare_all(const char *folder) {
        const char *root = getenv("SOURCE_ROOT");
        struct fixture f = { 0 };
        char path[4096];

        snprintf(path, sizeof path, "%s/%s", root ? root : ".", folder);
        f.programs = lanscope_bpf__open_and_load();
        assert_non_null(f.programs);
        f.ring = ring_buffer__new(bpf_map__fd(f.programs->maps.ring), on_record, &f, NULL);
        assert_non_null(f.ring);
        compare_folder(&f, path, 2);
        ring_buffer__free(f.ring);
        lanscope_bpf__destroy(f.programs);
        if (f.files == 0) {
                print_message("no captures in %s\n", path);
                skip();
        }
        print_message("%u captures: %u of %u frames give all %u facts\n", f.files, f.taken, f.frames, f.facts);
        assert_int_equal(f.different, 0);
        assert_true(f.facts > 0);
}

static void golden_captures_give_the_same_facts(void **state _unused_) {
        compare_all("tests/golden");
}

static void real_captures_give_the_same_facts(void **state _unused_) {
        compare_all("../shared/corpus");
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(golden_captures_give_the_same_facts),
                cmocka_unit_test(real_captures_give_the_same_facts),
        };

        if (!may_load_programs())
                return SKIP;
        return cmocka_run_group_tests(tests, NULL, NULL);
}
