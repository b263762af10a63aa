"""The sandbox page in a real Chromium: reading, acting, keyboard, phone, contrast."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from integrations.sandbox.site import Served
from integrations.sandbox.state import Tracker

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]  # one Chromium for all

APPLE_PAY = "Checkout hangs with Apple Pay"

# For every text that shows: its colour against the nearest opaque background, as the WCAG contrast ratio.
CONTRAST = """
() => {
  const canvas = document.createElement("canvas").getContext("2d", {willReadFrequently: true});
  const rgba = (text) => {
    canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = text; canvas.fillRect(0, 0, 1, 1);
    return Array.from(canvas.getImageData(0, 0, 1, 1).data);
  };
  const light = ([r, g, b]) => {
    const [x, y, z] = [r, g, b].map((v) => (v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
    return 0.2126 * x + 0.7152 * y + 0.0722 * z;
  };
  const behind = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const colour = rgba(getComputedStyle(at).backgroundColor);
      if (colour[3] === 255) return colour;
    }
    return rgba(getComputedStyle(document.documentElement).backgroundColor);
  };
  const poor = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    const shown = element.checkVisibility() && !element.closest(".hidden, .skip, script");
    if (!walker.currentNode.data.trim() || !shown) continue;
    const [a, b] = [light(rgba(getComputedStyle(element).color)), light(behind(element))].sort((x, y) => y - x);
    const ratio = (a + 0.05) / (b + 0.05);
    if (ratio < 4.5) poor.push(`${walker.currentNode.data.trim().slice(0, 40)} ${ratio.toFixed(2)}`);
  }
  return poor;
}
"""

UNFOLD = "document.querySelectorAll('details').forEach((one) => { one.open = true; })"

UNNAMED = """
() => Array.from(document.querySelectorAll("input:not([type=hidden]), select, textarea, button, a[href], summary"))
  .filter((one) => one.checkVisibility())
  .filter((one) => !(one.labels && one.labels.length) && !one.getAttribute("aria-label") && !one.textContent.trim())
  .map((one) => one.outerHTML)
