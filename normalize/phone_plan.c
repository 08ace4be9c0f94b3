#include "normalize/phone_plan.h"

#include <stdlib.h>
#include <string.h>

#define L(n) (1u << (n))
#define FROM(least, most) (((1u << ((most) + 1)) - 1) & ~((1u << (least)) - 1))

/* By code. Lengths are those of subscribers' and freephone numbers; service numbers of three to five digits are left
 * out: taking them in would make fragments of numbers look whole. */
static const struct phone_plan plans[] = {
    {1, "1", "011", L(10), PHONE_NANP},
    {7, "8", "810", L(10), PHONE_PLAIN},
    {20, "0", "00", FROM(8, 10), PHONE_PLAIN},
    {27, "0", "00", FROM(9, 10), PHONE_PLAIN},
    {30, "", "00", L(10), PHONE_PLAIN},
    {31, "0", "00", L(9), PHONE_PLAIN},
    {32, "0", "00", FROM(8, 9), PHONE_PLAIN},
    {33, "0", "00", L(9), PHONE_PLAIN},
    {34, "", "00", L(9), PHONE_PLAIN},
    {36, "06", "00", FROM(8, 9), PHONE_PLAIN},
    {39, "", "00", FROM(6, 11), PHONE_PLAIN},
    {40, "0", "00", L(9), PHONE_PLAIN},
    {41, "0", "00", L(9), PHONE_PLAIN},
    {43, "0", "00", FROM(7, 13), PHONE_PLAIN},
    {44, "0", "00", L(7) | L(9) | L(10), PHONE_PLAIN},
    {45, "", "00", L(8), PHONE_PLAIN},
    {46, "0", "00", FROM(7, 10), PHONE_PLAIN},
    {47, "", "00", L(8), PHONE_PLAIN},
    {48, "0", "00", L(9), PHONE_PLAIN},
    {49, "0", "00", FROM(6, 13), PHONE_PLAIN},
    {51, "0", "00", FROM(8, 9), PHONE_PLAIN},
    {52, "044|045|01|02|1", "00", L(10), PHONE_PLAIN},
    {53, "0", "119", L(8), PHONE_PLAIN},
    {54, "0", "00", FROM(10, 11), PHONE_ARGENTINA},
    {55, "0", "00", FROM(9, 11), PHONE_BRAZIL},
    {56, "", "00", L(9), PHONE_PLAIN},
    {57, "03|05|07|09|0", "009|007|005|00", FROM(10, 11), PHONE_PLAIN},
    {58, "0", "00", L(10), PHONE_PLAIN},
    {60, "0", "00", FROM(8, 10), PHONE_PLAIN},
    {61, "0", "0011", L(6) | L(9) | L(10), PHONE_PLAIN},
    {62, "0", "001|008|00", FROM(8, 12), PHONE_PLAIN},
    {63, "0", "00", FROM(8, 10), PHONE_PLAIN},
    {64, "0", "00", FROM(8, 10), PHONE_PLAIN},
    {65, "", "001|008|00", L(8) | L(10) | L(11), PHONE_PLAIN},
    {66, "0", "001|00", FROM(8, 9), PHONE_PLAIN},
    {81, "0", "010", FROM(9, 10), PHONE_PLAIN},
    {82, "0", "00700|001|002|005|008|00", FROM(8, 11), PHONE_PLAIN},
    {84, "0", "00", FROM(9, 10), PHONE_PLAIN},
    {86, "0", "00", FROM(9, 11), PHONE_PLAIN},
    {90, "0", "00", L(10), PHONE_PLAIN},
    {91, "0", "00", L(10), PHONE_PLAIN},
    {92, "0", "00", FROM(9, 10), PHONE_PLAIN},
    {93, "0", "00", L(9), PHONE_PLAIN},
    {94, "0", "00", L(9), PHONE_PLAIN},
    {95, "0", "00", FROM(7, 10), PHONE_PLAIN},
    {98, "0", "00", L(10), PHONE_PLAIN},
    {211, "0", "00", L(9), PHONE_PLAIN},
    {212, "0", "00", L(9), PHONE_PLAIN},
    {213, "0", "00", FROM(8, 9), PHONE_PLAIN},
    {216, "", "00", L(8), PHONE_PLAIN},
    {218, "0", "00", L(9), PHONE_PLAIN},
    {220, "", "00", L(7), PHONE_PLAIN},
    {221, "", "00", L(9), PHONE_PLAIN},
    {222, "", "00", L(8), PHONE_PLAIN},
    {223, "", "00", L(8), PHONE_PLAIN},
    {224, "", "00", FROM(8, 9), PHONE_PLAIN},
    {225, "", "00", L(10), PHONE_PLAIN},
    {226, "", "00", L(8), PHONE_PLAIN},
    {227, "", "00", L(8), PHONE_PLAIN},
    {228, "", "00", L(8), PHONE_PLAIN},
    {229, "", "00", L(8) | L(10), PHONE_PLAIN},
    {230, "", "00", FROM(7, 8), PHONE_PLAIN},
    {231, "0", "00", FROM(7, 9), PHONE_PLAIN},
    {232, "0", "00", L(8), PHONE_PLAIN},
    {233, "0", "00", FROM(8, 9), PHONE_PLAIN},
    {234, "0", "009|00", L(8) | L(10), PHONE_PLAIN},
    {235, "", "00", L(8), PHONE_PLAIN},
    {236, "", "00", L(8), PHONE_PLAIN},
    {237, "", "00", FROM(8, 9), PHONE_PLAIN},
    {238, "", "00", L(7), PHONE_PLAIN},
    {239, "", "00", L(7), PHONE_PLAIN},
    {240, "", "00", L(9), PHONE_PLAIN},
    {241, "", "00", FROM(7, 8), PHONE_PLAIN},
    {242, "", "00", L(9), PHONE_PLAIN},
    {243, "0", "00", L(7) | L(9), PHONE_PLAIN},
    {244, "", "00", L(9), PHONE_PLAIN},
    {245, "", "00", L(7) | L(9), PHONE_PLAIN},
    {246, "", "00", L(7), PHONE_PLAIN},
    {247, "", "00", FROM(5, 6), PHONE_PLAIN},
    {248, "", "00", L(7), PHONE_PLAIN},
    {249, "0", "00", L(9), PHONE_PLAIN},
    {250, "0", "00", L(9), PHONE_PLAIN},
    {251, "0", "00", L(9), PHONE_PLAIN},
    {252, "0", "00", FROM(7, 9), PHONE_PLAIN},
    {253, "", "00", L(8), PHONE_PLAIN},
    {254, "0", "000|00", L(9), PHONE_PLAIN},
    {255, "0", "000|00", L(9), PHONE_PLAIN},
    {256, "0", "000|00", L(9), PHONE_PLAIN},
    {257, "", "00", L(8), PHONE_PLAIN},
    {258, "", "00", FROM(8, 9), PHONE_PLAIN},
    {260, "0", "00", L(9), PHONE_PLAIN},
    {261, "0", "00", L(9), PHONE_PLAIN},
    {262, "0", "00", L(9), PHONE_PLAIN},
    {263, "0", "00", FROM(7, 10), PHONE_PLAIN},
    {264, "0", "00", FROM(8, 9), PHONE_PLAIN},
    {265, "0", "00", L(7) | L(9), PHONE_PLAIN},
    {266, "", "00", L(8), PHONE_PLAIN},
    {267, "", "00", FROM(7, 8), PHONE_PLAIN},
    {268, "", "00", FROM(8, 9), PHONE_PLAIN},
    {269, "", "00", L(7), PHONE_PLAIN},
    {290, "", "00", FROM(4, 5), PHONE_PLAIN},
    {291, "0", "00", L(7), PHONE_PLAIN},
    {297, "", "00", L(7), PHONE_PLAIN},
    {298, "", "00", L(6), PHONE_PLAIN},
    {299, "", "00", L(6), PHONE_PLAIN},
    {350, "", "00", L(8), PHONE_PLAIN},
    {351, "", "00", L(9), PHONE_PLAIN},
    {352, "", "00", FROM(6, 11), PHONE_PLAIN},
    {353, "0", "00", FROM(7, 9), PHONE_PLAIN},
    {354, "", "00", L(7) | L(9), PHONE_PLAIN},
    {355, "0", "00", FROM(8, 9), PHONE_PLAIN},
    {356, "", "00", L(8), PHONE_PLAIN},
    {357, "", "00", L(8), PHONE_PLAIN},
    {358, "0", "990|994|999|00", FROM(6, 10), PHONE_PLAIN},
    {359, "0", "00", FROM(7, 9), PHONE_PLAIN},
    {370, "8|0", "00", L(8), PHONE_PLAIN},
    {371, "", "00", L(8), PHONE_PLAIN},
    {372, "", "00", FROM(7, 8), PHONE_PLAIN},
    {373, "0", "00", L(8), PHONE_PLAIN},
    {374, "0", "00", L(8), PHONE_PLAIN},
    {375, "80|8|0", "810", L(9), PHONE_PLAIN},
    {376, "", "00", L(6) | L(9), PHONE_PLAIN},
    {377, "0", "00", FROM(8, 9), PHONE_PLAIN},
    {378, "", "00", L(6) | L(8) | L(10), PHONE_SAN_MARINO},
    {380, "0", "00", L(9), PHONE_PLAIN},
    {381, "0", "00", FROM(8, 10), PHONE_PLAIN},
    {382, "0", "00", L(8), PHONE_PLAIN},
    {383, "0", "00", FROM(8, 9), PHONE_PLAIN},
    {385, "0", "00", FROM(8, 9), PHONE_PLAIN},
    {386, "0", "00", L(8), PHONE_PLAIN},
    {387, "0", "00", FROM(8, 9), PHONE_PLAIN},
    {389, "0", "00", L(8), PHONE_PLAIN},
    {420, "", "00", L(9), PHONE_PLAIN},
    {421, "0", "00", L(9), PHONE_PLAIN},
    {423, "0", "00", L(7) | L(9), PHONE_PLAIN},
    {500, "", "00", L(5), PHONE_PLAIN},
    {501, "", "00", L(7), PHONE_PLAIN},
    {502, "", "00", L(8), PHONE_PLAIN},
    {503, "", "00", L(8), PHONE_PLAIN},
    {504, "", "00", L(8), PHONE_PLAIN},
    {505, "", "00", L(8), PHONE_PLAIN},
    {506, "", "00", L(8), PHONE_PLAIN},
    {507, "", "00", FROM(7, 8), PHONE_PLAIN},
    {508, "0", "00", L(6), PHONE_PLAIN},
    {509, "", "00", L(8), PHONE_PLAIN},
    {590, "0", "00", L(9), PHONE_PLAIN},
    {591, "0", "00", FROM(8, 9), PHONE_PLAIN},
    {592, "", "001", L(7), PHONE_PLAIN},
    {593, "0", "00", FROM(8, 9), PHONE_PLAIN},
    {594, "0", "00", L(9), PHONE_PLAIN},
    {595, "0", "002|00", FROM(8, 9), PHONE_PLAIN},
    {596, "0", "00", L(9), PHONE_PLAIN},
    {597, "", "00", FROM(6, 7), PHONE_PLAIN},
    {598, "0", "00", L(8), PHONE_PLAIN},
    {599, "", "00", FROM(7, 8), PHONE_PLAIN},
    {670, "", "00", FROM(7, 8), PHONE_PLAIN},
    {672, "", "00", L(6), PHONE_PLAIN},
    {673, "", "00", L(7), PHONE_PLAIN},
    {674, "", "00", L(7), PHONE_PLAIN},
    {675, "", "00", FROM(7, 8), PHONE_PLAIN},
    {676, "", "00", L(5) | L(7), PHONE_PLAIN},
    {677, "", "00", L(5) | L(7), PHONE_PLAIN},
    {678, "", "00", L(5) | L(7), PHONE_PLAIN},
    {679, "", "00", L(7), PHONE_PLAIN},
    {680, "", "011|00", L(7), PHONE_PLAIN},
    {681, "", "00", L(6), PHONE_PLAIN},
    {682, "", "00", L(5), PHONE_PLAIN},
    {683, "", "00", L(4) | L(7), PHONE_PLAIN},
    {685, "", "00|0", FROM(5, 7), PHONE_PLAIN},
    {686, "0", "00", L(5) | L(8), PHONE_PLAIN},
    {687, "", "00", L(6), PHONE_PLAIN},
    {688, "", "00", FROM(5, 7), PHONE_PLAIN},
    {689, "", "00", L(6) | L(8) | L(9), PHONE_PLAIN},
    {690, "", "00", FROM(4, 7), PHONE_PLAIN},
    {691, "1", "011|00", L(7), PHONE_PLAIN},
    {692, "1", "011|00", L(7), PHONE_PLAIN},
    {800, "", "00", L(8), PHONE_PLAIN},
    {808, "", "00", L(8), PHONE_PLAIN},
    {850, "0", "00", L(8) | L(10), PHONE_PLAIN},
    {852, "", "001|00", L(8), PHONE_PLAIN},
    {853, "", "00", L(8), PHONE_PLAIN},
    {855, "0", "001|00", FROM(8, 9), PHONE_PLAIN},
    {856, "0", "00", FROM(8, 10), PHONE_PLAIN},
    {870, "", "00", L(9), PHONE_PLAIN},
    {878, "", "00", L(12), PHONE_PLAIN},
    {880, "0", "00", FROM(8, 10), PHONE_PLAIN},
    {881, "", "00", L(9), PHONE_PLAIN},
    {882, "", "00", FROM(7, 12), PHONE_PLAIN},
    {883, "", "00", FROM(9, 12), PHONE_PLAIN},
    {886, "0", "002|00", FROM(8, 9), PHONE_PLAIN},
    {888, "", "00", L(11), PHONE_PLAIN},
    {960, "", "00", L(7), PHONE_PLAIN},
    {961, "0", "00", FROM(7, 8), PHONE_PLAIN},
    {962, "0", "00", FROM(8, 9), PHONE_PLAIN},
    {963, "0", "00", FROM(8, 9), PHONE_PLAIN},
    {964, "0", "00", FROM(8, 10), PHONE_PLAIN},
    {965, "", "00", L(7) | L(8), PHONE_PLAIN},
    {966, "0", "00", L(9), PHONE_PLAIN},
    {967, "0", "00", FROM(7, 9), PHONE_PLAIN},
    {968, "", "00", L(8), PHONE_PLAIN},
    {970, "0", "00", FROM(8, 10), PHONE_PLAIN},
    {971, "0", "00", FROM(8, 9), PHONE_PLAIN},
    {972, "0", "012|013|014|00", FROM(8, 10), PHONE_PLAIN},
    {973, "", "00", L(8), PHONE_PLAIN},
    {974, "", "00", L(8), PHONE_PLAIN},
    {975, "", "00", FROM(7, 8), PHONE_PLAIN},
    {976, "01|02|0", "001|00", FROM(8, 10), PHONE_PLAIN},
    {977, "0", "00", L(8) | L(10) | L(11), PHONE_PLAIN},
    {979, "", "00", L(9), PHONE_PLAIN},
    {992, "8", "810", L(9), PHONE_PLAIN},
    {993, "8", "810", L(8), PHONE_PLAIN},
    {994, "0", "00", L(9), PHONE_PLAIN},
    {995, "0", "00", L(9), PHONE_PLAIN},
    {996, "0", "00", L(9), PHONE_PLAIN},
    {998, "8", "810|00", L(9), PHONE_PLAIN},
};

