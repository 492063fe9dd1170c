"""The page in a real browser: headless Chromium, from disk, used with a mouse, with a keyboard, on a phone."""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests import report_sample
from validator import report
from validator.results import Report

webdriver = pytest.importorskip("selenium.webdriver", reason="selenium is not installed; it drives the browser")
axe_core = pytest.importorskip("axe_core_python", reason="axe-core-python is not installed; it judges accessibility")

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
DRIVER = shutil.which("chromedriver")
SAMPLES = {
    "full": report_sample.full,
    "empty": report_sample.empty,
    "adverse": report_sample.adverse,
    "many": lambda: report_sample.many(10_000),
}
PHONE, DESK = 375, 1280


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    folder = tmp_path_factory.mktemp("pages")
    uris = {}
    for name, sample in SAMPLES.items():
        made: Report = sample()
        path = folder / f"{name}.html"
        path.write_text(report.renderer("html")(made, report.Page()), "utf-8")
        uris[name] = path.as_uri()
    return uris


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    if CHROMIUM is None or DRIVER is None:
        pytest.skip("no Chromium with its driver here (Debian: apt-get install chromium chromium-driver)")
    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM
    profile = tmp_path_factory.mktemp("profile")
    for argument in ("headless=new", "no-sandbox", "disable-dev-shm-usage", "disable-gpu", f"user-data-dir={profile}"):
        options.add_argument(f"--{argument}")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(DRIVER))
    try:
        yield driver
    finally:
        driver.quit()


def opened(browser: Any, uri: str, *, width: int = DESK, scheme: str = "light", media: str = "") -> None:
    features = [
        {"name": "prefers-color-scheme", "value": scheme},
        {"name": "prefers-reduced-motion", "value": "reduce"},
    ]
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": media, "features": features})
    metrics = {"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": width == PHONE}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    browser.get("about:blank")
    for log in ("browser", "performance"):
        browser.get_log(log)
    browser.get(uri)


def everything_open(browser: Any) -> None:
    browser.execute_script("document.querySelectorAll('details').forEach((each) => { each.open = true; })")


def axe() -> str:
    """axe-core as the installed package brings it, or a newer one that AXE_CORE names."""
    named = os.environ.get("AXE_CORE")
    return (Path(named) if named else Path(axe_core.__file__).parent / "axe.min.js").read_text("utf-8")


def press(browser: Any, key: str) -> None:
    codes = {"Tab": 9, "Enter": 13}
    text = {"text": "\r"} if key == "Enter" else {}
    for kind in ("keyDown", "keyUp"):
        event = {"type": kind, "key": key, "code": key, "windowsVirtualKeyCode": codes[key]}
        browser.execute_cdp_cmd("Input.dispatchKeyEvent", event | (text if kind == "keyDown" else {}))


@pytest.mark.parametrize("name", SAMPLES)
def test_opens_without_an_error_and_without_the_network(browser: Any, pages: dict[str, str], name: str) -> None:
    began = time.perf_counter()
    opened(browser, pages[name])
    everything_open(browser)
    assert browser.execute_script("return document.readyState") == "complete"
    assert time.perf_counter() - began < 20
    assert browser.get_log("browser") == []
    events = [json.loads(entry["message"])["message"] for entry in browser.get_log("performance")]
    asked = [event["params"]["request"]["url"] for event in events if event["method"] == "Network.requestWillBeSent"]
    assert [url for url in asked if url not in (pages[name], "about:blank")] == []
    assert pages[name] in asked
    assert not browser.find_elements("css selector", "img")
    assert len(browser.find_elements("css selector", "section")) >= 2


@pytest.mark.parametrize(
    ("name", "width", "scheme"),
    [("full", DESK, "light"), ("full", DESK, "dark"), ("empty", PHONE, "dark"), ("adverse", PHONE, "light")],
)
def test_axe_finds_nothing(browser: Any, pages: dict[str, str], name: str, width: int, scheme: str) -> None:
    opened(browser, pages[name], width=width, scheme=scheme)
    everything_open(browser)
    browser.execute_script(axe())
    found = browser.execute_async_script(
        "const done = arguments[0];"
        "axe.run(document, {resultTypes: ['violations']}).then(done, (error) => done(String(error)));"
    )
    assert isinstance(found, dict), found
    told = [
        f"{each['id']}: {node['html'][:160]} {node['failureSummary']}"
        for each in found["violations"]
        for node in each["nodes"]
    ]
    assert told == []
    assert any(rule["id"] == "color-contrast" for rule in found["passes"])


