"""REFI-QDA projects of other programs: who speaks, who coded what where, and what is broken."""

import zipfile

import pytest
from refi_projects import (
    ANNA,
    BOB,
    BOOK,
    CHANGE,
    OTHER_REASONS,
    REASONS,
    SOURCE,
    SUSTAIN,
    USERS,
    coding,
    guid,
    project,
    selection,
    text_source,
    write,
)

import workbench as wb
from workbench.corpus import Codebook
from workbench.corpus.readers import likeliest
from workbench.errors import BadInput

TEXT = "Therapist: What brings you?\nClient: I want to stop.\nBut it helps me.\nTherapist: I see.\n"
"""The third line belongs to the client's turn."""


def span(words, text=TEXT):
    return text.index(words), text.index(words) + len(words)


def rows(layer, *columns):
    return layer.table.select("unit_id", *columns, "label").rows()


def load(folder, *selections, text=TEXT, **more):
    inside = text_source(*selections)
    return wb.load(write(folder / "study.qdpx", project(inside, **more), text))


def checks(corpus):
    return {finding.check: finding for finding in corpus.findings}


# -- words and codings -----------------------------------------------------------------------------


def test_lines_with_names_are_turns(tmp_path):
    path = write(tmp_path / "study.qdpx", project(text_source()), TEXT)
    assert likeliest(path).name == "refi-qda"
    corpus = wb.load(path, roles={"Client": "patient"})
    assert corpus.metadata.name == "Study"
    assert corpus.utterances.select("id", "role", "text").rows() == [
        ("Interview 1-0", "therapist", "What brings you?"),
        ("Interview 1-1", "patient", "I want to stop. But it helps me."),
        ("Interview 1-2", "therapist", "I see."),
    ]


def test_every_user_has_layers_and_sub_codes_keep_their_parents(tmp_path):
    whole = selection(*span("What brings you?"), coding(CHANGE), coding(SUSTAIN, BOB))
    part = selection(*span("stop"), coding(REASONS), number=101)
    corpus = load(tmp_path, whole, part)
    names = [each.name for each in corpus.layers]
    assert names == ["Study.Anna", "Study.Bob", "Study.Anna.span"]
    anna, bob, spans = corpus.layers
    assert rows(anna) == [("Interview 1-0", "Change")]
    assert rows(bob) == [("Interview 1-0", "Sustain")]
    assert rows(spans, "start_char", "end_char") == [("Interview 1-1", 10, 14, "Change/Reasons")]
    assert spans.metadata.labels == ("Change", "Change/Reasons", "Sustain", "Sustain/Reasons")
    codes = spans.metadata.facts["codes"]
    assert codes["Change"] == {"colour": "#ff0000", "definition": "towards it"}
    assert codes["Sustain/Reasons"] == {"parent": "Sustain"}
    book = Codebook.read(tmp_path / "study.qdpx")
    assert book.scheme("study").labels == spans.metadata.labels


def test_a_passage_with_names_and_line_ends_is_on_its_words(tmp_path):
    whole_line = selection(*span("Client: I want to stop.\nBut it helps me.\n"), coding(CHANGE))
    second_line = selection(*span("But it helps"), coding(SUSTAIN), number=101)
    corpus = load(tmp_path, whole_line, second_line)
    assert rows(corpus.layer("Study.Anna")) == [("Interview 1-1", "Change")]
    text = corpus.utterances["text"][1]
    _, start, end, _ = rows(corpus.layer("Study.Anna.span"), "start_char", "end_char")[0]
    assert text[start:end] == "But it helps"


def test_a_passage_over_several_turns_is_a_segment(tmp_path):
    across = selection(*span("helps me.\nTherapist: I see"), coding(CHANGE))
    corpus = load(tmp_path, across)
    (segment,) = corpus.layers
    assert rows(segment, "start_char", "end_char", "target_id") == [
        ("Interview 1-1", 23, 32, None, "Change"),
        ("Interview 1-2", 0, 5, "Interview 1-1", "Change"),
    ]


def test_codes_on_a_whole_source_are_on_the_conversation(tmp_path):
    (layer,) = load(tmp_path, coding(SUSTAIN, BOB)).layers
    assert rows(layer, "unit") == [("Interview 1", "conversation", "Sustain")]
    assert layer.metadata.coder == "Bob"


