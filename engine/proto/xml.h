/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <stdbool.h>

#include "common/cursor.h"
#include "common/strbuf.h"

/* Finds the tags of an XML text, one after the other, front to back and each byte once. No tree is built, nothing is
 * checked: enough to read the text of elements by their names. Attributes, comments, CDATA and declarations are passed over. */

struct xml_tag {
        bool closes;        /* "</name>" */
        bool leaf;          /* an opening tag whose text ends with a closing one: no elements inside */
        struct cursor name; /* without the prefix of a name space */
        struct cursor text; /* up to the next tag, without white space at its ends; entities as they stand */
};

/* The next tag at `c`, and moves `c` behind its text. False when there is none left. */
bool xml_next_tag(struct cursor *c, struct xml_tag *ret);

/* Case counts. */
bool xml_is(const struct xml_tag *tag, const char *name);

/* Appends text, with entities and character references (XML 1.0 §4.1) made the characters that they stand for. */
void xml_append_text(struct strbuf *b, struct cursor text);

/* The next word of a list (XML Schema: white space between). False at the end. */
bool xml_next_word(struct cursor *text, struct cursor *ret);
