#include "engine/header_table.h"

/* English, German, French, Spanish, Italian, Portuguese, Dutch, Polish, Russian. */
static const struct header_row TABLE[] = {
    {SAYS_FIELD, "given_name",
     "given name|given names|first name|first names|forename|forenames|fname|f name|firstname|givenname|name first|"
     "name given|christian name|vorname|vornamen|rufname|prenom|prenoms|nombre de pila|primer nombre|nombres|"
     "nome proprio|nome de batismo|primeiro nome|nome di battesimo|voornaam|voornamen|roepnaam|imie|imiona|имя|имена|"
     "first|forname|fst name|given"},
    {SAYS_FIELD, "middle_name",
     "middle name|middle names|middle initial|mname|m name|name middle|second name|zweiter vorname|mittelname|"
     "deuxieme prenom|segundo nombre|secondo nome|segundo nome|tweede naam|tussenvoegsel|drugie imie|отчество|middle|"
     "mi|patronymic|additional name"},
    {SAYS_FIELD, "family_name",
     "family name|last name|last names|surname|surnames|lname|l name|sname|lastname|name last|name family|nachname|"
     "familienname|zuname|nom de famille|apellido|apellidos|primer apellido|segundo apellido|cognome|sobrenome|"
     "apelido|ultimo nome|achternaam|familienaam|nazwisko|фамилия|last|second surname|lst name|family"},
    {SAYS_FIELD, "birth_name",
     "maiden name|birth name|name at birth|geburtsname|nom de naissance|nom de jeune fille|apellido de soltera|"
     "cognome da nubile|nome de solteira|geboortenaam|meisjesnaam|nazwisko panienskie|nazwisko rodowe|девичья фамилия"},
    {SAYS_FIELD, "name_suffix",
     "name suffix|suffix|namenszusatz|generation suffix|generational suffix|name generation"},
    {SAYS_FIELD, "full_name",
     "full name|fullname|complete name|name full|display name|person name|cardholder name|name as on card|"
     "vollstandiger name|vor und nachname|name vorname|nom complet|nom et prenom|nom prenom|nombre completo|"
     "nombre y apellidos|nome completo|nome e cognome|nominativo|volledige naam|imie i nazwisko|nazwisko i imie|фио|"
     "полное имя|name on card|card name|patient name|member name|guest name|passenger name|insured name|"
     "subscriber name|user full name|karteninhaber"},
    {SAYS_NAME, NULL,
     "name|names|nom|nombre|nome|naam|nazwa|название|наименование|customer name|client name|kundenname|nom du client|"
     "nombre del cliente|nome cliente|klantnaam|nazwa klienta|party name|entity name|legal name|contact name|"
     "recipient name|bezeichnung|denomination|denominazione|name 1|name1"},
    {SAYS_FIELD, "organisation",
     "organisation|organization|organisation name|organization name|org name|org|name org|company|company name|firma|"
     "firmenname|firmenbezeichnung|unternehmen|business name|business|trading name|trade name|corporate name|societe|"
     "raison sociale|entreprise|empresa|razon social|nombre de la empresa|azienda|ragione sociale|societa|"
     "razao social|nome da empresa|nome fantasia|bedrijf|bedrijfsnaam|organisatie|organisatienaam|nazwa firmy|"
     "przedsiebiorstwo|компания|организация|название компании|название организации|supplier name|vendor name|"
     "merchant name|hotel name|restaurant name|shop name|secondary name org|account name|kontoname|restaurant|"
     "doing business as|dba|associated company|company legal name|institution|practice name"},
    {SAYS_FIELD, "employer",
     "employer|employer name|arbeitgeber|employeur|empleador|datore di lavoro|empregador|werkgever|pracodawca|"
     "работодатель|place of work|workplace|works for"},
    {SAYS_FIELD, "birth_date",
     "birth date|birthdate|birthday|birth|naissance|nacimiento|nascita|geburt|urodzenie|рождение|date of birth|dob|"
     "d o b|dateofbirth|geburtsdatum|geburtstag|geb datum|gebdat|geb|geboren am|date de naissance|date naissance|ddn|"
     "ne le|fecha de nacimiento|fecha nacimiento|f nacimiento|fecha nac|data di nascita|data nascita|nato il|"
     "data de nascimento|data nascimento|dt nascimento|nascimento|geboortedatum|geb dat|data urodzenia|data ur|"
     "дата рождения|день рождения|born|born on|bdate|b date|bday|birth dt|dt of birth|date birth"},
    {SAYS_BIRTH_YEAR, NULL,
     "birth year|year of birth|yob|byear|geburtsjahr|annee de naissance|ano de nacimiento|anno di nascita|"
     "ano de nascimento|geboortejaar|rok urodzenia|год рождения|dob year|dob y|birth y|by|dob yyyy"},
    {SAYS_BIRTH_MONTH, NULL,
     "birth month|month of birth|bmonth|geburtsmonat|mois de naissance|mes de nacimiento|mese di nascita|"
     "mes de nascimento|geboortemaand|miesiac urodzenia|месяц рождения|dob month|dob m|birth m|bm|dob mm"},
    {SAYS_BIRTH_DAY, NULL,
     "birth day of month|day of birth|geburtstag tag|jour de naissance|dia de nacimiento|giorno di nascita|"
     "dia de nascimento|geboortedag|dzien urodzenia|dob day|dob d|birth d|bd|dob dd"},
    {SAYS_FIELD, "gender",
     "gender|sex|geschlecht|sexe|genre|sexo|genero|sesso|genere|geslacht|plec|пол|gender code|sex code"},
    {SAYS_FIELD, "email",
     "email|e mail|emails|email address|e mail address|mail|mail address|emailadresse|e mail adresse|mailadresse|"
     "courriel|adresse email|adresse e mail|adresse mail|correo|correo electronico|direccion de correo|"
     "indirizzo email|posta elettronica|correio eletronico|endereco de email|emailadres|e mailadres|adres email|"
     "adres e mail|poczta elektroniczna|электронная почта|эл почта|почта|mailbox|email id|eml|email addr|mail id"},
    {SAYS_FIELD, "phone",
     "phone|phones|phone number|phone numer|phone no|phone num|telephone|telephone number|tel|tel no|tel nr|telefon|"
     "telefonnummer|telefon nr|rufnummer|festnetz|mobile|mobile phone|mobile phone number|mobile number|mobile no|"
     "cell|cell phone|cellphone|cellular|handy|handynummer|mobil|mobilnummer|mobiltelefon|mobilfunk|"
     "numero de telephone|telephone portable|portable|telephone mobile|telefono|numero de telefono|movil|celular|"
     "telefono movil|numero di telefono|cellulare|telefone|numero de telefone|telemovel|telefoonnummer|telefoon|"
     "mobiel|gsm|mobiele telefoon|numer telefonu|telefon komorkowy|komorka|телефон|номер телефона|мобильный|"
     "мобильный телефон|моб телефон|home phone|work phone|business phone|office phone|day phone|daytime phone|"
     "evening phone|contact number|contact no|msisdn|whatsapp|whatsapp phone number|phone1|ph|ph no"},
    {SAYS_FIELD, "fax", "fax|fax number|fax no|faxnummer|telefax|numero de fax|faks|факс"},
    {SAYS_FIELD, "address",
     "address|addr|adress|street address|street|street name|address line|address line 1|address 1|address1|addr 1|"
     "addr line1|addr line 1|line 1|address full|addr full|full address|street 1|street1|postal address|"
     "mailing address|home address|residential address|adresse|anschrift|strasse|str|strassenname|"
     "strasse und hausnummer|strasse nr|strasse hausnummer|rue|adresse 1|adresse ligne 1|voie|direccion|calle|"
     "domicilio|indirizzo|via|endereco|rua|logradouro|morada|adres|straat|straatnaam|ulica|адрес|улица|street line 1|"
     "thoroughfare|registered address|road|ship to address|bill to address|wohnadresse"},
    {SAYS_ADDRESS_LINE2, NULL,
     "address line 2|address 2|address2|addr 2|addr line 2|addr line2|line 2|street 2|street2|street line 2|"
     "address line 3|address 3|address line two|adresse 2|adresszusatz|adress zusatz|zusatz|complement adresse|"
     "complement d adresse|adresse ligne 2|direccion 2|indirizzo 2|complemento|endereco 2|adres 2|toevoeging|"
     "building|building name|apartment|apt|unit|suite|flat|floor"},
    {SAYS_FIELD, "house_number",
     "house number|addr no|address no|address number|house no|house num|house nr|house|street number|street no|"
     "street num|street nr|building number|building no|hausnummer|hausnr|haus nr|hnr|numero de rue|numero de voie|"
     "num voie|numero civico|civico|numero de porta|numero exterior|huisnummer|huisnr|numer domu|nr domu|номер дома|"
     "дом|civic number|number of house|primary number|street num"},
    {SAYS_FIELD, "city",
     "city|town|suburb|locality|city name|post town|municipality|ort|stadt|wohnort|gemeinde|ortschaft|ville|commune|"
     "localite|ciudad|poblacion|municipio|localidad|localidade|freguesia|citta|comune|localita|cidade|concelho|"
     "plaats|stad|woonplaats|gemeente|miasto|miejscowosc|город|населенный пункт|city town|village|place of residence"},
    {SAYS_FIELD, "region",
     "region|state|province|county|state province|state region|state code|state name|province code|bundesland|kanton|"
     "departement|provincia|estado|comunidad autonoma|regione|provincia sigla|distrito|uf|provincie|wojewodztwo|"
     "область|регион|край|state or province|administrative area|governorate|prefecture|stateprovince|"
     "state abbreviation"},
    {SAYS_FIELD, "postcode",
     "postcode|post code|postal code|postalcode|zip|zip code|zipcode|zip postal code|zip postcode|postleitzahl|plz|"
     "code postal|cp|codigo postal|c p|cap|codice postale|codice avviamento postale|cep|cod postal|kod pocztowy|"
     "почтовый индекс|индекс|pcode|postal|eircode|pin code|pincode|postal zip|zip 5|post cd|postal cd"},
    {SAYS_FIELD, "country",
     "country|country code|country name|country region|country iso|iso country|land|laendercode|landercode|"
     "landerkennzeichen|wohnsitzland|staat|pays|code pays|pais|codigo pais|paese|nazione|stato estero|landcode|kraj|"
     "panstwo|страна|country of residence|residence country|country cd|nation"},
    {SAYS_FIELD, "ssn",
     "ssn|social security number|social security no|social security|soc sec id|soc sec no|soc sec|ssn number|"
     "social insurance number|sozialversicherungsnummer|sv nummer|svnr|rentenversicherungsnummer|"
     "numero de securite sociale|numero securite sociale|nir|numero de seguridad social|nuss|social insurance no|"
     "sin number|nino|national insurance number|ni number"},
    {SAYS_FIELD, "national_id",
     "national id|national id number|national identity number|national identifier|identity number|id card number|"
     "id card no|id card|identity card|personal id number|personal number|personalausweis|personalausweisnummer|"
     "ausweisnummer|cni|dni|nif|nie|documento de identidad|numero de documento|carta d identita|codice fiscale|"
     "cartao de cidadao|rg|cpf|bsn|burgerservicenummer|pesel|снилс|паспорт рф|cedula|curp|personnummer|cpr|aadhaar|"
     "nric|nin|citizen id|government id"},
    {SAYS_FIELD, "tax_id",
     "tax id|tax id number|tax number|tax no|taxpayer id|taxpayer number|tin|tin number|ein|fein|steuernummer|"
     "steuer id|steueridentifikationsnummer|idnr|numero fiscal|numero d identification fiscale|nif fiscal|rfc|cuit|"
     "cuil|cnpj|nipc|fiscaal nummer|inn|инн|tax code|fiscal code|abn|acn|tax registration number"},
    {SAYS_FIELD, "vat_id",
     "vat|vat id|vat number|vat no|vat reg no|vat registration number|ust id|ust idnr|ustid|umsatzsteuer id|"
     "uid nummer|numero de tva|numero tva|tva intracommunautaire|cif|numero iva|partita iva|p iva|btw nummer|btw|nip|"
     "vat reg|vatin|vat registration no|vat code"},
    {SAYS_FIELD, "passport_no",
     "passport|passport number|passport no|passport num|passport id|passnummer|reisepass|reisepassnummer|"
     "numero de passeport|passeport|pasaporte|numero de pasaporte|passaporto|numero passaporto|passaporte|paspoort|"
     "paspoortnummer|numer paszportu|paszport|паспорт|номер паспорта"},
    {SAYS_FIELD, "driving_licence",
     "driving licence|driving license|driving licence number|driving license number|driver license|driver licence|"
     "drivers license|drivers licence|drivers license number|drivers licence number|driver license number|"
     "driver licence number|license number|licence number|dl number|fuhrerschein|fuhrerscheinnummer|"
     "permis de conduire|carnet de conducir|patente|carta de conducao|cnh|rijbewijs|prawo jazdy|"
     "водительское удостоверение"},
    {SAYS_FIELD, "loyalty_no",
     "loyalty|loyalty no|loyalty number|loyalty id|loyalty card|loyalty card number|membership number|membership no|"
     "membership id|member number|member no|frequent flyer number|bonuskarte|bonusnummer|kundenkarte|"
     "kundenkartennummer|carte de fidelite|numero de fidelite|tarjeta de fidelidad|carta fedelta|cartao fidelidade|"
     "klantenkaart|karta lojalnosciowa|номер карты лояльности"},
    {SAYS_FIELD, "insurance_no",
     "insurance number|insurance no|insurance id|policy number|policy no|versicherungsnummer|versichertennummer|"
     "krankenversicherungsnummer|numero d assure|numero de poliza|numero polizza|numero da apolice|polisnummer|"
     "numer polisy|номер полиса|nhs number|nhs no|medicare number|medicare no|health insurance number|mrn|"
     "medical record number"},
    {SAYS_FIELD, "iban",
     "iban|iban number|bank account|bank account number|kontonummer|numero de compte|numero de cuenta|conto|"
     "rekeningnummer|numer konta|номер счета"},
    {SAYS_FIELD, "registration_no",
     "registration number|registration no|company number|company registration number|company reg no|"
     "company registration|handelsregisternummer|hrb|hrb nummer|siren|siret|registro mercantil|numero rea|kvk|"
     "kvk nummer|krs|regon|огрн|commercial register number|crn|company no|business registration number"},
    {SAYS_FIELD, "duns", "duns|duns number|d u n s|d u n s number|duns no"},
    {SAYS_FIELD, "lei", "lei|lei number|lei code|legal entity identifier"},
    {SAYS_FIELD, "device_id", "device id|device identifier|imei|device number|idfa|gaid|advertising id|device uuid"},
    {SAYS_FIELD, "website",
     "website|web site|url|web|homepage|web address|web page|site|website url|webseite|internetseite|internet|"
     "site web|site internet|pagina web|sitio web|sito web|sito|pagina na internet|webpagina|strona www|"
     "strona internetowa|сайт|веб сайт|company domain name|domain|www"},
    {SAYS_FIELD, "encoding", "encoding|clk|bloom filter|bloom|linkage encoding|encoded record"},
    {SAYS_FIELD, "gtin", "gtin|ean|ean code|upc|upc code|ean13|barcode|jan code"},
    {SAYS_FIELD, "isbn", "isbn|isbn13|isbn10"},
    {SAYS_FIELD, "doi", "doi"},
    {SAYS_FIELD, "product_no",
     "product no|product number|product code|item number|item no|model number|model no|model|mpn|"
     "manufacturer part number|part number|part no|artikelnummer|modelno|modelnumber|reference produit|"
     "codigo de producto|codice prodotto|modell"},
    {SAYS_FIELD, "title",
     "title|product title|product name|item name|article title|paper title|book title|produktname|artikelname|"
     "nom du produit|nombre del producto|nome prodotto|nome do produto|productnaam|nazwa produktu|titre|titulo|"
     "titolo|titel|tytul"},
    {SAYS_FIELD, "authors",
     "authors|author|autoren|autor|auteurs|auteur|autores|autori|autore|auteur s|автор|авторы|writer|writers"},
    {SAYS_FIELD, "venue",
     "venue|journal|booktitle|book title venue|conference|publisher|journal name|published in|proceedings|"
     "zeitschrift|verlag"},
    {SAYS_FIELD, "year",
     "year|publication year|pub year|year published|jahr|annee|anno|ano|jaar|rok|год|erscheinungsjahr"},
    {SAYS_FIELD, "manufacturer",
     "manufacturer|manufactor|maker|brand|brand name|hersteller|marke|fabricant|marque|fabricante|marca|produttore|"
     "fabrikant|merk|producent|marka|производитель|бренд"},
    {SAYS_FIELD, "description",
     "description|desc|product description|beschreibung|produktbeschreibung|descripcion|descrizione|descricao|"
     "omschrijving|opis|описание|item description|long description"},
    {SAYS_FIELD, "price",
     "price|unit price|list price|preis|prix|precio|prezzo|preco|prijs|cena|цена|retail price|msrp"},
    {SAYS_FIELD, "latitude", "latitude|lat|geo lat|breitengrad|latitud|latitudine|широта|mailing latitude"},
    {SAYS_FIELD, "longitude", "longitude|lon|lng|long|geo lon|geo lng|langengrad|longitud|longitudine|долгота"},

    {SAYS_ID, NULL,
     "id|record id|recordid|rec id|rid|uid|uuid|guid|key|pk|primary key|row id|internal id|external id|unique id|"
     "unique key|object id|entity id|system id|source id|ident|identifier|kennung|identifiant|identificador|"
     "identificativo|identyfikator|идентификатор|no|nr|num|number|numero|nummer|numer|номер|code|ref|reference|"
     "sys id|dataset id|record key|hash id"},
    {SAYS_REFERENCE, NULL,
     "customer id|customer no|customer number|customer nr|customer code|customer ref|customer key|customer|cust id|"
     "cust no|cust num|custid|client id|client no|client number|client code|account id|account no|account number|"
     "account|user id|userid|contact id|person id|party id|member id|patient id|subscriber id|guest id|lead id|"
     "company id|organisation id|organization id|vendor id|supplier id|employee id|employee number|employee no|"
     "student id|student number|salesforce id|sf id|sfdc id|crm id|hubspot id|stripe id|zendesk id|netsuite id|"
     "erp id|sap id|sap no|debitor|debitorennummer|kreditorennummer|kundennummer|kunden nr|kundennr|kdnr|kd nr|"
     "kunden id|kundenid|kontakt id|benutzer id|mitgliedsnummer|mitglieds nr|patientennummer|personalnummer|"
     "vertragsnummer|contract number|contract id|contract no|n client|n de client|numero client|numero de client|"
     "id client|code client|numero de cliente|id cliente|codigo cliente|codigo de cliente|codice cliente|"
     "numero cliente|id do cliente|klantnummer|klant id|klantnr|relatienummer|numer klienta|id klienta|nr klienta|"
     "номер клиента|id клиента|код клиента|master record id|owner id|parent id|order id|ticket id|invoice id|"
     "transaction id|case id|product id|item id|sku|master id|group id|household id|site id|location id|store id|"
     "session id|campaign id|deal id|opportunity id|requester id|mrn id|publication id|paper id|article id|"
     "listing id|asin|old id|legacy id|previous id|associated contact id|associated company id|"
     "associated contact ids|associated company ids"},
    {SAYS_UPDATED, NULL,
     "updated|updated at|updated on|update date|update time|date updated|last updated|last update|last update date|"
     "modified|modified at|modified on|modified date|modified time|date modified|last modified|last modified at|"
     "last modified date|last modified time|modification date|changed|changed at|changed on|last changed|change date|"
     "system modstamp|modstamp|geandert|geandert am|anderungsdatum|letzte anderung|aktualisiert|aktualisiert am|"
     "date de modification|modifie le|derniere modification|mis a jour|fecha de modificacion|actualizado|"
     "ultima actualizacion|modificado|data modifica|ultima modifica|aggiornato|data de modificacao|atualizado|"
     "atualizado em|gewijzigd|gewijzigd op|laatst gewijzigd|wijzigingsdatum|data modyfikacji|zmieniono|"
     "ostatnia zmiana|дата изменения|изменено|обновлено|updatedat|record updated|edited|last edited|edit date|"
     "timestamp|row updated|lastmod|upd"},
    {SAYS_CREATED, NULL,
     "created|created at|created on|created date|create date|create time|date created|creation date|created utc|"
     "inserted|inserted at|insert date|date added|added|added on|signup date|sign up date|registered|registered at|"
     "registration date|joined|join date|member since|angelegt|angelegt am|erstellt|erstellt am|anlagedatum|"
     "erstellungsdatum|date de creation|cree le|fecha de creacion|fecha de alta|creado|data creazione|creato|"
     "data de criacao|criado|criado em|aangemaakt|aangemaakt op|data utworzenia|utworzono|дата создания|создано|"
     "customer since|entry date"},
    {SAYS_KIND, NULL,
     "record type|entity type|party type|customer type|client type|account type|person type|contact type|entity kind|"
     "record kind|type of customer|kundentyp|kundenart|personentyp|typ|type de client|type client|tipo de cliente|"
     "tipo cliente|tipo de persona|tipo persona|tipo pessoa|tipo de pessoa|klanttype|type klant|typ klienta|"
     "тип клиента|тип|entity|kind|party kind|legal type|type of party"},
    {SAYS_IS_PERSON, NULL,
     "is individual|is person|is private|is natural person|is person account|individual|privatkunde|is b2c|"
     "is consumer"},
    {SAYS_IS_ORGANISATION, NULL,
     "is company|is organisation|is organization|is business|is corporate|is b2b|geschaftskunde|firmenkunde|"
     "is legal entity"},

    {SAYS_IGNORE, NULL,
     "age|alter|edad|eta|idade|leeftijd|wiek|возраст|income|einkommen|salary|gehalt|revenue|annual revenue|umsatz|"
     "turnover|balance|saldo|amount|betrag|montant|importe|importo|valor|bedrag|kwota|сумма|total|total spend|"
     "quantity|qty|count|score|rating|rank|status|state of record|stage|lifecycle stage|lead status|lead source|"
     "source|data source|origin|channel|segment|category|kategorie|categorie|categoria|kategoria|категория|tier|"
     "class|klasse|group|gruppe|tags|tag|labels|notes|note|comment|comments|remark|remarks|bemerkung|notiz|kommentar|"
     "commentaire|observaciones|note interne|uwagi|комментарий|language|locale|sprache|langue|idioma|lingua|taal|"
     "jezyk|язык|time zone|timezone|currency|wahrung|devise|moneda|valuta|waluta|валюта|ip|ip address|user agent|"
     "password|passwort|hash|token|salt|role|rolle|job title|position|function|department|abteilung|occupation|"
     "profession|beruf|industry|branche|number of employees|employees|sic|naics|salutation|anrede|civilite|civilita|"
     "tratamiento|aanhef|title prefix|name prefix|prefix|honorific|mr mrs|titel prafix|greeting|date|datum|fecha|"
     "data|дата|day|month|week|order date|purchase date|start date|end date|due date|last login|last login at|"
     "last seen|last activity|last activity date|last contacted|last order|first order|last visit|owner|"
     "contact owner|account owner|sales rep|assignee|manager|branch|filiale|store|campaign|deleted|is deleted|active|"
     "is active|enabled|verified|delinquent|plan|subscription|default source|payment method|card brand|card last4|"
     "card last 4|card type|card expiry|card exp month|card exp year|card id|card fingerprint|card issue country|"
     "card cvc status|card address line1 check|card address zip check|line number|row|row number|row no|seq|sequence|"
     "index|zeile|zeilennummer|ligne|fila|riga|lp|version|batch|filename|file|file name|photo|photo url|avatar|image|"
     "image url|picture|marital status|familienstand|estado civil|stato civile|religion|race|ethnicity|height|weight|"
     "interests|priority|primary subsidiary|subsidiary|terms|price level|credit limit|unsubscribed|opted out|"
     "has opted out|has opted out of email|has opted out of fax|opted out of email|consent|opt in|opt out|"
     "do not call|do not email|newsletter|bounced|email bounced|photo id|rel anchor key|rel pointer key|"
     "rel pointer role|rel anchor domain|rel pointer domain|cuisine|pages|volume|issue|stock|availability|color|"
     "colour|size|weight kg|dimensions|shipping weight|condition|first page|last page"},
};

