/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* LLMNR (RFC 4795): who asks the link for a name, and who says that the name is its own. A host answers only for names
 * that it is authoritative for (§2.3), so that an answer describes the one who gives it. */

#include <errno.h>

#include "engine/proto/dissector.h"
#include "engine/proto/dns-message.h"

#define LLMNR_HOP_LIMIT 255 /* RFC 4795 §2.5 */

int llmnr_dissect(const struct packet *packet, struct emitter *emitter) {
        struct dns_message m;

        if (dns_message_open(&m, packet->payload) < 0)
                return -EBADMSG;
        if (ip_is_multicast(&packet->destination) || packet->hop_limit == LLMNR_HOP_LIMIT)
                emitter->fact.flags |= FACT_LINK_SCOPED;
        if (!(m.flags & DNS_FLAG_RESPONSE))
                return emit_dns_questions(emitter, FACT_LLMNR_QUERY, &m);
        emitter->fact.flags |= FACT_RESPONSE;
        return emit_dns_answers(emitter, FACT_LLMNR_ANSWER, &m);
}
