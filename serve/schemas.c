#include "serve/schemas.h"

#include <stddef.h>

#include "base/str.h"

#define REF(name) "{\"$ref\":\"#/components/schemas/" name "\"}"
#define TEXT "{\"type\":\"string\"}"
#define FILLED "{\"type\":\"string\",\"minLength\":1,\"maxLength\":2000,\"pattern\":\"^[^\\\\u0000]+$\"}"
#define TEXT_OR_NULL "{\"type\":[\"string\",\"null\"]}"
#define WHOLE "{\"type\":\"integer\"}"
#define FLAG "{\"type\":\"boolean\"}"
#define UUID "{\"type\":\"string\",\"format\":\"uuid\"}"
#define UUID_OR_NULL "{\"type\":[\"string\",\"null\"],\"format\":\"uuid\"}"
#define LIST(of) "{\"type\":\"array\",\"items\":" of "}"
#define SOURCE "{\"type\":\"string\",\"pattern\":\"^[A-Za-z0-9_.-]{1,64}$\"}"
#define RECORD_ID "{\"type\":\"string\",\"minLength\":1,\"maxLength\":1024,\"pattern\":\"^[^\\\\u0000]+$\"}"
#define VALUE "{\"type\":\"string\",\"pattern\":\"^[^\\\\u0000]*$\"}"
#define BAND "{\"enum\":[\"match\",\"review\",\"nonmatch\"]}"
#define COMMON "\"reason\":" FILLED ",\"dry_run\":" FLAG
#define OBJECT "{\"type\":\"object\"}"

