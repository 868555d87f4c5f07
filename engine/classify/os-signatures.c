/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A database of TCP signatures, in the format of p0f 3 (its README, section 5), and the search in it. Signatures are
 * hashed by direction and by the layout of their options, which a packet has to match whatever else is forgiven; so
 * a search looks at a handful. */

#include "engine/classify/os-signatures.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "common/cleanup.h"
#include "common/escape.h"
#include "engine/classify/os-signature.h"

/* p0f's own database has 240 signatures and 70 labels of TCP. */
#define SIGNATURES_MAX 8192
#define LABELS_MAX 2048
#define LINE_MAX_BYTES 512
#define NAME_MAX_BYTES 96
#define BUCKETS 256
#define NONE UINT32_MAX
/* Routers that a packet may have passed; p0f's number. */
#define DISTANCE_MAX 35
/* Of IP and TCP headers without options. */
#define HEADERS_V4 40
#define HEADERS_V6 60
/* What RFC 7323 §3.2 timestamps take of each segment. */
#define STAMP_BYTES 12
#define ETHERNET_MTU 1500
#define OPTION_STAMP 8

enum direction { DIRECTION_SYN, DIRECTION_SYNACK, _DIRECTION_MAX };

struct label {
        char *name;
        bool generic, is_program;
};

struct known {
        struct os_signature signature;
        uint32_t label, next; /* next of the bucket, in the order of the file */
        char *text;
};

struct os_signatures {
        struct known *list;
        size_t n, room;
        struct label *labels;
        size_t n_labels, labels_room;
        struct {
                uint32_t first, last;
        } buckets[_DIRECTION_MAX][BUCKETS];
};

struct observed {
        struct os_signature signature;
        enum direction direction;
        uint16_t headers;           /* bytes of IP and TCP */
        int32_t window_factor;      /* 0: of nothing */
        bool factor_is_mtu;
};

const char *os_match_to_string(enum os_match match) {
        static const char *const names[_OS_MATCH_MAX] = { "none", "exact", "generic", "fuzzy" };

        return names[match];
}

int os_signatures_new(struct os_signatures **ret) {
        struct os_signatures *set = calloc(1, sizeof *set);

        if (!set)
                return -ENOMEM;
        memset(set->buckets, 0xff, sizeof set->buckets);
        *ret = set;
        return 0;
}

struct os_signatures *os_signatures_free(struct os_signatures *set) {
        if (!set)
                return NULL;
        for (size_t i = 0; i < set->n; i++)
                free(set->list[i].text);
        for (size_t i = 0; i < set->n_labels; i++)
                free(set->labels[i].name);
        free(set->list);
        free(set->labels);
        free(set);
        return NULL;
}

size_t os_signatures_count(const struct os_signatures *set) {
        return set->n;
}

static size_t bucket_of(const struct os_signature *s) {
        return XXH3_64bits(s->options, s->n_options) % BUCKETS;
}

/* Room for one more of `size` bytes. */
static bool grow(void **list, size_t n, size_t *room, size_t size) {
        size_t more = *room ? *room * 2 : 64;
        void *bigger;

        if (n < *room)
                return true;
        bigger = realloc(*list, more * size);
        if (!bigger)
                return false;
        *list = bigger;
        *room = more;
        return true;
}

/* Where in a file the reader is. */
struct reader {
        struct os_signatures *set;
        struct conf_entry at; /* only file and line are used */
        conf_complaint_fn complain;
        void *userdata;
        enum direction direction; /* _DIRECTION_MAX: in a section that is passed over */
        bool labelled;            /* the last label can be taken */
};

#define complain_about(r, ...) conf_complain((r)->complain, (r)->userdata, &(r)->at, __VA_ARGS__)

static void take_section(struct reader *r, const char *line) {
        r->direction = _DIRECTION_MAX;
        r->labelled = false;
        if (strcmp(line, "[tcp:request]") == 0)
                r->direction = DIRECTION_SYN;
        else if (strcmp(line, "[tcp:response]") == 0)
                r->direction = DIRECTION_SYNACK;
        else if (line[strlen(line) - 1] != ']')
                complain_about(r, "section without ']', passing it over");
}

