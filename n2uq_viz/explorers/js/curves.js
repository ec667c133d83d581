// What the quantizer does: forward (staircase, expectation, dots, band), backward (G-STE, STE, dots), guide
// lines.

import { acrossEdge, chord, expectation, slopes } from "./geometry.js";
import { short } from "./format.js";
import { circlesPath, dotsPath, linePath, px, setAttributes, setText, show, svgNode, trianglesPath } from "./svg.js";

export const TIE_RADIUS = 2.6;
const TRIANGLE_SIZE = 7;
// Points per segment on the outline of the band, whose shape there is a half ellipse.
const BAND_POINTS = 12;
const Z95 = 1.959963984540054;

// Largest distance of a 95 % band from the expectation where the coin has probability p.
export function bandHalfWidth(rise, p, draws) {
  return Z95 * rise * Math.sqrt((p * (1 - p)) / draws);
}

export function staircasePath({ q, t, view, layout: { x, y } }) {
  const parts = [`M${px(x(view[0]))} ${px(y(q.levels[0]))}`];
  t.forEach((at, i) => parts.push(`H${px(x(at))}V${px(y(q.levels[i + 1]))}`));
  parts.push(`H${px(Math.max(x(view[1]), t.length ? x(t[t.length - 1]) : -Infinity))}`);
  return parts.join("");
}

export function bandPath({ q, draws, layout: { x, y } }) {
  const upper = [];
  const lower = [];
  for (let i = 1; i < q.edges.length; i += 1) {
    const rise = q.levels[i] - q.levels[i - 1];
    for (let k = 0; k <= BAND_POINTS; k += 1) {
      const p = (1 - Math.cos((Math.PI * k) / BAND_POINTS)) / 2; // dense where the outline turns
      const at = x(q.edges[i - 1] + p * (q.edges[i] - q.edges[i - 1]));
      const middle = q.levels[i - 1] + p * rise;
      const half = bandHalfWidth(rise, p, draws);
      upper.push([at, y(middle + half)]);
      lower.push([at, y(middle - half)]);
    }
  }
  return `${linePath([...upper, ...lower.reverse()])}Z`;
}

export function polyline({ q, view, layout: { x, y } }) {
  const ends = [view[0], view[1]].map((v) => [x(v), y(expectation(q, v))]);
  const corners = q.edges.map((b, i) => [x(b), y(q.levels[i])]);
  return linePath([ends[0], ...corners.filter(([at]) => at > ends[0][0] && at < ends[1][0]), ends[1]]);
}

export function createForward(parent, clip) {
  const group = svgNode("g", parent, { "clip-path": clip, "aria-hidden": "true" });
  const band = svgNode("path", group, { class: "n2uq-band" });
  const staircase = svgNode("path", group, { class: "n2uq-deterministic" });
  const line = svgNode("path", group, { class: "n2uq-expectation" });
  const dots = svgNode("path", group, { class: "n2uq-monte-carlo" });
  const closed = svgNode("path", group, { class: "n2uq-tie-closed" });
  const open = svgNode("path", group, { class: "n2uq-tie-open" });

  function update(scene) {
    const { x, y } = scene.layout;
    const visible = (name) => !scene.hidden.has(name);
    for (const [element, name, path] of [
      [band, "band", () => bandPath(scene)],
      [staircase, "deterministic", () => staircasePath(scene)],
      [line, "expectation", () => polyline(scene)],
      [dots, "monte_carlo", () => dotsPath(Array.from(scene.grid, (v, k) => [x(v), y(scene.mean[k])]))],
      [closed, "deterministic", () => circlesPath(scene.t.map((at, i) => [x(at), y(scene.q.levels[i])]), TIE_RADIUS)],
      [open, "deterministic", () => circlesPath(scene.t.map((at, i) => [x(at), y(scene.q.levels[i + 1])]), TIE_RADIUS)],
    ]) {
      show(element, visible(name));
      if (visible(name)) setAttributes(element, { d: path() });
    }
  }

  return { update };
}

