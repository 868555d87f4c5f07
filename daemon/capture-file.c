/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Capture files, read in order and once, through one block buffer: frames are pointers into it, so that no
 * byte is copied twice. zlib sits below and passes plain files on as they are. Nothing that a file claims is
 * believed further than the buffer reaches: memory is the same for every file.
 *
 * To read is to copy, which takes most of the time where few of the bytes are looked at. Who says so gets the frames of a
 * plain pcap where they stand in the page cache, as long as that is of use (frame-view.h). Where it is not everything is
 * read as ever: at the end, where something is odd, where somebody changes or truncates the file. So all that there is to
 * say about a file is said by one who reads it.
 *
 * Formats: draft-ietf-opsawg-pcap, draft-ietf-opsawg-pcapng, and the variants in libpcap's sf-pcap.c. */

#include "daemon/capture-file.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <zlib.h>

#include "common/cleanup.h"
#include "common/cursor.h"
#include "common/scale.h"
#include "common/strbuf.h"
#include "daemon/frame-view.h"

/* libpcap's MAXIMUM_SNAPLEN and Wireshark's WTAP_MAX_PACKET_SIZE_STANDARD: no writer makes longer frames. */
#define FRAME_MAX FRAME_RUN_FRAME_MAX
/* A pcapng block that is read whole: a frame and 64 KiB for its options. Others are skipped, whatever their length. */
#define BLOCK_MAX (FRAME_MAX + UINT32_C(65536))
#define BUFFER_SIZE (512 * 1024)
#define READ_SIZE (128 * 1024) /* at a time: what was read is still in the cache when it is looked at */
#define INTERFACES_MAX 4096

enum { /* magic numbers, as the writer's byte order shows them */
        MAGIC_MICROSECONDS = 0xa1b2c3d4,
        MAGIC_NANOSECONDS = 0xa1b23c4d,
        MAGIC_MODIFIED = 0xa1b2cd34, /* Kuznetzov's: 24 bytes a record header */
        MAGIC_BYTE_ORDER = 0x1a2b3c4d,
};

enum { BLOCK_INTERFACE = 1, BLOCK_PACKET = 2, BLOCK_SIMPLE = 3, BLOCK_ENHANCED = 6, BLOCK_SECTION = 0x0a0d0d0a };
enum { OPTION_END = 0, OPTION_FLAGS = 2, OPTION_TSRESOL = 9, OPTION_FCSLEN = 13, OPTION_TSOFFSET = 14 };

/* How pcap records of old versions give their two lengths (libpcap, sf-pcap.c). */
enum length_order { LENGTHS_NORMAL, LENGTHS_SWAPPED, LENGTHS_MAYBE_SWAPPED };

struct interface {
        uint32_t linktype;
        uint32_t snaplen;  /* 0: no limit */
        uint64_t units;    /* ticks of its clock a second */
        int64_t offset;    /* seconds to add */
        uint8_t fcs;       /* bytes at the end of each frame */
};

struct capture_file {
        gzFile gz;
        int fd;                    /* gz's; -1: standard input, whose position others share */
        uint64_t base;             /* offset of buffer[0] in the (uncompressed) file */
        struct frame_run run;      /* its bytes are those of the buffer that were not read yet, whatever the format */
        struct frame_view *view;   /* while there is one, frames come from there, and the buffer is for their copies */
        bool shares;               /* there may be one */
        bool ended;                /* nothing more to read below */
        bool big_endian, pcapng;
        bool failed;               /* `error` stands, and the file ends here */
        enum length_order length_order;
        uint32_t record_header;    /* pcap: 16 or 24 */
        bool plain;                /* frames stand in the buffer as frame_run_next() reads them */
        uint64_t last_ts;
        struct interface *interfaces; /* pcap: just one; pcapng: of this section */
        size_t n_interfaces, n_allocated;
        uint32_t interface_base;   /* interfaces of the sections before */
        char error[160];
        uint8_t buffer[BUFFER_SIZE];
};

