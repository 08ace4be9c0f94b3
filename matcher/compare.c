#include "matcher/compare.h"

#include "matcher/compare_kinds.h"

/* Two people, whatever else agrees. */
enum { CONTRADICTS = -12 };

/*
 * Default m and u: judgement from clean customer data, used as the centre of the estimates (train.h says with what
 * weight) and alone where there is no data. They sum to one over a kind's levels.
 */
static const struct comparison_info kinds[CMP_KINDS] = {
    [CMP_GIVEN] = {CMP_GIVEN,
                   "given_name",
                   {{"exact", .74, .006, 1, "the same name, accents and case aside"},
                    {"nickname", .03, .0008, 0, "short for the same name (Bill, William)"},
                    {"close", .10, .0015, .5, "a typing error apart"},
                    {"contained", .03, .001, .5, "one has further given names"},
                    {"initial", .02, .004, 0, "an initial that fits"},
                    {"swapped", .02, .0002, 0, "given and family name have changed places"},
                    {"crossed", .01, .002, 0, "one of the two stands in the other's place"},
                    {"phonetic", .01, .004, 0, "sounds alike"},
                    {"similar", .015, .012, 0, "two letters in five differ"},
                    {"generation", .0001, .0001, 0, "senior and junior, second and third", CONTRADICTS},
                    {"else", .0249, .9684, 0, "differs"}}},
    [CMP_FAMILY] = {CMP_FAMILY,
                    "family_name",
                    {{"exact", .81, .002, 1, "the same name, accents and case aside"},
                     {"close", .10, .001, .5, "a typing error apart"},
                     {"contained", .03, .0006, .5, "one part of a double name"},
                     {"phonetic", .01, .003, 0, "sounds alike"},
                     {"similar", .02, .01, 0, "two letters in five differ"},
                     {"generation", .0001, .0001, 0, "senior and junior, second and third", CONTRADICTS},
                     {"else", .0299, .9833, 0, "differs"}}},
    [CMP_MIDDLE] = {CMP_MIDDLE,
                    "middle_name",
                    {{"exact", .75, .02, 1, "the same"},
                     {"initial", .12, .04, 0, "an initial that fits"},
                     {"close", .06, .005, .5, "a typing error apart"},
                     {"else", .07, .935, 0, "differs"}}},
    [CMP_SUFFIX] = {CMP_SUFFIX,
                    "name_suffix",
                    {{"exact", .97, .3, 0, "the same"}, {"else", .03, .7, 0, "senior is not junior"}}},
    [CMP_FULL_NAME] = {CMP_FULL_NAME,
                       "full_name",
                       {{"exact", .615, .00002, 1, "the same name"},
                        {"tokens", .08, .00002, 0, "the same names in another order"},
                        {"close", .12, .00005, 0, "every name has a near partner"},
                        {"contained", .08, .0001, 0, "one has further names"},
                        {"nickname", .05, .0001, 0, "short forms, initials or spellings that fit"},
                        {"partial", .015, .016, 0, "some names agree, others contradict or are missing"},
                        {"else", .04, .98371, 0, "differs"}}},
    [CMP_ORGANISATION] = {CMP_ORGANISATION,
                          "organisation",
                          {{"exact", .55, .0002, 1, "the same name"},
                           {"base", .15, .0002, 1, "the same but for the legal form"},
                           {"close", .10, .0003, 0, "a typing error apart, or the same words"},
                           {"contained", .06, .0005, 0, "one name is the beginning or a part of the other"},
                           {"acronym", .02, .0003, 0, "the initials of the other"},
                           {"partial", .06, .01, 0, "rare words shared"},
                           {"else", .06, .9885, 0, "differs"}}},
    [CMP_DATE] = {CMP_DATE,
                  "date",
                  {{"exact", .86, .00005, 1, "the same day"},
                   {"swapped", .02, .0001, 0, "day and month swapped"},
                   {"digit", .05, .0008, 0, "one digit off, or two neighbours swapped"},
                   {"partial", .01, .003, 0, "what is known of both agrees"},
                   {"two_parts", .03, .004, 0, "two of year, month and day agree"},
                   {"digits", .01, .008, 0, "two digits off"},
                   {"year", .005, .012, 0, "the same year"},
                   {"else", .015, .97205, 0, "differs"}}},
    [CMP_EMAIL] = {CMP_EMAIL,
                   "email",
                   {{"exact", .70, .00001, 1, "the same mailbox"},
                    {"local", .08, .0001, .5, "the same name before the @"},
                    {"close", .08, .0001, .3, "a typing error apart"},
                    {"else", .14, .99979, 0, "differs"}}},
    [CMP_PHONE] = {CMP_PHONE,
                   "phone",
                   {{"exact", .64, .00001, 1, "the same number"},
                    {"national", .05, .00001, 1, "the same but for the country code"},
                    {"digit", .05, .0001, 0, "one digit off, or two neighbours swapped"},
                    {"digits", .03, .0003, 0, "two or three digits off"},
                    {"else", .23, .99958, 0, "differs"}}},
    [CMP_ADDRESS] = {CMP_ADDRESS,
                     "address",
                     {{"exact", .50, .0001, 1, "the same address"},
                      {"number_street", .12, .0001, .5, "house number and street agree"},
                      {"street", .10, .001, .5, "the street agrees"},
                      {"close", .08, .002, 0, "nearly the same street"},
                      {"partial", .05, .01, 0, "rare words shared"},
                      {"else", .15, .9868, 0, "differs"}}},
    [CMP_HOUSE_NUMBER] = {CMP_HOUSE_NUMBER,
                          "house_number",
                          {{"exact", .85, .02, 1, "the same"},
                           {"close", .06, .06, 0, "one digit off, or the same but for a letter"},
                           {"else", .09, .92, 0, "differs"}}},
    [CMP_PLACE] = {CMP_PLACE,
                   "place",
                   {{"exact", .80, .02, 1, "the same place"},
                    {"close", .08, .003, .5, "a typing error apart"},
                    {"contained", .02, .003, 0, "one name is part of the other"},
                    {"similar", .02, .01, 0, "two letters in five differ"},
                    {"else", .08, .964, 0, "differs"}}},
    [CMP_POSTCODE] = {CMP_POSTCODE,
                      "postcode",
                      {{"exact", .80, .003, 1, "the same"},
                       {"digit", .07, .01, 0, "one character off, or two swapped"},
                       {"area", .04, .02, 0, "the same area"},
                       {"else", .09, .967, 0, "differs"}}},
    [CMP_IDENTIFIER] = {CMP_IDENTIFIER,
                        "identifier",
                        {{"exact", .88, .00001, 1, "the same number"},
                         {"digit", .06, .0001, 0, "one character off, or two neighbours swapped"},
                         {"digits", .01, .0005, 0, "two characters off"},
                         {"else", .05, .99939, 0, "differs"}}},
    [CMP_TEXT] = {CMP_TEXT,
                  "text",
                  {{"exact", .30, .0001, 1, "the same text"},
                   {"very_high", .25, .0002, 0, "nine tenths of the words, rare ones counting more"},
                   {"high", .15, .0005, 0, "three quarters"},
                   {"mid", .12, .002, 0, "six tenths"},
                   {"some", .09, .01, 0, "over four tenths"},
                   {"few", .05, .04, 0, "over a quarter"},
                   {"else", .04, .9472, 0, "hardly a word in common"}}},
    [CMP_MODEL_NUMBER] = {CMP_MODEL_NUMBER,
                          "model_number",
                          {{"shared", .75, .002, 0, "a rare model number in both"},
                           {"contained", .05, .001, 0, "one model number begins with the other"},
                           {"else", .20, .997, 0, "model numbers differ"}}},
    [CMP_NUMBER] = {CMP_NUMBER,
                    "number",
                    {{"exact", .60, .01, 1, "the same"},
                     {"near", .10, .02, 0, "within 1 %"},
                     {"close", .10, .08, 0, "within 10 %"},
                     {"far", .08, .2, 0, "within 50 %"},
                     {"else", .12, .69, 0, "differs"}}},
    [CMP_CODE] = {CMP_CODE, "code", {{"exact", .93, .3, 1, "the same"}, {"else", .07, .7, 0, "differs"}}},
    [CMP_ENCODING] = {CMP_ENCODING,
                      "encoding",
                      {{"exact", .15, .00000001, 0, "the same bits"},
                       {"dice_95", .25, .00000001, 0, "a Dice coefficient of .95 or more"},
                       {"dice_90", .20, .00000001, 0, ".90 or more"},
                       {"dice_85", .13, .00000002, 0, ".85 or more"},
                       {"dice_80", .10, .00000004, 0, ".80 or more"},
                       {"dice_75", .07, .0000001, 0, ".75 or more"},
                       {"dice_70", .05, .0000006, 0, ".70 or more"},
                       {"dice_65", .025, .000008, 0, ".65 or more"},
                       {"dice_60", .015, .0003, 0, ".60 or more"},
                       {"else", .01, .99969122, 0, "less"}}},
    [CMP_HASHED] = {CMP_HASHED,
                    "hashed",
                    {{"exact", .88, .00001, 1, "the same token"}, {"else", .12, .99999, 0, "differs"}}},
};

