/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <setjmp.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/mman.h>
#include <unistd.h>

/* Does a read behind the end of a mapped file say where it was? It does on Linux, but not in qemu's user emulation of
 * some processors: there nothing can put zeros in the place. */

static sigjmp_buf bus_error_back;
static void *volatile bus_error_at;

static void bus_error_note(int number _unused_, siginfo_t *info, void *context _unused_) {
        bus_error_at = info->si_addr;
        siglongjmp(bus_error_back, 1);
}

static bool bus_error_is_told(void) {
        struct sigaction action = { .sa_sigaction = bus_error_note, .sa_flags = SA_SIGINFO }, before;
        long size = sysconf(_SC_PAGESIZE);
        int fd = memfd_create("bus-error", MFD_CLOEXEC);
        char *map = mmap(NULL, (size_t) size, PROT_READ, MAP_SHARED, fd, 0);

        if (map == MAP_FAILED || sigaction(SIGBUS, &action, &before) < 0)
                return false;
        bus_error_at = NULL;
        if (sigsetjmp(bus_error_back, 1) == 0)
                (void) *(volatile char *) map;
        sigaction(SIGBUS, &before, NULL);
        munmap(map, (size_t) size);
        close(fd);
        if (bus_error_at != map)
                print_message("# skipped: bus errors do not tell where they were\n");
        return bus_error_at == map;
}
