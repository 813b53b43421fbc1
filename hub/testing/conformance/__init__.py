"""The conformance kit: what every plugin of the hub keeps to, as tests for one plugin.

    from hub.testing.conformance import *  # in a test file of the plugin

The plugin under test is named by `--hub-plugin NAME_OR_DIR`, by the ini option `hub_plugin`, or by a list `hub_plugin` in
the test module. See docs/testing-plugins.md.
"""

from hub.testing.conformance.audience import *  # noqa: F403
from hub.testing.conformance.audience import __all__ as _audience
from hub.testing.conformance.card import *  # noqa: F403
from hub.testing.conformance.card import __all__ as _card
from hub.testing.conformance.content import *  # noqa: F403
from hub.testing.conformance.content import __all__ as _content
from hub.testing.conformance.pages import *  # noqa: F403
from hub.testing.conformance.pages import __all__ as _pages
from hub.testing.conformance.storage import *  # noqa: F403
from hub.testing.conformance.storage import __all__ as _storage
from hub.testing.conformance.switching import *  # noqa: F403
from hub.testing.conformance.switching import __all__ as _switching

__all__ = [*_audience, *_card, *_content, *_pages, *_storage, *_switching]
