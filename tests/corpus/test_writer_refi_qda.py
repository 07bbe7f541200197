"""REFI-QDA projects that we write: there and back, stable, and as the standard wants them."""

from dataclasses import replace

from coded_corpora import coded_corpora, layer, unexplained
from generated_corpora import CHECKS, PHASES
from hypothesis import given, settings
from refi_projects import (
    CHANGE,
    REASONS,
    against_the_standard,
    coding,
    project,
    selection,
    text_source,
    write,
)

import workbench as wb
from workbench.corpus import Codebook
from workbench.corpus.writers import writer
from workbench.resources import bundled


@settings(max_examples=30, deadline=None, suppress_health_check=CHECKS, phases=PHASES)
@given(corpus=coded_corpora())
def test_codings_come_back_or_are_told_as_lost(tmp_path_factory, corpus):
    path = tmp_path_factory.mktemp("coded") / "x.qdpx"
    corpus.write(path, format="refi-qda")
    assert against_the_standard(path) == []
    assert unexplained(corpus, wb.load(path), writer("refi-qda").lost(corpus)) == []


def test_the_demonstration_comes_back_and_is_written_alike_each_time(tmp_path):
    corpus = wb.load(bundled("data", "demo"))
    for name in ("one.qdpx", "two.qdpx"):
        corpus.write(tmp_path / name, format="refi-qda")
    assert (tmp_path / "one.qdpx").read_bytes() == (tmp_path / "two.qdpx").read_bytes()
    again = wb.load(tmp_path / "one.qdpx")
    assert unexplained(corpus, again, writer("refi-qda").lost(corpus)) == []
    for each in corpus.layers:
        theirs = again.layer(f"{each.metadata.scheme}.{each.metadata.coder}")
        assert theirs.table.equals(each.table)
        assert theirs.metadata.labels == each.metadata.labels


def test_a_small_project_is_as_the_standard_wants_it(tmp_path):
    corpus = wb.load(bundled("data", "demo")).filter(conversations=["d01", "d02"])
    first, second = corpus.utterances["id"][:2]
    text = corpus.utterances["text"][1]
    rows = [
        {"unit_id": second, "label": "a", "start_char": 0, "end_char": 3, "target_id": first},
        {"unit_id": second, "label": "b", "start_char": 0, "end_char": 3, "note": "both <&>"},
    ]
    whole = [{"unit_id": "d01", "label": "good", "note": "why"}, {"unit_id": "d02", "label": "bad"}]
    across = [
        {
            "unit_id": first,
            "label": "c",
            "start_char": 4,
            "end_char": len(corpus.utterances["text"][0]),
        },
        {
            "unit_id": second,
            "label": "c",
            "start_char": 0,
            "end_char": len(text),
            "target_id": first,
        },
    ]
    layers = [
        layer("parts", "anna", rows, unit="span", exclusive=False),
        layer("global", "anna", whole, unit="conversation"),
        layer("story", "anna", across, "gold", unit="segment", round=3),
        layer("seen", "anna", [{"unit_id": first}, {"unit_id": second, "note": "unsure"}]),
    ]
    corpus = replace(corpus, layers=(*corpus.layers, *layers))
    path = tmp_path / "x.qdpx"
    corpus.write(path, format="refi-qda")
    assert against_the_standard(path) == []
    told = writer("refi-qda").lost(corpus)
    assert unexplained(corpus, wb.load(path), told) == []
    assert not {"layers.parts.anna.span", "layers.story.anna.segment"} & {f.where for f in told}


def test_a_project_of_another_program_keeps_its_book_and_coders(tmp_path):
    text = "Therapist: What brings you?\nClient: I want to stop.\n"
    marked = [
        selection(11, 27, coding(CHANGE), coding(REASONS, number=501)),
        selection(text.index("want"), text.index("want") + 4, coding(REASONS), number=101),
    ]
    theirs = wb.load(write(tmp_path / "a.qdpx", project(text_source(*marked)), text))
    theirs.write(tmp_path / "b.qdpx", format="refi-qda")
    assert against_the_standard(tmp_path / "b.qdpx") == []
    ours = wb.load(tmp_path / "b.qdpx")
    assert unexplained(theirs, ours, writer("refi-qda").lost(theirs)) == []
    books = [Codebook.read(tmp_path / name).schemes[0].codes for name in ("a.qdpx", "b.qdpx")]
    assert books[0] == books[1]
    assert [each.name for each in ours.layers] == ["Study.Anna", "Study.Anna.span"]


def test_the_structure_check_finds_what_is_wrong(tmp_path):
    path = tmp_path / "x.qdpx"
    wb.load(bundled("data", "demo")).filter(conversations=["d01"]).write(path, format="refi-qda")
    broken = project(text_source(), before="<Unknown/>")
    found = against_the_standard(write(path, broken, "T: x\n"))
    assert any("Unknown" in problem for problem in found)
    assert any("guid" in problem or "no file" in problem for problem in found)
