"""Alpha for unitizing: an independent program, a second implementation from the definition, layers."""

import json
from itertools import permutations
from pathlib import Path

import krippendorff
import numpy as np
import polars as pl
import pytest

from workbench.corpus import Corpus, Layer, LayerMetadata
from workbench.errors import BadInput
from workbench.reliability import layer_spans, unitizing_alpha

GOLDEN = json.loads((Path(__file__).parent / "golden" / "unitizing_alpha.json").read_text())
SCHEMA = {"unit_id": str, "coder": str, "label": str, "start": int, "end": int}


def spans_of(given):
    """Rows of {continuum: {coder: [(start, end, label)]}}; no units: read, nothing marked."""
    rows = [
        (unit, coder, label, start, end)
        for unit, coders in given.items()
        for coder, units in coders.items()
        for start, end, label in (units or [(None, None, None)])
    ]
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")


def continua_of(lengths, sources=None):
    return pl.DataFrame(
        {
            "unit_id": list(lengths),
            "length": list(lengths.values()),
            "source": sources or list(lengths),
        }
    )


def values_of(given, lengths, **options):
    table = unitizing_alpha(spans_of(given), continua_of(lengths), **options)
    return {
        row["measure"] if row["label"] is None else row["label"]: row["estimate"]
        for row in table.iter_rows(named=True)
    }


def by_definition(coders, length):
    """Position by position, pair by pair of coders: u, |u, cu and (k)u of one continuum."""
    m = len(coders)
    labels = sorted({label for units in coders for *_, label in units})
    gap = ""
    text = [[gap] * length for _ in coders]
    for i, units in enumerate(coders):
        for start, end, label in units:
            text[i][start:end] = [label] * (end - start)

    def coefficients(kept, loss):
        """1 - observed / expected of a table of values; `loss` says which pairs of values count."""
        joint = {(c, k): 0.0 for c in kept for k in kept}
        for i, j in permutations(range(m), 2):
            for c, k in zip(text[i], text[j], strict=True):
                if c in kept and k in kept:
                    joint[c, k] += 1 / (m - 1)
        margin = {c: sum(joint[c, k] for k in kept) for c in kept}
        whole = sum(margin.values())
        itself = dict.fromkeys(kept, 0.0)
        for i, units in enumerate(coders):
            if gap in kept:
                itself[gap] += text[i].count(gap)
            for start, end, label in units:
                if gap in kept:
                    itself[label] += (end - start) ** 2
                else:
                    for j in set(range(m)) - {i}:
                        both = sum(x != gap for x in text[j][start:end])
                        itself[label] += both**2 / (m - 1)
        below = whole - sum(itself.values()) / whole
        chance = {
            (c, k): (margin[c] * margin[k] - (itself[c] if c == k else 0)) / below
            for c in kept
            for k in kept
        }
        return loss(joint, chance)

    def all_pairs(joint, chance):
        differ = [pair for pair in joint if pair[0] != pair[1]]
        return 1 - sum(joint[p] for p in differ) / sum(chance[p] for p in differ)

    def gap_or_not(joint, chance):
        differ = [(c, k) for c, k in joint if (c == gap) != (k == gap)]
        return 1 - sum(joint[p] for p in differ) / sum(chance[p] for p in differ)

    def of(label):
        def loss(joint, chance):
            seen, by_chance = (
                (sum(t[c, label] for c in labels), sum(t[c, label] for c in labels if c != label))
                for t in (joint, chance)
            )
            return 1 - (seen[1] / seen[0]) / (by_chance[1] / by_chance[0])

        return loss

    found = {
        "u": coefficients([gap, *labels], all_pairs),
        "|u": coefficients([gap, *labels], gap_or_not),
        "cu": coefficients(labels, all_pairs),
    }
    return found | {label: coefficients(labels, of(label)) for label in labels}


@pytest.mark.parametrize("number", range(len(GOLDEN)))
def test_u_alpha_equals_an_independent_program(number):
    case = GOLDEN[number]
    found = values_of({"x": case["units"]}, {"x": case["length"]})
    assert found["u"] == pytest.approx(case["u"], abs=1e-9)


