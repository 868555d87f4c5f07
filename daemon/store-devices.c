/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Networks and devices, from memory to rows. Only the lists that changed are rewritten; a list is short,
 * and rewriting it keeps its order. */

#include <errno.h>
#include <string.h>

#include "common/escape.h"
#include "daemon/store-internal.h"

/* What is marked of a device that was added. */
#define CHANGES_OF_NEW ((uint32_t) (CHANGE_ADDRESSES | CHANGE_EVIDENCE | CHANGE_FLAGS | CHANGE_SEEN | CHANGE_NETWORK))

const char *store_voice_to_string(enum fact_voice voice) {
        static const char *const names[_VOICE_MAX] = {
                [VOICE_SELF] = "self",
                [VOICE_ASKS] = "asks",
                [VOICE_SERVES] = "serves",
                [VOICE_CLAIMS] = "claims",
        };

        return names[voice];
}

static int write_prefixes(struct store *store, const struct network *network) {
        char text[IP_STRING_MAX];
        int r;

        r = store_run(store, SQL_PREFIXES_DELETE, NUMBER(network->id));
        for (size_t i = 0; r >= 0 && i < network->n_prefixes; i++)
                r = store_run(store, SQL_PREFIX_INSERT, NUMBER(network->id), NUMBER(i),
                              TEXT(ip_format(&network->prefixes[i].address, text)), NUMBER(network->prefixes[i].length));
        return r;
}

int store_write_network(struct store *store, uint64_t id, const struct network *network) {
        char mac[MAC_STRING_MAX], ip[IP_STRING_MAX];
        int r;

        if (!network)
                return store_run(store, SQL_NETWORK_DELETE, NUMBER(id));
        r = store_run(store, SQL_NETWORK_PUT, NUMBER(id), TEXT(network->interface), NUMBER(network->vlan),
                      TEXT(mac_is_zero(&network->gateway_mac) ? NULL : mac_format(&network->gateway_mac, mac)),
                      TEXT(network->gateway_ip.family ? ip_format(&network->gateway_ip, ip) : NULL),
                      TEXT(network->name), NUMBER(network->first_seen), NUMBER(network->last_seen));
        return r < 0 ? r : write_prefixes(store, network);
}

static int write_row(struct store *store, enum store_statement statement, const struct device *d) {
        return store_run(store, statement, NUMBER(d->id), NUMBER(d->network), NUMBER(d->first_seen),
                         NUMBER(d->last_seen), NUMBER(!!(d->flags & DEVICE_SELF)), NUMBER(!!(d->flags & DEVICE_GATEWAY)),
                         NUMBER(!!(d->flags & DEVICE_RANDOMIZED)), NUMBER(!!(d->flags & DEVICE_KNOWN)),
                         NUMBER(!!(d->flags & DEVICE_CONFIRMED)), NUMBER(d->traffic.packets_sent),
                         NUMBER(d->traffic.bytes_sent), NUMBER(d->traffic.packets_received),
                         NUMBER(d->traffic.bytes_received));
}

static int write_macs(struct store *store, const struct device *d) {
        char text[MAC_STRING_MAX];
        int r = 0;

        for (size_t i = 0; r >= 0 && i < d->n_macs; i++)
                r = store_run(store, SQL_ADDRESS_INSERT, NUMBER(d->id), TEXT("mac"), NUMBER(i),
                              TEXT(mac_format(&d->macs[i].address, text)), TEXT(NULL), NUMBER(d->macs[i].first_seen),
                              NUMBER(d->macs[i].last_seen));
        return r;
}

static int write_ips(struct store *store, uint64_t id, const char *family, const struct device_ip *ips, size_t n) {
        char text[IP_STRING_MAX];
        int r = 0;

        for (size_t i = 0; r >= 0 && i < n; i++)
                r = store_run(store, SQL_ADDRESS_INSERT, NUMBER(id), TEXT(family), NUMBER(i),
                              TEXT(ip_format(&ips[i].address, text)), TEXT(fact_kind_to_string(ips[i].source)),
                              NUMBER(ips[i].first_seen), NUMBER(ips[i].last_seen));
        return r;
}

