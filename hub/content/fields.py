"""What each field type does: check and normalise what comes in, show what goes out.

`clean` takes what forms, CSV and JSON give and answers the stored value (JSON) or raises ValueError with a sentence
for the person who typed it. An empty answer is None and is not stored.
"""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from flask_babel import force_locale, format_decimal, get_locale, gettext
from flask_babel import lazy_gettext as _

from hub.content.texts import clean_line, clean_text
from hub.hooks.here import hub
from hub.hooks.parts import Field

ONGOING = "ongoing"
YEARS = range(2, 9999)  # of these every moment exists in every time zone
_EMAIL = re.compile(r"[^@\s<>\"',;]+@[^@\s<>\"',;]+\.[^@\s<>\"',;.]+")
_LIST_SEPARATOR = re.compile(r"\s*[|;\n]\s*")


def clean(field: Field, raw: Any) -> Any:
    """The stored value of what was typed or imported; None for nothing. Raises ValueError in the reader's language."""
    if raw is None or raw == "" or raw == [] or raw == {}:
        return None
    return _CLEANERS[field.type](field, raw)


def _text(field: Field, raw: Any) -> str | None:
    return _bounded(field, clean_line(_string(raw)), 500)


def _longtext(field: Field, raw: Any) -> str | None:
    return _bounded(field, clean_text(_string(raw)), 100_000)


def _bounded(field: Field, text: str, default: int) -> str | None:
    limit = field.max_length or default
    if len(text) > limit:
        raise ValueError(gettext("Too long: %(have)s characters, at most %(limit)s.", have=len(text), limit=limit))
    return text or None


def _string(raw: Any) -> str:
    if isinstance(raw, dict | list):
        raise ValueError(gettext("A text is expected here, not a list."))
    return str(raw)


def _choice(field: Field, raw: Any) -> str:
    text = clean_line(_string(raw))
    found = _term(field, text)
    if found is None:
        known = ", ".join(str(c.label) for c in field.choices)
        raise ValueError(gettext("“%(text)s” is none of the choices. Choose one of: %(known)s.", text=text, known=known))
    return found


def _choices(field: Field, raw: Any) -> list[str] | None:
    values = [_choice(field, part) for part in _parts(raw)]
    return sorted(set(values), key=[c.value for c in field.choices].index) or None


def _term(field: Field, text: str) -> str | None:
    """A term by its value or by its label in any language in use."""
    wanted = text.casefold()
    for choice in field.choices:
        if choice.value == text or choice.value.casefold() == wanted:
            return choice.value
    for language in dict.fromkeys(("en", "ru", *hub().settings.site.languages)):
        with force_locale(language):
            for choice in field.choices:
                if str(choice.label).casefold() == wanted:
                    return choice.value
    return None


def _parts(raw: Any) -> list[str]:
    if isinstance(raw, str):
        if raw.startswith("["):
            try:
                raw = json.loads(raw)
            except ValueError:
                return [raw]
        else:
            raw = _LIST_SEPARATOR.split(raw)
    if not isinstance(raw, list | tuple):
        raise ValueError(gettext("A list is expected here."))
    return [clean_line(str(part)) for part in raw if str(part).strip()]


def _url(field: Field, raw: Any) -> str | None:
    text = clean_line(_string(raw))
    if not text:
        return None
    if "://" not in text and not text.startswith(("mailto:", "javascript:", "data:")):
        text = "https://" + text
    try:
        parts = urlsplit(text)
        host = parts.hostname or ""
        _ = parts.port  # raises where it is no number
    except ValueError:
        host, parts = "", urlsplit("")
    named = "." in host or f"{parts.scheme}://{host}" == "http://localhost"  # hubs that are tried out follow each other, too
    if parts.scheme not in ("http", "https") or not named or " " in text or len(text) > 2000:
        raise ValueError(gettext("This does not look like a web address. An example: https://example.org"))
    return text


def _email(field: Field, raw: Any) -> str:
    text = clean_line(_string(raw))
    if "@" not in text:
        raise ValueError(gettext("The @ seems to be missing: %(text)s", text=text))
    if not _EMAIL.fullmatch(text) or len(text) > 254:
        raise ValueError(gettext("This does not look like an e-mail address: %(text)s", text=text))
    return text


def _phone(field: Field, raw: Any) -> str:
    text = clean_line(_string(raw))
    if sum(c.isdigit() for c in text) < 5 or not re.fullmatch(r"[\d\s()+./,;a-zа-яё-]{5,80}", text, re.I):
        raise ValueError(gettext("A phone number has at least five digits: %(text)s", text=text))
    return text


