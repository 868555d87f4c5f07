/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The service speaks English, in sentences that do not change: they are the keys of their own translations. A test holds the
 * list to daemon/visibility.c. */

#include "applet/visibility-wording.h"

#include <glib/gi18n.h>

static const char *const sentences[] = {
        N_("This is a capture file that is being replayed, not the live network"),
        N_("Nothing is captured at present: devices are shown as they were last seen"),
        N_("Seen: all traffic of this machine, and the broadcast and multicast of every device on its network"),
        N_("Seen: all traffic that passes through this machine, in both directions, and the broadcast and multicast of every device"),
        N_("Seen: every frame that the switch copies to the mirror port"),
        N_("Not seen: what other devices send to each other or to the internet, and devices that never broadcast"),
        N_("Not seen: what devices on one segment send to each other without passing through this machine"),
        N_("Not seen: traffic of ports and VLANs that the switch does not mirror, and copies it drops under load"),
        N_("The kernel counts every frame; only those that tell something about a device are read in full"),
        N_("A capture filter is set: frames that it leaves out are not seen at all"),
        N_("Mirrored frames are counted and dropped before this machine's own network stack (SpanDrop=yes)"),
        NULL,
};

const char *const *visibility_sentences(void) {
        return sentences;
}

const char *visibility_in_words(const char *sentence) {
        return *sentence ? gettext(sentence) : sentence;
}
