"""Dates in running text: found, and moved by a number of days in the form in which they are written.

A date here is a day (with or without its year) or a month with its year. A weekday, a bare month and
a bare year stay as they are. Moves are whole weeks, so that `Monday, 6 March` stays a Monday.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

__all__ = ["WrittenDate", "find_dates"]

_MONTHS = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
]
_MONTH = (
    r"(?P<month>jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?"
    r"|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)"
)
_UNITS = ["first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth"]
_ORDINALS = [
    *_UNITS,
    *[
        "tenth",
        "eleventh",
        "twelfth",
        "thirteenth",
        "fourteenth",
        "fifteenth",
        "sixteenth",
        "seventeenth",
    ],
    *["eighteenth", "nineteenth", "twentieth"],
    *(f"twenty-{unit}" for unit in _UNITS),
    "thirtieth",
    "thirty-first",
]
_ORDINAL_WORDS = "|".join(
    sorted((word.replace("-", "[- ]") for word in _ORDINALS), key=len, reverse=True)
)
_DAY = rf"(?P<day>(?:0?[1-9]|[12]\d|3[01])(?:st|nd|rd|th)?(?!\d)|(?:{_ORDINAL_WORDS})\b)"
_YEAR = r"(?P<year>(?:19|20)\d\d|[’']\d\d)(?!\d)"

_WRITTEN = [
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"(?<![\w/.]){_DAY}(?:\s+of\s+|[\s-]*){_MONTH}\b\.?(?:(?:,?\s+(?:of\s+)?|-){_YEAR})?",
        rf"\b{_MONTH}\b\.?(?:\s+the)?[\s-]+{_DAY}(?:(?:,?\s+(?:of\s+)?|-){_YEAR})?",
        rf"\b{_MONTH}\b\.?,?\s+(?:of\s+)?{_YEAR}",
        r"(?<![\w/.-])(?P<year>(?:19|20)\d\d)[-/.](?P<month>0?[1-9]|1[0-2])[-/.]"
        r"(?P<day>0?[1-9]|[12]\d|3[01])(?!\d)",
        r"(?<![\w/.-])(?P<one>\d\d?)(?P<mark>[/.-])\s?(?P<two>\d\d?)(?P=mark)\s?"
        r"(?P<year>(?:19|20)\d\d|\d\d)(?![\w/-]|\.\d)",
        r"(?:(?<=\bon )|(?<=\bby )|(?<=since )|(?<=until )|(?<=from )|(?<=before )|(?<=after ))"
        r"(?P<one>\d\d?)/(?P<two>\d\d?)(?![\w/-]|\.\d)",
    )
]
_SINCE = re.compile(r"\b(?:on|by|since|until|till|from|before|after|in|the)\s+$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class WrittenDate:
    """A date as it stands in a text; `parts` are (start, end, role) within it."""

    start: int
    end: int
    text: str
    parts: tuple[tuple[int, int, str], ...]

    @property
    def day_first(self) -> bool | None:
        """Whether the day stands before the month in figures; None where one cannot see it."""
        numbers = {role: int(self.text[a:b]) for a, b, role in self.parts if role in ("one", "two")}
        if not numbers or max(numbers.values()) <= 12:
            return None
        return numbers["one"] > 12

    def moved(self, days: int, *, day_first: bool = False) -> str:
        """The date `days` later, written in the same way."""
        values = {role: self.text[a:b] for a, b, role in self.parts}
        sure = self.day_first
        first = day_first if sure is None else sure
        alias = {"one": "day", "two": "month"} if first else {"one": "month", "two": "day"}
        known = {alias.get(role, role): value for role, value in values.items()}
        then = _as_date(known) + timedelta(days=days)
        figures = [v for role, v in values.items() if role != "year" and v.isdigit()]
        padded = all(len(v) == 2 for v in figures) and (len(figures) > 1 or figures[:1] < ["1"])
        made = self.text
        for start, end, role in sorted(self.parts, reverse=True):
            part = alias.get(role, role)
            new = _written(self.text[start:end], part, then, padded=padded)
            made = made[:start] + new + made[end:]
        return made


def find_dates(text: str) -> Iterator[WrittenDate]:
    """Dates of a text in order, without overlap."""
    taken: list[tuple[int, int]] = []
    found: list[WrittenDate] = []
    for pattern in _WRITTEN:
        for match in pattern.finditer(text):
            start = match.start()
            end = match.end() - match.group().endswith(".")
            if any(start < b and a < end for a, b in taken) or not _plausible(match, text):
                continue
            taken.append((start, end))
            parts = tuple(
                (match.start(role) - start, match.end(role) - start, role)
                for role, value in match.groupdict().items()
                if value is not None and role != "mark"
            )
            found.append(WrittenDate(start, end, text[start:end], parts))
    yield from sorted(found, key=lambda d: d.start)


def _plausible(match: re.Match[str], text: str) -> bool:
    groups = match.groupdict()
    if "one" in groups:
        one, two = int(groups["one"]), int(groups["two"])
        return 1 <= min(one, two) <= 12 and 1 <= max(one, two) <= 31
    month, day = groups["month"], groups.get("day")
    if month in ("may", "march", "mar") and day is not None and not groups.get("year"):
        # `may 3 of us`, `march 10 miles`: a date only with a sign of one
        certain = not day.isdigit() or _SINCE.search(text[: match.start()])
        return bool(certain) or match.start("day") < match.start("month")
    return True


def _as_date(known: dict[str, str]) -> date:
    year = known.get("year", "2001").lstrip("’'")
    if len(year) == 2:
        year = ("19" if int(year) > 30 else "20") + year
    month = known["month"].casefold()
    number = (
        int(month)
        if month.isdigit()
        else next(i for i, name in enumerate(_MONTHS, 1) if name.startswith(month[:3]))
    )
    day = _day_number(known["day"]) if "day" in known else 15
    while True:
        try:
            return date(int(year), number, day)
        except ValueError:
            day -= 1  # 31 June as somebody said it


def _day_number(day: str) -> int:
    figures = re.match(r"\d+", day)
    if figures:
        return int(figures.group())
    return _ORDINALS.index(day.casefold().replace(" ", "-")) + 1


def _written(before: str, part: str, then: date, *, padded: bool) -> str:
    """One part of the new date in the way in which the old one was written."""
    if part == "year":
        return f"{then.year}" if len(before) == 4 else before[:-2] + f"{then.year % 100:02d}"
    number = then.month if part == "month" else then.day
    if before.isdigit():
        return f"{number:02d}" if padded else str(number)
    if part == "month":
        name = _MONTHS[number - 1]
        full = before.casefold() in _MONTHS
        made = name if full else name[:3]
    elif before[0].isdigit():
        made = f"{number}{_suffix(number)}"
    else:
        made = _ORDINALS[number - 1].replace("-", " " if " " in before else "-")
    return made.upper() if before.isupper() else made.title() if before[0].isupper() else made


def _suffix(day: int) -> str:
    if day in (11, 12, 13):
        return "th"
    return {1: "st", 2: "nd", 3: "rd"}.get(day % 10, "th")
