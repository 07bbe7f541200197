"""Train a head again from its public corpus: `train("annomi-helper")`.

Heads of AnnoMI are shipped. ESConv may not be used commercially, so heads of it are trained on the
user's machine and stay there (`workbench.settings.heads_home()`).
"""

from __future__ import annotations

import logging
import time
from dataclasses import replace
from pathlib import Path

from workbench import settings
from workbench.coding import annomi, esconv
from workbench.coding.books import load_codebook
from workbench.coding.marks import against_marks
from workbench.coding.recipes import features_of, recipe_of
from workbench.coding.teaching import head_name, taught, with_card
from workbench.coding.trained_heads import ALONE, TRAINED, Origin
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
        Seed of the folds for calibration. The same seed, data and embeddings give the same head;
        encoding the texts anew in other batches moves scores by about 0.001.
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
    scheme = book.scheme(scheme_name)
    spec, recipe = features_of(scheme, context=context), recipe_of(scheme, context=context)
    corpus = annomi if book.name == "annomi" else esconv
    folder = corpus.corpus_folder(data)
    material = corpus.read_material(folder, scheme, spec, embeddings=embeddings)
    trained = taught(
        material,
        scheme,
        spec,
        recipe,
        name=head_name(scheme, context=context),
        origin=Origin(scheme.name, scheme.side, book.name, book.version),
        random_state=random_state,
    )
    trained = with_card(
        trained, material, scheme, recipe, data=corpus.ABOUT, not_for=corpus.NOT_FOR
    )
    if corpus is esconv:
        trained = esconv.with_unseen_chats(trained, folder, scheme, material)
    elif context:
        card = trained.head.card
        marks = against_marks(scheme.name, "small", card)
        trained = replace(trained, head=trained.head.with_card({**card, **marks}))
    if out is not None:
        trained.save(out)
    _LOG.info("trained %s in %.0f s", name, time.monotonic() - started)
    return trained.head
