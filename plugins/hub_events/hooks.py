"""What events give to the hub: the kind, its pages and desk, calendars, jobs, blocks, demo content."""

from __future__ import annotations

from flask import Blueprint, request, url_for

from hub.api import Block, Item, Job, NavItem, Permission, Setting, hookimpl, instance, items, may, session
from hub.api import lazy_gettext as _
from hub_events import (
    calendar,
    desk,
    examples,
    frab,
    guide,
    keeping,
    life,
    linked,
    pages,
    paper,
    parent_pages,
    people,
    places,
    players,
    questions,
    reach,
    series,
    series_pages,
    speaker_pages,
    speakers,
    times,
)
from hub_events import programme as sessions
from hub_events.doors import entrance as ways_in
from hub_events.event import EVENT
from hub_events.models import Plan


@hookimpl
def content_types():
    return [EVENT]


@hookimpl
def blueprints():
    public = Blueprint("events", __name__)
    both = ["GET", "POST"]
    public.add_url_rule("/register/<uid>/", "register", pages.register, methods=both)
    public.add_url_rule("/place/<word>/", "open_place", pages.open_place)
    public.add_url_rule("/my/<uid>/", "my", pages.my, methods=both)
    public.add_url_rule("/parent/<word>/", "enter_parent", parent_pages.enter)
    public.add_url_rule("/parents/<uid>/", "parent", parent_pages.page, methods=both)
    public.add_url_rule("/my/<uid>/code.svg", "ticket", pages.ticket)
    public.add_url_rule("/my/<uid>/certificate/", "certificate", pages.certificate)
    public.add_url_rule("/my/<uid>/certificate.pdf", "certificate_pdf", paper.certificate)
    public.add_url_rule("/here/<word>/", "here", pages.here, methods=both)
    public.add_url_rule("/mine/", "own_programme", pages.own_programme)
    public.add_url_rule("/date/<word>/", "date", series_pages.date, methods=both)
    public.add_url_rule("/speaker/<word>/", "speaker", speaker_pages.answer, methods=both)
    public.add_url_rule("/speaker/<int:number>/leave/", "leave", speaker_pages.leave, methods=["POST"])
    public.add_url_rule("/reach/", "reach", reach.page)
    public.add_url_rule("/mark/<uid>/", "star", pages.star, methods=["POST"])
    public.add_url_rule("/mine/<word>.ics", "own_calendar", pages.own_calendar)
    return [public, desk.make()]


@hookimpl
def permissions():
    return [Permission("run", _("Run one's events: programme, registration, check-in"), role="member")]


@hookimpl
def can(user, permission, subject):
    """Members may run events; this one those who may edit it."""
    if permission == "events.run" and getattr(subject, "kind", "") == "event":
        return items.editable(subject, user)
    return None


@hookimpl
def settings():
    return [
        Setting("age_marks", "bool", True, label=_("Show age marks (0+ … 18+)")),
        Setting("keep_days", "int", 180, label=_("Days after an event until names and answers of the registered are deleted"),
                minimum=1, maximum=3650),
    ]  # fmt: skip


@hookimpl
def jobs():
    return [
        Job("turn", keeping.turn, every=keeping.EVERY, label=_("Events that begin and end, offers that run out")),
        Job("series", series.beat, every=3600, label=_("Series: making dates, asking whether they take place")),
        Job("remind", keeping.remind, every=600, label=_("Reminders to the registered")),
        Job("forget", keeping.forget, every=86_400, label=_("Deleting names of the registered in time")),
    ]


@hookimpl
def exporters():
    return [calendar.EXPORTER, frab.EXPORTER]


@hookimpl
def importers():
    return [calendar.IMPORTER]


@hookimpl
def commands():
    from hub_events.commands import schedule

    return [schedule]


@hookimpl
def content_security():
    """A page that holds a player may open that one; all others open none."""
    return {"frame-src": origins} if (origins := players.allowed()) else {}


@hookimpl
def started(app):
    app.jinja_env.globals.update(
        events_tabs=guide.tabs, events_periods=guide.periods, events_days=guide.days, events_about=guide.about,
        events_jsonld=linked.event, events_series=series_pages.others,
        events_state=life.state, events_state_label=guide.state_label, events_when=times.when, events_hours=times.hours,
        events_span=times.span, events_dates=times.days,
        events_kind=sessions.kind_label, events_city=times.city, events_pdf=instance.pdf_maker,
        events_between=times.between, events_moment=times.moment, events_options=questions.options, events_answers=people.answers_of,
    )  # fmt: skip


@hookimpl
def navigation(slot, user):
    if slot == "desk" and may(user, "events.run"):
        return [NavItem(_("My events"), url_for("events_desk.home"), 20)]
    if slot == "account" and user is not None:
        return [NavItem(_("My programme"), url_for("events.own_programme", lang=items.speaking()), 20, name="events")]
    return []


@hookimpl
def blocks(slot, user, subject):
    if slot == "home":
        coming = [
            i for i in items.newest("event", 4, sort="soon") if life.state(i.row) in ("announced", "live", "pause")
        ]
        return [Block("events/home.html", {"events": coming}, order=20, title=_("Next on the line"))] if coming else []
    if slot == "account" and user is not None:
        context = speaker_pages.of_account(user, items.speaking()) | {"events_places": pages.registrations(user, items.speaking())}
        return [Block("events/account.html", context, order=12)]
    if slot == "above" and subject is not None and subject.kind == "event":
        plan = session().get(Plan, subject.id)
        context = {"days": sessions.adrift(subject), "closing": places.closing(plan, subject), "plan": plan, "event": subject}
        return [Block("events/adrift.html", context)] if context["days"] or context["closing"] else []
    if slot == "edit" and subject is not None and subject.kind == "event":
        return [Block("events/edit.html", {"event_uid": subject.uid}, order=20)]
    if slot == "next" and isinstance(subject, Item) and subject.kind == "event":
        return [Block("events/next.html", {"item": subject}, order=5)]
    if slot == "next" and isinstance(subject, Item) and subject.kind == "lab":  # it has the days of its event
        events = [end for end in subject.links.get("event", ()) if end.kind == "event"]
        return [Block("events/next_lab.html", {"event": events[0]}, order=5)] if events else []
    if slot == "follow" and request.endpoint == "site.topic":
        topic = (request.view_args or {}).get("slug", "")
        return [Block("events/topic.html", {"topic": topic})] if items.newest("event", 1, topic=topic) else []
    return []


@hookimpl(optionalhook=True)
def entrance(content):
    return ways_in(content)


@hookimpl(optionalhook=True)  # published by this plugin itself (specs.py)
def attendance(user, content):
    return keeping.attendance(user, content)


@hookimpl(optionalhook=True)
def programme(content):
    return sessions.as_dicts(content.id) if content.kind == "event" else None



@hookimpl(optionalhook=True)  # published by feedback, for its reports
def turnout(contents):
    return reach.turnout(contents)


@hookimpl(optionalhook=True)  # published by feedback: who can be written to privately
def hearers(content):
    return speakers.hearers(content) if content.kind == "event" else []


@hookimpl(optionalhook=True)  # published by imports: what an undo does not delete unasked
def left_at(contents):
    return keeping.left_at(contents)


@hookimpl(optionalhook=True)
def figures(period):
    return reach.figures(period)


@hookimpl(optionalhook=True)  # published by practices, for their figures
def counted(partners, years):
    return reach.counted(partners, years)


@hookimpl
def user_exported(user):
    return keeping.exported(user)


@hookimpl
def user_forgotten(session, user):
    keeping.forgotten(session, user)


@hookimpl
def demo(load):
    examples.load_all(load)
