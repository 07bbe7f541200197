"""What each side speaks of: topics with their words, turns and groups, on a map that can be drawn on."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, cast

import param
import polars as pl

from workbench.errors import BadInput
from workbench.figures import topic_structure as structure
from workbench.figures import topics as figures
from workbench.topics.over_time import WHOLE
from workbench.views import public_tables as public
from workbench.views import topic_editing as editing
from workbench.views import topic_turns as turns
from workbench.views.topic_data import PAIR, TopicData, topics_folder, topics_state
from workbench.views.topic_map import CELLS_FROM, map_marks, map_state
from workbench.views.view import Action, Export, Section, View

if TYPE_CHECKING:
    from workbench.topics.edits import Edit

__all__ = ["TopicExplorer"]

_SIDES = ("helper", "client")
_TURNS = 200
_GROUP_COLUMNS = (
    *("group", "topic", "estimate", "low", "high", "method", "n", "n_clusters"),
    *("p_value", "q_value", "finding", "reason"),
)
_PLACED = ("conversation", "turn", "role", "text")


class TopicExplorer(View):
    """Topics of one side.

    Parameters
    ----------
    side
        Whose turns were fitted.
    topic
        Number of the topic looked at; -1 are the outliers.
    pair
        Two groups to compare.
    area
        Corners drawn on the map: `x`, `y`; None without any.
    unit
        Id of the turn that is shown in its conversation.
    layer_name, layer_label
        Scheme and label of the layer that the turns in the area become.
    new_name, other, parts
        What an edit of the topic needs: its new name, the other topic, the number of parts.
    """

    slug: ClassVar[str] = "topics"
    title: ClassVar[str] = "Topics"
    question: ClassVar[str] = "What do helpers and clients speak of, and in which sessions?"
    controls: ClassVar[tuple[str, ...]] = ("side", "topic", "pair")
    public_controls: ClassVar[tuple[str, ...]] = controls

    side: Any = param.Selector(default="helper", objects=list(_SIDES), doc="Whose turns.")
    topic: Any = param.Selector(objects=[], doc="Topic to look at; -1 are the outliers.")
    pair: Any = param.Selector(objects=[], doc="Groups to compare.")
    area: Any = param.Parameter(default=None, doc="Corners drawn on the map.")
    unit: Any = param.Parameter(default=None, doc="Turn shown in its conversation.")
    layer_name = param.String(default="", doc="Name of the new layer: letters, digits, - and _.")
    layer_label = param.String(default="", doc="Label that the turns get.")
    new_name = param.String(default="", doc="What the chosen topic shall be called.")
    other: Any = param.Selector(
        objects=[], label="Other topic", doc="Topic to merge with, or to move the turn to."
    )
    parts = param.Integer(default=2, bounds=(2, 8), doc="Parts to split the topic into.")

    def prepare(self) -> None:
        """Offer the sides that were fitted, their topics and groups."""
        fitted = [side for side in _SIDES if topics_folder(self.study, side).is_dir()]
        self.offer("side", fitted or list(_SIDES))
        self._start_side()

    @param.depends("side", watch=True)
    def _start_side(self) -> None:
        self.area = self.unit = None
        self._offer_topics()

    @param.depends("topic", watch=True)
    def _start_topic(self) -> None:
        self.new_name = ""

    def _offer_topics(self) -> None:
        fitted = topics_folder(self.study, self.side).is_dir()
        info = self._data.topics.info if fitted else pl.DataFrame({"Topic": []})
        numbers = info.sort(pl.col("Topic") == figures.OUTLIER, "Topic")["Topic"].to_list()
        self.offer("topic", numbers)
        self.offer("other", numbers)
        self.offer("pair", self._data.pairs if fitted else [])

    def click(self, key: str, point: Mapping[str, Any]) -> None:
        """Take the topic of a clicked mark or row, a turn, or an area drawn on the map."""
        if key in ("sizes", "differences", "tree"):
            self._look_at(point.get("customdata"))
        if key == "topics":
            self._look_at(point.get("topic"))
        if key in ("turns", "selection") and not self.public:
            self._show_turn(point.get("conversation"), point.get("turn"))
        if key == "map" and not self.public:
            self._take_map(point)

    def _look_at(self, number: Any) -> None:
        if number is not None and int(number) in self.param["topic"].objects:
            self.topic = int(number)

    def _show_turn(self, conversation: Any, turn: Any) -> None:
        said = self.study.corpus.utterances.filter(
            (pl.col("conversation_id") == conversation) & (pl.col("turn") == turn)
        )
        self.unit = said["id"][0] if said.height else None

    def _take_map(self, traits: Mapping[str, Any]) -> None:
        if "area" in traits:
            self.area = _area(traits["area"])
        if traits.get("picked"):
            self.unit = turns.nearest_turn(self._data, traits["picked"])
            self._look_at(traits["picked"].get("topic"))

    def cautions(self) -> list[str]:
        """What the step said, and what topics are."""
        record = self.study.step(f"topics-{self.side}")
        return [
            "Topics come from likeness of texts; read turns of a topic before you trust its words.",
            *(record.notes if record else ()),
        ]

    def sections(self) -> Sequence[Section]:
        """Topics, the map, the chosen topic, groups, structure, edits."""
        topics = [
            Section("sizes", "Topics and their shares", "figure", self._sizes, public=True),
            Section("topics", "Topics as a table", "table", self._table, public=True),
            Section("set_apart", "Set apart before fitting", "table", self._set_apart, public=True),
            Section("map", "Map", "esm", self._map),
        ]
        chosen = [
            Section("words", "Words of the chosen topic", "figure", self._words, public=True),
            Section("turns", "Turns of the chosen topic", "table", self._turns),
        ]
        groups = [
            Section("groups", "The chosen topic by group", "figure", self._shares, public=True),
            Section(
                "differences",
                "Groups compared on all topics",
                "figure",
                self._differences,
                public=True,
            ),
            Section("driving", "Words behind the difference", "figure", self._driving),
            Section("group_table", "Groups as a table", "table", self._group_table, public=True),
        ]
        structured = [
            Section("tree", "Which topics are alike", "figure", self._tree),
            Section("positions", "The chosen topic over the session", "figure", self._positions),
            Section("classes", "Topics over the session, by class", "figure", self._classes),
        ]
        return [
            *topics,
            *self._selected(),
            *chosen,
            *self._said_around(),
            *groups,
            *structured,
            *self._editing(),
        ]

    def _selected(self) -> list[Section]:
        if self.area is None:
            return []
        stem = f"topics-{self.side}-selection"
        actions = (
            Action("new_layer", "New layer", self._new_layer),
            Export("csv", "CSV", f"{stem}.csv", lambda: turns.as_csv(self._in_area())),
            Export("jsonl", "JSONL", f"{stem}.jsonl", lambda: turns.as_jsonl(self._in_area())),
        )
        inputs = ("layer_name", "layer_label")
        title = "Turns in the area drawn on the map"
        return [
            Section("selection", title, "table", self._selection, inputs=inputs, actions=actions)
        ]

    def _said_around(self) -> list[Section]:
        title = "The chosen turn in its conversation"
        return [] if self.unit is None else [Section("around", title, "table", self._around)]

    def _editing(self) -> list[Section]:
        actions = (
            Action("rename", "Rename", self._rename),
            Action("merge", "Merge with other", self._merge),
            Action("split", "Split", self._split),
            Action("drop", "Drop", self._drop),
            Action("move", "Move turn to other", self._move),
            Action("undo", "Undo", self._undo),
        )
        if not topics_folder(self.study, self.side).is_dir():
            return []
        inputs = ("new_name", "other", "parts")
        title = "Edits of the topics"
        return [Section("edits", title, "table", self._edits, inputs=inputs, actions=actions)]

    # -- data --------------------------------------------------------------------------------------

    @property
    def _data(self) -> TopicData:
        depends = (topics_state(self.study, self.side), self.fingerprint(f"topics-{self.side}"))
        made = self.keep(
            "data", depends, lambda: TopicData(self.study, self.side, crowd=self.crowd)
        )
        return cast(TopicData, made)

    def _colour(self) -> str:
        return figures.topic_colour(self.topic, self._data.unstable)

    def _grey(self) -> dict[str, Any]:
        return {"unstable": self._data.unstable, "stability": self._data.said_stability}

    # -- topics and map ------------------------------------------------------------------------------

    def _sizes(self) -> tuple[Any, str]:
        data = self._data
        titles = [data.titles[number] for number in data.info["Topic"]]
        named = data.info.with_columns(pl.Series("title", titles))
        told = data.said_shares
        return figures.topic_sizes(named, shares=told, chosen=self.topic, **self._grey()), told

    def _table(self) -> tuple[pl.DataFrame, str]:
        data = self._data
        words = pl.col("Representation").list.join(", ").alias("words")
        first = (pl.col("Topic").alias("topic"), words, pl.col("Count").alias("turns"), "share")
        rest = ("core", "conversations")
        note = f"share: of the fitted turns; core: turns before reassignment. {data.said_shares}"
        if self.public:
            return data.info.select(*first, *rest, "reason"), note
        table = data.info.select(*first)
        if data.names:
            called = [data.names.get(number) for number in table["topic"]]
            table = table.insert_column(1, pl.Series("name", called, dtype=pl.String))
        if data.stability is not None:
            recurring = data.stability.select(
                "topic", pl.col("estimate").alias("recurrence"), "stable", "word_overlap"
            )
            table = table.join(recurring, on="topic", how="left", maintain_order="left")
            note += " recurrence: share of the refits in which the topic came again."
        if self.pair is not None:
            differences = data.groups.filter(pl.col("group") == self.pair).select(
                "topic",
                pl.col("estimate").alias("difference"),
                "low",
                "high",
                *(["finding"] if "finding" in data.groups.columns else []),
            )
            table = table.join(differences, on="topic", how="left", maintain_order="left")
            note += (
                f" difference: of the shares of {self.pair}, with its interval from low to high."
            )
        table = table.join(
            data.info.select("Topic", *rest),
            left_on="topic",
            right_on="Topic",
            how="left",
            maintain_order="left",
        )
        return table, f"{note} {data.said_stability} {data.stability_command}".rstrip()

    def _set_apart(self) -> tuple[pl.DataFrame, str]:
        table = self._data.topics.set_apart
        if self.crowd is not None:
            table = public.set_apart(table, self._data.topics.layer, self.crowd)
        return table, "share: of all turns of the side."

    def _map(self) -> tuple[Any, str]:
        data = self._data
        marks = self.keep(
            "marks",
            (topics_state(self.study, self.side), data.unstable),
            lambda: map_marks(data.places, unstable=data.unstable),
        )
        n = data.places.height
        cells = (
            " Each mark is a cell of a grid in the colour of most of its turns, larger for more turns; an "
            "area drawn is applied to every turn."
            if n >= CELLS_FROM
            else ""
        )
        told = (
            f"n = {n:,} fitted turns (UMAP of the embeddings; neighbours mean likeness, distances and axes "
            f"mean nothing). Numbers: topics.{cells} {data.said_stability}"
        )
        state = map_state(
            marks,
            titles=data.titles,
            unstable=data.unstable,
            chosen=self.topic,
            area=self.area,
            picked=self._picked(),
            told=told,
        )
        return state, (
            "Draw an area to list its turns; click a mark to see its topic, and its turn in the conversation."
        )

    def _picked(self) -> dict[str, Any] | None:
        if self.unit is None:
            return None
        own = self._data.places.filter(pl.col("unit_id") == self.unit)
        if own.is_empty():  # said by the other side, or set apart
            return None
        return own.select(pl.col("x", "y").cast(pl.Float32), "topic").row(0, named=True)

    def _in_area(self) -> pl.DataFrame:
        depends = (topics_state(self.study, self.side), repr(self.area))
        made = self.keep(
            "in_area", depends, lambda: turns.turns_in_area(self.study, self._data, self.area)
        )
        return cast(pl.DataFrame, made)

    def _selection(self) -> tuple[Any, str]:
        found = self._in_area()
        if found.is_empty():
            return "No turn lies in the area.", ""
        listed = (
            f"; the first {_TURNS} are listed, files and layer hold all"
            if found.height > _TURNS
            else ""
        )
        table = found.head(_TURNS).select(
            pl.col("conversation_id").alias("conversation"), "turn", "role", "topic", "text"
        )
        talks = found["conversation_id"].n_unique()
        return table, f"{found.height:,} turns of {talks:,} conversations{listed}."

    def _new_layer(self) -> str:
        layer = turns.keep_selection(
            self.study, self._in_area(), name=self.layer_name, label=self.layer_label
        )
        return f"Layer {layer.name} was written, with {layer.table.height:,} turns."

    # -- the chosen topic ----------------------------------------------------------------------------

    def _words(self) -> tuple[Any, str]:
        data = self._data
        withheld = data.info.filter(pl.col("Representation").is_null())
        if self.topic in withheld["Topic"]:
            why = withheld.filter(pl.col("Topic") == self.topic)["reason"].item()
            return f"Withheld: {why}.", ""
        words = data.topics.words.filter(pl.col("topic") == self.topic)
        figure = figures.topic_words(
            words,
            title=data.titles[self.topic],
            colour=self._colour(),
            stability=data.said_stability,
        )
        return figure, ""

    def _turns(self) -> tuple[pl.DataFrame, str]:
        """Turns of the topic, the nearest to its centre first."""
        own = turns.turns_of_topic(self.study, self._data, self.topic)
        note = (
            "closeness: cosine with the topic's centre; the first turns represent it best. Click a turn to "
            "see it in its conversation."
        )
        if own.height > _TURNS:
            note += f" The first {_TURNS} of {own.height:,} turns."
        named = own.rename({"conversation_id": "conversation"})
        return named.head(_TURNS).select(*_PLACED, "closeness"), note

    def _around(self) -> tuple[pl.DataFrame, str]:
        talk = self.study.corpus.utterances.filter(pl.col("id") == self.unit)["conversation_id"][0]
        return turns.around_turn(self.study, self._data, self.unit), (
            f"Conversation {talk}; {turns.AROUND} turns before and after. `Move turn to other` below puts "
            "this turn into another topic."
        )

    # -- groups --------------------------------------------------------------------------------------

    def _shares(self) -> tuple[Any, str]:
        data = self._data
        own = data.groups.filter(
            (pl.col("topic") == self.topic) & ~pl.col("group").str.contains(PAIR, literal=True)
        )
        figure = figures.group_shares(
            own,
            by=data.grouped_by,
            title=data.titles[self.topic],
            colour=self._colour(),
            stability=data.said_stability,
        )
        return figure, ""

    def _differences(self) -> tuple[Any, str]:
        data = self._data
        groups = data.groups
        if self.pair is None:
            return "There are no two groups to compare.", ""
        figure = figures.group_differences(
            groups.filter(pl.col("group") == self.pair),
            pair=self.pair,
            titles=data.titles,
            chosen=self.topic,
            **self._grey(),
        )
        return figure, "Groups of conversations that differ in a topic may differ in much else."

    def _driving(self) -> tuple[Any, str]:
        table = self._data.table("group-words", "words that drive a difference of groups")
        own = table.filter(pl.col("group") == self.pair)
        if own.is_empty():
            return "There are no two groups whose words were compared.", ""
        if "topic" in own.columns and own["topic"].null_count():
            own = own.filter(pl.col("topic").is_null())
        return structure.driving_words(own, pair=self.pair), ""

    def _group_table(self) -> tuple[pl.DataFrame, str]:
        """What is the same in all rows goes into the note, or the table is too wide for a sheet of paper."""
        groups = self._data.groups
        told = "A row per group and topic, then a row per pair of groups and topic."
        level = next(iter(groups["level"].drop_nulls()), None)
        if level is not None and "estimand" in groups.columns:
            shares = groups["estimand"].drop_nulls().unique(maintain_order=True)
            told += f" Share: {'; differences: '.join(shares)}. Intervals: {level:.0%}."
        return groups.select(x for x in _GROUP_COLUMNS if x in groups.columns), told

    # -- structure -----------------------------------------------------------------------------------

    def _tree(self) -> tuple[Any, str]:
        data = self._data
        table = data.table("hierarchy", "hierarchy of topics")
        figure = structure.topic_tree(table, titles=data.titles, chosen=self.topic, **self._grey())
        return figure, ""

    def _positions(self) -> tuple[Any, str]:
        data = self._data
        table = data.table("positions", "topics over the session")
        own = table.filter(pl.col("topic") == self.topic)
        if own.is_empty():
            return "This topic was not followed over the session.", ""
        figure = structure.topic_positions(
            own,
            title=data.titles[self.topic],
            colour=self._colour(),
            stability=data.said_stability,
        )
        return figure, ""

    def _classes(self) -> tuple[Any, str]:
        data = self._data
        table = data.table("classes", "topics over the session per class").filter(
            pl.col("position") != WHOLE
        )
        if table.is_empty():
            return "There are no classes of conversations to compare.", ""
        figure = structure.topic_courses(
            table, titles=data.titles, chosen=self.topic, **self._grey()
        )
        return figure, ""

    # -- edits ---------------------------------------------------------------------------------------

    def _edits(self) -> tuple[pl.DataFrame, str]:
        log = editing.log_table(self.study, self.side)
        done = f"{log.height} edits, the last first." if log.height else "No edits so far."
        return log, (
            f"Edits are of the chosen topic ({self._data.titles.get(self.topic, 'none')}) and are written "
            f"into the study, where every screen sees them. {done}"
        )

    def _edit(self, make: Callable[[], Edit]) -> str:
        told = editing.edited(self.study, self.side, make)
        self._offer_topics()
        return told

    def _rename(self) -> str:
        from workbench.topics import Rename

        return self._edit(lambda: Rename(self.topic, self.new_name.strip()))

    def _merge(self) -> str:
        from workbench.topics import Merge

        return self._edit(lambda: Merge((self.topic, self.other)))

    def _split(self) -> str:
        from workbench.topics import Split

        return self._edit(lambda: Split(self.topic, self.parts))

    def _drop(self) -> str:
        from workbench.topics import Drop

        return self._edit(lambda: Drop(self.topic))

    def _move(self) -> str:
        from workbench.topics import Move

        if self.unit is None:
            raise BadInput("No turn is chosen. Click a turn in the map or in the table of turns.")
        unit = str(self.unit)
        return self._edit(lambda: Move(unit, self.other))

    def _undo(self) -> str:
        told = editing.undone(self.study, self.side)
        self._offer_topics()
        return told


def _area(traits: Any) -> dict[str, list[float]] | None:
    """Corners that a browser sent; None for what is no area."""
    if not traits:
        return None
    x, y = ([float(value) for value in traits.get(axis) or ()] for axis in ("x", "y"))
    return {"x": x, "y": y} if len(x) == len(y) and len(x) >= 3 else None
