// The Threshold explorer: drag the edges and thresholds of a quantizer that lies over real data.

import { addButton, addNumber, addRange, addSelect, htmlNode, setOptions, showNumber } from "./controls.js";
import { bars, points } from "./data.js";
import { createEstimator } from "./estimator.js";
import { parseWhole, short } from "./format.js";
import { thresholds } from "./geometry.js";
import { handleLimits, handleList, handleValue, moveHandle } from "./handles.js";
import { sameState } from "./history.js";
import { listenToHands } from "./input.js";
import { panelsWith } from "./layout.js";
import { tallestBar } from "./histogram.js";
import { createPicture } from "./picture.js";
import { asksForFit, createReadout } from "./readout.js";
import { createQuestion } from "./question.js";
import { automaticHalfWidth, coinsOfSeed, grid, simulate, simulateGradient } from "./simulation.js";
import { setAttributes, setText } from "./svg.js";
import { levelColors } from "./theme.js";

// Nobody reads numbers that change with every frame: in a drag the words follow the picture a little slower.
const READ_EVERY_MS = 80;

// The result of the latest call, for values that are costly and seldom change.
function remember(compute) {
  let key = null;
  let result = null;
  return (...inputs) => {
    if (key === null || inputs.some((input, k) => input !== key[k])) {
      key = inputs;
      result = compute(...inputs);
    }
    return result;
  };
}

const quantizerOf = (state) => ({ edges: state.edges, levels: state.levels });