const struct header_row *header_table(size_t *n)
{
    *n = COUNT_OF(TABLE);
    return TABLE;
}

const char HEADER_FILLERS[] =
    "|primary|main|default|preferred|current|legal|official|user|users|customer|customers|client|contact|person|"
    "party|kunde|kunden|cliente|clientes|klant|klient|member|patient|guest|subscriber|recipient|applicant|holder|"
    "requester|account|cust|lead|buyer|billing|bill|invoice|rechnung|rechnungs|facturation|facturacion|fatturazione|"
    "faktuur|home|private|privat|personal|mailing|postal|permanent|residential|residence|wohn|haupt|principal|"
    "principale|hoofd|glowny|основной|custom|field|value|text|str|string|txt|tbl|col|c|crm|sf|src|raw|input|orig|"
    "original|has|is|in|at|of|the|a|an|to|for|on|and|my|our|your|de|la|le|du|des|el|del|di|da|do|der|die|das|des|von|"
    "van|het|i|e|y|u|x|attr|attribute|properties|property|fields|cf|info|information|data|details|detail|profile|s|"
    "utc|iso|name|number|no|nr|code|id|key|full|card|company|hs|ns|individual|employee|student|insured|passenger|"
    "vendor|supplier|addr|address|adress|adresse|adres|";

