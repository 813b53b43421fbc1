"""The kind "project": what several organisations do together, and the lines in which its parts are written."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass

from hub.api import Choice, ContentType, Field, Item, Relation
from hub.api import lazy_gettext as _

STAGES = (
    Choice("idea", _("an idea")), Choice("looking", _("looking for partners")), Choice("running", _("under way")),
    Choice("finished", _("finished")),
)  # fmt: skip
MOST = 60  # lines of a part that are shown

PROJECT = ContentType(
    kind="project", path="projects", label=_("Common project"), plural=_("Projects"), add_label=_("Begin a common project"),
    intro=_("What organisations of one or several hubs do together: who brings what, which places are open, what comes next."),
    body_label=_("What the project is about"), places="many", order=57, schema_org="Project",
    sections=(("together", _("Partners and steps")), ("linked", _("What it builds on and what it leads to"))),
    fields=(
        Field("stage", "choice", _("How it stands"), choices=STAGES, facet=True, quick=True, listed=True, required=True),
        Field("begins", "partialdate", _("Begins"), quick=True, fills="starts_at"),
        Field("ends", "partialdate", _("Ends"), quick=True, fills="ends_at"),
        Field("brings", "longtext", _("Who brings what"), section="together", translated=True, quick=True,
              hint=_("One partner in a line: name, colon, what it brings. A partner of another hub: put the address of its page into "
                     "brackets behind the name.")),
        Field("open_places", "integer", _("Open places"), section="together", quick=True, least=0,
              hint=_("How many partners or helpers can still join.")),
        Field("wanted", "longtext", _("Whom it looks for"), section="together", translated=True),
        Field("steps", "longtext", _("Steps"), section="together", translated=True, quick=True,
              hint=_("One in a line, the date in front: 2027-05 First beds are sown.")),
    ),
    relations=(
        Relation("holder", to="partner", label=_("Led by"), inverse_label=_("Projects it leads"), quick=True, facet=True,
                 section="together"),
        Relation("partner", to="partner", label=_("Partners"), inverse_label=_("Projects it takes part in"), many=True, facet=True,
                 section="together"),
        Relation("case", to="case", label=_("Practices it repeats"), inverse_label=_("Repeated in the projects"), many=True,
                 section="linked"),
        Relation("event", to="event", label=_("Events it holds"), inverse_label=_("Part of the project"), many=True, section="linked"),
        Relation("need", to="listing", label=_("What it needs"), inverse_label=_("For the project"), many=True, section="linked"),
        Relation("became", to="case", label=_("Became the practice"), inverse_label=_("Began as the project"), section="linked"),
    ),
)  # fmt: skip

_STEP = re.compile(r"(\d{4}(?:-\d{2}){0,2})\s*[:.–—-]?\s+(.+)")
_BROUGHT = re.compile(r"(?P<who>[^:]+?)\s*(?:\(?\s*(?P<url>https?://[^\s()]+?)\s*\)?\s*)?:(?!//)\s*(?P<what>.+)")


@dataclass(frozen=True)
class Brought:
    """A line of "who brings what". who: empty where the line names nobody; url: the partner's page, here or elsewhere."""

    who: str
    what: str
    url: str = ""


@dataclass(frozen=True)
class Step:
    """A step of a project. when: a partial date, or empty; state: "" or "now" (the next one)."""

    when: str
    text: str
    state: str = ""


def lines(text: str) -> list[str]:
    """The lines of a part, without marks of a list."""
    found = (line.strip().lstrip("-*•").strip() for line in (text or "").splitlines())
    return [line[:400] for line in found if line][:MOST]


def brought(item: Item) -> list[Brought]:
    """Who brings what; partners of this hub lead to their page by their name."""
    known = {end.title.casefold(): end.url for name in ("holder", "partner") for end in item.links.get(name, ())}
    found = []
    for line in lines(item.value("brings") or ""):
        if match := _BROUGHT.fullmatch(line):
            who = match["who"]
            found.append(Brought(who, match["what"], match["url"] or known.get(who.casefold(), "")))
        else:
            found.append(Brought("", line))
    return found


def steps(item: Item, today: dt.date) -> list[Step]:
    """The steps in the order of their dates; the first that is not over is the next one."""
    found = []
    for line in lines(item.value("steps") or ""):
        match = _STEP.match(line)
        when = match.group(1) if match and _last(match.group(1)) else ""
        found.append(Step(when, match.group(2) if match and when else line))
    found.sort(key=lambda step: _last(step.when) or dt.date.max)
    coming = next((n for n, step in enumerate(found) if (end := _last(step.when)) and end >= today), None)
    if coming is not None and item.value("stage") != "finished":
        found[coming] = Step(found[coming].when, found[coming].text, "now")
    return found


def _last(when: str) -> dt.date | None:
    """The last day of a partial date; None where it is none."""
    year, month, day = ([int(part) for part in when.split("-")] + [0, 0])[:3] if when else (0, 0, 0)
    try:
        if day:
            return dt.date(year, month, day)
        following = dt.date(year + 1, 1, 1) if month in (0, 12) else dt.date(year, month + 1, 1)
        return following - dt.timedelta(days=1)
    except (ValueError, OverflowError):
        return None
