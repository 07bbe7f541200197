"""Train a head again from its public corpus: `train("annomi-helper")`.

Heads of AnnoMI are shipped. ESConv may not be used commercially, so heads of it are trained on the
user's machine and stay there (`workbench.settings.heads_home()`).
"""

from __future__ import annotations

import logging
import time
from pathlib import Path
from typing import Any

from workbench import settings
from workbench.coding.annomi import annomi_folder, read_material
from workbench.coding.books import load_codebook
from workbench.coding.esconv import esconv_folder, read_esconv, unseen_table
from workbench.coding.recipes import features_of, recipe_of
from workbench.coding.teaching import head_name, teach
from workbench.coding.trained_heads import ALONE, TRAINED, Origin, TrainedHead
from workbench.corpus import Codebook
from workbench.embedding import Embeddings
from workbench.errors import BadInput
from workbench.heads import Head

__all__ = ["SHIPPED", "TRAINABLE", "destination", "train"]

_LOG = logging.getLogger(__name__)

_BOOKS = {
    "annomi-helper": "annomi",
    "annomi-helper-flags": "annomi",
    "annomi-client": "annomi",
    "esconv-strategy": "esconv",
}

TRAINABLE = tuple(f"{scheme}{ending}" for scheme in _BOOKS for ending in ("", ALONE))
"""Names of the heads that can be trained here."""

SHIPPED = tuple(name for name in TRAINABLE if name.startswith("annomi"))
"""Those that come with the package."""

_ANNOMI = {
    "corpus": "AnnoMI, expert-coded demonstrations of motivational interviewing, English",
    "source": "https://github.com/uccollab/AnnoMI",
    "citation": "Wu et al. (2022), ICASSP, doi:10.1109/ICASSP43922.2022.9746035",
    "licence of the data": "not stated by its authors; research material",
    "targets": "share of annotators per label where ten coded, else the one annotator's code",
}
_NOT_ANNOMI = (
    "Judging a person, a counsellor or a session by itself; other languages; interviews; text that is "
    "not helping talk. The recordings are demonstrations, many of them staged: scores on real sessions "
    "are unknown and probably lower."
)
_ESCONV = {
    "corpus": "ESConv, emotional support chats of crowd workers, English (the raw layout)",
    "source": "https://github.com/thu-coai/Emotional-Support-Conversation",
    "citation": "Liu et al. (2021), ACL, arXiv:2106.01144",
    "licence of the data": "CC BY-NC 4.0, for academic research use; this head is not to be passed on",
    "targets": "the strategy the supporter chose before writing",
}
_NOT_ESCONV = (
    "Judging a person or a chat by itself; commercial use; other languages; spoken sessions. The "
    "strategy is what its writer meant to do, which the words often do not show."
)


def destination(name: str) -> Path:
    """Folder where the head `name` belongs: in the package, or in the user's folder."""
    return (TRAINED if name in SHIPPED else settings.heads_home()) / name


def train(
    name: str,
    data: str | Path | None = None,
    out: str | Path | None = None,
    random_state: int = 7,
    *,
    embeddings: Embeddings | None = None,
) -> Head:
    """Train, score and describe one head from its public corpus.

    Parameters
    ----------
    name
        One of `TRAINABLE`.
    data
        Folder with the corpus: `AnnoMI-simple.csv` and `AnnoMI-full.csv.gz`, or
        `esconv_raw.jsonl.gz`; default `annomi` or `esconv` under `WORKBENCH_DATA_HOME`.
    out
        Folder to write the head into (replaced as a whole); default: nothing is written.
    random_state
        Seed of the folds for calibration. The same seed and data give the same head.
    embeddings
        Ready embeddings of the corpus' utterances by the default encoder.

    Returns
    -------
    Head
        With its card filled.

    Raises
    ------
    BadInput
        If there is no such head.
    NotComputed
        If the data are not there.
    """
    if name not in TRAINABLE:
        raise BadInput.unknown("trainable head", name, TRAINABLE)
    started = time.monotonic()
    scheme_name, context = name.removesuffix(ALONE), not name.endswith(ALONE)
    book = load_codebook(_BOOKS[scheme_name])
    make = _from_annomi if book.name == "annomi" else _from_esconv
    trained = make(
        book, scheme_name, data, context=context, embeddings=embeddings, random_state=random_state
    )
    if out is not None:
        trained.save(out)
    _LOG.info("trained %s in %.0f s", name, time.monotonic() - started)
    return trained.head


def _from_annomi(
    book: Codebook,
    scheme_name: str,
    data: str | Path | None,
    *,
    context: bool,
    embeddings: Embeddings | None,
    random_state: int,
) -> TrainedHead:
    scheme = book.scheme(scheme_name)
    spec, recipe = features_of(scheme, context=context), recipe_of(scheme, context=context)
    material = read_material(annomi_folder(data), scheme, spec, embeddings=embeddings)
    return teach(
        material,
        scheme,
        spec,
        recipe,
        name=head_name(scheme, context=context),
        origin=Origin(scheme.name, scheme.side, book.name, book.version),
        data=_ANNOMI,
        not_for=_NOT_ANNOMI,
        random_state=random_state,
    )


def _from_esconv(
    book: Codebook,
    scheme_name: str,
    data: str | Path | None,
    *,
    context: bool,
    embeddings: Embeddings | None,
    random_state: int,
) -> TrainedHead:
    scheme = book.scheme(scheme_name)
    spec, recipe = features_of(scheme, context=context), recipe_of(scheme, context=context)
    folder = esconv_folder(data)
    material = read_esconv(folder, scheme, spec, embeddings=embeddings)
    trained = teach(
        material,
        scheme,
        spec,
        recipe,
        name=head_name(scheme, context=context),
        origin=Origin(scheme.name, scheme.side, book.name, book.version),
        data=_ESCONV,
        not_for=_NOT_ESCONV,
        random_state=random_state,
    )
    card: dict[str, Any] = dict(trained.head.card)
    unseen = unseen_table(trained, folder, scheme, seen=set(material.sources.tolist()))
    if unseen:
        card["Failed chats, never learned from"] = unseen
    return TrainedHead(trained.head.with_card(card), trained.origin, trained.domain)
