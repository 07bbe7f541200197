"""The ledger of a study: what left the machine, and what was removed. It holds no text and no names.

`ledger.jsonl`, one JSON object a line, appended:

- `remote call`: time, endpoint, model, number of texts and of conversations, checksum of the texts;
- `sent to workers`: time, endpoint (scheduler of a cluster), step, at most how many texts and conversations;
- `forgotten`: time, and how many rows of what were removed; not whose.
"""

from __future__ import annotations

import datetime
import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from workbench.corpus.consent import refuse_remote
from workbench.files import atomic_path, checksum_of

if TYPE_CHECKING:
    from workbench.language_models.openai_compatible import RemoteCall
    from workbench.study.study import Study

__all__ = ["drop_checksums", "read_ledger", "remote_calls", "write_to_ledger"]

LEDGER = "ledger.jsonl"
_REMOTE = "remote call"


def write_to_ledger(folder: Path, event: str, **facts: Any) -> None:
    """Append one entry, with the time in UTC, and see it on the disk."""
    now = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
    line = json.dumps({"time": now, "event": event, **facts}, ensure_ascii=False)
    with (folder / LEDGER).open("a", encoding="utf-8") as file:
        file.write(f"{line}\n")
        file.flush()
        os.fsync(file.fileno())


def read_ledger(folder: Path) -> list[dict[str, Any]]:
    """All entries, oldest first; a line cut off by a crash is passed over."""
    file = folder / LEDGER
    entries = []
    for line in file.read_text("utf-8").splitlines() if file.is_file() else []:
        try:
            entries.append(json.loads(line))
        except ValueError:
            continue
    return entries


def drop_checksums(folder: Path) -> None:
    """Take the checksums of sent texts out: of a short text it is a way to confirm a guess."""
    entries = read_ledger(folder)
    if not any(entry.get("checksum") for entry in entries):
        return
    kept = [{**x, "checksum": None} if x["event"] == _REMOTE else x for x in entries]
    with atomic_path(folder / LEDGER) as temporary:
        lines = "".join(json.dumps(entry, ensure_ascii=False) + "\n" for entry in kept)
        temporary.write_text(lines, "utf-8")


@contextmanager
def remote_calls(study: Study, conversations: Sequence[str] | pl.Series) -> Iterator[None]:
    """Let a model on another machine read words of these conversations, if their consent covers it.

    Consent is asked for when something is about to be sent, so that models of this machine need none.
    Every call is written to the study's ledger before it goes out.

    Parameters
    ----------
    conversations
        Ids of all conversations whose words may stand in a prompt.

    Raises
    ------
    NetworkRefused
        From inside the block, if one of them did not agree to it; nothing was sent then.
    """
    from workbench.language_models.openai_compatible import permitting

    ids = pl.Series("id", conversations, dtype=pl.String).unique()

    def permission(call: RemoteCall) -> None:
        refuse_remote(study.corpus.conversations, ids, endpoint=call.endpoint)
        write_to_ledger(
            study.folder,
            _REMOTE,
            endpoint=call.endpoint,
            model=call.model,
            texts=len(call.texts),
            conversations=len(ids),
            checksum=checksum_of(list(call.texts)),
        )

    with permitting(permission):
        yield
