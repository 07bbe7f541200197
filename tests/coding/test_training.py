import numpy as np
import pytest

from workbench import settings
from workbench.coding import TrainedHead, load_codebook, shipped_head, trained_schemes
from workbench.coding.trained_heads import ALONE, TRAINED, find_head
from workbench.coding.training import SHIPPED, destination, train
from workbench.embedding import Encoder
from workbench.errors import BadInput, NotComputed

MACRO = "macro-F1, folds 101"
DIFFERENCE = "difference to it, paired, folds 101"


def _scores(name):
    return {row["measure"]: row for row in shipped_head(name).card["Scores on videos it never saw"]}


WITH_CONTEXT = [name for name in SHIPPED if not name.endswith(ALONE)]


@pytest.mark.parametrize("name", SHIPPED)
def test_every_head_that_may_be_shipped_is_and_fits_its_scheme(name):
    trained = TrainedHead.load(destination(name))
    head, scheme = trained.head, load_codebook("annomi").scheme(name.removesuffix(ALONE))
    assert (head.labels, head.exclusive) == (scheme.labels, scheme.exclusive)
    assert (head.name, trained.origin.scheme) == (name, scheme.name)
    assert head.encoder == Encoder().weights
    assert trained.domain is not None
    assert (head.context_turns == 0) == name.endswith(ALONE)
    assert sum(f.stat().st_size for f in (TRAINED / name).iterdir()) < 5_000_000


def test_heads_of_data_that_may_not_be_passed_on_stay_with_the_user(monkeypatch, tmp_path):
    monkeypatch.setenv("WORKBENCH_HEADS_HOME", str(tmp_path))
    assert destination("esconv-strategy") == tmp_path / "esconv-strategy"
    assert not [folder.name for folder in TRAINED.iterdir() if "esconv" in folder.name]
    assert "esconv-strategy" not in trained_schemes()
    TrainedHead.load(TRAINED / "annomi-client").save(tmp_path / "my-scheme")
    assert "my-scheme" in trained_schemes()
    assert find_head("my-scheme").head.name == "annomi-client"


@pytest.mark.parametrize(("name", "mark"), [("annomi-helper", 0.75), ("annomi-client", 0.50)])
def test_heads_reach_their_marks_on_unseen_videos_and_beat_plain_words(name, mark):
    scores = _scores(name)
    assert scores[MACRO]["estimate"] >= mark
    assert scores[MACRO]["n_clusters"] == 92
    assert scores[DIFFERENCE]["low"] > 0


def test_cards_hold_what_a_reader_needs():
    for name in WITH_CONTEXT:
        page = (TRAINED / name / "CARD.md").read_text("utf-8")
        for part in ("licence of the data", "Annotators left out", "Human reference", "Not for"):
            assert part in page
        assert ("Confusion" in page) == shipped_head(name).exclusive


def test_probabilities_of_shipped_heads_are_calibrated():
    for name in ("annomi-helper", "annomi-client"):
        for row in shipped_head(name).card["By label"]:
            assert row["calibration error"] < row["error if perfect, 95 %"] + 0.03
            assert row["expected (sum of probabilities)"] == pytest.approx(
                row["utterances"], rel=0.1
            )


def test_unknown_names_and_absent_data_say_so(tmp_path):
    with pytest.raises(BadInput, match="annomi-helper"):
        train("annomi-helpers")
    with pytest.raises(NotComputed, match="CC BY-NC"):
        train("esconv-strategy", data=tmp_path)
    with pytest.raises(NotComputed, match="AnnoMI-simple"):
        train("annomi-helper", data=tmp_path)


@pytest.mark.prove
@pytest.mark.skipif(settings.data_home() is None, reason="needs WORKBENCH_DATA_HOME with AnnoMI")
def test_training_again_gives_the_shipped_head():
    again, shipped = train("annomi-client"), shipped_head("annomi-client")
    # embeddings differ in their last bits between processors and library builds
    alike = np.corrcoef(again.weights.weight.ravel(), shipped.weights.weight.ravel())[0, 1]
    assert alike > 0.999
    assert again.card["Data"] == shipped.card["Data"]
