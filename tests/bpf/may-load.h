/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <bpf/libbpf.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>

#include "lanscope.skel.h"

/* May this process load the programs? Says so where it may not; any other failure is one of the tests'. */
static inline bool may_load_programs(void) {
        struct lanscope_bpf *probe;

        libbpf_set_print(NULL);
        probe = lanscope_bpf__open_and_load();
        if (!probe && (errno == EPERM || errno == ENOSYS)) {
                puts("needs the right to load BPF programs");
                return false;
        }
        lanscope_bpf__destroy(probe);
        return true;
}
