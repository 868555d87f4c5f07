/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* new_device: a device that was never told of before. It gets time to say its name: the alert is raised soon after it
 * has one, or when the settling time is over. DEVICE_KNOWN marks it as
 * told, for ever; what is there in the learning period is known without an alert, and so is this machine.
 *
 * Invented addresses must not become a stream of alerts: only so many are raised in a row, fewer of them for
 * devices of which no more than a source address was seen. The others stay unknown, are counted, and are told
 * when they are heard again later. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <utlist.h>

#include "common/escape.h"
#include "common/id-hash.h"
#include "common/strbuf.h"
#include "engine/detect/detector.h"
#include "engine/token-bucket.h"

/* A name comes first and a moment later what goes with it: the address (DHCP), the services (mDNS). */
#define NAME_GRACE (2 * NSEC_PER_SEC)

struct pending {
        uint64_t device;
        uint64_t due;
        bool named;
        struct pending *prev, *next;
        UT_hash_handle hh;
};

struct new_device {
        struct pending *by_id;
        struct pending *waiting; /* for a name, in the order in which their time is over */
        struct pending *named;
        struct token_bucket confirmed, unconfirmed;
};

static int new_device_init(void **ret_state) {
        struct new_device *n = calloc(1, sizeof *n);

        if (!n)
                return -ENOMEM;
        n->confirmed = (struct token_bucket) { .burst = 128, .interval = 2 * NSEC_PER_SEC };
        n->unconfirmed = (struct token_bucket) { .burst = 16, .interval = 15 * NSEC_PER_SEC };
        *ret_state = n;
        return 0;
}

static void drop(struct new_device *n, struct pending *p) {
        if (p->named)
                DL_DELETE(n->named, p);
        else
                DL_DELETE(n->waiting, p);
        HASH_DEL(n->by_id, p);
        free(p);
}

static void new_device_free(void *state) {
        struct new_device *n = state;

        if (!n)
                return;
        while (n->by_id)
                drop(n, n->by_id);
        free(n);
}

static bool is_learning(const struct detect_host *host, const struct device *device) {
        return device->flags & DEVICE_SELF || device->first_seen < host->learning_until;
}

/* When it is to be told, as far as is known now. */
static void schedule(struct new_device *n, struct pending *p, const struct detect_host *host, const struct device *d,
                     uint64_t now) {
        bool at_once = is_learning(host, d);

        if (p->named || (d->n_names == 0 && !at_once))
                return;
        DL_DELETE(n->waiting, p);
        p->named = true;
        p->due = at_once ? now : MIN(p->due, now + NAME_GRACE);
        if (at_once)
                DL_PREPEND(n->named, p);
        else
                DL_APPEND(n->named, p);
}

static struct pending *add(struct new_device *n, uint64_t device, uint64_t due) {
        struct pending *p;

        /* One a device at the most, and gone with it: the inventory's limit is the limit here. */
        p = calloc(1, sizeof *p);
        if (!p)
                return NULL;
        p->device = device;
        p->due = due;
        HASH_ADD(hh, n->by_id, device, sizeof p->device, p);
        DL_APPEND(n->waiting, p);
        return p;
}

static void new_device_changed(void *state, struct detect_host *host, const struct device *device, uint64_t now) {
        struct new_device *n = state;
        struct pending *p;

        HASH_FIND(hh, n->by_id, &device->id, sizeof device->id, p);
        if (device->flags & DEVICE_KNOWN) {
                if (p)
                        drop(n, p);
                return;
        }
        if (!p && device->presence == PRESENCE_OFFLINE && !is_learning(host, device))
                return;
        if (!p)
                p = add(n, device->id, now + host->settle);
        if (p)
                schedule(n, p, host, device, now);
}

static void new_device_removed(void *state, const struct device *device) {
        struct new_device *n = state;
        struct pending *p;

        HASH_FIND(hh, n->by_id, &device->id, sizeof device->id, p);
        if (p)
                drop(n, p);
}

static const char *first_address(const struct device *d, char buffer[static IP_STRING_MAX]) {
        if (d->n_ipv4 > 0)
                return ip_format(&d->ipv4[0].address, buffer);
        if (d->n_ipv6 > 0)
                return ip_format(&d->ipv6[0].address, buffer);
        buffer[0] = '\0';
        return buffer;
}

/* " (speaker, Sonos)", as far as known; a vendor that the name starts with is not said twice. */
static void put_kind(struct strbuf *b, const struct device *d, const char *name) {
        const char *vendor = device_vendor(d);
        bool typed = device_type(d) != TYPE_UNKNOWN, told = strncmp(name, vendor, strlen(vendor)) == 0;

        if (!typed && told)
                return;
        strbuf_printf(b, " (%s%s%s)", typed ? device_type_to_string(device_type(d)) : "", typed && !told ? ", " : "",
                      told ? "" : vendor);
}

