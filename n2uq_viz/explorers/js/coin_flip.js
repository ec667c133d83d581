// The Coin-flip explorer: at a few inputs the running mean of the stochastic output settles on its expectation, and its
// error shrinks like one over the root of the number of draws.

import { addSelect } from "./controls.js";
import { bandHalfWidth } from "./curves.js";
import { short } from "./format.js";
import { expectation, outcome } from "./geometry.js";
import { createGrip } from "./grip.js";
import { createHandles } from "./handles.js";
import { createLegend } from "./legend.js";
import { createBand, createExpectation } from "./marks.js";
import { arrange, around, createSheet } from "./panel.js";
import { remember } from "./remember.js";
import { createReport } from "./report.js";
import { coinsOfSeed } from "./simulation.js";
import { circlesPath, linePath, px, setAttributes, show } from "./svg.js";
import { createThrows } from "./throws.js";

const BESIDE_RUNS = 700;
// Numbers of draws at which running means are drawn, evenly spread over a logarithmic axis: so many per decade.
const PER_DECADE = 60;
// Pieces of the outline of a band.
const BAND_STEPS = 60;
// Errors are drawn from the range of the levels down to this share of it.
const SMALLEST_ERROR = 1e-4;

// Increasing whole numbers from 1 to `last`, about evenly spread on a logarithmic axis, the last one included.
export function spreadDraws(last) {
  const found = [];
  for (let k = 0; k <= PER_DECADE * Math.log10(Math.max(last, 1)); k += 1) {
    const n = Math.round(10 ** (k / PER_DECADE));
    if (n !== found[found.length - 1]) found.push(n);
  }
  if (last > 0 && found[found.length - 1] !== last) found.push(last);
  return last > 0 ? found : [];
}

// Means of the first n coins at one input, for increasing n.
export function runningMeans(q, x, row, at) {
  const { lower, upper, probability } = outcome(q, x);
  let up = 0;
  let draw = 0;
  return at.map((n) => {
    for (; draw < n; draw += 1) up += +(row[draw] < probability);
    const share = up / n;
    return share === 1 ? upper : Math.min(lower + (upper - lower) * share, upper);
  });
}

