import plotly.graph_objects as go
import polars as pl
import pytest

from workbench.figures.estimates import add_dots, add_reasons, interval_words, methods_of

TABLE = pl.DataFrame(
    {
        "estimate": [0.5, None, 0.2],
        "low": [0.4, None, None],
        "high": [0.7, None, None],
        "level": [0.95, None, None],
        "method": ["jackknife-t", None, "none"],
        "n": [40, 0, 3],
        "n_clusters": [12, 0, 1],
        "reason": [None, "No turn was coded <change>.", "one conversation"],
    }
)


def test_dots_carry_both_ends_of_the_interval_and_none_where_there_is_none():
    figure = go.Figure()
    add_dots(figure, TABLE, names=["a", "b", "c"], customdata=[1, 2, 3])
    (dots,) = figure.data
    assert (list(dots.x), list(dots.y), list(dots.customdata)) == ([0.5, 0.2], ["a", "c"], [1, 3])
    assert dots.error_x.array[0] == pytest.approx(0.2)
    assert dots.error_x.arrayminus[0] == pytest.approx(0.1)
    assert dots.error_x.array[1] is None


def test_what_is_undefined_is_said_in_words():
    figure = go.Figure()
    add_reasons(figure, TABLE, names=["a", "b", "c"])
    (words,) = figure.data
    assert list(words.y) == ["b"]
    assert words.text[0] == "not defined: No turn was coded &lt;change&gt;."


def test_an_estimate_without_interval_says_why():
    rows = list(TABLE.iter_rows(named=True))
    assert interval_words(rows[0]) == "0.5 (0.4 to 0.7)"
    assert interval_words(rows[2]) == "0.2, no interval: one conversation"


def test_the_caption_names_level_and_method():
    assert methods_of(TABLE) == "95% intervals: jackknife-t."
    assert methods_of(TABLE.tail(1)) == "There are no intervals."


def test_a_range_of_scores_is_not_called_an_interval():
    spread = TABLE.head(1).with_columns(method=pl.lit("mean, lowest and highest of 4"))
    told = "Bars of a mean: mean, lowest and highest of 4, no interval."
    assert methods_of(pl.concat([TABLE, spread])) == f"95% intervals: jackknife-t. {told}"
    assert methods_of(spread) == f"There are no intervals. {told}"
