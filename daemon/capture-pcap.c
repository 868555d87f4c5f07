/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Live capture through libpcap (AF_PACKET with a ring shared with the kernel). Every frame is handed over,
 * so that whoever counts can count; there is no filter but the user's. The ring is TPACKET_V3 with a time
 * limit on its blocks: the kernel wakes this process per block and not per packet, and not at all
 * when nothing arrives. A super-packet comes as one frame, and libpcap cannot say of
 * how many segments it was made: it is split as the interface's MTU has it. */

#include <errno.h>
#include <net/if.h>
#include <pcap/pcap.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "common/cleanup.h"
#include "common/macro.h"
#include "common/strbuf.h"
#include "daemon/capture.h"
#include "daemon/super-packet.h"

#define BUFFER_DEFAULT (2u << 20)
/* Packets taken in one dispatch, to leave the loop to others. */
#define BATCH_MAX 256
#define BATCHES_DRAINED 32

struct capture_handle {
        pcap_t *pcap;
        sd_event_source *source;
        struct capture_ops ops;
        char interface[IFNAMSIZ];
        uint32_t ifindex, linktype;
        uint32_t nsec_per_tick; /* of the time stamps' fraction */
        uint32_t mtu;      /* when it was started; 0 unknown */
        uint8_t *scratch;  /* for the segments of super-packets */
        uint64_t packets, bytes;
        uint64_t drops, interface_drops; /* summed up: the kernel's counters have 32 bits */
        uint32_t last_drops, last_interface_drops;
};

static void *pcap_backend_free(struct capture_handle *h) {
        if (!h)
                return NULL;
        sd_event_source_disable_unref(h->source);
        if (h->pcap)
                pcap_close(h->pcap);
        free(h->scratch);
        free(h);
        return NULL;
}
DEFINE_CLEANUP(struct capture_handle *, pcap_backend_free)

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

static int translate_error(int status) {
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

        if (translate_error(status) == -EPERM)
                strbuf_string(&b, "not permitted (CAP_NET_RAW is missing)");
        else
                strbuf_string(&b, detail[0] ? detail : pcap_statustostr(status));
        return translate_error(status);
}

static int set_filter(pcap_t *pcap, const char *filter, char reason[static 256]) {
        struct bpf_program program;
        int status;

        if (filter[0] == '\0')
                return 0;
        if (pcap_compile(pcap, &program, filter, 1, PCAP_NETMASK_UNKNOWN) < 0) {
                snprintf(reason, 256, "the filter \"%.100s\" is wrong: %.120s", filter, pcap_geterr(pcap));
                return -EINVAL;
        }
        status = pcap_setfilter(pcap, &program);
        pcap_freecode(&program);
        return status < 0 ? explain(pcap, status, reason) : 0;
}

