"""A small corpus and codebook that the language model can be asked about in a moment."""

import polars as pl

from workbench.coding import load_codebook
from workbench.coding.llm import code_with_llm
from workbench.corpus import Corpus, CorpusMetadata
from workbench.language_models import OpenAICompatibleLM

BOOK = """
name: small
title: Questions and reflections
version: "1"
schemes:
  - name: talk
    side: helper
    exclusive: true
    codes:
      - {label: question, definition: It asks the client for something., examples: ["How often?"]}
      - {label: reflection, definition: It says back what the client said., examples: ["You miss her."]}
  - name: flags
    side: helper
    exclusive: false
    codes:
      - {label: question, definition: It holds a question., examples: ["And then what?"]}
      - {label: open, parent: question, definition: The question invites telling., examples: ["How was it?"]}
      - {label: praise, definition: It holds praise., examples: ["Well done."]}
"""

TURNS = (
    ("client", "I have not slept well since the move, and it is not good for any of us."),
    ("therapist", "What do you do when you lie awake?"),
    ("client", "I walk around and think about all the things that are not done."),
    ("therapist", "You carry the whole house on your mind."),
    ("client", "Yes, and then I am so tired in the morning that I shout at them."),
    ("therapist", "How would you like the morning to be?"),
    ("therapist", ""),
)

FIRST = ["c0-1", "c0-3"]
"""Two of the helper's turns."""


def small_book(folder):
    path = folder / "small.yaml"
    path.write_text(BOOK)
    return load_codebook(path)


def small_corpus(talks=2, name="own"):
    rows = [
        {
            "id": f"c{talk}-{turn}",
            "conversation_id": f"c{talk}",
            "turn": turn,
            "speaker": f"{role}-{talk}",
            "role": role,
            "text": text.replace("the move", f"move {talk}").replace("house", f"house of {talk}"),
        }
        for talk in range(talks)
        for turn, (role, text) in enumerate(TURNS)
    ]
    conversations = pl.DataFrame(
        {"id": [f"c{n}" for n in range(talks)], "target_behaviour": "sleeping better"}
    )
    return Corpus.build(
        pl.DataFrame(rows), conversations=conversations, metadata=CorpusMetadata(name=name)
    )


def by_question_mark(content):
    """What a coder says in the asked form, told by the mark alone."""
    from openai_server import saying

    asked = content["messages"][-1]["content"].rstrip().endswith("?")
    return saying('{"label": "question"}' if asked else '{"label": "reflection"}')


def through(server, **options):
    """The model that a test's server says it has."""
    return OpenAICompatibleLM(server.endpoint, "small", **options)


def coded_by(answer, folder, corpus, **options):
    """One scheme of a corpus coded by a server that answers in this way."""
    from openai_server import model_server

    folder.mkdir(exist_ok=True)
    with model_server(answer) as server:
        return code_with_llm(
            corpus,
            small_book(folder),
            model=through(server),
            schemes=["talk"],
            recording=folder / "a.jsonl",
            **options,
        )
