/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Glob patterns, compiled to tokens. The part before the first '*' is anchored at the start of the value, the part
 * behind the last one at its end, and each part between them taken where it first fits: taking it later
 * could only leave less room, so nothing is ever tried twice. */

#include "engine/classify/glob.h"

#include <errno.h>
#include <string.h>

#include "common/macro.h"

enum token_type { TOKEN_LITERAL, TOKEN_ANY, TOKEN_SET, TOKEN_STAR };

struct token {
        uint8_t type;
        uint8_t byte; /* of a literal */
        uint16_t set; /* index into glob.sets */
};

struct byte_set {
        uint8_t bits[32];
};

struct glob {
        bool with_case;
        size_t n_tokens, n_sets, n_stars;
        struct byte_set *sets; /* behind the tokens */
        struct token tokens[];
};

static void set_add(struct byte_set *set, uint8_t byte) {
        set->bits[byte / 8] |= (uint8_t) (1 << byte % 8);
}

static bool set_has(const struct byte_set *set, uint8_t byte) {
        return set->bits[byte / 8] & 1 << byte % 8;
}

/* Ranges of a set are given in either case; without GLOB_CASE values are compared in lower case. */
static void set_add_range(const struct glob *g, struct byte_set *set, uint8_t first, uint8_t last) {
        for (unsigned c = first; c <= last; c++)
                set_add(set, g->with_case ? (uint8_t) c : glob_fold((uint8_t) c));
}

/* `*p` stands behind the '['. */
static int compile_set(struct glob *g, const char **p) {
        struct byte_set set = {};
        bool negated = **p == '!';
        const char *s = *p + negated, *start = s;

        while (*s != ']' || s == start) {
                uint8_t first = (uint8_t) *s, last = first;

                if (*s == '\0')
                        return -EINVAL;
                if (s[1] == '-' && s[2] != ']' && s[2] != '\0') {
                        last = (uint8_t) s[2];
                        s += 2;
                }
                if (last < first)
                        return -EINVAL;
                set_add_range(g, &set, first, last);
                s++;
        }
        for (size_t i = 0; negated && i < sizeof set.bits; i++)
                set.bits[i] ^= 0xff;
        g->sets[g->n_sets] = set;
        g->tokens[g->n_tokens++] = (struct token) { .type = TOKEN_SET, .set = (uint16_t) g->n_sets++ };
        *p = s + 1;
        return 0;
}

static void compile_literal(struct glob *g, char c) {
        uint8_t byte = g->with_case ? (uint8_t) c : glob_fold((uint8_t) c);

        g->tokens[g->n_tokens++] = (struct token) { .type = TOKEN_LITERAL, .byte = byte };
}

/* Two stars in a row are one. */
static int compile_star(struct glob *g) {
        if (g->n_tokens > 0 && g->tokens[g->n_tokens - 1].type == TOKEN_STAR)
                return 0;
        if (g->n_stars >= GLOB_CAPTURES_MAX)
                return -EINVAL;
        g->tokens[g->n_tokens++] = (struct token) { .type = TOKEN_STAR };
        g->n_stars++;
        return 0;
}

static int compile_one(struct glob *g, const char **p) {
        char c = *(*p)++;

        switch (c) {
        case '*':
                return compile_star(g);
        case '?':
                g->tokens[g->n_tokens++] = (struct token) { .type = TOKEN_ANY };
                return 0;
        case '[':
                return compile_set(g, p);
        case '\\':
                if (**p == '\0')
                        return -EINVAL;
                c = *(*p)++;
                break;
        }
        compile_literal(g, c);
        return 0;
}

static int compile(struct glob *g, const char *text, unsigned flags) {
        int r = flags & GLOB_OPEN_START ? compile_star(g) : 0;

        while (*text != '\0' && r == 0)
                if (flags & GLOB_LITERAL)
                        compile_literal(g, *text++);
                else
                        r = compile_one(g, &text);
        if (r == 0 && flags & GLOB_OPEN_END)
                r = compile_star(g);
        return r;
}

static size_t count_sets(const char *text) {
        size_t n = 0;

        for (; (text = strchr(text, '[')); text++)
                n++;
        return n;
}

