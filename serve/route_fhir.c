/*
 * For the health world: two operations of HL7 FHIR R4 on Patient. $match
 * (https://hl7.org/fhir/R4/patient-operation-match.html) is a search; $ihe-pix (IHE PIXm, ITI-83) a look-up. A system
 * is "urn:idem:source:NAME", or the name of a source alone; a patient of ours is a master.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/file.h"
#include "serve/route.h"
#include "serve/service.h"

enum { MOST_VALUES = 64, MOST_CONFIG = 8 << 20, MOST_COUNT = 100 };
static const struct str SOURCE_URN = {"urn:idem:source:", 16};
static const char GRADE[] = "http://hl7.org/fhir/StructureDefinition/match-grade";
static const double CERTAIN = 0.99; /* probability of a match that is graded so */

/* ------------------------------------------------------------------ outcomes */

static void S_outcome(struct request *rq, unsigned status, const char *code, const char *text)
{
    json_t *outcome = json_pack("{s:s, s:[{s:s, s:s, s:s}]}", "resourceType", "OperationOutcome", "issue", "severity",
                                "error", "code", code, "diagnostics", text);
    char *json = json_text(outcome);
    json_decref(outcome);
    answer_text(&rq->answer, status, TYPE_FHIR, json, strlen(json));
}

static void S_error(struct request *rq, enum idem_status status, const struct idem_error *err)
{
    answer_error(&rq->answer, status, err);
    if (rq->answer.status < 500)
        S_outcome(rq, rq->answer.status, status == IDEM_NOT_FOUND ? "not-found" : "invalid", err->message);
}

static void S_answer(struct request *rq, json_t *resource)
{
    char *json = json_text(resource);
    json_decref(resource);
    answer_text(&rq->answer, 200, TYPE_FHIR, json, strlen(json));
}

/* ------------------------------------------------------------------ a patient as fields */

struct patient {
    struct arena arena;
    json_t *config; /* for the names of fields */
    struct idem_field field[MOST_VALUES];
    size_t n;
};

/* Is it a field of any source? */
static bool S_is_field(const struct patient *p, const char *name)
{
    const json_t *sources = json_object_get(p->config, "sources"), *source;
    size_t i;
    json_array_foreach(sources, i, source)
    {
        if (json_object_get(json_object_get(source, "fields"), name))
            return true;
    }
    return false;
}

static void S_add(struct patient *p, const char *name, struct str value)
{
    if (!value.len || memchr(value.ptr, 0, value.len) || p->n == MOST_VALUES || !S_is_field(p, name))
        return;
    p->field[p->n++] = (struct idem_field){{name, strlen(name)}, {value.ptr, value.len}};
}

static struct str S_join(struct patient *p, const json_t *list)
{
    struct str all = {"", 0};
    const json_t *item;
    size_t i;
    json_array_foreach(list, i, item)
    {
        struct str one = json_str(item);
        all = one.len ? arena_printf(&p->arena, "%.*s%s%.*s", STR_ARG(all), all.len ? " " : "", STR_ARG(one)) : all;
    }
    return all;
}

static void S_name(struct patient *p, const json_t *name)
{
    struct str given = S_join(p, json_object_get(name, "given")), family = json_str(json_object_get(name, "family"));
    struct str text = json_str(json_object_get(name, "text"));
    bool split = S_is_field(p, "family_name");
    if (split && family.len) {
        S_add(p, "given_name", given);
        S_add(p, "family_name", family);
        return;
    }
    if (!text.len)
        text =
            arena_printf(&p->arena, "%.*s%s%.*s", STR_ARG(given), given.len && family.len ? " " : "", STR_ARG(family));
    S_add(p, "full_name", text);
}

static void S_telecom(struct patient *p, const json_t *telecom)
{
    struct str system = json_str(json_object_get(telecom, "system")),
               value = json_str(json_object_get(telecom, "value"));
    if (str_eq(system, STR("email")))
        S_add(p, "email", value);
    else if (str_eq(system, STR("phone")) || str_eq(system, STR("sms")))
        S_add(p, "phone", value);
}

static void S_address(struct patient *p, const json_t *address)
{
    static const char *const PARTS[][2] = {
        {"city", "city"}, {"region", "state"}, {"postcode", "postalCode"}, {"country", "country"}};
    S_add(p, "address", S_join(p, json_object_get(address, "line")));
    for (size_t i = 0; i < COUNT_OF(PARTS); i++)
        S_add(p, PARTS[i][0], json_str(json_object_get(address, PARTS[i][1])));
}

static void S_each(struct patient *p, const json_t *list, void (*take)(struct patient *, const json_t *))
{
    const json_t *item;
    size_t i;
    json_array_foreach(list, i, item) take(p, item);
}

