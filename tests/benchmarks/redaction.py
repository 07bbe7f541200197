"""How much of what tells who somebody is gets found: with the language model and with rules alone.

    python tests/benchmarks/redaction.py [--finder presidio|rules|both] [--sample development|test] [--json]

Two measures, each on whole conversations through the whole of `find_entities`:

1. Marked conversations, invented and marked by hand (tests/corpus/samples/privacy). `development.txt` was
   used while the rules were written. `test.txt` was written before the rules, and was scored only when
   they were finished; nothing was changed after that to raise its figures. Both samples and the rules are of
   one author, so expect less on conversations of others, and least on dialect, typing errors and scripts
   other than Latin.
2. Planted: AnnoMI transcripts in which some turns get an invented sentence with a name, a telephone
   number, an e-mail address, a URL or a date (fixed seed). The names were typed for this file from many
   languages; how many of them stand in the workbench's own lists is printed, for a listed name is the
   easier one.

A marked entity is found if each of its letters and digits is covered by what was found, of whatever kind:
then nothing of it stays in the text. `kind right` asks for the right kind as well. Precision is the
share of found stretches that touch a marked one. Intervals resample whole conversations. In AnnoMI
nobody marked what was there before, so there is no precision for the second measure.

Countries, nationalities, weekdays, bare months and years, brands as goods, titles before names are
not marked: they stay on purpose.
"""

from __future__ import annotations

import argparse
import calendar
import json
import platform
import random
import re
import time
from collections.abc import Iterator
from pathlib import Path

import polars as pl

import workbench as wb
from workbench.corpus import Corpus
from workbench.corpus.privacy import Finder, Presidio, Rules, find_entities
from workbench.corpus.privacy.lists import first_names, folded, word_list
from workbench.settings import data_home
from workbench.statistics import cluster_proportion, proportion_interval

SAMPLES = Path(__file__).resolve().parents[1] / "corpus" / "samples" / "privacy"
FINDERS: dict[str, type[Finder]] = {"presidio": Presidio, "rules": Rules}
_MARK = re.compile(r"\[\[([A-Z]+):(.*?)\]\]")
_ROLES = {"T": "therapist", "S": "supporter", "C": "client"}
GOLD = {
    "conversation_id": pl.String,
    "utterance_id": pl.String,
    "start_char": pl.Int64,
    "end_char": pl.Int64,
    "kind": pl.String,
}


# -- conversations marked by hand --------------------------------------------------------------------


def marked(name: str) -> tuple[Corpus, pl.DataFrame]:
    """Corpus of a sample file, and its marks as a table."""
    rows, gold = [], []
    talk, turn = "", 0
    for line in (SAMPLES / f"{name}.txt").read_text("utf-8").splitlines():
        if line.startswith("= "):
            talk, turn = line[2:], 0
            continue
        letter, _, text = line.partition(": ")
        plain, marks = unmarked(text)
        rows.append((f"{talk}-{turn}", talk, letter, _ROLES[letter], plain))
        gold += [(talk, f"{talk}-{turn}", *mark) for mark in marks]
        turn += 1
    columns = ("id", "conversation_id", "speaker", "role", "text")
    table = pl.DataFrame(rows, schema=columns, orient="row")
    return Corpus.build(table), pl.DataFrame(gold, schema=GOLD, orient="row")


def unmarked(text: str) -> tuple[str, list[tuple[int, int, str]]]:
    """Text without its marks, and where they were."""
    plain, marks, last = "", [], 0
    for match in _MARK.finditer(text):
        plain += text[last : match.start()]
        marks.append((len(plain), len(plain) + len(match[2]), match[1].lower()))
        plain += match[2]
        last = match.end()
    return plain + text[last:], marks


# -- names planted into public transcripts --------------------------------------------------------------

GIVEN, FAMILY = (
    part.split()
    for part in (SAMPLES / "planted_names.txt").read_text("utf-8").partition("\n")[2].split("\n\n")
)
TEMPLATES = (
    "My sister {g} said the same thing.",
    "I talked to {g} {f} about it last week.",
    "You know, {g} never believed me.",
    "That was when {g} moved out.",
    "{g} told me to come here.",
    "My name is {g} {f}, by the way.",
    "I don't want {g} to find out.",
    "It was Dr. {f} who gave me the pills.",
    "And then Mrs {f} from next door called the police.",
    "my cousin {gl} thinks so too.",
    "I keep thinking about {g} and the kids.",
    "You can reach me at {phone}.",
    "My number is {phone}, if you want to call.",
    "They left a message from {phone} yesterday.",
    "Just send it to {email}, please.",
    "I wrote to {email} and nobody answered.",
    "I read about it on {url} last night.",
    "The form is at {url}, I think.",
    "It has been like this since {date}.",
    "My mother died on {date}.",
    "We have court on {date} and I am scared.",
)
PHONES = (
    *("(###) ###-####", "###-###-####", "###.###.####", "07### ######", "020 #### ####"),
    *("+44 7### ######", "+1 ### ### ####", "+49 ### #######", "0### ### ####", "###-####"),
)
MONTHS = list(calendar.month_name)[1:]