/* "type:class:name:flavor" -> "name flavor" */
static int take_label(struct reader *r, char *value) {
        char *parts[4], text[2 * NAME_MAX_BYTES];
        struct label *label;

        r->labelled = false;
        for (size_t i = 0; i < ELEMENTSOF(parts); i++)
                parts[i] = i < 3 ? strsep(&value, ":") : value;
        if (!parts[3] || !*parts[2] || (strcmp(parts[0], "s") != 0 && strcmp(parts[0], "g") != 0)) {
                complain_about(r, "label is not TYPE:CLASS:NAME:FLAVOR, passing its signatures over");
                return 0;
        }
        snprintf(text, sizeof text, "%s%s%s", parts[2], *parts[3] ? " " : "", parts[3]);
        if (strlen(text) > NAME_MAX_BYTES || r->set->n_labels >= LABELS_MAX) {
                complain_about(r, "%s, passing its signatures over", strlen(text) > NAME_MAX_BYTES ? "label too long" : "too many labels");
                return 0;
        }
        if (!grow((void **) &r->set->labels, r->set->n_labels, &r->set->labels_room, sizeof *label))
                return -ENOMEM;
        label = &r->set->labels[r->set->n_labels];
        *label = (struct label) { strdup(text), *parts[0] == 'g', strcmp(parts[1], "!") == 0 };
        if (!label->name)
                return -ENOMEM;
        r->set->n_labels++;
        r->labelled = true;
        return 0;
}

static int insert(struct os_signatures *set, enum direction direction, const struct os_signature *signature, const char *text) {
        size_t bucket = bucket_of(signature);
        uint32_t *last, index = (uint32_t) set->n;
        char *copy;

        if (!grow((void **) &set->list, set->n, &set->room, sizeof *set->list) || !(copy = strdup(text)))
                return -ENOMEM;
        set->list[set->n++] = (struct known) { *signature, (uint32_t) set->n_labels - 1, NONE, copy };
        last = &set->buckets[direction][bucket].last;
        *(*last == NONE ? &set->buckets[direction][bucket].first : &set->list[*last].next) = index;
        *last = index;
        return 1;
}

/* 1: taken. */
static int take_signature(struct reader *r, const char *value) {
        struct os_signature signature;

        if (!r->labelled) {
                complain_about(r, "signature without a label, ignoring it");
                return 0;
        }
        if (os_signature_parse(value, &signature) < 0) {
                complain_about(r, "signature cannot be read, ignoring it");
                return 0;
        }
        if (r->set->n >= SIGNATURES_MAX) {
                complain_about(r, "too many signatures, ignoring this one");
                return 0;
        }
        return insert(r->set, r->direction, &signature, value);
}

static char *strip(char *s) {
        size_t length;

        s += strspn(s, " \t\r");
        length = strlen(s);
        while (length > 0 && strchr(" \t\r", s[length - 1]))
                s[--length] = '\0';
        return s;
}

/* A line of a TCP section. "sys", on which systems a program runs, says nothing of packets. */
static int take_assignment(struct reader *r, char *line) {
        char *value = strchr(line, '='), *key = line;

        if (!value) {
                complain_about(r, "neither [section] nor key = value, ignoring line");
                return 0;
        }
        *value++ = '\0';
        key = strip(key);
        value = strip(value);
        if (strcmp(key, "label") == 0)
                return take_label(r, value);
        if (strcmp(key, "sig") == 0)
                return take_signature(r, value);
        if (strcmp(key, "sys") != 0)
                complain_about(r, "unknown key, ignoring line");
        return 0;
}

static int take_line(struct reader *r, char *text, size_t length) {
        char *line;

        if (length > LINE_MAX_BYTES || memchr(text, '\0', length) || !text_is_utf8(text, length)) {
                if (r->direction != _DIRECTION_MAX)
                        complain_about(r, "line is too long, or no text, ignoring it");
                return 0;
        }
        line = strip(text);
        if (*line == '\0' || *line == ';')
                return 0;
        if (*line == '[') {
                take_section(r, line);
                return 0;
        }
        return r->direction == _DIRECTION_MAX ? 0 : take_assignment(r, line);
}

/* One line without its end into `line`; what does not fit is counted but not kept. False at the end of the file. */
static bool read_line(FILE *f, char *line, size_t size, size_t *ret_length) {
        size_t length = 0;
        int c;

        while ((c = getc_unlocked(f)) != EOF && c != '\n') {
                if (length + 1 < size)
                        line[length] = (char) c;
                length++;
        }
        line[MIN(length, size - 1)] = '\0';
        *ret_length = length;
        return c != EOF || length > 0;
}

