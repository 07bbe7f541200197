"""The planted corpus, its embeddings and one fit, made once."""

import pytest
from planted_topics import embedded, planted


@pytest.fixture(scope="session")
def corpus():
    return planted()[0]


@pytest.fixture(scope="session")
def truth():
    return planted()[1]


@pytest.fixture(scope="session")
def embeddings(truth):
    return embedded(truth)


@pytest.fixture(scope="session")
def model(corpus, embeddings):
    from workbench.topics import TopicModel

    return TopicModel(side="helper").fit(corpus, embeddings)