static int write_services(struct store *store, const struct device *d) {
        int r = 0;

        for (size_t i = 0; r >= 0 && i < d->n_services; i++)
                r = store_run(store, SQL_SERVICE_INSERT, NUMBER(d->id), NUMBER(i),
                              TEXT(fact_kind_to_string(d->services[i].source)), TEXT(d->services[i].value),
                              NUMBER(d->services[i].first_seen), NUMBER(d->services[i].last_seen));
        return r;
}

static int write_evidence(struct store *store, const struct device *d) {
        int r = 0;

        for (size_t i = 0; r >= 0 && i < d->n_evidence; i++) {
                const struct evidence *e = &d->evidence[i];

                r = store_run(store, SQL_EVIDENCE_INSERT, NUMBER(d->id), NUMBER(i), TEXT(fact_kind_to_string(e->kind)),
                              TEXT(store_voice_to_string(e->voice)), TEXT(e->value), NUMBER(e->confidence), NUMBER(e->count),
                              NUMBER(e->first_seen), NUMBER(e->last_seen));
        }
        return r;
}

static int write_user(struct store *store, uint64_t id, const struct device_user *user, bool is_new) {
        if (!user->label && !user->notes && user->type == _TYPE_INVALID && !user->trusted)
                return is_new ? 0 : store_run(store, SQL_USER_DELETE, NUMBER(id));
        return store_run(store, SQL_USER_PUT, NUMBER(id), TEXT(user->label), TEXT(user->notes),
                         TEXT(device_type_to_string(user->type)), NUMBER(user->trusted));
}

/* The lists that changed lose their old rows. */
static int clear_lists(struct store *store, uint64_t id, uint32_t changes) {
        int r = 0;

        if (changes & CHANGE_ADDRESSES)
                r = store_run(store, SQL_ADDRESSES_DELETE, NUMBER(id), TEXT("mac"));
        if (r >= 0 && changes & CHANGE_IPV4)
                r = store_run(store, SQL_ADDRESSES_DELETE, NUMBER(id), TEXT("ipv4"));
        if (r >= 0 && changes & CHANGE_IPV6)
                r = store_run(store, SQL_ADDRESSES_DELETE, NUMBER(id), TEXT("ipv6"));
        if (r >= 0 && changes & CHANGE_SERVICES)
                r = store_run(store, SQL_SERVICES_DELETE, NUMBER(id));
        if (r >= 0 && changes & CHANGE_EVIDENCE)
                r = store_run(store, SQL_EVIDENCE_DELETE, NUMBER(id));
        return r;
}

static int write_lists(struct store *store, const struct device *d, uint32_t changes) {
        int r = 0;

        if (changes & CHANGE_ADDRESSES)
                r = write_macs(store, d);
        if (r >= 0 && changes & CHANGE_IPV4)
                r = write_ips(store, d->id, "ipv4", d->ipv4, d->n_ipv4);
        if (r >= 0 && changes & CHANGE_IPV6)
                r = write_ips(store, d->id, "ipv6", d->ipv6, d->n_ipv6);
        if (r >= 0 && changes & CHANGE_SERVICES)
                r = write_services(store, d);
        if (r >= 0 && changes & CHANGE_EVIDENCE)
                r = write_evidence(store, d);
        return r;
}

/* A device of which every part changed is new, as a rule. 1: it is, as is one that was pruned; 0: its row was there. */
static int put_row(struct store *store, const struct device *d, uint32_t changes) {
        int r;

        if ((changes & CHANGES_OF_NEW) == CHANGES_OF_NEW) {
                r = write_row(store, SQL_DEVICE_INSERT, d);
                return r != 0 ? r : MIN(write_row(store, SQL_DEVICE_UPDATE, d), 0);
        }
        r = write_row(store, SQL_DEVICE_UPDATE, d);
        return r == 0 ? write_row(store, SQL_DEVICE_INSERT, d) : MIN(r, 0);
}

