"""Dialogue workbench: topics, MI codes, emotions and prompt attribution for helping conversations.

Names are loaded on first use, so that `import workbench` stays light (no torch, no plotly).
"""

from __future__ import annotations

import sys
from importlib import import_module
from types import ModuleType
from typing import Any

from workbench.network import offline, refuse_if_offline

__version__ = "0.1.0"

_LAZY = {
    "Codebook": "workbench.corpus",
    "Corpus": "workbench.corpus",
    "Layer": "workbench.corpus",
    "load": "workbench.corpus",
    "validate": "workbench.corpus.validation",
    "redact": "workbench.corpus.privacy",
    "Study": "workbench.study",
    "analyse": "workbench.pipeline",
    "topics": "workbench.pipeline",
    "topic_stability": "workbench.pipeline",
    "code": "workbench.pipeline",
    "emotion": "workbench.pipeline",
    "agreement": "workbench.reliability.comparison",
    "search": "workbench.pipeline",
    "attribute": "workbench.attribution",
    "report": "workbench.reports",
}
_ROOMS = {
    "corpora": "workbench.corpus.catalogue",
    "language_models": "workbench.language_models",
    "widgets": "workbench.widgets",
}

__all__ = ["__version__", "offline", *sorted({*_LAZY, *_ROOMS})]

refuse_if_offline()


def __getattr__(name: str) -> Any:
    if name in _LAZY:
        found = getattr(import_module(_LAZY[name]), name)
        globals()[name] = found
        return found
    if name in _ROOMS:
        return import_module(_ROOMS[name])
    raise AttributeError(f"module 'workbench' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


class _Package(ModuleType):
    """Keeps `wb.topics` and `wb.emotion` the functions that they are documented to be.

    The import system would bind the rooms of the same names over them; the rooms are reached by
    `from workbench.topics import ...`.
    """

    def __setattr__(self, name: str, value: Any) -> None:
        if not (name in _LAZY and isinstance(value, ModuleType)):
            super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Package