const struct comparison_info *comparison_info(enum comparison_kind kind)
{
    return &kinds[kind];
}

unsigned comparison_levels(enum comparison_kind kind)
{
    unsigned n = 0;
    while (n < MOST_LEVELS && kinds[kind].level[n].name)
        n++;
    return n;
}

static const signed char kind_of_type[FIELD_TYPES] = {
    [FIELD_GIVEN_NAME] = CMP_GIVEN,
    [FIELD_MIDDLE_NAME] = CMP_MIDDLE,
    [FIELD_FAMILY_NAME] = CMP_FAMILY,
    [FIELD_NAME_SUFFIX] = CMP_SUFFIX,
    [FIELD_FULL_NAME] = CMP_FULL_NAME,
    [FIELD_ORGANISATION] = CMP_ORGANISATION,
    [FIELD_EMPLOYER] = CMP_ORGANISATION,
    [FIELD_BIRTH_DATE] = CMP_DATE,
    [FIELD_DATE] = CMP_DATE,
    [FIELD_TIMESTAMP] = -1,
    [FIELD_GENDER] = CMP_CODE,
    [FIELD_EMAIL] = CMP_EMAIL,
    [FIELD_PHONE] = CMP_PHONE,
    [FIELD_ADDRESS] = CMP_ADDRESS,
    [FIELD_HOUSE_NUMBER] = CMP_HOUSE_NUMBER,
    [FIELD_CITY] = CMP_PLACE,
    [FIELD_REGION] = CMP_PLACE,
    [FIELD_POSTCODE] = CMP_POSTCODE,
    [FIELD_COUNTRY] = CMP_CODE,
    [FIELD_IDENTIFIER] = CMP_IDENTIFIER,
    [FIELD_URL] = CMP_CODE,
    [FIELD_TITLE] = CMP_TEXT,
    [FIELD_TEXT] = CMP_TEXT,
    [FIELD_NUMBER] = CMP_NUMBER,
    [FIELD_AMOUNT] = CMP_NUMBER,
    [FIELD_CURRENCY] = CMP_CODE,
    [FIELD_CATEGORY] = CMP_CODE,
    [FIELD_LATITUDE] = CMP_NUMBER,
    [FIELD_LONGITUDE] = CMP_NUMBER,
    [FIELD_ENCODING] = CMP_ENCODING,
    [FIELD_HASHED] = CMP_HASHED,
};

