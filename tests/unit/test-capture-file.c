/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/unit/cmocka-all.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "common/cleanup.h"
#include "daemon/capture-file.h"
#include "tests/unit/frame-builder.h"

DEFINE_CLEANUP(struct capture_file *, capture_file_close)

/* Opens bytes as a file. */
static int open_bytes(const void *bytes, size_t n, struct capture_file **ret) {
        _cleanup_(closep) int fd = memfd_create("capture", MFD_CLOEXEC);
        char path[32];

        assert_true(fd >= 0);
        assert_int_equal(write(fd, bytes, n), n);
        snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
        return capture_file_open(path, ret);
}

static int open_hex(const char *hex, struct capture_file **ret) {
        struct builder b = {};

        put_hex(&b, hex);
        return open_bytes(b.data, b.length, ret);
}

static void assert_error(const struct capture_file *file, const char *text) {
        if (!capture_file_error(file) || !strstr(capture_file_error(file), text))
                fail_msg("\"%s\" is not in \"%s\"", text, capture_file_error(file) ?: "");
}

/* pcap: magic, version 2.4, zone, accuracy, snap length, link type; then seconds, fraction, captured, length */
#define PCAP_LE "d4c3b2a1 0200 0400 00000000 00000000 ffff0000 01000000"
#define RECORD_LE "00f15365 05000000 04000000 06000000 aabbccdd"
#define PCAP_BE_NS "a1b23c4d 0002 0004 00000000 00000000 0000ffff 00000065"
#define RECORD_BE "6553f100 00000005 00000002 00000002 eeff"

static void pcap_is_read_in_either_byte_order(void **state _unused_) {
        _cleanup_(capture_file_closep) struct capture_file *little = NULL, *big = NULL;
        struct frame frame;

        assert_int_equal(open_hex(PCAP_LE RECORD_LE RECORD_LE, &little), 0);
        assert_int_equal(capture_file_next(little, &frame), 1);
        assert_int_equal(frame.ts, UINT64_C(1700000000000005000));
        assert_int_equal(frame.number, 1);
        assert_int_equal(frame.linktype, 1);
        assert_int_equal(frame.captured, 4);
        assert_int_equal(frame.length, 6);
        assert_memory_equal(frame.data, "\xaa\xbb\xcc\xdd", 4);
        assert_int_equal(capture_file_next(little, &frame), 1);
        assert_int_equal(frame.number, 2);
        assert_int_equal(capture_file_next(little, &frame), 0);
        assert_null(capture_file_error(little));

        assert_int_equal(open_hex(PCAP_BE_NS RECORD_BE, &big), 0);
        assert_int_equal(capture_file_next(big, &frame), 1);
        assert_int_equal(frame.ts, UINT64_C(1700000000000000005));
        assert_int_equal(frame.linktype, 101);
        assert_int_equal(capture_file_next(big, &frame), 0);
}

static void old_and_modified_records_are_read(void **state _unused_) {
        _cleanup_(capture_file_closep) struct capture_file *modified = NULL, *old = NULL, *between = NULL;
        struct frame frame;

        /* 24-byte record headers: interface 3, protocol, packet type, padding */
        assert_int_equal(open_hex("34cdb2a1 0200 0400 00000000 00000000 ffff0000 01000000"
                                  "00f15365 05000000 02000000 02000000 03000000 0008 00 00 aabb", &modified), 0);
        assert_int_equal(capture_file_next(modified, &frame), 1);
        assert_int_equal(frame.ifindex, 3);
        assert_memory_equal(frame.data, "\xaa\xbb", 2);
        assert_int_equal(capture_file_next(modified, &frame), 0);

        /* version 2.2 gives the length on the wire first */
        assert_int_equal(open_hex("d4c3b2a1 0200 0200 00000000 00000000 ffff0000 01000000"
                                  "00f15365 05000000 06000000 02000000 aabb", &old), 0);
        assert_int_equal(capture_file_next(old, &frame), 1);
        assert_int_equal(frame.captured, 2);
        assert_int_equal(frame.length, 6);

        /* version 2.3 may */
        assert_int_equal(open_hex("d4c3b2a1 0200 0300 00000000 00000000 ffff0000 01000000"
                                  "00f15365 05000000 06000000 02000000 aabb"
                                  "00f15365 05000000 02000000 06000000 aabb", &between), 0);
        for (unsigned i = 0; i < 2; i++) {
                assert_int_equal(capture_file_next(between, &frame), 1);
                assert_int_equal(frame.captured, 2);
                assert_int_equal(frame.length, 6);
        }
}

