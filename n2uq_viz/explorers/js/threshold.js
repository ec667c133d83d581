// The Threshold explorer: drag the edges and thresholds of a quantizer that lies over real data.

import { addButton, addRange, addSelect, setOptions } from "./controls.js";
import { bars, points } from "./data.js";
import { createEstimator } from "./estimator.js";
import { short } from "./format.js";
import { thresholds } from "./geometry.js";
import { createGrip } from "./grip.js";
import { handleLimits, handleList, handleValue, moveHandle } from "./handles.js";
import { tallestBar } from "./histogram.js";
import { panelsWith } from "./layout.js";
import { createLegend } from "./legend.js";
import { createPicture } from "./picture.js";
import { createPresets } from "./presets.js";
import { createQuestion } from "./question.js";
import { asksForFit, createReadout } from "./readout.js";
import { remember } from "./remember.js";
import { automaticHalfWidth, coinsOfSeed, grid, simulate, simulateGradient } from "./simulation.js";
import { setAttributes } from "./svg.js";
import { levelColors } from "./theme.js";
import { addWhole } from "./whole.js";

// Nobody reads numbers that change with every frame: in a drag the words follow the picture a little slower.
const READ_EVERY_MS = 80;

const quantizerOf = (state) => ({ edges: state.edges, levels: state.levels });

