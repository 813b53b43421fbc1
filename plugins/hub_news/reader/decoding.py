"""Bytes of a feed as text: byte order mark → valid UTF-8 → charset of the answer → XML prolog → a guess by letters.

A wrong label does no harm: what reads as UTF-8 is UTF-8. Latin-1 is never taken silently for Cyrillic.
"""

from __future__ import annotations

import codecs
import re

_BOMS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF32_LE, "utf-32"), (codecs.BOM_UTF32_BE, "utf-32"),
         (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))  # fmt: skip
_PROLOG = re.compile(rb"""^\s*<\?xml[^>]*?encoding\s*=\s*["']([A-Za-z0-9._:-]{2,40})["']""")
_CHARSET = re.compile(r"""charset\s*=\s*["']?([A-Za-z0-9._:-]{2,40})""", re.I)
_TEXT_ENCODINGS = {
    "utf-7",
    "unicode_escape",
    "raw_unicode_escape",
    "idna",
    "punycode",
    "undefined",
}  # never from outside
CYRILLIC = ("cp1251", "koi8-r", "cp866")
_FREQUENT = frozenset("оеаинтсрвлкмдпуОЕАИНТСРВЛКМДПУ")
_RARE = re.compile(r"[Ѐ-ЏѐђѓєѕіїјљњћќўџҐґ\u2500-\u259f\u0080-\u009f]")


def decode(data: bytes, content_type: str = "") -> str:
    """The text of a document; never fails."""
    for bom, name in _BOMS:
        if data.startswith(bom):
            return data.decode(name, "replace").lstrip("\ufeff")
    if data[:4] in (b"<\0?\0", b"\0<\0?"):
        return data.decode("utf-16-le" if data[:1] == b"<" else "utf-16-be", "replace")
    if data[:4] == b"\x4c\x6f\xa7\x94":
        return data.decode("cp037", "replace")
    labels = [_known(label) for label in _labels(data, content_type)]
    if b"\x1b" in data and (shifting := next((label for label in labels if label.startswith("iso2022")), "")):
        return data.decode(shifting, "replace")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        if error.start > len(data) - 4:  # cut off within a letter
            return data[: error.start].decode("utf-8")
    for label in labels:
        if label and label != "utf-8":
            try:
                return data.decode(label)
            except (UnicodeDecodeError, LookupError):
                continue
    return _guessed(data)


def _labels(data: bytes, content_type: str) -> list[str]:
    found = _CHARSET.search(content_type)
    prolog = _PROLOG.match(data[:400])
    return [found.group(1) if found else "", prolog.group(1).decode() if prolog else ""]


def _known(label: str) -> str:
    """Python's name of a text encoding, empty for anything else."""
    try:
        info = codecs.lookup(label)
    except (LookupError, ValueError):
        return ""
    name = info.name.replace("_", "")
    usable = getattr(info, "_is_text_encoding", True) and info.name not in _TEXT_ENCODINGS
    return (name if name.startswith("iso2022") else info.name) if usable else ""


def _guessed(data: bytes) -> str:
    loose = data.decode("utf-8", "replace")
    broken, high = loose.count("\ufffd"), sum(byte > 127 for byte in data)
    if broken * 20 < high:  # UTF-8 with a few scratches
        return loose
    runs = sum(len(run) for run in re.findall(rb"[\x80-\xff]{3,}", data))
    if runs * 3 < high:  # single accented letters among Latin ones
        return data.decode("cp1252", "replace")
    return max((data.decode(name, "replace") for name in CYRILLIC), key=_russian)


def _russian(text: str) -> int:
    """How much a text looks like Russian: frequent letters, few odd signs, capitals only where words begin."""
    odd = len(_RARE.findall(text)) + len(re.findall(r"[а-яё][А-ЯЁ]", text))
    return sum(sign in _FREQUENT for sign in text) - 4 * odd - 8 * text.count("\ufffd")
