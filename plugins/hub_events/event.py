"""The kind "event": what can be said of one, from the announcement to the recording."""

from __future__ import annotations

from babel.dates import get_timezone_location
from flask_babel import get_locale

from hub.api import Choice, ContentType, Field, Relation
from hub.api import lazy_gettext as _


class City:
    """The name of a time zone: its city, in the language of the moment."""

    def __init__(self, zone: str) -> None:
        self.zone = zone

    def __str__(self) -> str:
        return str(get_timezone_location(self.zone, locale=get_locale() or "en", return_city=True))


ZONES = """Europe/Kaliningrad Europe/Moscow Europe/Samara Europe/Volgograd Asia/Yekaterinburg Asia/Omsk Asia/Novosibirsk
Asia/Novokuznetsk Asia/Krasnoyarsk Asia/Irkutsk Asia/Yakutsk Asia/Vladivostok Asia/Magadan Asia/Kamchatka Europe/Minsk
Asia/Almaty Asia/Tashkent Asia/Tbilisi Asia/Yerevan Asia/Baku Europe/Istanbul Europe/Helsinki Europe/Riga Europe/Belgrade
Europe/Berlin Europe/Paris Europe/Madrid Europe/Rome Europe/Vienna Europe/London Europe/Dublin Atlantic/Reykjavik
America/New_York America/Los_Angeles Asia/Tokyo UTC""".split()

FORMATS = (
    Choice("lecture", _("lecture")), Choice("class", _("class or master class")), Choice("livestream", _("livestream")),
    Choice("virtual-tour", _("virtual tour")), Choice("exhibition", _("exhibition")), Choice("concert", _("concert")),
    Choice("performance", _("performance")), Choice("screening", _("film screening")), Choice("festival", _("festival")),
    Choice("excursion", _("excursion")), Choice("sports", _("sports activity")), Choice("street-game", _("street game")),
    Choice("conference", _("conference")), Choice("lab", _("lab")), Choice("meeting", _("meeting")),
    Choice("volunteering", _("volunteering day")),
)  # fmt: skip
ATTENDANCE = (Choice("on-site", _("on site")), Choice("online", _("online")), Choice("both", _("on site and online")))
AGES = tuple(Choice(f"{n}+", f"{n}+") for n in (0, 6, 12, 16, 18))
ACCESS = (
    Choice("wheelchair", _("step-free, for wheelchairs")), Choice("subtitles", _("live subtitles")),
    Choice("sign-language", _("sign language")), Choice("hearing-loop", _("hearing loop")),
    Choice("audio-description", _("audio description")), Choice("easy-language", _("easy language")),
    Choice("quiet-room", _("quiet room")),
)  # fmt: skip
HELPERS = (
    Choice("curator", _("curator")), Choice("teacher", _("teacher")), Choice("moderator", _("moderator")),
    Choice("interpreter", _("interpreter")), Choice("volunteer", _("volunteer")),
)  # fmt: skip
CLOCK = _("Hour and minute: 18:30")

EVENT = ContentType(
    kind="event", path="events", label=_("Event"), plural=_("Events"), add_label=_("Announce an event"),
    intro=_("What you can join now, what comes next, and what can be watched again."),
    body_label=_("What happens"), places="many", dated=True, schema_org="Event", order=30,
    sections=(
        ("online", _("Online and afterwards")), ("people", _("Who it is for and who makes it")), ("org", _("Organisations")),
        ("reach", _("Whom it reached")),
    ),
    fields=(
        Field("starts", "datetime", _("Begins"), _("Local time of the event: 2026-11-20 18:30"), required=True, quick=True,
              fills="starts_at"),
        Field("ends", "datetime", _("Ends"), _("Local time of the event: 2026-11-20 20:00"), required=True, quick=True,
              fills="ends_at"),
        Field("zone", "choice", _("Time zone"), _("The time zone of these hours; empty: the site's own."),
              choices=tuple(Choice(zone, City(zone)) for zone in ZONES), fills="timezone"),
        Field("days", "rows", _("Days with hours of their own"), columns=(
            Field("day", "partialdate", _("Day"), required=True), Field("from", "text", _("From (hour)"), CLOCK, max_length=5),
            Field("until", "text", _("Until"), CLOCK, max_length=5)), searched=False),
        Field("format", "choice", _("Format"), choices=FORMATS, facet=True, listed=True, quick=True),
        Field("attendance", "choice", _("Attendance"), choices=ATTENDANCE, facet=True, listed=True, quick=True),
        Field("unconfirmed", "boolean", _("The date is not yet confirmed")),
        Field("cancelled", "boolean", _("Cancelled")),
        Field("live", "url", _("Live address"), _("YouTube, VK Video, Rutube, PeerTube, Zoom or any other link."),
              section="online", quick=True),
        Field("live_closed", "url", _("Live address only for who has a place"), section="online", audience="editors", writers=True,
              searched=False,
              hint=_("Stands on no page, in no list and file: only in letters and with the registration of who has a place.")),
        Field("replay", "url", _("Recording"), section="online", facet=True),
        Field("length", "integer", _("Length of the recording, minutes"), section="online"),
        Field("chapters", "rows", _("Chapters of the recording"), section="online", columns=(
            Field("at", "text", _("Time"), required=True, max_length=8), Field("label", "text", _("Title"), required=True))),
        Field("materials", "rows", _("Materials"), section="online", columns=(
            Field("label", "text", _("Name")), Field("url", "url", _("Address"), required=True))),
        Field("languages", "languages", _("Languages"), _("Codes: ru, en"), section="people", facet=True),
        Field("interpretation", "languages", _("Interpretation into"), _("Codes: ru, en"), section="people"),
        Field("for_whom", "text", _("For whom"), section="people", translated=True),
        Field("age", "choice", _("Age mark"), section="people", choices=AGES, facet=True),
        Field("free", "boolean", _("Free of charge"), section="people", facet=True, quick=True),
        Field("price", "text", _("Price"), section="people", translated=True),
        Field("access", "choices", _("Accessibility"), section="people", choices=ACCESS, facet=True),
        Field("helpers", "rows", _("People who help"), section="people", columns=(
            Field("role", "choice", _("Role"), choices=HELPERS), Field("name", "text", _("Name and surname"), required=True))),
        Field("contact", "rows", _("Contact"), section="people", personal=True, searched=False, columns=(
            Field("name", "text", _("Name and surname"), required=True), Field("email", "email", _("Contact address")),
            Field("agreed", "boolean", _("agrees to be shown here"), required=True))),
        Field("represented", "rows", _("Represented by another organisation"), section="org", columns=(
            Field("who", "text", _("Organisation"), required=True), Field("by", "text", _("Represented by"), required=True))),
        Field("came", "integer", _("People who came"), _("Empty: as many as were checked in here."), section="reach"),
        Field("viewers", "integer", _("People who watched online"), _("As the video site counts them."), section="reach"),
        Field("replays", "integer", _("Recording opened, times"), _("As the video site counts it."), section="reach"),
    ),
    relations=tuple(
        Relation(name, "partner", label, inverse, many=True, quick=name == "organiser", facet=name == "organiser",
                 section="org", schema_org=schema)
        for name, label, inverse, schema in (
            ("organiser", _("Organiser"), _("Organises"), "organizer"),
            ("coorganiser", _("Co-organiser"), _("Co-organises"), ""),
            ("partner", _("Partner"), _("Takes part in"), ""), ("supporter", _("Supporter"), _("Supports"), "sponsor"),
            ("venue", _("Venue"), _("Hosts"), ""), ("media", _("Media partner"), _("Reports on"), ""),
        )
    ),
)  # fmt: skip