static uint64_t offset_now(const struct capture_file *f) {
        return f->base + (uint64_t) (f->run.next - f->buffer);
}

static size_t bytes_ready(const struct capture_file *f) {
        return (size_t) (f->run.end - f->run.next);
}

static int fail(struct capture_file *f, uint64_t offset, const char *format, ...) _printf_(3, 4);

static int fail(struct capture_file *f, uint64_t offset, const char *format, ...) {
        struct strbuf b = STRBUF(f->error);
        char text[112];
        va_list ap;

        va_start(ap, format);
        vsnprintf(text, sizeof text, format, ap);
        va_end(ap);
        strbuf_printf(&b, "damaged at byte %" PRIu64 ": %s", offset, text);
        f->failed = true;
        return -EBADMSG;
}

static int fail_short(struct capture_file *f, uint64_t offset, const char *what, uint64_t needed, uint64_t left) {
        struct strbuf b = STRBUF(f->error);

        strbuf_printf(&b, "cut off at byte %" PRIu64 ": %s of %" PRIu64 " bytes, %" PRIu64 " left", offset, what,
                      needed, left);
        f->failed = true;
        return -EBADMSG;
}

static int fail_read(struct capture_file *f) {
        struct strbuf b = STRBUF(f->error);
        int code = Z_OK;
        const char *message = gzerror(f->gz, &code);

        f->failed = true;
        if (code == Z_ERRNO) {
                int r = errno > 0 ? -errno : -EIO;

                strbuf_printf(&b, "reading failed at byte %" PRIu64 ": %s", offset_now(f) + bytes_ready(f), strerror(-r));
                return r;
        }
        strbuf_printf(&b, "compressed data damaged at byte %" PRIu64 " of its content: %s",
                      offset_now(f) + bytes_ready(f), message);
        return -EBADMSG;
}

static int refill(struct capture_file *f, size_t n) {
        size_t filled = bytes_ready(f);

        f->base = offset_now(f);
        memmove(f->buffer, f->run.next, filled);
        f->run.next = f->buffer;
        f->run.end = f->buffer + filled;
        while (filled < n && !f->ended) {
                int got = gzread(f->gz, f->buffer + filled, (unsigned) MIN((size_t) READ_SIZE, BUFFER_SIZE - filled));
                int code = Z_OK;

                if (got > 0) {
                        filled += (size_t) got;
                        f->run.end = f->buffer + filled;
                        continue;
                }
                gzerror(f->gz, &code);
                if (got < 0 || code != Z_OK)
                        return fail_read(f);
                f->ended = true;
        }
        return filled >= n;
}

/* Makes at least n bytes (at most BUFFER_SIZE) readable at the position. 1: they are; 0: the file ends
 * before; what there is of them is in the buffer. */
static inline int fill(struct capture_file *f, size_t n) {
        return bytes_ready(f) >= n ? 1 : refill(f, n);
}

static int skip(struct capture_file *f, uint64_t n) {
        while (n > bytes_ready(f)) {
                int r;

                n -= bytes_ready(f);
                f->run.next = f->run.end;
                r = fill(f, 1);
                if (r <= 0)
                        return r;
        }
        f->run.next += n;
        return 1;
}

/* Some writers forget to round a block's length up to four bytes, though the block is. */
static uint32_t round_up(uint32_t length) {
        return length <= UINT32_MAX - 3 ? (length + 3) & ~UINT32_C(3) : length;
}

static const uint8_t *here(const struct capture_file *f) {
        return f->run.next;
}

static uint16_t get16(const struct capture_file *f, const uint8_t *p) {
        return f->big_endian ? load_be16(p) : load_le16(p);
}

static inline uint32_t get32(const struct capture_file *f, const uint8_t *p) {
        return f->big_endian ? load_be32(p) : load_le32(p);
}

static uint64_t get64(const struct capture_file *f, const uint8_t *p) {
        uint64_t first = get32(f, p), second = get32(f, p + 4);

        return f->big_endian ? first << 32 | second : second << 32 | first;
}

