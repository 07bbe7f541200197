"""Words in their context, and expressions that cannot hang the program."""

import re
import time

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.corpus import Corpus
from workbench.embedding.search import Filters, concordance, expression, search, split_keywords
from workbench.errors import BadInput


def said(*texts):
    rows = [
        {
            "conversation_id": "a",
            "speaker": "TC"[i % 2],
            "role": ("therapist", "client")[i % 2],
            "text": t,
        }
        for i, t in enumerate(texts)
    ]
    return Corpus.build(pl.DataFrame(rows))


def lines(*texts, pattern, **options):
    table = concordance(said(*texts), pattern, **options)
    return list(table["left", "hit", "right"].iter_rows())


def test_a_word_stands_between_its_neighbours():
    table = concordance(
        said("How are you?", "I cannot sleep, and sleep is all I want."), "sleep", words=2
    )
    assert table.drop("left", "hit", "right").row(0) == ("a-1", "a", 1, "client", 9)
    assert list(table["left", "hit", "right"].iter_rows()) == [
        ("I cannot ", "sleep", ", and"),
        ("sleep, and ", "sleep", " is all"),
    ]


def test_whole_words_and_capital_letters_are_choices():
    texts = ("Sleep. I sleep; sleepless.",)
    hits = lambda **options: [hit for _, hit, _ in lines(*texts, pattern="sleep", **options)]  # noqa: E731
    assert hits() == ["Sleep", "sleep"]
    assert hits(ignore_case=False) == ["sleep"]
    assert hits(whole_word=False) == ["Sleep", "sleep", "sleep"]


def test_a_phrase_is_found_over_any_white_space_and_with_either_apostrophe():
    assert [hit for _, hit, _ in lines("I can’t\n  go on", "I can't go", pattern="can't go")] == [
        "can’t\n  go",
        "can't go",
    ]


def test_letters_that_mean_something_in_an_expression_are_letters():
    assert lines("Why (really)? a.b", "axb", pattern="a.b", words=0) == [(" ", "a.b", "")]
    assert [hit for _, hit, _ in lines("Why (really)?", pattern="(really)?")] == ["(really)?"]


def test_several_words_at_once_stand_in_the_order_of_the_text():
    found = lines("one two one", pattern=["two", "one"], words=0)
    assert [hit for _, hit, _ in found] == ["one", "two", "one"]


def test_only_the_chosen_utterances_are_looked_through():
    corpus = said("tired", "tired", "tired")
    rows = Filters(side="client").mask(corpus)
    assert concordance(corpus, "tired", rows=rows)["turn"].to_list() == [1]


words = st.text("ab .", min_size=0, max_size=30)


@settings(max_examples=100, deadline=None)
@given(
    st.lists(words, min_size=1, max_size=4),
    st.sampled_from(["a", "b+", "a b", "a.", "[ab]"]),
    st.integers(0, 3),
)
def test_pieces_are_pieces_of_the_text_and_every_hit_is_there(texts, pattern, around):
    table = concordance(said(*texts), pattern, regex=True, words=around)
    wanted = [
        (turn, found.start(), found.group())
        for turn, text in enumerate(texts)
        for found in re.finditer(pattern, text)
    ]
    assert list(table["turn", "start_char", "hit"].iter_rows()) == wanted
    for turn, left, hit, right, at in table[
        "turn", "left", "hit", "right", "start_char"
    ].iter_rows():
        text = texts[turn]
        assert text[at - len(left) : at + len(hit) + len(right)] == left + hit + right
        assert max(len(left.split()), len(right.split())) <= around


@pytest.mark.parametrize(
    ("pattern", "told"),
    [
        ("(a", "unclosed group"),
        ("(?<=a)b", "look-around"),
        (r"(a)\1", "backreferences"),
        ("a{1000}{1000}{100}", "size limit"),
        ("a*", "empty text"),
        ("  ", "empty"),
    ],
)
def test_a_bad_expression_is_one_clear_message(pattern, told):
    with pytest.raises(BadInput, match=told) as error:
        search(said("hello"), regex=pattern)
    assert "\n" not in str(error.value)


def test_an_expression_that_hangs_others_is_as_quick_as_any():
    corpus = said("a" * 50_000 + "!")
    begun = time.perf_counter()
    assert concordance(corpus, "(a+)+$", regex=True).is_empty()
    assert time.perf_counter() - begun < 5


def test_keywords_are_cut_at_blanks_but_for_quotes():
    assert split_keywords(' sleep "last  night" sleep ') == ["sleep", "last night"]
    assert expression("sleep") == r"(?i)\b(?:sleep)\b"
