"""What differs between two documents of an item, field by field and word by word, for people to read."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

import sqlalchemy as sa
from flask_babel import get_locale, gettext
from flask_babel import lazy_gettext as _

from hub.content import topics
from hub.content.document import Document
from hub.content.fields import as_text, language_name
from hub.content.model import Content, ContentText
from hub.hooks.parts import AUDIENCES, ContentType, Field
from hub.store.db import session

_TOKEN, _LINE = re.compile(r"\w+|\s+|[^\w\s]"), re.compile(r"[^\n]*\n|[^\n]+")
LONG, MOST = 8000, 8000  # letters that are compared word by word at a time, lines at most: the work grows with the square
SPINE = {
    "owner": _("Organisation responsible"), "audience": _("Who may read it"), "licence": _("Licence"), "source_name": _("Source"),
    "source_url": _("Address of the source"), "external_id": _("Number at the source"), "example": _("An invented example"),
}  # fmt: skip


@dataclass(frozen=True)
class Difference:
    """One field that differs. name: as in forms and faults ("title.ru", "website"); old, new: as text, empty for nothing."""

    name: str
    label: str
    old: str
    new: str

    @property
    def words(self) -> list[tuple[str, str]]:
        """The passage from old to new: ("=", kept), ("-", gone) and ("+", come) in reading order."""
        return words(self.old, self.new)


def differences(ctype: ContentType, old: Document, new: Document, level: int) -> list[Difference]:
    """Every field in which two documents differ and which this level may see, in the order of the form."""
    before, after = (dict(_values(ctype, doc, level)) for doc in (old, new))
    found = []
    for name in dict.fromkeys([*before, *after]):
        (label, was), (label_now, is_now) = before.get(name, ("", "")), after.get(name, ("", ""))
        if was != is_now:
            found.append(Difference(name, label_now or label, was, is_now))
    return found


def words(old: str, new: str) -> list[tuple[str, str]]:
    """The passage from one text to another by words; of long texts by lines, and by words where those differ."""
    long, found = len(old) + len(new) > LONG, list[tuple[str, str]]()
    left, right = ((_LINE if long else _TOKEN).findall(text) for text in (old, new))
    matcher = SequenceMatcher(None, left, right, autojunk=len(left) + len(right) > 600) if len(left) + len(right) < MOST else None
    for step, a, b, c, d in matcher.get_opcodes() if matcher else [("replace", 0, len(left), 0, len(right))]:
        gone, come = "".join(left[a:b]), "".join(right[c:d])
        if long and step == "replace" and len(gone) + len(come) <= LONG:
            found += words(gone, come)
        else:
            found += [("=", gone)] if step == "equal" else [(sign, text) for sign, text in (("-", gone), ("+", come)) if text]
    return found


def _values(ctype: ContentType, doc: Document, level: int) -> Iterator[tuple[str, tuple[str, str]]]:
    """(name, (label, text)) of everything a document says to this level."""
    fields = [field for field in ctype.fields if AUDIENCES.index(field.audience) <= level]
    for code, text in sorted(doc.get("texts", {}).items()):
        spoken = language_name(code)
        yield f"title.{code}", (f"{gettext('Title')} ({spoken})", text.get("title", ""))
        yield f"summary.{code}", (f"{gettext('In short')} ({spoken})", text.get("summary", ""))
        yield f"body.{code}", (f"{ctype.body_label or gettext('Text')} ({spoken})", text.get("body", ""))
        for field in (one for one in fields if one.translated):
            yield f"{field.name}.{code}", (f"{field.label} ({spoken})", _show(field, text.get("fields", {}).get(field.name)))
    for field in (one for one in fields if not one.translated):
        yield field.name, (str(field.label), _show(field, doc.get("data", {}).get(field.name)))
    yield "topics", (gettext("Topics"), ", ".join(_names(doc.get("topics", []))))
    for number, place in enumerate(doc.get("places", [])):
        yield f"places.{number}", (gettext("Place"), _place(place))
    for name, uids in doc.get("links", {}).items():
        relation = ctype.relation(name)
        yield name, (str(relation.label) if relation else name, ", ".join(_titles(uids, level)))
    for name, label in SPINE.items():
        yield name, (str(label), str(doc.get(name) or ""))


def _show(field: Field, value: Any) -> str:
    return value if isinstance(value, str) and field.type == "longtext" else as_text(field, value)


def _names(slugs: list[str]) -> list[str]:
    known, language = topics.concepts(session()), str(get_locale() or "")
    return [known[slug].name(language) if slug in known else slug for slug in slugs]


def _place(place: dict[str, Any]) -> str:
    point = f"{place['lat']}, {place['lon']}" if place.get("lat") is not None else ""
    names = " / ".join(dict.fromkeys((place.get("names") or {}).values()))
    code, locale = str(place.get("country") or ""), get_locale()
    country = locale.territories.get(code, code) if locale else code
    return ", ".join(part for part in (names, place.get("address"), country, point) if part)


def _titles(uids: list[str], level: int) -> list[str]:
    """Items by their titles; by their uid where they have none (any more), or none for this level."""
    titles = sa.select(Content.uid, sa.func.min(ContentText.title)).join(ContentText).where(Content.uid.in_(uids)).group_by(Content.uid)
    found = {row[0]: row[1] for row in session().execute(titles.where(Content.audience.in_(AUDIENCES[: level + 1])))}
    return [found.get(uid, uid) for uid in uids]