static void fcs_in_the_link_type_is_not_part_of_the_frame(void **state _unused_) {
        _cleanup_(capture_file_closep) struct capture_file *told = NULL, *untold = NULL;
        struct frame frame;

        /* two 16-bit words, and the bit that says so */
        assert_int_equal(open_hex("d4c3b2a1 0200 0400 00000000 00000000 ffff0000 01000024"
                                  "00f15365 05000000 06000000 06000000 aabbffffffff", &told), 0);
        assert_int_equal(capture_file_next(told, &frame), 1);
        assert_int_equal(frame.linktype, 1);
        assert_int_equal(frame.captured, 2);
        assert_int_equal(frame.length, 2);

        assert_int_equal(open_hex("d4c3b2a1 0200 0400 00000000 00000000 ffff0000 01000020"
                                  "00f15365 05000000 06000000 06000000 aabbffffffff", &untold), 0);
        assert_int_equal(capture_file_next(untold, &frame), 1);
        assert_int_equal(frame.linktype, 1);
        assert_int_equal(frame.length, 6);
}

static void cut_off_file_gives_what_was_readable_and_the_offset(void **state _unused_) {
        struct builder b = {};

        put_hex(&b, PCAP_LE RECORD_LE RECORD_LE);
        for (size_t n = 4; n < b.length; n++) {
                _cleanup_(capture_file_closep) struct capture_file *file = NULL;
                size_t frames = 0;
                struct frame frame;
                int r;

                assert_int_equal(open_bytes(b.data, n, &file), 0);
                while ((r = capture_file_next(file, &frame)) > 0)
                        frames++;
                assert_int_equal(frames, n < 44 ? 0 : 1);
                if (n == 24 || n == 44) {
                        assert_int_equal(r, 0);
                        continue;
                }
                assert_int_equal(r, -EBADMSG);
                assert_error(file, n < 24   ? "cut off at byte 0:"
                                   : n < 44 ? "cut off at byte 24:"
                                            : "cut off at byte 44:");
                assert_int_equal(capture_file_next(file, &frame), -EBADMSG);
        }
}

static void length_that_lies_is_refused(void **state _unused_) {
        _cleanup_(capture_file_closep) struct capture_file *file = NULL;
        struct frame frame;

        assert_int_equal(open_hex(PCAP_LE RECORD_LE "00f15365 05000000 ffffff7f ffffff7f aabb", &file), 0);
        assert_int_equal(capture_file_next(file, &frame), 1);
        assert_int_equal(capture_file_next(file, &frame), -EBADMSG);
        assert_error(file, "damaged at byte 44: record claims 2147483647 bytes");
}

/* pcapng blocks, little-endian: type, length, body, length */
#define SECTION_LE "0a0d0d0a 1c000000 4d3c2b1a 0100 0000 ffffffffffffffff 1c000000"
#define ETHERNET_LE "01000000 14000000 0100 0000 00000000 14000000"
/* raw IP, nanoseconds (9: 9), an hour later (14: 3600) */
#define RAW_LE "01000000 2c000000 6500 0000 00000000 0900 0100 09000000 0e00 0800 100e000000000000 0000 0000 2c000000"
#define PACKET_LE(interface, high, low) \
        "06000000 24000000 " interface "000000" high low "02000000 03000000 aabb0000 24000000"

