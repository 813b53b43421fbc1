"""`hub events schedule`: the schedule of a conference becomes the programme of an event."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from zoneinfo import ZoneInfo

import click
from flask_babel import get_timezone

from hub.api import Content, Faults, items, session, writing
from hub_events import life, programme, schedules
from hub_events.event import ZONES


@click.command()
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option(
    "--event", "uid", default="", help="The event (its uid) whose programme it becomes (default: a new draft)."
)
def schedule(file: Path, uid: str) -> None:
    """Read FILE (frab or pentabarf XML, pretalx JSON) into the programme of an event.

    Read anew, it changes the sessions that came from it before: sign-ups stay, and who signed up for one that moved is told.
    Other sessions of the programme stay as they are.
    """
    try:
        with writing():
            content = _event(uid)
            zone = life.zone_of(content) if content else ZoneInfo(str(get_timezone()))
            found = schedules.read(file.read_bytes(), zone)
            if content is None:
                content = _made(found)
                found = schedules.read(file.read_bytes(), life.zone_of(content))
            own = life.zone_of(content)
            known = [programme.row_of(part, own) for part in programme.of(content.id)]
            count = programme.save(content, schedules.merged(known, found.rows))
            items.commit()
            gone = {row["guid"] for row in known if row["guid"]} - {row["guid"] for row in found.rows}
    except programme.Wrong as error:
        lines = "\n".join(f"row {number}: {text}" for number, text in error.faults)
        raise click.ClickException(f"nothing was saved\n{lines}") from None
    except (ValueError, Faults) as error:
        raise click.ClickException(f"nothing was saved: {error}") from None
    click.echo(f"{content.uid}: {len(found.rows)} sessions read, {count} in the programme")
    if gone:
        click.echo(f"{len(gone)} sessions came from an earlier version and are no longer in the file; they were kept")


def _event(uid: str) -> Content | None:
    if not uid:
        return None
    content = items.get("event", uid)
    if content is None:
        raise click.ClickException(f"there is no event {uid}")
    return content


def _made(found: schedules.Schedule) -> Content:
    """A draft that is named and dated as the conference."""
    days = sorted(row["day"] for row in found.rows)
    first, last = found.first or dt.date.fromisoformat(days[0]), found.last or dt.date.fromisoformat(days[-1])
    data = {"starts": f"{first}T00:00", "ends": f"{max(first, last)}T23:59", "format": "conference"}
    if str(found.zone) in ZONES:
        data["zone"] = str(found.zone)
    hours = sorted((row["day"], row["from"]) for row in found.rows)
    if hours[0][0] == str(first):
        data["starts"] = "T".join(hours[0])
    content = items.create("event", {
        "texts": {items.site()["languages"][0]: {"title": found.title or "Conference"}}, "data": data})  # fmt: skip
    session().flush()
    return content
