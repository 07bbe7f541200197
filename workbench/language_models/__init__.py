"""Language models, and prompts made of named components.

`local()` gives the model, `score_options` says how likely each option is as the answer to a chat,
`RecordedLM` remembers answers on disk, and `Prompt` is a chat prompt whose parts can be left out.
Nothing leaves the machine but through an `OpenAICompatibleLM` to an endpoint that the user names, with a
permission that is asked before every call.
"""

from workbench.language_models.endpoint import EndpointError
from workbench.language_models.folders import smollm2_file
from workbench.language_models.local import LanguageModel, LocalLM, local
from workbench.language_models.neutral import filler_text, neutral_text
from workbench.language_models.openai_compatible import OpenAICompatibleLM
from workbench.language_models.prompt import Absence, Component, Message, Prompt, Role
from workbench.language_models.reading import TurnReader, Turns
from workbench.language_models.recorded import RecordedLM, recorded
from workbench.language_models.reply import Reply

__all__ = [
    "Absence",
    "Component",
    "EndpointError",
    "LanguageModel",
    "LocalLM",
    "Message",
    "OpenAICompatibleLM",
    "Prompt",
    "RecordedLM",
    "Reply",
    "Role",
    "TurnReader",
    "Turns",
    "filler_text",
    "local",
    "neutral_text",
    "recorded",
    "smollm2_file",
]
