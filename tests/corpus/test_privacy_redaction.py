"""A corpus after `redact`: every column, every id and every layer, whole and consistent."""

import datetime
import json
import re

import polars as pl
import pytest
from generated_corpora import CHECKS, PHASES, assert_same, corpora, written_and_read
from hypothesis import given, settings

import workbench as wb
from workbench.corpus import Corpus, CorpusMetadata, Layer, LayerMetadata
from workbench.corpus.privacy import Rules, Vault, redact, suspicions, words_at
from workbench.errors import BadInput

SECRET = b"0123456789abcdef" * 2
TALK = "Sam_Ortiz_2021-03-01.vtt"


def redacted(corpus):
    return redact(corpus, vault=Vault(secret=SECRET), finder=Rules())


@pytest.fixture(scope="module")
def corpus():
    """One session whose every corner tells who Sam Ortiz is."""
    unit = f"{TALK}-1"
    utterances = pl.DataFrame(
        {
            "id": [f"{TALK}-0", unit],
            "conversation_id": [TALK] * 2,
            "speaker": ["Dr. Anna Lee", "Sam Ortiz"],
            "role": ["therapist", "client"],
            "text": ["How are you, Sam?", "Tired. My wife Ruth left on 5 March 2021."],
            "reply_to": [None, f"{TALK}-0"],
            "timestamp": ["2021-03-01T10:00:00Z", "00:00:07"],
            "meta.context": [None, json.dumps({"seen by": ["Ruth Ortiz"], "n": 3})],
            "meta.day": [datetime.date(2021, 3, 1)] * 2,
        }
    )
    conversations = pl.DataFrame(
        {
            "id": [TALK],
            "topic": ["smoking"],
            "meta.summary": ["Sam came alone, Ruth was in Leeds."],
            "meta.phone": ["07700 900123"],
            "meta.rating": [4.5],
        }
    )
    speakers = pl.DataFrame(
        {
            "id": ["Sam Ortiz", "Dr. Anna Lee"],
            "meta.name": ["Samuel Ortiz", "A. Lee"],
            "age": [93, 40],
        }
    )
    span = Layer.build(
        "affect.anna",
        pl.DataFrame(
            {
                "unit_id": [unit, unit],
                "label": ["event", "feeling"],
                "start_char": [15, 0],
                "end_char": [24, 6],
                "note": ["Sam cried here", None],
            }
        ),
        LayerMetadata("affect", "anna", "human", unit="span"),
    )
    return Corpus.build(
        utterances,
        conversations=conversations,
        speakers=speakers,
        layers=[span],
        metadata=CorpusMetadata(
            name="Sam Ortiz sessions",
            citation="Lee, A. (2021). Sessions.",
            language="en",
            facts={"folder": "recordings of Sam Ortiz"},
        ),
    )


def _everything(corpus):
    """All strings of a corpus in one text."""
    tables = [corpus.utterances, corpus.conversations, corpus.speakers]
    tables += [layer.table for layer in corpus.layers]
    strings = [str(table.to_dicts()) for table in tables]
    strings += [layer.name + layer.metadata.to_json() for layer in corpus.layers]
    return " ".join(
        [*strings, corpus.metadata.name, str(corpus.metadata.facts), str(corpus.findings)]
    )


def test_no_corner_keeps_a_name(corpus):
    left = _everything(redacted(corpus).corpus)
    for word in ("Sam", "Ortiz", "Ruth", "Leeds", "900123", "anna", "2021-03", "5 March"):
        assert word not in left, word


def test_ids_change_together(corpus):
    made = redacted(corpus).corpus
    assert (
        made.conversations["id"].to_list() == made.utterances["conversation_id"].unique().to_list()
    )
    assert made.utterances["reply_to"][1] == made.utterances["id"][0]
    assert set(made.utterances["speaker"]) == set(made.speakers["id"])
    assert set(made.layers[0].table["unit_id"]) == {made.utterances["id"][1]}
    name = made.utterances["speaker"][1]
    assert re.fullmatch(r"\w+ \w+", name)
    assert made.conversations["id"][0].startswith(name.replace(" ", "_") + "_20")
    assert made.utterances["text"][0] == f"How are you, {name.split()[0]}?"


