// Curves of a quantizer as marks in a panel.

import { bandPath, polyline, staircasePath, TIE_RADIUS } from "./curves.js";
import { chord, slopes, thresholds } from "./geometry.js";
import { circlesPath, px, setAttributes, show } from "./svg.js";

// The deterministic output, with the lower level at every tie. `shade`: class for a lighter one behind another.
export function createStaircase(panel, shade = "") {
  const line = panel.path(`n2uq-deterministic ${shade}`);
  const closed = panel.path(`n2uq-tie-closed ${shade}`);
  const open = panel.path(`n2uq-tie-open ${shade}`);
  return {
    update(q, view, visible) {
      for (const element of [line, closed, open]) show(element, visible);
      if (!visible) return;
      const t = thresholds(q);
      const { x, y } = panel;
      setAttributes(line, { d: staircasePath({ q, t, view, layout: { x, y } }) });
      setAttributes(closed, { d: circlesPath(t.map((at, i) => [x(at), y(q.levels[i])]), TIE_RADIUS) });
      setAttributes(open, { d: circlesPath(t.map((at, i) => [x(at), y(q.levels[i + 1])]), TIE_RADIUS) });
    },
  };
}

export function createExpectation(panel) {
  const line = panel.path("n2uq-expectation");
  return {
    update(q, view, visible) {
      show(line, visible);
      if (visible) setAttributes(line, { d: polyline({ q, view, layout: panel }) });
    },
  };
}

// Where means of so many draws lie 95 times of 100.
export function createBand(panel) {
  const area = panel.path("n2uq-band");
  return {
    update(q, draws, visible) {
      show(area, visible && draws > 0);
      if (visible && draws > 0) setAttributes(area, { d: bandPath({ q, draws, layout: panel }) });
    },
  };
}

// The slope of every segment, and plain STE's one slope.
export function createSlopes(panel) {
  const gste = panel.path("n2uq-gste");
  const ste = panel.path("n2uq-ste");
  return {
    update(q, view, { showsGste, showsSte }) {
      const { x, y } = panel;
      const last = q.edges.length - 1;
      const [start, zero, end] = [px(x(view[0])), px(y(0)), px(Math.max(x(view[1]), x(q.edges[last])))];
      show(gste, showsGste);
      show(ste, showsSte);
      const parts = slopes(q).map((slope, i) => `H${px(x(q.edges[i]))}V${px(y(slope))}`);
      setAttributes(gste, { d: `M${start} ${zero}${parts.join("")}H${px(x(q.edges[last]))}V${zero}H${end}` });
      setAttributes(ste, { d: `M${start} ${zero}H${px(x(q.edges[0]))}V${px(y(chord(q)))}H${px(x(q.edges[last]))}V${zero}H${end}` });
    },
  };
}

// An upright line at one input.
export function createGuide(panel, names = "n2uq-guide-probe") {
  const line = panel.path(names);
  return {
    update(at) {
      setAttributes(line, { d: `M${px(panel.x(at))} ${px(panel.box.top)}V${px(panel.box.bottom)}` });
    },
  };
}