@pytest.mark.parametrize("number", range(1, len(GOLDEN)))
def test_the_family_equals_its_definition_position_by_position(number):
    case = GOLDEN[number]
    found = values_of({"x": case["units"]}, {"x": case["length"]})
    expected = by_definition(
        [[tuple(u) for u in units] for units in case["units"].values()], case["length"]
    )
    assert found.keys() == expected.keys()
    for name, value in expected.items():
        assert found[name] == pytest.approx(value, abs=1e-9), name


def test_units_of_one_position_without_gaps_are_krippendorffs_example_of_nominal_alpha():
    """Krippendorff (2011), Computing Krippendorff's alpha-reliability, example B: 0.692."""
    one = "aabbdcccedda"
    two = "babbbccceddd"
    letters = {"one": one, "two": two}
    given = {
        "x": {
            c: [(n, n + 1, letter) for n, letter in enumerate(text)] for c, text in letters.items()
        }
    }
    expected = krippendorff.alpha(
        reliability_data=[[ord(x) for x in text] for text in (one, two)],
        level_of_measurement="nominal",
    )
    assert round(expected, 3) == 0.692
    found = values_of(given, {"x": 12})
    assert found["u"] == pytest.approx(expected, abs=1e-9)
    assert found["cu"] == pytest.approx(expected, abs=1e-9)


def test_cutting_gaps_into_several_continua_changes_nothing():
    units = {"one": [(2, 10, "a"), (30, 36, "b")], "two": [(4, 10, "a"), (29, 36, "a")]}
    whole = values_of({"x": units}, {"x": 50})
    cut = {
        "x": {c: [u for u in us if u[1] <= 20] for c, us in units.items()},
        "y": {c: [(s - 20, e - 20, k) for s, e, k in us if s >= 20] for c, us in units.items()},
    }
    assert values_of(cut, {"x": 20, "y": 30}) == pytest.approx(whole, abs=1e-12)


def test_equal_unitizing_is_perfect():
    units = {"x": {c: [(2, 10, "a"), (30, 36, "b")] for c in ("one", "two", "three")}}
    found = values_of(units, {"x": 50})
    assert found == pytest.approx(dict.fromkeys(("u", "|u", "cu", "a", "b"), 1.0))


def test_a_continuum_read_by_one_coder_says_nothing_and_unread_is_not_unmarked():
    pair = {"one": [(0, 5, "a")], "two": [(0, 6, "a")]}
    lengths = {"x": 20, "y": 20}
    alone = values_of({"x": pair}, lengths)
    assert values_of({"x": pair, "y": {"one": [(3, 9, "a")]}}, lengths) == pytest.approx(alone)
    unmarked = values_of({"x": pair, "y": {"one": [(3, 9, "a")], "two": []}}, lengths)
    assert unmarked["u"] < alone["u"] - 0.2


def test_coverage_and_undefined_coefficients():
    table = unitizing_alpha(
        spans_of({"x": {"one": [(0, 10, "a")], "two": [(5, 15, "a")]}}), continua_of({"x": 40})
    )
    assert table["coverage"].to_list() == [1.0, 1.0, 0.125, 0.5]
    assert table["estimate"].is_null().to_list() == [False, False, True, True]
    assert "one label" in table["reason"][2]
    empty = unitizing_alpha(spans_of({"x": {"one": [], "two": []}}), continua_of({"x": 40}))
    assert empty["estimate"].null_count() == 3
    assert "no disagreement is expected" in empty["reason"][0]
    single = unitizing_alpha(spans_of({"x": {"one": [(0, 10, "a")]}}), continua_of({"x": 40}))
    assert single["reason"][0] == "no continuum was read by two coders"


