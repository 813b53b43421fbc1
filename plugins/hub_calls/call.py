"""The kind "call": what it asks for, by when, what the jury looks at, how many go on."""

from hub.api import Choice, ContentType, Field, Relation
from hub.api import lazy_gettext as _

STAGES = (
    Choice("entries", _("entries are taken")), Choice("check", _("formal check")), Choice("public", _("public comment and support")),
    Choice("jury", _("the jury reads")), Choice("decided", _("winners are known")),
)  # fmt: skip
ORDER = tuple(choice.value for choice in STAGES)

CALL = ContentType(
    kind="call", path="calls", label=_("Call"), plural=_("Calls"), add_label=_("Announce a call"),
    intro=_("Awards and contests: what they look for, by when, and who won."), body_label=_("About this call"),
    dated=True, members_may_propose=False, order=45,
    sections=(("entries", _("Entries to the call")), ("jury", _("Choosing"))),
    fields=(
        Field("stage", "choice", _("Stage"), choices=STAGES, facet=True, listed=True, managed=True),
        Field("edition", "text", _("Edition"), quick=True),
        Field("opens", "datetime", _("Entries from"), required=True, quick=True, fills="starts_at"),
        Field("closes", "datetime", _("Entries until"), required=True, quick=True, fills="ends_at"),
        Field("eligibility", "longtext", _("Who may take part"), section="entries", translated=True, quick=True),
        Field("asks", "longtext", _("What an entry must have"), section="entries", translated=True),
        Field("categories", "rows", _("Categories"), section="entries", columns=(Field("name", "text", _("Name"), required=True),)),
        Field("supports", "integer", _("Supports that each member may give"), _("Empty: five."), section="jury"),
        Field("most", "integer", _("So many go on to the jury, at most"), section="jury",
              hint=_("By supports. Empty: all that pass the formal check.")),
        Field("share", "integer", _("Where there are fewer than twice as many: per cent that go on"), _("For example 50."), section="jury"),
        Field("readers", "integer", _("Jurors that read each entry"), section="jury", audience="editors", managed=True),
        Field("criteria", "rows", _("Criteria of the jury"), section="jury", columns=(
            Field("name", "text", _("Criterion"), required=True), Field("points", "integer", _("Points, at most"), required=True),
        )),
    ),
    relations=(Relation("host", to="partner", label=_("Held by"), inverse_label=_("Calls it holds"), many=True, quick=True, facet=True),),
)  # fmt: skip
