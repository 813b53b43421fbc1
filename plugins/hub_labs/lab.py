"""The kind "lab", and the words in which its results are sorted."""

from __future__ import annotations

from flask_babel import force_locale

from hub.api import Choice, ContentType, Field, Item, Relation, gettext
from hub.api import lazy_gettext as _

STAKEHOLDERS = (
    Choice("municipality", _("municipality")), Choice("region", _("regional authority")), Choice("business", _("business")),
    Choice("activists", _("activists")), Choice("ngo", _("public organisations")), Choice("culture", _("cultural institutions")),
    Choice("residents", _("residents")),
)  # fmt: skip
STATES = (
    Choice("promised", _("promised")), Choice("going", _("going on")), Choice("done", _("done")), Choice("dropped", _("dropped")),
)  # fmt: skip
MAX_QUESTIONS = 8

LAB = ContentType(
    kind="lab", path="labs", label=_("Lab"), plural=_("Labs"), add_label=_("Set up a lab"), body_label=_("What the lab is about"),
    intro=_("People take real cases apart in small groups; what they find, ask for and promise stays here."),
    places="one", order=32, part_of="event", schema_org="CreativeWork", members_may_propose=False,
    sections=(("work", _("Work and results")),),
    fields=(
        Field("questions", "longtext", _("Key questions"), _("One in a line. Empty: the usual three."), section="work",
              translated=True, quick=True),
        Field("outcome", "longtext", _("Results as one text"),
              _("Written anew from the rows each time the results are published; edit it afterwards, not before."),
              section="work", translated=True),
    ),
    relations=(
        Relation("event", to="event", label=_("Event"), inverse_label=None, quick=True),
        Relation("case", to="case", label=_("Cases it works on"), inverse_label=_("Worked on in the labs"), many=True, section="work"),
        Relation("organiser", to="partner", label=_("Held by"), inverse_label=_("Labs it holds"), many=True, facet=True),
    ),
)  # fmt: skip


def usual_questions() -> list[str]:
    """The three that a working platform answers, where nobody wrote others."""
    return [
        gettext("What troubles do we have?"), gettext("What ways exist to overcome them?"), gettext("What can we do ourselves?"),
    ]  # fmt: skip


def lines(text: str) -> list[str]:
    return [line.strip()[:300] for line in text.splitlines() if line.strip()][:MAX_QUESTIONS]


def questions_of(item: Item, language: str) -> list[str]:
    """The key questions of a lab in a language: its own, else those it has in another language, else the usual three."""
    own = {code: lines(text["fields"].get("questions") or "") for code, text in item.all_texts.items()}
    if found := own.get(language) or next((asked for asked in own.values() if asked), []):
        return found
    with force_locale(language):
        return usual_questions()


def stakeholder(value: str) -> str:
    """Its name in the language of the moment; one that is not in the list as it was written."""
    return next((str(choice.label) for choice in STAKEHOLDERS if choice.value == value), value)


def state_label(value: str) -> str:
    return next((str(choice.label) for choice in STATES if choice.value == value), value)