"""


def key_of(tracker: Tracker, title: str) -> str:
    return next(item.key for item in tracker.select() if item.summary == title)


def paths(sandbox: Served) -> list[str]:
    found = []
    for place in sandbox.site:
        name = place.tracker.name
        key = key_of(place.tracker, APPLE_PAY)
        found += [f"/backlog/{name}", f"/item/{name}/{key}", f"/new/{name}", f"/mail/{name}", f"/item/{name}/NOPE-1"]
    return found


def rich_comment(tracker: Tracker, key: str) -> None:
    def text(words: str, *marks: str) -> dict[str, Any]:
        return {"type": "text", "text": words, "marks": [{"type": mark} for mark in marks]}

    def line(*content: dict[str, Any]) -> dict[str, Any]:
        return {"type": "paragraph", "content": list(content)}

    person = {"type": "mention", "attrs": {"id": tracker.user("rae").id}}
    entry = {"type": "listItem", "content": [line(text("Given a time-out, then the cart is kept"))]}
    blocks = [
        line(text("Steward: 2 suggestions.", "strong"), text(" Reply "), text("steward accept 1", "code")),
        {"type": "bulletList", "content": [entry]},
        line(text("2. Priority: Medium → High.", "strike"), text(" accepted by Dana. "), person),
        {"type": "codeBlock", "content": [text("x" * 300)]},
        line(text("unbroken" * 40)),
    ]
    item = tracker.item(key)
    tracker.add_comment(tracker.user("steward"), item.id, {"type": "doc", "version": 1, "content": blocks})


def test_the_page_reads_and_a_ticket_is_found(sandbox: Served, open_page: Callable[..., Any]) -> None:
    page = open_page()
    page.goto(sandbox.url)
    assert page.locator("li.item").count() == 30
    page.get_by_label("Search titles").fill("apple pay")
    page.get_by_role("button", name="Search").click()
    page.get_by_role("link", name=APPLE_PAY).click()
    assert page.get_by_role("heading", level=1).inner_text() == APPLE_PAY
    assert page.locator("pre").first.inner_text().startswith("pay.step=authorize")


@pytest.mark.parametrize("name", ["cloud", pytest.param("dc", marks=pytest.mark.thorough), "ado"])
def test_dana_comments_and_labels(sandbox: Served, open_page: Callable[..., Any], name: str) -> None:
    tracker = sandbox.site[name].tracker
    key = key_of(tracker, APPLE_PAY)
    page = open_page()
    page.goto(f"{sandbox.url}/item/{name}/{key}")
    page.get_by_label("Comment as Dana Duarte").fill("steward accept 1")
    page.get_by_role("button", name="Comment", exact=True).click()
    page.get_by_text("Your comment is in.").wait_for()
    assert page.locator("article.comment").last.inner_text().endswith("steward accept 1")
    page.get_by_placeholder("Add a").fill("steward-accept")
    page.get_by_role("button", name="Add", exact=True).click()
    page.get_by_text("Saved.").wait_for()
    page.get_by_role("button", name="steward-accept").click()
    page.wait_for_url("**done=unlabel")
    item = tracker.item(key)
    assert tracker.comments(item.id)[-1].author == "dana"
    assert "steward-accept" not in item.labels


def test_everything_works_without_script(sandbox: Served, open_page: Callable[..., Any]) -> None:
    tracker = sandbox.site["dc"].tracker
    page = open_page(java_script_enabled=False)
    page.goto(f"{sandbox.url}/new/dc")
    page.get_by_text("Acting as").click()
    page.get_by_role("button", name="Lee Lindqvist").click()
    page.get_by_label("Title").fill("Written without script")
    page.get_by_role("button", name="Create as Lee Lindqvist").click()
    page.get_by_text("Edit", exact=True).click()
    page.get_by_role("textbox", name="Description").fill("h2. Why\n\n* one")
    page.get_by_label("Priority").select_option("High")
    page.get_by_role("button", name="Save").click()
    item = tracker.item(key_of(tracker, "Written without script"))
    assert (item.description, item.priority, item.reporter) == ("h2. Why\n\n* one", "High", "lee")
    assert page.locator(".rich li").inner_text() == "one"


def test_the_keyboard_alone_is_enough(sandbox: Served, open_page: Callable[..., Any]) -> None:
    page = open_page()
    page.goto(f"{sandbox.url}/backlog/cloud")

    def tab_to(words: str) -> None:
        for _ in range(60):
            page.keyboard.press("Tab")
            focused = page.evaluate("document.activeElement.textContent || document.activeElement.name || ''")
            outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
            row = page.evaluate("getComputedStyle(document.activeElement.closest('li') || document.body).outlineStyle")
            assert "solid" in (outline, row), f"the focus on {focused!r} cannot be seen"
            if words in focused:
                return
        raise AssertionError(f"{words} is not reached")

    tab_to("Skip to content")
    tab_to("Acting as")
    page.keyboard.press("Enter")
    tab_to("Rae Rossi")
    page.keyboard.press("Enter")
    page.get_by_text("Acting as Rae Rossi").wait_for()
    first = page.locator("li.item a").first.inner_text()
    tab_to(first)
    page.keyboard.press("Enter")
    page.get_by_role("heading", level=1).get_by_text(first).wait_for()
    tab_to("text")
    page.keyboard.type("steward help")
    tab_to("Comment")
    page.keyboard.press("Enter")
    page.get_by_text("Your comment is in.").wait_for()
    tracker = sandbox.site["cloud"].tracker
    assert tracker.comments(tracker.item(key_of(tracker, first)).id)[-1].author == "rae"


def test_escape_closes_the_menu_of_people(sandbox: Served, open_page: Callable[..., Any]) -> None:
    page = open_page()
    page.goto(f"{sandbox.url}/backlog/cloud")
    page.get_by_text("Acting as").click()
    person = page.get_by_role("button", name="Rae Rossi")
    person.wait_for()
    page.keyboard.press("Escape")
    person.wait_for(state="hidden")
    assert page.locator("details[open]").count() == 0


@pytest.mark.parametrize(("scheme", "width"), [("light", 320), ("dark", 768)])
def test_every_page_can_be_read_on_a_small_screen_in_light_and_dark_and_every_control_has_a_name(
    sandbox: Served, open_page: Callable[..., Any], scheme: str, width: int
) -> None:
    sandbox.site.notice = "The quiet wait is shortened to a few seconds here, so that you need not wait."
    tracker = sandbox.site["cloud"].tracker
    rich_comment(tracker, key_of(tracker, APPLE_PAY))
    page = open_page(width, 740, color_scheme=scheme, reduced_motion="reduce")
    for path in [*(path for path in paths(sandbox) if "NOPE" not in path), "/backlog/cloud?state=all&q=checklist"]:
        page.goto(sandbox.url + path)
        page.evaluate(UNFOLD)
        assert page.evaluate(CONTRAST) == [], path
        assert page.evaluate(UNNAMED) == [], path
        assert page.locator("h1").count() == 1
        spare = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert spare == 0, path


def test_a_new_comment_appears_by_itself_and_what_is_being_written_stays(
    sandbox: Served, open_page: Callable[..., Any]
) -> None:
    tracker = sandbox.site["cloud"].tracker
    key = key_of(tracker, APPLE_PAY)
    page = open_page()
    page.goto(f"{sandbox.url}/item/cloud/{key}")
    page.get_by_label("Comment as Dana Duarte").fill("half a sent")
    rich_comment(tracker, key)
    page.get_by_text("Steward: 2 suggestions.").wait_for()
    assert page.get_by_label("Comment as Dana Duarte").input_value() == "half a sent"
    assert page.locator("#live-word").inner_text() == "New comment by Steward"
    tracker.change_item(tracker.user("lee"), tracker.item(key).id, {"priority": "Lowest"})
    page.locator("aside dl").get_by_text("Lowest").wait_for()


def test_fault_45_a_hostile_ticket_stays_text_in_a_browser(sandbox: Served, open_page: Callable[..., Any]) -> None:
    tracker = sandbox.site["ado"].tracker
    body = "<img src=x onerror=document.title='owned'><script>document.title='owned'</script><b>kept</b>"
    title = "<img src=x onerror=document.title='owned'>"
    item = tracker.create_item(None, "Shop", "Bug", title, body)
    tracker.add_comment(None, item.id, body)
    page = open_page()
    page.goto(f"{sandbox.url}/item/ado/{item.key}")
    assert page.get_by_role("heading", level=1).inner_text() == title
    assert page.title().startswith(f"{item.key} <img")
    assert page.locator("main img, main script").count() == 0
    assert page.locator(".rich").get_by_text("kept", exact=True).count() == 2
