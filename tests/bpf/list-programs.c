/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* How many programs hang at an interface, a line each: xdp, tcx-ingress, tcx-egress. The bpftool of Debian 12
 * does not know TCX. usage: list-programs INTERFACE */

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/if_link.h>
#include <net/if.h>
#include <stdio.h>

static unsigned count_tcx(int ifindex, int type) {
        uint32_t ids[64], n = 64, flags = 0;

        return bpf_prog_query(ifindex, (enum bpf_attach_type) type, 0, &flags, ids, &n) < 0 ? 0 : n;
}

int main(int argc, char *argv[]) {
        uint32_t xdp[2] = { 0, 0 };
        int ifindex = argc == 2 ? (int) if_nametoindex(argv[1]) : 0;

        if (ifindex == 0) {
                fprintf(stderr, "usage: list-programs INTERFACE\n");
                return 2;
        }
        bpf_xdp_query_id(ifindex, XDP_FLAGS_DRV_MODE, &xdp[0]);
        bpf_xdp_query_id(ifindex, XDP_FLAGS_SKB_MODE, &xdp[1]);
        /* BPF_TCX_INGRESS and BPF_TCX_EGRESS, since Linux 6.6 */
        printf("xdp %u\ntcx-ingress %u\ntcx-egress %u\n", (xdp[0] > 0) + (xdp[1] > 0), count_tcx(ifindex, 46), count_tcx(ifindex, 47));
        return 0;
}