def planted(corpus: Corpus, *, share: float = 0.15, seed: int = 11) -> tuple[Corpus, pl.DataFrame]:
    """The corpus with an invented sentence at the end of some turns, and where its entities are."""
    chance = random.Random(seed)
    texts, gold = [], []
    rows = corpus.utterances.select("id", "conversation_id", "text").iter_rows()
    for unit, talk, text in rows:
        if chance.random() < share:
            sentence, marks = unmarked(_filled(chance))
            start = len(text) + 1
            gold += [(talk, unit, start + a, start + b, kind) for a, b, kind in marks]
            texts.append(f"{text} {sentence}")
        else:
            texts.append(text)
    table = corpus.utterances.with_columns(pl.Series("text", texts))
    made = Corpus.build(table, conversations=corpus.conversations)
    return made, pl.DataFrame(gold, schema=GOLD, orient="row")


def _filled(chance: random.Random) -> str:
    given, family = chance.choice(GIVEN), chance.choice(FAMILY)
    template = chance.choice(TEMPLATES)
    if "{g} {f}" in template:
        template = template.replace("{g} {f}", f"[[PERSON:{given} {family}]]")
    return template.format(
        g=f"[[PERSON:{given}]]",
        gl=f"[[PERSON:{given.lower()}]]",
        f=f"[[PERSON:{family}]]",
        phone=f"[[PHONE:{_phone(chance)}]]",
        email=f"[[EMAIL:{_email(chance, given, family)}]]",
        url=f"[[URL:{_url(chance, family)}]]",
        date=f"[[DATE:{_date(chance)}]]",
    )


def _phone(chance: random.Random) -> str:
    shape = chance.choice(PHONES)
    return re.sub("#", lambda _: str(chance.randint(1, 9)), shape)


def _email(chance: random.Random, given: str, family: str) -> str:
    local = chance.choice(("{g}.{f}", "{g}{n}", "{f}_{g}", "{g}-{f}{n}", "info"))
    local = local.format(g=given.lower(), f=family.lower(), n=chance.randint(1, 99))
    host = chance.choice(("mailbox.org", "post.example.co.uk", "uni-x.edu", "web.de", "mail.net"))
    return f"{local}@{host}"


def _url(chance: random.Random, family: str) -> str:
    top = chance.choice(("org", "com", "co.uk"))
    host = f"{family.lower()}-{chance.choice(('help', 'care', 'group'))}.{top}"
    start = chance.choice(("https://", "http://", "www.", "https://www.", ""))
    return f"{start}{host}{chance.choice(('', '/join', '/a/b?id=7', '/faq.html'))}"


def _date(chance: random.Random) -> str:
    day, month, year = chance.randint(1, 28), chance.randint(1, 12), chance.randint(1950, 2024)
    name = MONTHS[month - 1]
    ending = {1: "st", 2: "nd", 3: "rd", 21: "st", 22: "nd", 23: "rd"}.get(day, "th")
    return chance.choice(
        (
            f"{name} {day}, {year}",
            f"{name} {day}{ending}",
            f"{day}{ending} of {name}",
            f"{day} {name} {year}",
            f"{month}/{day}/{year}",
            f"{day:02d}.{month:02d}.{year}",
            f"{year}-{month:02d}-{day:02d}",
            f"{name[:3]} {day}",
            f"{name} {year}",
        )
    )


# -- the figures ---------------------------------------------------------------------------------------


def judged(corpus: Corpus, gold: pl.DataFrame, found: pl.DataFrame) -> pl.DataFrame:
    """The marks with `found` (nothing of it is left) and `kind_right`."""
    texts = dict(corpus.utterances.select("id", "text").iter_rows())
    spans: dict[str, list[tuple[int, int, str]]] = {}
    for unit, start, end, kind in found.iter_rows():
        spans.setdefault(unit, []).append((start, end, kind))
    rows = []
    for talk, unit, start, end, kind in gold.iter_rows():
        near = [span for span in spans.get(unit, ()) if span[0] < end and start < span[1]]
        left = [
            i
            for i in range(start, end)
            if texts[unit][i].isalnum() and not any(a <= i < b for a, b, _ in near)
        ]
        right = not left and {span[2] for span in near} == {kind}
        rows.append((talk, unit, start, end, kind, not left, right))
    schema = {**GOLD, "found": pl.Boolean, "kind_right": pl.Boolean}
    return pl.DataFrame(rows, schema=schema, orient="row")


def precise(gold: pl.DataFrame, found: pl.DataFrame) -> pl.DataFrame:
    """What was found, with `marked`: whether it touches a mark."""
    marks: dict[str, list[tuple[int, int]]] = {}
    for _, unit, start, end, _ in gold.iter_rows():
        marks.setdefault(unit, []).append((start, end))
    touches = [
        any(a < end and start < b for a, b in marks.get(unit, ()))
        for unit, start, end, _ in found.iter_rows()
    ]
    talk = pl.col("utterance_id").str.replace(r"-\d+$", "").alias("conversation_id")
    return found.with_columns(pl.Series("marked", touches, dtype=pl.Boolean), talk)


