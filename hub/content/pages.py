"""The core's own kind: pages such as about, contact, privacy."""

from flask_babel import lazy_gettext as _

from hub.hooks.parts import ContentType

PAGE = ContentType(
    kind="page", path="pages", label=_("Page"), plural=_("Pages"), body_label=_("Text"), topics=False, order=90,
    navigation=False, members_may_propose=False, schema_org="WebPage",
)  # fmt: skip
