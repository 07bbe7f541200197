"""Praat TextGrids: both text forms, both encodings, interval and point tiers."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from spoiled_files import assert_loads_or_refuses, spoiled

import workbench as wb
from workbench.errors import BadInput

TIERS = [
    (
        "Therapist",
        [(0, 0.5, ""), (0.5, 2.25, 'So you said "enough".'), (2.25, 6, " "), (6, 7, "Mm-hm.")],
    ),
    ("Sam", [(0, 2, ""), (2, 6, "I did.\nMany times ! 3 <exists>"), (6, 7, "")]),
]
POINTS = ("Tones", [(0.1, "x"), (2.1, "H*"), (5.5, "L%")])


def quoted(text):
    return '"' + text.replace('"', '""') + '"'


def long_form(tiers=TIERS, points=POINTS):
    lines = ['File type = "ooTextFile"', 'Object class = "TextGrid"', "", "xmin = 0 ", "xmax = 7 "]
    lines += ["tiers? <exists> ", f"size = {len(tiers) + 1} ", "item []: "]
    for number, (name, intervals) in enumerate(tiers, start=1):
        lines += [f"    item [{number}]:", '        class = "IntervalTier" ']
        lines += [f"        name = {quoted(name)} ", "        xmin = 0 ", "        xmax = 7 "]
        lines += [f"        intervals: size = {len(intervals)} "]
        for place, (start, end, text) in enumerate(intervals, start=1):
            lines += [f"        intervals [{place}]:", f"            xmin = {start} "]
            lines += [f"            xmax = {end} ", f"            text = {quoted(text)} "]
    name, marks = points
    lines += [f"    item [{len(tiers) + 1}]:", '        class = "TextTier" ']
    lines += [f"        name = {quoted(name)} ", "        xmin = 0 ", "        xmax = 7 "]
    lines += [f"        points: size = {len(marks)} "]
    for place, (time, mark) in enumerate(marks, start=1):
        lines += [f"        points [{place}]:", f"            number = {time} "]
        lines += [f"            mark = {quoted(mark)} "]
    return "\n".join([*lines, ""])


def short_form():
    lines = ['File type = "ooTextFile short"', '"TextGrid"', "", "0", "7", "<exists>"]
    lines += [str(len(TIERS) + 1)]
    for name, intervals in TIERS:
        lines += ['"IntervalTier"', quoted(name), "0", "7", str(len(intervals))]
        lines += [str(part) for a, b, text in intervals for part in (a, b, quoted(text))]
    name, marks = POINTS
    lines += ['"TextTier"', quoted(name), "0", "7", str(len(marks))]
    lines += [str(part) for time, mark in marks for part in (time, quoted(mark))]
    return "\n".join([*lines, ""])


def load(folder, text, encoding="utf-8", **options):
    (folder / "s.TextGrid").write_bytes(text.encode(encoding))
    return wb.load(folder / "s.TextGrid", **options)


@pytest.mark.parametrize("form", [long_form, short_form])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_forms_and_encodings(tmp_path, form, encoding, line_end):
    turns = load(tmp_path, form().replace("\n", line_end), encoding).utterances
    assert turns.select("speaker", "role", "start", "end").rows() == [
        ("therapist-s", "therapist", 0.5, 2.25),
        ("Sam", "other", 2.0, 6.0),
        ("therapist-s", "therapist", 6.0, 7.0),
    ]
    words = ['So you said "enough".', "I did.\nMany times ! 3 <exists>", "Mm-hm."]
    assert [text.replace("\r", "") for text in turns["text"]] == words
    assert turns["meta.Tones"].to_list() == [None, "2.1 H*; 5.5 L%", None]


def test_silence_speakers_and_points_outside_are_told(tmp_path):
    report = load(tmp_path, long_form()).report()
    assert "['Therapist', 'Sam']" in report.filter(check="tiers as speakers")["message"][0]
    assert report.filter(check="astray")["count"].to_list() == [1]


def test_roles(tmp_path):
    corpus = load(tmp_path, short_form(), roles={"Sam": "client"})
    assert corpus.utterances["side"].to_list() == ["helper", "client", "helper"]


spoken = st.text(
    st.characters(codec="utf-8", exclude_characters="\r\x00\x0b\x0c"), min_size=1, max_size=12
).filter(str.strip)


@settings(max_examples=60, deadline=None)
@given(texts=st.lists(spoken, min_size=1, max_size=6))
def test_any_words_are_read_as_they_are(tmp_path_factory, texts):
    intervals = [(place, place + 1, text) for place, text in enumerate(texts)]
    text = long_form([("A", intervals)], ("P", []))
    turns = load(tmp_path_factory.mktemp("grid"), text).utterances
    assert turns["text"].to_list() == texts
    assert turns["start"].to_list() == list(range(len(texts)))


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        (long_form()[:-60], "row 62: the file is cut off"),
        (short_form()[:120], "cut off"),
        (long_form().replace("IntervalTier", "SpectrumTier", 1), "row 10.*class"),
        (long_form().replace("xmin = 0.5", "xmin = soon", 1), "row 22.*the end of an interval"),
        (long_form().replace("size = 4", "size = 4.5"), "row 14.*number of intervals"),
        (long_form().replace("<exists>", "<absent>"), "no tier"),
        ('"Praat chronological TextGrid text file"\n0 7\n', "chronological"),
        ("ooBinaryFile\x08TextGrid\x00\x00", "binary"),
        ('File type = "ooTextFile"\nObject class = "PitchTier"\n', "no TextGrid"),
        (long_form([("A", [(0, 7, "")])], ("P", [])), "no utterance"),
        ("", "empty"),
    ],
)
def test_what_cannot_be_read_is_refused_with_the_row(tmp_path, text, hint):
    with pytest.raises(BadInput, match=hint) as refused:
        load(tmp_path, text, format="textgrid")
    assert "s.TextGrid" in str(refused.value)


@settings(max_examples=120, deadline=None)
@given(
    content=st.sampled_from([long_form(), short_form()]).flatmap(lambda t: spoiled(t.encode())),
    form=st.sampled_from([None, "textgrid"]),
)
def test_a_spoiled_file_loads_or_is_refused(tmp_path_factory, content, form):
    path = tmp_path_factory.mktemp("spoiled") / "s.TextGrid"
    assert_loads_or_refuses(path, content, format=form)
