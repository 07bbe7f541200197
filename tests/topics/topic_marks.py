"""What topics are marked by: shares, coherence on a fixed reference, words that carry no subject.

The lists are written for the marks, apart from those that set turns and words apart.
"""

import re
from collections import defaultdict
from dataclasses import dataclass

import numpy as np
import polars as pl
from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS

from workbench.topics import TopicModel
from workbench.topics.backchannels import stop_words
from workbench.topics.coherence import coherence, reference_vocabulary, topic_diversity
from workbench.topics.vocabulary import word_set

TALK = word_set(
    "mm mmm mhm mmhm hm hmm uh uhh huh um umm mh ah ahh oh ooh aha ok okay okey yeah yea yep yup yes no "
    "nope right alright sure wow exactly absolutely hi hello hey bye goodbye thanks thank welcome "
    "please sorry morning laughs laughter"
)
"""Backchannels, hesitations, minimal answers, greetings."""

NAMES = word_set(
    "james mary robert patricia john jennifer michael linda david elizabeth william barbara richard "
    "susan joseph jessica thomas sarah karen charles christopher nancy daniel lisa matthew betty "
    "anthony margaret sandra donald ashley steven kimberly paul emily andrew donna joshua michelle "
    "kenneth carol kevin amanda brian dorothy george melissa edward deborah ronald stephanie timothy "
    "rebecca jason sharon jeffrey laura ryan cynthia jacob kathleen gary amy nicholas angela eric "
    "shirley jonathan anna stephen brenda larry pamela justin emma scott nicole brandon helen benjamin "
    "samantha samuel katherine gregory christine alexander debra patrick rachel frank carolyn raymond "
    "janet jack maria dennis catherine jerry heather tyler diane aaron olivia jose julie adam joyce "
    "nathan victoria henry kelly zachary christina douglas lauren peter joan kyle evelyn noah judith "
    "ethan megan jeremy andrea walter cheryl christian hannah keith jacqueline roger martha terry "
    "gloria austin teresa sean ann gerald sara carl madison harold frances dylan kathryn arthur janice "
    "lawrence jean jordan abigail jesse alice bryan julia billy judy bruce sophia gabriel grace joe "
    "denise logan amber alan doris juan marilyn albert danielle willie beverly elijah isabella wayne "
    "theresa randy diana vincent natalie mason brittany roy charlotte ralph marie bobby kayla russell "
    "alexis bradley lori philip jane tom mike bob bill jim steve dan dave chris matt tim jen kate liz "
    "sue becky beth ben alex sam jenny katie meg"
)
"""The commonest given names of the United States in a century, and short forms."""

CAPITALISED = word_set(
    "i i'm i've i'll i'd monday tuesday wednesday thursday friday saturday sunday january february "
    "march april may june july august september october november december english american america uk "
    "us usa christmas thanksgiving halloween easter covid internet facebook god tv aa mi adhd ptsd hiv "
    "dui"
)
"""Words with a capital that are no names of people."""

BASELINE_WORD = re.compile(r"(?u)\b\w\w+\b")
"""What scikit-learn's CountVectorizer, and so BERTopic, takes for a word."""


def words_in(texts):
    return [BASELINE_WORD.findall(text.lower()) for text in texts]


def speakers_of(corpus):
    """Names of speakers, where their ids hold any."""
    return {
        word.lower() for id_ in corpus.speakers["id"] for word in re.findall(r"[A-Z][a-z]+", id_)
    }


def always_capitalised(corpus):
    """Words said at least three times inside a sentence and never small: people, places, brands."""
    inside, small = defaultdict(int), set()
    for text in corpus.utterances["text"]:
        for match in re.finditer(r"[^\W\d_]+(?:['’][^\W\d_]+)?", text):
            word = match.group()
            if word[0].islower():
                small.add(word)
            elif re.search(r"[a-z,;] $", text[: match.start()]) and not word.isupper():
                inside[word.lower()] += 1
    return {word for word, count in inside.items() if count >= 3} - small - CAPITALISED


@dataclass(frozen=True)
class Fit:
    """Words per topic (ten, and all by weight), and shares of the fitted turns."""

    words: list
    ranked: list
    before: float
    after: float | None = None
    low_confidence: float | None = None


def ours(corpus, embeddings, *, side, random_state, **options):
    model = TopicModel(side=side, random_state=random_state, **options).fit(corpus, embeddings)
    found, share = model.result_, model.result_.outlier_share
    rows = found.info["Topic", "Representation"].iter_rows()
    words = [list(words) for topic, words in rows if topic >= 0]
    ranked = found.ctfidf.filter(pl.col("topic") >= 0).group_by("topic", maintain_order=True)
    ranked = ranked.agg("word")["word"].to_list()
    return Fit(words, ranked, share.before, share.after, share.low_confidence), found


def bertopic_defaults(texts, embeddings, *, random_state):
    """`BERTopic()` with a seed: its UMAP, HDBSCAN, CountVectorizer and c-TF-IDF as they come."""
    from bertopic import BERTopic
    from umap import UMAP

    layout = UMAP(
        n_neighbors=15,
        n_components=5,
        min_dist=0.0,
        metric="cosine",
        random_state=random_state,
        n_jobs=1,
    )
    model = BERTopic(umap_model=layout)
    labels, _ = model.fit_transform(list(texts), embeddings)
    words = [
        [word for word, _ in found]
        for topic, found in sorted(model.get_topics().items())
        if topic >= 0
    ]
    numbers = np.unique(labels)
    vocabulary = model.vectorizer_model.get_feature_names_out()
    weights = model.c_tf_idf_.toarray()[numbers >= 0]
    ranked = [vocabulary[np.argsort(-row, kind="stable")[: np.sum(row > 0)]] for row in weights]
    return Fit(words, ranked, float(np.mean(np.array(labels) == -1)))


def mark(fit, reference, *, names):
    """Coherence on `reference` (lists of words), diversity, and share of topics without a subject.

    `c_npmi` is of each topic's ten heaviest words in a vocabulary that is the same for all ways: words in
    five turns of the reference or more, without function words, words of talk and given names. `all
    words` is of the ten words as they are shown: function words go with everything and pull any topic
    that holds them towards 0, which is not what coherence is meant to tell.
    """
    known = reference_vocabulary(reference, texts=5)
    content = known - ENGLISH_STOP_WORDS - TALK - NAMES - stop_words()
    words = [[word for word in ranked if word in content][:10] for ranked in fit.ranked]
    unwanted = TALK | NAMES | names
    return {
        "topics": len(fit.words),
        "before": fit.before,
        "after": fit.after,
        "low confidence": fit.low_confidence,
        "c_npmi": float(np.nanmean(coherence(words, reference, vocabulary=known))),
        "all words": float(np.nanmean(coherence(fit.words, reference, vocabulary=known))),
        "diversity": topic_diversity(fit.words),
        "talk or names": float(np.mean([bool(set(words) & unwanted) for words in fit.words])),
        "led by them": float(np.mean([len(set(words[:5]) & unwanted) >= 3 for words in fit.words])),
    }
