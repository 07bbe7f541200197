"""Which conversations a head may score: what it does not fit is declined, with the reason."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import polars as pl

from workbench.corpus import Corpus
from workbench.corpus.language import not_english
from workbench.corpus.refusal import Refusal

__all__ = ["Fit", "fit_for"]

_LANGUAGE = (
    "the text does not read as English, the language the head learned; "
    "code these by hand or with a coder of their language"
)
_INTERVIEWER = (
    "the helper's role is `interviewer`, and an interviewer is not a counsellor: the codes say how "
    "someone is helped, while an interview asks without helping; if this truly is counselling, say so "
    "when loading, with roles={'interviewer': 'therapist'} or --role interviewer=therapist"
)
_NO_ROLES = (
    "no speaker has a role that stands for helper or client; "
    "name them when loading, as roles={'Speaker 1': 'therapist', 'Speaker 2': 'client'}"
)
_NO_HELPER = (
    "no helper turns; if a speaker is the helper, name it when loading, as roles={'A': 'therapist'}"
)
_NO_CLIENT = (
    "no client turns; if a speaker is the client, name it when loading, as roles={'B': 'client'}"
)


@dataclass(frozen=True, slots=True)
class Fit:
    """Conversations that a head of one side may score, and why others may not be scored."""

    conversations: tuple[str, ...]
    refusals: tuple[Refusal, ...]


def fit_for(corpus: Corpus, *, scheme: str, side: str) -> Fit:
    """Split the conversations of a corpus into those that a head fits and those it declines.

    A conversation is declined for the first of these reasons: it is not English, it is led by an
    interviewer, nobody has a known role, there are no helper turns (heads of either side learned
    from talk with a helper), there are no turns of the scheme's own side.
    """
    foreign = set(not_english(corpus))
    present = corpus.utterances.group_by("conversation_id").agg(
        pl.col("side").unique(), pl.col("role").str.to_lowercase().unique()
    )
    sides = {side} & {"helper", "client"} or {"helper", "client"}
    facts = {
        talk: (set(present_sides), set(roles)) for talk, present_sides, roles in present.iter_rows()
    }
    checks: list[tuple[str, Callable[[str], bool]]] = [
        (_LANGUAGE, lambda talk: talk in foreign),
        (_INTERVIEWER, lambda talk: "interviewer" in facts[talk][1]),
        (_NO_ROLES, lambda talk: not facts[talk][0] & {"helper", "client"}),
        (_NO_HELPER, lambda talk: "helper" not in facts[talk][0]),
        (_NO_CLIENT, lambda talk: not facts[talk][0] & sides),
    ]
    left = [talk for talk in corpus.conversations["id"].to_list() if talk in facts]
    refusals = []
    for reason, applies in checks:
        declined = {talk for talk in left if applies(talk)}
        if declined:
            refusals.append(Refusal(scheme, reason, len(declined)))
            left = [talk for talk in left if talk not in declined]
    return Fit(tuple(left), tuple(refusals))
