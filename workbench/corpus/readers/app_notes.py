"""What WhatsApp itself writes into messages: omitted media, attached files, deleted, edited.

Recognised by structure where there is one: U+200E before the app's words on iOS, angle brackets
that stand several times in one file, names of attached files. Only where the app's words look like
anybody's (`You deleted this message`) a list of phrases decides, in the larger languages.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

__all__ = ["Noted", "app_tags", "by_the_app", "noted", "without_marks"]

APP_MARK = "\u200e"
_MARKS = "\u200e\u200f\u202a\u202b\u202c\ufeff"
_TAG = re.compile(rf"({APP_MARK}?)<([^<>\n]{{4,80}})>$")
_FILE_TAG = re.compile(r"[^<>:\n]+[:\uff1a]\s?([^<>\n]+\.\w{2,5})")
_FILE = re.compile(
    rf"{APP_MARK}(\S.*\.\w{{2,5}}) \([^()\n]+\)|([A-Z]{{3}}-\d{{8}}-WA\d{{4}}\.\w{{2,5}}) \([^()\n]+\)"
)
_APP_WORDS = re.compile(
    r"omitted|ausgeschlossen|weggelassen|omitid[oa]|omis|omess[oi]|weggelaten|ocult[oa]"
    r"|edited|bearbeitet|modifié|edit(ó|ad[oa])|modificato|bewerkt|düzenlendi|изменено|без медиа",
    re.IGNORECASE,
)
_EDITED = re.compile(
    r"edited|bearbeitet|modifié|edit(ó|ad[oa])|modificato|bewerkt|düzenlendi|изменено",
    re.IGNORECASE,
)
_PHRASES = frozenset(
    """
    this message was deleted|you deleted this message|waiting for this message
    |diese nachricht wurde gelöscht|du hast diese nachricht gelöscht
    |se eliminó este mensaje|eliminaste este mensaje|este mensaje fue eliminado
    |ce message a été supprimé|vous avez supprimé ce message
    |mensagem apagada|esta mensagem foi apagada|você apagou esta mensagem
    |questo messaggio è stato eliminato|hai eliminato questo messaggio
    |dit bericht is verwijderd|je hebt dit bericht verwijderd|u hebt dit bericht verwijderd
    |image omitted|video omitted|audio omitted|sticker omitted|gif omitted|document omitted
    |bild weggelassen|video weggelassen|audio weggelassen|sticker weggelassen
    |imagen omitida|video omitido|audio omitido|sticker omitido
    |image absente|vidéo absente|audio omis
    """.replace("\n", "")
    .replace("    ", "")
    .split("|")
)


@dataclass(frozen=True, slots=True)
class Noted:
    """A message without what the app wrote into it: its words, the app's, a file, whether edited."""

    text: str
    note: str | None = None
    file: str | None = None
    edited: bool = False


def without_marks(text: str) -> str:
    """Text or name without direction marks at its ends and with plain spaces."""
    return text.strip(_MARKS + " \t\u00a0\u202f").replace("\u202f", " ").replace("\u00a0", " ")


def by_the_app(text: str) -> bool:
    """Whether a message begins with the mark that iOS puts before the app's own words."""
    return text.startswith(APP_MARK)


def app_tags(texts: Iterable[str]) -> set[str]:
    """Words in angle brackets at the end of messages that stand in several of them, so are the app's."""
    found = Counter(tag[2] for text in texts if (tag := _TAG.search(text)))
    return {words for words, count in found.items() if count > 1 and " " in words.strip()}


def noted(text: str, tags: set[str]) -> Noted:
    """Take the app's words out of a message.

    Parameters
    ----------
    tags
        `app_tags` of all messages.
    """
    first, _, rest = text.partition("\n")
    file = _FILE.match(first)
    if file:
        return Noted(rest, file=file[1] or file[2])
    edited = False
    tag = _TAG.search(text)
    if tag and (tag[1] or tag[2] in tags or _APP_WORDS.search(tag[2])):
        before = text[: tag.start()].rstrip()
        named = _FILE_TAG.fullmatch(tag[2])
        if named:
            return Noted(before.strip(_MARKS), file=named[1])
        edited = bool(_EDITED.search(tag[2])) or bool(before)
        if not edited:
            return Noted("", note=f"<{tag[2]}>")
        text = before
    if by_the_app(text) and "\n" not in text:
        return Noted("", note=without_marks(text), edited=edited)
    text = text.strip(APP_MARK)
    if text.strip().rstrip(".").lower() in _PHRASES:
        return Noted("", note=text.strip(), edited=edited)
    return Noted(text, edited=edited)
