"""The kind "news": own articles and entries of feeds, told apart by `origin`."""

from hub.api import Choice, ContentType, Field, Relation
from hub.api import lazy_gettext as _

RUBRICS = (
    Choice("news", _("news")), Choice("announcement", _("announcement")), Choice("report", _("report")),
    Choice("interview", _("interview")), Choice("opinion", _("opinion")), Choice("opportunity", _("opportunity")),
    Choice("publication", _("publication")),
)  # fmt: skip
ORIGINS = (Choice("own", _("our own article")), Choice("feed", _("from a partner's feed")))
FEEDS = "feed:"  # how `Content.origin` of an entry begins; the source's number follows

NEWS = ContentType(
    kind="news", path="news", label=_("News item"), plural=_("News"), add_label=_("Write an article"),
    intro=_("What the network and its partners tell, in one river."), body_label=_("Text"), schema_org="NewsArticle",
    order=30, borrowed=FEEDS,
    sections=(("more", _("More")),),
    fields=(
        Field("rubric", "choice", _("Rubric"), choices=RUBRICS, facet=True, quick=True, listed=True),
        Field("authors", "text", _("Authors"), hint=_("Names with commas between."), translated=True, quick=True, schema_org="author"),
        Field("support", "url", _("Support link"), section="more", hint=_("Where readers can give or sign up: “Liked it? Help us.”")),
        Field("origin", "choice", _("Whose text"), section="more", choices=ORIGINS, facet=True, searched=False),
    ),
    relations=(Relation("partner", to="partner", label=_("Partner"), inverse_label=None, many=True, quick=True, facet=True),),
)  # fmt: skip
