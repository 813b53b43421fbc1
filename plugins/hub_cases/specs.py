"""The hook that this plugin publishes: other plugins bring adoptions of practices by it."""

from hub.api import hookspec


@hookspec(firstresult=True)
def offer_adoption(case, adoption):
    """Bring an adoption of a practice (its uid) that another plugin knows of; answers the adoption's uid, None where there is no
    such practice or the plugin is off. It waits for an editor or those who keep the practice, like one that a reader sends.

    adoption: {"stage": "adopted", "adapting" or "unfit", "names": {language: who}, "texts": {language: what was changed, or why
    it did not fit}, "city": {language: name}, "country": two letters, "year": number, "evidence": address, "adopter": uid of a
    partner, "lat", "lon", "user_id", "offered_by": name of the plugin, "key": offered again under one key changes the earlier one}.
    Everything but stage and names may be missing. Raises ValueError saying what is wrong. Who calls commits.
    Example: `ask("offer_adoption", case=uid, adoption={"stage": "adapting", "names": {"en": "Perm"}, "offered_by": "labs"})`
    """


@hookspec
def counted(partners, years):
    """What another plugin has counted of the work of these partners (their ids) in each of these years, for the figures of a practice
    that they keep; a person ticks what is taken over.

    Each: {"year": 2025, "unit": a unit of a practice's figures such as "events", "participants", "volunteers", "partners" or "views",
    "value": number, "said": what was counted, in a few words of the language of the moment, "url": the list that it counts}.
    Example: `return [{"year": 2025, "unit": "trees", "value": 40, "said": gettext("trees planted"), "url": "/en/trees/?year=2025"}]`
    """
