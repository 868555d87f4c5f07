/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* How votes become one answer.
 *
 * Type: of the votes for one type that rest on the same kind of fact the strongest counts; different kinds are
 * taken as independent witnesses, so their doubts multiply (noisy-or). A general type (computer) lends its
 * support to the special ones that refine it (laptop), if they have a case of their own. The best
 * supported type wins; the best of those that contradict it takes confidence away.
 *
 * Vendor, model, OS: votes for one text add up in the same way, one for a type that contradicts the winner counts
 * half. A text that merely says more than the best ("Windows 11" for "Windows") is taken if it has half its share.
 *
 * Shares are whole numbers out of SHARE_ONE, and votes come in an order that does not depend on that of the evidence:
 * floating point or another order could round differently. */

#include "engine/classify/fusion.h"

#include <string.h>
#include <strings.h>

#include "common/strbuf.h"

#define SHARE_ONE UINT32_C(10000)
/* Nothing that is only heard is certain. */
#define CONFIDENCE_MAX 99
/* A special type needs so much of its own before the general one's support counts for it, … */
#define OWN_CASE_MIN (SHARE_ONE / 4)

/* The general ones of each type. Not only "is a": a NAS serves media and files, a TV streams. */
#define REFINES(...) (const uint8_t[]) { __VA_ARGS__, TYPE_UNKNOWN }
static const uint8_t *const general_types[_TYPE_MAX] = {
        [TYPE_LAPTOP] = REFINES(TYPE_COMPUTER, TYPE_MEDIA_SERVER),
        [TYPE_DESKTOP] = REFINES(TYPE_COMPUTER, TYPE_MEDIA_SERVER),
        [TYPE_SERVER] = REFINES(TYPE_COMPUTER, TYPE_MEDIA_SERVER),
        [TYPE_SINGLE_BOARD_COMPUTER] = REFINES(TYPE_COMPUTER, TYPE_MEDIA_SERVER, TYPE_SERVER),
        [TYPE_VIRTUAL_MACHINE] = REFINES(TYPE_COMPUTER, TYPE_SERVER),
        [TYPE_COMPUTER] = REFINES(TYPE_MEDIA_SERVER),
        [TYPE_TABLET] = REFINES(TYPE_PHONE),
        [TYPE_WATCH] = REFINES(TYPE_PHONE),
        [TYPE_EREADER] = REFINES(TYPE_TABLET),
        [TYPE_ROUTER] = REFINES(TYPE_ACCESS_POINT, TYPE_SWITCH, TYPE_MEDIA_SERVER),
        [TYPE_FIREWALL] = REFINES(TYPE_ROUTER),
        [TYPE_MODEM] = REFINES(TYPE_ROUTER),
        [TYPE_NAS] = REFINES(TYPE_COMPUTER, TYPE_SERVER, TYPE_MEDIA_SERVER),
        [TYPE_PRINTER] = REFINES(TYPE_SCANNER),
        [TYPE_TV] = REFINES(TYPE_STREAMER, TYPE_SPEAKER, TYPE_MEDIA_SERVER),
        [TYPE_STREAMER] = REFINES(TYPE_MEDIA_SERVER),
        [TYPE_SPEAKER] = REFINES(TYPE_STREAMER),
        [TYPE_RECEIVER] = REFINES(TYPE_STREAMER, TYPE_SPEAKER),
        [TYPE_SET_TOP_BOX] = REFINES(TYPE_STREAMER, TYPE_MEDIA_SERVER),
        [TYPE_PROJECTOR] = REFINES(TYPE_STREAMER, TYPE_TV),
        [TYPE_GAME_CONSOLE] = REFINES(TYPE_STREAMER, TYPE_MEDIA_SERVER),
        [TYPE_LIGHT] = REFINES(TYPE_MICROCONTROLLER),
        [TYPE_THERMOSTAT] = REFINES(TYPE_MICROCONTROLLER, TYPE_SENSOR),
        [TYPE_PLUG] = REFINES(TYPE_MICROCONTROLLER),
        [TYPE_SENSOR] = REFINES(TYPE_MICROCONTROLLER),
        [TYPE_HUB] = REFINES(TYPE_MICROCONTROLLER),
        [TYPE_APPLIANCE] = REFINES(TYPE_MICROCONTROLLER),
        [TYPE_VACUUM] = REFINES(TYPE_MICROCONTROLLER, TYPE_APPLIANCE),
        [TYPE_ENERGY] = REFINES(TYPE_MICROCONTROLLER, TYPE_SENSOR),
        [TYPE_CAMERA] = REFINES(TYPE_MICROCONTROLLER),
        [TYPE_DOORBELL] = REFINES(TYPE_MICROCONTROLLER, TYPE_CAMERA),
        [TYPE_ALARM] = REFINES(TYPE_MICROCONTROLLER, TYPE_HUB),
        [TYPE_LOCK] = REFINES(TYPE_MICROCONTROLLER),
};

