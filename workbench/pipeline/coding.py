"""Code the utterances of a study with a coder of choice; each way of coding is a step of its own."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, Literal, TypeAlias, get_args

from workbench.coding import Coding, code_corpus, load_codebook
from workbench.coding.books import is_shipped
from workbench.coding.choosing import GivenHead, choose_heads, layer_name
from workbench.coding.layer_notes import abstaining, with_cautions, with_shares
from workbench.coding.marks import Size
from workbench.coding.trained_heads import TrainedHead
from workbench.corpus import Codebook, Corpus, Layer, Scheme
from workbench.embedding import EmbeddingStore, Encoder
from workbench.embedding.fan_out import one_at_a_time
from workbench.errors import BadInput
from workbench.files import checksum_of
from workbench.pipeline.labelling import Labeller, Scored, label_step, refuse_another_coder
from workbench.pipeline.parts import Vectors
from workbench.study import Study

__all__ = ["CoderName", "Size", "code", "code_step"]

CoderName: TypeAlias = Literal["heads", "rules", "llm"]
"""Automatic coders by name."""


def code(
    study: Study,
    codebook: str | Path | Codebook = "annomi",
    *,
    coder: CoderName = "heads",
    size: Size = "small",
    context: bool = True,
    abstain: float | None = None,
    heads: Sequence[GivenHead] | None = None,
    encoder: Encoder | None = None,
    store: EmbeddingStore | None = None,
    executor: Executor | None = None,
) -> list[Layer]:
    """Code a study with an automatic coder and return the layers, which the study keeps.

    Conversations that do not fit the coder (language, roles) are refused; the step's notes say why.
    With an `executor` its workers embed and code parts of the study, with the same result. Each way
    of coding is a step of its own and writes layers of its own names, so that coders can be compared.

    Parameters
    ----------
    codebook
        Name of a shipped codebook, path of one, or a codebook.
    coder
        `heads` (classifiers), `rules` (question marks and stems, a baseline) or `llm` (a language
        model, see `workbench.pipeline.llm_coding.code_by_llm` for its options).
    size
        Of heads: `small` (on frozen embeddings) or `full` (adapted language model).
    context
        Whether heads read previous turns. A coder that does creates lag effects of its own: analyses
        of sequences and dynamics take `context=False`.
    abstain
        Withhold labels whose probability is below this.
    heads
        Heads of one's own, by folder (`workbench train --out`) or as `train_head` gave them.
    encoder
        Of the small heads; default: the one they learned with.
    store
        Store of the study's embeddings; default: the user's.

    Raises
    ------
    BadInput
        If an option is unknown or does not go with the coder, or the codebook has no such coder.
    """
    book = codebook if isinstance(codebook, Codebook) else load_codebook(codebook)
    _check_options(coder, size, context=context, abstain=abstain, heads=heads, encoder=encoder)
    if coder == "llm":
        from workbench.pipeline.llm_coding import code_by_llm

        return code_by_llm(study, book, executor=executor)
    step = code_step(book, coder=coder, size=size, context=context, abstain=abstain, heads=heads)
    if coder == "rules":
        labeller = _rules(book, abstain)
    elif size == "full":
        labeller = _full_heads(book, context, abstain)
    else:
        given = None if heads is None else tuple(map(_named, heads))
        labeller = _small_heads(_How(book, context, abstain, given), encoder, store)
    layers = label_step(study, step, labeller, encoder=encoder, store=store, executor=executor)
    keep_own_book(study, book)
    return layers


def keep_own_book(study: Study, book: Codebook) -> None:
    """Keep the book a study was just coded with, unless it comes with the workbench."""
    if not is_shipped(book):
        study.write_codebook(book)


def code_step(
    codebook: str | Path | Codebook,
    *,
    coder: CoderName = "heads",
    size: Size = "small",
    context: bool = True,
    abstain: float | None = None,
    heads: Sequence[GivenHead] | None = None,
) -> str:
    """Name of the step of a study that codes in this way: `code-annomi`, `code-annomi-rules`, ..."""
    book = codebook if isinstance(codebook, Codebook) else load_codebook(codebook)
    if coder == "llm":
        return f"llm-code-{book.name}"
    parts = [f"code-{book.name}"]
    if coder != "heads":
        parts.append(coder)
    elif heads is not None:
        parts += [layer_name(*pair) for pair in choose_heads(book, heads=heads)]
    else:
        parts += ["full"] * (size == "full") + ["alone"] * (not context)
    return "-".join(parts) + ("" if abstain is None else f"-above-{100 * abstain:g}")


def _check_options(
    coder: str,
    size: str,
    *,
    context: bool,
    abstain: float | None,
    heads: Sequence[GivenHead] | None,
    encoder: Encoder | None,
) -> None:
    if coder not in get_args(CoderName):
        raise BadInput.unknown("coder", coder, get_args(CoderName))
    if size not in get_args(Size):
        raise BadInput.unknown("size of head", size, get_args(Size))
    small = coder == "heads" and size == "small"
    misplaced = {
        "size='full'": coder != "heads" and size == "full",
        "context=False": coder != "heads" and not context,
        "abstain": coder == "llm" and abstain is not None,
        "heads": not small and heads is not None,
        "encoder": not small and encoder is not None,
    }
    for option, given in misplaced.items():
        if given:
            who = f"the coder {coder!r}" if coder != "heads" else "heads of full size"
            raise BadInput(f"{option} does not go with {who}; leave it out.")


def _named(head: GivenHead) -> GivenHead:
    """A folder by its whole path, so that a worker elsewhere on this machine finds it."""
    return head if isinstance(head, TrainedHead) else str(Path(head).resolve())


@dataclass(frozen=True, slots=True)
class _How:
    """The small heads that code, as they travel to workers."""

    book: Codebook
    context: bool
    abstain: float | None
    heads: tuple[GivenHead, ...] | None

    def pairs(self) -> list[tuple[Scheme, TrainedHead]]:
        """Schemes with their heads."""
        return choose_heads(self.book, context=self.context, heads=self.heads)

    @property
    def identity(self) -> str:
        """Checksum over all that can change a layer."""
        heads = [trained.fingerprint for _, trained in self.pairs()]
        return checksum_of([self.book.checksum, heads, self.abstain])

    def coding(self, corpus: Corpus, **tools: Any) -> Coding:
        """What the heads say."""
        return code_corpus(
            corpus,
            self.book,
            context=self.context,
            abstain=self.abstain,
            heads=self.heads,
            **tools,
        )


def _small_heads(how: _How, encoder: Encoder | None, store: EmbeddingStore | None) -> Labeller:
    heads, identity = [own for _, own in how.pairs()], how.identity
    chosen = encoder or Encoder()
    fits = not chosen.context_turns and all(own.head.encoder == chosen.weights for own in heads)
    return Labeller(
        identity,
        _coded if fits else partial(_coded_by, how, encoder, store),
        (how, identity) if fits else (),
        early=_early_layers(heads) if fits else (),
        finish=_finished,
        travels=fits,
    )


def _early_layers(heads: Iterable[TrainedHead]) -> tuple[int, ...]:
    return tuple(sorted({own.head.features.early_layer for own in heads} - {0}))


def _finished(layer: Layer, corpus: Corpus) -> Layer:
    return with_cautions(with_shares(layer), corpus)


def _coded(corpus: Corpus, vectors: Vectors, how: _How, identity: str) -> Scored:
    """Code a part, in this process or a worker's, if the heads here are the ones meant."""
    refuse_another_coder(lambda: how.identity, identity)
    with one_at_a_time:
        return how.coding(corpus, embeddings=vectors.embeddings, early=vectors.early)


