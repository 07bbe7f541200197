"""What a screen is: parameters a person sets, and blocks of content that follow from them.

A view knows no widget library. The skins in `workbench.widgets`, `workbench.panels` and
`workbench.reports` walk `controls` and `blocks()` and draw what they find, so that one screen is the
same in JupyterLab, in a Panel page and in an exported file.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain, count
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal, TypeAlias

import param
import polars as pl

from workbench.errors import BadInput, InsufficientData, NotComputed, WorkbenchError
from workbench.files import atomic_path
from workbench.study import Study
from workbench.views.public import Crowd

if TYPE_CHECKING:
    import plotly.graph_objects as go

__all__ = [
    "ALL",
    "PUBLIC",
    "RESEARCH",
    "Action",
    "Block",
    "EsmState",
    "Export",
    "Section",
    "View",
]

ALL = "all"
"""Choice of a control that leaves nothing out."""

RESEARCH = "For research and reflection on practice, not for diagnosis or ranking."
"""Sentence every screen with automatic codes opens with."""

PUBLIC = (
    "A public view: nothing that was said is shown, and no figure about fewer than {fewest} people."
)
"""Sentence every public screen opens with."""


@dataclass(frozen=True, slots=True)
class EsmState:
    """Content drawn by an ES module.

    Parameters
    ----------
    name
        Stem of the module and its style sheet in `workbench/views/esm`.
    state
        Traits of the model the module reads; JSON types only.
    """

    name: str
    state: dict[str, Any]

    def shares_model(self, other: object) -> bool:
        """Whether `other` is drawn by the same module with the same traits, so that one model serves both."""
        return (
            isinstance(other, EsmState)
            and self.name == other.name
            and self.state.keys() == other.state.keys()
        )


Kind: TypeAlias = Literal["table", "figure", "esm", "text"]


@dataclass(frozen=True, slots=True)
class Action:
    """A button: `run` does what the label says and returns the sentence that tells of it."""

    name: str
    label: str
    run: Callable[[], str]


@dataclass(frozen=True, slots=True)
class Export:
    """A button that gives a file: `make` returns its content."""

    name: str
    label: str
    filename: str
    make: Callable[[], bytes]


@dataclass(frozen=True, slots=True)
class Block:
    """One piece of a screen.

    Parameters
    ----------
    key
        Name of the piece in its view; stays the same while parameters change.
    title
        Heading.
    kind, content
        What it is: `table` (polars frame, plain text in its cells), `figure` (plotly), `esm`, `text`.
    note
        One line that has to be seen beside it.
    inputs, actions
        Parameters and buttons that belong to this piece alone; a static page leaves them out.
    told
        What the last of these actions came to.
    """

    key: str
    title: str
    kind: Kind
    content: pl.DataFrame | go.Figure | EsmState | str
    note: str = ""
    inputs: tuple[str, ...] = ()
    actions: tuple[Action | Export, ...] = ()
    told: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    """A block to be made: `make` returns content and note, and may find that its data are missing.

    `public` says that it holds for a public view too: nothing that was said, and `make` withholds figures
    on few people. What does not say so is not shown there. A public view has no `inputs` and `actions`.
    """

    key: str
    title: str
    kind: Kind
    make: Callable[[], tuple[Any, str]]
    public: bool = False
    inputs: tuple[str, ...] = ()
    actions: tuple[Action | Export, ...] = ()


class View(param.ParameterizedABC):
    """State of one screen over a study; subclasses declare parameters and `sections`.

    Choices of a control may depend on another control: read `view.param[name].objects` again after
    every change.

    Parameters
    ----------
    study
        The study to show; only the actions of a view write to it.
    public
        Show nothing that was said and no figure on few people; see `workbench.views.public`.
    **params
        Values of the controls.

    Raises
    ------
    BadInput
        If a control does not exist or has no such choice.
    """

    slug: ClassVar[str]
    title: ClassVar[str]
    question: ClassVar[str]
    controls: ClassVar[tuple[str, ...]] = ()
    public_controls: ClassVar[tuple[str, ...]] = ()
    closed: ClassVar[str] = ""
    """Why a public view of this screen shows nothing at all; empty where it shows something."""

    def __init__(self, study: Study, *, public: bool = False, **params: Any) -> None:
        super().__init__()
        self.study = study
        self.crowd = Crowd(study.corpus) if public else None
        self._kept: dict[str, tuple[Any, Any]] = {}
        self._told: tuple[str, str] = ("", "")
        if not (public and self.closed):
            self.prepare()
        for name, value in params.items():
            self.choose(name, value)

    def prepare(self) -> None:
        """Set the choices of the controls from the study; the base has none."""

    @property
    def public(self) -> bool:
        """Whether this is a public view."""
        return self.crowd is not None

    @property
    def shown_controls(self) -> tuple[str, ...]:
        """Controls that a skin offers."""
        return self.public_controls if self.public else self.controls

    def shown_cautions(self) -> list[str]:
        """Sentences on top of the screen; a public view leaves out what counts conversations."""
        if self.crowd is None:
            return self.cautions()
        return [RESEARCH, PUBLIC.format(fewest=self.crowd.fewest)]

    def cautions(self) -> list[str]:
        """Sentences of this screen."""
        return []

    @abstractmethod
    def sections(self) -> Sequence[Section]:
        """Blocks to be made for the current parameters, in reading order."""

    def blocks(self) -> list[Block]:
        """Content for the current parameters, in reading order.

        A piece whose data are missing becomes a text that says so and names the command. In a public view
        a last text names the pieces that are not shown.
        """
        if not self.public:
            return [self._block_of(section) for section in self.sections()]
        if self.closed:
            return [Block("closed", self.title, "text", self.closed)]
        sections = self.sections()
        hidden = ", ".join(section.title for section in sections if not section.public)
        blocks = [_block(section) for section in sections if section.public]
        if hidden:
            told = f"They tell of single people, or show what was said: {hidden}."
            blocks.append(Block("closed", "Not shown in a public view", "text", told))
        return blocks

    def click(self, key: str, point: Mapping[str, Any]) -> None:
        """Take a click on figure `key`, or a message of an ES module; the base ignores it.

        Parameters
        ----------
        point
            For a figure `customdata`, `x`, `y`, `label` as plotly gives them; for a module its changed
            traits.
        """

    def act(self, key: str, name: str) -> None:
        """Run action `name` of block `key`; what it came to, or why it was refused, stands in the block.

        A file is written to the working folder, under a name that is free.

        Raises
        ------
        BadInput
            If there is no such action, as in every public view.
        """
        action = self._action(key, name)
        try:
            told = action.run() if isinstance(action, Action) else _written(action)
            self._told = (key, told)
        except WorkbenchError as error:
            self._told = (key, str(error))

    def export(self, key: str, name: str) -> tuple[str, bytes]:
        """Name and content of the file that `name` of block `key` gives.

        Raises
        ------
        BadInput
            If there is no such file, as in every public view.
        """
        action = self._action(key, name)
        if not isinstance(action, Export):
            raise BadInput(f"{name!r} gives no file.")
        return action.filename, action.make()

    def _action(self, key: str, name: str) -> Action | Export:
        offered = {
            action.name: action
            for section in ([] if self.public else self.sections())
            if section.key == key
            for action in section.actions
        }
        if name not in offered:
            raise BadInput.unknown("action", name, list(offered))
        return offered[name]

    def _block_of(self, section: Section) -> Block:
        block = _block(section)
        told = self._told[1] if self._told[0] == section.key else ""
        return replace(block, inputs=section.inputs, actions=section.actions, told=told)

    # -- for subclasses ----------------------------------------------------------------------------

    def keep(self, name: str, depends: Any, make: Callable[[], Any]) -> Any:
        """Return what `make` gave for these `depends`; only the last value of each name is kept."""
        kept = self._kept.get(name)
        if kept is None or kept[0] != depends:
            kept = self._kept[name] = (depends, make())
        return kept[1]

    def fingerprint(self, step: str) -> str:
        """Fingerprint of a step of the study, which changes with its result; empty if it was not run."""
        record = self.study.step(step)
        return record.fingerprint if record else ""

    def choose(self, name: str, value: Any) -> None:
        """Set a parameter by name.

        Raises
        ------
        BadInput
            If there is no such parameter, or no such choice.
        """
        known = name in self.param and name != "name"
        if not known or (self.public and name not in self.public_controls):
            raise BadInput.unknown("control", name, self.shown_controls)
        self._told = ("", "")
        try:
            setattr(self, name, value)
        except ValueError:
            choices = getattr(self.param[name], "objects", None)
            if choices is None:
                raise BadInput(f"{value!r} is no value for {name!r}.") from None
            raise BadInput.unknown(name, str(value), [str(x) for x in choices]) from None

    def offer(self, name: str, choices: Sequence[Any], *, default: Any = None) -> None:
        """Give a selector its choices; the present value is kept where it is among them."""
        selector = self.param[name]
        selector.objects = list(choices)
        selector.check_on_set, selector.allow_None = True, not choices
        if getattr(self, name) not in selector.objects:
            first = selector.objects[0] if selector.objects else None
            setattr(self, name, default if default in selector.objects else first)


def _block(section: Section) -> Block:
    try:
        content, note = section.make()
    except (NotComputed, InsufficientData) as error:
        return Block(section.key, section.title, "text", str(error))
    kind: Kind = "text" if isinstance(content, str) else section.kind
    return Block(section.key, section.title, kind, content, note)


def _written(export: Export) -> str:
    """Write the file of an export; an earlier one keeps its name."""
    wanted = Path.cwd() / export.filename
    names = (wanted.with_stem(f"{wanted.stem}-{n}") for n in count(2))
    file = next(name for name in chain([wanted], names) if not name.exists())
    content = export.make()
    with atomic_path(file) as temporary:
        temporary.write_bytes(content)
    return f"Written: {file}"
