"""The hooks that this plugin publishes: who else may read what is not for everybody."""

from hub.api import hookspec


@hookspec(firstresult=True)
def further_changes(since, limit):
    """What whoever makes this request may read of the change log beside what is public; None where that is nothing.

    Answers {"changes": changes after `since`, oldest first, at most `limit`; "until": the number up to which these are known (the
    public ones after it wait); "head": the number of the newest; "kinds": of which entries for members may be read; "mark": a word
    that changes when what is granted does, told to whoever asks as `shared`}.
    Example: `return {"changes": [], "until": 40, "head": 12, "kinds": ["tool"], "mark": "1"} if trusted(request) else None`
    """


@hookspec(firstresult=True)
def entrusted(content):
    """Whether whoever makes this request may read an item that is not public: as visitors would, less data about people.

    Example: `return True if trusted(request) and content.audience == "members" else None`
    """
