"""How fast a drag is: every explorer against ``interact`` with an inline figure, in one run.

All are at 4 bits (15 thresholds) or with as many coins as there may be, in real JupyterLab and
headless Chromium, under the same mouse drag of 3 seconds. The baseline shows the picture of the
Threshold explorer (200 draws at 101 points, the digits' filter responses). Latency is the time from
a pointer event to the first painted frame that shows its value. Run: ``python -m
benchmarks.interaction``.
"""

from __future__ import annotations

import json
import statistics
import sys
import tempfile
import time
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import websocket
from playwright.sync_api import Browser, Page

from benchmarks.report import digits, is_quick, spread, table, times
from n2uq_viz import explorers
from n2uq_viz.quantizer import Quantizer
from tests.browser import (
    PATIENCE,
    chromium,
    copy_of_clone,
    free_port,
    open_lab,
    run_all,
    running_lab,
    wait_for_stage,
)

REPETITIONS = 3
DRAG_SECONDS = 3.0
EVENTS_PER_SECOND = 60
BASELINE = "G_interact"
# 4 bits, with room for a long drag of threshold 8: a narrow segment between two that give way.
QUANTIZER = "Quantizer.from_intervals([0.05] * 6 + [0.05, 0.1, 1.25] + [0.05] * 6)"


@dataclass(frozen=True)
class Case:
    """An explorer to be measured: its name, how it is made, and which handle is dragged."""

    title: str
    source: str
    handle: str
    #: A handle near which the drag ends, or the width of the drag in pixels.
    end: str | int


#: Notebook -> explorer.
CASES = {
    "A_threshold": Case("Threshold", "ThresholdExplorer({quantizer})", "threshold-8", "edge-9"),
    "B_binary": Case("Binary, 10,000 coins", "BinaryExplorer(x=-1.5, thrown=10_000)", "probe", 280),
    "C_coin_flip": Case(
        "Coin-flip, 4 x 10,000 coins",
        "CoinFlipExplorer(points=[-0.95, 0.1, 0.4, 0.8], thrown=10_000)",
        "point-1",
        220,
    ),
    "D_sum_of_steps": Case(
        "Sum-of-steps", "SumOfStepsExplorer({quantizer})", "threshold-8", "edge-9"
    ),
    "E_gradient_flow": Case(
        "Gradient-flow", "GradientFlowExplorer({quantizer})", "threshold-8", "edge-9"
    ),
    "F_surrogate": Case("Surrogate", "SurrogateExplorer('dsq', 'gste', x=-2.0)", "probe", 100),
    "H_tensor": Case("Tensor", "TensorExplorer(quantizer={quantizer})", "threshold-8", "edge-9"),
    "I_weight": Case("Weight", "WeightExplorer(bits=4)", "scale", 100),
}
SOURCES = {
    name: f"""
from n2uq_viz import Quantizer
from n2uq_viz.explorers import *
{case.source}
"""
    for name, case in CASES.items()
} | {
    BASELINE: """
from IPython.display import HTML, display
from ipywidgets import FloatSlider, interact
from n2uq_viz import Quantizer, figures
from n2uq_viz.explorers import ThresholdExplorer

q = {quantizer}
state = ThresholdExplorer(q).state


def show(t):
    display(figures.threshold(dict(state, **q.move_threshold(7, t).to_dict())))
    display(HTML('<span data-shown="%r"></span>' % t))


interact(show, t=FloatSlider(min=0.4, max=1.6, value=0.4, step=0.001, readout_format=".3f"));
""",
}
#: Records every pointer event with the value the hand asks for, and every painted change of the
#: value shown.
RECORD = """([asked, shown, selector]) => {
    const read = {
        // Pixels, both: where the pointer is, and where the handle is drawn.
        pointer: (event) => event.clientX,
        handle: () => Number(/\\(([-\\d.]+)/.exec(
            document.querySelector(selector).getAttribute("transform"))[1]),
        // The slider's own number, and the number that the picture was drawn for.
        readout: () => Number(document.querySelector(".widget-readout").textContent),
        output: () => Number(document.querySelector("[data-shown]")?.dataset.shown ?? NaN),
    };
    const log = { events: [], paints: [], started: performance.now() };
    const controller = new AbortController();
    addEventListener("pointermove", (event) => {
        if (!event.buttons) return;
        queueMicrotask(() => log.events.push([event.timeStamp, read[asked](event)]));
    }, { signal: controller.signal });
    const channel = new MessageChannel();
    let last = read[shown]();
    // A message posted from an animation frame is handled right after that frame was painted.
    channel.port1.onmessage = () => {
        const value = read[shown]();
        if (value !== last) log.paints.push([performance.now(), last = value]);
    };
    const loop = () => {
        channel.port2.postMessage(null);
        if (!controller.signal.aborted) requestAnimationFrame(loop);
    };
    loop();
    window.stopRecording = () => { controller.abort(); return log; };
}"""


