/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/unit/cmocka-all.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/strbuf.h"
#include "daemon/configuration.h"

struct heard {
        unsigned n;
        unsigned line;
        char text[CONF_LINE_MAX + 64];
};

static void hear(void *userdata, const char *file _unused_, unsigned line, const char *message) {
        struct heard *heard = userdata;

        heard->n++;
        heard->line = line;
        snprintf(heard->text, sizeof heard->text, "%s", message);
}

static struct heard read_text(struct config *config, const char *text) {
        FILE *f = fmemopen((void *) text, strlen(text), "r");
        struct heard heard = {};

        assert_non_null(f);
        assert_int_equal(config_read(config, f, "test.conf", hear, &heard), 0);
        fclose(f);
        return heard;
}

static void time_spans_are_read_as_systemd_does(void **state _unused_) {
        static const struct {
                const char *text;
                uint64_t ns;
        } good[] = {
                { "20", 20 * NSEC_PER_SEC }, { "0", 0 }, { "250ms", 250 * NSEC_PER_MSEC }, { "5min", 300 * NSEC_PER_SEC },
                { "1h 30min", 5400 * NSEC_PER_SEC }, { "1h30m", 5400 * NSEC_PER_SEC }, { "2 days", 172800 * NSEC_PER_SEC },
                { "infinity", UINT64_MAX }, { " 7s", 7 * NSEC_PER_SEC }, { "2M", 5259600 * NSEC_PER_SEC },
                { "1year 6months", 47336400 * NSEC_PER_SEC }, { "3usec 1nsec", 3001 },
        };
        static const char *const bad[] = { "", "abc", "-5", "5 parsecs", "5min x", "1.5s", "0x10" };
        uint64_t ns = 42;

        for (size_t i = 0; i < ELEMENTSOF(good); i++) {
                assert_int_equal(time_span_parse(good[i].text, &ns), 0);
                assert_true(ns == good[i].ns);
        }
        ns = 42;
        for (size_t i = 0; i < ELEMENTSOF(bad); i++)
                assert_int_equal(time_span_parse(bad[i], &ns), -EINVAL);
        assert_int_equal(time_span_parse("99999999999999999999", &ns), -ERANGE);
        assert_int_equal(time_span_parse("99999999 weeks", &ns), -ERANGE);
        assert_true(ns == 42);
}

static void sizes_take_units_of_1024(void **state _unused_) {
        uint64_t n = 42;

        assert_int_equal(size_parse("2048", &n), 0);
        assert_true(n == 2048);
        assert_int_equal(size_parse("4M", &n), 0);
        assert_true(n == 4 << 20);
        assert_int_equal(size_parse("1 G", &n), 0);
        assert_true(n == 1 << 30);
        assert_int_equal(size_parse("4MB", &n), -EINVAL);
        assert_int_equal(size_parse("-4", &n), -EINVAL);
        assert_int_equal(size_parse("99999999999T", &n), -ERANGE);
        assert_true(n == 1 << 30);
}

static void every_key_is_read(void **state _unused_) {
        struct config c;
        struct heard heard;

        config_default(&c);
        heard = read_text(&c, "[Capture]\nMode=span\nInterface=eth0 wlan0\nInterface=eth1\nBackend=pcap\nPromiscuous=yes\n"
                              "DuplicateWindowSec=5ms\nWorkers=4\nSpanDrop=on\nSnapLen=512\nBufferSize=8M\nFilter=not port 22\n"
                              "[Inventory]\nMaxDevices=100\nMaxNetworks=3\nIdleAfterSec=1min\nOfflineAfterSec=1h\n"
                              "[Alerts]\nNewDevice=no\nSettleSec=5\nLearningPeriodSec=0\n"
                              "[Store]\nMaxSize=1G\nMaxAlerts=7\nAlertRetentionSec=infinity\nDeviceRetentionSec=1w\n");
        assert_int_equal(heard.n, 0);
        assert_int_equal(c.capture.mode, MODE_SPAN);
        assert_int_equal(c.n_interfaces, 3);
        assert_string_equal(c.interfaces[2], "eth1");
        assert_string_equal(c.capture.backend, "pcap");
        assert_true(c.capture.promiscuous && c.capture.span_drop);
        assert_true(c.duplicate_window == 5 * NSEC_PER_MSEC);
        assert_int_equal(c.capture.snaplen, 512);
        assert_int_equal(c.capture.workers, 4);
        assert_int_equal(c.capture.buffer_size, 8 << 20);
        assert_string_equal(c.capture.filter, "not port 22");
        assert_int_equal(c.inventory.devices_max, 100);
        assert_int_equal(c.inventory.networks_max, 3);
        assert_true(c.inventory.idle_after == 60 * NSEC_PER_SEC && c.inventory.offline_after == 3600 * NSEC_PER_SEC);
        assert_false(c.new_device);
        assert_true(c.settle == 5 * NSEC_PER_SEC && c.learning_period == 0);
        assert_true(c.store.size_max == 1 << 30 && c.store.alerts_max == 7 && c.store.alert_age_max == 0);
        assert_true(c.store.device_age_max == 604800 * NSEC_PER_SEC);
}

