/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The sentences about what a placement sees. What a switch does not send to a port, no capture method
 * shows; so the mode says most of it, and the method a little. */

#include "daemon/visibility.h"

static const char *const mode_sees[_MODE_MAX] = {
        [MODE_HOST] = "Seen: all traffic of this machine, and the broadcast and multicast of every device on its network",
        [MODE_GATEWAY] = ("Seen: all traffic that passes through this machine, in both directions, and the broadcast and "
                          "multicast of every device"),
        [MODE_SPAN] = "Seen: every frame that the switch copies to the mirror port",
};

static const char *const mode_misses[_MODE_MAX] = {
        [MODE_HOST] = ("Not seen: what other devices send to each other or to the internet, and devices that never "
                       "broadcast"),
        [MODE_GATEWAY] = "Not seen: what devices on one segment send to each other without passing through this machine",
        [MODE_SPAN] = "Not seen: traffic of ports and VLANs that the switch does not mirror, and copies it drops under load",
};

size_t visibility_describe(const struct visibility *v, const char *ret[static VISIBILITY_MAX]) {
        size_t n = 0;

        if (v->replay) {
                ret[n++] = "This is a capture file that is being replayed, not the live network";
                return n;
        }
        if (!v->capturing)
                ret[n++] = "Nothing is captured at present: devices are shown as they were last seen";
        ret[n++] = mode_sees[v->mode];
        ret[n++] = mode_misses[v->mode];
        if (v->kernel)
                ret[n++] = "The kernel counts every frame; only those that tell something about a device are read in full";
        if (v->filtered)
                ret[n++] = "A capture filter is set: frames that it leaves out are not seen at all";
        if (v->mode == MODE_SPAN && v->span_drop)
                ret[n++] = "Mirrored frames are counted and dropped before this machine's own network stack (SpanDrop=yes)";
        return n;
}