static struct interface *interface_add(struct capture_file *f) {
        if (f->n_interfaces == f->n_allocated) {
                size_t n = f->n_allocated ? f->n_allocated * 2 : 4;
                struct interface *grown = realloc(f->interfaces, n * sizeof *grown);

                if (!grown)
                        return NULL;
                f->interfaces = grown;
                f->n_allocated = n;
        }
        f->interfaces[f->n_interfaces] = (struct interface) { .units = USEC_PER_SEC };
        return &f->interfaces[f->n_interfaces++];
}

/* Seconds and a fraction as nanoseconds, at the nearest end where they do not fit. */
static uint64_t clamp_time(int64_t seconds, uint64_t nanoseconds) {
        uint64_t whole;

        if (seconds < 0)
                return 0;
        if (__builtin_mul_overflow((uint64_t) seconds, NSEC_PER_SEC, &whole) ||
            __builtin_add_overflow(whole, nanoseconds, &whole))
                return UINT64_MAX;
        return whole;
}

static uint64_t interface_time(const struct interface *i, uint64_t ticks) {
        uint64_t fraction = ticks % i->units;
        int64_t seconds;

        fraction = scale_u64(fraction, NSEC_PER_SEC, i->units);
        if (ticks / i->units > INT64_MAX)
                return UINT64_MAX;
        if (__builtin_add_overflow((int64_t) (ticks / i->units), i->offset, &seconds))
                return i->offset > 0 ? UINT64_MAX : 0;
        return clamp_time(seconds, fraction);
}

/* Fills in what all formats have in common; the data starts at the position. */
static inline void set_frame(struct capture_file *f, const struct interface *i, uint32_t captured, uint32_t length,
                             uint8_t fcs, struct frame *ret) {
        length = MAX(length, captured);
        if (fcs < length)
                length -= fcs;
        *ret = (struct frame) {
                .ts = f->last_ts,
                .number = ++f->run.number,
                .linktype = i->linktype,
                .captured = MIN(captured, length),
                .length = length,
                .data = here(f),
        };
}

/* The link type word of a pcap header: type in 26 bits, then whether the FCS length in the top four is to be
 * believed; that counts 16-bit words. */
static void set_link(struct interface *i, uint32_t word) {
        i->linktype = word & 0x03ffffff;
        if (word & 0x04000000)
                i->fcs = (uint8_t) ((word >> 28) * 2);
        /* DLT_RAW as some systems wrote it, before LINKTYPE_RAW had a number */
        if (i->linktype == 12 || i->linktype == 14)
                i->linktype = 101;
}

static int pcap_open(struct capture_file *f, uint32_t magic) {
        struct interface *i;
        uint16_t major, minor;
        int r;

        r = fill(f, 24);
        if (r <= 0)
                return r < 0 ? r : fail_short(f, offset_now(f), "file header", 24, bytes_ready(f));
        i = interface_add(f);
        if (!i)
                return -ENOMEM;
        major = get16(f, here(f) + 4);
        minor = get16(f, here(f) + 6);
        if (major == 543 || (major == 2 && minor < 3))
                f->length_order = LENGTHS_SWAPPED;
        else if (major == 2 && minor == 3)
                f->length_order = LENGTHS_MAYBE_SWAPPED;
        i->units = magic == MAGIC_NANOSECONDS ? NSEC_PER_SEC : USEC_PER_SEC;
        set_link(i, get32(f, here(f) + 20));
        f->record_header = magic == MAGIC_MODIFIED ? 24 : 16;
        f->plain = !f->big_endian && f->record_header == 16 && f->length_order == LENGTHS_NORMAL && i->fcs == 0;
        f->run.fraction = magic == MAGIC_NANOSECONDS ? 1 : NSEC_PER_USEC;
        f->run.linktype = i->linktype;
        f->run.next += 24;
        return 0;
}

static inline void pcap_lengths(const struct capture_file *f, uint32_t *captured, uint32_t *length) {
        uint32_t first = get32(f, here(f) + 8), second = get32(f, here(f) + 12);
        bool swapped = f->length_order == LENGTHS_SWAPPED ||
                       (f->length_order == LENGTHS_MAYBE_SWAPPED && first > second);

        *captured = swapped ? second : first;
        *length = swapped ? first : second;
}

