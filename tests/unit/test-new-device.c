/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/unit/cmocka-all.h"

#include <json-c/json.h>

#include "engine/engine.h"
#include "tests/unit/inventory-fixture.h"

#define NAS "00:11:32:9c:77:12"
#define PHONE "f6:4d:30:5a:77:10"

struct watch {
        struct engine *engine;
        struct fixture facts; /* of the engine's inventory */
        unsigned alerts, floods;
        uint64_t last_id, device;
        char message[512], details[2048], name[128];
};

static void take_alert(void *userdata, const struct alert *alert) {
        struct watch *w = userdata;

        if (alert->kind == ALERT_MAC_FLOOD) {
                w->floods++;
                return;
        }
        assert_int_equal(alert->kind, ALERT_NEW_DEVICE);
        assert_true(alert->id > w->last_id);
        w->alerts++;
        w->last_id = alert->id;
        w->device = alert->device;
        snprintf(w->message, sizeof w->message, "%s", alert->message);
        snprintf(w->details, sizeof w->details, "%s", alert->details);
        snprintf(w->name, sizeof w->name, "%s", alert->name);
}

static void watch_init(struct watch *w, uint64_t learning_until) {
        struct engine_ops ops = { .alert = take_alert, .userdata = w };
        struct engine_config config;

        *w = (struct watch) {};
        engine_config_default(&config);
        config.learning_until = learning_until;
        assert_int_equal(engine_new(&w->engine, &config, &ops), 0);
        w->facts = (struct fixture) { .inventory = engine_inventory(w->engine), .now = T0 };
        engine_advance(w->engine, T0);
}

static void wait(struct watch *w, unsigned seconds) {
        for (unsigned i = 0; i < seconds; i++) {
                w->facts.now += SEC;
                engine_advance(w->engine, w->facts.now);
        }
}

static void told_after_settling(void **state _unused_) {
        struct watch w;

        watch_init(&w, 0);
        arp(&w.facts, NAS, "192.168.77.12");
        wait(&w, 19);
        assert_int_equal(w.alerts, 0);
        wait(&w, 2);
        assert_int_equal(w.alerts, 1);
        assert_true(w.device == device_at(&w.facts, NAS)->id);
        assert_true(device_at(&w.facts, NAS)->flags & DEVICE_KNOWN);
        engine_free(w.engine);
}

static void told_soon_after_it_has_a_name(void **state _unused_) {
        struct watch w;

        watch_init(&w, 0);
        arp(&w.facts, NAS, "192.168.77.12");
        say(&w.facts, NAS, "192.168.77.12", FACT_MDNS_HOSTNAME, "nas77.local 192.168.77.12");
        wait(&w, 4);
        assert_int_equal(w.alerts, 1);
        assert_string_equal(w.name, "nas77");
        assert_non_null(strstr(w.message, "New device: nas77"));
        assert_non_null(strstr(w.message, "at 192.168.77.12"));
        assert_non_null(strstr(w.message, NAS));
        assert_int_equal(w.message[strlen(w.message) - 1], '.');
        engine_free(w.engine);
}

static void told_once(void **state _unused_) {
        struct watch w;

        watch_init(&w, 0);
        arp(&w.facts, NAS, "192.168.77.12");
        wait(&w, 30);
        say(&w.facts, NAS, "192.168.77.12", FACT_MDNS_HOSTNAME, "nas77.local 192.168.77.12");
        wait(&w, 3600);
        arp(&w.facts, NAS, "192.168.77.12");
        wait(&w, 60);
        engine_flush(w.engine);
        assert_int_equal(w.alerts, 1);
        engine_free(w.engine);
}

static void forgotten_device_is_told_again(void **state _unused_) {
        struct watch w;

        watch_init(&w, 0);
        arp(&w.facts, NAS, "192.168.77.12");
        wait(&w, 30);
        inventory_forget(w.facts.inventory, w.device);
        arp(&w.facts, NAS, "192.168.77.12");
        wait(&w, 30);
        assert_int_equal(w.alerts, 2);
        engine_free(w.engine);
}

