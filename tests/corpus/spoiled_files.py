"""Files with some bytes cut, changed or put in, and what is owed to them."""

from hypothesis import strategies as st

import workbench as wb
from workbench.errors import BadInput


@st.composite
def spoiled(draw, content):
    """`content` with up to three places changed."""
    made = bytearray(content)
    for _ in range(draw(st.integers(1, 3))):
        at = draw(st.integers(0, len(made)))
        until = min(len(made), at + draw(st.sampled_from([0, 1, 3, 40, len(made)])))
        made[at:until] = draw(
            st.binary(max_size=4)
            | st.sampled_from([b"\n", b"\t", b'"', b"<", b"&x;", b"\x15", b"-1", b"\xff\xfe"])
        )
    return bytes(made)


def assert_loads_or_refuses(path, content, **options):
    """A corpus with an utterance, or `BadInput` that names the file; never another error."""
    path.write_bytes(content)
    try:
        corpus = wb.load(path, **options)
    except BadInput as refused:
        told = path.name in str(refused)
    else:
        told = corpus.utterances.height > 0
    assert told
