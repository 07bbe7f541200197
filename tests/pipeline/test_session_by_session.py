"""Sessions that come and go: whatever its history, a study holds the layers of one made at once."""

import polars as pl
import pytest

import workbench as wb
from workbench.corpus import Corpus
from workbench.embedding import Encoder

ENGLISH = [
    ("therapist", "What would you like to change about the way that you have been smoking?"),
    ("client", "I want to stop, because it is not good for my kids and they know it."),
    ("therapist", "It sounds like you worry about what they think of you when you do that."),
    ("client", "Yes, and I don't think that I can do it on my own, there is so much going on."),
]
FRENCH = [
    (
        "therapist",
        "Qu'est-ce qui vous amène aujourd'hui, et comment allez-vous depuis la fois passée ?",
    ),
    (
        "client",
        "Je ne sais pas si je peux continuer comme ça, mais il faut que je le fasse pour moi.",
    ),
    (
        "therapist",
        "Vous sentez que c'est difficile, et pourtant vous cherchez encore une autre voie.",
    ),
    ("client", "Oui, parce que mes enfants me le disent tous les jours et je les écoute enfin."),
]
SHORT = [("therapist", "D'accord, merci."), ("client", "Oui, voilà.")]
CODERS = {
    "rules": lambda study: wb.code(study, coder="rules"),
    "heads": wb.code,
    "emotion": wb.emotion,
}


def session(name, turns, *, goal=None):
    """One conversation of a helper and a client of its own."""
    rows = [
        {"conversation_id": name, "speaker": f"{role} of {name}", "role": role, "text": text}
        for role, text in turns
    ]
    facts = pl.DataFrame(
        {"id": [name], "target_behaviour": [goal]}, {"id": str, "target_behaviour": str}
    )
    return Corpus.build(pl.DataFrame(rows), conversations=facts)


def joined(*sessions):
    first, *others = sessions
    for other in others:
        first = first.followed_by(other)
    return first


def files(study):
    """What lies in the study's folder of layers."""
    return {file.name: file.read_bytes() for file in (study.folder / "layers").glob("*")}


@pytest.fixture(params=CODERS)
def code(request):
    """What codes a study."""
    return CODERS[request.param]


@pytest.fixture
def coded(code, tmp_path):
    """Make a study of the first session and add the others, coding it each time."""

    def make(name, first, *added):
        study = wb.Study.create(tmp_path / name, first)
        layers = code(study)
        for other in added:
            study.add(other)
            layers = code(study)
        return study, layers

    return make


def coding_step(study):
    """The record of the step that coded the study."""
    return next(x for x in study.steps() if x.name != "embed")


def test_a_declined_session_takes_no_layers_away(coded):
    before, layers = coded("a", joined(session("e1", ENGLISH), session("e2", ENGLISH)))
    after, kept = coded("b", before.corpus, session("f", FRENCH))
    assert layers
    assert [x.name for x in kept] == [x.name for x in layers]
    assert all(x.table.equals(y.table) for x, y in zip(kept, layers, strict=True))
    assert len(coding_step(after).outputs) == len(layers)
    assert any("English" in note for note in coding_step(after).notes)


def test_forgetting_a_session_leaves_the_layers_of_the_others(coded, code):
    study, _ = coded("all", joined(session("e1", ENGLISH), session("e2", ENGLISH)))
    study.forget("client of e1", whole_conversations=True)
    layers = code(study)
    without, expected = coded("without", session("e2", ENGLISH))
    assert [x.name for x in layers] == [x.name for x in expected]
    assert files(study) == files(without)


def test_forgetting_the_last_coded_session_leaves_no_layer(coded, code):
    study, _ = coded("all", joined(session("e", ENGLISH), session("f", FRENCH)))
    study.forget("client of e", whole_conversations=True)
    assert code(study) == []
    assert files(study) == {}


