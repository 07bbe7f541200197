"""Public corpora: what the catalogue says, downloads against a real server, files one already has."""

import hashlib
import io
import json
import tarfile

import polars as pl
import pytest
from file_server import serving

import workbench as wb
from workbench.corpus.catalogue import ENTRIES, Counts, Entry, RemoteFile, compare, fetch
from workbench.corpus.readers import readers
from workbench.errors import BadInput, NetworkRefused, WorkbenchError
from workbench.settings import data_home

REAL = pytest.mark.skipif(data_home() is None, reason="no real corpora here (WORKBENCH_DATA_HOME)")
HEADER = (
    "Sr No.,Utterance,Speaker,Emotion,Sentiment,Dialogue_ID,Utterance_ID,Season,Episode,"
    "StartTime,EndTime\n"
)
ROW = '{0},It is turn {0}.,Mona,joy,positive,{0},0,1,2,"00:00:01,000","00:00:02,000"\n'
CONTENT = (HEADER + "".join(ROW.format(number) for number in range(5000))).encode()
SHA = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture
def place():
    with serving({"/train_sent_emo.csv": CONTENT}) as server:
        yield server


@pytest.fixture
def known(monkeypatch, place):
    """Put a corpus into the catalogue whose files lie on the test's server."""

    def put(*files, sha256=None, **facts):
        url = f"{place.url}/train_sent_emo.csv"
        entry = Entry(
            name="tiny",
            title="Tiny",
            holds="turns",
            language="en",
            licence="CC0",
            source=place.url,
            paper="none",
            format=facts.pop("format", "meld"),
            counts=Counts(6_000, None, note="Made for a test."),
            files=files or (RemoteFile("train_sent_emo.csv", url, sha256),),
            **facts,
        )
        monkeypatch.setitem(ENTRIES, "tiny", entry)
        return entry

    return put


def get(folder, **options):
    shown = []
    return fetch("tiny", folder, show=shown.append, **options), shown


# -- the catalogue -----------------------------------------------------------------------------------


def test_the_list_says_what_there_is():
    table = wb.corpora.list()
    facts = {row["name"]: row for row in table.to_dicts()}
    assert {"annomi", "esconv", "empathetic-dialogues", "persuasion-for-good", "meld"} < set(facts)
    assert {"emorynlp", "reccon", "cped", "daic-woz", "counsel-chat"} < set(facts)
    assert (facts["annomi"]["conversations"], facts["annomi"]["utterances"]) == (133, 9_699)
    assert facts["cped"]["conversations"] == 8_086 + 934 + 2_815
    assert not facts["daic-woz"]["download"]


@pytest.mark.parametrize("entry", ENTRIES.values(), ids=str)
def test_every_entry_is_whole(entry):
    assert entry.name == entry.name.lower()
    assert all((entry.title, entry.holds, entry.licence, entry.source, entry.paper))
    assert bool(entry.files) != bool(entry.request)
    assert all(file.url.startswith("https://") for file in entry.files)
    counts = entry.counts
    if None in (counts.conversations, counts.utterances):
        assert "not confirmed" in counts.note
    if entry.files:
        assert entry.format in readers()


def test_an_unknown_name_is_answered_with_the_nearest():
    with pytest.raises(BadInput, match="Did you mean 'annomi'"):
        fetch("annomy")


# -- downloads ---------------------------------------------------------------------------------------


def test_a_download_is_verified_and_not_repeated(tmp_path, place, known):
    known(sha256=SHA)
    corpus, shown = get(tmp_path)
    assert shown[0].startswith("Tiny: turns\nLicence: CC0")
    assert corpus.utterances.height == 5000
    assert (corpus.metadata.name, corpus.metadata.licence) == ("tiny", "CC0")
    assert "5,000 of 6,000 dialogues" in corpus.findings[-1].message
    again, _ = get(tmp_path)
    assert again.checksum() == corpus.checksum()
    assert len(place.asked) == 1
    record = json.loads((tmp_path / ".fetched.json").read_text())["train_sent_emo.csv"]
    assert (record["sha256"], record["verified"]) == (SHA, True)
    assert sorted(file.name for file in tmp_path.iterdir()) == [
        *(".fetched.json", "train_sent_emo.csv")
    ]


