"""Ready embeddings in the order of chosen utterances."""

import numpy as np
import pytest

from workbench.embedding import aligned
from workbench.errors import BadInput

TABLE = np.arange(12, dtype=np.float32).reshape(4, 3)
CHOSEN = {"ids": ["d", "b"], "rows": [3, 1], "total": 4, "dimension": 3}


@pytest.mark.parametrize("form", [TABLE, dict(zip("abcd", TABLE, strict=True))])
def test_a_table_and_a_mapping_give_the_same_rows(form):
    assert np.array_equal(aligned(form, **CHOSEN), TABLE[[3, 1]])


def test_nothing_chosen_keeps_the_width():
    assert aligned({}, ids=[], rows=[], total=4, dimension=3).shape == (0, 3)


@pytest.mark.parametrize(
    ("form", "told"),
    [
        ({"d": TABLE[3]}, "1 utterance.* 'b'"),
        (TABLE[:3], "3 embeddings for 4"),
        (TABLE[:, :2], r"\(2,\).* 3 numbers"),
        ({"d": TABLE[3], "b": TABLE[1, :2]}, r"\(2,\).* 3 numbers"),
    ],
)
def test_what_does_not_fit_is_told(form, told):
    with pytest.raises(BadInput, match=told):
        aligned(form, **CHOSEN)
