/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* How a BPF program gets to an interface, and away from it again. Links (XDP, TCX) go with the process that
 * holds them, whatever kills it. Before kernel 6.6 TC has only clsact filters, which stay: those carry a
 * handle and a name by which a later run finds them. */

enum ebpf_hook { HOOK_XDP_NATIVE, HOOK_XDP_GENERIC, HOOK_TCX, HOOK_CLSACT, _HOOK_MAX, _HOOK_INVALID = -1 };

const char *ebpf_hook_to_string(enum ebpf_hook hook) __attribute__((const));

struct ebpf_attachment {
        enum ebpf_hook hook;
        uint32_t ifindex;
        int link;    /* fd; -1 for clsact and when nothing is attached */
        bool egress;
        bool active;
        uint32_t handle; /* clsact: of the filter */
};

/* 0 or -errno. XDP is ingress only. A program that somebody else attached is never replaced: -EBUSY or
 * -EEXIST then, where the hook takes just one. */
int ebpf_attach(enum ebpf_hook hook, uint32_t ifindex, bool egress, int program, struct ebpf_attachment *ret);
/* Harmless where nothing is attached. */
void ebpf_detach(struct ebpf_attachment *attachment);

/* Removes clsact filters of lanscope's whose process is gone, and the qdisc where lanscope made it and it is
 * empty now. 0 also where there are none. */
int ebpf_clean_up(uint32_t ifindex);
