/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* UPnP device descriptions, as they pass by in HTTP answers. Only elements without elements inside are of
 * interest, so that no tree is built: tags are found one after the other. */

#include "engine/proto/upnp.h"

#include "common/macro.h"
#include "engine/proto/xml.h"

/* Longest text of an element: the architecture asks for 64 to 128 characters, makers write more. */
#define UPNP_TEXT_MAX 1024

static const struct {
        const char *name;
        enum fact_kind kind;
} elements[] = {
        { "friendlyName", FACT_UPNP_FRIENDLY_NAME },       { "manufacturer", FACT_UPNP_MANUFACTURER },
        { "manufacturerURL", FACT_UPNP_MANUFACTURER_URL }, { "modelDescription", FACT_UPNP_MODEL_DESCRIPTION },
        { "modelName", FACT_UPNP_MODEL_NAME },             { "modelNumber", FACT_UPNP_MODEL_NUMBER },
        { "serialNumber", FACT_UPNP_SERIAL_NUMBER },       { "UDN", FACT_UPNP_UDN },
        { "deviceType", FACT_UPNP_DEVICE_TYPE },
};

static void read_element(const struct xml_tag *tag, struct emitter *e) {
        char value[UPNP_TEXT_MAX];
        struct strbuf b = STRBUF(value);

        for (size_t i = 0; i < ELEMENTSOF(elements); i++)
                if (xml_is(tag, elements[i].name)) {
                        xml_append_text(&b, tag->text);
                        emit_bytes(e, elements[i].kind, b.data, b.length);
                        return;
                }
}

void upnp_read_description(struct cursor xml, struct emitter *e) {
        struct xml_tag tag;

        if (!memmem(xml.data, cursor_left(&xml), "urn:schemas-upnp-org:device-1-0", 31))
                return;
        while (xml_next_tag(&xml, &tag))
                if (tag.leaf && cursor_left(&tag.text) > 0)
                        read_element(&tag, e);
}
