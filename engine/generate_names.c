#include "engine/generate_names.h"

/* clang-format off */
static const char *const english_women[] = {
    "Mary~Molly~Polly", "Patricia~Pat~Patty~Tricia", "Jennifer~Jen~Jenny", "Linda", "Elizabeth~Liz~Beth~Betty~Lizzie",
    "Barbara~Barb~Babs", "Susan~Sue~Susie", "Jessica~Jess~Jessie", "Sarah~Sally", "Karen", "Emma", "Olivia~Liv",
    "Margaret~Maggie~Peggy~Meg", "Ashley", "Dorothy~Dot~Dolly", "Kimberly~Kim", "Emily~Em", "Donna",
    "Michelle~Shelly", "Carol", "Amanda~Mandy", "Melissa~Mel", "Deborah~Deb~Debbie", "Stephanie~Steph",
    "Rebecca~Becky~Becca", "Laura", "Sharon", "Cynthia~Cindy", "Kathleen~Kathy~Kate", "Amy", "Angela~Angie",
    "Shirley", "Brenda", "Pamela~Pam", "Nicole~Nicky", "Samantha~Sam", "Katherine~Kate~Kathy~Katie",
    "Christine~Chris~Chrissie", "Helen~Nell", "Debra~Deb", "Rachel", "Carolyn", "Janet~Jan", "Virginia~Ginny",
    "Heather", "Diane~Di", "Julie", "Joyce", "Victoria~Vicky~Tori", "Kelly", "Christina~Chris~Tina", "Joan", "Evelyn",
    "Lauren", "Judith~Judy", "Olive", "Alice", "Grace", "Hazel", "Charlotte~Lottie~Charlie",
};
static const char *const english_men[] = {
    "James~Jim~Jimmy~Jamie", "Robert~Bob~Rob~Bobby", "John~Jack~Johnny", "Michael~Mike~Mick~Mickey",
    "David~Dave~Davy", "William~Bill~Will~Billy", "Richard~Dick~Rick~Richie", "Joseph~Joe~Joey", "Thomas~Tom~Tommy",
    "Charles~Charlie~Chuck", "Christopher~Chris~Kit", "Daniel~Dan~Danny", "Matthew~Matt", "Anthony~Tony", "Mark",
    "Donald~Don~Donny", "Steven~Steve", "Paul", "Andrew~Andy~Drew", "Joshua~Josh", "Kenneth~Ken~Kenny", "Kevin",
    "Brian", "George", "Timothy~Tim", "Ronald~Ron~Ronnie", "Edward~Ed~Ted~Eddie", "Jason", "Jeffrey~Jeff", "Ryan",
    "Jacob~Jake", "Gary", "Nicholas~Nick~Nicky", "Eric", "Jonathan~Jon~Jonny", "Stephen~Steve", "Larry", "Justin",
    "Scott", "Brandon", "Benjamin~Ben~Benny", "Samuel~Sam~Sammy", "Gregory~Greg", "Alexander~Alex~Sandy",
    "Patrick~Pat~Paddy", "Frank~Frankie", "Raymond~Ray", "Jack", "Dennis", "Jerry", "Tyler", "Aaron", "Adam",
    "Henry~Harry~Hank", "Douglas~Doug", "Nathan~Nate", "Peter~Pete", "Zachary~Zach", "Walter~Walt", "Arthur~Art",
    "Harold~Harry~Hal", "Albert~Al~Bert", "Lawrence~Larry", "Oliver~Ollie", "Leonard~Len~Lenny",
};
static const char *const english_family[] = {
    "Smith", "Johnson", "Williams", "Brown", "Jones", "Davis", "Miller", "Wilson", "Taylor", "Moore", "Anderson",
    "Thomas", "Jackson", "White", "Harris", "Martin", "Thompson", "Clark", "Robinson", "Lewis", "Walker", "Hall",
    "Young", "Allen", "Wright", "King", "Scott", "Green", "Baker", "Adams", "Nelson", "Hill", "Campbell", "Mitchell",
    "Roberts", "Carter", "Phillips", "Evans", "Turner", "Parker", "Collins", "Edwards", "Stewart", "Morris", "Murphy",
    "Cook", "Rogers", "Morgan", "Cooper", "Peterson", "Reed", "Bailey", "Bell", "Kelly", "Howard", "Ward", "Cox",
    "Richardson", "Wood", "Watson", "Brooks", "Bennett", "Gray", "James", "Hughes", "Price", "Myers", "Long",
    "Foster", "Sanders", "Ross", "Powell", "Sullivan", "Russell", "Jenkins", "Perry", "Butler", "Barnes", "Fisher",
    "Henderson", "Coleman", "Simmons", "Patterson", "Jordan", "Reynolds", "Hamilton", "Graham", "Kim", "Wallace",
    "West", "Cole", "Hayes", "Bryant", "Gibson", "Ellis", "Stevens", "Murray", "Ford", "Marshall", "Owens",
    "McDonald", "Harrison", "Kennedy", "Wells", "Freeman", "Webb", "Tucker", "Burns", "Crawford", "Henry", "Boyd",
    "Mason", "Hunt", "Dixon", "Fraser", "O'Brien", "O'Connor", "MacDonald", "McCarthy", "Khan", "Patel", "Singh",
    "Begum", "Shah", "Ali", "Hussain", "Chapman", "Mills", "Knight", "Shaw", "Rose", "Stone", "Dean", "Barker",
    "Palmer", "Lloyd", "Griffiths", "Elliott", "Matthews", "Saunders", "Pearson", "Holmes", "Gallagher", "Doherty",
    "Byrne", "Nolan",
};
static const char *const english_stem[] = {
    "Black", "White", "Ash", "Hart", "Win", "Brad", "Stan", "Hol", "Thorn", "Wood", "Raven", "Whit", "Hazel", "Oak",
    "Elm", "Fair", "North", "South", "East", "West", "Mar", "Dun", "Lang", "Hough", "Ald", "Bar", "Bex", "Bil",
    "Brack", "Bram", "Bran", "Bridge", "Brom", "Buck", "Bur", "Cald", "Carl", "Chad", "Chat", "Clay", "Cliff", "Cop",
    "Cran", "Crom", "Dal", "Darl", "Den", "Der", "Dray", "Dud", "Ed", "Ell", "Ever", "Farn", "Fen", "Finch", "Gar",
    "Gil", "Glen", "Gran", "Green", "Had", "Hal", "Ham", "Har", "Haver", "Hen", "Here", "Hex", "High", "Hors", "Hunt",
    "Kel", "Ken", "Kings", "Kirk", "Lam", "Leigh", "Lind", "Long", "Lyn", "Mal", "Mel", "Mid", "Mil", "Mor", "Nor",
    "Od", "Pem", "Pen", "Pres", "Rad", "Ram", "Red", "Rich", "Rip", "Rock", "Rose", "Roth", "Row", "Rush", "Sal",
    "Sand", "Sel", "Shef", "Ship", "Stam", "Stock", "Strat", "Sut", "Swin", "Tan", "Thur", "Til", "Tor", "Turn", "Up",
    "Wake", "Wal", "War", "Web", "Wel", "Wen", "Wet", "Wil", "Wing", "Wy", "Yar", "York",
};
static const char *const english_link[] = {
    "", "er", "ing", "en", "a", "el", "in", "y", "le", "es", "ar", "ow", "ond", "ick", "em",
};
static const char *const english_ending[] = {
    "ford", "wood", "ley", "ton", "field", "worth", "well", "ham", "bury", "man", "son", "shaw", "combe", "brook",
    "ridge", "burn", "by", "caster", "cliffe", "cote", "croft", "dale", "den", "don", "gate", "grove", "hurst",
    "house", "land", "low", "mere", "more", "ner", "nell", "over", "port", "rick", "side", "stead", "sted", "stock",
    "stone", "thorpe", "ter", "tree", "wick", "wright", "wyn", "yard", "ington", "erson", "bottom", "bourne",
};
static const char *const german_women[] = {
    "Ursula~Uschi~Ulla", "Monika~Moni", "Petra", "Sabine~Bine", "Renate~Reni", "Karin", "Helga",
    "Brigitte~Gitte~Gitti", "Ingrid", "Andrea", "Erika", "Susanne~Susi~Sanne", "Christa", "Gisela~Gisi", "Claudia",
    "Birgit", "Angelika~Geli", "Gabriele~Gabi", "Christine~Tine~Christel", "Heike", "Martina~Tina", "Elke", "Ilse",
    "Maria~Mia", "Anna~Anni~Anne", "Julia~Jule", "Katharina~Kathi~Kati", "Stefanie~Steffi", "Nicole~Nici", "Anja",
    "Barbara~Bärbel|Barbara", "Katrin", "Silke", "Sandra", "Melanie~Melli", "Daniela~Dani", "Christina~Tina~Chris",
    "Tanja", "Kerstin", "Simone~Moni", "Franziska~Franzi", "Johanna~Hanna", "Elisabeth~Lisa~Elli~Liesel",
    "Margarete~Grete~Gretel", "Hildegard~Hilde", "Marion", "Doris", "Ute", "Cornelia~Conny", "Silvia",
    "Ulrike~Ulli~Rike", "Jana", "Lena", "Laura", "Lea", "Sophie", "Hannah", "Leonie", "Emma", "Marie",
    "Charlotte~Lotte", "Theresa~Resi", "Magdalena~Lena~Leni", "Alexandra~Alex~Sandra", "Eva", "Heidemarie~Heidi",
    "Edith", "Gertrud~Gerti~Trude",
};
static const char *const german_men[] = {
    "Peter", "Michael~Michi~Micha", "Thomas~Tom~Tommy", "Andreas~Andi", "Wolfgang~Wolf~Wolfi", "Klaus",
    "Manfred~Manni", "Stefan~Steff", "Christian~Chris", "Josef~Sepp~Jupp", "Frank", "Dieter", "Bernd", "Martin",
    "Uwe", "Hans~Hansi", "Heinz", "Helmut~Helmi", "Gerhard~Gerd", "Werner", "Walter~Walti", "Karl~Kalle",
    "Alexander~Alex~Sascha", "Rainer", "Matthias~Matze~Hias", "Horst", "Markus", "Joachim~Jochen~Achim",
    "Daniel~Dani", "Kurt", "Johannes~Hannes~Hans~Jo", "Sebastian~Basti", "Tobias~Tobi", "Florian~Flo",
    "Maximilian~Max", "Dominik", "Jan", "Felix", "Lukas", "Paul", "Leon", "Jonas", "Tim", "Philipp",
    "Benjamin~Ben~Benni", "Robert~Robbi", "Georg~Schorsch", "Franz~Franzl", "Anton~Toni", "Friedrich~Fritz~Fred",
    "Wilhelm~Willi~Helm", "Heinrich~Heiner~Heinz", "Otto", "Ernst", "Rudolf~Rudi", "Alfred~Fred", "Erwin",
    "Norbert~Nobbi", "Ralf", "Volker", "Holger", "Torsten", "Sven", "Dirk", "Jens", "Olaf", "Ulrich~Uli~Ulli",
    "Gustav", "Ludwig~Wiggerl", "Siegfried~Siggi", "Reinhard", "Bernhard~Bernd", "Hartmut", "Hubert~Hubsi",
    "Konrad~Conny",
};
static const char *const german_family[] = {
    "Mueller", "Schmidt", "Schneider", "Fischer", "Weber", "Meyer", "Wagner", "Becker", "Schulz", "Hoffmann", "Koch",
    "Bauer", "Richter", "Klein", "Wolf", "Schroeder", "Neumann", "Schwarz", "Zimmermann", "Braun", "Hofmann",
    "Hartmann", "Lange", "Schmitt", "Werner", "Krause", "Meier", "Lehmann", "Schmid", "Schulze", "Maier", "Koehler",
    "Herrmann", "Walter", "Mayer", "Huber", "Kaiser", "Fuchs", "Peters", "Lang", "Scholz", "Moeller", "Weiss", "Jung",
    "Hahn", "Schubert", "Vogel", "Friedrich", "Keller", "Frank", "Berger", "Winkler", "Roth", "Beck", "Lorenz",
    "Baumann", "Franke", "Albrecht", "Schuster", "Simon", "Ludwig", "Winter", "Kraus", "Martin", "Schumacher", "Vogt",
    "Stein", "Otto", "Sommer", "Gross", "Seidel", "Heinrich", "Brandt", "Haas", "Schreiber", "Graf", "Dietrich",
    "Ziegler", "Kuhn", "Pohl", "Engel", "Horn", "Busch", "Bergmann", "Thomas", "Voigt", "Sauer", "Arnold", "Wolff",
    "Pfeiffer", "Ernst", "Lindner", "Haupt", "Kern", "Kraft", "Hein", "Beyer", "Nagel", "Ott", "Wirth", "Seifert",
    "Rau", "Hess", "Kunz", "Reuter", "Bender", "Metzger", "Adam", "Bachmann", "Kruse", "Gebhardt", "Schindler",
    "Stark", "Urban", "Marx", "Thiel", "Moser", "Gruber", "Steiner", "Egger", "Pichler", "Eder", "Hofer", "Wimmer",
    "Reiter", "Fink", "Wallner", "Lechner", "Auer", "Brunner", "Aigner", "Frei", "Gerber", "Zbinden", "Odermatt",
    "Amstutz", "Kessler", "Wenger",
};
static const char *const german_stem[] = {
    "Stein", "Ober", "Nieder", "Wald", "Berg", "Neu", "Alt", "Hohen", "Tiefen", "Linden", "Eichen", "Birken",
    "Buchen", "Erlen", "Tannen", "Rosen", "Blumen", "Sonnen", "Mond", "Stern", "Silber", "Gold", "Eisen", "Kupfer",
    "Krumm", "Lang", "Kurz", "Breit", "Schmal", "Hart", "Weich", "Reich", "Frei", "Edel", "Schoen", "Gross", "Klein",
    "Hell", "Dunkel", "Weiss", "Schwarz", "Roth", "Gruen", "Braun", "Wolfs", "Hirsch", "Fuchs", "Hasen", "Adler",
    "Falken", "Raben", "Sper", "Habicht", "Dachs", "Bieber", "Otter", "Fisch", "Hecht", "Krebs", "Frosch", "Mueh",
    "Brunn", "Teich", "See", "Fluss", "Moor", "Sand", "Lehm", "Kalk", "Kies", "Acker", "Feld", "Wiesen", "Garten",
    "Korn", "Weizen", "Hafer", "Hopfen", "Wein", "Obst", "Apfel", "Birn", "Kirsch", "Pflaum", "Nuss", "Hasel", "Dorn",
    "Schlee", "Kreuz", "Kirch", "Kloster", "Markt", "Burg", "Schloss", "Thurn", "Tor", "Zaun", "Hag", "Gitter",
    "Bret", "Kessel", "Hammer", "Nagel", "Sattel", "Wagen", "Rad",
};
static const char *const german_link[] = {
    "", "er", "en", "el", "s", "in", "le", "ing", "ens", "ers", "at", "ol",
};
static const char *const german_ending[] = {
    "bach", "hof", "mann", "meier", "hauer", "berger", "bauer", "huber", "lechner", "reiter", "eder", "inger",
    "maier", "mueller", "schmid", "steiner", "egger", "wirth", "wieser", "waldner", "acker", "auer", "becker",
    "binder", "brand", "brink", "bruck", "brunner", "burger", "dahl", "dorf", "dorfer", "eck", "felder", "feld",
    "feldt", "fels", "fuhr", "furth", "gruber", "haag", "hagen", "halter", "hammer", "hardt", "haus", "hausen",
    "hausler", "heim", "heimer", "hofer", "holz", "horst", "kamp", "kemper", "kirchner", "kofler", "korn", "kranz",
    "lein", "leitner", "loh", "lohner", "moser", "ner", "nagel", "rieder", "rode", "roth", "sam", "scheid", "schlag",
    "staller", "stetter", "sted", "thal", "thaler", "voigt", "wang", "weber", "wein", "weiler", "werth", "wies",
    "wirt", "ziegler", "zell",
};
static const char *const romance_women[] = {
    "Marie", "Nathalie", "Isabelle~Isa", "Catherine~Cathy", "Sylvie", "Christine", "Martine", "Monique", "Camille",
    "Chloe", "Manon", "Sophie", "Claire", "Pauline", "Juliette", "Sandrine", "Valerie~Val", "Veronique~Vero",
    "Florence~Flo", "Laurence", "Brigitte", "Francoise~Fanfan", "Jacqueline~Jacquie", "Odile", "Colette", "Carmen",
    "Ana", "Isabel~Isa", "Pilar~Pili", "Dolores~Lola", "Cristina~Cris", "Marta", "Paula", "Lucia", "Teresa~Tere",
    "Rosario~Charo", "Mercedes~Merche", "Beatriz~Bea", "Alba", "Elena", "Raquel", "Consuelo~Chelo", "Josefa~Pepa",
    "Francisca~Paca", "Maria~Mari", "Giulia", "Chiara", "Francesca~Franca", "Giovanna~Gianna", "Valentina~Vale",
    "Elisabetta~Betta", "Paola", "Silvia", "Caterina~Rina", "Lucrezia", "Bianca", "Serena", "Ornella",
};
static const char *const romance_men[] = {
    "Jean", "Pierre~Pierrot", "Michel~Michou", "Philippe", "Alain", "Nicolas~Nico", "Christophe~Chris", "Laurent",
    "Julien", "Thierry", "Olivier", "Patrick", "Antoine~Toine", "Guillaume", "Vincent", "Mathieu", "Sylvain",
    "Fabrice", "Pascal", "Gilles", "Yves", "Bernard", "Didier", "Bruno", "Luc", "Jose~Pepe", "Antonio~Toni",
    "Manuel~Manolo", "Francisco~Paco~Pancho", "Juan", "Javier~Javi", "Miguel", "Carlos", "Alejandro~Alex",
    "Rafael~Rafa", "Pedro", "Pablo", "Jesus~Chus", "Luis", "Sergio", "Fernando~Nando", "Jorge", "Alberto~Beto",
    "Diego", "Alvaro", "Ignacio~Nacho", "Enrique~Quique", "Ramon", "Vicente", "Giuseppe~Beppe~Pino",
    "Giovanni~Gianni", "Francesco~Franco~Ciccio", "Mario", "Luigi~Gigi", "Andrea", "Stefano", "Marco", "Matteo",
    "Lorenzo~Renzo", "Salvatore~Totò|Salvatore", "Vincenzo~Enzo", "Domenico~Mimmo", "Roberto", "Paolo", "Riccardo",
    "Davide",
};
static const char *const romance_family[] = {
    "Martin", "Bernard", "Dubois", "Thomas", "Robert", "Richard", "Petit", "Durand", "Leroy", "Moreau", "Simon",
    "Laurent", "Lefebvre", "Michel", "Garcia", "David", "Bertrand", "Roux", "Vincent", "Fournier", "Morel", "Girard",
    "Andre", "Mercier", "Dupont", "Lambert", "Bonnet", "Francois", "Martinez", "Legrand", "Garnier", "Faure",
    "Rousseau", "Blanc", "Guerin", "Muller", "Henry", "Roussel", "Nicolas", "Perrin", "Morin", "Mathieu", "Clement",
    "Gauthier", "Dumont", "Lopez", "Fontaine", "Chevalier", "Robin", "Masson", "Gonzalez", "Rodriguez", "Fernandez",
    "Sanchez", "Perez", "Gomez", "Jimenez", "Ruiz", "Hernandez", "Diaz", "Moreno", "Alvarez", "Romero", "Alonso",
    "Gutierrez", "Navarro", "Torres", "Dominguez", "Vazquez", "Ramos", "Gil", "Ramirez", "Serrano", "Blanco",
    "Molina", "Morales", "Suarez", "Ortega", "Delgado", "Castro", "Ortiz", "Rubio", "Marin", "Sanz", "Iglesias",
    "Medina", "Garrido", "Cortes", "Rossi", "Russo", "Ferrari", "Esposito", "Bianchi", "Romano", "Colombo", "Ricci",
    "Marino", "Greco", "Bruno", "Gallo", "Conti", "Costa", "Giordano", "Mancini", "Rizzo", "Lombardi", "Moretti",
    "Barbieri", "Fontana", "Santoro", "Mariani", "Rinaldi", "Caruso", "Ferrara", "Galli", "Martini", "Leone", "Longo",
    "Gentile", "Martinelli", "Vitale",
};
static const char *const romance_stem[] = {
    "Beau", "Char", "Mont", "Bel", "Cour", "Dela", "Du", "Font", "Gran", "La", "Le", "Mal", "Per", "Pont", "Rob",
    "Roche", "Saint", "Val", "Ver", "Vil", "Alb", "Alc", "Alm", "Alv", "Bar", "Ben", "Berm", "Cab", "Cald", "Cam",
    "Cand", "Car", "Casta", "Cer", "Col", "Cor", "Cres", "Duar", "Esco", "Espi", "Fer", "Fig", "Fuen", "Gal", "Gar",
    "Guz", "Her", "Hid", "Lar", "Led", "Lor", "Mad", "Man", "Mar", "Mend", "Mir", "Mon", "Nar", "Oli", "Pach", "Pal",
    "Par", "Ped", "Pin", "Quin", "Rib", "Riv", "Sal", "San", "Seg", "Sol", "Tala", "Tor", "Tru", "Vel", "Vid", "Zam",
    "Baldi", "Bona", "Bran", "Cappe", "Cav", "Fab", "Fal", "Gari", "Giu", "Grim", "Lam", "Luc", "Mag", "Maz", "Mel",
    "Min", "Nap", "Ors", "Pag", "Pell", "Pic", "Ron", "Sant", "Scar", "Spad", "Tom", "Vis", "Zan",
};
static const char *const romance_link[] = {
    "", "a", "e", "i", "o", "an", "el", "in", "ar", "er", "al", "on", "es",
};
static const char *const romance_ending[] = {
    "bert", "mont", "vel", "lier", "court", "ville", "ton", "neau", "teau", "rand", "doux", "bois", "fort", "gnier",
    "cher", "val", "let", "lon", "din", "chard", "ado", "ales", "anes", "ano", "aza", "era", "eras", "ero", "illo",
    "ino", "ista", "ito", "ola", "ona", "ones", "oso", "otto", "uela", "uera", "uero", "ada", "ante", "ardi", "asco",
    "ati", "elli", "ello", "enti", "etti", "ghi", "gni", "iani", "icci", "ini", "isi", "ola", "oli", "one", "oni",
    "orno", "otti", "ucci", "uzzi", "anza",
};
static const char *const slavic_women[] = {
    "Anna~Ania", "Maria~Marysia", "Katarzyna~Kasia", "Barbara~Basia", "Agnieszka~Aga", "Ewa", "Krystyna~Krysia",
    "Magdalena~Magda", "Joanna~Asia", "Zofia~Zosia", "Teresa", "Monika", "Danuta~Danka", "Aleksandra~Ola", "Natalia",
    "Irena", "Jadwiga~Jadzia", "Beata", "Dorota", "Olga", "Svetlana~Sveta", "Tatiana~Tanya", "Ivana", "Jelena",
    "Petra", "Lenka", "Milena",
};
static const char *const slavic_men[] = {
    "Piotr", "Krzysztof~Krzysiek", "Andrzej~Jedrek", "Tomasz~Tomek", "Jan~Janek", "Pawel", "Marcin", "Jakub~Kuba",
    "Adam", "Marek", "Grzegorz~Grzesiek", "Wojciech~Wojtek", "Mariusz", "Dariusz~Darek", "Zbigniew~Zbyszek",
    "Jerzy~Jurek", "Maciej~Maciek", "Rafal", "Robert", "Kamil", "Sergei~Seryozha", "Vladimir~Volodya", "Dmitri~Dima",
    "Ivan~Vanya", "Milan", "Zoran", "Dragan", "Pavel", "Petr", "Jiri",
};
static const char *const slavic_family[] = {
    "Nowak", "Kowalski", "Kowalczyk", "Lewandowski", "Zielinski", "Szymanski", "Dabrowski", "Jankowski", "Mazur",
    "Wojciechowski", "Kwiatkowski", "Krawczyk", "Kaczmarek", "Piotrowski", "Grabowski", "Pawlowski", "Michalski",
    "Krol", "Wieczorek", "Jablonski", "Wrobel", "Majewski", "Olszewski", "Stepien", "Jaworski", "Malinowski",
    "Adamczyk", "Dudek", "Nowicki", "Pawlak", "Gorski", "Witkowski", "Walczak", "Sikora", "Baran", "Rutkowski",
    "Michalak", "Szewczyk", "Ostrowski", "Tomaszewski", "Zalewski", "Petrov", "Ivanov", "Smirnov", "Volkov", "Popov",
    "Sokolov", "Novak", "Svoboda", "Dvorak", "Horvat", "Kovac", "Jovanovic", "Petrovic", "Nikolic",
};
static const char *const slavic_stem[] = {
    "Bor", "Brzez", "Chmiel", "Czar", "Dab", "Dom", "Drozd", "Gaj", "Glow", "Gor", "Grab", "Grusz", "Jab", "Jas",
    "Jed", "Jel", "Kal", "Kam", "Klim", "Kob", "Kol", "Kop", "Kor", "Kos", "Kras", "Krup", "Kub", "Lask", "Les",
    "Lip", "Lub", "Luk", "Mal", "Mar", "Mich", "Mil", "Miro", "Mlyn", "Mok", "Mro", "Now", "Olsz", "Osin", "Ostr",
    "Pal", "Pet", "Piet", "Pod", "Pol", "Rad", "Rog", "Rud", "Ryb", "Sad", "Saw", "Siem", "Siw", "Skow", "Slow",
    "Sob", "Sok", "Stan", "Stas", "Such", "Szcz", "Tar", "Tom", "Top", "Tur", "Wal", "War", "Wich", "Wil", "Wis",
    "Wit", "Wol", "Zab", "Zak", "Zaw", "Ziel", "Zub", "Zura",
};
static const char *const slavic_link[] = {
    "", "al", "an", "ar", "ec", "el", "er", "in", "iec", "ow", "or", "ul", "uch",
};
static const char *const slavic_ending[] = {
    "ski", "owski", "ewski", "inski", "czyk", "czak", "ak", "ek", "ik", "owicz", "ewicz", "icz", "ka", "ko", "enko",
    "uk", "iuk", "ov", "ev", "in", "ic", "ovic", "evic", "cki", "owy", "asz", "arz", "ala", "ura", "yk",
};
static const char *const dutch_women[] = {
    "Johanna~Jo~Hanna", "Maria~Ria~Mieke", "Anna~Anneke", "Elisabeth~Els~Betsy", "Cornelia~Corrie~Cor",
    "Wilhelmina~Willy~Mien", "Catharina~Toos~Trijn", "Hendrika~Riek", "Margaretha~Greet", "Sanne", "Lotte", "Femke",
    "Marieke", "Ingrid", "Esther", "Petra", "Anouk", "Saskia", "Monique", "Wendy", "Astrid", "Karin", "Maud", "Fleur",
    "Ilse",
};
static const char *const dutch_men[] = {
    "Johannes~Jan~Hans~Joop", "Cornelis~Cor~Kees", "Hendrik~Henk~Rik", "Willem~Wim~Pim", "Pieter~Piet",
    "Jacobus~Jaap~Koos", "Gerardus~Gerard~Ger", "Adrianus~Ad~Arie", "Antonius~Ton~Toon", "Theodorus~Theo~Dirk",
    "Petrus~Piet", "Bart", "Sander", "Jeroen", "Maarten", "Ruud", "Thijs", "Daan", "Sven", "Lars", "Bram", "Stijn",
    "Joris", "Wouter", "Niels",
};
static const char *const dutch_family[] = {
    "de Jong", "Jansen", "de Vries", "van den Berg", "van Dijk", "Bakker", "Janssen", "Visser", "Smit", "Meijer",
    "de Boer", "Mulder", "de Groot", "Bos", "Vos", "Peters", "Hendriks", "van Leeuwen", "Dekker", "Brouwer", "de Wit",
    "Dijkstra", "Smits", "de Graaf", "van der Meer", "van der Linden", "Kok", "Jacobs", "de Haan", "Vermeulen",
    "van den Heuvel", "van der Veen", "van den Broek", "de Bruijn", "van der Heijden", "Schouten", "van Beek",
    "Willems", "van Vliet", "Hoekstra", "Maas", "Verhoeven", "Koster", "van Dam", "Prins", "Blom", "Huisman",
    "Peeters", "Kuipers", "van Veen",
};
static const char *const dutch_stem[] = {
    "van der Hei", "van der Wal", "van Been", "van Oost", "van Wester", "van Noor", "de Ko", "de Wil", "de Rui",
    "Ble", "Boer", "Bol", "Bon", "Boom", "Bos", "Broek", "Brui", "Dek", "Dijk", "Doorn", "Drie", "Eik", "Gelder",
    "Goos", "Groen", "Haan", "Haar", "Hage", "Heem", "Hoek", "Holt", "Hooge", "Hui", "Kamp", "Kerk", "Klaver",
    "Klein", "Kok", "Korte", "Kra", "Kroe", "Lam", "Linde", "Maar", "Meer", "Molen", "Mui", "Nieuw", "Oud", "Over",
    "Poel", "Post", "Rade", "Riet", "Rijn", "Roos", "Schaap", "Schip", "Schoon", "Slot", "Snij", "Spaan", "Stel",
    "Ster", "Terp", "Tim", "Tuin", "Veld", "Ven", "Ver", "Vis", "Vlie", "Voor", "Wage", "Water", "Wee", "Wijn",
    "Zand", "Zee", "Zui",
};
static const char *const dutch_link[] = {
    "", "en", "er", "ing", "el", "s", "e",
};
static const char *const dutch_ending[] = {
    "berg", "kamp", "man", "mans", "sma", "stra", "ma", "huis", "hof", "broek", "dijk", "veld", "vliet", "burg",
    "horst", "hout", "laar", "land", "daal", "rode", "schot", "steen", "stein", "voort", "werf", "zijl", "ga", "inga",
    "enga", "sen", "ers", "aard", "aert", "ink", "bakker", "meijer",
};
static const char *const levant_women[] = {
    "Fatma~Fatos", "Ayse", "Emine", "Hatice", "Zeynep", "Elif", "Merve", "Esra", "Sibel", "Yasemin", "Leyla", "Aylin",
    "Fatima", "Aisha", "Amina", "Khadija", "Mariam", "Zahra", "Nadia", "Samira", "Layla", "Noor", "Priya", "Anjali",
    "Sunita", "Mei", "Yuki",
};
static const char *const levant_men[] = {
    "Mehmet~Memo", "Mustafa~Musti", "Ahmet", "Ali", "Hasan", "Ibrahim~Ibo", "Osman", "Yusuf", "Murat", "Emre",
    "Kemal", "Mohammed~Mo", "Muhammad~Mo", "Omar", "Hassan", "Khalid", "Abdullah", "Karim", "Tariq", "Youssef",
    "Bilal", "Raj", "Sanjay", "Arjun", "Wei", "Hiroshi", "Minh", "Jun",
};
static const char *const levant_family[] = {
    "Yilmaz", "Kaya", "Demir", "Celik", "Sahin", "Yildiz", "Yildirim", "Ozturk", "Aydin", "Arslan", "Dogan", "Kilic",
    "Aslan", "Cetin", "Kara", "Koc", "Kurt", "Ozdemir", "Polat", "Tas", "Acar", "Ahmed", "Hassan", "Mahmoud",
    "Rahman", "Haddad", "Khoury", "Nasser", "Mansour", "Saleh", "Farouk", "Sharma", "Gupta", "Kumar", "Nguyen",
    "Tran", "Chen", "Wang", "Li", "Zhang", "Tanaka", "Suzuki",
};
static const char *const levant_stem[] = {
    "Ak", "Al", "Ar", "As", "At", "Ay", "Bal", "Bas", "Bay", "Boz", "Bul", "Can", "Cel", "Dag", "Dal", "Dem", "Den",
    "Dog", "Dur", "Ef", "Er", "Es", "Gok", "Gul", "Gun", "Had", "Has", "Ip", "Kal", "Kan", "Kap", "Kar", "Kes", "Kil",
    "Koc", "Kor", "Kul", "Kur", "Mam", "Men", "Mut", "Nas", "Oz", "Pol", "Sah", "Sal", "Sam", "Sar", "Sel", "Sof",
    "Sur", "Tan", "Tas", "Tek", "Top", "Tur", "Ul", "Uy", "Yal", "Yar", "Yil", "Zar",
};
static const char *const levant_link[] = {
    "", "a", "e", "i", "u", "an", "el", "ar", "is", "ur",
};
static const char *const levant_ending[] = {
    "lar", "er", "oglu", "kaya", "man", "bas", "can", "dag", "demir", "gul", "kan", "koc", "li", "mez", "oz", "su",
    "tas", "turk", "yurek", "ci", "dal", "gun", "han", "kurt", "soy", "tepe", "yol", "zade", "ani", "awi", "ari",
    "ouri", "eddin", "ullah",
};
static const char *const english_women_other[] = {
    "Zoë|Zoe", "Chloë|Chloe", "Renée|Renee", "Siân|Sian", "Róisín|Roisin", "Sinéad|Sinead", "Aoibhín|Aoibhin",
};
static const char *const english_men_other[] = {
    "Seán|Sean", "Séamus|Seamus", "Pádraig|Padraig", "Ruairí|Ruairi", "Éamon|Eamon",
};
static const char *const english_family_other[] = {
    "Ó Briain|O Briain", "Ní Dhuibhne|Ni Dhuibhne", "Brontë|Bronte", "Ó Súilleabháin|O Suilleabhain",
    "Ó Murchú|O Murchu",
};
static const char *const german_women_other[] = {
    "Käthe|Kaethe", "Bärbel|Baerbel", "Zoë|Zoe", "Désirée|Desiree", "Thérèse|Therese", "Renée|Renee", "Jaëlle|Jaelle",
};
static const char *const german_men_other[] = {
    "Jürgen|Juergen", "Günter|Guenter", "Jörg|Joerg", "Björn|Bjoern", "Götz|Goetz", "Rüdiger|Ruediger",
    "Sören|Soeren", "André|Andre", "Günther|Guenther", "Lübbe|Luebbe",
};
static const char *const german_family_other[] = {
    "Müller|Mueller", "Schröder|Schroeder", "Köhler|Koehler", "Möller|Moeller", "Weiß|Weiss", "Krüger|Krueger",
    "Schäfer|Schaefer", "Böhm|Boehm", "Jäger|Jaeger", "Groß|Gross", "Günther|Guenther", "Schütz|Schuetz",
    "Löffler|Loeffler", "Kühn|Kuehn", "Vögele|Voegele", "Hübner|Huebner", "Röder|Roeder", "Förster|Foerster",
    "Krämer|Kraemer", "Bär|Baer", "Grün|Gruen", "Böttcher|Boettcher", "Strauß|Strauss", "Hänsel|Haensel", "Süß|Suess",
    "Dörr|Doerr",
};
static const char *const romance_women_other[] = {
    "Hélène|Helene", "Françoise|Francoise", "Zoé|Zoe", "Éléonore|Eleonore", "Inès|Ines", "María|Maria", "Lucía|Lucia",
    "Begoña|Begona", "Núria|Nuria", "Mónica|Monica", "Chloé|Chloe", "Aurélie|Aurelie",
};
static const char *const romance_men_other[] = {
    "José|Jose", "André|Andre", "François|Francois", "Jesús|Jesus", "Ángel|Angel", "Óscar|Oscar", "Íñigo|Inigo",
    "Jérôme|Jerome", "Rémi|Remi", "Benoît|Benoit", "Joaquín|Joaquin", "Niccolò|Niccolo",
};
static const char *const romance_family_other[] = {
    "García|Garcia", "Fernández|Fernandez", "González|Gonzalez", "Rodríguez|Rodriguez", "López|Lopez",
    "Martínez|Martinez", "Sánchez|Sanchez", "Pérez|Perez", "Gómez|Gomez", "Jiménez|Jimenez", "Muñoz|Munoz",
    "Ibáñez|Ibanez", "Lefèvre|Lefevre", "Béranger|Beranger", "Gérard|Gerard", "Noël|Noel", "Châtelain|Chatelain",
    "Nicolò|Nicolo", "D'Amicò|D'Amico",
};
static const char *const slavic_women_other[] = {
    "Małgorzata|Malgorzata", "Bożena|Bozena", "Grażyna|Grazyna", "Łucja|Lucja", "Žofie|Zofie", "Ольга|Olga",
    "Наталья|Natalya", "Елена|Elena", "Анна|Anna", "Мария|Mariya",
};
static const char *const slavic_men_other[] = {
    "Łukasz|Lukasz", "Paweł|Pawel", "Michał|Michal", "Rafał|Rafal", "Jiří|Jiri", "Čeněk|Cenek", "Сергей|Sergey",
    "Дмитрий|Dmitriy", "Иван|Ivan", "Алексей|Aleksey",
};
static const char *const slavic_family_other[] = {
    "Wójcik|Wojcik", "Kamiński|Kaminski", "Woźniak|Wozniak", "Wiśniewski|Wisniewski", "Kozłowski|Kozlowski",
    "Wróbel|Wrobel", "Górski|Gorski", "Dvořák|Dvorak", "Černý|Cerny", "Nováková|Novakova", "Jovanović|Jovanovic",
    "Kovačević|Kovacevic", "Иванов|Ivanov", "Смирнов|Smirnov", "Кузнецов|Kuznetsov", "Петров|Petrov",
    "Соколов|Sokolov",
};
static const char *const dutch_women_other[] = {
    "Renée|Renee", "Chloë|Chloe", "Loïs|Lois", "Noëlle|Noelle",
};
static const char *const dutch_men_other[] = {
    "René|Rene", "Noël|Noel", "Daniël|Daniel", "Joël|Joel", "Søren|Soren", "Åke|Ake",
};
static const char *const dutch_family_other[] = {
    "Geuël|Geuel", "Kröller|Kroller", "Sørensen|Sorensen", "Jørgensen|Jorgensen", "Åberg|Aberg", "Öberg|Oberg",
    "Nygård|Nygard", "Lindström|Lindstrom",
};
static const char *const levant_women_other[] = {
    "Ayşe|Ayse", "Gülşen|Gulsen", "Özlem|Ozlem", "Şeyma|Seyma", "Çiğdem|Cigdem", "Ελένη|Eleni", "Μαρία|Maria",
};
static const char *const levant_men_other[] = {
    "Çağlar|Caglar", "Özgür|Ozgur", "Şükrü|Sukru", "İsmail|Ismail", "Γιώργος|Giorgos", "Δημήτρης|Dimitris",
};
static const char *const levant_family_other[] = {
    "Yılmaz|Yilmaz", "Çelik|Celik", "Öztürk|Ozturk", "Şahin|Sahin", "Doğan|Dogan", "Kılıç|Kilic", "Güneş|Gunes",
    "Παπαδόπουλος|Papadopoulos", "Νικολάου|Nikolaou", "王|Wang",
};
static const char *const towns_de[] = {
    "Berlin|10|30", "Hamburg|20|40", "München|80|89", "Köln|50|221", "Frankfurt am Main|60|69", "Stuttgart|70|711",
    "Düsseldorf|40|211", "Leipzig|04|341", "Dortmund|44|231", "Essen|45|201", "Bremen|28|421", "Dresden|01|351",
    "Hannover|30|511", "Nürnberg|90|911", "Duisburg|47|203", "Bochum|44|234", "Wuppertal|42|202", "Bielefeld|33|521",
    "Bonn|53|228", "Münster|48|251", "Karlsruhe|76|721", "Mannheim|68|621", "Augsburg|86|821", "Wiesbaden|65|611",
    "Kiel|24|431", "Lübeck|23|451", "Erfurt|99|361", "Freiburg im Breisgau|79|761", "Ulm|89|731", "Regensburg|93|941",
    "Kassel|34|561", "Mainz|55|6131", "Rostock|18|381", "Potsdam|14|331", "Jena|07|3641", "Konstanz|78|7531",
};
static const char *const towns_gb[] = {
    "London|SW|207", "London|N|208", "Birmingham|B|121", "Manchester|M|161", "Leeds|LS|113", "Glasgow|G|141",
    "Liverpool|L|151", "Bristol|BS|117", "Sheffield|S|114", "Edinburgh|EH|131", "Leicester|LE|116",
    "Nottingham|NG|115", "Newcastle upon Tyne|NE|191", "Cardiff|CF|2920", "Belfast|BT|2890", "Cambridge|CB|1223",
    "Oxford|OX|1865", "Brighton|BN|1273", "York|YO|1904", "Exeter|EX|1392", "Norwich|NR|1603", "Plymouth|PL|1752",
    "Bath|BA|1225", "Reading|RG|118", "Coventry|CV|2476", "Swansea|SA|1792", "Aberdeen|AB|1224", "Dundee|DD|1382",
};
static const char *const towns_us[] = {
    "New York|100|212", "Los Angeles|900|213", "Chicago|606|312", "Houston|770|713", "Phoenix|850|602",
    "Philadelphia|191|215", "San Antonio|782|210", "San Diego|921|619", "Dallas|752|214", "Austin|787|512",
    "San Jose|951|408", "Columbus|432|614", "Charlotte|282|704", "Denver|802|303", "Seattle|981|206",
    "Boston|021|617", "Nashville|372|615", "Portland|972|503", "Memphis|381|901", "Baltimore|212|410",
    "Milwaukee|532|414", "Atlanta|303|404", "Omaha|681|402", "Minneapolis|554|612", "Springfield|627|217",
    "St. Louis|631|314",
};
static const char *const towns_fr[] = {
    "Paris|75|14", "Marseille|13|49", "Lyon|69|47", "Toulouse|31|56", "Nice|06|49", "Nantes|44|24",
    "Strasbourg|67|38", "Montpellier|34|46", "Bordeaux|33|55", "Lille|59|32", "Rennes|35|29", "Reims|51|32",
    "Grenoble|38|47", "Dijon|21|38", "Saint-Étienne|42|47",
};
static const char *const towns_nl[] = {
    "Amsterdam|10|20", "Rotterdam|30|10", "Den Haag|25|70", "Utrecht|35|30", "Eindhoven|56|40", "Groningen|97|50",
    "Tilburg|50|13", "Almere|13|36", "Breda|48|76", "Nijmegen|65|24", "Haarlem|20|23", "Arnhem|68|26",
    "Maastricht|62|43", "'s-Hertogenbosch|52|73",
};
static const char *const towns_at[] = {
    "Wien|1|1", "Graz|80|316", "Linz|40|732", "Salzburg|50|662", "Innsbruck|60|512", "Klagenfurt|90|463",
    "Villach|95|4242", "Wels|46|7242", "St. Pölten|31|2742", "Dornbirn|68|5572",
};
static const char *const towns_es[] = {
    "Madrid|28|91", "Barcelona|08|93", "Valencia|46|96", "Sevilla|41|95", "Zaragoza|50|976", "Málaga|29|952",
    "Murcia|30|968", "Palma|07|971", "Bilbao|48|94", "Alicante|03|965", "Córdoba|14|957", "Valladolid|47|983",
};
static const char *const towns_pl[] = {
    "Warszawa|00|22", "Kraków|30|12", "Łódź|90|42", "Wrocław|50|71", "Poznań|60|61", "Gdańsk|80|58", "Szczecin|70|91",
    "Lublin|20|81", "Katowice|40|32",
};
static const char *const towns_ch[] = {
    "Zürich|80|44", "Genf|12|22", "Basel|40|61", "Lausanne|10|21", "Bern|30|31", "Winterthur|84|52", "Luzern|60|41",
    "St. Gallen|90|71",
};
static const char *const streets_de[] = {
    "Haupt", "Schul", "Garten", "Bahnhof", "Dorf", "Berg", "Kirch", "Wald", "Linden", "Birken", "Goethe", "Schiller",
    "Mozart", "Beethoven", "Mühlen", "Wiesen", "Rosen", "Feld", "Ring", "Park", "Markt", "Post", "Brunnen",
    "Friedhof", "Sonnen", "Tannen", "Eichen", "Buchen", "Ahorn", "Kastanien", "Lerchen", "Amsel", "Fasanen", "Hirsch",
    "Schloss", "Burg", "Hof", "Neue", "Alte", "See", "Ufer", "Hafen", "Industrie", "Bach", "Höhen", "Römer",
    "Bismarck", "Lessing", "Uhland", "Mörike", "Kant", "Luther", "Koch", "Röntgen", "Siemens", "Daimler", "Heide",
    "Moor", "Weiden", "Erlen", "Stein", "Sand", "Kreuz", "Weinberg", "Obst", "Süd", "Nord", "Ost", "West",
};
static const char *const streets_en[] = {
    "High", "Station", "Main", "Park", "Church", "London", "Victoria", "Green", "Manor", "Kings", "Queens", "Mill",
    "York", "Albert", "Springfield", "George", "Windsor", "Grange", "Stanley", "Alexandra", "North", "South", "West",
    "New", "Chester", "Richmond", "Oak", "Maple", "Cedar", "Elm", "Pine", "Washington", "Lake", "Hill", "Walnut",
    "Spring", "Ridge", "Lincoln", "Jackson", "Highland", "Forest", "Jefferson", "Meadow", "Franklin", "Cherry",
    "Chestnut", "River", "Broad", "Sunset", "Willow", "Mulberry", "Rose", "Orchard", "Dogwood", "Cambridge",
    "Cleveland", "Madison", "Birch", "St John's", "Heath", "Abbey", "Castle", "Bridge", "Beech", "Hawthorn", "Holly",
    "Canterbury", "Clarence", "Derby", "Fairview", "Magnolia", "Penn", "Sycamore", "Union", "Vine", "Warren",
};
static const char *const streets_fr[] = {
    "Victor Hugo", "de la Paix", "Pasteur", "de la République", "des Écoles", "du Moulin", "de l'Église",
    "Jean Jaurès", "Gambetta", "des Lilas", "du Général Leclerc", "Voltaire", "des Jardins", "Saint-Martin",
    "de la Gare", "Émile Zola", "du Château", "des Acacias", "Carnot", "Jules Ferry", "de Verdun", "du Stade",
    "des Tilleuls", "Molière", "de la Fontaine", "Lafayette", "du Port", "des Roses", "Marcel Pagnol",
    "de Strasbourg",
};
static const char *const streets_nl[] = {
    "Kerk", "Dorps", "School", "Molen", "Stations", "Hoofd", "Julia", "Wilhelmina", "Beatrix", "Oranje", "Linden",
    "Eiken", "Beuken", "Kastanje", "Nieuw", "Park", "Markt", "Haven", "Water", "Kanaal", "Zuid", "Noord", "Tulpen",
    "Rozen", "Merel", "Lijster", "Vonder", "Spoor", "Tol", "Brink",
};
static const char *const streets_es[] = {
    "Mayor", "Real", "de la Constitución", "Nueva", "San Juan", "del Carmen", "de Cervantes", "San José", "Goya",
    "Velázquez", "de la Iglesia", "de la Paz", "Santa María", "del Sol", "Colón", "de Andalucía", "Gran Vía",
    "del Pilar", "de los Olivos", "Serrano", "San Antonio", "de la Fuente", "Libertad", "Ramón y Cajal",
};
static const char *const streets_pl[] = {
    "Polna", "Leśna", "Słoneczna", "Krótka", "Szkolna", "Ogrodowa", "Lipowa", "Brzozowa", "Łąkowa", "Kwiatowa",
    "Kościelna", "Sosnowa", "Zielona", "Parkowa", "Akacjowa", "Kolejowa", "Mickiewicza", "Kościuszki", "Sienkiewicza",
    "Słowackiego", "Długa", "Nowa", "Wiejska", "Dworcowa",
};
static const char *const street_types_de[] = {
    "straße|str.", "weg|weg", "allee|allee", "gasse|gasse", "platz|pl.", "ring|ring",
};
static const char *const street_types_en[] = {
    "Street|St", "Road|Rd", "Avenue|Ave", "Lane|Ln", "Close|Cl", "Drive|Dr", "Court|Ct", "Crescent|Cres", "Way|Way",
    "Terrace|Ter",
};
static const char *const street_types_fr[] = {
    "rue|r.", "avenue|av.", "boulevard|bd", "place|pl.", "impasse|imp.", "chemin|ch.",
};
static const char *const street_types_nl[] = {
    "straat|str.", "weg|weg", "laan|ln.", "plein|pln.", "hof|hof",
};
static const char *const street_types_es[] = {
    "Calle|C/", "Avenida|Avda.", "Plaza|Pza.", "Paseo|Pº",
};
static const char *const street_types_pl[] = {
    "ulica|ul.", "aleja|al.", "plac|pl.",
};
static const char *const mobile_de[] = {
    "170", "171", "172", "173", "174", "175", "177", "178", "179", "160", "162", "163", "1511", "1512", "1514",
    "1516", "1520", "1522", "1573", "1577", "1590",
};
static const char *const mobile_gb[] = {
    "74", "75", "77", "78", "79",
};
static const char *const mobile_fr[] = {
    "61", "62", "66", "68", "77", "78",
};
static const char *const mobile_nl[] = {
    "61", "62", "64", "65",
};
static const char *const mobile_at[] = {
    "664", "676", "650", "660", "699",
};
static const char *const mobile_es[] = {
    "60", "61", "62", "63", "65", "66", "67", "69",
};
static const char *const mobile_pl[] = {
    "50", "51", "60", "66", "69", "72", "78", "79",
};
static const char *const mobile_ch[] = {
    "76", "77", "78", "79",
};
static const char *const mail_domains[] = {
    "postfach.example", "mailhub.example", "freemail.example", "webpost.example", "inbox247.example",
    "mymail.example", "letterbox.example", "courrier.example", "correo.example", "posta.example", "mailbox.example",
    "fastpost.example", "netzpost.example", "bluemail.example", "quickmail.example", "heimnetz.example",
    "telenet.example", "homelink.example", "surfnet.example", "citymail.example", "worldpost.example",
    "mailspace.example", "openpost.example", "skymail.example", "riverpost.example", "granite-works.example",
    "northwind-trade.example", "linden-consult.example", "acme-labs.example", "hansa-logistik.example",
};
/* clang-format on */

