"""Codebooks as REFI-QDA `.qdc`: there and back, other programs' files, what is refused."""

import re

import pytest
from generated_corpora import CHECKS
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.corpus import Code, Codebook, Scheme
from workbench.corpus.codebook import CodeSet
from workbench.errors import BadInput
from workbench.resources import bundled

THEIRS = """<?xml version="1.0" encoding="utf-8"?>
<CodeBook xmlns="urn:QDA-XML:codebook:1.0" origin="Another program">
 <Codes>
  <Code guid="{A0000000-0000-0000-0000-000000000001}" name="Change" isCodable="true" color="#ff0000">
   <Description>Speech about change</Description>
   <Code guid="A0000000-0000-0000-0000-000000000002" name="Reasons" isCodable="true"/>
   <Code guid="A0000000-0000-0000-0000-000000000003" name="Steps" isCodable="true"/>
  </Code>
  <Code guid="A0000000-0000-0000-0000-000000000004" name="Sustain" isCodable="false">
   <Code guid="A0000000-0000-0000-0000-000000000005" name="Reasons" isCodable="true"/>
  </Code>
 </Codes>
 <Sets><Set guid="A0000000-0000-0000-0000-000000000009" name="Why">
  <MemberCode guid="a0000000-0000-0000-0000-000000000002"/>
  <MemberCode guid="a0000000-0000-0000-0000-000000000005"/>
 </Set></Sets>
</CodeBook>"""


def read(folder, text, name="book.qdc"):
    path = folder / name
    path.write_text(text, "utf-8")
    return Codebook.read(path)


def test_sub_codes_colours_descriptions_and_sets_are_read(tmp_path):
    book = read(tmp_path, THEIRS)
    scheme = book.scheme("book")
    assert [(code.label, code.parent) for code in scheme.codes] == [
        ("Change", None),
        ("Change/Reasons", "Change"),
        ("Steps", "Change"),
        ("Sustain", None),
        ("Sustain/Reasons", "Sustain"),
    ]
    assert (scheme.codes[0].definition, scheme.codes[0].colour) == (
        "Speech about change",
        "#ff0000",
    )
    assert [code.label for code in scheme.codes if not code.codable] == ["Sustain"]
    assert book.sets == (CodeSet("Why", (("book", "Change/Reasons"), ("book", "Sustain/Reasons"))),)


def test_folders_at_the_top_are_schemes(tmp_path):
    folders = THEIRS.replace('name="Change" isCodable="true"', 'name="Change" isCodable="false"')
    book = read(tmp_path, folders)
    assert {scheme.name: scheme.labels for scheme in book.schemes} == {
        "Change": ("Reasons", "Steps"),
        "Sustain": ("Reasons",),
    }


def test_a_shipped_book_goes_out_and_comes_back(tmp_path):
    book = Codebook.read(bundled("workbench", "coding", "codebooks", "annomi.yaml"))
    book.write(tmp_path / "annomi.qdc")
    assert Codebook.read(tmp_path / "annomi.qdc").schemes == book.schemes


def test_the_same_book_gives_the_same_bytes_and_well_formed_guids(tmp_path):
    book = read(tmp_path, THEIRS)
    for name in ("one.qdc", "two.qdc"):
        book.write(tmp_path / name)
    text = (tmp_path / "one.qdc").read_text("utf-8")
    assert text == (tmp_path / "two.qdc").read_text("utf-8")
    guids = re.findall(r'guid="([^"]*)"', text)
    assert len(guids) == 9
    assert all(re.fullmatch("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", guid) for guid in guids)


words = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Cn"]), max_size=12)
names = st.sampled_from(["question", "open", "Ä & <b>", "a/b", 'say "why"', "7", "none of these"])


@st.composite
def books(draw):
    schemes = []
    for name in draw(st.lists(names, unique=True, min_size=1, max_size=3)):
        codes = []
        for label in draw(st.lists(names, unique=True, min_size=1, max_size=4)):
            known = st.sampled_from([code.label for code in codes]) if codes else st.none()
            colour = draw(st.sampled_from([None, "#0A7b33", "#abc"]))
            parent = draw(st.none() | known)
            codes.append(Code(label, draw(words), (), parent, colour, draw(st.booleans())))
        exclusive, unit = draw(st.booleans()), draw(st.sampled_from(["utterance", "span"]))
        schemes.append(
            Scheme(name, draw(st.sampled_from(["helper", "client"])), exclusive, (), unit)
        )
        schemes[-1] = Scheme(name, schemes[-1].side, exclusive, tuple(codes), unit)
    members = tuple((scheme.name, scheme.codes[0].label) for scheme in schemes)
    sets = draw(st.sampled_from([(), (CodeSet("first ones", members, "of each"),)]))
    return Codebook("b", "b", "", "", "", tuple(schemes), sets=sets)


def in_tree_order(codes):
    """Codes as a tree lists them: each before what is below it."""

    def below(parent):
        for code in codes:
            if code.parent == parent:
                yield code
                yield from below(code.label)

    return tuple(below(None))


@settings(max_examples=80, deadline=None, suppress_health_check=CHECKS)
@given(book=books())
def test_any_book_comes_back(tmp_path_factory, book):
    path = tmp_path_factory.mktemp("book") / "b.qdc"
    book.write(path)
    again = Codebook.read(path)
    for ours, theirs in zip(book.schemes, again.schemes, strict=True):
        assert (theirs.name, theirs.side, theirs.exclusive, theirs.unit) == (
            (ours.name, ours.side, ours.exclusive, ours.unit)
        )
        assert theirs.codes == in_tree_order(ours.codes)
    assert again.sets == book.sets


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (THEIRS[:400], "no readable XML"),
        (THEIRS.replace("<CodeBook", '<!DOCTYPE a [<!ENTITY b "c">]><CodeBook'), "DOCTYPE"),
        ('<CodeBook xmlns="urn:QDA-XML:codebook:1.0"><Codes/></CodeBook>', "no code"),
        ("<a/>", "no code"),
    ],
)
def test_what_is_no_codebook_is_refused(tmp_path, text, told):
    with pytest.raises(BadInput, match=rf"(?s)book\.qdc.*{told}"):
        read(tmp_path, text)


def test_other_endings_are_refused_for_writing(tmp_path):
    with pytest.raises(BadInput, match=r"book\.xml.*qdc"):
        read(tmp_path, THEIRS).write(tmp_path / "book.xml")
