"""The full-size head: an adapted language model and heads that read its states, blended.

With the turns before, a turn's probabilities are the mean of what the tagger (a language model whose
upper layers were adapted) says and what a head says that reads the same turn as the small head does
and, beside it, the states of the language model as it was before; then calibrated as a whole. They
err in different places: on folds the blend was better than either. Without context, a head of the
second kind codes that reads each turn by itself.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from workbench import settings
from workbench.coding.books import load_codebook
from workbench.coding.coder import Coding, code_corpus
from workbench.coding.further import EarlyVectors, goals_of, turns_of
from workbench.coding.labelled import DECIMALS, capped, label_rows, parents_hold
from workbench.coding.trained_heads import ALONE, TRAINED, TrainedHead, read_head
from workbench.coding.votes import sides_of
from workbench.corpus import Codebook, Corpus, Layer
from workbench.errors import BadInput, MissingModel
from workbench.files import atomic_folder, checksum_of
from workbench.heads import Calibration, probabilities
from workbench.heads.tagger import Tagger, load_tagger, save_tagger

if TYPE_CHECKING:
    from workbench.embedding import Embeddings, EmbeddingStore

__all__ = [
    "FullHead",
    "blended",
    "books_with_full_head",
    "code_full",
    "find_full_head",
    "titled",
]


_FULL = "-full"
"""Ends the names of full-size heads."""


@dataclass(frozen=True, slots=True, eq=False)
class FullHead:
    """The parts of a full-size head; all mappings are by scheme.

    Attributes
    ----------
    tagger
        Scores turns after those before them.
    heads, alone
        Heads that read what the tagger's language model makes of a turn: after those before it, and
        by itself.
    blends
        Calibration of tagger and head together.
    """

    tagger: Tagger
    heads: Mapping[str, TrainedHead]
    alone: Mapping[str, TrainedHead]
    blends: Mapping[str, Calibration]

    @property
    def fingerprint(self) -> str:
        """SHA-256 over everything that can change a layer."""
        parts = [own.fingerprint for own in (*self.heads.values(), *self.alone.values())]
        return checksum_of([self.tagger.fingerprint, parts, self._facts()])

    def reading(self, context: bool) -> Mapping[str, TrainedHead]:
        """Heads that read a turn after those before it, or by itself."""
        return self.heads if context else self.alone

    def tables(self, scheme: str, *, context: bool) -> dict[str, Any]:
        """Tables of the card on one scheme: with the turns before, or each turn by itself."""
        begin = titled(scheme, "", context=context)
        card = self.tagger.card
        return {key.removeprefix(begin): card[key] for key in card if key.startswith(begin)}

    def save(self, folder: str | Path) -> None:
        """Write all parts into `folder`, replacing it whole."""
        with atomic_folder(folder) as temporary:
            save_tagger(self.tagger, temporary / "tagger")
            for name, head in self.heads.items():
                head.save(temporary / name)
            for name, head in self.alone.items():
                head.save(temporary / f"{name}{ALONE}")
            (temporary / "tagger" / "CARD.md").rename(temporary / "CARD.md")
            text = json.dumps(self._facts(), indent=2, sort_keys=True)
            (temporary / "blend.json").write_text(text + "\n", "utf-8")

    @classmethod
    def load(cls, folder: str | Path) -> FullHead:
        """Read what `save` wrote.

        Raises
        ------
        BadInput
            If a part is damaged or absent.
        """
        folder = Path(folder)
        tagger = load_tagger(folder / "tagger")
        try:
            content = json.loads((folder / "blend.json").read_text("utf-8"))
            blends = {name: _calibration(facts) for name, facts in content.items()}
        except (FileNotFoundError, json.JSONDecodeError, KeyError, TypeError) as error:
            raise BadInput.in_file(
                folder,
                f"blend.json is absent or damaged ({type(error).__name__}).",
                remedy="Copy the whole folder again or train the head anew.",
            ) from error
        return cls(
            tagger,
            {name: read_head(folder / name) for name in blends},
            {name: read_head(folder / f"{name}{ALONE}") for name in blends},
            blends,
        )

    def _facts(self) -> dict[str, Any]:
        return {
            name: {
                "exclusive": blend.exclusive,
                "scale": blend.scale.tolist(),
                "offset": blend.offset.tolist(),
                "thresholds": blend.thresholds.tolist(),
            }
            for name, blend in self.blends.items()
        }


def titled(scheme: str, title: str, *, context: bool) -> str:
    """Title of a table on the card of a full-size head."""
    return f"{scheme}, {'with previous turns' if context else 'each turn by itself'}: {title}"


def _calibration(facts: Mapping[str, Any]) -> Calibration:
    arrays = (np.array(facts[name]) for name in ("scale", "offset", "thresholds"))
    return Calibration(facts["exclusive"], *arrays)


def blended(
    tagged: NDArray[np.float64], probability: NDArray[np.float64], *, exclusive: bool
) -> NDArray[np.float64]:
    """Scores of tagger and head together: the logarithm, or the log-odds, of their mean probability.

    Parameters
    ----------
    tagged : ndarray of shape (n, k)
        Scores of the tagger.
    probability : ndarray of shape (n, k)
        What the head says.
    """
    one, zero = np.ones(tagged.shape[1]), np.zeros(tagged.shape[1])
    mean = (probabilities(tagged, one, zero, exclusive=exclusive) + probability) / 2
    mean = np.clip(mean, 1e-6, 1 - 1e-6)
    return np.asarray(np.log(mean) if exclusive else np.log(mean) - np.log1p(-mean))


def books_with_full_head() -> tuple[str, ...]:
    """Codebooks that have a full-size head in the package or in the user's folder, sorted."""
    found = (
        folder.parent.name
        for home in (TRAINED, settings.heads_home())
        for folder in home.glob(f"*{_FULL}/blend.json")
    )
    return tuple(sorted({name.removesuffix(_FULL) for name in found}))


