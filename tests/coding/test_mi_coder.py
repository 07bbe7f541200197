import numpy as np
import polars as pl
import pytest

from workbench.coding import NO_GOAL, code_corpus, load_codebook, shipped_head
from workbench.corpus import Corpus, CorpusMetadata
from workbench.embedding import EmbeddingStore, Encoder, embed
from workbench.errors import BadInput

TALK = [
    ("therapist", "What brings you here today?"),
    ("client", "I'd like to be healthier for my kids, so I'm going to cut down."),
    ("therapist", "So you have decided that it is time to stop."),
    ("client", ""),
    ("therapist", "Mm-hmm."),
    ("client", "But I don't think I have a problem."),
    ("therapist", "Have you tried nicotine gum? It comes in two strengths."),
    ("client", "No."),
    ("therapist", ""),
]
GERMAN = [
    ("therapist", "Was führt Sie heute zu mir, und was möchten Sie in dieser Stunde besprechen?"),
    ("client", "Ich möchte weniger rauchen, aber ich schaffe es einfach nicht, schon seit Jahren."),
    (
        "therapist",
        "Sie haben es oft versucht, und jedes Mal kam etwas dazwischen, das Sie zurückwarf.",
    ),
    ("client", "Genau, und dann rauche ich wieder mehr als vorher, besonders bei der Arbeit."),
]


def _corpus(*talks, goals=None, language=""):
    rows = [
        {"conversation_id": f"c{i}", "speaker": f"{role}-{i}", "role": role, "text": text}
        for i, talk in enumerate(talks)
        for role, text in talk
    ]
    facts = pl.DataFrame(
        {
            "id": [f"c{i}" for i in range(len(talks))],
            "target_behaviour": goals or [None] * len(talks),
        },
        schema={"id": pl.String, "target_behaviour": pl.String},
    )
    return Corpus.build(
        pl.DataFrame(rows), conversations=facts, metadata=CorpusMetadata(language=language)
    )


def _as(mapping):
    return [(mapping.get(role, role), text) for role, text in TALK]


@pytest.fixture(scope="module")
def tools(tmp_path_factory):
    return {
        "encoder": Encoder(precision="fp32"),
        "store": EmbeddingStore(tmp_path_factory.mktemp("store")),
    }


@pytest.fixture(scope="module")
def coding(tools):
    return code_corpus(_corpus(TALK, goals=["stop smoking"]), **tools)


def test_three_layers_code_their_own_side(coding):
    helper, flags, client = coding.layers
    assert not coding.refusals
    assert [layer.name for layer in coding.layers] == [
        "annomi-helper.head",
        "annomi-helper-flags.head",
        "annomi-client.head",
    ]
    assert helper.table["unit_id"].to_list() == ["c0-0", "c0-2", "c0-4", "c0-6", "c0-8"]
    assert client.table["unit_id"].to_list() == ["c0-1", "c0-3", "c0-5", "c0-7"]
    assert set(flags.table["unit_id"]) == set(helper.table["unit_id"])


def test_plain_cases_get_the_plain_code(coding):
    helper, flags, client = (
        dict(c.table.select("unit_id", "label").iter_rows()) for c in coding.layers
    )
    assert helper["c0-0"] == "question"
    assert helper["c0-4"] == "other"
    assert client["c0-1"] == "change"
    assert client["c0-5"] == "sustain"
    given = coding.layers[1].table.filter(pl.col("unit_id") == "c0-0")["label"].to_list()
    assert {"question", "open"} <= set(given)
    assert flags["c0-4"] is None


def test_empty_text_is_seen_and_gets_no_label(coding):
    for layer, unit in zip(coding.layers, ("c0-8", "c0-8", "c0-3"), strict=True):
        row = layer.table.filter(pl.col("unit_id") == unit)
        assert row.select("label", "probability").row(0) == (None, None)
        assert unit not in layer.probabilities["unit_id"].to_list()


def test_probability_is_that_of_the_assigned_label(coding):
    for layer in coding.layers:
        wide = {row["unit_id"]: row for row in layer.probabilities.iter_rows(named=True)}
        for row in layer.table.drop_nulls("label").iter_rows(named=True):
            assert row["probability"] == wide[row["unit_id"]][row["label"]]
    sums = coding.layers[0].probabilities.drop("unit_id").sum_horizontal().to_numpy()
    assert np.allclose(sums, 1, atol=1e-5)