def test_a_passage_without_a_code_was_seen_and_nothing_assigned(tmp_path):
    seen = selection(*span("I see."), more=f'creatingUser="{BOB}"')
    (layer,) = load(tmp_path, seen).layers
    assert (layer.metadata.coder, rows(layer)) == ("Bob", [("Interview 1-2", None)])


def test_notes_and_links_come_with_the_coding(tmp_path):
    noted = coding(CHANGE, inside=f'<NoteRef targetGUID="{guid(70)}"/>')
    first = selection(*span("What brings you?"), noted)
    second = selection(*span("stop"), coding(REASONS), number=101)
    after = (
        f'<Notes><Note guid="{guid(70)}"><PlainTextContent>very open</PlainTextContent></Note></Notes>'
        f'<Links><Link guid="{guid(71)}" originGUID="{guid(100)}" targetGUID="{guid(101)}"/></Links>'
    )
    corpus = load(tmp_path, first, second, after=after)
    assert rows(corpus.layer("Study.Anna"), "note", "target_id") == [
        ("Interview 1-0", "very open", "Interview 1-1:10-14", "Change")
    ]


def test_folders_at_the_top_of_the_book_are_schemes(tmp_path):
    folders = BOOK.replace('name="Change" isCodable="true"', 'name="Change" isCodable="false"')
    folders = folders.replace('name="Sustain" isCodable="true"', 'name="Sustain" isCodable="false"')
    marked = selection(*span("stop"), coding(REASONS), coding(OTHER_REASONS))
    corpus = load(tmp_path, marked, book=folders)
    assert {each.name: rows(each)[0][-1] for each in corpus.layers} == {
        "Change.Anna.span": "Reasons",
        "Sustain.Anna.span": "Reasons",
    }


def test_variables_cases_and_memos_are_facts_of_the_conversation(tmp_path):
    before = (
        f'<Variables><Variable guid="{guid(60)}" name="Clinic" typeOfVariable="Text"/>'
        f'<Variable guid="{guid(61)}" name="Age" typeOfVariable="Integer"/></Variables>'
        f'<Cases><Case guid="{guid(62)}" name="P7"><VariableValue><VariableRef targetGUID="{guid(61)}"/>'
        f'<IntegerValue>41</IntegerValue></VariableValue><SourceRef targetGUID="{SOURCE}"/></Case></Cases>'
    )
    reference = f'<VariableRef targetGUID="{guid(60)}"/>'
    value = f"<VariableValue>{reference}<TextValue>North</TextValue></VariableValue>"
    corpus = load(tmp_path, "<Description>by phone</Description>", value, before=before)
    talk = corpus.conversations.row(0, named=True)
    found = {key: talk[f"meta.{key}"] for key in ("Clinic", "Age", "case", "note")}
    assert found == {"Clinic": "North", "Age": 41, "case": "P7", "note": "by phone"}


def test_sets_of_codes_and_the_programs_name_are_kept(tmp_path):
    member = f'<MemberCode targetGUID="{OTHER_REASONS}"/>'
    after = f'<Sets><Set guid="{guid(75)}" name="Why">{member}</Set></Sets>'
    corpus = load(tmp_path, after=after)
    assert corpus.metadata.facts["refi"] == {
        "origin": "Another program",
        "sets": {"Why": ["Sustain/Reasons"]},
    }


def test_cases_that_cover_the_words_are_the_speakers(tmp_path):
    text = "Good morning.\nMorning.\nSleep well?\nNo.\n"
    lines = [span(line, text) for line in ("Good morning.", "Morning.", "Sleep well?", "No.")]
    turns = [selection(*line, number=200 + n) for n, line in enumerate(lines)]
    refs = [f'<SelectionRef targetGUID="{guid(200 + n)}"/>' for n in range(4)]
    before = (
        f'<Cases><Case guid="{guid(62)}" name="Dr. Lee">{refs[0]}{refs[2]}</Case>'
        f'<Case guid="{guid(63)}" name="Sam">{refs[1]}{refs[3]}</Case></Cases>'
    )
    coded = selection(*span("well", text), coding(CHANGE), number=300)
    corpus = load(tmp_path, *turns, coded, text=text, before=before)
    assert corpus.utterances.select("speaker", "text").rows() == [
        ("Dr. Lee", "Good morning."),
        ("Sam", "Morning."),
        ("Dr. Lee", "Sleep well?"),
        ("Sam", "No."),
    ]
    assert [rows(each) for each in corpus.layers] == [[("Interview 1-2", "Change")]]


