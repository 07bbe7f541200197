"""An interviewer is not a counsellor: what is read from an interview gets no MI codes."""

import numpy as np
import polars as pl
import pytest

import workbench as wb
from workbench.coding import code_corpus
from workbench.coding.fit_for import fit_for
from workbench.corpus import Corpus
from workbench.settings import data_home

INTERVIEW = (
    "start_time\tstop_time\tspeaker\tvalue\n"
    "1\t3\tEllie\thow_are_you (how are you doing today and what would you like to tell me)\n"
    "4\t5\tParticipant\ti think that i am fine but i do not sleep very well these days\n"
    "6\t7\tEllie\tthat_is_hard (that sounds hard to go through and i am sorry about it)\n"
)


@pytest.fixture
def interview(tmp_path):
    path = tmp_path / "300_TRANSCRIPT.csv"
    path.write_text(INTERVIEW, "utf-8")
    return path


def test_a_daic_woz_session_is_refused_with_reason_and_remedy(interview):
    coded = code_corpus(wb.load(interview))
    assert coded.layers == ()
    assert {refusal.conversations for refusal in coded.refusals} == {1}
    for refusal in coded.refusals:
        assert "an interviewer is not a counsellor" in refusal.reason
        assert "roles={'interviewer': 'therapist'}" in refusal.reason


def test_whoever_says_that_it_is_counselling_gets_codes(interview):
    corpus = wb.load(interview, roles={"interviewer": "therapist"})
    vectors = np.zeros((corpus.utterances.height, 384), dtype=np.float32)
    coded = code_corpus(corpus, embeddings=vectors)
    assert coded.refusals == ()
    helped = [layer for layer in coded.layers if "helper" in layer.name]
    assert helped[0].table["unit_id"].to_list() == ["300-0", "300-2"]


def test_an_interview_beside_counselling_is_the_only_one_left_out(interview):
    session = pl.DataFrame(
        {
            "conversation_id": ["s"] * 2,
            "speaker": ["T", "C"],
            "role": ["therapist", "client"],
            "text": ["What would you like to do about it?", "I do not know what I want."],
        }
    )
    both = wb.load(interview).followed_by(Corpus.build(session))
    fit = fit_for(both, scheme="annomi-helper", side="helper")
    assert fit.conversations == ("s",)
    assert [refusal.conversations for refusal in fit.refusals] == [1]


@pytest.mark.parametrize("role", ["therapist", "counsellor", "supporter", "listener", "assistant"])
def test_every_role_that_helps_is_coded(interview, role):
    corpus = wb.load(interview, roles={"Ellie": role})
    assert fit_for(corpus, scheme="annomi-helper", side="helper").conversations == ("300",)


@pytest.mark.skipif(data_home() is None, reason="no real corpora here (WORKBENCH_DATA_HOME)")
def test_the_rendered_interviews_are_refused():
    path = data_home() / "formats" / "annomi_0.daicwoz_TRANSCRIPT.csv"
    assert code_corpus(wb.load(path)).layers == ()
