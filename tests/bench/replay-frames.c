/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Sends the frames of a capture file by a packet socket, evenly spaced, whatever their own times were, for bench-live.
 * usage: replay-frames INTERFACE FILE PER-SECOND */

#include <errno.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <pcap/pcap.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

static uint64_t now(void) {
        struct timespec t;

        clock_gettime(CLOCK_MONOTONIC, &t);
        return (uint64_t) t.tv_sec * 1000000000 + (uint64_t) t.tv_nsec;
}

static void sleep_until(uint64_t then) {
        struct timespec t = { (time_t) (then / 1000000000), (long) (then % 1000000000) };

        clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL);
}

static int open_socket(const char *interface) {
        struct sockaddr_ll address = { .sll_family = AF_PACKET, .sll_ifindex = (int) if_nametoindex(interface) };
        int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);

        return fd < 0 || bind(fd, (struct sockaddr *) &address, sizeof address) < 0 ? -errno : fd;
}

static int send_all(pcap_t *file, int fd, unsigned long rate) {
        struct pcap_pkthdr *header;
        const unsigned char *data;
        uint64_t begun = now();

        for (uint64_t i = 0; pcap_next_ex(file, &header, &data) == 1; i++) {
                sleep_until(begun + i * 1000000000 / rate);
                if (send(fd, data, header->caplen, 0) < 0)
                        return -errno;
        }
        return 0;
}

int main(int argc, char *argv[]) {
        unsigned long rate = argc == 4 ? strtoul(argv[3], NULL, 10) : 0;
        char error[PCAP_ERRBUF_SIZE];
        pcap_t *file;
        int fd, r;

        if (rate == 0 || !(file = pcap_open_offline(argv[2], error)))
                return 2;
        fd = open_socket(argv[1]);
        r = fd < 0 ? fd : send_all(file, fd, rate);
        if (r < 0)
                fprintf(stderr, "replay-frames: %s\n", strerror(-r));
        pcap_close(file);
        return r < 0;
}
