"""A public screen in JupyterLab and in an exported notebook: no quotation, fewer controls."""

import workbench as wb


def test_a_public_screen_quotes_nobody(study, monkeypatch):
    monkeypatch.setenv("WORKBENCH_FEWEST_SPEAKERS", "3")
    texts = [text for text in study.corpus.utterances["text"].unique() if len(text) >= 20]
    screen = wb.widgets.TopicExplorer(study, public=True)
    page = screen._repr_mimebundle_()["text/html"]
    assert "A public view" in page
    assert not [text for text in texts if text in page]
    assert "turns" not in screen.cards


def test_the_reader_is_closed(study):
    screen = wb.widgets.ConversationReader(study, public=True)
    assert screen.controls == {}
    assert list(screen.cards) == ["closed"]
