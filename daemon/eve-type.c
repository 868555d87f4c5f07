/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Types of events: by the part of a fact's name in front of its dot. */

#include "daemon/eve-type.h"

#include <stddef.h>
#include <string.h>

#include "common/macro.h"

static const char *const names[_EVE_TYPE_MAX] = {
#define X(id, name) [EVE_##id] = name,
        EVE_TYPES(X)
#undef X
};

const char *eve_type_to_string(enum eve_type type) {
        return names[type];
}

enum eve_type eve_type_from_string(const char *s) {
        for (enum eve_type i = 0; i < _EVE_TYPE_MAX; i++)
                if (strcmp(names[i], s) == 0)
                        return i;
        return _EVE_TYPE_INVALID;
}

/* Families that are not called as their event is. */
static const struct {
        const char *family;
        enum eve_type type;
} others[] = {
        { "gquic", EVE_QUIC },
        { "nbdgm", EVE_BROWSER },
};

enum eve_type eve_type_of_fact(enum fact_kind kind) {
        const char *name = fact_kind_to_string(kind);
        size_t n = strcspn(name, ".");

        for (enum eve_type i = 0; i < _EVE_TYPE_MAX; i++)
                if (strncmp(names[i], name, n) == 0 && names[i][n] == '\0')
                        return i;
        for (size_t i = 0; i < ELEMENTSOF(others); i++)
                if (strncmp(others[i].family, name, n) == 0 && others[i].family[n] == '\0')
                        return others[i].type;
        return _EVE_TYPE_INVALID;
}
