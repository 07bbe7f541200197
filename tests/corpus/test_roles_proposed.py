"""Roles are proposed from how people talk, right far above chance and silent where unsure."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from role_scoring import BASELINES, Score, Talks, baseline, difference, held_out, unnamed

import workbench as wb
from workbench.corpus import Corpus
from workbench.corpus.roles import FEATURES, RoleModel, propose_roles, with_roles
from workbench.errors import BadInput
from workbench.resources import bundled

HELPER = [
    "So what brings you here today?",
    "It sounds like you are worried about it. How long has this been going on?",
    "You feel your sister does not hear you.",
    "What would you like to do about that?",
    "Mm-hmm.",
]
CLIENT = [
    "I just can't sleep, I lie there and my head goes round and round.",
    "Since my sister moved out, I think. I did not tell anyone.",
    "Yeah, I tried and I tried and I am so tired of it.",
    "I want to talk to her, I suppose.",
    "I could call her on my way home.",
]


def talk(name, first, second, texts=(HELPER, CLIENT), **more):
    rows = [
        {"conversation_id": name, "speaker": who, "text": text}
        for pair in zip(*texts, strict=True)
        for who, text in zip((first, second), pair, strict=True)
    ]
    return pl.DataFrame(rows).with_columns(**more)


def test_who_asks_and_reflects_is_proposed_as_the_helper():
    proposal = propose_roles(Corpus.build(talk("a", "Lee", "Sam")))
    assert proposal.table.select("speaker", "role").rows() == [("Lee", "helper"), ("Sam", "client")]
    assert proposal.table["confidence"].min() > 0.9
    assert proposal.table.columns == [
        *("conversation_id", "speaker", "role", "confidence", "reason"),
        *FEATURES,
    ]
    applied = proposal.apply()
    assert applied.utterances["side"].to_list() == ["helper", "client"] * 5
    assert dict(applied.speakers.select("id", "role").iter_rows()) == {
        "Lee": "helper",
        "Sam": "client",
    }
    assert applied.findings[-1].check == "roles proposed"


def test_names_and_order_of_the_speakers_teach_nothing():
    one = propose_roles(Corpus.build(talk("a", "Lee", "Sam"))).table
    other = propose_roles(Corpus.build(talk("a", "Speaker 2", "Speaker 1"))).table
    assert one["confidence"].equals(other["confidence"])
    swapped = propose_roles(Corpus.build(talk("a", "Sam", "Lee", texts=(CLIENT, HELPER)))).table
    assert dict(swapped.select("speaker", "role").iter_rows()) == {"Lee": "helper", "Sam": "client"}


def test_below_the_threshold_roles_stay_and_a_finding_says_so():
    small_talk = ["I saw the match.", "It rained.", "Then we went home."]
    frame = pl.concat(
        [talk("a", "Lee", "Sam"), talk("b", "X", "Y", texts=(small_talk, small_talk))]
    )
    corpus = Corpus.build(frame)
    applied = propose_roles(corpus).apply()
    assert applied.utterances.filter(pl.col("conversation_id") == "b")[
        "role"
    ].unique().to_list() == ["other"]
    (warning,) = [finding for finding in applied.findings if finding.level == "warning"]
    assert (warning.check, warning.count, warning.where) == (
        "roles not known",
        1,
        "corpus, conversation b",
    )
    with pytest.raises(BadInput, match="threshold"):
        propose_roles(corpus).apply(threshold=0.2)


REASONS = {
    "3 speakers instead of two": pl.concat(
        [talk("a", "Lee", "Sam"), talk("a", "Lee", "Kim", texts=(HELPER[:1], CLIENT[:1]))]
    ),
    "1 speakers instead of two": talk("a", "Lee", "Lee"),
    "fewer than 6 turns": talk("a", "Lee", "Sam", texts=(HELPER[:2], CLIENT[:2])),
    "does not read as English": talk(
        "a",
        "Lee",
        "Sam",
        texts=(["Und wie geht es Ihnen damit heute?"] * 9, ["Mir geht es nicht gut."] * 9),
    ),
}


@pytest.mark.parametrize("reason", REASONS)
def test_where_nothing_can_be_said_the_reason_is_told(reason):
    corpus = Corpus.build(REASONS[reason])
    proposal = propose_roles(corpus)
    assert proposal.table["reason"].unique().to_list() == [reason]
    assert proposal.table["role"].null_count() == proposal.table.height
    assert proposal.apply().utterances.equals(corpus.utterances)


def test_one_known_role_settles_the_other():
    frame = talk("a", "Ellie", "Participant")
    corpus = Corpus.build(frame, roles={"Participant": "participant"})
    proposal = propose_roles(corpus)
    assert proposal.table.select("speaker", "role").rows() == [("Ellie", "helper")]
    roles = proposal.apply().utterances["role"].to_list()
    assert roles == ["helper", "participant"] * 5


def test_known_roles_are_left_alone_and_system_turns_do_not_count():
    known = Corpus.build(talk("a", "Lee", "Sam"), roles={"Lee": "therapist", "Sam": "client"})
    assert propose_roles(known).table.is_empty()
    assert propose_roles(known).apply().utterances.equals(known.utterances)
    prompt = pl.DataFrame(
        {"conversation_id": ["a"], "speaker": ["S"], "text": ["Be kind."], "role": ["system"]}
    )
    corpus = Corpus.build(pl.concat([prompt, talk("a", "Lee", "Sam")], how="diagonal"))
    assert propose_roles(corpus).table["speaker"].to_list() == ["Lee", "Sam"]
    assert propose_roles(corpus).apply().utterances["role"][0] == "system"


def test_one_person_is_not_made_helper_here_and_client_there():
    frame = pl.concat([talk("a", "Lee", "Sam"), talk("b", "Sam", "Lee"), talk("c", "Kim", "Pat")])
    applied = propose_roles(Corpus.build(frame)).apply()
    roles = applied.utterances.group_by("conversation_id", maintain_order=True).agg(
        pl.col("role").unique().sort()
    )
    assert roles["role"].to_list() == [["other"], ["other"], ["client", "helper"]]


def test_roles_can_be_given_afterwards():
    corpus = Corpus.build(talk("a", "Lee", "Sam"))
    named = with_roles(corpus, {"Lee": "therapist", "other": "client"})
    assert named.utterances.select("role", "side").unique(maintain_order=True).rows() == [
        ("therapist", "helper"),
        ("client", "client"),
    ]
    assert named.speakers["role"].to_list() == ["therapist", "client"]
    with pytest.raises(BadInput, match="Lee"):
        with_roles(corpus, {"Leo": "therapist"})


def test_what_loading_missed_is_settled(tmp_path):
    talk("a", "Lee", "Sam").write_csv(tmp_path / "talk.csv")
    corpus = wb.load(tmp_path / "talk.csv")
    assert "no helper turns" in corpus.report()["check"].to_list()
    assert "no helper turns" not in propose_roles(corpus).apply().report()["check"].to_list()


# -- measured ----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def annomi(data_home):
    return wb.load(data_home / "annomi" / "AnnoMI-simple.csv")


def test_held_out_transcripts_without_names(annomi):
    """Conservative marks; tests/benchmarks/roles.py prints what was reached."""
    whole, short = Talks.of(annomi), Talks.of(annomi, first_turns=16)
    runs = [held_out(whole, whole, short, seed=seed) for seed in (1, 2, 3)]
    for talks, marks, place in ((whole, (0.97, 0.8), 0), (short, (0.95, 0.6), 1)):
        score = Score.of(talks, [run[place] for run in runs])
        assert score.right.estimate >= marks[0]
        assert score.sure >= marks[1]
        assert score.right_of_sure.estimate >= 0.98
        assert score.confidence <= score.right.estimate + 0.01
    for name in BASELINES:
        gain = difference(whole, [run[0] for run in runs], baseline(whole, name))
        assert gain.low > 0


def test_the_model_that_comes_along_is_the_one_fitted_on_annomi(annomi):
    talks = Talks.of(annomi)
    fitted = RoleModel.fit(talks.differences, talks.first_helps)
    for name, value in RoleModel.shipped().coefficients.items():
        assert fitted.coefficients[name] == pytest.approx(value, abs=0.01)


@pytest.mark.parametrize(
    ("name", "right", "sure"),
    [
        ("esconv_raw.jsonl.gz", 0.96, 0.5),
        ("esconv_feedback.jsonl.gz", 0.94, 0.4),
        ("FailedESConv.jsonl", 0.8, 0.2),
    ],
)
def test_chats_of_emotional_support(data_home, name, right, sure):
    talks = Talks.of(wb.load(data_home / "esconv" / name))
    score = Score.of(talks, [RoleModel.shipped().first_helps(talks.differences).to_numpy()])
    assert score.right.estimate >= right
    assert score.sure >= sure
    assert score.right_of_sure.estimate >= 0.98
    assert score.confidence <= score.right.estimate


def test_the_demonstration_corpus_gets_its_roles_back():
    corpus = wb.load(bundled("data", "demo"))
    proposal = propose_roles(unnamed(corpus))
    truth = corpus.utterances["side"].to_list()
    applied = proposal.apply(threshold=0.6).utterances["side"].to_list()
    assert np.mean([a == b for a, b in zip(applied, truth, strict=True)]) > 0.95


@pytest.mark.parametrize("number", [0, 1, 9])
def test_a_transcript_in_the_layout_of_daic_woz(data_home, number):
    """Lower case, no roles: Ellie is the interviewer."""
    path = data_home / "formats" / f"annomi_{number}.daicwoz_TRANSCRIPT.csv"
    corpus = unnamed(replace(wb.load(path), layers=()))
    table = propose_roles(corpus).table
    assert table["role"].to_list() in (["helper", "client"], ["client", "helper"])
    speaks_first = wb.load(path).utterances["speaker"][0].startswith("Ellie")
    assert (table["role"][0] == "helper") == speaks_first
