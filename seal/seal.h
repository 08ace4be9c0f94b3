/*
 * All cryptography of idem, on libsodium, and the only place with it.
 *
 * A key file (mode 0600; seal/key_file.h) holds 32 random bytes as text, or wrapped by a passphrase. From it come, by
 * crypto_kdf, the keys that wrap one random data key for each purpose. Wrapped keys are kept in the database (store/
 * keeps the bytes). sealing   XChaCha20-Poly1305 of containers (leaves, segments, blobs); associated data binds
 * database, table, row, version and key id, so that a moved or exchanged container does not open tokens    keyed
 * BLAKE2b, 16 bytes, for what SQL must find (personal record ids, hashed fields) Keys live in sodium_malloc memory.
 * Sealing functions may be called from several threads on one keyring.
 */
#ifndef IDEM_SEAL_SEAL_H
#define IDEM_SEAL_SEAL_H

#include <stdint.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/str.h"

enum seal_purpose { SEAL_CONTAINERS, SEAL_TOKENS, SEAL_ENCODINGS, SEAL_AUDIT, SEAL_RECEIPTS, SEAL_PURPOSES };

struct keyring;

/* Creates a key file, protected by `passphrase` unless that is NULL; IDEM_CONFLICT when it exists. */
enum idem_status seal_key_file_create(const char *path, struct idem_error *err);
enum idem_status seal_key_file_create_protected(const char *path, const struct idem_passphrase *passphrase,
                                                struct idem_error *err);

/* The same in two steps: a ring of a new key that no file holds yet, and its file. Nothing that was sealed under it can
 * be read before it is saved, or without it. */
enum idem_status keyring_new(struct keyring **out, struct idem_error *err);
enum idem_status keyring_save_new(const struct keyring *k, const char *path, const struct idem_passphrase *passphrase,
                                  struct idem_error *err);

/* Opens a key file (seal/key_file.h). IDEM_NOT_FOUND; IDEM_INVALID when it is not a key, others can read it, or its
 * passphrase is wrong; IDEM_NOT_FOUND too when there is no passphrase. The keyring has no data keys yet: make them (new
 * database) or unwrap those of an existing one. */
enum idem_status keyring_open(const char *path, struct keyring **out, struct idem_error *err);
enum idem_status keyring_open_protected(const char *path, const struct idem_passphrase *passphrase,
                                        struct keyring **out, struct idem_error *err);
void keyring_close(struct keyring *k);
/* False until data keys were made or unwrapped. */
bool keyring_ready(const struct keyring *k);
/* New random data keys for all purposes. */
enum idem_status keyring_make_keys(struct keyring *k, struct idem_error *err);
/* A keyring without a key file, with new data keys: for what is read before there is a database. */
enum idem_status keyring_temporary(struct keyring **out, struct idem_error *err);
/* The data keys of `from` in place of those of `k`. */
void keyring_take_keys(struct keyring *k, const struct keyring *from);
/* Data keys wrapped for keeping, and back. Unwrapping under another key file: IDEM_INVALID, "wrong key". */
void keyring_wrap(const struct keyring *k, struct buf *out);
enum idem_status keyring_unwrap(struct keyring *k, struct str wrapped, struct idem_error *err);
/* 8 hex digits naming the wrapping key; reveals nothing of it. */
void keyring_id(const struct keyring *k, char hex[9]);

/* ---- replacing keys: wrap afterwards, and keep what comes of it */

/* The database goes under the first key of the key file. */
void keyring_use_first_file_key(struct keyring *k);
/* A new key for containers; those under the present one go on to open. False when a replacement is under way already.
 */
bool keyring_replace_containers(struct keyring *k);
/* No container is under the old key any more. */
void keyring_forget_old(struct keyring *k);
/* A new key for tokens, the old one is kept beside it; what seal_keyed makes stays under the first. */
void keyring_replace_tokens(struct keyring *k);
/* Tokens under the key before are still about (seal_old_token), until keyring_forget_old. */
bool keyring_has_old_tokens(const struct keyring *k);
/* 8 hex digits naming the data key of containers, and the old one ("" when there is none). */
void keyring_container_ids(const struct keyring *k, char current[9], char old[9]);
/* Is this container under the old key? */
bool keyring_is_old(const struct keyring *k, struct str sealed);
/* Is it under neither key of the ring? */
bool keyring_is_strange(const struct keyring *k, struct str sealed);
/* Tokens are under a later key than what seal_keyed makes. */
bool keyring_has_lasting(const struct keyring *k);