def test_a_text_without_names_is_a_turn_a_paragraph(tmp_path):
    text = "We talked for a while.\n\nThen it was quiet.\n"
    corpus = load(tmp_path, selection(*span("quiet", text), coding(CHANGE)), text=text)
    assert corpus.utterances["text"].to_list() == ["We talked for a while.", "Then it was quiet."]
    assert corpus.utterances["speaker"].unique().to_list() == ["unknown-Interview 1"]
    assert rows(corpus.layers[0], "start_char", "end_char") == [("Interview 1-1", 12, 17, "Change")]


def test_words_inside_the_project_are_read(tmp_path):
    inline = text_source(f"<PlainTextContent>{TEXT}</PlainTextContent>", path="")
    corpus = wb.load(write(tmp_path / "x.qdpx", project(inline)))
    assert corpus.utterances.height == 3


def test_a_transcript_gives_times(tmp_path):
    points = "".join(
        f'<SyncPoint guid="{guid(300 + n)}" position="{TEXT.index(words)}" timeStamp="{n * 1500}"/>'
        for n, words in enumerate(("Therapist: What", "Client", "Therapist: I"))
    )
    marked = (
        f'<TranscriptSelection guid="{guid(310)}" fromSyncPoint="{guid(301)}" toSyncPoint="{guid(302)}">'
        f"{coding(CHANGE)}</TranscriptSelection>"
    )
    sound = (
        f'<AudioSource guid="{guid(80)}" name="Session 3" path="internal://x.m4a">'
        f'<Transcript guid="{SOURCE}" plainTextPath="internal://{SOURCE}.txt">{points}{marked}</Transcript>'
        "</AudioSource>"
    )
    corpus = wb.load(write(tmp_path / "x.qdpx", project(sound), TEXT))
    assert corpus.utterances.select("start", "end").rows() == [(0.0, 1.5), (1.5, 3.0), (3.0, None)]
    assert rows(corpus.layer("Study.Anna")) == [("Session 3-1", "Change")]


# -- ways of counting ------------------------------------------------------------------------------


WINDOWS = "\ufeff" + TEXT.replace("What brings", "What 😴 brings").replace("\n", "\r\n")


@pytest.mark.parametrize(
    ("stored", "counted"),
    [
        (WINDOWS, WINDOWS[1:].replace("\r\n", "\n")),
        (WINDOWS, WINDOWS),
        (WINDOWS[1:], WINDOWS[1:].replace("😴", "xx")),
        (WINDOWS[1:].replace("\r\n", "\n"), WINDOWS[1:]),
    ],
    ids=["a line end as one", "with the mark", "UTF-16 units", "a line end as two"],
)
def test_the_name_of_a_selection_tells_how_a_program_counted(tmp_path, stored, counted):
    marked = selection(*span("it helps", counted), coding(CHANGE), name="it helps")
    corpus = load(tmp_path, marked, text=stored)
    ((unit, start, end, _),) = rows(corpus.layers[0], "start_char", "end_char")
    assert corpus.utterances.filter(id=unit)["text"][0][start:end] == "it helps"
    assert checks(corpus)["counted otherwise"].level == "note"
    assert "counting unsure" not in checks(corpus)


def test_without_names_the_standard_holds_and_a_warning_says_so(tmp_path):
    stored = TEXT.replace("\n", "\r\n")
    corpus = load(tmp_path, selection(*span("it helps", stored), coding(CHANGE)), text=stored)
    ((unit, start, end, _),) = rows(corpus.layers[0], "start_char", "end_char")
    assert corpus.utterances.filter(id=unit)["text"][0][start:end] == "it helps"
    assert checks(corpus)["counting unsure"].level == "warning"


def test_where_no_position_can_be_doubted_nothing_is_said(tmp_path):
    first_line = selection(*span("What"), coding(CHANGE))
    assert "counting unsure" not in checks(load(tmp_path, first_line))


# -- what is broken --------------------------------------------------------------------------------


