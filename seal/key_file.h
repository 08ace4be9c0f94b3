/*
 * The key file: one line of 32 random bytes, or the same protected by a passphrase.
 *
 *   idem-key-1 <base64 of the key>
 *   idem-key-2 argon2id <passes> <KiB> <base64 of salt (16), nonce (24), sealed key (32 + 16)>
 *
 * While a rotation replaces the key the file has two lines, the new key first: databases under either one open.
 * A key file belongs to its owner: mode 0600, or 0640 when root owns it and somebody else reads it (as systemd hands
 * out credentials). Argon2id takes 3 passes over 64 MiB, RFC 9106's second choice, about a sixth of a second on one
 * core.
 */
#ifndef IDEM_SEAL_KEY_FILE_H
#define IDEM_SEAL_KEY_FILE_H

#include "seal/seal.h"

/* Another key file in place of the one at `path` (made, or replaced in one step): with n of the keyring's keys,
 * protected by `passphrase`, or by none when NULL. */
enum idem_status key_file_write(const char *path, const struct keyring *k, unsigned from, unsigned n,
                                const struct idem_passphrase *passphrase, struct idem_error *err);

/* Puts a new random key before those of the ring (IDEM_LIMIT: too many), and takes all but the first away. */
enum idem_status keyring_add_file_key(struct keyring *k, struct idem_error *err);
void keyring_keep_first_file_key(struct keyring *k);
/* Names of the file's keys; returns how many. */
enum { KEY_FILE_MOST = 4 };
unsigned keyring_file_ids(const struct keyring *k, char hex[KEY_FILE_MOST][9]);
/* Which of them the database is under. */
unsigned keyring_file_at(const struct keyring *k);
bool keyring_has_passphrase(const struct keyring *k);

#endif
