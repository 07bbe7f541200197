"""`topic_stability`: refit the topics on subsamples of the conversations, and see which come back."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from concurrent.futures import Executor
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from workbench.corpus.corpus import Corpus
from workbench.errors import BadInput
from workbench.files import checksum_of
from workbench.topics.clustering import EPOCHS, LARGEST_SHARE, NEIGHBOURS
from workbench.topics.model import TOKENS, default_min_topic_size, topic_vocabulary
from workbench.topics.names import first_names
from workbench.topics.result import Topics, topics_checksum
from workbench.topics.stability.certificate import StabilityCertificate
from workbench.topics.stability.matching import NOT_DRAWN
from workbench.topics.stability.measure import Series, Words, calibrated, word_overlap
from workbench.topics.stability.refits import KeptRefits, Options, Refit, run_refits
from workbench.topics.stability.sample import Sample, sample_of, shuffled
from workbench.topics.stability.tables import (
    CORE_SHARE,
    FEWEST_REFITS,
    STABLE_RATE,
    core_layer,
    refit_table,
    stable_topics,
    summary_table,
    topic_table,
)

__all__ = ["topic_stability"]

SEEDS = 2
"""Refits of each subsample, each with a seed of its own."""


def topic_stability(
    corpus: Corpus,
    embeddings: NDArray[np.float32],
    topics: Topics,
    *,
    refits: int = 20,
    seeds: int = SEEDS,
    share: float = 0.8,
    random_state: int = 7,
    executor: Executor | None = None,
    folder: str | Path | None = None,
) -> StabilityCertificate:
    """Certify which topics of a fit come back when seed and conversations change.

    Refit k has the subsample k // `seeds` (`share` of the conversations without replacement,
    whole sources) and a seed of its own. Each is preprocessed and clustered as the fit was: what
    was set apart stays apart, distinct texts once, the smallest topic by the rule for their number,
    outliers reassigned. A topic *comes back* in a refit if optimal assignment by members and by
    embedding give it the same partner, and both overlaps pass bars that 95 % of the matches among
    shuffled embeddings do not pass (and members overlap by half; Hennig 2007). Shuffled embeddings
    are fitted and refitted in the same way, half as often. A topic is *stable* if it comes back in
    three quarters of the refits and more often than 95 % of the topics of shuffled embeddings.
    A refit without any of its utterances counts as one it did not come back in.

    Parameters
    ----------
    corpus : Corpus
        The fitted one; row order does not matter.
    embeddings : ndarray of float, shape (n_utterances, d)
        The fitted ones, one row per row of `corpus.utterances`.
    topics : Topics
        As fitted, or as edited since.
    refits : int, default 20
        Refits of the embeddings; at least 2.
    seeds : int, default 2
        Refits of one subsample; tells what the seed alone changes.
    share : float, default 0.8
        Share of the conversations in a subsample. Without replacement, because HDBSCAN takes
        duplicates for density.
    random_state : int, default 7
        Seed of subsamples, refits and shuffling.
    executor : concurrent.futures.Executor, optional
        Where the refits run, as `warm_workers`; default in this process. The result is the same.
    folder : path, optional
        Keeps every finished refit, so that a run that was killed goes on, and one with more
        refits or with edited topics computes only what is new.

    Raises
    ------
    BadInput
        If an option is out of range, the topics are not of this corpus, or were fitted with
        an estimator that is not known here.
    InsufficientData
        If there are too few sources to leave any out.

    References
    ----------
    Hennig (2007), Cluster-wise assessment of cluster stability, doi:10.1016/j.csda.2006.11.025.
    Greene, O'Callaghan and Cunningham (2014), How many topics? Stability analysis for topic
    models, doi:10.1007/978-3-662-44848-9_32.
    """
    if refits < 2 or seeds < 1 or not 0.1 <= share < 1:
        raise BadInput(
            f"refits={refits}, seeds={seeds}, share={share}: expected at least 2 refits, at least 1 seed "
            "and a share from 0.1 to below 1."
        )
    options = _options(topics)
    sample = sample_of(corpus, np.asarray(embeddings), topics)
    planned, drawn = _plan(sample, topics, refits, seeds, share, random_state)
    clouds = {"embeddings": sample.texts.embeddings}
    clouds["shuffled"] = shuffled(clouds["embeddings"], _seed(random_state, 2, 0))
    plan = {"share": share, "seeds": seeds, "random_state": random_state}
    identity = _identity(sample, topics, options, plan)
    kept = None if folder is None else KeptRefits(Path(folder), identity)
    found = run_refits(planned, clouds, options, executor=executor, kept=kept)
    labels = _by_utterance(sample, planned, found, drawn)
    return _certified(corpus, topics, sample, planned, labels, clouds)


def _plan(
    sample: Sample, topics: Topics, refits: int, seeds: int, share: float, random_state: int
) -> tuple[list[Refit], list[NDArray[np.bool_]]]:
    """The refits of the embeddings, then a fit and half as many refits of the shuffled ones.

    Refit k is the same however many there are.
    """
    everything = np.ones(sample.turns.height, dtype=bool)
    planned, drawn = [], []

    def add(name: str, cloud: str, subsample: int, seed: int, within: NDArray[np.bool_]) -> None:
        rows = np.unique(sample.at[within])
        size = _min_topic_size(topics, len(rows))
        planned.append(Refit(name, cloud, rows, subsample, seed, size))
        drawn.append(within)

    parts = [
        sample.drawn(share, _seed(random_state, 0, number)) for number in range(-(-refits // seeds))
    ]
    for k in range(refits):
        add(f"refit-{k:02}", "embeddings", k // seeds, _seed(random_state, 1, k), parts[k // seeds])
    add("shuffled-fit", "shuffled", -1, int(topics.settings["random_state"]), everything)
    for k in range(min(refits, max(FEWEST_REFITS, refits // 2))):
        add(f"shuffled-{k:02}", "shuffled", k // seeds, planned[k].seed, parts[k // seeds])
    return planned, drawn


def _by_utterance(
    sample: Sample,
    planned: Sequence[Refit],
    found: Sequence[NDArray[np.int32]],
    drawn: Sequence[NDArray[np.bool_]],
) -> NDArray[np.int32]:
    """Topic of each utterance in each refit, shape (n_refits, n_utterances)."""
    labels = np.full((len(planned), sample.turns.height), NOT_DRAWN, dtype=np.int32)
    for line, refit, topics, within in zip(labels, planned, found, drawn, strict=True):
        line[within] = topics[np.searchsorted(refit.rows, sample.at[within])]
    return labels


def _certified(
    corpus: Corpus,
    topics: Topics,
    sample: Sample,
    planned: Sequence[Refit],
    labels: NDArray[np.int32],
    clouds: Mapping[str, NDArray[np.float32]],
) -> StabilityCertificate:
    real = [k for k, refit in enumerate(planned) if refit.cloud == "embeddings"]
    first = len(real)
    noise_refits = list(range(first + 1, len(planned)))
    at = sample.at
    series = {
        "embeddings": Series.of(clouds["embeddings"][at], sample.topics, labels[real]),
        "shuffled": Series.of(
            clouds["shuffled"][at], labels[first].astype(np.intp), labels[noise_refits]
        ),
    }
    bars = calibrated(series["shuffled"])
    recurs = {data: made.recurs(bars) for data, made in series.items()}
    stable, floor = stable_topics(recurs["embeddings"], recurs["shuffled"])
    noise_stable, _ = stable_topics(recurs["shuffled"], recurs["shuffled"])
    texts = sample.texts.texts
    words = Words(texts, topic_vocabulary(texts, first_names(corpus)), TOKENS)
    subsamples = [planned[k].subsample for k in real]
    table = topic_table(
        sample.numbers,
        series["embeddings"],
        bars,
        series["shuffled"],
        subsamples=subsamples,
        word_overlap=word_overlap(series["embeddings"], at, words),
    )
    shown = refit_table(
        sample, [planned[k] for k in real], series["embeddings"], recurs["embeddings"]
    ).vstack(
        refit_table(
            sample,
            [planned[k] for k in noise_refits],
            series["shuffled"],
            recurs["shuffled"],
        )
    )
    checksum = topics_checksum(topics)
    decided = stable if table["stable"].null_count() == 0 else np.zeros_like(stable)
    return StabilityCertificate(
        side=topics.side,
        table=table,
        summary=summary_table(
            shown,
            series,
            {"embeddings": decided, "shuffled": noise_stable},
            checksum=checksum,
        ),
        refits=shown,
        layer=core_layer(
            topics, sample, series["embeddings"].core_shares(recurs["embeddings"]), decided
        ),
        settings={
            "refits": len(real),
            "shuffled_refits": len(noise_refits),
            "subsamples": len(set(subsamples)),
            "membership_bar": bars.membership,
            "similarity_bar": bars.similarity,
            "noise_floor": floor,
            "stable_rate": STABLE_RATE,
            "core_share": CORE_SHARE,
            "topics_checksum": checksum,
        },
    )


def _options(topics: Topics) -> Options:
    overrides = topics.settings.get("overrides", {})
    own = [name for name in ("umap", "hdbscan") if isinstance(overrides.get(name), str)]
    if own:
        raise BadInput(
            f"These topics were fitted with your own estimator for {own}, which is not stored with them. "
            "For a certificate give TopicModel options as a mapping instead."
        )
    return Options(umap=overrides.get("umap") or {}, hdbscan=overrides.get("hdbscan") or {})


def _min_topic_size(topics: Topics, n: int) -> int:
    """Smallest topic of `n` texts by the rule of the fit; a size the user chose stays."""
    chosen = int(topics.settings["min_topic_size"])
    by_rule = chosen == default_min_topic_size(int(topics.settings["distinct_texts"]))
    return default_min_topic_size(n) if by_rule else chosen


def _identity(sample: Sample, topics: Topics, options: Options, plan: Mapping[str, Any]) -> str:
    """Checksum of what all refits are made from; how many there are and the topics stay out of it."""
    turns = sample.turns.select("unit_id", "at", "conversation_id", "source")
    points = np.ascontiguousarray(sample.texts.embeddings)
    settings = ("random_state", "min_topic_size", "distinct_texts")
    return checksum_of(
        {
            "points": hashlib.sha256(points.data).hexdigest(),
            "turns": [turns[name].to_list() for name in turns.columns],
            "plan": dict(plan),
            "fit": {name: topics.settings[name] for name in settings},
            "umap": dict(options.umap),
            "hdbscan": dict(options.hdbscan),
            "defaults": [NEIGHBOURS, EPOCHS, LARGEST_SHARE],
            "versions": {name: version(name) for name in ("umap-learn", "hdbscan", "numba")},
        }
    )


def _seed(random_state: int, kind: int, number: int) -> int:
    """Independent seeds of subsamples (0), refits (1) and shuffling (2)."""
    return int(np.random.SeedSequence([random_state, kind, number]).generate_state(1)[0] % 2**31)
