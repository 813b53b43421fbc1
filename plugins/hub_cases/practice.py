"""The practice form: field-compatible with the application form of the IOPD award (part 1 basic data, part 2 description)."""

from typing import Any

from hub.api import Choice, ContentType, Field, Relation
from hub.api import lazy_gettext as _

CANDIDACY = (
    Choice("new", _("new experience")), Choice("innovation", _("innovation on an existing experience")),
)  # fmt: skip
EXPERIENCE = (
    Choice("participatory-budgeting", _("participatory budgeting")), Choice("urban-planning", _("urban planning")),
    Choice("council", _("council")), Choice("workshop", _("workshop or meeting for diagnosis, monitoring and the like")),
    Choice("forum", _("audience or forum")), Choice("poll", _("poll or referendum")), Choice("jury", _("citizen jury")),
    Choice("e-government", _("e-government or open government")), Choice("citizen-initiative", _("citizen initiative")),
    Choice("other", _("other")),
)  # fmt: skip
AIMS = (
    Choice("equality", _("more equality in participation, diversity as a criterion for inclusion")),
    Choice("community-empowerment", _("community empowerment")),
    Choice("empower-unorganised", _("empower non-organised citizens")),
    Choice("political-rights", _("more rights of citizens in political participation")),
    Choice("connect-tools", _("connect different tools of participation in one “ecosystem”")),
    Choice("effectiveness", _("more effective and efficient mechanisms of participation")),
    Choice("decision-quality", _("better public decisions through participation")),
    Choice("evaluation", _("better evaluation and accountability of participation")),
)  # fmt: skip
AREAS = (
    Choice("all", _("all the territory")), Choice("district", _("district")), Choice("neighbourhood", _("neighbourhood")),
)  # fmt: skip
THEMES = (
    Choice("governance", _("governance")), Choice("education", _("education")), Choice("transport", _("transport")),
    Choice("urban-management", _("urban management")), Choice("health", _("health")), Choice("security", _("security")),
    Choice("environment", _("environment and urban agriculture")),
    Choice("movements", _("new social movements and associations")), Choice("culture", _("culture")),
    Choice("housing", _("housing")), Choice("jobs", _("job creation")), Choice("decentralisation", _("decentralisation")),
    Choice("local-development", _("local development")), Choice("training", _("training and learning")),
    Choice("economy", _("economy and finances")), Choice("legal", _("legal regulations")),
    Choice("inclusion", _("social inclusion")), Choice("all", _("all themes")), Choice("other", _("other themes")),
)  # fmt: skip
UNITS = (
    Choice("participants", _("participants")), Choice("events", _("events")), Choice("volunteers", _("volunteers")),
    Choice("partners", _("partner organisations")), Choice("places", _("places")), Choice("activities", _("areas of activity")),
    Choice("sessions", _("sessions")), Choice("beds", _("garden beds")), Choice("trees", _("trees")),
    Choice("visits", _("visits")), Choice("views", _("recordings opened")), Choice("residents", _("residents")), Choice("days", _("days")),
    Choice("platforms", _("working platforms")), Choice("people", _("people")), Choice("kilograms", _("kilograms")),
    Choice("square-metres", _("square metres")), Choice("euros", _("euros")), Choice("roubles", _("roubles")),
)  # fmt: skip


def _story(name: str, label: object, section: str = "dimensions", **more: Any) -> Field:
    return Field(name, "longtext", label, section=section, translated=True, **more)


FIELDS = (
    Field("institution", "text", _("Institution presenting it"), section="basic", translated=True),
    Field("start", "partialdate", _("Start"), section="basic", quick=True, fills="starts_at"),
    Field("end", "partialdate", _("End"), section="basic", quick=True, fills="ends_at"),
    Field("candidacy", "choice", _("Type of candidacy"), section="basic", choices=CANDIDACY, facet=True),
    Field("experience_types", "choices", _("Type of experience"), section="basic", choices=EXPERIENCE, facet=True, quick=True),
    Field("experience_other", "text", _("Other type of experience"), section="basic", translated=True),
    Field("aims", "choices", _("What it is meant to achieve"), section="basic", choices=AIMS, facet=True),
    Field("area", "choice", _("Territorial area"), section="basic", choices=AREAS, facet=True),
    Field("themes", "choices", _("Thematic areas"), section="basic", choices=THEMES, facet=True, listed=True),
    _story("objective", _("Main objective"), "objectives", quick=True),
    _story("achievement", _("How it was achieved"), "objectives"),
    _story("extent", _("To what extent it was achieved"), "objectives"),
    _story("innovation", _("What is new about it")),
    _story("transferability", _("What it takes to repeat it")),
    _story("feasibility", _("Why it is feasible")),
    _story("coordination", _("Coordination with others")),
    _story("coresponsibility", _("Who shares responsibility")),
    _story("evaluation", _("Evaluation and accountability")),
    _story("before", _("Situation before"), "beyond"),
    _story("lessons", _("What was learned, and what did not work"), "beyond"),
    Field("figures", "rows", _("Figures"), section="facts", columns=(
        Field("unit", "choice", _("of what"), choices=UNITS, required=True), Field("more", "boolean", _("more than")),
        Field("value", "number", _("Number"), required=True), Field("year", "partialdate", _("Year")),
    )),
    Field("languages", "languages", _("Languages"), section="facts", hint=_("Codes with commas between: ru, en.")),
    Field("links_out", "rows", _("Links"), section="facts", columns=(
        Field("url", "url", _("Address"), required=True), Field("label", "text", _("Name")),
    )),
)  # fmt: skip
UNKNOWN = Field(
    "unknown", "choices", _("Nobody knows"), section="facts", searched=False,
    hint=_("What was asked and could not be found out. It is not asked for again, and readers see that it is not forgotten."),
    choices=tuple(Choice(f.name, f.label) for f in FIELDS if f.name != "experience_other"),
)  # fmt: skip
FOR_EDITORS = (
    Field("contact_email", "email", _("E-mail for questions (editors only)"), section="facts", audience="editors", personal=True),
    Field("remarks", "longtext", _("Remarks (editors only)"), section="facts", audience="editors", searched=False, max_length=100_000,
          hint=_("For example what an import found no field for.")),
)  # fmt: skip
PRACTICE = ContentType(
    kind="case", path="cases", label=_("Practice"), plural=_("Practices"), add_label=_("Tell about a practice"),
    intro=_("What cities and villages have done already, told in one form, so that it can be compared and repeated."),
    body_label=_("Summary of the experience"), body_quick=False, places="many", schema_org="CreativeWork", order=10,
    sections=(("basic", _("Basic data")), ("objectives", _("Objectives")), ("dimensions", _("Dimensions of the experience")),
              ("beyond", _("Beyond the award form")), ("facts", _("Figures, links, contact"))),
    fields=(*FIELDS, UNKNOWN, *FOR_EDITORS),
    relations=(
        Relation("holder", to="partner", label=_("Kept by"), inverse_label=_("Practices it keeps"), quick=True,
                 facet=True, section="basic", schema_org="creator"),
        Relation("based_on", to="case", label=_("Taken over from"), inverse_label=_("Taken over in"), section="basic"),
    ),
)  # fmt: skip
