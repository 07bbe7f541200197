"""From fitted topics and a log of edits to topics as the expert wants them.

Membership is edited first (`membership.py`); then everything that follows from it is made anew by the
formulas of the fit: words, centroids, bars, similarity, counts. A log without edits gives the fit back.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl
from numpy.typing import NDArray

from workbench.corpus.corpus import Corpus
from workbench.corpus.layer import Layer
from workbench.errors import BadInput
from workbench.topics.assembly import KEPT_WORDS, SHOWN_WORDS, outlier_share, topic_info
from workbench.topics.description import ctfidf_words
from workbench.topics.edits.log import EditLog
from workbench.topics.edits.membership import Membership
from workbench.topics.model import TOKENS, topic_vocabulary
from workbench.topics.names import first_names
from workbench.topics.reassignment import bars_of, centroids, similarities
from workbench.topics.result import Topics, topics_checksum
from workbench.topics.texts import Texts, texts_of

__all__ = ["replay"]

_APART = "set apart: "
_REASSIGNED = "reassigned from the outliers"


def replay(fitted: Topics, log: EditLog, corpus: Corpus, embeddings: NDArray[np.float32]) -> Topics:
    """Apply the edits of a log to the topics as they were fitted.

    Parameters
    ----------
    fitted : Topics
        Before any edit.
    log : EditLog
        Edits of this very fit.
    corpus, embeddings
        What was given to the fit: embeddings one row per row of `corpus.utterances`.

    Returns
    -------
    Topics
        With the same map and set-apart turns. `layer.note` tells what was done to an utterance; numbers
        hold across edits, so they may have gaps; `outlier_share.before` is that of the fit.

    Raises
    ------
    BadInput
        If the log belongs to another fit, or an edit cannot be done; the message names the edit.
    """
    if log.fit != topics_checksum(fitted) or log.side != fitted.side:
        raise BadInput(
            f"The log edits other topics than these {fitted.n_topics} of the {fitted.side} side: they were "
            "fitted again since, and numbers of topics mean nothing in another fit. Start a new log."
        )
    texts = texts_of(corpus, np.asarray(embeddings), side=fitted.side, set_apart=_flags(fitted))
    state = _fitted_state(fitted, texts)
    for number, edit in enumerate(log.edits, start=1):
        try:
            state = state.after(edit, texts.embeddings)
        except BadInput as error:
            raise BadInput(f"Edit {number} ({edit}) cannot be done. {error}") from error
    return _described(fitted, state, texts, corpus, log) if log.edits else fitted


def _flags(fitted: Topics) -> Layer:
    """The flags the fit was given, read back from the notes of its layer."""
    table = fitted.layer.table.filter(pl.col("note").str.starts_with(_APART)).with_columns(
        label=pl.col("note").str.strip_prefix(_APART)
    )
    return replace(fitted.layer, table=table)


def _fitted_state(fitted: Topics, texts: Texts) -> Membership:
    rows = fitted.layer.table.filter(pl.col("label").is_not_null()).select(
        "unit_id", "probability", "note", topic=pl.col("label").cast(pl.Int64)
    )
    units = (
        texts.turns.filter(pl.col("at").is_not_null())
        .select("unit_id", "at")
        .join(rows, on="unit_id", how="left", maintain_order="left")
        .with_columns(
            core=(pl.col("topic") >= 0) & (pl.col("note").fill_null("") != _REASSIGNED),
        )
    )
    highest = int(units["topic"].max())  # type: ignore[arg-type]
    return Membership(units, names={}, gone={}, next_number=highest + 1)


def _described(
    fitted: Topics, state: Membership, texts: Texts, corpus: Corpus, log: EditLog
) -> Topics:
    """Make words, centroids and tables of the edited membership."""
    numbers = np.array(state.topics)
    core = state.units.select(
        "at", topic=pl.when("core").then("topic").otherwise(-1).cast(pl.Int64)
    ).unique(maintain_order=True)
    points = texts.embeddings[core["at"].to_numpy()]
    order = np.searchsorted(numbers, core["topic"].to_numpy())
    order[core["topic"].to_numpy() < 0] = -1
    centres = centroids(points, order)
    bars = bars_of(points, centres, order)
    ctfidf = ctfidf_words(
        [texts.texts[at] for at in core["at"]],
        core["topic"].to_numpy(),
        vocabulary=_vocabulary(fitted, texts, corpus),
        token_pattern=TOKENS,
        n_words=KEPT_WORDS,
    )
    words = ctfidf.group_by("topic", maintain_order=True).head(SHOWN_WORDS)
    placed = _placed(state, texts, corpus, centres, numbers)
    shares = outlier_share(placed)
    return replace(
        fitted,
        layer=_layer(fitted, placed, state, log),
        info=topic_info(placed, words, _names(state, words)),
        words=words,
        outlier_share=replace(shares, before=fitted.outlier_share.before),
        centroids=centres,
        bars=bars,
        ctfidf=ctfidf,
        settings={
            **fitted.settings,
            "edits": {"count": len(log.edits), "checksum": log.checksum, "names": _given(state)},
        },
    )


def _vocabulary(fitted: Topics, texts: Texts, corpus: Corpus) -> list[str]:
    """Words of the fit: by our rule, or, where the caller had another vectoriser, those it kept."""
    if "vectorizer" in fitted.settings.get("overrides", {}):
        return fitted.ctfidf["word"].unique().sort().to_list()
    return topic_vocabulary(texts.texts, first_names(corpus))


def _placed(
    state: Membership,
    texts: Texts,
    corpus: Corpus,
    centres: NDArray[np.float32],
    numbers: NDArray[np.int64],
) -> pl.DataFrame:
    """The utterances as `assembly` describes topics from them."""
    topics = state.units["topic"].to_numpy()
    order = np.where(topics < 0, -1, np.searchsorted(numbers, topics))
    found = similarities(texts.embeddings[state.units["at"].to_numpy()], centres, order)
    where = corpus.utterances.select("conversation_id", unit_id="id")
    return state.units.join(where, on="unit_id", how="left", maintain_order="left").with_columns(
        core=pl.when("core").then("topic").otherwise(-1),
        strength="probability",
        similarity=pl.Series(found).fill_nan(None),
    )


def _given(state: Membership) -> dict[str, str]:
    return {str(topic): name for topic, name in sorted(state.names.items())}


def _names(state: Membership, words: pl.DataFrame) -> dict[int, str]:
    """Names given by hand, else number and leading words, as BERTopic makes them."""
    leading = words.group_by("topic", maintain_order=True).agg(pl.col("word").head(4))
    made = {topic: "_".join([str(topic), *found]) for topic, found in leading.iter_rows()}
    return {**made, **state.names}


def _layer(fitted: Topics, placed: pl.DataFrame, state: Membership, log: EditLog) -> Layer:
    edited = placed.select(
        "unit_id",
        "note",
        "probability",
        label=pl.col("topic").cast(pl.String),
        value="similarity",
    )
    before = fitted.layer.table
    apart = before.filter(pl.col("label").is_null()).select(edited.columns)
    metadata = replace(
        fitted.layer.metadata,
        labels=("-1", *(str(topic) for topic in state.topics)),
        caution=f"{fitted.layer.metadata.caution} Edited by hand: {len(log.edits)} edits.",
        facts={**fitted.layer.metadata.facts, "edits": log.checksum},
    )
    rows = pl.concat([edited, apart]).sort("unit_id")
    return Layer.build(fitted.layer.name, rows, metadata)
