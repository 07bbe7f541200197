"""First names in talk: they name people, not subjects, and would head the topics of one dialogue."""

from __future__ import annotations

import re
from collections import Counter, defaultdict

from workbench.corpus.corpus import Corpus
from workbench.topics.vocabulary import word_set

__all__ = ["first_names"]

CAPITALISED = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
INTRODUCTION = re.compile(
    r"(?:\b(?:my name is|my name's|name is|call me|this is|hi|hello|hey|dear|thanks|thank you|"
    r"morning|afternoon|evening|bye|mr|mrs|ms|miss|dr)[.,]? )$",
    re.IGNORECASE,
)
CLOSING = re.compile(r"\s*(?:[.?!;…]|--|—|$)")
NEVER = word_set(
    "i i'm i'll i've i'd god mm-hmm ok okay doctor dr mr mrs ms miss monday tuesday wednesday thursday "
    "friday saturday sunday january february march april may june july august september october "
    "november december christmas easter english"
)
ROLE_WORDS = word_set(
    "therapist client patient counsellor counselor supporter seeker helper listener user assistant "
    "system interviewer participant speaker usr sys human gpt bot a b t c"
)
GIVEN_NAMES = word_set(
    "aaron abigail adam adrian aiden alan albert alex alexander alexandra alexis alice alicia alison "
    "allison amanda amy andrea andrew andy angela anita ann anna anne annie anthony antonio ashley audrey "
    "barbara becky ben benjamin beth betty beverly bob bobby bonnie brad brandon brenda brian bridget "
    "brittany bruce bryan caitlin cameron carl carlos carol caroline carolyn carrie catherine cathy charles "
    "charlie charlotte chelsea cheryl chris christian christina christine christopher cindy claire claudia "
    "connie craig crystal cynthia dan daniel danielle danny darren daryl dave david deborah debbie debra "
    "denise dennis derek diana diane dominic donald donna doris dorothy doug douglas dylan ed eddie edward "
    "eileen elaine eleanor elena elizabeth ella ellen emily emma eric erica erin ethan eugene eva evelyn "
    "fiona florence frances francis fred gabriel gabrielle gary gavin george gerald gina gloria gordon "
    "graham greg gregory hailey hannah harold harriet harry heather helen henry holly howard hugh ian irene "
    "isaac isabel isabella jack jackie jacob jacqueline jake james jamie jan jane janet janice jared jasmine "
    "jason jeff jeffrey jen jenna jennifer jenny jeremy jerry jesse jessica jill jim jimmy joan joanna "
    "joanne joe joel john johnny jon jonathan jordan jose joseph josh joshua joyce juan judith judy julia "
    "julian julie justin karen kate katherine kathleen kathryn kathy katie kayla keith kelly ken kenneth "
    "kevin kim kimberly kirsty kristen kyle larry laura lauren laurie leah leo leonard leslie liam lillian "
    "lilly lily linda lindsay lisa liz logan lois lori louise lucas lucy luis luke lynn madison margaret "
    "maria marie marilyn mario marion marjorie martha martin marvin mary mason matt matthew maureen megan "
    "melanie melissa mia michael michelle miguel mike mildred mohammed molly monica muhammad nancy naomi "
    "natalie natasha nathan neil nicholas nick nicola nicole nina noah norma oliver olivia oscar owen pam "
    "pamela patricia paul paula pauline peggy peter phil philip phillip phyllis rachel ralph raymond rebecca "
    "richard rick ricky rita rob robert roberta robin rodney roger ron ronald rosa rosemary roy russell ruth "
    "ryan sally sam samantha samuel sandra sara sarah scott sean sebastian seth shane shannon sharon shawn "
    "sheila shirley simon sofia sophia sophie stacy stanley stephanie stephen steve steven stuart sue susan "
    "suzanne sylvia tamara tanya tara ted teresa terri terry thelma theodore theresa thomas tiffany tim "
    "timothy tina todd tom tommy toni tony tracy tristan tyler valerie vanessa vera vicki victor victoria "
    "vincent vivian walter wayne wendy william willie wilma yvonne zachary zoe"
)
"""Common English given names that mean nothing else; they are names in any spelling."""

GIVEN_OR_WORD = word_set(
    "amber angel april art autumn basil bill carter chance chase chuck clay cliff dale daisy dawn dean drew "
    "ernest faith frank gene ginger glen grace grant guy hazel heath hope hunter iris ivy jasmine jean jo "
    "joy june lance lee marina mark mary max may melody mercy nova pat pearl penny peg ray rich rose "
    "ruby rusty sandy skip stella summer sunny sydney trinity violet wade ward warren will wren"
)
"""Given names that are words as well; they are names where they are capitalised."""

LOOK_BACK = 24
"""Characters before a word in which an address is looked for."""
CAPITAL_SHARE = 0.9
"""Share of a word's occurrences that are capitalised, for it to be a name."""
ADDRESS_SHARE = 0.2
"""Introductions (twice) and addresses per occurrence of a name."""
CONVERSATION_SHARE, CONVERSATIONS = 0.05, 3
"""A first name stands in few conversations: this share of them, or this many."""


def first_names(corpus: Corpus) -> frozenset[str]:
    """Lower-case names of speakers and first names by which people are addressed.

    A word is taken for a first name when nearly all its occurrences are capitalised, some of them
    inside a sentence, when it stands in few conversations, and when enough of its occurrences are
    an introduction (``my name is Anna``, counted twice) or an address (``..., Anna.``).

    Returns
    -------
    frozenset of str
        In lower case.
    """
    return frozenset(_speaker_names(corpus) | _addressed(corpus))


def _speaker_names(corpus: Corpus) -> set[str]:
    found: set[str] = set()
    for speaker in corpus.speakers["id"].to_list():
        words = [word.lower() for word in CAPITALISED.findall(speaker)]
        if len(words) <= 3 and not any(ch.isdigit() for ch in speaker):
            found |= {word for word in words if len(word) > 1 and word not in ROLE_WORDS}
    return found


def _addressed(corpus: Corpus) -> set[str]:
    seen: Counter[str] = Counter()
    capital: Counter[str] = Counter()
    address: Counter[str] = Counter()
    inside: Counter[str] = Counter()
    where: dict[str, set[str]] = defaultdict(set)
    turns = corpus.utterances
    for text, conversation in zip(turns["text"], turns["conversation_id"], strict=True):
        for match in CAPITALISED.finditer(text):
            word = match.group()
            key = word.replace("’", "'").lower().removesuffix("'s")
            seen[key] += 1
            if not word[0].isupper() or (word.isupper() and len(word) > 1):
                continue
            capital[key] += 1
            where[key].add(conversation)
            before = text[max(0, match.start() - LOOK_BACK) : match.start()]
            if re.search(r"[\w,;]['’\"]? $", before):
                inside[key] += 1
            if INTRODUCTION.search(before):
                address[key] += 2
            elif before.endswith(", ") and CLOSING.match(text, match.end()):
                address[key] += 1
    limit = max(CONVERSATIONS, CONVERSATION_SHARE * corpus.conversations.height)
    addressed = {
        key
        for key in address
        if key not in NEVER
        and len(key) > 1
        and inside[key] > 0
        and capital[key] >= CAPITAL_SHARE * seen[key]
        and address[key] >= max(2, ADDRESS_SHARE * capital[key])
        and len(where[key]) <= limit
    }
    spelled = {
        key
        for key in GIVEN_OR_WORD - NEVER
        if inside[key] > 0 and capital[key] >= CAPITAL_SHARE * seen[key]
    }
    return addressed | spelled | (GIVEN_NAMES & set(seen))
