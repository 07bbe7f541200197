import plotly.graph_objects as go
import pytest

from workbench.figures.layout import bare, plain, styled
from workbench.figures.palette import OKABE_ITO, colours_of


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("<img src=x onerror=alert(1)>", "&lt;img src=x onerror=alert(1)&gt;"),
        ("a & b", "a &amp; b"),
        ("", ""),
        ("one two three", "one two<br>three"),
    ],
)
def test_plain_text_holds_no_markup_but_line_breaks(text, shown):
    assert plain(text, width=30 if "<" in text or not text else 9) == shown


def test_long_text_is_cut_before_it_is_escaped():
    cut = plain("<" * 500, limit=10, width=100)
    assert cut == "&lt;" * 9 + "…"


def test_a_word_without_spaces_is_broken():
    assert "<br>" in plain("x" * 200, width=60)


def test_styled_figures_have_title_axes_and_caption():
    figure = styled(
        go.Figure(go.Bar(x=[1], y=[2])), title="T <b>", x="n (count)", y="share", caption="n = 1."
    )
    assert figure.layout.title.text == "T &lt;b&gt;"
    assert figure.layout.xaxis.title.text == "n (count)"
    assert [a.text for a in figure.layout.annotations] == ["n = 1."]


def test_an_empty_figure_says_why():
    assert (
        bare("Nothing was coded.", title="Codes").layout.annotations[0].text == "Nothing was coded."
    )


def test_known_codes_keep_their_colour_and_others_differ():
    colours = colours_of(["change", "a", "b", "c", "sustain"])
    assert colours["change"] == colours_of(["change"])["change"]
    assert len({colours[x] for x in "abc"}) == 3
    assert set(colours.values()) <= {*OKABE_ITO, "#8A8A8A"}
