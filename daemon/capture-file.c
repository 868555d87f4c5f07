/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Capture files, read in order and once. */

#include "daemon/capture-file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/cursor.h"

struct capture_file {
        FILE *f;
        uint64_t number;
        uint32_t linktype;
        uint8_t data[262144];
};

int capture_file_open(const char *path, struct capture_file **ret) {
        struct capture_file *file = calloc(1, sizeof *file);
        uint8_t h[24];

        if (!file)
                return -ENOMEM;
        file->f = fopen(path, "re");
        if (!file->f || fread(h, 1, 24, file->f) != 24 || load_le32(h) != 0xa1b2c3d4) {
                capture_file_close(file);
                return -EMEDIUMTYPE;
        }
        file->linktype = load_le32(h + 20);
        *ret = file;
        return 0;
}

struct capture_file *capture_file_close(struct capture_file *file) {
        if (file && file->f)
                fclose(file->f);
        free(file);
        return NULL;
}

int capture_file_next(struct capture_file *file, struct frame *ret) {
        uint8_t h[16];

        if (fread(h, 1, 16, file->f) != 16)
                return 0;
        *ret = (struct frame) {
                .ts = load_le32(h) * UINT64_C(1000000000) + load_le32(h + 4) * UINT64_C(1000),
                .number = ++file->number,
                .linktype = file->linktype,
                .captured = load_le32(h + 8),
                .length = load_le32(h + 12),
                .data = file->data,
        };
        if (ret->captured > sizeof file->data || fread(file->data, 1, ret->captured, file->f) != ret->captured)
                return -EBADMSG;
        return 1;
}

const char *capture_file_error(const struct capture_file *file) {
        (void) file;
        return NULL;
}
