/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* TCP signatures -> evidence for the operating system. A device sends the same few again and again, and a flood one a
 * packet: each value is looked up once as long as it stays in a table of fixed size, whose slots newer values take over.
 * The evidence says what was found, how well it fits, how many routers are between, and by which signature, so that it can be
 * explained. What came through routers does not speak for the device: rules ask for a distance of 0. */

#include "engine/inventory/os-guess.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "common/strbuf.h"
#include "engine/inventory/inventory-private.h"

#define SLOTS 1024
#define TEXT_MAX 512

struct slot {
        uint64_t hash; /* of the signature; 0: empty */
        struct os_verdict verdict;
        char *text; /* of the evidence; NULL: there is no match, or no memory */
};

struct os_guesses {
        uint64_t seed;
        struct slot slots[SLOTS];
};

int os_guesses_new(struct os_guesses **ret, uint64_t seed) {
        struct os_guesses *guesses = calloc(1, sizeof *guesses);

        if (!guesses)
                return -ENOMEM;
        guesses->seed = seed;
        *ret = guesses;
        return 0;
}

void os_guesses_forget(struct os_guesses *guesses) {
        for (size_t i = 0; i < SLOTS; i++)
                free(guesses->slots[i].text);
        memset(guesses->slots, 0, sizeof guesses->slots);
}

struct os_guesses *os_guesses_free(struct os_guesses *guesses) {
        if (guesses)
                os_guesses_forget(guesses);
        free(guesses);
        return NULL;
}

static char *describe(const struct os_verdict *verdict) {
        char text[TEXT_MAX];
        struct strbuf b = STRBUF(text);

        if (verdict->match == OS_MATCH_NONE)
                return NULL;
        strbuf_string(&b, verdict->name);
        strbuf_string(&b, ": ");
        strbuf_string(&b, os_match_to_string(verdict->match));
        strbuf_string(&b, ", distance ");
        if (verdict->ttl_random)
                strbuf_string(&b, "unknown");
        else
                strbuf_unsigned(&b, verdict->distance);
        strbuf_string(&b, ", signature ");
        strbuf_string(&b, verdict->signature);
        return strdup(text);
}

/* NULL: the value is no signature. Two values of one hash, one in 2^64, would be taken for one. */
static const struct slot *look_up(struct inventory *inventory, const struct os_signatures *signatures, const struct fact *fact) {
        struct os_guesses *guesses = inventory->os_guesses;
        uint64_t hash = XXH3_64bits_withSeed(fact->value, fact->value_length, guesses->seed) | 1;
        struct slot *slot = &guesses->slots[hash >> 1 & (SLOTS - 1)];

        if (slot->hash == hash)
                return slot;
        inventory->counters.os_searches++;
        slot->hash = 0;
        free(slot->text);
        slot->text = NULL;
        if (os_signatures_match(signatures, fact->value, &slot->verdict) < 0)
                return NULL;
        slot->hash = hash;
        slot->text = describe(&slot->verdict);
        return slot;
}

void entry_guess_os(struct inventory *inventory, struct entry *entry, const struct fact *fact, uint64_t now) {
        const struct os_signatures *signatures = inventory->rules ? ruleset_signatures(inventory->rules) : NULL;
        const struct slot *slot = signatures ? look_up(inventory, signatures, fact) : NULL;

        if (!slot)
                return;
        if (slot->verdict.match == OS_MATCH_NONE) {
                inventory->counters.os_unknown++;
                return;
        }
        inventory->counters.os_known++;
        if (slot->text)
                entry_take_evidence(inventory, entry, FACT_TCP_OS, VOICE_SELF, slot->text, strlen(slot->text), now);
}
