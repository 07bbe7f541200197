"""A second model, wording or sample does not take the place of the first: it stands beside under a name."""

from dataclasses import replace

import pytest
from llm_study import code, cost
from llm_talk import by_question_mark, small_book, small_corpus
from openai_server import model_server, saying

import workbench as wb
from workbench.errors import BadInput
from workbench.pipeline.agreement import comparable_schemes
from workbench.pipeline.llm_coding import llm_trail
from workbench.study import Study


@pytest.fixture
def study(tmp_path):
    return Study.create(tmp_path / "study", small_corpus(4))


@pytest.fixture
def book(tmp_path):
    return small_book(tmp_path)


@pytest.fixture
def server():
    with model_server(by_question_mark) as started:
        yield started


def files_of(study):
    """Layers and what is kept of the answers, by name, with when each was written."""
    kept = [*study.folder.glob("layers/*"), *study.folder.glob("llm/*.*")]
    return {file.name: file.stat().st_mtime_ns for file in kept if file.suffix != ".jsonl"}


@pytest.mark.parametrize(
    ("other", "told"),
    [
        ({"model": "large"}, r"model 'small-\w+', now 'large-\w+'"),
        ({"prompt": "definitions"}, "prompt 'standard', now 'definitions'"),
        ({"context_turns": 0}, "context_turns 4, now 0"),
        ({"seeds": (1,)}, r"seeds \[0\], now \[1\]"),
        ({"way": "options"}, "way 'json', now 'options'"),
        ({"model": "large", "schemes": ["flags"]}, "model 'small"),
        ({"limit": 2}, r"10 turns that would be left out, such as 'c\d-\d'"),
        ({"units": ["c0-1"]}, "11 turns that would be left out"),
    ],
)
def test_another_way_of_asking_does_not_take_the_place_of_the_first(
    study, book, server, other, told
):
    code(study, book, server.endpoint)
    before, asked = files_of(study), len(server.asked)
    for do in (code, cost):
        with pytest.raises(BadInput, match=told) as raised:
            do(study, book, server.endpoint, **other)
        assert "holds 'talk.llm'" in str(raised.value)
        assert "--name second" in str(raised.value)
    assert (files_of(study), len(server.asked)) == (before, asked)


def test_another_version_of_the_book_does_not_take_the_place_of_the_first(study, book, server):
    code(study, book, server.endpoint)
    with pytest.raises(BadInput, match=r"codebook small 1 \(\w{8}\), now small 2 \(anotherb\)"):
        code(study, replace(book, version="2", checksum="anotherbook"), server.endpoint)


def test_two_models_stand_side_by_side_under_names(study, book, server):
    code(study, book, server.endpoint)
    first = files_of(study)
    (second,) = code(study, book, server.endpoint, model="large", name="second", limit=8)
    assert second.name == "talk.llm-second"
    assert first.items() <= files_of(study).items()
    assert study.step("llm-code-small").outputs == (
        "layers/talk.llm.parquet",
        "llm/talk.outcomes.parquet",
    )
    assert study.step("llm-code-small.second").outputs == (
        "layers/talk.llm-second.parquet",
        "llm/talk.second.outcomes.parquet",
    )
    heights = [llm_trail(study, "talk", name=name).table.height for name in ("", "second")]
    assert heights == [12, 8]
    with pytest.raises(BadInput, match=r"'talk.llm-second', .*model 'large-"):
        code(study, book, server.endpoint, name="second")
    table = wb.agreement([study.layer("talk.llm"), second], corpus=study.corpus)
    assert table.filter(measure="percent")["estimate"][0] == 1
    assert comparable_schemes(study) == {"talk": ["talk.llm", "talk.llm-second"]}


def test_a_pilot_grows_to_all_turns_and_keeps_its_answers(study, book, server):
    for limit, turns in ((3, 3), (6, 6), (None, 16), (100, 12), (None, 16)):
        (layer,) = code(study, book, server.endpoint, limit=limit)
        assert layer.table["unit_id"].n_unique() == turns  # a turn without words is in no sample
    assert len(server.asked) == 12
    (drawn,) = code(study, book, server.endpoint, name="drawn", limit=3)
    study.add(small_corpus(5).filter(conversations=["c4"]))
    (drawn,) = code(study, book, server.endpoint, name="drawn", limit=3)
    assert drawn.metadata.sampling.startswith("3 of 15 turns")
    with pytest.raises(BadInput, match="would be left out"):
        code(study, book, server.endpoint, name="drawn", limit=3, random_state=11)


def test_schemes_that_are_asked_about_one_after_the_other_are_of_one_coding(study, book, server):
    def no_flag(content):
        form = content["response_format"]["json_schema"]["schema"]["properties"]
        return by_question_mark(content) if "label" in form else saying('{"labels": []}')

    server.answer = no_flag
    code(study, book, server.endpoint)
    (flags,) = code(study, book, server.endpoint, schemes=["flags"])
    assert flags.name == "flags.llm"
    record = study.step("llm-code-small")
    assert [x for x in record.outputs if x.startswith("layers")] == [
        "layers/talk.llm.parquet",
        "layers/flags.llm.parquet",
    ]
    asked = len(server.asked)
    both = code(study, book, server.endpoint, schemes=None)
    assert ([layer.name for layer in both], len(server.asked)) == (["talk.llm", "flags.llm"], asked)
