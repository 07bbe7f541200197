"""Sequences of codes: the language, and matches compared with every combination there is."""

import itertools

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import workbench as wb
from workbench.corpus import Corpus, Layer, LayerMetadata
from workbench.embedding.search import Filters, find_sequences
from workbench.embedding.search.labels import LabelNames
from workbench.embedding.search.patterns import All, AnyOf, HasLabel, Not, OnSide, parse
from workbench.errors import BadInput
from workbench.resources import bundled
from workbench.settings import data_home

EXAMPLE = "complex reflection, then sustain talk within two turns"


def layer(name, given_labels, labels=(), **facts):
    """A layer; a list of labels per unit, an empty one for seen and nothing assigned."""
    rows = [(unit, label) for unit, given in given_labels.items() for label in (given or [None])]
    table = pl.DataFrame(rows, schema={"unit_id": pl.String, "label": pl.String}, orient="row")
    metadata = LayerMetadata(name.split(".")[0], "gold", "gold", labels=tuple(labels), **facts)
    return Layer.build(name, table, metadata)


def talks(*lengths):
    rows = [
        {
            "conversation_id": f"c{n}",
            "speaker": "TC"[i % 2],
            "role": ("therapist", "client")[i % 2],
            "text": "x",
        }
        for n, length in enumerate(lengths)
        for i in range(length)
    ]
    return Corpus.build(pl.DataFrame(rows))


FLAGS = layer(
    "mi-flags.gold",
    {
        "c0-0": ["reflection", "complex"],
        "c0-2": ["reflection", "simple"],
        "c0-4": ["question"],
        "c0-6": ["reflection", "complex"],
        "c1-0": ["complex", "reflection"],
    },
    ("question", "open", "reflection", "simple", "complex", "therapist_input"),
)
TALK = layer(
    "mi-talk.gold",
    {"c0-1": ["change"], "c0-3": ["sustain"], "c0-5": ["neutral"], "c0-7": ["sustain"]},
    ("change", "neutral", "sustain"),
)
MOOD = layer(
    "mood.head", {"c0-1": ["neutral"], "c0-3": []}, ("neutral", "change of heart"), context_turns=2
)


def units(pattern, *, corpus=None, layers=(FLAGS, TALK, MOOD), **options):
    return (
        find_sequences(corpus or talks(8, 3), layers, pattern, **options)
        .table["unit_ids"]
        .to_list()
    )


# -- the language ------------------------------------------------------------------------------------


def test_the_example_finds_what_it_says():
    found = find_sequences(talks(8, 3), [FLAGS, TALK], EXAMPLE)
    assert found.table.row(0) == (1, "c0", 6, 7, ["c0-6", "c0-7"])
    assert len(found) == 1  # from turn 0 the next sustain talk is three turns away
    assert found.counts["matches"].to_list() == [1, 0]


@pytest.mark.parametrize(
    ("pattern", "wanted"),
    [
        (
            "reflection then sustain within 3 turns",
            [["c0-0", "c0-3"], ["c0-2", "c0-3"], ["c0-6", "c0-7"]],
        ),
        (
            "complex reflection, then within three turns sustain talk",
            [["c0-0", "c0-3"], ["c0-6", "c0-7"]],
        ),
        ("complex then sustain", [["c0-0", "c0-3"], ["c0-6", "c0-7"]]),
        ("reflection then next turn change", [["c0-0", "c0-1"]]),
        ("a reflection, then change talk in the next turn", [["c0-0", "c0-1"]]),
        ("reflections and not complex", [["c0-2"]]),
        ("reflection and not complex, then client", [["c0-2", "c0-3"]]),
        ("question or simple", [["c0-2"], ["c0-4"]]),
        ("(question or simple) then sustain within 1 turn", [["c0-2", "c0-3"]]),
        ("change, then helper question, then sustain", [["c0-1", "c0-4", "c0-7"]]),
        ("neutral", [["c0-1"], ["c0-5"]]),
        ("mood.head:neutral", [["c0-1"]]),
        ("mi-talk:neutral", [["c0-5"]]),
        ('"neutral" and "change"', [["c0-1"]]),
        ("CHANGE_TALK", [["c0-1"]]),
        ("mi-talk:sustain talk", [["c0-3"], ["c0-7"]]),
    ],
)
def test_patterns_find_what_they_say(pattern, wanted):
    assert units(pattern) == wanted


