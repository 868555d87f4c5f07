/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "daemon/pcap-source.h"

#include <errno.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "common/cleanup.h"
#include "common/macro.h"
#include "common/strbuf.h"

/* 64-byte frames take 152 bytes each: at a million a second this holds those of 55 ms. On a machine that is busy otherwise
 * the reader waits for 20 ms now and then. Several readers share that, down to what libpcap would take. */
#define BUFFER_DEFAULT (8u << 20)
#define BUFFER_DEFAULT_MIN (2u << 20)

/* libpcap's link-layer values are LINKTYPE_ values but for a few that BSD's had taken otherwise
 * (https://www.tcpdump.org/linktypes.html). */
static uint32_t linktype_from_dlt(int dlt) {
        switch (dlt) {
        case DLT_RAW:
                return 101;
        case DLT_ATM_RFC1483:
                return 100;
        case DLT_PPP_BSDOS:
                return 16;
        default:
                return (uint32_t) dlt;
        }
}

int pcap_source_error(int status) {
        switch (status) {
        case PCAP_ERROR_PERM_DENIED:
        case PCAP_ERROR_PROMISC_PERM_DENIED:
                return -EPERM;
        case PCAP_ERROR_NO_SUCH_DEVICE:
                return -ENODEV;
        case PCAP_ERROR_IFACE_NOT_UP:
                return -ENETDOWN;
        default:
                return -EIO;
        }
}

static int explain(const pcap_t *pcap, int status, char reason[static 256]) {
        const char *detail = pcap ? pcap_geterr((pcap_t *) pcap) : "";
        struct strbuf b = strbuf_make(reason, 256);

        if (pcap_source_error(status) == -EPERM)
                strbuf_string(&b, "not permitted (CAP_NET_RAW is missing)");
        else
                strbuf_string(&b, detail[0] ? detail : pcap_statustostr(status));
        return pcap_source_error(status);
}

static int compile(pcap_t *pcap, struct bpf_program *program, const char *filter, char reason[static 256]) {
        if (pcap_compile(pcap, program, filter, 1, PCAP_NETMASK_UNKNOWN) >= 0)
                return 0;
        snprintf(reason, 256, "the filter \"%.100s\" is wrong: %.120s", filter, pcap_geterr(pcap));
        return -EINVAL;
}

int capture_check_filter(const char *filter, char reason[static 256]) {
        pcap_t *pcap = pcap_open_dead(DLT_EN10MB, CAPTURE_SNAPLEN);
        struct bpf_program program;
        int r;

        if (!pcap)
                return 0; /* out of memory: it shows when it is used */
        r = compile(pcap, &program, filter, reason);
        if (r >= 0)
                pcap_freecode(&program);
        pcap_close(pcap);
        return r;
}

static int set_filter(pcap_t *pcap, const char *filter, char reason[static 256]) {
        struct bpf_program program;
        int status, r;

        if (filter[0] == '\0')
                return 0;
        r = compile(pcap, &program, filter, reason);
        if (r < 0)
                return r;
        status = pcap_setfilter(pcap, &program);
        pcap_freecode(&program);
        return status < 0 ? explain(pcap, status, reason) : 0;
}

/* Without it no super-packet is known for one; "any" has none. */
static int learn_mtu(struct pcap_source *h, const char *interface) {
        _cleanup_(closep) int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        struct ifreq request = { 0 };

        snprintf(request.ifr_name, sizeof request.ifr_name, "%s", interface);
        if (fd < 0 || ioctl(fd, SIOCGIFMTU, &request) < 0 || request.ifr_mtu <= 0)
                return 0;
        h->scratch = malloc(SUPER_PACKET_SCRATCH(request.ifr_mtu));
        if (!h->scratch)
                return -ENOMEM;
        h->mtu = (uint32_t) request.ifr_mtu;
        return 0;
}

static int buffer_size(const struct capture_config *config) {
        uint32_t share = BUFFER_DEFAULT / MAX(config->workers, 1U);

        return (int) (config->buffer_size > 0 ? config->buffer_size : MAX(share, BUFFER_DEFAULT_MIN));
}

