"""The kind "call": what it asks for, by when, what the jury looks at, how many go on.

Categories and criteria have a name per language: `name` in the main one, `name_ru` and so on in the others that the site has.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from babel import Locale

from hub.api import Choice, ContentType, Field, Relation, items
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
        Field("categories", "rows", _("Categories"), section="entries", columns=()),
        Field("supports", "integer", _("Supports that each member may give"), _("Empty: five."), section="jury", least=1),
        Field("most", "integer", _("So many go on to the jury, at most"), section="jury", least=1,
              hint=_("By supports. Empty: all that pass the formal check.")),
        Field("share", "integer", _("Where there are fewer than twice as many: per cent that go on"), _("For example 50."),
              section="jury", least=1),
        Field("readers", "integer", _("Jurors that read each entry"), section="jury", audience="editors", managed=True),
        Field("criteria", "rows", _("Criteria of the jury"), section="jury", columns=(
            Field("points", "integer", _("Points, at most"), required=True, least=1),
        )),
    ),
    relations=(Relation("host", to="partner", label=_("Held by"), inverse_label=_("Calls it holds"), many=True, quick=True, facet=True),),
)  # fmt: skip


def call_type() -> ContentType:
    """The kind with a column for the name in each language of the site."""
    main, *others = items.site()["languages"]
    names = tuple(
        Field(f"name_{code}" if code != main else "name", "text",
              _("Name (%(language)s)", language=Locale(code).get_display_name()) if others else _("Name"), required=code == main)
        for code in (main, *others)
    )  # fmt: skip
    named = (replace(f, columns=(*names, *f.columns)) if f.type == "rows" else f for f in CALL.fields)
    return replace(CALL, fields=tuple(named))


def name_of(row: Mapping[str, Any], language: str) -> str:
    """The name of a category or criterion in a language, else in the main one, else in any."""
    return str(row.get(f"name_{language}") or row.get("name") or next((v for k, v in row.items() if k.startswith("name_")), ""))