export function createBackward(parent, clip) {
  const group = svgNode("g", parent, { "clip-path": clip, "aria-hidden": "true" });
  const gste = svgNode("path", group, { class: "n2uq-gste" });
  const ste = svgNode("path", group, { class: "n2uq-ste" });
  const dots = svgNode("path", group, { class: "n2uq-monte-carlo-gradient" });
  const holes = svgNode("path", group, { class: "n2uq-mixed" });
  const above = svgNode("path", group, { class: "n2uq-beyond" });
  const labels = svgNode("g", parent, { "aria-hidden": "true" });

  function gstePath({ q, view, layout: { x, slope, slopeTop } }) {
    const parts = [`M${px(x(view[0]))} ${px(slope(0))}`];
    slopes(q).forEach((s, i) => parts.push(`H${px(x(q.edges[i]))}V${px(slope(Math.min(s, slopeTop)))}`));
    parts.push(`H${px(x(q.edges[q.edges.length - 1]))}V${px(slope(0))}`);
    parts.push(`H${px(Math.max(x(view[1]), x(q.edges[q.edges.length - 1])))}`);
    return parts.join("");
  }

  function stePath({ q, view, layout: { x, slope } }) {
    const last = q.edges.length - 1;
    const height = px(slope(chord(q)));
    return `M${px(x(view[0]))} ${px(slope(0))}H${px(x(q.edges[0]))}V${height}H${px(x(q.edges[last]))}V${px(slope(0))}H${px(Math.max(x(view[1]), x(q.edges[last])))}`;
  }

  // A slope beyond the panel is cut at its top and written beside it; the steepest where there is room for one only.
  function updateLabels({ q, view, hidden, layout: { x, panels, slopeTop, fontSize } }) {
    const room = 4 * fontSize;
    const [from, to] = view.map(x);
    const cut = hidden.has("gste") ? [] : slopes(q).map((s, i) => ({ s, left: x(q.edges[i]), right: x(q.edges[i + 1]) }));
    const seen = cut.filter(({ s, left, right }) => s > slopeTop && right >= from && left <= to);
    const wanted = [];
    for (const { s, left, right } of seen.sort((a, b) => b.s - a.s)) {
      const before = right + room > to;
      const at = before ? left - 0.3 * fontSize : right + 0.3 * fontSize;
      const start = before ? at - room : at;
      const free = start >= from && wanted.every((other) => Math.abs(other.start - start) > room);
      if (free) wanted.push({ s, at, start, anchor: before ? "end" : "start" });
    }
    while (labels.childElementCount < wanted.length) svgNode("text", labels, { class: "n2uq-note" });
    Array.from(labels.children).forEach((label, k) => {
      show(label, k < wanted.length);
      if (k >= wanted.length) return;
      setText(label, `▲ ${short(Number(wanted[k].s.toPrecision(3)))}`);
      setAttributes(label, { x: px(wanted[k].at), y: px(panels.backward.top + 0.9 * fontSize), "text-anchor": wanted[k].anchor });
    });
  }

  // A dot above the panel becomes a triangle at its top; none lies below, since no estimate is negative. One that
  // mixes two slopes becomes a ring, by a hole in it.
  function updateDots({ q, grid, gradient, halfWidth, layout: { x, slope, slopeTop, panels } }) {
    const [within, mixed, beyond] = [[], [], []];
    for (let k = 0; k < grid.length; k += 1) {
      if (gradient[k] <= slopeTop) {
        const at = [x(grid[k]), slope(gradient[k])];
        within.push(at);
        if (acrossEdge(q, grid[k], halfWidth)) mixed.push(at);
      } else if (gradient[k] > slopeTop) beyond.push([x(grid[k]), panels.backward.top]);
    }
    setAttributes(dots, { d: dotsPath(within) });
    setAttributes(holes, { d: dotsPath(mixed) });
    setAttributes(above, { d: trianglesPath(beyond, TRIANGLE_SIZE) });
  }

  function update(scene) {
    show(gste, !scene.hidden.has("gste"));
    show(ste, !scene.hidden.has("ste"));
    for (const element of [dots, holes, above]) show(element, scene.gradient !== null);
    if (scene.gradient !== null) updateDots(scene);
    setAttributes(gste, { d: gstePath(scene) });
    setAttributes(ste, { d: stePath(scene) });
    updateLabels(scene);
  }

  return { update };
}

export function createGuides(parent, clip) {
  const group = svgNode("g", parent, { "clip-path": clip, "aria-hidden": "true" });
  const edges = svgNode("path", group, { class: "n2uq-guide-edge" });
  const steps = svgNode("path", group, { class: "n2uq-guide-threshold" });

  function update({ q, t, layout: { x, y, panels } }) {
    const bottom = px(panels.histogram.bottom);
    setAttributes(edges, { d: q.edges.map((b) => `M${px(x(b))} ${px(panels.forward.bottom)}V${bottom}`).join("") });
    setAttributes(steps, {
      d: t.map((at, i) => `M${px(x(at))} ${px(y((q.levels[i] + q.levels[i + 1]) / 2))}V${bottom}`).join(""),
    });
  }

  return { update };
}