bool type_refines(enum device_type specific, enum device_type general) {
        for (const uint8_t *p = general_types[specific]; p && *p != TYPE_UNKNOWN; p++)
                if (*p == general)
                        return true;
        return false;
}

static bool types_agree(enum device_type a, enum device_type b) {
        return a == b || a == TYPE_UNKNOWN || b == TYPE_UNKNOWN || type_refines(a, b) || type_refines(b, a);
}

/* Strongest first; then in an order that does not depend on where the evidence stood. */
int vote_compare(const struct vote *a, const struct vote *b) {
        if (a->strength != b->strength)
                return a->strength > b->strength ? -1 : 1;
        return strcmp(a->rule->name, b->rule->name);
}

static uint32_t noisy_or(uint32_t a, uint32_t b) {
        return SHARE_ONE - (SHARE_ONE - a) * (SHARE_ONE - b) / SHARE_ONE;
}

/* What a rule rests on. What a SYN is known for and the SYN itself are one witness. */
static uint16_t witness_of(const struct rule *rule) {
        uint16_t slot = rule->conditions[0].slot;

        return slot == SLOT_OF_KIND(FACT_TCP_OS) ? SLOT_OF_KIND(FACT_TCP_SYN_SIG) : slot;
}

/* Is one before it, which is at least as strong, for the same type and on the same kind of fact? */
static bool is_outdone(const struct vote *votes, size_t i) {
        const struct rule *rule = votes[i].rule;

        for (size_t k = 0; k < i; k++)
                if (votes[k].rule->type == rule->type && witness_of(votes[k].rule) == witness_of(rule))
                        return true;
        return false;
}

/* What the votes for each type come to. */
static void count_own(const struct vote *votes, size_t n, uint32_t own[static _TYPE_MAX]) {
        for (size_t i = 0; i < n; i++) {
                const struct rule *rule = votes[i].rule;

                if (rule->type != TYPE_UNKNOWN && !is_outdone(votes, i))
                        own[rule->type] = noisy_or(own[rule->type], votes[i].strength * SHARE_ONE / 100);
        }
}

/* … and, where the general type is a thing of its own and not just a word for all its kinds, two thirds of what that
 * one has: an Apple TV that also takes sound is not a speaker. */
static bool has_own_case(const uint32_t own[static _TYPE_MAX], enum device_type type, enum device_type general) {
        return general == TYPE_COMPUTER || general == TYPE_MICROCONTROLLER ||
               own[type] * 3 >= own[general] * 2;
}

/* With the support of the general types. */
static uint32_t supported_share(const uint32_t own[static _TYPE_MAX], enum device_type type) {
        uint32_t share = own[type];

        if (share < OWN_CASE_MIN)
                return share;
        for (const uint8_t *general = general_types[type]; general && *general != TYPE_UNKNOWN; general++)
                if (has_own_case(own, type, (enum device_type) *general))
                        share = noisy_or(share, own[*general]);
        return share;
}

static enum device_type best_type(const uint32_t own[static _TYPE_MAX]) {
        enum device_type best = TYPE_UNKNOWN;
        uint32_t most = 0;

        for (enum device_type type = TYPE_UNKNOWN + 1; type < _TYPE_MAX; type++) {
                uint32_t share = supported_share(own, type);

                if (share <= most)
                        continue;
                most = share;
                best = type;
        }
        return best;
}

/* That it is a computer says half as much of whether it is a laptop. */
static uint32_t winner_share(const uint32_t own[static _TYPE_MAX], enum device_type type) {
        uint32_t most = 0;

        for (const uint8_t *p = general_types[type]; p && *p != TYPE_UNKNOWN; p++)
                most = MAX(most, own[*p]);
        return most > own[type] ? own[type] + (most - own[type]) / 2 : own[type];
}

