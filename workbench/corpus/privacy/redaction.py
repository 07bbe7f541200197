"""`redact`: a corpus with surrogates in the place of everything that tells who somebody is.

The result is pseudonymised, not anonymous: what was missed is still there, what people say can tell who
they are without any name, and whoever holds the vault can lead surrogates back.

Order of work: read all texts, learn who is who (speakers, then full names, then names alone), then
rewrite ids, tables, layers and metadata. Everything is done in memory and in an order that does not depend
on the order of rows; the vault is saved before the corpus is handed back.
"""

from __future__ import annotations

import datetime
from dataclasses import dataclass, replace

import polars as pl

from workbench.corpus.corpus import Corpus
from workbench.corpus.privacy.entity import KINDS, Finder
from workbench.corpus.privacy.presidio import Presidio, is_available
from workbench.corpus.privacy.rewriting import Rewriting
from workbench.corpus.privacy.rules import Rules
from workbench.corpus.privacy.vault import Vault
from workbench.corpus.validation import Finding
from workbench.errors import BadInput

__all__ = ["Redaction", "best_finder", "find_entities", "is_pseudonymised", "redact"]

STATE = "pseudonymised"


@dataclass(frozen=True)
class Redaction:
    """A pseudonymised corpus and what was done to it.

    Parameters
    ----------
    corpus
        The corpus with surrogates; its metadata's facts say so under `privacy`.
    counts
        Replacements by kind: `kind`, `replacements`, `distinct` (different originals).
    spans
        Where surrogates stand in the utterances: `utterance_id`, `start_char`, `end_char`, `kind`.
    finder
        What looked for names.
    findings
        What a reader should know.
    """

    corpus: Corpus
    counts: pl.DataFrame
    spans: pl.DataFrame
    finder: str
    findings: tuple[Finding, ...] = ()


def best_finder() -> Finder:
    """The finder with a language model where the extra `privacy` is installed, else the rules alone."""
    return Presidio() if is_available() else Rules()


def redact(
    corpus: Corpus, *, vault: Vault | None = None, finder: Finder | None = None
) -> Redaction:
    """Replace names, places, organisations, numbers, addresses, dates and high ages by surrogates.

    In every text, every id, the layers' notes and the metadata; spans of layers move with the text. What
    stays, on purpose: countries, nationalities, weekdays, bare months and years, well-known
    brands and authors, the corpus' citation and licence.

    Parameters
    ----------
    vault
        Keeps which surrogate stands for whom, and makes surrogates the same the next time; saved here.
        Without one, surrogates are random and cannot be led back.
    finder
        What looks for names; by default the best one installed.

    Raises
    ------
    BadInput
        If the corpus is already pseudonymised, or the vault's file was changed meanwhile.

    Examples
    --------
    >>> import workbench as wb
    >>> from workbench.corpus.privacy import Rules, redact
    >>> table = {"conversation_id": ["a"], "speaker": ["C"], "text": ["I'm Sam Ortiz, from Leeds."]}
    >>> done = redact(wb.Corpus.build(pl.DataFrame(table)), finder=Rules())
    >>> "Ortiz" in done.corpus.utterances["text"][0]
    False
    >>> done.counts.select("kind", "replacements").rows()
    [('person', 1), ('place', 1)]
    """
    if is_pseudonymised(corpus):
        raise BadInput(
            f"The corpus {corpus.metadata.name!r} is already pseudonymised. Redact its source again "
            "with the same vault: it gets the same surrogates."
        )
    vault = vault if vault is not None else Vault()
    finder = finder if finder is not None else best_finder()
    kept = frozenset(vault.surrogate_names())
    rewriting = Rewriting(corpus, vault=vault, finder=finder)
    made, spans = rewriting.run()
    vault.save()
    counts = _counts(rewriting)
    findings = tuple(_findings(corpus, rewriting, finder.name, vault_names=kept))
    facts = {
        **made.metadata.facts,
        "privacy": {
            "state": STATE,
            "finder": finder.name,
            "date": datetime.date.today().isoformat(),
            "counts": dict(counts.select("kind", "replacements").iter_rows()),
        },
    }
    return Redaction(
        corpus=replace(made, metadata=replace(made.metadata, facts=facts), findings=findings),
        counts=counts,
        spans=spans,
        finder=finder.name,
        findings=findings,
    )


def find_entities(corpus: Corpus, *, finder: Finder | None = None) -> pl.DataFrame:
    """What `redact` would replace in the utterances: `utterance_id`, `start_char`, `end_char`, `kind`."""
    finder = finder if finder is not None else best_finder()
    return Rewriting(corpus, vault=Vault(), finder=finder).entities()


def is_pseudonymised(corpus: Corpus) -> bool:
    """Whether `redact` made this corpus."""
    privacy = corpus.metadata.facts.get("privacy")
    return isinstance(privacy, dict) and privacy.get("state") == STATE


def _counts(rewriting: Rewriting) -> pl.DataFrame:
    counted = rewriting.replacing.counts
    originals = rewriting.replacing.originals
    rows = [(kind, counted[kind], len(originals.get(kind, ()))) for kind in KINDS if counted[kind]]
    schema = {"kind": pl.String, "replacements": pl.Int64, "distinct": pl.Int64}
    return pl.DataFrame(rows, schema=schema, orient="row")


def _findings(
    corpus: Corpus, rewriting: Rewriting, finder: str, *, vault_names: frozenset[str]
) -> list[Finding]:
    where = rewriting.renaming.id(corpus.metadata.name)
    told = [
        Finding(
            "note",
            "pseudonymised",
            sum(rewriting.replacing.counts.values()),
            where,
            f"pseudonymised, not anonymous; names were looked for by {finder}.",
            "Read what may have been missed (`--check`) before anybody else sees the corpus.",
        )
    ]
    language = corpus.metadata.language
    if language and not language.casefold().startswith(("en", "eng")):
        told.append(
            Finding(
                "warning",
                "language of the rules",
                corpus.conversations.height,
                where,
                f"the corpus is in {language!r}; rules and lists were made for English.",
                "Names of the lists, numbers and addresses are found, much else is not: check by hand.",
            )
        )
    also_said = len(vault_names & rewriting.vocabulary)
    if also_said:
        told.append(
            Finding(
                "note",
                "surrogate is a word of the texts",
                also_said,
                where,
                f"{also_said} surrogate(s) kept from earlier runs also stand in these texts.",
                "They were kept, so that earlier results stay true.",
            )
        )
    return told
