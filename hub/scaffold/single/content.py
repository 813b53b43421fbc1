"""PLUGIN_LABEL: a whole plugin in one file. It speaks English; a package of its own brings templates and translations
(`hub plugin new` without `--single`)."""

from collections.abc import Sequence

from hub.api import Choice, ContentType, Field, Plugin, hookimpl

plugin = Plugin(name="PLUGIN_NAME", label="PLUGIN_LABEL", summary="PLUGIN_SUMMARY")
STATES = (
    Choice("open", "open to everybody"),
    Choice("ask", "ask first"),
    Choice("closed", "closed for now"),
)


@hookimpl
def content_types() -> Sequence[ContentType]:
    return [
        ContentType(
            kind="PLUGIN_KIND",
            path="PLUGIN_NAME",
            label="PLUGIN_ITEM",
            plural="PLUGIN_LABEL",
            intro="What there is, where it is, and how it is at the moment.",
            add_label="Add what you know",
            body_label="More about it",
            places="one",
            fields=(
                Field("state", "choice", "At the moment", choices=STATES, facet=True, quick=True, listed=True),
                Field("hours", "text", "When to come", translated=True, quick=True),
                Field("since", "partialdate", "There since"),
            ),
        )
    ]
