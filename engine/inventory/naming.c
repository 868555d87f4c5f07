/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Names and services out of evidence. A name is what a person would call the device by; each keeps who said it. */

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/strbuf.h"
#include "engine/inventory/inventory-private.h"

/* A DNS name has 253 characters at most (RFC 1035 §2.3.4). */
#define NAME_MAX_BYTES 255
#define SERVICE_MAX_BYTES 255

static void cut_suffix(struct strbuf *b, const char *suffix) {
        size_t length = strlen(suffix);

        if (b->length > length && strcasecmp(b->data + b->length - length, suffix) == 0) {
                b->length -= length;
                b->data[b->length] = '\0';
        }
}

/* White space at the ends goes, and inside becomes a blank. */
static void trim(struct strbuf *b) {
        size_t start = 0;

        for (size_t i = 0; i < b->length; i++)
                if (isspace((unsigned char) b->data[i]))
                        b->data[i] = ' ';
        while (b->length > 0 && b->data[b->length - 1] == ' ')
                b->length--;
        while (start < b->length && b->data[start] == ' ')
                start++;
        b->length -= start;
        memmove(b->data, b->data + start, b->length);
        b->data[b->length] = '\0';
}

/* Where the service type starts in "Name._ipp._tcp.local" (RFC 6763 §4.1); the end if nowhere. */
static size_t instance_length(const char *value) {
        size_t length = strlen(value), dot = length;

        for (size_t i = length; i-- > 0;)
                if (strncmp(value + i, "._tcp", 5) == 0 || strncmp(value + i, "._udp", 5) == 0) {
                        dot = i;
                        break;
                }
        for (size_t i = dot; dot < length && i-- > 0;)
                if (value[i] == '.' && value[i + 1] == '_')
                        return i;
        return length;
}

/* "58:55:CA:00:11:22@Kitchen": AirPlay audio and Sonos put an identifier in front. */
static void put_instance(struct strbuf *b, const char *value) {
        size_t length = instance_length(value);
        const char *at = memchr(value, '@', length);

        if (at && memchr(value, ' ', (size_t) (at - value)) == NULL) {
                length -= (size_t) (at + 1 - value);
                value = at + 1;
        }
        strbuf_bytes(b, value, length);
}

/* "LAPTOP<20>": of the names of a node, those of its workstation and server services are the machine's; others are
 * a user's, or a role's. */
static void put_netbios(struct strbuf *b, const char *value) {
        const char *suffix = strrchr(value, '<');

        if (suffix && (strcmp(suffix, "<00>") == 0 || strcmp(suffix, "<20>") == 0))
                strbuf_bytes(b, value, (size_t) (suffix - value));
}

/* "laptop A 192.0.2.50" or "50.2.0.192.in-addr.arpa PTR laptop" */
static void put_llmnr(struct strbuf *b, const char *value) {
        const char *pointer = strstr(value, ".arpa PTR ");

        if (pointer)
                strbuf_string(b, pointer + strlen(".arpa PTR "));
        else
                strbuf_bytes(b, value, fact_owner_length(value));
}

/* The name in a piece of evidence, as it is shown. */
static void put_name(struct strbuf *b, enum fact_kind kind, const char *value) {
        if (kind == FACT_MDNS_HOSTNAME)
                strbuf_bytes(b, value, fact_name_length(value));
        else if (kind == FACT_MDNS_INSTANCE)
                put_instance(b, value);
        else if (kind == FACT_NBNS_NAME || kind == FACT_NBDGM_SOURCE)
                put_netbios(b, value);
        else if (kind == FACT_LLMNR_ANSWER)
                put_llmnr(b, value);
        else
                strbuf_string(b, value);
        cut_suffix(b, ".");
        cut_suffix(b, ".local");
        trim(b);
}

/* 8-4-4-4-12 hex digits: what browsers and phones say instead of a name. */
static bool is_uuid(const char *s) {
        static const char form[] = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";

        if (strlen(s) != strlen(form))
                return false;
        for (size_t i = 0; form[i]; i++)
                if (form[i] == 'x' ? !isxdigit((unsigned char) s[i]) : s[i] != form[i])
                        return false;
        return true;
}

/* Does it tell one device from another? */
static bool is_telling(const char *name) {
        static const char *const empty[] = { "localhost", "localhost.localdomain", "unknown", "(none)", "none", "null",
                                            /* what a poisoner of names answers to */
                                            "wpad", "isatap" };
        struct ip_address ip;

        if (strncmp(name, "hex:", 4) == 0 || is_uuid(name) || ip_parse(name, &ip) >= 0)
                return false;
        for (size_t i = 0; i < ELEMENTSOF(empty); i++)
                if (strcasecmp(name, empty[i]) == 0)
                        return false;
        for (; *name; name++)
                if (isalnum((unsigned char) *name) || (unsigned char) *name >= 0x80)
                        return true;
        return false;
}

