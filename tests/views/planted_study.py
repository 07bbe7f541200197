"""A small study with every kind of result, written by hand: what the screens are compared with.

Twelve conversations of 24 turns; one turn holds markup that must show as text. Codes, emotions and
topics are planted, the attribution is computed over a rule that answers like a model.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl

from workbench.attribution import LogOdds, attribute, coder_check
from workbench.corpus import Corpus, Layer, LayerMetadata
from workbench.emotion.tiers import ontology
from workbench.files import write_json
from workbench.language_models import Component, Prompt
from workbench.pipeline import agreement_of_study
from workbench.study import StepRecord, Study
from workbench.topics import (
    OutlierShare,
    Topics,
    backchannel_layer,
    group_table,
    topics_checksum,
)

MARKUP = "<img src=x onerror=document.title='hit'><script>document.title='hit'</script> well"
HELPER = ("What would you like to change?", "You sound tired of it.", "Mm-hmm.")
CLIENT = ("I want to sleep better.", "I cannot stop now.", "Maybe next week, who knows.")
TALKS, TURNS = 12, 24
FLAGS = ("question", "open", "closed", "reflection", "simple", "complex")


def corpus() -> Corpus:
    rows = []
    for talk in range(TALKS):
        # the first conversation is short: too few helper turns for a ratio
        turns = 8 if talk == 0 else TURNS * 2
        for turn in range(turns):
            said = (HELPER, CLIENT)[turn % 2]
            rows.append(
                {
                    "conversation_id": f"t{talk:02d}",
                    "speaker": f"{'HC'[turn % 2]}{talk % 3}",
                    "role": ("therapist", "client")[turn % 2],
                    "text": MARKUP
                    if (talk, turn) == (1, 3)
                    else f"{said[(turn // 2 + talk) % 3]} ({turn})",
                }
            )
    talks = pl.DataFrame(
        {
            "id": [f"t{talk:02d}" for talk in range(TALKS)],
            "quality": ["high" if talk % 2 else "low" for talk in range(TALKS)],
            "topic": [("sleep", "smoking", "grief")[talk % 3] for talk in range(TALKS)],
            "target_behaviour": [None if talk == 0 else "sleep" for talk in range(TALKS)],
        }
    )
    return Corpus.build(pl.DataFrame(rows), conversations=talks)


def _layer(
    name: str, units: pl.Series, labels: tuple[str, ...], *, exclusive: bool, seed: int
) -> Layer:
    generator = np.random.default_rng(seed)
    shape = (len(units), len(labels))
    if exclusive:
        chances = generator.dirichlet(np.ones(len(labels)), len(units))
        given = chances == chances.max(1, keepdims=True)
    else:
        chances = generator.beta(0.8, 2.0, shape)
        given = chances > 0.5
    rows = [
        (unit, labels[j], float(chances[i, j]))
        for i, unit in enumerate(units)
        for j in range(len(labels))
        if given[i, j]
    ]
    coded = {unit for unit, _, _ in rows}
    rows += [(unit, None, None) for unit in units if unit not in coded]
    schema = {"unit_id": pl.String, "label": pl.String, "probability": pl.Float64}
    shares = pl.DataFrame(chances, schema=list(labels)).insert_column(0, units.alias("unit_id"))
    metadata = LayerMetadata(
        scheme=name.split(".", maxsplit=1)[0],
        coder="head",
        coder_kind="model",
        labels=labels,
        exclusive=exclusive,
        caution="Planted codes.",
    )
    table = pl.DataFrame(rows, schema=schema, orient="row")
    return Layer.build(name, table, metadata, probabilities=shares)


def _gold(units: pl.Series) -> Layer:
    labels = ("change", "neutral", "sustain")
    rows = pl.DataFrame(
        {"unit_id": units, "label": [labels[i % 3] for i in range(len(units))]},
    )
    metadata = LayerMetadata("annomi-client", "gold", "gold", labels=labels)
    return Layer.build("annomi-client.gold", rows, metadata)


def _topics(study: Study, side: str) -> Topics:
    """Topics by the turn's sentence; every tenth turn an outlier, backchannels set apart."""
    turns = study.corpus.utterances.filter(pl.col("side") == side)
    apart = study.layer("backchannel").table.filter(pl.col("label").is_not_null())["unit_id"]
    sentences = {text: i for i, text in enumerate((HELPER, CLIENT)[side == "client"])}
    labels = []
    for i, (unit, text) in enumerate(turns["id", "text"].iter_rows()):
        number = sentences.get(text.rsplit(" (", 1)[0], 0)
        labels.append(None if unit in set(apart) else "-1" if i % 10 == 9 else str(number))
    table = pl.DataFrame(
        {
            "unit_id": turns["id"],
            "label": pl.Series(labels, dtype=pl.String),
            "value": np.linspace(1.0, 0.1, turns.height),
        }
    )
    layer = Layer.build(
        f"topics-{side}", table, LayerMetadata(f"topics-{side}", "bertopic", "model")
    )
    fitted = table.drop_nulls("label")
    counted = fitted.group_by("label").agg(pl.len().cast(pl.Int64).alias("Count"))
    info = counted.select(
        pl.col("label").cast(pl.Int64).alias("Topic"),
        "Count",
        pl.col("label").alias("Name"),
        Representation=pl.concat_list(pl.lit("<b>wish</b>"), pl.lit("sleep"), pl.lit("week")),
        share=pl.col("Count") / fitted.height,
        core="Count",
        conversations=pl.lit(TALKS, pl.Int64),
        representative_ids=pl.concat_list(pl.lit("t01-0")),
    ).sort("Topic")
    words = pl.DataFrame(
        [
            (t, w, 1.0 / (i + 1))
            for t in info["Topic"]
            for i, w in enumerate(("wish", "sleep", "week"))
        ],
        schema={"topic": pl.Int64, "word": pl.String, "weight": pl.Float64},
        orient="row",
    )
    generator = np.random.default_rng(1)
    place = pl.DataFrame(
        {"x": generator.normal(size=fitted.height), "y": generator.normal(size=fitted.height)}
    )
    share = float((fitted["label"] == "-1").mean())
    set_apart = pl.DataFrame(
        {"label": ["backchannel"], "count": [turns.height - fitted.height]},
    ).with_columns(share=pl.col("count") / turns.height)
    return Topics(
        side=side,
        layer=layer,
        info=info,
        words=words,
        map=place.insert_column(0, fitted["unit_id"]),
        outlier_share=OutlierShare(share, share),
        set_apart=set_apart,
    )


