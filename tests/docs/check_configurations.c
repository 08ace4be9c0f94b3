/*
 * check_configurations DOCUMENT.md...: every "```json" block, and every "```json NAME.json", is a configuration that
 * idem reads. Blocks for other files ("```json support.jsonl") are not looked at. (docs/configuration.md, with its
 * parts of documents, is held by tests/rules.)
 */
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "rules/config.h"

enum { MOST_PAGE_BYTES = 1 << 20 };

static bool S_is_configuration(struct str info)
{
    struct str name = str_trim(info);
    return name.len == 0 || (name.len > 5 && str_eq(str_sub(name, name.len - 5, name.len), STR(".json")));
}

static bool S_check_block(const char *path, struct str block, struct arena *arena)
{
    struct config *config;
    struct idem_error err = {0};
    if (config_parse(block, STR("idem.json"), arena, &config, &err) == IDEM_OK)
        return true;
    printf("%s: %s\nin the block\n%.*s\n", path, err.message, STR_ARG(block));
    return false;
}

static bool S_check_page(const char *path, struct arena *arena, unsigned *n)
{
    struct str rest;
    struct idem_error err = {0};
    bool ok = true;
    if (file_read(path, MOST_PAGE_BYTES, arena, &rest, &err) != IDEM_OK) {
        printf("%s\n", err.message);
        return false;
    }
    for (size_t at; (at = str_find(rest, STR("```json"))) != SIZE_MAX;) {
        rest = str_sub(rest, at + 7, rest.len);
        size_t line = str_find_byte(rest, '\n'), end = str_find(rest, STR("\n```"));
        if (line == SIZE_MAX || end == SIZE_MAX || end < line)
            break;
        if (S_is_configuration(str_sub(rest, 0, line))) {
            ok &= S_check_block(path, str_sub(rest, line + 1, end), arena);
            ++*n;
        }
        rest = str_sub(rest, end + 4, rest.len);
    }
    return ok;
}

int main(int argc, char **argv)
{
    struct arena arena;
    bool ok = argc > 1;
    unsigned n = 0;
    arena_init(&arena);
    for (int i = 1; i < argc; i++)
        ok &= S_check_page(argv[i], &arena, &n);
    arena_deinit(&arena);
    printf("%u configurations\n", n);
    return ok && n ? 0 : 1;
}
