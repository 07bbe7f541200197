"""Which turns of a study are set apart before topics are fitted: by rules, corrected by a person."""

from __future__ import annotations

from dataclasses import dataclass, replace

from workbench.corpus import Layer
from workbench.files import checksum_of
from workbench.study import Study
from workbench.topics import backchannel_layer
from workbench.topics.backchannels import corrected

__all__ = ["SCHEME", "SetApart"]

SCHEME = "backchannel"
"""Scheme of the layers that say what is set apart, and name of the rules' own."""


@dataclass(frozen=True, slots=True)
class SetApart:
    """A correction of the rules, if there is one.

    Parameters
    ----------
    correction
        Layer of scheme ``backchannel`` that was not made by rules.
    """

    correction: Layer | None = None

    @classmethod
    def of(cls, study: Study, given: Layer | None) -> SetApart:
        """Take the layer given, else the study's own of the latest round; of equal ones, the last by name."""
        if given is not None:
            taken = given.name == SCHEME or given.name in {x.name for x in study.corpus.layers}
            return cls(replace(given, name=f"{SCHEME}.{given.metadata.coder}") if taken else given)
        folder = study.folder / "layers"
        told = {layer.name: layer.metadata for layer in study.corpus.layers}
        told |= {
            file.stem: Layer.read_metadata(file)
            for file in folder.glob("*.parquet")
            if not file.name.endswith(".probabilities.parquet")
        }
        found = [
            (facts.round, name)
            for name, facts in told.items()
            if facts.scheme == SCHEME and facts.coder_kind != "rule"
        ]
        return cls(study.layer(max(found)[1]) if found else None)

    @property
    def checksum(self) -> str | None:
        """Checksum of who is set apart by the correction; None where there is none."""
        if self.correction is None:
            return None
        rows = self.correction.table.select("unit_id", "label").sort("unit_id", "label")
        return checksum_of(rows.rows())

    @property
    def note(self) -> tuple[str, ...]:
        """What a reader has to see."""
        if self.correction is None:
            return ()
        seen = self.correction.table["unit_id"].n_unique()
        coder = self.correction.metadata.coder
        return (f"What is set apart was corrected by {coder} on {seen} turns.",)

    def flags(self, study: Study) -> Layer:
        """Keep the rules' layer, and the correction, in the study; return what counts.

        Raises
        ------
        BadInput
            If the correction is of another scheme or another corpus; then nothing is kept.
        """
        rules = backchannel_layer(study.corpus)
        chosen = rules if self.correction is None else corrected(rules, self.correction)
        study.write_layer(rules)
        if self.correction is not None:
            study.write_layer(self.correction)
        return chosen
