"""The public corpora that the workbench can read, with what their sources state of them.

Counts come from the paper or the source's own page; one that could not be confirmed there is None.
Addresses are those of the original publishers; nothing is hosted anywhere else for the workbench.
"""

from __future__ import annotations

from collections.abc import Mapping

from workbench.corpus.catalogue.entry import Counts, Entry, RemoteFile

__all__ = ["ENTRIES"]

_GITHUB = "https://raw.githubusercontent.com"
_ANNOMI = f"{_GITHUB}/uccollab/AnnoMI/42936645ec3857a9c84ab296a36a3c34b779ef49"
_ESCONV = (
    f"{_GITHUB}/thu-coai/Emotional-Support-Conversation/f262d062ad74cb39b17ea476facc81568ddcba24"
)
_MELD = f"{_GITHUB}/declare-lab/MELD/master/data"
_EMORYNLP = f"{_GITHUB}/emorynlp/emotion-detection/master/json"
_RECCON = f"{_GITHUB}/declare-lab/RECCON/main/data/original_annotation"
_CPED = f"{_GITHUB}/scutcyr/CPED/main/data/CPED"
_PERSUASION = "https://gitlab.com/ucdavisnlp/persuasionforgood/-/raw/master/data"
_COUNSEL = f"{_GITHUB}/nbertagnolli/counsel-chat/master/data"

_ANNOMI_CAUTIONS = {
    "quality": "AnnoMI's {low} sessions of low quality are staged demonstrations of what not to do, and few: "
    "what sets them apart from the {high} others is an illustration, not a finding about practice."
}

