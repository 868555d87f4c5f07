/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Flows on the bus: what is asked for, and each of them as a dictionary. */

#include "daemon/flow-bus.h"

#include <errno.h>
#include <string.h>

#include "common/cleanup.h"
#include "daemon/append-bus.h"

static int read_protocol(sd_bus_message *m, int *ret) {
        uint8_t protocol;
        const char *text;
        int r = method_read_variant(m, 's', &text);

        if (r >= 0)
                r = flow_protocol_from_string(text, &protocol);
        if (r < 0)
                return r;
        *ret = protocol;
        return 0;
}

static int read_port(sd_bus_message *m, int *ret) {
        uint16_t port;
        int r = method_read_variant(m, 'q', &port);

        if (r >= 0)
                *ret = port;
        return r;
}

static int take_option(void *userdata, const char *key, sd_bus_message *m) {
        struct method_call *call = userdata;
        __typeof__(call->arguments.flows) *f = &call->arguments.flows;
        const char *text;
        int r;

        if (strcmp(key, "Protocol") == 0)
                return read_protocol(m, &f->filter.protocol);
        if (strcmp(key, "Port") == 0)
                return read_port(m, &f->filter.port);
        if (strcmp(key, "Active") == 0)
                return method_read_variant(m, 'b', &f->filter.active);
        if (strcmp(key, "Limit") == 0)
                return method_read_variant(m, 'u', &f->limit);
        if (strcmp(key, "Device") == 0) {
                r = method_read_variant(m, 'o', &text);
                return r < 0 ? r : object_path_parse(text, LANSCOPE_DEVICE_PREFIX, &f->device);
        }
        if (strcmp(key, "Address") == 0) {
                r = method_read_variant(m, 's', &text);
                return r < 0 ? r : flow_filter_parse_address(text, &f->filter);
        }
        if (strcmp(key, "State") == 0) {
                r = method_read_variant(m, 's', &text);
                return r < 0 ? r : (f->filter.state = flow_state_from_string(text)) == _FLOW_STATE_MAX ? -EINVAL : 0;
        }
        if (strcmp(key, "Sort") == 0) {
                r = method_read_variant(m, 's', &text);
                return r < 0 ? r : (f->sort = flow_sort_from_string(text)) == _FLOW_SORT_MAX ? -EINVAL : 0;
        }
        return -ENOENT;
}

int flow_bus_parse_list(struct method_call *call, sd_bus_error *error) {
        call->arguments.flows.filter = FLOW_FILTER_ALL;
        call->arguments.flows.sort = FLOW_SORT_BYTES;
        call->arguments.flows.limit = FLOWS_DEFAULT;
        return method_read_options(call->message, take_option, call, error);
}

/* Keys of one end. */
struct end_keys {
        const char *address, *port, *mac, *device, *name;
};

static int append_u16(sd_bus_message *m, const char *key, uint16_t value) {
        return sd_bus_message_append(m, "{sv}", key, "q", value);
}

static const char *end_name(const struct manager *m, const struct flow_endpoint *e, const struct device *device,
                            char buffer[static DEVICE_USER_TEXT_MAX + 1]) {
        if (device)
                return device_display_name(device, buffer, DEVICE_USER_TEXT_MAX + 1);
        return peer_names_find(engine_peer_names(m->engine), NULL, &e->ip, engine_now(m->engine)) ?: "";
}

static int append_end(sd_bus_message *reply, const struct manager *m, const struct flow_endpoint *e,
                      const struct end_keys *keys) {
        const struct device *device = inventory_get_endpoint(manager_inventory(m), &e->mac, &e->ip);
        char ip[IP_STRING_MAX], mac[MAC_STRING_MAX], path[OBJECT_PATH_MAX], name[DEVICE_USER_TEXT_MAX + 1];
        int r = append_entry_text(reply, keys->address, ip_format(&e->ip, ip));

        if (r >= 0)
                r = append_u16(reply, keys->port, e->port);
        if (r >= 0)
                r = append_entry_text(reply, keys->mac, mac_is_zero(&e->mac) ? "" : mac_format(&e->mac, mac));
        if (r >= 0)
                r = append_entry_path(reply, keys->device, device ? device_path(device->id, path) : "/");
        return r < 0 ? r : append_entry_text(reply, keys->name, end_name(m, e, device, name));
}

static int append_ends(sd_bus_message *reply, const struct manager *m, const struct flow_record *f) {
        static const struct end_keys initiator = { "InitiatorAddress", "InitiatorPort", "InitiatorMac",
                                                   "InitiatorDevice",
                                                   "InitiatorName" };
        static const struct end_keys responder = { "ResponderAddress", "ResponderPort", "ResponderMac",
                                                   "ResponderDevice",
                                                   "ResponderName" };
        int r = append_end(reply, m, &f->endpoints[0], &initiator);

        if (r >= 0)
                r = append_end(reply, m, &f->endpoints[1], &responder);
        if (r >= 0)
                r = append_entry_bool(reply, "InitiatorKnown", f->initiator_known);
        return r < 0 ? r : append_entry_text(reply, "ServerName",
                                             peer_names_find(engine_peer_names(m->engine), &f->endpoints[0].ip,
                                                             &f->endpoints[1].ip, engine_now(m->engine)));
}

