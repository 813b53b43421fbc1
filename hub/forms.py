"""`hub.api.forms`: the form of any content type, for plugins that let people write (suggestions, imports, answers).

A template shows the sections with `{% from "_fields.html" import control with context %}` and `control(c)` per control.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from werkzeug.datastructures import MultiDict

from hub.content import document
from hub.content.document import Document, empty
from hub.hooks.here import hub
from hub.hooks.parts import ContentType
from hub.site import forms
from hub.site.forms import Control, Section
from hub.work import limits

__all__ = ["Control", "Section", "build", "checked", "chosen", "empty", "looking", "parse", "titles", "wait"]


def build(
    ctype: ContentType, doc: Document, language: str, level: int, *, quick: bool = False,
    faults: Mapping[str, str] | None = None, other: Document | None = None,
) -> list[Section]:  # fmt: skip
    """The sections of a document's form in one language, with the fields that this level may see.

    quick: only the short form. faults: field → sentence shown beside it. other: a rival version shown beside what differs.
    """
    return forms.build(ctype, doc, language, level, quick=quick, faults=faults, other=other)


def parse(ctype: ContentType, form: MultiDict[str, str], before: Document, language: str, level: int, *, quick: bool = False) -> Document:
    """The document that was typed, laid over `before`. Its key `faults` (to be taken out) names what could not be read."""
    return forms.parse(ctype, form, before, language, level, quick=quick)


def checked(ctype: ContentType, doc: Document) -> Document:
    """The document with every value checked and in its stored form; writes nothing. Raises Faults."""
    return document.cleaned(ctype, doc, hub().settings.site.languages)


def titles(kind: str, words: str = "", limit: int = 300) -> list[str]:
    """Titles to choose from that the person at the form may read (words: with these in them); empty where the kind is off.
    In a `<datalist data-more="{{ url_for('site.titles', lang=lang, path='partners') }}">` the hub's script fetches what is missing."""
    return forms.titles(kind, words, limit) if hub().types.get(kind) else []


def chosen(kind: str, text: str, before: Sequence[str] = ()) -> tuple[str, str]:
    """The uid of the one entry that was typed (a title in any language, a uid, an address at the desk), or "" and why not.

    before: uids that stood in the field; among several entries of one title they are meant."""
    return forms.chosen(kind, text, before)


def looking(form: MultiDict[str, str]) -> bool:
    """Whether a plugin's button in a place's row was pressed: show the form again as typed, save nothing."""
    return forms.looking(form)


def wait(what: str, who: str, limit: int, seconds: int) -> int:
    """Count one use of a form; 0 while within `limit` per `seconds`, else how many seconds to wait.

    what: the action; who: an address or a number, kept as a short-lived hash only. Ask before anything else is read:
    it commits on its own, so that a refused request counts.
    """
    return limits.hit(what, who, limit, seconds)
