"""The kind "initiative": what people grow, mend and look after, and how to join."""

from hub.api import Choice, ContentType, Field, Relation
from hub.api import lazy_gettext as _

KINDS = (
    Choice("community-garden", _("community garden")), Choice("edible-bed", _("edible bed")),
    Choice("orchard", _("orchard")), Choice("school-garden", _("school garden")),
    Choice("rooftop-courtyard", _("rooftop or courtyard garden")), Choice("park-stewardship", _("park stewardship")),
    Choice("composting", _("composting")), Choice("tree-planting", _("tree planting")),
    Choice("seed-exchange", _("seed or plant exchange")), Choice("recycling-point", _("recycling point")),
    Choice("repair-cafe", _("repair café")), Choice("pollinator-garden", _("pollinator garden")),
)  # fmt: skip
STAGES = (
    Choice("idea", _("an idea")), Choice("looking", _("looking for people")), Choice("growing", _("growing")),
    Choice("dormant", _("dormant")), Choice("ended", _("come to its end")),
)  # fmt: skip
SEASONS = (
    Choice("spring", _("spring")), Choice("summer", _("summer")), Choice("autumn", _("autumn")),
    Choice("winter", _("winter")),
)  # fmt: skip
NEEDS = (
    Choice("hands", _("hands")), Choice("knowledge", _("knowledge")), Choice("tools", _("tools")),
    Choice("soil", _("soil or compost")), Choice("plants", _("seeds and plants")), Choice("water", _("water")),
    Choice("land", _("land or a room")), Choice("transport", _("transport")), Choice("money", _("money")),
)  # fmt: skip

INITIATIVE = ContentType(
    kind="initiative", path="initiatives", label=_("Green initiative"), plural=_("Green initiatives"),
    add_label=_("Mark a place"), intro=_("What grows, is mended and looked after nearby, and when you can join."),
    body_label=_("What it is"), body_quick=False, places="many", schema_org="Place", order=30,
    sections=(("join", _("Joining in")), ("contact", _("Contact"))),
    fields=(
        Field("kind", "choice", _("Kind of initiative"), choices=KINDS, facet=True, quick=True, listed=True, required=True),
        Field("stage", "choice", _("State of the initiative"), choices=STAGES, facet=True, quick=True, listed=True),
        Field("season", "choices", _("Active in"), choices=SEASONS, facet=True,
              hint=_("The seasons in which somebody is there.")),
        Field("since", "partialdate", _("Since")),
        Field("join", "longtext", _("How to join"), section="join", translated=True, quick=True,
              hint=_("When people meet, where, what to bring, whom to ask.")),
        Field("needs", "choices", _("What is needed"), section="join", choices=NEEDS, facet=True),
        Field("languages", "languages", _("Languages spoken"), section="join", facet=True,
              hint=_("Codes with commas between: ru, en.")),
        Field("website", "url", _("Website"), section="contact", schema_org="sameAs"),
        Field("email", "email", _("E-mail for everybody"), section="contact", schema_org="email",
              hint=_("Shown on the page: only what its owner has agreed to publish, "
                     "better an address of the initiative than a person's own.")),
        Field("phone", "phone", _("Phone for everybody"), section="contact", schema_org="telephone"),
        Field("contact", "rows", _("Contact person, shown to everybody"), section="contact", personal=True, searched=False, columns=(
            Field("name", "text", _("Name and surname"), required=True), Field("reach", "text", _("Mail or phone")),
            Field("agreed", "boolean", _("agrees to be shown here"), required=True))),
        Field("contact_person", "text", _("Contact person (editors only)"), section="contact", audience="editors", personal=True),
        Field("contact_details", "text", _("Mail or phone of the person (editors only)"), section="contact", audience="editors",
              personal=True),
    ),
    relations=(
        Relation("days", to="event", label=_("Volunteering days"), inverse_label=_("Green initiatives"), many=True, section="join"),
        Relation("keeper", to="partner", label=_("Kept by"), inverse_label=_("Green initiatives"), many=True, facet=True),
    ),
)  # fmt: skip
