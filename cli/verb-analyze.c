/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* lanscopectl analyze: runs the engine over capture files, in process. Each file has an engine, and so an
 * inventory, of its own. */

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cli/analysis.h"
#include "cli/flow-workers.h"
#include "cli/output.h"
#include "cli/rules-folders.h"
#include "cli/verbs.h"
#include "common/escape.h"
#include "daemon/model-file.h"
#include "daemon/capture-file.h"
#include "daemon/records.h"

enum { REPORTED_FLOWS = 10 };

static void take_fact(void *userdata _unused_, const struct fact *fact) {
        char mac[MAC_STRING_MAX], ip[IP_STRING_MAX], line[6 * FACT_VALUE_MAX + 256];
        struct strbuf b = STRBUF(line);

        strbuf_printf(&b, "{\"frame\":%" PRIu64 ",\"ts\":%" PRIu64 ".%06" PRIu64, fact->frame, fact->ts / NSEC_PER_SEC,
                      fact->ts % NSEC_PER_SEC / NSEC_PER_USEC);
        if (fact->flags & FACT_HAS_MAC)
                strbuf_printf(&b, ",\"mac\":\"%s\"", mac_format(&fact->mac, mac));
        else
                strbuf_string(&b, ",\"mac\":null");
        strbuf_printf(&b, ",\"ip\":\"%s\",\"fact\":\"%s\",\"value\":", ip_format(&fact->ip, ip), fact_kind_to_string(fact->kind));
        escape_json(&b, fact->value, fact->value_length);
        strbuf_string(&b, "}\n");
        fwrite_unlocked(b.data, 1, b.length, stdout);
}

static void print_event(void *userdata _unused_, enum eve_type type _unused_, const char *line, size_t length) {
        fwrite_unlocked(line, 1, length, stdout);
        putc_unlocked('\n', stdout);
}

static void take_fact_event(void *userdata, const struct fact *fact) {
        const struct analysis *a = userdata;

        eve_take_fact(a->eve, fact);
}

static void take_flow_event(void *userdata, const struct flow_record *record) {
        const struct analysis *a = userdata;

        eve_take_flow(a->eve, record);
}

static void take_alert_event(void *userdata, const struct alert *alert) {
        const struct analysis *a = userdata;

        eve_take_alert(a->eve, alert, true);
}

static void change_alert_event(void *userdata, const struct alert *alert, uint32_t changes _unused_) {
        const struct analysis *a = userdata;

        eve_take_alert(a->eve, alert, false);
}

/* Ids count from 1 without a gap. */
static void take_alert(void *userdata, const struct alert *alert) {
        _cleanup_(json_putp) struct json_object *o = record_from_alert(alert);
        struct analysis *a = userdata;

        if (o && json_object_array_put_idx(a->alerts, alert->id - 1, o) >= 0)
                TAKE_PTR(o);
        else
                a->failed = true;
}

/* What became of it by the end of the capture is what is told. */
static void change_alert(void *userdata, const struct alert *alert, uint32_t changes _unused_) {
        take_alert(userdata, alert);
}

static void take_flow(void *userdata, const struct flow_record *record) {
        struct analysis *a = userdata;

        if (a->top.limit > 0)
                a->failed |= flow_top_offer_record(&a->top, record) < 0;
        else
                a->failed |= flow_lines_write(a->lines, record, stdout) < 0;
}

static bool flow_matters(void *userdata, uint64_t bytes, uint64_t first) {
        const struct analysis *a = userdata;

        return a->top.limit == 0 || flow_top_has_room(&a->top, bytes, first);
}

static bool wants_report(const struct options *o) {
        return !o->facts && !o->devices && !o->alerts && !o->stats && !o->flows && !o->eve;
}

/* Nothing that is asked for needs devices. */
static bool dissects_only(const struct options *o) {
        return (o->facts || o->flows) && !o->devices && !o->alerts && !o->stats && !o->eve;
}

/* Flows and nothing else. */
static bool counts_only(const struct options *o) {
        return dissects_only(o) && !o->facts && !o->drop_duplicates;
}

static void set_flow_table(struct flow_table_config *config, const struct options *o) {
        config->analysis = !o->no_tcp_analysis;
        config->flows_max = o->max_flows ?: config->flows_max;
}

static int use_model(struct analysis *a) {
        char reason[MODEL_REASON_MAX];
        struct model *model = NULL;
        int r;

        if (!a->options->model)
                return 0;
        r = model_file_load(&model, a->options->model, reason);
        if (r < 0)
                fprintf(stderr, "%s: the model cannot be used: %s\n", a->options->model, reason);
        else
                engine_set_model(a->engine, model);
        return r;
}

/* They know the devices as they were then. */
static int new_events(struct analysis *a) {
        const struct eve_ops ops = { print_event, NULL, a };
        const struct eve_config config = {
                .types = EVE_ALL,
                .hasher = a->lines->hasher,
                .inventory = engine_inventory(a->engine),
                .names = engine_peer_names(a->engine),
        };

        return a->options->eve ? eve_new(&a->eve, &config, &ops) : 0;
}