int glob_new(struct glob **ret, struct arena *memory, const char *text, unsigned flags) {
        /* A token takes at least one byte of the text; two more for the open ends. */
        size_t n_tokens = strlen(text) + 2, n_sets = flags & GLOB_LITERAL ? 0 : count_sets(text);
        struct glob *g = arena_take(memory, sizeof *g + n_tokens * sizeof g->tokens[0] + n_sets * sizeof g->sets[0]);
        int r;

        if (!g)
                return -ENOMEM;
        *g = (struct glob) { .with_case = flags & GLOB_CASE, .sets = (struct byte_set *) (g->tokens + n_tokens) };
        r = compile(g, text, flags);
        if (r < 0)
                return r;
        *ret = g;
        return 0;
}

size_t glob_n_captures(const struct glob *glob) {
        return glob->n_stars;
}

size_t glob_grams(const struct glob *glob, uint32_t *ret, size_t room) {
        size_t literals = 0, n = 0;
        uint32_t gram = 0;

        for (size_t i = 0; i < glob->n_tokens && n < room; i++) {
                const struct token *t = &glob->tokens[i];

                if (t->type != TOKEN_LITERAL) {
                        literals = 0;
                        continue;
                }
                gram = gram >> 8 | (uint32_t) glob_fold(t->byte) << 8 * (GLOB_GRAM - 1);
                if (++literals >= GLOB_GRAM)
                        ret[n++] = gram;
        }
        return n;
}

/* The value, and how far it is matched. */
struct scan {
        const struct glob *glob;
        const uint8_t *value;
        size_t length, position;
};

/* A character of UTF-8 is its first byte and the continuation bytes behind it (RFC 3629 §3). */
static size_t character_end(const struct scan *s, size_t at) {
        at++;
        while (at < s->length && (s->value[at] & 0xc0) == 0x80)
                at++;
        return at;
}

/* Fits the tokens [first, last), none of them a star, at `at`? */
static bool part_fits(const struct scan *s, size_t first, size_t last, size_t at, size_t *ret_end) {
        for (size_t i = first; i < last; i++) {
                const struct token *t = &s->glob->tokens[i];
                uint8_t c;

                if (at >= s->length)
                        return false;
                if (t->type == TOKEN_ANY) {
                        at = character_end(s, at);
                        continue;
                }
                c = s->glob->with_case ? s->value[at] : glob_fold(s->value[at]);
                if (t->type == TOKEN_LITERAL ? c != t->byte : !set_has(&s->glob->sets[t->set], c))
                        return false;
                at++;
        }
        *ret_end = at;
        return true;
}

static struct glob_capture capture_make(size_t start, size_t end) {
        return (struct glob_capture) { (uint16_t) start, (uint16_t) (end - start) };
}

/* Spares most places the look at the whole part. */
static bool can_begin(const struct scan *s, const struct token *t, size_t at) {
        uint8_t c = s->value[at];

        return t->type != TOKEN_LITERAL || (s->glob->with_case ? c : glob_fold(c)) == t->byte;
}

/* Finds the part behind a star: the first place where it fits, or, for the last part, the one that ends where the
 * value does. */
static bool part_find(struct scan *s, size_t first, size_t last, struct glob_capture *ret_skipped) {
        bool is_last = last == s->glob->n_tokens;
        size_t end;

        if (first == last) { /* the pattern ends with the star */
                *ret_skipped = capture_make(s->position, s->length);
                s->position = s->length;
                return true;
        }
        for (size_t at = s->position; at < s->length; at++)
                if (can_begin(s, &s->glob->tokens[first], at) && part_fits(s, first, last, at, &end) &&
                    (!is_last || end == s->length)) {
                        *ret_skipped = capture_make(s->position, at);
                        s->position = end;
                        return true;
                }
        return false;
}

static size_t part_end(const struct glob *g, size_t first) {
        while (first < g->n_tokens && g->tokens[first].type != TOKEN_STAR)
                first++;
        return first;
}

bool glob_match(const struct glob *glob, const char *value, size_t length, struct glob_capture *captures) {
        struct scan s = { .glob = glob, .value = (const uint8_t *) value, .length = length };
        struct glob_capture found[GLOB_CAPTURES_MAX];
        size_t last = part_end(glob, 0), n = 0;

        if (!part_fits(&s, 0, last, 0, &s.position))
                return false;
        while (last < glob->n_tokens) {
                size_t first = last + 1; /* behind the star */

                last = part_end(glob, first);
                if (!part_find(&s, first, last, &found[n++]))
                        return false;
        }
        if (s.position != length)
                return false;
        if (captures)
                memcpy(captures, found, n * sizeof found[0]);
        return true;
}