def _estimates(rows: list[dict]) -> pl.DataFrame:
    """A table of estimates: what is not given is as of a plain interval."""
    plain = {"level": 0.95, "method": "planted", "n": 40, "n_clusters": TALKS, "reason": None}
    table = pl.DataFrame([plain | row for row in rows], infer_schema_length=None)
    return table.with_columns(
        low=pl.col("estimate") - 0.05,
        high=pl.col("estimate") + 0.05,
        reason=pl.col("reason").cast(pl.String),
    )


POSITIONS = ("first third", "second third", "last third")
UNSTABLE = 1


def _beside_topics(study: Study, found: Topics) -> None:
    """The tables beside fitted topics; topic 1 is unstable."""
    side = found.side
    numbers = [number for number in found.info["Topic"] if number >= 0]

    def write(name: str, table: pl.DataFrame) -> None:
        study.write_table(f"topics/{side}-{name}", table)

    stability = _estimates([{"topic": n, "estimate": 0.9 - 0.3 * n} for n in numbers])
    overlap = pl.col("estimate").alias("word_overlap")
    write("stability", stability.with_columns(overlap, stable=pl.col("topic") != UNSTABLE))
    checksum = topics_checksum(found)
    write("stability-summary", pl.DataFrame({"measure": ["ari"], "topics_checksum": [checksum]}))
    merges, joined, last = [], [numbers[0]], numbers[0]
    for step, number in enumerate(numbers[1:], 1):
        joined = [*joined, number]
        merges.append((number + 10, number, last, 0.3 * step, joined, ["wish", "sleep"]))
        last = number + 10
    names = ["parent", "left", "right", "distance", "topics", "words"]
    write("hierarchy", pl.DataFrame(merges, schema=names, orient="row"))
    places = [(n, place) for n in numbers for place in POSITIONS]
    write(
        "positions",
        _estimates([{"topic": n, "position": x, "estimate": 0.1 * (n + 1)} for n, x in places]),
    )
    write(
        "classes",
        _estimates(
            [
                {"class": c, "topic": n, "position": x, "estimate": 0.1 * (n + 1) + 0.05 * k}
                for k, c in enumerate(("high", "low"))
                for n, x in places
            ]
        ),
    )
    words = (("sleep", 1.2, True), ("week", -0.4, False), ("<b>wish</b>", 0.1, False))
    write(
        "group-words",
        _estimates(
            [
                {"group": "high - low", "topic": None, "word": w, "estimate": e, "finding": f}
                | {"z_calibrated": e}
                for w, e, f in words
            ]
        ).with_columns(pl.col("topic").cast(pl.Int64)),
    )


