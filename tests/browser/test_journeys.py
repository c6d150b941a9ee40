"""The journeys of the front page, made in a real browser by real clicks."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Stage
from tests.browser.people import CustomerPage
from tests.integration.running import RunningSystem, wait_for

pytestmark = pytest.mark.browser

SCAM = "I sent my savings to the safe account the officer told me about"


def person_button_box(customer: CustomerPage) -> dict[str, float]:
    """Where "Talk to a person" stands."""
    box = customer.sees("talk-to-person").bounding_box()
    assert box is not None
    return {"x": box["x"], "y": box["y"]}


def test_customer_reads_what_it_is_and_how_to_reach_a_person_before_typing(stage: Stage) -> None:
    customer = stage.customer(demo=None)
    text = customer.sees("disclosure").inner_text()
    assert re.search(r"AI assistant", text)
    assert "not a person" in text
    assert "Talk to a person" in text
    assert "recorded" in text
    assert "AI" in customer.sees("speaker-label").inner_text()
    expect(customer.sees("talk-to-person")).to_be_visible()
    expect(customer.sees("panel").locator("img")).to_have_count(0)
    customer.picture("1-disclosure")


def test_three_routine_questions_are_answered_from_the_banks_data(stage: Stage) -> None:
    customer = stage.customer()
    assert "£" in customer.ask("what's my balance?")
    assert "declined" in customer.ask("why was my card payment declined?")
    assert "open" in customer.ask("when does the Leeds branch open?").lower()
    customer.expect_whole()
    customer.picture("2-routine")


def test_anonymous_customer_is_told_how_to_sign_in(stage: Stage) -> None:
    customer = stage.customer(demo=None)
    assert "sign in" in customer.ask("what's my balance?")
    assert "open" in customer.ask("when does the Leeds branch open?").lower()


def test_scam_goes_to_a_person_and_back_with_a_new_disclosure_and_a_rating(stage: Stage) -> None:
    desk, customer = stage.desk(), stage.customer()
    at_first = person_button_box(customer)
    customer.write(SCAM)
    customer.expect_mode("queued")
    expect(customer.sees("queue-position")).to_contain_text(re.compile("1|first|next", re.IGNORECASE))
    expect(customer.sees("queue-wait")).to_be_visible()
    assert person_button_box(customer) == at_first
    customer.picture("3-queued")

    expect(desk.sees("queued")).to_have_attribute("data-priority", "fraud")
    expect(desk.sees("notice").first).to_be_visible()
    desk.picture("3-desk-alert")
    desk.claim_first()
    expect(desk.entries().filter(has_text=SCAM).first).to_be_visible()
    expect(desk.sees("why")).to_be_visible()
    expect(desk.sees("facts")).to_contain_text("fraud_or_scam")
    expect(desk.sees("facts")).to_contain_text("sha256")
    desk.picture("3-desk-evidence")

    customer.expect_mode("human")
    assert person_button_box(customer) == at_first
    desk.sees("composer").press_sequentially("I am")
    expect(customer.sees("typing")).to_be_visible()
    desk.say("I am Alex. You did nothing wrong, and I am stopping that payment now.")
    expect(customer.said_by("agent").first).to_contain_text("You did nothing wrong")
    expect(customer.said_by("agent").first.get_by_test_id("speaker")).to_contain_text(
        re.compile("person", re.IGNORECASE)
    )
    customer.picture("3-human")
    customer.sees("composer").press_sequentially("Oh thank")
    expect(desk.sees("typing")).to_be_visible()
    customer.write("Oh thank you")
    expect(desk.entries().filter(has_text="Oh thank you").first).to_be_visible()

    desk.sees("return-to-ai").click()
    desk.sees("reason").fill("Payment recalled, case 12.")
    desk.sees("reason-confirm").click()
    customer.expect_mode("ai")
    expect(customer.sees("disclosure")).to_have_count(2)
    expect(customer.sees("disclosure").nth(1)).to_contain_text("AI")
    customer.picture("3-returned")

    customer.sees("end-chat").click()
    customer.sees("end-confirm").click()
    expect(customer.sees("feedback")).to_be_visible()
    for scale in ("heard", "valued", "feeling", "resolved"):
        customer.sees(f"feedback-{scale}").locator("input[value='5']").check(force=True)
    customer.picture("3-feedback")
    customer.sees("feedback-send").click()
    expect(customer.sees("feedback-thanks")).to_be_visible()


def test_button_brings_a_person_in_the_middle_of_a_form(stage: Stage) -> None:
    desk, customer = stage.desk(), stage.customer()
    customer.ask("please block my card")
    customer.sees("talk-to-person").click()
    customer.expect_mode("queued")
    desk.claim_first()
    desk.finish()


def test_second_agent_to_claim_is_told_who_has_it(stage: Stage) -> None:
    one, two = stage.desk("agent@demo.example"), stage.desk("agent2@demo.example")
    customer = stage.customer()
    # The second agent's page must not hear of the first one's claim before her own: the race of one moment.
    customer.sees("talk-to-person").click()
    expect(one.sees("claim")).to_have_count(1)
    expect(two.sees("claim")).to_have_count(1)
    two.page.evaluate(
        "() => { const button = document.querySelector('[data-testid=claim]'); window.lateClaim = () => button.click(); }"
    )
    one.sees("claim").first.evaluate("node => node.click()")
    two.page.evaluate("() => window.lateClaim()")
    wait_for(
        lambda: one.sees("conversation").count() + two.sees("conversation").count() >= 1,
        within_s=10,
        what="a claimed conversation",
    )
    customer.expect_mode("human")
    winner = one if one.sees("my-conversation").count() else two
    winner.sees("my-conversation").first.click()
    winner.finish()


def test_brain_killed_while_she_types_gives_the_truth_and_a_person(stage: Stage, system: RunningSystem) -> None:
    desk, customer = stage.desk(), stage.customer()
    customer.sees("composer").press_sequentially("what is my bal")
    killed = system.kill("brain")
    customer.write("what is my balance?")
    customer.expect_mode("queued")
    expect(customer.said_by("system").first).to_contain_text("can't answer right now")
    customer.picture("6-brain-killed")
    desk.claim_first()
    expect(desk.sees("facts")).to_contain_text("ai_unavailable")
    desk.finish()
    wait_for(lambda: system.pid("brain") not in (None, killed), within_s=60, what="the brain's restart")
    system.wait_ready()
    assert "£" in stage.customer().ask("what is my balance?")


def test_switchboard_killed_in_a_human_chat_loses_nothing(stage: Stage, system: RunningSystem) -> None:
    desk, customer = stage.desk(), stage.customer()
    customer.sees("talk-to-person").click()
    desk.claim_first()
    customer.write("one")
    expect(desk.entries().filter(has_text="one").first).to_be_visible()
    desk.say("two")
    expect(customer.said_by("agent")).to_have_count(1)
    system.kill("switchboard")
    customer.write("three")
    expect(customer.sees("panel")).to_have_attribute("data-connection", "online")
    expect(desk.sees("desk")).to_have_attribute("data-link", "online")
    expect(desk.entries().filter(has_text="three").first).to_be_visible()
    desk.say("four")
    expect(customer.said_by("agent")).to_have_count(2)
    expect(customer.sees("unsent")).to_have_count(0)
    customer.page.wait_for_function("() => true")
    mine = [text.strip() for text in customer.said_by("customer").all_inner_texts()]
    assert sum("one" in text for text in mine) == 1
    assert sum("three" in text for text in mine) == 1
    customer.expect_whole()
    customer.picture("7-after-the-kill")
    desk.finish()


def test_customer_who_was_offline_has_both_messages_in_order(stage: Stage) -> None:
    desk, customer = stage.desk(), stage.customer()
    customer.sees("talk-to-person").click()
    desk.claim_first()
    customer.expect_mode("human")
    customer.page.context.set_offline(True)
    expect(customer.sees("panel")).to_have_attribute("data-connection", re.compile("offline|connecting"))
    customer.picture("8-offline")
    desk.say("first while you were away")
    desk.say("second while you were away")
    customer.page.context.set_offline(False)
    expect(customer.said_by("agent")).to_have_count(2)
    texts = customer.said_by("agent").all_inner_texts()
    assert "first" in texts[0]
    assert "second" in texts[1]
    customer.expect_whole()
    desk.finish()


def test_supervisor_sees_ai_conversations_and_takes_one_over(stage: Stage) -> None:
    supervisor, customer = stage.desk("supervisor@demo.example"), stage.customer()
    customer.ask("when does the Leeds branch open?")
    supervisor.sees("nav-live").click()
    supervisor.sees("watch").first.click()
    expect(supervisor.entries().filter(has_text="Leeds").first).to_be_visible()
    supervisor.picture("9-live")
    supervisor.sees("take-over").click()
    supervisor.sees("reason").fill("a test")
    supervisor.sees("reason-confirm").click()
    customer.expect_mode("human")


def test_phone_shows_the_whole_chat(stage: Stage) -> None:
    customer = stage.customer(demo=None, viewport={"width": 360, "height": 720}, is_mobile=True, has_touch=True)
    panel = customer.sees("panel").bounding_box()
    assert panel is not None
    assert panel["width"] >= 350
    expect(customer.sees("talk-to-person")).to_be_visible()
    width = customer.page.evaluate("() => document.documentElement.scrollWidth")
    assert width <= 360
    customer.picture("10-phone")
