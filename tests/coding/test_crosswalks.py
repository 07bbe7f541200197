"""The books that come with the workbench and the crosswalks between them."""

import polars as pl
import pytest

import workbench as wb
from workbench.coding import codebooks, crosswalk, crosswalks, load_codebook
from workbench.corpus import Layer, LayerMetadata
from workbench.corpus.readers.annomi import FLAG_LABELS
from workbench.errors import BadInput
from workbench.settings import data_home

BOOKS = ("annomi", "dear-man", "esconv", "misc", "miti", "peer-mi")
WALKS = {
    *("annomi -> miti", "annomi -> misc", "misc -> miti", "miti -> misc"),
    *("peer-mi -> miti", "esconv -> peer-mi", "esconv -> annomi"),
}


def layer_of(scheme, *rows):
    table = pl.DataFrame(rows, schema={"unit_id": pl.String, "label": pl.String}, orient="row")
    return Layer.build(f"{scheme}.gold", table, LayerMetadata(scheme, "gold", "gold"))


def test_the_books_that_come_along():
    assert codebooks() == BOOKS


@pytest.mark.parametrize("name", BOOKS)
def test_every_code_is_defined_with_one_to_three_examples(name):
    book = load_codebook(name)
    assert book.name == name
    assert "2" in book.citation
    assert book.licence
    for scheme in book.schemes:
        for code in scheme.codes:
            assert len(code.definition.split()) >= 3, code.label
            assert 1 <= len(code.examples) <= 3, code.label


def test_the_book_that_heads_and_stored_layers_refer_to_has_not_changed():
    assert load_codebook("annomi").checksum.startswith("a891d7a041fa86ed")


def test_miti_has_ten_behaviours_and_four_globals_rated_1_to_5():
    book = load_codebook("miti")
    assert book.scheme("miti-behaviour").labels == (
        *("GI", "Persuade", "Persuade with Permission", "Q", "SR", "CR"),
        *("AF", "Seek", "Emphasize Autonomy", "Confront"),
    )
    globals_ = book.scheme("miti-globals")
    assert globals_.labels == (
        *("Cultivating Change Talk", "Softening Sustain Talk", "Partnership", "Empathy"),
    )
    assert (globals_.unit, globals_.level, globals_.scale) == ("conversation", "ordinal", (1, 5))


def test_misc_has_the_codes_of_its_2_5_manual():
    book = load_codebook("misc")
    assert book.scheme("misc-helper").labels == (
        *("ADP", "ADW", "AF", "CO", "DI", "EC", "FA", "FI", "GI", "OQ", "CQ"),
        *("RCP", "RCW", "SR", "CR", "RF", "SU", "ST", "WA"),
    )
    client = [code.label for code in book.scheme("misc-client").codes if code.codable]
    assert client == [
        "FN",
        *(f"{c}{v}" for v in "+-" for c in ("C", "R", "D", "A", "N", "TS", "O")),
    ]


def test_the_peer_book_has_17_techniques_and_four_added_codes():
    labels = load_codebook("peer-mi").scheme("peer-mi").labels
    assert len(labels) == 21
    assert labels[-4:] == ("introduction/greeting", "chit-chat", "inappropriate", "other")
    assert "not verified" in load_codebook("peer-mi").notes


def test_dear_man_has_seven_skills_in_the_order_of_the_letters():
    labels = load_codebook("dear-man").scheme("dear-man").labels
    assert "".join(label[0] for label in labels) == "DEARMAN"


@pytest.mark.skipif(data_home() is None, reason="no real corpora here (WORKBENCH_DATA_HOME)")
def test_esconv_labels_are_spelled_as_the_corpus_spells_them():
    corpus = wb.load(data_home() / "esconv" / "esconv_raw.jsonl.gz")
    layer = next(x for x in corpus.layers if x.metadata.scheme == "esconv-strategy")
    assert set(layer.metadata.labels) == set(
        load_codebook("esconv").scheme("esconv-strategy").labels
    )
    assert "stage" not in str(load_codebook("esconv").scheme("esconv-strategy").labels)


def test_the_crosswalks_that_come_along():
    assert {walk.name for walk in crosswalks()} == WALKS


