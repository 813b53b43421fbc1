"""Forms derived from content types: a document becomes fields, what was typed becomes a document again.

One validator serves forms, imports and the API (`content.document.cleaned`), so a form here is only names and values:
`title.ru`, `f.<field>` (language-neutral), `t.<field>.ru` (translated), `r.<relation>`, `p.<n>.<part>`, `topics`.
Nothing that was typed is lost: on a fault the same values come back with a sentence beside the field.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from babel import Locale
from flask import url_for
from flask_babel import get_locale, gettext

from hub.content import topics
from hub.content.document import Document, Faults, empty
from hub.content.fields import ONGOING
from hub.content.model import Content, ContentText
from hub.content.texts import fold
from hub.hooks.here import hub
from hub.hooks.parts import AUDIENCES, ContentType, Field, Relation
from hub.people import accounts, permissions
from hub.store.db import session

SPARE_ROWS = 2
OFFERED = 300  # titles of another kind that a form carries; what fits of more is asked for while somebody types
NO_COUNTRIES = frozenset(("EU", "EZ", "UN", "ZZ", "XA", "XB", "QO"))  # codes that Babel also knows


@dataclass
class Control:
    """One control of a form. widget: the name of a macro in `_fields.html`; value: what stands in it."""

    name: str
    label: str
    widget: str
    value: Any = ""
    hint: str = ""
    error: str = ""
    required: bool = False
    choices: list[tuple[str, str]] = field(default_factory=list)
    columns: tuple[Field, ...] = ()
    lang: str = ""
    maximum: int = 0
    more: str = ""  # where further choices are asked for by what is typed (the address; `q` is added)
    other: str = ""  # what somebody else saved meanwhile

    @property
    def id(self) -> str:
        return "f-" + re.sub(r"\W", "-", self.name)


@dataclass
class Section:
    name: str
    label: str
    controls: list[Control]


def build(
    ctype: ContentType, doc: Document, language: str, level: int, *, quick: bool = False,
    faults: Mapping[str, str] | None = None, other: Document | None = None,
) -> list[Section]:  # fmt: skip
    """The form of a document in one language. quick: only the fields marked so. other: a rival version to show."""
    faults = faults or {}
    text = doc["texts"].get(language, {})
    first = [
        Control(f"title.{language}", gettext("Title"), "line", text.get("title", ""), required=True, lang=language, maximum=300),
        Control(f"summary.{language}", gettext("In short"), "area", text.get("summary", ""), lang=language, maximum=1000,
                hint=gettext("One or two sentences, shown in lists.")),
    ]  # fmt: skip
    if ctype.body_label and (ctype.body_quick or not quick):
        first.append(Control(f"body.{language}", str(ctype.body_label), "long", text.get("body", ""), lang=language,
                             hint=gettext("Markdown: an empty line makes a paragraph, - a list, ## a heading.")))  # fmt: skip
    sections = {"main": Section("main", "", first)}
    for name, label in ctype.sections:
        sections.setdefault(name, Section(name, str(label), []))
    for declared in ctype.fields:
        if _offered(declared, level, quick):
            sections.setdefault(declared.section, Section(declared.section, "", [])).controls.append(_control(declared, doc, language))
    for relation in ctype.relations:
        if hub().types.get(relation.to) and (relation.quick or not quick):
            section = sections.setdefault(relation.section, Section(relation.section, "", []))
            section.controls.append(_relation_control(relation, doc, language))
    tail = []
    if ctype.places != "none":
        tail.append(_places_control(ctype, doc, language))
    if ctype.topics:
        tail.append(_topics_control(doc))
    main = sections["main"].controls
    needed = [c for c in main[2:] if c.required]  # what must be there stands by the title, not below topics and long texts
    main[1:] = [main[1], *needed, *(tail if quick else []), *(c for c in main[2:] if not c.required)]
    if not quick:
        if tail:
            sections["where"] = Section("where", gettext("Where and what about"), tail)
        if level >= 2:
            sections["publication"] = Section("publication", gettext("Publication"), _publication(doc))
    kept = [section for section in sections.values() if section.controls]
    for section in kept:
        for control in section.controls:
            control.error = _fault_for(control, faults)
            if other is not None:
                control.other = _rival(control, ctype, other, language, level)
    return kept


def _offered(declared: Field, level: int, quick: bool) -> bool:
    """Whether a form has a field. The short form is a new item's, and the whole one a visitor's only for corrections."""
    open_to = AUDIENCES.index(declared.audience) <= level or (declared.writers and (quick or level > 0))
    return open_to and (declared.quick or not quick) and not declared.managed


def _control(declared: Field, doc: Document, language: str) -> Control:
    widgets = {
        "longtext": "long", "choice": "select", "choices": "checks", "boolean": "check", "rows": "rows",
        "languages": "line", "email": "email", "url": "url", "phone": "tel", "datetime": "moment",
    }  # fmt: skip
    if declared.translated:
        value = doc["texts"].get(language, {}).get("fields", {}).get(declared.name, "")
        name = f"t.{declared.name}.{language}"
    else:
        value = doc["data"].get(declared.name, [] if declared.type in ("choices", "rows") else "")
        name = f"f.{declared.name}"
    if declared.type == "languages" and isinstance(value, list):
        value = ", ".join(value)
    if value == ONGOING:
        value = gettext("ongoing")
    hint = str(declared.hint)
    if not hint and declared.type == "partialdate":
        hint = gettext("A year, a month or a day: 2017, 2017-06, 2017-06-24.")
        if declared.fills == "ends_at":
            hint = gettext("A year, a month or a day; “ongoing” where it goes on.")
    return Control(
        name, str(declared.label), widgets.get(declared.type, "line"), value, hint, required=declared.required,
        choices=[(c.value, str(c.label)) for c in declared.choices], columns=declared.columns,
        lang=language if declared.translated else "", maximum=declared.max_length,
    )  # fmt: skip


def _relation_control(relation: Relation, doc: Document, language: str) -> Control:
    uids = doc["links"].get(relation.name, [])
    named = _titles_of(uids)
    value = [named.get(uid, uid) for uid in uids]
    return Control(
        f"r.{relation.name}", str(relation.label), "links", value + [""] * (SPARE_ROWS if relation.many else not value),
        gettext("Begin to type and choose from the list."), choices=[(title, "") for title in titles(relation.to)],
        more=url_for("site.titles", lang=language, path=hub().types.get(relation.to).path),
    )  # fmt: skip


def _places_control(ctype: ContentType, doc: Document, language: str) -> Control:
    rows = []
    for place in doc["places"]:
        point = f"{place['lat']}, {place['lon']}" if place.get("lat") is not None else ""
        rows.append({**place, "name": (place.get("names") or {}).get(language, ""), "point": place.get("point", point)})
    if ctype.places == "many" or not rows:
        rows.append({"name": "", "country": "", "address": "", "point": ""})
    locale = get_locale() or Locale("en")
    countries = sorted(
        ((c, name) for c, name in locale.territories.items() if len(c) == 2 and c.isalpha() and c not in NO_COUNTRIES),
        key=lambda pair: pair[1],
    )  # fmt: skip
    label = gettext("Places") if ctype.places == "many" else gettext("Place")
    return Control("p", label, "places", rows, choices=countries, lang=language)


def _topics_control(doc: Document) -> Control:
    language = (get_locale() or Locale("en")).language  # of who ticks them, whatever language the text is in
    known = sorted(topics.concepts(session()).values(), key=lambda c: c.name(language))
    return Control("topics", gettext("Topics"), "checks", doc["topics"], choices=[(c.slug, c.name(language)) for c in known],
                   hint=gettext("The first one chooses the cover drawing."))  # fmt: skip


def _publication(doc: Document) -> list[Control]:
    audiences = [("public", gettext("everyone")), ("members", gettext("members")), ("editors", gettext("editors"))]
    return [
        Control("audience", gettext("Who may read it"), "select", doc.get("audience", "public"), choices=audiences),
        Control("licence", gettext("Licence"), "line", doc.get("licence", ""), hint=gettext("For example CC BY 4.0.")),
        Control("source_name", gettext("Source"), "line", doc.get("source_name", "")),
        Control("source_url", gettext("Address of the source"), "url", doc.get("source_url", "")),
        Control("example", gettext("An invented example"), "check", bool(doc.get("example")),
                hint=gettext("Marked as an example wherever it appears.")),
    ]  # fmt: skip


def parse(ctype: ContentType, form: Any, base: Document, language: str, level: int, *, quick: bool = False) -> Document:
    """What was typed, laid over the document the edit began from; values are not yet checked.

    form: a MultiDict. Fields that the form did not show stay as they are.
    Raises Faults only for relations that name nothing.
    """
    doc: Document = {**empty(), **base}
    doc["data"], doc["links"] = dict(doc["data"]), dict(doc["links"])
    doc["texts"] = {code: {**t, "fields": dict(t.get("fields", {}))} for code, t in doc["texts"].items()}
    text = doc["texts"].setdefault(language, {"title": "", "summary": "", "body": "", "fields": {}})
    for name in ("title", "summary", "body"):
        if f"{name}.{language}" in form:
            text[name] = form[f"{name}.{language}"]
    if "finishing" in form:
        text["status"] = "draft" if "unfinished" in form else "live"
    for declared in ctype.fields:
        if not _offered(declared, level, quick):
            continue
        if declared.translated:
            text["fields"][declared.name] = form.get(f"t.{declared.name}.{language}", "")
        else:
            doc["data"][declared.name] = _typed(declared, form)
    faults = {}
    for relation in ctype.relations:
        if not hub().types.get(relation.to) or (quick and not relation.quick):
            continue
        doc["links"][relation.name], unknown = _resolve(relation, form.getlist(f"r.{relation.name}"), doc["links"].get(relation.name, []))
        if unknown:
            faults[relation.name] = unknown
    if ctype.places != "none":
        doc["places"] = _typed_places(form, doc["places"], language)
    if ctype.topics:
        ticked = form.getlist("topics")  # in the order of the form; those that were there keep theirs
        doc["topics"] = [t for t in doc["topics"] if t in ticked] + [t for t in ticked if t not in doc["topics"]]
    if level >= 2 and not quick:
        for name in ("audience", "licence", "source_name", "source_url"):
            doc[name] = form.get(name, doc.get(name, ""))
        doc["example"] = "example" in form
    doc["faults"] = faults
    return doc


def _typed(declared: Field, form: Any) -> Any:
    name = f"f.{declared.name}"
    if declared.type == "choices":
        return form.getlist(name)
    if declared.type == "languages":
        return [code for part in re.split(r"[,|]", form.get(name, "")) if (code := part.strip())]
    if declared.type != "rows":
        return form.get(name, "")
    rows: dict[int, dict[str, str]] = {}
    for key, value in form.items():
        match = re.fullmatch(re.escape(name) + r"\.(\d{1,3})\.(\w+)", key)
        if match:
            rows.setdefault(int(match.group(1)), {})[match.group(2)] = value
    return [row for _, row in sorted(rows.items()) if any(str(v).strip() for v in row.values())]


def _typed_places(form: Any, before: list[Document], language: str) -> list[Document]:
    found = []
    for n in range(50):
        if f"p.{n}.name" not in form:
            break
        names = dict(before[n].get("names") or {}) if n < len(before) else {}
        names[language] = form.get(f"p.{n}.name", "")
        point = (form.get(f"p.{n}.pick") or form.get(f"p.{n}.point", "")).strip()
        lat, _, lon = point.partition(";" if ";" in point else "," if point.count(",") == 1 else " ")
        if point and len(spot := hub().hooks.ask("locate", text=point) or ()) == 2:
            lat, lon = map(str, spot)
        place = {"names": names, "country": form.get(f"p.{n}.country", ""), "address": form.get(f"p.{n}.address", ""),
                 "lat": lat.strip().rstrip(","), "lon": lon.strip(), "point": point}  # fmt: skip
        old = before[n] if n < len(before) else {}
        shown = (old.get("names") or {}).get(language) or old.get("country") or old.get("address") or old.get("lat") is not None
        typed = any((names[language].strip(), point, place["country"], place["address"].strip()))
        if typed or (old and not shown):  # one named in the other language only showed nothing here to be cleared
            found.append(place)
    return found


def looking(form: Any) -> bool:
    """Whether a button of a plugin in a place's row was pressed: the form comes back as typed, nothing is saved."""
    return str(form.get("do", "")).startswith("look ")


