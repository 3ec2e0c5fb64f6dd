"""Words by which what surrounds an article's text is told from it: of classes and ids, and of short paragraphs.

Names are matched as whole words of a class or id ("article-related-box" is "article related box"); phrases as regular
expressions, in any case, at the start of a paragraph or where they say so. Add kinds, not pages.
"""

# Boxes within a text that are none of it. Not "paywall" alone: that is what the paid text itself is called.
BOX_NAMES = (
    "related", "recommended", "recommendations?", "read more", "readmore", "more on", "see also", "also read",
    "read (?:also|next|too)",
    "newsletters?", "promo", "promotions?", "subscribe", "subscription", "signup", "sign up",
    "(?:paywall|regwall) (?:message|prompt|offer|banner|overlay|cta|teaser|note|notice|hint|barrier|gate)",
    "teasers?", "author bio", "author box", "author info", "about author", "authorbox", "author card", "biography",
    "share", "sharing", "social", "share buttons?", "captions?", "figcaption", "image credits?", "photo credits?",
    "copyright", "advert(?:s|isements?|ising)?", "ads?", "sponsored?", "outbrain", "taboola", "tags", "tag list",
    "topics", "breadcrumbs?", "comments?", "feedback", "disclaimer", "cookie", "consent", "embed", "most read",
    "trending", "popular", "infobox", "byline", "dateline", "timestamp", "publish(?:ed)? date", "reading time",
    "read time", "skip link", "visually hidden", "screen reader(?: text)?", "sr only", "toc", "table of contents",
    "video (?:caption|title|meta)", "gallery", "slideshow", "audio", "player", "donate", "donation", "support us",
)

# Small boxes that hold a picture's caption.
PICTURE_NAMES = (
    "image", "img", "imgbox\\w*", "image \\w+", "photo", "photos", "picture", "foto",
    "bild(?:unterschrift|text|info|legende)\\w*", "absatzbild", "media",
    "captions?", "legend\\w*", "bu", "leyenda", "didascalia", "podpis\\w*", "zdjecie", "wp caption\\w*",
)

# Elements that hold a standfirst.
LEAD_NAMES = (
    "standfirst", "lead", "lede", "leadtext", "lead text", "intro", "introduction", "summary", "subtitle",
    "sub ?title", "sub ?head(?:line|ing)?", "deck", "dek", "teaser(?:text)?", "description", "chapo", "abstract",
    "vorspann", "excerpt", "sapo", "perex", "ingress", "bajada", "entradilla", "sommario", "catenaccio", "occhiello",
    "anons", "annotation", "anounce", "announce", "preamble", "kicker text", "article lead", "strapline", "spot",
    "manchet", "alternativeheadline", "headline sub", "subtext", "synopsis",
)

# Elements that hold a word or two above or below a title: the subject, the section.
KICKER_NAMES = (
    "kicker", "eyebrow", "overline", "topline", "over title", "overtitle", "pre title", "pretitle", "supertitle",
    "rubri[ck]\\w*", "occhiello", "antetitulo", "volanta", "surtitre", "surtitle", "dachzeile", "spitzmarke",
    "nadtytul", "category", "categories", "section name", "flag",
)

_MONTHS = (
    r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|jän|mär|mai|okt|dez|янв|фев|мар|апр|ма[йя]|июн|июл|авг|сен|окт"
    r"|ноя|дек|січ|лют|бер|кві|тра|чер|лип|сер|вер|жов|лис|гру|janv|févr|mars|avr|juin|juil|août|déc|ene|abr|ago|dic"
    r"|gen|mag|giu|lug|set|ott|sty|lut|kwi|maj|cze|lip|sie|wrz|paź|lis|gru)\w*\.?"
)
DATE = (
    r"(?:(?:mon|tues|wednes|thurs|fri|satur|sun)day|montag|dienstag|mittwoch|donnerstag|freitag|samstag|sonntag"
    r"|понеділок|вівторок|середа|четвер|п['’]ятниця|субота|неділя|понедельник|вторник|среда|четверг|пятница|суббота"
    r"|воскресенье|poniedziałek|wtorek|środa|czwartek|piątek|sobota|niedziela|lunedì|martedì|mercoledì|giovedì|venerdì"
    r"|sabato|domenica|lunes|martes|miércoles|jueves|viernes|sábado|domingo|lundi|mardi|mercredi|jeudi|vendredi|samedi"
    r"|dimanche)?[\s,]*"
    rf"(?:\d{{1,2}}[./-]\s?\d{{1,2}}[./-]\s?\d{{2,4}}|\d{{4}}[./-]\d{{1,2}}[./-]\d{{1,2}}"
    rf"|\d{{1,2}}\.?\s(?:de\s)?{_MONTHS}"
    rf"(?:\s(?:de\s)?\d{{4}})?|{_MONTHS}\s\d{{1,2}},?\s\d{{4}})"
)
TIME = (
    r"[\s,|·•–—-]*(?:at|um|à|в|о|alle|ore|h)?\s*\d{1,2}[:.h]\d{2}(?:\s?[ap]\.?m\.?)?"
    r"(?:\s?(?:uhr|gmt|utc|[a-z]{2,4}))?"
)
_NAME = r"[^\W\d_][\w.'’-]+(?:\s+(?:(?:von|van|de|del|della|di|da|du|bin|al)\s+)?[^\W\d_][\w.'’-]*){0,4}"

