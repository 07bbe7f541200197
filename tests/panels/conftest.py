"""The site of a study, served by the program as a user starts it."""

import shutil

import polars as pl
import pytest
from site_serving import serving

import workbench as wb
from workbench.corpus import Layer, LayerMetadata
from workbench.corpus.storage import write_folder

HOSTILE = "<img src=x onerror=window.hurt=1> <script>window.hurt=2</script> $$x$$ & <b>bold</b>"


@pytest.fixture(scope="session")
def site(demo_study):
    with serving(demo_study.folder) as address:
        yield address


@pytest.fixture(scope="session")
def hostile_study(_analysed_demo, tmp_path_factory):
    """The demonstration study with markup for texts, names, topics, labels and coders."""
    folder = tmp_path_factory.mktemp("hostile") / "study"
    study = wb.Study.open(shutil.copytree(_analysed_demo, folder))
    corpus = study.corpus
    turns = corpus.utterances.with_columns(
        text=pl.when(pl.col("turn") % 3 == 0).then(pl.lit(HOSTILE)).otherwise("text"),
        speaker=pl.col("speaker") + HOSTILE,
    )
    talks = corpus.conversations.with_columns(
        topic=pl.col("topic") + HOSTILE, target_behaviour=pl.lit(HOSTILE)
    )
    speakers = corpus.speakers.with_columns(id=pl.col("id") + HOSTILE)
    shutil.rmtree(folder / "corpus")
    hostile = wb.Corpus(turns, talks, speakers, corpus.layers, corpus.metadata)
    write_folder(hostile, folder / "corpus")
    units = turns["id"].head(60)
    rows = pl.DataFrame({"unit_id": units, "label": [HOSTILE] * len(units)})
    coder = "<img src=x onerror=window.hurt=3>"
    layer = Layer.build(
        f"annomi-client.{coder}",
        rows,
        LayerMetadata(scheme="annomi-client", coder=coder, coder_kind="human", caution=HOSTILE),
    )
    study.write_layer(layer)
    return wb.Study.open(folder)


@pytest.fixture(scope="session")
def hostile_site(hostile_study):
    with serving(hostile_study.folder) as address:
        yield address
