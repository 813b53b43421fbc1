"""The programme of sessions: read, edited as one table, pasted or read from a file, copied from another event."""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from hub.api import Choice, Content, gettext, items, now, session
from hub.api import lazy_gettext as _
from hub_events import letters, life, places
from hub_events.models import Plan, Registration, Seat, Session

KINDS = (
    Choice("lecture", _("lecture")), Choice("case", _("case presentation")), Choice("group", _("small group")),
    Choice("discussion", _("discussion")), Choice("plenum", _("plenum")), Choice("workshop", _("workshop")),
    Choice("excursion", _("excursion")), Choice("performance", _("performance")), Choice("break", _("break")),
)  # fmt: skip
MAX_ROWS, MOST_UNPACKED = 300, 40_000_000
UNSAID = ("id", "guid", "day", "kind", "signup")  # what alone does not make a row
COLUMNS = ("day", "from", "until", "title", "title2", "kind", "speakers", "room", "team", "capacity")
HEADS = {  # how people call the columns of their tables
    "day": "day date день дата", "from": "from begin start time с начало время", "until": "until end to до конец",
    "kind": "kind type вид тип", "speakers": "speaker speakers спикер спикеры докладчик ведущий", "room": "room hall зал место",
    "team": "group team группа", "track": "track поток секция", "capacity": "capacity places мест места",
}  # fmt: skip


def of(content_id: int) -> list[Session]:
    """The sessions of an event in order of time."""
    mine = sa.select(Session).where(Session.content_id == content_id)
    return list(session().scalars(mine.order_by(Session.starts_at, Session.ends_at, Session.id)))


def of_many(ids: Sequence[int]) -> dict[int, list[Session]]:
    """The sessions of several events, those that have any."""
    found: dict[int, list[Session]] = {}
    for start in range(0, len(ids), 500):
        wanted = sa.select(Session).where(Session.content_id.in_(ids[start : start + 500]))
        for part in session().scalars(wanted.order_by(Session.starts_at, Session.ends_at, Session.id)):
            found.setdefault(part.content_id, []).append(part)
    return found


def names(text: str) -> list[str]:
    """The people of a cell, parted by commas or semicolons."""
    return [name.strip() for name in text.replace(";", ",").split(",") if name.strip()]


def as_dicts(content_id: int) -> list[dict[str, Any]]:
    """The sessions as the hook `programme` answers them."""
    return [
        {
            "id": part.id, "starts_at": part.starts_at, "ends_at": part.ends_at, "kind": part.kind, "track": part.track,
            "room": part.room, "team": part.team, "speakers": part.speakers, "capacity": part.capacity,
            "titles": {code: text.get("title", "") for code, text in part.texts.items()}, "signup": part.signup,
            "left": places.seats_left(part),
        }
        for part in of(content_id)
    ]  # fmt: skip


def row_of(part: Session, zone: ZoneInfo) -> dict[str, str]:
    """A session as a row of the table."""
    start, end = part.starts_at.astimezone(zone), part.ends_at.astimezone(zone)
    row = {"id": str(part.id), "day": f"{start:%Y-%m-%d}", "from": f"{start:%H:%M}", "until": f"{end:%H:%M}"}
    row |= {name: getattr(part, name) for name in ("kind", "speakers", "room", "team", "track", "guid")}
    row |= {f"title.{code}": text.get("title", "") for code, text in part.texts.items()}
    return {
        **row,
        "capacity": "" if part.capacity is None else str(part.capacity),
        "signup": "1" if part.signup else "",
    }


class Wrong(Exception):
    """Rows that cannot be taken: (number, sentence)."""

    def __init__(self, faults: list[tuple[int, str]]) -> None:
        super().__init__("; ".join(text for _, text in faults))
        self.faults = faults


