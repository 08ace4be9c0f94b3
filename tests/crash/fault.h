/*
 * A library for LD_PRELOAD under which a program dies, or is refused, at a chosen call: see fault_preload.c for how to
 * choose.
 *
 * fault_preload.c  the choice, and calls on files
 * fault_memory.c   allocations
 * fault_power.c    what a power cut loses: changes that were not synced
 *
 * Calls go to the kernel directly, or to the next library's function, so that it works before and behind the
 * sanitizers' own interceptors.
 */
#ifndef FAULT_H
#define FAULT_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

enum outcome { DO, FAIL, TEAR, SHORT };

/* What is to happen to this call; `letter` is its kind. `makes`: an open that may make a file. FAIL has set errno. */
enum outcome fault_count(char letter, bool makes);
_Noreturn void fault_die(void);

/* With FAULT_DO=power or mixed; nothing otherwise. Each is told of a change right before it is made. */
void power_start(const char *keep, unsigned long seed);
void power_write(int fd, const void *bytes, size_t len, off_t offset);
void power_truncate(int fd, off_t len);
void power_create(const char *path);
void power_rename(const char *from, const char *to);
void power_link(const char *to);
void power_unlink(const char *path);
/* After a sync that succeeded, of a file or of a folder. */
void power_synced(int fd);
/* Takes back what was not synced; with a seed, only some of it. */
void power_cut(void);

#endif
