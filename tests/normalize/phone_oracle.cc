#include "normalize/phone_oracle.h"

#include <phonenumbers/phonenumberutil.h>

#include <set>
#include <string>

using i18n::phonenumbers::PhoneNumber;
using i18n::phonenumbers::PhoneNumberUtil;

namespace
{

const PhoneNumberUtil::PhoneNumberType kinds[] = {PhoneNumberUtil::FIXED_LINE, PhoneNumberUtil::MOBILE,
                                                  PhoneNumberUtil::TOLL_FREE};
const PhoneNumberUtil::PhoneNumberFormat formats[] = {PhoneNumberUtil::E164, PhoneNumberUtil::INTERNATIONAL,
                                                      PhoneNumberUtil::NATIONAL, PhoneNumberUtil::RFC3966};

unsigned next_random(unsigned *state)
{
    *state = *state * 1664525u + 1013904223u;
    return *state >> 8;
}

/* Other digits in the last places, as long as the number stays valid. */
PhoneNumber vary(const PhoneNumberUtil &util, const std::string &region, const PhoneNumber &example, unsigned *state)
{
    std::string digits = std::to_string(example.national_number());
    for (size_t i = digits.size() > 5 ? digits.size() - 5 : digits.size(); i < digits.size(); i++)
        digits[i] = static_cast<char>('0' + next_random(state) % 10);
    PhoneNumber number = example;
    number.set_national_number(std::stoull(digits));
    return util.IsValidNumberForRegion(number, region) ? number : example;
}

void spell(const PhoneNumberUtil &util, const std::string &region, const PhoneNumber &number, phone_oracle_fn *receive,
           void *context)
{
    std::string e164, text;
    for (auto format : formats) {
        util.Format(number, format, &text);
        PhoneNumber back;
        if (util.Parse(text, region, &back) != PhoneNumberUtil::NO_PARSING_ERROR || !util.IsValidNumber(back))
            continue;
        util.Format(back, PhoneNumberUtil::E164, &e164);
        receive(context, region.c_str(), text.c_str(), e164.c_str());
    }
}

} // namespace

extern "C" void phone_oracle_run(unsigned rounds, unsigned seed, phone_oracle_fn *receive, void *context)
{
    const PhoneNumberUtil &util = *PhoneNumberUtil::GetInstance();
    std::set<std::string> regions;
    util.GetSupportedRegions(&regions);
    for (const std::string &region : regions) {
        for (auto kind : kinds) {
            PhoneNumber example;
            if (!util.GetExampleNumberForType(region, kind, &example))
                continue;
            for (unsigned i = 0; i < rounds; i++)
                spell(util, region, i ? vary(util, region, example, &seed) : example, receive, context);
        }
    }
}

extern "C" void phone_oracle_lengths(phone_length_fn *receive, void *context)
{
    const PhoneNumberUtil &util = *PhoneNumberUtil::GetInstance();
    std::set<int> codes;
    util.GetSupportedCallingCodes(&codes);
    for (int code : codes)
        for (unsigned len = 4; len <= 13; len++) {
            PhoneNumber number;
            number.set_country_code(code);
            number.set_national_number(std::stoull(std::string(len, '2')));
            auto is = [&](PhoneNumberUtil::PhoneNumberType kind) {
                return util.IsPossibleNumberForTypeWithReason(number, kind) == PhoneNumberUtil::IS_POSSIBLE;
            };
            receive(context, code, len, is(PhoneNumberUtil::FIXED_LINE) || is(PhoneNumberUtil::MOBILE),
                    util.IsPossibleNumberWithReason(number) == PhoneNumberUtil::IS_POSSIBLE);
        }
}
