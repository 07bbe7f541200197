"""Published corpora, spoiled: a corpus or `BadInput` naming the file, never another error."""

import io
import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import workbench as wb
from workbench.corpus.readers import likeliest, readers
from workbench.errors import BadInput

MELD = (
    b"Sr No.,Utterance,Speaker,Emotion,Sentiment,Dialogue_ID,Utterance_ID,Season,Episode,StartTime,"
    b'EndTime\n1,Who?,Mona,anger,negative,0,0,8,21,"00:16:16,059","00:16:21,731"\n'
    b'2,Me.,Carl,fear,negative,0,1,8,21,"00:16:22,059","00:16:23,731"\n'
)
EMORY = (
    b"Utterance,Speaker,Emotion,Scene_ID,Utterance_ID,Season,Episode\n"
    b"Hi.,\"['Mona', 'Carl']\",Sad,1,1,1,2\nHo.,['Carl'],Mad,1,2,1,2\n"
)
TURN = {
    "utterance_id": "s01_e02_c01_u001",
    "speakers": ["Mona"],
    "transcript": "Hi.",
    "emotion": "Sad",
}
EMORY_JSON = json.dumps(
    {"episodes": [{"scenes": [{"scene_id": "s01_e02_c01", "utterances": [TURN]}]}]}
).encode()
CAUSES = {"expanded emotion cause evidence": [1, "b"], "expanded emotion cause span": ["Hi", "b"]}
RECCON = json.dumps(
    {"tr_1": [[{"turn": 1, "speaker": "A", "utterance": "Hi .", "emotion": "fear", **CAUSES}]]}
).encode()
EMPATHETIC = (
    b"conv_id,utterance_idx,context,prompt,speaker_idx,utterance,selfeval,tags\n"
    b"hit:0_conv:1,1,sad,I fell_comma_ hard.,1,It hurt.,5|5|5_2|2|5,\n"
    b"hit:0_conv:1,2,sad,I fell_comma_ hard.,0,Where?,5|5|5_2|2|5,\n"
)
CPED = (
    "TV_ID,Dialogue_ID,Utterance_ID,Speaker,Gender,Scene,Sentiment,Emotion,DA,Utterance\n"
    "01,01_000,01_000_000,王芳,female,home,neutral,happy,greeting,你好\n"
).encode()
COUNSEL = (
    b"questionID,questionTitle,questionText,topic,therapistURL,answerText,upvotes,views\n"
    b"5,Why?,I lie awake.,sleep,https://t/a,<p>Get up.</p>,1,80\n"
)
PERSUASION = b",Unit,Turn,B4,B2\n0,Good day.,0,0,d1\n1,Hello.,0,1,d1\n"


def workbook() -> bytes:
    """The annotated table, as a workbook."""
    import openpyxl

    book, written = openpyxl.Workbook(), io.BytesIO()
    book.active.append(["B4", "Turn", "Unit", "er_label_1", "ee_label_1", "neg", "B2"])
    book.active.append([0, 0, "Good day.", "greeting", None, 0.5, "d1"])
    book.save(written)
    return written.getvalue()


SEEDS = {
    "meld": ("train_sent_emo.csv", MELD),
    "emorynlp": ("emorynlp_train_final.csv", EMORY),
    "emorynlp-json": ("emotion-detection-trn.json", EMORY_JSON),
    "reccon": ("dailydialog_train.json", RECCON),
    "empathetic-dialogues": ("train.csv", EMPATHETIC),
    "cped": ("train_split.csv", CPED),
    "counsel-chat": ("counselchat-data.csv", COUNSEL),
    "persuasion-for-good": ("full_dialog.csv", PERSUASION),
    "persuasion-for-good-xlsx": ("300_dialog.xlsx", workbook()),
}


def form_of(name):
    return name.removesuffix("-json").removesuffix("-xlsx")


@pytest.mark.parametrize("name", SEEDS)
def test_each_file_is_known_by_its_content_and_by_one_reader_only(tmp_path, name):
    path = tmp_path / "any"
    path.write_bytes(SEEDS[name][1])
    assert likeliest(path).name == form_of(name)
    sure = [reader.name for reader in readers().values() if reader.sniff(path) >= 0.9]
    assert sure == [form_of(name)]
    assert all(reader.sniff(tmp_path / "nowhere") == 0 for reader in readers().values())


@pytest.mark.parametrize("name", SEEDS)
@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_a_spoiled_file_loads_or_is_refused(tmp_path_factory, name, data):
    file, content = SEEDS[name]
    content = bytearray(content)
    for _ in range(data.draw(st.integers(0, 3))):
        at = data.draw(st.integers(0, len(content)))
        content[at : at + data.draw(st.integers(0, 12))] = data.draw(
            st.binary(max_size=4)
            | st.sampled_from([b'"', b"\n", b",", b"null", b"[]", b"{}", b"-1", b"\x92", b"9" * 30])
        )
    path = tmp_path_factory.mktemp("any") / file
    path.write_bytes(bytes(content))
    try:
        corpus = wb.load(path, format=form_of(name))
    except BadInput as refused:
        assert path.name in str(refused)  # noqa: PT017 - either outcome is right
    else:
        assert corpus.utterances["id"].is_unique().all()
        units = [*corpus.utterances["id"], *corpus.conversations["id"]]
        assert all(set(layer.table["unit_id"]) <= set(units) for layer in corpus.layers)


loose = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=4),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    *("episodes", "scenes", "scene_id", "utterances", "utterance_id", "speakers"),
                    *("transcript", "emotion", "turn", "speaker", "utterance", "type"),
                    *("expanded emotion cause evidence", "expanded emotion cause span"),
                    *("Context", "Response", "questionID", "questionText", "answerText"),
                ]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=14,
)


@settings(max_examples=60, deadline=None)
@given(content=loose, form=st.sampled_from(["emorynlp", "reccon", "counsel-chat"]))
def test_any_json_loads_or_is_refused(tmp_path_factory, content, form):
    path = tmp_path_factory.mktemp("any") / "file.json"
    path.write_text(json.dumps(content), "utf-8")
    try:
        corpus = wb.load(path, format=form)
    except BadInput as refused:
        assert path.name in str(refused)  # noqa: PT017 - either outcome is right
    else:
        assert corpus.utterances.height > 0