int os_signatures_load(struct os_signatures *set, const char *name, FILE *f, conf_complaint_fn complain, void *userdata) {
        struct reader reader = { .set = set, .at = { .file = name }, .complain = complain, .userdata = userdata,
                                 .direction = _DIRECTION_MAX };
        char line[LINE_MAX_BYTES + 1];
        size_t length;
        int n = 0;

        errno = 0;
        while (read_line(f, line, sizeof line, &length)) {
                int r;

                reader.at.line++;
                r = take_line(&reader, line, length);
                if (r < 0)
                        return r;
                n += r;
        }
        if (ferror(f))
                return errno > 0 ? -errno : -EIO;
        return n;
}

int os_signatures_load_first(struct os_signatures *set, const char *const paths[], conf_complaint_fn complain, void *userdata,
                             const char **ret_failed) {
        for (size_t i = 0; paths[i]; i++) {
                _cleanup_(fclosep) FILE *f = fopen(paths[i], "re");
                int r = f ? os_signatures_load(set, paths[i], f, complain, userdata) : -errno;

                if (r == -ENOENT || r == -ENOTDIR)
                        continue;
                if (r < 0 && ret_failed)
                        *ret_failed = paths[i];
                return r;
        }
        return 0;
}

/* "syn SIGNATURE HEADERS" */
static int read_observed(const char *raw, struct observed *ret) {
        struct observed o = { .direction = DIRECTION_SYN };
        const char *end;
        char text[LINE_MAX_BYTES];

        if (strncmp(raw, "synack ", 7) == 0)
                o.direction = DIRECTION_SYNACK;
        else if (strncmp(raw, "syn ", 4) != 0)
                return -EINVAL;
        raw = strchr(raw, ' ') + 1;
        end = raw + strcspn(raw, " ");
        if ((size_t) (end - raw) >= sizeof text)
                return -EINVAL;
        memcpy(text, raw, (size_t) (end - raw));
        text[end - raw] = '\0';
        if (os_signature_parse(text, &o.signature) < 0 || !os_signature_is_observed(&o.signature))
                return -EINVAL;
        o.headers = (uint16_t) strtoul(end, NULL, 10);
        *ret = o;
        return 0;
}

static bool has_stamp(const struct os_signature *s) {
        return memchr(s->options, OPTION_STAMP, s->n_options) && !(s->quirks & OS_QUIRK_STAMP_ZERO);
}

/* Windows are often so many segments large, or so many packets. What a system takes for its segment differs: with or
 * without room for timestamps, its own link's or Ethernet's. The first that fits. (p0f also tries the MSS of the SYN
 * that is answered, which a packet alone does not tell.) */
static void find_factor(struct observed *o) {
        const struct os_signature *s = &o->signature;
        bool v6 = s->version == 6, stamp = has_stamp(s);
        const struct {
                int32_t unit;
                bool is_mtu;
        } units[] = {
                { s->mss, false },
                { stamp ? s->mss - STAMP_BYTES : 0, false },
                { ETHERNET_MTU - HEADERS_V4, false },
                { ETHERNET_MTU - HEADERS_V4 - STAMP_BYTES, false },
                { v6 ? ETHERNET_MTU - HEADERS_V6 : 0, false },
                { v6 ? ETHERNET_MTU - HEADERS_V6 - STAMP_BYTES : 0, false },
                { s->mss + HEADERS_V4, true },
                { s->mss + o->headers, true },
                { v6 ? s->mss + HEADERS_V6 : 0, true },
                { ETHERNET_MTU, true },
        };

        if (s->window == 0 || s->mss < 100)
                return;
        for (size_t i = 0; i < ELEMENTSOF(units); i++)
                if (units[i].unit > 0 && s->window % units[i].unit == 0) {
                        o->window_factor = s->window / units[i].unit;
                        o->factor_is_mtu = units[i].is_mtu;
                        return;
                }
}

static bool window_fits(const struct os_signature *known, const struct observed *o) {
        switch (known->window_type) {
        case OS_WINDOW_ANY:
                return true;
        case OS_WINDOW_EXACT:
                return known->window == o->signature.window;
        case OS_WINDOW_MULTIPLE:
                return o->signature.window % known->window == 0;
        case OS_WINDOW_MSS:
        case OS_WINDOW_MTU:
                return o->factor_is_mtu == (known->window_type == OS_WINDOW_MTU) && o->window_factor == known->window;
        }
        return false;
}