static void pcapng_interfaces_have_their_own_clock_and_link(void **state _unused_) {
        _cleanup_(capture_file_closep) struct capture_file *file = NULL;
        struct frame frame;

        assert_int_equal(open_hex(SECTION_LE ETHERNET_LE RAW_LE
                                  PACKET_LE("00", "240a0600", "05c0e5a9") /* 0x60a24a9e5c005 us */
                                  PACKET_LE("01", "00000000", "07000000"), &file), 0);
        assert_int_equal(capture_file_next(file, &frame), 1);
        assert_int_equal(frame.linktype, 1);
        assert_int_equal(frame.ifindex, 1);
        assert_int_equal(frame.ts, UINT64_C(0x60a24a9e5c005) * 1000);
        assert_int_equal(frame.captured, 2);
        assert_int_equal(frame.length, 3);
        assert_memory_equal(frame.data, "\xaa\xbb", 2);
        assert_int_equal(capture_file_next(file, &frame), 1);
        assert_int_equal(frame.linktype, 101);
        assert_int_equal(frame.ifindex, 2);
        assert_int_equal(frame.ts, 3600 * NSEC_PER_SEC + 7);
        assert_int_equal(capture_file_next(file, &frame), 0);
}

static void pcapng_sections_start_anew_in_their_own_byte_order(void **state _unused_) {
        _cleanup_(capture_file_closep) struct capture_file *file = NULL;
        struct frame frame;

        assert_int_equal(open_hex(SECTION_LE ETHERNET_LE PACKET_LE("00", "00000000", "01000000")
                                  /* big-endian: SLL with 2^20 ticks a second and a four-byte FCS; half a second */
                                  "0a0d0d0a 0000001c 1a2b3c4d 0001 0000 ffffffffffffffff 0000001c"
                                  "00000001 00000028 0071 0000 00000000"
                                  "0009 0001 94000000 000d 0001 04000000 0000 0000 00000028"
                                  "00000006 00000028 00000000 00000000 00080000"
                                  "00000006 00000006 aabbffffffff 0000 00000028",
                                  &file), 0);
        assert_int_equal(capture_file_next(file, &frame), 1);
        assert_int_equal(frame.ts, 1000);
        assert_int_equal(capture_file_next(file, &frame), 1);
        assert_int_equal(frame.linktype, 113);
        assert_int_equal(frame.ts, NSEC_PER_SEC / 2);
        assert_int_equal(frame.ifindex, 2);
        assert_int_equal(frame.captured, 2);
        assert_int_equal(frame.length, 2);
        assert_int_equal(capture_file_next(file, &frame), 0);
}

static void simple_old_and_unknown_blocks_are_understood(void **state _unused_) {
        _cleanup_(capture_file_closep) struct capture_file *file = NULL;
        struct frame frame;

        assert_int_equal(open_hex(SECTION_LE "01000000 14000000 0100 0000 02000000 14000000" /* snap length 2 */
                                  "05000000 10000000 00000000 10000000"                      /* statistics */
                                  "ad0b0000 10000000 01020304 10000000"                      /* somebody's own */
                                  "03000000 14000000 06000000 aabb0000 14000000"             /* simple: cut at 2 of 6 */
                                  "02000000 24000000 0000 0000 00000000 08000000 02000000 02000000 ccdd0000 24000000",
                                  &file), 0);
        assert_int_equal(capture_file_next(file, &frame), 1);
        assert_int_equal(frame.captured, 2);
        assert_int_equal(frame.length, 6);
        assert_memory_equal(frame.data, "\xaa\xbb", 2);
        assert_int_equal(capture_file_next(file, &frame), 1);
        assert_int_equal(frame.ts, 8000);
        assert_memory_equal(frame.data, "\xcc\xdd", 2);
        assert_int_equal(capture_file_next(file, &frame), 0);
}

