/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Reads every capture below the folders given and takes each frame to its flow both ways, by the short one and by the
 * decoder: where the short one has an answer it must be the same. Says how many frames it answered. */

#include <errno.h>
#include <ftw.h>
#include <inttypes.h>
#include <stdio.h>

#include "common/macro.h"
#include "daemon/capture-file.h"
#include "tests/unit/flow-same.h"

enum { EXIT_SKIP = 77 };

/* nftw() has no way to hand these through. */
static uint64_t n_frames, n_short, n_wrong, n_files;

static void check_file(struct capture_file *file, const char *path) {
        struct packet_decoder *decoder = NULL;
        struct frame frame;

        if (packet_decoder_new(&decoder) < 0)
                return;
        n_files++;
        while (capture_file_next(file, &frame) > 0) {
                int r = observation_check(decoder, &frame);

                n_frames++;
                n_short += r > 0;
                if (r >= 0)
                        continue;
                n_wrong++;
                printf("%s: frame %" PRIu64 " differs\n", path, frame.number);
        }
        packet_decoder_free(decoder);
}

static int visit(const char *path, const struct stat *st _unused_, int type, struct FTW *place _unused_) {
        struct capture_file *file;

        if (type == FTW_F && strstr(path, "pcap") && capture_file_open(path, &file) >= 0) {
                check_file(file, path);
                capture_file_close(file);
        }
        return 0;
}

int main(int argc, char *argv[]) {
        if (argc < 2)
                return 2;
        for (int i = 1; i < argc; i++)
                if (nftw(argv[i], visit, 16, FTW_PHYS) < 0 && errno == ENOENT) {
                        printf("skipped: no captures at %s\n", argv[i]);
                        return EXIT_SKIP;
                }
        printf("%" PRIu64 " captures, %" PRIu64 " frames, %" PRIu64 " by the short way, %" PRIu64 " wrong\n", n_files,
               n_frames, n_short, n_wrong);
        return n_wrong > 0 || n_short == 0;
}
