"""Random halves of real sources do not differ in what they speak of, and tables say so."""

import polars as pl
import pytest
from scipy import stats

import workbench as wb
from workbench.corpus import Layer, LayerMetadata
from workbench.settings import data_home
from workbench.topics import group_table

FILES = {"annomi": "AnnoMI-simple.csv", "esconv": "ESConv.json"}
pytestmark = pytest.mark.skipif(
    data_home() is None, reason="no real corpora here (WORKBENCH_DATA_HOME)"
)


def real(name):
    return wb.load(data_home() / name / FILES[name])


def topics_of(corpus, side, topics=40):
    """Clusters of real turns by their words: topics as uneven as fitted ones, in seconds."""
    from sklearn.cluster import KMeans
    from sklearn.decomposition import TruncatedSVD
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.preprocessing import normalize

    turns = corpus.utterances.filter(
        (pl.col("side") == side) & (pl.col("text").str.len_chars() > 30)
    )
    words = TfidfVectorizer(stop_words="english", min_df=5).fit_transform(turns["text"].to_list())
    points = normalize(TruncatedSVD(30, random_state=0).fit_transform(words))
    labels = KMeans(topics, n_init=1, random_state=0).fit_predict(points)
    rows = pl.DataFrame({"unit_id": turns["id"], "label": labels.astype(str)})
    return Layer.build(f"topics-{side}", rows, LayerMetadata(f"topics-{side}", "t", "model"))


def splits_with_findings(corpus, layer, splits, *, strata=None, **options):
    """How many of so many random splits of sources (within strata) have a finding."""
    sources = corpus.conversations.sort("id").group_by("source", maintain_order=True).first()
    place = pl.int_range(pl.len()).over(strata) if strata else pl.int_range(pl.len())
    hits = 0
    for seed in range(splits):
        drawn = sources.sample(fraction=1, shuffle=True, seed=seed)
        half = drawn.select(
            "source", half=pl.when(place % 2 == 0).then(pl.lit("a")).otherwise(pl.lit("b"))
        )
        named = (
            corpus.conversations.select("id", "source").join(half, on="source").select("id", "half")
        )
        table = group_table(
            corpus.join_outcomes(named),
            layer,
            by="half",
            strata=strata,
            random_state=seed,
            **options,
        )
        hits += bool(table["finding"].any())
    return hits


@pytest.mark.parametrize("estimand", ["pooled", "mean"])
def test_random_halves_raise_no_more_findings_than_chance(estimand):
    corpus = real("annomi")
    hits = splits_with_findings(
        corpus, topics_of(corpus, "helper"), 12, estimand=estimand, permutations=1999
    )
    print(f"{estimand}: {hits} of 12 random halves of AnnoMI have a finding")
    assert hits <= stats.binom.ppf(0.99, 12, 0.05)


def test_a_split_by_subject_is_found():
    """Not a random half: smoking against drinking, of which AnnoMI's helpers speak."""
    subjects = ["smoking cessation", "reducing alcohol consumption"]
    corpus = real("annomi").filter(conversations=pl.col("topic").is_in(subjects))
    table = group_table(corpus, topics_of(corpus, "helper", topics=8), by="topic")
    assert table["finding"].any()


@pytest.mark.prove
@pytest.mark.timeout(7200)
@pytest.mark.parametrize("estimand", ["pooled", "mean"])
@pytest.mark.parametrize(
    ("name", "side"),
    [("annomi", "helper"), ("annomi", "client"), ("esconv", "helper"), ("esconv", "client")],
)
def test_two_hundred_random_halves(name, side, estimand):
    corpus = real(name)
    hits = splits_with_findings(corpus, topics_of(corpus, side), 200, estimand=estimand)
    print(f"{name}, {side}, {estimand}: {hits} of 200 random halves have a finding")
    assert hits <= 17


@pytest.mark.prove
@pytest.mark.timeout(7200)
def test_two_hundred_random_halves_within_strata():
    corpus = real("esconv")
    hits = splits_with_findings(corpus, topics_of(corpus, "client"), 200, strata="topic")
    print(f"esconv, client, within strata of topic: {hits} of 200 random halves have a finding")
    assert hits <= 17
