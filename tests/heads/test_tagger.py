"""A tagger learns, reads only what came before, resumes where it stopped, and survives the disk."""

import json
from dataclasses import replace

import numpy as np
import pytest

from workbench.errors import BadInput, MissingModel
from workbench.heads import grouped_folds
from workbench.heads.tagger import Goal, TaggerRecipe, fit, load_tagger, save_tagger, training
from workbench.heads.tagger.fit import fit_tagger, scores_out_of_fold
from workbench.heads.tagger.lesson import Lesson, read_lesson
from workbench.heads.tagger.tagger import tag
from workbench.heads.tagger.training import train_network
from workbench.language_models import Turns

QUESTIONS = ["How was your week?", "What helped?", "Who was with you?", "When did it start?"]
STATEMENTS = ["It was quiet.", "My sister came over.", "I slept badly.", "Nothing helped much."]
SHORT = TaggerRecipe(
    below=2, through=4, rank=4, epochs=8, batch=2, learning_rate=2e-3, output_rate=5e-3
)


@pytest.fixture(scope="module")
def lesson() -> Lesson:
    """Short conversations; one task is whether a turn asks, the other whether the one before did."""
    talks, turns = 10, 5
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
        Turns(texts, sides, conversations, ["sleep"] * len(texts)),
        sources=conversations,
        tasks={
            "asks": Goal(("yes", "no"), np.column_stack([asked, ~asked]).astype(float), True),
            "before": Goal(("yes",), before[:, None].astype(float), exclusive=False),
        },
        recipe=SHORT,
    )


@pytest.fixture(scope="module")
def tagger(lesson):
    return fit_tagger(lesson, name="asking", recipe=SHORT, random_state=3)


def said(tagger, texts: list[str], talk: str = "new"):
    sides = ["client" if number % 2 else "helper" for number in range(len(texts))]
    return tagger.scores(Turns(texts, sides, [talk] * len(texts), ["sleep"] * len(texts)))


TALK = ["What keeps you awake?", "The street is loud.", "I see.", "Where would it be better?"]


def test_it_learns_what_a_turn_says_and_what_came_before_it(tagger):
    found = said(tagger, TALK)
    assert (found["asks"].argmax(axis=1) == 0).tolist() == [True, False, False, True]
    assert found["before"][:, 0].argmax() == 1


def test_a_later_turn_changes_nothing_before_it(tagger):
    whole, begin = said(tagger, TALK), said(tagger, TALK[:3])
    for task in whole:
        assert whole[task][:3] == pytest.approx(begin[task], abs=0.1)


def test_what_else_is_tagged_changes_nothing(tagger):
    single = said(tagger, TALK)
    both = tagger.scores(
        Turns(TALK * 2, ["helper", "client"] * 4, ["a"] * 4 + ["b"] * 4, ["sleep"] * 8)
    )
    for task in single:
        np.testing.assert_array_equal(both[task][:4], single[task])
        np.testing.assert_array_equal(both[task][4:], single[task])


def test_from_disk_it_says_the_same(tagger, tmp_path):
    save_tagger(tagger.with_card({"What it is": "A test."}), tmp_path / "asking")
    again = load_tagger(tmp_path / "asking")
    assert again.fingerprint == tagger.fingerprint
    assert "A test." in (tmp_path / "asking" / "CARD.md").read_text("utf-8")
    first, second = said(tagger, TALK), said(again, TALK)
    for task in first:
        np.testing.assert_array_equal(first[task], second[task])


def test_files_that_do_not_belong_together_are_refused(tagger, tmp_path):
    folder = tmp_path / "asking"
    save_tagger(tagger, folder)
    content = json.loads((folder / "tagger.json").read_text("utf-8"))
    content["recipe"]["rank"] += 1
    (folder / "tagger.json").write_text(json.dumps(content), "utf-8")
    with pytest.raises(BadInput, match="do not belong together"):
        load_tagger(folder)
    with pytest.raises(MissingModel, match="no tagger"):
        load_tagger(tmp_path / "absent")