def test_only_a_plain_get_leaves(tmp_path, place, known, monkeypatch):
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login me password secret\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    known()
    get(tmp_path / "files")
    path, headers = place.asked[0]
    assert path == "/train_sent_emo.csv"
    assert set(headers) <= {"Host", "User-Agent", "Accept", "Accept-Encoding", "Connection"}
    assert headers["User-Agent"] == "dialogue-workbench"


def test_a_broken_connection_goes_on_where_it_stopped(tmp_path, place, known):
    known(sha256=SHA)
    place.cuts["/train_sent_emo.csv"] = [200_000]
    corpus, _ = get(tmp_path)
    assert corpus.utterances.height == 5000
    first, second = place.ranges()
    assert first is None
    assert 0 < int(second.removeprefix("bytes=").removesuffix("-")) <= 200_000


def test_what_arrived_is_kept_for_the_next_call(tmp_path, place, known):
    known(sha256=SHA)
    place.cuts["/train_sent_emo.csv"] = [150_000, 0, 0, 0]
    with pytest.raises(WorkbenchError, match="run the same again") as broken:
        get(tmp_path)
    assert place.url in str(broken.value)
    part = tmp_path / ".train_sent_emo.csv.part"
    arrived = part.stat().st_size
    assert 0 < arrived <= 150_000
    assert not (tmp_path / "train_sent_emo.csv").exists()
    place.cuts.clear()
    corpus, _ = get(tmp_path)
    assert corpus.utterances.height == 5000
    assert place.ranges()[-1] == f"bytes={arrived}-"
    assert not part.exists()


def test_a_file_that_changed_meanwhile_is_not_pieced_together(tmp_path, place, known):
    known()
    place.cuts["/train_sent_emo.csv"] = [150_000, 0, 0, 0]
    with pytest.raises(WorkbenchError):
        get(tmp_path)
    place.cuts.clear()
    newer = CONTENT.replace(b"turn", b"word")
    place.files["/train_sent_emo.csv"] = newer
    get(tmp_path)
    assert (tmp_path / "train_sent_emo.csv").read_bytes() == newer


def test_without_a_mark_of_the_version_it_begins_anew(tmp_path, place, known):
    known(sha256=SHA)
    place.marks = False
    place.cuts["/train_sent_emo.csv"] = [150_000]
    corpus, _ = get(tmp_path)
    assert corpus.utterances.height == 5000
    assert place.ranges() == [None, None]


def test_another_checksum_keeps_nothing(tmp_path, place, known):
    known(sha256="0" * 64)
    with pytest.raises(BadInput, match="SHA-256 differs") as refused:
        get(tmp_path)
    assert f"{place.url}/train_sent_emo.csv" in str(refused.value)
    assert list(tmp_path.iterdir()) == []


def test_an_unknown_checksum_is_told_and_compared_from_then_on(tmp_path, place, known):
    known()
    corpus, shown = get(tmp_path)
    assert any("not verified" in text for text in shown)
    assert "not verified" in {finding.check for finding in corpus.findings}
    (tmp_path / "train_sent_emo.csv").write_bytes(CONTENT + b"\n")
    with pytest.raises(BadInput, match="has changed since it was downloaded"):
        get(tmp_path)
    (tmp_path / "train_sent_emo.csv").unlink()
    place.files["/train_sent_emo.csv"] = CONTENT.replace(b"turn", b"word")
    with pytest.raises(BadInput, match="SHA-256 differs"):
        get(tmp_path)


def test_a_file_that_is_not_there_is_one_clear_error(tmp_path, place, known):
    known(RemoteFile("train_sent_emo.csv", f"{place.url}/nowhere.csv"))
    with pytest.raises(WorkbenchError, match="404") as refused:
        get(tmp_path)
    assert f"{place.url}/nowhere.csv" in str(refused.value)
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_moved_is_not_followed(tmp_path, place, known):
    known(RemoteFile("train_sent_emo.csv", f"{place.url}/old.csv"))
    place.moved["/old.csv"] = "http://127.0.0.1:9/elsewhere.csv"
    with pytest.raises(WorkbenchError, match="has moved to http://127"):
        get(tmp_path)


def test_a_server_that_is_not_there(tmp_path, known):
    known(RemoteFile("train_sent_emo.csv", "http://127.0.0.1:9/x.csv"))
    with pytest.raises(
        WorkbenchError, match=r"127\.0\.0\.1:9/x\.csv: the server cannot be reached"
    ):
        get(tmp_path)


