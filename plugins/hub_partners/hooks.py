"""What the partner directory gives to the hub: the kind "partner", who is near, vCard and JSON-LD, demo content."""

from pathlib import Path

from hub.api import Block, ContentType, Exporter, Field, Item, ListQuery, Relation, hookimpl, items
from hub.api import lazy_gettext as _
from hub_partners import exporting, networks
from hub_partners.vocabulary import ACCESS, KINDS, REGISTERS, ROOM_ACCESS, SERVICES, STANDINGS

NEAR = 0.25  # degrees of latitude that still count as near: about 28 km
VENUE = (
    Field("name", "text", _("Name of the room"), required=True), Field("capacity", "integer", _("People"), least=1),
    Field("rooms", "integer", _("Rooms"), least=1), Field("access", "choice", _("Access"), choices=ROOM_ACCESS),
    Field("note", "text", _("Equipment and terms")),
)  # fmt: skip
PERSON = (
    Field("name", "text", _("Name and surname"), required=True), Field("role", "text", _("What they do there")),
    Field("email", "email", _("E-mail")), Field("phone", "phone", _("Phone")),
    Field("agreed", "partialdate", _("Agreed to be named here, when"), required=True),
)  # fmt: skip

PARTNER = ContentType(
    kind="partner", path="partners", label=_("Partner"), plural=_("Partners"), add_label=_("Add an organisation"),
    intro=_("Who is in the network: places to meet, people to ask, neighbours by topic."),
    body_label=_("About"), places="many", schema_org="Organization", order=20,
    sections=(
        ("contact", _("Contact")), ("services", _("What it offers and looks for")), ("venue", _("Rooms and access")),
        ("people", _("People")), ("registers", _("In registers")),
    ),
    fields=(
        Field("kind", "choice", _("Kind of organisation"), choices=KINDS, facet=True, quick=True, listed=True),
        Field("standing", "choice", _("Standing"), choices=STANDINGS, facet=True, managed=True),
        Field("offers", "choices", _("Offers"), choices=SERVICES, section="services", facet=True),
        Field("offers_words", "text", _("Offers, in its own words"), section="services", translated=True),
        Field("seeks", "choices", _("Looks for"), choices=SERVICES, section="services", facet=True),
        Field("seeks_words", "text", _("Looks for, in its own words"), section="services", translated=True),
        Field("access", "choices", _("Access for everybody"), choices=ACCESS, section="venue", facet=True),
        Field("venues", "rows", _("Rooms to use"), section="venue", columns=VENUE),
        Field("website", "url", _("Website"), section="contact", quick=True, schema_org="sameAs"),
        Field("email", "email", _("E-mail"), section="contact", quick=True, schema_org="email"),
        Field("phone", "phone", _("Phone"), section="contact", schema_org="telephone"),
        Field("socials", "rows", _("Elsewhere on the web"), section="contact",
              hint=_("Telegram, VK, YouTube and others: the address of the page, such as t.me/example."), columns=(
            Field("url", "url", _("Address"), required=True), Field("label", "text", _("Name")),
        )),
        Field("languages", "languages", _("Languages"), section="contact", hint=_("Codes with commas between: ru, en."), facet=True),
        Field("people", "rows", _("People to ask"), section="people", personal=True, columns=PERSON,
              hint=_("Only who has agreed to be named to everybody; who asks to be taken out is taken out.")),
        Field("contact_person", "text", _("Contact person (editors only)"), section="people", audience="editors", personal=True),
        Field("identifiers", "rows", _("Numbers in registers"), section="registers", columns=(
            Field("register", "choice", _("Which register"), choices=REGISTERS, required=True),
            Field("number", "text", _("Number"), required=True, max_length=80),
        )),
    ),
    relations=(Relation("parent", to="partner", label=_("Part of"), inverse_label=_("Belonging to it"), schema_org="parentOrganization"),),
)  # fmt: skip


@hookimpl
def content_types():
    return [PARTNER]


@hookimpl
def blocks(slot, user, subject):
    if slot == "home" and (kinds := items.count_by("partner", "kind")):
        return [Block("partners/home.html", {"kinds": kinds[:12]}, order=60, title=_("Partners of the network"))]
    if slot == "below" and isinstance(subject, Item) and subject.kind == "partner" and (near := _near(subject)):
        return [Block("partners/near.html", {"near": near}, order=60)]
    if slot == "next" and isinstance(subject, Item) and subject.kind == "partner" and subject.status == "published":
        reach = any(subject.value(name) for name in ("phone", "email", "website", "people"))
        return [Block("partners/next.html", {"item": subject}, order=35)] if reach else []
    return []


def _near(item):
    """Up to three neighbours in the directory, the nearest first."""
    place = next((p for p in item.places if p.lat is not None), None)
    if place is None or abs(place.lat) > 85:
        return []
    box = (max(place.lon - 2 * NEAR, -180), place.lat - NEAR, min(place.lon + 2 * NEAR, 180), place.lat + NEAR)
    query = ListQuery(
        ("partner",), item.asked, item.level, bbox=box, near=(place.lat, place.lon), sort="near", limit=4
    )  # fmt: skip
    return items.load([n for n in items.find(query).ids if n != item.id][:3], item.asked, item.level)


@hookimpl
def exporters():
    """Address books and machines: one organisation or a list of them."""
    return [
        Exporter("vcf", "vCard", "text/vcard", exporting.vcards, kinds=("partner",)),
        Exporter("jsonld", "JSON-LD", "application/ld+json", exporting.jsonld, kinds=("partner",)),
    ]


@hookimpl
def started(app):
    app.jinja_env.filters["partners_network"] = networks.network


@hookimpl
def demo(load):
    load(Path(__file__).parent / "demo", "partner")
