/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Capture files of any format through the reader. Input: the file. */

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

static void read_all(struct capture_file *file) {
        uint64_t number = 0;
        struct frame frame;
        int r;

        while ((r = capture_file_next(file, &frame)) > 0) {
                if (frame.number != ++number || frame.length < frame.captured)
                        abort();
                for (uint32_t i = 0; i < frame.captured; i++)
                        sum += frame.data[i];
        }
        /* An error has its sentence, and stays. */
        if ((r < 0) != (capture_file_error(file) != NULL) || (r < 0 && capture_file_next(file, &frame) >= 0))
                abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        _cleanup_(closep) int fd = memfd_create("capture", MFD_CLOEXEC);
        struct capture_file *file;
        char path[32];

        if (fd < 0 || write(fd, data, size) != (ssize_t) size)
                abort();
        snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
        if (capture_file_open(path, &file) < 0)
                return 0;
        read_all(file);
        capture_file_close(file);
        return 0;
}