def test_patterns_become_values():
    def found(label, *layers):
        return HasLabel(label, tuple((x, label) for x in layers))

    names = LabelNames([FLAGS, TALK])
    steps = parse("complex reflection, then not (client or open) within two turns", names)
    assert steps[0].term == All((found("complex", FLAGS), found("reflection", FLAGS)))
    assert steps[1].term == Not(AnyOf((OnSide("client"), found("open", FLAGS))))
    assert [step.within for step in steps] == [None, 2]


def test_the_longest_label_is_taken():
    steps = parse("change of heart", LabelNames([TALK, MOOD]))
    assert steps[0].term == HasLabel("change of heart", ((MOOD, "change of heart"),))


def test_labels_called_like_words_of_the_language_stand_in_quotes():
    odd = layer("odd.gold", {"c0-0": ["then"], "c0-1": ["not (this)"], "c0-2": ["turn"]})
    assert units('"then" then "not (this)"', layers=[odd]) == [["c0-0", "c0-1"]]


@pytest.mark.parametrize(
    ("pattern", "told"),
    [
        ("", "is empty"),
        ("reflection then", "at its end: expected a label"),
        ("reflection, sustain", "character 13.*expected `then`"),
        ("then sustain", "character 1, .*expected a label"),
        ("reflection then sustian", "character 17, at 'sustian'.*Did you mean 'sustain'"),
        ("mi-talk:chnage", "Did you mean 'change'"),
        ("nolayer:change", "no layer 'nolayer'"),
        ("reflection then sustain within zero turns", "character 32.*a number of turns from 1"),
        ("reflection then sustain within 0 turns", "a number of turns from 1"),
        ("reflection then sustain within two", "expected `turns`"),
        ("reflection then next sustain", "expected `next turn`"),
        ("reflection then next turn sustain within two turns", "two distances"),
        ("(reflection", "expected `\\)`"),
        ("reflection and or question", "expected a label"),
        ('reflection then "sustain', "quotation mark is not closed"),
        ("not", "expected a label"),
        ("within two turns", "expected a label"),
    ],
)
def test_what_cannot_be_read_is_told_with_its_place(pattern, told):
    with pytest.raises(BadInput, match=told):
        units(pattern)


# -- what a match is ---------------------------------------------------------------------------------


def test_not_is_said_only_of_what_was_coded():
    assert units("mood.head:neutral") == [["c0-1"]]
    assert units("not mood.head:neutral") == [["c0-3"]]


def test_matches_do_not_cross_conversations():
    corpus = talks(2, 2)
    ends = layer("x.gold", {"c0-1": ["a"], "c1-0": ["b"]})
    assert units("a then b", corpus=corpus, layers=[ends]) == []


def test_a_later_turn_is_taken_where_the_first_leads_nowhere():
    codes = layer("x.gold", {"c0-0": ["a"], "c0-1": ["b"], "c0-3": ["b"], "c0-4": ["c"]})
    assert units("a then b then next turn c", layers=[codes]) == [["c0-0", "c0-3", "c0-4"]]


def test_turns_of_a_selected_corpus_keep_their_distance():
    corpus = talks(6).filter(utterances=pl.col("turn") != 1)
    codes = layer("x.gold", {"c0-0": ["a"], "c0-2": ["b"]})
    assert units("a then next turn b", corpus=corpus, layers=[codes]) == []
    assert units("a then b within two turns", corpus=corpus, layers=[codes]) == [["c0-0", "c0-2"]]


def test_codes_of_a_conversation_hold_for_its_turns():
    quality = layer("q.gold", {"c1": ["low"]}, unit="conversation")
    assert units("low and complex", layers=[FLAGS, quality]) == [["c1-0"]]


def test_filters_choose_where_a_match_begins():
    corpus = talks(8, 3)
    rows = Filters(conversation="c1").mask(corpus)
    assert units("complex", corpus=corpus, rows=rows) == [["c1-0"]]


def test_conversations_nobody_coded_have_no_count():
    counts = find_sequences(talks(8, 3), [TALK], "sustain").counts
    assert counts["matches"].to_list() == [2, None]
    assert counts["reason"][0] is None
    assert "coded" in counts["reason"][1]


def test_a_coder_that_reads_previous_turns_is_named():
    assert "mood.head read previous turns" in find_sequences(talks(8), [MOOD], "neutral").note
    assert "previous" not in find_sequences(talks(8), [TALK], "neutral").note