/* What must be the same whatever is forgiven. */
static bool fixed_parts_fit(const struct os_signature *known, const struct observed *o) {
        const struct os_signature *seen = &o->signature;

        return known->n_options == seen->n_options && memcmp(known->options, seen->options, seen->n_options) == 0 &&
               (known->version == 0 || known->version == seen->version) && known->padding == seen->padding &&
               known->header_options == seen->header_options && (known->mss < 0 || known->mss == seen->mss) &&
               (known->scale < 0 || known->scale == seen->scale) &&
               (known->payload == OS_PAYLOAD_ANY || known->payload == seen->payload) && window_fits(known, o);
}

/* 1 the same; 0 routers may have made the difference; -1 another. Bits of the other version of IP do not count. */
static int compare_quirks(const struct os_signature *known, const struct os_signature *seen) {
        uint32_t quirks = known->quirks, gone, come;

        if (known->version == 0)
                quirks &= ~(uint32_t) (seen->version == 4 ? OS_QUIRK_FLOW : OS_QUIRK_DF | OS_QUIRK_ID_SET | OS_QUIRK_ID_ZERO);
        gone = quirks & ~seen->quirks;
        come = seen->quirks & ~quirks;
        if (gone == 0 && come == 0)
                return 1;
        return gone & ~(uint32_t) (OS_QUIRK_DF | OS_QUIRK_ID_SET) || come & ~(uint32_t) (OS_QUIRK_ID_ZERO | OS_QUIRK_ECN) ? -1 : 0;
}

/* 1 may have begun so, 0 may not, -1 never: a random one has its limit. */
static int compare_ttl(const struct os_signature *known, const struct os_signature *seen) {
        if (known->ttl_random)
                return seen->ttl <= known->ttl ? 1 : -1;
        return seen->ttl <= known->ttl && known->ttl - seen->ttl <= DISTANCE_MAX;
}

static enum os_match compare(const struct known *known, const struct label *label, const struct observed *o) {
        int quirks = compare_quirks(&known->signature, &o->signature), ttl = compare_ttl(&known->signature, &o->signature);

        if (quirks < 0 || ttl < 0 || !fixed_parts_fit(&known->signature, o))
                return OS_MATCH_NONE;
        if (quirks == 0 || ttl == 0)
                return OS_MATCH_FUZZY;
        return label->generic ? OS_MATCH_GENERIC : OS_MATCH_EXACT;
}

/* Systems begin with one of four. */
static uint8_t guess_distance(uint8_t ttl) {
        return (uint8_t) ((ttl <= 32 ? 32 : ttl <= 64 ? 64 : ttl <= 128 ? 128 : 255) - ttl);
}

static void set_verdict(const struct os_signatures *set, const struct known *known, enum os_match match, uint8_t ttl,
                        struct os_verdict *ret) {
        const struct label *label = &set->labels[known->label];

        ret->match = match;
        ret->name = label->name;
        ret->signature = known->text;
        ret->is_program = label->is_program;
        ret->ttl_random = known->signature.ttl_random;
        if (ret->ttl_random || compare_ttl(&known->signature, &(struct os_signature) { .ttl = ttl }) > 0)
                ret->distance = (uint8_t) (known->signature.ttl - ttl);
}

/* The first exact one; else the first generic one; else the first that is nearly so, which a program's never is. */
int os_signatures_match(const struct os_signatures *set, const char *raw, struct os_verdict *ret) {
        const struct known *first[_OS_MATCH_MAX] = {};
        struct observed o;
        int r = read_observed(raw, &o);
        uint32_t i;

        if (r < 0)
                return r;
        find_factor(&o);
        *ret = (struct os_verdict) { .match = OS_MATCH_NONE, .distance = guess_distance(o.signature.ttl) };
        i = set->buckets[o.direction][bucket_of(&o.signature)].first;
        for (; i != NONE && !first[OS_MATCH_EXACT]; i = set->list[i].next) {
                enum os_match match = compare(&set->list[i], &set->labels[set->list[i].label], &o);

                if (!first[match])
                        first[match] = &set->list[i];
        }
        if (first[OS_MATCH_FUZZY] && set->labels[first[OS_MATCH_FUZZY]->label].is_program)
                first[OS_MATCH_FUZZY] = NULL;
        for (enum os_match match = OS_MATCH_EXACT; match < _OS_MATCH_MAX; match++)
                if (first[match]) {
                        set_verdict(set, first[match], match, o.signature.ttl, ret);
                        break;
                }
        return 0;
}
