"""Which heads code with a book: those found for its schemes, or those a user names by folder."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TypeAlias

from workbench.coding.trained_heads import ALONE, TrainedHead, find_head, read_head, trained_schemes
from workbench.corpus import Codebook, Scheme
from workbench.errors import BadInput

__all__ = ["GivenHead", "choose_heads", "layer_name"]

GivenHead: TypeAlias = str | Path | TrainedHead
"""A head of one's own: the folder that `workbench train` wrote, or what `train_head` gave."""


def choose_heads(
    book: Codebook, *, context: bool = True, heads: Sequence[GivenHead] | None = None
) -> list[tuple[Scheme, TrainedHead]]:
    """Pair schemes of a book with heads, in the order of the book or of the heads given.

    Parameters
    ----------
    context
        Heads that read previous turns, or those of the turn alone. Not asked for heads that are given.
    heads
        Heads of one's own; default: those of the package and of the user's folder.

    Raises
    ------
    BadInput
        If there is no head for the book, or a given head learned another scheme than the book has.
    """
    if heads is not None:
        pairs = [_checked(book, head) for head in heads]
        names = [layer_name(scheme, head) for scheme, head in pairs]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice or not pairs:
            raise BadInput(
                f"Two heads would write the layer {twice[0]!r}; train one under another name."
                if twice
                else "heads is empty; name the folder of at least one head."
            )
        return pairs
    present = trained_schemes(context=context)
    found = [
        (scheme, find_head(scheme.name, context=context))
        for scheme in book.schemes
        if scheme.name in present
    ]
    if not found:
        raise BadInput(
            f"Codebook {book.name!r} has no scheme with a {'' if context else 'context-free '}head "
            f"here; heads there are: {list(present)}. Train one with `workbench train`, or name the "
            "folder of one with heads=[...] (--head)."
        )
    for scheme, head in found:
        _refuse_other_scheme(book, scheme, head)
    return found


def layer_name(scheme: Scheme, trained: TrainedHead) -> str:
    """Name of the layer that a head writes: `<scheme>.head`, `.head-alone`, or with its own name."""
    name = trained.head.name
    if name in (scheme.name, f"{scheme.name}{ALONE}"):
        return f"{scheme.name}.head{name.removeprefix(scheme.name)}"
    return f"{scheme.name}.head-{name.removeprefix(f'{scheme.name}-')}"


def _checked(book: Codebook, given: GivenHead) -> tuple[Scheme, TrainedHead]:
    trained = given if isinstance(given, TrainedHead) else read_head(given)
    schemes = [scheme.name for scheme in book.schemes]
    if trained.origin.scheme not in schemes:
        raise BadInput(
            f"The head {trained.head.name!r} learned the scheme {trained.origin.scheme!r} of codebook "
            f"{trained.origin.codebook or 'unknown'!r}; {book.name!r} has {schemes}. Give the codebook "
            "it learned (--codebook)."
        )
    scheme = book.scheme(trained.origin.scheme)
    _refuse_other_scheme(book, scheme, trained)
    return scheme, trained


def _refuse_other_scheme(book: Codebook, scheme: Scheme, trained: TrainedHead) -> None:
    """A head codes with a book as long as labels, side and kind of the scheme are what it learned."""
    head, origin = trained.head, trained.origin
    expected = tuple(x for x in scheme.labels if x not in (*origin.dropped, *origin.merged))
    kind = (head.exclusive, origin.side or scheme.side) == (scheme.exclusive, scheme.side)
    if head.labels == expected and kind:
        return
    changed = sorted(set(head.labels) ^ set(expected)) or "order, side or kind of the codes"
    raise BadInput(
        f"The head {head.name!r} learned another version of scheme {scheme.name!r} than codebook "
        f"{book.name!r} {book.version} has; they differ in: {changed}. Train it again with this book."
    )