def values(row: Mapping[str, str], zone: ZoneInfo, content: Content) -> dict[str, Any]:
    """The columns of a session from one row of the table. Raises ValueError with a sentence."""
    texts = {code: {"title": row.get(f"title.{code}", "").strip()[:300]} for code in items.site()["languages"]}
    texts = {code: text for code, text in texts.items() if text["title"]}
    if not texts:
        raise ValueError(gettext("A title is missing."))
    date = day_of(row.get("day", ""))
    if date is None and row.get("day", "").strip():
        raise ValueError(gettext("A day such as 2026-11-20 or 20.11.2026 is expected: %(text)s", text=row["day"]))
    if date is None:
        date = content.starts_at.astimezone(zone).date() if content.starts_at else dt.date.today()
    start, end = life.clock(row.get("from", "")), life.clock(row.get("until", ""))
    if start is None:
        raise ValueError(gettext("A time such as 18:30 is expected: %(text)s", text=row.get("from", "")))
    begins = dt.datetime.combine(date, start, zone)
    if row.get("until", "").strip() and end is None:
        raise ValueError(gettext("A time such as 18:30 is expected: %(text)s", text=row["until"]))
    ends = dt.datetime.combine(date, end, zone) if end else begins + dt.timedelta(hours=1)
    if ends <= begins:
        ends += dt.timedelta(days=1)  # past midnight
    places_text = row.get("capacity", "").strip()
    if places_text and not (places_text.isdecimal() and 0 < int(places_text) < 100_000):
        raise ValueError(gettext("The number of places is a whole number: %(text)s", text=places_text))
    return {
        "starts_at": begins, "ends_at": ends, "texts": texts, "kind": kind_of(row.get("kind", "")),
        "speakers": row.get("speakers", "").strip()[:500], "room": row.get("room", "").strip()[:120],
        "team": row.get("team", "").strip()[:120], "track": row.get("track", "").strip()[:120],
        "guid": row.get("guid", "").strip()[:80],
        "capacity": int(places_text) if places_text else None, "signup": bool(row.get("signup") or places_text),
    }  # fmt: skip


def kind_of(text: str) -> str:
    """A kind of session by its value or its name; anything else is kept as it was typed."""
    wanted = text.strip().casefold()
    return next((c.value for c in KINDS if wanted in (c.value, str(c.label).casefold())), text.strip()[:40])


def kind_label(value: str) -> str:
    return next((str(c.label) for c in KINDS if c.value == value), value)


def day_of(text: str) -> dt.date | None:
    """A day as people type it (2026-11-20, 20.11.2026), or None."""
    for pattern in ("%Y-%m-%d", "%d.%m.%Y", "%d.%m.%y", "%d/%m/%Y"):
        try:
            day = dt.datetime.strptime(text.strip()[:10], pattern).date()
            return day if 1 < day.year < dt.MAXYEAR else None  # of others not every hour exists in every time zone
        except ValueError:
            continue
    return None


def save(content: Content, rows: Iterable[Mapping[str, str]]) -> int:
    """Make the programme what the rows say. A row with an `id` changes that session and keeps its sign-ups; who signed up
    for one that moved is told. A row that is wholly empty is left out, with an `id` it takes the session away. Raises Wrong."""
    zone, known = life.zone_of(content), {part.id: part for part in of(content.id)}
    found: list[tuple[int, dict[str, Any]]] = []
    faults = []
    for number, row in enumerate(rows, 1):
        if not any(str(value).strip() for name, value in row.items() if name not in UNSAID):
            continue
        try:
            number_of = row.get("id") or ""
            found.append((int(number_of) if number_of.isdecimal() else 0, values(row, zone, content)))
        except ValueError as error:
            faults.append((number, str(error)))
    if faults or len(found) > MAX_ROWS:
        raise Wrong(faults or [(MAX_ROWS + 1, gettext("At most %(num)s rows.", num=MAX_ROWS))])
    kept = {number for number, _ in found}
    for part in [part for number, part in known.items() if number not in kept]:
        for entry in _signed_up(part) if part.ends_at > now() else ():
            letters.dropped(entry, content, part)
        session().delete(part)
    for number, columns in found:
        known_part = known.get(number)
        if known_part is None:
            session().add(Session(content_id=content.id, **columns))
            continue
        part = known_part
        moved = (part.starts_at, part.room) != (columns["starts_at"], columns["room"])
        for name, value in columns.items():
            setattr(part, name, value)
        if moved:
            _tell(part, content)
    session().flush()
    if session().get(Plan, content.id) is not None:  # more places in a session: who waits for one gets it
        places.promote(places.locked(content.id), content)
    items.touch()
    return len(found)


def _signed_up(part: Session) -> Sequence[Registration]:
    mine = sa.select(Registration).join(Seat, Seat.registration_id == Registration.id).where(
        Seat.session_id == part.id, Registration.state.in_(("confirmed", "offered")))  # fmt: skip
    return session().scalars(mine).all()


def _tell(part: Session, content: Content) -> None:
    from hub_events import speakers  # which reads programmes

    for entry in _signed_up(part):
        letters.moved(entry, content, part)
    speakers.tell(part, content)


