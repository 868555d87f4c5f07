/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Says every TCP conversation of real TLS, HTTP and SSH captures again, cut at each place into two segments, and in
 * single bytes: the facts must be those of the uncut one. Conversations with holes are left out. Arguments are
 * folders of captures. */

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "common/cleanup.h"
#include "common/macro.h"
#include "daemon/capture-file.h"
#include "engine/packet/packet.h"
#include "engine/proto/session.h"

/* Bytes of each direction that are cut at each place, and that are said at all. */
enum { TALKS_MAX = 256, TURNS_MAX = 256, CUT_MAX = 3000, SIDE_MAX = 24 * 1024, FACTS_MAX = 128 * 1024 };

/* What one side says before the other one does. */
struct turn {
        unsigned side;
        size_t start, length; /* in the bytes of that side */
};

/* A conversation, its bytes in order. Side 0 is who was heard first. */
struct talk {
        struct ip_address address[2];
        uint16_t port[2];
        struct stream stream[2];
        uint8_t *data[2];
        size_t length[2];
        struct turn turns[TURNS_MAX];
        size_t n_turns;
        int client; /* side that sent the SYN, or -1 */
        bool broken;
};

struct capture {
        struct talk *talks;
        size_t n_talks;
        struct stream_budget budget;
};

struct hearing {
        struct talk *talk;
        unsigned side;
};

static size_t hear(void *userdata, struct stream *stream _unused_, struct cursor data, bool fresh) {
        struct hearing *h = userdata;
        struct talk *t = h->talk;
        size_t n = MIN(cursor_left(&data), SIDE_MAX - t->length[h->side]);

        t->broken |= fresh && t->length[h->side] > 0;
        if (n == 0 || t->broken)
                return cursor_left(&data);
        if (t->n_turns == 0 || t->turns[t->n_turns - 1].side != h->side) {
                if (t->n_turns == TURNS_MAX)
                        return cursor_left(&data);
                t->turns[t->n_turns++] = (struct turn) { h->side, t->length[h->side], 0 };
        }
        memcpy(t->data[h->side] + t->length[h->side], data.data, n);
        t->turns[t->n_turns - 1].length += n;
        t->length[h->side] += n;
        return cursor_left(&data);
}

static struct talk *find_talk(struct capture *c, const struct packet *p, unsigned *ret_side) {
        for (size_t i = c->n_talks; i-- > 0;)
                for (unsigned side = 0; side < 2; side++) {
                        struct talk *t = &c->talks[i];

                        if (ip_equal(&t->address[side], &p->source) && ip_equal(&t->address[!side], &p->destination) &&
                            t->port[side] == p->source_port && t->port[!side] == p->destination_port) {
                                *ret_side = side;
                                return t;
                        }
                }
        return NULL;
}

static struct talk *new_talk(struct capture *c, const struct packet *p) {
        struct talk *t;

        if (c->n_talks == TALKS_MAX)
                return NULL;
        t = &c->talks[c->n_talks++];
        *t = (struct talk) { .address = { p->source, p->destination }, .port = { p->source_port, p->destination_port }, .client = -1 };
        for (unsigned side = 0; side < 2; side++)
                if (!(t->data[side] = malloc(SIDE_MAX)))
                        abort();
        return t;
}

static void take_packet(struct capture *c, const struct packet *p) {
        struct hearing h;
        struct stream_reader reader = { hear, NULL, &h, &c->budget };
        unsigned side = 0;
        struct talk *t = find_talk(c, p, &side);
        bool syn = p->tcp_flags & TCP_SYN;

        if (!t || (syn && !(p->tcp_flags & TCP_ACK) && t->n_turns > 0)) {
                side = 0;
                t = new_talk(c, p);
        }
        if (!t)
                return;
        if (syn) {
                t->client = p->tcp_flags & TCP_ACK ? !side : side;
                stream_begin(&t->stream[side], p->tcp_sequence + 1);
        }
        h = (struct hearing) { t, side };
        if (p->payload_length > 0)
                stream_push(&t->stream[side], &reader, p->tcp_sequence + syn, p->payload, p->payload_length);
        h.side = !side;
        if (p->tcp_flags & TCP_ACK)
                stream_acknowledged(&t->stream[!side], &reader, p->tcp_acknowledgement);
}

static int read_capture(const char *path, struct capture *c) {
        struct packet_decoder *decoder = NULL;
        struct capture_file *file;
        struct packet packet;
        struct frame frame;
        int r;

        r = capture_file_open(path, &file);
        if (r < 0)
                return r;
        r = packet_decoder_new(&decoder);
        while (r >= 0 && capture_file_next(file, &frame) > 0)
                if (packet_decode(decoder, &frame, &packet) > 0 && packet.layer == LAYER_TCP)
                        take_packet(c, &packet);
        packet_decoder_free(decoder);
        capture_file_close(file);
        return 0;
}

struct facts {
        char text[FACTS_MAX];
        size_t length;
};

static void take_fact(void *userdata, const struct fact *fact) {
        struct facts *facts = userdata;
        int n = snprintf(facts->text + facts->length, FACTS_MAX - facts->length, "%u %s %s\n", fact->mac.bytes[5],
                         fact_kind_to_string(fact->kind), fact->value);

        facts->length += MIN((size_t) n, FACTS_MAX - facts->length - 1);
}

struct speaker {
        struct session_table *table;
        struct fact_sink sink;
        struct packet packet; /* of side 0 */
        uint32_t next[2];
};

