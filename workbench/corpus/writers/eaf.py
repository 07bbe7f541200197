"""ELAN annotation documents: one `.eaf` file a conversation.

Every speaker has a tier of speech; text columns `meta.<name>` are tiers below it, and so is each
layer over utterances, with its coder as annotator and its labels as controlled vocabulary. What
ELAN has no place for but reading needs (roles, facts of layers, an order other than that of time)
stands in one property of the header. `lost` renders and reads the corpus and lists what differs.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any
from xml.sax.saxutils import escape, quoteattr

import polars as pl

from workbench.corpus.corpus import Corpus, CorpusMetadata
from workbench.corpus.layer import Layer
from workbench.corpus.readers.eaf import OWN, corpus_of_eaf
from workbench.corpus.readers.elan import UNDATED
from workbench.corpus.schema import META
from workbench.corpus.writers.transcripts import transcript_writer

__all__ = ["WRITER"]

_NO_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_SPEECH, _META = "speech of a participant", "text below speech"
_SCHEMA = (
    'FORMAT="3.0" VERSION="3.0" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
    'xsi:noNamespaceSchemaLocation="http://www.mpi.nl/tools/elan/EAFv3.0.xsd"'
)
_NO_LANGUAGE = (
    '<LANGUAGE LANG_DEF="http://cdb.iso.org/lg/CDB-00130975-001" LANG_ID="und" '
    'LANG_LABEL="undetermined (und)"/>'
)
_CONSTRAINTS = {
    "Symbolic_Subdivision": "Symbolic subdivision of a parent annotation. Annotations refering to "
    "the same parent are ordered",
    "Symbolic_Association": "1-1 association with a parent annotation",
}
_WHY: Mapping[str, str] = {
    "utterances.id": "ELAN names annotations itself; they are named <conversation>-<place> anew.",
    "utterances.text": "XML has no control characters.",
    "utterances.start": "ELAN holds whole milliseconds, not before zero.",
    "utterances.end": "ELAN holds whole milliseconds, not before zero.",
}


@dataclass(frozen=True, slots=True)
class _Kind:
    """A linguistic type: how its annotations hang on speech, and its controlled vocabulary."""

    id: str
    stereotype: str
    vocabulary: str | None = None


@dataclass(frozen=True, slots=True)
class _Values:
    """What goes below speech: the texts of each utterance, by its place."""

    kind: _Kind
    name: str
    coder: str
    texts: Mapping[int, Sequence[str]]


def _render(corpus: Corpus) -> str:
    """Text of the file of a corpus with one conversation."""
    tiers = _tiers(corpus)
    layers = [layer for layer in corpus.layers if layer.metadata.unit == "utterance"]
    vocabularies = _vocabularies(layers)
    below = [*_metas(corpus), *_codings(corpus, layers, vocabularies)]
    kinds = [_Kind(_SPEECH, ""), *dict.fromkeys(values.kind for values in below)]
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        *_head(corpus, tiers, layers),
        *_time_order(corpus.utterances),
        *_annotations(corpus.utterances, tiers, below),
        *map(_linguistic_type, kinds),
        _NO_LANGUAGE,
        *(
            f"<CONSTRAINT DESCRIPTION={_quoted(said)} STEREOTYPE={_quoted(name)}/>"
            for name, said in _CONSTRAINTS.items()
        ),
        *(line for name, labels in vocabularies.items() for line in _vocabulary(name, labels[1])),
        "</ANNOTATION_DOCUMENT>",
    ]
    return "\n".join([*lines, ""])


def _escaped(text: str) -> str:
    return escape(_NO_XML.sub("\ufffd", text), {"\r": "&#13;"})


def _quoted(text: str) -> str:
    return quoteattr(_NO_XML.sub("\ufffd", text), {"\r": "&#13;"})


# -- what stands in the file -----------------------------------------------------------------------


def _tiers(corpus: Corpus) -> dict[tuple[str, str], str]:
    """A tier for every speaker, or several where the speaker has several roles."""
    spoke = corpus.utterances.select("speaker", "role").unique(maintain_order=True)
    tiers: dict[tuple[str, str], str] = {}
    for speaker, role in spoke.iter_rows():
        name, number = speaker, 1
        while name in tiers.values():
            number += 1
            name = f"{speaker} ({role})" if number == 2 else f"{speaker} ({role} {number})"
        tiers[speaker, role] = name
    return tiers


def _vocabularies(layers: Iterable[Layer]) -> dict[str, tuple[list[str], tuple[str, ...]]]:
    """Vocabulary -> its layers and labels; layers of one scheme and the same labels share it."""
    found: dict[str, tuple[list[str], tuple[str, ...]]] = {}
    for layer in layers:
        given = layer.table["label"].drop_nulls().unique(maintain_order=True)
        labels = tuple(dict.fromkeys((*layer.metadata.labels, *given)))
        name, number = layer.metadata.scheme, 1
        while name in found and found[name][1] != labels:
            number += 1
            name = f"{layer.metadata.scheme} {number}"
        found.setdefault(name, ([], labels))[0].append(layer.name)
    return found


def _metas(corpus: Corpus) -> Iterator[_Values]:
    kind = _Kind(_META, "Symbolic_Association")
    for name, dtype in corpus.utterances.schema.items():
        if name.startswith(META) and dtype == pl.String:
            column = corpus.utterances[name]
            texts = {place: [text] for place, text in enumerate(column) if text is not None}
            if texts:
                yield _Values(kind, name.removeprefix(META), "", texts)


def _codings(
    corpus: Corpus,
    layers: Sequence[Layer],
    vocabularies: Mapping[str, tuple[list[str], tuple[str, ...]]],
) -> Iterator[_Values]:
    place_of = {unit: place for place, unit in enumerate(corpus.utterances["id"])}
    vocabulary_of = {name: cv for cv, (names, _) in vocabularies.items() for name in names}
    for layer in layers:
        texts: dict[int, list[str]] = defaultdict(list)
        for unit, label in layer.table.select("unit_id", "label").iter_rows():
            if unit in place_of:  # an id may also be that of a conversation
                texts[place_of[unit]].append(label or "")
        several = any(len(given) > 1 for given in texts.values())
        stereotype = "Symbolic_Subdivision" if several else "Symbolic_Association"
        kind = _Kind(layer.name, stereotype, vocabulary_of[layer.name])
        yield _Values(kind, layer.name, layer.metadata.coder, texts)


def _head(
    corpus: Corpus, tiers: Mapping[tuple[str, str], str], layers: Sequence[Layer]
) -> Iterator[str]:
    facts = {
        name.removeprefix(META): value
        for name, value in corpus.conversations.row(0, named=True).items()
        if name.startswith(META) and isinstance(value, str) and value
    }
    author, date = facts.pop("author", ""), facts.pop("date", UNDATED)
    yield f"<ANNOTATION_DOCUMENT AUTHOR={_quoted(author)} DATE={_quoted(date)} {_SCHEMA}>"
    if corpus.metadata.licence != CorpusMetadata().licence:
        yield f'<LICENSE LICENSE_URL="">{_escaped(corpus.metadata.licence)}</LICENSE>'
    yield '<HEADER MEDIA_FILE="" TIME_UNITS="milliseconds">'
    for media in filter(None, facts.pop("media", "").split("\n")):
        place = _quoted(media)
        yield f'<MEDIA_DESCRIPTOR MEDIA_URL={place} MIME_TYPE="" RELATIVE_MEDIA_URL={place}/>'
    for name, value in facts.items():
        yield f"<PROPERTY NAME={_quoted(name)}>{_escaped(value)}</PROPERTY>"
    own: dict[str, Any] = {
        "conversation": corpus.conversations["id"][0],
        "tiers": {name: role for (_, role), name in tiers.items()},
        "layers": {layer.name: asdict(layer.metadata) for layer in layers},
        "language": corpus.metadata.language,
    }
    starts = [start for _, start in _begins(corpus.utterances)]
    if starts != sorted(starts):
        own["order"] = [f"a{place}" for place in range(1, len(starts) + 1)]
    yield f'<PROPERTY NAME="{OWN}">{_escaped(json.dumps(own))}</PROPERTY>'
    yield "</HEADER>"


# -- times and annotations -------------------------------------------------------------------------


def _begins(turns: pl.DataFrame) -> Iterator[tuple[int | None, int]]:
    """Start of each turn in milliseconds, where it has one, and that at which it stands in order."""
    before = -1
    for start in turns["start"]:
        value = None if start is None or start < 0 else round(start * 1000)
        before = before if value is None else value
        yield value, before


def _time_order(turns: pl.DataFrame) -> Iterator[str]:
    """Slots by time; one without a time follows the slot that it is to stand behind."""
    slots: list[tuple[int, str, int | None]] = []
    for place, ((start, order), end) in enumerate(
        zip(_begins(turns), turns["end"], strict=True), start=1
    ):
        until = None if end is None or end < 0 else round(end * 1000)
        slots.append((order, f"ts{2 * place - 1}", start))
        slots.append((order if until is None else until, f"ts{2 * place}", until))
    yield "<TIME_ORDER>"
    for _, name, value in sorted(slots, key=lambda slot: slot[0]):
        stated = "" if value is None else f' TIME_VALUE="{value}"'
        yield f'<TIME_SLOT TIME_SLOT_ID="{name}"{stated}/>'
    yield "</TIME_ORDER>"


def _annotations(
    turns: pl.DataFrame, tiers: Mapping[tuple[str, str], str], below: Sequence[_Values]
) -> Iterator[str]:
    places: dict[tuple[str, str], list[int]] = defaultdict(list)
    for place, key in enumerate(turns.select("speaker", "role").iter_rows()):
        places[key].append(place)
    said, number, names = turns["text"].to_list(), turns.height, set(tiers.values())
    for (speaker, role), name in tiers.items():
        yield (
            f'<TIER LINGUISTIC_TYPE_REF="{_SPEECH}" PARTICIPANT={_quoted(speaker)} '
            f"TIER_ID={_quoted(name)}>"
        )
        for place in places[speaker, role]:
            slots = f'TIME_SLOT_REF1="ts{2 * place + 1}" TIME_SLOT_REF2="ts{2 * place + 2}"'
            yield _annotation("ALIGNABLE_ANNOTATION", place + 1, slots, said[place])
        yield "</TIER>"
        for values in below:
            chosen = [place for place in places[speaker, role] if place in values.texts]
            if chosen:
                yield _opening(values, speaker, name, names)
                for place in chosen:
                    previous = ""
                    for text in values.texts[place]:
                        number += 1
                        reference = f'ANNOTATION_REF="a{place + 1}"{previous}'
                        yield _annotation("REF_ANNOTATION", number, reference, text)
                        previous = f' PREVIOUS_ANNOTATION="a{number}"'
                yield "</TIER>"


def _opening(values: _Values, speaker: str, parent: str, names: set[str]) -> str:
    annotator = f"ANNOTATOR={_quoted(values.coder)} " if values.coder else ""
    name = f"{values.name}@{parent}"
    while name in names:  # a tier's name stands once
        name = f"_{name}"
    names.add(name)
    return (
        f"<TIER {annotator}LINGUISTIC_TYPE_REF={_quoted(values.kind.id)} "
        f"PARENT_REF={_quoted(parent)} PARTICIPANT={_quoted(speaker)} "
        f"TIER_ID={_quoted(name)}>"
    )


def _annotation(kind: str, number: int, rest: str, text: str) -> str:
    return (
        f'<ANNOTATION><{kind} ANNOTATION_ID="a{number}" {rest}>'
        f"<ANNOTATION_VALUE>{_escaped(text)}</ANNOTATION_VALUE></{kind}></ANNOTATION>"
    )


def _linguistic_type(kind: _Kind) -> str:
    words = [f"LINGUISTIC_TYPE_ID={_quoted(kind.id)}", 'GRAPHIC_REFERENCES="false"']
    words.append(f'TIME_ALIGNABLE="{"false" if kind.stereotype else "true"}"')
    if kind.stereotype:
        words.append(f'CONSTRAINTS="{kind.stereotype}"')
    if kind.vocabulary is not None:
        words.append(f"CONTROLLED_VOCABULARY_REF={_quoted(kind.vocabulary)}")
    return f"<LINGUISTIC_TYPE {' '.join(words)}/>"


def _vocabulary(name: str, labels: Iterable[str]) -> Iterator[str]:
    yield f"<CONTROLLED_VOCABULARY CV_ID={_quoted(name)}>"
    yield '<DESCRIPTION LANG_REF="und"/>'
    for number, label in enumerate(labels):
        yield (
            f'<CV_ENTRY_ML CVE_ID="cveid{number}"><CVE_VALUE DESCRIPTION="" LANG_REF="und">'
            f"{_escaped(label)}</CVE_VALUE></CV_ENTRY_ML>"
        )
    yield "</CONTROLLED_VOCABULARY>"


WRITER = transcript_writer(
    "eaf",
    "ELAN annotation documents (.eaf), one a conversation",
    ending=".eaf",
    render=_render,
    read=corpus_of_eaf,
    why=_WHY,
)
