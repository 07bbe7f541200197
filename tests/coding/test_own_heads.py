"""A head of one's own: from a coded corpus to a head that codes, with its card."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from coded_mood import BOOK, LABELS, coded, talk

from workbench.coding import TrainedHead, code_corpus, material, train_head
from workbench.coding.choosing import choose_heads
from workbench.coding.material import build_material
from workbench.coding.scoring.coverage import COVERAGE
from workbench.corpus import Code, Corpus
from workbench.errors import BadInput, InsufficientData, MissingModel
from workbench.heads import FeatureSpec


@pytest.fixture(scope="module")
def mood():
    return talk()


@pytest.fixture(scope="module")
def folder(mood, tmp_path_factory):
    corpus, codes, vectors = mood
    out = tmp_path_factory.mktemp("heads") / "mood"
    train_head(
        corpus, [coded(codes)], BOOK, out=out, embeddings=vectors, context=False, name="mood-alone"
    )
    return out


def test_a_head_of_ones_own_codes_what_it_learned(folder, mood):
    corpus, codes, vectors = talk(3, seed=9)
    (layer,) = code_corpus(corpus, BOOK, heads=[folder], embeddings=vectors).layers
    given = dict(layer.table.select("unit_id", "label").iter_rows())
    assert np.mean([given[unit] == label for unit, label in codes.items()]) > 0.95
    assert (layer.name, layer.metadata.context_turns) == ("mood.head-alone", 0)
    assert layer.metadata.labels == LABELS
    assert "codings of one's own" in layer.metadata.caution


def test_its_card_has_scores_and_the_curve_of_abstaining(folder):
    head = TrainedHead.load(folder)
    card = head.head.card
    assert {"Scores on videos it never saw", COVERAGE, "Out of domain"} <= set(card)
    assert card["Data"]["codebook"].startswith("moods 1")
    coverage = [row["estimate"] for row in card[COVERAGE] if row["measure"] == "coverage"]
    assert coverage[0] == 1
    assert coverage == sorted(coverage, reverse=True)


def test_a_head_is_stored_whole(folder):
    head = TrainedHead.load(folder)
    assert (head.origin.scheme, head.origin.checksum) == ("mood", "moods-1")
    assert head.origin.learned_from
    again = folder.parent / "again"
    head.save(again)
    assert TrainedHead.load(again).fingerprint == head.fingerprint
    with pytest.raises(MissingModel, match="no head"):
        choose_heads(BOOK, heads=[folder.parent / "nowhere"])


def test_another_version_of_the_scheme_is_refused_and_other_wording_is_told(folder, mood):
    corpus, _, vectors = mood
    scheme = BOOK.schemes[0]
    longer = replace(scheme, codes=(*scheme.codes, Code("tense", "A tense turn.")))
    with pytest.raises(BadInput, match="tense"):
        choose_heads(replace(BOOK, schemes=(longer,)), heads=[folder])
    with pytest.raises(BadInput, match="learned the scheme 'mood'"):
        choose_heads(replace(BOOK, schemes=(replace(scheme, name="tone"),)), heads=[folder])
    reworded = replace(BOOK, checksum="moods-2")
    (layer,) = code_corpus(corpus, reworded, heads=[folder], embeddings=vectors).layers
    assert "wording of the codebook has changed" in layer.metadata.caution


def test_too_few_utterances_name_label_counts_and_remedy(mood, monkeypatch):
    corpus, codes, vectors = mood
    few = {unit: ("calm" if label == "low" else label) for unit, label in codes.items()}
    for unit in [unit for unit in few if unit.startswith("t0-")][:4]:
        few[unit] = "low"
    with monkeypatch.context() as patched:
        patched.setattr(material, "_table", lambda *_, **__: pytest.fail("it was embedded first"))
        with pytest.raises(InsufficientData, match=r"'low' \(4 in 1\).*--merge"):
            train_head(corpus, [coded(few)], BOOK, embeddings=vectors)
    head = train_head(
        corpus, [coded(few)], BOOK, embeddings=vectors, merge={"low": "calm"}, context=False
    )
    assert head.head.labels == ("calm", "glad")
    (layer,) = code_corpus(corpus, BOOK, heads=[head], embeddings=vectors).layers
    assert layer.metadata.facts["merged"] == {"low": "calm"}


def test_a_label_spelled_two_ways_proposes_the_merge(mood):
    corpus, codes, vectors = mood
    with pytest.raises(BadInput, match="merge"):
        train_head(corpus, [coded(codes, spelled={"low": "Low"})], BOOK, embeddings=vectors)
    with pytest.raises(BadInput, match="not in the codebook"):
        train_head(corpus, [coded(codes, spelled={"low": "grim"})], BOOK, embeddings=vectors)


def test_material_shares_votes_and_takes_gold_where_there_is_some(mood):
    corpus, codes, vectors = mood
    spec = FeatureSpec()
    units = list(codes)
    other = {unit: ("calm" if n < 5 else label) for n, (unit, label) in enumerate(codes.items())}
    layers = [coded(codes), coded(other, coder="ben")]
    gold = coded({units[0]: "glad"}, coder="panel", kind="gold")
    found = build_material(corpus, [*layers, gold], BOOK.schemes[0], spec, embeddings=vectors)
    assert found.units.tolist() == units
    assert found.table.shape == (len(units), spec.width)
    assert list(found.votes) == ["ana", "ben"]
    for row, unit in enumerate(units[:5]):
        expected = [((codes[unit] == x) + (x == "calm")) / 2 for x in LABELS]
        assert found.targets[row].tolist() == expected
    assert found.gold[0].tolist() == [False, True, False]
    alone = build_material(corpus, [gold], BOOK.schemes[0], spec, embeddings=vectors)
    assert list(alone.votes) == ["panel"]
    assert alone.units.tolist() == units[:1]


def test_the_codes_above_a_given_one_hold_too(mood):
    corpus, codes, vectors = mood
    calm, glad, low = BOOK.schemes[0].codes
    below = replace(
        BOOK.schemes[0], exclusive=False, codes=(calm, replace(glad, parent="calm"), low)
    )
    found = build_material(corpus, [coded(codes)], below, FeatureSpec(), embeddings=vectors)
    held = [{codes[unit]} | ({"calm"} if codes[unit] == "glad" else set()) for unit in found.units]
    assert found.gold.tolist() == [[label in one for label in LABELS] for one in held]


def test_a_code_that_only_holds_others_is_not_learned(mood):
    corpus, codes, vectors = mood
    scheme = BOOK.schemes[0]
    family = (Code("any", "Holds them.", codable=False), *scheme.codes)
    book = replace(BOOK, schemes=(replace(scheme, codes=family),))
    head = train_head(corpus, [coded(codes)], book, embeddings=vectors, context=False)
    assert (head.head.labels, head.origin.dropped) == (LABELS, ("any",))
    assert code_corpus(corpus, book, heads=[head], embeddings=vectors).layers


def test_what_a_coder_did_not_decide_is_no_vote_against_every_code(mood):
    corpus, codes, vectors = mood
    scheme = replace(BOOK.schemes[0], exclusive=False)
    first, second, *_ = units = list(codes)
    layer = coded(codes)
    refused = pl.col("unit_id").is_in([first])
    layer = replace(
        layer,
        table=layer.table.with_columns(
            label=pl.when(~pl.col("unit_id").is_in([first, second])).then("label"),
            note=pl.when(refused).then(pl.lit("not coded: refusal")),
        ),
        metadata=replace(layer.metadata, exclusive=False),
    )
    found = build_material(corpus, [layer], scheme, FeatureSpec(), embeddings=vectors)
    assert found.units.tolist() == units[1:]
    assert found.targets[0].tolist() == [0, 0, 0]


@pytest.mark.parametrize(
    ("change", "hint"),
    [
        (lambda codes: {**codes, "elsewhere-1": "low"}, "1 utterances that are not in this corpus"),
        (lambda codes: {**codes, "t0-0": "low"}, "not of the side 'client'"),
    ],
)
def test_codes_of_another_corpus_or_side_are_refused(mood, change, hint):
    corpus, codes, vectors = mood
    with pytest.raises(BadInput, match=hint):
        train_head(corpus, [coded(change(codes))], BOOK, embeddings=vectors)


def test_a_scheme_for_what_others_say_is_refused(mood):
    corpus, codes, vectors = mood
    others = replace(BOOK, schemes=(replace(BOOK.schemes[0], side="other"),))
    with pytest.raises(BadInput, match="for what others say"):
        train_head(corpus, [coded(codes)], others, embeddings=vectors)


def test_mixed_layers_are_refused(mood):
    corpus, codes, vectors = mood
    first, second = coded(codes), coded(codes, coder="ben")
    mixed = [
        replace(layer, metadata=replace(layer.metadata, codebook=book))
        for layer, book in ((first, "a"), (second, "b"))
    ]
    with pytest.raises(BadInput, match="mix codebooks"):
        train_head(corpus, mixed, BOOK, embeddings=vectors)
    with pytest.raises(BadInput, match="more than one label"):
        double = replace(
            first, table=pl.concat([first.table, first.table.with_columns(label=pl.lit("low"))])
        )
        train_head(corpus, [double], BOOK, embeddings=vectors)


def test_talk_unlike_the_training_is_out_of_domain_and_its_share_is_told(folder, mood):
    corpus, _, vectors = mood
    strange = np.random.default_rng(5).normal(size=vectors.shape).astype(np.float32)
    strange /= np.linalg.norm(strange, axis=1, keepdims=True)
    own, other = (
        code_corpus(corpus, BOOK, heads=[folder], embeddings=given).layers[0]
        for given in (vectors, strange)
    )
    shares = [layer.metadata.facts["out_of_domain"]["share"] for layer in (own, other)]
    assert shares[0] < 0.15
    assert shares[1] == 1
    assert set(other.table["note"]) == {"out of domain"}


def test_no_training_vector_is_stored(folder, mood):
    _, _, vectors = mood
    domain = TrainedHead.load(folder).domain
    kept = np.vstack([domain.center[None], domain.directions])
    kept /= np.linalg.norm(kept, axis=1, keepdims=True)
    assert len(domain.directions) <= 96 // 50
    assert np.abs(kept @ vectors.T).max() < 0.97


def test_an_empty_corpus_of_codes_is_insufficient(mood):
    corpus, codes, vectors = mood
    silent = Corpus.build(corpus.utterances.with_columns(text=pl.lit("")).drop("turn"))
    with pytest.raises(InsufficientData, match="No utterance with text"):
        train_head(silent, [coded(codes)], BOOK, embeddings=vectors)