def random_corpus(n, *, seed):
    rng = np.random.default_rng(seed)
    given = {}
    for number in range(n):
        skill = rng.integers(0, 8)
        start = int(rng.integers(10, 40))
        given[f"u{number:02d}"] = {
            coder: [
                (start + int(rng.integers(0, skill + 1)), start + 30, "ab"[int(rng.random() < 0.5)])
            ]
            for coder in ("one", "two")
        }
    return given


def test_intervals_are_over_sources_and_row_order_does_not_matter():
    given = random_corpus(24, seed=1)
    lengths = dict.fromkeys(given, 90)
    sources = [f"v{n // 2}" for n in range(24)]
    spans, talks = spans_of(given), continua_of(lengths, sources)
    table = unitizing_alpha(spans, talks)
    assert table["n"][0] == 24
    assert table["n_clusters"][0] == 12
    assert table["method"][0] == "jackknife-t"
    assert table["low"][0] < table["estimate"][0] < table["high"][0]
    mixed = unitizing_alpha(
        spans.sample(fraction=1, shuffle=True, seed=3),
        talks.sample(fraction=1, shuffle=True, seed=4),
    )
    for column in ("estimate", "low", "high"):
        assert mixed[column].to_list() == pytest.approx(table[column].to_list(), abs=1e-12)


def test_intervals_cover_the_value_of_many_conversations():
    large = random_corpus(4000, seed=2)
    truth = values_of(large, dict.fromkeys(large, 90))["u"]
    held = []
    for seed in range(100, 220):
        given = random_corpus(15, seed=seed)
        row = unitizing_alpha(spans_of(given), continua_of(dict.fromkeys(given, 90))).row(
            0, named=True
        )
        held.append(row["low"] <= truth <= row["high"])
    assert np.mean(held) >= 0.87  # standard error 0.02


def test_spans_from_layers():
    corpus = Corpus.build(
        pl.DataFrame(
            {
                "conversation_id": ["t", "t", "s"],
                "speaker": ["A", "B", "A"],
                "text": ["x" * 30, "y" * 20, "z" * 10],
                "id": ["u1", "u2", "u3"],
            }
        )
    )
    rows = {
        "one": [("u1", "goal", 0, 10), ("u2", None, None, None), ("u3", "goal", 2, 6)],
        "two": [("u1", "goal", 2, 10), ("u2", "goal", 1, 4)],
    }
    layers = [
        Layer.build(
            f"marks.{coder}",
            pl.DataFrame(
                given,
                schema={"unit_id": str, "label": str, "start_char": int, "end_char": int},
                orient="row",
            ),
            LayerMetadata(scheme="marks", coder=coder, coder_kind="human", unit="span"),
        )
        for coder, given in rows.items()
    ]
    spans, talks = layer_spans(layers, corpus)
    found = unitizing_alpha(spans, talks)
    expected = values_of(
        {
            "u1": {"one": [(0, 10, "goal")], "two": [(2, 10, "goal")]},
            "u2": {"one": [], "two": [(1, 4, "goal")]},
        },
        {"u1": 30, "u2": 20},
    )
    assert found["estimate"][0] == pytest.approx(expected["u"], abs=1e-12)
    assert found["n"][0] == 2
    assert found["n_clusters"][0] == 1
    with pytest.raises(BadInput, match="One layer of each coder"):
        layer_spans([layers[0], layers[0]], corpus)
    with pytest.raises(BadInput, match="1 coded utterances are not in this corpus"):
        layer_spans(layers, corpus.filter(conversations=["t"]))


@pytest.mark.parametrize(
    ("units", "message"),
    [
        ([(0, 10, "a"), (8, 12, "b")], "1 spans overlap"),
        ([(5, 50, "a")], "do not lie in their continuum"),
        ([(5, 5, "a")], "do not lie in their continuum"),
    ],
)
def test_bad_spans_are_named(units, message):
    with pytest.raises(BadInput, match=message):
        values_of({"x": {"one": units, "two": []}}, {"x": 40})


def test_an_absent_column_is_named():
    with pytest.raises(BadInput, match="column 'end' is absent"):
        unitizing_alpha(spans_of({}).drop("end"), continua_of({"x": 3}))
