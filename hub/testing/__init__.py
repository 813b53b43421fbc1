"""For tests of core and of plugins: the pytest plugin (`hub.testing.fixtures`), the kit (`hub.testing.conformance`) and
what both are made of. Everything is imported when it is first asked for, so that pytest starts no slower."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hub.testing.bench import Bench
    from hub.testing.crawling import Crawler, Page
    from hub.testing.instances import Instances
    from hub.testing.remote import RemoteSite
    from hub.testing.samples import sample_document, sample_value

_HOMES = {
    "Bench": "bench", "Crawler": "crawling", "Instances": "instances", "Page": "crawling", "RemoteSite": "remote",
    "sample_document": "samples", "sample_value": "samples",
}  # fmt: skip
__all__ = ["Bench", "Crawler", "Instances", "Page", "RemoteSite", "sample_document", "sample_value"]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(name)
    return getattr(import_module(f"hub.testing.{_HOMES[name]}"), name)