def _readable() -> sa.ColumnElement[bool]:
    """What the person at the form may read: titles of others are neither offered nor found."""
    return Content.audience.in_(permissions.audiences(accounts.current()))


def _resolve(relation: Relation, typed: list[str], before: list[str]) -> tuple[list[str], str]:
    """Uids for what was typed, and the sentence for one that could not be told."""
    uids: list[str] = []
    for text in filter(None, map(str.strip, typed)):
        uid, sentence = chosen(relation.to, text, [one for one in before if one not in uids])
        if sentence:
            return [*uids, text], sentence
        uids.append(uid)
    return uids, ""


def chosen(kind: str, text: str, before: Sequence[str] = ()) -> tuple[str, str]:
    """The uid of the one entry meant by its title in any language, its uid or its address at the desk; or "" and why not.

    before: what was chosen already; among several of one title it is meant, since the form shows only titles. In the trash it stays."""
    titled = sa.select(ContentText.content_id).where(ContentText.sort_title == fold(text)[:300])
    found = list(session().scalars(
        sa.select(Content.uid).where(Content.kind == kind, sa.or_(Content.status != "trash", Content.uid.in_(before)), sa.or_(
            Content.uid == text.partition("?")[0].rstrip("/").rpartition("/")[2], _readable() & Content.id.in_(titled),
        )).distinct().limit(20)
    ))  # fmt: skip
    found = [uid for uid in before if uid in found][:1] or found
    if len(found) == 1:
        return found[0], ""
    return "", gettext("There are several called “%(text)s”. Open the right one at the desk and put the address of that page here.",
                       text=text) if found else gettext(
        "There is nothing called “%(text)s” here. Add it first, or leave this empty.", text=text)  # fmt: skip