static int open_handle(struct capture_handle *h, const struct capture_config *config, char reason[static 256]) {
        bool promiscuous = config->promiscuous || config->mode != MODE_HOST;
        char error[PCAP_ERRBUF_SIZE] = "";
        int status;

        h->pcap = pcap_create(h->interface, error);
        if (!h->pcap) {
                snprintf(reason, 256, "%s", error);
                return -EIO;
        }
        pcap_set_snaplen(h->pcap, config->snaplen > 0 ? (int) config->snaplen : CAPTURE_SNAPLEN);
        pcap_set_promisc(h->pcap, promiscuous);
        pcap_set_timeout(h->pcap, config->timeout > 0 ? (int) config->timeout : CAPTURE_TIMEOUT);
        pcap_set_immediate_mode(h->pcap, config->immediate);
        pcap_set_buffer_size(h->pcap, config->buffer_size > 0 ? (int) config->buffer_size : (int) BUFFER_DEFAULT);
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

static void give_frame(void *userdata, const struct frame *frame) {
        struct capture_handle *h = userdata;

        h->packets++;
        h->bytes += frame->length;
        h->ops.frame(h->ops.userdata, frame);
}

static void take_packet(u_char *userdata, const struct pcap_pkthdr *header, const u_char *data) {
        struct capture_handle *h = (struct capture_handle *) userdata;
        struct frame frame = {
                .ts = (uint64_t) header->ts.tv_sec * NSEC_PER_SEC + (uint64_t) header->ts.tv_usec * h->nsec_per_tick,
                .ifindex = h->ifindex,
                .linktype = h->linktype,
                .captured = header->caplen,
                .length = MAX(header->len, header->caplen),
                .data = data,
        };

        if (h->mtu > 0 && frame.length > h->mtu && super_packet_split(&frame, h->mtu, h->scratch, give_frame, h) > 0)
                return;
        give_frame(h, &frame);
}

static int on_readable(sd_event_source *source, int fd _unused_, uint32_t events _unused_, void *userdata) {
        struct capture_handle *h = userdata;
        char message[256];
        int n = pcap_dispatch(h->pcap, BATCH_MAX, take_packet, (u_char *) h);

        if (n >= 0)
                return 0;
        /* An error that stays would wake the loop for ever. */
        sd_event_source_set_enabled(source, SD_EVENT_OFF);
        snprintf(message, sizeof message, "libpcap: %.200s", pcap_geterr(h->pcap));
        h->ops.failed(h->ops.userdata, h->interface, if_nametoindex(h->interface) == 0 ? -ENODEV : translate_error(n), message);
        return 0;
}

/* Without it no super-packet is known for one; "any" has none. */
static int learn_mtu(struct capture_handle *h) {
        _cleanup_(closep) int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        struct ifreq request = { 0 };

        snprintf(request.ifr_name, sizeof request.ifr_name, "%s", h->interface);
        if (fd < 0 || ioctl(fd, SIOCGIFMTU, &request) < 0 || request.ifr_mtu <= 0)
                return 0;
        h->scratch = malloc(SUPER_PACKET_SCRATCH(request.ifr_mtu));
        if (!h->scratch)
                return -ENOMEM;
        h->mtu = (uint32_t) request.ifr_mtu;
        return 0;
}

static int pcap_backend_probe(const struct capture_config *config, const char *interface, char reason[static 256]) {
        (void) config;
        (void) interface;
        (void) reason;
        /* Whether the kernel lets this process have a packet socket shows when one is opened. */
        return 0;
}

static int pcap_backend_start(const struct capture_config *config, const char *interface, sd_event *event,
                              const struct capture_ops *ops, void **ret, char method[static 128],
                              char reason[static 256]) {
        _cleanup_(pcap_backend_freep) struct capture_handle *h = calloc(1, sizeof *h);
        int r;

        if (!h)
                return -ENOMEM;
        h->ops = *ops;
        h->ifindex = if_nametoindex(interface);
        snprintf(h->interface, sizeof h->interface, "%s", interface);
        r = learn_mtu(h);
        if (r < 0)
                return r;
        r = open_handle(h, config, reason);
        if (r < 0)
                return r;
        r = sd_event_add_io(event, &h->source, pcap_get_selectable_fd(h->pcap), EPOLLIN, on_readable, h);
        if (r < 0) {
                snprintf(reason, 256, "cannot add to the event loop: %s", strerror(-r));
                return r;
        }
        sd_event_source_set_description(h->source, "capture-pcap");
        snprintf(method, 128, "AF_PACKET through libpcap%s", config->filter[0] ? " (filtered)" : "");
        *ret = TAKE_PTR(h);
        return 0;
}

static void pcap_backend_stop(void *backend) {
        pcap_backend_free(backend);
}

static void pcap_backend_drain(void *backend) {
        struct capture_handle *h = backend;
        int n = BATCH_MAX;

        /* An error shows again when the loop reads, and is told there. */
        for (unsigned i = 0; i < BATCHES_DRAINED && n == BATCH_MAX; i++)
                n = pcap_dispatch(h->pcap, BATCH_MAX, take_packet, (u_char *) h);
}

static void pcap_backend_stats(void *backend, struct capture_stats *ret) {
        struct capture_handle *h = backend;
        struct pcap_stat stat = { 0 };

        if (pcap_stats(h->pcap, &stat) == 0) {
                h->drops += (uint32_t) (stat.ps_drop - h->last_drops);
                h->interface_drops += (uint32_t) (stat.ps_ifdrop - h->last_interface_drops);
                h->last_drops = stat.ps_drop;
                h->last_interface_drops = stat.ps_ifdrop;
        }
        ret->packets = h->packets;
        ret->bytes = h->bytes;
        ret->kernel_drops = h->drops;
        ret->interface_drops = h->interface_drops;
}

const struct capture_backend capture_pcap = {
        .name = "libpcap",
        .probe = pcap_backend_probe,
        .start = pcap_backend_start,
        .stop = pcap_backend_stop,
        .drain = pcap_backend_drain,
        .stats = pcap_backend_stats,
};
