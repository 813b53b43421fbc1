"""What this plugin gives to the hub: the kind "reading", and BibTeX (`.bib`) as a format of `hub import`."""

from collections.abc import Sequence

from hub.api import Choice, ContentType, Field, Importer, hookimpl
from hub.api import lazy_gettext as _

from .bibtex import read_bibtex

FORMS = (
    Choice("book", _("book")),
    Choice("article", _("article")),
    Choice("other", _("something else")),
)
READING = ContentType(
    kind="reading",
    path="readings",
    label=_("Reading"),
    plural=_("Readings"),
    intro=_("What members of the network have read and pass on."),
    add_label=_("Recommend a reading"),
    body_label=_("What it is about"),
    schema_org="CreativeWork",
    # named as BibTeX names them where that can be, so that the columns find their fields without being told
    fields=(
        Field("form", "choice", _("What it is"), choices=FORMS, facet=True, quick=True, listed=True),
        Field("author", "text", _("By whom"), quick=True, listed=True, schema_org="author"),
        Field("came_out", "partialdate", _("When it came out"), schema_org="datePublished"),
        Field("publisher", "text", _("Published by")),
        Field("url", "url", _("To be read at"), quick=True, schema_org="sameAs"),
        Field("isbn", "text", _("ISBN"), schema_org="isbn"),
    ),
)


@hookimpl
def content_types() -> Sequence[ContentType]:
    return [READING]


@hookimpl
def importers() -> Sequence[Importer]:
    # a citation key is the entry's id: importing the same file again makes no doubles
    maps = ("key=external_id", "abstract=body", "keywords=topics", "year=came_out")
    return [Importer(("bib",), "BibTeX", read_bibtex, maps)]
