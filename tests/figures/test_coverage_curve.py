"""The curve of abstaining: who it is of, and what tells its lines apart."""

from workbench.figures.coverage import coverage_curve

MEASURES = {"coverage": 0.8, "accuracy": 0.7, "macro-F1": 0.6}


def test_the_title_is_escaped_once_and_the_lines_differ_in_more_than_colour():
    told = {"low": None, "high": None, "level": 0.95, "method": "none", "n": 9, "n_clusters": 3}
    rows = [
        {
            "abstain below": 0.5,
            "measure": name,
            "estimate": value,
            **told,
            "reason": "three sources",
        }
        for name, value in MEASURES.items()
    ]
    figure = coverage_curve(rows, title="R & D")
    assert figure.layout.title.text == "R &amp; D"
    assert coverage_curve([], title="R & D").layout.title.text == "R &amp; D"
    assert len({(t.line.dash, t.marker.symbol) for t in figure.data}) == 2
