import pytest

from workbench.coding import codebooks, load_codebook
from workbench.corpus.readers.annomi import CLIENT_LABELS, FLAG_LABELS, HELPER_LABELS
from workbench.errors import BadInput


def test_annomi_book_has_the_labels_that_annomi_uses():
    book = load_codebook("annomi")
    assert "annomi" in codebooks()
    assert book.scheme("annomi-helper").labels == HELPER_LABELS
    assert book.scheme("annomi-helper-flags").labels == FLAG_LABELS
    assert book.scheme("annomi-client").labels == CLIENT_LABELS
    assert [s.exclusive for s in book.schemes] == [True, False, True]


def test_every_code_is_defined_with_an_example_and_children_follow_their_parent():
    for scheme in load_codebook("annomi").schemes:
        for code in scheme.codes:
            assert len(code.definition.split()) > 5
            assert code.examples
            if code.parent:
                assert scheme.labels.index(code.parent) < scheme.labels.index(code.label)


def test_own_codebook_by_path_and_unknown_name(tmp_path):
    file = tmp_path / "mine.yaml"
    file.write_text(
        "name: mine\ntitle: Mine\nversion: 1\nschemes:\n"
        "- {name: s, side: helper, exclusive: true, codes: [{label: a, definition: b}]}\n"
    )
    assert load_codebook(file).scheme("s").labels == ("a",)
    with pytest.raises(BadInput, match="annomi"):
        load_codebook("anomi")
