/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Who listens to which multicast group: IGMP (RFC 1112, RFC 2236, RFC 3376) and MLD (RFC 2710, RFC 3810). Weak evidence: a
 * member of a protocol's group speaks that protocol. */

#include <errno.h>
#include <string.h>

#include "common/macro.h"
#include "engine/proto/dissector.h"

enum { IGMP_V1_REPORT = 0x12, IGMP_V2_REPORT = 0x16, IGMP_LEAVE = 0x17, IGMP_V3_REPORT = 0x22 };
enum { MLD_REPORT = 131, MLD_DONE = 132, MLD_V2_REPORT = 143 };

/* RFC 3376 §4.2.12, RFC 3810 §5.2.12 */
enum { IS_INCLUDE = 1, IS_EXCLUDE = 2, TO_INCLUDE = 3, TO_EXCLUDE = 4, ALLOW = 5 };

/* Every address has a group of its own to be asked in (RFC 4291 §2.7.1), and all hosts are in ff02::1 and 224.0.0.1:
 * these say nothing that NDP does not. */
static bool is_of_every_host(const struct ip_address *group) {
        static const uint8_t solicited[] = { 0xff, 0x02, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0xff };
        static const uint8_t all[] = { 0xff, 0x02, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1 };

        return memcmp(group->bytes, solicited, sizeof solicited) == 0 || memcmp(group->bytes, all, sizeof all) == 0 ||
               memcmp(group->bytes, "\xe0\0\0\1", 4) == 0;
}

static void emit_group(struct emitter *e, enum fact_kind kind, const struct ip_address *group, bool leaves) {
        uint16_t flags = e->fact.flags;

        if (!ip_is_multicast(group) || is_of_every_host(group))
                return;
        if (leaves)
                e->fact.flags |= FACT_GOODBYE;
        emit_ip(e, kind, group);
        e->fact.flags = flags;
}

/* Records of both protocols differ in the size of addresses only: type, words of other data, number of sources, group,
 * sources. Whoever excludes sources listens; whoever includes some does too. */
static int dissect_records(struct emitter *e, enum fact_kind kind, struct cursor c, size_t address_size) {
        uint8_t type, words, address[16];
        uint16_t count, sources;
        struct ip_address group;

        if (!cursor_skip(&c, 2) || !cursor_be16(&c, &count))
                return -EBADMSG;
        for (; count > 0; count--) {
                if (!cursor_u8(&c, &type) || !cursor_u8(&c, &words) || !cursor_be16(&c, &sources) ||
                    !cursor_copy(&c, address, address_size) || !cursor_skip(&c, sources * address_size + words * (size_t) 4))
                        return -EBADMSG;
                group = address_size == 4 ? ip_from_v4(address) : ip_from_v6(address);
                if (type == IS_EXCLUDE || type == TO_EXCLUDE || ((type == IS_INCLUDE || type == ALLOW) && sources > 0))
                        emit_group(e, kind, &group, false);
                else if (type == TO_INCLUDE)
                        emit_group(e, kind, &group, sources == 0);
        }
        return 1;
}

int igmp_dissect(const struct packet *packet, struct emitter *emitter) {
        struct cursor c = packet->payload;
        struct ip_address group;
        uint8_t type, address[4];

        if (!cursor_u8(&c, &type) || !cursor_skip(&c, 3))
                return -EBADMSG;
        emitter->fact.flags |= FACT_LINK_SCOPED;
        switch (type) {
        case IGMP_V1_REPORT:
        case IGMP_V2_REPORT:
        case IGMP_LEAVE:
                if (!cursor_copy(&c, address, sizeof address))
                        return -EBADMSG;
                group = ip_from_v4(address);
                emit_group(emitter, FACT_IGMP_GROUP, &group, type == IGMP_LEAVE);
                return 1;
        case IGMP_V3_REPORT:
                return dissect_records(emitter, FACT_IGMP_GROUP, c, 4);
        default:
                return 0;
        }
}

int mld_dissect(const struct packet *packet, struct emitter *emitter) {
        struct cursor c = packet->payload;
        struct ip_address group;
        uint8_t type, address[16];

        if (!cursor_u8(&c, &type) || !cursor_skip(&c, 3))
                return -EBADMSG;
        emitter->fact.flags |= FACT_LINK_SCOPED;
        if (type == MLD_V2_REPORT)
                return dissect_records(emitter, FACT_MLD_GROUP, c, 16);
        if (!cursor_skip(&c, 4) || !cursor_copy(&c, address, sizeof address))
                return -EBADMSG;
        group = ip_from_v6(address);
        emit_group(emitter, FACT_MLD_GROUP, &group, type == MLD_DONE);
        return 1;
}
