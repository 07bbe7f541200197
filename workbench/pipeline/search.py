"""Search a study: by meaning, by words, within filters, and by sequences of codes.

Everything is read from the study; only the query itself is encoded. What is missing raises
`NotComputed` with the command that makes it.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

import numpy as np
import polars as pl

from workbench.corpus import Layer
from workbench.embedding import Encoder
from workbench.embedding.search import (
    Filters,
    Hits,
    SemanticIndex,
    Sequences,
    concordance,
    is_emotion,
    is_topics,
)
from workbench.embedding.search import find_sequences as sequences_in
from workbench.embedding.search import search as search_corpus
from workbench.errors import BadInput
from workbench.files import read_json
from workbench.study import Study

__all__ = ["find_sequences", "keyword_in_context", "search"]


def search(
    study: Study,
    query: str | None = None,
    *,
    keywords: str | Sequence[str] = (),
    regex: str | None = None,
    where: Filters | None = None,
    whole_word: bool | None = None,
    ignore_case: bool = True,
    k: int = 20,
    encoder: Encoder | None = None,
) -> Hits:
    """Find the utterances of a study that answer best.

    Parameters
    ----------
    query
        What is sought by its meaning, in words of one's own.
    keywords
        Words and phrases; a text is cut at blanks, but for what stands in double quotes.
    regex
        Regular expression that an utterance has to match.
    where
        Conditions on side, role, code, emotion, topic, conversation, session.
    whole_word, ignore_case
        How keywords and the expression are read; by default keywords are whole words, an expression
        finds parts of words too.
    k
        How many at most.
    encoder
        The one the study was embedded with; default MiniLM.

    Returns
    -------
    Hits
        `table` with `unit_id, conversation_id, turn, side, role, score, similarity, keyword_rank, text`,
        and `note`; for the score see `workbench.embedding.search.search`.

    Raises
    ------
    NotComputed
        If the study has no embeddings, or lacks the codes, emotions or topics a condition names.
    BadInput
        If nothing is sought, an expression cannot be used, or a condition names what is not there.

    Examples
    --------
    >>> import workbench as wb
    >>> study = wb.Study.open("my-study")  # doctest: +SKIP
    >>> wb.search(study, "afraid of losing the job", keywords="work boss").table  # doctest: +SKIP
    """
    index, vector, caution = None, None, ""
    if query is not None and query.strip():
        index = _index(study)
        vector, caution = _encoded(study, query, index, encoder)
    found = search_corpus(
        study.corpus,
        index=index,
        query=vector,
        keywords=keywords,
        regex=regex,
        where=where,
        layers=_layers_for(study, where),
        whole_word=whole_word,
        ignore_case=ignore_case,
        k=k,
    )
    return Hits(found.table, f"{found.note} {caution}".strip(), found.among)


def keyword_in_context(
    study: Study,
    pattern: str | Sequence[str],
    *,
    regex: bool = False,
    whole_word: bool | None = None,
    ignore_case: bool = True,
    words: int = 8,
    where: Filters | None = None,
) -> pl.DataFrame:
    """Every hit of a word, phrase or expression with the words around it; see `concordance`.

    Raises
    ------
    NotComputed
        If the study lacks the codes, emotions or topics a condition names.
    BadInput
        If the expression cannot be used, or a condition names what is not there.
    """
    return concordance(
        study.corpus,
        pattern,
        regex=regex,
        whole_word=whole_word,
        ignore_case=ignore_case,
        words=words,
        rows=_rows(study, where),
    )


def find_sequences(
    study: Study,
    pattern: str,
    *,
    layers: Sequence[Layer] | None = None,
    where: Filters | None = None,
) -> Sequences:
    """Find where one code is followed by another, as `question, then change within two turns`.

    Parameters
    ----------
    pattern
        Its language is told in `workbench.embedding.search.patterns`.
    layers
        Layers whose labels it may name; default all of the study.
    where
        Conditions on the utterance that begins a match.

    Raises
    ------
    NotComputed
        If the study has no layers, or not those a condition names.
    BadInput
        If the pattern cannot be read, or a condition names what is not there.
    """
    chosen = _all_layers(study) if layers is None else list(layers)
    if not chosen:
        raise study.not_computed("codes", "code")
    return sequences_in(study.corpus, chosen, pattern, rows=_rows(study, where))


def _rows(study: Study, where: Filters | None) -> np.ndarray | None:
    return None if where is None else where.mask(study.corpus, _layers_for(study, where))


def _all_layers(study: Study) -> list[Layer]:
    return [study.layer(name) for name in study.layer_names()]


def _layers_for(study: Study, where: Filters | None) -> list[Layer]:
    """Layers that the conditions need."""
    if where is None or (where.code, where.emotion, where.topic) == (None, None, None):
        return []
    layers = _all_layers(study)
    codes = [x for x in layers if not (is_emotion(x) or is_topics(x) or _is_set_apart(x))]
    for wanted, present, what, step in (
        (where.code, codes, "codes", "code"),
        (where.emotion, [x for x in layers if is_emotion(x)], "emotions", "emotion"),
        (where.topic, [x for x in layers if is_topics(x)], "topics", "topics"),
    ):
        if wanted is not None and not present:
            raise study.not_computed(what, step)
    return layers


def _is_set_apart(layer: Layer) -> bool:
    return layer.name == "backchannel"


# -- embeddings --------------------------------------------------------------------------------------


def _index(study: Study) -> SemanticIndex:
    """Index of the study's embeddings; the last one made is kept for the next query."""
    file = study.folder / "embeddings" / "utterances.npy"
    if not file.is_file():
        raise study.not_computed("embeddings", "embed")
    states = [(path.stat().st_mtime_ns, path.stat().st_ino) for path in (file, _corpus(study))]
    return _index_of(study.folder.resolve(), tuple(states))


def _corpus(study: Study) -> Path:
    return study.folder / "corpus"


@lru_cache(maxsize=1)
def _index_of(folder: Path, states: tuple[tuple[int, int], ...]) -> SemanticIndex:
    """`states` name the files' present content: another content is another index."""
    return SemanticIndex(Study.open(folder).embeddings().astype(np.float16))


def _encoded(
    study: Study, query: str, index: SemanticIndex, encoder: Encoder | None
) -> tuple[np.ndarray, str]:
    """Embedding of the query, and a caution where the study was embedded in another way."""
    chosen = encoder or Encoder()
    if chosen.dimension != index.dimension:
        raise BadInput(
            f"The study's embeddings have {index.dimension} numbers, the encoder of the query gives "
            f"{chosen.dimension}. Give the encoder that the study was embedded with."
        )
    embedded = read_json(study.folder / "embeddings" / "encoder.json").get("fingerprint")
    caution = ""
    if embedded != chosen.fingerprint:
        caution = (
            f"The study was embedded with {embedded}, the query with {chosen.fingerprint}: "
            "similarities hold only if both are one model."
        )
    return chosen.encode([query])[0], caution