@pytest.mark.parametrize("order", [("with", "without"), ("without", "with")])
def test_the_caution_of_any_session_is_said_in_whatever_order_they_came(coded, order):
    sessions = {
        "with": session("a", ENGLISH, goal="to smoke less"),
        "without": session(
            "b", [("user" if r == "client" else "assistant", t) for r, t in ENGLISH]
        ),
    }
    first, second = (sessions[name] for name in order)
    in_turn, _ = coded("in turn", first, second)
    at_once, _ = coded("at once", joined(first, second))
    assert files(in_turn) == files(at_once)
    assert coding_step(in_turn).notes == coding_step(at_once).notes


def test_a_caution_goes_with_the_session_that_called_for_it(tmp_path):
    one = session("a", ENGLISH, goal="to smoke less")
    study = wb.Study.create(tmp_path / "study", one.followed_by(session("b", ENGLISH)))
    assert "no stated change goal" in wb.code(study)[-1].metadata.caution
    study.forget("client of b", whole_conversations=True)
    assert "no stated change goal" not in wb.code(study)[-1].metadata.caution
    assert not any("no stated change goal" in note for note in study.step("code-annomi").notes)


def test_a_short_session_is_judged_with_the_whole_study_whenever_it_comes(coded):
    long = joined(session("e1", ENGLISH), session("e2", ENGLISH))
    in_turn, _ = coded("in turn", long, session("s", SHORT))
    at_once, layers = coded("at once", joined(long, session("s", SHORT)))
    assert files(in_turn) == files(at_once)
    assert layers[0].table["unit_id"].str.starts_with("s-").any()


FOUR = {
    turns: joined(*(session(f"{name}{n}", turns_of) for n in range(4)))
    for turns, name, turns_of in (("english", "e", ENGLISH), ("french", "f", FRENCH))
}


@pytest.mark.parametrize(
    ("first", "later", "kept"), [(FRENCH, "english", True), (ENGLISH, "french", False)]
)
def test_what_is_short_is_judged_again_once_the_study_reads_otherwise(coded, first, later, kept):
    """Coded once most of the study is English, dropped once most of it is not."""
    begun = joined(session("begun", first), session("s", SHORT))
    in_turn, layers = coded("in turn", begun, FOUR[later])
    at_once, _ = coded("at once", joined(begun, FOUR[later]))
    assert files(in_turn) == files(at_once)
    assert layers[0].table["unit_id"].str.starts_with("s-").any() == kept


def test_small_parts_judge_language_as_the_whole_does(coded, monkeypatch):
    corpus = joined(session("e", ENGLISH), session("s", SHORT), session("f", FRENCH))
    whole, _ = coded("whole", corpus)
    monkeypatch.setattr("workbench.pipeline.labelling.PART_ROWS", 1)
    parts, _ = coded("parts", corpus)
    assert parts.layer_names() == whole.layer_names() != []
    for name in whole.layer_names():
        assert parts.layer(name).table.equals(whole.layer(name).table)
    assert coding_step(parts).notes == coding_step(whole).notes


def test_another_precision_of_the_encoder_codes_everything_anew(tmp_path):
    corpus = session("e", ENGLISH)
    study = wb.Study.create(tmp_path / "study", corpus)
    wb.code(study, encoder=Encoder(precision="bf16"))
    wb.code(study, encoder=Encoder(precision="fp32"))
    expected = wb.Study.create(tmp_path / "expected", corpus)
    wb.code(expected, encoder=Encoder(precision="fp32"))
    assert files(study) == files(expected)


def test_a_kill_just_before_the_record_loses_no_layer(tmp_path, monkeypatch):
    """A layer that first appears in the killed run is listed by the next one."""
    study = wb.Study.create(tmp_path / "study", session("French", FRENCH))
    assert wb.code(study, coder="rules") == []
    study.add(session("English", ENGLISH))

    class Killed(BaseException):
        pass

    def killed(*_):
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(wb.Study, "record_step", killed)
        with pytest.raises(Killed):
            wb.code(study, coder="rules")
    again = wb.code(wb.Study.open(study.folder), coder="rules")
    kept = {file.split(".parquet")[0].removesuffix(".probabilities") for file in files(study)}
    assert {layer.name for layer in again} == kept != set()
