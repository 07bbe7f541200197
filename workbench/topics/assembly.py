"""From a fit over distinct texts to tables over utterances."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from workbench.corpus.corpus import Corpus
from workbench.corpus.layer import Layer, LayerMetadata
from workbench.files import checksum_of
from workbench.topics.keywords import NearestWords
from workbench.topics.result import (
    INFO_COLUMNS,
    MAP_COLUMNS,
    WORD_COLUMNS,
    OutlierShare,
    Topics,
)
from workbench.topics.texts import Texts

__all__ = ["KEPT_WORDS", "SHOWN_WORDS", "Fitted", "assemble", "outlier_share", "topic_info"]

REPRESENTATIVES = 3
"""Representative utterances named per topic."""

SHOWN_WORDS = 10
"""Words named per topic."""

KEPT_WORDS = 200
"""Words kept per topic with their c-TF-IDF weight."""

SURE = 0.5
"""HDBSCAN's strength of membership below which a member counts as one of low confidence."""


@dataclass(frozen=True)
class Fitted:
    """Per distinct text: topic before and after reassignment, strength, cosine, place on the map.

    Per topic: centroid, and the cosine from which on a text belongs to it.
    """

    bertopic: Any
    core: NDArray[np.intp]
    topics: NDArray[np.intp]
    strength: NDArray[np.float64]
    similarity: NDArray[np.float64]
    places: NDArray[np.float64]
    centres: NDArray[np.float32]
    bars: NDArray[np.float64]


def assemble(
    corpus: Corpus,
    texts: Texts,
    fitted: Fitted,
    *,
    side: str,
    settings: Mapping[str, Any],
    nearest_words: NearestWords | None = None,
) -> Topics:
    """Make the frozen result; `nearest_words` chooses among the words that c-TF-IDF proposes."""
    turns = _turns(corpus, texts, fitted)
    placed = turns.filter(pl.col("at").is_not_null())
    ctfidf = _ctfidf(fitted)
    words, names = _words(fitted), fitted.bertopic.topic_labels_
    if nearest_words is not None:
        words = nearest_words.words(ctfidf, fitted.centres, n_words=SHOWN_WORDS)
        names = _names(words)
    return Topics(
        side=side,
        layer=_layer(turns, fitted, side, settings),
        info=topic_info(placed, words, names),
        words=words,
        map=placed.select(*MAP_COLUMNS),
        outlier_share=outlier_share(placed),
        set_apart=_set_apart(texts.turns),
        centroids=fitted.centres,
        bars=fitted.bars,
        ctfidf=ctfidf,
        settings=dict(settings),
    )


def outlier_share(placed: pl.DataFrame) -> OutlierShare:
    """Shares of the utterances; confidence is not known where the clustering tells no strength."""
    member = pl.col("topic") >= 0
    doubted = member & ((pl.col("core") == -1) | (pl.col("strength") < SURE).fill_null(False))
    known = placed["strength"].is_not_null().any()
    shares = placed.select(
        before=(pl.col("core") == -1).mean(), after=(~member).mean(), low_confidence=doubted.mean()
    ).row(0, named=True)
    return OutlierShare(**{**shares, **({} if known else {"low_confidence": None})})


def _turns(corpus: Corpus, texts: Texts, fitted: Fitted) -> pl.DataFrame:
    """Put what was found per text beside every utterance of the side, sorted by id."""
    found = pl.DataFrame(
        {
            "at": pl.Series(range(len(texts.texts)), dtype=texts.turns.schema["at"]),
            "core": fitted.core,
            "topic": fitted.topics,
            "strength": pl.Series(fitted.strength, dtype=pl.Float64).fill_nan(None),
            "similarity": pl.Series(fitted.similarity).fill_nan(None),
            "x": fitted.places[:, 0],
            "y": fitted.places[:, 1],
        }
    )
    where = corpus.utterances.select("conversation_id", unit_id="id")
    return (
        texts.turns.join(where, on="unit_id", how="left")
        .join(found, on="at", how="left")
        .sort("unit_id")
    )