def _integer(field: Field, raw: Any) -> int:
    number = _number(field, raw)
    if number != int(number):
        raise ValueError(gettext("A whole number is expected: %(text)s", text=raw))
    return int(number)


def _number(field: Field, raw: Any) -> float | int:
    if isinstance(raw, bool):
        raise ValueError(gettext("A number is expected: %(text)s", text=raw))
    text = re.sub(r"[\s\u00a0\u202f]", "", str(raw)).replace(",", ".")
    try:
        value = float(text)
    except ValueError:
        raise ValueError(gettext("A number is expected: %(text)s", text=raw)) from None
    if not abs(value) < 1e15:
        raise ValueError(gettext("This number is too large: %(text)s", text=raw))
    if field.least is not None and value < field.least:
        raise ValueError(gettext("At least %(least)s is expected: %(text)s", least=field.least, text=raw))
    return int(value) if value == int(value) else value


def _boolean(field: Field, raw: Any) -> bool | None:
    if isinstance(raw, bool):
        return raw or None
    text = str(raw).strip().casefold()
    if text in {"1", "true", "t", "yes", "y", "on", "да"}:
        return True
    if text in {"0", "false", "f", "no", "n", "off", "нет"}:
        return None
    raise ValueError(gettext("Yes or no is expected: %(text)s", text=raw))


_DATES: tuple[tuple[str, Callable[..., str]], ...] = (
    (r"(\d{4})", lambda y: y),
    (r"(\d{4})-(\d{1,2})", lambda y, m: f"{y}-{int(m):02}"),
    (r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[T ].*)?", lambda y, m, d: f"{y}-{int(m):02}-{int(d):02}"),
    (r"(\d{1,2})\.(\d{4})", lambda m, y: f"{y}-{int(m):02}"),
    (r"(\d{1,2})\.(\d{1,2})\.(\d{4})", lambda d, m, y: f"{y}-{int(m):02}-{int(d):02}"),
)


def _partialdate(field: Field, raw: Any) -> str:
    text = clean_line(str(raw))
    if field.fills == "ends_at" and text.casefold() in {ONGOING, gettext("ongoing"), "продолжается", "по настоящее время"}:
        return ONGOING
    for pattern, form in _DATES:
        match = re.fullmatch(pattern, text)
        if match:
            value = form(*match.groups())
            try:
                if first_day(value).year in YEARS:
                    return value
            except ValueError:
                break
    raise ValueError(gettext("A year, a month or a day is expected: 2017, 2017-06 or 2017-06-24."))


def _datetime(field: Field, raw: Any) -> str:
    text = clean_line(str(raw))
    if day_first := re.fullmatch(r"(\d{1,2})\.(\d{1,2})\.(\d{4}),? (\d{1,2})[:.](\d\d)", text):
        text = "{2}-{1:0>2}-{0:0>2}T{3:0>2}:{4}".format(*day_first.groups())
    with suppress(ValueError):
        if (moment := dt.datetime.fromisoformat(text)).year in YEARS:
            return moment.isoformat(timespec="minutes")
    raise ValueError(gettext("A date and time is expected: 2026-11-20 18:30."))


def _languages(field: Field, raw: Any) -> list[str] | None:
    codes = [part.lower() for part in _parts(raw.replace(",", "|") if isinstance(raw, str) and raw[:1] != "[" else raw)]
    for code in codes:
        if not re.fullmatch(r"[a-z]{2,3}", code):
            raise ValueError(gettext("A language code such as en, ru or tt is expected: %(text)s", text=code))
    return list(dict.fromkeys(codes)) or None


def _rows(field: Field, raw: Any) -> list[dict[str, Any]] | None:
    if isinstance(raw, str):
        try:
            raw = json.loads(raw)
        except ValueError:
            raise ValueError(gettext("Rows are expected as JSON: [{…}, {…}].")) from None
    if not isinstance(raw, list):
        raise ValueError(gettext("A list is expected here."))
    if len(raw) > 200:
        raise ValueError(gettext("At most 200 rows are kept here."))
    rows = []
    for number, entry in enumerate(raw, 1):
        if not isinstance(entry, dict):
            raise ValueError(gettext("Row %(number)s: a row has named columns.", number=number))
        row = {}
        for column in field.columns:
            try:
                value = clean(column, entry.get(column.name))
            except ValueError as error:
                raise ValueError(f"{gettext('Row %(number)s', number=number)}, {column.label}: {error}") from None
            if value is not None:
                row[column.name] = value
        missing = [c for c in field.columns if c.required and c.name not in row]
        if row and missing:
            raise ValueError(gettext("Row %(number)s: fill in “%(label)s” too.", number=number, label=missing[0].label))
        if row:
            rows.append(row)
    return rows or None