def _titles_of(uids: list[str]) -> dict[str, str]:
    if not uids:
        return {}
    query = sa.select(Content.uid, ContentText.lang, ContentText.title).join(ContentText).where(Content.uid.in_(uids), _readable())
    locale = get_locale()
    found: dict[str, str] = {}
    for uid, lang, title in session().execute(query):
        if uid not in found or (locale and lang == locale.language):
            found[uid] = title
    return found


def titles(kind: str, words: str = "", limit: int = OFFERED) -> list[str]:
    """Titles of a kind to choose from: one of each entry, in the language of the page where it has it. words: only those
    with all of these words or parts of words in them, of any language."""
    text, locale = sa.orm.aliased(ContentText), get_locale()
    language = locale.language if locale else "en"
    query = (
        sa.select(ContentText.title).join(Content, Content.id == ContentText.content_id)
        .where(Content.kind == kind, Content.status == "published", ContentText.status == "live", _readable())
        .order_by(ContentText.sort_title).limit(limit)
    )  # fmt: skip
    if wanted := fold(words).split()[:8]:
        begins = ContentText.sort_title.startswith(wanted[0], autoescape=True)
        query = query.where(*(ContentText.sort_title.contains(word, autoescape=True) for word in wanted))
        query = query.order_by(None).order_by(begins.desc(), ContentText.sort_title)
    else:
        own = sa.exists().where(text.content_id == Content.id, text.lang == language, text.status == "live")
        query = query.where(sa.or_(ContentText.lang == language, ~own))
    return list(dict.fromkeys(session().scalars(query)))