#define LIST(array)                                                                                                    \
    {                                                                                                                  \
        array, COUNT_OF(array)                                                                                         \
    }

enum { ENGLISH, GERMAN, ROMANCE, SLAVIC, DUTCH, LEVANT };
const struct gen_culture gen_cultures[GEN_CULTURES] = {
    [ENGLISH] = {{LIST(english_women), LIST(english_men)},
                 {LIST(english_women_other), LIST(english_men_other)},
                 LIST(english_family),
                 LIST(english_family_other),
                 LIST(english_stem),
                 LIST(english_link),
                 LIST(english_ending)},
    [GERMAN] = {{LIST(german_women), LIST(german_men)},
                {LIST(german_women_other), LIST(german_men_other)},
                LIST(german_family),
                LIST(german_family_other),
                LIST(german_stem),
                LIST(german_link),
                LIST(german_ending)},
    [ROMANCE] = {{LIST(romance_women), LIST(romance_men)},
                 {LIST(romance_women_other), LIST(romance_men_other)},
                 LIST(romance_family),
                 LIST(romance_family_other),
                 LIST(romance_stem),
                 LIST(romance_link),
                 LIST(romance_ending)},
    [SLAVIC] = {{LIST(slavic_women), LIST(slavic_men)},
                {LIST(slavic_women_other), LIST(slavic_men_other)},
                LIST(slavic_family),
                LIST(slavic_family_other),
                LIST(slavic_stem),
                LIST(slavic_link),
                LIST(slavic_ending)},
    [DUTCH] = {{LIST(dutch_women), LIST(dutch_men)},
               {LIST(dutch_women_other), LIST(dutch_men_other)},
               LIST(dutch_family),
               LIST(dutch_family_other),
               LIST(dutch_stem),
               LIST(dutch_link),
               LIST(dutch_ending)},
    [LEVANT] = {{LIST(levant_women), LIST(levant_men)},
                {LIST(levant_women_other), LIST(levant_men_other)},
                LIST(levant_family),
                LIST(levant_family_other),
                LIST(levant_stem),
                LIST(levant_link),
                LIST(levant_ending)},
};