export function thresholdExplorer(stage) {
  const { text, kit, slots } = stage;
  const { gridPoints, viewMargin } = kit.constants;
  const { series, limits: { maxDraws, maxSeed } } = kit.schema;

  const gridOf = remember((low, high) => grid([low, high], gridPoints));
  const coinsOf = remember((seed) => coinsOfSeed(seed));
  const pointsOf = remember((summary) => points(summary));
  const barsOf = remember((summary) => bars(summary));
  const handlesOf = remember((edges) => handleList(edges));
  const hiddenOf = remember((hidden) => new Set(hidden));
  const panelsOf = remember((hidden, compander) => panelsWith(new Set(hidden), compander));
  const colorsOf = remember((theme, count) => levelColors(kit.palette[theme].levels, count));
  const summaryOf = (state) => (typeof state.data === "string" ? kit.data[state.data] : state.data);

  function viewFor({ edges }, summary) {
    const margin = viewMargin * (edges[edges.length - 1] - edges[0]);
    return [Math.min(edges[0] - margin, summary.range[0]), Math.max(edges[edges.length - 1] + margin, summary.range[1])];
  }

  // A new view only when an edge has left the old one.
  function viewKeeping(state) {
    const [low, high] = [state.edges[0], state.edges[state.edges.length - 1]];
    return low >= state.view[0] && high <= state.view[1] ? state.view : viewFor(state, summaryOf(state));
  }

  // --- Controls -----------------------------------------------------------------------------------

  const tools = slots.tools;
  const presets = createPresets(tools, stage, (q) => {
    grip.letGo();
    stage.set({ ...q, view: viewFor(q, summaryOf(stage.state)) });
  });
  const data = addSelect(tools, text("control.data"), [], (name) => {
    grip.letGo();
    stage.set({ data: name, view: viewFor(stage.state, kit.data[name]) });
  }, { "data-control": "data" });
  const whole = (key, low, high) => addWhole(tools, stage, {
    key, limits: () => [low, high], current: () => stage.state[key], take: (value) => stage.set({ [key]: value }),
  }, { "data-control": key });
  const draws = whole("draws", 1, maxDraws);
  const drawsRange = addRange(tools, text("control.draws"), {
    begin: stage.hold,
    move: (v) => stage.change({ draws: Math.round(10 ** v) }),
    done: () => { stage.commit("draws"); stage.release(); },
  }, { min: 0, max: Math.log10(maxDraws), step: 0.05, "data-control": "draws-range" });
  const seed = whole("seed", 0, maxSeed);
  addButton(tools, text("control.throw"), () => stage.set({ seed: (stage.state.seed + 1) % maxSeed }), {
    title: text("control.throw.help"), "data-action": "throw",
  });
  const estimator = createEstimator(tools, stage);
  const compander = addButton(tools, text("control.compander"), () => stage.set({ compander: !stage.state.compander }), {
    title: text("control.compander.help"), "data-action": "compander",
  });
  const legend = createLegend(stage, series.threshold);
  const picture = createPicture(slots.picture, text);
  const grip = createGrip({
    stage,
    picture,
    first: "threshold-1",
    listOf: (state) => handlesOf(state.edges.length),
    valueOf: handleValue,
    limitsOf: handleLimits,
    move: (state, handle, to) => moveHandle(quantizerOf(state), handle, to),
    widen: viewKeeping,
  });
  const readout = createReadout(slots.side, text);

  // --- Showing ------------------------------------------------------------------------------------

  function updateControls(state) {
    presets.update(state);
    const own = typeof state.data !== "string";
    setOptions(data, [...Object.keys(kit.data).map((name) => [name, text(`data.${name}`)]), ...(own ? [["own", text("data.own")]] : [])]);
    data.value = own ? "own" : state.data;
    draws.update();
    drawsRange.value = String(Math.log10(state.draws));
    seed.update();
    estimator.update(state);
    legend.update(state);
    setAttributes(compander, { "aria-pressed": state.compander });
  }

  // Whether the means fit: what Python says, when the hand rests.
  const subjectOf = remember((edges, levels, view, draws, seed) => ({ edges, levels, view, draws, seed }));
  const agreement = () => ({ answer: question.answer, silent: question.late || stage.silent });
  const question = createQuestion({
    ask: (answered, late) => stage.inquire("agreement", answered, late),
    quiet: () => stage.quiet,
    changed() {
      readout.updateAgreement({ q: quantizerOf(stage.state), hidden: hiddenOf(stage.state.hidden), agreement: agreement() });
      if (question.answer) stage.announce(readout.verdict());
    },
  });

  let shown = null;
  let readAt = -Infinity;

  function draw(size) {
    const { state } = stage;
    const q = quantizerOf(state);
    const summary = summaryOf(state);
    grip.update(state); // first: it may have to select another handle
    const scene = {
      ...size,
      q,
      t: thresholds(q),
      view: state.view,
      draws: state.draws,
      hidden: hiddenOf(state.hidden),
      method: state.gradient_method,
      halfWidth: state.gradient_method === "score_function" ? 0 : (state.half_width ?? automaticHalfWidth(q)),
      shownPanels: panelsOf(state.hidden, state.compander),
      handles: handlesOf(q.edges.length),
      selected: grip.selected,
      bars: barsOf(summary),
      points: pointsOf(summary),
      grid: gridOf(state.view[0], state.view[1]),
      levelColors: colorsOf(stage.theme, q.levels.length),
    };
    scene.shareTop = tallestBar(scene.bars);
    const coins = coinsOf(state.seed)(state.draws);
    scene.mean = simulate(q, scene.grid, coins);
    const dots = !scene.hidden.has("monte_carlo_gradient");
    scene.gradient = dots ? simulateGradient(q, scene.grid, coins, scene.method, scene.halfWidth) : null;
    question.about(asksForFit(scene.hidden) ? subjectOf(state.edges, state.levels, state.view, state.draws, state.seed) : null);
    scene.agreement = agreement();
    picture.draw(scene);
    const now = performance.now();
    if (!grip.held || now - readAt >= READ_EVERY_MS) {
      readout.update(scene);
      readAt = now;
    }
    // Menus and fields of the tool bar do not change while a handle is held.
    if (!grip.held && shown !== state) {
      updateControls(state);
      shown = state;
    }
  }

  function describe() {
    const { state } = stage;
    return text("describe.threshold", {
      steps: state.edges.length - 1,
      thresholds: thresholds(quantizerOf(state)).map(short).join(", "),
      edges: state.edges.map(short).join(", "),
      levels: state.levels.map((y) => short(Number(y.toPrecision(4)))).join(", "),
      readout: [readout.words(), ...(question.answer ? [readout.verdict()] : [])].join(" "),
    });
  }

  // The compander's panel needs room of its own.
  const height = (width) => Math.min(Math.max(0.75 * width, 410), 540) + (stage.state.compander ? 150 : 0);

  return { draw, describe, height, letGo: grip.letGo, settled: question.settled, close: question.close, svg: picture.svg };
}
