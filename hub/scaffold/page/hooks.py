"""What this plugin gives to the hub: a page with a diary of how the hub grows, a block, a setting, a job."""

import datetime as dt
import json
from collections.abc import Sequence
from typing import Any

from flask import Blueprint, Response, url_for
from flask_babel import get_locale
from hub.api import Block, Job, NavItem, Setting, data_dir, hookimpl, items, now, render_page, setting, writing
from hub.api import lazy_gettext as _

pages = Blueprint("PLUGIN_NAME", __name__)


def diary() -> dict[str, int]:
    """Day → how many entries were published by then."""
    file = data_dir("PLUGIN_NAME") / "diary.json"
    if not file.is_file():
        return {}
    found: dict[str, int] = json.loads(file.read_text(encoding="utf-8"))
    return found


def last_days() -> list[tuple[dt.date, int]]:
    """The newest days of the diary first, as many as the setting says."""
    days = sorted(diary().items(), reverse=True)[: setting("PLUGIN_NAME.days")]
    return [(dt.date.fromisoformat(day), count) for day, count in days]


def write_diary() -> None:
    """Note how many entries there are today; the last note of a day stays."""
    before = diary()
    after = {**before, now().date().isoformat(): sum(len(ids) for ids in items.published_ids())}
    if after == before:
        return
    file = data_dir("PLUGIN_NAME") / "diary.json"
    draft = file.with_suffix(".new")
    draft.write_text(json.dumps(after), encoding="utf-8")
    draft.replace(file)
    with writing():  # visitors' pages are kept until something changes: say that it did
        items.touch()
        items.commit()


@pages.get("/")
def show(lang: str) -> Response:
    """`/en/PLUGIN_NAME/`."""
    days = last_days()
    most = max((count for _, count in days), default=0)
    return render_page("PLUGIN_NAME/page.html", days=days, most=most)


@hookimpl
def blueprints() -> Sequence[Blueprint]:
    return [pages]


@hookimpl
def navigation(slot: str, user: Any) -> Sequence[NavItem]:
    if slot != "footer":
        return []
    address = url_for("PLUGIN_NAME.show", lang=str(get_locale()))
    return [NavItem(_("PLUGIN_LABEL"), address)]


@hookimpl
def blocks(slot: str, user: Any, subject: Any) -> Sequence[Block]:
    days = last_days() if slot == "home" else []
    return [Block("PLUGIN_NAME/home.html", {"count": days[0][1]}, order=70)] if days else []


@hookimpl
def settings() -> Sequence[Setting]:
    return [Setting("days", "int", 14, label=_("How many days the diary shows"), minimum=1, maximum=366)]


@hookimpl
def jobs() -> Sequence[Job]:
    return [Job("write", write_diary, every=3600, label=_("Write the diary of the hub"))]
