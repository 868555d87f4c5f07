/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Live capture through libpcap (AF_PACKET with a ring shared with the kernel). Every frame is handed over,
 * so that whoever counts can count; there is no filter but the user's. The ring is TPACKET_V3 with a time
 * limit on its blocks: the kernel wakes this process per block and not per packet, and not at all
 * when nothing arrives. A super-packet comes as one frame, and libpcap cannot say of
 * how many segments it was made: it is split as the interface's MTU has it. */

#include <errno.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/pcap-source.h"
#include "daemon/privileges.h"

/* Packets taken in one dispatch, to leave the loop to others. */
#define BATCH_MAX 256
#define BATCHES_DRAINED 32

struct capture_handle {
        struct pcap_source pcap;
        sd_event_source *source;
        struct capture_ops ops;
        char interface[IFNAMSIZ];
        uint64_t packets, bytes;
        struct pcap_drops drops;
};

static void *pcap_backend_free(struct capture_handle *h) {
        if (!h)
                return NULL;
        sd_event_source_disable_unref(h->source);
        pcap_source_close(&h->pcap);
        free(h);
        return NULL;
}
DEFINE_CLEANUP(struct capture_handle *, pcap_backend_free)

static void give_frame(void *userdata, const struct frame *frame) {
        struct capture_handle *h = userdata;

        h->packets++;
        h->bytes += frame->length;
        h->ops.frame(h->ops.userdata, frame);
}

static void take_packet(u_char *userdata, const struct pcap_pkthdr *header, const u_char *data) {
        struct capture_handle *h = (struct capture_handle *) userdata;

        pcap_source_take(&h->pcap, header, data, give_frame, h);
}

static int on_readable(sd_event_source *source, int fd _unused_, uint32_t events _unused_, void *userdata) {
        struct capture_handle *h = userdata;
        char message[256];
        int n = pcap_dispatch(h->pcap.pcap, BATCH_MAX, take_packet, (u_char *) h);

        if (n >= 0)
                return 0;
        /* An error that stays would wake the loop for ever. */
        sd_event_source_set_enabled(source, SD_EVENT_OFF);
        snprintf(message, sizeof message, "libpcap: %.200s", pcap_geterr(h->pcap.pcap));
        h->ops.failed(h->ops.userdata, h->interface, pcap_source_error(n), message);
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
        snprintf(h->interface, sizeof h->interface, "%s", interface);
        r = pcap_source_open(&h->pcap, config, interface, reason);
        if (r < 0)
                return r;
        r = sd_event_add_io(event, &h->source, pcap_get_selectable_fd(h->pcap.pcap), EPOLLIN, on_readable, h);
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
                n = pcap_dispatch(h->pcap.pcap, BATCH_MAX, take_packet, (u_char *) h);
}

static void pcap_backend_stats(void *backend, struct capture_stats *ret) {
        struct capture_handle *h = backend;

        pcap_source_count_drops(&h->pcap, &h->drops);
        ret->packets = h->packets;
        ret->bytes = h->bytes;
        ret->kernel_drops = h->drops.kernel;
        ret->interface_drops = h->drops.interface;
}

const struct capture_backend capture_pcap = {
        .name = "libpcap",
        .probe = pcap_backend_probe,
        .start = pcap_backend_start,
        .stop = pcap_backend_stop,
        .drain = pcap_backend_drain,
        .stats = pcap_backend_stats,
        .privileges = PRIVILEGE_NET_RAW,
};
