"""Open a written report as a reader does."""

TALK = "t01"
"""Conversation that the planted report shows in full."""


def open_report(page, file):
    page.asked = []
    page.on("request", lambda request: page.asked.append(request.url))
    page.goto(file.as_uri())
    page.wait_for_function("document.documentElement.dataset.ready === 'true'")
