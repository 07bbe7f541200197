"""A chat prompt as named components, so that each can be left out and its effect measured.

Components are read in order; neighbours of one role stand in one message. Components that share a
name are one player: few-shot examples, say, are turns of user and assistant that come and go
together. Values put into a prompt (an utterance, its context, the listed options) never pass
through `str.format`: placeholders are looked for in the component's own text only, all in one pass,
so braces in a client's words stay what they are.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Literal, get_args

from workbench.errors import BadInput
from workbench.language_models.neutral import neutral_text

__all__ = ["Absence", "Component", "Message", "Prompt", "Role"]

Role = Literal["system", "user", "assistant"]
Absence = Literal["removed", "neutral"]
Message = dict[str, str]
"""One chat message with the keys `role` and `content`."""

_PLACEHOLDER = re.compile(r"\{([a-z_]+)\}")


@dataclass(frozen=True, slots=True)
class Component:
    """One part of a prompt.

    Parameters
    ----------
    name
        What tables and figures call it; parts that share a name are one player.
    text
        May hold placeholders such as `{utterance}`.
    role
        Chat role of the message it stands in.
    fixed
        A fixed component is in every coalition; it is scaffolding, not a player.
    """

    name: str
    text: str
    role: Role = "user"
    fixed: bool = False

    def __post_init__(self) -> None:
        if self.role not in get_args(Role):
            raise BadInput.unknown("chat role", str(self.role), get_args(Role))

    @property
    def placeholders(self) -> tuple[str, ...]:
        """Names in curly braces in the text, in order of appearance."""
        return tuple(dict.fromkeys(_PLACEHOLDER.findall(self.text)))


@dataclass(frozen=True, slots=True)
class Prompt:
    """Components in the order in which they are read, with the values of their placeholders.

    >>> prompt = Prompt((Component("task", "Choose {options}."), Component("turn", "{utterance}")))
    >>> filled = prompt.filled(utterance="Why {now}?", options="question or reflection")
    >>> filled.without(["task"]).messages()
    [{'role': 'user', 'content': 'Why {now}?'}]
    """

    components: tuple[Component, ...]
    values: tuple[tuple[str, str], ...] = ()
    separator: str = "\n\n"

    def __post_init__(self) -> None:
        if not any(component.role == "user" for component in self.components):
            raise BadInput("A prompt needs at least one component with the role 'user'.")
        late = [part.role == "system" for part in self.components]
        if late != sorted(late, reverse=True):
            raise BadInput("Components with the role 'system' stand before all others.")
        for name in self.names:
            if len({part.fixed for part in self.components if part.name == name}) > 1:
                raise BadInput(f"Some parts of component {name!r} are fixed and some are not.")

    @property
    def names(self) -> tuple[str, ...]:
        """Names of all components, each once."""
        return tuple(dict.fromkeys(component.name for component in self.components))

    @property
    def players(self) -> tuple[str, ...]:
        """Names of the components that can be absent."""
        return tuple(dict.fromkeys(part.name for part in self.components if not part.fixed))

    @property
    def placeholders(self) -> tuple[str, ...]:
        """Placeholders of all components that have no value yet."""
        known = dict(self.values)
        wanted = (name for component in self.components for name in component.placeholders)
        return tuple(dict.fromkeys(name for name in wanted if name not in known))

    def filled(self, **values: str) -> Prompt:
        """Return the prompt with these placeholder values; values for unused names are kept."""
        return replace(self, values=tuple(sorted({**dict(self.values), **values}.items())))

    def rendered(self) -> tuple[Component, ...]:
        """Return the components with their values filled in.

        Raises
        ------
        BadInput
            If a placeholder has no value.
        """
        if self.placeholders:
            raise BadInput(
                f"The prompt needs values for {list(self.placeholders)}: use Prompt.filled()."
            )
        values = dict(self.values)
        return tuple(
            replace(part, text=_PLACEHOLDER.sub(lambda match: values[match[1]], part.text))
            for part in self.components
        )

    def without(self, names: Collection[str], *, absence: Absence = "removed") -> Prompt:
        """Return the prompt with the components `names` absent.

        Parameters
        ----------
        names
            Components to leave out; fixed ones cannot be.
        absence
            "removed" leaves nothing in their place; "neutral" puts text in their place that says
            nothing about the task and has as many words.

        Raises
        ------
        BadInput
            If a name is not a player, the kind of absence is unknown, or, for "neutral", a
            placeholder has no value yet (the number of words is then not known).
        """
        if absence not in get_args(Absence):
            raise BadInput.unknown("kind of absence", str(absence), get_args(Absence))
        for name in names:
            if name not in self.players:
                raise BadInput.unknown("component that can be absent", name, self.players)
        whole = self.rendered() if absence == "neutral" else self.components
        return replace(
            self,
            components=tuple(
                replace(part, text=_stand_in(whole[position].text, position, absence))
                if part.name in names
                else part
                for position, part in enumerate(self.components)
            ),
        )

    def inserted(self, component: Component, *, position: int) -> Prompt:
        """Return the prompt with one more component before the part at `position`."""
        parts = self.components
        return replace(self, components=(*parts[:position], component, *parts[position:]))

    def messages(self) -> list[Message]:
        """Render as chat messages.

        A component without text leaves no message, with two exceptions: a system message stays,
        empty, so that a chat template's own default system prompt never slips in; and the last
        message is always the user's, empty if need be.
        """
        messages: list[Message] = []
        for part in self.rendered():
            if not part.text and part.role != "system":
                continue
            if messages and messages[-1]["role"] == part.role:
                texts = [text for text in (messages[-1]["content"], part.text) if text]
                messages[-1]["content"] = self.separator.join(texts)
            else:
                messages.append({"role": part.role, "content": part.text})
        if not messages or messages[-1]["role"] != "user":
            messages.append({"role": "user", "content": ""})
        return messages


def _stand_in(text: str, position: int, absence: Absence) -> str:
    return "" if absence == "removed" else neutral_text(len(text.split()), start=position)