def _fault_for(control: Control, faults: Mapping[str, str]) -> str:
    bare = control.name.removeprefix("f.").removeprefix("t.").removeprefix("r.")
    for name in (bare, bare.rpartition(".")[0] if control.lang else bare):
        if name in faults:
            return faults[name]
    if control.widget == "places":
        return next((text for name, text in faults.items() if name.startswith("places")), "")
    return faults.get("title", "") if control.name.startswith("title.") else ""


def _rival(control: Control, ctype: ContentType, other: Document, language: str, level: int) -> str:
    """The other editor's value where it differs, as text."""
    for section in build(ctype, other, language, level):
        for theirs in section.controls:
            if theirs.name == control.name and (line := _as_line(theirs)).split() != _as_line(control).split():
                return line or gettext("(empty)")
    return ""


def _as_line(control: Control) -> str:
    """A value as people read it, whether it was typed a moment ago or comes from the database."""
    labels, parts = dict(control.choices), [c.name for c in control.columns] or ["name", "address", "country", "point"]
    if isinstance(control.value, list):
        return "; ".join(filter(None, (
            ", ".join(labels.get(str(v), str(v)) for n in parts if (v := one.get(n))) if isinstance(one, dict)
            else labels.get(one, str(one)) for one in control.value
        )))  # fmt: skip
    if control.widget == "check":
        return gettext("yes") if control.value else gettext("no")
    return labels.get(str(control.value), str(control.value))


__all__ = ["Control", "Faults", "Section", "build", "parse"]