static void keys_of_flows_and_output_are_read(void **state _unused_) {
        const struct flow_timeouts *t;
        struct config c;
        struct heard heard;

        config_default(&c);
        heard = read_text(&c, "[Capture]\nTimeoutSec=20ms\nImmediateMode=yes\nPacketCount=5000000000\n"
                              "[Flows]\nFlows=no\nMaxFlows=1000\nAnalysis=no\nFlowTimeoutSec=33\nUdpTimeoutSec=44\n"
                              "TcpOpeningTimeoutSec=5\nTcpClosingTimeoutSec=6\nTcpClosedTimeoutSec=7\nIcmpTimeoutSec=8\n"
                              "[Store]\nHourRetentionSec=2d\nDayRetentionSec=infinity\n"
                              "[Output]\nFlowLog=flows.jsonl\nAlertLog=/var/log/x/alerts\nStatisticsLog=s\n"
                              "StatisticsIntervalSec=5min\nTopFlows=0\nLogSize=1M\nLogKeep=0\nQueueCapacity=17\n");
        assert_int_equal(heard.n, 0);
        assert_true(c.capture.timeout == 20 && c.capture.immediate && c.packet_count == 5000000000);
        assert_true(!c.flows && c.flow_table.flows_max == 1000 && !c.flow_table.analysis);
        t = &c.flow_table.timeouts;
        assert_true(t->established == 33 * NSEC_PER_SEC && t->datagrams == 44 * NSEC_PER_SEC);
        assert_true(t->opening == 5 * NSEC_PER_SEC && t->closing == 6 * NSEC_PER_SEC && t->closed == 7 * NSEC_PER_SEC);
        assert_true(t->messages == 8 * NSEC_PER_SEC);
        assert_true(c.store.hour_age_max == 172800 * NSEC_PER_SEC && c.store.day_age_max == 0);
        assert_string_equal(c.output.flow_log, "flows.jsonl");
        assert_string_equal(c.output.alert_log, "/var/log/x/alerts");
        assert_string_equal(c.output.statistics_log, "s");
        assert_true(c.output.statistics_interval == 300 * NSEC_PER_SEC && c.output.top_flows == 0);
        assert_true(c.output.log_size == 1 << 20 && c.output.log_keep == 0 && c.output.queue_capacity == 17);
        assert_int_equal(read_text(&c, "[Output]\nFlowLog=\n").n, 0);
        assert_string_equal(c.output.flow_log, "");
}

static void values_that_make_no_sense_there_are_refused(void **state _unused_) {
        static const struct {
                const char *section, *key, *value;
        } bad[] = {
                { "Capture", "TimeoutSec", "0" },        { "Capture", "TimeoutSec", "11s" },      { "Capture", "PacketCount", "many" },
                { "Flows", "MaxFlows", "0" },            { "Flows", "MaxFlows", "8388607" },      { "Flows", "TcpTimeoutSec", "0" },
                { "Flows", "UdpTimeoutSec", "infinity" }, { "Flows", "FlowTimeoutSec", "8d" },    { "Output", "FlowLog", "../x" },
                { "Output", "FlowLog", "/a/../../etc/x" }, { "Output", "AlertLog", "folder/" },   { "Output", "TopFlows", "101" },
                { "Output", "StatisticsIntervalSec", "0" }, { "Output", "LogSize", "63K" },       { "Output", "QueueCapacity", "0" },
                { "Output", "LogKeep", "-1" },           { "Store", "MaxSize", "131071" },
        };
        struct config before, after;

        config_default(&before);
        for (size_t i = 0; i < ELEMENTSOF(bad); i++) {
                config_default(&after);
                assert_true(config_set(&after, bad[i].section, bad[i].key, bad[i].value) < 0);
                assert_memory_equal(&before, &after, sizeof before);
        }
        assert_int_equal(config_set(&after, "Output", "Nonsense", "1"), -ENOENT);
        assert_int_equal(config_set(&after, "Nonsense", "FlowLog", "1"), -ENOENT);
}

