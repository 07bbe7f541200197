"""Tables with foreign and odd column names, separators, and their guesses."""

import json
from pathlib import Path

import polars as pl
import pytest

import workbench as wb
from workbench.corpus.readers.guessing import plain, role_of_word
from workbench.errors import BadInput
from workbench.settings import data_home

GERMAN = (
    "Gespräch;Nr;Sprecherin;Äußerung;Thema\n"
    "1;1;Beraterin;Was führt Sie her?;Rauchen\n"
    "1;2;Klientin;Naja, der Arzt hat; gesagt;Rauchen\n"
)
SPANISH = "sesion,hablante,texto\ns1,Terapeuta,¿Cómo está?\ns1,Paciente,Bien.\n"
FRENCH = "séance\tlocuteur\ténoncé\nx\tThérapeute\tBonjour, ça va ?\nx\tCliente\tOui.\n"


def load(folder, text, name="t.csv", **options):
    (folder / name).write_text(text, "utf-8")
    return wb.load(folder / name, **options)


def guesses(corpus):
    return next(f.message for f in corpus.findings if f.check == "columns guessed")


def test_german_names_and_semicolons(tmp_path):
    corpus = load(tmp_path, GERMAN.replace("hat; gesagt", "hat gesagt"))
    turns = corpus.utterances
    assert turns["text"].to_list() == ["Was führt Sie her?", "Naja, der Arzt hat gesagt"]
    assert turns["side"].to_list() == ["helper", "client"]
    assert turns["role"].to_list() == ["counsellor", "client"]
    assert corpus.conversations.select("id", "topic").rows() == [("1", "Rauchen")]
    assert "Äußerung -> text" in guesses(corpus)
    assert "Beraterin -> counsellor" in corpus.report().filter(check="roles guessed")["message"][0]


def test_a_separator_inside_a_text_names_the_row(tmp_path):
    with pytest.raises(BadInput, match=r"row 3.*6 fields, the header 5"):
        load(tmp_path, GERMAN)


def test_spanish_and_french(tmp_path):
    for number, text in enumerate((SPANISH, FRENCH)):
        corpus = load(tmp_path, text, f"{number}.csv")
        assert corpus.utterances["side"].to_list() == ["helper", "client"]
        assert corpus.utterances["role"][0] == "therapist"


def test_columns_can_be_said_and_guesses_are_corrected(tmp_path):
    text = (
        "talk,who,words,note\na,Ann,Hello there,How long a note this is indeed\na,Bob,Hi,Second\n"
    )
    corpus = load(tmp_path, text, columns={"talk": "conversation_id", "note": "meta.note"})
    assert corpus.utterances["text"].to_list() == ["Hello there", "Hi"]
    assert corpus.utterances["meta.note"].to_list()[1] == "Second"
    swapped = load(tmp_path, text, columns={"note": "text", "words": "meta.words"})
    assert swapped.utterances["text"][1] == "Second"


def test_columns_that_are_not_there_are_refused_with_the_nearest_name(tmp_path):
    with pytest.raises(BadInput, match="Did you mean 'hablante'"):
        load(tmp_path, SPANISH, columns={"hablant": "speaker"})
    with pytest.raises(BadInput, match="Did you mean 'speaker'"):
        load(tmp_path, SPANISH, columns={"hablante": "speker"})


def test_nameless_columns_are_guessed_by_content(tmp_path):
    lines = [f"{n},{'AB'[n % 2]},This is the sentence number {n} of the talk" for n in range(8)]
    corpus = load(tmp_path, "c1,c2,c3\n" + "\n".join(lines) + "\n")
    assert corpus.utterances["speaker"].to_list()[:2] == ["A", "B"]
    assert "c3 -> text (by content)" in guesses(corpus)
    assert corpus.utterances["meta.c1"].to_list() == list(range(8))


def test_roles_map_speakers(tmp_path):
    text = "start_time\tstop_time\tspeaker\tvalue\n0.5\t1.5\tEllie\thi\n2\t3\tParticipant\thello\n"
    corpus = load(tmp_path, text, roles={"Ellie": "interviewer"})
    assert corpus.utterances["side"].to_list() == ["helper", "client"]
    assert corpus.utterances.select("start", "end").rows() == [(0.5, 1.5), (2.0, 3.0)]
    german = load(tmp_path, GERMAN.replace("; gesagt", ""), roles={"Klientin": "patient"})
    assert german.utterances["role"].to_list() == ["counsellor", "patient"]


def test_clock_times_and_unreadable_ones(tmp_path):
    text = "speaker,text,start\nT,One,00:01:02\nC,Two,1:05.5\nT,Three,soon\n"
    corpus = load(tmp_path, text)
    assert corpus.utterances["start"].to_list() == [62.0, 65.5, None]
    assert "row 4" in corpus.report().filter(check="malformed time")["where"][0]


def test_an_utterance_number_is_a_turn_and_orders_the_rows(tmp_path):
    text = "Dialogue_ID,Utterance_ID,Speaker,Utterance\n1,1,B,Second\n1,0,A,First\n2,0,A,Third\n"
    corpus = load(tmp_path, text)
    assert corpus.utterances["text"].to_list() == ["First", "Second", "Third"]
    assert corpus.utterances["id"].to_list() == ["1-0", "1-1", "2-0"]


def test_line_breaks_and_quotes_inside_texts(tmp_path):
    text = 'speaker,text\nT,"He said ""no"",\nthen left"\nC,"a,b"\n'
    assert load(tmp_path, text).utterances["text"].to_list() == ['He said "no",\nthen left', "a,b"]


def test_json_lines_and_parquet_say_the_same(tmp_path):
    rows = [
        {"session": "a", "speaker": "T", "text": "Hello there.", "score": 3, "tags": ["x", 1]},
        {"session": "a", "speaker": "C", "text": "Hi.", "score": 4, "tags": None},
    ]
    corpus = load(tmp_path, "\n".join(map(json.dumps, rows)), "t.jsonl")
    assert corpus.utterances["meta.score"].to_list() == [3, 4]
    assert json.loads(corpus.utterances["meta.tags"][0]) == ["x", 1]
    frame = pl.DataFrame([{k: v for k, v in row.items() if k != "tags"} for row in rows])
    frame.write_parquet(tmp_path / "t.parquet")
    again = wb.load(tmp_path / "t.parquet")
    assert again.utterances.equals(corpus.utterances.drop("meta.tags"))


def test_names_are_compared_without_accents_and_signs():
    assert plain("Äußerungs-ID") == "aeusserungsid"
    assert plain("Énoncé ") == "enonce"
    assert role_of_word("Psicóloga") == "therapist"
    assert role_of_word("Maria") is None


@pytest.mark.skipif(data_home() is None, reason="no real corpora here (WORKBENCH_DATA_HOME)")
@pytest.mark.parametrize("number", [0, 1, 9])
def test_gold_and_daicwoz_tables(number):
    folder = Path(data_home()) / "formats"
    gold = [json.loads(line) for line in (folder / f"annomi_{number}.gold.jsonl").open()]
    as_table = wb.load(folder / f"annomi_{number}.gold.jsonl").utterances
    woz = wb.load(
        folder / f"annomi_{number}.daicwoz_TRANSCRIPT.csv", roles={"Ellie": "therapist"}
    ).utterances
    for column in ("start", "end", "text", "role"):
        assert as_table[column].to_list() == [row[column] for row in gold]
    assert woz["text"].to_list() == [row["text"].lower() for row in gold]
    assert woz["start"].to_list() == [row["start"] for row in gold]
    assert [r == "helper" for r in woz["side"]] == [row["role"] == "therapist" for row in gold]