_CLEANERS: dict[str, Callable[[Field, Any], Any]] = {
    "text": _text, "longtext": _longtext, "choice": _choice, "choices": _choices, "url": _url, "email": _email,
    "phone": _phone, "integer": _integer, "number": _number, "boolean": _boolean, "partialdate": _partialdate,
    "datetime": _datetime, "languages": _languages, "rows": _rows,
}  # fmt: skip


def first_day(value: str) -> dt.date:
    """The first day a partial date may mean. Raises ValueError where it is none."""
    parts = [int(part) for part in value.split("-")]
    return dt.date(parts[0], parts[1] if len(parts) > 1 else 1, parts[2] if len(parts) > 2 else 1)


def last_day(value: str) -> dt.date:
    """The last day a partial date may mean."""
    parts = [int(part) for part in value.split("-")]
    if len(parts) == 1:
        return dt.date(parts[0], 12, 31)
    if len(parts) == 2:
        following = dt.date(parts[0] + parts[1] // 12, parts[1] % 12 + 1, 1)
        return following - dt.timedelta(days=1)
    return dt.date(*parts)


def term_label(field: Field, value: str) -> str:
    """The label of a stored term in the language of the moment; the bare value where the term is gone."""
    return next((str(c.label) for c in field.choices if c.value == value), value)


MONTHS = (
    _("January"), _("February"), _("March"), _("April"), _("May"), _("June"),
    _("July"), _("August"), _("September"), _("October"), _("November"), _("December"),
)  # fmt: skip


def show_partial(value: str) -> str:
    """A partial date as people write it, in its own precision: 2017, June 2017, 24 June 2017."""
    from babel.dates import format_date

    if value == ONGOING:
        return gettext("ongoing")
    parts = value.split("-")
    if len(parts) == 1:
        return value
    locale = get_locale() or "en"
    if len(parts) == 2:
        return f"{MONTHS[int(parts[1]) - 1]} {parts[0]}"
    return format_date(first_day(value), "d MMMM y", locale=locale)


def show_moment(value: str) -> str:
    """A stored date and time as people write it, in the site's zone: 20 November 2026, 18:30."""
    from babel.dates import format_date

    moment = dt.datetime.fromisoformat(value)
    moment = moment.astimezone(ZoneInfo(hub().settings.site.timezone)) if moment.tzinfo else moment
    return f"{format_date(moment.date(), 'd MMMM y', locale=get_locale() or 'en')}, {moment:%H:%M}"


def language_name(code: str) -> str:
    """A language's name in the language of the moment."""
    locale = get_locale()
    return (locale.languages.get(code) if locale else None) or code


def as_text(field: Field, value: Any) -> str:
    """A stored value as one plain text in the language of the moment: for facts, CSV labels, feeds and search."""
    if value is None:
        return ""
    match field.type:
        case "choice":
            return term_label(field, value)
        case "choices":
            return ", ".join(term_label(field, v) for v in value)
        case "languages":
            return ", ".join(language_name(code) for code in value)
        case "boolean":
            return gettext("yes") if value else gettext("no")
        case "partialdate":
            return show_partial(value)
        case "datetime":
            return show_moment(value)
        case "integer" | "number":
            return format_decimal(value)
        case "rows":
            return "; ".join(row_text(field.columns, row) for row in value)
    return str(value)


def row_text(columns: Iterable[Field], row: dict[str, Any]) -> str:
    """One row as a phrase: a term and a colon, a ticked box by its label, a date after a comma.

    "participants: more than 400, 2021" is right for any number in any language; "400 participants" is not.
    """
    phrase = ""
    for column in columns:
        value = row.get(column.name)
        if value is not None:
            said = str(column.label) if column.type == "boolean" else as_text(column, value)
            said += ":" if column.type == "choice" and not phrase else ""
            phrase += (", " if column.type == "partialdate" and phrase else " ") + said
    return phrase.strip()


def as_cell(field: Field, value: Any) -> str:
    """A stored value as a CSV cell that `clean` reads back unchanged."""
    if value is None:
        return ""
    if field.type in ("choices", "languages"):
        return "|".join(value)
    if field.type == "rows":
        return json.dumps(value, ensure_ascii=False)
    if field.type == "boolean":
        return "true" if value else ""
    return str(value)
