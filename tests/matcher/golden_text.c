#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/file.h"
#include "golden_text.h"

void golden_expect(const char *folder, const char *name, const struct buf *got)
{
    struct arena arena = {0};
    struct str expected = {0};
    char *path = str_cstr(&arena, arena_printf(&arena, "%s/%s", folder, name));
    const char *mode = getenv("IDEM_GOLDEN");
    if (mode && strcmp(mode, "rewrite") == 0)
        assert_int_equal(file_write_atomic(path, buf_view(got), 0644, NULL), IDEM_OK);
    assert_int_equal(file_read(path, 1 << 22, &arena, &expected, NULL), IDEM_OK);
    struct str line, is = buf_view(got), was;
    for (unsigned n = 1; str_next_piece(&expected, '\n', &was); n++) {
        assert_true(str_next_piece(&is, '\n', &line));
        if (!str_eq(was, line))
            fail_msg("%s:%u: '%.*s', expected '%.*s'", name, n, STR_ARG(line), STR_ARG(was));
    }
    assert_false(str_next_piece(&is, '\n', &line) && line.len);
    arena_deinit(&arena);
}
