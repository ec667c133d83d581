// The Binary explorer: a deterministic and a stochastic quantizer side by side, and the coins that one input throws.

import { expectation, outcome, output } from "./geometry.js";
import { short } from "./format.js";
import { createGrip } from "./grip.js";
import { createHandles } from "./handles.js";
import { createLegend } from "./legend.js";
import { createBand, createExpectation, createGuide, createStaircase } from "./marks.js";
import { arrange, around, createSheet } from "./panel.js";
import { remember } from "./remember.js";
import { createReport } from "./report.js";
import { coinsOfSeed } from "./simulation.js";
import { circlesPath, dotsPath, px, setAttributes, show } from "./svg.js";
import { createThrows } from "./throws.js";

// Below this width the two quantizers stand one above the other.
const SIDE_BY_SIDE = 640;
// The last so many coins are shown one by one.
const COINS_SHOWN = 50;

export function binaryExplorer(stage) {
  const { text, kit, slots } = stage;
  const coinsOf = remember((seed) => coinsOfSeed(seed));
  const hiddenOf = remember((hidden) => new Set(hidden));
  const list = [{ id: "probe", kind: "probe", number: "", index: 0 }];

  const throws = createThrows(slots.tools, stage, [1, 10]);
  const legend = createLegend(stage, kit.schema.series.binary);
  const sheet = createSheet(slots.picture, text("picture.binary"));
  const panels = Object.fromEntries(["deterministic", "stochastic", "probability", "coins"].map((name) => [name, sheet.addPanel()]));
  const staircase = createStaircase(panels.deterministic);
  const band = createBand(panels.stochastic);
  const ramp = createExpectation(panels.stochastic);
  const chance = panels.probability.path("n2uq-expectation");
  const guides = ["deterministic", "stochastic", "probability"].map((name) => createGuide(panels[name]));
  const certain = panels.deterministic.path("n2uq-probe-dot");
  const last = panels.stochastic.path("n2uq-coin-last");
  const mean = panels.stochastic.path("n2uq-mean-dot");
  const likely = panels.probability.path("n2uq-probe-dot");
  const coinDots = panels.coins.path("n2uq-monte-carlo");
  const meanLine = panels.coins.path("n2uq-mean-line");
  const expected = panels.coins.path("n2uq-expectation");
  const handles = createHandles(sheet.svg, text);
  const picture = { svg: sheet.svg, handles, xAt: (pixel) => panels.deterministic.x.invert(pixel) };
  const grip = createGrip({
    stage,
    picture,
    first: "probe",
    listOf: () => list,
    valueOf: (state) => state.x,
    limitsOf: () => [-Infinity, Infinity],
    move: (state, handle, to) => ({ x: to }),
    widen: (state) => [Math.min(state.view[0], state.x), Math.max(state.view[1], state.x)],
  });
  const report = createReport(slots.side, text);

  // The coins at x so far: how many came up, the last ones, and their mean.
  function throwAll({ seed, thrown, x }, q) {
    const { lower, upper, probability } = outcome(q, x);
    const coins = coinsOf(seed)(thrown);
    const up = thrown ? coins.below(0, probability) : 0;
    const first = Math.max(0, thrown - COINS_SHOWN);
    const shown = thrown ? Array.from(coins.row(0).subarray(first, thrown), (u) => (u < probability ? upper : lower)) : [];
    const share = thrown ? up / thrown : NaN;
    const average = share === 1 ? upper : Math.min(lower + (upper - lower) * share, upper);
    return { lower, upper, probability, up, first, shown, mean: average };
  }

  function frame(size, q, view, found) {
    const beside = size.width >= SIDE_BY_SIDE;
    const one = [{ name: "deterministic", share: 0.56, numbers: true, named: !beside }, { name: "probability", share: 0.44, numbers: true, named: true }];
    const two = [{ name: "stochastic", share: 0.56, numbers: true, named: !beside }, { name: "coins", share: 0.44, numbers: true, named: true }];
    const columns = beside ? [{ share: 1, panels: one }, { share: 1, panels: two }] : [{ share: 1, panels: [one[0], two[0], one[1], two[1]] }];
    sheet.size(size);
    const boxes = arrange(size, columns);
    const y = around(q.levels[0], q.levels[q.levels.length - 1], 0.12);
    const common = { x: view, y, yTicks: q.levels, fontSize: size.fontSize, numbers: true };
    const name = text("axis.x");
    panels.deterministic.frame({ ...common, box: boxes.deterministic, title: text("panel.binary.deterministic"), name: beside ? "" : name });
    panels.stochastic.frame({ ...common, box: boxes.stochastic, title: text("panel.binary.stochastic"), name: beside ? "" : name });
    panels.probability.frame({
      ...common, box: boxes.probability, y: [-0.06, 1.06], yTicks: [0, 0.5, 1], title: text("panel.binary.probability"), name,
    });
    panels.coins.frame({
      ...common,
      box: boxes.coins,
      x: [found.first + 0.5, found.first + COINS_SHOWN + 0.5],
      xTicks: [1, 10, 20, 30, 40, 50].map((k) => found.first + k),
      title: text("panel.binary.coins"),
      name: text("axis.draw"),
    });
  }

  // The chance of the upper of the two outputs at each input: one ramp per segment.
  function chancePath(q, view) {
    const { x, y } = panels.probability;
    const parts = [`M${px(x(view[0]))} ${px(y(0))}H${px(x(q.edges[0]))}`];
    for (let i = 1; i < q.edges.length; i += 1) parts.push(`V${px(y(0))}L${px(x(q.edges[i]))} ${px(y(1))}`);
    parts.push(`H${px(Math.max(x(view[1]), x(q.edges[q.edges.length - 1])))}`);
    return parts.join("");
  }

  let shown = null;
  function draw(size) {
    const { state } = stage;
    const q = { edges: state.edges, levels: state.levels };
    const hidden = hiddenOf(state.hidden);
    const found = throwAll(state, q);
    const { view, thrown, x } = state;
    frame(size, q, view, found);
    const visible = (name) => !hidden.has(name);
    staircase.update(q, view, visible("deterministic"));
    band.update(q, thrown, visible("band"));
    ramp.update(q, view, visible("expectation"));
    setAttributes(chance, { d: chancePath(q, view) });
    for (const guide of guides) guide.update(x);
    const at = (panel, value) => [[panel.x(x), panel.y(value)]];
    setAttributes(certain, { d: circlesPath(at(panels.deterministic, output(q, x)), 5) });
    setAttributes(likely, { d: circlesPath(at(panels.probability, found.probability), 5) });
    show(last, thrown > 0 && visible("coins"));
    show(mean, thrown > 0 && visible("monte_carlo"));
    show(coinDots, visible("coins"));
    show(meanLine, thrown > 0 && visible("monte_carlo"));
    show(expected, visible("expectation"));
    if (thrown) {
      setAttributes(last, { d: circlesPath(at(panels.stochastic, found.shown[found.shown.length - 1]), 6.5) });
      setAttributes(mean, { d: circlesPath(at(panels.stochastic, found.mean), 4) });
    }
    const { coins } = panels;
    setAttributes(coinDots, { d: dotsPath(found.shown.map((y, k) => [coins.x(found.first + k + 1), coins.y(y)])) });
    const across = (value) => `M${px(coins.box.left)} ${px(coins.y(value))}H${px(coins.box.right)}`;
    setAttributes(expected, { d: across(expectation(q, x)) });
    if (thrown) setAttributes(meanLine, { d: across(found.mean) });
    grip.update(state);
    const { left, right, top, bottom } = panels.deterministic.box;
    const seen = x >= view[0] && x <= view[1];
    handles.frame(list);
    handles.update([{ value: x, low: -Infinity, high: Infinity, at: seen ? [panels.deterministic.x(x), bottom] : null }], {
      selected: "probe", view, room: [left, right], corner: [right, top - 0.6 * size.fontSize],
    });
    updateReport(q, state, found);
    if (shown !== state) {
      throws.update(state);
      legend.update(state);
      shown = state;
    }
  }

  function updateReport(q, { x, thrown }, found) {
    const { lower, upper, probability, up } = found;
    const certainly = output(q, x);
    report.write("output", text("readout.binary.output", { x: short(x), y: short(certainly) }), { value: certainly });
    report.write("probability", text("readout.binary.probability", { upper: short(upper), lower: short(lower), p: short(probability), rest: short(1 - probability) }), { value: probability });
    const mean = expectation(q, x);
    report.write("expectation", text("readout.binary.expectation", { mean: short(mean) }), { value: mean });
    report.write("thrown", text(thrown === 0 ? "readout.binary.none" : thrown === 1 ? "readout.binary.one" : "readout.binary.thrown", {
      thrown, up, down: thrown - up, upper: short(upper), lower: short(lower), mean: short(found.mean),
    }), { value: thrown, up, mean: found.mean });
  }

  return {
    draw,
    describe: () => report.words(),
    height: (width) => (width >= SIDE_BY_SIDE ? 430 : 760),
    letGo: grip.letGo,
    pause: throws.pause,
    svg: sheet.svg,
  };
}
