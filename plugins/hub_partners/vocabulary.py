"""The closed vocabularies of the directory; an instance changes any of them in hub.toml (`[vocabulary."partner.offers"]`)."""

from hub.api import Choice
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
SERVICES = (
    Choice("rooms", _("rooms for events")), Choice("exhibition", _("exhibition space")), Choice("workplace", _("workplaces and workshops")),
    Choice("land", _("land and courtyards")), Choice("stage", _("stage, sound and light")), Choice("equipment", _("tools and equipment")),
    Choice("lodging", _("lodging for guests")), Choice("speakers", _("speakers and teachers")),
    Choice("advice", _("advice and mentoring")), Choice("funding", _("money and grants")), Choice("volunteers", _("volunteers")),
    Choice("publicity", _("publicity and media")), Choice("translation", _("translation and interpreting")),
    Choice("collections", _("collections and archives")), Choice("partners", _("partners for projects")),
)  # fmt: skip
ACCESS = (
    Choice("step-free", _("step-free entrance")), Choice("lift", _("lift or everything on one floor")),
    Choice("toilet", _("accessible toilet")), Choice("parking", _("reserved parking")), Choice("hearing-loop", _("hearing loop")),
    Choice("sign-language", _("sign language")), Choice("tactile", _("tactile guidance or Braille")),
    Choice("easy-language", _("texts in easy language")), Choice("quiet", _("a quiet room")),
)  # fmt: skip
ROOM_ACCESS = (
    Choice("full", _("reachable by wheelchair")), Choice("partly", _("with help")), Choice("no", _("only by stairs")),
)  # fmt: skip
REGISTERS = (
    Choice("inn", _("INN (Russia)")), Choice("ogrn", _("OGRN (Russia)")), Choice("gb-coh", _("Companies House (UK)")),
    Choice("gb-chc", _("Charity Commission (England and Wales)")), Choice("vat", _("VAT number")), Choice("lei", _("LEI")),
    Choice("ror", _("ROR (research organisations)")), Choice("isil", _("ISIL (libraries, archives, museums)")),
    Choice("isni", _("ISNI (names)")), Choice("wikidata", _("Wikidata")), Choice("other", _("another register")),
)  # fmt: skip
STANDINGS = (Choice("claimed", _("claimed, being checked")), Choice("verified", _("verified by the organisation")))
