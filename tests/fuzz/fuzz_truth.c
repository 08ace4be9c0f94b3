/*
 * Any bytes as a truth file, and as a file of decisions: refused with file and line, or read; what is read holds
 * together.
 */
#include <unistd.h>

#include "engine/decision_file.h"
#include "engine/truth.h"
#include "tests/fuzz/fuzz.h"
#include "tests/ingest/transcript.h"

static void S_truth(const char *path)
{
    struct truth t = {0};
    struct idem_error err = {0};
    if (truth_read(path, &t, &err) == IDEM_OK) {
        for (uint32_t i = 0; i < t.n_records && t.shape == TRUTH_CLUSTERS; i++)
            fuzz_require(t.record[i].entity < t.n_entities, "a record of no entity");
        for (size_t i = 0; i < t.n_pairs; i++)
            fuzz_require(t.pair[i].a < t.n_records && t.pair[i].b < t.n_records && t.pair[i].a != t.pair[i].b,
                         "a pair of no records");
        enum idem_status status = truth_check_labels(&t, &err);
        fuzz_require(status == IDEM_OK || (status == IDEM_CONFLICT && err.message[0]), "labels are not checked");
    } else {
        fuzz_require(err.message[0], "refused without a message");
    }
    truth_deinit(&t);
}

static enum idem_status S_row(void *context, const struct decision_row *row, struct idem_error *err)
{
    uint64_t *line = context;
    (void)err;
    fuzz_require(row->line > *line, "lines out of order");
    fuzz_require(row->left_source.len && row->left_id.len && row->right_source.len && row->right_id.len &&
                     row->verdict.len,
                 "an empty cell");
    *line = row->line;
    return IDEM_OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct idem_error err = {0};
    uint64_t line = 0;
    char path[64];
    int fd = memory_file(fuzz_text(data, len), path);
    S_truth(path);
    enum idem_status status = decision_file_read(path, S_row, &line, &err);
    fuzz_require(status == IDEM_OK || err.message[0], "refused without a message");
    close(fd);
    return 0;
}