const struct gen_country gen_countries[GEN_COUNTRIES] = {
    {"DE", "Germany", "49", "0", 38, GERMAN, STREET_JOINED, ZIP_DIGITS, 5, LIST(towns_de), LIST(streets_de),
     LIST(street_types_de), LIST(mobile_de), 7, 10},
    {"GB", "United Kingdom", "44", "0", 21, ENGLISH, STREET_NUMBER_NAME, ZIP_GB, 0, LIST(towns_gb), LIST(streets_en),
     LIST(street_types_en), LIST(mobile_gb), 8, 10},
    {"US",
     "United States",
     "1",
     "",
     14,
     ENGLISH,
     STREET_NUMBER_NAME,
     ZIP_DIGITS,
     5,
     LIST(towns_us),
     LIST(streets_en),
     LIST(street_types_en),
     {NULL, 0},
     0,
     10},
    {"FR", "France", "33", "0", 7, ROMANCE, STREET_NUMBER_TYPE, ZIP_DIGITS, 5, LIST(towns_fr), LIST(streets_fr),
     LIST(street_types_fr), LIST(mobile_fr), 7, 9},
    {"AT", "Austria", "43", "0", 6, GERMAN, STREET_JOINED, ZIP_DIGITS, 4, LIST(towns_at), LIST(streets_de),
     LIST(street_types_de), LIST(mobile_at), 7, 9},
    {"NL", "Netherlands", "31", "0", 5, DUTCH, STREET_JOINED, ZIP_NL, 4, LIST(towns_nl), LIST(streets_nl),
     LIST(street_types_nl), LIST(mobile_nl), 7, 9},
    {"ES", "Spain", "34", "", 4, ROMANCE, STREET_TYPE_COMMA, ZIP_DIGITS, 5, LIST(towns_es), LIST(streets_es),
     LIST(street_types_es), LIST(mobile_es), 7, 9},
    {"PL", "Poland", "48", "", 3, SLAVIC, STREET_TYPE_NAME, ZIP_PL, 5, LIST(towns_pl), LIST(streets_pl),
     LIST(street_types_pl), LIST(mobile_pl), 7, 9},
    {"CH", "Switzerland", "41", "0", 2, GERMAN, STREET_JOINED, ZIP_DIGITS, 4, LIST(towns_ch), LIST(streets_de),
     LIST(street_types_de), LIST(mobile_ch), 7, 9},
};

const struct gen_list gen_mail_domains = LIST(mail_domains);

void gen_name_parts(const char *entry, struct str *name, struct str *ascii, struct str *familiar)
{
    struct str rest = str_from(entry), first = {0};
    str_next_piece(&rest, '~', &first);
    *familiar = rest;
    str_next_piece(&first, '|', name);
    *ascii = first.ptr ? first : *name;
}