/* A name that others of its kind outlived by so long was given up: the device was renamed. */
#define NAME_OUTLIVED (600 * NSEC_PER_SEC)
#define NAME_REPEATED 3

struct candidate {
        struct device_name name; /* value: in `text` */
        bool given_up;
        char text[NAME_MAX_BYTES + 1];
};

/* Devices with two names of a kind say both all the time: the one heard first stays in front. */
static bool is_better(const struct candidate *a, const struct candidate *b) {
        if (a->name.confidence != b->name.confidence)
                return a->name.confidence > b->name.confidence;
        if (a->given_up != b->given_up)
                return b->given_up;
        if (a->name.first_seen != b->name.first_seen)
                return a->name.first_seen < b->name.first_seen;
        return strcmp(a->text, b->text) < 0;
}

/* Puts it where it belongs in the best-first list; a name that is there already keeps its better source. */
static size_t insert_candidate(struct candidate *list, size_t n, const struct candidate *candidate) {
        size_t i;

        for (i = 0; i < n; i++)
                if (strcasecmp(list[i].text, candidate->text) == 0) {
                        if (!is_better(candidate, &list[i]))
                                return n;
                        memmove(&list[i], &list[i + 1], (--n - i) * sizeof *list);
                        break;
                }
        for (i = 0; i < n && !is_better(candidate, &list[i]); i++)
                ;
        if (i == DEVICE_NAMES_MAX)
                return n;
        n = MIN(n, (size_t) DEVICE_NAMES_MAX - 1);
        memmove(&list[i + 1], &list[i], (n - i) * sizeof *list);
        list[i] = *candidate;
        for (size_t k = 0; k <= n; k++)
                list[k].name.value = list[k].text;
        return n + 1;
}

/* Kinds of which a device has one name at a time. Of others it may have several, told at different times. */
static bool is_single(enum fact_kind kind) {
        return kind == FACT_DHCP_HOSTNAME || kind == FACT_DHCP_FQDN || kind == FACT_DHCP6_FQDN ||
               kind == FACT_LLDP_SYSTEM_NAME || kind == FACT_CDP_DEVICE_ID || kind == FACT_CDP_SYSTEM_NAME;
}

static bool outlives(const struct evidence *other, const struct evidence *name) {
        if (other->kind != name->kind || other->last_seen <= name->last_seen)
                return false;
        if (other->last_seen - name->last_seen > NAME_OUTLIVED)
                return true;
        /* Came when the other was gone, and was repeated: it is configured anew. */
        return is_single(name->kind) && other->first_seen > name->last_seen && other->count >= NAME_REPEATED;
}

static bool is_given_up(const struct device *d, const struct evidence *name) {
        for (size_t i = 0; i < d->n_evidence; i++)
                if (outlives(&d->evidence[i], name))
                        return true;
        return false;
}

static size_t collect(const struct device *d, struct candidate *list) {
        struct candidate candidate;
        size_t n = 0;

        for (size_t i = 0; i < d->n_evidence; i++) {
                const struct evidence *e = &d->evidence[i];
                uint8_t confidence = evidence_policy(e->kind).name;
                struct strbuf b = STRBUF(candidate.text);

                if (confidence == 0 || e->voice == VOICE_ASKS)
                        continue;
                put_name(&b, e->kind, e->value);
                if (!is_telling(candidate.text))
                        continue;
                candidate.name = (struct device_name) { e->kind, confidence, e->first_seen, e->last_seen, candidate.text };
                candidate.given_up = is_given_up(d, e);
                n = insert_candidate(list, n, &candidate);
        }
        return n;
}

static bool is_unchanged(const struct device *d, const struct candidate *list, size_t n) {
        if (d->n_names != n)
                return false;
        for (size_t i = 0; i < n; i++)
                if (d->names[i].source != list[i].name.source || strcmp(d->names[i].value, list[i].text) != 0)
                        return false;
        return true;
}

void entry_clear_names(struct inventory *inventory, struct entry *entry) {
        for (size_t i = 0; i < entry->device.n_names; i++)
                entry_strfree(inventory, entry, entry->device.names[i].value);
        free(entry->device.names);
        entry->device.names = NULL;
        entry->device.n_names = 0;
}

static bool names_compete(const struct device *d) {
        for (size_t i = 0; i < d->n_evidence; i++)
                for (size_t k = i + 1; k < d->n_evidence && evidence_policy(d->evidence[i].kind).name > 0; k++)
                        if (d->evidence[k].kind == d->evidence[i].kind)
                                return true;
        return false;
}

