"""Expert edits of a study's topics: each is in the log before the tables follow.

`topics/<side>/` always holds the topics as they are now. `topics/<side>-fitted/` keeps them as they were
fitted, once there are edits, and `topics/<side>-edits.yaml` the edits. A run that is killed between
log and tables leaves a log that is ahead; `catch_up` brings the tables after it.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from workbench.errors import BadInput
from workbench.pipeline.topic_groups import Comparison
from workbench.pipeline.topic_tables import write_topic_tables
from workbench.study import Study
from workbench.topics import Topics, topics_checksum
from workbench.topics.edits import Edit, EditLog, replay

__all__ = [
    "catch_up",
    "edit_topics",
    "keep_fit",
    "replay_topic_edits",
    "topic_edit_log",
    "undo_topic_edit",
]


def edit_topics(study: Study, edit: Edit, *, side: str = "helper") -> Topics:
    """Do one edit and return the topics as they are then.

    Parameters
    ----------
    edit
        A `Rename`, `Merge`, `Split`, `Drop` or `Move` of `workbench.topics`.
    side
        Side the topics were fitted on.

    Raises
    ------
    BadInput
        If the edit cannot be done; log and topics stay as they were.
    NotComputed
        If the study has no topics of this side.
    """
    with study.locked():
        return _keep(study, topic_edit_log(study, side=side).followed_by(edit))


def undo_topic_edit(study: Study, *, side: str = "helper") -> Topics:
    """Take the last edit back and return the topics as they are then.

    Raises
    ------
    BadInput
        If there is no edit.
    """
    with study.locked():
        return _keep(study, topic_edit_log(study, side=side).without_last())


def replay_topic_edits(study: Study, log: EditLog | str | Path) -> Topics:
    """Do the edits of a log, such as a colleague's, instead of those done so far.

    Raises
    ------
    BadInput
        If the log belongs to another fit, or an edit cannot be done; nothing is changed.
    """
    wanted = log if isinstance(log, EditLog) else EditLog.read(log)
    with study.locked():
        return _keep(study, wanted)


def topic_edit_log(study: Study, *, side: str = "helper") -> EditLog:
    """Return the edits done so far, oldest first; a log without edits where there are none."""
    path = _log_path(study, side)
    if path.is_file():
        return EditLog.read(path)
    return EditLog(side, topics_checksum(_fitted(study, side)))


def catch_up(study: Study, *, side: str) -> None:
    """Bring the tables after the log, where a killed run left them behind."""
    if not _log_path(study, side).is_file():
        return
    log = topic_edit_log(study, side=side)
    done = Topics.read(_folder(study, side)).settings.get("edits", {})
    if done.get("checksum", _NONE) != (log.checksum if log.edits else _NONE):
        with study.locked():
            _keep(study, log)


def keep_fit(study: Study, found: Topics) -> tuple[Topics, tuple[str, ...]]:
    """Take in a new fit: edits of the very same fit are done again, others are put aside.

    Returns
    -------
    topics
        As they are to be stored.
    notes
        What a reader has to see; it names the file with edits put aside.
    """
    path, side = _log_path(study, found.side), found.side
    shutil.rmtree(_folder(study, f"{side}-fitted"), ignore_errors=True)
    if not path.is_file():
        return found, ()
    log = EditLog.read(path)
    if log.fit == topics_checksum(found):
        found.write(_folder(study, f"{side}-fitted"))
        return replay(found, log, study.corpus, study.embeddings()), ()
    aside = path.with_name(f"{side}-edits-{log.fit[:8]}.yaml")
    path.replace(aside)
    return found, (
        f"{len(log.edits)} expert edits belong to an earlier fit and were put aside in {aside.name}.",
    )


_NONE = "no edits"


def _keep(study: Study, log: EditLog) -> Topics:
    fitted = _fitted(study, log.side)
    found = replay(fitted, log, study.corpus, study.embeddings())
    original = _folder(study, f"{log.side}-fitted")
    if not original.is_dir():
        fitted.write(original)
    log.write(_log_path(study, log.side))
    found.write(_folder(study, log.side))
    study.write_layer(found.layer)
    write_topic_tables(study, found, Comparison.of_step(study.step(f"topics-{log.side}")))
    return found


def _fitted(study: Study, side: str) -> Topics:
    """Topics before any edit."""
    original, current = _folder(study, f"{side}-fitted"), _folder(study, side)
    if original.is_dir():
        return Topics.read(original)
    if not current.is_dir():
        raise study.not_computed(f"topics of side {side}", "topics")
    found = Topics.read(current)
    if "edits" in found.settings:
        raise BadInput.in_file(
            original,
            "the topics as they were fitted are gone, so edits cannot be done or undone.",
            remedy="Fit them again with `workbench topics`.",
        )
    return found


def _folder(study: Study, name: str) -> Path:
    return study.folder / "topics" / name


def _log_path(study: Study, side: str) -> Path:
    return study.folder / "topics" / f"{side}-edits.yaml"
