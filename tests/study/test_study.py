"""A study keeps what was computed, says what is missing, and refuses what it cannot read."""

import json

import numpy as np
import polars as pl
import pytest

from workbench.corpus import Corpus, Layer, LayerMetadata
from workbench.errors import BadInput, NotComputed, WorkbenchError
from workbench.study import StepRecord, Study
from workbench.study.export import export_study, wide_layers


@pytest.fixture
def corpus():
    turns = pl.DataFrame(
        {
            "conversation_id": ["a", "a", "b", "b"],
            "speaker": ["h", "c", "h", "d"],
            "role": ["therapist", "client", "therapist", "client"],
            "text": ["What brings you?", "=SUM(1)", "And you?", "I, um, quit."],
        }
    )
    return Corpus.build(turns)


@pytest.fixture
def study(tmp_path, corpus):
    return Study.create(tmp_path / "study", corpus)


def test_what_goes_in_comes_out(study, corpus):
    again = Study.open(study.folder)
    assert again.corpus.checksum() == corpus.checksum()
    vectors = np.eye(4, dtype=np.float32)
    again.write_embeddings(vectors, encoder="test")
    assert np.array_equal(Study.open(study.folder).embeddings(), vectors)


def test_an_existing_folder_is_never_overwritten(study, corpus):
    with pytest.raises(BadInput, match="exists already"):
        Study.create(study.folder, corpus)


def test_another_version_is_refused_with_the_file_named(study):
    about = study.folder / "study.json"
    about.write_text(json.dumps({**json.loads(about.read_text()), "study_version": 99}))
    with pytest.raises(BadInput, match=r"study\.json: study version 99"):
        Study.open(study.folder)


def test_missing_results_name_the_command(study):
    with pytest.raises(NotComputed, match="workbench code"):
        study.layer("annomi-helper.head")
    with pytest.raises(NotComputed, match="workbench analyse"):
        study.embeddings()


def test_embeddings_of_an_earlier_corpus_are_not_taken_for_those_of_this_one(study):
    study.write_embeddings(np.eye(4, dtype=np.float32), encoder="test")
    more = pl.DataFrame({"conversation_id": ["z"], "speaker": ["h"], "text": ["New."]})
    study.add(Corpus.build(more))
    with pytest.raises(NotComputed, match="sessions added since"):
        study.embeddings()


def test_adding_a_known_conversation_is_refused(study, corpus):
    with pytest.raises(BadInput, match="already in the corpus"):
        study.add(corpus)
    assert Study.open(study.folder).corpus.conversations.height == 2


def test_a_second_writer_is_told(study):
    other = Study.open(study.folder)
    with study.locked(), pytest.raises(WorkbenchError, match="Another process"), other.locked():
        pass


def test_a_step_may_run_inside_a_step(study):
    with study.locked(), study.locked():
        study.write_table("t", pl.DataFrame({"a": [1]}))
    with Study.open(study.folder).locked():
        assert study.table("t", step="embed")["a"].to_list() == [1]


def test_step_records_round_trip(study):
    record = StepRecord(
        "code-annomi", "f" * 64, {"seed": 7}, 1.5, "cpu", ("refused",), ("layers/x",)
    )
    study.record_step(record)
    assert study.step("code-annomi") == record


def test_a_layer_without_probabilities_does_not_inherit_those_of_the_one_before(study):
    unit = study.corpus.utterances["id"][0]
    facts = LayerMetadata("mood", "head", "model", labels=("good",))
    rows = pl.DataFrame({"unit_id": [unit], "label": ["good"]})
    shares = pl.DataFrame({"unit_id": [unit], "good": [0.9]})
    study.write_layer(Layer.build("mood.head", rows, facts, probabilities=shares))
    assert study.layer("mood.head").probabilities is not None
    study.write_layer(Layer.build("mood.head", rows, facts))
    assert study.layer("mood.head").probabilities is None


def test_export_wide_and_long(study, tmp_path):
    ids = study.corpus.utterances["id"]
    rows = pl.DataFrame({"unit_id": [ids[0], ids[2], ids[2]], "label": ["open", "open", "simple"]})
    flags = LayerMetadata("flags", "A", "human", labels=("open", "simple"), exclusive=False)
    study.write_layer(Layer.build("flags.A", rows, flags))
    wide = wide_layers(study, ["flags.A"])
    assert wide["flags.A: open"].to_list() == [1, None, 1, None]
    assert wide["flags.A: simple"].to_list() == [0, None, 1, None]
    for format in ("csv", "parquet", "xlsx"):
        files = export_study(study, tmp_path / format, format=format, shape="wide")
        assert (tmp_path / format / f"codes.{format}") in files
    back = pl.read_excel(tmp_path / "xlsx" / "codes.xlsx")
    assert back["text"].to_list()[1] == "=SUM(1)"


def test_embeddings_come_in_blocks_and_go_mapped(study):
    vectors = np.eye(4, 3, dtype=np.float16)
    study.write_embeddings((vectors[i : i + 3] for i in (0, 3)), encoder="test-3")
    mapped = study.embeddings(in_memory=False)
    assert np.array_equal(mapped, vectors)
    assert mapped.dtype == np.float16
    assert not mapped.flags.writeable
    assert np.array_equal(study.embeddings(encoder="test-3"), vectors.astype(np.float32))


@pytest.mark.parametrize(
    "blocks", [[(3, 2)], [(3, 2), (1, 3)], [(3, 2), (2, 2)], []], ids=["few", "odd", "many", "none"]
)
def test_embeddings_that_do_not_fit_leave_the_old_ones(study, blocks):
    study.write_embeddings(np.eye(4, dtype=np.float32), encoder="old")
    with pytest.raises(BadInput, match=r"4 utterances|4 in all"):
        study.write_embeddings((np.zeros(shape, np.float16) for shape in blocks), encoder="new")
    assert np.array_equal(study.embeddings(encoder="old"), np.eye(4, dtype=np.float32))


def test_embeddings_of_another_encoder_are_not_taken(study):
    study.write_embeddings(np.eye(4, dtype=np.float32), encoder="one")
    with pytest.raises(NotComputed, match="of the encoder one, not of two"):
        study.embeddings(encoder="two")


def test_a_block_that_fails_leaves_no_half_written_folder(study):
    def fails():
        yield np.zeros((2, 3), np.float16)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        study.write_embeddings(fails(), encoder="test")
    assert not list(study.folder.glob(".emb*"))
    assert not (study.folder / "embeddings").exists()