struct seal_place {
    uint8_t database[16];
    const char *table;
    int64_t row;
    uint32_t version;
};

enum { SEAL_OVERHEAD = 24 + 16 + 4 };

/* Appends nonce, key id and ciphertext of `plain`. With keyring NULL appends the plain bytes (at_rest clear). */
void seal_container(const struct keyring *k, const struct seal_place *place, struct str plain, struct buf *out);
/* Appends the plain text. IDEM_CORRUPT when the container was altered, moved, or belongs to another key. */
enum idem_status open_container(const struct keyring *k, const struct seal_place *place, struct str sealed,
                                struct buf *plain, struct idem_error *err);

/* 16-byte keyed token of (domain, value): equal values of one domain give equal tokens, nothing else can be learnt
 * without the key. */
void seal_token(const struct keyring *k, struct str domain, struct str value, uint8_t token[16]);
/* The token under the key before, while there is one. */
void seal_old_token(const struct keyring *k, struct str domain, struct str value, uint8_t token[16]);

/* SipHash-2-4 of an unkeyed 64-bit hash (hash_str): what may be stored of it where 16 bytes of token would be too many,
 * 11 ns each. The hash itself with keyring NULL (at_rest clear). */
uint64_t seal_keyed(const struct keyring *k, uint64_t hash);

/* BLAKE2b-256 of the bytes under the key of a purpose; with keyring NULL (at_rest clear) without a key: then it shows
 * accidents, and nobody's intent. */
enum { SEAL_MAC_BYTES = 32 };
void seal_mac(const struct keyring *k, enum seal_purpose purpose, struct str bytes, uint8_t mac[SEAL_MAC_BYTES]);
/* Compares secrets in a time that tells nothing of where they differ. */
bool seal_equal(const void *a, const void *b, size_t len);
/* The same under the key of another purpose, which must be one that rotation keeps: SEAL_RECEIPTS for the list of who
 * was erased, SEAL_ENCODINGS for fields of which nothing but the token is kept. */
void seal_kept_token(const struct keyring *k, enum seal_purpose purpose, struct str domain, struct str value,
                     uint8_t token[16]);

/* What is kept of a record id when nothing else is: "~" and 32 hex digits of a token that rotation keeps, of the source
 * and the id. The text stands in `text`. */
enum { SEAL_HASHED_ID = 33 };
struct str seal_hashed_id(const struct keyring *k, struct str source, struct str record_id, char text[SEAL_HASHED_ID]);
bool seal_is_hashed_id(struct str text);

/* Ed25519 signatures under the receipts key. With keyring NULL (at_rest clear) the key comes from `instead`, which is
 * no secret: then the signature shows accidents, and nobody's intent. */
enum { SEAL_PUBLIC_BYTES = 32, SEAL_SIGNATURE_BYTES = 64 };
void seal_public_key(const struct keyring *k, struct str instead, uint8_t public_key[SEAL_PUBLIC_BYTES]);
void seal_sign(const struct keyring *k, struct str instead, struct str message,
               uint8_t signature[SEAL_SIGNATURE_BYTES]);
bool seal_signed(const uint8_t public_key[SEAL_PUBLIC_BYTES], struct str message,
                 const uint8_t signature[SEAL_SIGNATURE_BYTES]);

/* Random bytes of the operating system. */
void seal_random(void *bytes, size_t n);
/* SipHash-2-4 128-bit of ordinal under a 16-byte seed: the random part of deterministic ids. */
void seal_id_bits(const uint8_t seed[16], uint64_t ordinal, uint8_t out[16]);
/* BLAKE2b-256, unkeyed, for content hashes of configuration and model. */
void seal_digest(struct str bytes, uint8_t digest[32]);

#endif
