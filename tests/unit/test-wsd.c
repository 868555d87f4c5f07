/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/unit/cmocka-all.h"
#include "tests/unit/fact-log.h"

#define ENDPOINT "<a:EndpointReference><a:Address>urn:uuid:1</a:Address></a:EndpointReference>"

static void feed(struct fact_log *log, const char *action, const char *body) {
        char xml[4096];
        int n = snprintf(xml, sizeof xml,
                         "<?xml version='1.0'?><s:Envelope><s:Header><a:Action>http://x/discovery/%s</a:Action>"
                         "<a:ReplyTo><a:Address>urn:no</a:Address></a:ReplyTo></s:Header><s:Body>%s</s:Body></s:Envelope>",
                         action, body);

        assert_in_range(n, 1, sizeof xml - 1);
        fact_log_udp(log, fact_log_packet(LAYER_UDP, "10.0.0.2", "239.255.255.250"), 50000, 3702, xml, (size_t) n);
}

static void hello_describes_the_sender(void **state _unused_) {
        struct fact_log log;

        feed(&log, "Hello", ENDPOINT "<d:Types>d:Device p:Computer q:Device</d:Types><d:Scopes> x://a\ny://b </d:Scopes>"
                                     "<d:XAddrs>http://10.0.0.2/?a&amp;b http://h/</d:XAddrs>"
                                     "<d:MetadataVersion>4</d:MetadataVersion>");
        assert_string_equal(log.text, "wsd.action Hello\nwsd.endpoint urn:uuid:1\nwsd.types Computer Device\nwsd.scope x://a\n"
                                      "wsd.scope y://b\nwsd.xaddr http://10.0.0.2/?a&b\nwsd.xaddr http://h/\n"
                                      "wsd.metadata_version 4\n");
        for (size_t i = 1; i < log.count; i++)
                assert_int_equal(fact_voice(&log.facts[i]), VOICE_SELF);
}

static void probe_and_resolve_ask(void **state _unused_) {
        struct fact_log log;

        feed(&log, "Probe", "<d:Types>d:PrintDeviceType</d:Types><d:Scopes/>");
        assert_string_equal(log.text, "wsd.action Probe\nwsd.types PrintDeviceType\n");
        assert_int_equal(fact_voice(&log.facts[1]), VOICE_ASKS);
        feed(&log, "Resolve", ENDPOINT);
        assert_string_equal(log.text, "wsd.action Resolve\nwsd.endpoint urn:uuid:1\n");
        assert_int_equal(fact_voice(&log.facts[1]), VOICE_ASKS);
}

static void matches_describe_each_target(void **state _unused_) {
        struct fact_log log;

        feed(&log, "ProbeMatches", "<d:ProbeMatch>" ENDPOINT "</d:ProbeMatch><d:ProbeMatch>" ENDPOINT "</d:ProbeMatch>");
        assert_string_equal(log.text, "wsd.action ProbeMatches\nwsd.endpoint urn:uuid:1\nwsd.endpoint urn:uuid:1\n");
        assert_int_equal(fact_voice(&log.facts[1]), VOICE_SELF);
}

static void bye_is_a_goodbye(void **state _unused_) {
        struct fact_log log;

        feed(&log, "Bye", ENDPOINT);
        assert_true(log.facts[1].flags & FACT_GOODBYE);
        feed(&log, "Hello", ENDPOINT);
        assert_false(log.facts[1].flags & FACT_GOODBYE);
}

static void other_actions_describe_nobody(void **state _unused_) {
        struct fact_log log;

        feed(&log, "Get", ENDPOINT);
        assert_string_equal(log.text, "wsd.action Get\n");
}

static void lists_are_bounded(void **state _unused_) {
        char body[1024] = "<d:Scopes>";
        struct fact_log log;

        for (size_t i = 0; i < 200; i++)
                strcat(body, "x ");
        strcat(body, "</d:Scopes>");
        feed(&log, "Hello", body);
        assert_int_equal(log.count, 1 + 32);
}

static void other_text_is_not_ours(void **state _unused_) {
        static const char *const texts[] = { "", "<", "NOTIFY * HTTP/1.1\r\n\r\n", "<a><Body><Action>Hello</Action></Body></a>" };
        struct fact_log log;

        for (size_t i = 0; i < ELEMENTSOF(texts); i++) {
                fact_log_udp(&log, fact_log_packet(LAYER_UDP, "10.0.0.2", "239.255.255.250"), 50000, 3702, texts[i],
                             strlen(texts[i]));
                assert_int_equal(log.count, 0);
        }
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(hello_describes_the_sender),
                cmocka_unit_test(probe_and_resolve_ask),
                cmocka_unit_test(matches_describe_each_target),
                cmocka_unit_test(bye_is_a_goodbye),
                cmocka_unit_test(other_actions_describe_nobody),
                cmocka_unit_test(lists_are_bounded),
                cmocka_unit_test(other_text_is_not_ours),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