def test_another_language_model_is_refused(tagger, tmp_path):
    with pytest.raises(BadInput, match="another version of the language model"):
        said(replace(tagger, weights="of another model"), TALK)


class Stopped(BaseException):
    """Stands for a process that is killed right after a checkpoint."""


def test_a_stopped_training_ends_with_the_same_parameters(lesson, tmp_path, monkeypatch):
    options = {"recipe": SHORT, "random_state": 1}
    runs = range(6)
    whole = train_network(lesson, runs, **options).trained()
    file = tmp_path / "state.safetensors"
    keep = training._Descent.keep

    def keep_and_stop(self, *arguments):
        keep(self, *arguments)
        raise Stopped

    monkeypatch.setattr(training._Descent, "keep", keep_and_stop)
    options |= {"checkpoint": file, "checkpoint_every": 2}
    with pytest.raises(Stopped):
        train_network(lesson, runs, **options)
    assert file.is_file()
    monkeypatch.setattr(training._Descent, "keep", keep)
    resumed = train_network(lesson, runs, **options).trained()
    for name, parameter in whole.items():
        np.testing.assert_array_equal(parameter.detach().numpy(), resumed[name].detach().numpy())


def test_a_kill_between_training_and_its_scores_loses_no_training(lesson, tmp_path, monkeypatch):
    fold = grouped_folds(lesson.sources.tolist(), folds=2, random_state=9)
    options = {"recipe": SHORT, "random_state": 9, "checkpoints": tmp_path}
    steps, step = [], training._Descent.step
    monkeypatch.setattr(training._Descent, "step", lambda *given: steps.append(1) or step(*given))

    def stopped(*_):
        raise Stopped

    with monkeypatch.context() as patched:
        patched.setattr(fit, "tag", stopped)
        with pytest.raises(Stopped):
            scores_out_of_fold(lesson, fold, **options)
    trained = len(steps)
    assert trained > 0
    found = scores_out_of_fold(lesson, fold, **options)
    both = len(steps)
    assert scores_out_of_fold(lesson, fold, **options).keys() == found.keys()
    assert len(steps) == both < 3 * trained  # the first fold was not trained again
    assert all(file.name.endswith("-scores.safetensors") for file in tmp_path.iterdir())


def test_only_the_adaptations_are_trained(lesson):
    before = [p.clone() for p in lesson.reader.model.parameters()]
    trained = train_network(lesson, range(4), recipe=SHORT, random_state=1).trained()
    for own, after in zip(before, lesson.reader.model.parameters(), strict=True):
        assert bool((own == after).all())
    assert {name.split(".")[0] for name in trained} == {"layers", "norm", "outputs"}
    assert all(name.endswith(("up", "down")) for name in trained if name.startswith("layers"))


def test_every_turn_is_scored_by_a_network_that_never_saw_its_source(lesson, tmp_path):
    fold = grouped_folds(lesson.sources.tolist(), folds=2, random_state=9)
    options = {"recipe": SHORT, "random_state": 9, "checkpoints": tmp_path}
    found = scores_out_of_fold(lesson, fold, **options)
    assert all(np.isfinite(scores).all() for scores in found.values())
    again = scores_out_of_fold(lesson, fold, **options)
    np.testing.assert_array_equal(found["asks"], again["asks"])
    turned = {name: replace(goal, targets=1 - goal.targets) for name, goal in lesson.goals.items()}
    anew = scores_out_of_fold(replace(lesson, goals=turned), fold, **options)
    assert not np.array_equal(found["asks"], anew["asks"])  # kept scores are of the same lesson
    other = train_network(lesson, lesson.among(fold != 0), recipe=SHORT, random_state=9)
    numbers = lesson.among(fold == 0)
    alone = tag(
        other,
        [lesson.runs[n] for n in numbers],
        [lesson.states[n] for n in numbers],
        len(fold),
    )
    np.testing.assert_array_equal(alone["asks"][fold == 0], found["asks"][fold == 0])
