/* Runs a fuzz target over the files of folders, for the ordinary test run: every file of the seed corpus, and of
 * crashes that were found and fixed. Usage: replay FOLDER... */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static int S_compare(const void *a, const void *b)
{
    const struct str *x = a, *y = b;
    return str_cmp(*x, *y);
}

/* Names of the folder's files in byte order. */
static size_t S_list(const char *folder, struct arena *arena, struct str **name)
{
    size_t n = 0, room = 1024;
    DIR *dir = opendir(folder);
    *name = ARENA_NEW(arena, struct str, room);
    for (struct dirent *entry; dir && (entry = readdir(dir)) && n < room;)
        if (entry->d_name[0] != '.')
            (*name)[n++] = str_copy(arena, str_from(entry->d_name));
    if (dir)
        closedir(dir);
    qsort(*name, n, sizeof **name, S_compare);
    return n;
}

static size_t S_replay(const char *folder)
{
    struct arena arena = {0};
    struct str *name;
    size_t n = S_list(folder, &arena, &name);
    for (size_t i = 0; i < n; i++) {
        struct str content, path = file_join(&arena, str_from(folder), name[i]);
        struct idem_error err = {0};
        if (file_read(str_cstr(&arena, path), 16 << 20, &arena, &content, &err) != IDEM_OK) {
            fprintf(stderr, "replay: %s\n", err.message);
            exit(1);
        }
        fprintf(stderr, "%.*s\n", STR_ARG(name[i]));
        /* a copy of its own, so that reading past the end is seen */
        uint8_t *copy = xmalloc(content.len);
        if (content.len)
            memcpy(copy, content.ptr, content.len);
        LLVMFuzzerTestOneInput(copy, content.len);
        free(copy);
    }
    arena_deinit(&arena);
    return n;
}

int main(int argc, char **argv)
{
    size_t n = 0;
    for (int i = 1; i < argc; i++)
        n += S_replay(argv[i]);
    if (!n)
        fprintf(stderr, "replay: no files\n");
    return n ? 0 : 1;
}
