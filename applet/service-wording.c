/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The service speaks English, in sentences that do not change but for what stands in them: they are the keys of their own translations.
 * Tests hold the list to daemon/. */

#include "applet/service-wording.h"

#include <glib/gi18n.h>
#include <string.h>

enum { PLACES_MAX = 4, DEPTH_MAX = 6 };

/* Translators: {1}, {2} stand for names, numbers and other sentences, and stay as they are. */
static const char *const sentences[] = {
        N_("This is a capture file that is being replayed, not the live network"),
        N_("Nothing is captured at present: devices are shown as they were last seen"),
        N_("Seen: all traffic of this machine, and the broadcast and multicast of every device on its network"),
        N_("Seen: all traffic that passes through this machine, in both directions, and the broadcast and multicast of every device"),
        N_("Seen: every frame that the switch copies to the mirror port"),
        N_("Not seen: what other devices send to each other or to the internet, and devices that never broadcast"),
        N_("Not seen: what devices on one segment send to each other without passing through this machine"),
        N_("Not seen: traffic of ports and VLANs that the switch does not mirror, and copies it drops under load"),
        N_("The kernel counts every frame; only those that tell something about a device are read in full"),
        N_("A capture filter is set: frames that it leaves out are not seen at all"),
        N_("Mirrored frames are counted and dropped before this machine's own network stack (SpanDrop=yes)"),
        /* What is wrong */
        N_("What is seen cannot be saved, and nothing can be set. {1} It is tried again every half minute."),
        N_("Alerts were lost: more came than can wait for the database"),
        N_("Database {1} is damaged. It is kept as {2}, and a new one is made with {3} rows that could be read; \"sqlite3 {4} .recover\" may bring back more."),
        N_("Database {1} was moved or deleted while it was in use. It was made anew, with {2} rows that it had."),
        /* Why an interface is not watched, or not in the best way */
        N_("there is no interface to listen on; name one, or connect to a network"),
        N_("there is no such interface yet"),
        N_("the interface is down"),
        N_("There is no capture backend \"{1}\"."),
        N_("this lanscope was built without it"),
        N_("a capture filter is set, which only libpcap knows"),
        N_("{1} does not carry Ethernet frames, or carries each of them twice"),
        N_("no XDP: slower than TC on a {1}"),
        N_("no XDP: it cannot see the VLAN tags that the card takes out (ethtool: rxvlan)"),
        N_("not permitted ({1} is missing)"),
        N_("the kernel does not permit bpf() (a seccomp filter, or lockdown)"),
        N_("another program is attached already"),
        N_("the kernel is too old, Linux {1} would do"),
        N_("several workers are for Ethernet; this interface gets one"),
        N_("packets cannot be dealt to several workers: {1}"),
        N_("cannot add to the event loop: {1}"),
        /* Of several, and what they are about: last, for they fit others as well */
        "{1}; {2}",
        N_("no {1}: {2}"),
        "{1}: {2}",
        NULL,
};

const char *const *service_sentences(void) {
        return sentences;
}

static char *in_words(const char *sentence, unsigned depth);

/* The places of a pattern are "{1}" to "{4}", each behind words; these parts are what stands there. */
typedef struct {
        char *parts[PLACES_MAX];
} Match;

static void match_clear(Match *match) {
        for (gsize i = 0; i < PLACES_MAX; i++)
                g_clear_pointer(&match->parts[i], g_free);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Match, match_clear)

/* 0: no place; else its number. */
static unsigned place_at(const char *at) {
        return at[0] == '{' && at[1] >= '1' && at[1] < '1' + PLACES_MAX && at[2] == '}' ? (unsigned) (at[1] - '0') : 0;
}

/* The words up to the next place, or to the end. */
static gsize words_length(const char *pattern) {
        gsize n = 0;

        while (pattern[n] && !place_at(pattern + n))
                n++;
        return n;
}

static gboolean matches(const char *pattern, const char *sentence, Match *ret) {
        gsize n = words_length(pattern);

        if (strncmp(pattern, sentence, n) != 0)
                return FALSE;
        pattern += n;
        sentence += n;
        while (*pattern) {
                unsigned place = place_at(pattern);
                g_autofree char *words = g_strndup(pattern + 3, words_length(pattern + 3));
                const char *end = *words ? strstr(sentence, words) : sentence + strlen(sentence);

                if (!end || end == sentence || ret->parts[place - 1])
                        return FALSE;
                ret->parts[place - 1] = g_strndup(sentence, (gsize) (end - sentence));
                sentence = end + strlen(words);
                pattern += 3 + strlen(words);
        }
        return *sentence == '\0';
}

static char *insert(const char *pattern, const Match *match, unsigned depth) {
        GString *out = g_string_new(NULL);

        while (*pattern) {
                unsigned place = place_at(pattern);
                g_autofree char *words = NULL;

                if (place == 0) {
                        g_string_append_c(out, *pattern++);
                        continue;
                }
                words = match->parts[place - 1] ? in_words(match->parts[place - 1], depth + 1) : NULL;
                g_string_append(out, words ?: "");
                pattern += 3;
        }
        return g_string_free(out, FALSE);
}

static char *in_words(const char *sentence, unsigned depth) {
        for (gsize i = 0; sentences[i] && depth < DEPTH_MAX; i++) {
                g_auto(Match) match = { 0 };

                if (matches(sentences[i], sentence, &match))
                        return insert(gettext(sentences[i]), &match, depth);
        }
        return g_strdup(sentence);
}

char *service_in_words(const char *sentence) {
        return in_words(sentence, 0);
}