def test_codings_that_lead_nowhere_are_salvaged_and_listed(tmp_path):
    marked = [
        selection(*span("What"), coding(guid(999))),
        selection(*span("brings"), coding(CHANGE, guid(998)), number=101),
        selection(9_000, 9_004, coding(CHANGE), number=102),
        selection(TEXT.index("I see"), 9_000, coding(CHANGE), number=103),
        selection("x", 3, coding(CHANGE), number=104),
        selection(9, 10, coding(CHANGE), number=105),
    ]
    corpus = load(tmp_path, *marked)
    found = {name: (each.level, each.count) for name, each in checks(corpus).items()}
    assert found["unknown code"] == ("warning", 1)
    assert found["unknown user"] == ("warning", 1)
    assert found["beyond the text"] == ("warning", 1)
    assert found["cut at the end"] == ("warning", 1)
    assert found["no place"] == ("warning", 1)
    assert found["no words"] == ("note", 1)
    assert {each.metadata.coder for each in corpus.layers} == {"Anna", "unknown-a0000000"}
    assert all("brings" not in str(finding) for finding in corpus.findings)


def test_a_coding_without_a_user_is_the_projects_or_nobodys(tmp_path):
    nobody = selection(*span("What"), coding(CHANGE, ""))
    mine = load(tmp_path, nobody, attributes=f'creatingUserGUID="{BOB}"')
    assert mine.layers[0].metadata.coder == "Bob"
    alone = load(
        tmp_path, nobody, users=f'<Users><User guid="{{{ANNA.upper()}}}" name="A"/></Users>'
    )
    assert alone.layers[0].metadata.coder == "A"
    unknown = load(tmp_path, nobody, users=USERS)
    assert checks(unknown)["no user"].count == 1


@pytest.mark.parametrize(
    ("path", "check"),
    [
        ("internal://gone.txt", "missing file"),
        ("relative:///../../secret.txt", "outside"),
        ("absolute:///etc/passwd", "outside"),
        ("", "no text"),
    ],
)
def test_a_source_without_words_is_left_out_and_listed(tmp_path, path, check):
    whole = text_source() + text_source(path=path, name="Interview 2").replace(SOURCE, guid(91), 1)
    corpus = wb.load(write(tmp_path / "x.qdpx", project(whole), TEXT))
    assert corpus.conversations["id"].to_list() == ["Interview 1"]
    assert (checks(corpus)[check].level, checks(corpus)[check].count) == ("warning", 1)
    alone = write(tmp_path / "y.qdpx", project(text_source(path=path)))
    with pytest.raises(BadInput, match=r"y\.qdpx.*no dialogue"):
        wb.load(alone)


def test_words_in_another_encoding_are_left_out(tmp_path):
    path = write(tmp_path / "x.qdpx", project(text_source()), "Thérapeute".encode("latin-1"))
    with pytest.raises(BadInput, match=r"x\.qdpx.*UTF-8"):
        wb.load(path)


def test_a_cut_archive_is_refused(tmp_path):
    path = write(tmp_path / "study.qdpx", project(text_source()), TEXT)
    whole = path.read_bytes()
    for length in (10, len(whole) // 2, len(whole) - 5):
        path.write_bytes(whole[:length])
        with pytest.raises(BadInput, match=r"study\.qdpx.*damaged"):
            wb.load(path)


def test_traps_are_refused(tmp_path):
    attack = '<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><Project>&b;</Project>'
    with pytest.raises(BadInput, match=r"entity\.qdpx.*DOCTYPE"):
        wb.load(write(tmp_path / "entity.qdpx", attack))
    path = write(tmp_path / "leaves.qdpx", project(text_source()), TEXT, name="../../words.txt")
    with pytest.raises(BadInput, match=r"leaves\.qdpx.*points out"):
        wb.load(path)
    bomb = tmp_path / "bomb.qdpx"
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("project.qde", b" " * 30_000_000)
    with pytest.raises(BadInput, match=r"bomb\.qdpx.*far more"):
        wb.load(bomb)


def test_an_archive_without_a_project_is_none(tmp_path):
    path = tmp_path / "x.zip"
    with zipfile.ZipFile(path, "w") as packed:
        packed.writestr("a.txt", "x")
    with pytest.raises(BadInput, match="no reader knows"):
        wb.load(path)
    with pytest.raises(BadInput, match="no project"):
        wb.load(path, format="refi-qda")
