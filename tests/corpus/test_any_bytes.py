"""Whatever a file holds: a corpus or `BadInput`, never another error."""

import json

from hypothesis import given, settings
from hypothesis import strategies as st

import workbench as wb
from workbench.corpus.readers import BUILT_IN
from workbench.errors import BadInput
from workbench.resources import bundled

SEEDS = [
    b'speaker,text,start\ntherapist,How are you?,0:01\nclient,"Fine, thanks",2\n',
    b'{"messages": [{"role": "user", "content": "Hi."}, {"role": "assistant", "content": [1]}]}',
    b'[{"id": 1, "conversations": [{"from": "human", "value": "Hi."}]}]',
    b'{"session": "a", "speaker": "T", "text": "x", "n": 1}\n{"speaker": "C", "text": "y"}\n',
    b'{"emotion_type": "x", "problem_type": "y", "situation": "z", "dialog": '
    b'[{"text": "a", "speaker": "usr", "feedback": "3"}, {"text": "b", "speaker": "sys"}]}',
    b"transcript_id,mi_quality,video_title,video_url,topic,utterance_id,interlocutor,timestamp,"
    b"utterance_text,main_therapist_behaviour,client_talk_type\n0,high,a,b,c,0,client,0:1,x,n/a,change\n",
    b"PAR1",
    b"\x1f\x8b\x08\x00",
]


@st.composite
def spoiled(draw):
    """A small good file with a few bytes cut, changed, doubled or put in."""
    content = bytearray(draw(st.sampled_from(SEEDS)))
    for _ in range(draw(st.integers(0, 4))):
        at = draw(st.integers(0, len(content)))
        until = min(len(content), at + draw(st.integers(0, 12)))
        content[at:until] = draw(
            st.binary(max_size=6)
            | st.sampled_from([b'"', b"\n", b",", b"null", b"[]", b"{}", b"NaN", b"-1"])
        )
    return bytes(content)


def loads_or_refuses(path, **options):
    try:
        corpus = wb.load(path, **options)
    except BadInput as refused:
        named = path.name in str(refused)
    else:
        named = corpus.utterances.height > 0 and bool(corpus.utterances["id"].is_unique().all())
    assert named


@settings(max_examples=300, deadline=None)
@given(
    content=spoiled() | st.binary(max_size=200), form=st.none() | st.sampled_from(sorted(BUILT_IN))
)
def test_a_file_loads_or_is_refused(tmp_path_factory, content, form):
    path = tmp_path_factory.mktemp("any") / "file.csv"
    path.write_bytes(content)
    loads_or_refuses(path, format=form)


loose = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["messages", "role", "content", "from", "value", "dialog", "speaker", "text", "id"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@settings(max_examples=200, deadline=None)
@given(content=loose, form=st.sampled_from(["chat", "esconv", "table", None]))
def test_any_json_loads_or_is_refused(tmp_path_factory, content, form):
    path = tmp_path_factory.mktemp("any") / "file.json"
    path.write_text(json.dumps(content), "utf-8")
    loads_or_refuses(path, format=form)


@settings(max_examples=100, deadline=None)
@given(data=st.data())
def test_a_spoiled_corpus_folder_loads_or_is_refused(tmp_path_factory, data):
    form = data.draw(st.sampled_from(["csv", "convokit", "workbench"]))
    folder = tmp_path_factory.mktemp("any") / "corpus"
    wb.load(bundled("data", "demo")).filter(conversations=["d01"]).write(folder, format=form)
    files = sorted(file for file in folder.rglob("*") if file.is_file())
    file = data.draw(st.sampled_from(files))
    content = bytearray(file.read_bytes())
    at = data.draw(st.integers(0, len(content)))
    content[at : at + data.draw(st.integers(0, 40))] = data.draw(
        st.sampled_from([b"", b'"', b"\n", b",", b"null", b"\xff", b"[]", b"7"])
    )
    file.write_bytes(bytes(content))
    loads_or_refuses(folder)
