import pytest

from workbench.errors import BadInput
from workbench.language_models import Component, Prompt, filler_text, neutral_text

TASK = Component("task", "Name the code: {options}.", "system")
SHOTS = (
    Component("shots", "Why not?"),
    Component("shots", "question", "assistant"),
)
TURN = Component("turn", "Say: {utterance}")
PROMPT = Prompt((TASK, *SHOTS, TURN))


def filled(**values):
    return PROMPT.filled(**{"options": "question or reflection", "utterance": "How so?", **values})


def test_roles_become_messages_in_order():
    assert [message["role"] for message in filled().messages()] == [
        "system",
        "user",
        "assistant",
        "user",
    ]
    assert filled().messages()[0]["content"] == "Name the code: question or reflection."


def test_parts_of_one_name_are_one_player():
    assert PROMPT.players == ("task", "shots", "turn")
    rest = filled().without(["shots"]).messages()
    assert [message["content"] for message in rest[1:]] == ["Say: How so?"]


def test_neighbours_of_one_role_share_a_message():
    prompt = Prompt((Component("a", "one"), Component("b", "two"), Component("c", "three")))
    assert prompt.messages() == [{"role": "user", "content": "one\n\ntwo\n\nthree"}]
    assert prompt.without(["b"]).messages() == [{"role": "user", "content": "one\n\nthree"}]


def test_nothing_left_is_an_empty_system_and_an_empty_user_message():
    assert filled().without(PROMPT.players).messages() == [
        {"role": "system", "content": ""},
        {"role": "user", "content": ""},
    ]


def test_the_last_message_is_the_users():
    assert filled().without(["turn"]).messages()[-1] == {"role": "user", "content": ""}


def test_braces_in_a_value_stay():
    text = filled(utterance="the {options} of {life}").messages()[-1]["content"]
    assert text == "Say: the {options} of {life}"


def test_neutral_text_is_as_long_as_what_it_replaces():
    neutral = filled().without(["task", "turn"], absence="neutral").rendered()
    for part, real in zip(neutral, filled().rendered(), strict=True):
        assert len(part.text.split()) == len(real.text.split())
    assert neutral[0].text != filled().rendered()[0].text


def test_without_leaves_the_prompt_alone():
    prompt = filled()
    prompt.without(["task"])
    assert prompt == filled()


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Prompt((Component("a", "x", "system"),)), "role 'user'"),
        (lambda: Prompt((Component("a", "x"), Component("b", "y", "system"))), "before all others"),
        (lambda: Component("a", "x", "robot"), "chat role 'robot'"),
        (PROMPT.messages, "needs values for"),
        (lambda: filled().without(["tusk"]), "Did you mean 'task'"),
        (lambda: filled().without(["task"], absence="gone"), "kind of absence"),
        (lambda: PROMPT.without(["turn"], absence="neutral"), "needs values for"),
        (
            lambda: Prompt((Component("a", "x", fixed=True), Component("a", "y"))),
            "some are not",
        ),
        (
            lambda: Prompt((Component("a", "x", fixed=True), Component("b", "y"))).without(["a"]),
            "can be absent",
        ),
    ],
)
def test_what_cannot_be_is_refused(make, message):
    with pytest.raises(BadInput, match=message):
        make()


@pytest.mark.parametrize("words", [1, 7, 60])
def test_lengths_of_inert_text(words):
    assert len(neutral_text(words, start=9).split()) == words
    assert len(filler_text(words, number=9).split()) == words


def test_fillers_differ_from_each_other_and_from_neutral_text():
    texts = {filler_text(12, number=number) for number in range(8)} | {neutral_text(12)}
    assert len(texts) == 9
