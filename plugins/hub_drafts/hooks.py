"""What the translation desk gives to the hub: its pages, a block beside every form, a reader of the change log, drafts."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, url_for

from hub.api import Block, ChangeReader, Check, Content, Job, NavItem, Setting, hookimpl, items, may, needs, session
from hub.api import lazy_gettext as _
from hub_drafts import desk, machine, memory, sidebyside, steps
from hub_drafts.models import Standing


@hookimpl
def blueprints() -> list[Blueprint]:
    pages = Blueprint("drafts_desk", __name__)
    editor, member = needs("content.edit"), needs("content.propose")
    pages.add_url_rule("/", "overview", editor(desk.overview))
    pages.add_url_rule("/many", "many", editor(desk.many), methods=["POST"])
    pages.add_url_rule("/<kind>/<uid>/<lang>/", "pair", member(sidebyside.page), methods=["GET", "POST"])
    return [pages]


@hookimpl
def settings() -> list[Setting]:
    outside = _(
        "Texts for which somebody asks for a draft are sent there. An inner address needs [net] allow in hub.toml."
    )
    return [
        Setting("near", "int", 75, label=_("Likeness from which a known passage is offered, in per cent"), minimum=50, maximum=99),
        Setting("address", "url", "", label=_("Address of a LibreTranslate-compatible server"), hint=outside),
        Setting("key", "secret", "", label=_("Its key, where it wants one")),
    ]  # fmt: skip


@hookimpl
def jobs() -> list[Job]:
    return [Job("machine", machine.make, label=_("Machine drafts of translations"))]


@hookimpl
def change_readers() -> list[ChangeReader]:
    return [ChangeReader("memory", memory.read, memory.forget)]


@hookimpl
def draft_translation(text: str, source: str, target: str) -> str | None:
    return machine.translate(text, source, target)


@hookimpl
def health() -> list[Check]:
    return machine.check()


@hookimpl
def navigation(slot: str, user: Any) -> list[NavItem]:
    if slot != "desk" or len(items.site()["languages"]) < 2 or not may(user, "content.edit"):
        return []
    return [NavItem(_("Translations"), url_for("drafts_desk.overview"), order=22)]


@hookimpl(optionalhook=True)
def waiting(user: Any) -> list[tuple[Any, str, int, Any]]:
    return desk.waiting() if len(items.site()["languages"]) > 1 and may(user, "content.edit") else []


@hookimpl
def blocks(slot: str, user: Any, subject: Any) -> list[Block]:
    """Beside the form of an item: how its languages stand, and the way to the side-by-side page."""
    languages = items.site()["languages"]
    if (
        slot != "edit"
        or user is None
        or not isinstance(subject, Content)
        or len(languages) < 2
        or steps.borrowed(subject)
    ):
        return []
    document = items.working_copy(subject)[0]
    lines = []
    for lang in languages:
        if not any(code != lang for code in document["texts"]):
            continue
        text, row = document["texts"].get(lang), session().get(Standing, (subject.id, lang))
        unread = bool(row and row.machine and text and text.get("status") == "draft")
        state = "missing" if not text else "machine" if unread else "draft" if text.get("status") == "draft" else ""
        lines.append((lang, state or ("behind" if row and row.behind else "")))
    return [Block("drafts/beside.html", {"content": subject, "lines": lines}, order=20)] if lines else []
