"""Which conversations a coder that has learned nothing may code, with reasons in its own words."""

from __future__ import annotations

from workbench.coding.fit_for import Fit, fit_for
from workbench.corpus import Corpus, Scheme
from workbench.corpus.language import not_english
from workbench.corpus.refusal import Refusal

__all__ = ["english_fit"]


def english_fit(corpus: Corpus, scheme: Scheme, *, language: str) -> Fit:
    """Split conversations as `fit_for` does, with a reason of the coder's own for other languages.

    Parameters
    ----------
    language
        Why a conversation in another language is declined, and what to do.
    """
    foreign = set(not_english(corpus))
    refusals = [Refusal(scheme.name, language, len(foreign))] if foreign else []
    left = [talk for talk in corpus.conversations["id"].to_list() if talk not in foreign]
    if not left:
        return Fit((), tuple(refusals))
    rest = corpus.filter(conversations=left) if foreign else corpus
    side = scheme.side if scheme.side in {"helper", "client"} else "helper"
    fit = fit_for(rest, scheme=scheme.name, side=side)
    return Fit(fit.conversations, (*refusals, *fit.refusals))