int pcap_source_open(struct pcap_source *h, const struct capture_config *config, const char *interface, char reason[static 256]) {
        bool promiscuous = config->promiscuous || config->mode != MODE_HOST;
        char error[PCAP_ERRBUF_SIZE] = "";
        int status;

        *h = (struct pcap_source) { .ifindex = if_nametoindex(interface) };
        if (learn_mtu(h, interface) < 0)
                return -ENOMEM;
        h->pcap = pcap_create(interface, error);
        if (!h->pcap) {
                snprintf(reason, 256, "%s", error);
                return -EIO;
        }
        pcap_set_snaplen(h->pcap, config->snaplen > 0 ? (int) config->snaplen : CAPTURE_SNAPLEN);
        pcap_set_promisc(h->pcap, promiscuous);
        pcap_set_timeout(h->pcap, config->timeout > 0 ? (int) config->timeout : CAPTURE_TIMEOUT);
        pcap_set_immediate_mode(h->pcap, config->immediate);
        pcap_set_buffer_size(h->pcap, buffer_size(config));
        pcap_set_tstamp_precision(h->pcap, PCAP_TSTAMP_PRECISION_NANO);
        status = pcap_activate(h->pcap);
        if (status < 0)
                return explain(h->pcap, status, reason);
        h->nsec_per_tick = pcap_get_tstamp_precision(h->pcap) == PCAP_TSTAMP_PRECISION_NANO ? 1 : 1000;
        h->linktype = linktype_from_dlt(pcap_datalink(h->pcap));
        if (pcap_setnonblock(h->pcap, 1, error) < 0) {
                snprintf(reason, 256, "%s", error);
                return -EIO;
        }
        return set_filter(h->pcap, config->filter, reason);
}


/* The first one asks for a group that nobody has (PACKET_FANOUT_FLAG_UNIQUEID, Linux 4.12) and reads which it got. */
int pcap_source_join(const struct pcap_source *source, int *group, char reason[static 256]) {
        unsigned flags = PACKET_FANOUT_HASH | (*group < 0 ? PACKET_FANOUT_FLAG_UNIQUEID : 0);
        uint32_t value = flags << 16 | (*group < 0 ? 0 : (uint32_t) *group);
        socklen_t length = sizeof value;
        int fd = pcap_fileno(source->pcap);

        if (setsockopt(fd, SOL_PACKET, PACKET_FANOUT, &value, sizeof value) < 0 ||
            getsockopt(fd, SOL_PACKET, PACKET_FANOUT, &value, &length) < 0) {
                snprintf(reason, 256, "packets cannot be dealt to several workers: %s", strerror(errno));
                return -errno;
        }
        *group = (int) (value & 0xffff);
        return 0;
}

void pcap_source_close(struct pcap_source *source) {
        if (source->pcap)
                pcap_close(source->pcap);
        source->pcap = NULL;
        free(source->scratch);
        source->scratch = NULL;
}

void pcap_source_take(const struct pcap_source *source, const struct pcap_pkthdr *header, const uint8_t *data,
                      super_packet_take_fn take, void *userdata) {
        struct frame frame = {
                .ts = (uint64_t) header->ts.tv_sec * NSEC_PER_SEC + (uint64_t) header->ts.tv_usec * source->nsec_per_tick,
                .ifindex = source->ifindex,
                .linktype = source->linktype,
                .captured = header->caplen,
                .length = MAX(header->len, header->caplen),
                .data = data,
        };

        if (source->mtu > 0 && frame.length > source->mtu &&
            super_packet_split(&frame, source->mtu, source->scratch, take, userdata) > 0)
                return;
        take(userdata, &frame);
}

void pcap_source_count_drops(const struct pcap_source *source, struct pcap_drops *drops) {
        struct pcap_stat stat = { 0 };

        if (pcap_stats(source->pcap, &stat) != 0)
                return;
        drops->kernel += (uint32_t) (stat.ps_drop - drops->last_kernel);
        drops->interface += (uint32_t) (stat.ps_ifdrop - drops->last_interface);
        drops->last_kernel = stat.ps_drop;
        drops->last_interface = stat.ps_ifdrop;
}