export function coinFlipExplorer(stage) {
  const { text, kit, slots } = stage;
  const { maxPoints, maxDraws } = kit.schema.limits;
  const coinsOf = remember((seed) => coinsOfSeed(seed));
  const hiddenOf = remember((hidden) => new Set(hidden));
  const listOf = remember((count) => Array.from({ length: count }, (_, k) => ({ id: `point-${k + 1}`, kind: "point", number: k + 1, index: k })));
  const spreadOf = remember((thrown) => spreadDraws(thrown));

  const throws = createThrows(slots.tools, stage, [1, 10, 100]);
  const count = addSelect(
    slots.tools,
    text("control.points"),
    Array.from({ length: maxPoints }, (_, k) => [String(k + 1), String(k + 1)]),
    (n) => stage.set({ points: someInputs(stage.state, Number(n)) }),
    { "data-control": "points" },
  );
  const legend = createLegend(stage, kit.schema.series["coin-flip"]);
  const sheet = createSheet(slots.picture, text("picture.coin-flip"));
  const panels = Object.fromEntries(["forward", "running", "error"].map((name) => [name, sheet.addPanel()]));
  const band = createBand(panels.forward);
  const ramp = createExpectation(panels.forward);
  const runs = Array.from({ length: maxPoints }, (_, k) => ({
    band: panels.running.path(`n2uq-run-band n2uq-run-${k + 1}`),
    expected: panels.running.path(`n2uq-run-expected n2uq-run-${k + 1}`),
    mean: panels.running.path(`n2uq-run n2uq-run-${k + 1}`),
    law: panels.error.path(`n2uq-run-law n2uq-run-${k + 1}`),
    error: panels.error.path(`n2uq-run n2uq-run-${k + 1}`),
    dot: panels.forward.path(`n2uq-run-dot n2uq-run-${k + 1}`),
    guide: panels.forward.path(`n2uq-run-guide n2uq-run-${k + 1}`),
    note: panels.running.note(),
    name: panels.forward.note(),
  }));
  const none = panels.error.note();
  const handles = createHandles(sheet.svg, text);
  const grip = createGrip({
    stage,
    picture: { svg: sheet.svg, handles, xAt: (pixel) => panels.forward.x.invert(pixel) },
    first: "point-1",
    listOf: (state) => listOf(state.points.length),
    valueOf: (state, handle) => state.points[handle.index],
    limitsOf: () => [-Infinity, Infinity],
    move: (state, handle, to) => ({ points: state.points.map((x, k) => (k === handle.index ? to : x)) }),
    widen: (state) => [Math.min(state.view[0], ...state.points), Math.max(state.view[1], ...state.points)],
  });
  const report = createReport(slots.side, text);

  // More inputs: each new one between the outer edges, as far as can be from those there are. Fewer: the first ones stay.
  function someInputs({ points, edges }, wanted) {
    const [low, high] = [edges[0], edges[edges.length - 1]];
    const places = Array.from({ length: 19 }, (_, k) => low + ((k + 1) / 20) * (high - low));
    const found = points.slice(0, wanted);
    const away = (place) => Math.min(...found.map((x) => Math.abs(x - place)));
    while (found.length < wanted) found.push(places.reduce((best, place) => (away(place) > away(best) + 1e-9 ? place : best)));
    return found;
  }

  function frame(size, q, state, draws) {
    const first = { share: 0.85, panels: [{ name: "forward", share: 1, numbers: true, named: true }] };
    const others = [{ name: "running", share: 0.5, numbers: true }, { name: "error", share: 0.5, numbers: true, named: true }];
    const beside = size.width >= BESIDE_RUNS;
    sheet.size(size);
    const boxes = arrange(size, beside ? [first, { share: 1, panels: others }] : [{ share: 1, panels: [{ ...first.panels[0], share: 0.6 }, ...others] }]);
    const [low, high] = [q.levels[0], q.levels[q.levels.length - 1]];
    const common = { fontSize: size.fontSize, numbers: true };
    panels.forward.frame({
      ...common, box: boxes.forward, x: state.view, y: around(low, high, 0.12), yTicks: q.levels, title: text("panel.coin-flip.forward"), name: text("axis.x"), slack: 6,
    });
    const x = [1, draws];
    panels.running.frame({ ...common, box: boxes.running, x, xLog: true, y: around(low, high, 0.12), yTicks: q.levels, title: text("panel.coin-flip.running"), slack: 2 });
    panels.error.frame({
      ...common, box: boxes.error, x, xLog: true, y: [SMALLEST_ERROR * (high - low), 2 * (high - low)], yLog: true, title: text("panel.coin-flip.error"), name: text("axis.draws"),
    });
  }

  function drawRun(run, k, { state, q, row, hidden, draws }) {
    const x = state.points[k];
    const { lower, upper, probability } = outcome(q, x);
    const expected = expectation(q, x);
    const at = spreadOf(state.thrown);
    const means = runningMeans(q, x, row, at);
    const { forward, running, error } = panels;
    const deviation = (upper - lower) * Math.sqrt(probability * (1 - probability));
    const marks = { band: "band", expected: "expectation", mean: "monte_carlo", law: "error_law", error: "error", dot: "monte_carlo" };
    for (const [name, series] of Object.entries(marks)) show(run[name], !hidden.has(series) && (state.thrown > 0 || name === "expected" || name === "law"));
    show(run.guide, true);
    setAttributes(run.guide, { d: `M${px(forward.x(x))} ${px(forward.box.bottom)}V${px(forward.y(expected))}` });
    const end = means[means.length - 1] ?? NaN;
    run.name.textContent = text("handle.point.short", { i: k + 1 });
    setAttributes(run.name, { x: px(forward.x(x) + 5), y: px(forward.box.bottom - 14) });
    if (at.length) setAttributes(run.dot, { d: circlesPath([[forward.x(x), forward.y(end)]], 5) });
    setAttributes(run.expected, { d: `M${px(running.box.left)} ${px(running.y(expected))}H${px(running.box.right)}` });
    setAttributes(run.mean, { d: linePath(at.map((n, i) => [running.x(n), running.y(means[i])])) });
    const decades = Array.from({ length: BAND_STEPS + 1 }, (_, k) => draws ** (k / BAND_STEPS));
    const edge = (sign) => decades.map((n) => [running.x(n), running.y(expected + sign * bandHalfWidth(upper - lower, probability, n))]);
    setAttributes(run.band, { d: deviation > 0 ? `${linePath([...edge(1), ...edge(-1).reverse()])}Z` : "" });
    const errors = means.map((mean) => Math.abs(mean - expected));
    setAttributes(run.error, { d: linePath(at.map((n, i) => [error.x(n), error.y(errors[i])])) });
    setAttributes(run.law, { d: deviation > 0 ? linePath([1, draws].map((n) => [error.x(n), error.y(deviation / Math.sqrt(n))])) : "" });
    return { x, expected, mean: end, deviation, error: errors[errors.length - 1] ?? NaN };
  }

  let shown = null;
  function draw(size) {
    const { state } = stage;
    const q = { edges: state.edges, levels: state.levels };
    const hidden = hiddenOf(state.hidden);
    const coins = coinsOf(state.seed)(state.thrown);
    const draws = Math.min(10 ** Math.ceil(Math.log10(Math.max(state.thrown, 10)) - 1e-9), maxDraws);
    frame(size, q, state, draws);
    band.update(q, state.thrown, !hidden.has("band"));
    ramp.update(q, state.view, !hidden.has("expectation"));
    const found = runs.map((run, k) => {
      if (k < state.points.length) return drawRun(run, k, { state, q, row: coins.row(k), hidden, draws });
      for (const element of Object.values(run)) show(element, false);
      return null;
    }).filter((each) => each !== null);
    grip.update(state);
    const list = listOf(state.points.length);
    const { forward } = panels;
    const { left, right, top, bottom } = forward.box;
    handles.frame(list);
    handles.update(
      state.points.map((value) => ({ value, low: -Infinity, high: Infinity, at: value >= state.view[0] && value <= state.view[1] ? [forward.x(value), bottom] : null })),
      { selected: grip.selected, view: state.view, room: [left, right], corner: [right, top - 0.6 * size.fontSize] },
    );
    notes(found, size);
    const { box } = panels.error;
    show(none, state.thrown === 0);
    none.textContent = text("readout.binary.none");
    setAttributes(none, { x: px((box.left + box.right) / 2), y: px((box.top + box.bottom) / 2), "text-anchor": "middle" });
    updateReport(state, found);
    if (shown !== state) {
      throws.update(state);
      legend.update(state);
      count.value = String(state.points.length);
      shown = state;
    }
  }

  // Which run belongs to which input: its number at the right end, where there is room.
  function notes(found, { fontSize }) {
    const { forward, running } = panels;
    const places = [];
    const names = [];
    found.forEach(({ expected, x }, k) => {
      const beside = forward.x(x);
      const room = beside >= forward.box.left && beside <= forward.box.right && names.every((other) => Math.abs(other - beside) > fontSize);
      show(runs[k].name, room);
      if (room) names.push(beside);
      const at = running.y(expected) - 0.3 * fontSize;
      const free = places.every((other) => Math.abs(other - at) > fontSize);
      show(runs[k].note, free);
      if (!free) return;
      places.push(at);
      runs[k].note.textContent = text("handle.point.short", { i: k + 1 });
      setAttributes(runs[k].note, { x: px(running.box.right - 0.3 * fontSize), y: px(at), "text-anchor": "end" });
    });
  }

  function updateReport({ thrown, points }, found) {
    report.write("thrown", text(thrown === 1 ? "readout.coin-flip.one" : "readout.coin-flip.thrown", { thrown }), { value: thrown });
    for (let k = 0; k < maxPoints; k += 1) {
      const each = found[k];
      if (!each) {
        report.write(`point-${k + 1}`, "");
        continue;
      }
      const values = { i: k + 1, x: short(points[k]), mean: short(each.mean), expected: short(each.expected), error: short(each.error), law: short(each.deviation / Math.sqrt(thrown)) };
      const key = each.deviation === 0 ? "certain" : thrown === 0 ? "waiting" : "point";
      report.write(`point-${k + 1}`, text(`readout.coin-flip.${key}`, values), { mean: each.mean, expected: each.expected, error: each.error });
    }
  }

  return {
    draw,
    describe: () => report.words(),
    height: (width) => (width >= BESIDE_RUNS ? 440 : 760),
    letGo: grip.letGo,
    pause: throws.pause,
    svg: sheet.svg,
  };
}