# A whole paragraph before the text begins: who wrote it, when, how long it takes, what kind of page it is.
BEFORE = (
    rf"(?:by|von|par|por|di|av|door|od|przez|автор\w*|autor\w*|auteure?|autrice|author|oprac\.|a cura di|text|story"
    rf"|written by|reporting by)\s*:?\s+{_NAME}"
    rf"(?:\s*(?:,|and|und|et|y|e|и|та|&|/)\s+{_NAME})*(?:\s*[,|·•–—/-].{{0,60}})?",
    rf"(?:(?:published|updated|posted|last updated|modified|first published|veröffentlicht|aktualisiert|stand"
    rf"|erschienen"
    rf"|publié|mis à jour|modifié|publicado|actualizado|pubblicato|aggiornato|опубликовано|обновлено|опубліковано"
    rf"|оновлено"
    rf"|создано|дата|data|datum|date|dodano|opublikowano|aktualizacja"
    rf"|data publikacji)[^:\d]{{0,20}}:?\s*)?(?:on|am|le|el|il)?\s*{DATE}(?:{TIME})?(?:\s*["
    rf"|·•,–—-].{{0,60}})?",
    r"-?\s*(?:published|updated|veröffentlicht|aktualisiert)\s*(?:on|am|at)?:?",
    r"(?:lesedauer|lesezeit|reading time|time to read|temps de lecture|tiempo de lectura|tempo di lettura|время чтения"
    r"|час читання|czas czytania)\b.{0,40}",
    r"\d{1,3}\s*(?:min(?:ute[ns]?|\.)?|мин\w*|хв\w*)\s*(?:read|reading|lesezeit|lesedauer|de lecture|lecture|чтения"
    r"|читання)?",
    r"(?:headline|article|article content|artikel|článek|faq|analysis|analyse|opinion|exclusive|video|live"
    r"|breaking(?: news)?)",
    r"\d{1,2}:\d{2}\s?min\W.{0,60}",
)

# Wherever it stands, a short paragraph that begins so is none of the text.
ANYWHERE = (
    r"advertisement\b.{0,60}$", r"anzeige$", r"werbung$", r"publicité$", r"publicidad$", r"реклама\W*$",
    r"pubblicità\W*$", r"reklama\W*$",
    r"article content$",
    r"story continues below", r"embed$", r"(?:copy|share) (?:link|article)$",
    r"(?:external|externer) (?:content|inhalt)",
    r"(?:also|must) read\s*[:—–-]", r"read (?:more|also|next)\s*(?:[:—–-]|$)",
    r"(?:related|more) (?:stor(?:y|ies)|articles?|news)\b.{0,3}(?:[:—–-]|$)",
    r"see also\s*[:—–-]", r"watch\s*:", r"listen\s*:",
    r"(?:lesen sie (?:auch|mehr|dazu)|lies auch|mehr (?:zum thema|dazu|themen)|siehe auch|zum artikel)\b",
    r"(?:ähnliche|weitere|verwandte) (?:artikel|themen|beiträge)",
    r"(?:lire aussi|à lire aussi|voir aussi|sur le même sujet)\b", r"(?:lea|lee|leer) (?:también|más|además)\b",
    r"(?:te puede interesar|noticias? relacionadas?|más información)\b", r"leggi anche\b",
    r"(?:czytaj|zobacz) (?:także|też|również)\b", r"zobacz (?:wideo|galerię|zdjęcia)\b",
    r"(?:guarda (?:anche|il video)|mira (?:el|también)|ver (?:también|vídeo)|voir la vidéo|regardez)\b"
    r".{0,3}(?:[:—–-]|$)",
    r"(?:смотрите|дивіться) (?:видео|відео)\s*(?:[:—–-]|$)",
    r"(?:читайте|смотрите|см\.) (?:также|ещ[её]|по теме)\b", r"по теме\s*(?:[:—–-]|$)",
    r"(?:читайте|дивіться|див\.) (?:також|ще|за темою)\b", r"(?:за|по) темі\s*(?:[:—–-]|$)",
    r"(?:get|sign up (?:for|to)|subscribe to|join) (?:the |our |daily |weekly |breaking )?.{0,40}(?:newsletters?"
    r"|in your inbox|whatsapp|telegram|emails?|national news)",
    r"sign up for our", r"subscribe (?:now|today)", r"follow us (?:on|in)", r"join us (?:on|in)",
    r"(?:jetzt |zum )?newsletter\b", r"abonnieren sie", r"folgen sie (?:uns|der)", r"suivez[- ]nous",
    r"abonnez[- ]vous", r"síguenos", r"suscríbete",
    r"(?:подпи(?:шись|сывай)тесь|подписаться)\b", r"(?:підпи(?:шіться|суйтесь)|підписатися)\b",
    r"(?:seguici|iscriviti)\b", r"(?:śledź|obserwuj) nas\b",
    r"ein klick für den datenschutz", r"(?:deine|ihre) privatsphäre-einstellungen", r"link zum .{0,20}inhalt$",
    r"(?:foto|fotos|photo|photos|picture|image|bild|fotografía|фото|світлина)\s*[:©]", r"(?:©|\(c\)|copyright)\s",
    r"<?copyright\b",
    r"\(?(?:quelle|source|fonte|fuente|источник|джерело)n?\s*:\s*.{2,60}$",
    r"all rights reserved", r"alle rechte vorbehalten", r"все права защищены", r"усі права захищені",
    r"tous droits réservés",
    r"leave a (?:reply|comment)", r"kommentar abgeben", r"log in to (?:leave|post) a comment",
    r"(?:esta funcionalidad|este contenido) es .{0,10}(?:sólo|solo|exclusiv\w+) para suscriptores",
    r"etiketler\s*:?$", r"tags?\s*:", r"теги\s*:", r"schlagw[oö]rter\s*:",
)

