"""Where a text stands in a corpus: what is said about people there, and how its dates move."""

from __future__ import annotations

from dataclasses import dataclass

from workbench.corpus.corpus import Corpus
from workbench.corpus.privacy.dates import find_dates
from workbench.corpus.privacy.ids import is_personal
from workbench.corpus.privacy.vault import Vault

__all__ = ["NOWHERE", "Context", "contexts_of", "day_orders", "speaker_contexts"]


@dataclass(frozen=True, slots=True)
class Context:
    """A conversation, a speaker or a source.

    `source` says whose dates move together; `scopes` in which circles a name alone is somebody known.
    """

    key: str
    source: str
    scopes: tuple[str, ...]


NOWHERE = Context("", "", ())
"""Context of what belongs to no conversation: metadata, roles, names of layers."""


def contexts_of(corpus: Corpus, vault: Vault) -> dict[str, Context]:
    """Context of every conversation: its source, and the client's side where the id means one person."""
    pairs = corpus.utterances.select("conversation_id", "speaker", "side").unique()
    clients: dict[str, set[str]] = {}
    for talk, speaker, side in pairs.iter_rows():
        if side == "client" and is_personal(speaker):
            clients.setdefault(talk, set()).add(speaker)
    contexts = {}
    for talk, source in corpus.conversations.select("id", "source").iter_rows():
        scopes = [vault.scope("source", source)]
        scopes += [vault.scope("speaker", name) for name in sorted(clients.get(talk, ()))]
        contexts[talk] = Context(talk, source, tuple(scopes))
    return contexts


def speaker_contexts(corpus: Corpus, contexts: dict[str, Context]) -> dict[str, Context]:
    """Context of every speaker: all conversations they speak in; dates move as in the first."""
    pairs = corpus.utterances.select("speaker", "conversation_id").unique()
    talks: dict[str, list[Context]] = {}
    for speaker, talk in sorted(pairs.iter_rows()):
        talks.setdefault(speaker, []).append(contexts[talk])
    found = {}
    for speaker in corpus.speakers["id"]:
        there = talks.get(speaker, [NOWHERE])
        scopes = dict.fromkeys(scope for context in there for scope in context.scopes)
        found[speaker] = Context(f"speaker {speaker}", there[0].source, tuple(scopes))
    return found


def day_orders(corpus: Corpus, contexts: dict[str, Context]) -> dict[str, bool]:
    """Whether days stand before months in figures, by source; under the key "" what most of them show."""
    shown: dict[str, list[bool]] = {"": []}
    for talk, text in corpus.utterances.select("conversation_id", "text").iter_rows():
        for written in find_dates(text or ""):
            if written.day_first is not None:
                shown.setdefault(contexts[talk].source, []).append(written.day_first)
                shown[""].append(written.day_first)
    return {source: sum(seen) * 2 > len(seen) for source, seen in shown.items() if seen}
