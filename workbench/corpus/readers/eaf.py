"""ELAN annotation documents (`.eaf`): speech tiers, dependent tiers, coding tiers.

What a tier is follows from its place:

- a tier on its own is the speech of its participant (or of the tier's name), one utterance an
  annotation, in the order of time; overlaps stay, unaligned times are empty;
- a tier below another becomes `meta.<tier>` of the utterance it hangs on, several pieces with a
  space between;
- a tier whose linguistic type has a controlled vocabulary is a coding: one Layer for each
  vocabulary and annotator. Where it stands on its own, each label goes to the utterance (of its
  participant, if that one speaks) that it overlaps most.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import polars as pl

from workbench.corpus.corpus import Corpus, CorpusMetadata
from workbench.corpus.layer import Layer, LayerMetadata
from workbench.corpus.readers.cues import Cue, corpus_of_cues
from workbench.corpus.readers.elan import (
    Annotation,
    Document,
    Placement,
    Spoken,
    Tier,
    read_document,
)
from workbench.corpus.readers.opening import bare_name, peek, read_text
from workbench.corpus.readers.reader import Reader
from workbench.corpus.schema import META
from workbench.corpus.validation import Finding
from workbench.errors import BadInput

__all__ = ["OWN", "READER", "corpus_of_eaf"]

OWN = "workbench"
"""Property in which our writer keeps ids and roles that ELAN has no place for."""

_ELANS_OWN = {"lastUsedAnnotationId", "URN", OWN}
_SEPARATORS = "@_-. "


@dataclass(slots=True)
class _Reading:
    """A document, its utterances in order, and what came of its other annotations."""

    document: Document
    spoken: list[Spoken]
    own: Mapping[str, Any]
    placement: Placement
    astray: dict[str, int] = field(default_factory=dict)

    @property
    def ids(self) -> list[str]:
        return [annotation.id for _, annotation in self.spoken]


def _sniff(path: Path) -> float:
    start = peek(path).lstrip()
    return 1.0 if start.startswith("<") and "<ANNOTATION_DOCUMENT" in start else 0.0


def _read(
    path: Path,
    *,
    columns: Mapping[str, str] | None = None,
    roles: Mapping[str, str] | None = None,
) -> Corpus:
    return corpus_of_eaf(path, read_text(path), roles=roles)


def corpus_of_eaf(path: Path, text: str, *, roles: Mapping[str, str] | None = None) -> Corpus:
    """Make one conversation of the text of an `.eaf` file.

    Raises
    ------
    BadInput
        If it is no ELAN document, or no tier has an utterance.
    """
    document = read_document(path, text)
    own = _own(document)
    codings = [tier for tier in document.tiers.values() if _is_coding(document, tier)]
    speech = [t for t in document.tiers.values() if t.parent is None and t not in codings]
    spoken = _in_order(speech, own)
    reading = _Reading(document, spoken, own, Placement(document, spoken))
    if not reading.spoken:
        raise BadInput.in_file(
            path,
            "no tier of its own has an annotation: there is no utterance in it.",
            remedy="Expected speech on tiers without parent and controlled vocabulary.",
        )
    name = own["conversation"] if isinstance(own.get("conversation"), str) else bare_name(path)
    extras = _extras(reading, [t for t in document.tiers.values() if t.parent and t not in codings])
    names = {tier.id: tier.id if own else tier.participant or tier.id for tier in speech}
    cues = [
        Cue(said.text, place, names[tier.id], said.start, said.end, extras[said.id])
        for place, (tier, said) in enumerate(reading.spoken, start=1)
    ]
    layers = _layers(reading, codings, name)
    asked = dict(roles or {})
    asked |= {names[tier.id]: asked[tier.id] for tier in speech if tier.id in asked}
    return corpus_of_cues(
        path,
        cues,
        roles=asked,
        conversation=name,
        facts=_facts(document),
        speakers=_speakers(speech, names, own),
        ids={tier.id: tier.participant or tier.id for tier in speech} if own else None,
        layers=layers,
        metadata=_metadata(path, document, speech, own),
        findings=_findings(path, reading, speech),
    )


def _own(document: Document) -> dict[str, Any]:
    try:
        own = json.loads(document.properties.get(OWN, "{}"))
    except (ValueError, RecursionError):
        return {}
    return own if isinstance(own, dict) else {}


def _is_coding(document: Document, tier: Tier) -> bool:
    return tier.kind in document.vocabulary_of


def _in_order(speech: Sequence[Tier], own: Mapping[str, Any]) -> list[Spoken]:
    """Utterances by time, those of one time as they were made; or as our writer says."""
    spoken = [(tier, said) for tier in speech for said in tier.annotations if not said.refers_to]
    stated = own.get("order")
    if isinstance(stated, list) and {said.id for _, said in spoken} <= set(map(str, stated)):
        place = {str(one): number for number, one in enumerate(stated)}
        return sorted(spoken, key=lambda pair: place[pair[1].id])
    return sorted(spoken, key=lambda pair: (pair[1].order, _number(pair[1].id)))


def _number(annotation: str) -> int:
    digits = re.sub(r"[^0-9]", "", annotation)[:15]
    return int(digits) if digits else 0


# -- dependent tiers -------------------------------------------------------------------------------


def _extras(reading: _Reading, tiers: Iterable[Tier]) -> dict[str, dict[str, str]]:
    """Texts of the tiers below each utterance, by the tiers' names without the speaker's."""
    extras: dict[str, dict[str, str]] = {name: {} for name in reading.ids}
    for tier in tiers:
        key = _bare(reading.document, tier)
        for annotation, utterance in _placed(reading, tier):
            before = extras[utterance].get(key)
            extras[utterance][key] = (
                annotation.text if before is None else f"{before} {annotation.text}"
            )
    return extras


def _bare(document: Document, tier: Tier) -> str:
    """Name of a dependent tier without that of its parent or participant: `gloss@A` -> `gloss`."""
    parent = document.tiers.get(tier.parent or "")
    said_by = [tier.parent, tier.participant, parent.participant if parent else ""]
    if parent is not None and parent.parent:  # `words@A` over `tags@A`
        said_by.append(parent.id.removeprefix(_bare(document, parent)).strip(_SEPARATORS))
    for who in filter(None, said_by):
        ends = [f"{separator}{who}" for separator in _SEPARATORS]
        starts = [f"{who}{separator}" for separator in _SEPARATORS]
        bare = [tier.id.removesuffix(end) for end in ends if tier.id.endswith(end)]
        bare += [tier.id.removeprefix(start) for start in starts if tier.id.startswith(start)]
        if any(bare):
            return next(filter(None, bare))
    return tier.id


def _placed(reading: _Reading, tier: Tier) -> list[tuple[Annotation, str]]:
    """Annotations of a tier with the utterance each belongs to; those of none are counted."""
    placed, astray = reading.placement.placed(tier)
    if astray:
        reading.astray[tier.id] = astray
    return placed


# -- coding tiers ----------------------------------------------------------------------------------


def _layers(reading: _Reading, tiers: Sequence[Tier], conversation: str) -> list[Layer]:
    """One layer for each vocabulary and annotator, or as our writer named it."""
    grouped: dict[str, list[Tier]] = defaultdict(list)
    below: set[tuple[str, str | None]] = set()
    for tier in tiers:
        scheme = reading.document.vocabulary_of[tier.kind]
        name = f"{scheme}.{tier.annotator or _bare(reading.document, tier)}"
        if _stated_layer(reading, tier):
            name = tier.kind
        elif (name, tier.parent) in below:  # two codings of one speaker by one annotator
            name = f"{name}.{_bare(reading.document, tier)}"
        below.add((name, tier.parent))
        grouped[name].append(tier)
    return [_layer(reading, name, group, conversation) for name, group in grouped.items()]


def _stated_layer(reading: _Reading, tier: Tier) -> LayerMetadata | None:
    stated = reading.own.get("layers")
    try:
        metadata = LayerMetadata.from_json(json.dumps(stated[tier.kind]))  # type: ignore[index]
    except (KeyError, TypeError, ValueError):
        return None
    return metadata if metadata.coder == tier.annotator else None


def _layer(reading: _Reading, name: str, tiers: Sequence[Tier], conversation: str) -> Layer:
    place = {utterance: number for number, utterance in enumerate(reading.ids)}
    coded = [pair for tier in tiers for pair in _placed(reading, tier)]
    rows = sorted(((place[unit], said.text or None) for said, unit in coded), key=lambda r: r[0])
    table = pl.DataFrame(
        [(f"{conversation}-{number}", label) for number, label in rows],
        schema={"unit_id": pl.String, "label": pl.String},
        orient="row",
    )
    first = tiers[0]
    scheme = reading.document.vocabulary_of[first.kind]
    known = reading.document.labels.get(scheme, ())
    coder = first.annotator or _bare(reading.document, first)
    metadata = _stated_layer(reading, first) or LayerMetadata(scheme, coder, "human", labels=known)
    if metadata.labels:  # somebody may have put in more since
        more = (*metadata.labels, *table["label"].drop_nulls())
        metadata = replace(metadata, labels=tuple(dict.fromkeys(more)))
    once = not table["unit_id"].is_duplicated().any()
    return Layer.build(name, table, replace(metadata, exclusive=metadata.exclusive and once))


# -- facts -----------------------------------------------------------------------------------------


def _facts(document: Document) -> dict[str, str]:
    facts = {**document.properties, **document.facts}
    return {f"{META}{key}": value for key, value in facts.items() if key not in _ELANS_OWN}


def _speakers(
    speech: Sequence[Tier], names: Mapping[str, str], own: Mapping[str, Any]
) -> pl.DataFrame:
    tiers: dict[str, list[str]] = defaultdict(list)
    for tier in speech:
        tiers[names[tier.id]].append(tier.id)
    stated = own.get("tiers")
    roles = stated if isinstance(stated, dict) else {}
    return pl.DataFrame(
        [
            (name, role if isinstance(role := roles.get(name), str) else None, "\n".join(ids))
            for name, ids in tiers.items()
        ],
        schema={"id": pl.String, "role": pl.String, f"{META}tier": pl.String},
        orient="row",
    )


def _metadata(
    path: Path, document: Document, speech: Sequence[Tier], own: Mapping[str, Any]
) -> CorpusMetadata:
    languages = {tier.language for tier in speech}
    stated = own.get("language")
    language = stated if isinstance(stated, str) else ""
    if not language and len(languages) == 1:
        language = languages.pop()
    name = bare_name(path)
    if document.licence:
        return CorpusMetadata(name=name, language=language, licence=document.licence)
    return CorpusMetadata(name=name, language=language)


def _findings(path: Path, reading: _Reading, speech: Sequence[Tier]) -> list[Finding]:
    told = []
    unnamed = [tier.id for tier in speech if tier.annotations and not tier.participant]
    if unnamed:
        message = f"tier(s) without participant are taken for speakers: {unnamed[:12]}."
        mend = "If one holds no speech, give it a parent tier or a controlled vocabulary in ELAN."
        told.append(Finding("note", "tiers as speakers", len(unnamed), str(path), message, mend))
    if reading.astray:
        count = sum(reading.astray.values())
        message = f"{count} annotation(s) lie in no utterance; tiers: {list(reading.astray)[:12]}."
        mend = "They were left out; correct them in ELAN."
        told.append(Finding("warning", "astray", count, str(path), message, mend))
    if reading.document.broken_times:
        count = reading.document.broken_times
        message = f"{count} time slot(s) are missing or hold no whole number."
        mend = "The times are left empty; the words were kept."
        told.append(Finding("warning", "malformed time", count, str(path), message, mend))
    return told


READER = Reader("eaf", "ELAN annotation documents (.eaf)", _sniff, _read, transcript=True)
