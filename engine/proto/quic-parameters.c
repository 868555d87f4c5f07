/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Transport parameters of QUIC (RFC 9000 §18, and draft-ietf-quic-transport-26 §18, which had numbers of fixed size). Chrome's first versions for the IETF's QUIC said who they were in parameters of Google's own. */

#include "engine/proto/quic-parameters.h"

#include "engine/proto/gquic.h"

#define PARAMETER_USER_AGENT 0x3129
/* Tags as in a hello of Google's QUIC, behind four bytes without a name. */
#define PARAMETER_TAGS 0x4751

/* With the length of all in front. */
static bool is_of_draft(struct cursor parameters) {
        uint16_t length;

        return cursor_be16(&parameters, &length) && length == cursor_left(&parameters);
}

static bool next_of_draft(struct cursor *c, uint64_t *ret_id, struct cursor *ret) {
        uint16_t id, length;

        if (!cursor_be16(c, &id) || !cursor_be16(c, &length) || !cursor_take(c, length, ret))
                return false;
        *ret_id = id;
        return true;
}

static bool next(struct cursor *c, uint64_t *ret_id, struct cursor *ret) {
        uint64_t length;

        return cursor_varint(c, ret_id) && cursor_varint(c, &length) && cursor_take(c, length, ret);
}

void quic_parameters_emit(struct cursor parameters, struct emitter *e) {
        bool draft = is_of_draft(parameters);
        struct cursor value;
        uint64_t id;

        if (draft)
                cursor_skip(&parameters, 2);
        while (draft ? next_of_draft(&parameters, &id, &value) : next(&parameters, &id, &value))
                if (id == PARAMETER_USER_AGENT && cursor_left(&value) > 0)
                        emit_bytes(e, FACT_QUIC_USER_AGENT, value.data, cursor_left(&value));
                else if (id == PARAMETER_TAGS)
                        gquic_hello_emit(value, e);
}
