"""Crosswalks between codebooks: what is carried to a layer of another book, and what is lost on the way."""

import polars as pl
import pytest

from workbench.corpus import Codebook, Layer, LayerMetadata
from workbench.corpus.crosswalk import carry
from workbench.corpus.crosswalk_reading import read_crosswalk
from workbench.errors import BadInput

SOURCE = """\
name: ours
title: Ours
version: "1"
schemes:
  - name: flags
    side: helper
    exclusive: false
    codes:
      - {label: question, definition: asks}
      - {label: open, definition: asks openly, parent: question}
      - {label: closed, definition: asks for a fact, parent: question}
      - {label: praise, definition: praises}
      - {label: hello, definition: greets}
      - {label: advice, definition: advises}
"""
TARGET = """\
name: theirs
title: Theirs
version: "1"
schemes:
  - name: counts
    side: helper
    exclusive: true
    codes:
      - {label: AF, definition: affirms}
      - {label: Q, definition: asks}
      - {label: SR, definition: reflects}
"""
WALK = """\
source: ours
target: theirs
note: Units differ.
schemes:
  - source: flags
    target: counts
    labels:
      - {label: question, note: Its kinds are carried.}
      - {label: open, target: Q}
      - {label: closed, target: Q}
      - {label: praise, target: AF}
      - {label: hello, uncoded: true, note: They do not code it.}
      - {label: advice, note: They have two kinds.}
"""
LABELS = ("question", "open", "closed", "praise", "hello", "advice")


def written(folder, name, text):
    path = folder / name
    path.write_text(text)
    return path


@pytest.fixture
def books(tmp_path):
    return (
        Codebook.read(written(tmp_path, "ours.yaml", SOURCE)),
        Codebook.read(written(tmp_path, "theirs.yaml", TARGET)),
    )


@pytest.fixture
def walk(tmp_path, books):
    return read_crosswalk(written(tmp_path, "walk.yaml", WALK), source=books[0], target=books[1])


def coded(*rows, exclusive=False, probabilities=None):
    """A layer of (unit, label) pairs."""
    table = pl.DataFrame(rows, schema={"unit_id": pl.String, "label": pl.String}, orient="row")
    facts = LayerMetadata(
        "flags", "Ann", "human", labels=LABELS, exclusive=exclusive, caution="Mind."
    )
    return Layer.build("flags.ann", table, facts, probabilities=probabilities)


def pairs(layer):
    return layer.table["unit_id", "label"].rows()


def test_each_unit_takes_each_target_once_in_the_books_order(walk, books):
    layer = coded(("u2", "open"), ("u2", "closed"), ("u2", "praise"), ("u1", "praise"))
    carried, _ = carry(layer, walk, books[1])
    assert pairs(carried) == [("u2", "AF"), ("u2", "Q"), ("u1", "AF")]


def test_lost_units_are_left_out_and_those_without_a_code_stay(walk, books):
    layer = coded(
        ("lost", "advice"),
        ("greeted", "hello"),
        ("empty", None),
        ("mixed", "advice"),
        ("mixed", "open"),
    )
    carried, _ = carry(layer, walk, books[1])
    assert pairs(carried) == [("greeted", None), ("empty", None), ("mixed", "Q")]


def test_a_greeting_beside_a_question_leaves_no_empty_row(walk, books):
    carried, _ = carry(coded(("u", "hello"), ("u", "open")), walk, books[1])
    assert pairs(carried) == [("u", "Q")]


def test_the_table_counts_on_this_layer_what_was_carried_and_lost(walk, books):
    layer = coded(
        ("a", "question"), ("a", "open"), ("b", "question"), ("c", "advice"), ("d", "praise")
    )
    _, table = carry(layer, walk, books[1], source=books[0])
    assert table.drop("note").rows() == [
        ("question", None, "not carried", 2, 0.4, 1),  # b has no kind of question
        ("open", "Q", "many-to-one", 1, 0.2, 0),
        ("closed", "Q", "many-to-one", 0, 0.0, 0),
        ("praise", "AF", "one-to-one", 1, 0.2, 0),
        ("hello", None, "not carried", 0, 0.0, 0),
        ("advice", None, "not carried", 1, 0.2, 1),
    ]
    assert table.filter(pl.col("target").is_null())["note"].null_count() == 0


def test_shares_of_an_empty_layer_are_null(walk, books):
    _, table = carry(coded(("a", None)), walk, books[1])
    assert table["share"].null_count() == table.height


def test_a_label_nobody_knows_is_not_carried_and_told_of(walk, books):
    table = pl.DataFrame({"unit_id": ["a"], "label": ["shout"]})
    layer = Layer.build("flags.ann", table, LayerMetadata("flags", "Ann", "human"))
    carried, told = carry(layer, walk, books[1])
    assert carried.table.is_empty()
    assert told.rows() == [
        ("shout", None, "not carried", 1, 1.0, 1, "The crosswalk does not know this label.")
    ]


def test_the_layer_says_where_it_is_from_and_what_it_could_say(walk, books):
    carried, _ = carry(coded(("a", "open")), walk, books[1])
    facts = carried.metadata
    assert carried.name == "counts.ann-from-ours"
    assert facts.labels == ("AF", "Q")  # SR cannot be reached
    assert facts.codebook == books[1].checksum
    assert facts.caution == "Mind. Units differ."
    assert facts.facts == {"crosswalk": "ours -> theirs", "carried_from": "flags.ann"}
    assert facts.exclusive