# Among the last paragraphs, what begins so ended the text.
AFTER = (
    r"(?:our website is|this (?:article|story) (?:was|is) (?:originally|first|produced|part|brought)"
    r"|the views expressed)",
    r"(?:support|donate|become a member|make a (?:donation|contribution))\b",
    r"(?:stay informed|stay up to date|for more (?:news|stories|information))\b",
    r"(?:get|receive) .{0,60}(?:updates|alerts|news)", r"(?:click|tap) here\b", r"download (?:the|our) app",
    r"(?:with|mit|avec|con|с|з) (?:files|reporting|material|agenturmaterial|dpa|afp|ap|reuters|agencies"
    r"|agences)\b.{0,80}$",
    r"(?:additional|further) reporting\b", r"[–—-]\s*additional reporting", r"mit agenturmaterial",
    r"eigene recherchen?$", r"quellen\s*:?$", r"©?\s*riproduzione riservata\W*$",
    r"mit informationen (?:von|der|des)\b.{0,300}$",
    r"(?:redaktion|übersetzung|faktencheck|schlussredaktion|mitarbeit)\s*:",
    r"(?:der|die) autor(?:in)?(?:en)?\s*(?::|ist|$)", r"(?:the author|about the author)s?\b",
    r"dieser (?:artikel|text|beitrag) (?:ist|erschien|wurde|stammt)",
    r"(?:hat ihnen|wie hat ihnen) (?:dieser|der) (?:artikel|text)",
    r"unabhängiger journalismus", r"ihre meinung ist uns wichtig", r"mehr lesekomfort",
    r"(?:senden sie|schreiben sie) uns\b", r"(?:haben sie|sie haben) .{0,60}(?:hinweise?|fehler)",
    r"если вы (?:нашли|заметили|обнаружили) (?:ошибку|опечатку)",
    r"якщо ви (?:знайшли|помітили) (?:помилку|неточність)",
    r"выделите .{0,60}(?:ctrl|нажмите)", r"виділіть .{0,60}(?:ctrl|натисніть)",
    r"(?:found|spotted) (?:a|an) (?:mistake|error|typo)",
    r".{0,80}\bgoogle (?:news|новости|новини|noticias|notizie|actualités)\b.{0,80}$",
    r".{0,80}\b(?:our|наш\w*|unsere?\w?|notre|nuestr[oa]|nostr[oa])\s(?:\S+\s)?(?:live[- ]?blog"
    r"|(?:telegram|whatsapp|viber|youtube|телеграм\w*|вайбер|ватсап)[\s-]*(?:channel|канал\w*|kanal\w*|canale?|chaîne)|телеграм\w*)\b.{0,60}$",
    r"(?:did you )?(?:like|enjoy)(?:d)? (?:this|the) (?:story|article|post)\b",
    r"also on \S+\.\w{2,3}\b", r"this copy is for your personal", r"order reprints\b",
    r"(?:do you have|got) (?:a|any) (?:news )?tip", r"report a (?:typo|mistake)",
)
