#include "engine/apply_digest.h"

#include <stdio.h>

#include "base/parallel.h"
#include "engine/hashed.h"
#include "normalize/normalize.h"

enum { ROWS_A_PIECE = 8192, DIGEST_BYTES = 32 };

static void S_number(struct buf *out, uint64_t n)
{
    uint8_t bytes[8];
    for (int i = 0; i < 8; i++)
        bytes[i] = (uint8_t)(n >> 8 * i);
    buf_add(out, bytes, sizeof bytes);
}

static void S_text(struct buf *out, struct str text)
{
    S_number(out, text.len);
    buf_str(out, text);
}

struct digest_work {
    const struct apply_run *run;
    uint8_t (*piece)[DIGEST_BYTES];
};

/* Sums do not depend on the order of rows. */
static void S_add(uint8_t sum[DIGEST_BYTES], const uint8_t more[DIGEST_BYTES])
{
    unsigned carry = 0;
    for (int i = 0; i < DIGEST_BYTES; i++) {
        carry += (unsigned)sum[i] + more[i];
        sum[i] = (uint8_t)carry;
        carry >>= 8;
    }
}

/* What was read, in whatever order: a first run's hashed record ids, and the order of their rows, are nobody's. */
static void S_unordered_piece(void *context, size_t item, unsigned worker)
{
    struct digest_work *w = context;
    const struct apply_run *r = w->run;
    const struct batch *b = &r->load.batch;
    uint32_t from = (uint32_t)item * ROWS_A_PIECE, to = from + ROWS_A_PIECE;
    struct buf text = {0};
    (void)worker;
    memset(w->piece[item], 0, DIGEST_BYTES);
    for (uint32_t row = from; row < to && row < b->n_rows; row++) {
        uint8_t digest[DIGEST_BYTES];
        buf_clear(&text);
        S_text(&text, b->source_name[b->source[row]]);
        S_number(&text, load_fingerprint(&r->load, row));
        seal_digest(buf_view(&text), digest);
        S_add(w->piece[item], digest);
    }
    buf_deinit(&text);
}

static void S_piece(void *context, size_t item, unsigned worker)
{
    struct digest_work *w = context;
    const struct apply_run *r = w->run;
    const struct batch *b = &r->load.batch;
    uint32_t from = (uint32_t)item * ROWS_A_PIECE, to = from + ROWS_A_PIECE;
    struct buf text = {0};
    (void)worker;
    for (uint32_t row = from; row < to && row < b->n_rows; row++) {
        S_text(&text, b->source_name[b->source[row]]);
        S_text(&text, b->record_id[row]);
        S_number(&text, r->first_keys ? load_fingerprint(&r->load, row) : r->hash[row]);
        S_number(&text, r->assigned.master[r->matching.clusters.cluster[row]]);
    }
    seal_digest(buf_view(&text), w->piece[item]);
    buf_deinit(&text);
}

static void S_rows(const struct apply_run *r, size_t n, struct digest_work *work, struct buf *whole)
{
    bool unordered = r->first_keys && hashed_ids_any(r->config);
    parallel_for(r->threads, n, unordered ? S_unordered_piece : S_piece, work);
    for (size_t i = 1; i < n && unordered; i++)
        S_add(work->piece[0], work->piece[i]);
    buf_add(whole, work->piece, (unordered && n ? 1 : n) * DIGEST_BYTES);
}

static void S_model(const struct apply_run *r, struct buf *whole)
{
    struct buf model = {0};
    model_pack(&r->model, &model);
    S_text(whole, buf_view(&model));
    buf_deinit(&model);
}

/* Tokens that are made before there is a database have a key that nobody sees again: what a first run with hashed
 * fields reads and finds is told without them, and without the model, which follows from that; with hashed record ids
 * what it reads is told, and not which records it joins, for what stands first among equals may hang on the tokens. */
void apply_digest(struct apply_run *r, char text[APPLY_DIGEST + 1])
{
    size_t n = ((size_t)r->load.batch.n_rows + ROWS_A_PIECE - 1) / ROWS_A_PIECE;
    uint8_t digest[DIGEST_BYTES];
    struct digest_work work = {r, xmalloc((n + 1) * DIGEST_BYTES)};
    struct buf whole = {0};
    apply_hashes(r);
    S_text(&whole, r->config->text);
    S_text(&whole, str_from(normalize_version()));
    S_number(&whole, (uint64_t)r->change_seq);
    if (!r->first_keys)
        S_model(r, &whole);
    S_number(&whole, r->load.batch.n_rows);
    S_number(&whole, r->gone);
    S_rows(r, n, &work, &whole);
    seal_digest(buf_view(&whole), digest);
    buf_deinit(&whole);
    free(work.piece);
    for (int i = 0; i < APPLY_DIGEST / 2; i++)
        snprintf(text + (size_t)2 * (unsigned)i, 3, "%02x", digest[i]);
}
