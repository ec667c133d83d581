// One plot: frame, grid, numbers, title, and a place for the marks in it. What the explorers with several plots share.

import { tickLabels } from "./axes.js";
import { short } from "./format.js";
import { scale } from "./layout.js";
import { px, setAttributes, setText, show, svgNode, ticks } from "./svg.js";

let sheets = 0;

// An empty picture. size(): to be called before its panels are framed.
export function createSheet(parent, label) {
  sheets += 1;
  const svg = svgNode("svg", parent, { class: "n2uq-picture", role: "group", "aria-label": label });
  const background = svgNode("rect", svg, { class: "n2uq-background" });
  const panels = svgNode("g", svg);
  const identity = `n2uq-sheet-${sheets}-${Math.random().toString(36).slice(2, 8)}`;
  let count = 0;

  function size({ width, height, fontSize }) {
    parent.style.height = `${height}px`; // with it fixed, nothing outside is laid out again in a drag
    setAttributes(svg, { viewBox: `0 0 ${width} ${height}`, width, height });
    setAttributes(background, { width, height });
    svg.style.setProperty("--n2uq-font", `${fontSize}px`);
    svg.style.setProperty("--n2uq-dot", width < 640 ? "3.4px" : "4.6px");
  }

  return {
    svg,
    size,
    addPanel() {
      count += 1;
      return createPanel(panels, `${identity}-${count}`);
    },
  };
}

// Boxes for panels in columns of equal height. columns: [{share, panels: [{name, share, numbers, named, headed}]}], where
// share is of the width or of the height, numbers says whether there are some below the panel, named whether the axis has
// its name there too, and headed whether there is room for one more line above the title.
export function arrange({ width, height, fontSize }, columns) {
  const titleOf = ({ headed }) => (headed ? 3.5 : 1.9) * fontSize;
  const left = 4.2 * fontSize;
  const right = 1.2 * fontSize;
  const gap = fontSize;
  const total = columns.reduce((sum, { share }) => sum + share, 0);
  const free = width - columns.length * (left + right);
  const boxes = {};
  let at = 0;
  for (const { share, panels } of columns) {
    const wide = (free * share) / total;
    const below = ({ numbers, named }) => (numbers ? 2 * fontSize : 0.3 * fontSize) + (named ? 1.3 * fontSize : 0);
    const used = panels.reduce((sum, panel) => sum + titleOf(panel) + below(panel) + gap, 0);
    const shares = panels.reduce((sum, panel) => sum + panel.share, 0);
    let top = 0;
    for (const panel of panels) {
      top += titleOf(panel);
      const high = Math.max(10, ((height - used) * panel.share) / shares);
      boxes[panel.name] = { left: at + left, right: at + left + wide, top, bottom: top + high };
      top += high + below(panel) + gap;
    }
    at += left + wide + right;
  }
  return boxes;
}

function logarithmic(from, to, start, end) {
  const inner = scale(Math.log10(from), Math.log10(to), start, end);
  const map = (v) => inner(Math.log10(Math.max(v, from / 10)));
  map.invert = (p) => 10 ** inner.invert(p);
  return map;
}

function powers(low, high) {
  const found = [];
  for (let k = Math.ceil(Math.log10(low) - 1e-9); k <= Math.log10(high) + 1e-9; k += 1) found.push(10 ** k);
  return found;
}

function createPanel(parent, identity) {
  const group = svgNode("g", parent);
  const clip = svgNode("clipPath", group, { id: identity });
  const window = svgNode("rect", clip);
  const lines = svgNode("g", group, { "aria-hidden": "true" });
  const marks = svgNode("g", group, { "clip-path": `url(#${identity})`, "aria-hidden": "true" });
  const words = svgNode("g", group, { "aria-hidden": "true" });
  const panel = { marks, words, x: null, y: null, box: null };
  let framed = "";

  // spec: {box, x: [low, high], y: [low, high], title, fontSize}, and where it is wanted xLog, yLog, xTicks, yTicks (where
  // numbers stand), yWords (number -> text), numbers (below), name (of the x axis), slack (room for marks on the frame).
  panel.frame = (spec) => {
    const wanted = JSON.stringify(spec);
    if (wanted === framed) return;
    framed = wanted;
    const { box, fontSize, title, numbers = false, name = "", slack = 0 } = spec;
    const { left, right, top, bottom } = box;
    panel.box = box;
    panel.x = (spec.xLog ? logarithmic : scale)(spec.x[0], spec.x[1], left, right);
    panel.y = (spec.yLog ? logarithmic : scale)(spec.y[0], spec.y[1], bottom, top);
    setAttributes(window, { x: px(left - slack), y: px(top - slack), width: px(right - left + 2 * slack), height: px(bottom - top + 2 * slack) });
    const xTicks = spec.xTicks ?? (spec.xLog ? powers(...spec.x) : ticks(...spec.x, Math.max(2, (right - left) / (4.5 * fontSize))));
    const yTicks = spec.yTicks ?? (spec.yLog ? powers(...spec.y) : ticks(...spec.y, Math.max(2, (bottom - top) / (2.2 * fontSize))));
    lines.replaceChildren();
    words.replaceChildren();
    const grid = [
      ...xTicks.map((v) => `M${px(panel.x(v))} ${px(top)}V${px(bottom)}`),
      ...yTicks.map((v) => `M${px(left)} ${px(panel.y(v))}H${px(right)}`),
    ];
    svgNode("path", lines, { class: "n2uq-grid", d: grid.join("") });
    svgNode("path", lines, { class: "n2uq-axis", d: `M${px(left)} ${px(top)}V${px(bottom)}H${px(right)}` });
    setText(svgNode("text", words, { class: "n2uq-title", x: px(left), y: px(top - 0.6 * fontSize) }), title);
    tickLabels(words, yTicks, panel.y, 1.15 * fontSize, (value, at, label) => {
      setAttributes(label, { x: px(left - 0.5 * fontSize), y: px(at + 0.35 * fontSize), "text-anchor": "end" });
      setText(label, spec.yWords?.[value] ?? short(Number(value.toPrecision(3))));
    });
    if (numbers) {
      tickLabels(words, xTicks, panel.x, 3 * fontSize, (value, at, label) => {
        const number = short(value);
        // A wide one at the right end stays in the picture.
        const over = at + 0.3 * fontSize * number.length > right + fontSize;
        setAttributes(label, { x: px(over ? right + fontSize : at), y: px(bottom + 1.6 * fontSize), "text-anchor": over ? "end" : "middle" });
        setText(label, number);
      });
    }
    if (name) {
      const label = svgNode("text", words, { class: "n2uq-tick", x: px((left + right) / 2), y: px(bottom + 2.9 * fontSize), "text-anchor": "middle" });
      setText(label, name);
    }
  };

  panel.path = (names) => svgNode("path", marks, { class: names });
  panel.note = () => svgNode("text", group, { class: "n2uq-note", "aria-hidden": "true" });
  panel.show = (visible) => show(group, visible);
  return panel;
}

// Limits of an upright axis around some values, with some air.
export function around(low, high, air = 0.08) {
  const pad = air * (high - low || 1);
  return [low - pad, high + pad];
}
