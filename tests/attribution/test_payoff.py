import numpy as np
import pytest

from workbench.attribution import LogOdds
from workbench.errors import BadInput
from workbench.language_models import Component, Prompt

PROMPT = Prompt((Component("task", "Answer {options}.", "system"), Component("turn", "Why?")))


def test_log_odds_renormalise_over_the_options(smollm2):
    payoff = LogOdds("yes", ("no", "yes", "perhaps"))
    prompts = list(payoff.variants(PROMPT).values())
    scores = payoff.evaluate([*prompts, prompts[0]], model=smollm2)
    raw = np.exp(smollm2.score_options([prompt.messages() for prompt in prompts], payoff.options))
    share = raw[:, 1] / raw.sum(1)
    np.testing.assert_allclose(scores.values[:2], np.log(share / (1 - share)), atol=1e-3)
    np.testing.assert_allclose(scores.mass[:2], raw.sum(1), rtol=1e-3)
    assert scores.values[2] == scores.values[0]


def test_two_options_are_mirror_images(smollm2):
    yes, no = (LogOdds(target, ("yes", "no")) for target in ("yes", "no"))
    prompts = list(yes.variants(PROMPT).values())
    np.testing.assert_allclose(
        yes.evaluate(prompts, model=smollm2).values,
        -no.evaluate(prompts, model=smollm2).values,
        atol=1e-9,
    )


def test_both_orders_only_where_options_are_listed():
    payoff = LogOdds("yes", ("yes", "no", "perhaps"))
    assert list(payoff.variants(PROMPT)) == ["yes, no or perhaps", "perhaps, no or yes"]
    assert list(payoff.variants(PROMPT.filled(options="x"))) == ["as given"]


@pytest.mark.parametrize(
    ("target", "options"), [("yes", ("yes",)), ("yes", ("yes", "yes")), ("maybe", ("yes", "no"))]
)
def test_options_that_make_no_choice(target, options):
    with pytest.raises(BadInput):
        LogOdds(target, options)
