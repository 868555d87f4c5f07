/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The ring of recent frames, and files made of it (pcapng: draft-ietf-opsawg-pcapng). Files are named after the alert and
 * readable by the service alone; clients get a descriptor, if polkit lets them. */

#include "daemon/evidence.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/cleanup.h"

#define INTERFACES_MAX 16

struct kept {
        uint64_t ts;
        uint32_t ifindex, linktype, captured, length, vlan_tag;
        uint8_t data[EVIDENCE_SNAP];
};

struct evidence_keeper {
        char *folder;
        struct kept *ring;
        size_t next, n;
};

int evidence_keeper_new(struct evidence_keeper **ret, const char *folder) {
        _cleanup_(evidence_keeper_freep) struct evidence_keeper *k = calloc(1, sizeof *k);

        if (!k)
                return -ENOMEM;
        k->folder = strdup(folder);
        k->ring = calloc(EVIDENCE_FRAMES, sizeof *k->ring); /* pages come with use */
        if (!k->folder || !k->ring)
                return -ENOMEM;
        *ret = TAKE_PTR(k);
        return 0;
}

struct evidence_keeper *evidence_keeper_free(struct evidence_keeper *k) {
        if (!k)
                return NULL;
        free(k->folder);
        free(k->ring);
        free(k);
        return NULL;
}

void evidence_keeper_take(struct evidence_keeper *k, const struct frame *f) {
        struct kept *to = &k->ring[k->next];

        to->ts = f->ts;
        to->ifindex = f->ifindex;
        to->linktype = f->linktype;
        to->length = f->length;
        to->vlan_tag = f->vlan_tag;
        to->captured = MIN(f->captured, (uint32_t) EVIDENCE_SNAP);
        memcpy(to->data, f->data, to->captured);
        k->next = (k->next + 1) % EVIDENCE_FRAMES;
        k->n = MIN(k->n + 1, (size_t) EVIDENCE_FRAMES);
}

/* Ethernet: sent by it, or to it. Of other links all that is there. */
static bool concerns(const struct kept *f, const struct mac_address *mac) {
        if (f->linktype != 1 || f->captured < 14 || mac_is_zero(mac))
                return true;
        return memcmp(f->data, mac->bytes, 6) == 0 || memcmp(f->data + 6, mac->bytes, 6) == 0;
}

/* Block: type, total length, body padded to 32 bits, total length again; in the byte order of this machine. */
static bool put_block(FILE *out, uint32_t type, const void *head, size_t head_size, const void *data, size_t size) {
        uint32_t padding = 0, total = (uint32_t) (12 + head_size + (size + 3) / 4 * 4);

        return fwrite(&type, 4, 1, out) == 1 && fwrite(&total, 4, 1, out) == 1 && fwrite(head, head_size, 1, out) == 1 &&
               fwrite(data, 1, size, out) == size && fwrite(&padding, 1, (4 - size % 4) % 4, out) == (4 - size % 4) % 4 &&
               fwrite(&total, 4, 1, out) == 1;
}

static bool put_section(FILE *out) {
        const struct {
                uint32_t magic;
                uint16_t major, minor;
                int64_t length;
        } head = { 0x1a2b3c4d, 1, 0, -1 };

        return put_block(out, 0x0a0d0d0a, &head, sizeof head, "", 0);
}

static bool put_interface(FILE *out, uint32_t linktype) {
        const struct {
                uint16_t linktype, reserved;
                uint32_t snaplen;
                uint16_t option, size; /* if_tsresol: 10^-9 */
                uint8_t resolution, padding[3];
                uint32_t end;
        } head = { (uint16_t) linktype, 0, EVIDENCE_SNAP, 9, 1, 9, { 0 }, 0 };

        return put_block(out, 1, &head, sizeof head, "", 0);
}

/* The tag that the network card took out goes back in (IEEE 802.1Q §9.4). */
static size_t put_tag_back(const struct kept *f, uint8_t buffer[static EVIDENCE_SNAP + 4]) {
        if (!(f->vlan_tag & FRAME_VLAN_PRESENT) || f->linktype != 1 || f->captured < 12) {
                memcpy(buffer, f->data, f->captured);
                return f->captured;
        }
        memcpy(buffer, f->data, 12);
        buffer[12] = 0x81;
        buffer[13] = 0x00;
        buffer[14] = (uint8_t) (f->vlan_tag >> 8);
        buffer[15] = (uint8_t) f->vlan_tag;
        memcpy(buffer + 16, f->data + 12, f->captured - 12);
        return f->captured + 4;
}