def adrift(content: Content) -> int:
    """By how many days the programme lies beside its event, which was moved without it; 0 where they share a day."""
    zone, parts = life.zone_of(content), of(content.id)
    if content.starts_at is None or not parts:
        return 0
    first, last = (at.astimezone(zone).date() for at in (content.starts_at, content.ends_at or content.starts_at))
    days = sorted(part.starts_at.astimezone(zone).date() for part in parts)
    return (first - days[0]).days if days[-1] < first or days[0] > last else 0


def shifted(rows: Iterable[Mapping[str, str]], days: int) -> list[dict[str, str]]:
    """The rows that many days later, not yet saved."""
    moved = []
    for row in rows:
        day = day_of(row.get("day", ""))
        moved.append({**row, "day": str(day + dt.timedelta(days=days)) if day else row.get("day", "")})
    return moved


def read_table(data: bytes, name: str = "") -> list[dict[str, str]]:
    """Rows of a pasted table (tabs), a CSV file or an XLSX workbook. The first row may name the columns. Raises ValueError."""
    if name.lower().endswith(".xlsx") or data[:2] == b"PK":
        table = _sheet(data)
    else:
        text = data.decode("utf-8-sig", "replace")
        first = text.split("\n", 1)[0]
        mark = "\t" if "\t" in first else ";" if first.count(";") > first.count(",") else ","
        try:
            table = [[cell.strip() for cell in row] for row in csv.reader(io.StringIO(text), delimiter=mark)]
        except csv.Error:
            raise ValueError(gettext("This table cannot be read: one of its cells is far too long.")) from None
    table = [row for row in table if any(row)][: MAX_ROWS + 1]
    if not table:
        return []
    names = [head_of(cell) for cell in table[0]]
    if sum(bool(n) for n in names) >= 2 and not any(life.clock(cell) for cell in table[0]):
        table = table[1:]
    else:
        names = [_column(name) for name in COLUMNS]
    return [{n: cell for n, cell in zip(names, row, strict=False) if n} for row in table]


def _column(name: str) -> str:
    languages = items.site()["languages"]
    if name == "title":
        return f"title.{languages[0]}"
    return (f"title.{languages[1]}" if len(languages) > 1 else "") if name == "title2" else name


def head_of(text: str) -> str:
    """The column that a heading names; empty where none."""
    words = text.casefold().replace("(", " ").replace(")", " ").split()
    if any(word in ("title", "название", "тема") for word in words):
        return f"title.{next((c for c in items.site()['languages'] if c in words), items.site()['languages'][0])}"
    return next((name for name, known in HEADS.items() if any(word in known.split() for word in words)), "")


def _sheet(data: bytes) -> list[list[str]]:
    from zipfile import BadZipFile, ZipFile
    from zlib import error as BadPacking

    from openpyxl import load_workbook

    try:
        if sum(part.file_size for part in ZipFile(io.BytesIO(data)).infolist()) > MOST_UNPACKED:
            raise ValueError  # no reader unpacks more of a part than is told there
        book = load_workbook(io.BytesIO(data), read_only=True, data_only=True)
        sheet = book.worksheets[0]
        rows = [list(row) for row in sheet.iter_rows(max_row=MAX_ROWS + 1, max_col=30, values_only=True)]
    except (BadZipFile, BadPacking, KeyError, ValueError, TypeError, OSError, IndexError, SyntaxError, NotImplementedError):
        raise ValueError(gettext("This file cannot be read as an XLSX table.")) from None
    return [[_cell(value) for value in row] for row in rows]


def _cell(value: Any) -> str:
    if isinstance(value, dt.datetime):
        return f"{value:%Y-%m-%d}" if value.time() == dt.time() else f"{value:%H:%M}"
    if isinstance(value, dt.time):
        return f"{value:%H:%M}"
    return "" if value is None else str(value).strip()


def copied(source: Content, content: Content) -> list[dict[str, str]]:
    """The rows of another event's programme, moved to the days of this one, as new sessions."""
    zone, own = life.zone_of(source), life.zone_of(content)
    if source.starts_at is None or content.starts_at is None:
        return []
    days = content.starts_at.astimezone(own).date() - source.starts_at.astimezone(zone).date()
    rows = []
    for part in of(source.id):
        row = row_of(part, zone)
        row["day"] = str(part.starts_at.astimezone(zone).date() + days)
        rows.append({**row, "id": "", "guid": ""})
    return rows