/* Damage, and what is said about it; the packet before it is still read. */
static const struct {
        const char *name, *hex, *error;
} damaged[] = {
        { "no such interface", PACKET_LE("07", "00000000", "01000000"), "at byte 84: packet of interface 7" },
        { "packet longer than its block", "06000000 20000000 00000000 00000000 00000000 00010000 00010000 20000000",
          "at byte 84: packet of 256 bytes in a block of 20" },
        { "lengths differ", "05000000 10000000 00000000 14000000", "at byte 84: block lengths 16 and 20 differ" },
        { "packet lengths differ", "06000000 24000000 00000000 00000000 00000000 02000000 03000000 aabb0000 28000000",
          "at byte 84: block lengths 36 and 40 differ" },
        { "block too short", "05000000 08000000 08000000", "at byte 84: block claims 8 bytes" },
        { "block too long to hold", "06000000 00000040 00000000", "at byte 84: block claims 1073741824 bytes" },
        { "packet block too short", "06000000 10000000 00000000 10000000", "at byte 84: packet block of 4 bytes" },
        { "block cut off", "05000000 10000000 0000", "cut off at byte 84: block header of 12 bytes, 10 left" },
        { "long block cut off", "05000000 00000040 00000000",
          "cut off at byte 84: block of 1073741824 bytes, 12 left" },
        { "section without byte order", "0a0d0d0a 1c000000 01020304 0100 0000 ffffffffffffffff 1c000000",
          "at byte 84: section header without a byte order" },
        { "another version", "0a0d0d0a 1c000000 4d3c2b1a 0200 0000 ffffffffffffffff 1c000000",
          "at byte 84: pcapng version 2" },
        { "impossible clock", "01000000 20000000 0100 0000 00000000 0900 0100 ff000000 00000000 20000000",
          "at byte 84: clock resolution 0xff" },
        { "interface too short", "01000000 10000000 01000000 10000000", "at byte 84: interface block of 4 bytes" },
};

static void damage_is_told_with_its_offset(void **state _unused_) {
        for (size_t i = 0; i < ELEMENTSOF(damaged); i++) {
                _cleanup_(capture_file_closep) struct capture_file *file = NULL;
                struct builder b = {};
                struct frame frame;

                put_hex(&b, SECTION_LE ETHERNET_LE PACKET_LE("00", "00000000", "01000000"));
                put_hex(&b, damaged[i].hex);
                assert_int_equal(open_bytes(b.data, b.length, &file), 0);
                assert_int_equal(capture_file_next(file, &frame), 1);
                if (capture_file_next(file, &frame) != -EBADMSG)
                        fail_msg("%s", damaged[i].name);
                assert_error(file, damaged[i].error);
        }
}

static void times_that_do_not_fit_are_clamped(void **state _unused_) {
        _cleanup_(capture_file_closep) struct capture_file *late = NULL, *early = NULL;
        struct frame frame;

        /* one tick a second: 2^63 seconds are more than 64 bits of nanoseconds */
        assert_int_equal(open_hex(SECTION_LE "01000000 20000000 0100 0000 00000000 0900 0100 00000000 00000000 20000000"
                                  PACKET_LE("00", "ffffffff", "ffffffff"), &late), 0);
        assert_int_equal(capture_file_next(late, &frame), 1);
        assert_int_equal(frame.ts, UINT64_MAX);
        /* a day before 1970 */
        assert_int_equal(open_hex(SECTION_LE "01000000 24000000 0100 0000 00000000"
                                  "0e00 0800 80aefeffffffffff 00000000 24000000"
                                  PACKET_LE("00", "00000000", "01000000"), &early), 0);
        assert_int_equal(capture_file_next(early, &frame), 1);
        assert_int_equal(frame.ts, 0);
}

static void other_files_are_refused(void **state _unused_) {
        struct capture_file *file = NULL;

        assert_int_equal(open_hex("", &file), -EMEDIUMTYPE);
        assert_int_equal(open_hex("7f454c46 00000000", &file), -EMEDIUMTYPE);
        assert_int_equal(capture_file_open("/", &file), -EISDIR);
        assert_int_equal(capture_file_open("/nonexistent/file", &file), -ENOENT);
        assert_null(file);
}

/* Frames enough to refill the buffer many times; each must stay whole. */
static size_t build_long(uint8_t *out, size_t frames, size_t size) {
        struct builder b = {};
        uint8_t *p = out;

        put_hex(&b, PCAP_LE);
        memcpy(p, b.data, b.length);
        p += b.length;
        for (size_t i = 0; i < frames; i++) {
                uint32_t header[] = { htole32(1), 0, htole32((uint32_t) size), htole32((uint32_t) size) };

                memcpy(p, header, sizeof header);
                memset(p + sizeof header, (int) i, size);
                p += sizeof header + size;
        }
        return (size_t) (p - out);
}

static void assert_long(struct capture_file *file, size_t frames, size_t size) {
        struct frame frame;

        for (size_t i = 0; i < frames; i++) {
                assert_int_equal(capture_file_next(file, &frame), 1);
                assert_int_equal(frame.captured, size);
                assert_int_equal(frame.data[0], (uint8_t) i);
                assert_int_equal(frame.data[size - 1], (uint8_t) i);
        }
        assert_int_equal(capture_file_next(file, &frame), 0);
}

