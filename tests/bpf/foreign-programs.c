/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Attaches programs that pass everything on as another tool would, to stay after exit: XDP by netlink, and a TC
 * filter of the name "foreign" in a clsact qdisc. usage: foreign-programs INTERFACE xdp|tc */

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/if_link.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>

static int load(enum bpf_prog_type type, int verdict) {
        struct bpf_insn program[] = {
                { .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = verdict },
                { .code = BPF_JMP | BPF_EXIT },
        };

        return bpf_prog_load(type, "foreign", "GPL", program, 2, NULL);
}

static int attach_filter(int ifindex) {
        LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = ifindex, .attach_point = BPF_TC_INGRESS);
        LIBBPF_OPTS(bpf_tc_opts, options, .prog_fd = load(BPF_PROG_TYPE_SCHED_CLS, -1), .handle = 1, .priority = 1);
        int r = bpf_tc_hook_create(&hook);

        return r < 0 ? r : bpf_tc_attach(&hook, &options);
}

int main(int argc, char *argv[]) {
        int ifindex = argc == 3 ? (int) if_nametoindex(argv[1]) : 0, r;

        if (ifindex == 0) {
                fprintf(stderr, "usage: foreign-programs INTERFACE xdp|tc\n");
                return 2;
        }
        if (strcmp(argv[2], "xdp") == 0)
                r = bpf_xdp_attach(ifindex, load(BPF_PROG_TYPE_XDP, 2), XDP_FLAGS_DRV_MODE, NULL);
        else
                r = attach_filter(ifindex);
        if (r < 0)
                fprintf(stderr, "%s\n", strerror(-r));
        return r < 0;
}