letters = st.lists(st.sampled_from(["a", "b", "c"]), max_size=2, unique=True)
coded = st.lists(st.one_of(st.none(), letters), min_size=1, max_size=12)
TERMS = {
    "a": lambda given, side: None if given is None else "a" in given,
    "b or c": lambda given, side: None if given is None else bool({"b", "c"} & set(given)),
    "not b": lambda given, side: None if given is None else "b" not in given,
    "client": lambda given, side: side == "client",
    "helper and not a": lambda given, side: (
        False
        if side != "helper" or (given is not None and "a" in given)
        else None
        if given is None
        else True
    ),
}
GAPS = st.one_of(st.none(), st.integers(1, 4))


@settings(max_examples=150, deadline=None)
@given(
    st.lists(coded, min_size=1, max_size=3),
    st.lists(st.tuples(st.sampled_from(sorted(TERMS)), GAPS), min_size=1, max_size=3),
    st.randoms(use_true_random=False),
)
def test_matches_are_the_earliest_of_all_combinations(conversations, steps, shuffler):
    corpus = talks(*map(len, conversations))
    known = {
        f"c{n}-{i}": given
        for n, codes in enumerate(conversations)
        for i, given in enumerate(codes)
        if given is not None
    }
    codes = layer("x.gold", known, ("a", "b", "c"))
    pattern = " then ".join(
        f"({term})" + (f" within {gap} turns" if gap and place else "")
        for place, (term, gap) in enumerate(steps)
    )
    wanted = []
    for n, said in enumerate(conversations):
        sides = [("helper", "client")[i % 2] for i in range(len(said))]
        for start in range(len(said)):
            ways = [
                way
                for rest in itertools.combinations(range(start + 1, len(said)), len(steps) - 1)
                for way in [(start, *rest)]
                if all(
                    TERMS[term](said[i], sides[i]) is True
                    for i, (term, _) in zip(way, steps, strict=True)
                )
                and all(
                    steps[j][1] is None or way[j] - way[j - 1] <= steps[j][1]
                    for j in range(1, len(steps))
                )
            ]
            if ways:
                best = min(ways, key=lambda way: (way[-1], way))
                wanted.append([f"c{n}-{i}" for i in best])
    assert units(pattern, corpus=corpus, layers=[codes]) == wanted
    rows = list(range(corpus.utterances.height))
    shuffler.shuffle(rows)
    mixed = Corpus(corpus.utterances[rows], corpus.conversations, corpus.speakers)
    assert sorted(units(pattern, corpus=mixed, layers=[codes])) == sorted(wanted)


# -- real talk ---------------------------------------------------------------------------------------


def by_hand(corpus, layers):
    """Complex reflections with sustain talk in one of the two turns after, by plain loops."""
    has = {}
    for layer_ in layers:
        for unit, label in layer_.table.drop_nulls("label")["unit_id", "label"].iter_rows():
            has.setdefault(unit, set()).add(label)
    found = []
    for talk in corpus.conversations["id"]:
        ids = corpus.conversation(talk).utterances["id"].to_list()
        for place, unit in enumerate(ids):
            if {"complex", "reflection"} <= has.get(unit, set()):
                after = [x for x in ids[place + 1 : place + 3] if "sustain" in has.get(x, set())]
                found += [[unit, x] for x in after[:1]]
    return found


def test_the_example_on_the_demonstration_corpus():
    corpus = wb.load(bundled("data", "demo"))
    found = find_sequences(corpus, corpus.layers, EXAMPLE)
    assert found.table["unit_ids"].to_list() == by_hand(corpus, corpus.layers)
    assert len(found) > 3
    assert found.counts["matches"].sum() == len(found)


@pytest.mark.skipif(data_home() is None, reason="no real corpora here (WORKBENCH_DATA_HOME)")
def test_the_example_on_annomi_with_its_subtypes():
    corpus = wb.load(data_home() / "annomi" / "AnnoMI-full.csv.gz")
    one = [x for x in corpus.layers if x.metadata.coder == "annotator-1"]
    found = find_sequences(corpus, one, EXAMPLE)
    assert found.table["unit_ids"].to_list() == by_hand(corpus, one)
    assert len(found) > 3
    uncoded = found.counts.filter(pl.col("matches").is_null())
    assert uncoded.height > 0  # no annotator coded every transcript
    assert np.all(uncoded["reason"].is_not_null().to_numpy())
