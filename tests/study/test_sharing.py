"""What is handed on holds codings and estimates, and not a word that was said."""

import zipfile

import polars as pl
import pytest
from crowded_study import PERSON, crowded_study, traces

import workbench as wb
from workbench.errors import BadInput
from workbench.study.export import export_study


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    folder = tmp_path_factory.mktemp("sharing")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WORKBENCH_CACHE_HOME", str(folder / "cache"))
        made = crowded_study(folder / "study", folder / "cache")
    # a fact of a conversation that is a quotation, as careless tables have it
    quotes = made.corpus.utterances.group_by("conversation_id", maintain_order=True).agg(
        pl.col("text").get(3)
    )
    made.join_outcomes(
        pl.DataFrame(
            {"id": quotes["conversation_id"], "topic": quotes["text"], "remark": "x", "rating": 5}
        )
    )
    return made


def long_texts(study):
    return [text for text in study.corpus.utterances["text"].unique() if len(text) >= 20]


@pytest.mark.parametrize("shape", ["long", "wide"])
@pytest.mark.parametrize("format", ["csv", "parquet", "xlsx"])
def test_no_text_of_twenty_characters_is_in_it(study, tmp_path, format, shape):
    texts = long_texts(study)
    everything = export_study(study, tmp_path / "all", format="csv")
    assert traces([tmp_path / "all"], texts[:1])  # the search sees them
    files = export_study(study, tmp_path / "out", format=format, shape=shape, to_share=True)
    for file in files if format == "xlsx" else []:
        if file.suffix == ".xlsx":
            zipfile.ZipFile(file).extractall(tmp_path / "out" / f"{file.stem}.unpacked")
    assert traces([tmp_path / "out"], texts) == set()
    assert len(files) >= 8
    assert everything


def test_ids_layers_and_estimates_are_in_it(study, tmp_path):
    files = export_study(study, tmp_path / "out", format="parquet", to_share=True)
    read = {str(x.relative_to(tmp_path / "out")): x for x in files}
    turns = pl.read_parquet(read["utterances.parquet"])
    assert turns["id"].equals(study.corpus.utterances["id"])
    assert "text" not in turns.columns
    assert not [name for name in turns.columns if name.startswith("meta.")]
    layer = pl.read_parquet(read["layers/annomi-client.head.parquet"])
    stored = study.layer("annomi-client.head").table
    assert layer.equals(stored.drop("note"))
    groups = pl.read_parquet(read["topics/helper-groups.parquet"])
    assert groups.equals(study.table("topics/helper-groups", step="topics"))
    shares = pl.read_parquet(read["attributions/question_reflection.parquet"])
    assert {"component", "estimate", "unit_id"} <= set(shares.columns)
    talks = pl.read_parquet(read["conversations.parquet"])
    assert talks["rating"].to_list() == [5] * 12
    assert "remark" not in talks.columns
    assert "topic" not in talks.columns  # it quoted


def test_the_readme_says_what_is_in_and_what_is_out(study, tmp_path):
    export_study(study, tmp_path / "out", to_share=True)
    told = (tmp_path / "out" / "README.md").read_text()
    assert "`layers/annomi-client.head`" in told
    assert "embeddings, caches and recorded answers" in told
    assert "the column conversations: topic" in told
    assert "12 conversation(s) state no scope" in told
    assert "never anonymous" in told


def test_conversations_that_may_not_be_shared_stay_here(study, tmp_path):
    own = wb.Study.create(tmp_path / "study", study.corpus)
    own.write_layer(study.layer("annomi-client.head"))
    own.write_table("topics/helper-groups", study.table("topics/helper-groups", step="topics"))
    ids = own.corpus.conversations["id"]
    own.join_outcomes(
        pl.DataFrame({"id": ids.head(2), "consent_scope": ["local", "research-sharing"]})
    )
    files = export_study(own, tmp_path / "out", format="parquet", to_share=True)
    turns = pl.read_parquet(tmp_path / "out" / "utterances.parquet")
    assert turns["conversation_id"].unique().sort().to_list() == sorted(set(ids) - {ids[0]})
    layer = pl.read_parquet(tmp_path / "out" / "layers" / "annomi-client.head.parquet")
    assert layer["unit_id"].is_in(turns["id"].implode()).all()
    assert not any("groups" in file.name for file in files)
    assert "1 conversation(s) were left out" in (tmp_path / "out" / "README.md").read_text()
    own.join_outcomes(pl.DataFrame({"id": ids, "consent_scope": "local"}))
    with pytest.raises(BadInput, match="all 12 conversations"):
        export_study(own, tmp_path / "none", to_share=True)
    assert not (tmp_path / "none").exists()


def test_a_folder_with_something_in_it_is_refused(study, tmp_path):
    (tmp_path / "utterances.csv").write_text("old")
    with pytest.raises(BadInput, match="not empty"):
        export_study(study, tmp_path, to_share=True)


def test_people_stay_pseudonyms_as_they_were(study, tmp_path):
    export_study(study, tmp_path / "out", format="parquet", to_share=True)
    speakers = pl.read_parquet(tmp_path / "out" / "speakers.parquet")
    assert PERSON in speakers["id"]
