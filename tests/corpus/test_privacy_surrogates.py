"""What stands in the place of originals: the same for the same, in the form of the old, never a real name."""

import datetime
import re

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import workbench as wb
from workbench.corpus import Corpus
from workbench.corpus.privacy import Rules, Vault, redact
from workbench.corpus.privacy.dates import find_dates
from workbench.corpus.privacy.lists import gender_of
from workbench.corpus.privacy.people import mention_of, one_letter_apart
from workbench.corpus.privacy.surrogates import Surrogates

SECRET = b"0123456789abcdef" * 2


def redacted(turns, **options):
    """Texts of (conversation, speaker, text) turns after redaction by the rules."""
    table = pl.DataFrame(turns, schema=["conversation_id", "speaker", "text"], orient="row")
    table = table.with_columns(role=pl.lit("client"))
    corpus = wb.Corpus.build(table, **options)
    return (
        redact(corpus, vault=Vault(secret=SECRET), finder=Rules())
        .corpus.utterances["text"]
        .to_list()
    )


# -- who is who --------------------------------------------------------------------------------------


def test_one_person_is_one_surrogate_across_spellings():
    full, given, formal, small, loud, possessive, typo = redacted(
        [
            ("a", "C", "I met Samuel Ortiz there."),
            ("a", "C", "Then Sam laughed."),
            ("a", "C", "They said Mr Ortiz is late."),
            ("a", "C", "ask sam about it"),
            ("a", "C", "he yelled SAM at me"),
            ("a", "C", "It was Ortiz's dog."),
            ("a", "C", "I wrote Samuell a card."),
        ]
    )
    first, last = re.fullmatch(r"I met (\w+) (\w+) there\.", full).groups()
    assert gender_of(first) == "male"
    assert given == f"Then {first} laughed."
    assert formal == f"They said Mr {last} is late."
    assert small == f"ask {first.lower()} about it"
    assert loud == f"he yelled {first.upper()} at me"
    assert possessive == f"It was {last}'s dog."
    assert typo == f"I wrote {first} a card."


def test_a_full_name_is_the_same_person_everywhere():
    one, other = redacted(
        [("a", "C", "I met Samuel Ortiz today."), ("b", "D", "I met Sam Ortiz today.")]
    )
    assert one == other


def test_a_name_alone_is_somebody_else_in_another_conversation():
    one, other = redacted([("a", "C", "My brother Sam left."), ("b", "D", "My brother Sam left.")])
    assert one != other


def test_a_name_alone_is_the_same_where_the_source_is():
    source = pl.DataFrame({"id": ["a", "b"], "source": ["video 1", "video 1"]})
    one, other = redacted(
        [("a", "C", "My brother Sam left."), ("b", "D", "My brother Sam left.")],
        conversations=source,
    )
    assert one == other


def test_a_name_alone_is_the_same_where_the_same_client_speaks():
    one, other = redacted(
        [("a", "P013", "My brother Sam left."), ("b", "P013", "My brother Sam left.")]
    )
    assert one == other


def test_a_part_that_many_play_links_nobody():
    one, other = redacted(
        [("a", "client", "My brother Sam left."), ("b", "client", "My brother Sam left.")]
    )
    assert one != other


def test_relatives_keep_one_family_name_and_stay_two_people():
    [text] = redacted([("a", "C", "I know Maria Ortiz and Samuel Ortiz.")])
    her, his = re.fullmatch(r"I know (\w+ \w+) and (\w+ \w+)\.", text).groups()
    assert her.split()[1] == his.split()[1]
    assert her != his
    assert gender_of(her.split()[0]) == "female"


def test_a_title_keeps_husband_and_wife_apart():
    names = redacted(
        [
            ("a", "C", "I met Maria Ortiz and Samuel Ortiz."),
            ("a", "C", "They said Mr Ortiz drinks."),
            ("a", "C", "They said Mrs Ortiz drinks."),
        ]
    )
    assert names[1].replace("Mr ", "") == names[2].replace("Mrs ", "")


@pytest.mark.parametrize(
    ("one", "other", "apart"),
    [("samuel", "samuell", True), ("samuel", "smauel", True), ("samuel", "daniel", False)],
)
def test_one_letter_apart(one, other, apart):
    assert one_letter_apart(one, other) is apart