static void fuse_type(const struct vote *votes, size_t n, struct classification *ret) {
        uint32_t own[_TYPE_MAX] = {};
        enum device_type best;
        uint32_t against = 0, share;

        count_own(votes, n, own);
        best = best_type(own);
        if (best == TYPE_UNKNOWN)
                return;
        for (size_t i = 0; i < n; i++)
                if (!types_agree(best, votes[i].rule->type))
                        against = MAX(against, own[votes[i].rule->type]);
        share = winner_share(own, best);
        share -= share * against / SHARE_ONE / 2;
        ret->type = best;
        ret->type_confidence = (uint8_t) MAX(1U, MIN(share * 100 / SHARE_ONE, (uint32_t) CONFIDENCE_MAX));
}

/* Cuts at a character's start, drops control characters, and leaves single spaces only. */
static void tidy(char *text, size_t size) {
        size_t n = 0;

        for (const char *p = text; *p != '\0' && n + 1 < size; p++) {
                bool blank = (unsigned char) *p <= ' ' || *p == 0x7f;

                if (!blank)
                        text[n++] = *p;
                else if (n > 0 && text[n - 1] != ' ')
                        text[n++] = ' ';
        }
        while (n > 0 && text[n - 1] == ' ')
                n--;
        text[n] = '\0';
}

/* Most texts differ in their first letter: no need to compare them. */
static inline bool begin_alike(const char *a, const char *b) {
        return glob_fold((uint8_t) *a) == glob_fold((uint8_t) *b);
}

/* Words that firmware puts where it has nothing to say. */
static bool is_placeholder(const char *text) {
        static const char *const words[] = {
                "unknown", "none", "null", "(null)", "n/a", "default", "undefined", "0", "-",
        };

        for (size_t i = 0; i < ELEMENTSOF(words); i++)
                if (begin_alike(text, words[i]) && strcasecmp(text, words[i]) == 0)
                        return true;
        return strncmp(text, "hex:", 4) == 0;
}

static void put_capture(const struct vote *vote, size_t i, struct strbuf *b) {
        struct glob_capture captures[GLOB_CAPTURES_MAX];

        if (glob_match(vote->glob, vote->value, vote->length, captures))
                strbuf_bytes(b, vote->value + captures[i].start, captures[i].length);
}

static void expand(const struct vote *vote, const char *template, struct strbuf *b) {
        for (const char *end; *(end = strchrnul(template, '$')) != '\0'; template = end + 2) {
                strbuf_bytes(b, template, (size_t) (end - template));
                if (end[1] == '$')
                        strbuf_char(b, '$');
                else
                        put_capture(vote, (size_t) (end[1] - '1'), b);
        }
        strbuf_string(b, template);
}

/* The bytes of a character that was cut in two at the end. */
static void drop_cut_character(struct strbuf *b) {
        while (b->truncated && b->length > 0 && (b->data[b->length - 1] & 0xc0) == 0x80)
                b->data[--b->length] = '\0';
        if (b->truncated && b->length > 0 && b->data[b->length - 1] & 0x80)
                b->data[--b->length] = '\0';
}

/* False: the template gives nothing worth saying for this device. */
static bool make_text(const struct vote *vote, const char *template, char text[static CLASSIFY_TEXT_MAX]) {
        struct strbuf b = strbuf_make(text, CLASSIFY_TEXT_MAX);

        if (!template)
                return false;
        expand(vote, template, &b);
        /* Most are the rule's own words, to be taken as they are. */
        if (!strchr(template, '$'))
                return true;
        drop_cut_character(&b);
        tidy(text, CLASSIFY_TEXT_MAX);
        return *text != '\0' && !is_placeholder(text);
}

enum field { FIELD_VENDOR, FIELD_MODEL, FIELD_OS };

static const char *vote_template(const struct vote *vote, enum field field) {
        switch (field) {
        case FIELD_VENDOR:
                return vote->rule->vendor;
        case FIELD_MODEL:
                return vote->rule->model;
        case FIELD_OS:
                return vote->rule->os;
        }
        return NULL;
}

/* "Windows 11" says more than "Windows". */
static bool says_more(const char *text, const char *than) {
        size_t n;

        if (!begin_alike(text, than))
                return false;
        n = strlen(than);
        return strlen(text) > n && strncasecmp(text, than, n) == 0 && text[n] == ' ';
}

/* What the votes say in one field. The strongest come first, and more are not heard. */
#define TEXTS_MAX 64