static enum idem_status S_read_patient(struct request *rq, const json_t *resource, struct patient *p,
                                       struct idem_error *err)
{
    struct str text;
    TRY(file_read(rq->service->options.open.config_path, MOST_CONFIG, &p->arena, &text, err));
    TRY(json_parse(text, "configuration", &p->config, err));
    S_each(p, json_object_get(resource, "name"), S_name);
    S_each(p, json_object_get(resource, "telecom"), S_telecom);
    S_each(p, json_object_get(resource, "address"), S_address);
    S_add(p, "birth_date", json_str(json_object_get(resource, "birthDate")));
    S_add(p, "gender", json_str(json_object_get(resource, "gender")));
    return p->n ? IDEM_OK
                : error_set(err, IDEM_INVALID,
                            "the patient has no name, birthDate, telecom or address that is a field "
                            "of the configuration");
}

/* ------------------------------------------------------------------ $match */

struct wanted {
    const json_t *patient;
    bool certain;
    json_int_t count;
};

/* Parameters, or a Patient alone. */
static bool S_wanted(const json_t *body, struct wanted *w)
{
    const json_t *parameter;
    size_t i;
    *w = (struct wanted){.count = 10};
    if (str_eq(json_str(json_object_get(body, "resourceType")), STR("Patient")))
        w->patient = body;
    json_array_foreach(json_object_get(body, "parameter"), i, parameter)
    {
        struct str name = json_str(json_object_get(parameter, "name"));
        if (str_eq(name, STR("resource")))
            w->patient = json_object_get(parameter, "resource");
        else if (str_eq(name, STR("onlyCertainMatches")))
            w->certain = json_is_true(json_object_get(parameter, "valueBoolean"));
        else if (str_eq(name, STR("count")))
            w->count = json_integer_value(json_object_get(parameter, "valueInteger"));
    }
    return json_is_object(w->patient) && w->count >= 1 && w->count <= MOST_COUNT;
}

static const char *S_grade(const json_t *result)
{
    struct str band = json_str(json_object_get(result, "band"));
    if (str_eq(band, STR("match")))
        return json_number_value(json_object_get(result, "match_probability")) >= CERTAIN ? "certain" : "probable";
    return str_eq(band, STR("review")) ? "possible" : "certainly-not";
}

static json_t *S_first(const json_t *golden, const char *field)
{
    json_t *values = json_object_get(golden, field);
    return json_is_array(values) ? json_array_get(values, 0) : values;
}

static json_t *S_patient(const json_t *result)
{
    const json_t *golden = json_object_get(result, "golden");
    const char *id = json_string_value(json_object_get(result, "master_id"));
    json_t *patient = json_pack("{s:s, s:s, s:[{s:s, s:s}]}", "resourceType", "Patient", "id", id, "identifier",
                                "system", "urn:idem:master", "value", id);
    json_t *name = json_object(), *family = S_first(golden, "family_name"), *given = S_first(golden, "given_name");
    if (family)
        json_object_set(name, "family", family);
    if (given)
        json_put(name, "given", json_pack("[O]", given));
    if (S_first(golden, "full_name"))
        json_object_set(name, "text", S_first(golden, "full_name"));
    if (json_object_size(name))
        json_put(patient, "name", json_pack("[O]", name));
    if (S_first(golden, "birth_date"))
        json_object_set(patient, "birthDate", S_first(golden, "birth_date"));
    json_decref(name);
    return patient;
}

static json_t *S_bundle(const json_t *found, const struct wanted *w)
{
    json_t *bundle = json_pack("{s:s, s:s}", "resourceType", "Bundle", "type", "searchset"), *entries = json_array();
    const json_t *result;
    size_t i;
    json_array_foreach(json_object_get(found, "results"), i, result)
    {
        const char *grade = S_grade(result), *id = json_string_value(json_object_get(result, "master_id"));
        char url[64];
        if (strcmp(grade, "certainly-not") == 0 || (w->certain && strcmp(grade, "certain") != 0))
            continue;
        snprintf(url, sizeof url, "urn:uuid:%s", id);
        json_array_append_new(entries, json_pack("{s:s, s:o, s:{s:s, s:f, s:[{s:s, s:s}]}}", "fullUrl", url, "resource",
                                                 S_patient(result), "search", "mode", "match", "score",
                                                 json_number_value(json_object_get(result, "match_probability")),
                                                 "extension", "url", GRADE, "valueCode", grade));
    }
    json_put(bundle, "total", json_integer((json_int_t)json_array_size(entries)));
    if (json_array_size(entries))
        json_object_set(bundle, "entry", entries);
    json_decref(entries);
    return bundle;
}