/* All but the row itself. */
static int put_lists(struct store *store, const struct device *d, const struct device_user *user, uint32_t changes, bool is_new) {
        int r;

        if (is_new)
                changes = UINT32_MAX;
        r = is_new ? 0 : clear_lists(store, d->id, changes);
        if (r >= 0)
                r = write_lists(store, d, changes);
        if (r >= 0 && changes & CHANGE_USER)
                r = write_user(store, d->id, user ? user : &d->user, is_new);
        return r;
}

int store_write_device(struct store *store, const struct device *device, const struct device_user *user, uint32_t changes) {
        int r = put_row(store, device, changes);

        if (r >= 0)
                r = put_lists(store, device, user, changes, r > 0);
        return r < 0 ? r : store_write_traffic(store, device->id);
}

int store_write_changes(struct store *store, const struct device *d, uint32_t changes) {
        int r = store_run(store, SQL_DEVICE_CHANGE, NUMBER(d->id), NUMBER(d->network), NUMBER(d->first_seen),
                          NUMBER(!!(d->flags & DEVICE_SELF)), NUMBER(!!(d->flags & DEVICE_GATEWAY)),
                          NUMBER(!!(d->flags & DEVICE_RANDOMIZED)), NUMBER(!!(d->flags & DEVICE_KNOWN)),
                          NUMBER(!!(d->flags & DEVICE_CONFIRMED)), NUMBER(d->last_seen));

        if (r == 0)
                return store_write_device(store, d, NULL, changes);
        r = r < 0 ? r : put_lists(store, d, NULL, changes, false);
        return r < 0 ? r : 1;
}

static int check_text(struct store *store, const char *what, const char *text, size_t max) {
        size_t length = text ? strlen(text) : 0;

        if (length > max)
                return store_complain(store, -E2BIG, "the %s is %zu bytes long, %zu are allowed", what, length, max);
        if (length > 0 && !text_is_utf8(text, length))
                return store_complain(store, -EINVAL, "the %s is not UTF-8", what);
        return 0;
}

int store_save_user(struct store *store, const struct device *device, const struct device_user *user) {
        int r;

        r = check_text(store, "label", user->label, DEVICE_USER_TEXT_MAX);
        if (r >= 0)
                r = check_text(store, "note", user->notes, DEVICE_NOTES_MAX);
        if (r >= 0)
                r = store_begin(store, true);
        if (r < 0)
                return r;
        return store_end(store, store_write_device(store, device, user, CHANGE_USER));
}

int store_merge(struct store *store, const struct device *merged, uint64_t other) {
        int r;

        r = store_begin(store, true);
        if (r < 0)
                return r;
        r = store_write_device(store, merged, NULL, UINT32_MAX);
        if (r >= 0)
                r = store_move_traffic(store, other, merged->id);
        if (r >= 0)
                r = store_run(store, SQL_DEVICE_DELETE, NUMBER(other));
        if (r >= 0)
                r = store_run(store, SQL_ALERTS_MOVE, NUMBER(other), NUMBER(merged->id));
        if (r >= 0)
                r = store_run(store, SQL_EXCEPTIONS_MOVE, NUMBER(other), NUMBER(merged->id));
        r = store_end(store, r);
        return r < 0 ? r : 0;
}

int store_split(struct store *store, const struct device *kept, const struct device *created) {
        int r;

        r = store_begin(store, true);
        if (r < 0)
                return r;
        r = store_write_device(store, kept, NULL, UINT32_MAX);
        if (r >= 0)
                r = store_write_device(store, created, NULL, UINT32_MAX);
        return store_end(store, r);
}

int store_forget(struct store *store, uint64_t id) {
        int r;

        r = store_begin(store, true);
        if (r < 0)
                return r;
        r = store_run(store, SQL_LESSONS_FORGET, NUMBER(id));
        if (r >= 0)
                r = store_run(store, SQL_DEVICE_DELETE, NUMBER(id));
        r = store_end(store, r);
        return r < 0 ? r : 0;
}