static int pcap_next(struct capture_file *f, struct frame *ret) {
        const struct interface *i = f->interfaces;
        uint32_t captured, length, ifindex = 0;
        uint64_t start, fraction;
        int r;

        r = fill(f, f->record_header);
        start = offset_now(f);
        if (r <= 0) {
                if (r < 0 || bytes_ready(f) == 0)
                        return r;
                return fail_short(f, start, "record header", f->record_header, bytes_ready(f));
        }
        pcap_lengths(f, &captured, &length);
        if (captured > FRAME_MAX)
                return fail(f, start, "record claims %" PRIu32 " bytes, more than %" PRIu32, captured, FRAME_MAX);
        r = fill(f, f->record_header + captured);
        if (r <= 0)
                return r < 0 ? r : fail_short(f, start, "record", captured, bytes_ready(f) - f->record_header);
        fraction = get32(f, here(f) + 4);
        fraction *= i->units == NSEC_PER_SEC ? 1 : NSEC_PER_USEC;
        f->last_ts = get32(f, here(f)) * NSEC_PER_SEC + fraction;
        if (f->record_header == 24)
                ifindex = get32(f, here(f) + 16);
        f->run.next += f->record_header;
        set_frame(f, i, captured, length, i->fcs, ret);
        ret->ifindex = ifindex;
        f->run.next += captured;
        return 1;
}

/* Splits the next option off a block's option list. The list ends with its block, or with option 0. */
static bool option_next(const struct capture_file *f, struct cursor *options, uint16_t *ret_code,
                        struct cursor *ret_value) {
        uint16_t length;

        if (cursor_left(options) < 4)
                return false;
        *ret_code = get16(f, options->data);
        length = get16(f, options->data + 2);
        cursor_skip(options, 4);
        if (*ret_code == OPTION_END || !cursor_take(options, length, ret_value))
                return false;
        cursor_skip(options, MIN((size_t) (-length & 3), cursor_left(options)));
        return true;
}

/* if_tsresol: a power of ten, or of two with the top bit; false where the ticks of a second need over 63 bits. */
static bool read_resolution(uint8_t value, uint64_t *ret_units) {
        unsigned power = value & 0x7f;
        uint64_t units = 1;

        if (value & 0x80) {
                if (power > 63)
                        return false;
                *ret_units = UINT64_C(1) << power;
                return true;
        }
        if (power > 19)
                return false;
        while (power-- > 0)
                units *= 10;
        *ret_units = units;
        return true;
}

/* `body`: the block without its type and lengths. */
static int read_interface(struct capture_file *f, uint64_t start, struct cursor body) {
        struct interface *i;
        struct cursor value;
        uint16_t code;

        if (cursor_left(&body) < 8)
                return fail(f, start, "interface block of %zu bytes is too short", cursor_left(&body));
        if (f->n_interfaces >= INTERFACES_MAX)
                return fail(f, start, "more than %d interfaces", INTERFACES_MAX);
        i = interface_add(f);
        if (!i)
                return -ENOMEM;
        set_link(i, get16(f, body.data));
        i->snaplen = get32(f, body.data + 4);
        cursor_skip(&body, 8);
        while (option_next(f, &body, &code, &value)) {
                size_t n = cursor_left(&value);

                if (code == OPTION_TSRESOL && n >= 1 && !read_resolution(*value.data, &i->units))
                        return fail(f, start, "clock resolution 0x%02x cannot be", *value.data);
                if (code == OPTION_TSOFFSET && n >= 8)
                        i->offset = (int64_t) get64(f, value.data);
                if (code == OPTION_FCSLEN && n >= 1)
                        i->fcs = *value.data;
        }
        return 0;
}

