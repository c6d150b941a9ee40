"""A running system and a headless Chromium for the journeys that a person makes."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from launch.browser import find_chromium
from tests.browser.people import CustomerPage, DeskPage
from tests.integration.running import RunningSystem, running_system

QUIET_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PATIENCE_MS = 20_000

expect.set_options(timeout=PATIENCE_MS)


@pytest.fixture(scope="session")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSystem]:
    """Actions, brain and switchboard, started by the launcher."""
    with running_system(tmp_path_factory.mktemp("candour")) as system:
        yield system


@pytest.fixture
def system(whole: RunningSystem) -> RunningSystem:
    """The running system, with every part answering."""
    whole.wait_ready()
    return whole


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Headless Chromium; that there is one is seen to by the launcher, and a missing one is a failure."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(os.environ), args=QUIET_FLAGS)
        yield browser
        browser.close()


class Stage:
    """Opens a browser context for each person, and keeps an eye on what their pages complain about."""

    def __init__(self, browser: Browser, system: RunningSystem) -> None:
        self._browser = browser
        self._system = system
        self._contexts: list[BrowserContext] = []
        self.complaints: list[str] = []

    def context(self, **options: object) -> BrowserContext:
        """A browser of one's own: nothing shared with the others."""
        options = {"locale": "en-GB", **options}
        context = self._browser.new_context(**options)  # type: ignore[arg-type]  # passed on as they are
        context.set_default_timeout(PATIENCE_MS)
        self._contexts.append(context)
        return context

    def page(self, **options: object) -> Page:
        """A page whose uncaught errors and policy violations count as failures."""
        page = self.context(**options).new_page()
        page.on("pageerror", lambda error: self.complaints.append(f"{page.url}: {error}"))
        page.on(
            "console",
            lambda message: (
                self.complaints.append(f"{page.url}: {message.text}")
                if "Content Security Policy" in message.text
                else None
            ),
        )
        return page

    def customer(self, *, demo: str | None = "demo-gb", **options: object) -> CustomerPage:
        """A customer on the demo bank's page, signed in unless `demo` is None, with the chat open."""
        customer = CustomerPage(self.page(**options), self._system.url)
        customer.arrive(demo=demo)
        return customer

    def desk(self, email: str = "agent@demo.example", **options: object) -> DeskPage:
        """A desk agent who is signed in and available."""
        desk = DeskPage(self.page(**options), self._system.url)
        desk.log_in(email)
        return desk

    def clear(self) -> None:
        """Everybody leaves."""
        for context in self._contexts:
            context.close()


@pytest.fixture
def stage(browser: Browser, system: RunningSystem) -> Iterator[Stage]:
    """Customers and desk agents in browsers of their own."""
    stage = Stage(browser, system)
    yield stage
    stage.clear()
    assert not stage.complaints, stage.complaints