def _layer(turns: pl.DataFrame, fitted: Fitted, side: str, settings: Mapping[str, Any]) -> Layer:
    in_core = (pl.col("core") >= 0) & (pl.col("topic") >= 0)
    rows = turns.select(
        "unit_id",
        label=pl.col("topic").cast(pl.String),
        value="similarity",
        probability=pl.when(in_core).then("strength"),
        note=pl.when(pl.col("set_apart").is_not_null())
        .then("set apart: " + pl.col("set_apart"))
        .when((pl.col("core") == -1) & (pl.col("topic") >= 0))
        .then(pl.lit("reassigned from the outliers")),
    )
    name = f"topics-{side}"
    metadata = LayerMetadata(
        scheme=name,
        coder="bertopic",
        coder_kind="model",
        labels=tuple(str(topic) for topic in range(-1, int(fitted.topics.max()) + 1)),
        model=checksum_of(dict(settings)),
        caution="Topics are found, not coded: numbers hold for this fit only; -1 has no topic.",
        facts={"random_state": settings["random_state"]},
    )
    return Layer.build(name, rows, metadata)


def _words(fitted: Fitted) -> pl.DataFrame:
    rows = [
        (int(topic), word, float(weight))
        for topic, words in sorted(fitted.bertopic.get_topics().items())
        for word, weight in words
        if word
    ]
    return pl.DataFrame(rows, schema=dict(WORD_COLUMNS), orient="row")


def _names(words: pl.DataFrame) -> dict[int, str]:
    """Names as BERTopic makes them: the number and four words."""
    heads = words.group_by("topic", maintain_order=True).agg(pl.col("word").head(4))
    return {topic: "_".join([str(topic), *found]) for topic, found in heads.iter_rows()}


def _ctfidf(fitted: Fitted) -> pl.DataFrame:
    """The heaviest words of every topic, those of equal weight by the alphabet."""
    words = fitted.bertopic.vectorizer_model.get_feature_names_out()
    matrix = fitted.bertopic.c_tf_idf_.tocoo()
    topics = np.array(sorted(fitted.bertopic.get_topics()))
    table = pl.DataFrame(
        {"topic": topics[matrix.row], "word": words[matrix.col], "weight": matrix.data},
        schema=dict(WORD_COLUMNS),
    )
    return (
        table.filter(pl.col("weight") > 0)
        .sort("topic", "weight", "word", descending=[False, True, False])
        .group_by("topic", maintain_order=True)
        .head(KEPT_WORDS)
    )


def topic_info(placed: pl.DataFrame, words: pl.DataFrame, names: Mapping[int, str]) -> pl.DataFrame:
    """Make `Topics.info` of the fitted utterances.

    They have `unit_id`, `conversation_id`, `at`, `core`, `topic` and `similarity`.
    """
    core = dict(placed.group_by("core").len().iter_rows())
    counted = placed.group_by("topic").agg(
        pl.len().alias("Count"), pl.col("conversation_id").n_unique().alias("conversations")
    )
    representatives = dict(
        placed.filter(pl.col("core") >= 0)
        .sort("similarity", "unit_id", descending=[True, False])
        .unique("at", keep="first", maintain_order=True)
        .group_by("core", maintain_order=True)
        .agg(pl.col("unit_id").head(REPRESENTATIVES))
        .iter_rows()
    )
    heads = dict(words.group_by("topic", maintain_order=True).agg("word").iter_rows())
    rows = [
        {
            "Topic": topic,
            "Count": count,
            "Name": names.get(topic, f"{topic}_outliers"),
            "Representation": heads.get(topic, []),
            "share": count / placed.height,
            "core": core.get(topic, 0),
            "conversations": conversations,
            "representative_ids": representatives.get(topic, []),
        }
        for topic, count, conversations in counted.sort("topic").iter_rows()
    ]
    return pl.DataFrame(rows, schema=dict(INFO_COLUMNS))


def _set_apart(turns: pl.DataFrame) -> pl.DataFrame:
    """What was not fitted, by label, as shares of the side's utterances."""
    return (
        turns.filter(pl.col("set_apart").is_not_null())
        .group_by(label="set_apart")
        .agg(count=pl.len().cast(pl.Int64))
        .with_columns(share=pl.col("count") / turns.height)
        .sort(["count", "label"], descending=[True, False])
    )