/* epb_flags and pack_flags: bits 5-8 are this frame's FCS length, where it is known. */
static uint8_t read_fcs(const struct capture_file *f, struct cursor options, uint8_t otherwise) {
        struct cursor value;
        uint16_t code;

        while (option_next(f, &options, &code, &value))
                if (code == OPTION_FLAGS && cursor_left(&value) >= 4 && (get32(f, value.data) >> 5 & 15))
                        return get32(f, value.data) >> 5 & 15;
        return otherwise;
}

struct packet_block {
        uint32_t interface, captured, length;
        uint32_t header; /* bytes before the data */
        bool has_time;
        uint64_t ticks;
};

static bool read_packet_header(const struct capture_file *f, uint32_t type, struct cursor body,
                               struct packet_block *ret) {
        const uint8_t *p = body.data;

        if (type == BLOCK_SIMPLE) {
                if (cursor_left(&body) < 4)
                        return false;
                *ret = (struct packet_block) { .header = 4, .length = get32(f, p) };
                ret->captured = ret->length;
                if (f->n_interfaces > 0 && f->interfaces[0].snaplen > 0)
                        ret->captured = MIN(ret->captured, f->interfaces[0].snaplen);
                ret->captured = (uint32_t) MIN((size_t) ret->captured, cursor_left(&body) - 4);
                return true;
        }
        if (cursor_left(&body) < 20)
                return false;
        *ret = (struct packet_block) {
                .header = 20,
                .interface = type == BLOCK_PACKET ? get16(f, p) : get32(f, p),
                .has_time = true,
                .ticks = (uint64_t) get32(f, p + 4) << 32 | get32(f, p + 8),
                .captured = get32(f, p + 12),
                .length = get32(f, p + 16),
        };
        return true;
}

static int read_packet(struct capture_file *f, uint64_t start, uint32_t type, struct cursor body, struct frame *ret) {
        const struct interface *i;
        struct packet_block b;
        uint32_t padded;

        if (!read_packet_header(f, type, body, &b))
                return fail(f, start, "packet block of %zu bytes is too short", cursor_left(&body));
        if (b.captured > FRAME_MAX || b.captured > cursor_left(&body) - b.header)
                return fail(f, start, "packet of %" PRIu32 " bytes in a block of %zu", b.captured, cursor_left(&body));
        if (b.interface >= f->n_interfaces)
                return fail(f, start, "packet of interface %" PRIu32 ", which is not described", b.interface);
        i = &f->interfaces[b.interface];
        if (b.has_time)
                f->last_ts = interface_time(i, b.ticks);
        cursor_skip(&body, b.header);
        padded = (uint32_t) MIN((size_t) round_up(b.captured), cursor_left(&body));
        f->run.next = body.data;
        cursor_skip(&body, padded);
        set_frame(f, i, b.captured, b.length, type == BLOCK_SIMPLE ? i->fcs : read_fcs(f, body, i->fcs), ret);
        ret->ifindex = f->interface_base + b.interface + 1;
        return 1;
}

/* A section header is the one block whose length is read only after its byte order is known. */
static int read_section(struct capture_file *f, uint64_t start) {
        uint32_t order;

        order = load_le32(here(f) + 8);
        if (order != MAGIC_BYTE_ORDER && load_be32(here(f) + 8) != MAGIC_BYTE_ORDER)
                return fail(f, start, "section header without a byte order");
        f->big_endian = order != MAGIC_BYTE_ORDER;
        if (get16(f, here(f) + 12) != 1)
                return fail(f, start, "pcapng version %d is unknown", get16(f, here(f) + 12));
        f->interface_base += (uint32_t) f->n_interfaces;
        f->n_interfaces = 0;
        return 0;
}

/* Passes a block that nobody reads, and checks that its two lengths agree. */
static int skip_block(struct capture_file *f, uint64_t start, uint32_t total) {
        int r;

        r = skip(f, total - 4);
        if (r > 0)
                r = fill(f, 4);
        if (r <= 0)
                return r < 0 ? r : fail_short(f, start, "block", total, offset_now(f) - start);
        if (round_up(get32(f, here(f))) != total)
                return fail(f, start, "block lengths %" PRIu32 " and %" PRIu32 " differ", total, get32(f, here(f)));
        f->run.next += 4;
        return 0;
}