_ALL = (
    Entry(
        name="annomi",
        title="AnnoMI",
        holds="motivational interviewing, good and bad, with expert codes of helper and client turns",
        language="en",
        licence="not stated; the source asks for citation",
        source="https://github.com/uccollab/AnnoMI",
        paper="Wu et al. (2022), ICASSP, doi:10.1109/ICASSP43922.2022.9746035",
        format="annomi",
        counts=Counts(133, 9_699, unit="transcripts"),
        files=(RemoteFile("AnnoMI-simple.csv", f"{_ANNOMI}/AnnoMI-simple.csv"),),
        patterns=("AnnoMI-simple.csv*",),
        cautions=_ANNOMI_CAUTIONS,
    ),
    Entry(
        name="annomi-full",
        title="AnnoMI, all annotators",
        holds="AnnoMI with the codes of each annotator; some transcripts were coded by all ten",
        language="en",
        licence="not stated; the source asks for citation",
        source="https://github.com/uccollab/AnnoMI",
        paper="Wu et al. (2023), Future Internet 15(3):110, doi:10.3390/fi15030110",
        format="annomi",
        counts=Counts(133, 9_699, unit="transcripts"),
        files=(RemoteFile("AnnoMI-full.csv", f"{_ANNOMI}/AnnoMI-full.csv"),),
        patterns=("AnnoMI-full.csv*",),
        cautions=_ANNOMI_CAUTIONS,
    ),
    Entry(
        name="esconv",
        title="ESConv",
        holds="emotional support chats with support strategies and the seekers' ratings",
        language="en",
        licence="CC BY-NC 4.0",
        terms="Data and codes are for academic research use only (README of the source).",
        source="https://github.com/thu-coai/Emotional-Support-Conversation",
        paper="Liu et al. (2021), ACL, arXiv:2106.01144",
        format="esconv",
        counts=Counts(
            1_300,
            None,
            note="1,300 is the source's present release, whose utterances are not confirmed; the paper "
            "describes its first 1,053 dialogues with 31,410 utterances. Dialogues are counted by "
            "situation; failed ones stand beside them.",
            by_source=True,
            beside="esconv-failed-",
        ),
        files=(RemoteFile("ESConv.json", f"{_ESCONV}/ESConv.json"),),
    ),
    Entry(
        name="empathetic-dialogues",
        title="EmpatheticDialogues",
        holds="chats about a situation of one person, with its emotion (32) and ratings",
        language="en",
        licence="CC BY-NC 4.0",
        terms="Non-commercial use only (CC BY-NC 4.0).",
        source="https://github.com/facebookresearch/EmpatheticDialogues",
        paper="Rashkin et al. (2019), ACL, arXiv:1811.00207",
        format="empathetic-dialogues",
        counts=Counts(
            24_850,
            None,
            note="Utterances are not confirmed: readers that take the files for CSV count 99,646.",
        ),
        files=(
            RemoteFile(
                ".empatheticdialogues.tar.gz",
                "https://dl.fbaipublicfiles.com/parlai/empatheticdialogues/empatheticdialogues.tar.gz",
                members=tuple(
                    (f"empatheticdialogues/{part}.csv", f"{part}.csv")
                    for part in ("train", "valid", "test")
                ),
            ),
        ),
    ),
    Entry(
        name="persuasion-for-good",
        title="Persuasion for Good",
        holds="one person asks another to donate; donations, traits, and strategies in 300 dialogues",
        language="en",
        licence="Apache-2.0 (LICENSE of the repository)",
        source="https://gitlab.com/ucdavisnlp/persuasionforgood",
        paper="Wang et al. (2019), ACL, arXiv:1906.06725",
        format="persuasion-for-good",
        counts=Counts(1_017, 20_932, 1_285, note="300 dialogues are annotated."),
        files=(
            RemoteFile("full_dialog.csv", f"{_PERSUASION}/FullData/full_dialog.csv"),
            RemoteFile("full_info.csv", f"{_PERSUASION}/FullData/full_info.csv"),
            RemoteFile("300_dialog.xlsx", f"{_PERSUASION}/AnnotatedData/300_dialog.xlsx"),
            RemoteFile("300_info.xlsx", f"{_PERSUASION}/AnnotatedData/300_info.xlsx"),
        ),
    ),
    Entry(
        name="meld",
        title="MELD",
        holds="scenes of a TV series with emotion and sentiment of each utterance",
        language="en",
        licence="GPL-3.0 (LICENSE of the repository; nothing is said on the data alone)",
        source="https://github.com/declare-lab/MELD",
        paper="Poria et al. (2019), ACL, arXiv:1810.02508",
        format="meld",
        counts=Counts(
            1_433,
            13_708,
            note="The files hold 1,432: number 60 of the train part is not in them.",
        ),
        files=(
            RemoteFile(
                "train_sent_emo.csv",
                f"{_MELD}/MELD/train_sent_emo.csv",
                "d2fa2d6529cf03cac2989efec05c9b27d8fd2f4c8fc5974c7ae88aa537fa02db",
            ),
            RemoteFile(
                "dev_sent_emo.csv",
                f"{_MELD}/MELD/dev_sent_emo.csv",
                "2e89c6f8aa182d6f62f8c6331aece905ac7273ca4999660bfb5213e1d0370c1c",
            ),
            RemoteFile("test_sent_emo.csv", f"{_MELD}/MELD/test_sent_emo.csv"),
        ),
        patterns=("*_sent_emo.csv*",),
    ),
    Entry(
        name="emorynlp",
        title="EmoryNLP emotion detection",
        holds="scenes of the same series with seven emotions of another scheme",
        language="en",
        licence="not confirmed; see the source",
        source="https://github.com/emorynlp/emotion-detection",
        paper="Zahiri & Choi (2018), AFFCON, arXiv:1708.04299",
        format="emorynlp",
        counts=Counts(
            897,
            12_606,
            unit="scenes",
            note="The CSV files of the MELD repository hold 827 of them with 9,489 utterances.",
        ),
        files=tuple(
            RemoteFile(
                f"emotion-detection-{part}.json", f"{_EMORYNLP}/emotion-detection-{part}.json"
            )
            for part in ("trn", "dev", "tst")
        ),
    ),
    Entry(
        name="reccon",
        title="RECCON-DD",
        holds="daily dialogues with emotions, and the turns and words that caused them",
        language="en",
        licence="not stated",
        source="https://github.com/declare-lab/RECCON",
        paper="Poria et al. (2021), Cognitive Computation, arXiv:2012.11820",
        format="reccon",
        counts=Counts(
            1_106,
            11_104,
            note="RECCON-IE, 16 dialogues with 665 utterances, stands beside them.",
            beside="reccon-Ses",
        ),
        files=(
            RemoteFile(
                "dailydialog_train.json",
                f"{_RECCON}/dailydialog_train.json",
                "b05bdc8363a57ecb6f8e7ab5f9e0eba227f0fe24cb9eb70d9e78f96e4a45457a",
            ),
            RemoteFile(
                "dailydialog_valid.json",
                f"{_RECCON}/dailydialog_valid.json",
                "e2fdbec102c2463ee86ccc2088d50fdcfe2eba5c6129bf6071476908bf453b1e",
            ),
            RemoteFile("dailydialog_test.json", f"{_RECCON}/dailydialog_test.json"),
        ),
    ),
    Entry(
        name="cped",
        title="CPED",
        holds="Chinese TV dialogue with personality, emotion, sentiment and dialogue act",
        language="zh",
        licence="Apache-2.0 in the files of its code; nothing is said on the data alone",
        source="https://github.com/scutcyr/CPED",
        paper="Chen et al. (2022), arXiv:2205.14727",
        format="cped",
        counts=Counts(
            11_835, 132_762, 392, note="Sums over the three parts in the source's README."
        ),
        files=tuple(
            RemoteFile(f"{part}_split.csv", f"{_CPED}/{part}_split.csv")
            for part in ("train", "valid", "test")
        ),
        patterns=("train_split.csv*", "valid_split.csv*", "test_split.csv*"),
    ),
    Entry(
        name="counsel-chat",
        title="counsel-chat",
        holds="questions to therapists on a public site, with the therapists' answers and votes",
        language="en",
        licence="MIT (LICENSE of the repository; nothing is said on the data alone)",
        source="https://github.com/nbertagnolli/counsel-chat",
        paper="Bertagnolli (2020), Towards Data Science",
        format="counsel-chat",
        counts=Counts(
            None,
            None,
            unit="questions",
            note="Questions are not confirmed; a public copy counts 2,775 answers.",
        ),
        files=(RemoteFile("counselchat-data.csv", f"{_COUNSEL}/counselchat-data.csv"),),
    ),
    Entry(
        name="daic-woz",
        title="DAIC-WOZ",
        holds="interviews by an animated interviewer (no therapist), with depression questionnaires",
        language="en",
        licence="end user licence agreement of the holder",
        terms="Given to researchers who sign the end user licence agreement; no copy may be passed on.",
        source="https://dcapswoz.ict.usc.edu/",
        paper="Gratch et al. (2014), LREC, The Distress Analysis Interview Corpus",
        format="daic-woz",
        counts=Counts(189, None, unit="sessions", note="Utterances are not confirmed."),
        patterns=("*_TRANSCRIPT.csv*",),
        request="Ask the University of Southern California, Institute for Creative Technologies, at "
        "https://dcapswoz.ict.usc.edu/ and sign its agreement. Then read your files with "
        "from_folder= or --from FOLDER.",
    ),
)

ENTRIES: Mapping[str, Entry] = {entry.name: entry for entry in _ALL}
"""Name -> what is known of the corpus."""
