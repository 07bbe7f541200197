"""The demonstration corpus: as large and as varied as its card says, and talk-like by the numbers."""

import re
from collections import Counter, defaultdict

import polars as pl
import pytest

import workbench as wb
from workbench.corpus.readers.annomi import CLIENT_LABELS, FLAG_LABELS, HELPER_LABELS
from workbench.resources import bundled
from workbench.settings import data_home

LISTENING = "mm hmm mhm uh huh yeah yes no okay ok right sure um oh yep i see hm got it all alright"
BACKCHANNELS = set(LISTENING.split())
ANNOMI_RANGES = {
    "mean turn length": (8.048780487804878, 42.208333333333336),
    "type-token ratio": (0.12797858099062917, 0.6153846153846154),
    "backchannel share": (0.0, 0.46153846153846156),
}
"""Least and largest value over the 106 AnnoMI transcripts in the data folder."""


@pytest.fixture(scope="module")
def demo():
    return wb.load(bundled("data", "demo"))


def words(text):
    return re.findall(r"[a-z']+", text.lower().replace("’", "'"))


def talk_facts(corpus):
    """Per conversation: words per turn, type-token ratio, share of turns that only listen."""
    facts = []
    for _, rows in corpus.utterances.group_by("conversation_id", maintain_order=True):
        turns = [words(text) for text in rows["text"]]
        every = [word for turn in turns for word in turn]
        listening = sum(0 < len(turn) <= 4 and set(turn) <= BACKCHANNELS for turn in turns)
        values = (len(every) / len(turns), len(set(every)) / len(every), listening / len(turns))
        facts.append(dict(zip(ANNOMI_RANGES, values, strict=True)))
    return pl.DataFrame(facts)


def test_size_and_people(demo):
    talks, turns = demo.conversations, demo.utterances
    assert talks.height >= 48
    assert talks["topic"].n_unique() >= 12
    assert turns.filter(side="helper")["speaker"].n_unique() >= 8
    clients = (
        turns.filter(side="client")
        .group_by("speaker")
        .agg(pl.col("conversation_id").n_unique().alias("sessions"))
    )
    assert clients.height >= 24
    assert (clients["sessions"] > 1).sum() >= 5
    assert set(talks["quality"]) == {"high", "low"}
    assert talks["target_behaviour"].null_count() == 0
    assert talks["rating"].is_between(1, 7).all()


def test_sessions_of_a_client_are_numbered_and_stay_together(demo):
    for (client,), rows in demo.conversations.group_by("source"):
        assert sorted(rows["session_number"]) == list(range(1, rows.height + 1)), client
        spoke = demo.utterances.filter(
            pl.col("conversation_id").is_in(rows["id"].implode()), side="client"
        )
        assert set(spoke["speaker"]) == {client}


def test_it_loads_without_a_complaint(demo):
    assert demo.findings == ()
    assert demo.metadata.licence == "CC0-1.0"


def test_no_two_longer_utterances_are_equal(demo):
    said = Counter(" ".join(words(t)) for t in demo.utterances["text"] if len(words(t)) > 5)
    assert [text for text, count in said.items() if count > 1] == []


def test_no_six_words_stand_in_more_than_two_sessions(demo):
    where = defaultdict(set)
    for session, text in demo.utterances.select("conversation_id", "text").iter_rows():
        spoken = words(text)
        for start in range(len(spoken) - 5):
            where[tuple(spoken[start : start + 6])].add(session)
    assert [phrase for phrase, sessions in where.items() if len(sessions) > 2] == []


@pytest.mark.parametrize("fact", list(ANNOMI_RANGES))
def test_every_session_lies_in_annomis_range(demo, fact):
    low, high = ANNOMI_RANGES[fact]
    assert talk_facts(demo)[fact].is_between(low, high).all()


def test_the_recorded_ranges_are_annomis():
    home = data_home()
    if home is None:
        pytest.skip("no real corpora here (WORKBENCH_DATA_HOME); the recorded ranges are used")
    facts = talk_facts(wb.load(home / "annomi" / "AnnoMI-simple.csv"))
    for fact, (low, high) in ANNOMI_RANGES.items():
        assert facts[fact].min() == pytest.approx(low)
        assert facts[fact].max() == pytest.approx(high)


def test_every_turn_is_coded(demo):
    sides = dict(demo.utterances.select("id", "side").iter_rows())
    helpers = {unit for unit, side in sides.items() if side == "helper"}
    main = demo.layer("annomi-helper.intended")
    flags = demo.layer("annomi-helper-flags.intended")
    client = demo.layer("annomi-client.intended")
    emotions = demo.layer("goemotions.intended")
    assert sorted(main.table["unit_id"]) == sorted(helpers)
    assert set(flags.table["unit_id"]) == helpers
    assert sorted(client.table["unit_id"]) == sorted(set(sides) - helpers)
    assert set(emotions.table["unit_id"]) == set(sides)
    assert main.metadata.labels == HELPER_LABELS
    assert client.metadata.labels == CLIENT_LABELS
    assert flags.metadata.labels == FLAG_LABELS
    assert len(emotions.metadata.labels) == 28


def test_the_main_code_is_among_the_flags(demo):
    main = dict(demo.layer("annomi-helper.intended").table.select("unit_id", "label").iter_rows())
    flags = defaultdict(set)
    for unit, label in (
        demo.layer("annomi-helper-flags.intended").table.select("unit_id", "label").iter_rows()
    ):
        flags[unit].add(label)
    assert all(
        flags[u] == {None} if code == "other" else code in flags[u] for u, code in main.items()
    )


def test_the_card_states_the_counts(demo):
    card = bundled("data", "demo", "README.md").read_text("utf-8")
    assert "invented" in card
    assert "No figure computed from them is evidence" in card
    assert (
        f"{demo.conversations.height} in {demo.conversations['topic'].n_unique()} subjects" in card
    )
    assert f"{demo.utterances.height:,}" in card
    for layer in demo.layers:
        for label, count, _ in layer.counts().iter_rows():
            assert layer.name.startswith("goemotions") or f"{label} {count}" in card
