"""The session sheet against sums a person can do by hand."""

import polars as pl
import pytest

import workbench as wb
from workbench.coding.session_measures import TOO_FEW
from workbench.coding.session_sheet import first_long_enough, session_sheet, session_table
from workbench.corpus import Corpus, Layer, LayerMetadata
from workbench.resources import bundled

FLAGS = ("question", "open", "closed", "reflection", "simple", "complex")


def _corpus(pairs: int) -> Corpus:
    turns = [("therapist", "one two three"), ("client", "four")] * pairs
    return Corpus.build(
        pl.DataFrame(
            {
                "conversation_id": ["s"] * len(turns),
                "speaker": [role for role, _ in turns],
                "role": [role for role, _ in turns],
                "text": [text for _, text in turns],
            }
        )
    )


def _flags(corpus: Corpus, given: list[list[str]], *, probabilities: bool = False) -> Layer:
    ids = corpus.utterances.filter(pl.col("side") == "helper")["id"].to_list()
    rows = [
        (i, label) for i, labels in zip(ids, given, strict=True) for label in (labels or [None])
    ]
    table = pl.DataFrame(rows, schema=["unit_id", "label"], orient="row")
    kind = "model" if probabilities else "human"
    meta = LayerMetadata("annomi-helper-flags", "A", kind, labels=FLAGS, exclusive=False)
    chances = None
    if probabilities:
        columns = {x: [0.9 if x in labels else 0.1 for labels in given] for x in FLAGS}
        chances = pl.DataFrame({"unit_id": ids, **columns})
    return Layer.build("flags", table, meta, probabilities=chances)


def _client(corpus: Corpus, labels: list[str]) -> Layer:
    ids = corpus.utterances.filter(pl.col("side") == "client")["id"]
    meta = LayerMetadata("annomi-client", "A", "human", labels=("change", "neutral", "sustain"))
    return Layer.build("client", pl.DataFrame({"unit_id": ids, "label": labels}), meta)


def _measure(sheet, name):
    return sheet.measures.row(by_predicate=pl.col("measure") == name, named=True)


@pytest.fixture
def coded():
    corpus = _corpus(20)
    given = [["reflection", "complex", "question", "open"]] * 6 + [["reflection", "simple"]] * 4
    given += [["question", "closed"]] * 2 + [[]] * 8
    labels = ["change"] * 3 + ["sustain"] * 1 + ["neutral"] * 16
    return corpus, given, labels


def test_ratios_are_the_ratios_of_the_counts(coded):
    corpus, given, labels = coded
    sheet = session_sheet(corpus, [_flags(corpus, given), _client(corpus, labels)], "s")
    assert _measure(sheet, "reflection_to_question")["estimate"] == pytest.approx(10 / 8)
    assert _measure(sheet, "reflection_to_question")["band"] == "fair"
    assert _measure(sheet, "complex_reflection_share")["estimate"] == pytest.approx(6 / 10)
    assert _measure(sheet, "complex_reflection_share")["band"] == "good"
    assert _measure(sheet, "open_question_share")["estimate"] == pytest.approx(6 / 8)
    assert _measure(sheet, "change_talk_share")["estimate"] == pytest.approx(3 / 4)
    assert _measure(sheet, "helper_talk_share")["estimate"] == pytest.approx(3 / 4)


def test_human_codes_have_no_coding_error_and_say_so(coded):
    corpus, given, _ = coded
    row = _measure(session_sheet(corpus, [_flags(corpus, given)], "s"), "reflection_to_question")
    assert row["low"] is None
    assert "Human codes" in row["reason"]


def test_automatic_codes_show_expected_counts_and_coding_error(coded):
    corpus, given, _ = coded
    sheet = session_sheet(corpus, [_flags(corpus, given, probabilities=True)], "s")
    row = _measure(sheet, "reflection_to_question")
    # 10 turns at 0.9 and 10 at 0.1 over 8 turns at 0.9 and 12 at 0.1
    assert row["expected"] == pytest.approx((10 * 0.9 + 10 * 0.1) / (8 * 0.9 + 12 * 0.1))
    assert row["low"] < row["expected"] < row["high"]
    assert "coding error" in row["method"]
    counts = sheet.counts.row(by_predicate=pl.col("label") == "question", named=True)
    assert (counts["count"], counts["expected"]) == (8, pytest.approx(8 * 0.9 + 12 * 0.1))


def test_the_interval_is_the_spread_of_sums_of_independent_codes():
    """With every reflection certain, R:Q varies only by the binomial number of questions."""
    corpus = _corpus(40)
    given = [["reflection", "simple", "question", "open"]] * 40
    layer = _flags(corpus, given, probabilities=True)
    layer = Layer(
        layer.name,
        layer.table,
        layer.metadata,
        layer.probabilities.with_columns(reflection=pl.lit(1.0), question=pl.lit(0.5)),
    )
    row = _measure(session_sheet(corpus, [layer], "s"), "reflection_to_question")
    from scipy.stats import binom

    many, few = binom.ppf([0.975, 0.025], 40, 0.5)
    assert row["low"] == pytest.approx(40 / many, rel=0.08)
    assert row["high"] == pytest.approx(40 / few, rel=0.08)


def test_few_helper_turns_give_no_ratio():
    corpus = _corpus(TOO_FEW - 1)
    sheet = session_sheet(corpus, [_flags(corpus, [["question", "open"]] * (TOO_FEW - 1))], "s")
    row = _measure(sheet, "reflection_to_question")
    assert row["estimate"] is None
    assert row["reason"].startswith("Too few: 19 helper turns")


@pytest.mark.parametrize("name", ["mi_consistent_share", "global_ratings"])
def test_what_the_codebook_cannot_give_is_null_with_the_reason(coded, name):
    row = _measure(session_sheet(coded[0], [], "s"), name)
    assert row["estimate"] is None
    assert row["reason"]


def test_the_exclusive_main_code_gives_no_ratio(coded):
    corpus, _, _ = coded
    row = _measure(session_sheet(corpus, [], "s"), "reflection_to_question")
    assert row["estimate"] is None
    assert "multi-label" in row["reason"]


def test_the_course_of_change_talk_is_a_running_share(coded):
    corpus, _, labels = coded
    course = session_sheet(corpus, [_client(corpus, labels)], "s").course
    running = course.filter(pl.col("turn") % 2 == 1)["change_talk_share"].to_list()
    assert running[:4] == [1.0, 1.0, 1.0, 0.75]
    assert running[-1] == 0.75


def test_the_table_of_all_sessions_equals_the_single_sheets(coded):
    corpus, given, labels = coded
    layers = [_flags(corpus, given, probabilities=True), _client(corpus, labels)]
    whole = session_table(corpus, layers).drop("conversation_id")
    assert whole.equals(session_sheet(corpus, layers, "s").measures)


def test_the_first_session_long_enough_is_the_first_with_ratios():
    corpus = _corpus(TOO_FEW - 1)
    assert first_long_enough(corpus) == corpus.conversations["id"][0]
    demo = wb.load(bundled("data", "demo"))
    chosen = first_long_enough(demo)
    turns = demo.conversation(chosen).utterances
    assert turns.filter(side="helper").height >= TOO_FEW
    before = demo.conversations["id"].to_list()[: demo.conversations["id"].to_list().index(chosen)]
    assert all(
        demo.conversation(x).utterances.filter(side="helper").height < TOO_FEW for x in before
    )