@pytest.mark.parametrize("walk", crosswalks(), ids=lambda walk: walk.name.replace(" ", ""))
def test_every_label_that_is_not_carried_says_why(walk):
    table = walk.table()
    lost = table.filter(pl.col("kind") == "not carried")
    assert lost["note"].str.len_chars().min() > 10
    assert walk.note
    for mapped in walk.schemes:
        book = load_codebook(walk.source).scheme(mapped.source)
        told = [label.label for label in mapped.labels]
        assert told == [code.label for code in book.codes if code.codable]


def test_flags_of_annomi_become_behaviours_of_miti():
    flags = layer_of(
        "annomi-helper-flags",
        *[("a", "question"), ("a", "open"), ("a", "reflection"), ("a", "complex")],
        *[("b", "therapist_input"), ("b", "advice"), ("c", None)],
    )
    carried, table = crosswalk(flags, to="miti")
    assert carried.table["unit_id", "label"].rows() == [("a", "Q"), ("a", "CR"), ("c", None)]
    lost = dict(table["label", "lost"].iter_rows())
    assert (lost["reflection"], lost["advice"], lost["therapist_input"]) == (0, 1, 1)


def test_asking_support_and_sounds_are_seen_and_uncoded_in_miti():
    talk = layer_of("misc-helper", ("a", "FA"), ("b", "OQ"), ("c", "RF"), ("d", "SU"))
    carried, _ = crosswalk(talk, to="miti")
    assert carried.table["unit_id", "label"].rows() == [("a", None), ("b", "Q"), ("d", None)]


def test_what_is_alike_survives_there_and_back():
    alike = ("GI", "SR", "CR", "AF", "Emphasize Autonomy")
    miti = layer_of("miti-behaviour", *[(f"u{at}", label) for at, label in enumerate(alike)])
    misc, _ = crosswalk(miti, to="misc")
    again, _ = crosswalk(misc, to="miti")
    assert again.table["label"].to_list() == list(alike)


def test_a_pair_without_a_crosswalk_is_told_with_those_there_are():
    skills = layer_of("dear-man", ("a", "Assert"))
    with pytest.raises(BadInput, match=r"no crosswalk dear-man -> miti.*annomi -> miti.*not put"):
        crosswalk(skills, to="miti")


def test_client_talk_has_no_place_in_miti():
    talk = layer_of("annomi-client", ("a", "change"))
    with pytest.raises(BadInput, match=r"annomi -> miti.*'annomi-client'"):
        crosswalk(talk, to="miti")


def test_a_layer_of_no_shipped_book_is_refused():
    with pytest.raises(BadInput, match="scheme in a shipped codebook 'mine'"):
        crosswalk(layer_of("mine", ("a", "x")), to="miti")


def test_a_book_of_ones_own_brings_its_crosswalk(tmp_path):
    file = tmp_path / "mine.yaml"
    file.write_text(
        "name: mine\ntitle: Mine\nversion: 1\nschemes:\n"
        "- {name: s, side: helper, exclusive: true, codes: [{label: asks, definition: It asks.}]}\n"
        "crosswalks:\n- target: miti\n  note: Units are alike.\n  schemes:\n"
        "  - {source: s, target: miti-behaviour, labels: [{label: asks, target: Q}]}\n"
    )
    carried, _ = crosswalk(layer_of("s", ("a", "asks")), to="miti", source=load_codebook(file))
    assert carried.table["label"].to_list() == ["Q"]


@pytest.mark.skipif(data_home() is None, reason="no real corpora here (WORKBENCH_DATA_HOME)")
def test_annomi_carried_to_miti_counts_what_the_full_file_holds():
    corpus = wb.load(data_home() / "annomi" / "AnnoMI-full.csv.gz")
    flags = [x for x in corpus.layers if x.metadata.scheme == "annomi-helper-flags"]
    counted: dict[str, int] = {}
    for layer in flags:
        carried, table = crosswalk(layer, to="miti")
        assert table["label"].to_list() == list(FLAG_LABELS)
        for label, count, _ in carried.counts().iter_rows():
            counted[label] = counted.get(label, 0) + count
    # data card: simple 784, complex 682, information 477, questions 1,006 + 769
    assert counted == {"GI": 477, "Q": 1775, "SR": 784, "CR": 682}