static void S_match(struct request *rq, const struct wanted *w)
{
    struct idem_search_options options = {.limit = (uint32_t)w->count};
    struct patient *p = xcalloc(1, sizeof *p);
    struct idem_resolver *resolver;
    struct idem_error err = {0};
    json_t *found = NULL;
    char *text = NULL;
    enum idem_status status;
    TRY_DONE(S_read_patient(rq, w->patient, p, &err));
    TRY_DONE(lease_resolver(rq->lease, &resolver, &err));
    TRY_DONE(idem_search(resolver, p->field, p->n, &options, &text, &err));
    TRY_DONE(json_parse(str_from(text), "found", &found, &err));
    S_answer(rq, S_bundle(found, w));
done:
    if (status != IDEM_OK)
        S_error(rq, status, &err);
    json_decref(found);
    idem_free(text);
    json_decref(p->config);
    arena_deinit(&p->arena);
    free(p);
}

void run_fhir_match(struct request *rq, struct idem_session *s)
{
    struct idem_error err = {0};
    struct wanted w;
    (void)s;
    if (json_parse(buf_view(&rq->body), "body", &rq->json, &err) != IDEM_OK)
        S_outcome(rq, 400, "structure", "the body is no JSON");
    else if (!S_wanted(rq->json, &w))
        S_outcome(rq, 422, "invalid",
                  "Parameters with a resource, perhaps onlyCertainMatches, and a count from 1 to 100");
    else
        S_match(rq, &w);
}

/* ------------------------------------------------------------------ $ihe-pix */

static struct str S_source(struct str system)
{
    return str_starts(system, SOURCE_URN) ? str_sub(system, SOURCE_URN.len, system.len) : system;
}

static enum idem_status S_is_source(struct idem_session *s, struct str name, bool *is, struct idem_error *err)
{
    char *text = NULL;
    json_t *told = NULL, *source;
    size_t i;
    *is = false;
    TRY(idem_db_status(s, &text, err));
    enum idem_status status = json_parse(str_from(text), "status", &told, err);
    json_array_foreach(json_object_get(told, "sources"), i, source)
    {
        *is = *is || str_eq(json_str(json_object_get(source, "name")), name);
    }
    json_decref(told);
    idem_free(text);
    return status;
}

static json_t *S_targets(const json_t *shown, struct str target)
{
    json_t *parameters = json_array(), *record;
    const char *id = json_string_value(json_object_get(shown, "master_id"));
    char reference[64];
    size_t i;
    json_array_foreach(json_object_get(shown, "records"), i, record)
    {
        struct str source = json_str(json_object_get(record, "data_source"));
        char system[96];
        if (target.len && !str_eq(source, target))
            continue;
        snprintf(system, sizeof system, "%.*s%.*s", STR_ARG(SOURCE_URN), STR_ARG(source));
        json_array_append_new(parameters,
                              json_pack("{s:s, s:{s:s, s:O}}", "name", "targetIdentifier", "valueIdentifier", "system",
                                        system, "value", json_object_get(record, "record_id")));
    }
    snprintf(reference, sizeof reference, "Patient/%s", id);
    json_array_append_new(parameters,
                          json_pack("{s:s, s:{s:s}}", "name", "targetId", "valueReference", "reference", reference));
    return json_pack("{s:s, s:o}", "resourceType", "Parameters", "parameter", parameters);
}

void run_fhir_pix(struct request *rq, struct idem_session *s)
{
    struct str identifier = request_query(rq, "sourceIdentifier"), target = S_source(request_query(rq, "targetSystem"));
    size_t bar = str_find_byte(identifier, '|');
    struct idem_error err = {0};
    struct buf key = {0};
    bool known = false, target_known = true;
    json_t *shown = NULL;
    char *text = NULL;
    if (!identifier.ptr || bar == SIZE_MAX || bar + 1 == identifier.len) {
        S_outcome(rq, 400, "invalid", "sourceIdentifier is system|value, as urn:idem:source:crm|C-1001");
        return;
    }
    struct str source = S_source(str_sub(identifier, 0, bar)), id = str_sub(identifier, bar + 1, identifier.len);
    if (!request_may_source(rq, source))
        return;
    enum idem_status status = S_is_source(s, source, &known, &err);
    if (status == IDEM_OK && target.len)
        status = S_is_source(s, target, &target_known, &err);
    buf_printf(&key, "%.*s:", STR_ARG(source));
    buf_str(&key, id);
    if (status == IDEM_OK && known && target_known)
        status = idem_show(s, buf_cstr(&key), &text, &err);
    if (status == IDEM_OK && text)
        status = json_parse(str_from(text), "master", &shown, &err);
    if (status == IDEM_OK && !known)
        S_outcome(rq, 400, "invalid", "sourceIdentifier Assigning Authority not found");
    else if (status == IDEM_OK && !target_known)
        S_outcome(rq, 403, "forbidden", "targetSystem not found");
    else if (status == IDEM_NOT_FOUND)
        S_outcome(rq, 404, "not-found", "sourceIdentifier Patient Identifier not found");
    else if (status != IDEM_OK)
        S_error(rq, status, &err);
    else
        S_answer(rq, S_targets(shown, target));
    json_decref(shown);
    idem_free(text);
    buf_deinit(&key);
}
