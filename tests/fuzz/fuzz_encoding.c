/*
 * Any bytes as text in some encoding: what comes out is UTF-8 but for the byte that marks what is malformed, the same
 * in one piece and in many; what UTF-8 is, and what UTF-16 says, agrees with slow twins; a detected encoding is one
 * that there is. The first byte chooses the encoding, the second the pieces.
 */
#include <unistd.h>

#include "base/charset.h"
#include "ingest/ingest.h"
#include "ingest/input.h"
#include "tests/fuzz/fuzz.h"
#include "tests/ingest/transcript.h"

static const char *const NAMES[] = {"UTF-8",       "UTF-16LE",    "UTF-16BE",     "UTF-32LE", "windows-1252",
                                    "ISO-8859-1",  "ISO-8859-15", "Shift_JIS",    "GB18030",  "EUC-KR",
                                    "ISO-2022-JP", "UTF-7",       "windows-1251", "Big5",     "US-ASCII",
                                    "UTF-16",      "IBM037",      "no-such-thing"};

/* Bytes of the sequence at the front by the table of RFC 3629; 0: none. */
static size_t S_sequence_twin(struct str s)
{
    unsigned char b[4] = {0};
    memcpy(b, s.ptr, s.len < 4 ? s.len : 4);
    size_t n = b[0] < 0x80 ? 1 : b[0] < 0xc0 ? 0 : b[0] < 0xe0 ? 2 : b[0] < 0xf0 ? 3 : b[0] < 0xf8 ? 4 : 0;
    uint32_t c = n == 1 ? b[0] : n == 2 ? b[0] & 31u : n == 3 ? b[0] & 15u : b[0] & 7u;
    static const uint32_t LEAST[] = {0, 0, 0x80, 0x800, 0x10000};
    if (n == 0 || n > s.len)
        return 0;
    for (size_t i = 1; i < n; i++) {
        if (b[i] >> 6 != 2)
            return 0;
        c = c << 6 | (b[i] & 63u);
    }
    return c < LEAST[n] || c > 0x10ffff || (c >= 0xd800 && c < 0xe000) ? 0 : n;
}

static size_t S_invalid_twin(struct str s)
{
    size_t at = 0, n = 1;
    while (at < s.len && (n = S_sequence_twin(str_sub(s, at, s.len))) > 0)
        at += n;
    return at;
}

/* Little-endian; an unpaired surrogate and a byte left over are malformed, the two together once. */
static void S_utf16_twin(struct str s, struct buf *out)
{
    for (size_t i = 0; i < s.len; i += 2) {
        const unsigned char *p = (const unsigned char *)s.ptr + i;
        uint32_t c = i + 1 < s.len ? (uint32_t)p[0] | (uint32_t)p[1] << 8 : 0xdc00;
        uint32_t next = i + 3 < s.len ? (uint32_t)p[2] | (uint32_t)p[3] << 8 : 0;
        if (c >= 0xd800 && c < 0xdc00 && next >= 0xdc00 && next < 0xe000) {
            buf_utf8(out, 0x10000 + ((c - 0xd800) << 10) + (next - 0xdc00));
            i += 2;
        } else if (c >= 0xd800 && c < 0xe000) {
            buf_byte(out, (char)0xff);
            i += c < 0xdc00 && s.len - i == 3;
        } else {
            buf_utf8(out, c);
        }
    }
}

static void S_check_output(struct str text)
{
    while (text.len) {
        size_t at = charset_utf8_invalid(text);
        fuzz_require(at == text.len || (unsigned char)text.ptr[at] == 0xff, "neither UTF-8 nor the mark");
        text = str_sub(text, at < text.len ? at + 1 : at, text.len);
    }
}

static void S_convert(const char *name, struct str bytes, size_t piece, struct buf *out)
{
    struct charset_converter *c;
    struct idem_error err;
    if (charset_open(str_from(name), &c, &err) != IDEM_OK)
        return;
    do {
        struct str part = str_sub(bytes, 0, piece < bytes.len ? piece : bytes.len);
        bytes = str_sub(bytes, part.len, bytes.len);
        charset_convert(c, part, !bytes.len, out);
    } while (bytes.len);
    charset_close(c);
}

static void S_check_conversion(unsigned which, struct str bytes, size_t piece)
{
    struct buf whole = {0}, pieces = {0}, twin = {0};
    S_convert(NAMES[which], bytes, SIZE_MAX, &whole);
    S_convert(NAMES[which], bytes, piece, &pieces);
    fuzz_require(str_eq(buf_view(&whole), buf_view(&pieces)), "pieces give another text");
    S_check_output(buf_view(&whole));
    if (which == 1) {
        S_utf16_twin(bytes, &twin);
        fuzz_require(str_eq(buf_view(&whole), buf_view(&twin)), "another text than the twin's");
    }
    buf_deinit(&whole);
    buf_deinit(&pieces);
    buf_deinit(&twin);
}

static void S_check_detection(struct str bytes)
{
    char name[32];
    struct charset_converter *c;
    struct idem_error err;
    int confidence = charset_detect(bytes, name);
    fuzz_require(confidence >= 0 && confidence <= 100, "no such confidence");
    fuzz_require(charset_open(str_from(name), &c, &err) == IDEM_OK, "an encoding that there is not");
    charset_close(c);
}

/* The same through a file, as apply reads it and as init looks at it. */
static void S_check_file(const char *encoding, struct str bytes, size_t room)
{
    char path[64], text[256];
    struct arena a = {0};
    struct reader_facts facts;
    struct input *in;
    struct idem_error err = {0};
    int fd = memory_file(bytes, path), confidence;
    size_t len = 0;
    enum idem_status status = ingest_sniff(path, &a, &facts, &confidence, &err);
    fuzz_require(status == IDEM_OK || err.message[0], "an error without a message");
    if (input_open(path, str_from(encoding), &in, &err) == IDEM_OK) {
        do
            status = input_read(in, text, room < sizeof text ? room : sizeof text, &len, &err);
        while (status == IDEM_OK && len);
        fuzz_require(input_encoding(in).len > 0, "an encoding without a name");
        input_close(in);
    }
    arena_deinit(&a);
    close(fd);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    if (len < 2)
        return 0;
    struct str bytes = fuzz_text(data + 2, len - 2);
    unsigned which = data[0] % COUNT_OF(NAMES);
    fuzz_require(charset_utf8_invalid(bytes) == S_invalid_twin(bytes), "UTF-8, or not, unlike the twin");
    S_check_conversion(which, bytes, 1 + data[1] % 32u);
    S_check_detection(bytes);
    S_check_file(data[1] & 128 ? NAMES[which] : "", bytes, 1 + (data[1] & 127));
    return 0;
}