struct texts {
        size_t n;
        struct text {
                char text[CLASSIFY_TEXT_MAX];
                uint16_t slot;
                uint8_t strength; /* of the vote; half where its type lost */
                uint8_t first;    /* which of them says the same first, in whatever spelling */
                uint32_t share;   /* with all that agree */
        } texts[TEXTS_MAX];
};

/* Most votes say the same: they are compared once. */
static uint8_t find_same(const struct texts *texts, const char *text) {
        size_t i;

        for (i = 0; i < texts->n; i++) {
                const struct text *t = &texts->texts[i];

                if (t->first == i && begin_alike(t->text, text) && strcasecmp(t->text, text) == 0)
                        break;
        }
        return (uint8_t) i;
}

static void collect_texts(const struct vote *votes, size_t n, enum field field, enum device_type type,
                          struct texts *ret) {
        ret->n = 0;
        for (size_t i = 0; i < n && ret->n < TEXTS_MAX; i++) {
                struct text *t = &ret->texts[ret->n];

                if (!make_text(&votes[i], vote_template(&votes[i], field), t->text))
                        continue;
                t->slot = witness_of(votes[i].rule);
                t->strength = types_agree(votes[i].rule->type, type) ? votes[i].strength : votes[i].strength / 2;
                t->first = find_same(ret, t->text);
                ret->n++;
        }
}

/* As for types: one witness per kind of fact; who says more agrees with who says less. */
static uint32_t text_share(const struct texts *texts, size_t which) {
        uint8_t strongest[SLOT_MAX] = {};
        uint32_t share = 0;

        if (texts->texts[which].first != which)
                return texts->texts[texts->texts[which].first].share;
        for (size_t i = 0; i < texts->n; i++) {
                const struct text *t = &texts->texts[i];

                if (t->first == which || says_more(t->text, texts->texts[which].text))
                        strongest[t->slot] = MAX(strongest[t->slot], t->strength);
        }
        for (size_t i = 0; i < texts->n; i++) {
                uint8_t *best = &strongest[texts->texts[i].slot];

                share = noisy_or(share, *best * SHARE_ONE / 100);
                *best = 0;
        }
        return share;
}

/* Of equal shares, as of one text in two spellings, the strongest vote's; then the first in the alphabet. */
static bool is_better_text(const struct text *a, const struct text *b) {
        if (a->share != b->share)
                return a->share > b->share;
        return a->strength != b->strength ? a->strength > b->strength : strcmp(a->text, b->text) < 0;
}

/* The text with the greatest share, of those that say more than `than` (NULL: of all). NULL: none. */
static const struct text *best_text(const struct texts *texts, const struct text *than) {
        const struct text *best = NULL;

        for (size_t i = 0; i < texts->n; i++) {
                const struct text *t = &texts->texts[i];

                if (t->share == 0 || (than && (!says_more(t->text, than->text) || t->share < than->share / 2)))
                        continue;
                if (!best || is_better_text(t, best))
                        best = t;
        }
        return best;
}

static void fuse_text(const struct vote *votes, size_t n, enum field field, enum device_type type,
                      char ret[static CLASSIFY_TEXT_MAX], uint8_t *ret_confidence) {
        const struct text *best, *more;
        struct texts texts;

        collect_texts(votes, n, field, type, &texts);
        for (size_t i = 0; i < texts.n; i++)
                texts.texts[i].share = text_share(&texts, i);
        best = best_text(&texts, NULL);
        while (best && (more = best_text(&texts, best)))
                best = more;
        if (!best)
                return;
        memcpy(ret, best->text, sizeof best->text);
        *ret_confidence = (uint8_t) MAX(1U, MIN(best->share * 100 / SHARE_ONE, (uint32_t) CONFIDENCE_MAX));
}

void fuse(const struct vote *votes, size_t n, struct classification *ret) {
        fuse_type(votes, n, ret);
        fuse_text(votes, n, FIELD_VENDOR, ret->type, ret->vendor, &ret->vendor_confidence);
        fuse_text(votes, n, FIELD_MODEL, ret->type, ret->model, &ret->model_confidence);
        fuse_text(votes, n, FIELD_OS, ret->type, ret->os, &ret->os_confidence);
        for (size_t i = 0; i < n && i < CLASSIFY_REASONS_MAX; i++)
                ret->reasons[ret->n_reasons++] = (struct classify_reason) {
                        .rule = votes[i].rule->name,
                        .confidence = votes[i].rule->confidence,
                        .evidence_index = votes[i].evidence,
                        .type = votes[i].rule->type,
                };
}
