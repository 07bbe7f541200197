import numpy as np
import pytest

from workbench.errors import BadInput, NotComputed
from workbench.language_models import RecordedLM
from workbench.language_models.recorded import forget_answers

OPTIONS = ["question", "reflection"]
CONVERSATIONS = [[{"role": "user", "content": f"Say {word}."}] for word in ("one", "two", "three")]


@pytest.fixture
def recording(smollm2, tmp_path):
    path = tmp_path / "deep" / "answers.jsonl"
    model = RecordedLM(path, model=smollm2)
    return path, model.score_options(CONVERSATIONS, OPTIONS)


def test_replays_the_same_numbers_without_a_model(recording):
    path, scores = recording
    replay = RecordedLM(path)
    np.testing.assert_array_equal(replay.score_options(CONVERSATIONS, OPTIONS), scores)
    np.testing.assert_array_equal(
        replay.score_options(CONVERSATIONS[::-1], OPTIONS[::-1]), scores[::-1, ::-1]
    )


def test_asks_only_what_is_new(recording, smollm2):
    path, _ = recording
    size = path.stat().st_size
    model = RecordedLM(path, model=smollm2)
    model.score_options(CONVERSATIONS, OPTIONS)
    assert path.stat().st_size == size
    model.score_options([*CONVERSATIONS, [{"role": "user", "content": "Say four."}]], OPTIONS)
    assert len(path.read_text().splitlines()) == 8


def test_holds_no_text(recording):
    path, _ = recording
    assert "Say" not in path.read_text()
    assert "question" not in path.read_text()


def test_a_line_cut_off_by_a_crash_is_asked_again(recording, smollm2):
    path, scores = recording
    path.write_bytes(path.read_bytes()[:-20])
    assert len(RecordedLM(path)) == 5
    with pytest.raises(NotComputed, match="1 of 3"):
        RecordedLM(path).score_options(CONVERSATIONS, OPTIONS)
    again = RecordedLM(path, model=smollm2).score_options(CONVERSATIONS, OPTIONS)
    np.testing.assert_allclose(again, scores, atol=1e-4)
    assert len(RecordedLM(path)) == 6


def test_without_model_or_recording(tmp_path):
    with pytest.raises(BadInput, match="0 models"):
        RecordedLM(tmp_path / "none.jsonl")


class Even:
    """Finds every option equally likely."""

    fingerprint = "even"

    def score_options(self, conversations, options):
        return np.full((len(conversations), len(options)), -1.0)


def test_answers_are_forgotten_by_whose_words_were_asked_with(tmp_path):
    path = tmp_path / "answers.jsonl"
    model = RecordedLM(path, model=Even())
    with model.marking({"one": {"m1"}, "two": {"m2", "m3"}}):
        model.score_options(CONVERSATIONS, OPTIONS)
    assert forget_answers(path, ["m3", "m9"]) == 2
    kept = RecordedLM(path)
    assert len(kept) == 4
    with pytest.raises(NotComputed, match="1 of 3"):
        kept.score_options(CONVERSATIONS, OPTIONS)
    assert forget_answers(path, ["m9"]) == 0


def test_answers_that_do_not_tell_whose_words_they_hold_go_too(tmp_path):
    path = tmp_path / "answers.jsonl"
    RecordedLM(path, model=Even()).score_options(CONVERSATIONS, OPTIONS)
    assert forget_answers(path, ["anybody"]) == 6
    assert path.read_text() == ""