def recall_table(marks: pl.DataFrame) -> pl.DataFrame:
    """Recall by kind and over all, with intervals that resample conversations."""
    rows = [_recall(kind, part) for (kind,), part in sorted(marks.group_by("kind"))]
    rows.append(_recall("all", marks))
    return pl.DataFrame(rows)


def _recall(kind: str, part: pl.DataFrame) -> dict[str, object]:
    counts = part.group_by("conversation_id").agg(
        pl.col("found").sum(), pl.col("kind_right").sum(), n=pl.len()
    )
    recall = cluster_proportion(counts["found"], counts["n"], counts["conversation_id"])
    return {
        "kind": kind,
        "n": part.height,
        "recall": recall.estimate,
        "low": recall.low,
        "high": recall.high,
        "kind right": part["kind_right"].mean(),
    }


def precision_table(found: pl.DataFrame) -> pl.DataFrame:
    """Precision by kind and over all."""
    rows = []
    for kind in (*sorted(found["kind"].unique()), "all"):
        part = found if kind == "all" else found.filter(pl.col("kind") == kind)
        counts = part.group_by("conversation_id").agg(pl.col("marked").sum(), n=pl.len())
        share = cluster_proportion(counts["marked"], counts["n"], counts["conversation_id"])
        rows.append(
            {
                "kind": kind,
                "found": part.height,
                "precision": share.estimate,
                "low": share.low,
                "high": share.high,
            }
        )
    return pl.DataFrame(rows)


def without_a_miss(marks: pl.DataFrame) -> dict[str, float | int | None]:
    """Share of conversations of which nothing marked is left, with Wilson's interval."""
    whole = marks.group_by("conversation_id").agg(pl.col("found").all())
    share = proportion_interval(int(whole["found"].sum()), whole.height)
    return {"share": share.estimate, "low": share.low, "high": share.high, "n": whole.height}


def measure(
    corpus: Corpus, gold: pl.DataFrame, finder: Finder
) -> dict[str, pl.DataFrame | dict[str, float | int | None] | float]:
    """All figures of one finder on one marked corpus."""
    clock = time.perf_counter()
    found = find_entities(corpus, finder=finder)
    seconds = time.perf_counter() - clock
    marks = judged(corpus, gold, found)
    return {
        "marks": marks,
        "found": found,
        "recall": recall_table(marks),
        "precision": precision_table(precise(gold, found)),
        "conversations without a miss": without_a_miss(marks),
        "turns per second": corpus.utterances.height / seconds,
    }


def annomi() -> Corpus | None:
    """AnnoMI as published, where the real corpora are."""
    home = data_home()
    path = home / "annomi" / "AnnoMI-simple.csv" if home else None
    return wb.load(path) if path and path.is_file() else None


def _print(title: str, figures: dict[str, object], *, precision: bool) -> None:
    print(f"\n## {title}\n")
    tables = ["recall", "precision"] if precision else ["recall"]
    with pl.Config(tbl_formatting="MARKDOWN", tbl_hide_dataframe_shape=True, tbl_rows=-1) as config:
        config.set_tbl_hide_column_data_types(True).set_float_precision(3)
        for name in tables:
            print(figures[name], "\n")
    share = figures["conversations without a miss"]
    told = ", ".join(f"{key} {value:.3f}" for key, value in share.items() if key != "n")
    print(f"conversations without a miss: {told} of {share['n']}")
    print(f"turns per second: {figures['turns per second']:.0f}")


def _measures(sample: str) -> Iterator[tuple[str, Corpus, pl.DataFrame, bool]]:
    yield f"{sample}.txt", *marked(sample), True
    public = annomi()
    if public is not None:
        yield "planted into AnnoMI", *planted(public), False


def main() -> None:
    parser = argparse.ArgumentParser(description="Recall and precision of pseudonymisation")
    parser.add_argument("--finder", choices=[*FINDERS, "both"], default="both")
    parser.add_argument("--sample", choices=["development", "test"], default="test")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    names = list(FINDERS) if options.finder == "both" else [options.finder]
    lists = first_names() | word_list("surnames")
    listed = {
        "given": sum(folded(n) in lists for n in GIVEN) / len(GIVEN),
        "family": sum(folded(n) in lists for n in FAMILY) / len(FAMILY),
    }
    collected = []
    for title, corpus, gold, precision in _measures(options.sample):
        for name in names:
            figures = measure(corpus, gold, FINDERS[name]())
            if options.json:
                plain = {
                    k: v.to_dicts() if isinstance(v, pl.DataFrame) else v
                    for k, v in figures.items()
                }
                kept = {k: v for k, v in plain.items() if k not in ("marks", "found")}
                collected.append({"corpus": title, "finder": name, **kept})
            else:
                _print(f"{title}, {name}: {gold.height} entities", figures, precision=precision)
    if options.json:
        print(json.dumps({"listed": listed, "measures": collected}, indent=2))
    else:
        print(f"\nOf the planted names the lists hold {listed['given']:.0%} of the given ones,")
        print(f"{listed['family']:.0%} of the family ones. {platform.machine()}, one process.")


if __name__ == "__main__":
    main()