@dataclass(frozen=True)
class Drag:
    """What one drag felt like; times in milliseconds."""

    median: float
    p95: float
    frames_per_second: float
    lag: float
    kilobytes_per_frame: float


def move_mouse(port: int, path: list[tuple[float, float]]) -> None:
    """Send real mouse events at an even pace, without waiting for the page to have handled them.

    Playwright waits for each, so that a slow page would slow down the hand as well.
    """
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/json/list") as answer:
        target = next(t for t in json.load(answer) if t["type"] == "page")
    connection = websocket.create_connection(target["webSocketDebuggerUrl"], suppress_origin=True)
    began = time.perf_counter()
    for k, (x, y) in enumerate(path):
        time.sleep(max(0.0, began + k / EVENTS_PER_SECOND - time.perf_counter()))
        event = {"type": "mouseMoved", "x": x, "y": y, "button": "left", "buttons": 1}
        connection.send(
            json.dumps({"id": k, "method": "Input.dispatchMouseEvent", "params": event})
        )
    while json.loads(connection.recv())["id"] != len(path) - 1:
        pass
    connection.close()


class Traffic:
    """Bytes on the page's web sockets, both ways: what goes between it and the kernel."""

    def __init__(self, page: Page) -> None:
        self.bytes = 0
        self.session = page.context.new_cdp_session(page)
        for name in ("Network.webSocketFrameSent", "Network.webSocketFrameReceived"):
            self.session.on(name, self.count)
        self.session.send("Network.enable")

    def count(self, event: dict[str, Any]) -> None:
        """Add one frame."""
        frame = event["response"]
        size = len(frame["payloadData"])
        self.bytes += size * 3 // 4 if frame["opcode"] == 2 else size  # binary ones come as base64


def drag(
    page: Page,
    port: int,
    start: tuple[float, float],
    distance: float,
    shown: str,
    selector: str = "",
) -> Drag:
    """Drag with the mouse at an even pace and measure how the picture follows."""
    asked = {"handle": "pointer", "output": "readout"}[shown]
    x, y = start
    page.mouse.move(x, y)
    page.mouse.down()
    page.evaluate(RECORD, [asked, shown, selector])
    traffic = Traffic(page)
    events = int(DRAG_SECONDS * EVENTS_PER_SECOND)
    move_mouse(port, [(x + distance * k / events, y) for k in range(1, events + 1)])
    settle(page, shown, selector)
    traffic.session.detach()
    log: dict[str, Any] = page.evaluate("() => window.stopRecording()")
    page.mouse.move(x + distance, y)
    page.mouse.up()
    return analyze(log, asked, traffic.bytes)


def settle(page: Page, shown: str, selector: str = "") -> None:
    """Wait until the picture shows the last value asked for and has stood still for a second."""
    page.wait_for_function(
        """([shown, selector]) => {
            const text = (selector) => document.querySelector(selector)?.textContent;
            const drawn = document.querySelector("[data-shown]")?.dataset.shown;
            const asked = Number(text(".widget-readout"));
            const behind = shown === "output" && !(Math.abs(Number(drawn) - asked) < 1e-6);
            const handle = selector && document.querySelector(selector);
            const now = shown === "output" ? drawn : handle.getAttribute("transform");
            if (behind || now !== window.seen) window.since = performance.now();
            window.seen = now;
            return performance.now() - window.since > 1000;
        }""",
        arg=[shown, selector],
        timeout=PATIENCE,
    )


