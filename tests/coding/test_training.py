import numpy as np
import pytest

from workbench import settings
from workbench.coding import codebooks, load_codebook, shipped_head, trained_schemes
from workbench.coding.trained_heads import TRAINED
from workbench.coding.training import TRAINABLE, train
from workbench.embedding import Encoder
from workbench.errors import BadInput, NotComputed

MACRO = "macro-F1, folds 101"
DIFFERENCE = "difference to it, paired, folds 101"


def _scores(name):
    return {row["measure"]: row for row in shipped_head(name).card["Scores on videos it never saw"]}


def test_every_trainable_head_is_shipped_and_fits_its_scheme():
    assert set(TRAINABLE) == set(trained_schemes())
    book = load_codebook(codebooks()[0])
    for name in TRAINABLE:
        head, scheme = shipped_head(name), book.scheme(name)
        assert (head.labels, head.exclusive) == (scheme.labels, scheme.exclusive)
        assert head.encoder == Encoder().weights
        assert sum(f.stat().st_size for f in (TRAINED / name).iterdir()) < 1_000_000


@pytest.mark.parametrize(("name", "mark"), [("annomi-helper", 0.75), ("annomi-client", 0.50)])
def test_heads_reach_their_marks_on_unseen_videos_and_beat_plain_words(name, mark):
    scores = _scores(name)
    assert scores[MACRO]["estimate"] >= mark
    assert scores[MACRO]["n_clusters"] == 92
    assert scores[DIFFERENCE]["low"] > 0


def test_cards_hold_what_a_reader_needs():
    for name in TRAINABLE:
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
