// Where things stand: panels stacked over one x axis, and the scales that map numbers to pixels.

import { chord, slopes } from "./geometry.js";

const NICE = [1, 1.5, 2, 3, 4, 5, 6, 8, 10];
const PANELS = ["forward", "compander", "backward", "histogram"];
const SHARES = { forward: 0.5, compander: 0.4, backward: 0.26, histogram: 0.24 };

// Which panels have something to show.
export function panelsWith(hidden, compander = false) {
  const empty = {
    forward: false,
    compander: !compander,
    backward: ["gste", "ste", "monte_carlo_gradient"].every((name) => hidden.has(name)),
    histogram: hidden.has("histogram"),
  };
  return PANELS.filter((name) => !empty[name]);
}

// The smallest round number that is at least v.
export function nice(v) {
  const power = 10 ** Math.floor(Math.log10(v));
  return NICE.map((m) => m * power).find((n) => n >= v * (1 - 1e-12)) ?? 10 * power;
}

// One outlying slope must not flatten all others: beyond six chords it is cut and labeled.
export function gradientTop(q) {
  return nice(1.08 * Math.min(Math.max(...slopes(q)), 6 * chord(q)));
}

export function scale(from, to, start, end) {
  const factor = (end - start) / (to - from);
  const map = (v) => start + (v - from) * factor;
  map.invert = (p) => from + (p - start) / factor;
  return map;
}

// Panels and scales for a picture of that size, in pixels. shareTop: the tallest bar that is not cut.
export function layout({ width, height, fontSize, q, view, shareTop, shownPanels }) {
  const title = 1.9 * fontSize;
  const left = 4.2 * fontSize;
  const right = 1.2 * fontSize;
  // Numbers below the axis keep clear of the edges' handles, which sit on the axis of the forward panel.
  const numbers = (shownPanels[shownPanels.length - 1] === "forward" ? 2 : 1.3) * fontSize;
  const bottom = numbers + 2.1 * fontSize;
  const gap = fontSize;
  const count = shownPanels.length;
  const free = height - count * title - (count - 1) * gap - bottom;
  const shares = shownPanels.reduce((sum, name) => sum + SHARES[name], 0);
  const panels = {};
  let y = -gap;
  for (const name of PANELS) {
    const shown = shownPanels.includes(name);
    // A panel with nothing in it takes no room: it lies flat under the one above it.
    const top = shown ? y + gap + title : y;
    y = top + (shown ? (SHARES[name] / shares) * free : 0);
    panels[name] = { left, right: width - right, top, bottom: y };
  }
  const levels = q.levels;
  const pad = 0.08 * (levels[levels.length - 1] - levels[0]);
  const top = gradientTop(q);
  return {
    width,
    height,
    fontSize,
    panels,
    x: scale(view[0], view[1], left, width - right),
    y: scale(levels[0] - pad, levels[levels.length - 1] + pad, panels.forward.bottom, panels.forward.top),
    rounded: scale(levels[0] - pad, levels[levels.length - 1] + pad, panels.compander.bottom, panels.compander.top),
    slope: scale(-0.04 * top, top, panels.backward.bottom, panels.backward.top),
    slopeTop: top,
    numbers,
    // The level numbers stand above the bars.
    share: scale(0, shareTop, panels.histogram.bottom, panels.histogram.top + 1.2 * fontSize),
    shareTop,
  };
}