def analyze(log: dict[str, Any], asked: str, traffic: int) -> Drag:
    """Latency of every event: until the first painted value that has reached what it asked for."""
    events = [(t, v) for t, v in log["events"]]
    paints = log["paints"]
    # Pixels of pointer and handle differ by a constant: at rest both are at the same place.
    shift = events[-1][1] - paints[-1][1] if asked == "pointer" else 0.0
    tolerance = 0.51 if asked == "pointer" else 1e-6
    latencies = []
    for t, value in events:
        reached = [p for p, v in paints if p >= t and v + shift >= value - tolerance]
        latencies.append(reached[0] - t)
    seconds = (events[-1][0] - events[0][0]) / 1000
    painted = [p for p, _ in paints if p <= events[-1][0]]
    return Drag(
        statistics.median(latencies),
        statistics.quantiles(latencies, n=20)[-1],
        len(painted) / seconds,
        latencies[-1],
        traffic / 1000 / max(len(painted), 1),
    )


def center(page: Page, selector: str) -> tuple[float, float]:
    """Middle of the first element that matches, in pixels of the page."""
    box = page.locator(selector).first.bounding_box()
    assert box is not None
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def measure_explorer(page: Page, port: int, case: Case) -> Drag:
    """Drag a handle of the explorer."""
    page.click("[data-action=reset]")
    wait_for_stage(page)
    selector = f"[data-handle={case.handle}]"
    start = center(page, selector)
    if isinstance(case.end, str):
        distance = 0.9 * (center(page, f"[data-handle={case.end}]")[0] - start[0])
    else:
        distance = float(case.end)
    return drag(page, port, start, distance, "handle", selector)


def measure_baseline(page: Page, port: int) -> Drag:
    """Drag the slider of ``interact`` along most of its length."""
    track = page.locator(".noUi-target").first.bounding_box()
    assert track is not None
    return drag(page, port, center(page, ".noUi-handle"), 0.7 * track["width"], "output")


def measure(page: Page, port: int, address: str, name: str, repetitions: int) -> list[Drag]:
    """All repetitions for one notebook."""
    found = []
    for _ in range(repetitions if name == BASELINE else 1):
        open_lab(page, address.replace("00_start_here", name))
        run_all(page)
        if name == BASELINE:
            page.wait_for_selector("[data-shown]", state="attached", timeout=PATIENCE)
            settle(page, "output")
            found.append(measure_baseline(page, port))
        else:
            wait_for_stage(page)
            page.locator(".n2uq-stage").first.scroll_into_view_if_needed()
            found += [measure_explorer(page, port, CASES[name]) for _ in range(repetitions)]
    return found


def opening_seconds(page: Page, address: str, name: str) -> float:
    """Seconds from opening a notebook that was run and saved to its picture on screen."""
    picture = "svg.n2uq-picture [data-handle]" if name in CASES else ".jp-OutputArea img:visible"
    page.goto("about:blank")
    began = time.perf_counter()
    page.goto(address.replace("00_start_here", name), wait_until="commit")
    page.wait_for_selector(picture, state="visible", timeout=PATIENCE)
    return time.perf_counter() - began


def page_milliseconds(page: Page, path: Path, handle: str) -> float:
    """Milliseconds from opening a page from the disk until a key has moved its handle."""
    page.goto("about:blank")
    page.add_init_script(PRESS_WHEN_READY.replace("HANDLE", handle))
    page.goto(path.as_uri(), wait_until="commit")
    page.wait_for_function("() => window.interactiveAfter !== undefined")
    return float(page.evaluate("() => window.interactiveAfter"))


def page_times(browser: Browser, folder: Path, case: Case, repetitions: int) -> list[float]:
    """All repetitions for one explorer, each in a browser context of its own."""
    path = make_explorer(case).save_html(folder / "page.html", overwrite=True)
    found = []
    for _ in range(repetitions):
        context = browser.new_context()
        found.append(page_milliseconds(context.new_page(), path, case.handle))
        context.close()
    return found


def make_explorer(case: Case) -> Any:
    """The explorer of a case, as its notebook makes it."""
    scope: dict[str, Any] = {"Quantizer": Quantizer, **vars(explorers)}
    return eval(case.source.replace("{quantizer}", QUANTIZER), scope)


