/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Runs every file of a folder through a fuzz target, so that what fuzzing once found stays found. Fails
 * where the folder holds no file: then it would test nothing. */

#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/cleanup.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int run_file(const char *folder, const char *name) {
        _cleanup_(freep) uint8_t *data = NULL;
        _cleanup_(fclosep) FILE *f = NULL;
        char path[4096];
        long size;

        snprintf(path, sizeof path, "%s/%s", folder, name);
        f = fopen(path, "re");
        if (!f || fseek(f, 0, SEEK_END) < 0 || (size = ftell(f)) < 0 || fseek(f, 0, SEEK_SET) < 0)
                return -1;
        /* No spare byte behind the input, so that a sanitizer sees a read past its end. */
        data = malloc(size > 0 ? (size_t) size : 1);
        if (!data || fread(data, 1, (size_t) size, f) != (size_t) size)
                return -1;
        LLVMFuzzerTestOneInput(data, (size_t) size);
        return 0;
}

int main(int argc, char *argv[]) {
        struct dirent *entry;
        unsigned n = 0;
        DIR *folder;

        if (argc != 2 || !(folder = opendir(argv[1]))) {
                fprintf(stderr, "usage: %s FOLDER\n", argv[0]);
                return 2;
        }
        while ((entry = readdir(folder))) {
                if (entry->d_name[0] == '.')
                        continue;
                if (run_file(argv[1], entry->d_name) < 0) {
                        perror(entry->d_name);
                        return 1;
                }
                n++;
        }
        closedir(folder);
        printf("%u inputs\n", n);
        return n > 0 ? 0 : 1;
}