static void put_message(struct strbuf *b, const struct device *d, const char *name) {
        char ip[IP_STRING_MAX], mac[MAC_STRING_MAX];

        mac_format(&d->macs[0].address, mac);
        strbuf_printf(b, "New device: %s", name);
        put_kind(b, d, name);
        if (*first_address(d, ip))
                strbuf_printf(b, " at %s", ip);
        if (strcmp(name, mac) != 0)
                strbuf_printf(b, ", address %s", mac);
        strbuf_char(b, '.');
}

static void put_member(struct strbuf *b, const char *key, const char *value) {
        if (*value == '\0')
                return;
        strbuf_printf(b, ",\"%s\":", key);
        escape_json(b, value, strlen(value));
}

static void put_addresses(struct strbuf *b, const struct device *d) {
        char ip[IP_STRING_MAX];

        strbuf_string(b, ",\"addresses\":[");
        for (size_t i = 0; i < d->n_ipv4; i++)
                strbuf_printf(b, "%s\"%s\"", i > 0 ? "," : "", ip_format(&d->ipv4[i].address, ip));
        for (size_t i = 0; i < d->n_ipv6; i++)
                strbuf_printf(b, "%s\"%s\"", d->n_ipv4 + i > 0 ? "," : "", ip_format(&d->ipv6[i].address, ip));
        strbuf_char(b, ']');
}

static void put_details(struct strbuf *b, const struct device *d, const struct network *network, uint64_t suppressed) {
        char mac[MAC_STRING_MAX];

        strbuf_printf(b, "{\"mac\":\"%s\"", mac_format(&d->macs[0].address, mac));
        put_addresses(b, d);
        put_member(b, "hostname", device_hostname(d));
        put_member(b, "vendor", device_vendor(d));
        put_member(b, "model", device_model(d));
        put_member(b, "os", device_os(d));
        put_member(b, "type", device_type(d) == TYPE_UNKNOWN ? "" : device_type_to_string(device_type(d)));
        put_member(b, "interface", network ? network->interface : "");
        strbuf_printf(b, ",\"randomized\":%s", d->flags & DEVICE_RANDOMIZED ? "true" : "false");
        if (suppressed > 0)
                strbuf_printf(b, ",\"suppressed\":%llu", (unsigned long long) suppressed);
        strbuf_char(b, '}');
}

static void raise_alert(struct detect_host *host, const struct device *d, uint64_t now) {
        char name[DEVICE_USER_TEXT_MAX + 1], message[2048], details[8192];
        struct strbuf text = STRBUF(message), json = STRBUF(details);
        struct alert alert = {
                .ts = now,
                .kind = ALERT_NEW_DEVICE,
                .severity = SEVERITY_INFO,
                .device = d->id,
                .network = d->network,
                .mac = d->macs[0].address,
                .name = device_display_name(d, name, sizeof name),
                .peer = "",
                .message = message,
                .details = details,
        };

        put_message(&text, d, name);
        put_details(&json, d, inventory_get_network(host->inventory, d->network), host->suppressed);
        alert_ledger_raise(host->ledger, &alert);
}

static void settle(struct new_device *n, struct pending *p, struct detect_host *host, uint64_t now) {
        const struct device *d = inventory_get(host->inventory, p->device);
        struct token_bucket *allowance;

        drop(n, p);
        if (!d || d->flags & DEVICE_KNOWN)
                return;
        if (!is_learning(host, d)) {
                allowance = d->flags & DEVICE_CONFIRMED ? &n->confirmed : &n->unconfirmed;
                if (!token_bucket_take(allowance, now)) {
                        host->suppressed++;
                        return;
                }
                raise_alert(host, d, now);
        }
        host->set_known(host->userdata, d->id);
}

static void new_device_advance(void *state, struct detect_host *host, uint64_t now, bool flush) {
        struct new_device *n = state;

        while (n->named && (flush || n->named->due <= now))
                settle(n, n->named, host, now);
        while (n->waiting && (flush || n->waiting->due <= now))
                settle(n, n->waiting, host, now);
}

static uint64_t new_device_next_deadline(const void *state) {
        const struct new_device *n = state;
        uint64_t next = n->named ? n->named->due : UINT64_MAX;

        return n->waiting ? MIN(next, n->waiting->due) : next;
}

const struct detector new_device_detector = {
        .name = "new_device",
        .init = new_device_init,
        .free = new_device_free,
        .device_changes = UINT32_MAX,
        .device_changed = new_device_changed,
        .device_removed = new_device_removed,
        .advance = new_device_advance,
        .next_deadline = new_device_next_deadline,
};
