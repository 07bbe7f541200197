"""A head's card as a page to read: what it is, how well it does, what it is not for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from workbench.heads.head import Head

__all__ = ["card_markdown", "sections"]

_LEAST = 0.0005
"""What three decimals would show as 0."""


def card_markdown(head: Head) -> str:
    """Render the card.

    `head.card` maps section titles to a sentence, a mapping (a list of facts), or a list of
    mappings with equal keys (a table). Numbers are shown with three decimals, small ones with two digits.
    """
    facts = {
        "labels": ", ".join(head.labels),
        "exactly one label per utterance": "yes" if head.exclusive else "no, any number",
        "features": f"{head.features.width} (embedding, surface features, hashed n-grams)",
        "previous turns read": head.context_turns,
        "encoder": head.encoder,
        "fingerprint": head.fingerprint,
    }
    return "\n\n".join([f"# {head.name}", _section(facts), *sections(head.card)]) + "\n"


def sections(card: Mapping[str, Any]) -> list[str]:
    """Each title of a card with what stands under it."""
    return [f"## {title}\n\n{_section(content)}" for title, content in card.items()]


def _section(content: Any) -> str:
    if isinstance(content, Mapping):
        return "\n".join(f"- {key}: {_shown(value)}" for key, value in content.items())
    if isinstance(content, Sequence) and not isinstance(content, str):
        return _table(content)
    return _shown(content)


def _table(rows: Sequence[Mapping[str, Any]]) -> str:
    head = list(rows[0]) if rows else []
    lines = [f"| {' | '.join(head)} |", "|" + "---|" * len(head)]
    lines += [f"| {' | '.join(_shown(row[key]) for key in head)} |" for row in rows]
    return "\n".join(lines)


def _shown(value: Any) -> str:
    if value is None:
        return "-"
    if isinstance(value, float):
        return f"{value:.3f}" if value == 0 or abs(value) >= _LEAST else f"{value:.2g}"
    return str(value)