const struct schema_text SCHEMAS[] = {
    {"Any", OBJECT},
    {"Line", "{\"description\":\"one line; what is wrong with it is said in its answer\"}"},
    {"Problem", "{\"type\":\"object\",\"required\":[\"type\",\"title\",\"status\",\"detail\"],\"properties\":{"
                "\"type\":" TEXT ",\"title\":" TEXT ",\"status\":" WHOLE ",\"detail\":" TEXT "}}"},
    {"Health", "{\"type\":\"object\",\"required\":[\"status\",\"version\",\"seq\"],\"properties\":{\"status\":" TEXT
               ",\"version\":" TEXT ",\"seq\":" WHOLE "}}"},
    {"Key", "{\"type\":\"object\",\"required\":[\"data_source\",\"record_id\"],\"additionalProperties\":false,"
            "\"properties\":{\"data_source\":" SOURCE ",\"record_id\":" RECORD_ID "}}"},
    {"Lookup", "{\"type\":\"object\",\"required\":[\"data_source\",\"record_id\",\"master_id\"],\"properties\":{"
               "\"data_source\":" TEXT_OR_NULL ",\"record_id\":" TEXT ",\"master_id\":" UUID_OR_NULL "}}"},
    {"LookupMany", "{\"type\":\"object\",\"required\":[\"keys\"],\"additionalProperties\":false,\"properties\":{"
                   "\"keys\":{\"type\":\"array\",\"maxItems\":10000,\"items\":" REF("Key") "}}}"},
    {"LookupAnswers",
     "{\"type\":\"object\",\"required\":[\"answers\"],\"properties\":{\"answers\":" LIST(REF("Lookup")) "}}"},
    {"RecordValues", "{\"type\":\"object\",\"required\":[\"data_source\",\"record_id\",\"values\"],\"properties\":{"
                     "\"data_source\":" TEXT ",\"record_id\":" TEXT ",\"updated_at\":" TEXT_OR_NULL ",\"run_id\":" WHOLE
                     ",\"values\":{\"type\":\"object\",\"additionalProperties\":" LIST(TEXT) "}}}"},
    {"GoldenValue", "{\"type\":\"object\",\"required\":[\"field\",\"values\",\"from\",\"rule\"],\"properties\":{"
                    "\"field\":" TEXT ",\"values\":" LIST(TEXT) ",\"from\":{\"type\":[\"object\",\"null\"]},"
                                                                "\"rule\":" TEXT "}}"},
    {"Master",
     "{\"type\":\"object\",\"required\":[\"master_id\",\"status\",\"redirect_to\",\"redirected_from\","
     "\"masked\",\"created\",\"seq\",\"golden\",\"records\"],\"properties\":{\"master_id\":" UUID
     ",\"status\":{\"enum\":[\"active\",\"retired\"]},\"redirect_to\":" UUID_OR_NULL ",\"redirected_from\":" LIST(
         UUID) ",\"masked\":" FLAG ",\"created\":" OBJECT ",\"seq\":" WHOLE
               ",\"golden\":" LIST(REF("GoldenValue")) ",\"records\":" LIST(REF("RecordValues")) "}}"},
    {"Records", "{\"type\":\"object\",\"required\":[\"master_id\",\"masked\",\"records\"],\"properties\":{"
                "\"master_id\":" UUID ",\"masked\":" FLAG ",\"records\":" LIST(REF("RecordValues")) "}}"},
    {"Event", "{\"type\":\"object\",\"required\":[\"seq\",\"at\",\"event\",\"master_id\",\"other_master_id\"],"
              "\"properties\":{\"seq\":" WHOLE ",\"at\":" TEXT ",\"run_id\":" WHOLE ",\"event\":" TEXT
              ",\"master_id\":" UUID_OR_NULL ",\"other_master_id\":" UUID_OR_NULL ",\"reason\":" TEXT_OR_NULL "}}"},
    {"History", "{\"type\":\"object\",\"required\":[\"status\",\"master_id\",\"redirect_to\",\"events\"],"
                "\"properties\":{\"status\":" TEXT ",\"master_id\":" UUID_OR_NULL ",\"redirect_to\":" UUID_OR_NULL
                ",\"events\":" LIST(REF("Event")) ",\"kept_from_seq\":" WHOLE "}}"},
    {"How", "{\"type\":\"object\",\"required\":[\"master_id\",\"records\",\"steps\",\"cuts\",\"bridges\"],"
            "\"properties\":{\"master_id\":" UUID ",\"records\":" LIST(OBJECT) ",\"steps\":" LIST(
                OBJECT) ",\"cuts\":" LIST(OBJECT) ",\"bridges\":" LIST(OBJECT) "}}"},
    {"Pair",
     "{\"type\":\"object\",\"required\":[\"a\",\"b\"],\"additionalProperties\":false,\"properties\":{\"a\":" FILLED
     ",\"b\":" FILLED "}}"},
    {"Why", "{\"type\":\"object\",\"required\":[\"a\",\"b\",\"verdict\",\"match_weight\",\"comparisons\"],"
            "\"properties\":{\"a\":" OBJECT ",\"b\":" OBJECT ",\"verdict\":{\"enum\":[\"match\",\"review\","
            "\"nonmatch\"]},\"match_weight\":{\"type\":\"number\"},\"comparisons\":" LIST(OBJECT) "}}"},
    {"Record",
     "{\"type\":\"object\",\"properties\":{\"fields\":{\"type\":\"object\",\"additionalProperties\":{\"oneOf\":[" VALUE
     "," LIST(VALUE) ",{\"type\":\"null\"}]}},\"updated_at\":" TEXT "}}"},
    {"Resolved", "{\"type\":\"object\",\"required\":[\"data_source\",\"record_id\",\"master_id\",\"event\",\"band\","
                 "\"match_weight\",\"redirected_from\",\"candidates\"],\"properties\":{\"data_source\":" TEXT
                 ",\"record_id\":" TEXT ",\"master_id\":" UUID_OR_NULL ",\"event\":" TEXT ",\"band\":" TEXT_OR_NULL
                 ",\"match_weight\":{\"type\":[\"number\",\"null\"]},\"redirected_from\":" LIST(
                     UUID) ",\"candidates\":" LIST(OBJECT) "}}"},
    {"StoredRecord", "{\"type\":\"object\",\"required\":[\"data_source\",\"record_id\",\"master_id\",\"values\"],"
                     "\"properties\":{\"data_source\":" TEXT ",\"record_id\":" TEXT ",\"master_id\":" UUID
                     ",\"masked\":" FLAG ",\"updated_at\":" TEXT_OR_NULL ",\"values\":{\"type\":[\"object\","
                     "\"null\"],\"additionalProperties\":" LIST(TEXT) "}}}"},
    {"Query", "{\"type\":\"object\",\"required\":[\"fields\"],\"additionalProperties\":false,\"properties\":{"
              "\"fields\":{\"type\":\"object\",\"minProperties\":1,\"additionalProperties\":{\"oneOf\":[" VALUE
              "," LIST(VALUE) "]}},\"limit\":{\"type\":\"integer\",\"minimum\":1,\"maximum\":100},"
                              "\"brief\":" FLAG "}}"},
    {"Found", "{\"type\":\"object\",\"required\":[\"results\",\"verdict\",\"weak\"],\"properties\":{\"results\":" LIST(
                  "{\"type\":\"object\",\"required\":[\"master_id\",\"band\",\"match_weight\"],\"properties\":{"
                  "\"master_id\":" UUID ",\"band\":" BAND
                  ",\"match_weight\":{\"type\":\"number\"}}}") ",\"verdict\":{},\"weak\":" FLAG "}}"},
    {"Change",
     "{\"type\":\"object\",\"required\":[\"seq\",\"event\",\"data_source\",\"record_id\",\"master_id\","
     "\"other_master_id\",\"run_id\",\"at\",\"reason\",\"fields\"],\"properties\":{\"seq\":" WHOLE ",\"event\":" TEXT
     ",\"data_source\":" TEXT_OR_NULL ",\"record_id\":" TEXT_OR_NULL ",\"master_id\":" UUID_OR_NULL
     ",\"other_master_id\":" UUID_OR_NULL ",\"run_id\":" WHOLE ",\"at\":" TEXT ",\"reason\":" TEXT_OR_NULL "}}"},
    {"Changes", "{\"type\":\"object\",\"required\":[\"changes\",\"next\",\"more\"],\"properties\":{\"changes\":" LIST(
                    REF("Change")) ",\"next\":" WHOLE ",\"more\":" FLAG "}}"},
    {"Review", "{\"type\":\"object\",\"required\":[\"items\",\"waiting\",\"next\"],\"properties\":{\"items\":" LIST(
                   OBJECT) ",\"waiting\":" WHOLE ",\"next\":" TEXT_OR_NULL "}}"},
    {"Decision", "{\"type\":\"object\",\"required\":[\"a\",\"b\",\"verdict\"],\"additionalProperties\":false,"
                 "\"properties\":{\"a\":" FILLED ",\"b\":" FILLED ",\"verdict\":{\"enum\":[\"same\",\"different\","
                 "\"unsure\",\"withdraw\"]}," COMMON "}}"},
    {"Merge", "{\"type\":\"object\",\"required\":[\"masters\"],\"additionalProperties\":false,\"properties\":{"
              "\"masters\":{\"type\":\"array\",\"minItems\":2,\"maxItems\":1000,\"items\":" FILLED "}," COMMON "}}"},
    {"Split",
     "{\"type\":\"object\",\"required\":[\"master\",\"records\"],\"additionalProperties\":false,\"properties\":{"
     "\"master\":" FILLED ",\"records\":{\"type\":\"array\",\"minItems\":1,\"maxItems\":1000,\"items\":" FILLED
     "}," COMMON "}}"},
    {"Pin", "{\"type\":\"object\",\"required\":[\"master\",\"field\"],\"additionalProperties\":false,\"properties\":{"
            "\"master\":" FILLED ",\"field\":" FILLED ",\"value\":" FILLED ",\"from\":" FILLED "," COMMON "}}"},
    {"Done",
     "{\"type\":\"object\",\"required\":[\"command\",\"status\",\"decisions\",\"withdrawn\",\"masters\"],"
     "\"properties\":{\"command\":" TEXT ",\"status\":{\"enum\":[\"committed\",\"dry_run\"]},\"decisions\":" LIST(
         OBJECT) ",\"withdrawn\":" LIST(OBJECT) ",\"masters\":" LIST(OBJECT) "}}"},
    {"FhirMatch", "{\"type\":\"object\",\"required\":[\"resourceType\"],\"properties\":{\"resourceType\":{\"enum\":["
                  "\"Parameters\",\"Patient\"]}}}"},
    {"FhirBundle", "{\"type\":\"object\",\"required\":[\"resourceType\",\"type\",\"total\"],\"properties\":{"
                   "\"resourceType\":{\"const\":\"Bundle\"},\"entry\":" LIST(OBJECT) "}}"},
    {"FhirParameters", "{\"type\":\"object\",\"required\":[\"resourceType\",\"parameter\"],\"properties\":{"
                       "\"resourceType\":{\"const\":\"Parameters\"},\"parameter\":" LIST(OBJECT) "}}"},
    {"FhirOutcome", "{\"type\":\"object\",\"required\":[\"resourceType\",\"issue\"],\"properties\":{"
                    "\"resourceType\":{\"const\":\"OperationOutcome\"},\"issue\":" LIST(OBJECT) "}}"},
    {"Runs", "{\"type\":\"object\",\"required\":[\"runs\",\"next\"],\"properties\":{\"runs\":" LIST(
                 OBJECT) ",\"next\":{\"type\":[\"integer\",\"null\"]}}}"},
    {"Status", "{\"type\":\"object\",\"required\":[\"database\",\"key\",\"seq\",\"records\",\"masters\",\"sources\"],"
               "\"properties\":{\"database\":" OBJECT ",\"key\":" TEXT ",\"seq\":" WHOLE ",\"records\":" OBJECT
               ",\"masters\":" OBJECT ",\"sources\":" LIST(OBJECT) "}}"},
    {"Quality", "{\"type\":\"object\",\"required\":[\"version\",\"run\",\"model\",\"completeness\"],\"properties\":{"
                "\"version\":" TEXT ",\"comparisons\":" LIST(OBJECT) "}}"},
};
const unsigned N_SCHEMAS = COUNT_OF(SCHEMAS);
