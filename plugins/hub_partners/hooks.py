"""What the partner directory gives to the hub: the kind "partner", its block on the front page, demo content."""

from pathlib import Path

from hub.api import Block, Choice, ContentType, Field, Relation, hookimpl, items
from hub.api import lazy_gettext as _

KINDS = (
    Choice("cultural-centre", _("cultural centre")), Choice("coworking", _("coworking")),
    Choice("residence", _("residence")), Choice("initiative-centre", _("initiative centre")),
    Choice("creative-cluster", _("creative cluster")), Choice("ngo-resource-centre", _("NGO resource centre")),
    Choice("community-foundation", _("community foundation")), Choice("museum", _("museum")),
    Choice("theatre", _("theatre")), Choice("library", _("library")), Choice("house-of-culture", _("house of culture")),
    Choice("arts-school", _("music or art school")), Choice("association", _("association")),
    Choice("volunteer-group", _("volunteer group")), Choice("municipality", _("municipality")),
    Choice("public-authority", _("public authority")), Choice("embassy", _("embassy or cultural institute")),
    Choice("business-association", _("business association")), Choice("university", _("university")),
    Choice("company", _("company")), Choice("foundation", _("foundation")), Choice("media", _("media")),
    Choice("artist", _("artist or ensemble")),
)  # fmt: skip

PARTNER = ContentType(
    kind="partner", path="partners", label=_("Partner"), plural=_("Partners"), add_label=_("Add an organisation"),
    intro=_("Who is in the network: places to meet, people to ask, neighbours by topic."),
    body_label=_("About"), places="many", schema_org="Organization", order=20,
    sections=(("contact", _("Contact")),),
    fields=(
        Field("kind", "choice", _("Kind of organisation"), choices=KINDS, facet=True, quick=True, listed=True),
        Field("website", "url", _("Website"), section="contact", quick=True, schema_org="sameAs"),
        Field("email", "email", _("E-mail"), section="contact", quick=True, schema_org="email"),
        Field("phone", "phone", _("Phone"), section="contact", schema_org="telephone"),
        Field("socials", "rows", _("Elsewhere on the web"), section="contact", columns=(
            Field("url", "url", _("Address"), required=True), Field("label", "text", _("Name")),
        )),
        Field("contact_person", "text", _("Contact person (editors only)"), section="contact", audience="editors", personal=True),
        Field("languages", "languages", _("Languages"), hint=_("Codes with commas between: ru, en."), facet=True),
    ),
    relations=(Relation("parent", to="partner", label=_("Part of"), inverse_label=_("Belonging to it"), schema_org="parentOrganization"),),
)  # fmt: skip


@hookimpl
def content_types():
    return [PARTNER]


@hookimpl
def blocks(slot, user, subject):
    if slot != "home":
        return []
    kinds = items.count_by("partner", "kind")
    return (
        [Block("partners/home.html", {"kinds": kinds[:12]}, order=60, title=_("Partners of the network"))]
        if kinds
        else []
    )


@hookimpl
def demo(load):
    load(Path(__file__).parent / "demo", "partner")
