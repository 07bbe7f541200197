"""What people agreed to travels with the corpus, is warned of when it ends, and holds back what it must."""

import datetime

import polars as pl
import pytest

import workbench as wb
from workbench.corpus import Corpus
from workbench.corpus.consent import CONSENT_SCOPES, allows, consenting, expired, refuse_remote
from workbench.errors import BadInput, NetworkRefused

PAST, FUTURE = datetime.date(2001, 5, 1), datetime.date(2999, 1, 1)


def turns():
    return pl.DataFrame(
        {
            "conversation_id": ["a", "a", "b", "c", "d"],
            "speaker": ["H", "C1", "C2", "C3", "C4"],
            "text": ["How was the week?", "Long.", "Short.", "Fine.", "Cold."],
        }
    )


def talks():
    return pl.DataFrame(
        {
            "id": ["a", "b", "c", "d"],
            "consent_scope": ["local", "Research-Sharing, remote-model", None, "anything"],
            "retention_until": [PAST, FUTURE, None, None],
        }
    )


@pytest.fixture
def corpus():
    return Corpus.build(turns(), conversations=talks())


def findings_of(corpus):
    return {row["check"]: row for row in corpus.report().to_dicts()}


def test_where_nothing_is_stated_only_local_holds(corpus):
    assert consenting(corpus.conversations, "remote-model").to_list() == ["b"]
    assert consenting(corpus.conversations, "research-sharing").to_list() == ["b"]
    assert set(CONSENT_SCOPES) == {"local", "research-sharing", "remote-model"}


def test_a_retention_that_is_past_and_an_unknown_scope_are_warned_of(corpus):
    found = findings_of(corpus)
    assert found["past retention"]["level"] == "warning"
    assert found["past retention"]["count"] == 1
    assert "workbench forget --expired" in found["past retention"]["remedy"]
    assert "'d'" in found["unknown consent scope"]["message"]


def test_the_last_day_itself_is_still_allowed(corpus):
    assert len(expired(corpus.conversations, today=PAST)) == 0
    day_after = PAST + datetime.timedelta(days=1)
    assert expired(corpus.conversations, today=day_after).to_list() == ["a"]


@pytest.mark.parametrize("form", ["workbench", "csv", "convokit"])
def test_consent_and_retention_survive_files(corpus, tmp_path, form):
    corpus.write(tmp_path / "out", format=form)
    again = wb.load(tmp_path / "out")
    columns = ["id", "consent_scope", "retention_until"]
    assert again.conversations.select(columns).equals(corpus.conversations.select(columns))
    assert "past retention" in findings_of(again)


def test_a_study_warns_when_it_is_opened(corpus, tmp_path):
    study = wb.Study.create(tmp_path / "study", corpus)
    assert "past retention" in findings_of(wb.Study.open(study.folder).corpus)


def test_consent_joins_as_any_table_of_facts(corpus):
    given = pl.DataFrame(
        {"id": ["c", "d"], "consent_scope": "remote-model", "retention_until": "2001-01-01"}
    )
    joined = corpus.join_outcomes(given)
    assert consenting(joined.conversations, "remote-model").to_list() == ["c", "d"]
    assert joined.conversations.schema["retention_until"] == pl.Date
    with pytest.raises(BadInput, match="retention_until"):
        corpus.join_outcomes(given.with_columns(retention_until=pl.lit("next spring")))


def test_words_do_not_leave_without_consent(corpus):
    refuse_remote(corpus.conversations, ["b"], endpoint="https://elsewhere")
    with pytest.raises(NetworkRefused, match=r"3 of 4 conversations.*1 state none"):
        refuse_remote(corpus.conversations, list("abcd"), endpoint="https://elsewhere")


def test_allowed_is_never_null():
    table = pl.DataFrame({"consent_scope": [None, ""]}, schema={"consent_scope": pl.String})
    assert table.select(allows("local")).to_series().to_list() == [False, False]
