/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The vocabulary: names and voices of all kinds of fact, from one table. */

#include "engine/fact.h"

#include <string.h>

#include "common/macro.h"

static const struct {
        const char *name;
        uint8_t length; /* of the name */
        enum fact_voice voice;
} kinds[_FACT_KIND_MAX] = {
#define X(kind, name, voice) [FACT_##kind] = { name, sizeof name - 1, VOICE_##voice },
        FACT_KINDS(X)
#undef X
};

const char *fact_kind_to_string(enum fact_kind kind) {
        return kind >= 0 && kind < _FACT_KIND_MAX ? kinds[kind].name : NULL;
}

enum fact_kind fact_kind_from_string(const char *s) {
        size_t length = strlen(s);

        for (size_t i = 0; i < ELEMENTSOF(kinds); i++)
                if (kinds[i].length == length && memcmp(kinds[i].name, s, length) == 0)
                        return (enum fact_kind) i;
        return _FACT_KIND_INVALID;
}

enum fact_voice fact_kind_voice(enum fact_kind kind) {
        return kinds[kind].voice;
}

bool fact_kind_is_answered(enum fact_kind kind) {
        return kind == FACT_SSDP_ST || kind == FACT_WSD_ENDPOINT || kind == FACT_WSD_TYPES || kind == FACT_WSD_SCOPE;
}

bool fact_last_ip(const struct fact *fact, struct ip_address *ret) {
        const char *blank;

        if (fact->value_ip.family != 0) {
                *ret = fact->value_ip;
                return true;
        }
        blank = strrchr(fact->value, ' ');
        return ip_parse(blank ? blank + 1 : fact->value, ret) >= 0;
}

/* Without the last word. */
static size_t cut_word(const char *value, size_t length) {
        const char *blank = memrchr(value, ' ', length);

        return blank ? (size_t) (blank - value) : length;
}

size_t fact_name_length(const char *value) {
        return cut_word(value, strlen(value));
}

size_t fact_owner_length(const char *value) {
        size_t length = cut_word(value, fact_name_length(value));
        const char *type = value + length;

        return strncmp(type, " A ", 3) == 0 || strncmp(type, " AAAA ", 6) == 0 ? length : strcspn(value, " ");
}

enum fact_voice fact_voice(const struct fact *fact) {
        enum fact_voice voice = kinds[fact->kind].voice;

        if (fact->flags & FACT_FOREIGN)
                return VOICE_CLAIMS;
        return voice == VOICE_ASKS && fact->flags & FACT_RESPONSE ? VOICE_SELF : voice;
}