def test_two_names_of_the_lists_are_no_typing_error():
    surrogates = Surrogates(Vault(secret=SECRET), forbidden=frozenset())
    one = surrogates.register(mention_of("Daniel"), ["here"])
    assert surrogates.register(mention_of("Daniela"), ["here"]) is not one
    assert surrogates.register(mention_of("Danny"), ["here"]) is one


@settings(max_examples=30, deadline=None)
@given(
    st.lists(
        st.sampled_from(["Samuel", "Ingrid", "Priya", "Tomasz", "Mehmet", "Aoife"]), min_size=1
    )
)
def test_surrogates_are_never_names_or_words_of_the_corpus(names):
    turns = [(f"c{i % 3}", "C", f"My friend {name} is here.") for i, name in enumerate(names)]
    real = {word.lower() for _, _, text in turns for word in re.findall(r"\w+", text)}
    for text in redacted(turns):
        surrogate = re.fullmatch(r"My friend (\w+) is here\.", text).group(1)
        assert surrogate.lower() not in real


def test_more_people_than_names_still_get_surrogates_of_their_own():
    surrogates = Surrogates(Vault(secret=SECRET), forbidden=frozenset())
    people = [
        surrogates.register(mention_of(f"Zz{chr(97 + i // 26)}{chr(97 + i % 26)}o"), ["here"])
        for i in range(300)
    ]
    assert len({person.surrogate_given for person in people}) == 300


# -- dates -------------------------------------------------------------------------------------------

FORMS = [
    "3 March 2021",
    "21st of December",
    "March 3rd, 2021",
    "the second of November 2018",
    "Nov. 12, 2021",
    "jan 12 2022",
    "2021-03-04",
    "03/09/1984",
    "05.12.2023",
    "August 2017",
    "twenty-third of January",
]


@pytest.mark.parametrize("text", FORMS)
def test_a_moved_date_keeps_its_form_and_can_be_moved_back(text):
    [written] = find_dates(text)
    moved = written.moved(70)
    assert moved != written.text
    assert re.sub(r"[\w-]+", "x", moved) == re.sub(r"[\w-]+", "x", written.text)
    if text != "August 2017":  # a month alone is moved from its middle
        [again] = find_dates(moved)
        back = again.moved(-70)
        assert [d.moved(0) for d in find_dates(back)] == [written.moved(0)]


@settings(max_examples=100)
@given(st.dates(datetime.date(1950, 1, 1), datetime.date(2030, 1, 1)), st.integers(-52, 52))
def test_intervals_and_weekdays_survive(day, weeks):
    later = day + datetime.timedelta(days=11)
    [first], [second] = find_dates(day.isoformat()), find_dates(later.isoformat())
    moved = [datetime.date.fromisoformat(d.moved(7 * weeks)) for d in (first, second)]
    assert moved[1] - moved[0] == datetime.timedelta(days=11)
    assert moved[0].weekday() == day.weekday()


def test_dates_of_one_source_move_together_and_weekdays_stay():
    table = [("a", "C", "On Monday, March 1st, 2021, and on 15 March 2021.")]
    [text] = redacted(table)
    days = [d.text for d in find_dates(text)]
    assert text.startswith("On Monday, ")
    read = datetime.datetime.strptime
    first = read(re.sub(r"(?<=\d)(st|nd|rd|th)", "", days[0]), "%B %d, %Y")
    assert first.weekday() == 0
    assert read(days[1], "%d %B %Y") - first == datetime.timedelta(days=14)


def test_figures_are_read_in_the_order_that_the_source_shows():
    british = redacted([("a", "C", "Not on 25/12/2020."), ("a", "C", "On 01/02/2021.")])
    american = redacted([("a", "C", "Not on 12/25/2020."), ("a", "C", "On 02/01/2021.")])
    read = datetime.datetime.strptime
    assert read(british[1], "On %d/%m/%Y.") == read(american[1], "On %m/%d/%Y.")


# -- forms -------------------------------------------------------------------------------------------


