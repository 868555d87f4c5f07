/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* measure COMMAND [ARGUMENT...]: runs it without output and prints CPU seconds, wall seconds, peak KiB and exit status.
 * A program of its own, because the peak memory of a child counts from the fork, when it still is its parent's. */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double seconds(const struct timeval *t) {
        return (double) t->tv_sec + (double) t->tv_usec / 1e6;
}

static double now(void) {
        struct timespec t;

        clock_gettime(CLOCK_MONOTONIC, &t);
        return (double) t.tv_sec + (double) t.tv_nsec / 1e9;
}

static void run(char *argv[]) {
        int null = open("/dev/null", O_RDWR);

        if (null < 0 || dup2(null, 0) < 0 || dup2(null, 1) < 0 || dup2(null, 2) < 0)
                _exit(126);
        execvp(argv[0], argv);
        _exit(127);
}

int main(int argc, char *argv[]) {
        struct rusage usage;
        double begun = now();
        int status = 0;
        pid_t pid;

        if (argc < 2)
                return 2;
        pid = fork();
        if (pid < 0)
                return 1;
        if (pid == 0)
                run(argv + 1);
        while (wait4(pid, &status, 0, &usage) < 0)
                if (errno != EINTR)
                        return 1;
        printf("%.6f %.6f %ld %d\n", seconds(&usage.ru_utime) + seconds(&usage.ru_stime), now() - begun, usage.ru_maxrss,
               WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
        return 0;
}
