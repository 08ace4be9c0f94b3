/*
 * Values of which keyed tokens or encodings are kept: the values of one record, between bytes 0x1f. Tokens are the same
 * twice, can be read, and hold nothing of the value; an encoding is the same twice, can be read, and is empty only
 * where no value goes in. Texts that claim to be tokens are read or refused.
 */
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/hashed.h"
#include "engine/linkage_filter.h"
#include "normalize/hashed_text.h"
#include "seal/key_file.h"
#include "tests/fuzz/fuzz.h"
#include "tests/ingest/transcript.h"

static const char KEY[] = "idem-key-1 AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n";

static const struct schema SCHEMA = {.n_fields = 7,
                                     .field = {{.name = {"given_name", 10}, .type = FIELD_GIVEN_NAME},
                                               {.name = {"family_name", 11}, .type = FIELD_FAMILY_NAME},
                                               {.name = {"birth_date", 10}, .type = FIELD_BIRTH_DATE},
                                               {.name = {"email", 5}, .type = FIELD_EMAIL},
                                               {.name = {"phone", 5}, .type = FIELD_PHONE},
                                               {.name = {"tax_id", 6}, .type = FIELD_IDENTIFIER},
                                               {.name = {"address", 7}, .type = FIELD_ADDRESS}}};

static struct keyring *keys;
static struct linkage_key *secret;
static struct normalizer *normalizer;

static void S_close(void)
{
    keyring_close(keys);
    linkage_key_close(secret);
    normalizer_free(normalizer);
}

static int S_file(const char *text, char path[64])
{
    int fd = memory_file(str_from(text), path);
    fchmod(fd, 0600);
    return fd;
}

static void S_start(void)
{
    struct idem_error err = {0};
    char path[64];
    int fd = S_file(KEY, path);
    fuzz_require(keyring_open(path, &keys, &err) == IDEM_OK && keyring_make_keys(keys, &err) == IDEM_OK, err.message);
    close(fd);
    fd = S_file("a secret of both parties\n", path);
    fuzz_require(linkage_key_open(path, &secret, &err) == IDEM_OK, err.message);
    close(fd);
    fuzz_require(normalizer_new(&normalizer, &err) == IDEM_OK, err.message);
    atexit(S_close);
}

/* ------------------------------------------------------------------ tokens */

static void S_check_token(unsigned f, struct str raw, struct arena *a)
{
    struct field field = SCHEMA.field[f];
    struct norm_context context = {.country = "DE", .identifier_kind = field.name};
    struct str token;
    uint32_t flags;
    field.plain = field.type;
    field.type = FIELD_HASHED;
    struct str one = hashed_value(keys, normalizer, &field, &context, raw, a),
               two = hashed_value(keys, normalizer, &field, &context, raw, a);
    fuzz_require(str_eq(one, two), "a value has two tokens");
    if (!one.len)
        return;
    fuzz_require(hashed_text_parse(one, &token, &flags), "a token cannot be read");
    fuzz_require(token.len == HASHED_TOKEN_CHARS, "a token of another length");
    fuzz_require(raw.len < 10 || str_find(one, raw) == SIZE_MAX || str_eq(one, raw), "a token holds its value");
    struct str again = hashed_value(keys, normalizer, &field, &context, one, a);
    fuzz_require(!again.len || hashed_text_parse(again, &token, &flags), "a token of a token cannot be read");
}

static void S_check_claim(struct str text)
{
    struct str token = {0};
    uint32_t flags = 0;
    if (hashed_text_parse(text, &token, &flags))
        fuzz_require(token.len == HASHED_TOKEN_CHARS && str_starts(text, token), "a token that is not in its text");
}

/* ------------------------------------------------------------------ encodings */

/* The record in a batch of one row; returns whether a value goes into encodings. */
static bool S_fill(struct batch *b, const struct str *raw, struct arena *a)
{
    bool any = false;
    batch_append(b, 0, STR("1"), INT64_MIN, ENTITY_PERSON);
    for (unsigned f = 0; f < SCHEMA.n_fields; f++) {
        struct norm_context context = {.country = "DE"};
        struct norm value;
        struct buf packed = {0};
        uint32_t id = 0;
        if (raw[f].len) {
            normalize_value(normalizer, SCHEMA.field[f].type, &context, raw[f], a, &value);
            norm_pack(&value, &packed);
            id = dict_add(&b->norm[f].dict, buf_view(&packed), NULL);
            any |= linkage_takes(SCHEMA.field[f].type);
        }
        column_append(&b->norm[f], &id, id != 0);
        column_append(&b->raw[f], NULL, 0);
        buf_deinit(&packed);
    }
    return any;
}

static void S_check_encoding(const struct str *raw, struct arena *a)
{
    struct batch b;
    struct linkage_record one, two;
    struct buf text = {0};
    struct norm value;
    batch_init(&b, &SCHEMA);
    bool any = S_fill(&b, raw, a);
    linkage_encode(secret, &b, 0, NULL, &one);
    linkage_encode(secret, &b, 0, NULL, &two);
    linkage_text(&one, &text);
    fuzz_require(one.empty == two.empty && one.n_tokens == two.n_tokens, "two encodings of one record");
    fuzz_require(memcmp(one.bits, two.bits, sizeof one.bits) == 0, "two filters of one record");
    fuzz_require(one.n_tokens <= LINKAGE_MOST_TOKENS, "more tokens than there is room for");
    fuzz_require(any || one.empty, "an encoding of nothing");
    fuzz_require(one.empty == !text.len, "an empty encoding has a text");
    if (text.len) {
        normalize_value(normalizer, FIELD_ENCODING, NULL, buf_view(&text), a, &value);
        fuzz_require(!(value.flags & NORM_INVALID), "an encoding cannot be read");
    }
    buf_deinit(&text);
    batch_deinit(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct str rest = fuzz_text(data, len), raw[MOST_FIELDS] = {{0}};
    struct arena a;
    if (!keys)
        S_start();
    arena_init(&a);
    S_check_claim(rest);
    for (unsigned f = 0; f < SCHEMA.n_fields && str_next_piece(&rest, 0x1f, &raw[f]); f++)
        S_check_token(f, raw[f], &a);
    S_check_encoding(raw, &a);
    arena_deinit(&a);
    return 0;
}
