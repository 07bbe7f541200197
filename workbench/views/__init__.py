"""Screens without a skin: the state of each, as parameters and blocks of content.

`VIEWS` names every view by its slug, in the order of the site.
"""

from __future__ import annotations

from workbench.views.attribution_explorer import AttributionExplorer
from workbench.views.codebook_browser import CodebookBrowser
from workbench.views.coder_comparison import CoderComparison
from workbench.views.contested_turns import ContestedTurns
from workbench.views.conversation_reader import ConversationReader
from workbench.views.corpus_overview import CorpusOverview
from workbench.views.emotion_course import EmotionCourse
from workbench.views.search import Search
from workbench.views.session_sheet import SessionSheet
from workbench.views.topic_explorer import TopicExplorer
from workbench.views.topic_intrusion import TopicIntrusion
from workbench.views.view import Action, Block, EsmState, Export, View

__all__ = [
    "VIEWS",
    "Action",
    "AttributionExplorer",
    "Block",
    "CodebookBrowser",
    "CoderComparison",
    "ContestedTurns",
    "ConversationReader",
    "CorpusOverview",
    "EmotionCourse",
    "EsmState",
    "Export",
    "Search",
    "SessionSheet",
    "TopicExplorer",
    "TopicIntrusion",
    "View",
]

VIEWS: dict[str, type[View]] = {
    view.slug: view
    for view in (
        CorpusOverview,
        ConversationReader,
        Search,
        TopicExplorer,
        TopicIntrusion,
        SessionSheet,
        CodebookBrowser,
        CoderComparison,
        ContestedTurns,
        EmotionCourse,
        AttributionExplorer,
    )
}