def test_two_codes_on_a_unit_are_not_exclusive(walk, books):
    carried, _ = carry(coded(("a", "open"), ("a", "praise")), walk, books[1])
    assert not carried.metadata.exclusive


def test_a_coder_without_some_labels_cannot_reach_all_targets(walk, books):
    shares = pl.DataFrame({"unit_id": ["a"], "open": [0.7], "advice": [0.2]})
    facts = LayerMetadata("flags", "head", "model", labels=("open", "advice"), exclusive=False)
    rows = pl.DataFrame({"unit_id": ["a"], "label": ["open"]})
    carried, _ = carry(Layer.build("flags.head", rows, facts, probabilities=shares), walk, books[1])
    assert carried.metadata.labels == ("Q",)
    assert carried.counts().rows() == [("Q", 1, 0.7)]


def test_a_target_that_is_not_in_the_book_is_refused(tmp_path, books):
    text = WALK.replace("target: AF", "target: Affirm")
    unchecked = read_crosswalk(written(tmp_path, "walk.yaml", text))
    with pytest.raises(BadInput, match=r"leads to \['Affirm'\], which 'counts' does not have"):
        carry(coded(("a", "praise")), unchecked, books[1])


def test_probabilities_are_joined(walk, books):
    chances = {
        "question": 0.9,
        "open": 0.5,
        "closed": 0.3,
        "praise": 0.1,
        "hello": 0.05,
        "advice": 0.05,
    }
    shares = pl.DataFrame({"unit_id": ["a"], **{k: [v] for k, v in chances.items()}})
    several, _ = carry(coded(("a", "open"), probabilities=shares), walk, books[1])
    assert several.probabilities.row(0) == ("a", 0.1, 0.5)
    one, _ = carry(coded(("a", "open"), exclusive=True, probabilities=shares), walk, books[1])
    assert one.probabilities.row(0) == ("a", 0.1, 0.8)
    assert one.table["probability"].to_list() == [0.8]
    assert one.counts()["expected"].to_list() == [0.1, 0.8]


def test_a_unit_that_is_lost_keeps_no_probabilities(walk, books):
    shares = pl.DataFrame({"unit_id": ["a", "lost"], "open": [0.7, 0.2], "advice": [0.2, 0.7]})
    layer = coded(("a", "open"), ("lost", "advice"), probabilities=shares)
    carried, _ = carry(layer, walk, books[1])
    assert carried.probabilities["unit_id"].to_list() == ["a"]


def test_the_order_of_rows_changes_nothing_but_the_order_of_units(walk, books):
    rows = [("a", "open"), ("a", "closed"), ("b", "praise"), ("c", "hello"), ("d", "advice")]
    one, table = carry(coded(*rows), walk, books[1])
    two, again = carry(coded(*rows[::-1]), walk, books[1])
    assert sorted(pairs(one), key=str) == sorted(pairs(two), key=str)
    assert table.equals(again)


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        (
            "target: AF",
            "target: AFF",
            "line 11, label 'praise': target 'AFF' is not in 'counts'. Present",
        ),
        ("label: praise", "label: prais", "line 11, label 'prais': is not in 'flags'"),
        (
            ", note: They have two kinds.",
            "",
            "line 13, label 'advice': has neither a target nor a note",
        ),
        (
            "uncoded: true",
            "uncoded: true, target: Q",
            "line 12, label 'hello': has a target and is",
        ),
        ("label: closed", "label: open", "line 10, label 'open': stands twice"),
        ("source: flags", "source: flag", "line 5: scheme 'flag' is not in book 'ours'"),
        (
            "target: theirs",
            "target: miti",
            "line 2: `target` is 'miti', while the book is 'theirs'",
        ),
        (
            "      - {label: open, target: Q}\n",
            "",
            "line 7, scheme 'flags': says nothing of ['open']",
        ),
        ("note: Units differ.\n", "", "line 1, the crosswalk: lacks ['note']"),
    ],
)
def test_a_crosswalk_that_does_not_fit_names_line_and_label(tmp_path, books, before, after, told):
    path = written(tmp_path, "walk.yaml", WALK.replace(before, after, 1))
    with pytest.raises(BadInput) as raised:
        read_crosswalk(path, source=books[0], target=books[1])
    assert f"walk.yaml {told}" in str(raised.value)


def test_a_scheme_that_goes_nowhere_is_refused(walk, books):
    facts = LayerMetadata("talk", "Ann", "human")
    layer = Layer.build("talk.ann", pl.DataFrame({"unit_id": ["a"], "label": ["x"]}), facts)
    with pytest.raises(BadInput, match=r"ours -> theirs.*'talk'.*'flags'"):
        carry(layer, walk, books[1])


def test_a_book_may_hold_its_own_crosswalks(tmp_path):
    inside = WALK.split("\n", 1)[1].rstrip().replace("\n", "\n    ")
    book = Codebook.read(written(tmp_path, "ours.yaml", f"{SOURCE}crosswalks:\n  - {inside}\n"))
    assert [walk.name for walk in book.crosswalks] == ["ours -> theirs"]
