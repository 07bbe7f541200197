"""What the screens of agreement share: the chosen scheme, its tables, and what to say without any."""

from __future__ import annotations

from typing import Any, cast

import param

from workbench.errors import NotComputed
from workbench.pipeline.agreement import STEP, comparable_schemes
from workbench.views.agreement_data import AgreementData
from workbench.views.view import View

__all__ = ["AgreementView"]


class AgreementView(View):
    """A screen on the comparison of one scheme's coders.

    Parameters
    ----------
    scheme
        Scheme whose coders are compared.
    """

    scheme: Any = param.Selector(objects=[], doc="Scheme whose coders are compared.")

    @property
    def data(self) -> AgreementData:
        """Tables of the chosen scheme, read once as long as the comparison stays the same."""
        return cast(
            AgreementData, self.kept("data", lambda: AgreementData(self.study, self.scheme))
        )

    def kept(self, name: str, make: Any) -> Any:
        """What `make` gives, kept until the scheme or its comparison changes."""
        return self.keep(name, (self.scheme, self.fingerprint(f"{STEP}-{self.scheme}")), make)

    def outdated(self) -> list[str]:
        """Say which layers of the scheme came after the comparison, if any did."""
        names = comparable_schemes(self.study).get(self.scheme, [])
        late = [
            name
            for name in names
            if self.data.kinds.keys().isdisjoint((name, name.partition(".")[2]))
            and self.study.layer(name).metadata.unit == "utterance"
        ]
        if not late:
            return []
        return [
            f"Not compared yet: {', '.join(late)}. Run `workbench agreement {self.study.folder}`."
        ]

    def missing(self) -> tuple[str, str]:
        """Say how to get a comparison, by an error."""
        raise NotComputed(
            f"{self.study.folder} has no comparison of coders. Where two coders coded the same turns, run "
            f"`workbench agreement {self.study.folder}`."
        )
