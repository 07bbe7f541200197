"""Words of talk that carry no subject: backchannels, hesitations, greetings, minimal answers.

English only; in other languages `backchannel_layer` finds short frequent utterances by counting.
The lists were written by hand from the conversation-analytic literature (Yngve 1970, continuers and
acknowledgements; Gardner 2001, *When Listeners Talk*, doi 10.1075/pbns.92) and common spellings of
transcribers.
"""

from __future__ import annotations

import re

__all__ = [
    "ANSWERS",
    "BACKCHANNELS",
    "GREETINGS",
    "GREETING_COMPANY",
    "HESITATIONS",
    "NOTE",
    "TALK_WORDS",
    "WORD",
    "word_set",
    "words_of",
]

NOTE = re.compile(
    r"\[[^\]]*\]|\{[^}]*\}|<[^>]*>"
    r"|\((?:laugh|chuckl|sigh|cough|cr(?:ies|y)|sob|sniff|paus|silen|nod|inaud|unintell|crosst)[^()]*\)",
    re.IGNORECASE,
)
"""Transcribers' notes such as ``[laughs]``; a note says what was heard, not what was said."""

WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*|\d+")
"""A word: letters with inner apostrophes and hyphens, or digits."""


def word_set(text: str) -> frozenset[str]:
    """Words of a text with one blank between them."""
    return frozenset(text.split())


BACKCHANNELS = word_set(
    "mm mmm mhm mmh mh hm hmm hmmm huh mm-hmm mm-hm mmm-hmm mh-hmm mm-mm uh-huh uhuh uh-hum um-hum "
    "ah aha ahh oh ooh ok okay okey okey-dokey k kay yeah yea yep yup ya yah yeh right alright "
    "all-right sure "
    "exactly absolutely definitely indeed certainly totally true correct wow whoa gosh great good nice "
    "cool neat fine perfect excellent awesome wonderful brilliant lovely interesting really gotcha "
    "fantastic amazing super um-hmm"
)
"""Words with which a listener says *I am with you* (continuers, acknowledgements, assessments)."""

ANSWERS = word_set("yes no nope nah not never maybe perhaps possibly probably yes-yes no-no")
"""Minimal answers: they matter to the sequence of talk and hold no subject."""

HESITATIONS = word_set(
    "um umm uhm uh uhh er erm eh so well and but or like then now anyway oh ah hey the a i"
)
"""Sounds and openers that stand beside any of the others."""

GREETINGS = word_set(
    "hi hello hey hiya morning afternoon evening welcome thanks thank thankyou ty bye goodbye bye-bye "
    "cheers please sorry pardon"
)
"""A word of greeting, thanks or leave-taking; the whole utterance is short besides."""

GREETING_COMPANY = word_set(
    "you i i'm am so much very a lot my me it's its that's are is to for be at all again there "
    "everyone everybody sir madam ma'am doctor dr mr mrs ms miss good great nice glad happy pleasure meet "
    "meeting see seeing later soon well how what's up today do doing day night take care have one too "
    "also and your time now then here this in coming come on back we'll us we you're"
)
"""Words that stand beside a greeting in *how are you doing today* or *thank you so much*."""

TALK_WORDS = frozenset(
    BACKCHANNELS
    | ANSWERS
    | GREETINGS
    | word_set(
        "um umm uhm uh uhh er erm eh so well like anyway basically actually just because cause cuz "
        "y'know know mean think guess kind sort lot bit thing things stuff something anything gonna "
        "wanna gotta kinda sorta got get getting go going went goes come let really maybe say said "
        "saying tell talk talking sounds sound way want make feel little don don't doesn't didn't "
        "isn't wasn't aren't weren't won't wouldn't couldn't shouldn't can't haven't hasn't hadn't "
        "did does done doing give gives gave given giving take takes took taken taking put puts putting "
        "ask asks asked asking told tells look looks looked looking able used gets "
        "she'll he'll it'll that'll there'll it'd that'd there'd who'd who'll what'd how'd when's why's "
        "mustn't needn't mightn't "
        "it's that's there's what's i'm i've i'll i'd you're you've you'll you'd we're we've we'll "
        "we'd they're they've they'll he's she's he'd she'd let's who's how's where's ain't y'all im ive id "
        "dont doesnt didnt cant wont isnt thats whats youre youve "
        "laughs laughter chuckles crosstalk inaudible unintelligible sighs"
    )
)
"""Added to the stop words of topic words (scikit-learn's English list is the base)."""


def words_of(text: str) -> list[str]:
    """Words of an utterance in lower case, transcribers' notes left out.

    >>> words_of("Mm-hmm. [laughs] I don’t know--")
    ['mm-hmm', 'i', "don't", 'know']
    """
    return [word.replace("’", "'").lower() for word in WORD.findall(NOTE.sub(" ", text))]
