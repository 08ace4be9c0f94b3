#include "store/sealed_tables.h"

const struct sealed_table SEALED_TABLES[] = {
    {"leaf", "t_leaf", "lid", NULL, "version", "body"},
    {"segment", "t_segment", "id", NULL, "version", "body"},
    {"tf", "t_tf", "id", NULL, "version", "body"},
    {"component", "t_component", "id", NULL, "version", "body"},
    {"model", "t_model", "id", NULL, "1", "body"},
    {"record_history", "t_record_history", "rid", "seq_to", "seq_to", "body"},
    {"decision", "t_decision", "id", NULL, "1", "note"},
    {"pin", "t_pin", "id", NULL, "1", "body"},
    {"reject", "t_reject", "id", NULL, "run", "raw"},
    {"audit_payload", "t_audit_payload", "n", NULL, "1", "body"},
};
const size_t N_SEALED_TABLES = COUNT_OF(SEALED_TABLES);