def test_spans_move_with_their_text(corpus):
    made = redacted(corpus).corpus
    text = made.utterances["text"][1]
    (start, end), (first, last) = made.layers[0].table.select("start_char", "end_char").rows()
    surrogate = re.search(r"My wife (\w+) left", text).group(1)
    assert text[start:end] == f"{surrogate} left"
    assert text[first:last] == "Tired."


def test_dates_of_all_columns_move_by_the_same_days(corpus):
    made = redacted(corpus).corpus
    days = made.utterances["meta.day"][0] - datetime.date(2021, 3, 1)
    assert days != datetime.timedelta(0)
    assert days.days % 7 == 0
    stamp = datetime.datetime.fromisoformat(made.utterances["timestamp"][0])
    assert stamp.date() == made.utterances["meta.day"][0]
    assert stamp.time() == datetime.time(10)
    assert made.utterances["timestamp"][1] == "00:00:07"


def test_what_tells_nothing_stays(corpus):
    made = redacted(corpus).corpus
    assert made.conversations["topic"][0] == "smoking"
    assert made.conversations["meta.rating"][0] == 4.5
    assert sorted(made.speakers["age"]) == [40, 90]
    assert made.metadata.citation == corpus.metadata.citation
    assert json.loads(made.utterances["meta.context"][1])["n"] == 3
    assert made.layers[0].metadata.scheme == "affect"
    assert made.layers[0].table["label"].to_list() == ["event", "feeling"]


def test_it_is_called_pseudonymised_and_stays_so_on_disk(corpus):
    done = redacted(corpus)
    again = written_and_read(done.corpus, "workbench")
    facts = again.metadata.facts["privacy"]
    assert facts["state"] == "pseudonymised"
    assert facts["finder"] == "rules and name lists"
    assert facts["counts"] == dict(done.counts.select("kind", "replacements").iter_rows())
    assert "not anonymous" in str(done.findings[0])
    with pytest.raises(BadInput, match="already pseudonymised"):
        redact(again, finder=Rules())


def test_counts_count_each_replacement_once():
    table = {"conversation_id": ["a", "a"], "speaker": ["C", "C"], "text": ["I'm Sam.", "I'm Sam."]}
    done = redacted(Corpus.build(pl.DataFrame(table)))
    assert done.counts.rows() == [("person", 2, 1)]
    assert done.spans.select("start_char", "kind").rows() == [(4, "person"), (4, "person")]


def test_the_input_is_not_changed(corpus):
    before = corpus.checksum()
    redacted(corpus)
    assert corpus.checksum() == before


SPEAKERS = {
    "therapist": "therapist",
    "client-7": "client-7",
    "P013": "P013",
    "Speaker 2": "Speaker 2",
    "A": "A",
    "a41f09c2": "a41f09c2",
    "Rachel Green": r"[A-Z]\w+ [A-Z]\w+",
    "Dr. Okafor": r"Dr\. [A-Z]\w+",
    "sunny_girl88": r"user-\w{8}",
    "+44 7700 900123": r"\+44 \d{4} \d{6}",
    "ortiz_sam": r"[a-z]+_[a-z]+",
    "Ortiz, Sam": r"[A-Z]\w+, [A-Z]\w+",
}


@pytest.mark.parametrize("speaker", SPEAKERS)
def test_codes_stay_and_names_of_speakers_go(speaker):
    table = pl.DataFrame({"conversation_id": ["a"], "speaker": [speaker], "text": ["Well."]})
    made = redacted(Corpus.build(table)).corpus.speakers["id"][0]
    assert re.fullmatch(SPEAKERS[speaker], made)
    assert (made == speaker) == (SPEAKERS[speaker] == speaker)


def test_a_name_on_a_site_is_found_in_the_texts_too():
    table = pl.DataFrame(
        {
            "conversation_id": ["a", "a"],
            "speaker": ["sunny_girl88", "T"],
            "text": ["Hm.", "Hi sunny_girl88!"],
        }
    )
    made = redacted(Corpus.build(table)).corpus.utterances
    assert made["text"][1] == f"Hi {made['speaker'][0]}!"