#: From the start of the navigation: as soon as there is a handle, press a key on it, and see it go.
PRESS_WHEN_READY = """
addEventListener("DOMContentLoaded", () => {
    let before = null;
    const look = () => {
        const handle = document.querySelector("[data-handle=HANDLE][aria-valuenow]");
        const now = handle?.getAttribute("aria-valuenow");
        if (handle && before === null) {
            before = now;
            handle.focus();
            const press = { key: "ArrowRight", bubbles: true, cancelable: true };
            handle.dispatchEvent(new KeyboardEvent("keydown", press));
        } else if (handle && now !== before) {
            window.interactiveAfter ??= performance.now();
            return;
        }
        requestAnimationFrame(look);
    };
    look();
});
"""


def measure_notebook(
    browser: Browser, port: int, clone: Path, private: Path, name: str, repetitions: int
) -> tuple[list[Drag], list[float]]:
    """Drags, and seconds to the first picture, in a lab of its own: others would share the page."""
    with running_lab(clone, private) as address:
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        drags = measure(page, port, address, name, repetitions)
        page.evaluate("async () => { await window.jupyterapp.commands.execute('docmanager:save') }")
        opened = [opening_seconds(page, address, name) for _ in range(repetitions)]
        page.close()
    return drags, opened


def rows(
    names: dict[str, str], found: dict[str, list[float]], baseline: str | None = None
) -> list[list[str]]:
    """A row for each case: its median and range, and how many times as long a baseline takes."""
    lines = []
    for name, values in found.items():
        line = [names[name], spread(values)]
        if baseline is not None:
            line.append(times(statistics.median(found[baseline]) / statistics.median(values)))
        lines.append(line)
    return lines


def print_tables(
    names: dict[str, str],
    drags: dict[str, list[Drag]],
    opened: dict[str, list[float]],
    pages: dict[str, list[float]],
    repetitions: int,
) -> None:
    """Print what was measured; times are in milliseconds."""
    print(
        f"Drag of {DRAG_SECONDS:.0f} s, 4 bits; Threshold: 200 draws x 101 points; "
        f"median [smallest, largest] of {repetitions}.\n"
    )
    p95 = {name: [each.p95 for each in found] for name, found in drags.items()}
    print(
        table(["ms until 95 % of events show", "ms", "interact / this"], rows(names, p95, BASELINE))
    )
    columns = {
        "median": "half the events show, ms",
        "lag": "lag at the end, ms",
        "frames_per_second": "frames/s",
        "kilobytes_per_frame": "kB/frame",
    }
    middle = [
        [
            names[name],
            *(digits(statistics.median(getattr(each, key) for each in found)) for key in columns),
        ]
        for name, found in drags.items()
    ]
    print("\n" + table(["medians", *columns.values()], middle))
    print("\n" + table(["opening a saved notebook: first picture", "ms"], rows(names, opened)))
    print("\n" + table(["opening a page from the disk: first key", "ms"], rows(names, pages)))


def main(quick: bool = False) -> None:
    """Measure all in one run and print the tables."""
    repetitions = 1 if quick else REPETITIONS
    names = {name: case.title for name, case in CASES.items()}
    names[BASELINE] = "interact + inline figure"
    with tempfile.TemporaryDirectory() as folder:
        clone = copy_of_clone(Path(folder) / "clone")
        for name, source in SOURCES.items():
            cell = source.strip().replace("{quantizer}", QUANTIZER)
            text = f"# %% [markdown]\n# {name}\n\n# %%\n{cell}\n"
            (clone / "notebooks" / f"{name}.py").write_text(text, encoding="utf-8")
        port = free_port()
        drags, opened = {}, {}
        with chromium(f"--remote-debugging-port={port}") as browser:
            for name in names:
                private = Path(folder) / name
                found = measure_notebook(browser, port, clone, private, name, repetitions)
                drags[name], opened[name] = found
                print(f"measured: {names[name]}, {found[0]}", file=sys.stderr, flush=True)
            pages = {
                name: page_times(browser, clone, case, repetitions) for name, case in CASES.items()
            }
    milliseconds = {name: [1000.0 * each for each in found] for name, found in opened.items()}
    print_tables(names, drags, milliseconds, pages, repetitions)


if __name__ == "__main__":
    main(is_quick(__doc__))
