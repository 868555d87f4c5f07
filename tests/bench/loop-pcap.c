/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Reads a capture with libpcap and does nothing with it: what any program that uses it pays at least. */

#include <pcap/pcap.h>
#include <stdio.h>

int main(int argc, char *argv[]) {
        struct pcap_pkthdr *header;
        const unsigned char *data;
        char error[PCAP_ERRBUF_SIZE];
        unsigned long frames = 0;
        pcap_t *file;

        if (argc != 2 || !(file = pcap_open_offline(argv[1], error)))
                return 2;
        while (pcap_next_ex(file, &header, &data) == 1)
                frames++;
        printf("%lu\n", frames);
        pcap_close(file);
        return 0;
}