@settings(max_examples=30, deadline=None, suppress_health_check=CHECKS, phases=PHASES)
@given(corpora())
def test_any_corpus_stays_whole(corpus):
    done = redacted(corpus)
    made = done.corpus
    for table in ("utterances", "conversations", "speakers"):
        before, after = getattr(corpus, table), getattr(made, table)
        assert before.schema == after.schema
        assert before.height == after.height
        assert after["id"].is_unique().all()
    assert set(made.utterances["conversation_id"]) == set(made.conversations["id"])
    assert set(made.utterances["speaker"]) == set(made.speakers["id"])
    replies = made.utterances["reply_to"].drop_nulls()
    assert replies.is_in(made.utterances["id"].implode()).all()
    for old, new in zip(corpus.layers, made.layers, strict=True):
        assert old.table.height == new.table.height
        assert set(new.table["unit_id"]) <= set(made.utterances["id"])
    texts = dict(made.utterances.select("id", "text").iter_rows())
    for unit, start, end, _ in done.spans.iter_rows():
        assert 0 <= start < end <= len(texts[unit])
    again = written_and_read(made, "workbench")
    assert_same(made, again)


@settings(max_examples=20, deadline=None, suppress_health_check=CHECKS, phases=PHASES)
@given(corpora())
def test_the_order_of_rows_does_not_matter(corpus):
    turned = Corpus.build(
        corpus.utterances.reverse(),
        conversations=corpus.conversations.reverse(),
        speakers=corpus.speakers.reverse(),
    )
    plain = Corpus.build(
        corpus.utterances, conversations=corpus.conversations, speakers=corpus.speakers
    )
    assert redacted(turned).corpus.checksum() == redacted(plain).corpus.checksum()


def test_another_language_is_told():
    table = pl.DataFrame({"conversation_id": ["a"], "speaker": ["C"], "text": ["Ich heiße Jörg."]})
    corpus = Corpus.build(table, metadata=CorpusMetadata(language="de"))
    checks = {finding.check: finding for finding in redacted(corpus).findings}
    assert checks["language of the rules"].level == "warning"


def test_surrogates_of_before_that_are_said_now_are_told():
    vault = Vault(secret=SECRET)
    table = {"conversation_id": ["a"], "speaker": ["C"], "text": ["My brother Sam left."]}
    first = redact(Corpus.build(pl.DataFrame(table)), vault=vault, finder=Rules())
    name = re.search(r"brother (\w+)", first.corpus.utterances["text"][0]).group(1)
    table = {"conversation_id": ["b"], "speaker": ["C"], "text": [f"My brother {name} left."]}
    second = redact(Corpus.build(pl.DataFrame(table)), vault=vault, finder=Rules())
    assert name not in second.corpus.utterances["text"][0]
    assert "surrogate is a word of the texts" in {f.check for f in second.findings}


def test_suspicions_name_places_and_no_words():
    texts = ["my name is qoruvva", "I rang 4711 0815 twice, and Zzyzx heard it.", "All is well."]
    table = pl.DataFrame({"conversation_id": "a", "speaker": "C", "text": texts})
    corpus = Corpus.build(table)
    found = suspicions(corpus)
    assert found.select("turn", "suspicion").rows() == [
        (0, "after an introduction"),
        (1, "group of digits"),
        (1, "capital inside a sentence"),
    ]
    assert words_at(corpus, found).to_list() == ["qoruvva", "4711 0815", "Zzyzx"]
    assert "Zzyzx" not in str(found.to_dicts())


def test_surrogates_are_not_suspected():
    vault = Vault(secret=SECRET)
    table = {"conversation_id": ["a"], "speaker": ["C"], "text": ["I know Sam Ortiz from Leeds."]}
    done = redact(Corpus.build(pl.DataFrame(table)), vault=vault, finder=Rules())
    assert suspicions(done.corpus).height == 3
    assert suspicions(done.corpus, spans=done.spans).is_empty()
    assert suspicions(done.corpus, vault=vault).is_empty()


def test_the_public_names_are_there():
    assert wb.corpus.privacy.redact is redact
