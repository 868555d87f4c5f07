/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Capture files of any format through the reader, frame by frame, in runs, and in runs where they stand in the page cache,
 * which must give the same. Input: the file. */

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "common/cleanup.h"
#include "daemon/capture-file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Reads every byte that a frame claims; the sum keeps the compiler from leaving that out. */
static volatile unsigned sum;

/* `number`: of the frame before. */
static uint64_t read_frame(const struct frame *frame, uint64_t number, uint64_t digest) {
        if (frame->number != number + 1 || frame->length < frame->captured)
                abort();
        for (uint32_t i = 0; i < frame->captured; i++)
                sum += frame->data[i];
        digest = digest * 31 + frame->ts;
        return (digest * 31 + frame->captured) * 31 + frame->length + frame->linktype;
}

/* Returns a digest of all frames. */
static uint64_t read_all(struct capture_file *file, bool runs, bool shared) {
        uint64_t number = 0, digest = 0;
        struct frame_run *run;
        struct frame frame;
        int r;

        if (shared)
                capture_file_share(file);
        while ((r = capture_file_next(file, &frame)) > 0) {
                digest = read_frame(&frame, number++, digest);
                run = runs ? capture_file_run(file) : NULL;
                while (run && frame_run_next(run, &frame))
                        digest = read_frame(&frame, number++, digest);
        }
        /* An error has its sentence, and stays. */
        if ((r < 0) != (capture_file_error(file) != NULL) || (r < 0 && capture_file_next(file, &frame) >= 0))
                abort();
        return digest;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        _cleanup_(closep) int fd = memfd_create("capture", MFD_CLOEXEC);
        struct capture_file *file;
        uint64_t digests[3];
        char path[32];

        if (fd < 0 || write(fd, data, size) != (ssize_t) size)
                abort();
        snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
        for (unsigned i = 0; i < 3; i++) {
                if (capture_file_open(path, &file) < 0)
                        return 0;
                digests[i] = read_all(file, i > 0, i > 1);
                capture_file_close(file);
        }
        if (digests[0] != digests[1] || digests[0] != digests[2])
                abort();
        return 0;
}
