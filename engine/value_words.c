#include "engine/value_words.h"

/* Words in lower case between "|". */
static const char *const LISTS[VALUE_WORD_LISTS] = {
    [WORDS_GIVEN_NAME] =
        "|aaron|abigail|adam|adrian|agnieszka|ahmed|alan|alba|albert|alejandro|aleksandr|alessandro|alessia|alex|"
        "alexander|"
        "alexandra|alexis|alfred|ali|alice|alicia|alison|alyssa|amanda|amber|amelia|amelie|amy|ana|anais|andrea|"
        "andreas|andrei|"
        "andrew|andrzej|angela|anita|ann|anna|anne|annika|anthony|antoine|antonio|arthur|ashley|astrid|aurora|ava|"
        "barbara|"
        "barry|beatrice|ben|benjamin|bernard|bernd|beth|bethany|betty|bianca|birgit|blake|bob|brandon|brenda|brian|"
        "bruno|"
        "caitlin|cameron|camille|carl|carla|carlos|carmen|carol|caroline|catherine|charles|charlie|charlotte|chiara|"
        "chloe|"
        "chris|christian|christine|christoph|christopher|claire|clara|claudia|connor|cooper|craig|cristina|daisy|dan|"
        "daniel|"
        "daniela|danielle|darren|david|dean|deborah|denis|dennis|diana|diego|dieter|dmitry|dominic|donald|donna|doris|"
        "dorothy|douglas|dylan|edward|elena|eleanor|elijah|elisabeth|elise|elizabeth|ella|ellen|ellie|emily|emma|eric|"
        "erik|"
        "erin|ernst|ethan|eva|evelyn|ewa|fabian|fatima|felix|fernando|finn|florence|florian|fran|frances|francesca|"
        "francesco|"
        "francis|francois|frank|franz|fred|freddie|frederick|frieda|fritz|gabriel|gareth|gary|gemma|george|georgia|"
        "gerald|"
        "gerda|gerhard|gertrud|giovanni|giulia|giuseppe|gloria|grace|graham|greg|guenter|gudrun|guy|hamish|hanna|"
        "hannah|"
        "hans|harriet|harrison|harry|heather|heidi|heike|heinrich|heinz|helen|helena|helga|henri|henry|herbert|hermann|"
        "hilda|"
        "holly|horst|howard|hugo|ian|ida|igor|ilse|imogen|ines|ingrid|irene|iris|isaac|isabel|isabella|isabelle|ivan|"
        "jack|"
        "jackson|jacob|jade|jake|james|jamie|jan|jana|jane|janet|jason|javier|jayden|jean|jeff|jennifer|jens|jeremy|"
        "jessica|"
        "jie|jim|joan|joanna|joao|joe|joel|johann|johanna|johannes|john|jonas|jonathan|jordan|jorge|jose|joseph|joshua|"
        "juan|"
        "judith|julia|julian|julie|jürgen|juergen|kai|karen|karin|karl|karolina|kate|katarzyna|katherine|kathleen|"
        "katie|"
        "katja|keith|kelly|ken|kenneth|kevin|kim|kirsten|klaus|kristina|krzysztof|kurt|kyle|lachlan|lara|lars|laura|"
        "lauren|"
        "laurent|lea|lee|lena|leo|leon|leonie|lewis|liam|lilly|lily|linda|lisa|logan|lola|louis|louise|luca|lucas|"
        "lucia|lucy|"
        "luis|luisa|lukas|luke|lydia|madeleine|madeline|madison|magdalena|maja|manfred|manuel|marc|marcel|marco|marcus|"
        "margaret|maria|marie|marina|mario|mark|markus|marta|martha|martin|martina|mary|mason|mateo|matilda|matthew|"
        "matthias|"
        "max|maximilian|maya|megan|melanie|melissa|mia|michael|michal|michele|michelle|miguel|mikhail|mikayla|milan|"
        "mitchell|"
        "mohamed|mohammed|molly|monica|monika|muhammad|nadia|nadine|natalia|natalie|natasha|nathan|neil|nelson|"
        "nicholas|"
        "nick|nicola|nicolas|nicole|nikita|nina|noah|nora|norbert|oleg|olga|oliver|olivia|oscar|oskar|otto|owen|pablo|"
        "pamela|paola|patricia|patrick|paul|paula|pauline|pavel|pedro|peter|petra|philip|philipp|phoebe|pierre|piotr|"
        "rachel|"
        "rafael|rainer|ralf|raul|rebecca|reinhard|renate|renee|ricardo|richard|rita|robert|roberto|robin|roger|roland|"
        "ronald|rosa|rosie|ross|roy|ruby|rudolf|ruth|ryan|sabine|sally|sam|samantha|samuel|sandra|sara|sarah|scott|"
        "sean|"
        "sebastian|sergei|sergio|sharon|sienna|silvia|simon|simone|sofia|sonja|sophia|sophie|stefan|stefanie|stella|"
        "stephanie|"
        "stephen|steve|steven|stuart|susan|susanne|sven|sybille|sylvia|taylor|teresa|thea|theo|theresa|thomas|thorsten|"
        "tiana|tim|timothy|tina|tobias|tom|tomas|tomasz|torsten|trevor|tristan|tyler|ulrich|ulrike|ursula|uwe|"
        "valentina|"
        "vanessa|vera|veronica|victor|victoria|viktor|vincent|virginia|vladimir|volker|walter|wang|wendy|werner|"
        "wilhelm|will|"
        "william|wolfgang|xavier|yasmin|yuri|yusuf|yvonne|zachary|zara|zoe|александр|алексей|анастасия|андрей|анна|"
        "владимир|"
        "дмитрий|екатерина|елена|иван|ирина|мария|михаил|наталья|николай|ольга|сергей|татьяна|юрий|",
    [WORDS_LEGAL_FORM] =
        "|ab|ag|aps|as|asa|bv|bvba|co|company|corp|corporation|cv|doo|eg|eirl|ev|foundation|gbr|gmbh|holding|"
        "inc|incorporated|international|kft|kg|kgaa|limited|llc|llp|lp|ltd|ltda|mbh|nv|nyrt|oao|ohg|ooo|oy|"
        "oyj|pao|plc|pllc|pty|sa|sarl|sas|sasu|se|sl|slu|snc|spa|spolka|srl|sro|ug|vof|zao|zoo|ооо|оао|зао|ип|",
    [WORDS_STREET] =
        "|alley|allee|allée|av|ave|avenida|avenue|blvd|boulevard|calle|circuit|close|court|cres|crescent|ct|dr|"
        "drive|gasse|hwy|highway|lane|ln|parade|pde|piazza|pl|place|plaza|platz|praça|rd|road|rua|rue|route|"
        "sq|square|st|str|strada|straat|straße|strasse|street|terrace|tce|ul|ulica|via|viale|way|weg|улица|ул|",
    [WORDS_MONTH] =
        "|jan|january|januar|janvier|ene|enero|gen|gennaio|feb|february|februar|février|fev|febrero|mar|march|märz|"
        "maerz|mars|marzo|apr|april|avril|abr|abril|may|mai|mayo|jun|june|juni|juin|junio|jul|july|juli|juillet|"
        "julio|aug|august|août|agosto|sep|sept|september|septembre|oct|october|okt|oktober|octobre|nov|november|"
        "novembre|dec|december|dez|dezember|décembre|dic|diciembre|",
    [WORDS_GENDER] =
        "|m|f|w|d|x|male|female|man|woman|men|women|männlich|maennlich|weiblich|divers|homme|femme|masculin|féminin|"
        "feminin|hombre|mujer|masculino|femenino|feminino|uomo|donna|maschio|femmina|maschile|femminile|mann|frau|"
        "vrouw|mężczyzna|kobieta|муж|жен|мужской|женский|м|ж|k|h|other|u|unknown|diverse|non-binary|nonbinary|",
    [WORDS_BOOLEAN] = "|true|false|yes|no|y|n|0|1|t|f|ja|nein|oui|non|si|sí|sì|sim|não|nao|tak|nie|nee|да|нет|on|off|",
    [WORDS_COUNTRY] =
        "|ad|ae|af|al|am|ao|ar|at|au|az|ba|bd|be|bg|bh|bo|br|by|ca|ch|ci|cl|cm|cn|co|cr|cu|cy|cz|de|dk|do|dz|ec|ee|eg|"
        "es|et|"
        "fi|fr|gb|ge|gh|gr|gt|hk|hn|hr|hu|id|ie|il|in|iq|ir|is|it|jm|jo|jp|ke|kg|kh|kr|kw|kz|lb|li|lk|lt|lu|lv|ly|ma|"
        "mc|md|"
        "me|mk|mm|mn|mo|mt|mx|my|mz|ng|ni|nl|no|np|nz|om|pa|pe|ph|pk|pl|pr|pt|py|qa|ro|rs|ru|sa|se|sg|si|sk|sn|sv|sy|"
        "th|tn|"
        "tr|tw|tz|ua|ug|uk|us|uy|uz|ve|vn|za|zm|zw|aus|aut|bel|bra|can|che|chn|cze|deu|dnk|esp|fin|fra|gbr|ger|grc|hun|"
        "ind|"
        "irl|isr|ita|jpn|kor|mex|nld|nor|nzl|pol|prt|rou|rus|swe|tur|ukr|usa|zaf|argentina|australia|austria|"
        "österreich|"
        "belgium|belgien|belgique|brazil|brasil|bulgaria|canada|chile|china|colombia|croatia|czech "
        "republic|czechia|denmark|"
        "dänemark|deutschland|egypt|england|españa|estonia|finland|france|frankreich|germany|greece|hong kong|hungary|"
        "iceland|india|indonesia|ireland|israel|italia|italy|italien|japan|luxembourg|malaysia|mexico|méxico|nederland|"
        "netherlands|niederlande|the netherlands|new "
        "zealand|nigeria|norway|norge|pakistan|peru|philippines|poland|polska|"
        "polen|portugal|romania|russia|russian federation|россия|scotland|serbia|singapore|slovakia|slovenia|south "
        "africa|"
        "south "
        "korea|spain|spanien|suisse|schweiz|svizzera|sweden|sverige|schweden|switzerland|taiwan|thailand|turkey|"
        "türkiye|"
        "ukraine|united kingdom|great britain|united states|united states of america|vietnam|wales|",
    [WORDS_PLACEHOLDER] =
        "|n/a|na|n.a.|null|none|nil|unknown|unbekannt|inconnu|desconocido|sconosciuto|desconhecido|onbekend|"
        "nieznany|неизвестно|test|tbd|tba|k.a.|keine angabe|not available|not provided|not applicable|nan|"
        "undefined|dummy|#n/a|?|",
    [WORDS_REGION_US] =
        "|al|ak|az|ar|ca|co|ct|de|fl|ga|hi|id|il|in|ia|ks|ky|la|me|md|ma|mi|mn|ms|mo|mt|ne|nv|nh|nj|nm|ny|nc|nd|"
        "oh|ok|or|pa|ri|sc|sd|tn|tx|ut|vt|va|wv|wi|wy|dc|",
    [WORDS_REGION_AU] = "|nsw|vic|qld|wa|sa|tas|act|nt|",
    [WORDS_PERSON] =
        "|person|persons|individual|people|natural|natural person|private|privat|privatperson|privatkunde|human|"
        "consumer|b2c|particulier|particular|persona|persona fisica|pessoa|pessoa física|osoba|osoba fizyczna|"
        "физлицо|contact|p|i|pp|np|person account|",
    [WORDS_ORGANISATION] = "|organisation|organization|org|company|business|firm|firma|corporate|corporation|legal|"
                           "legal person|legal entity|"
                           "entity|unternehmen|geschäftskunde|geschaeftskunde|geschäft|juristisch|enterprise|"
                           "entreprise|société|societe|empresa|"
                           "azienda|società|bedrijf|zakelijk|b2b|юрлицо|o|c|b|business account|commercial|institution|",
};

void lexicon_init(struct lexicon *l)
{
    *l = (struct lexicon){0};
    for (unsigned list = 0; list < VALUE_WORD_LISTS; list++) {
        struct str rest = str_from(LISTS[list]), word;
        while (str_next_token(&rest, "|", &word))
            if (!map_add(&l->map, word, 1u << list))
                *map_find(&l->map, word) |= 1u << list;
    }
}

void lexicon_deinit(struct lexicon *l)
{
    map_deinit(&l->map);
}

uint32_t lexicon_lists(const struct lexicon *l, struct str text)
{
    char key[32];
    if (text.len == 0 || text.len > sizeof key)
        return 0;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        key[i] = c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
    }
    const uint32_t *lists = map_find(&l->map, (struct str){key, text.len});
    return lists ? *lists : 0;
}

bool value_street_ending(struct str word)
{
    static const char *const ENDINGS[] = {"straße", "strasse", "straat", "gasse", "weg",
                                          "platz",  "gatan",   "vägen",  "laan"};
    for (size_t i = 0; i < COUNT_OF(ENDINGS); i++) {
        struct str ending = str_from(ENDINGS[i]);
        if (word.len > ending.len + 1 && str_ends(word, ending))
            return true;
    }
    return false;
}