@pytest.mark.parametrize(("name", "width"), [("full", 320), ("full", DESK), ("adverse", PHONE), ("many", PHONE)])
def test_nothing_but_its_own_parts_scrolls_sideways(browser: Any, pages: dict[str, str], name: str, width: int) -> None:
    opened(browser, pages[name], width=width)
    everything_open(browser)
    size = "return [document.documentElement.scrollWidth, document.documentElement.clientWidth]"
    needed, there = browser.execute_script(size)
    assert needed <= there


@pytest.mark.parametrize("width", [320, PHONE, 390, 500, 800])
def test_every_section_is_in_sight_of_the_navigation(browser: Any, pages: dict[str, str], width: int) -> None:
    opened(browser, pages["full"], width=width)
    script = """
        const list = document.querySelector('nav ul'), links = [...list.querySelectorAll('a')];
        const out = links.map((each) => each.getBoundingClientRect()).filter(
            (box) => box.left < 0 || box.right > document.documentElement.clientWidth || box.height < 24);
        return [links.length, out.length, list.scrollWidth - list.clientWidth];
    """
    assert browser.execute_script(script) == [6, 0, 0]
    # What follows it is not hidden behind it, wherever a link leads.
    browser.find_element("link text", "Timeline").click()
    covered = """
        const nav = document.querySelector('nav').getBoundingClientRect();
        return document.querySelector('#timeline h2').getBoundingClientRect().top < Math.max(nav.bottom, 0);
    """
    assert browser.execute_script(covered) is False


def test_the_theme_is_the_systems_until_it_is_chosen(browser: Any, pages: dict[str, str]) -> None:
    background = "return getComputedStyle(document.body).backgroundColor"
    opened(browser, pages["full"], scheme="dark")
    dark = browser.execute_script(background)
    opened(browser, pages["full"], scheme="light")
    light = browser.execute_script(background)
    assert dark != light
    button = browser.find_element("id", "theme")
    seen = []
    for _ in range(4):
        seen.append((button.text, browser.execute_script(background)))
        button.click()
    assert seen == [("Theme: auto", light), ("Theme: light", light), ("Theme: dark", dark), ("Theme: auto", light)]
    button.click()
    browser.refresh()
    assert browser.find_element("id", "theme").text == "Theme: dark"
    browser.execute_script("localStorage.clear()")


def test_the_keyboard_reaches_everything(browser: Any, pages: dict[str, str]) -> None:
    opened(browser, pages["full"])
    tell = """
        const now = document.activeElement, style = getComputedStyle(now);
        const name = now.id || now.textContent.trim().slice(0, 24);
        return [now.tagName, name, style.outlineStyle, now.matches(':focus-visible')];
    """
    walked = []
    for _ in range(24):
        press(browser, "Tab")
        walked.append(browser.execute_script(tell))
    first = ["Skip to the content", "theme", "Summary", "Findings", "Operations by checks", "Constraint coverage"]
    assert [text for _, text, *_ in walked[:8]] == [*first, "Timeline", "Lifecycles"]
    assert all(style != "none" and visible for _, _, style, visible in walked)
    assert [tag for tag, *_ in walked].count("SUMMARY") >= 2
    wanted = """
        const within = 'a[href], button, input, summary, [tabindex="0"]';
        const shown = [...document.querySelectorAll(within)].filter((each) => each.checkVisibility());
        return [shown.length > 20, shown.filter((each) => each.tabIndex < 0).length];
    """
    assert browser.execute_script(wanted) == [True, 0]


def test_a_finding_opens_with_enter(browser: Any, pages: dict[str, str]) -> None:
    opened(browser, pages["full"])
    first = browser.find_element("css selector", ".finding")
    browser.execute_script("arguments[0].querySelector('summary').focus()", first)
    assert first.get_attribute("open") is None
    press(browser, "Enter")
    assert first.get_attribute("open") is not None