static int append_amounts(sd_bus_message *reply, const struct flow_item *item) {
        const struct flow_record *f = &item->record;
        const struct {
                const char *key;
                uint64_t value;
        } amounts[] = {
                { "PacketsSent", f->directions[0].packets },     { "BytesSent", f->directions[0].bytes },
                { "PacketsReceived", f->directions[1].packets }, { "BytesReceived", f->directions[1].bytes },
                { "Rate", item->rate },                          { "FirstSeen", f->first / NSEC_PER_USEC },
                { "LastSeen", f->last / NSEC_PER_USEC },
        };
        int r = 0;

        for (size_t i = 0; r >= 0 && i < ELEMENTSOF(amounts); i++)
                r = append_entry_u64(reply, amounts[i].key, amounts[i].value);
        return r;
}

static int append_state(sd_bus_message *reply, const struct flow_item *item) {
        const struct flow_record *f = &item->record;
        char number[4];
        int r = append_entry_text(reply, "Protocol", flow_protocol_to_string(f->protocol, number));

        if (r >= 0)
                r = append_u16(reply, "Vlan", f->vlan);
        if (r >= 0)
                r = append_u16(reply, "InnerVlan", f->inner_vlan);
        if (r >= 0)
                r = append_entry_bool(reply, "Active", item->active);
        if (r >= 0)
                r = append_entry_text(reply, "State", flow_state_to_string(f->state));
        if (r >= 0)
                r = append_entry_text(reply, "End", flow_end_to_string(f->end));
        return r < 0 ? r : append_entry_text(reply, "History", f->history);
}

static int append_analysis(sd_bus_message *reply, const struct flow_record *f) {
        const struct flow_direction *a = &f->directions[0], *b = &f->directions[1];
        const struct {
                const char *key;
                uint64_t value;
        } times[] = {
                { "RttHandshake", f->rtt.handshake }, { "RttResponder", f->rtt.responder },
                { "RttInitiator", f->rtt.initiator }, { "RttLast", f->rtt.last },
                { "RttMinimum", f->rtt.minimum },     { "RttAverage", f->rtt.average },
        };
        const struct {
                const char *key;
                uint32_t value;
        } counts[] = {
                { "RttSamples", f->rtt.samples },
                { "Retransmissions", a->retransmissions + b->retransmissions },
                { "OutOfOrder", a->out_of_order + b->out_of_order },
                { "DuplicateAcks", a->duplicate_acks + b->duplicate_acks },
                { "ZeroWindows", a->zero_windows + b->zero_windows },
        };
        int r = append_entry_bool(reply, "Analysed", f->analysed);

        for (size_t i = 0; r >= 0 && i < ELEMENTSOF(times); i++)
                r = append_entry_u64(reply, times[i].key, times[i].value / NSEC_PER_USEC);
        for (size_t i = 0; r >= 0 && i < ELEMENTSOF(counts); i++)
                r = append_entry_u32(reply, counts[i].key, counts[i].value);
        return r;
}

static int append_flow(sd_bus_message *reply, const struct manager *m, const struct flow_item *item) {
        char id[FLOW_COMMUNITY_ID_MAX];
        int r = flow_community_id(m->hasher, &item->record, id);

        if (r >= 0)
                r = sd_bus_message_open_container(reply, 'a', "{sv}");
        if (r >= 0)
                r = append_ends(reply, m, &item->record);
        if (r >= 0)
                r = append_state(reply, item);
        if (r >= 0)
                r = append_amounts(reply, item);
        if (r >= 0)
                r = append_analysis(reply, &item->record);
        if (r >= 0)
                r = append_entry_text(reply, "CommunityId", id);
        return r < 0 ? r : sd_bus_message_close_container(reply);
}

static int reply_flows(struct method_call *call, const struct flow_top *top) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
        int r = sd_bus_message_new_method_return(call->message, &reply);

        if (r >= 0)
                r = sd_bus_message_open_container(reply, 'a', "a{sv}");
        for (size_t i = 0; r >= 0 && i < top->n; i++)
                r = append_flow(reply, call->manager, &top->items[i]);
        if (r >= 0)
                r = sd_bus_message_close_container(reply);
        return r < 0 ? r : sd_bus_send(NULL, reply, NULL);
}

int flow_bus_list(struct method_call *call, sd_bus_error *error) {
        const __typeof__(call->arguments.flows) *arguments = &call->arguments.flows;
        struct flow_top top;
        int r = 0;

        if (!call->manager->flows)
                return sd_bus_error_set(error, SD_BUS_ERROR_NOT_SUPPORTED,
                                        "No flows are kept here: see Flows= in lanscoped.conf(5)");
        flow_top_init(&top, MIN(arguments->limit ?: FLOWS_MAX, FLOWS_MAX), arguments->sort);
        r = flows_query(call->manager->flows, call->manager->engine, &arguments->filter, arguments->device,
                        manager_now(call->manager), &top);
        flow_top_sort(&top);
        if (r >= 0)
                r = reply_flows(call, &top);
        flow_top_done(&top);
        return r;
}