/* Makes the whole block readable. */
static int hold_block(struct capture_file *f, uint64_t start, uint32_t total, struct cursor *ret_body) {
        uint32_t trailer;
        int r;

        if (total > BLOCK_MAX)
                return fail(f, start, "block claims %" PRIu32 " bytes, more than %" PRIu32, total, BLOCK_MAX);
        r = fill(f, total);
        if (r <= 0)
                return r < 0 ? r : fail_short(f, start, "block", total, bytes_ready(f));
        trailer = get32(f, here(f) + total - 4);
        if (round_up(trailer) != total)
                return fail(f, start, "block lengths %" PRIu32 " and %" PRIu32 " differ", total, trailer);
        *ret_body = cursor_make(here(f) + 8, total - 12);
        return 0;
}

/* Reads the type and length that each block begins with. 0: the file ends here. */
static int block_begin(struct capture_file *f, uint32_t *ret_type, uint32_t *ret_total) {
        uint64_t start;
        int r;

        r = fill(f, 12);
        start = offset_now(f);
        if (r <= 0) {
                if (r < 0 || bytes_ready(f) == 0)
                        return r;
                return fail_short(f, start, "block header", 12, bytes_ready(f));
        }
        *ret_type = get32(f, here(f));
        if (*ret_type == BLOCK_SECTION) {
                r = fill(f, 28);
                if (r <= 0)
                        return r < 0 ? r : fail_short(f, start, "section header", 28, bytes_ready(f));
                r = read_section(f, start);
                if (r < 0)
                        return r;
        }
        *ret_total = round_up(get32(f, here(f) + 4));
        if (*ret_total < (*ret_type == BLOCK_SECTION ? 28 : 12) || *ret_total & 3)
                return fail(f, start, "block claims %" PRIu32 " bytes", *ret_total);
        return 1;
}

static int pcapng_next(struct capture_file *f, struct frame *ret) {
        for (;;) {
                uint32_t type, total;
                struct cursor body;
                const uint8_t *end;
                uint64_t start;
                int r;

                r = block_begin(f, &type, &total);
                if (r <= 0)
                        return r;
                start = offset_now(f);
                if (type != BLOCK_INTERFACE && type != BLOCK_PACKET && type != BLOCK_SIMPLE && type != BLOCK_ENHANCED) {
                        r = skip_block(f, start, total);
                        if (r < 0)
                                return r;
                        continue;
                }
                r = hold_block(f, start, total, &body);
                if (r < 0)
                        return r;
                end = f->run.next + total;
                r = type == BLOCK_INTERFACE ? read_interface(f, start, body) : read_packet(f, start, type, body, ret);
                if (r < 0)
                        return r;
                f->run.next = end;
                if (r > 0)
                        return 1;
        }
}

static int recognise(struct capture_file *f) {
        int r;

        r = fill(f, 4);
        if (r <= 0)
                return r < 0 ? r : -EMEDIUMTYPE;
        for (int big = 0; big < 2; big++) {
                uint32_t magic;

                f->big_endian = big;
                magic = get32(f, here(f));
                if (magic == BLOCK_SECTION) {
                        f->pcapng = true;
                        return 0;
                }
                if (magic == MAGIC_MICROSECONDS || magic == MAGIC_NANOSECONDS || magic == MAGIC_MODIFIED)
                        return pcap_open(f, magic);
        }
        return -EMEDIUMTYPE;
}

static int open_path(const char *path, bool *ret_own) {
        struct stat st;
        int fd;

        *ret_own = strcmp(path, "-") != 0;
        fd = *ret_own ? open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY) : fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3);
        if (fd < 0)
                return -errno;
        if (fstat(fd, &st) == 0 && S_ISDIR(st.st_mode)) {
                close(fd);
                return -EISDIR;
        }
        return fd;
}

DEFINE_CLEANUP(struct capture_file *, capture_file_close)