def test_a_link_in_the_matrix_opens_its_finding(browser: Any, pages: dict[str, str]) -> None:
    opened(browser, pages["full"])
    link = browser.find_element("css selector", ".matrix td.error a")
    target = browser.find_element("id", link.get_attribute("href").partition("#")[2])
    assert target.get_attribute("open") is None
    link.click()
    assert target.get_attribute("open") is not None
    assert browser.execute_script("return arguments[0].contains(document.activeElement)", target)


def test_findings_are_filtered_by_severity_and_by_text(browser: Any, pages: dict[str, str]) -> None:
    opened(browser, pages["full"])
    found = browser.find_elements("css selector", ".finding")
    levels = [each.get_attribute("data-level") for each in found]
    browser.find_element("css selector", ".level[value=warning]").click()
    assert [each.is_displayed() for each in found] == [level != "warning" for level in levels]
    status = browser.find_element("id", "shown")
    assert status.get_attribute("role") == "status"
    assert status.text == f"{len(found) - levels.count('warning')} of {len(found)} shown."
    browser.find_element("id", "wanted").send_keys("teapot")
    assert not any(each.is_displayed() for each in found)
    browser.find_element("css selector", ".level[value=warning]").click()
    assert [each.is_displayed() for each in found].count(True) == 1
    browser.find_element("id", "wanted").clear()
    browser.find_element("id", "open-all").click()
    browser.find_element("id", "close-all").click()
    assert [each.get_attribute("open") for each in found] == [None] * len(found)


def test_a_line_is_copied(browser: Any, pages: dict[str, str]) -> None:
    opened(browser, pages["full"])
    everything_open(browser)
    figure = browser.find_element("css selector", ".line")
    button = figure.find_element("css selector", "button")
    button.click()
    deadline = time.monotonic() + 3
    while "Copy" in button.text and time.monotonic() < deadline:
        time.sleep(0.02)
    assert button.text.startswith("Copied")
    field = browser.find_element("id", "wanted")
    browser.execute_script(
        "const t = document.createElement('textarea'); t.id = 'pasted'; arguments[0].after(t)", field
    )
    pasted = browser.find_element("id", "pasted")
    pasted.send_keys(webdriver.Keys.CONTROL, "v")
    assert pasted.get_attribute("value") == figure.find_element("css selector", "code").get_attribute("textContent")
    assert "list_dataset_import_jobs(maxResults=101)" in pasted.get_attribute("value")


def test_all_is_there_without_scripts(browser: Any, pages: dict[str, str]) -> None:
    browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    try:
        opened(browser, pages["full"])
        shown = {each.text for each in browser.find_elements("css selector", "h2")}
        assert shown == {"Summary", "Findings", "Operations by checks", "Constraint coverage", "Timeline", "Lifecycles"}
        assert not browser.find_element("id", "theme").is_displayed()
        assert not browser.find_element("id", "filter").is_displayed()
        assert all(each.is_displayed() for each in browser.find_elements("css selector", ".finding"))
    finally:
        browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})


def test_prints_with_everything_open(browser: Any, pages: dict[str, str]) -> None:
    opened(browser, pages["full"], scheme="dark")
    browser.execute_script("dispatchEvent(new Event('beforeprint'))")
    folded = "return document.querySelectorAll('details:not([open])').length"
    assert browser.execute_script(folded) == 0
    browser.execute_script("dispatchEvent(new Event('afterprint'))")
    assert browser.execute_script(folded) > 10
    printed = browser.execute_cdp_cmd("Page.printToPDF", {"printBackground": True})
    assert len(printed["data"]) > 50_000
    opened(browser, pages["full"], scheme="dark", media="print")
    everything_open(browser)
    browser.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride", {"width": 760, "height": 1000, "deviceScaleFactor": 1, "mobile": False}
    )
    assert browser.execute_script("return document.documentElement.scrollWidth") <= 760
    look = "const style = getComputedStyle(document.body); return [style.backgroundColor, style.color]"
    assert browser.execute_script(look) == ["rgb(255, 255, 255)", "rgb(0, 0, 0)"]
    assert not browser.find_element("css selector", "nav").is_displayed()
