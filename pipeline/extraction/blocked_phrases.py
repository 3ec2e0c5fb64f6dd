"""What pages say that stand in an article's place, by kind and language: regular expressions, a phrase each.

Add what you meet; a phrase that an ordinary article's title begins with, or its last paragraph holds, is no good here.
"""

# Titles are this, or this and the site's name.
CHALLENGE = (
    r"just a moment", r"attention required", r"access denied", r"access to this page has been denied",
    r"pardon our interruption", r"(?:please )?verify (?:that )?you(?: are|['’]re) (?:a )?human.*",
    r"are you (?:a robot|human)", r"security check", r"ddos[- ]guard", r"checking your browser.*", r"one more step",
    r"robot check", r"(?:re)?captcha", r"(?:human|bot) verification", r"request (?:blocked|rejected|unsuccessful)",
    r"(?:sorry, )?you have been blocked", r"403 forbidden", r"forbidden", r"please wait.*",
    r"доступ (?:к \w+ )?(?:ограничен|запрещ[её]н).*", r"проверка (?:браузера|безопасности|вашего браузера)",
    r"вы не робот", r"подтвердите, что (?:вы|запросы).*", r"ой",
    r"доступ (?:заборонено|обмежено)", r"перевірка (?:браузера|безпеки)", r"підтвердьте, що ви.*",
    r"zugriff verweigert", r"sicherheitsüberprüfung", r"accès refusé", r"acceso denegado", r"accesso negato",
    r"odmowa dostępu", r"acesso negado", r"erişim engellendi",
)

# The page holds one of these, of services that put a test before it. What their customers' ordinary pages load too
# (Cloudflare's jsd script, a comment form's captcha) does not tell, unless there is next to no text.
CHALLENGE_MARKUP = (
    "cf-challenge", "cf_chl_opt", "cf-turnstile", "challenge-form", "px-captcha", "captcha-delivery.com",
    "_incapsula_resource", "g-recaptcha", "h-captcha", "smartcaptcha", "checkcaptcha", "ddos-guard/js-challenge",
    "awswafcaptcha", "sucuri_cloudproxy", "geo.captcha",
)

# Titles begin so.
MISSING = (
    r"(?:error|ошибка|помилка|fehler|erreur|errore|błąd|hata)?[\s:№#-]*(?:404|410)\b(?!\s+media)",
    r"(?:the |this |requested |sorry,? )*(?:page|article|story|content)(?: you (?:requested|are looking for))?"
    r"(?: was| could| can| is| has)*(?: ?not| no longer|n['’]t)? ?(?:be |been )?(?:found|available|removed|deleted)",
    r"not found\b", r"nothing (?:was )?found", r"oops\W.{0,30}(?:not|can['’]?t) (?:be )?found",
    r"(?:такая |запрашиваемая |данная |эта )?(?:страница|статья|новость) (?:не найдена|удалена|не существует)",
    r"(?:материал|документ) (?:не найден|удал[её]н)", r"страницы не существует",
    r"(?:така |запитана |ця )?(?:сторінка|стаття|новина) (?:не знайдена|видалена|не існує)", r"сторінку не знайдено",
    r"матеріал (?:не знайдено|видалено)",
    r"(?:die |diese )?seite (?:wurde )?nicht gefunden", r"artikel nicht gefunden",
    r"(?:la |cette )?page (?:est )?(?:introuvable|non trouvée|inexistante)",
    r"(?:la )?página no (?:encontrada|existe|disponible)", r"pagina non trovata",
    r"strona nie (?:została znaleziona|istnieje)", r"nie znaleziono strony", r"página não encontrada",
    r"sayfa bulunamadı", r"stránka nenalezena", r"pagina niet gevonden", r"sidan (?:hittades inte|kunde inte hittas)",
)

# Titles begin so.
CONSENT = (
    r"before you continue", r"we (?:value|care about) your privacy", r"your privacy (?:choices|settings)",
    r"privacy (?:settings|consent)", r"cookie (?:consent|settings|einstellungen|wall)", r"cookies?$", r"consent\b",
    r"bevor (?:sie|du) (?:fortf|zu google)", r"datenschutz(?:einstellungen)?$", r"zustimmung",
    r"(?:weiter|weiterlesen|lesen) mit werbung", r"avant de continuer", r"prima di continuare", r"antes de continuar",
    r"yahoo (?:is|fait|ist) (?:part|partie|teil)", r"согласие на (?:обработку|использование)", r"згода на",
)

