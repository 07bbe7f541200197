"""REFI-QDA projects for tests: small ones written by hand, and the structure that the standard asks for."""

import re
import zipfile
from xml.etree import ElementTree

NAMESPACE = "urn:QDA-XML:project:1.0"


def guid(number):
    return f"a0000000-0000-0000-0000-{number:012d}"


ANNA, BOB, SOURCE = guid(1), guid(2), guid(90)
CHANGE, REASONS, SUSTAIN, OTHER_REASONS = (guid(number) for number in (11, 12, 13, 14))

USERS = f'<Users><User guid="{ANNA}" name="Anna"/><User guid="{BOB}" name="Bob"/></Users>'
BOOK = (
    "<CodeBook><Codes>"
    f'<Code guid="{CHANGE}" name="Change" isCodable="true" color="#ff0000">'
    f'<Description>towards it</Description><Code guid="{REASONS}" name="Reasons" isCodable="true"/></Code>'
    f'<Code guid="{SUSTAIN}" name="Sustain" isCodable="true">'
    f'<Code guid="{OTHER_REASONS}" name="Reasons" isCodable="true"/></Code>'
    "</Codes></CodeBook>"
)


def coding(code, user=ANNA, inside="", number=500):
    by = f' creatingUser="{user}"' if user else ""
    return f'<Coding guid="{guid(number)}"{by}><CodeRef targetGUID="{code}"/>{inside}</Coding>'


def selection(start, end, *codings, name="", number=100, more=""):
    return (
        f'<PlainTextSelection guid="{guid(number)}" name="{name}" startPosition="{start}" '
        f'endPosition="{end}" {more}>{"".join(codings)}</PlainTextSelection>'
    )


def text_source(*inside, path=f"internal://{SOURCE}.txt", name="Interview 1"):
    stated = f'plainTextPath="{path}"' if path else ""
    return f'<TextSource guid="{SOURCE}" name="{name}" {stated}>{"".join(inside)}</TextSource>'


def project(sources, *, users=USERS, book=BOOK, before="", after="", attributes=""):
    return (
        f'<?xml version="1.0" encoding="utf-8"?><Project xmlns="{NAMESPACE}" name="Study" '
        f'origin="Another program" {attributes}>{users}{book}{before}<Sources>{sources}</Sources>{after}'
        "</Project>"
    )


def write(path, qde, text=None, *, name=f"Sources/{SOURCE}.txt"):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("project.qde", qde)
        if text is not None:
            packed.writestr(name, text if isinstance(text, bytes) else text.encode())
    return path


# -- the structure of the published schema, for the elements that we write -------------------------

_GUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_WHOLE = re.compile(r"[+-]?\d+")
_VALUES = {
    "TextValue": re.compile(".*", re.DOTALL),
    "BooleanValue": re.compile("true|false|1|0"),
    "IntegerValue": _WHOLE,
    "FloatValue": re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)"),
    "DateValue": re.compile(r"\d{4}-\d\d-\d\d"),
    "DateTimeValue": re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?"),
}
_REFERENCE = ("", {"targetGUID!": _GUID})
_ANY = re.compile(".*", re.DOTALL)
STRUCTURE = {
    "Project": (
        "Users? CodeBook? Variables? Cases? Sources? Notes? Links?",
        {"name!": _ANY, "origin": _ANY, "creatingUserGUID": _GUID},
    ),
    "Users": ("User+", {}),
    "User": ("", {"guid!": _GUID, "name": _ANY, "id": _ANY}),
    "CodeBook": ("Codes", {}),
    "Codes": ("Code+", {}),
    "Code": (
        "Description? NoteRef* Code*",
        {
            "guid!": _GUID,
            "name!": _ANY,
            "isCodable!": re.compile("true|false"),
            "color": re.compile("#([0-9A-Fa-f]{6}|[0-9A-Fa-f]{3})"),
        },
    ),
    "Variables": ("Variable+", {}),
    "Variable": (
        "Description?",
        {
            "guid!": _GUID,
            "name!": _ANY,
            "typeOfVariable!": re.compile("Text|Boolean|Integer|Float|Date|DateTime"),
        },
    ),
    "VariableValue": (f"VariableRef ({'|'.join(_VALUES)})?", {}),
    "Cases": ("Case+", {}),
    "Case": ("VariableValue* SourceRef* SelectionRef*", {"guid!": _GUID, "name": _ANY}),
    "Sources": ("TextSource+", {}),
    "TextSource": (
        "Description? PlainTextContent? PlainTextSelection* Coding* NoteRef* VariableValue*",
        {
            "guid!": _GUID,
            "name": _ANY,
            "plainTextPath": re.compile(r"internal://[0-9a-f-]{36}\.txt"),
        },
    ),
    "PlainTextSelection": (
        "Description? Coding* NoteRef*",
        {
            "guid!": _GUID,
            "name": _ANY,
            "startPosition!": _WHOLE,
            "endPosition!": _WHOLE,
            "creatingUser": _GUID,
        },
    ),
    "Coding": ("CodeRef NoteRef*", {"guid!": _GUID, "creatingUser": _GUID}),
    "Notes": ("Note+", {}),
    "Note": ("PlainTextContent?", {"guid!": _GUID, "name": _ANY, "creatingUser": _GUID}),
    "Links": ("Link+", {}),
    "Link": (
        "NoteRef*",
        {
            "guid!": _GUID,
            "name": _ANY,
            "direction": re.compile("Associative|OneWay|Bidirectional"),
            "originGUID": _GUID,
            "targetGUID": _GUID,
        },
    ),
    **dict.fromkeys(("CodeRef", "NoteRef", "SelectionRef", "SourceRef", "VariableRef"), _REFERENCE),
    **dict.fromkeys(("Description", "PlainTextContent", *_VALUES), ("", {})),
}


def against_the_standard(path):
    """What of a written project the schema would refuse; also GUIDs that name nothing or two things."""
    with zipfile.ZipFile(path) as packed:
        root = ElementTree.fromstring(packed.read("project.qde"))
        files = set(packed.namelist())
    wrong = [problem for element in root.iter() for problem in _problems(element)]
    own = [element.get("guid") for element in root.iter() if element.get("guid")]
    wrong += [f"guid twice: {each}" for each in own if own.count(each) > 1]
    for element in root.iter():
        for name in ("targetGUID", "creatingUser", "originGUID"):
            if element.get(name) is not None and element.get(name) not in own:
                wrong.append(f"{_tag(element)}/@{name} names nothing")
        stated = element.get("plainTextPath")
        if stated is not None and f"sources/{stated.removeprefix('internal://')}" not in files:
            wrong.append(f"no file for {stated}")
    return wrong


def _tag(element):
    assert element.tag.startswith("{" + NAMESPACE + "}")
    return element.tag.rpartition("}")[2]


def _problems(element):
    tag = _tag(element)
    if tag not in STRUCTURE:
        return [f"unknown element {tag}"]
    content, attributes = STRUCTURE[tag]
    pattern = "".join(
        f"(?:{part.rstrip('?*+')} ){part[len(part.rstrip('?*+')) :]}" for part in content.split()
    )
    below = "".join(f"{_tag(each)} " for each in element)
    wrong = [] if re.fullmatch(pattern, below) else [f"{tag} holds {below!r}"]
    allowed = {name.rstrip("!"): check for name, check in attributes.items()}
    wrong += [f"{tag}/@{n} is unknown" for n in element.attrib if n not in allowed]
    wrong += [
        f"{tag} lacks @{n[:-1]}"
        for n in attributes
        if n[-1] == "!" and n[:-1] not in element.attrib
    ]
    wrong += [
        f"{tag}/@{name} is {value!r}"
        for name, value in element.attrib.items()
        if name in allowed and not allowed[name].fullmatch(value)
    ]
    if tag in _VALUES and not _VALUES[tag].fullmatch(element.text or ""):
        wrong.append(f"{tag} is {element.text!r}")
    return wrong
