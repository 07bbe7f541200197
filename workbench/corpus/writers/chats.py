"""What the chat formats share: roles, tool calls, one record a conversation, and what is lost.

Roles that chats know (`system`, `user`, `assistant`, `tool`) are written as they are; any other
becomes `assistant` on the helper's side and `user` elsewhere. A tree is written as its paths
(`workbench.corpus.trees.paths`), each a chat that can be followed or trained on; a file of messages
depth first would be read as one talk that never took place.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import Any

import polars as pl

from workbench.corpus.corpus import Corpus
from workbench.corpus.readers.contents import without_payload
from workbench.corpus.schema import META, side_of
from workbench.corpus.trees import paths
from workbench.corpus.validation import Finding
from workbench.corpus.writers.losses import lost, lost_columns, lost_layers
from workbench.errors import BadInput

__all__ = ["CALLS", "CALL_ID", "chats", "lost_in_chats", "name_of", "tool_calls"]

CALLS = f"{META}tool_calls"
CALL_ID = f"{META}tool_call_id"
_ROLES = ("system", "user", "assistant", "tool")
_NAME = re.compile(r"[^\s<|\\/>]{1,64}")
"""Names that OpenAI takes."""


def chats(corpus: Corpus, path: Path) -> Iterable[tuple[str, list[dict[str, Any]]]]:
    """Each conversation's id and its turns with `speaker`, `role` as chats know it, `text` and calls.

    Raises
    ------
    BadInput
        If there is no conversation to write to `path`.
    """
    if not corpus.utterances.height:
        raise BadInput.in_file(path, "there is no conversation to write.")
    table = _as_written(paths(corpus).utterances)
    talks: dict[str, list[dict[str, Any]]] = {}
    for row in table.iter_rows(named=True):
        talks.setdefault(row["conversation_id"], []).append(row)
    return talks.items()


def _as_written(utterances: pl.DataFrame) -> pl.DataFrame:
    own = ["conversation_id", "speaker", "role", "side", "text"]
    meta = [name for name in (CALLS, CALL_ID) if name in utterances.columns]
    by_side = (
        pl.when(pl.col("side") == "helper").then(pl.lit("assistant")).otherwise(pl.lit("user"))
    )
    role = pl.when(pl.col("role").is_in(_ROLES)).then("role").otherwise(by_side)
    said = pl.col("role").alias("said")
    return utterances.select(*own, *meta, said).with_columns(role.alias("role"))


def name_of(turn: Mapping[str, Any]) -> str | None:
    """The speaker where the format can name one; None where the id only repeats the role."""
    speaker, talk = turn["speaker"], turn["conversation_id"]
    ends = [speaker.removeprefix(f"{role}-") for role in (turn["said"], turn["role"])]
    repeats = any(end != speaker and f"{talk}~".startswith(f"{end}~") for end in ends)
    return speaker if not repeats and _NAME.fullmatch(speaker) else None


def tool_calls(stated: Any) -> list[dict[str, Any]] | None:
    """Calls out of `meta.tool_calls`; None where the value is no list of calls in JSON."""
    if not isinstance(stated, str):
        return None
    try:
        calls = json.loads(stated)
    except (ValueError, RecursionError):
        return None
    fits = isinstance(calls, list) and calls and all(isinstance(call, dict) for call in calls)
    return calls if fits else None


# -- what is lost ----------------------------------------------------------------------------------


def lost_in_chats(
    corpus: Corpus, *, ids: bool, names: bool, metas: Collection[str] = ()
) -> list[Finding]:
    """What a chat format cannot carry.

    Parameters
    ----------
    ids
        Whether it has ids of conversations.
    names
        Whether it has names of speakers.
    metas
        Which of the columns of tool calls it has.
    """
    linear = paths(corpus)
    found = _trees(corpus, linear)
    turns = linear.utterances
    written = _as_written(turns)
    roles = written["role"]
    talk = turns["conversation_id"]
    derived = pl.select(pl.lit(roles) + "-" + pl.lit(talk)).to_series() if turns.height else talk
    named = pl.Series([name_of(turn) for turn in written.iter_rows(named=True)], dtype=pl.String)
    speaker_back = (turns["speaker"] == derived) if ids else pl.Series([False] * turns.height)
    if names:
        speaker_back |= named.is_not_null()
    place = pl.int_range(pl.len()).over("conversation_id").cast(pl.String)
    made = turns.select(pl.col("conversation_id") + "-" + place).to_series()
    sides = written.select(side_of(pl.col("role"))).to_series()
    by = "They are made anew from the file's name."
    changed = {
        "utterances.conversation_id": (0 if ids else turns.height, by),
        "utterances.id": (int((turns["id"] != made).sum()) if ids else turns.height, by),
        "utterances.speaker": (
            int((~speaker_back).sum()),
            "Speakers are named by their role and conversation.",
        ),
        "utterances.role": (
            int((turns["role"] != roles).sum()),
            "They become assistant on the helper's side, user elsewhere; say roles= when reading.",
        ),
        "utterances.side": (int((turns["side"] != sides).sum()), "It follows from the role."),
        "speakers.role": (_roles_of_speakers(linear, roles), "It is that of the first turn."),
    }
    for what, (count, why) in changed.items():
        if count:
            found.append(lost(what, count, f"{count:,} value(s) of {what} do not come back. {why}"))
    carried = [name for name in metas if name in turns.columns]
    for name in carried:
        found += _metas(turns[name])
    kept = {what.removeprefix("utterances.") for what in changed} | {"text", *carried}
    found += lost_columns(linear, utterances=kept, speakers=["role"])
    return found + lost_layers(linear)


def _trees(corpus: Corpus, linear: Corpus) -> list[Finding]:
    if linear is corpus:
        return []
    gone = corpus.conversations.join(linear.conversations, on="id", how="anti").height
    made = linear.conversations.height - corpus.conversations.height + gone
    why = f"{gone:,} tree(s) are written as {made:,} linear chats, one for each path."
    mend = "Write workbench.corpus.trees.main_path(corpus) for one chat of each."
    return [lost("conversations", gone, why, mend=mend)]


def _roles_of_speakers(corpus: Corpus, written: pl.Series) -> int:
    first = corpus.utterances.select("speaker", written.alias("said")).unique(
        "speaker", keep="first", maintain_order=True
    )
    joined = corpus.speakers.join(first, left_on="id", right_on="speaker", how="left")
    return int((joined["role"] != joined["said"]).fill_null(value=True).sum())


def _metas(column: pl.Series) -> list[Finding]:
    given = column.drop_nulls()
    back = sum(_comes_back(column.name, value) for value in given)
    count = len(given) - back
    if not count:
        return []
    why = f"{count:,} value(s) of utterances.{column.name} are not written as chats write them."
    return [lost(f"utterances.{column.name}", count, why)]


def _comes_back(name: str, value: Any) -> bool:
    if name == CALL_ID:
        return isinstance(value, str) and not without_payload({name: value})[1]
    calls = tool_calls(value)
    if calls is None or without_payload({name: calls})[1]:
        return False
    return json.dumps(calls, ensure_ascii=False) == value
