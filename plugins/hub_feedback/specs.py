"""The hooks that this plugin publishes: what others know goes into the organisers' reports."""

from hub.api import hookspec


@hookspec
def figures(period):
    """Lines of the annual report: (label, number, address of the list that it counts) for a period (first day, last day).

    Labels are in the language of the moment; the address is a path of this site, or empty where there is no list.
    Example: `return [(gettext("Trees planted"), 12, f"/{lang}/trees/?year=2026")]`
    """


@hookspec
def turnout(contents):
    """How many people each of these items (their ids) reached: id → {name: number}.

    Names: registered, attended, no_show, online, replays, helpers (people who helped); any may be missing.
    Example: `return {17: {"registered": 40, "attended": 31, "no_show": 9}}`
    """


@hookspec
def hearers(content):
    """People with accounts who can be written to privately about an item, beside those who answer for it: speakers, leaders.

    Each: {"key": a word for forms, "name": as the public knows them, "user_id": the account}. Addresses are never shown.
    Example: `return [{"key": "boats-7", "name": "Anna Serova", "user_id": 12}]`
    """