void entry_derive_names(struct inventory *inventory, struct entry *entry) {
        struct candidate list[DEVICE_NAMES_MAX + 1];
        struct device *d = &entry->device;
        size_t n = collect(d, list);

        entry->names_compete = names_compete(d);
        if (is_unchanged(d, list, n)) {
                for (size_t i = 0; i < n; i++)
                        d->names[i].last_seen = list[i].name.last_seen;
                return;
        }
        entry_clear_names(inventory, entry);
        d->names = calloc(MAX(n, 1U), sizeof *d->names);
        for (size_t i = 0; d->names && i < n; i++) {
                char *value = entry_strndup(inventory, entry, list[i].text, strlen(list[i].text));

                if (!value)
                        break;
                d->names[d->n_names] = list[i].name;
                d->names[d->n_names++].value = value;
        }
        if (!entry->fresh)
                entry->changes |= CHANGE_NAMES;
}

/* "_ipp._tcp.local" -> "_ipp._tcp"; "uuid:…::urn:…" -> "urn:…". False: names no service. */
static bool put_service(struct strbuf *b, enum fact_kind kind, const char *value) {
        const char *urn = strstr(value, "urn:");

        if (kind == FACT_MDNS_SERVICE) {
                if (strstr(value, "._sub.") || strncmp(value, "_services._dns-sd.", 18) == 0)
                        return false;
                strbuf_string(b, value);
                cut_suffix(b, ".");
                cut_suffix(b, ".local");
        } else if ((kind == FACT_SSDP_NT || kind == FACT_SSDP_ST || kind == FACT_SSDP_USN) && urn &&
                   (strstr(urn, ":device:") || strstr(urn, ":service:")))
                strbuf_string(b, urn);
        trim(b);
        return b->length > 0 && !b->truncated;
}

static void remove_service(struct inventory *inventory, struct entry *entry, size_t i) {
        struct device *d = &entry->device;

        entry_strfree(inventory, entry, d->services[i].value);
        d->n_services--;
        memmove(&d->services[i], &d->services[i + 1], (d->n_services - i) * sizeof d->services[0]);
}

static struct device_service *find_service(struct device *d, const char *value) {
        for (size_t i = 0; i < d->n_services; i++)
                if (strcasecmp(d->services[i].value, value) == 0)
                        return &d->services[i];
        return NULL;
}

static void drop_oldest_service(struct inventory *inventory, struct entry *entry) {
        struct device *d = &entry->device;
        size_t oldest = 0;

        for (size_t i = 1; i < d->n_services; i++)
                if (d->services[i].last_seen <= d->services[oldest].last_seen)
                        oldest = i;
        remove_service(inventory, entry, oldest);
        inventory->counters.evidence_overflow++;
}

static bool make_space(struct entry *entry) {
        size_t room = entry->services_room ? entry->services_room * 2 : 2;
        struct device_service *bigger;

        if (entry->device.n_services < entry->services_room)
                return true;
        bigger = realloc(entry->device.services, room * sizeof *bigger);
        if (!bigger)
                return false;
        entry->device.services = bigger;
        entry->services_room = room;
        return true;
}

static bool add_service(struct inventory *inventory, struct entry *entry, const struct device_service *service) {
        struct device *d = &entry->device;
        struct device_service kept = *service;

        kept.value = entry_strndup(inventory, entry, service->value, strlen(service->value));
        if (!kept.value)
                return false;
        if (d->n_services == DEVICE_SERVICES_MAX)
                drop_oldest_service(inventory, entry);
        if (!make_space(entry)) {
                entry_strfree(inventory, entry, kept.value);
                return false;
        }
        memmove(d->services + 1, d->services, d->n_services * sizeof *d->services);
        d->services[0] = kept;
        d->n_services++;
        return true;
}

void entry_take_service(struct inventory *inventory, struct entry *entry, enum fact_kind kind, const char *value,
                        bool goodbye, uint64_t now) {
        char text[SERVICE_MAX_BYTES + 1];
        struct strbuf b = STRBUF(text);
        struct device *d = &entry->device;
        struct device_service *known;

        if (!put_service(&b, kind, value))
                return;
        known = find_service(d, text);
        if (known && goodbye)
                remove_service(inventory, entry, (size_t) (known - d->services));
        else if (known) {
                known->last_seen = MAX(known->last_seen, now);
                return;
        } else if (goodbye || !add_service(inventory, entry, &(struct device_service) { kind, now, now, text }))
                return;
        entry_changed(inventory, entry, CHANGE_SERVICES);
}

void entry_adopt_service(struct inventory *inventory, struct entry *entry, const struct device_service *service) {
        struct device_service *known = find_service(&entry->device, service->value);

        if (known) {
                known->first_seen = MIN(known->first_seen, service->first_seen);
                known->last_seen = MAX(known->last_seen, service->last_seen);
        } else if (*service->value)
                add_service(inventory, entry, service);
}

void entry_clear_services(struct inventory *inventory, struct entry *entry) {
        while (entry->device.n_services > 0)
                remove_service(inventory, entry, entry->device.n_services - 1);
}
