"""Zip files that are not what they have to be, made from one that is."""

import io
import zipfile

ATTACK = b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY x "y"><!ENTITY z "&x;&x;">]>'


def with_part(content, name, change):
    """`content` with one part changed by a function of its bytes."""
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(made, "w") as new:
        for entry in old.namelist():
            part = old.read(entry)
            new.writestr(entry, change(part) if entry == name else part)
    return made.getvalue()


def damaged(content, part):
    """What is wrong -> the bytes, and words that the refusal holds."""
    body = content[: len(content) // 2]
    torn = with_part(content, part, lambda xml: xml[: len(xml) // 2])
    attack = with_part(content, part, lambda xml: ATTACK + xml.split(b"?>", 1)[-1])
    climbing = with_part(content, part, lambda xml: xml)
    made = io.BytesIO(climbing)
    with zipfile.ZipFile(made, "a") as archive:
        archive.writestr("../outside.xml", "x")
    bomb = with_part(content, part, lambda xml: xml + b" " * 30_000_000)
    packed = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(bomb)) as old,
        zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as new,
    ):
        for entry in old.namelist():
            new.writestr(entry, old.read(entry))
    return {
        "cut off": (body, "damaged, cut off"),
        "torn xml": (torn, "no readable XML"),
        "entities": (attack, "entities"),
        "climbing": (made.getvalue(), "points out of it"),
        "bomb": (packed.getvalue(), "unpack to far more"),
        "older form": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "older form"),
        "other kind": (b"PK\x03\x04" + bytes(40), "damaged, cut off"),
    }