def test_an_archive_is_unpacked_by_the_names_it_must_hold(tmp_path, place, known):
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        for name in ("corpus/train.csv", "corpus/../../escape.csv"):
            facts = tarfile.TarInfo(name)
            facts.size = len(CONTENT)
            archive.addfile(facts, io.BytesIO(CONTENT))
    place.files["/all.tar.gz"] = packed.getvalue()
    url, members = f"{place.url}/all.tar.gz", (("corpus/train.csv", "train_sent_emo.csv"),)
    known(RemoteFile(".all.tar.gz", url, members=members))
    corpus, _ = get(tmp_path / "here")
    assert corpus.utterances.height == 5000
    assert not list(tmp_path.rglob("escape.csv"))
    known(RemoteFile(".all.tar.gz", url, members=(("corpus/test.csv", "test.csv"),)))
    with pytest.raises(BadInput, match="lacks what it must hold"):
        get(tmp_path / "there")


# -- terms and the network ------------------------------------------------------------------------------


def test_terms_are_shown_first_and_must_be_accepted(tmp_path, place, known):
    known(terms="For research only.")
    with pytest.raises(BadInput, match=r"For research only\..*accept=True"):
        get(tmp_path)
    assert place.asked == []
    corpus, shown = get(tmp_path, accept=True)
    assert "Terms:   For research only." in shown[0]
    assert corpus.metadata.facts["terms"] == "For research only."
    get(tmp_path)


def test_offline_nothing_is_asked_for(tmp_path):
    with wb.offline(), pytest.raises(NetworkRefused, match=r"raw\.githubusercontent\.com/uccollab"):
        fetch("annomi", tmp_path, show=lambda _: None)
    assert list(tmp_path.iterdir()) == []


def test_what_is_given_out_on_request_says_how(tmp_path):
    with pytest.raises(BadInput, match="sign its agreement"):
        fetch("daic-woz", tmp_path, accept=True, show=lambda _: None)


# -- files that are there -----------------------------------------------------------------------------


def test_files_one_has_are_read_without_the_network(tmp_path, place, known):
    known(patterns=("*_sent_emo.csv",))
    (tmp_path / "train_sent_emo.csv").write_bytes(CONTENT)
    (tmp_path / "notes.txt").write_text("mine")
    corpus, _ = get(None, from_folder=tmp_path)
    assert place.asked == []
    assert compare("tiny", corpus).rows() == [
        ("dialogues", 5000, 6000, 0),
        ("utterances", 5000, None, 0),
        ("speakers", 1, None, 0),
    ]


@pytest.mark.parametrize("inside", [None, "notes.txt"])
def test_a_folder_without_its_files_is_refused(tmp_path, known, inside):
    known(patterns=("*_sent_emo.csv",))
    if inside:
        (tmp_path / inside).write_text("mine")
    with pytest.raises(BadInput, match="no file of Tiny"):
        get(None, from_folder=tmp_path)
    with pytest.raises(BadInput, match="no such folder"):
        get(None, from_folder=tmp_path / "nowhere")


@REAL
@pytest.mark.parametrize(
    ("name", "folder", "told"),
    [
        ("annomi", "annomi", "106 of 133 transcripts, 7,338 of 9,699 utterances."),
        ("annomi-full", "annomi", "106 of 133 transcripts, 7,338 of 9,699 utterances."),
        ("meld", "meld", "1,152 of 1,433 dialogues, 11,098 of 13,708 utterances."),
        (
            "daic-woz",
            "formats",
            "3 of 189 sessions, 118 utterances (published count not confirmed).",
        ),
        ("reccon", "reccon", "881 of 1,106 dialogues, 8,699 of 11,104 utterances."),
        (
            "esconv",
            "esconv",
            "696 of 1,300 dialogues (and 157 beside them), 21,315 utterances "
            "(published count not confirmed) (and 4,241 beside them).",
        ),
    ],
)
def test_a_part_is_reported_as_a_part(name, folder, told):
    with wb.offline():
        corpus = fetch(name, from_folder=data_home() / folder, show=lambda _: None)
    assert corpus.findings[-1].message == told
    assert corpus.report().filter(pl.col("check") == "published counts").height == 1