static bool put_frame(FILE *out, uint32_t interface, const struct kept *f) {
        uint8_t data[EVIDENCE_SNAP + 4];
        size_t captured = put_tag_back(f, data);
        const uint32_t head[5] = { interface, (uint32_t) (f->ts >> 32), (uint32_t) f->ts, (uint32_t) captured,
                                   f->length + (uint32_t) (captured - f->captured) };

        return put_block(out, 6, head, sizeof head, data, captured);
}

struct interfaces { /* described in the file so far */
        struct {
                uint32_t ifindex, linktype;
        } rows[INTERFACES_MAX];
        uint32_t n;
};

/* Its number in the file; -1: too many, or a failed write. */
static int interface_of(FILE *out, struct interfaces *known, const struct kept *f) {
        for (uint32_t i = 0; i < known->n; i++)
                if (known->rows[i].ifindex == f->ifindex && known->rows[i].linktype == f->linktype)
                        return (int) i;
        if (known->n == INTERFACES_MAX || !put_interface(out, f->linktype))
                return -1;
        known->rows[known->n].ifindex = f->ifindex;
        known->rows[known->n].linktype = f->linktype;
        return (int) known->n++;
}

/* How many of the latest concern it and fit. */
static size_t choose(const struct evidence_keeper *k, const struct mac_address *mac, size_t *ret_first) {
        size_t bytes = 1024, n = 0;

        for (size_t age = 1; age <= k->n; age++) {
                size_t at = (k->next + EVIDENCE_FRAMES - age) % EVIDENCE_FRAMES;

                if (!concerns(&k->ring[at], mac))
                        continue;
                bytes += k->ring[at].captured + 40;
                if (bytes > EVIDENCE_FILE_MAX)
                        break;
                *ret_first = age;
                n++;
        }
        return n;
}

static int write_frames(const struct evidence_keeper *k, FILE *out, const struct mac_address *mac) {
        struct interfaces known = { .n = 0 };
        size_t first = 0;

        if (choose(k, mac, &first) == 0)
                return -ENODATA;
        if (!put_section(out))
                return -EIO;
        for (size_t age = first; age > 0; age--) {
                const struct kept *f = &k->ring[(k->next + EVIDENCE_FRAMES - age) % EVIDENCE_FRAMES];
                int interface;

                if (!concerns(f, mac))
                        continue;
                interface = interface_of(out, &known, f);
                if (interface >= 0 && !put_frame(out, (uint32_t) interface, f))
                        return -EIO;
        }
        return 0;
}

static void path_of(const struct evidence_keeper *k, uint64_t alert, const char *suffix, char *ret, size_t size) {
        snprintf(ret, size, "%s/%020" PRIu64 ".pcapng%s", k->folder, alert, suffix);
}

static int is_evidence(const struct dirent *entry) {
        return strlen(entry->d_name) == 27 && strcmp(entry->d_name + 20, ".pcapng") == 0;
}

/* Ids rise, and so do the names. */
static void drop_oldest(const struct evidence_keeper *k) {
        struct dirent **entries;
        int n = scandir(k->folder, &entries, is_evidence, alphasort);
        char path[4096];

        for (int i = 0; i < n; i++) {
                if (i < n - EVIDENCE_FILES_MAX && snprintf(path, sizeof path, "%s/%s", k->folder, entries[i]->d_name) < (int) sizeof path)
                        (void) unlink(path);
                free(entries[i]);
        }
        if (n >= 0)
                free(entries);
}

int evidence_keeper_freeze(struct evidence_keeper *k, const struct alert *alert) {
        char path[4096], partial[4096];
        FILE *out;
        int fd, r;

        if (mkdir(k->folder, 0700) < 0 && errno != EEXIST)
                return -errno;
        path_of(k, alert->id, "", path, sizeof path);
        path_of(k, alert->id, ".new", partial, sizeof partial);
        fd = open(partial, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
        out = fd < 0 ? NULL : fdopen(fd, "w");
        if (!out) {
                r = -errno;
                if (fd >= 0)
                        close(fd);
                return r;
        }
        r = write_frames(k, out, &alert->mac);
        if (fclose(out) != 0 && r >= 0)
                r = -errno;
        if (r >= 0 && rename(partial, path) < 0)
                r = -errno;
        if (r < 0)
                (void) unlink(partial);
        drop_oldest(k);
        return r;
}

int evidence_keeper_open(const struct evidence_keeper *k, uint64_t alert) {
        char path[4096];
        int fd;

        path_of(k, alert, "", path, sizeof path);
        fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
        return fd < 0 ? -errno : fd;
}