bool comparison_kind_of(enum field_type type, enum comparison_kind *kind)
{
    if ((unsigned)type >= FIELD_TYPES || kind_of_type[type] < 0)
        return false;
    *kind = (enum comparison_kind)kind_of_type[type];
    return true;
}

void comparison_init(struct comparison *c, enum comparison_kind kind, unsigned field)
{
    *c = (struct comparison){.kind = kind,
                             .field = field,
                             .n_levels = comparison_levels(kind),
                             .related_from = LEVEL_NULL,
                             .tf_origin = ORIGIN_COUNTS};
    for (unsigned l = 0; l < c->n_levels; l++) {
        const struct level_info *info = &kinds[kind].level[l];
        c->level[l] = (struct level){.name = info->name, .m = info->m, .u = info->u};
        c->term_frequency |= info->tf > 0;
    }
}

typedef unsigned compare_fn(const struct compare_context *context, const struct norm *a, const struct norm *b);

static compare_fn *const compare[CMP_KINDS] = {
    [CMP_GIVEN] = compare_given,
    [CMP_FAMILY] = compare_family,
    [CMP_MIDDLE] = compare_middle,
    [CMP_SUFFIX] = compare_code,
    [CMP_FULL_NAME] = compare_full_name,
    [CMP_ORGANISATION] = compare_organisation,
    [CMP_DATE] = compare_date,
    [CMP_EMAIL] = compare_email,
    [CMP_PHONE] = compare_phone,
    [CMP_ADDRESS] = compare_address,
    [CMP_HOUSE_NUMBER] = compare_house_number,
    [CMP_PLACE] = compare_place,
    [CMP_POSTCODE] = compare_postcode,
    [CMP_IDENTIFIER] = compare_identifier,
    [CMP_TEXT] = compare_text,
    [CMP_MODEL_NUMBER] = compare_model_number,
    [CMP_NUMBER] = compare_number,
    [CMP_CODE] = compare_code,
    [CMP_ENCODING] = compare_encoding,
    [CMP_HASHED] = compare_code,
};

unsigned compare_values(enum comparison_kind kind, const struct compare_context *context, const struct norm *a,
                        const struct norm *b)
{
    if ((a->flags | b->flags) & NORM_GENERIC)
        return LEVEL_NULL;
    return compare[kind](context, a, b);
}
