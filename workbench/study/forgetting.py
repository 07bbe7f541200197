"""Forget a person, or conversations past their retention, in studies, corpora and caches at once.

The speaker's turns and row go; turns of others stay, unless whole conversations are asked for, and keep
their ids; links of replies to what went are cut, turns are numbered anew. What was computed turn by turn
(layers, probabilities, embeddings) loses the turns. What was fitted on all of them (topics, tables,
attributions in their conversations) goes, and the next `analyse` computes it again. In the user's cache,
vectors of texts that nobody else in the named studies says go, and recorded answers whose prompts hold
them or do not tell what they hold.

Order makes it safe to kill: a record of intent first, which holds the id and no text; the utterances last,
from which a second run works out the rest again; then the line in the ledger, which says when and how many,
not who; and the record goes. Not reached: backups, other copies, other users' caches, blocks that a disk
has freed and not yet overwritten, and files that cannot be opened as text.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from workbench import settings
from workbench.embedding import EmbeddingStore, text_mark
from workbench.errors import BadInput
from workbench.files import read_json, write_json
from workbench.language_models.recorded import forget_answers
from workbench.study.erasing import Eraser, clear_leftovers, read_table
from workbench.study.ledger import read_ledger, write_to_ledger
from workbench.study.remains import Needles, files_holding
from workbench.study.removal import Removal, of_expired, of_person
from workbench.study.study import Study

__all__ = ["Forgotten", "forget"]

INTENT = "forgetting.json"
_WEB = ("*.html", "*.htm", "*.ipynb")


@dataclass(frozen=True, slots=True)
class Forgotten:
    """What was removed, or would be.

    Attributes
    ----------
    table
        `where` (study, corpus or cache), `what`, `rows`.
    still_held
        `file` and `holds` (`words`, `name`, `not searched`): files that are not rewritten, as reports; delete
        them or make them again.
    notes
        What a reader has to know.
    dry_run
        Whether nothing was changed.
    """

    table: pl.DataFrame
    still_held: pl.DataFrame
    notes: tuple[str, ...]
    dry_run: bool


@dataclass
class _Place:
    """One study or corpus folder, with what goes from it."""

    folder: Path
    corpus: Path
    study: Study | None
    removal: Removal
    begun: dict[str, Any] | None

    @cached_property
    def utterances(self) -> pl.DataFrame:
        return read_table(self.corpus, "utterances")[0]

    @property
    def remaining_texts(self) -> pl.Series:
        kept = self.utterances.filter(~pl.col("id").is_in(list(self.removal.utterances)))
        return kept["text"].drop_nulls().unique()


def forget(
    person: str | None = None,
    *,
    studies: Sequence[Study] = (),
    corpora: Sequence[str | Path] = (),
    expired: bool = False,
    whole_conversations: bool = False,
    reports: Sequence[str | Path] = (),
    store: EmbeddingStore | None = None,
    dry_run: bool = False,
) -> Forgotten:
    """Remove a speaker and everything made of their words. Killed at any moment, run it again.

    Parameters
    ----------
    person
        Id of the speaker; None with `expired`.
    studies, corpora
        Where to remove; corpora are folders in the workbench's own format. Name all that share the cache:
        a vector stays as long as a named study says its text.
    expired
        Remove the conversations past their `retention_until` instead, whole.
    whole_conversations
        Remove the turns of others in the person's conversations too.
    reports
        Files or folders to search for what still holds the person's words or id, beside the studies.
    store
        Default: the user's store of embeddings.
    dry_run
        Only say what would go.

    Raises
    ------
    BadInput
        If nobody of this id is there, or a removal of somebody else was begun and not finished.
    """
    if (person is None) != expired:
        raise BadInput("Name a person to forget, or ask for what is `expired`, and not both.")
    store = store or EmbeddingStore()
    with ExitStack() as held:
        for study in studies:
            held.enter_context(study.locked())
        places = _places(person, studies, corpora, whole=whole_conversations, dry=dry_run)
        if person is not None:
            _check_known(person, places)
        needles = _needles(person, places)
        found = files_holding(_reports(studies, reports), needles)
        if not dry_run:
            _declare(person, places)
        rows = _from_caches(places, store, dry=dry_run)
        for place in places:
            eraser = _erase_results(place, dry=dry_run)
            rows += [(str(place.folder), what, n) for what, n in sorted(eraser.counts.items()) if n]
        if not dry_run:
            _finish(places)
            found += files_holding(_all_files(places), needles)
    schema = {"where": pl.String, "what": pl.String, "rows": pl.Int64}
    held_by = [(str(path), told) for path, told in dict(found).items()]
    return Forgotten(
        table=pl.DataFrame(rows, schema=schema, orient="row"),
        still_held=pl.DataFrame(
            held_by, schema={"file": pl.String, "holds": pl.String}, orient="row"
        ),
        notes=tuple(_notes(person, places)),
        dry_run=dry_run,
    )


def _places(
    person: str | None,
    studies: Sequence[Study],
    corpora: Sequence[str | Path],
    *,
    whole: bool,
    dry: bool,
) -> list[_Place]:
    named: list[tuple[Path, Path, Study | None]] = [
        (study.folder, study.folder / "corpus", study) for study in studies
    ]
    named += [(Path(folder), Path(folder), None) for folder in corpora]
    if not named:
        raise BadInput("Name at least one study or corpus to remove from.")
    begun = {folder: _begun(folder, person) for folder, _, _ in named}
    earlier = [x["pseudonym"] for x in begun.values() if x is not None]
    pseudonym = earlier[0] if earlier else f"removed-{secrets.token_hex(4)}"
    places = []
    for folder, corpus, study in named:
        if not dry:
            clear_leftovers(folder)
        turns, talks = read_table(corpus, "utterances")[0], read_table(corpus, "conversations")[0]
        if person is None:
            removal = of_expired(turns, _dated(talks), pseudonym=pseudonym)
        else:
            removal = of_person(person, turns, talks, pseudonym=pseudonym, whole=whole)
        places.append(_Place(folder, corpus, study, removal, begun[folder]))
    return places


def _dated(talks: pl.DataFrame) -> pl.DataFrame:
    """Conversations with their last day as a date, as CSV tables do not give it."""
    if talks.schema.get("retention_until") != pl.String:
        return talks
    return talks.with_columns(pl.col("retention_until").str.to_date("%Y-%m-%d", strict=False))


def _begun(folder: Path, person: str | None) -> dict[str, Any] | None:
    file = folder / INTENT
    if not file.is_file():
        return None
    begun: dict[str, Any] = read_json(file)
    if begun["person"] != person:
        who = f"`workbench forget {begun['person']}`" if begun["person"] else "`--expired`"
        raise BadInput.in_file(
            file, "another removal was begun and not finished.", remedy=f"Finish it first: {who}."
        )
    return begun


def _check_known(person: str, places: Sequence[_Place]) -> None:
    known: dict[str, None] = {}
    for place in places:
        speakers = read_table(place.corpus, "speakers")[0]
        known |= dict.fromkeys([*place.utterances["speaker"].unique(), *speakers["id"]])
    if person not in known and not any(place.begun for place in places):
        near = get_close_matches(person, list(known), n=5, cutoff=0.5)
        raise BadInput(
            f"There is no speaker {person!r} in {', '.join(str(place.folder) for place in places)}. "
            + (f"Nearest: {near}." if near else "No id is like it.")
        )


def _needles(person: str | None, places: Sequence[_Place]) -> Needles:
    texts = {text for place in places for text in place.removal.texts}
    others = (text for place in places for text in place.remaining_texts)
    return Needles(texts, others=others, name=person)


def _reports(studies: Sequence[Study], reports: Sequence[str | Path]) -> Iterator[Path]:
    for study in studies:
        for pattern in _WEB:
            yield from sorted(study.folder.rglob(pattern))
    for named in map(Path, reports):
        if not named.exists():
            raise BadInput.in_file(named, "there is no such file or folder to search.")
        yield from (
            [named] if named.is_file() else sorted(x for x in named.rglob("*") if x.is_file())
        )


def _all_files(places: Sequence[_Place]) -> Iterator[Path]:
    for place in places:
        yield from sorted(path for path in place.folder.rglob("*") if path.is_file())


def _declare(person: str | None, places: Sequence[_Place]) -> None:
    for place in places:
        if place.begun is None:
            removal = place.removal
            place.begun = {
                "person": person,
                "pseudonym": removal.pseudonym,
                "utterances": len(removal.utterances),
                "conversations": len(removal.conversations),
            }
            write_json(place.folder / INTENT, place.begun)


def _from_caches(
    places: Sequence[_Place], store: EmbeddingStore, *, dry: bool
) -> list[tuple[str, str, int]]:
    """Take out of the user's cache what belongs to texts that nobody else in the places says."""
    kept = {text_mark(text) for place in places for text in place.remaining_texts}
    gone = {text_mark(text) for place in places for text in place.removal.texts} - kept
    keys = np.array([bytes.fromhex(mark) for mark in sorted(gone)], "S16")
    vectors = store.holds(keys) if dry else store.forget(keys)
    rows = [(str(store.folder), "vectors", vectors)] if vectors else []
    answers = settings.cache_home() / "answers"
    for file in sorted(answers.glob("*.jsonl")) if gone else []:
        removed = forget_answers(file, gone, dry=dry)
        rows += [(str(file), "recorded answers", removed)] if removed else []
    return rows