def find_full_head(codebook: str) -> FullHead:
    """Return the full-size head of a codebook, from the package or the user's folder.

    Raises
    ------
    MissingModel
        If there is none; says how to train it.
    """
    name = f"{codebook}{_FULL}"
    for home in (TRAINED, settings.heads_home()):
        described = home / name / "blend.json"
        if described.is_file():
            return _read(home / name, described.stat().st_mtime_ns)
    raise MissingModel(
        f"There is no full-size head for codebook {codebook!r} here. Train it with "
        f"`workbench train {name}` (minutes on a GPU, some hours on two cores; it can be stopped and "
        "goes on), or code with the small heads."
    )


@lru_cache(maxsize=2)
def _read(folder: Path, changed: int) -> FullHead:
    return FullHead.load(folder)


def code_full(
    corpus: Corpus,
    codebook: str | Codebook = "annomi",
    *,
    context: bool = True,
    store: EmbeddingStore | None = None,
    embeddings: Embeddings | None = None,
    early: EarlyVectors | None = None,
    device: str = "auto",
) -> Coding:
    """Code a corpus with the full-size head of a codebook.

    Parameters
    ----------
    context
        Read the turns before, or each turn by itself (for analyses of sequences).
    store, embeddings, early
        Of the utterances, as for `code_corpus`.

    Returns
    -------
    Coding
        Layers `annomi-helper.full`, ... (`.full-alone` without context), of coder kind `model`.

    Raises
    ------
    MissingModel
        If the codebook has no full-size head here.
    """
    book = codebook if isinstance(codebook, Codebook) else load_codebook(codebook)
    full = find_full_head(book.name)
    heads = full.reading(context)
    chosen = [heads[scheme.name] for scheme in book.schemes if scheme.name in heads]
    coded = code_corpus(corpus, book, heads=chosen, store=store, embeddings=embeddings, early=early)
    if not context:
        alone = [_renamed(layer, full, ALONE) for layer in coded.layers]
        return replace(coded, layers=tuple(alone))
    talk = _talk(corpus, coded.layers)
    said = full.tagger.scores(turns_of(talk, goals=goals_of(corpus)), device=device)
    layers = [_blended_layer(book, full, talk, said, layer) for layer in coded.layers]
    return replace(coded, layers=tuple(layers))


def _talk(corpus: Corpus, layers: tuple[Layer, ...]) -> pl.DataFrame:
    """Turns of the conversations that were coded, in their order."""
    talk = corpus.utterances.filter(pl.col("side") != "other")
    coded = pl.col("id").is_in(list({unit for x in layers for unit in x.table["unit_id"]}))
    return talk.filter(coded.any().over("conversation_id"))


def _renamed(layer: Layer, full: FullHead, ending: str) -> Layer:
    """The layer of a head as one of the full-size head that it is a part of."""
    facts = layer.metadata
    return Layer.build(
        f"{facts.scheme}.full{ending}",
        layer.table,
        replace(facts, coder=f"{facts.scheme} full head", model=full.fingerprint),
        probabilities=layer.probabilities,
    )


def _blended_layer(
    book: Codebook,
    full: FullHead,
    talk: pl.DataFrame,
    said: Mapping[str, NDArray[np.float64]],
    layer: Layer,
) -> Layer:
    scheme, blend = book.scheme(layer.metadata.scheme), full.blends[layer.metadata.scheme]
    shares = layer.probabilities
    assert shares is not None  # heads always give probabilities
    row_of = {unit: row for row, unit in enumerate(talk["id"])}
    scored = np.array([row_of[unit] for unit in shares["unit_id"]], dtype=np.intp)
    scores = blended(
        said[scheme.name][scored],
        shares.select(scheme.labels).to_numpy(),
        exclusive=scheme.exclusive,
    )
    probability = capped(scheme, scheme.labels, blend.probabilities(scores).round(DECIMALS))
    assigned = parents_hold(scheme, scheme.labels, blend.assign(probability))
    seen = talk["id"].is_in(layer.table["unit_id"].unique().implode())
    own = np.flatnonzero((talk["side"].is_in(sides_of(scheme)) & seen).to_numpy())
    rows = label_rows(scheme.labels, talk, own, scored, probability, assigned)
    notes = layer.table.select("unit_id", "note").unique("unit_id")
    blend_layer = Layer.build(
        layer.name,
        rows.join(notes, on="unit_id", how="left", maintain_order="left"),
        replace(
            layer.metadata,
            context_turns=max(full.tagger.context_turns, layer.metadata.context_turns or 0),
        ),
        probabilities=pl.DataFrame(
            probability, schema=list(scheme.labels), orient="row"
        ).insert_column(0, shares["unit_id"]),
    )
    return _renamed(blend_layer, full, "")
