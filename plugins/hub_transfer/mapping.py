"""Which column fills which field: said by hand, or guessed from the columns' names in the site's languages."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from flask_babel import force_locale

from hub.api import ContentType, fold, gettext, items
from hub.api import lazy_gettext as _

from .reading import Unusable

PLACE_PARTS = ("place", "country", "address", "lat", "lon")
OWN = ("uid", "origin", "status", "audience")  # taken from a table by name only where it is one of our own exports
SPINE = ("uid", "origin", "external_id", "licence", "source_name", "source_url", "audience", "status", "topics")
SPOKEN = ("title", "summary", "body", "place")
LABELS = {
    "title": _("Title"), "summary": _("In short"), "body": _("Text"), "external_id": _("Number in the source"),
    "topics": _("Topics"), "place": _("City, town or place"), "country": _("Country (two letters)"), "address": _("Address"),
    "lat": _("Latitude"), "lon": _("Longitude"), "licence": _("Licence"), "source_name": _("Source: name"),
    "source_url": _("Source: address"), "uid": "uid", "origin": _("Source: short name"), "status": _("State"),
    "audience": _("Who may read it"),
}  # fmt: skip
# what such columns are called elsewhere, folded; a field's own name and labels are known anyway
WORDS = {
    "title": "title name организация название наименование заголовок имя тема",
    "summary": "summary abstract teaser short_description кратко аннотация краткое_описание анонс лид",
    "body": "body text description about content details описание текст подробно о_нас содержание",
    "external_id": "id external_id number no nr code ид номер код n number_п_п п_п",
    "topics": "topics topic tags tag themes keywords темы тематика теги метки рубрики ключевые_слова",
    "place": "place city town location settlement municipality город место населенный_пункт местоположение локация",
    "country": "country country_code iso страна код_страны",
    "address": "address street street_address postal_address адрес улица почтовый_адрес",
    "lat": "lat latitude y широта", "lon": "lon lng long longitude x долгота",
    "licence": "licence license лицензия",
    "source_name": "source source_name источник", "source_url": "source_url адрес_источника ссылка_на_источник",
    "website": "website site url web homepage link www сайт вебсайт веб_сайт ссылка",
    "email": "email e_mail mail почта эл_почта электронная_почта",
    "phone": "phone telephone tel телефон тел", "start": "start begin from year date начало год дата дата_начала",
    "end": "end until to finish конец окончание дата_окончания", "kind": "kind type category тип вид категория",
}  # fmt: skip
TONGUES = {
    "en": "en eng english англ английский на_английском по_английски",
    "ru": "ru rus russian рус русский на_русском по_русски",
}


@dataclass
class Mapping:
    """How flat rows become documents. columns: column → target; fixed: target → value; a target is a field name,
    perhaps with a language ("title.ru"); nested values of JSON rows are named with dots ("fields.Summary")."""

    columns: dict[str, str]
    fixed: dict[str, str]
    language: str

    @classmethod
    def make(
        cls, ctype: ContentType, maps: Sequence[str], sets: Sequence[str], language: str, header: Sequence[str]
    ) -> Mapping:
        """Check `--map COLUMN=FIELD` and `--set FIELD=VALUE`. Raises Unusable naming an unknown field or column."""
        known = ", ".join(targets(ctype))
        ours = set(OWN) <= set(header)
        columns = {name: name for name in header if fits(ctype, name) and (ours or name not in OWN)}
        for pair in maps:
            column, target = _halves("--map", pair, "COLUMN=FIELD")
            if not fits(ctype, target):
                raise Unusable(
                    gettext(
                        "--map %(pair)s: there is no field '%(field)s'. Fields: %(known)s",
                        pair=pair,
                        field=target,
                        known=known,
                    )
                )
            if header and column.partition(".")[0] not in header and column not in header:
                raise Unusable(
                    gettext(
                        "--map %(pair)s: the file has no column '%(column)s'. Columns: %(known)s",
                        pair=pair,
                        column=column,
                        known=", ".join(header),
                    )
                )
            columns = {c: t for c, t in columns.items() if t != target}
            columns[column] = target
        mapping = cls(columns, dict(_fixed(ctype, pair, known) for pair in sets), language)
        mapping.need_title()
        return mapping

    def need_title(self) -> None:
        """Raise Unusable where nothing gives a title (or the uid of an item that has one)."""
        given = {t.partition(".")[0] for t in (*self.columns.values(), *self.fixed)}
        if not given & {"title", "uid"}:
            raise Unusable(gettext("no column gives a title: say which with --map COLUMN=title"))

    def warnings(self) -> list[str]:
        """What makes a second run of the same file differ from the first."""
        if {"uid", "external_id"} & {*self.columns.values(), *self.fixed}:
            return []
        return [gettext("No column is the number at the source (external_id): the same file once more would make all of it a second time.")]

    def unused(self, header: Iterable[str]) -> list[str]:
        """The columns that fill nothing."""
        used = {column.partition(".")[0] for column in self.columns} | set(self.columns)
        return [name for name in header if name not in used]

    def document(self, ctype: ContentType, row: dict[str, Any]) -> dict[str, Any]:
        """The (unchecked) document of one flat row."""
        doc: dict[str, Any] = {"topics": [], "places": [], "links": {}, "data": {}, "texts": {}}
        place: dict[str, Any] = {}
        for target, value in [*((t, _dig(row, c)) for c, t in self.columns.items()), *self.fixed.items()]:
            if value is None or value == "":
                continue
            name, _, language = target.partition(".")
            _put(ctype, doc, place, name, language or self.language, value)
        if place:
            doc["places"] = [place]
        return doc


def _halves(option: str, pair: str, form: str) -> tuple[str, str]:
    """Both sides of COLUMN=FIELD or FIELD=VALUE; a value may be empty or hold further =, what is named may not be missing."""
    left, equals, right = pair.partition("=")
    if not left or not equals or (not right and option == "--map"):
        raise Unusable(gettext("%(option)s %(pair)s: write it as %(form)s", option=option, pair=pair, form=form))
    return left, right


def _fixed(ctype: ContentType, pair: str, known: str) -> tuple[str, str]:
    target, value = _halves("--set", pair, "FIELD=VALUE")
    if not fits(ctype, target):
        raise Unusable(
            gettext(
                "--set %(pair)s: there is no field '%(field)s'. Fields: %(known)s", pair=pair, field=target, known=known
            )
        )
    allowed = {"status": items.STATUSES, "audience": items.AUDIENCES}.get(target, (value,))
    if value not in allowed:
        raise Unusable(
            gettext(
                "--set %(pair)s: '%(value)s' is none of %(known)s", pair=pair, value=value, known=", ".join(allowed)
            )
        )
    return target, value


def _put(ctype: ContentType, doc: dict[str, Any], place: dict[str, Any], name: str, language: str, value: Any) -> None:
    declared = ctype.field(name)
    if name in ("title", "summary", "body"):
        doc["texts"].setdefault(language, {"fields": {}})[name] = _flat(value)
    elif name == "place":
        place.setdefault("names", {})[language] = _flat(value)
    elif name in PLACE_PARTS:
        place[name] = value[0] if isinstance(value, list) and value else value
    elif name == "topics":
        words = value if isinstance(value, list) else str(value).split("|")
        doc["topics"] = [word.strip() for word in words if str(word).strip()]
    elif name in SPINE:
        doc[name] = _flat(value)
    elif ctype.relation(name):
        doc["links"][name] = value if isinstance(value, list) else str(value).split("|")
    elif declared and declared.translated:
        doc["texts"].setdefault(language, {"fields": {}}).setdefault("fields", {})[name] = _flat(value)
    else:
        doc["data"][name] = value


def fits(ctype: ContentType, target: str) -> bool:
    """Whether a column may be mapped to this: a known name, with a language of the site where it has texts."""
    name, dot, language = target.partition(".")
    declared = ctype.field(name)
    spoken = name in SPOKEN or bool(declared and declared.translated)
    return name in targets(ctype) and (not dot or (spoken and language in items.site()["languages"]))


def targets(ctype: ContentType) -> list[str]:
    """Every name a column may be mapped to."""
    own = [*(f.name for f in ctype.fields), *(r.name for r in ctype.relations)]
    return ["title", "summary", "body", *SPINE, *PLACE_PARTS, *own]


def choices(ctype: ContentType) -> list[tuple[str, str]]:
    """(target, label in the language of the moment) of all that people may choose for a column, texts per language."""
    languages = items.site()["languages"]
    found = []
    for name in targets(ctype):
        declared = ctype.field(name)
        if (
            (name in PLACE_PARTS and ctype.places == "none") or (name == "topics" and not ctype.topics)
            or (name == "body" and not ctype.body_label) or name in OWN
        ):  # fmt: skip
            continue
        label = label_of(ctype, name)
        if name in SPOKEN or (declared and declared.translated):
            found += [(f"{name}.{code}", f"{label} ({code})") for code in languages]
        else:
            found.append((name, label))
    return found


def label_of(ctype: ContentType, name: str) -> str:
    """A field's label as the desk shows it ("title.ru", "places.0", "website")."""
    own, _dot, rest = name.replace("places", "place").partition(".")
    declared: Any = ctype.field(own) or ctype.relation(own)
    label = str((declared and declared.label) or LABELS.get(own) or own)
    return label[:1].upper() + label[1:] + (f" ({rest})" if rest.isalpha() else "")