def _erase_results(place: _Place, *, dry: bool) -> Eraser:
    eraser = Eraser(place.removal, dry=dry)
    if place.study is not None:
        of = dict(place.utterances.select("id", "conversation_id").iter_rows())
        eraser.results(place.folder, of)
    eraser.corpus_facts(place.corpus)
    eraser.utterances(place.corpus)
    return eraser


def _finish(places: Sequence[_Place]) -> None:
    for place in places:
        assert place.begun is not None
        if place.study is not None:
            told = {x.get("removal") for x in read_ledger(place.folder)}
            if place.begun["pseudonym"] not in told:
                write_to_ledger(
                    place.folder,
                    "forgotten",
                    removal=place.begun["pseudonym"],
                    utterances=place.begun["utterances"],
                    conversations=place.begun["conversations"],
                )
        (place.folder / INTENT).unlink()


def _notes(person: str | None, places: Sequence[_Place]) -> Iterator[str]:
    if person is None:
        return
    for place in places:
        others = place.utterances.filter(~pl.col("id").is_in(list(place.removal.utterances)))
        naming = [text for text in others["text"].drop_nulls() if place.removal.names(text)]
        if naming:
            yield (
                f"{place.folder}: {len(naming)} turn(s) of others hold the id as a word. They were kept: "
                "redact them (`workbench redact`), or remove them with `--whole-conversations`."
            )
