"""Propose who helps whom where a transcript has only names; apply it only where it is sure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import polars as pl

from workbench.corpus.building import speaker_table
from workbench.corpus.corpus import Corpus
from workbench.corpus.language import not_english
from workbench.corpus.roles.features import FEATURES, feature_differences
from workbench.corpus.roles.model import RoleModel
from workbench.corpus.schema import side_of
from workbench.corpus.validation import Finding
from workbench.errors import BadInput

__all__ = ["CONFIDENT", "RoleProposal", "propose_roles", "with_roles"]

CONFIDENT = 0.9
"""Confidence from which a proposal is applied unless the caller says otherwise."""

_FEWEST_TURNS = 6
_APART = ("system", "tool")
_KEYS = ["conversation_id", "speaker"]


def with_roles(corpus: Corpus, roles: Mapping[str, str]) -> Corpus:
    """Give speakers other roles, and with them sides.

    Parameters
    ----------
    roles
        Speaker, or role as it is now -> role; the speaker's own entry goes first.

    Raises
    ------
    BadInput
        If a key is neither a speaker nor a role of the corpus.
    """
    turns = corpus.utterances
    present = {*turns["speaker"].unique(), *turns["role"].unique()}
    for name in roles:
        if name not in present:
            raise BadInput.unknown("speaker or role", name, present)
    new = pl.coalesce(
        pl.col(column).replace_strict(dict(roles), default=None, return_dtype=pl.String)
        for column in ("speaker", "role")
    )
    return _with(corpus, turns.select(new).to_series())


def _with(corpus: Corpus, roles: pl.Series) -> Corpus:
    """The corpus with these roles of its utterances; null leaves role and side as they are."""
    given = pl.col("_given").is_not_null()
    turns = (
        corpus.utterances.with_columns(roles.alias("_given"))
        .with_columns(
            pl.coalesce("_given", "role").alias("role"),
            pl.when(given).then(side_of(pl.col("_given"))).otherwise("side").alias("side"),
        )
        .drop("_given")
    )
    changed = turns.filter(roles.is_not_null())["speaker"].unique().implode()
    first = speaker_table(turns, None, corpus.metadata.name, keep_roles=False)
    speakers = corpus.speakers.join(
        first.select("id", pl.col("role").alias("_first")),
        on="id",
        how="left",
        maintain_order="left",
    ).with_columns(
        pl.when(pl.col("id").is_in(changed))
        .then(pl.coalesce("_first", "role"))
        .otherwise("role")
        .alias("role")
    )
    settled = {f"no {side} turns" for side in turns["side"].unique()}  # loading noted their lack
    return replace(
        corpus,
        utterances=turns,
        speakers=speakers.drop("_first"),
        findings=tuple(found for found in corpus.findings if found.check not in settled),
    )


@dataclass(frozen=True, slots=True)
class RoleProposal:
    """Who probably helps whom in the conversations of a corpus whose roles are not known.

    Attributes
    ----------
    table
        One row per speaker of these conversations: `conversation_id`, `speaker`, `role` (`helper`
        or `client`; null where nothing can be proposed), `confidence`, `reason` (why nothing is
        proposed) and the figures of `FEATURES`, each that of the speaker minus that of the other.
    corpus
        The corpus it is about.
    """

    table: pl.DataFrame
    corpus: Corpus = field(repr=False)

    def apply(self, *, threshold: float = CONFIDENT) -> Corpus:
        """Give the proposed roles where the confidence reaches a threshold.

        Elsewhere roles stay as they are, and a finding lists the conversations. They stay, too,
        where one speaker would help in one conversation and be helped in another.

        Raises
        ------
        BadInput
            If the threshold is 0.5 or less, or above 1.
        """
        if not 0.5 < threshold <= 1:
            raise BadInput(f"threshold is a confidence above 0.5, 1 at most; got {threshold}.")
        sure = self.table.filter(pl.col("confidence") >= threshold)
        torn = sure.filter(pl.col("role").n_unique().over("speaker") > 1)
        sure = sure.join(torn, on="conversation_id", how="anti", maintain_order="left")
        given = self.corpus.utterances.join(
            sure.select(*_KEYS, pl.col("role").alias("_given")),
            on=_KEYS,
            how="left",
            maintain_order="left",
        )["_given"]
        open_ones = self.table.join(sure, on="conversation_id", how="anti")
        findings = _told(self.corpus, sure, open_ones, threshold)
        changed = _with(self.corpus, given)
        sides = {f"no {side} turns" for side in changed.utterances["side"].unique()}
        before = [finding for finding in changed.findings if finding.check not in sides]
        return replace(changed, findings=(*before, *findings))

    def _repr_html_(self) -> str:
        return self.table._repr_html_()


def _told(
    corpus: Corpus, sure: pl.DataFrame, open_ones: pl.DataFrame, threshold: float
) -> list[Finding]:
    found = []
    mend = "Look at RoleProposal.table; say who is who with roles={'their name': 'therapist'}."
    for level, check, part, message in (
        ("note", "roles proposed", sure, f"got the roles proposed at {threshold} or more"),
        ("warning", "roles not known", open_ones, "kept their roles: nothing sure can be proposed"),
    ):
        talks = part["conversation_id"].unique(maintain_order=True)
        if talks.len():
            where = f"{corpus.metadata.name}, conversation {', '.join(talks.head(3).to_list())}"
            told = f"{talks.len()} conversation(s) {message}."
            found.append(Finding(level, check, talks.len(), where, told, mend))  # type: ignore[arg-type]
    return found


def propose_roles(corpus: Corpus, *, model: RoleModel | None = None) -> RoleProposal:
    """Propose who helps in conversations of two people where that is not known.

    The proposal rests on who asks, who reflects, who speaks of *you* and who of *I*, who listens
    and who opens (`FEATURES`), weighed by a small model fitted on AnnoMI. On talk it never saw it
    was right in all but 1 of 100 AnnoMI transcripts and in 85 to 98 of 100 chats of ESConv; where
    it was at least 0.9 sure, in all of them but one (card: `roles/model.yaml`; measured by
    tests/benchmarks/roles.py). It takes for granted that one of the two helps.

    Nothing is proposed, and `reason` says why, for conversations that have not exactly two
    speakers, do not read as English, or have fewer than six turns.

    Parameters
    ----------
    corpus
        Any corpus. Conversations whose helper and client are known are left out; turns of a system
        or a tool do not count.
    model
        Another model than the one that comes along.
    """
    known = pl.col("side") != "other"
    turns = corpus.utterances.filter(~pl.col("role").is_in(_APART))
    speakers = turns.group_by(_KEYS, maintain_order=True).agg(
        pl.col("side").filter(known).first().alias("side"), pl.len().alias("turns")
    )
    talk = pl.col("side").is_null().any().over("conversation_id")
    speakers = speakers.filter(talk)
    turns = turns.join(speakers.select(_KEYS), on=_KEYS, how="semi", maintain_order="left")
    judged = _judged(turns, model or RoleModel.shipped())
    table = (
        speakers.with_columns(_reason(corpus))
        .join(judged, on=_KEYS, how="left", maintain_order="left")
        .with_columns(pl.col("side").max().over("conversation_id").alias("_beside"))
    )
    helper = (
        pl.when(pl.col("_beside").is_null())
        .then(pl.col("_helps") > 0.5)
        .otherwise(pl.col("_beside") == "client")
    )
    sayable = pl.col("reason").is_null()
    role = pl.when(helper).then(pl.lit("helper")).otherwise(pl.lit("client"))
    confidence = pl.when(helper).then("_helps").otherwise(1 - pl.col("_helps"))
    proposed = table.filter(pl.col("side").is_null()).select(
        *_KEYS,
        pl.when(sayable).then(role).alias("role"),
        pl.when(sayable).then(confidence).alias("confidence"),
        "reason",
        *FEATURES,
    )
    return RoleProposal(proposed, corpus)


def _judged(turns: pl.DataFrame, model: RoleModel) -> pl.DataFrame:
    """`_helps`, the probability to be the helper, and figures, for both speakers of talks of two."""
    differences = feature_differences(turns)
    first = differences.with_columns(model.first_helps(differences).alias("_helps"))
    second = first.with_columns(
        (1 - pl.col("_helps")).alias("_helps"), *(-pl.col(name) for name in FEATURES)
    )
    return pl.concat(
        part.select("conversation_id", pl.col(who).alias("speaker"), "_helps", *FEATURES)
        for part, who in ((first, "first"), (second, "second"))
    )


def _reason(corpus: Corpus) -> pl.Expr:
    """Why nothing can be said of a conversation; null where something can."""
    people = pl.len().over("conversation_id")
    few = pl.col("turns").sum().over("conversation_id") < _FEWEST_TURNS
    foreign = pl.col("conversation_id").is_in(list(not_english(corpus)))
    return (
        pl.when(people != 2)
        .then(pl.concat_str(people.cast(pl.String), pl.lit(" speakers instead of two")))
        .when(few)
        .then(pl.lit(f"fewer than {_FEWEST_TURNS} turns"))
        .when(foreign)
        .then(pl.lit("does not read as English"))
        .alias("reason")
    )
