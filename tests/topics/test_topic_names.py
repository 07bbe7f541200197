"""Words by meaning, and names proposed by whatever answers a prompt."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from planted_topics import SUBJECTS

from workbench.errors import BadInput
from workbench.topics import NearestWords, TopicModel
from workbench.topics.naming import name_prompt, propose_names, read_name

WHERE = {
    "sea": (1, 0),
    "ocean": (0.99, 0.1),
    "boat": (0.7, 0.2),
    "hill": (0, 1),
    "peak": (0.2, 0.9),
}


class Compass:
    """Points of a few words around two centroids: east and north."""

    def encode(self, texts):
        return np.array([WHERE[text] for text in texts], np.float32)


CTFIDF = pl.DataFrame(
    [
        (-1, "sea", 0.2),
        (-1, "hill", 0.1),
        (0, "boat", 0.9),
        (0, "ocean", 0.8),
        (0, "sea", 0.7),
        (0, "hill", 0.6),
        (1, "peak", 0.5),
        (1, "hill", 0.4),
    ],
    schema={"topic": pl.Int64, "word": pl.String, "weight": pl.Float64},
    orient="row",
)
CENTROIDS = np.array([(1, 0), (0, 1)], np.float32)


def words(table, topic):
    return table.filter(pl.col("topic") == topic)["word"].to_list()


def test_the_nearest_of_the_proposed_words_lead():
    found = NearestWords(Compass()).words(CTFIDF, CENTROIDS, n_words=3)
    assert words(found, 0) == ["sea", "ocean", "boat"]
    assert words(found, 1) == ["hill", "peak"]
    assert words(found, -1) == ["sea", "hill"]  # outliers have no centroid
    first = found.filter(pl.col("topic") == 0)["weight"]
    np.testing.assert_allclose(first, [1, 0.9949, 0.9615], atol=1e-4)


def test_only_proposed_words_come_in():
    found = NearestWords(Compass(), candidates=1).words(CTFIDF, CENTROIDS, n_words=3)
    assert [words(found, topic) for topic in (0, 1)] == [["boat"], ["peak"]]


def test_diversity_makes_room_for_other_words():
    """Marginal relevance by hand, diversity 0.6, after `sea`: 0.4 c - 0.6 s.

    ocean 0.398 - 0.597 = -0.199; boat 0.385 - 0.577 = -0.192; hill 0 - 0 = 0.
    """
    found = NearestWords(Compass(), diversity=0.6).words(CTFIDF, CENTROIDS, n_words=3)
    assert words(found, 0)[:2] == ["sea", "hill"]


def test_options_out_of_range_and_another_encoder_are_refused():
    with pytest.raises(BadInput, match="diversity"):
        NearestWords(Compass(), diversity=1.0)
    with pytest.raises(BadInput, match=r"shape \(5, 2\); expected \(n, 3\)"):
        NearestWords(Compass()).words(CTFIDF, np.eye(3, dtype=np.float32)[:2], n_words=3)


def test_a_model_takes_them_as_its_representation(corpus, embeddings, model):
    class Places:
        """A word stands where the utterances that hold it are."""

        def encode(self, texts):
            said = corpus.utterances["text"].str.to_lowercase().to_list()
            return np.stack(
                [embeddings[[word in text for text in said]].mean(axis=0) for word in texts]
            )

    topics = TopicModel(representation=NearestWords(Places())).fit(corpus, embeddings).result_
    assert topics.layer.table.equals(model.result_.layer.table)
    assert topics.ctfidf.equals(model.result_.ctfidf)
    for topic, name, shown in topics.info["Topic", "Name", "Representation"].iter_rows():
        assert words(topics.words, topic) == shown
        assert name == "_".join([str(topic), *shown[:4]])
        own = topics.words.filter(pl.col("topic") == topic)
        assert own["weight"].is_sorted(descending=True)
        assert own["weight"].max() <= 1 + 1e-6
        assert any(len(set(shown) & set(subject)) >= 4 for subject in SUBJECTS.values())
    assert topics.settings["overrides"]["representation"] == "NearestWords"


@pytest.mark.parametrize(
    ("answer", "name"),
    [
        ("Sleep problems", "Sleep problems"),
        ('Topic name: "Sleep problems."\nBecause ...', "Sleep problems"),
        ("\n  **Sleep problems**  ", "Sleep problems"),
        ("- The name is: sleep problems!", "sleep problems"),
        ("Self-help and friends", "Self-help and friends"),
    ],
)
def test_a_name_is_read_from_an_answer(answer, name):
    assert read_name(answer) == (name, None)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ("", "no answer"),
        (" \n ", "no answer"),
        ("...", "no word"),
        ("It seems to me that these turns are all about sleep", "at most 8 words"),
    ],
)
def test_what_is_no_name_is_null_with_a_reason(answer, reason):
    name, told = read_name(answer)
    assert name is None
    assert reason in told


def test_prompt_and_answer_are_kept_for_every_topic(model, corpus):
    topics = model.result_
    texts = dict(corpus.utterances.select("id", "text").iter_rows())
    table = propose_names(topics, texts, lambda prompt: f"Name: {prompt.split('Words: ')[1][:6]}")
    assert table["topic"].to_list() == list(range(topics.n_topics))
    for topic, prompt in table["topic", "prompt"].iter_rows():
        row = topics.info.row(by_predicate=pl.col("Topic") == topic, named=True)
        assert ", ".join(row["Representation"]) in prompt
        assert all(texts[unit] in prompt for unit in row["representative_ids"])
    assert table["answer"].str.starts_with("Name: ").all()
    assert topics.info.equals(replace(topics).info)


def test_long_turns_are_cut():
    prompt = name_prompt(["bed"], ["word " * 100], side="client")
    assert prompt.count("word ") <= 41
