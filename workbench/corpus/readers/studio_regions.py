"""Results of Label Studio as codings: which part of which utterance a region is, and what it says.

A region over a whole paragraph is on the utterance, one inside it on a span, one over several
paragraphs on a segment (a row for each). Ratings, numbers and texts that annotate a region become
its `value` and `note`; where they stand alone they are a scheme of their own, named by the control.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from workbench.corpus.layer import Unit
from workbench.corpus.readers.coding_troubles import CodingTroubles
from workbench.corpus.readers.codings import UNITS, Coding, Place

__all__ = ["KINDS", "StudioTask", "codings_of", "scheme_and_unit"]

KINDS = {
    **dict.fromkeys(
        ("choices", "labels", "paragraphlabels", "hypertextlabels", "taxonomy"), "labels"
    ),
    **dict.fromkeys(("rating", "number"), "value"),
    "textarea": "note",
}
"""Type of a result -> what of a coding it gives."""


@dataclass(frozen=True, slots=True)
class StudioTask:
    """A task's utterances: their ids and words; one where the task is a text, all of a dialogue."""

    row: int
    ids: Sequence[str]
    texts: Sequence[str]
    conversation: str | None = None

    @property
    def where(self) -> str:
        """How messages call the task."""
        return f"task {self.row}"


def scheme_and_unit(control: str) -> tuple[str, Unit | None]:
    """`miti.span` -> scheme `miti`, unit `span`; the writer names controls so."""
    scheme, _, ending = control.rpartition(".")
    return next(((scheme, unit) for unit in UNITS if unit == ending and scheme), (control, None))


def codings_of(
    task: StudioTask, results: Sequence[Any], who: Mapping[str, Any], trouble: CodingTroubles
) -> Iterator[Coding]:
    """Codings of one annotation or prediction; `who` has coder, kind, round and probability."""
    groups: dict[str, list[Mapping[str, Any]]] = {}
    relations: list[Mapping[str, Any]] = []
    for number, result in enumerate(results):
        if not isinstance(result, dict):
            trouble.note("unreadable", task.where)
        elif result.get("type") == "relation":
            relations.append(result)
        elif result.get("type") not in KINDS or not isinstance(result.get("value"), dict):
            trouble.note("of another kind", task.where)
        else:
            groups.setdefault(str(result.get("id") or f"#{number}"), []).append(result)
    places = {key: _places(task, group[0], trouble) for key, group in groups.items()}
    links = {str(r.get("from_id")): places.get(str(r.get("to_id"))) for r in relations}
    for key, group in groups.items():
        if (found := places[key]) is None:
            trouble.note("beyond the text", task.where)
            continue
        target = links.get(key)
        for given in _given(group, trouble, task.where):
            for place in found:
                yield Coding(
                    unit=place.unit,
                    unit_id=place.unit_id,
                    start_char=place.start,
                    end_char=place.end,
                    target_id=target[0].name if target else place.first,
                    **{**who, **given},
                )


def _given(
    group: Sequence[Mapping[str, Any]], trouble: CodingTroubles, where: str
) -> Iterator[dict[str, Any]]:
    """Scheme, label, value, note and probability of each coding of one region."""
    labelled = [result for result in group if KINDS[result["type"]] == "labels"]
    numbers = [r for r in group if KINDS[r["type"]] == "value" and _number(r) is not None]
    texts = [r for r in group if KINDS[r["type"]] == "note"]
    written = [text for result in texts for text in _texts(result)]
    note = "\n".join(written) if written else None
    for place, result in enumerate(labelled):
        scheme, _ = scheme_and_unit(str(result.get("from_name")))
        extra: dict[str, Any] = {"scheme": scheme}
        if isinstance(result.get("score"), int | float):
            extra["probability"] = float(result["score"])
        if place == 0:  # of several controls on one region, the first takes what hangs on it
            extra |= {"note": note, "value": _number(numbers[0]) if numbers else None}
        labels = _labels(result)
        if labels is None:
            trouble.note("unreadable", where)
            continue
        given: list[str | None] = [*labels] or [None]
        for label in given:
            yield {**extra, "label": label}
    if labelled:
        return
    for result in numbers:
        number = _number(result)
        scheme, _ = scheme_and_unit(str(result.get("from_name")))
        yield {"scheme": scheme, "label": f"{number:g}", "value": number, "note": note}
    if not numbers and note is not None:
        yield {"scheme": str(texts[0].get("from_name")), "label": None, "note": note}


