"""What the practice library gives to the hub: the kind "case", blocks on pages, adoptions, imports, demo content."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from flask import Blueprint, Flask, url_for

from hub.api import Block, Check, Content, Item, Job, NavItem, Permission, Setting, hookimpl, items, may, session
from hub.api import lazy_gettext as _
from hub_cases import (
    adoptions,
    comparing,
    completeness,
    desk,
    examples,
    handouts,
    leading,
    mapped,
    pages,
    profiles,
    showing,
    submitting,
)
from hub_cases import commands as own_commands
from hub_cases.practice import PRACTICE


@hookimpl
def content_types():
    return [PRACTICE]


@hookimpl
def blueprints():
    public, both = Blueprint("cases", __name__), ["GET", "POST"]  # addresses of two words never meet an item's
    public.add_url_rule("/tools/compare/", "compare", comparing.compare)
    public.add_url_rule("/tools/adoptions.geojson", "all_lines", pages.lines)
    public.add_url_rule("/tools/adoptions/", "all_adoptions", mapped.page)
    public.add_url_rule("/tools/form/<profile>/", "form", submitting.form)
    public.add_url_rule("/tools/form/<profile>.docx", "form_file", submitting.form_file)
    public.add_url_rule("/mine/<token>/", "mine", pages.mine, methods=both)
    public.add_url_rule("/confirm/<token>/", "confirm", pages.confirm, methods=both)
    public.add_url_rule("/handout/<uid>/", "handout", handouts.show)
    public.add_url_rule("/handout/<uid>/code.svg", "handout_code", handouts.code)
    public.add_url_rule("/<uid>/adopt/", "adopt", pages.adopt, methods=both)
    public.add_url_rule("/<uid>/thanks/", "thanks", pages.thanks)
    public.add_url_rule("/<uid>/adoptions.geojson", "lines", pages.lines)
    return [public, desk.make()]


@hookimpl
def permissions():
    return [
        Permission("adoptions", _("Decide on what readers say about practices taken over"), role="editor"),
        Permission("lead", _("Choose the practice at the top of the front page"), role="editor"),
    ]


@hookimpl
def settings():
    return [
        Setting("seconds", "int", 4, label=_("Seconds that a person needs at least for a form"), minimum=0, maximum=60,
                hint=_("What comes faster waits among the suspicious.")),
        Setting("lead", "json", "", label=_("Practice at the top of the front page")),
        Setting("per_hour", "int", 10, label=_("Messages from one address in an hour"), minimum=1, maximum=10_000),
    ]  # fmt: skip


@hookimpl
def jobs():
    return [Job("forget", adoptions.forget, every=86_400, label=_("Deleting adoptions that nobody confirmed"))]


@hookimpl
def commands():
    return [own_commands.import_form, own_commands.import_participedia]


@hookimpl
def started(app: Flask):
    app.jinja_env.globals.update(
        cases_related=comparing.related, cases_adopted=lambda shown: adoptions.counts([item.id for item in shown])
    )


@hookimpl(optionalhook=True)  # published by the map
def map_lines(lang):
    return mapped.layers(lang)


@hookimpl
def health():
    return [Check("profiles", "warning" if (wrong := profiles.troubles()) else "ok", "; ".join(wrong), _("Award forms"))]


@hookimpl
def navigation(slot, user):
    if slot != "desk":
        return []
    rooms = (
        ("cases.adoptions", _("Practices taken over"), "queue", 14), ("content.propose", _("A filled award form"), "import_form", 40),
    )  # fmt: skip
    return [NavItem(label, url_for(f"cases_desk.{page}"), order) for needed, label, page, order in rooms if may(user, needed)]


@hookimpl
def blocks(slot, user, subject):
    if slot == "home":
        return leading.home()
    if slot == "edit" and (subject is None or isinstance(subject, Content)):
        return _beside_form(subject)
    if not isinstance(subject, Item):
        return []
    if subject.kind == "partner" and slot == "below":
        took = showing.took(subject)
        return [Block("cases/took.html", {"took": took, "stages": pages.labels()}, order=30)] if took else []
    return _of_case(slot, user, subject) if subject.kind == "case" else []


def _beside_form(content: Content | None) -> list[Block]:
    """Beside the form of a practice: what is not told yet, and where it can be submitted."""
    if content is None or content.kind != "case":
        return []
    doc, _pending = items.working_copy(content)
    return [Block("cases/beside.html", {"content": content, "state": completeness.of(doc), **leading.beside(content)}, order=20)]


def _of_case(slot: str, user: Any, item: Item) -> list[Block]:
    if slot == "item" and user is not None and item.status == "published":
        content = session().get(Content, item.id)
        if content is not None and items.editable(content, user):
            state = completeness.of(items.read(content))
            return [Block("cases/prompts.html", {"state": state, "item": item}, order=8)] if state.missing else []
    if slot == "next" and item.status == "published":
        return [Block("cases/next.html", {"item": item}, order=30)]
    return [Block("cases/below.html", showing.below(item), order=10)] if slot == "below" else []


@hookimpl(optionalhook=True)  # published by imports: what an undo does not delete unasked
def left_at(contents):
    return adoptions.left_at(contents)


@hookimpl(optionalhook=True)
def waiting(user):
    if not may(user, "cases.adoptions"):
        return []
    number, since = adoptions.waiting()
    return [(_("Practices taken over"), url_for("cases_desk.queue"), number, since)] if number else []


@hookimpl(optionalhook=True)
def offer_adoption(case, adoption):
    return adoptions.offer(case, adoption)


@hookimpl(optionalhook=True)  # published by feedback, for the annual report
def figures(period):
    return mapped.figures(period)


@hookimpl
def user_exported(user):
    return adoptions.exported(user)


@hookimpl
def user_forgotten(session, user):
    adoptions.forgotten(session, user)


@hookimpl
def demo(load):
    load(Path(__file__).parent / "demo" / "case", "case")
    examples.tell()
    items.commit()
