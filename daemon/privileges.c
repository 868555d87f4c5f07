/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* capget(2) and capset(2), which libc does not wrap. */

#include "daemon/privileges.h"

#include <errno.h>
#include <linux/capability.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "common/macro.h"

/* In the order of the bits of enum privilege. */
static const struct {
        unsigned capability;
        const char *name;
} rows[PRIVILEGES_MAX] = {
        { CAP_BPF, "CAP_BPF" },
        { CAP_PERFMON, "CAP_PERFMON" },
        { CAP_NET_ADMIN, "CAP_NET_ADMIN" },
        { CAP_NET_RAW, "CAP_NET_RAW" },
};

struct sets {
        struct __user_cap_header_struct header;
        struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];
};

static int read_sets(struct sets *ret) {
        *ret = (struct sets) { .header.version = _LINUX_CAPABILITY_VERSION_3 };
        return syscall(SYS_capget, &ret->header, ret->data) < 0 ? -errno : 0;
}

static bool has(const struct sets *sets, unsigned capability) {
        return sets->data[CAP_TO_INDEX(capability)].effective & CAP_TO_MASK(capability);
}

unsigned privileges_held(void) {
        struct sets sets;
        unsigned held = 0;

        if (read_sets(&sets) < 0)
                return 0;
        for (size_t i = 0; i < ELEMENTSOF(rows); i++)
                if (has(&sets, rows[i].capability))
                        held |= 1u << i;
        return has(&sets, CAP_SYS_ADMIN) ? held | PRIVILEGE_BPF | PRIVILEGE_PERFMON : held;
}

/* What is neither permitted nor inheritable is not ambient either: the kernel sees to it. */
int privileges_keep(unsigned keep) {
        uint32_t masks[_LINUX_CAPABILITY_U32S_3] = { 0 };
        struct sets sets;
        int r = read_sets(&sets);

        if (r < 0)
                return r;
        for (size_t i = 0; i < ELEMENTSOF(rows); i++)
                if (keep & 1u << i)
                        masks[CAP_TO_INDEX(rows[i].capability)] |= CAP_TO_MASK(rows[i].capability);
        for (size_t i = 0; i < ELEMENTSOF(masks); i++) {
                sets.data[i].permitted &= masks[i];
                sets.data[i].effective &= masks[i];
                sets.data[i].inheritable &= masks[i];
        }
        return syscall(SYS_capset, &sets.header, sets.data) < 0 ? -errno : 0;
}

size_t privileges_names(unsigned set, const char *ret[static PRIVILEGES_MAX]) {
        size_t n = 0;

        for (size_t i = 0; i < ELEMENTSOF(rows); i++)
                if (set & 1u << i)
                        ret[n++] = rows[i].name;
        return n;
}
