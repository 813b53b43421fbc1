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
