/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A read of a page that the file no longer has raises SIGBUS in the thread that reads. The handler puts zeros in the place
 * of the whole window, and the read goes on. Nobody can hand a handler anything: what it needs to know of windows stands in
 * a table. There each window has a row, which its thread alone writes to, and takes back before the memory can be anybody
 * else's. */

#include "daemon/mapped-window.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <sys/mman.h>
#include <unistd.h>

#define WINDOWS_MAX 16

struct mapped_window {
        bool taken;              /* under the lock */
        int fd;
        /* Of what is mapped; its multiples of pages, for a window may begin in the midst of one. */
        atomic_uintptr_t begin;
        atomic_size_t size;      /* 0: nothing is */
        volatile sig_atomic_t lost;
};

static struct {
        pthread_mutex_t lock;
        unsigned n;              /* windows taken */
        struct sigaction before; /* the handler that was there when there were none */
        struct mapped_window windows[WINDOWS_MAX];
} table = { .lock = PTHREAD_MUTEX_INITIALIZER };

static struct mapped_window *find(uintptr_t address) {
        for (unsigned i = 0; i < WINDOWS_MAX; i++) {
                struct mapped_window *w = &table.windows[i];

                if (address - atomic_load(&w->begin) < atomic_load(&w->size))
                        return w;
        }
        return NULL;
}

/* mmap() is not among the functions that POSIX allows in handlers, but no more than a system call on Linux. */
static bool fill_with_zeros(struct mapped_window *w) {
        w->lost = 1;
        return mmap((void *) atomic_load(&w->begin), atomic_load(&w->size), PROT_READ,
                    MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) != MAP_FAILED;
}

static void on_bus_error(int number, siginfo_t *info, void *context) {
        struct mapped_window *w = info->si_code > 0 ? find((uintptr_t) info->si_addr) : NULL;
        int saved = errno;

        if (w && fill_with_zeros(w))
                errno = saved;
        else if (table.before.sa_flags & SA_SIGINFO)
                table.before.sa_sigaction(number, info, context);
        else if (table.before.sa_handler != SIG_DFL && table.before.sa_handler != SIG_IGN)
                table.before.sa_handler(number);
        else
                sigaction(number, &table.before, NULL); /* which the read, made once more, then meets */
}

static int watch(void) {
        struct sigaction action = { .sa_sigaction = on_bus_error, .sa_flags = SA_SIGINFO | SA_ONSTACK };

        return sigaction(SIGBUS, &action, &table.before) < 0 ? -errno : 0;
}

/* Somebody who set another handler meanwhile keeps it. */
static void unwatch(void) {
        struct sigaction now;

        if (sigaction(SIGBUS, NULL, &now) == 0 && now.sa_flags & SA_SIGINFO && now.sa_sigaction == on_bus_error)
                sigaction(SIGBUS, &table.before, NULL);
}

static int take(struct mapped_window **ret) {
        struct mapped_window *w = table.windows;
        int r = 0;

        while (w < table.windows + WINDOWS_MAX && w->taken)
                w++;
        if (w == table.windows + WINDOWS_MAX)
                return -EMFILE;
        if (table.n == 0)
                r = watch();
        if (r < 0)
                return r;
        table.n++;
        w->taken = true;
        w->lost = 0;
        *ret = w;
        return 0;
}

int mapped_window_new(struct mapped_window **ret, int fd) {
        int r;

        pthread_mutex_lock(&table.lock);
        r = take(ret);
        if (r == 0)
                (*ret)->fd = fd;
        pthread_mutex_unlock(&table.lock);
        return r;
}

static void unmap(struct mapped_window *w) {
        uintptr_t begin = atomic_load(&w->begin);
        size_t size = atomic_load(&w->size);

        atomic_store(&w->size, 0);
        atomic_store(&w->begin, 0);
        if (size > 0)
                munmap((void *) begin, size);
}

struct mapped_window *mapped_window_free(struct mapped_window *w) {
        if (!w)
                return NULL;
        unmap(w);
        pthread_mutex_lock(&table.lock);
        w->taken = false;
        if (--table.n == 0)
                unwatch();
        pthread_mutex_unlock(&table.lock);
        return NULL;
}

int mapped_window_move(struct mapped_window *w, uint64_t offset, size_t size, const uint8_t **ret) {
        size_t lead = offset & ((size_t) sysconf(_SC_PAGESIZE) - 1);
        uint8_t *begin;

        unmap(w);
        /* Populated at once, its pages cost a tenth of what they do one by one. */
        begin = mmap(NULL, lead + size, PROT_READ, MAP_SHARED | MAP_POPULATE, w->fd, (off_t) (offset - lead));
        if (begin == MAP_FAILED)
                return -errno;
        atomic_store(&w->begin, (uintptr_t) begin);
        atomic_store(&w->size, lead + size);
        *ret = begin + lead;
        return 0;
}

const volatile sig_atomic_t *mapped_window_lost(const struct mapped_window *w) {
        return &w->lost;
}
