/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Another time for one process, changed while it runs: preloaded, it adds what stands in the file CLOCK_SHIM, two numbers of 64
 * bits, ns: what CLOCK_REALTIME is ahead, and what CLOCK_BOOTTIME is. Packets that libpcap hands over were stamped by the kernel, so
 * they are moved as well. */

#include <dlfcn.h>
#include <fcntl.h>
#include <pcap/pcap.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#define NSEC INT64_C(1000000000)
#define FDS_MAX 1024

static volatile int64_t *offsets;
static int clocks[FDS_MAX]; /* of timers, by descriptor */

__attribute__((constructor)) static void begin(void) {
        const char *path = getenv("CLOCK_SHIM");
        int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
        void *map = fd < 0 ? MAP_FAILED : mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0);

        if (map != MAP_FAILED)
                offsets = map;
        if (fd >= 0)
                close(fd);
}

static int64_t ahead(clockid_t clock) {
        if (!offsets)
                return 0;
        switch (clock) {
        case CLOCK_REALTIME:
        case CLOCK_REALTIME_COARSE:
        case CLOCK_REALTIME_ALARM:
                return offsets[0];
        case CLOCK_BOOTTIME:
        case CLOCK_BOOTTIME_ALARM:
                return offsets[1];
        default:
                return 0;
        }
}

static struct timespec moved(const struct timespec *t, int64_t by) {
        int64_t ns = (int64_t) t->tv_sec * NSEC + t->tv_nsec + by;

        if (ns < 0)
                ns = 0;
        return (struct timespec) { ns / NSEC, ns % NSEC };
}

/* What follows stands in front of what has the same names elsewhere. */
#pragma GCC visibility push(default)

int clock_gettime(clockid_t clock, struct timespec *t) {
        static int (*real)(clockid_t, struct timespec *);
        int r;

        if (!real)
                *(void **) &real = dlsym(RTLD_NEXT, "clock_gettime");
        r = real(clock, t);
        if (r == 0)
                *t = moved(t, ahead(clock));
        return r;
}

int gettimeofday(struct timeval *tv, void *zone) {
        struct timespec t;

        (void) zone;
        clock_gettime(CLOCK_REALTIME, &t);
        *tv = (struct timeval) { t.tv_sec, t.tv_nsec / 1000 };
        return 0;
}

time_t time(time_t *ret) {
        struct timespec t;

        clock_gettime(CLOCK_REALTIME, &t);
        if (ret)
                *ret = t.tv_sec;
        return t.tv_sec;
}

int timerfd_create(int clock, int flags) {
        static int (*real)(int, int);
        int fd;

        if (!real)
                *(void **) &real = dlsym(RTLD_NEXT, "timerfd_create");
        fd = real(clock, flags);
        if (fd >= 0 && fd < FDS_MAX)
                clocks[fd] = clock;
        return fd;
}

int timerfd_settime(int fd, int flags, const struct itimerspec *value, struct itimerspec *old) {
        static int (*real)(int, int, const struct itimerspec *, struct itimerspec *);
        struct itimerspec own = *value;

        if (!real)
                *(void **) &real = dlsym(RTLD_NEXT, "timerfd_settime");
        if (flags & TFD_TIMER_ABSTIME && (own.it_value.tv_sec != 0 || own.it_value.tv_nsec != 0) && fd < FDS_MAX) {
                own.it_value = moved(&own.it_value, -ahead(clocks[fd]));
                if (own.it_value.tv_sec == 0 && own.it_value.tv_nsec == 0)
                        own.it_value.tv_nsec = 1; /* 0 would turn it off */
        }
        return real(fd, flags, &own, old);
}

struct call {
        pcap_handler handler;
        u_char *user;
        pcap_t *pcap;
};

static void hand_over(u_char *user, const struct pcap_pkthdr *header, const u_char *bytes) {
        const struct call *call = (const void *) user;
        int unit = pcap_get_tstamp_precision(call->pcap) == PCAP_TSTAMP_PRECISION_NANO ? 1 : 1000;
        struct pcap_pkthdr own = *header;
        struct timespec t = { header->ts.tv_sec, header->ts.tv_usec * unit };

        t = moved(&t, ahead(CLOCK_REALTIME));
        own.ts = (struct timeval) { t.tv_sec, t.tv_nsec / unit };
        call->handler(call->user, &own, bytes);
}

int pcap_dispatch(pcap_t *pcap, int count, pcap_handler handler, u_char *user) {
        static int (*real)(pcap_t *, int, pcap_handler, u_char *);
        struct call call = { handler, user, pcap };

        if (!real)
                *(void **) &real = dlsym(RTLD_NEXT, "pcap_dispatch");
        return real(pcap, count, hand_over, (u_char *) &call);
}

#pragma GCC visibility pop