static void speak(struct speaker *s, unsigned side, uint8_t flags, const uint8_t *data, size_t n) {
        struct packet p = s->packet;

        if (side) {
                p.source = s->packet.destination;
                p.destination = s->packet.source;
                p.source_port = s->packet.destination_port;
                p.destination_port = s->packet.source_port;
        }
        p.link_source.bytes[5] = (uint8_t) side;
        p.tcp_flags = flags;
        p.tcp_sequence = s->next[side];
        p.tcp_acknowledgement = s->next[!side];
        if (n > 0) /* a SYN comes without data to point at */
                p.payload = cursor_make(data, n);
        p.payload_length = (uint32_t) n;
        s->next[side] += (uint32_t) n + !!(flags & TCP_SYN);
        session_table_feed(s->table, &p, &s->sink);
}

/* Says it, the turns of `side` cut at `cut`; in single bytes up to CUT_MAX where `cut` is SIZE_MAX. Each time between
 * other addresses: for the table it is another connection. */
static void say(struct session_table *table, const struct talk *t, unsigned side, size_t cut, uint32_t number, struct facts *facts) {
        static const struct frame frame = { .linktype = 1, .ts = 1, .number = 1 };
        struct speaker s = { .table = table, .sink = { take_fact, facts } };

        s.packet = (struct packet) { .frame = &frame, .flags = PACKET_HAS_MAC | PACKET_HAS_IP | PACKET_HAS_TRANSPORT, .layer = LAYER_TCP,
                                     .source_port = t->port[0], .destination_port = t->port[1] };
        s.packet.source = (struct ip_address) { AF_INET, { 10 } };
        memcpy(s.packet.source.bytes, &number, sizeof number);
        s.packet.destination = (struct ip_address) { AF_INET, { 10, 0, 0, 1 } };
        facts->length = 0;
        facts->text[0] = '\0';
        if (t->client >= 0) {
                speak(&s, (unsigned) t->client, TCP_SYN, NULL, 0);
                speak(&s, !t->client, TCP_SYN | TCP_ACK, NULL, 0);
        }
        for (size_t i = 0; i < t->n_turns; i++) {
                const struct turn *turn = &t->turns[i];
                const uint8_t *data = t->data[turn->side] + turn->start;
                size_t left = turn->length, n;

                if (cut == SIZE_MAX)
                        for (; left > 0 && turn->start + turn->length - left < CUT_MAX; left--)
                                speak(&s, turn->side, TCP_ACK, data++, 1);
                else if (turn->side == side && cut > turn->start && cut < turn->start + turn->length) {
                        n = cut - turn->start;
                        speak(&s, side, TCP_ACK, data, n);
                        data += n;
                        left -= n;
                }
                if (left > 0)
                        speak(&s, turn->side, TCP_ACK, data, left);
        }
}

struct check {
        struct session_table *table;
        struct facts expected, facts;
        uint32_t number;
        uint64_t talks, broken, silent, cuts, bad;
};

static void compare(struct check *check, const char *path, const struct talk *t, unsigned side, size_t cut) {
        say(check->table, t, side, cut, ++check->number, &check->facts);
        check->cuts++;
        if (check->facts.length == check->expected.length && memcmp(check->facts.text, check->expected.text, check->facts.length) == 0)
                return;
        if (check->bad++ < 10)
                printf("%s, ports %u and %u, side %u cut at %zd:\n%s--- not\n%s", path, t->port[0], t->port[1], side, (ssize_t) cut,
                       check->facts.text, check->expected.text);
}

static void check_talk(struct check *check, const char *path, const struct talk *t) {
        check->broken += t->broken;
        if (t->broken || t->n_turns == 0)
                return;
        say(check->table, t, 0, 0, ++check->number, &check->expected);
        check->silent += check->expected.length == 0;
        if (check->expected.length == 0)
                return;
        check->talks++;
        for (unsigned side = 0; side < 2; side++)
                for (size_t cut = 1; cut < MIN(t->length[side], (size_t) CUT_MAX); cut++)
                        compare(check, path, t, side, cut);
        compare(check, path, t, 0, SIZE_MAX);
}

static void check_capture(struct check *check, const char *path) {
        struct capture c = { .talks = calloc(TALKS_MAX, sizeof *c.talks), .budget = { .limit = 64 << 20 } };

        if (!c.talks || read_capture(path, &c) < 0)
                abort();
        for (size_t i = 0; i < c.n_talks; i++) {
                struct talk *t = &c.talks[i];

                check_talk(check, path, t);
                for (unsigned side = 0; side < 2; side++) {
                        stream_clear(&t->stream[side], &c.budget);
                        free(t->data[side]);
                }
        }
        free(c.talks);
}

static bool check_folder(struct check *check, const char *folder) {
        char path[8192];
        struct dirent *entry;
        DIR *dir;

        dir = opendir(folder);
        if (!dir)
                return false;
        while ((entry = readdir(dir)))
                if (strstr(entry->d_name, ".pcap")) {
                        snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
                        check_capture(check, path);
                }
        closedir(dir);
        return true;
}

int main(int argc, char *argv[]) {
        struct check *check = calloc(1, sizeof *check);
        bool bad;

        if (argc < 2 || !check || session_table_new(&check->table, 64, 16 << 20, 0) < 0)
                return 2;
        for (int i = 1; i < argc; i++)
                if (!check_folder(check, argv[i]))
                        printf("left out: no %s\n", argv[i]);
        printf("%lu conversations, %lu ways to cut them, %lu with other facts; left out: %lu with holes, %lu without facts\n",
               (unsigned long) check->talks, (unsigned long) check->cuts, (unsigned long) check->bad, (unsigned long) check->broken,
               (unsigned long) check->silent);
        bad = check->bad > 0 || check->talks == 0;
        session_table_free(check->table);
        free(check);
        return bad;
}
