/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Two sets: the one that the running round is counted in, and what was told of the round before. */

#include "daemon/talkers.h"

#include <errno.h>
#include <stdlib.h>

#include "common/scale.h"
#include "daemon/flows.h"

/* Beside the address families. */
#define KEY_DEVICE 0x100

struct talkers {
        struct heavy_hitters *running;
        struct talker told[TALKERS_TOLD_MAX];
        size_t n_told;
        uint64_t turned; /* ns since the epoch */
};

int talkers_new(struct talkers **ret, uint64_t seed) {
        _cleanup_(talkers_freep) struct talkers *t = calloc(1, sizeof *t);
        int r = t ? heavy_hitters_new(&t->running, TALKERS_PLACES, seed) : -ENOMEM;

        if (r >= 0)
                *ret = TAKE_PTR(t);
        return r;
}

struct talkers *talkers_free(struct talkers *t) {
        if (!t)
                return NULL;
        heavy_hitters_free(t->running);
        free(t);
        return NULL;
}

static struct heavy_key key_of(uint64_t device, const struct ip_address *address) {
        if (device != 0)
                return (struct heavy_key) { { device, 0, KEY_DEVICE } };
        return heavy_key_of_address(address);
}

void talkers_add(struct talkers *t, uint64_t device, const struct ip_address *address,
                 const struct heavy_amounts *amounts) {
        struct heavy_key key = key_of(device, address);

        heavy_hitters_add(t->running, &key, amounts);
}

/* bit/s over `span`, at least a second. */
static uint64_t rate_of(const struct heavy_amounts *amounts, uint64_t span) {
        return scale_u64(amounts->bytes[0] + amounts->bytes[1], 8 * NSEC_PER_SEC, MAX(span, NSEC_PER_SEC));
}

static struct talker talker_from_hitter(const struct heavy_hitter *hitter, uint64_t span) {
        struct talker talker = { .amounts = hitter->amounts, .error = hitter->error, .rate = rate_of(&hitter->amounts,
                                                                                                     span) };

        if (hitter->key.words[2] == KEY_DEVICE)
                talker.device = hitter->key.words[0];
        else
                talker.address = heavy_key_to_address(&hitter->key);
        return talker;
}

void talkers_turn(struct talkers *t, uint64_t begin, uint64_t now) {
        struct heavy_hitter hitters[TALKERS_TOLD_MAX];

        t->n_told = heavy_hitters_get(t->running, hitters, TALKERS_TOLD_MAX);
        for (size_t i = 0; i < t->n_told; i++)
                t->told[i] = talker_from_hitter(&hitters[i], now > begin ? now - begin : 0);
        t->turned = now;
        heavy_hitters_turn(t->running);
}

const struct talker *talkers_get(const struct talkers *t, uint64_t now, size_t *ret_n) {
        *ret_n = now > t->turned && now - t->turned > 2 * FLOWS_INTERVAL ? 0 : t->n_told;
        return t->told;
}

void talkers_get_counters(const struct talkers *t, struct talkers_counters *ret) {
        struct heavy_counters counters;

        heavy_hitters_get_counters(t->running, &counters);
        *ret = (struct talkers_counters) { .known = counters.taken, .displaced = counters.displaced };
}
