"""Text that says nothing: it takes the place of an absent component, or is added as a filler.

The two lists are different on purpose: a filler must not be told apart from real components
merely because it repeats the text that stands for their absence.
"""

from __future__ import annotations

from itertools import chain, cycle, islice

__all__ = ["filler_text", "neutral_text"]

_NEUTRAL = (
    "This part of the page is blank on purpose.",
    "Nothing is written here that has to be read.",
    "The lines at this place only keep the layout as it is.",
    "There is no content in this paragraph.",
    "The page goes on below as it did above.",
    "These words were put here to fill the space.",
)
_FILLERS = (
    (
        "The shelf by the window is made of wood.",
        "On most days the bus comes at ten past the hour.",
        "The lamp in the hall was bought in a shop nearby.",
    ),
    (
        "Paper comes in several sizes and weights.",
        "The larger sheets are kept in the lower drawer.",
        "A ruler is about thirty centimetres long.",
    ),
    (
        "The river runs from north to south past the mill.",
        "There are two bridges and a small harbour.",
        "Boats are painted in spring and stored in autumn.",
    ),
    (
        "Bread is baked early in the morning.",
        "The flour is delivered on Tuesdays and Fridays.",
        "The oven has to be warm before the first tray goes in.",
    ),
)


def _words(sentences: tuple[str, ...], words: int, start: int) -> str:
    turned = sentences[start % len(sentences) :] + sentences[: start % len(sentences)]
    endless = chain.from_iterable(sentence.split() for sentence in cycle(turned))
    return " ".join(islice(endless, words))


def neutral_text(words: int, *, start: int = 0) -> str:
    """Return `words` words that carry no information about any task, from sentence `start` on.

    >>> neutral_text(4)
    'This part of the'
    """
    return _words(_NEUTRAL, words, start)


def filler_text(words: int, *, number: int = 0) -> str:
    """Return `words` words of the inert filler `number`: plain sentences off every topic.

    >>> filler_text(4, number=1)
    'Paper comes in several'
    """
    return _words(_FILLERS[number % len(_FILLERS)], words, number // len(_FILLERS))
