"""A study's topics: named by a model, with flags corrected by a person; the words stay."""

import sys
from pathlib import Path

import polars as pl
import pytest
from openai_server import ELSEWHERE, model_elsewhere, model_server

import workbench as wb
from workbench.corpus import Layer, LayerMetadata
from workbench.errors import BadInput, InsufficientData, NetworkRefused, NotComputed
from workbench.language_models import OpenAICompatibleLM
from workbench.pipeline import edit_topics, name_topics, topic_names
from workbench.topics import Move, Rename, Topics

sys.path.insert(0, str(Path(__file__).parents[1] / "topics"))
from planted_topics import planted


def written(content):
    """Answers with the first word of the prompt's list."""
    prompt = content["messages"][-1]["content"]
    word = prompt.split("Words: ")[1].split(",")[0]
    return {"choices": [{"message": {"content": f'Name: "all about {word}".'}}]}


@pytest.fixture(scope="module")
def corpus():
    return planted()[0]


@pytest.fixture(scope="module")
def fitted(corpus, tmp_path_factory):
    study = wb.Study.create(tmp_path_factory.mktemp("topics") / "study", corpus)
    wb.topics(study)
    return study


@pytest.fixture
def study(fitted, tmp_path):
    import shutil

    return wb.Study.open(shutil.copytree(fitted.folder, tmp_path / "study"))


@pytest.fixture
def model():
    with model_server(written) as server:
        found = OpenAICompatibleLM(server.endpoint, "small")
        found.asked = server.asked
        yield found


def test_names_are_proposed_kept_and_not_asked_for_twice(study, model):
    table = name_topics(study, model=model)
    topics = Topics.read(study.folder / "topics" / "helper")
    assert table["topic"].to_list() == list(range(topics.n_topics))
    assert table["name"].str.starts_with("all about ").all()
    assert set(table["model"]) == {model.fingerprint}
    assert not table["deterministic"].any()
    assert table.select("prompt", "answer", "when").null_count().row(0) == (0, 0, 0)
    asked = len(model.asked)
    assert asked == topics.n_topics
    assert name_topics(study, model=model).equals(table)
    assert len(model.asked) == asked
    assert topics.info.equals(wb.topics(study).info)  # names stand beside the words


def test_whose_name_it_is_is_told(study, model):
    before = topic_names(study)
    assert set(before["name_source"]) == {"words"}
    name_topics(study, model=model)
    assert topic_names(study)["Representation"].equals(before["Representation"])
    edit_topics(study, Rename(0, "what a person says"))
    named = topic_names(study).filter(pl.col("Topic") >= 0)
    assert named["Name", "name_source"].rows()[:2] == [
        ("what a person says", "expert"),
        (f"all about {named['Representation'][1][0]}", model.fingerprint),
    ]
    edit_topics(study, Move(named_unit(study, 1), 2))  # neither has the members it was named for
    sources = dict(topic_names(study).select("Topic", "name_source").iter_rows())
    assert (sources[1], sources[2], sources[3]) == ("words", "words", model.fingerprint)


def named_unit(study, topic):
    table = study.layer("topics-helper").table
    return table.filter(pl.col("label") == str(topic))["unit_id"][0]


def test_a_model_elsewhere_is_written_down_or_refused(study, monkeypatch):
    with model_elsewhere(monkeypatch) as server:
        server.answer = written
        model = OpenAICompatibleLM(ELSEWHERE, "large")
        with wb.offline(), pytest.raises(NetworkRefused):
            name_topics(study, model=model)
        assert not study.has_table("topics/helper-names")
        if study.ledger():  # a refused call may stand there, none was answered
            assert not server.asked
        with pytest.raises(NetworkRefused):
            name_topics(study, model=model)  # nobody consented
        assert not server.asked


def test_without_topics_the_command_is_named(study):
    with pytest.raises(NotComputed, match=r"workbench topics .* --side client"):
        name_topics(study, side="client")


# -- what is set apart ----------------------------------------------------------------------------


def correction(corpus, label=None, *, units=None, coder="me", **facts):
    """A person says of some turns that they are, or are not, mere talk."""
    units = corpus.utterances["id"] if units is None else pl.Series(units)
    rows = pl.DataFrame(
        {"unit_id": units, "label": pl.Series([label] * len(units), dtype=pl.String)}
    )
    told = {"scheme": "backchannel", "coder": coder, "coder_kind": "human", **facts}
    return Layer.build("backchannel", rows, LayerMetadata(**told))


def test_a_person_overrules_the_rules_and_the_study_remembers(study, corpus):
    before = wb.topics(study)
    apart = before.layer.table.filter(pl.col("label").is_null())["unit_id"].to_list()
    kept = wb.topics(study, set_apart=correction(corpus, units=apart[:5]))
    notes = kept.layer.table.filter(pl.col("unit_id").is_in(apart[:5]))
    assert notes["label"].is_not_null().all()
    assert kept.set_apart["count"].sum() == before.set_apart["count"].sum() - 5
    assert "backchannel.me" in study.layer_names()
    assert study.layer("backchannel").metadata.coder_kind == "rule"
    assert any("corrected by me on 5 turns" in note for note in study.step("topics-helper").notes)

    done = study.step("topics-helper")
    assert wb.topics(study).layer.table.equals(kept.layer.table)
    assert study.step("topics-helper") == done  # same correction, nothing to do


def test_a_layer_of_another_scheme_or_corpus_leaves_all_as_it_was(study, corpus):
    before = {p: p.read_bytes() for p in study.folder.rglob("*.parquet")}
    with pytest.raises(BadInput, match="by scheme 'mood'"):
        wb.topics(study, set_apart=correction(corpus, scheme="mood"))
    with pytest.raises(BadInput, match="none of the 2 utterances"):
        wb.topics(study, set_apart=correction(corpus, units=["x", "y"]))
    with pytest.raises(BadInput, match="representation"):
        wb.topics(study, representation="keyberts")
    with pytest.raises(InsufficientData, match="group"):
        wb.topics(study, group="session_number")
    assert {p: p.read_bytes() for p in study.folder.rglob("*.parquet")} == before


def test_words_by_meaning_are_words_of_the_topic(study):
    by_weight, by_meaning = wb.topics(study), wb.topics(study, representation="keybert")
    assert by_meaning.layer.table.equals(by_weight.layer.table)
    for topic, shown in by_meaning.info["Topic", "Representation"].iter_rows():
        proposed = by_weight.ctfidf.filter(pl.col("topic") == topic)["word"].head(30)
        assert set(shown) <= set(proposed)
