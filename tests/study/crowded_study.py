"""A planted study in which one person left traces everywhere, and a search that finds them."""

import json
import sqlite3
import sys
from contextlib import closing
from pathlib import Path

import numpy as np
import polars as pl

sys.path.insert(0, str(Path(__file__).parents[1] / "views"))
import planted_study

from workbench.corpus import Corpus, Layer, LayerMetadata
from workbench.embedding import EmbeddingStore, text_mark
from workbench.files import write_json
from workbench.language_models import RecordedLM
from workbench.pipeline import attribution
from workbench.study import StepRecord

PERSON = "wanda-0417"
SHARED = "Thank you, that is enough for today."
"""Said by the person and by another."""


def corpus():
    """The planted corpus with a person who says what nobody else says, but for one sentence."""
    planted = PLANTED()
    own = pl.format(
        "Since the flood I count the {} steps of stair {} & more", "turn", "conversation_id"
    )
    told = (
        pl.when(pl.col("speaker") == "C1")
        .then(pl.when(pl.col("turn") == 5).then(pl.lit(SHARED)).otherwise(own))
        .when((pl.col("speaker") == "C2") & (pl.col("turn") == 7))
        .then(pl.lit(SHARED))
        .otherwise("text")
    )
    turns = planted.utterances.with_columns(
        text=told,
        speaker=pl.col("speaker").replace("C1", PERSON),
        reply_to=pl.col("id").shift().over("conversation_id"),
    )
    turns = turns.with_columns(
        pl.lit(f"asked by {PERSON}").alias("meta.asked"),
        pl.when(pl.col("turn") == 2).then(pl.col("text").shift(-1)).alias("meta.next"),
    )
    talks = planted.conversations.with_columns(
        source=pl.when(pl.col("id").is_in(["t01", "t04"])).then(pl.lit(PERSON)).otherwise("id")
    )
    named = {"t07": f"{PERSON}/7"}
    turns = turns.with_columns(pl.col("conversation_id").replace(named))
    talks = talks.with_columns(pl.col("id").replace(named))
    speakers = planted.speakers.with_columns(id=pl.col("id").replace("C1", PERSON))
    return Corpus.build(turns, conversations=talks, speakers=speakers)


PLANTED = planted_study.corpus


def crowded_study(folder, cache):
    """Make the study in `folder`, with embeddings in `cache`, and return it.

    WORKBENCH_CACHE_HOME has to name `cache`.
    """
    planted_study.corpus = corpus
    try:
        study = planted_study.full_study(folder)
    finally:
        planted_study.corpus = PLANTED
    turns = study.corpus.utterances
    vectors = np.random.default_rng(0).normal(size=(turns.height, 8)).astype(np.float32)
    study.write_embeddings(vectors, encoder="test-8")
    texts = turns["text"].unique(maintain_order=True)
    keys = np.array([bytes.fromhex(text_mark(text)) for text in texts], "S16")
    store = EmbeddingStore(cache / "embeddings")
    half = len(keys) // 2
    store.put(keys[:half], vectors[:half], "test-8")
    store.put(keys[half:], vectors[half : len(keys)], "test-8")
    answers = RecordedLM(cache / "answers" / "rule.jsonl", model=planted_study.RuleModel())
    attribution(study, model=answers)
    digests = study.corpus.conversation_digests()
    study.write_table("steps/code-annomi.conversations", digests)
    study.record_step(StepRecord("code-annomi", "planted"))
    units = turns.filter(pl.col("speaker") == PERSON)["id"]
    quoting = Layer.build(
        f"notes.{PERSON}",
        pl.DataFrame(
            {
                "unit_id": ["t00-0", "t00-1", units[0]],
                "target_id": [None, units[1], None],
                "label": ["x", "x", "x"],
                "note": [f"as in: {texts_of(study)[0]}", "links", "own"],
            }
        ),
        LayerMetadata("notes", PERSON, "human", labels=("x",), facts={"asked": f"by {PERSON}"}),
    )
    study.write_layer(quoting)
    study.write_table(
        "agreement/table", pl.DataFrame({"unit_id": units, "text": texts_of(study)[0]})
    )
    study.record_step(StepRecord("agreement", "planted", outputs=("agreement/table.parquet",)))
    study.write_manifest(
        "r1", {"parameters": {"utterances": units.head(2).to_list()}, "by": PERSON}
    )
    with closing(sqlite3.connect(study.folder / "annotations.sqlite")) as base, base:
        base.execute("CREATE TABLE codes (unit_id TEXT, label TEXT, note TEXT)")
        rows = [(units[0], "x", ""), ("t00-0", "x", f"{PERSON} said: {texts_of(study)[0]}")]
        base.executemany("INSERT INTO codes VALUES (?, ?, ?)", rows)
    write_json(study.folder / "notes.json", {PERSON: [texts_of(study)[1]]})
    return study


def texts_of(study):
    """Distinct texts that only the person says."""
    turns = study.corpus.utterances.filter(pl.col("speaker") == PERSON)
    return [text for text in turns["text"].unique(maintain_order=True) if text != SHARED]


def traces(folders, needles):
    """Files in which one of the needles stands, tables and databases read through."""
    found = set()
    for folder in folders:
        for path in sorted(x for x in folder.rglob("*") if x.is_file()):
            content = path.read_bytes() + str(path.relative_to(folder)).encode()
            if path.suffix == ".parquet":
                table = pl.read_parquet(path)
                content += json.dumps(pl.read_parquet_metadata(path)).encode()
                for column in table.select(~pl.selectors.binary()).iter_columns():
                    content += repr(column.to_list()).encode()
            if path.suffix == ".sqlite":
                with closing(sqlite3.connect(path)) as base:
                    content += "\n".join(base.iterdump()).encode()
            found |= {(path.name, needle) for needle in needles if needle.encode() in content}
    return found
