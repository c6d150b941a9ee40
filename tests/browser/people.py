"""What a customer and a desk agent do with their hands and see with their eyes, in the words of the pages' test ids."""

from __future__ import annotations

import os
from pathlib import Path

from playwright.sync_api import Locator, Page, expect

from tests.integration.running import PASSWORD


class OnPage:
    """Somebody in front of a page."""

    def __init__(self, page: Page, url: str) -> None:
        self.page = page
        self.url = url

    def sees(self, test_id: str) -> Locator:
        """What the page shows under a test id."""
        return self.page.get_by_test_id(test_id)

    def picture(self, name: str) -> None:
        """Keep a screenshot where CANDOUR_SCREENSHOTS says, if it says so."""
        folder = os.environ.get("CANDOUR_SCREENSHOTS")
        if folder:
            Path(folder).mkdir(parents=True, exist_ok=True)
            self.page.screenshot(path=str(Path(folder) / f"{name}.png"))


class CustomerPage(OnPage):
    """A customer on the demo bank's page."""

    def arrive(self, *, demo: str | None) -> None:
        """Open the page, sign in where wanted, open the chat, and read the disclosure."""
        self.page.goto(self.url)
        if demo is not None:
            self.page.locator(f'[data-testid=customer][data-customer="{demo}"]').click()
            expect(self.sees("customer-name")).to_be_visible()
        self.sees("launcher").click()
        expect(self.sees("disclosure").first).to_be_visible()

    def write(self, text: str) -> None:
        """Type a message and send it."""
        self.sees("composer").fill(text)
        self.sees("composer").press("Enter")

    def said_by(self, sender: str) -> Locator:
        """Messages of one kind of speaker, the disclosure among the AI's."""
        return self.page.locator(
            f'[data-testid=message][data-sender="{sender}"], [data-testid=disclosure][data-sender="{sender}"]'
        )

    def ask(self, text: str) -> str:
        """Send a message and return the AI's next one."""
        before = self.said_by("ai").count()
        self.write(text)
        answer = self.said_by("ai").nth(before)
        expect(answer).to_be_visible()
        return answer.inner_text()

    def expect_mode(self, mode: str) -> None:
        """The panel shows who has the conversation."""
        expect(self.sees("panel")).to_have_attribute("data-mode", mode)

    def seqs(self) -> list[int]:
        """The sequence numbers on the screen, from top to bottom."""
        found = self.page.locator("[data-testid=message], [data-testid=disclosure]").evaluate_all(
            "nodes => nodes.map(node => node.dataset.seq)"
        )
        return [int(seq) for seq in found if seq]

    def expect_whole(self) -> None:
        """Every message from the first on, once, in order."""
        seqs = self.seqs()
        assert seqs == list(range(1, len(seqs) + 1)), seqs

    @property
    def session_of(self) -> str:
        """The panel's mode, for messages of a failing test."""
        return self.sees("panel").get_attribute("data-mode") or ""


class DeskPage(OnPage):
    """A desk agent or supervisor at the console."""

    def log_in(self, email: str) -> None:
        """Sign in and become available."""
        self.page.goto(f"{self.url}/console/")
        self.sees("email").fill(email)
        self.sees("password").fill(PASSWORD)
        self.sees("sign-in").click()
        expect(self.sees("desk")).to_have_attribute("data-link", "online")
        available = self.sees("presence").locator("input[value=available]")
        available.click()
        expect(available).to_be_checked()

    def newest_in_queue(self) -> str:
        """The id of the only session in the queue."""
        expect(self.sees("queued")).to_have_count(1)
        return str(self.sees("queued").get_attribute("data-session"))

    def claim_first(self) -> None:
        """Take the session at the top of the queue."""
        self.sees("claim").first.click()
        expect(self.sees("conversation")).to_be_visible()

    def entries(self) -> Locator:
        """What stands in the open conversation."""
        return self.sees("entry")

    def say(self, text: str) -> None:
        """Write to the customer."""
        self.sees("composer").fill(text)
        self.sees("composer").press("Enter")
        expect(self.entries().filter(has_text=text).first).to_be_visible()

    def finish(self) -> None:
        """End the talk and close the case."""
        self.sees("end").click()
        self.sees("end-confirm").click()
        self.wrap_up()

    def wrap_up(self) -> None:
        """Close a case whose talk has ended."""
        self.sees("wrap-up").click()
        dialog = self.sees("wrap-up-dialog")
        dialog.locator("select, input[type=radio]").first.wait_for()
        select = dialog.locator("select")
        if select.count():
            select.first.select_option(index=1)
        else:
            dialog.locator("input[type=radio]").first.check()
        self.sees("summary").fill("Helped in the test.")
        self.sees("wrap-up-confirm").click()
        expect(dialog).to_have_count(0)
