"""What stands before or after a word and tells whether it is a person, a place or an employer."""

from __future__ import annotations

import re

__all__ = [
    "ANY_VERB_AFTER",
    "ARTICLE_BEFORE",
    "AT_BEFORE",
    "DETERMINER_BEFORE",
    "FAITH_AFTER",
    "FAITH_BEFORE",
    "INTRODUCTION_BEFORE",
    "MONTH_BEFORE",
    "PLACE_BEFORE",
    "SURE_INTRODUCTION_BEFORE",
    "SURE_VERB_AFTER",
    "VERB_AFTER",
    "WORK_BEFORE",
]

SURE_INTRODUCTION_BEFORE = re.compile(
    r"\b(?:my (?:full |real |first |last |middle )?names?(?:['’]?s| is| was|:)?|names?['’]s|name is|"
    r"named|by the name of|calls? (?:himself|herself|themselves|myself))\s+$",
    re.IGNORECASE,
)
INTRODUCTION_BEFORE = re.compile(
    r"\b(?:i['’]?m|i am|this is|it['’]?s|here is|call(?:s|ed|ing)? (?:me|him|her|them)|called|known as|"
    r"nickname is|everyone says|say(?:s|ing)? (?:hi|hello) to|(?:spoke|speaking|talk(?:ed|ing)?) (?:with|to)|"
    r"goes by|go by|me and|and i|with|and|from|hi|hey|hello|dear|thanks|bye|night)\s*,?\s+$",
    re.IGNORECASE,
)
PLACE_BEFORE = re.compile(
    r"\b(?:in|from|near|around|outside|inside|across|towards?|via|visit(?:ed|ing|s)?|leave|leaving|left|"
    r"downtown|(?:live|lived|living|grew up|born|raised|stay|stayed|based) (?:in|near|at)|"
    r"(?:move|moved|moving|go|goes|going|went|gone|drive|drove|driving|flight|fly|flew|bus|train|trip|back|"
    r"travel|travelled|traveled|road|way|home|over|up|down|come|came) to|"
    r"(?:city|town|village|county|outskirts|north|south|east|west|part|state|streets|suburb|middle) of)"
    r"\s+(?:the\s+)?$",
    re.IGNORECASE,
)
WORK_BEFORE = re.compile(
    r"\b(?:work(?:s|ed|ing)?|jobs?|shifts?|employed|manager|cashier|interview|hired|fired|applied|contract|nights|"
    r"career|position|intern(?:ed|ing|ship)?|volunteer(?:s|ed|ing)?|boss|supervisor|study|studies|studied|"
    r"studying|enrolled|teach|teaches|taught|nurse|teacher|day off|laid off)"
    r"(?: \w+)? (?:at|for|with|by|from|in)\s+(?:the\s+)?$",
    re.IGNORECASE,
)
AT_BEFORE = re.compile(r"\bat\s+(?:the\s+)?$", re.IGNORECASE)
MONTH_BEFORE = re.compile(
    r"\b(?:in|last|next|this|since|until|till|by|of|early|late|mid|every|from|to|for|and|or|before|after|\d+|st|nd|rd|th)\s+$",
    re.IGNORECASE,
)
FAITH_AFTER = re.compile(
    r"\s+(?:faith|church|values?|god|family|school|community|belief|home|music|bible)",
    re.IGNORECASE,
)
FAITH_BEFORE = re.compile(r"\b(?:a|as|i['’]?m|am|is|in|oh|of)\s+$", re.IGNORECASE)
DETERMINER_BEFORE = re.compile(
    r"\b(?:a|an|the|my|your|his|her|our|their|some|any|no|this|that)\s+$", re.IGNORECASE
)
ARTICLE_BEFORE = re.compile(r"\b(?:a|an|the)\s+$", re.IGNORECASE)
VERB_AFTER = re.compile(
    r"(?:['’]s)?\s+(?:said|says|told|tells|asked|asks|thinks|thought|hates|loves|wants|wanted|left|came|comes|"
    r"went|goes|calls|called|knows|knew|lives|lived|works|worked|drives|drove|died|fired|got|gets|had|has|does|doesn['’]?t|"
    r"didn['’]?t|never|moved|moves|was|is|isn['’]?t|wasn['’]?t|just|really|always|takes|took|made|makes|keeps|kept|needs|"
    r"needed|drinks|drank|started|stopped|helps|helped|found|gave|gives|saw|sees|put|puts|brings|brought|"
    r"laughed|cried|shouts|smokes|would|can['’]?t|won['’]?t|hasn['’]?t|and (?:i|he|she|[A-Z]\w+)\b)",
)
SURE_VERB_AFTER = re.compile(
    r"\s+(?:said|says|told|tells|asked|asks|thinks|thought|hates|loves|wants|wanted|left|came|went|calls|called|"
    r"knows|knew|lives|lived|works|worked|drives|drove|died|fired|got|gets|had|doesn['’]?t|didn['’]?t|moved|"
    r"takes|took|drinks|drank|found|gave|brought|laughed|cried|shouts)\b"
)
ANY_VERB_AFTER = re.compile(r"['’]s \w| [a-z]{3,}(?:s|ed) ")