static void a_bad_value_keeps_what_was_and_says_where(void **state _unused_) {
        static const char *const lines[] = {
                "Mode=bridge", "Backend=dpdk", "Interface=a/b", "Interface=this-name-is-too-long", "Promiscuous=perhaps",
                "SnapLen=-1", "SnapLen=99999999999", "Workers=0", "Workers=65", "DuplicateWindowSec=2s", "DuplicateWindowSec=soon",
        };
        struct config before, after;

        config_default(&before);
        for (size_t i = 0; i < ELEMENTSOF(lines); i++) {
                char text[128];
                struct heard heard;

                config_default(&after);
                snprintf(text, sizeof text, "[Capture]\n%s\n", lines[i]);
                heard = read_text(&after, text);
                assert_int_equal(heard.n, 1);
                assert_int_equal(heard.line, 2);
                assert_memory_equal(&before, &after, sizeof before);
        }
}

static void settling_for_ever_is_refused(void **state _unused_) {
        struct config c;

        config_default(&c);
        assert_int_equal(read_text(&c, "[Alerts]\nSettleSec=infinity\nSettleSec=61min\n").n, 2);
        assert_true(c.settle == 20 * NSEC_PER_SEC);
        assert_int_equal(read_text(&c, "[Alerts]\nSettleSec=1h\n").n, 0);
        assert_true(c.settle == CONFIG_SETTLE_MAX);
}

static void unknown_keys_and_sections_are_told_once_each(void **state _unused_) {
        struct config c;
        struct heard heard;

        config_default(&c);
        heard = read_text(&c, "[Capture]\nModus=span\n");
        assert_int_equal(heard.n, 1);
        assert_non_null(strstr(heard.text, "Modus"));
        heard = read_text(&c, "[Kapture]\nMode=span\nMode=host\n");
        assert_int_equal(heard.n, 1);
        assert_non_null(strstr(heard.text, "Kapture"));
        assert_int_equal(c.capture.mode, MODE_HOST);
        heard = read_text(&c, "Mode=span\n");
        assert_int_equal(heard.n, 1);
}

static void an_empty_interface_list_takes_back_the_earlier(void **state _unused_) {
        struct config c;

        config_default(&c);
        read_text(&c, "[Capture]\nInterface=eth0\nInterface=\nInterface=eth1\n");
        assert_int_equal(c.n_interfaces, 1);
        assert_string_equal(c.interfaces[0], "eth1");
}

static void more_interfaces_than_there_is_room_for_are_refused(void **state _unused_) {
        struct config c;
        char name[16];

        config_default(&c);
        for (int i = 0; i < CONFIG_INTERFACES_MAX; i++) {
                snprintf(name, sizeof name, "eth%i", i);
                assert_int_equal(config_add_interface(&c, name), 0);
        }
        assert_int_equal(config_add_interface(&c, "eth3"), 0);
        assert_int_equal(config_add_interface(&c, "one-more"), -E2BIG);
        assert_int_equal(c.n_interfaces, CONFIG_INTERFACES_MAX);
}

/* And one that is longer still is said with all of it, and why. */
static void a_filter_may_be_long(void **state _unused_) {
        char value[CONF_LINE_MAX], text[CONF_LINE_MAX + 64];
        struct heard heard;
        struct config c;

        config_default(&c);
        memset(value, 'a', sizeof value);
        value[sizeof c.capture.filter - 1] = '\0';
        snprintf(text, sizeof text, "[Capture]\nFilter=%s\n", value);
        assert_int_equal(read_text(&c, text).n, 0);
        assert_string_equal(c.capture.filter, value);
        value[sizeof c.capture.filter - 1] = 'b';
        value[sizeof c.capture.filter] = '\0';
        snprintf(text, sizeof text, "[Capture]\nFilter=%s\n", value);
        heard = read_text(&c, text);
        assert_int_equal(heard.line, 2);
        assert_non_null(strstr(heard.text, "b is too long, ignoring it"));
        assert_null(strchr(c.capture.filter, 'b'));
}

static void write_file(const char *folder, const char *name, const char *text) {
        char path[256];
        FILE *f;

        snprintf(path, sizeof path, "%s/%s", folder, name);
        f = fopen(path, "w");
        assert_non_null(f);
        fputs(text, f);
        fclose(f);
}

