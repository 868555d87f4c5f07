/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <stdint.h>

#include "common/macro.h"
#include "daemon/capture.h"

struct lanscope_bpf;

/* The flows that the kernel programs counted: read from their logs, handed on as deltas, and as sightings of the
 * addresses at both ends. */

struct ebpf_flows;

/* Makes the maps fit this machine. Between opening and loading. -errno. */
int ebpf_flows_fit(struct lanscope_bpf *programs);
/* `programs` are loaded and outlive it; `ops` is copied. -ENOMEM. */
int ebpf_flows_new(struct ebpf_flows **ret, struct lanscope_bpf *programs, const struct capture_ops *ops, uint32_t ifindex);
struct ebpf_flows *ebpf_flows_free(struct ebpf_flows *flows);
DEFINE_CLEANUP(struct ebpf_flows *, ebpf_flows_free)

/* Reads the log at rest and turns the programs to it, so that the other one comes to rest. To be called some time apart,
 * in which every program that ran has long ended. True: a log was half full, come back sooner. */
bool ebpf_flows_harvest(struct ebpf_flows *flows);
/* After a harvest that said so: is there room for more in the log that is written, or is it time for the next one? */
bool ebpf_flows_have_room(struct ebpf_flows *flows);
/* The programs do not run any more: reads both logs. */
void ebpf_flows_finish(struct ebpf_flows *flows);