static void set_ops(struct analysis *a, struct engine_ops *ret) {
        const struct options *o = a->options;

        *ret = (struct engine_ops) {
                .fact = o->eve ? take_fact_event : o->facts ? take_fact : NULL,
                .alert = o->eve ? take_alert_event : a->alerts ? take_alert : NULL,
                .alert_changed = o->eve ? change_alert_event : a->alerts ? change_alert : NULL,
                .flow = o->eve ? take_flow_event : o->flows || wants_report(o) ? take_flow : NULL,
                .flow_matters = o->eve ? NULL : flow_matters,
                .userdata = a,
        };
}

static int new_engine(struct analysis *a, const struct ruleset *rules) {
        const struct options *o = a->options;
        struct engine_ops ops;
        struct engine_config config;
        int r;

        set_ops(a, &ops);
        engine_config_default(&config);
        config.dissect_only = dissects_only(o);
        config.detect = true;
        config.flows = o->flows || o->stats || o->alerts || o->eve || wants_report(o);
        config.flows_only = counts_only(o);
        config.duplicate_window = o->drop_duplicates ? DUPLICATE_WINDOW_DEFAULT : 0;
        set_flow_table(&config.flow_table, o);
        r = engine_new(&a->engine, &config, &ops);
        if (r >= 0)
                r = use_model(a);
        if (r >= 0 && !config.dissect_only)
                inventory_set_rules(engine_inventory(a->engine), rules);
        if (r >= 0)
                a->lines->inventory = engine_inventory(a->engine);
        if (r >= 0)
                a->lines->names = engine_peer_names(a->engine);
        return r < 0 ? r : new_events(a);
}

/* `r` is how reading ended. */
static int complain(struct analysis *a, const struct capture_file *file, int r) {
        a->complaint = capture_file_error(file);
        if (r < 0 && !a->complaint)
                a->complaint = strerror(-r);
        if (a->complaint)
                fprintf(stderr, "%s: %s\n", a->path, a->complaint);
        return r;
}

/* Reads all of `file` that can be read. */
static int feed(struct analysis *a, struct capture_file *file) {
        struct frame_run *run;
        struct frame frame;
        int r;

        /* Flows need the headers of few; everything else would copy more frames than it saves. */
        if (counts_only(a->options))
                capture_file_share(file);
        while ((r = capture_file_next(file, &frame)) > 0) {
                engine_feed_frame(a->engine, &frame);
                run = capture_file_run(file);
                if (run)
                        engine_feed_run(a->engine, run);
        }
        a->first = engine_earliest(a->engine);
        a->last = engine_now(a->engine);
        engine_flush(a->engine);
        if (a->eve)
                eve_flush(a->eve);
        return complain(a, file, r);
}

/* The same in several threads, flows alone. */
/* Facts, devices and alerts depend on the order of all packets: one thread reads them, however many there may be. */
static bool uses_workers(const struct options *o) {
        return o->workers > 0 && o->flows && counts_only(o);
}

static int feed_workers(struct analysis *a, struct capture_file *file, struct flow_workers *workers) {
        struct frame frame;
        int r;

        while ((r = capture_file_next(file, &frame)) > 0)
                a->failed |= flow_workers_feed(workers, &frame, 1) < 0;
        a->failed |= flow_workers_finish(workers) < 0;
        return complain(a, file, r);
}

static int print_each(const struct options *options, struct json_object *list) {
        int status = list ? 0 : output_no_memory();

        for (size_t i = 0; status == 0 && i < json_object_array_length(list); i++)
                status = output_json(options, json_object_array_get_idx(list, i));
        return status;
}

static int print(const struct analysis *a) {
        const struct options *o = a->options;
        int status = 0;

        if (wants_report(o) && o->json != JSON_OFF) {
                _cleanup_(json_putp) struct json_object *all = analysis_all(a);

                return all ? output_json(o, all) : output_no_memory();
        }
        if (wants_report(o))
                return analysis_print_report(a) < 0 ? output_no_memory() : 0;
        if (o->flows)
                for (size_t i = 0; i < a->top.n; i++)
                        status |= flow_lines_write(a->lines, &a->top.items[i].record, stdout) < 0;
        if (o->alerts)
                status |= print_each(o, a->alerts);
        if (o->devices) {
                _cleanup_(json_putp) struct json_object *devices = analysis_devices(a);

                status |= print_each(o, devices);
        }
        if (o->stats) {
                _cleanup_(json_putp) struct json_object *stats = analysis_stats(a);

                status |= stats ? output_json(o, stats) : output_no_memory();
        }
        return status;
}

