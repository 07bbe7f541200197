"""How two people of a talk differ, in a few figures with names: who asks, who tells, who listens.

Every figure is that of one speaker minus that of the other, so exchanging the two only changes the
sign. Shares are drawn towards a half-known mean where there are few turns or words, so that short
talks differ little.
"""

from __future__ import annotations

import polars as pl

__all__ = ["FEATURES", "feature_differences", "talk_of_two"]

FEATURES: dict[str, str] = {
    "asks": "share of turns that ask: a question mark, or a question's opening words",
    "opens_a_question": "share of turns that begin as questions do (how, what, could you, ...)",
    "reflects": "share of turns that begin as reflections do (so you, it sounds like, ...)",
    "says_you": "share of words that are you, your, yourself",
    "says_i": "share of words that are I, me, my, mine, myself",
    "backchannels": "share of turns that only listen (mm-hmm, okay, right)",
    "words_per_turn": "logarithm of the mean number of words in a turn",
    "opens": "who speaks first: 1, or -1 for the other one",
    "closes": "who speaks last: 1, or -1 for the other one",
}
"""Name -> what it is of a speaker, the other one's subtracted."""

_TURNS, _WORDS = 6.0, 60.0
"""Turns and words of average talk that are added to what a speaker said."""

_NOTES = r"\[[^\[\]]*\]|<[^<>]*>"
_WORD = r"[\p{L}\p{N}]+(?:['’-][\p{L}\p{N}]+)*"
_LEAD = r"^(?:\W*(?:and|so|but|okay|ok|well|now|then|um|uh|yeah|right|alright|mm-hmm|hmm|oh)\b)*\W*"
_ASKING = (
    r"(?:how|what|what's|when|where|who|why|which|do you|did you|are you|were you|have you|has|is there"
    r"|can you|could you|would you|will you|can i|could i|may i|tell me|is it|is that|any)\b"
)
_REFLECTING = (
    r"(?:you're|you are|you feel|you felt|you've|you have|you want|you know that|you'd|you don't"
    r"|(?:it|that|this)?\s*(?:sounds?|seems?|looks?) (?:like|as)|it must|that must|so you|i hear"
    r"|what i'?m hearing|what you'?re saying|in other words|part of you|on the one hand|for you)\b"
)
_LISTENING = (
    r"^(?:\W*\b(?:m+|m+-?h?m+|mh+m?|h+m+|uh-huh|u-?hu[mh]|um-hum|ah|aha|oh|ok|okay|yeah|yep|yes|right"
    r"|all right|alright|sure|i see|wow|good|great|exactly|absolutely)\b)+\W*$"
)
_YOU = r"\b(?:you|your|yours|yourself|you're|you've|you'd|you'll)\b"
_I = r"\b(?:i|me|my|mine|myself|i'm|i've|i'd|i'll|im|ive)\b"


def talk_of_two(turns: pl.DataFrame) -> pl.DataFrame:
    """`conversation_id`, `first` and `second`: the speakers of conversations that have just two.

    `first` is the one who speaks first.
    """
    return (
        turns.group_by("conversation_id", maintain_order=True)
        .agg(pl.col("speaker").unique(maintain_order=True).alias("speakers"))
        .filter(pl.col("speakers").list.len() == 2)
        .select(
            "conversation_id",
            pl.col("speakers").list.get(0).alias("first"),
            pl.col("speakers").list.get(1).alias("second"),
        )
    )


def feature_differences(turns: pl.DataFrame) -> pl.DataFrame:
    """Figures of the first speaker minus those of the second: `talk_of_two` and `FEATURES`."""
    pairs = talk_of_two(turns)
    own = _of_speakers(turns)
    both = pairs
    for who in ("first", "second"):
        both = both.join(
            own.rename({"speaker": who}),
            on=["conversation_id", who],
            how="left",
            suffix=f"_{who}",
            maintain_order="left",
        )
    return both.select(
        *pairs.columns,
        *((pl.col(name) - pl.col(f"{name}_second")).alias(name) for name in FEATURES),
    )


def _of_speakers(turns: pl.DataFrame) -> pl.DataFrame:
    """Figures of each speaker of each conversation."""
    said = pl.col("text").str.replace_all("’", "'").str.replace_all(_NOTES, " ").str.to_lowercase()
    bare = pl.col("_said").str.replace(_LEAD, "")
    asking = bare.str.contains("^" + _ASKING)
    words = pl.col("_said").str.count_matches(_WORD)
    marked = turns.select(
        "conversation_id",
        "speaker",
        said.alias("_said"),
        place=pl.int_range(pl.len()).over("conversation_id"),
        last=pl.int_range(pl.len(), 0, -1).over("conversation_id") == 1,
    ).with_columns(
        asking.alias("_opens_question"),
        (asking | pl.col("_said").str.contains(r"\?")).alias("_asks"),
        bare.str.contains("^" + _REFLECTING).alias("_reflects"),
        pl.col("_said").str.contains(_LISTENING).alias("_listens"),
        words.alias("_words"),
        pl.col("_said").str.count_matches(_YOU).alias("_you"),
        pl.col("_said").str.count_matches(_I).alias("_i"),
    )

    def share(column: str, mean: float) -> pl.Expr:
        return (pl.col(column).sum() + _TURNS * mean) / (pl.len() + _TURNS)

    def of_words(column: str, mean: float) -> pl.Expr:
        return (pl.col(column).sum() + _WORDS * mean) / (pl.col("_words").sum() + _WORDS)

    mean_words = (pl.col("_words").sum() + _TURNS * 10) / (pl.len() + _TURNS)
    return marked.group_by("conversation_id", "speaker", maintain_order=True).agg(
        share("_asks", 0.25).alias("asks"),
        share("_opens_question", 0.15).alias("opens_a_question"),
        share("_reflects", 0.05).alias("reflects"),
        of_words("_you", 0.04).alias("says_you"),
        of_words("_i", 0.06).alias("says_i"),
        share("_listens", 0.1).alias("backchannels"),
        mean_words.log().alias("words_per_turn"),
        pl.when((pl.col("place") == 0).any()).then(0.5).otherwise(-0.5).alias("opens"),
        pl.when(pl.col("last").any()).then(0.5).otherwise(-0.5).alias("closes"),
    )
