"""What is found: the marks that pseudonymisation has to reach, with the language model and without.

The figures themselves, with precision and all conversations, are printed by tests/benchmarks/redaction.py.
"""

import importlib.util
import sys
from pathlib import Path

import polars as pl
import pytest
from generated_corpora import CHECKS, PHASES, words
from hypothesis import given, settings
from hypothesis import strategies as st

import workbench as wb
from workbench.corpus.privacy import Presidio, Rules, best_finder
from workbench.corpus.privacy.presidio import is_available
from workbench.errors import MissingPackage

MODEL = pytest.mark.skipif(not is_available(), reason="the extra `privacy` is not installed")
NUMBERS = ("email", "phone", "url", "date")


@pytest.fixture(scope="module")
def benchmark():
    path = Path(__file__).parents[1] / "benchmarks" / "redaction.py"
    spec = importlib.util.spec_from_file_location("redaction_benchmark", path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module", params=[pytest.param("presidio", marks=MODEL), "rules"])
def finder(request):
    return {"presidio": Presidio, "rules": Rules}[request.param]()


@pytest.fixture(scope="module")
def marked_by_hand(benchmark, finder):
    return benchmark.measure(*benchmark.marked("test"), finder)


@pytest.fixture(scope="module")
def planted(benchmark, finder):
    corpus = benchmark.annomi()
    if corpus is None:
        pytest.skip("no real corpora here (WORKBENCH_DATA_HOME)")
    some = corpus.filter(conversations=corpus.conversations["id"].head(12).to_list())
    return benchmark.measure(*benchmark.planted(some, share=0.5), finder)


def _recall(figures):
    return dict(figures["recall"].select("kind", "recall").iter_rows())


def test_numbers_and_addresses_are_found_in_marked_conversations(marked_by_hand):
    recall = _recall(marked_by_hand)
    assert marked_by_hand["marks"].height >= 300
    for kind in NUMBERS:
        assert recall[kind] >= 0.95, kind


def test_people_are_found_in_marked_conversations(marked_by_hand):
    assert _recall(marked_by_hand)["person"] >= 0.85


def test_little_else_is_taken_for_a_name(marked_by_hand):
    precision = dict(marked_by_hand["precision"].select("kind", "precision").iter_rows())
    assert precision["all"] >= 0.9
    assert precision["person"] >= 0.9


def test_most_conversations_have_no_miss(marked_by_hand):
    share = marked_by_hand["conversations without a miss"]
    assert share["n"] == 46
    assert share["share"] >= 0.6
    assert share["low"] < share["share"] < share["high"]


def test_what_is_planted_into_public_transcripts_is_found(planted):
    recall = _recall(planted)
    assert recall["person"] >= 0.85
    for kind in NUMBERS:
        assert recall[kind] >= 0.95, kind


@settings(max_examples=40, deadline=None, suppress_health_check=CHECKS, phases=PHASES)
@given(st.lists(words | st.text("Sam0123-./@ ,'", max_size=40), max_size=4))
def test_any_text_is_read_in_order_and_without_overlap(finder, texts):
    for text, found in zip(texts, finder.find(texts, words=frozenset()), strict=True):
        places = [place for entity in found for place in (entity.start, entity.end)]
        assert places == sorted(places)
        assert all(0 <= entity.start < entity.end <= len(text) for entity in found)


TRAPS = [
    "My Christian faith helps me through the week.",
    "We use motivational interviewing and CBT on Mondays.",
    "I take Prozac and watch Netflix since Easter.",
    "Will you mark the days in May? I hope so.",
    "She's 89 and I'm 34, we moved here in 2019.",
    "I smoke 20 a day, about 300 a month, from 8 to 10.",
    "I am 100 percent sure, on a scale from 0 to 10 it is a 9.5.",
    "I'm Irish, my wife is from France, we speak English.",
]


@pytest.mark.parametrize("text", TRAPS)
def test_what_only_looks_like_a_name_stays(text):
    assert Rules().find([text], words=frozenset()) == [[]]


FOUND = {
    "He wrote to sam.ortiz+help@mail.example.co.uk.": (
        "email",
        "sam.ortiz+help@mail.example.co.uk",
    ),
    "Mail me: sam at gmail dot com": ("email", "sam at gmail dot com"),
    "See www.help.org/a?b=1.": ("url", "www.help.org/a?b=1"),
    "It was on the twenty-third of January.": ("date", "twenty-third of January"),
    "Since 2021-03-04 I am here.": ("date", "2021-03-04"),
    "Ring (020) 7946 0018 please.": ("phone", "(020) 7946 0018"),
    "My number: five five five, oh one four two": ("phone", "five five five, oh one four two"),
    "NHS number 943 476 5919": ("id", "943 476 5919"),
    "Her card 4111 1111 1111 1111 was stolen.": ("id", "4111 1111 1111 1111"),
    "My IBAN is DE89 3704 0044 0532 0130 00.": ("id", "DE89 3704 0044 0532 0130 00"),
    "Case number: 2021-CF-00713.": ("id", "2021-CF-00713"),
    "He is at 192.168.7.13 now.": ("id", "192.168.7.13"),
    "I live at 42 Maple Street, Apt 4B.": ("address", "42 Maple Street, Apt 4B"),
    "The postcode is SW1A 1AA.": ("address", "SW1A 1AA"),
    "I'm 92 years old.": ("age", "92"),
    "she turned ninety-one": ("age", "ninety-one"),
    "i study at westbrook high school": ("organisation", "westbrook high school"),
    "My husband Bill drinks.": ("person", "Bill"),
    "my name is xochitl": ("person", "xochitl"),
    "They call me Spike.": ("person", "Spike"),
}


@pytest.mark.parametrize("text", FOUND)
def test_every_form_is_found_whole_and_as_its_kind(text):
    [found] = Rules().find([text], words=frozenset())
    assert [(entity.kind, text[entity.start : entity.end]) for entity in found] == [FOUND[text]]


def test_a_name_said_once_is_known_in_its_conversation():
    texts = ["my husband Bram drinks", "bram is asleep", "Bram? no", "the bill came"]
    table = pl.DataFrame({"conversation_id": "a", "speaker": "C", "text": texts})
    found = wb.corpus.privacy.find_entities(wb.Corpus.build(table), finder=Rules())
    assert found["utterance_id"].to_list() == ["a-0", "a-1", "a-2"]


@MODEL
def test_the_language_model_needs_no_network():
    with wb.offline():
        [found] = Presidio().find(["Write to Xolani at xo@mail.co.uk"], words=frozenset())
    assert [entity.kind for entity in found] == ["person", "email"]


def test_without_the_extra_the_rules_run_and_say_so(monkeypatch):
    monkeypatch.setitem(sys.modules, "presidio_analyzer", None)
    assert best_finder().name == "rules and name lists"
    with pytest.raises(MissingPackage, match=r"dialogue-workbench\[privacy\]"):
        Presidio()