int capture_file_open(const char *path, struct capture_file **ret) {
        _cleanup_(capture_file_closep) struct capture_file *f = NULL;
        _cleanup_(closep) int fd = -1;
        bool own;
        int r;

        fd = open_path(path, &own);
        if (fd < 0)
                return fd;
        f = calloc(1, sizeof *f);
        if (!f)
                return -ENOMEM;
        f->run.next = f->run.end = f->buffer;
        f->gz = gzdopen(fd, "rb");
        if (!f->gz)
                return -ENOMEM;
        f->fd = own ? fd : -1;
        TAKE_FD(fd);
        r = recognise(f);
        /* A file that breaks off in its header is a damaged capture file, which the first read says. */
        if (r < 0 && r != -EBADMSG)
                return r;
        *ret = TAKE_PTR(f);
        return 0;
}

struct capture_file *capture_file_close(struct capture_file *f) {
        if (!f)
                return NULL;
        frame_view_free(f->view);
        if (f->gz)
                gzclose_r(f->gz);
        free(f->interfaces);
        free(f);
        return NULL;
}

/* By a few of those that were read and not given yet. */
static bool has_long_frames(struct frame_run run) {
        size_t n = 0, bytes = 0;
        struct frame frame;

        for (; n < 16 && frame_run_next(&run, &frame); n++)
                bytes += FRAME_RUN_HEADER + frame.captured;
        return n > 0 && bytes >= n * FRAME_VIEW_LONG;
}

/* Small files are read before their window is open, and damaged ones have to be read to say where. */
static void open_view(struct capture_file *f) {
        struct stat st;

        if (f->fd < 0 || !gzdirect(f->gz) || fstat(f->fd, &st) < 0 || !S_ISREG(st.st_mode) ||
            (uint64_t) st.st_size < offset_now(f) + 2 * FRAME_VIEW_SIZE ||
            frame_view_new(&f->view, f->fd, offset_now(f), (uint64_t) st.st_size, f->buffer) < 0)
                return;
        f->base = offset_now(f);
        f->run.next = f->run.end = f->buffer;
        f->run.share = frame_view_frames(f->view);
}

static int fail_shrunk(struct capture_file *f) {
        struct strbuf b = STRBUF(f->error);

        strbuf_printf(&b, "cut off at byte %" PRIu64 ": the file has become shorter", f->base);
        f->failed = true;
        return -EBADMSG;
}

/* From where the view has come to frames are read into the buffer; all of them, where somebody changes what it shows. */
static int leave_view(struct capture_file *f) {
        struct stat st;

        f->base = frame_view_offset(f->view);
        f->shares = f->run.share->next == f->run.share->end;
        f->run.share = NULL;
        f->view = frame_view_free(f->view);
        f->ended = false;
        if (fstat(f->fd, &st) == 0 && (uint64_t) st.st_size < f->base)
                return fail_shrunk(f);
        return gzseek(f->gz, (z_off_t) f->base, SEEK_SET) < 0 ? fail_read(f) : 0;
}

static int view_next(struct capture_file *f, struct frame *ret) {
        if (frame_run_next(&f->run, ret) || (frame_view_move(f->view) && frame_run_next(&f->run, ret)))
                return 1;
        return leave_view(f);
}

int capture_file_next(struct capture_file *f, struct frame *ret) {
        int r;

        if (f->failed)
                return -EBADMSG;
        if (f->view) {
                r = view_next(f, ret);
                if (r != 0)
                        return r;
        }
        if (f->plain && frame_run_next(&f->run, ret))
                return 1;
        return f->pcapng ? pcapng_next(f, ret) : pcap_next(f, ret);
}

struct frame_run *capture_file_run(struct capture_file *f) {
        if (!f->plain || f->failed)
                return NULL;
        if (f->shares && !f->view && has_long_frames(f->run))
                open_view(f);
        return &f->run;
}

void capture_file_share(struct capture_file *f) {
        f->shares = true;
}

const char *capture_file_error(const struct capture_file *f) {
        return f->failed ? f->error : NULL;
}
