"""Rules for what has a form of its own: addresses, numbers, dates, high ages.

Dates come from `dates`; numbers of people and cases are told from telephone numbers by their check
digits and by the word before them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from ipaddress import ip_address

from workbench.corpus.privacy.dates import find_dates
from workbench.corpus.privacy.entity import Entity
from workbench.corpus.privacy.lists import folded, word_list

__all__ = ["find_patterns"]

_TOPS = [
    "com",
    "org",
    "net",
    "edu",
    "gov",
    "mil",
    "info",
    "biz",
    "io",
    "ac",
    "sch",
    "nhs",
    "co",
    "uk",
    "ca",
    "au",
    "nz",
    "ie",
    "eu",
    "de",
    "fr",
    "nl",
    "es",
    "ch",
    "pl",
    "se",
    "dk",
    "no",
    "fi",
    "cz",
    "at",
    "it",
    "be",
    "us",
    "in",
    "jp",
    "cn",
    "br",
    "mx",
    "za",
    "ru",
    "scot",
    "wales",
    "ngo",
    "online",
    "site",
    "app",
    "dev",
    "chat",
    "help",
    "care",
    "health",
]
# endings that are words too count only with `www.`, a scheme, a path or a second dot
_WORD_TOPS = {"no", "it", "be", "us", "in", "at", "co", "ac", "help", "care", "health", "chat"}
_TOP = "|".join(sorted(_TOPS, key=len, reverse=True))

_EMAIL = re.compile(r"[\w.+%'’-]*[\w+%]@[\w-]+(?:\.[\w-]+)+")
_SPELLED_EMAIL = re.compile(
    r"\b[\w.+-]+\s*(?:\(at\)|\[at\]|\bat\b)\s*[\w-]+(?:\s*(?:\(dot\)|\[dot\]|\bdot\b)\s*"
    rf"(?:{_TOP}))+\b",
    re.IGNORECASE,
)
_URL = re.compile(
    r"(?:(?:https?|ftp)://|www\.)[^\s<>\"“”]+"
    rf"|(?<![\w@.-])(?:[a-z0-9][\w-]*\.)+(?:{_TOP})(?![\w@-])(?:/[^\s<>\"“”]*)?",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"(?<![\w.,/#$£€+-])(?:\+|00)?[ ]?\(?\d[\d ().\-/–]{4,22}\d(?![\w%])")
_PHONE_SHAPES = [
    (8, re.compile(r"(?:\+|00).*")),
    (10, re.compile(r"1?[-. ]?\(?\d{3}\)?[-. /]?\s?\d{3}[-. ]?\d{4}")),
    (9, re.compile(r"\(?0\d.*")),
    (7, re.compile(r"\d{3}[-.]\d{4}")),
]
_YEARS = re.compile(r"\(?(?:19|20)\d\d\)?\s*[-–/]\s*\(?(?:19|20)?\d\d\)?")
_PHONE_WORD = re.compile(
    r"\b(?:call(?:ed|ing)?|phone|cell|mobile|numbers?|text(?:ed)?|ring|rang|reach|tel|telephone|fax|"
    r"whatsapp|contact|hotline|voicemail|dial|txt|sms|landline|handy|line)\b[^.!?\n]{0,40}$",
    re.IGNORECASE,
)
_DIGIT_WORD = r"(?:zero|oh|o|nought|one|two|three|four|five|six|seven|eight|nine)"
_SPELLED_PHONE = re.compile(
    rf"\b(?:(?:double|triple)\s+)?{_DIGIT_WORD}(?:[\s,-]+(?:(?:double|triple)\s+)?{_DIGIT_WORD}){{6,}}\b",
    re.IGNORECASE,
)
_ID_SHAPES = [
    re.compile(pattern)
    for pattern in (
        r"(?<![\w-])\d{3}-\d{2}-\d{4}(?![\w-])",
        r"\b[A-CEGHJ-PR-TW-Z]{2} ?\d{2} ?\d{2} ?\d{2} ?[A-D]\b",
        r"\b[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\b",
    )
]
_IBAN = re.compile(r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?\b")
_CARD = re.compile(r"(?<![\w.-])\d(?:[ -]?\d){12,18}(?![\w-])")
_IP = re.compile(
    r"(?<![\w.:])(?:\d{1,3}(?:\.\d{1,3}){3}|(?:[0-9a-fA-F]{0,4}:){2,7}[0-9a-fA-F]{1,4})"
)
_SUBJECT = (
    r"case|file|docket|report|patient|client|member(?:ship)?|policy|account|record|reference|ref|badge"
    r"|passport|licen[cs]e|registration|student|employee|insurance|claim|tracking|customer|permit|visa"
    r"|receipt|medicare|medicaid|hospital|chart|plate|inmate|prisoner|application|personnel|staff|tax"
)
_ID_TOKEN = (
    r"(?P<id>#?(?:(?-i:[A-Z]{1,4}) |[A-Za-z]{1,4}[-/]?)?"
    r"\d[\dA-Za-z]*(?:[-/. ]?(?:[A-Z]{1,3}(?![a-z])|\d[\dA-Za-z]*))*)"
)
_NAMED_IDS = [
    re.compile(pattern, re.IGNORECASE if small else 0)
    for small, pattern in (
        (True, rf"\b(?:{_SUBJECT})\b[^\d.!?\n]{{0,16}}?\b(?:number|no\.?|nr\.?|id|code|nummer)\W"),
        (True, rf"\b(?:{_SUBJECT})\s*(?:is|was|:|#|=)"),
        (True, r"\b(?:mrn|ssn|nhs|nino|iban|social security|my social|(?:my|the|an?) id|case #)\b"),
    )
]
_AFTER_NAMED = re.compile(r"[^\d.!?\n]{0,24}?(?<![\w-])" + _ID_TOKEN + r"(?![\w%])")
_MEASURE = re.compile(
    r"\s*(?:%|percent|dollars|pounds|euros?|bucks|quid|kg|lbs?|miles|days?|weeks?|months?|years?|hours?"
    r"|minutes?|mins?|times|people|points?|degrees|calories|in a row|steps|per)\b",
    re.IGNORECASE,
)
_STREETS = "Street Avenue Road Lane Drive Boulevard Terrace Crescent Ave Rd Blvd Parkway Highway"
_SHORT_STREETS = (
    "St Ln Dr Court Ct Place Pl Close Way Square Sq Gardens Grove Parade Row Mews Hill Walk "
    "Cottages Cottage Quay Wharf Pkwy Hwy Circle Cir Trail Alley Green Park View Rise Court"
)
_UNIT = r"(?:flat|apt\.?|apartment|unit|suite|room|no\.)\s*#?\w{1,4}"
_WORD = r"[^\W\d_][\w.'’-]*"
_ADDRESS = re.compile(
    rf"(?:\b{_UNIT},?\s+)?(?<![\w.,/-])\d{{1,5}}[A-Za-z]?(?:[-/]\d{{1,4}})?,?\s+(?P<name>(?:{_WORD}\s+){{1,4}}?)"
    rf"(?:(?:{_STREETS.replace(' ', '|')})\b|(?-i:(?:{_SHORT_STREETS.replace(' ', '|')})\b))"
    rf"\.?(?:,?\s+(?:{_UNIT}))?",
    re.IGNORECASE,
)
_STREET = re.compile(
    rf"(?-i:\b(?P<name>(?:[A-Z][\w'’-]+\s+){{1,3}})(?:{_STREETS.replace(' ', '|')})\b)"
    rf"|(?<=\bon )(?P<small>{_WORD})\s+(?:street|avenue|road|lane|boulevard|ave|blvd|rd)\b",
    re.IGNORECASE,
)
_OTHER_ADDRESSES = [
    re.compile(pattern, re.IGNORECASE if small else 0)
    for small, pattern in (
        (False, r"\b[A-Z]{1,2}\d[A-Z\d]? ?\d[ABD-HJLNP-UW-Z]{2}\b"),
        (True, r"(?<=postcode )[a-z]{1,2}\d[a-z\d]? ?\d[a-z]{2}\b"),
        (False, r"\b[ABCEGHJ-NPRSTVXY]\d[A-Z] ?\d[A-Z]\d\b"),
        (True, r"(?<=zip )\d{5}(?:-\d{4})?\b|(?<=zip code )\d{5}\b|(?<=zip code is )\d{5}\b"),
        (False, r"(?<=\b[A-Z]{2} )\d{5}(?:-\d{4})?\b"),
        (True, r"\bP\.?\s?O\.?\s?Box\s+\d+"),
        (
            True,
            r"\b\w+(?:straße|strasse|str\.|gasse|allee|platz|straat|laan|gracht|plein)\s+\d+\w?\b",
        ),
        (
            False,
            r"\b(?:[Rr]ue|[Cc]alle|Via|[Rr]ua|[Uu]l(?:\.|ica)|[Aa]venida|[Pp]laza|[Pp]iazza)"
            r"(?: d[eau]l?s?)?(?: l[ae]s?)? [A-ZÀ-Ž][\w-]+(?:,? \d+)?",
        ),
    )
]
_HIGH = (
    r"(?P<age>9\d|1[0-2]\d|ninety(?:[- ](?:one|two|three|four|five|six|seven|eight|nine))?"
    r"|a hundred(?: and \w+)?)"
)
_OF_AGE = re.compile(
    rf"\b{_HIGH}[- ]?(?:years?[- ]?old|years? of age|yrs? old|y/?o\b|year[- ]olds?)", re.IGNORECASE
)
_AT_AGE = re.compile(
    r"(?:\b(?:he|she|i|who|they|mother|father|mum|mom|dad|nan|nana|gran|grandma|grandpa|grandmother|"
    r"grandfather|husband|wife|aunt|uncle|granny)(?:['’]?[sm]| is| was| am| will be| would be|['’]ll be|"
    r" just)?(?: now| almost| nearly| already| only| just)?(?: would have| has| have)?"
    r"(?: turn(?:s|ed|ing)?)?"
    rf"|\baged?|\bage of|\blived to|\bturn(?:s|ed|ing)?)\s+(?:be\s+)?{_HIGH}\b(?!['’,.]?\d|-)",
    re.IGNORECASE,
)
_TURNED = re.compile(r"turn|lived|aged?\b", re.IGNORECASE)
_STREET_FREE = {"miles", "the", "down", "up", "from", "left", "right", "out", "off", "no", "main"}


def find_patterns(text: str) -> Iterator[Entity]:
    """Entities with a form of their own, the surest first; a later one may overlap an earlier one."""
    for match in _EMAIL.finditer(text):
        yield Entity(*match.span(), "email")
    for match in _SPELLED_EMAIL.finditer(text):
        yield Entity(*match.span(), "email", 0.97)
    yield from _urls(text)
    if any(letter.isdigit() for letter in text):
        yield from _numbers(text)
    yield from _addresses(text)
    for match in _SPELLED_PHONE.finditer(text):
        yield Entity(*match.span(), "phone", 0.9)
    for written in find_dates(text):
        yield Entity(written.start, written.end, "date", 0.98)
    yield from _ages(text)


def _urls(text: str) -> Iterator[Entity]:
    for match in _URL.finditer(text):
        url = match.group().rstrip(".,;:!?)'’]*")
        host, slash, _ = url.partition("/")
        bare = not re.match(r"(?i)(?:https?|ftp)://|www\.", url)
        wordy = bare and not slash and host.rpartition(".")[2].casefold() in _WORD_TOPS
        if wordy and host.count(".") < 2:
            continue
        yield Entity(match.start(), match.start() + len(url), "url", 0.99)


def _numbers(text: str) -> Iterator[Entity]:
    for shape in _ID_SHAPES:
        for match in shape.finditer(text):
            yield Entity(*match.span(), "id", 0.99)
    for match in _IBAN.finditer(text):
        if _mod97(match.group()) or "iban" in text[: match.start()].casefold():
            yield Entity(*match.span(), "id", 0.995)
    for match in _CARD.finditer(text):
        if _luhn(match.group()) or "card" in text[: match.start()].casefold()[-40:]:
            yield Entity(*match.span(), "id", 0.99)
    for match in _IP.finditer(text):
        if _is_ip(match.group()):
            yield Entity(*match.span(), "id", 0.99)
    yield from _named_ids(text)
    for match in _NUMBER.finditer(text):
        if _is_phone(match.group(), text[: match.start()], text[match.end() :]):
            lead = len(match.group()) - len(match.group().lstrip())
            yield Entity(match.start() + lead, match.end(), "phone", 0.96)


def _named_ids(text: str) -> Iterator[Entity]:
    for subject in _NAMED_IDS:
        for before in subject.finditer(text):
            match = _AFTER_NAMED.match(text, before.end())
            if match is None or _MEASURE.match(text, match.end()):
                continue
            token = match.group("id")
            if sum(letter.isdigit() for letter in token) >= 3 and not _DATE_ONLY.fullmatch(token):
                yield Entity(*match.span("id"), "id", 0.985)


_DATE_ONLY = re.compile(r"(?:19|20)\d\d|\d{1,2}[/.-]\d{1,2}[/.-]\d{2,4}|\d{4}-\d\d-\d\d")


def _is_phone(number: str, before: str, after: str) -> bool:
    digits = re.sub(r"\D", "", number)
    shape = number.strip()
    if not 6 <= len(digits) <= 15 or _DATE_ONLY.fullmatch(shape) or _MEASURE.match(after):
        return False
    if _YEARS.fullmatch(shape):
        return False
    if any(len(digits) >= least and form.fullmatch(shape) for least, form in _PHONE_SHAPES):
        return True
    return len(digits) >= 7 and bool(_PHONE_WORD.search(before))


def _luhn(number: str) -> bool:
    digits = [int(letter) for letter in number if letter.isdigit()]
    doubled = [d if i % 2 == 0 else d * 2 - 9 * (d > 4) for i, d in enumerate(reversed(digits))]
    return sum(doubled) % 10 == 0


def _mod97(iban: str) -> bool:
    plain = iban.replace(" ", "")
    return int("".join(str(int(letter, 36)) for letter in plain[4:] + plain[:4])) % 97 == 1


def _is_ip(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def _addresses(text: str) -> Iterator[Entity]:
    for match in _ADDRESS.finditer(text):
        if _is_street(match.group("name")):
            yield Entity(*match.span(), "address", 0.97)
    for match in _STREET.finditer(text):
        if _is_street(match.group("name") or match.group("small")):
            yield Entity(*match.span(), "address", 0.9)
    for pattern in _OTHER_ADDRESSES:
        for match in pattern.finditer(text):
            yield Entity(*match.span(), "address", 0.97)


def _is_street(name: str) -> bool:
    plain = {folded(word.strip(".")) for word in name.split()}
    return not plain & _STREET_FREE and not plain <= word_list("ordinary_words")


def _ages(text: str) -> Iterator[Entity]:
    for pattern in (_OF_AGE, _AT_AGE):
        for match in pattern.finditer(text):
            if pattern is _AT_AGE and _MEASURE.match(text, match.end()):
                continue
            if match["age"] == "100" and pattern is _AT_AGE and not _TURNED.search(match.group()):
                continue  # `I'm 100 sure`
            yield Entity(*match.span("age"), "age", 0.95)
