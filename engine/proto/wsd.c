/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* WS-Discovery (OASIS WS-Discovery 1.1, and the draft of 2005 that Windows speaks): SOAP in one datagram. Hello, Bye and
 * the matches describe their sender; Probe and Resolve tell whom it looks for. */

#include <stdlib.h>
#include <string.h>

#include "common/macro.h"
#include "engine/proto/dissector.h"
#include "engine/proto/xml.h"

/* Types, scopes and addresses of one target. Devices have a handful of each; ONVIF cameras some fifteen scopes. */
#define WORDS_MAX 32

enum wsd_voice { WSD_OTHER, WSD_ASKS, WSD_DESCRIBES, WSD_LEAVES };

static const struct {
        const char *action;
        enum wsd_voice voice;
} actions[] = {
        { "Hello", WSD_DESCRIBES },        { "Bye", WSD_LEAVES },  { "ProbeMatches", WSD_DESCRIBES },
        { "ResolveMatches", WSD_DESCRIBES }, { "Probe", WSD_ASKS }, { "Resolve", WSD_ASKS },
};

static void emit_text(struct emitter *e, enum fact_kind kind, struct cursor text) {
        char value[FACT_VALUE_MAX + 1];
        struct strbuf b = STRBUF(value);

        xml_append_text(&b, text);
        if (b.length > 0)
                emit_bytes(e, kind, b.data, b.length);
}

static void emit_words(struct emitter *e, enum fact_kind kind, struct cursor text) {
        struct cursor word;

        for (unsigned n = 0; n < WORDS_MAX && xml_next_word(&text, &word); n++)
                emit_text(e, kind, word);
}

static int compare_words(const void *a, const void *b) {
        const struct cursor *x = a, *y = b;
        size_t n = MIN(cursor_left(x), cursor_left(y));
        int r = memcmp(x->data, y->data, n);

        if (r != 0)
                return r;
        return cursor_left(x) < cursor_left(y) ? -1 : cursor_left(x) > cursor_left(y);
}

/* "wsdp:Device pub:Computer" is the same set as "a:Computer b:Device": names without their prefixes, in order. */
static void emit_types(struct emitter *e, struct cursor text) {
        struct cursor words[WORDS_MAX];
        char value[FACT_VALUE_MAX + 1];
        struct strbuf b = STRBUF(value);
        size_t n = 0;

        while (n < WORDS_MAX && xml_next_word(&text, &words[n])) {
                const uint8_t *colon = memchr(words[n].data, ':', cursor_left(&words[n]));

                if (colon)
                        words[n].data = colon + 1;
                n++;
        }
        qsort(words, n, sizeof words[0], compare_words);
        for (size_t i = 0; i < n; i++) {
                if (i > 0 && compare_words(&words[i - 1], &words[i]) == 0)
                        continue;
                if (b.length > 0)
                        strbuf_char(&b, ' ');
                strbuf_bytes(&b, words[i].data, cursor_left(&words[i]));
        }
        if (b.length > 0)
                emit_bytes(e, FACT_WSD_TYPES, b.data, b.length);
}

/* Of an action, which is a URI, the last part. */
static struct cursor last_part(struct cursor uri) {
        const uint8_t *slash = memrchr(uri.data, '/', cursor_left(&uri));

        return slash ? (struct cursor) { slash + 1, uri.end } : uri;
}

static enum wsd_voice voice_of(struct cursor action) {
        for (size_t i = 0; i < ELEMENTSOF(actions); i++)
                if (cursor_left(&action) == strlen(actions[i].action) &&
                    memcmp(action.data, actions[i].action, cursor_left(&action)) == 0)
                        return actions[i].voice;
        return WSD_OTHER;
}

/* The action stands in the header: what is in front of the body. */
static bool find_action(struct cursor xml, struct cursor *ret) {
        struct xml_tag tag;

        while (xml_next_tag(&xml, &tag) && !xml_is(&tag, "Body"))
                if (tag.leaf && xml_is(&tag, "Action") && cursor_left(&tag.text) > 0) {
                        *ret = last_part(tag.text);
                        return true;
                }
        return false;
}

static void read_element(struct emitter *e, const struct xml_tag *tag) {
        if (xml_is(tag, "Address"))
                emit_text(e, FACT_WSD_ENDPOINT, tag->text);
        else if (xml_is(tag, "Types"))
                emit_types(e, tag->text);
        else if (xml_is(tag, "Scopes"))
                emit_words(e, FACT_WSD_SCOPE, tag->text);
        else if (xml_is(tag, "XAddrs"))
                emit_words(e, FACT_WSD_XADDR, tag->text);
        else if (xml_is(tag, "MetadataVersion"))
                emit_text(e, FACT_WSD_METADATA_VERSION, tag->text);
}

static void read_body(struct emitter *e, struct cursor xml) {
        struct xml_tag tag;
        bool body = false;

        while (xml_next_tag(&xml, &tag))
                if (xml_is(&tag, "Body"))
                        body = !tag.closes;
                else if (body && tag.leaf)
                        read_element(e, &tag);
}

int wsd_dissect(const struct packet *packet, struct emitter *emitter) {
        struct cursor xml = packet->payload, action;
        enum wsd_voice voice;

        if (!find_action(xml, &action))
                return 0;
        if (packet->destination.bytes[0] == 0xff && packet->destination.bytes[1] == 0x02)
                emitter->fact.flags |= FACT_LINK_SCOPED;
        voice = voice_of(action);
        if (voice == WSD_DESCRIBES || voice == WSD_LEAVES)
                emitter->fact.flags |= FACT_RESPONSE;
        if (voice == WSD_LEAVES)
                emitter->fact.flags |= FACT_GOODBYE;
        emit_text(emitter, FACT_WSD_ACTION, action);
        if (voice != WSD_OTHER)
                read_body(emitter, xml);
        return 1;
}