def test_metadata_say_what_a_reader_must_know(coding):
    book = load_codebook("annomi")
    for layer in coding.layers:
        facts = layer.metadata
        head = shipped_head(facts.scheme)
        assert (facts.coder_kind, facts.coder) == ("model", f"{facts.scheme} head")
        assert (facts.codebook, facts.model) == (book.checksum, head.fingerprint)
        assert facts.context_turns == head.context_turns > 0
        assert "not known" in facts.caution


def test_a_subcode_is_never_without_or_above_its_code(coding):
    flags = coding.layers[1]
    for code in load_codebook("annomi").scheme("annomi-helper-flags").codes:
        if code.parent:
            assert (flags.probabilities[code.label] <= flags.probabilities[code.parent]).all()
            units = flags.table.filter(pl.col("label") == code.label)["unit_id"]
            above = flags.table.filter(pl.col("label") == code.parent)["unit_id"]
            assert set(units) <= set(above)


def test_client_codes_without_a_goal_are_flagged(tools):
    coded = code_corpus(_corpus(TALK, TALK, goals=["stop smoking", None]), **tools)
    client = coded.layers[2]
    notes = client.table.group_by(pl.col("unit_id").str.head(2)).agg(pl.col("note").unique())
    assert dict(notes.iter_rows()) == {"c0": [None], "c1": [NO_GOAL]}
    assert "no stated change goal" in client.metadata.caution
    assert coded.layers[0].table["note"].null_count() == coded.layers[0].table.height


def test_assistant_is_scored_with_a_caution(tools):
    coded = code_corpus(_corpus(_as({"therapist": "assistant", "client": "user"})), **tools)
    assert len(coded.layers) == 3
    assert all("AI assistant" in layer.metadata.caution for layer in coded.layers)


@pytest.mark.parametrize(
    ("talk", "hint"),
    [
        (GERMAN, "does not read as English"),
        (_as({"therapist": "interviewer"}), "interviewer"),
        (_as({"therapist": "Speaker 1", "client": "Speaker 2"}), "roles="),
        ([turn for turn in TALK if turn[0] == "client"], "no helper turns"),
    ],
)
def test_what_does_not_fit_is_declined_with_the_reason(tools, talk, hint):
    alone = code_corpus(_corpus(talk), **tools)
    assert alone.layers == ()
    assert len(alone.refusals) == 3
    assert all(hint in r.reason and r.conversations == 1 for r in alone.refusals)
    beside = code_corpus(_corpus(talk, TALK), **tools)
    assert set(beside.layers[0].table["unit_id"].str.head(2)) == {"c1"}
    assert len(beside.refusals) == 3


def test_without_client_turns_only_the_client_scheme_is_declined(tools):
    coded = code_corpus(_corpus([turn for turn in TALK if turn[0] == "therapist"]), **tools)
    assert [r.scheme for r in coded.refusals] == ["annomi-client"]
    assert len(coded.layers) == 2


def test_stated_language_decides(tools):
    assert code_corpus(_corpus(TALK, language="de"), **tools).layers == ()
    assert len(code_corpus(_corpus(TALK, language="en-GB"), **tools).layers) == 3


def test_conversation_order_and_ready_embeddings_change_nothing(tools, coding):
    other = [("therapist", "How did the week go?"), ("client", "Fine, I think.")]
    corpus = _corpus(TALK, other, goals=["stop smoking", None])
    vectors = embed(corpus.utterances["text"].to_list(), **tools)
    by_id = dict(zip(corpus.utterances["id"], vectors, strict=True))
    for given in (vectors, by_id):
        coded = code_corpus(corpus, embeddings=given, **tools)
        for ours, theirs in zip(coded.layers, coding.layers, strict=True):
            units = theirs.table["unit_id"]
            assert ours.restricted_to(units).table.equals(theirs.table)


def test_wrong_embeddings_and_codebooks_are_refused(tools):
    corpus = _corpus(TALK)
    with pytest.raises(BadInput, match="one per row"):
        code_corpus(corpus, embeddings=np.zeros((2, 384)))
    with pytest.raises(BadInput, match="no embedding"):
        code_corpus(corpus, embeddings={})
    with pytest.raises(BadInput, match="codebook"):
        code_corpus(corpus, "misk", **tools)
    with pytest.raises(BadInput, match="no scheme with a head"):
        code_corpus(corpus, "dear-man", **tools)


def test_another_encoder_is_declined(tools):
    class Other:
        weights = "of another model"

    coded = code_corpus(_corpus(TALK), encoder=Other())
    assert coded.layers == ()
    assert all("another sentence encoder" in r.reason for r in coded.refusals)