def _coded_by(
    how: _How,
    encoder: Encoder | None,
    store: EmbeddingStore | None,
    corpus: Corpus,
    vectors: Vectors,
) -> Scored:
    """Let the coder itself say which heads do not fit the encoder."""
    return how.coding(corpus, encoder=encoder, store=store)


def _rules(book: Codebook, abstain: float | None) -> Labeller:
    identity = _rules_identity(book, abstain)
    return Labeller(
        identity,
        _coded_by_rules,
        (book, abstain, identity),
        embedded=False,
        finish=lambda layer, corpus: with_shares(layer),
    )


def _coded_by_rules(corpus: Corpus, book: Codebook, abstain: float | None, identity: str) -> Scored:
    from workbench.coding.rules import code_by_rules

    refuse_another_coder(lambda: _rules_identity(book, abstain), identity)
    return _abstaining(code_by_rules(corpus, book), abstain)


def _rules_identity(book: Codebook, abstain: float | None) -> str:
    from workbench.coding.rules import rule_schemes, rules

    tables = [
        rules(scheme.name).checksum for scheme in book.schemes if scheme.name in rule_schemes()
    ]
    return checksum_of([book.checksum, tables, abstain])


def _full_heads(book: Codebook, context: bool, abstain: float | None) -> Labeller:
    from workbench.coding.full import find_full_head

    identity = _full_identity(book, context, abstain)
    return Labeller(
        identity,
        _coded_in_full,
        (book, context, abstain, identity),
        early=_early_layers(find_full_head(book.name).reading(context).values()),
        finish=_finished,
    )


def _full_identity(book: Codebook, context: bool, abstain: float | None) -> str:
    from workbench.coding.full import find_full_head

    return checksum_of([book.checksum, find_full_head(book.name).fingerprint, context, abstain])


def _coded_in_full(
    corpus: Corpus,
    vectors: Vectors,
    book: Codebook,
    context: bool,
    abstain: float | None,
    identity: str,
) -> Scored:
    from workbench.coding.full import code_full

    refuse_another_coder(lambda: _full_identity(book, context, abstain), identity)
    with one_at_a_time:
        found = code_full(
            corpus, book, context=context, embeddings=vectors.embeddings, early=vectors.early
        )
    return _abstaining(found, abstain)


def _abstaining(coding: Coding, at_least: float | None) -> Coding:
    if at_least is None:
        return coding
    return replace(coding, layers=tuple(abstaining(layer, at_least) for layer in coding.layers))