class RuleModel:
    """Answers `question` where a question mark is read, and more surely after an instruction."""

    fingerprint = "rule"

    def score_options(self, conversations, options):
        scores = []
        for messages in conversations:
            text = " ".join(message["content"] for message in messages)
            sure = 0.5 + 1.5 * ("Decide" in text) + 0.01 * (len(text) % 7)
            logit = sure if text.rstrip().endswith("?") else -sure
            p = 1 / (1 + np.exp(-logit))
            scores.append(
                [np.log(0.8 * (p if option == "question" else 1 - p)) for option in options]
            )
        return np.array(scores)


def _attributions(study: Study) -> None:
    prompt = Prompt(
        (
            Component("instruction", "Decide: {options}.", "system"),
            Component("examples", "<b>How are you?</b>", "user"),
            Component("examples", "question", "assistant"),
            Component("utterance", "{utterance}", "user"),
        )
    )
    options = ("question", "reflection")
    turns = study.corpus.utterances.filter(pl.col("side") == "helper").head(20)
    asked = [text.split(" (")[0] for text in turns["text"]]
    items = pl.DataFrame(
        {
            "utterance": asked,
            "label": ["question" if "?" in text else "reflection" for text in asked],
            "source": turns["conversation_id"],
        }
    )
    folder = study.folder / "attributions" / "question_reflection"
    check = coder_check(prompt, items, options=options, model=RuleModel())
    write_json(folder / "check.json", check.to_dict())
    for number, row in enumerate(turns.head(2).iter_rows(named=True)):
        cache = study.folder.parent / f"{study.folder.name}-answers.jsonl"
        filled = prompt.filled(utterance=asked[number])
        found = attribute(
            filled, LogOdds(items["label"][number], options), model=RuleModel(), cache=cache
        )
        content = found.to_dict()
        content["settings"] |= {"unit_id": row["id"], "prompt": "question_reflection"}
        write_json(folder / f"{number}.json", content)
    study.record_step(StepRecord("attribution-question_reflection", "planted"))


def bare_study(folder: Path) -> Study:
    """The corpus alone: nothing was computed."""
    return Study.create(folder, corpus())


def full_study(folder: Path) -> Study:
    """The corpus with every kind of result."""
    study = bare_study(folder)
    turns = study.corpus.utterances
    helper = turns.filter(pl.col("side") == "helper")["id"]
    client = turns.filter(pl.col("side") == "client")["id"]
    labels = ("question", "reflection", "therapist_input", "other")
    talk = ("change", "neutral", "sustain")
    for layer in (
        _layer("annomi-helper.head", helper, labels, exclusive=True, seed=1),
        _layer("annomi-helper-flags.head", helper, FLAGS, exclusive=False, seed=2),
        _layer("annomi-client.head", client, talk, exclusive=True, seed=3),
        _gold(client),
        *(
            _layer(name, turns["id"], ontology().labels(tier), exclusive=False, seed=4)
            for name, tier in (
                ("goemotions.head", "emotion"),
                ("goemotions-ekman.head", "ekman"),
                ("goemotions-sentiment.head", "sentiment"),
            )
        ),
        backchannel_layer(study.corpus),
    ):
        study.write_layer(layer)
    for side in ("helper", "client"):
        found = _topics(study, side)
        found.write(study.folder / "topics" / side)
        study.write_layer(found.layer)
        table = group_table(study.corpus, found.layer, by="quality", permutations=49)
        study.write_table(f"topics/{side}-groups", table)
        _beside_topics(study, found)
        study.record_step(StepRecord(f"topics-{side}", "planted", {"group": "quality"}))
    _attributions(study)
    agreement_of_study(study)
    return study