static void frames_across_buffer_ends_stay_whole(void **state _unused_) {
        _cleanup_(freep) uint8_t *bytes = malloc(64 << 20);
        static const size_t sizes[] = { 61, 1499, 65521, 262144 };

        assert_non_null(bytes);
        for (size_t i = 0; i < ELEMENTSOF(sizes); i++) {
                _cleanup_(capture_file_closep) struct capture_file *file = NULL;
                size_t frames = 4000000 / sizes[i], n = build_long(bytes, frames, sizes[i]);

                assert_int_equal(open_bytes(bytes, n, &file), 0);
                assert_long(file, frames, sizes[i]);
        }
}

static size_t compress_bytes(const uint8_t *in, size_t n, uint8_t *out, size_t size) {
        z_stream z = { .next_in = (uint8_t *) in, .avail_in = (unsigned) n,
                       .next_out = out, .avail_out = (unsigned) size };

        assert_int_equal(deflateInit2(&z, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
        assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
        deflateEnd(&z);
        return z.total_out;
}

static void gzip_is_read_and_its_damage_told(void **state _unused_) {
        _cleanup_(capture_file_closep) struct capture_file *whole = NULL, *cut = NULL;
        _cleanup_(freep) uint8_t *plain = malloc(4 << 20), *packed = malloc(4 << 20);
        struct frame frame;
        size_t n;
        int r;

        assert_non_null(plain);
        assert_non_null(packed);
        n = compress_bytes(plain, build_long(plain, 2000, 1500), packed, 4 << 20);
        assert_int_equal(open_bytes(packed, n, &whole), 0);
        assert_long(whole, 2000, 1500);

        assert_int_equal(open_bytes(packed, n / 2, &cut), 0);
        while ((r = capture_file_next(cut, &frame)) > 0)
                ;
        assert_int_equal(r, -EBADMSG);
        assert_true(frame.number > 100);
        assert_error(cut, "compressed data damaged at byte");
}

/* A pipe gives bytes in pieces and cannot seek. */
static void standard_input_may_be_a_pipe(void **state _unused_) {
        _cleanup_(capture_file_closep) struct capture_file *file = NULL;
        _cleanup_(closep) int saved = dup(STDIN_FILENO);
        struct builder b = {};
        struct frame frame;
        int ends[2];

        put_hex(&b, PCAP_LE RECORD_LE);
        assert_int_equal(pipe(ends), 0);
        assert_int_equal(write(ends[1], b.data, b.length), b.length);
        close(ends[1]);
        assert_int_equal(dup2(ends[0], STDIN_FILENO), STDIN_FILENO);
        close(ends[0]);
        assert_int_equal(capture_file_open("-", &file), 0);
        assert_int_equal(capture_file_next(file, &frame), 1);
        assert_int_equal(frame.captured, 4);
        assert_int_equal(capture_file_next(file, &frame), 0);
        if (saved >= 0)
                dup2(saved, STDIN_FILENO);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(pcap_is_read_in_either_byte_order),
                cmocka_unit_test(old_and_modified_records_are_read),
                cmocka_unit_test(fcs_in_the_link_type_is_not_part_of_the_frame),
                cmocka_unit_test(cut_off_file_gives_what_was_readable_and_the_offset),
                cmocka_unit_test(length_that_lies_is_refused),
                cmocka_unit_test(pcapng_interfaces_have_their_own_clock_and_link),
                cmocka_unit_test(pcapng_sections_start_anew_in_their_own_byte_order),
                cmocka_unit_test(simple_old_and_unknown_blocks_are_understood),
                cmocka_unit_test(damage_is_told_with_its_offset),
                cmocka_unit_test(times_that_do_not_fit_are_clamped),
                cmocka_unit_test(other_files_are_refused),
                cmocka_unit_test(frames_across_buffer_ends_stay_whole),
                cmocka_unit_test(gzip_is_read_and_its_damage_told),
                cmocka_unit_test(standard_input_may_be_a_pipe),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
