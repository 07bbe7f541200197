"""A head of one's own: any corpus, any codebook, what people coded of it."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from workbench.coding.books import load_codebook
from workbench.coding.material import build_material
from workbench.coding.recipes import features_of, recipe_of
from workbench.coding.teaching import head_name, taught, with_card
from workbench.coding.trained_heads import Origin, TrainedHead
from workbench.corpus import Codebook, Corpus, Layer, Scheme
from workbench.embedding import Embeddings, EmbeddingStore, Encoder
from workbench.errors import BadInput, InsufficientData
from workbench.reliability.intake_spelling import check_labels

__all__ = ["FEWEST_SOURCES", "FEWEST_UTTERANCES", "train_head"]

_LOG = logging.getLogger(__name__)

FEWEST_UTTERANCES = 20
"""Utterances of a label below which a head does not learn it."""

FEWEST_SOURCES = 5
"""Sources (clients, videos, threads) of a label below which a head does not learn it."""

_NOT_FOR = (
    "Judging a person, a counsellor or a session by itself; another language than that of its data; "
    "talk of another kind. Scores hold for conversations like those it learned from."
)


def train_head(
    corpus: Corpus,
    layers: Sequence[Layer],
    codebook: str | Path | Codebook,
    *,
    scheme: str | None = None,
    name: str | None = None,
    context: bool = True,
    merge: Mapping[str, str] | None = None,
    drop: Sequence[str] = (),
    out: str | Path | None = None,
    encoder: Encoder | None = None,
    store: EmbeddingStore | None = None,
    embeddings: Embeddings | None = None,
    random_state: int = 7,
) -> TrainedHead:
    """Train, score and describe a head on codings of one's own.

    Parameters
    ----------
    corpus
        The conversations as a whole; `source` of a conversation says what a fold must not cut.
    layers
        Codings of one scheme, by one or several coders, at most one of them gold.
    codebook
        Codebook of the codings: a name, the path of a YAML file, or a codebook.
    scheme
        Which scheme of the book; default: the one the layers name, or the only one.
    name
        What the head is called; default: its scheme's name.
    context
        Whether it reads previous turns.
    merge
        Label as coded -> label that is learned in its place: another spelling, or a rare code that
        goes into a wider one.
    drop
        Labels that are not learned, beside those that only hold others. Of an exclusive scheme their
        utterances are left out.
    out
        Folder to write (replaced as a whole); default: nothing is written.
    encoder, store, embeddings
        As in `build_material`.
    random_state
        Seed of the folds for calibration.

    Returns
    -------
    TrainedHead
        `code_corpus(corpus, codebook, heads=[head])` codes with it.

    Raises
    ------
    BadInput
        If layers, labels and codebook do not fit each other.
    InsufficientData
        If labels have fewer than `FEWEST_UTTERANCES` utterances in `FEWEST_SOURCES` sources; names
        them, with counts and what to do.

    Examples
    --------
    >>> head = train_head(corpus, [corpus.layer("mood.gold")], "mood.yaml")   # doctest: +SKIP
    >>> workbench.coding.code_corpus(new, "mood.yaml", heads=[head])          # doctest: +SKIP
    """
    book = codebook if isinstance(codebook, Codebook) else load_codebook(codebook)
    meant = _scheme_of(book, layers, scheme)
    merged = dict(merge or {})
    drop = [*drop, *(x.label for x in meant.codes if not x.codable and x.label not in drop)]
    learned = _without(meant, [*drop, *(x for x in merged if x in meant.labels)])
    ready = [_relabelled(layer, meant, learned, merged, drop, book) for layer in layers]
    spec, recipe = features_of(learned, context=context), recipe_of(learned, context=context)
    if encoder is not None and encoder.dimension != spec.dimensions:
        spec = replace(spec, dimensions=encoder.dimension)
    material = build_material(
        corpus,
        ready,
        learned,
        spec,
        encoder=encoder,
        store=store,
        embeddings=embeddings,
        check=partial(_refuse_too_few, learned),
    )
    trained = taught(
        material,
        learned,
        spec,
        recipe,
        name=name or head_name(meant, context=context),
        origin=Origin(
            scheme=meant.name,
            side=meant.side,
            codebook=book.name,
            version=book.version,
            checksum=book.checksum,
            merged=merged,
            dropped=tuple(drop),
        ),
        random_state=random_state,
    )
    about = _data(corpus, layers, book, meant, merged, drop)
    trained = with_card(trained, material, learned, recipe, data=about, not_for=_NOT_FOR)
    if out is not None:
        trained.save(out)
        _LOG.info("%s written", out)
    return trained


def _scheme_of(book: Codebook, layers: Sequence[Layer], name: str | None) -> Scheme:
    if not layers:
        raise BadInput("No layer is given; name at least one coded layer.")
    stated = sorted({layer.metadata.scheme for layer in layers})
    books = {layer.metadata.codebook for layer in layers} - {None}
    if len(stated) > 1 or len(books) > 1:
        raise BadInput(
            f"The layers mix {'schemes' if len(stated) > 1 else 'codebooks'}: "
            f"{stated if len(stated) > 1 else sorted(layer.name for layer in layers)}. A head learns one "
            "scheme of one codebook; name the layers of one."
        )
    names = [scheme.name for scheme in book.schemes]
    chosen = name or (stated[0] if stated[0] in names else names[0] if len(names) == 1 else None)
    if chosen is None:
        raise BadInput(
            f"The layers are of scheme {stated[0]!r}, and codebook {book.name!r} has {names}; say which "
            "one is meant (scheme=..., --scheme)."
        )
    scheme = book.scheme(chosen)
    if scheme.unit != "utterance" or scheme.scale is not None:
        raise BadInput(
            f"Scheme {scheme.name!r} is for {'ratings' if scheme.scale else scheme.unit + 's'}; heads "
            "learn codes of utterances."
        )
    if scheme.side == "other":
        raise BadInput(
            f"Scheme {scheme.name!r} is for what others say; heads learn codes of helpers and clients."
        )
    return scheme


def _without(scheme: Scheme, gone: Sequence[str]) -> Scheme:
    """The scheme without some labels; codes below them stand on their own."""
    for label in gone:
        scheme.code(label)
    kept = [code for code in scheme.codes if code.label not in gone]
    if len(kept) < 2:
        raise BadInput(f"{len(kept)} label of {scheme.name!r} is left; a head needs two at least.")
    codes = [replace(code, parent=None) if code.parent in gone else code for code in kept]
    return replace(scheme, codes=tuple(codes))


def _relabelled(
    layer: Layer,
    meant: Scheme,
    learned: Scheme,
    merge: Mapping[str, str],
    drop: Sequence[str],
    book: Codebook,
) -> Layer:
    """The layer in the labels to learn; refuses spellings and codes that are not in the book."""
    decided = layer.table.filter(~pl.col("unit_id").is_in(layer.undecided.implode()))
    rows = decided.group_by("unit_id", maintain_order=True).agg(
        labels=pl.col("label").drop_nulls(), coder=pl.col("coder").first()
    )
    given = set(layer.table["label"].drop_nulls().unique())
    used = {label: into for label, into in merge.items() if label in given}
    rows, _ = check_labels(rows, meant.labels, book=book.name, merge=used)
    labels = rows.explode("labels").rename({"labels": "label"})
    dropped = pl.col("label").is_in(list(drop))
    if meant.exclusive:
        labels = labels.filter(~dropped | pl.col("label").is_null())
    else:
        labels = labels.with_columns(label=pl.when(~dropped).then("label"))
    facts = replace(layer.metadata, labels=learned.labels)
    return Layer.build(layer.name, labels.unique(maintain_order=True), facts)


def _refuse_too_few(scheme: Scheme, gold: NDArray[np.bool_], sources: NDArray[np.str_]) -> None:
    rare = []
    for column, label in enumerate(scheme.labels):
        holds = gold[:, column]
        utterances, talks = int(holds.sum()), len(np.unique(sources[holds]))
        if utterances < FEWEST_UTTERANCES or talks < FEWEST_SOURCES:
            rare.append(f"{label!r} ({utterances} in {talks})")
    if rare:
        raise InsufficientData(
            f"Too few to learn from in {scheme.name!r}, utterances in sources: {', '.join(rare)}. A label "
            f"needs {FEWEST_UTTERANCES} utterances in {FEWEST_SOURCES} sources. Code more, put rare labels "
            "into wider ones (merge={rare: wide}, --merge RARE=WIDE) or leave them out (drop=[...], --drop)."
        )


def _data(
    corpus: Corpus,
    layers: Sequence[Layer],
    book: Codebook,
    scheme: Scheme,
    merged: Mapping[str, str],
    drop: Sequence[str],
) -> dict[str, str]:
    stated = {layer.metadata.codebook for layer in layers} - {None, book.checksum}
    facts = {
        "corpus": corpus.metadata.name,
        "licence of the data": corpus.metadata.licence,
        "codebook": f"{book.name} {book.version}, checksum {book.checksum[:12]}",
        "scheme": scheme.name,
        "layers": ", ".join(layer.name for layer in layers),
        "targets": "share of coders per label where several coded, else the one coder's code",
    }
    if stated:
        facts["codebook of the codings"] = (
            "another version than the one given, with the same labels"
        )
    if merged:
        facts["merged"] = ", ".join(f"{old} into {new}" for old, new in merged.items())
    if drop:
        facts["left out"] = ", ".join(drop)
    return facts
