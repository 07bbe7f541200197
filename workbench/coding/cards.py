"""What the card of the head that made a layer says, whichever size it is of."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from workbench.coding.full import books_with_full_head, find_full_head
from workbench.coding.trained_heads import find_head, trained_schemes
from workbench.corpus import LayerMetadata

__all__ = ["card_of"]


def card_of(facts: LayerMetadata) -> Mapping[str, Any]:
    """Tables of the card of the head that made a layer; empty where no such head is here."""
    scheme = facts.scheme
    for context in (True, False):
        if scheme in trained_schemes(context=context):
            head = find_head(scheme, context=context).head
            if head.fingerprint == facts.model:
                return head.card
    for book in books_with_full_head() if facts.coder_kind == "model" else ():
        full = find_full_head(book)
        if full.fingerprint == facts.model:
            return full.tables(scheme, context=facts.context_turns != 0)
    return {}
