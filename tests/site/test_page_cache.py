"""What answering costs beside the page itself: memory for what was asked, threads."""

import gc
import threading
import tracemalloc

import pytest


def test_long_requests_fill_no_memory(hub_app):
    """The same page with another long cookie each time: the page is kept once, the cookies are not."""
    client = hub_app.test_client(use_cookies=False)

    def ask(times):
        for n in range(times):
            assert client.get("/en/", headers={"Cookie": f"other={n:0>100000}"}).status_code == 200

    ask(5)
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    ask(200)
    gc.collect()
    grown = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    assert grown < 2_000_000, f"{grown / 1e6:.1f} MB of 20 MB of cookies stayed"


@pytest.mark.parametrize("path", ["/en/", "/en/cases/", "/account/login", "/nothing"])
def test_a_page_starts_no_thread(client, monkeypatch, path):
    started, start = [], threading.Thread.start
    monkeypatch.setattr(threading.Thread, "start", lambda thread: (started.append(thread), start(thread)))
    client.get(f"{path}?theme=nonsense")
    assert not started