def test_numbers_keep_their_form():
    phone, other, card, plate = redacted(
        [
            ("a", "C", "call 07700 900123"),
            ("a", "C", "call +44 7700 900123"),
            ("a", "C", "card 4111 1111 1111 1111"),
            ("a", "C", "case number AB-2207/19"),
        ]
    )
    assert re.fullmatch(r"call 0\d{4} \d{6}", phone)
    assert re.fullmatch(r"call \+44 \d{4} \d{6}", other)
    assert phone[-9:] == other[-9:] != "00 900123"
    assert re.fullmatch(r"card \d{4} \d{4} \d{4} \d{4}", card)
    assert re.fullmatch(r"case number [A-Z]{2}-\d{4}/\d{2}", plate)
    assert "2207" not in plate


def test_addresses_in_the_net_lead_nowhere():
    texts = redacted(
        [
            ("a", "C", "I'm Sam Ortiz."),
            ("a", "C", "sam.ortiz@mail.org"),
            ("a", "C", "see https://sam-ortiz.net/me or www.sam-ortiz.net"),
        ]
    )
    name = texts[0].removeprefix("I'm ").rstrip(".").lower().replace(" ", ".")
    assert texts[1] == f"{name}@example.org"
    assert re.fullmatch(r"see https://example\.org/\w+ or https://example\.org/\w+", texts[2])


def test_high_ages_become_one_group():
    assert redacted([("a", "C", "I'm 92 years old."), ("a", "C", "nan turned ninety-four")]) == [
        "I'm 90+ years old.",
        "nan turned ninety-plus",
    ]


def test_what_kind_of_organisation_and_street_it_is_stays():
    school, street = redacted(
        [("a", "C", "I went to Westbrook High School."), ("a", "C", "It is 42 Maple Street.")]
    )
    assert re.fullmatch(r"I went to \w+ High School\.", school)
    assert re.fullmatch(r"It is \d+ \w+ Street\.", street)
    assert "Westbrook" not in school
    assert "Maple" not in street


def test_a_person_is_the_same_in_another_conversation_under_the_family_name_or_a_short_one():
    turns = [
        ("s1", "Sam Ortiz", "Hi, I'm Sam Ortiz."),
        ("s1", "Dr. Avery Lee", "Thanks, Sam. I am Dr. Lee."),
        ("s2", "Ortiz", "It's Samuel again."),
        ("s2", "Dr. Lee", "Welcome back, Mr Ortiz."),
    ]
    frame = pl.DataFrame(turns, schema=["conversation_id", "speaker", "text"], orient="row")
    made = redact(Corpus.build(frame), vault=Vault(secret=SECRET), finder=Rules()).corpus.utterances
    given, family = made["speaker"][0].split(" ")
    _, avery, lee = made["speaker"][1].split(" ")
    assert made["text"].to_list() == [
        f"Hi, I'm {given} {family}.",
        f"Thanks, {given}. I am Dr. {lee}.",
        f"It's {given} again.",
        f"Welcome back, Mr {family}.",
    ]
    assert made["speaker"].to_list()[2:] == [family, f"Dr. {lee}"]
    assert not {"Sam", "Samuel", "Ortiz", "Avery", "Lee"} & {given, family, avery, lee}


def test_a_family_name_that_two_people_bear_links_nobody():
    turns = [
        ("s1", "Daniel Ortiz", "Hello there."),
        ("s2", "Carlos Ortiz", "Hello there."),
        ("s3", "Kim Park", "I saw Mr Ortiz."),
    ]
    frame = pl.DataFrame(turns, schema=["conversation_id", "speaker", "text"], orient="row")
    made = redact(Corpus.build(frame), vault=Vault(secret=SECRET), finder=Rules()).corpus.utterances
    families = {name.split(" ")[-1] for name in made["speaker"][:2]}
    assert made["text"][2].removesuffix(".").split(" ")[-1] not in families


@pytest.mark.parametrize("name", ["Sam Ortiz", "Marie Martin", "Kate Anderson", "Bill Brown"])
def test_a_surrogate_does_not_sound_like_the_original(name):
    """Whatever the secret: no Sammy for Sam, no Andersson for Anderson."""
    frame = pl.DataFrame({"conversation_id": ["a"], "speaker": [name], "text": ["Hello there."]})
    for number in range(60):
        vault = Vault(secret=bytes([number]) * 32)
        made = redact(Corpus.build(frame), vault=vault, finder=Rules()).corpus.utterances
        for was, now in zip(name.split(), made["speaker"][0].split(), strict=True):
            assert now[:3] != was[:3]