def guessed(ctype: ContentType, header: Sequence[str], language: str) -> dict[str, str]:
    """Column → target, as far as the columns' names tell; each target once. Texts without a language: `language`."""
    open_targets = {target for target, _ in choices(ctype)}
    names = _names(ctype)
    if set(OWN) <= set(header):  # an export of ours
        return {name: name for name in header if fits(ctype, name)}
    found: dict[str, str] = {}
    meant = {column: _meaning(column, names) for column in header}
    for column, (name, spoken) in sorted(
        meant.items(), key=lambda pair: not pair[1][1]
    ):  # those that name a language first
        others = [] if spoken else [f"{name}.{code}" for code in items.site()["languages"]]
        for target in (f"{name}.{spoken or language}", name, *others):
            if target in open_targets and target not in found.values():
                found[column] = target
                break
    return found


def spoken_in(samples: Iterable[str]) -> str:
    """The site's language that values seem to be in, by their letters; "" where there is no telling.

    Addresses, codes and mail are Latin in any language: a sixth of values in Cyrillic is a Russian table.
    """
    words = [text for text in samples if re.search(r"[^\W\d_]", text)]
    cyrillic = sum(1 for text in words if re.search(r"[а-яё]", text, re.I))
    likely = "ru" if cyrillic * 6 >= len(words) > 0 else "en" if words else ""
    return likely if likely in items.site()["languages"] else ""


