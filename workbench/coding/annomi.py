"""AnnoMI as training material: its gold codes with its ten annotators."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from workbench import settings
from workbench.coding.material import Material, build_material
from workbench.corpus import Corpus, Scheme, load
from workbench.embedding import Embeddings, Encoder
from workbench.errors import NotComputed
from workbench.heads import FeatureSpec

__all__ = ["ABOUT", "NOT_FOR", "annomi_talk", "corpus_folder", "read_material"]

_FILES = ("AnnoMI-simple.csv", "AnnoMI-full.csv.gz")

ABOUT: Mapping[str, str] = {
    "corpus": "AnnoMI, expert-coded demonstrations of motivational interviewing, English",
    "source": "https://github.com/uccollab/AnnoMI",
    "citation": "Wu et al. (2022), ICASSP, doi:10.1109/ICASSP43922.2022.9746035",
    "licence of the data": "not stated by its authors; research material",
    "targets": "share of annotators per label where ten coded, else the one annotator's code",
}
"""What a card says of the data."""

NOT_FOR = (
    "Judging a person, a counsellor or a session by itself; other languages; interviews; text that is "
    "not helping talk. The recordings are demonstrations, many of them staged: scores on real sessions "
    "are unknown and probably lower."
)
"""What a card says a head of these data is not for."""


def corpus_folder(data: str | Path | None) -> Path:
    """Return the folder with AnnoMI's two files.

    Raises
    ------
    NotComputed
        If they are not there; says where to get them.
    """
    home = settings.data_home()
    folder = Path(data) if data is not None else (home / "annomi" if home else Path("annomi"))
    absent = [name for name in _FILES if not (folder / name).is_file()]
    if absent:
        raise NotComputed(
            f"Training needs {' and '.join(absent)} in {folder}. Get them from "
            "https://github.com/uccollab/AnnoMI and name their folder, or set WORKBENCH_DATA_HOME "
            "to a folder that has them under annomi/."
        )
    return folder


def annomi_talk(folder: Path) -> Corpus:
    """The conversations as a whole."""
    return load(folder / _FILES[0])


def read_material(
    folder: Path,
    scheme: Scheme,
    spec: FeatureSpec,
    *,
    encoder: Encoder | None = None,
    embeddings: Embeddings | None = None,
) -> Material:
    """Read AnnoMI for one scheme and build its feature table; default encoder: `Encoder()`.

    Votes are those of the annotators of the full file, the gold code is that of the simple file
    where the scheme has one.

    Parameters
    ----------
    embeddings
        Ready embeddings of the utterances of `AnnoMI-simple.csv`.
    """
    simple, full = annomi_talk(folder), load(folder / _FILES[1])
    layers = [
        layer for layer in (*simple.layers, *full.layers) if layer.metadata.scheme == scheme.name
    ]
    return build_material(simple, layers, scheme, spec, encoder=encoder, embeddings=embeddings)