static void learning_period_makes_known(void **state _unused_) {
        struct watch w;

        watch_init(&w, T0 + 60 * SEC);
        arp(&w.facts, NAS, "192.168.77.12");
        wait(&w, 30);
        assert_true(device_at(&w.facts, NAS)->flags & DEVICE_KNOWN);
        wait(&w, 60);
        assert_int_equal(w.alerts, 0);
        arp(&w.facts, PHONE, "192.168.77.3");
        wait(&w, 30);
        assert_int_equal(w.alerts, 1);
        engine_free(w.engine);
}

static void this_machine_is_never_told(void **state _unused_) {
        struct inventory_interface interface = { .ifindex = 2, .name = "eth0", .mac = mac_of(NAS) };
        struct watch w;

        watch_init(&w, 0);
        inventory_set_interface(w.facts.inventory, &interface, T0);
        wait(&w, 60);
        assert_int_equal(w.alerts, 0);
        engine_free(w.engine);
}

static void end_of_capture_tells_who_waits(void **state _unused_) {
        struct watch w;

        watch_init(&w, 0);
        arp(&w.facts, NAS, "192.168.77.12");
        arp(&w.facts, PHONE, "192.168.77.3");
        engine_flush(w.engine);
        assert_int_equal(w.alerts, 2);
        engine_flush(w.engine);
        assert_int_equal(w.alerts, 2);
        engine_free(w.engine);
}

static void details_are_json_whatever_a_device_says(void **state _unused_) {
        struct json_object *details, *member;
        struct watch w;

        watch_init(&w, 0);
        say(&w.facts, PHONE, "192.168.77.3", FACT_DHCP_HOSTNAME, "\"},\\ <b>\xe2\x80\xae");
        wait(&w, 5);
        details = json_tokener_parse(w.details);
        assert_non_null(details);
        assert_true(json_object_object_get_ex(details, "hostname", &member));
        assert_string_equal(json_object_get_string(member), "\"},\\ <b>\xe2\x80\xae");
        assert_true(json_object_object_get_ex(details, "mac", &member));
        assert_string_equal(json_object_get_string(member), PHONE);
        assert_true(json_object_object_get_ex(details, "randomized", &member));
        assert_true(json_object_get_boolean(member));
        json_object_put(details);
        engine_free(w.engine);
}

/* 2000 invented addresses, and one real device in the middle. */
static void flood_raises_few_alerts_and_hides_no_device(void **state _unused_) {
        struct engine_counters counters;
        char mac[MAC_STRING_MAX];
        struct watch w;

        watch_init(&w, 0);
        for (unsigned i = 0; i < 2000; i++) {
                snprintf(mac, sizeof mac, "02:ee:00:00:%02x:%02x", i >> 8, i & 255);
                sight(&w.facts, mac);
        }
        say(&w.facts, NAS, "192.168.77.12", FACT_DHCP_HOSTNAME, "nas77");
        wait(&w, 60);
        assert_true(device_at(&w.facts, NAS)->flags & DEVICE_KNOWN);
        assert_in_range(w.alerts, 2, 40);
        engine_get_counters(w.engine, &counters);
        assert_true(counters.detection.new_devices_suppressed > 1000);
        assert_int_equal(w.floods, 1);
        assert_int_equal(counters.detection.alerts.raised, w.alerts + w.floods);
        engine_free(w.engine);
}

static void idle_detector_needs_no_waking(void **state _unused_) {
        struct watch w;

        watch_init(&w, 0);
        assert_true(engine_next_deadline(w.engine) == UINT64_MAX);
        arp(&w.facts, NAS, "192.168.77.12");
        wait(&w, 2);
        assert_true(engine_next_deadline(w.engine) <= T0 + 21 * SEC);
        wait(&w, 30);
        /* Next: the device goes idle. */
        assert_true(engine_next_deadline(w.engine) == T0 + 300 * SEC);
        engine_free(w.engine);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(told_after_settling),
                cmocka_unit_test(told_soon_after_it_has_a_name),
                cmocka_unit_test(told_once),
                cmocka_unit_test(forgotten_device_is_told_again),
                cmocka_unit_test(learning_period_makes_known),
                cmocka_unit_test(this_machine_is_never_told),
                cmocka_unit_test(end_of_capture_tells_who_waits),
                cmocka_unit_test(details_are_json_whatever_a_device_says),
                cmocka_unit_test(flood_raises_few_alerts_and_hides_no_device),
                cmocka_unit_test(idle_detector_needs_no_waking),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