static void drop_ins_count_over_the_first_main_file(void **state _unused_) {
        char etc[] = "/tmp/test-configuration.XXXXXX", lib[] = "/tmp/test-configuration.XXXXXX", path[64], command[128];
        const char *folders[] = { etc, lib, NULL };
        struct config c;
        char *failed;

        assert_non_null(mkdtemp(etc));
        assert_non_null(mkdtemp(lib));
        snprintf(path, sizeof path, "%s/lanscoped.conf.d", lib);
        assert_int_equal(mkdir(path, 0755), 0);
        write_file(etc, "lanscoped.conf", "[Capture]\nMode=gateway\nSnapLen=100\n");
        write_file(lib, "lanscoped.conf", "[Capture]\nMode=span\n[Inventory]\nMaxDevices=5\n");
        write_file(path, "10-a.conf", "[Capture]\nSnapLen=200\n");
        write_file(path, "20-b.conf", "[Capture]\nSnapLen=300\n");
        write_file(path, "30-c.txt", "[Capture]\nSnapLen=400\n");
        config_default(&c);
        assert_int_equal(config_load(&c, NULL, folders, NULL, NULL, &failed), 0);
        assert_int_equal(c.capture.mode, MODE_GATEWAY);
        assert_int_equal(c.capture.snaplen, 300);
        assert_int_equal(c.inventory.devices_max, 16384);
        snprintf(command, sizeof command, "rm -r %s %s", etc, lib);
        assert_int_equal(system(command), 0);
}

static void a_named_file_must_be_there(void **state _unused_) {
        const char *folders[] = { NULL };
        struct config c;
        char *failed = NULL;

        config_default(&c);
        assert_int_equal(config_load(&c, "/nonexistent/x.conf", folders, NULL, NULL, &failed), -ENOENT);
        assert_string_equal(failed, "/nonexistent/x.conf");
        free(failed);
        assert_int_equal(config_load(&c, NULL, folders, NULL, NULL, &failed), 0);
}

static void packaged_file_lists_every_detector_setting(void **state _unused_) {
        const char *root = getenv("SOURCE_ROOT");
        const struct detect_setting_info *info;
        char path[512], text[65536], line[128];
        size_t n;
        FILE *f;

        snprintf(path, sizeof path, "%s/data/lanscoped.conf", root ? root : ".");
        f = fopen(path, "re");
        assert_non_null(f);
        n = fread(text, 1, sizeof text - 1, f);
        text[n] = '\0';
        fclose(f);
        for (enum detect_setting i = 0; (info = detect_setting_info(i)); i++) {
                snprintf(line, sizeof line, "\n#%s=", info->key);
                assert_non_null(strstr(text, line));
                assert_true(info->least <= info->standard && info->standard <= info->most);
        }
}

static void detectors_have_a_table_of_their_own(void **state _unused_) {
        struct config config, fresh;
        struct heard heard;

        config_default(&config);
        config_default(&fresh);
        heard = read_text(&config, "[Detectors]\nSpoofing=no\nArpSweepTargets=40\nArpSweepWindowSec=1min\n");
        assert_int_equal(heard.n, 0);
        assert_true(config.detect.values[DETECT_SPOOFING] == 0);
        assert_true(config.detect.values[DETECT_ARP_SWEEP_TARGETS] == 40);
        assert_true(config.detect.values[DETECT_ARP_SWEEP_WINDOW] == 60 * NSEC_PER_SEC);
        heard = read_text(&fresh, "[Detectors]\nArpSweepTargets=0\n");
        assert_int_equal(heard.n, 1);
        assert_non_null(strstr(heard.text, "out of range"));
        heard = read_text(&fresh, "[Detectors]\nArpSweepTargets=many\n");
        assert_non_null(strstr(heard.text, "not understood"));
        heard = read_text(&fresh, "[Detectors]\nNoSuchThing=1\n");
        assert_non_null(strstr(heard.text, "unknown key"));
        assert_true(fresh.detect.values[DETECT_ARP_SWEEP_TARGETS] == 25);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(packaged_file_lists_every_detector_setting),
                cmocka_unit_test(detectors_have_a_table_of_their_own),
                cmocka_unit_test(time_spans_are_read_as_systemd_does),
                cmocka_unit_test(sizes_take_units_of_1024),
                cmocka_unit_test(every_key_is_read),
                cmocka_unit_test(keys_of_flows_and_output_are_read),
                cmocka_unit_test(values_that_make_no_sense_there_are_refused),
                cmocka_unit_test(a_bad_value_keeps_what_was_and_says_where),
                cmocka_unit_test(settling_for_ever_is_refused),
                cmocka_unit_test(unknown_keys_and_sections_are_told_once_each),
                cmocka_unit_test(an_empty_interface_list_takes_back_the_earlier),
                cmocka_unit_test(more_interfaces_than_there_is_room_for_are_refused),
                cmocka_unit_test(a_filter_may_be_long),
                cmocka_unit_test(drop_ins_count_over_the_first_main_file),
                cmocka_unit_test(a_named_file_must_be_there),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
