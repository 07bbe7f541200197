"""Layers, long tables and matrices give the same ratings; bad input is refused in one sentence."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import polars as pl
import pytest
from coded_corpus import LABELS, TALKS, TURNS, corpus, layer

from workbench.corpus import Code, Codebook, Scheme
from workbench.errors import BadInput
from workbench.reliability import read_coded

N = TALKS * TURNS
ANNA = [LABELS[i % 3] for i in range(N)]
BEN = [LABELS[i % 3 if i % 5 else 2] for i in range(N)]
CARL = [LABELS[i % 2] for i in range(N)]
UNITS = corpus().utterances["id"].to_list()


def scheme(labels=LABELS, *, exclusive=True, name="helper"):
    codes = tuple(Code(label, "A code.") for label in labels)
    return Scheme(name, "helper", exclusive, codes)


def layers():
    return [layer("anna", ANNA), layer("ben", BEN), layer("carl", CARL, kind="model")]


def long_table():
    parts = [
        pl.DataFrame({"unit": UNITS, "coder": name, "value": codes})
        for name, codes in (("anna", ANNA), ("ben", BEN), ("carl", CARL))
    ]
    return pl.concat(parts)


def matrix():
    return pl.DataFrame({"unit": UNITS, "anna": ANNA, "ben": BEN, "carl": CARL})


FORMS = {
    "layers": layers,
    "long": long_table,
    "long, layer columns": lambda: long_table().rename({"unit": "unit_id", "value": "label"}),
    "long, pandas": lambda: long_table().to_pandas(),
    "long, other row order": lambda: long_table().sample(fraction=1, shuffle=True, seed=3),
    "matrix": matrix,
    "matrix, pandas": lambda: matrix().to_pandas(),
}


@pytest.mark.parametrize("form", FORMS)
def test_every_form_gives_the_same_ratings(form):
    found = read_coded(FORMS[form](), corpus=corpus(), codebook=scheme())
    expected = [[LABELS.index(x) for x in row] for row in zip(ANNA, BEN, CARL, strict=True)]
    assert found.ratings.codes.tolist() == expected
    assert found.ratings.categories == LABELS
    assert found.ratings.coders == ("anna", "ben", "carl")
    assert found.ratings.sources[-1] == found.ratings.sources[-TURNS - 1] == "s4"
    assert found.conversations[-1] == "t5"
    assert found.notes == ()


def test_kinds_of_coders_come_from_layers_or_a_column():
    assert read_coded(layers()).ratings.kinds == ("human", "human", "model")
    kinds = pl.when(pl.col("coder") == "carl").then(pl.lit("llm")).otherwise(pl.lit("human"))
    found = read_coded(long_table().with_columns(coder_kind=kinds))
    assert found.ratings.kinds == ("human", "human", "llm")


def test_without_conversations_units_are_clusters_and_a_note_says_so():
    found = read_coded(matrix())
    assert len(set(found.ratings.sources)) == N
    assert found.conversations is None
    assert "no conversations are known" in found.notes[0]


def test_columns_of_the_table_name_conversations_and_sources():
    places = corpus().utterances.select(unit="id", conversation="conversation_id")
    table = long_table().join(places, on="unit").with_columns(source=pl.col("conversation"))
    found = read_coded(table)
    assert sorted(set(found.ratings.sources)) == [f"t{talk}" for talk in range(TALKS)]
    alone = read_coded(table.drop("source"))
    assert alone.ratings.sources.tolist() == found.ratings.sources.tolist()


def test_an_array_of_numbers_is_a_matrix_with_missing_cells():
    found = read_coded(np.array([[1, 2, np.nan], [1, 1, 1], [3, np.nan, 2]]), scale="interval")
    assert found.ratings.codes.tolist() == [[0, 1, -1], [0, 0, 0], [2, -1, 1]]
    assert found.ratings.categories == (1.0, 2.0, 3.0)
    assert found.ratings.level == "interval"
    named = read_coded(np.array([[1, 2], [1, 1]]))
    assert named.ratings.level == "nominal"
    assert any("names of categories" in note for note in named.notes)


def test_codes_that_do_not_exclude_each_other_are_sets():
    given = [("question", "other") if i % 3 else () for i in range(N)]
    ones = [layer("anna", given, exclusive=False), layer("ben", [("other",)] * N, exclusive=False)]
    ratings = read_coded(ones).ratings
    assert ratings.level == "sets"
    assert ratings.labels == LABELS
    held = ratings.holds("question").codes
    assert held[:3].tolist() == [[0, 0], [1, 0], [1, 0]]
    lists = pl.DataFrame(
        {
            "unit": ["u", "u", "v", "v"],
            "coder": ["a", "b"] * 2,
            "value": [["x"], ["x", "y"], [], None],
        }
    )
    assert read_coded(lists).ratings.codes.tolist() == [[1, 2], [0, -1]]
    rows = lists.explode("value").with_columns(pl.col("value").fill_null("x"))
    with pytest.raises(BadInput, match="stand twice"):
        read_coded(rows)
    assert read_coded(rows, codebook=scheme("xy", exclusive=False)).ratings.level == "sets"


def test_a_unit_seen_without_a_label_is_missing_where_codes_exclude_each_other():
    found = read_coded([layer("anna", [None, *ANNA[1:]]), layer("ben", BEN)])
    assert found.ratings.codes[0].tolist() == [-1, 2]
    assert "anna gave no label to 1 utterances" in found.notes[0]


def test_with_sets_a_unit_seen_without_a_label_is_an_answer():
    """`scale=` decides, and the note goes by it."""
    ones = [layer("anna", [None, *ANNA[1:]]), layer("ben", BEN)]
    found = read_coded(ones, scale="sets")
    assert (found.ratings.codes >= 0).all()
    assert not any("no label" in note for note in found.notes)
    several = [replace(x, metadata=replace(x.metadata, exclusive=False)) for x in ones]
    assert "anna gave no label to 1 utterances" in read_coded(several, scale="nominal").notes[0]


def test_a_matrix_without_the_place_of_some_units_is_refused():
    codes = pl.DataFrame(
        {"unit": [1, 2, 3], "conversation": ["x", None, "y"], "a": ["p"] * 3, "b": ["p"] * 3}
    )
    with pytest.raises(
        BadInput, match="Column 'conversation' is empty in 1 rows, the first in row 2"
    ):
        read_coded(codes)


@pytest.mark.parametrize("note", ["not coded: refusal", "out of domain; abstained (0.41)"])
def test_a_refusal_is_missing_and_not_that_no_code_holds(note):
    shy = layer("shy", [(), *[("other",)] * (N - 2), ()], exclusive=False, kind="llm")
    refused = pl.when(pl.col("unit_id") == UNITS[0]).then(pl.lit(note))
    shy = replace(shy, table=shy.table.with_columns(note=refused))
    found = read_coded([layer("ben", [("other",)] * N, exclusive=False), shy])
    assert (found.ratings.codes[0] == -1).tolist() == [False, True]
    assert (found.ratings.codes[-1] == -1).tolist() == [False, False]
    assert any("shy came to no decision on 1 utterances" in told for told in found.notes)


def test_merged_spellings_are_one_label():
    odd = long_table().with_columns(
        pl.when((pl.col("coder") == "ben") & (pl.col("value") == "question"))
        .then(pl.lit("Question"))
        .otherwise("value")
        .alias("value")
    )
    with pytest.raises(BadInput, match=r"merge=\{'Question': 'question'\}"):
        read_coded(odd)
    with pytest.raises(BadInput, match=r"merge=\{'Question': 'question'\}"):
        read_coded(odd, codebook=scheme())
    found = read_coded(odd, codebook=scheme(), merge={"Question": "question"})
    assert found.ratings.codes.tolist() == read_coded(layers()).ratings.codes.tolist()


def two_rows_of_one_unit():
    return pl.concat([long_table(), long_table().head(1)])


BAD = {
    "one layer": (lambda: ([layers()[0]], {}), "at least two coders"),
    "a layer, not a list": (lambda: (layers()[0], {}), "at least two coders"),
    "no layer": (lambda: ([], {}), "no layer at all"),
    "one coder in a table": (
        lambda: (long_table().filter(pl.col("coder") == "anna"), {}),
        "at least two coders; got .'anna'.",
    ),
    "a matrix of one coder": (lambda: (matrix().select("unit", "anna"), {}), "two or more coders"),
    "the same layer twice": (lambda: ([layers()[0]] * 2, {}), "stands twice"),
    "two schemes": (
        lambda: ([layers()[0], layer("ben", BEN, scheme="client")], {}),
        r"several schemes, \['helper', 'client'\]",
    ),
    "two codebooks by their labels": (
        lambda: ([layers()[0], layer("ben", BEN, known=(*LABELS, "advice"))], {}),
        r"Two codebooks are mixed.*\['advice'\]",
    ),
    "two codebooks by their checksums": (
        lambda: ([layer("anna", ANNA, codebook="1"), layer("ben", BEN, codebook="2")], {}),
        "Two codebooks are mixed.*checksums differ",
    ),
    "one label beside several": (
        lambda: ([layers()[0], layer("ben", BEN, exclusive=False)], {}),
        "takes one label a unit",
    ),
    "a code outside the book": (
        lambda: (long_table(), {"codebook": scheme(("question", "reflections", "others"))}),
        r"2 codes are not in the codebook helper: 'other' \(39 times, near 'others'\)",
    ),
    "units of another corpus": (
        lambda: (layers(), {"corpus": corpus(talks=3)}),
        r"24 of 48 units are not in the corpus .*'t3-0'.*another corpus",
    ),
    "several labels on a scale for one": (
        lambda: (
            pl.DataFrame({"unit": ["u", "v"], "a": [["x"], ["x", "y"]], "b": [["x"], ["y"]]}),
            {"scale": "nominal"},
        ),
        "1 codings give a unit several labels, such as 'v' by 'a'",
    ),
    "an empty text for a code": (
        lambda: ([["x", ""], ["x", "x"]], {}),
        "1 codes are empty texts, the first of '2' for unit '1'",
    ),
    "a number outside the book": (
        lambda: ([[1, 2], [3, 9]], {"codebook": [1, 2, 3], "scale": "ordinal"}),
        r"1 codes are not in the codebook the given labels: '9.0' \(1 times",
    ),
    "spellings of numbers": (lambda: ([[1, 2], [1, 1]], {"merge": {"1": "2"}}), "are numbers"),
    "a kind of coder that there is not": (
        lambda: (long_table().with_columns(coder_kind=pl.lit("Human")), {}),
        "no kind of coder 'Human'. Did you mean 'human'",
    ),
    "a coder of two kinds": (
        lambda: (
            long_table().with_columns(
                coder_kind=pl.when(pl.col("unit") == "t0-0")
                .then(pl.lit("human"))
                .otherwise(pl.lit("llm"))
            ),
            {},
        ),
        r"gives 'anna' several kinds, \['human', 'llm'\]",
    ),
    "no unit in common": (
        lambda: (
            [layer("anna", ANNA[:8], units=UNITS[:8]), layer("ben", BEN[:8], units=UNITS[8:16])],
            {},
        ),
        "nothing to compare",
    ),
    "a coding that stands twice": (lambda: (two_rows_of_one_unit(), {}), r"\('t0-0', 'anna'\)"),
    "a coding without a coder": (
        lambda: (
            long_table().with_columns(coder=pl.when(pl.col("unit") != "t0-3").then("coder")),
            {},
        ),
        "'coder' is empty in 3 rows, the first in row 4",
    ),
    "no table": (lambda: ("codes.csv", {}), "Expected a table"),
    "an unknown scale": (lambda: (matrix(), {"scale": "cardinal"}), "no scale 'cardinal'"),
    "names on an interval scale": (lambda: (matrix(), {"scale": "interval"}), "give numbers"),
    "ordinal names in no order": (lambda: (matrix(), {"scale": "ordinal"}), "lowest to highest"),
    "lines of several lengths": (lambda: ([[1, 2], [1]], {}), r"lines of \[1, 2\] values"),
    "units twice in a matrix": (
        lambda: (pl.concat([matrix(), matrix().head(1)]), {}),
        "names a unit twice",
    ),
    "a book's name": (lambda: (matrix(), {"codebook": "annomi"}), "load_codebook"),
    "a book of several schemes": (
        lambda: (
            matrix(),
            {"codebook": Codebook("b", "B", "1", "", "", (scheme(), scheme(name="client")))},
        ),
        "several schemes",
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_gets_one_clear_message(case):
    make, message = BAD[case]
    data, options = make()
    with pytest.raises(BadInput, match=message):
        read_coded(data, **options)


def test_the_order_of_names_makes_a_scale_ordinal():
    found = read_coded(matrix(), scale="ordinal", codebook=["other", "reflection", "question"])
    assert found.ratings.categories == ("other", "reflection", "question")
    assert found.ratings.level == "ordinal"


def test_pandas_missing_values_are_missing_cells():
    table = pd.DataFrame({"unit": ["u", "v"], "a": ["x", None], "b": ["x", "y"]})
    assert read_coded(table).ratings.codes.tolist() == [[0, 0], [-1, 1]]
    numbers = pd.DataFrame({"unit": ["u", "v"], "a": [1.0, float("nan")], "b": [1.0, 2.0]})
    assert read_coded(numbers, scale="ordinal").ratings.codes.tolist() == [[0, 0], [-1, 1]]


@pytest.mark.parametrize("book", [[1, 2, 3, 4, 5], ["1", "2", "3", "4", "5"]])
def test_numbers_have_the_scale_of_their_book_used_or_not(book):
    for codes in ([[1, 2], [5, 5], [4, None]], [["1", "2"], ["5", "5"], ["4", None]]):
        found = read_coded(codes, scale="ordinal", codebook=book).ratings
        assert [float(x) for x in found.categories] == [1.0, 2.0, 3.0, 4.0, 5.0]
        assert found.codes.tolist() == [[0, 1], [4, 4], [3, -1]]
        assert found.origin == "codebook"
    assert read_coded([[1, 2], [5, 5]], scale="ordinal").ratings.origin == "use"