const char HEADER_SECOND[] =
    "|other|alternate|alternative|alt|secondary|second|2nd|additional|shipping|ship|delivery|deliver|liefer|"
    "lieferung|livraison|envio|spedizione|entrega|levering|dostawy|temporary|temp|old|previous|former|vorherige|"
    "third|extra|backup|assistant|zweite|autre|otro|altro|outro|andere|weitere|";

const char HEADER_OTHERS[] =
    "|emergency|spouse|partner|husband|wife|mother|father|parent|guardian|child|next|kin|relative|reference|referrer|"
    "referred|agent|broker|dealer|doctor|physician|gp|assistant|manager|owner|created|modified|updated|sales|rep|"
    "assigned|reporter|beneficiary|witness|author|notfall|ehepartner|mutter|vater|conjoint|mere|pere|madre|padre|mae|"
    "pai|bank|school|university|campaign|file|event|city|device|browser|os|domain|group|team|department|list|plan|"
    "project|host|server|db|database|table|column|branch|store|category|segment|subsidiary|";

const char HEADER_NATIVE[] =
    "|native|local|kana|kanji|romanized|romaji|latin|transliterated|alias|aka|nick|nickname|known|maiden|former|";

const char HEADER_ASIDE[] =
    "|type|types|kind|status|flag|verified|validated|valid|confirmed|opt|optin|optout|count|consent|permission|"
    "preference|preferences|language|hash|domain|quality|score|source|check|bounced|bounce|art|typ|label|format|"
    "extension|ext|prefix|carrier|provider|subscribed|unsubscribed|allowed|usage|confidence|match|reason|comment|"
    "note|notes|sha256|md5|mask|masked|length|ids|";

const char HEADER_OF_DOCUMENT[] =
    "|country|state|type|issuer|issued|issue|expiry|expiration|expires|date|authority|province|region|place|city|"
    "land|staat|gultig|pays|pais|valid|until|";