def _labels(result: Mapping[str, Any]) -> list[str] | None:
    value = result["value"]
    found = value.get(result["type"], value.get("labels"))
    if isinstance(found, str):
        return [found]
    if not isinstance(found, list):
        return None
    return ["/".join(map(str, each)) if isinstance(each, list) else str(each) for each in found]


def _number(result: Mapping[str, Any]) -> float | None:
    found = result["value"].get(result["type"])
    return float(found) if isinstance(found, int | float) else None


def _texts(result: Mapping[str, Any]) -> list[str]:
    found = result["value"].get("text")
    texts = found if isinstance(found, list) else [found]
    return [text for text in texts if isinstance(text, str)]


# -- where a region is -----------------------------------------------------------------------------


def _places(
    task: StudioTask, result: Mapping[str, Any], trouble: CodingTroubles
) -> list[Place] | None:
    """Rows of a region; None where it is not inside the words."""
    value = result["value"]
    _, asked = scheme_and_unit(str(result.get("from_name")))
    if "start" not in value:
        whole: Unit = "utterance" if task.conversation is None else "conversation"
        return [Place(whole, task.conversation or task.ids[0])]
    first, last = _whole(value["start"]), _whole(value.get("end"))
    if first is None or last is None:
        return None
    if task.conversation is None:
        ends = _inside(task, task.texts[0], first, last, value, trouble)
        return None if ends is None else [Place(asked or "span", task.ids[0], *ends)]
    if not 0 <= first <= last < len(task.ids):
        return None
    if first == last:
        return _in_one(task, first, value, asked, trouble)
    return _over_several(task, first, last, value)


def _in_one(
    task: StudioTask, at: int, value: Mapping[str, Any], asked: Unit | None, trouble: CodingTroubles
) -> list[Place] | None:
    text = task.texts[at]
    start, end = _whole(value.get("startOffset")) or 0, _whole(value.get("endOffset"))
    ends = _inside(task, text, start, len(text) if end is None else end, value, trouble)
    if ends is None:
        return None
    if asked in (None, "utterance") and text[slice(*ends)].strip() == text.strip():
        return [Place("utterance", task.ids[at])]
    return [Place(asked or "span", task.ids[at], *ends)]


def _over_several(
    task: StudioTask, first: int, last: int, value: Mapping[str, Any]
) -> list[Place] | None:
    start, end = _whole(value.get("startOffset")) or 0, _whole(value.get("endOffset"))
    if start > len(task.texts[first]) or (end or 0) > len(task.texts[last]):
        return None
    places = []
    for at in range(first, last + 1):
        begins = start if at == first else 0
        stops = end if at == last and end is not None else len(task.texts[at])
        link = None if at == first else task.ids[first]
        places.append(Place("segment", task.ids[at], begins, stops, link))
    return places


def _inside(
    task: StudioTask,
    text: str,
    start: int,
    end: int,
    value: Mapping[str, Any],
    trouble: CodingTroubles,
) -> tuple[int, int] | None:
    """Ends in characters; browsers count those beyond the 65,536th of Unicode twice."""
    quote = value.get("text")
    if isinstance(quote, str) and quote and _folded(text[start:end]) != _folded(quote):
        units = text.encode("utf-16-le", "surrogatepass")
        meant = units[2 * start : 2 * end].decode("utf-16-le", "replace")
        if _folded(meant) == _folded(quote):
            before = units[: 2 * start].decode("utf-16-le", "replace")
            return len(before), len(before) + len(meant)
        trouble.note("quoted otherwise", task.where)
    return (start, end) if 0 <= start <= end <= len(text) else None


def _folded(text: str) -> str:
    return " ".join(text.split())


def _whole(stated: Any) -> int | None:
    try:
        return int(stated)
    except (TypeError, ValueError, OverflowError):
        return None
