"""A tagger learns, reads only what came before, resumes where it stopped, and survives the disk."""

import json

import numpy as np
import pytest

from workbench.errors import BadInput, MissingModel
from workbench.heads.tagger import load_tagger, save_tagger
from workbench.heads.tagger.fit import Lesson, fit_tagger, read_lesson, run_folds
from workbench.heads.tagger.recipe import Goal, TaggerRecipe
from workbench.heads.tagger.tagger import tag
from workbench.heads.tagger.training import train_network

QUESTIONS = ["How was your week?", "What helped?", "Who was with you?", "When did it start?"]
STATEMENTS = ["It was quiet.", "My sister came over.", "I slept badly.", "Nothing helped much."]
SHORT = TaggerRecipe(epochs=8, learning_rate=3e-4, window=64, budget=192, folds=2)


def lesson(talks: int = 6, turns: int = 5) -> Lesson:
    """Short conversations; one task is whether a turn asks, the other whether the one before did."""
    rng = np.random.default_rng(5)
    texts, sides, conversations, asks = [], [], [], []
    for talk in range(talks):
        for turn in range(turns):
            question = bool(rng.random() < 0.5)
            texts.append(str(rng.choice(QUESTIONS if question else STATEMENTS)))
            sides.append("client" if turn % 2 else "helper")
            conversations.append(f"talk-{talk}")
            asks.append(question)
    asked = np.array(asks)
    before = np.r_[False, asked[:-1]]
    before[::turns] = False
    return read_lesson(
        texts,
        sides=sides,
        conversations=conversations,
        goals=["sleep"] * len(texts),
        sources=conversations,
        labels={"asks": ("yes", "no"), "before": ("yes",)},
        tasks={
            "asks": Goal(np.column_stack([asked, ~asked]).astype(float), exclusive=True),
            "before": Goal(before[:, None].astype(float), exclusive=False),
        },
    )


@pytest.fixture(scope="module")
def learned():
    return lesson()


@pytest.fixture(scope="module")
def tagger(learned):
    tagger, held_out = fit_tagger(learned, name="asking", recipe=SHORT, random_state=3)
    assert np.isfinite(held_out["alone"]["asks"]).all()
    return tagger


def given(texts: list[str]) -> dict[str, list[str]]:
    sides = ["client" if number % 2 else "helper" for number in range(len(texts))]
    return {"sides": sides, "conversations": ["new"] * len(texts), "goals": ["sleep"] * len(texts)}


TALK = ["What keeps you awake?", "The street is loud.", "I see.", "Where would it be better?"]


def test_it_learns_what_a_turn_says(tagger):
    found = tagger.predict_proba(TALK, **given(TALK))["asks"]
    assert (found[:, 0] > 0.5).tolist() == [True, False, False, True]
    assert found.sum(axis=1) == pytest.approx(1)


def test_a_later_turn_changes_nothing_before_it(tagger):
    whole = tagger.predict_proba(TALK, **given(TALK))
    begin = tagger.predict_proba(TALK[:3], **given(TALK[:3]))
    for task in whole:
        assert whole[task][:3] == pytest.approx(begin[task], abs=0.02)


def test_read_alone_a_turn_depends_on_itself_only(tagger):
    among = tagger.predict_proba(TALK, **given(TALK), reading="alone")
    other = ["Hello.", *TALK[1:]]
    beside = tagger.predict_proba(other, **given(other), reading="alone")
    for task in among:
        assert among[task][1:] == pytest.approx(beside[task][1:], abs=1e-5)
    assert tagger.context_turns("alone") == 0
    assert tagger.context_turns("context") == SHORT.context_turns + SHORT.tagged_turns - 1


def test_what_else_is_tagged_changes_nothing(tagger):
    single = tagger.predict_proba(TALK, **given(TALK))
    both = tagger.predict_proba(
        TALK * 2,
        sides=given(TALK)["sides"] * 2,
        conversations=["a"] * 4 + ["b"] * 4,
        goals=["sleep"] * 8,
    )
    for task in single:
        assert both[task][:4] == pytest.approx(single[task], abs=1e-5)
        assert both[task][4:] == pytest.approx(single[task], abs=1e-5)


def test_from_disk_it_says_the_same(tagger, tmp_path):
    save_tagger(tagger.with_cards({"What it is": "A test."}, {}), tmp_path / "asking")
    again = load_tagger(tmp_path / "asking")
    assert again.fingerprint == tagger.fingerprint
    assert "A test." in (tmp_path / "asking" / "CARD.md").read_text("utf-8")
    first, second = (t.predict_proba(TALK, **given(TALK)) for t in (tagger, again))
    for task in first:
        np.testing.assert_array_equal(first[task], second[task])


def test_files_that_do_not_belong_together_are_refused(tagger, tmp_path):
    folder = tmp_path / "asking"
    save_tagger(tagger, folder)
    content = json.loads((folder / "tagger.json").read_text("utf-8"))
    content["tasks"][0]["readings"]["context"]["thresholds"][0] += 0.1
    (folder / "tagger.json").write_text(json.dumps(content), "utf-8")
    with pytest.raises(BadInput, match="do not belong together"):
        load_tagger(folder)
    with pytest.raises(MissingModel, match="no tagger"):
        load_tagger(tmp_path / "absent")


class Stopped(BaseException):
    """Stands for a process that is killed right after a checkpoint."""


def test_a_stopped_training_ends_with_the_same_weights(learned, tmp_path, monkeypatch):
    from workbench.heads.tagger import training

    options = {"folder": learned.folder, "recipe": SHORT, "random_state": 1}
    talks = np.arange(4)
    whole = train_network(learned.turns, learned.goals, talks, **options).trained()
    file = tmp_path / "state.safetensors"
    keep = training._Descent.keep

    def keep_and_stop(self, *arguments):
        keep(self, *arguments)
        raise Stopped

    monkeypatch.setattr(training._Descent, "keep", keep_and_stop)
    options |= {"checkpoint": file, "checkpoint_every": 2}
    with pytest.raises(Stopped):
        train_network(learned.turns, learned.goals, talks, **options)
    assert file.is_file()
    monkeypatch.setattr(training._Descent, "keep", keep)
    resumed = train_network(learned.turns, learned.goals, talks, **options).trained()
    assert not file.exists()
    for name, parameter in whole.items():
        np.testing.assert_array_equal(parameter.detach().numpy(), resumed[name].detach().numpy())


def test_in_every_fold_turns_are_tagged_by_a_network_that_never_saw_their_source(learned, tmp_path):
    options = {"recipe": SHORT, "folds": 2, "random_state": 9, "checkpoints": tmp_path}
    runs = run_folds(learned, **options)
    again = run_folds(learned, **options)
    talk = learned.of_turns(np.arange(len(learned.sources)))
    assert np.sum([run.test for run in runs], axis=0).tolist() == [1] * len(talk)
    for run, same in zip(runs, again, strict=True):
        parts = [set(talk[mask]) for mask in (run.train, run.aside, run.test)]
        assert sum(map(len, parts)) == len(set().union(*parts)) == len(learned.sources)
        for reading in ("context", "alone"):
            found = run.probability[reading]["asks"]
            assert np.isfinite(found[:, 0]).tolist() == (~run.train).tolist()
            np.testing.assert_array_equal(found, same.probability[reading]["asks"])


def test_scores_are_made_for_the_conversations_asked_for(tagger, learned):
    scores = tag(tagger.network, learned.turns, context=2, tagged=3, conversations=[1])
    made = np.isfinite(scores["asks"][:, 0])
    assert made.tolist() == (learned.of_turns(np.arange(len(learned.sources))) == 1).tolist()
