"""Names for topics, proposed by whatever can answer a prompt.

A proposed name stands beside the words and never replaces them: a language model also names what
holds nothing in common. Prompt and answer are kept, so that a reader can see what it was told.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

import polars as pl

from workbench.topics.result import Topics

__all__ = ["NAME_COLUMNS", "name_prompt", "propose_names", "read_name"]

NAME_COLUMNS: Mapping[str, pl.DataType] = {
    "topic": pl.Int64(),
    "name": pl.String(),
    "reason": pl.String(),
    "prompt": pl.String(),
    "answer": pl.String(),
}
LONGEST_NAME, LONGEST_TURN = 8, 40
"""Words of a name, and words of a turn shown in the prompt."""

_LEAD = re.compile(
    r"^[-*#>\s]*(?:(?:the )?(?:topic'?s? )?(?:name|label|topic|title)(?: is)?\s*:\s*)?",
    re.IGNORECASE,
)
_QUOTES = "\"'`*_“”‘’«»"


def propose_names(
    topics: Topics, texts: Mapping[str, str], answer: Callable[[str], str]
) -> pl.DataFrame:
    """Ask for a name of each topic.

    Parameters
    ----------
    topics : Topics
        Its words and representative utterances stand in the prompt.
    texts : mapping of str to str
        Text of each representative utterance, by id.
    answer : callable
        Takes a prompt, gives an answer.

    Returns
    -------
    polars.DataFrame
        `topic` (outliers have none), `name`, `reason` why there is no name, `prompt`, `answer`.
    """
    rows = []
    found = topics.info.filter(pl.col("Topic") >= 0)
    for topic, words, ids in found["Topic", "Representation", "representative_ids"].iter_rows():
        prompt = name_prompt(
            words, [texts[unit] for unit in ids if unit in texts], side=topics.side
        )
        told = answer(prompt)
        name, reason = read_name(told)
        rows.append((topic, name, reason, prompt, told))
    return pl.DataFrame(rows, schema=dict(NAME_COLUMNS), orient="row")


def name_prompt(words: list[str], turns: list[str], *, side: str) -> str:
    """Text that asks for the name of one topic, by its words and a few turns."""
    said = "\n".join(f"- {' '.join(turn.split()[:LONGEST_TURN])}" for turn in turns)
    return (
        f"Below are words and sentences of one topic that a {side} speaks of in counselling sessions.\n"
        f"Words: {', '.join(words)}\n"
        f"Sentences:\n{said}\n"
        "Name the topic in two to five words. Answer with the name only."
    )


def read_name(answer: str) -> tuple[str | None, str | None]:
    """Take the name out of an answer; without one, say why.

    >>> read_name('Name: "Cutting down on smoking."')
    ('Cutting down on smoking', None)
    >>> read_name("")
    (None, 'the model gave no answer')
    """
    lines = [line.strip() for line in answer.splitlines() if line.strip()]
    if not lines:
        return None, "the model gave no answer"
    name = _LEAD.sub("", lines[0], count=1).strip().strip(_QUOTES).rstrip(" .:;,!").strip(_QUOTES)
    if not any(letter.isalpha() for letter in name):
        return None, "the first line of the answer holds no word"
    if len(name.split()) > LONGEST_NAME or not name.isprintable():
        return None, f"the first line of the answer is no name of at most {LONGEST_NAME} words"
    return name, None
