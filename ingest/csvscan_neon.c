#include "ingest/csvscan_paths.h"

#ifdef __aarch64__

#include "ingest/csvscan_kernel.h"

#include <arm_neon.h>

/* One bit a byte: each lane keeps the bit of its place, then neighbours are added three times. */
static inline uint64_t S_equal(const uint8x16_t block[4], char byte)
{
    static const uint8_t place[16] = {1, 2, 4, 8, 16, 32, 64, 128, 1, 2, 4, 8, 16, 32, 64, 128};
    uint8x16_t bit = vld1q_u8(place), pattern = vdupq_n_u8((uint8_t)byte), lane[4];
    for (int i = 0; i < 4; i++)
        lane[i] = vandq_u8(vceqq_u8(block[i], pattern), bit);
    uint8x16_t sum = vpaddq_u8(vpaddq_u8(lane[0], lane[1]), vpaddq_u8(lane[2], lane[3]));
    sum = vpaddq_u8(sum, sum);
    return vgetq_lane_u64(vreinterpretq_u64_u8(sum), 0);
}

static inline void S_masks(const char *text, struct csv_syntax syntax, struct masks *m)
{
    uint8x16_t block[4];
    for (int i = 0; i < 4; i++)
        block[i] = vld1q_u8((const uint8_t *)text + 16 * i);
    m->quote = syntax.has_quote ? S_equal(block, syntax.quote) : 0;
    m->delimiter = S_equal(block, syntax.delimiter);
    m->cr = S_equal(block, '\r');
    m->lf = S_equal(block, '\n');
}

static inline uint64_t S_prefix_xor(uint64_t bits)
{
    for (unsigned shift = 1; shift < 64; shift *= 2)
        bits ^= bits << shift;
    return bits;
}

size_t csvscan_neon(struct csvscan *s, struct str text, struct csv_syntax syntax)
{
    return S_scan(s, text, syntax);
}

#endif
