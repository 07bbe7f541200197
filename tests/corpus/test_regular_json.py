"""Records that are alike are read in columns: the same table as record by record, or none at all."""

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from workbench.corpus.readers import convokit_utterances as ways
from workbench.corpus.readers.regular_json import explicit_nulls, read_regular

TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=12)
WHOLE = st.integers(-(2**70), 2**70)
ONE_KIND = [TEXTS, WHOLE, st.booleans(), st.floats(allow_nan=False, allow_infinity=False)]


@st.composite
def records(draw):
    """Utterances whose metadata are mostly of one kind, sometimes mixed, nested, null or absent."""
    keys = draw(st.lists(st.sampled_from(["a", "b", "ü", "c.d", "id"]), unique=True, max_size=3))
    kinds = {key: draw(st.sampled_from(ONE_KIND)) for key in keys}
    odd = draw(st.sampled_from(["none", "none", "null", "absent", "both", "mixed", "nested"]))
    stamp = draw(st.sampled_from([st.none(), st.integers(0, 10**10), st.floats(0, 1e9), TEXTS]))
    made = []
    for n in range(draw(st.integers(1, 6))):
        meta = {key: draw(kind) for key, kind in kinds.items()}
        for key in keys:
            if odd in ("null", "both") and draw(st.booleans()):
                meta[key] = None
            if odd in ("absent", "both") and draw(st.booleans()):
                meta.pop(key)
            if odd == "mixed" and draw(st.booleans()):
                meta[key] = draw(st.one_of(ONE_KIND))
            if odd == "nested" and draw(st.booleans()):
                meta[key] = {"a": None}
        made.append(
            {
                **{"id": f"u{n}", "conversation_id": "u0", "text": draw(TEXTS), "speaker": "s"},
                **{"meta": meta, "reply-to": f"u{n - 1}" if n else None},
                **{"timestamp": draw(stamp), "vectors": []},
            }
        )
    return made


def written(folder, made, *, ascii_only=True):
    path = folder / "utterances.jsonl"
    lines = [json.dumps(record, ensure_ascii=ascii_only) for record in made]
    path.write_text("\n".join(lines) + "\n", "utf-8")
    return path


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(made=records(), ascii_only=st.booleans())
def test_in_columns_gives_what_record_by_record_gives(tmp_path, made, ascii_only):
    path = written(tmp_path, made, ascii_only=ascii_only)
    quick, careful = ways._in_columns(path), ways._by_record(path)
    if quick is not None:
        assert_frame_equal(quick[0], careful[0], check_column_order=False, check_dtypes=False)
        assert quick[1] == careful[1]


def utterance(n, **meta):
    return {"id": str(n), "conversation_id": "0", "text": "x", "speaker": "s", "meta": meta}


def test_a_field_that_comes_late_is_not_lost(tmp_path):
    many = [utterance(n, seen=n) for n in range(40_000)]
    late = utterance(40_000, seen=1.5, late="here")
    frame = read_regular(written(tmp_path, [*many, late, *many]))
    meta = frame["meta"].struct.unnest()
    assert meta.row(40_000) == (1.5, "here")
    assert meta.row(0) == (0.0, None)


@pytest.mark.parametrize(
    "line",
    [
        '{"id": "1", "meta": {"a": [1]}}',
        '{"id": 1}',
        '{"id": "1", "id": "2"}',
        '{"id": "\\ud83d"}',
        '{"id": "1"} {"id": "2"}',
        "",
        "[1]",
        '{"id": "1"',
        '{"id": "0", "n": 99999999999999999999}',
    ],
)
def test_what_is_not_alike_is_left_to_the_careful_reader(tmp_path, line):
    path = tmp_path / "x.jsonl"
    path.write_text('{"id": "0", "meta": {"a": "x"}, "n": 1}\n' + line + '\n{"id": "3"}\n')
    assert read_regular(path) is None


def test_bytes_that_are_no_utf8_are_left_to_the_careful_reader(tmp_path):
    path = tmp_path / "x.jsonl"
    path.write_bytes(b'{"id": "0"}\n{"id": "\xff"}\n')
    assert read_regular(path) is None


def test_nulls_are_counted_where_they_stand_as_values(tmp_path):
    path = tmp_path / "x.jsonl"
    path.write_text('{"a": null, "b": "\\"a\\": null"}\n{"a":null}\n{"b": "a"}\n')
    assert explicit_nulls(path, "a") == 2
    assert explicit_nulls(path, "ü") is None
