/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Sorting and filtering of devices, without widgets. */

#include "applet/device-order.h"

#include <string.h>

#include "applet/wording.h"

LanscopeOrder device_order_from_string(const char *name) {
        static const char *const names[] = {
                [LANSCOPE_ORDER_NAME] = "name",
                [LANSCOPE_ORDER_TYPE] = "type",
                [LANSCOPE_ORDER_ADDRESS] = "address",
                [LANSCOPE_ORDER_LAST_SEEN] = "last-seen",
                [LANSCOPE_ORDER_FIRST_SEEN] = "first-seen",
                [LANSCOPE_ORDER_TRAFFIC] = "traffic",
        };

        for (size_t i = 0; i < G_N_ELEMENTS(names); i++)
                if (strcmp(names[i], name) == 0)
                        return (LanscopeOrder) i;
        return LANSCOPE_ORDER_NAME;
}

static int compare_u64(guint64 a, guint64 b) {
        return (a > b) - (a < b);
}

/* IPv4 addresses as numbers; what has none comes last. */
static guint64 address_rank(const LanscopeDeviceInfo *info) {
        g_autoptr(GInetAddress) address = info->ipv4[0] ? g_inet_address_new_from_string(info->ipv4[0]) : NULL;
        guint32 number;

        if (!address || g_inet_address_get_native_size(address) != sizeof number)
                return G_MAXUINT64;
        memcpy(&number, g_inet_address_to_bytes(address), sizeof number);
        return GUINT32_FROM_BE(number);
}

static guint64 traffic(const LanscopeDeviceInfo *info) {
        return info->bytes_sent + info->bytes_received;
}

static int compare_by(const LanscopeDeviceInfo *a, const LanscopeDeviceInfo *b, LanscopeOrder order) {
        switch (order) {
        case LANSCOPE_ORDER_NAME:
                return 0;
        case LANSCOPE_ORDER_TYPE:
                return strcmp(wording_type(a->type), wording_type(b->type));
        case LANSCOPE_ORDER_ADDRESS:
                return compare_u64(address_rank(a), address_rank(b));
        case LANSCOPE_ORDER_LAST_SEEN:
                if (a->presence != b->presence)
                        return (int) b->presence - (int) a->presence;
                /* Of what is there at this moment the time is not told with every frame. */
                return a->presence == LANSCOPE_PRESENCE_ONLINE ? 0 : compare_u64(b->last_seen, a->last_seen);
        case LANSCOPE_ORDER_FIRST_SEEN:
                return compare_u64(b->first_seen, a->first_seen);
        case LANSCOPE_ORDER_TRAFFIC:
                return compare_u64(traffic(b), traffic(a));
        }
        g_return_val_if_reached(0);
}

int device_order_compare(LanscopeDevice *a, LanscopeDevice *b, LanscopeOrder order, gboolean grouped) {
        const LanscopeDeviceInfo *x = lanscope_device_info(a), *y = lanscope_device_info(b);
        int r = 0;

        if (grouped)
                r = (int) wording_category_rank(x->category) - (int) wording_category_rank(y->category);
        if (r == 0)
                r = compare_by(x, y, order);
        if (r == 0)
                r = strcmp(lanscope_device_sort_key(a), lanscope_device_sort_key(b));
        return r != 0 ? r : strcmp(x->path, y->path);
}

LanscopeChanges device_order_depends(LanscopeOrder order, gboolean grouped) {
        LanscopeChanges changes = LANSCOPE_CHANGED_NAME;

        if (grouped || order == LANSCOPE_ORDER_TYPE)
                changes |= LANSCOPE_CHANGED_CLASS;
        if (order == LANSCOPE_ORDER_ADDRESS)
                changes |= LANSCOPE_CHANGED_ADDRESSES;
        if (order == LANSCOPE_ORDER_LAST_SEEN)
                changes |= LANSCOPE_CHANGED_PRESENCE;
        if (order == LANSCOPE_ORDER_LAST_SEEN || order == LANSCOPE_ORDER_FIRST_SEEN || order == LANSCOPE_ORDER_TRAFFIC)
                changes |= LANSCOPE_CHANGED_OTHER;
        return changes;
}

static const char *presence_name(LanscopePresence presence) {
        static const char *const names[] = {
                [LANSCOPE_PRESENCE_OFFLINE] = "offline",
                [LANSCOPE_PRESENCE_IDLE] = "idle",
                [LANSCOPE_PRESENCE_ONLINE] = "online",
        };

        return names[presence];
}

static gboolean is_any_or(const char *wanted, const char *value) {
        return *wanted == '\0' || strcmp(wanted, value) == 0;
}

gboolean device_filter_matches(const LanscopeDeviceFilter *filter, LanscopeDevice *device) {
        const LanscopeDeviceInfo *info = lanscope_device_info(device);

        return is_any_or(filter->presence, presence_name(info->presence)) && is_any_or(filter->category, info->category) &&
               is_any_or(filter->network, info->network) && is_any_or(filter->trust, info->trusted ? "trusted" : "untrusted") &&
               (*filter->text == '\0' || lanscope_device_matches(device, filter->text));
}

LanscopeChanges device_filter_depends(const LanscopeDeviceFilter *filter) {
        LanscopeChanges changes = 0;

        if (*filter->text)
                changes |= LANSCOPE_CHANGED_NAME | LANSCOPE_CHANGED_CLASS | LANSCOPE_CHANGED_ADDRESSES | LANSCOPE_CHANGED_OTHER;
        if (*filter->presence)
                changes |= LANSCOPE_CHANGED_PRESENCE;
        if (*filter->category)
                changes |= LANSCOPE_CHANGED_CLASS;
        if (*filter->network)
                changes |= LANSCOPE_CHANGED_NETWORK;
        if (*filter->trust)
                changes |= LANSCOPE_CHANGED_TRUST;
        return changes;
}

gboolean device_filter_is_empty(const LanscopeDeviceFilter *filter) {
        return !*filter->text && !*filter->presence && !*filter->category && !*filter->network && !*filter->trust;
}

void device_filter_clear(LanscopeDeviceFilter *filter) {
        char **const texts[] = { &filter->text, &filter->presence, &filter->category, &filter->network, &filter->trust };

        for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
                g_free(*texts[i]);
                *texts[i] = g_strdup("");
        }
}