struct phone_country {
    char country[3];
    uint16_t code;
    char area[4];
};

/* By country. */
static const struct phone_country countries[] = {
    {"AC", 247, ""},  {"AD", 376, ""},  {"AE", 971, ""},  {"AF", 93, ""},   {"AG", 1, "268"}, {"AI", 1, "264"},
    {"AL", 355, ""},  {"AM", 374, ""},  {"AO", 244, ""},  {"AR", 54, ""},   {"AS", 1, "684"}, {"AT", 43, ""},
    {"AU", 61, ""},   {"AW", 297, ""},  {"AX", 358, ""},  {"AZ", 994, ""},  {"BA", 387, ""},  {"BB", 1, "246"},
    {"BD", 880, ""},  {"BE", 32, ""},   {"BF", 226, ""},  {"BG", 359, ""},  {"BH", 973, ""},  {"BI", 257, ""},
    {"BJ", 229, ""},  {"BL", 590, ""},  {"BM", 1, "441"}, {"BN", 673, ""},  {"BO", 591, ""},  {"BQ", 599, ""},
    {"BR", 55, ""},   {"BS", 1, "242"}, {"BT", 975, ""},  {"BW", 267, ""},  {"BY", 375, ""},  {"BZ", 501, ""},
    {"CA", 1, ""},    {"CC", 61, ""},   {"CD", 243, ""},  {"CF", 236, ""},  {"CG", 242, ""},  {"CH", 41, ""},
    {"CI", 225, ""},  {"CK", 682, ""},  {"CL", 56, ""},   {"CM", 237, ""},  {"CN", 86, ""},   {"CO", 57, ""},
    {"CR", 506, ""},  {"CU", 53, ""},   {"CV", 238, ""},  {"CW", 599, ""},  {"CX", 61, ""},   {"CY", 357, ""},
    {"CZ", 420, ""},  {"DE", 49, ""},   {"DJ", 253, ""},  {"DK", 45, ""},   {"DM", 1, "767"}, {"DO", 1, ""},
    {"DZ", 213, ""},  {"EC", 593, ""},  {"EE", 372, ""},  {"EG", 20, ""},   {"EH", 212, ""},  {"ER", 291, ""},
    {"ES", 34, ""},   {"ET", 251, ""},  {"FI", 358, ""},  {"FJ", 679, ""},  {"FK", 500, ""},  {"FM", 691, ""},
    {"FO", 298, ""},  {"FR", 33, ""},   {"GA", 241, ""},  {"GB", 44, ""},   {"GD", 1, "473"}, {"GE", 995, ""},
    {"GF", 594, ""},  {"GG", 44, ""},   {"GH", 233, ""},  {"GI", 350, ""},  {"GL", 299, ""},  {"GM", 220, ""},
    {"GN", 224, ""},  {"GP", 590, ""},  {"GQ", 240, ""},  {"GR", 30, ""},   {"GT", 502, ""},  {"GU", 1, "671"},
    {"GW", 245, ""},  {"GY", 592, ""},  {"HK", 852, ""},  {"HN", 504, ""},  {"HR", 385, ""},  {"HT", 509, ""},
    {"HU", 36, ""},   {"ID", 62, ""},   {"IE", 353, ""},  {"IL", 972, ""},  {"IM", 44, ""},   {"IN", 91, ""},
    {"IO", 246, ""},  {"IQ", 964, ""},  {"IR", 98, ""},   {"IS", 354, ""},  {"IT", 39, ""},   {"JE", 44, ""},
    {"JM", 1, "876"}, {"JO", 962, ""},  {"JP", 81, ""},   {"KE", 254, ""},  {"KG", 996, ""},  {"KH", 855, ""},
    {"KI", 686, ""},  {"KM", 269, ""},  {"KN", 1, "869"}, {"KP", 850, ""},  {"KR", 82, ""},   {"KW", 965, ""},
    {"KY", 1, "345"}, {"KZ", 7, ""},    {"LA", 856, ""},  {"LB", 961, ""},  {"LC", 1, "758"}, {"LI", 423, ""},
    {"LK", 94, ""},   {"LR", 231, ""},  {"LS", 266, ""},  {"LT", 370, ""},  {"LU", 352, ""},  {"LV", 371, ""},
    {"LY", 218, ""},  {"MA", 212, ""},  {"MC", 377, ""},  {"MD", 373, ""},  {"ME", 382, ""},  {"MF", 590, ""},
    {"MG", 261, ""},  {"MH", 692, ""},  {"MK", 389, ""},  {"ML", 223, ""},  {"MM", 95, ""},   {"MN", 976, ""},
    {"MO", 853, ""},  {"MP", 1, "670"}, {"MQ", 596, ""},  {"MR", 222, ""},  {"MS", 1, "664"}, {"MT", 356, ""},
    {"MU", 230, ""},  {"MV", 960, ""},  {"MW", 265, ""},  {"MX", 52, ""},   {"MY", 60, ""},   {"MZ", 258, ""},
    {"NA", 264, ""},  {"NC", 687, ""},  {"NE", 227, ""},  {"NF", 672, ""},  {"NG", 234, ""},  {"NI", 505, ""},
    {"NL", 31, ""},   {"NO", 47, ""},   {"NP", 977, ""},  {"NR", 674, ""},  {"NU", 683, ""},  {"NZ", 64, ""},
    {"OM", 968, ""},  {"PA", 507, ""},  {"PE", 51, ""},   {"PF", 689, ""},  {"PG", 675, ""},  {"PH", 63, ""},
    {"PK", 92, ""},   {"PL", 48, ""},   {"PM", 508, ""},  {"PR", 1, ""},    {"PS", 970, ""},  {"PT", 351, ""},
    {"PW", 680, ""},  {"PY", 595, ""},  {"QA", 974, ""},  {"RE", 262, ""},  {"RO", 40, ""},   {"RS", 381, ""},
    {"RU", 7, ""},    {"RW", 250, ""},  {"SA", 966, ""},  {"SB", 677, ""},  {"SC", 248, ""},  {"SD", 249, ""},
    {"SE", 46, ""},   {"SG", 65, ""},   {"SH", 290, ""},  {"SI", 386, ""},  {"SJ", 47, ""},   {"SK", 421, ""},
    {"SL", 232, ""},  {"SM", 378, ""},  {"SN", 221, ""},  {"SO", 252, ""},  {"SR", 597, ""},  {"SS", 211, ""},
    {"ST", 239, ""},  {"SV", 503, ""},  {"SX", 1, "721"}, {"SY", 963, ""},  {"SZ", 268, ""},  {"TA", 290, ""},
    {"TC", 1, "649"}, {"TD", 235, ""},  {"TG", 228, ""},  {"TH", 66, ""},   {"TJ", 992, ""},  {"TK", 690, ""},
    {"TL", 670, ""},  {"TM", 993, ""},  {"TN", 216, ""},  {"TO", 676, ""},  {"TR", 90, ""},   {"TT", 1, "868"},
    {"TV", 688, ""},  {"TW", 886, ""},  {"TZ", 255, ""},  {"UA", 380, ""},  {"UG", 256, ""},  {"US", 1, ""},
    {"UY", 598, ""},  {"UZ", 998, ""},  {"VA", 39, ""},   {"VC", 1, "784"}, {"VE", 58, ""},   {"VG", 1, "284"},
    {"VI", 1, "340"}, {"VN", 84, ""},   {"VU", 678, ""},  {"WF", 681, ""},  {"WS", 685, ""},  {"XK", 383, ""},
    {"YE", 967, ""},  {"YT", 262, ""},  {"ZA", 27, ""},   {"ZM", 260, ""},  {"ZW", 263, ""},
};

static const struct phone_plan *S_find_code(unsigned code)
{
    size_t low = 0, high = sizeof plans / sizeof plans[0];
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (plans[middle].code < code)
            low = middle + 1;
        else
            high = middle;
    }
    return low < sizeof plans / sizeof plans[0] && plans[low].code == code ? &plans[low] : NULL;
}

static int S_compare_country(const void *key, const void *row)
{
    return memcmp(key, ((const struct phone_country *)row)->country, 2);
}

const struct phone_plan *phone_plan_of_country(const char country[3], const char **area)
{
    const struct phone_country *row =
        bsearch(country, countries, sizeof countries / sizeof countries[0], sizeof countries[0], S_compare_country);
    *area = row ? row->area : "";
    return row ? S_find_code(row->code) : NULL;
}

/* Calling codes are prefix-free: the first that fits is the one. */
const struct phone_plan *phone_plan_of_code(const char *digits, size_t n_digits, size_t *code_len)
{
    unsigned code = 0;
    for (size_t i = 0; i < 3 && i < n_digits; i++) {
        code = code * 10 + (unsigned)(digits[i] - '0');
        const struct phone_plan *plan = S_find_code(code);
        if (plan) {
            *code_len = i + 1;
            return plan;
        }
    }
    return NULL;
}
