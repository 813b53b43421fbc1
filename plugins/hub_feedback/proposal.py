"""The kind "proposal": a wish of the public, which people vote for and which may become an event."""

from hub.api import Choice, ContentType, Field, Relation
from hub.api import lazy_gettext as _

FORMATS = (
    Choice("talk", _("talk or lecture")), Choice("workshop", _("workshop")), Choice("walk", _("walk or visit")),
    Choice("meeting", _("meeting")), Choice("course", _("course")), Choice("other", _("something else")),
)  # fmt: skip

PROPOSAL = ContentType(
    kind="proposal", path="proposals", label=_("Wish"), plural=_("What next?"), add_label=_("Propose something"),
    intro=_("What would you like to see, hear or do next? Propose it, and vote for as many wishes of others as you like."),
    body_label=_("More about it"), order=66, members_may_propose=False, schema_org="CreativeWork",
    fields=(Field("format", "choice", _("Format"), choices=FORMATS, facet=True, quick=True, listed=True),),
    relations=(Relation("became", to="event", label=_("Became the event"), inverse_label=_("Wished for by"), many=True, quick=True),),
)  # fmt: skip