export function thresholdExplorer(stage) {
  const { text, kit, slots } = stage;
  const { gridPoints, largest, maxDraws, presets, viewMargin } = kit.constants;
  let selected = "threshold-1";

  const gridOf = remember((low, high) => grid([low, high], gridPoints));
  const coinsOf = remember((seed) => coinsOfSeed(seed));
  const pointsOf = remember((summary) => points(summary));
  const barsOf = remember((summary) => bars(summary));
  const handlesOf = remember((edges) => handleList(edges));
  const hiddenOf = remember((hidden) => new Set(hidden));
  const panelsOf = remember((hidden) => panelsWith(new Set(hidden)));
  const colorsOf = remember((theme, count) => levelColors(kit.palette[theme].levels, count));
  const summaryOf = (state) => (typeof state.data === "string" ? kit.data[state.data] : state.data);

  function viewFor({ edges }, summary) {
    const margin = viewMargin * (edges[edges.length - 1] - edges[0]);
    return [Math.min(edges[0] - margin, summary.range[0]), Math.max(edges[edges.length - 1] + margin, summary.range[1])];
  }

  // A new view only when an edge has left the old one.
  function viewKeeping(q, state) {
    const [low, high] = [q.edges[0], q.edges[q.edges.length - 1]];
    return low >= state.view[0] && high <= state.view[1] ? state.view : viewFor(q, summaryOf(state));
  }

  // --- Controls -----------------------------------------------------------------------------------

  const presetNames = ["binary", "uniform", "nonuniform"];
  const tools = slots.tools;
  const preset = addSelect(tools, text("control.preset"), [], (name) => usePreset(name, nearestBits(stage.state)), { "data-control": "preset" });
  const bits = addSelect(
    tools,
    text("control.bits"),
    [1, 2, 3, 4].map((n) => [String(n), String(n)]),
    (n) => usePreset(presetOf(stage.state) ?? "uniform", Number(n)),
    { "data-control": "bits" },
  );
  const data = addSelect(tools, text("control.data"), [], (name) => {
    letGo();
    stage.set({ data: name, view: viewFor(quantizerOf(stage.state), kit.data[name]) });
  }, { "data-control": "data" });
  const draws = addNumber(tools, text("control.draws"), (_, typed) => setWhole("draws", 1, maxDraws, typed), {
    "data-control": "draws",
  });
  const drawsRange = addRange(tools, text("control.draws"), {
    begin: stage.hold,
    move: (v) => stage.change({ draws: Math.round(10 ** v) }),
    done: () => { stage.commit("draws"); stage.release(); },
  }, { min: 0, max: Math.log10(maxDraws), step: 0.05, "data-control": "draws-range" });
  const seed = addNumber(tools, text("control.seed"), (_, typed) => setWhole("seed", 0, Number.MAX_SAFE_INTEGER, typed), {
    "data-control": "seed",
  });
  addButton(tools, text("control.throw"), () => stage.set({ seed: (stage.state.seed + 1) % Number.MAX_SAFE_INTEGER }), {
    title: text("control.throw.help"), "data-action": "throw",
  });

  const estimator = createEstimator(tools, stage);

  const legend = kit.constants.series.map((name) => {
    const button = addButton(slots.legend, "", () => {
      const hidden = new Set(stage.state.hidden);
      if (!hidden.delete(name)) hidden.add(name);
      stage.set({ hidden: kit.constants.series.filter((series) => hidden.has(series)) });
    }, { class: "n2uq-series", "data-series": name });
    htmlNode("span", button, { class: `n2uq-swatch n2uq-swatch-${name.replaceAll("_", "-")}` });
    htmlNode("span", button, {}, text(`series.${name}`));
    return { name, button };
  });

  const grip = htmlNode("fieldset", slots.side, { class: "n2uq-grip" });
  htmlNode("legend", grip, {}, text("control.selected"));
  const which = addSelect(grip, text("control.handle"), [], (id) => { selected = id; stage.redraw(); }, { "data-control": "handle" });
  const value = addNumber(grip, text("control.value"), typeValue, { "data-control": "value", title: text("control.value.help") });
  const valueRange = addRange(grip, text("control.value"), {
    begin: () => hands.begin(),
    move: (to) => hands.move(selectedHandle(), to),
    done: () => hands.end(),
  }, { step: "any", "data-control": "value-range" });
  const limits = htmlNode("p", grip, { class: "n2uq-hint", "data-readout": "limits" });

  const readout = createReadout(slots.side, text);
  const picture = createPicture(slots.picture, text);

  // --- What the hand does -------------------------------------------------------------------------

  const selectedHandle = () => handlesOf(stage.state.edges.length).find((handle) => handle.id === selected);
  let atGrip = null; // the state when the hand took hold

  const hands = {
    select(handle) {
      if (selected === handle.id) return;
      selected = handle.id;
      stage.redraw();
    },
    begin() {
      atGrip = stage.state;
      stage.hold();
    },
    move(handle, to) {
      if (atGrip === null) hands.begin(); // another finger, or Reset, has ended what this one held
      const [low, high] = atGrip.view;
      stage.change(moveHandle(quantizerOf(atGrip), handle, Math.min(Math.max(to, low), high)));
    },
    end() {
      atGrip = null;
      stage.commit();
      stage.release();
    },
    cancel() {
      stage.change(quantizerOf(atGrip));
      hands.end();
    },
    describe: (handle) => ({
      value: handleValue(stage.state, handle),
      limits: handleLimits(stage.state, handle),
      view: stage.state.view,
    }),
    step(handle, to, small) {
      const q = moveHandle(quantizerOf(stage.state), handle, to);
      stage.set({ ...q, view: viewKeeping(q, stage.state) }, small ? `key ${handle.id}` : null);
    },
  };
  const onPicture = listenToHands(picture, hands, stage.signal);

  // Ends what is held, on the picture or on the slider, as a change of its own.
  function letGo() {
    onPicture.letGo();
    if (atGrip !== null) hands.end();
  }

  function typeValue(number, typed) {
    if (number === null) {
      stage.say(text("message.number", { typed }));
      stage.redraw();
      return;
    }
    const to = Math.min(Math.max(number, -largest), largest);
    const handle = selectedHandle();
    const [low, high] = handleLimits(stage.state, handle);
    const q = moveHandle(quantizerOf(stage.state), handle, to);
    stage.set({ ...q, view: viewKeeping(q, stage.state) });
    const name = text(`handle.${handle.kind}`, { i: handle.number });
    stage.say(number < low || number > high || number !== to ? text("message.clamped", { name, value: short(handleValue(q, handle)), wanted: short(number) }) : "");
  }

  function setWhole(key, low, high, typed) {
    const number = parseWhole(typed);
    if (!Number.isFinite(number)) {
      stage.say(text("message.number", { typed }));
      updateControls(stage.state);
      return;
    }
    const whole = Math.min(Math.max(Math.round(number), low), high);
    stage.set({ [key]: whole });
    stage.say(whole === number ? "" : text("message.whole", { name: text(`control.${key}`), low, high, value: whole }));
    updateControls(stage.state);
  }

  function usePreset(name, wanted) {
    letGo();
    const family = name === "binary" && wanted > 1 ? "uniform" : name;
    const found = presets[family]?.[name === "binary" ? 1 : wanted] ?? presets.uniform[wanted];
    const q = { edges: found.edges.slice(), levels: found.levels.slice() };
    selected = "threshold-1";
    stage.set({ ...q, view: viewFor(q, summaryOf(stage.state)) });
  }

  // As many bits as come nearest, where the number of levels is no power of two.
  function nearestBits({ levels }) {
    return Math.min(Math.max(Math.round(Math.log2(levels.length)), 1), 4);
  }

  function bitsOf({ levels }) {
    const n = Math.log2(levels.length);
    return Number.isInteger(n) ? n : null;
  }

  function presetOf(state) {
    const q = quantizerOf(state);
    return presetNames.find((name) => Object.values(presets[name]).some((known) => sameState(known, q))) ?? null;
  }

  // --- Showing ------------------------------------------------------------------------------------

  function updateControls(state) {
    const family = presetOf(state);
    setOptions(preset, [...presetNames, ...(family ? [] : ["own"])].map((name) => [name, text(`preset.${name}`)]));
    preset.value = family ?? "own";
    bits.value = String(bitsOf(state) ?? "");
    const own = typeof state.data !== "string";
    setOptions(data, [...Object.keys(kit.data).map((name) => [name, text(`data.${name}`)]), ...(own ? [["own", text("data.own")]] : [])]);
    data.value = own ? "own" : state.data;
    showNumber(draws, state.draws);
    drawsRange.value = String(Math.log10(state.draws));
    showNumber(seed, state.seed);
    estimator.update(state);
    for (const { name, button } of legend) setAttributes(button, { "aria-pressed": !state.hidden.includes(name) });
  }

  function updateGrip(state) {
    const list = handlesOf(state.edges.length);
    const handle = list.find(({ id }) => id === selected) ?? list[1];
    selected = handle.id;
    if (which.childElementCount !== list.length) {
      setOptions(which, list.map(({ kind, id, number }) => [id, text(`handle.${kind}.full`, { i: number })]));
    }
    if (which.value !== selected) which.value = selected;
    const number = handleValue(state, handle);
    const [low, high] = handleLimits(state, handle);
    showNumber(value, Number(number.toPrecision(7)));
    setAttributes(valueRange, { min: Math.max(low, state.view[0]), max: Math.min(high, state.view[1]) });
    valueRange.value = String(number);
    const ends = `${Number.isFinite(low) ? "low" : ""}${Number.isFinite(high) ? "high" : ""}` || "none";
    setText(limits, text(`control.limits.${ends}`, { low: short(low), high: short(high) }));
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
    const scene = {
      ...size,
      q,
      t: thresholds(q),
      view: state.view,
      draws: state.draws,
      hidden: hiddenOf(state.hidden),
      method: state.gradient_method,
      halfWidth: state.gradient_method === "score_function" ? 0 : (state.half_width ?? automaticHalfWidth(q)),
      shownPanels: panelsOf(state.hidden),
      selected,
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
    updateGrip(state); // first: it may have to select another handle
    scene.selected = selected;
    picture.draw(scene);
    const now = performance.now();
    if (atGrip === null || now - readAt >= READ_EVERY_MS) {
      readout.update(scene);
      readAt = now;
    }
    // Menus and fields of the tool bar do not change while a handle is held.
    if (atGrip === null && shown !== state) {
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

  return { draw, describe, letGo, settled: question.settled, close: question.close, svg: picture.svg };
}
