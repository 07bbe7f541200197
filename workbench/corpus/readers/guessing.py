"""Guess what a table's columns mean, from their names in several languages and from their content.

A guess is always shown (as a finding of the corpus) and can always be corrected by `columns=`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence

import polars as pl

from workbench.corpus.schema import SIDE_OF_ROLE

__all__ = ["NAMES", "ROLE_WORDS", "by_content", "by_name", "plain", "role_of_word"]

NAMES: Mapping[str, str] = {
    "id": "id uid utteranceid messageid msgid rowid aeusserungsid nachrichtid",
    "conversation_id": "conversationid conversation convid convoid conv dialogueid dialogid dialog "
    "sessionid session transcriptid transcript chatid chat threadid thread callid interviewid "
    "interview caseid gespraech gespraechid gespraechsid gespraechnr gespraechsnummer sitzung "
    "sitzungid sitzungsid transkript fall conversacion conversacionid idconversacion sesion "
    "sesionid dialogo entrevista idconversation entretien seance dialogue gesprek sessie conversa "
    "conversazione",
    "turn": "turn turnid turnnumber turnindex turnno utteranceindex utterancenumber index position "
    "order sequence seq line lineno nr nummer reihenfolge zeile turno orden posicion ordre tour "
    "numero ligne beurt volgorde ordem ordine",
    "speaker": "speaker speakerid speakername sender author from name participant participantid "
    "person user userid who interlocutor sprecher sprecherin sprecherid redner rednerin person "
    "hablante locutor orador interlocutora participante emisor locuteur locutrice intervenant "
    "interlocuteur spreker falante parlante",
    "role": "role speakerrole speakertype rolle funktion rol papel ruolo",
    "text": "text utterance utterancetext message messagetext content body value sentence speech "
    "transcription words aeusserung aeusserungstext nachricht inhalt wortlaut gesagt redebeitrag "
    "beitrag texto mensaje contenido enunciado intervencion frase texte enonce contenu propos "
    "parole replique tekst bericht uiting mensagem fala testo messaggio",
    "reply_to": "replyto replytoid inreplyto parentid parent antwortauf respuestaa reponsea",
    "start": "start starttime startsec begin begintime onset beginn anfang startzeit von inicio "
    "comienzo debut tempsdebut",
    "end": "end endtime endsec stop stoptime offset ende endzeit bis fin termino tempsfin",
    "timestamp": "timestamp time date datetime createdat sentat zeit zeitstempel zeitpunkt uhrzeit "
    "datum hora fecha marcadetiempo heure horodatage temps tijd ora data",
    "topic": "topic subject theme thema tema sujet theme onderwerp argomento",
    "quality": "quality miquality qualitaet guete calidad qualite",
    "target_behaviour": "targetbehaviour targetbehavior changegoal goal aenderungsziel ziel objetivo "
    "objectif",
    "session_number": "sessionnumber sessionno sessionnr sitzungsnummer sitzungsnr numerodesesion "
    "numeroseance",
    "source": "source video videourl clientid",
}
"""Column here -> how sources call it, in lower-case letters without accents, spaces or signs."""

ROLE_WORDS: Mapping[str, str] = {
    "therapist": "therapeut therapeutin terapeuta therapeute psicologo psicologa psychologue psychologe "
    "psychologin psychologist clinician behandler behandlerin t",
    "counsellor": "berater beraterin beratende consejero consejera asesor asesora conseiller "
    "conseillere consultant coach helper helfer helferin ayudante aidant aidante hulpverlener",
    "client": "klient klientin cliente usuario usuaria ratsuchende ratsuchender ratsuchend c",
    "patient": "patientin paciente patiente pazienti paziente",
    "interviewer": "interviewerin entrevistador entrevistadora enqueteur enquetrice",
}
"""Role here -> words of other languages for it."""

_ROLE_OF_WORD = {word: role for role, words in ROLE_WORDS.items() for word in words.split()}
_COLUMN_OF_NAME = {
    word: ours for ours, words in reversed(list(NAMES.items())) for word in words.split()
}
_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss"})
_FEW_SPEAKERS = 12
_LONG_TEXT = 12.0
_AMBIGUOUS = {"dialogue": 40.0, "dialog": 40.0, "conversation": 40.0, "transcript": 40.0}
"""Names that mean the conversation where values are short, its words where they are long."""


def plain(name: str) -> str:
    """Lower-case letters and digits of a name: `Äußerungs-ID` -> `aeusserungsid`."""
    name = unicodedata.normalize("NFC", name).lower().translate(_UMLAUTS)
    stripped = unicodedata.normalize("NFKD", name)
    return re.sub(r"[^a-z0-9]", "", stripped)


def role_of_word(word: str) -> str | None:
    """Role here that a word for a role means, None for any other word."""
    folded = plain(word)
    return folded if folded in SIDE_OF_ROLE else _ROLE_OF_WORD.get(folded)


def by_name(table: pl.DataFrame, taken: Sequence[str] = ()) -> dict[str, str]:
    """Source column -> ours, by name; each of ours once, the first that fits."""
    found: dict[str, str] = {}
    for name in table.columns:
        ours = name if name in NAMES else _COLUMN_OF_NAME.get(plain(name))
        if plain(name) in _AMBIGUOUS and _mean_length(table[name]) > _AMBIGUOUS[plain(name)]:
            ours = "text"
        if ours is not None and ours not in found.values() and ours not in taken:
            found[name] = ours
    return found


def by_content(table: pl.DataFrame, known: Mapping[str, str]) -> dict[str, str]:
    """Source column -> `text`, `speaker` or `conversation_id`, where names said nothing.

    Text is the column with the longest values; the speaker has few values that alternate; the
    conversation stands in unbroken runs of one value.
    """
    ours, found = set(known.values()), {}
    open_names = [n for n in table.columns if n not in known and table[n].dtype == pl.String]
    if "text" not in ours and open_names:
        longest = max(open_names, key=lambda name: _mean_length(table[name]))
        if _mean_length(table[longest]) >= _LONG_TEXT:
            found[longest] = "text"
    open_names = [name for name in open_names if name not in found]
    if not ours & {"speaker", "role"}:
        speakers = [name for name in open_names if _alternates(table[name])]
        if speakers:
            chosen = max(speakers, key=lambda name: _changes(table[name]))
            found[chosen] = "speaker"
    return found


def _mean_length(column: pl.Series) -> float:
    if column.dtype != pl.String:
        return 0.0
    return float(column.head(2000).str.len_chars().mean() or 0.0)  # type: ignore[arg-type]


def _changes(column: pl.Series) -> float:
    return float((column != column.shift()).sum()) / max(1, column.len() - 1)


def _alternates(column: pl.Series) -> bool:
    """Whether values are few, short, never missing, not numbers, and change often."""
    start = column.head(2000)
    if start.null_count() or start.len() < 2:
        return False
    few = 2 <= start.n_unique() <= min(_FEW_SPEAKERS, max(2, start.len() // 2))
    worded = start.cast(pl.Float64, strict=False).is_null().all()
    return few and bool(worded) and _mean_length(start) <= 40 and _changes(start) >= 0.4