def _meaning(column: str, names: dict[str, str]) -> tuple[str, str]:
    """(field, language or "") that a column's name means: "Название (рус.)", "title_en", "summary.ru"."""
    words = fold(re.sub(r"[_\-.()\[\]/]", " ", column.replace("№", " number "))).replace(" ", "_")
    if words in names:
        return names[words], ""
    for code in items.site()["languages"]:
        for tongue in TONGUES.get(code, code).split():
            if words.endswith(f"_{tongue}") and words.removesuffix(f"_{tongue}") in names:
                return names[words.removesuffix(f"_{tongue}")], code
    return "", ""


def _names(ctype: ContentType) -> dict[str, str]:
    """Folded name → field: own names and labels first, then what such columns are called elsewhere."""
    found = {name: name for name in targets(ctype)}
    named: list[Any] = [*ctype.fields, *ctype.relations]
    for code in dict.fromkeys((*items.site()["languages"], "en", "ru")):
        with force_locale(code):
            labelled = [(f.name, f.label) for f in named] + list(LABELS.items())
            for name, label in labelled:
                found.setdefault(fold(str(label)).replace(" ", "_"), name)
    for name, words in WORDS.items():
        if name in targets(ctype):
            for word in words.split():
                found.setdefault(word, name)
    return found


def _dig(row: Any, path: str) -> Any:
    """A value by its column name, or by a dotted path into nested JSON ("places.0.lat")."""
    if isinstance(row, dict) and path in row:
        return row[path]
    head, _, rest = path.partition(".")
    if isinstance(row, list):
        inner = row[int(head)] if head.isdecimal() and int(head) < len(row) else None
    else:
        inner = row.get(head) if isinstance(row, dict) else None
    return _dig(inner, rest) if rest and inner is not None else (None if rest else inner)


def _flat(value: Any) -> str:
    if isinstance(value, list):
        return "\n\n".join(_flat(v) for v in value)
    if isinstance(value, dict):
        return "\n\n".join(f"## {k}\n\n{_flat(v)}" for k, v in value.items() if v)
    return str(value)