# Words of paragraphs about consent.
CONSENT_WORDS = (
    r"cookies?", r"куки", r"consent", r"einwilligung", r"zustimmung", r"consentement", r"consenso", r"consentimiento",
    r"zgod[aęy]", r"согласи[еяю]", r"згод[аиу]", r"partners", r"partnern?", r"partenaires", r"socios",
    r"personali[sz]ed", r"personalisiert\w*", r"personnalis\w*", r"privacy", r"datenschutz\w*", r"confidentialité",
    r"privacidad", r"tracking", r"iab", r"tcf", r"vendors?", r"(?:accept|reject) all", r"alle akzeptieren",
    r"tout accepter", r"accetta tutto", r"aceptar todo", r"legitimate interests?", r"berechtigte\w* interesse\w*",
)

# The text ends so, or an element that is named after a paywall says so.
PAYWALL = (
    r"(?:subscribe|sign up|register|log ?in|join)(?: now| today| (?:free|for free))? (?:to|and) "
    r"(?:continue|keep|read|unlock|get full|view)",
    r"(?:to|and) (?:continue|keep) reading", r"continue reading (?:this article )?(?:with|by|for)",
    r"(?:the )?rest of (?:this|the) (?:article|story) (?:is|with)",
    r"(?:this|the) (?:article|story|content|post) is (?:only |exclusively )?(?:available )?"
    r"(?:to|for|reserved for) (?:paying |paid |our )?(?:subscribers|members)",
    r"(?:exclusive|available) (?:only )?(?:to|for) (?:paying |our )?(?:subscribers|members)",
    r"(?:subscribers?|members?) only", r"for subscribers",
    r"you(?:['’]ve| have) (?:reached|read) (?:your|all|the)\b.{0,40}(?:limit|free articles)",
    r"unlock this (?:article|story)",
    r"weiterlesen mit", r"(?:jetzt|kostenlos) (?:abonnieren|testen|registrieren|weiterlesen)",
    r"(?:nur|exklusiv) für (?:abonnent|mitglieder)\w*", r"um (?:den (?:ganzen )?artikel|diesen (?:artikel|inhalt))",
    r"réservé (?:aux|à nos) abonné\w*", r"abonnez-vous pour", r"pour lire la suite",
    r"il vous reste \d+ ?% de cet article", r"la suite (?:de cet article )?est réservée",
    r"(?:exclusivo|solo) para (?:suscriptores|abonados)", r"suscríbe(?:te|se) para", r"para seguir leyendo",
    r"exclusivo para assinantes", r"assine para",
    r"riservat[oi] agli abbonati", r"abbonati (?:per|e continua)", r"per continuare a leggere", r"contenuto riservato",
    r"(?:доступ\w*|только|лишь|исключительно) (?:\w+ )?(?:для )?подписчик\w*", r"оформите подписку",
    r"подпишитесь,? чтобы", r"чтобы (?:про|до)читать",
    r"(?:лише|тільки|доступ\w*) (?:для )?(?:передплатник|підписник)\w*", r"оформіть (?:перед|під)?плату",
    r"передплатіть", r"(?:перед|під)пишіться,? щоб", r"щоб (?:про|до)читати",
    r"(?:tylko|wyłącznie) dla (?:prenumerator|subskrybent)\w*", r"pozostało \d+ ?% (?:tekstu|artykułu)",
    r"wykup (?:dostęp|prenumeratę)", r"czytaj dalej (?:z|w) (?:prenumeratą|subskrypcj\w+)",
    r"alleen voor abonnees", r"yalnızca aboneler", r"pro předplatitele", r"för prenumeranter",
)

# An element's class or id.
PAYWALL_NAMES = (
    "paywall", "pay-wall", "regwall", "registration-wall", r"subscribers?[-_]only", "subscription-wall",
    r"premium-(?:wall|gate)", "article-locked", "locked-content", "content-gate", r"piano-(?:offer|inline|template)",
)
