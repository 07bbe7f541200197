"""What each side speaks of: topics with their words, turns and groups."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, cast

import param
import polars as pl

from workbench.figures import topics as figures
from workbench.views import public_tables as public
from workbench.views.view import Section, View

if TYPE_CHECKING:
    from workbench.topics import Topics

__all__ = ["TopicExplorer"]

_OUTLIER = -1
_SIDES = ("helper", "client")
_TURNS = 200
_PAIR = " - "


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
    """

    slug: ClassVar[str] = "topics"
    title: ClassVar[str] = "Topics"
    question: ClassVar[str] = "What do helpers and clients speak of, and in which sessions?"
    controls: ClassVar[tuple[str, ...]] = ("side", "topic", "pair")
    public_controls: ClassVar[tuple[str, ...]] = controls

    side: Any = param.Selector(default="helper", objects=list(_SIDES), doc="Whose turns.")
    topic: Any = param.Selector(objects=[], doc="Topic to look at; -1 are the outliers.")
    pair: Any = param.Selector(objects=[], doc="Groups to compare.")

    def prepare(self) -> None:
        """Offer the sides that were fitted, their topics and groups."""
        fitted = [side for side in _SIDES if self._folder(side).is_dir()]
        self.offer("side", fitted or list(_SIDES))
        self._offer_topics()

    @param.depends("side", watch=True)
    def _offer_topics(self) -> None:
        numbers: list[int] = []
        if self._folder(self.side).is_dir():
            info = self._topics().info
            numbers = info.sort(pl.col("Topic") == _OUTLIER, "Topic")["Topic"].to_list()
        self.offer("topic", numbers)
        groups = (
            self._groups()["group"].unique(maintain_order=True).to_list()
            if self._has_groups()
            else []
        )
        self.offer("pair", [group for group in groups if _PAIR in group])

    def click(self, key: str, point: Mapping[str, Any]) -> None:
        """Take the topic of a clicked bar, dot or row."""
        if key in ("sizes", "map", "differences"):
            self._look_at(point.get("customdata"))
        if key == "topics":
            self._look_at(point.get("topic"))

    def _look_at(self, number: Any) -> None:
        if number is not None and int(number) in self.param["topic"].objects:
            self.topic = int(number)

    def cautions(self) -> list[str]:
        """What the step said, and what topics are."""
        record = self.study.step(f"topics-{self.side}")
        return [
            "Topics come from likeness of texts; read turns of a topic before you trust its words.",
            *(record.notes if record else ()),
        ]

    def sections(self) -> Sequence[Section]:
        """Topics, the map, and the chosen topic."""
        return [
            Section("sizes", "Topics and their shares", "figure", self._sizes, public=True),
            Section("topics", "Topics as a table", "table", self._table, public=True),
            Section("set_apart", "Set apart before fitting", "table", self._set_apart, public=True),
            Section("map", "Map", "figure", self._map),
            Section("words", "Words of the chosen topic", "figure", self._words, public=True),
            Section("turns", "Turns of the chosen topic", "table", self._turns),
            Section("groups", "The chosen topic by group", "figure", self._shares, public=True),
            Section(
                "differences",
                "Groups compared on all topics",
                "figure",
                self._differences,
                public=True,
            ),
            Section("group_table", "Groups as a table", "table", self._group_table, public=True),
        ]

    # -- data --------------------------------------------------------------------------------------

    def _folder(self, side: str) -> Any:
        return self.study.folder / "topics" / side

    def _topics(self) -> Topics:
        from workbench.topics import Topics

        if not self._folder(self.side).is_dir():
            raise self.study.not_computed(f"topics of side {self.side}", "topics")
        depends = (self.side, self.fingerprint(f"topics-{self.side}"))
        found = self.keep("topics", depends, lambda: Topics.read(self._folder(self.side)))
        return cast(Topics, found)

    def _info(self) -> pl.DataFrame:
        """Topics as a table; in a public view those of few people have neither figures nor words."""
        topics = self._topics()
        if self.crowd is None:
            return topics.info
        return public.topic_info(topics, self.crowd)

    def _has_groups(self) -> bool:
        return self.study.has_table(f"topics/{self.side}-groups")

    def _groups(self) -> pl.DataFrame:
        table = self.study.table(f"topics/{self.side}-groups", step="topics")
        if self.crowd is None:
            return table
        corpus, layer = self.study.corpus, self._topics().layer
        return public.topic_groups(table, layer, corpus, self.crowd, by=self._group_name())

    def _group_name(self) -> str:
        record = self.study.step(f"topics-{self.side}")
        return str(record.parameters.get("group") or "group") if record else "group"

    def _titles(self) -> dict[int, str]:
        """Number and leading words of every topic."""
        return {
            number: "no topic (outliers)"
            if number == _OUTLIER
            else f"{number}: {'words withheld' if words is None else ', '.join(words[:4])}"
            for number, words in self._info()["Topic", "Representation"].iter_rows()
        }

    def _said_shares(self) -> str:
        topics = self._topics()
        share = topics.outlier_share
        if self.public:
            return ""
        return (
            f"Outliers: {share.after:.1%} ({share.before:.1%} before reassignment). Set apart before "
            f"fitting: {topics.set_apart_share:.1%} of the side's turns."
        )

    # -- content -------------------------------------------------------------------------------------

    def _sizes(self) -> tuple[Any, str]:
        titles, info = self._titles(), self._info()
        named = info.with_columns(pl.Series("title", [titles[n] for n in info["Topic"]]))
        shares = self._said_shares()
        return figures.topic_sizes(named, shares=shares, chosen=self.topic), shares

    def _table(self) -> tuple[pl.DataFrame, str]:
        words = pl.col("Representation").list.join(", ").alias("words")
        info = self._info()
        table = info.select(
            pl.col("Topic").alias("topic"),
            words,
            pl.col("Count").alias("turns"),
            "share",
            "core",
            "conversations",
            *(["reason"] if self.public else []),
        )
        return (
            table,
            f"share: of the fitted turns; core: turns before reassignment. {self._said_shares()}",
        )

    def _set_apart(self) -> tuple[pl.DataFrame, str]:
        table = self._topics().set_apart
        if self.crowd is not None:
            table = public.set_apart(table, self._topics().layer, self.crowd)
        return table, "share: of all turns of the side."

    def _map(self) -> tuple[Any, str]:
        topics, titles = self._topics(), self._titles()
        labels = topics.layer.table.select("unit_id", topic=pl.col("label").cast(pl.Int64))
        texts = self.study.corpus.utterances.select("text", unit_id="id")
        points = (
            topics.map.join(labels, on="unit_id", how="left", maintain_order="left")
            .join(texts, on="unit_id", how="left", maintain_order="left")
            .with_columns(title=pl.col("topic").replace_strict(titles, return_dtype=pl.String))
        )
        return figures.topic_map(points, shares=self._said_shares(), chosen=self.topic), ""

    def _words(self) -> tuple[Any, str]:
        withheld = self._info().filter(pl.col("Representation").is_null())
        if self.topic in withheld["Topic"]:
            return (
                f"Withheld: {withheld.filter(pl.col('Topic') == self.topic)['reason'].item()}.",
                "",
            )
        words = self._topics().words.filter(pl.col("topic") == self.topic)
        return figures.topic_words(words, title=self._titles()[self.topic]), ""

    def _turns(self) -> tuple[pl.DataFrame, str]:
        """Turns of the topic, the nearest to its centre first."""
        topics = self._topics()
        own = topics.layer.table.filter(pl.col("label") == str(self.topic)).select(
            "unit_id", closeness="value"
        )
        turns = own.join(
            self.study.corpus.utterances, left_on="unit_id", right_on="id", maintain_order="left"
        ).sort("closeness", descending=True, nulls_last=True, maintain_order=True)
        note = "closeness: cosine with the topic's centre; the first turns represent it best."
        if turns.height > _TURNS:
            note += f" The first {_TURNS} of {turns.height:,} turns."
        shown = turns.head(_TURNS).select(
            pl.col("conversation_id").alias("conversation"), "turn", "role", "text", "closeness"
        )
        return shown, note

    def _shares(self) -> tuple[Any, str]:
        own = self._groups().filter(
            (pl.col("topic") == self.topic) & ~pl.col("group").str.contains(_PAIR, literal=True)
        )
        title = self._titles()[self.topic]
        return figures.group_shares(own, by=self._group_name(), title=title), ""

    def _differences(self) -> tuple[Any, str]:
        table = self._groups()
        if self.pair is None:
            return "There are no two groups to compare.", ""
        figure = figures.group_differences(
            table.filter(pl.col("group") == self.pair),
            pair=self.pair,
            titles=self._titles(),
            chosen=self.topic,
        )
        return figure, "Groups of conversations that differ in a topic may differ in much else."

    def _group_table(self) -> tuple[pl.DataFrame, str]:
        return self._groups(), "A row per group and topic, then a row per pair of groups and topic."
