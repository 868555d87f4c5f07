/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "daemon/model-file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/cleanup.h"

static int read_all(int fd, char *data, size_t size) {
        for (size_t done = 0; done < size;) {
                ssize_t n = read(fd, data + done, size - done);

                if (n < 0 && errno == EINTR)
                        continue;
                if (n <= 0)
                        return n < 0 ? -errno : -EIO;
                done += (size_t) n;
        }
        return 0;
}

/* Opened without waiting, so that a FIFO does not hold the service up. */
static int read_file(const char *path, char **ret, size_t *ret_size) {
        _cleanup_(closep) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
        _cleanup_(freep) char *data = NULL;
        struct stat st;
        int r;

        if (fd < 0 || fstat(fd, &st) < 0)
                return -errno;
        if (!S_ISREG(st.st_mode))
                return S_ISDIR(st.st_mode) ? -EISDIR : -EINVAL;
        if ((uint64_t) st.st_size > MODEL_SIZE_MAX)
                return -EFBIG;
        data = malloc((size_t) st.st_size + 1);
        if (!data)
                return -ENOMEM;
        r = read_all(fd, data, (size_t) st.st_size);
        if (r < 0)
                return r;
        *ret = TAKE_PTR(data);
        *ret_size = (size_t) st.st_size;
        return 0;
}

int model_file_load(struct model **ret, const char *path, char reason[static MODEL_REASON_MAX]) {
        _cleanup_(freep) char *data = NULL;
        size_t size = 0;
        int r = read_file(path, &data, &size);

        if (r < 0) {
                snprintf(reason, MODEL_REASON_MAX, "%s", strerror(-r));
                return r;
        }
        return model_new(ret, data, size, reason);
}