static int analyze_alone(struct analysis *a, struct capture_file *file, const struct ruleset *rules) {
        int r = new_engine(a, rules);

        if (r >= 0)
                return feed(a, file);
        fprintf(stderr, "%s: cannot analyze: %s\n", a->path, strerror(-r));
        a->engine = engine_free(a->engine); /* there is nothing to tell of */
        return r;
}

static int analyze_together(struct analysis *a, struct capture_file *file) {
        struct flow_table_ops ops = { take_flow, a };
        struct flow_workers *workers = NULL;
        struct flow_table_config config;
        int r;

        flow_table_config_default(&config);
        set_flow_table(&config, a->options);
        r = flow_workers_new(&workers, a->options->workers, &config, &ops);
        if (r >= 0)
                r = feed_workers(a, file, workers);
        else
                fprintf(stderr, "%s: cannot analyze: %s\n", a->path, strerror(-r));
        flow_workers_free(workers);
        return r;
}

static int analyze(struct analysis *a, struct capture_file *file, const struct ruleset *rules) {
        int r = uses_workers(a->options) ? analyze_together(a, file) : analyze_alone(a, file, rules), status = r < 0;

        if (a->engine || uses_workers(a->options)) {
                flow_top_sort(&a->top);
                status |= print(a);
        }
        if (a->failed)
                status |= output_no_memory();
        eve_free(a->eve);
        engine_free(a->engine);
        return status;
}

static int analyze_path(const struct options *options, const struct screen *screen, const char *path,
                        const struct ruleset *rules, struct flow_lines *lines) {
        struct analysis a = { .options = options, .screen = screen, .path = path, .lines = lines };
        struct capture_file *file;
        int r, status;

        r = capture_file_open(path, &file);
        if (r == -EMEDIUMTYPE)
                fprintf(stderr, "%s: this is not a capture file (pcap or pcapng)\n", path);
        else if (r < 0)
                fprintf(stderr, "%s: cannot open: %s\n", path, strerror(-r));
        if (r < 0)
                return 1;
        if (options->alerts || wants_report(options))
                a.alerts = json_object_new_array();
        if (wants_report(options) || (options->flows && options->limit > 0))
                flow_top_init(&a.top, options->limit ?: REPORTED_FLOWS, FLOW_SORT_BYTES);
        status = r < 0 ? output_no_memory() : analyze(&a, file, rules);
        flow_top_done(&a.top);
        json_object_put(a.alerts);
        capture_file_close(file);
        return status;
}

/* Options that exclude or need each other. */
static bool options_agree(const struct options *o) {
        bool csv = o->format && strcmp(o->format, "csv") == 0;

        if (o->eve && (o->facts || o->devices || o->alerts || o->stats || o->flows || o->format || o->limit > 0)) {
                fprintf(stderr, "--eve goes alone: facts, flows and alerts are in it.\n");
                return false;
        }
        if (csv && (!o->flows || o->facts || o->devices || o->alerts || o->stats)) {
                fprintf(stderr, "--format=csv goes with --flows alone.\n");
                return false;
        }
        if (o->limit > 0 && !o->flows && !wants_report(o)) {
                fprintf(stderr, "--limit goes with --flows, or with the report.\n");
                return false;
        }
        return true;
}

static int analyze_paths(const struct options *options, int n, char *paths[], const struct ruleset *rules) {
        struct flow_lines lines = { .csv = options->format && strcmp(options->format, "csv") == 0 };
        struct screen screen;
        int status = 0;

        if (flow_hasher_new(&lines.hasher) < 0) {
                return output_no_memory();
        }
        flow_lines_begin(&lines, stdout);
        screen_open(&screen, options, wants_report(options));
        for (int i = 0; i < n; i++) {
                if (i > 0 && wants_report(options) && options->json == JSON_OFF)
                        putchar('\n');
                status |= analyze_path(options, &screen, paths[i], rules, &lines);
        }
        screen_close(&screen);
        flow_hasher_free(lines.hasher);
        return status;
}

static int run(const struct options *options, int argc, char *argv[]) {
        static char buffer[1 << 16];
        struct ruleset *rules = NULL;
        int status = 0;

        if (!options_agree(options))
                return 2;
        /* Mistakes in the rules give a result that is not what was asked for: exit status 1. */
        if (!dissects_only(options)) {
                status = rules_load(&rules, options->rules, options->signatures);
                if (status < 0)
                        return 1;
        }
        setvbuf(stdout, buffer, _IOFBF, sizeof buffer);
        status |= analyze_paths(options, argc - 1, argv + 1, rules);
        ruleset_free(rules);
        return status;
}

const struct verb verb_analyze = {
        .name = "analyze",
        .arguments = "FILE...",
        .min_arguments = 1,
        .max_arguments = -1,
        .summary = "Read capture files, without the service",
        .description = "Reads capture files (pcap, pcapng, gzip; '-' is standard input) and tells what the service\n"
                       "would have made of that traffic: a report, or JSON lines as the options say. Needs no\n"
                       "service and no privileges. Each file is taken for itself.\n",
        .run = run,
};
