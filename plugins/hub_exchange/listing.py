"""The kind "listing": what somebody needs or offers, where, until when; contact goes by relayed mail only."""

from hub.api import Choice, ContentType, Field, Relation
from hub.api import lazy_gettext as _

NEED, OFFER = "need", "offer"
DIRECTIONS = (Choice(NEED, _("need")), Choice(OFFER, _("offer")))
KINDS = (
    Choice("space", _("space")), Choice("equipment", _("equipment and tools")), Choice("speaker", _("speaker")),
    Choice("volunteers", _("volunteers")), Choice("mentoring", _("mentoring")), Choice("plants", _("seeds and plants")),
    Choice("money", _("money")), Choice("skills", _("skills")), Choice("training", _("training")),
    Choice("jobs", _("jobs and internships")),
)  # fmt: skip
REACHES = tuple(Choice(str(km), _("up to %(km)s km", km=km)) for km in (2, 5, 10, 25, 50, 100))

LISTING = ContentType(
    kind="listing", path="exchange", label=_("Need or offer"), plural=_("Exchange"), add_label=_("Say what you need or offer"),
    intro=_("A room for an evening, seedlings, a speaker, a pair of hands: say what you need or can give, and see who fits."),
    body_label=_("More about it"), places="one", order=55,
    sections=(("who", _("Who needs or offers it")), ("end", _("How it ended"))),
    fields=(
        Field("direction", "choice", _("Need or offer?"), choices=DIRECTIONS, facet=True, quick=True, listed=True, required=True),
        Field("kind", "choice", _("What sort"), choices=KINDS, facet=True, quick=True, listed=True, required=True),
        Field("online", "boolean", _("Online is possible"), facet=True, quick=True),
        Field("radius", "choice", _("How far away it may be"), choices=REACHES, quick=True,
              hint=_("As far as you go, or send it. Not chosen: 25 km.")),
        Field("from", "partialdate", _("From when"), quick=True, fills="starts_at"),
        Field("until", "partialdate", _("It stands until"), quick=True, fills="ends_at",
              hint=_("A year, a month or a day: 2027-05-24. Afterwards we ask you once by mail whether it still stands.")),
        Field("languages", "languages", _("Languages"), hint=_("Codes with commas between: ru, en."), facet=True),
        Field("answers", "email", _("Your address for answers"), section="who", quick=True, audience="editors", personal=True,
              searched=False, writers=True,
              hint=_("Nobody is shown it: the hub passes letters on. Empty: they go to the organisation "
                     "named here, else to your account.")),
        Field("outcome", "longtext", _("What came of it"), section="end", translated=True),
    ),
    relations=(
        Relation("by", to="partner", label=_("Organisation"), inverse_label=_("Needs and offers"), quick=True, facet=True, section="who"),
        Relation("initiative", to="initiative", label=_("Green initiative"), inverse_label=_("Needs and offers"), section="who"),
    ),
)  # fmt: skip


def labels(choices: tuple[Choice, ...]) -> dict[str, str]:
    """Value → label, in the language of the moment."""
    return {choice.value: str(choice.label) for choice in choices}
