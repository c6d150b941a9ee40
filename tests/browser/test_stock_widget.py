"""Rasa's community widget, as published, holds a conversation with Candour."""

from __future__ import annotations

import pytest
from playwright.sync_api import Route, expect

from tests.browser.conftest import Stage
from tests.integration.running import RunningSystem
from tests.stock_clients.install import install_stock_clients

pytestmark = pytest.mark.browser

PAGE = """<!doctype html><html><body><div id="chat"></div><script src="/stock/rasa-webchat.js"></script><script>
WebChat.default({{ selector: "#chat", socketUrl: "{url}", socketPath: "/socket.io", embedded: true,
  title: "Stock widget", params: {{ storage: "session" }} }}, null);
</script></body></html>"""


def test_rasa_webchat_shows_the_disclosure_and_an_answer(stage: Stage, system: RunningSystem) -> None:
    _, modules = install_stock_clients()
    bundle = (modules / "rasa-webchat" / "lib" / "index.js").read_text(encoding="utf-8")
    page = stage.page()

    def serve(route: Route) -> None:
        if route.request.url.endswith("rasa-webchat.js"):
            route.fulfill(body=bundle, content_type="text/javascript")
        else:
            route.fulfill(body=PAGE.format(url=system.url), content_type="text/html")

    page.route("**/stock/*", serve)
    page.goto(f"{system.url}/stock/page.html")
    expect(page.locator(".rw-response").first).to_contain_text("AI assistant")
    page.locator(".rw-new-message").fill("when does the Leeds branch open?")
    page.locator(".rw-new-message").press("Enter")
    expect(page.locator(".rw-response").last).to_contain_text("Leeds")
