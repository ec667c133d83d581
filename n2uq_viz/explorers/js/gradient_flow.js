// The Gradient-flow explorer: samples push edges, and edges follow. Beside it the same quantizer with plain STE, whose
// thresholds stay where they are.

import { addButton, addNumber, addRange, addSelect, htmlNode, setOptions, showNumber } from "./controls.js";
import { points } from "./data.js";
import { createWay, descentLoss, edgeGradient, learnedSamples } from "./descent.js";
import { short } from "./format.js";
import { thresholds } from "./geometry.js";
import { createGrip } from "./grip.js";
import { createHandles, handleLimits, handleList, handlePlaces, handleValue, moveHandle } from "./handles.js";
import { createLegend } from "./legend.js";
import { createExpectation, createStaircase } from "./marks.js";
import { arrange, around, createSheet } from "./panel.js";
import { createPlayer } from "./player.js";
import { createPresets } from "./presets.js";
import { createPushes, gatherPushes } from "./pushes.js";
import { remember } from "./remember.js";
import { createReport } from "./report.js";
import { linePath, paint, px, setAttributes, setText, show, svgNode } from "./svg.js";
import { levelColors } from "./theme.js";

const BESIDE_PLAIN = 760;
const STEPS_PER_SECOND = 12;
// The axis of steps ends at the first of these that holds them all.
const LENGTHS = [20, 50, 100, 200, 500];

export function gradientFlowExplorer(stage) {
  const { text, kit, slots } = stage;
  const { viewMargin } = kit.constants;
  const { targets, limits: { learningRates, maxDescent } } = kit.schema;
  const handlesOf = remember((edges) => handleList(edges));
  const hiddenOf = remember((hidden) => new Set(hidden));
  const pointsOf = remember((summary) => points(summary));
  const summaryOf = (state) => (typeof state.data === "string" ? kit.data[state.data] : state.data);
  // The descent that a state belongs to: {way, learned}. Equal ones are one, though a state that came from Python or from
  // a text holds other arrays.
  let course = { key: "" };
  function courseOf({ target, data, start, levels, learning_rate: rate }) {
    const source = target !== "data" || typeof data === "string" ? data : data.sha256;
    const key = JSON.stringify([target, source, start, levels, rate]);
    if (key !== course.key) {
      const learned = learnedSamples(target, levels, target === "data" ? pointsOf(summaryOf({ data })) : null);
      course = { key, learned, levels, way: createWay({ edges: start, levels }, learned, rate) };
    }
    return course;
  }
  const quantizerOf = (state) => ({ edges: state.edges, levels: state.levels });

  function viewFor({ edges, levels, target, data }) {
    const margin = viewMargin * (edges[edges.length - 1] - edges[0]);
    const [low, high] = target === "data" ? summaryOf({ data }).range : [levels[0], levels[levels.length - 1]];
    return [Math.min(edges[0] - margin, low), Math.max(edges[edges.length - 1] + margin, high)];
  }

  function viewKeeping(state) {
    const [low, high] = [state.edges[0], state.edges[state.edges.length - 1]];
    return low >= state.view[0] && high <= state.view[1] ? state.view : viewFor(state);
  }

  // --- Controls -----------------------------------------------------------------------------------

  const tools = slots.tools;
  // What changes the problem begins the descent anew, from where the edges are.
  function begin(patch) {
    letGo();
    const next = { ...stage.state, ...patch };
    stage.set({ ...patch, start: next.edges, steps: 0, view: viewFor(next) });
  }
  const presets = createPresets(tools, stage, begin);
  const target = addSelect(tools, text("control.target"), targets.map((name) => [name, text(`target.${name}`)]), (name) => begin({ target: name }), { "data-control": "target" });
  const data = addSelect(tools, text("control.data"), [], (name) => begin({ data: name }), { "data-control": "data" });
  const rate = addNumber(tools, text("control.learning_rate"), (number, typed) => {
    const valid = number !== null && number >= learningRates[0] && number <= learningRates[1];
    if (valid) begin({ learning_rate: number });
    stage.say(valid ? "" : text("message.learning_rate", { typed, low: learningRates[0], high: learningRates[1] }));
    showNumber(rate, stage.state.learning_rate);
  }, { "data-control": "learning-rate" });
  const rateRange = addRange(tools, text("control.learning_rate"), {
    begin() { player.pause(); stage.hold(); },
    move: (v) => stage.change({ learning_rate: Math.min(Math.max(Number((10 ** v).toPrecision(2)), learningRates[0]), learningRates[1]), start: stage.state.edges, steps: 0 }),
    done: () => { stage.commit("learning_rate"); stage.release(); },
  }, { min: Math.log10(learningRates[0]), max: Math.log10(learningRates[1]), step: 0.05, "data-control": "learning-rate-range" });
  let due = 0;
  const go = (count) => {
    const steps = Math.min(stage.state.steps + count, maxDescent);
    const edges = courseOf(stage.state).way.at(steps);
    return { steps, edges, view: viewKeeping({ ...stage.state, edges }) };
  };
  const atStart = () => {
    const edges = stage.state.start;
    return { steps: 0, edges, view: viewFor({ ...stage.state, edges }) };
  };
  const player = createPlayer(tools, stage, {
    step: () => { grip.letGo(); stage.set(go(1)); },
    ready: () => stage.state.steps < maxDescent,
    begin() {
      grip.letGo();
      due = 1;
      if (stage.state.steps >= maxDescent) stage.change(atStart());
    },
    advance(ms) {
      due += (ms * STEPS_PER_SECOND) / 1000;
      const whole = Math.floor(due);
      due -= whole;
      if (whole) stage.change(go(whole));
      return stage.state.steps < maxDescent;
    },
  });
  addButton(tools, text("control.restart"), () => { letGo(); stage.set(atStart()); }, {
    title: text("control.restart.help"), "data-action": "restart",
  });
  const legend = createLegend(stage, kit.schema.series["gradient-flow"]);

  // --- Picture ------------------------------------------------------------------------------------

  const sheet = createSheet(slots.picture, text("picture.gradient-flow"));
  const panels = Object.fromEntries(["forward", "pushes", "history", "fixed", "loss"].map((name) => [name, sheet.addPanel()]));
  const wanted = panels.forward.path("n2uq-target");
  const ramp = createExpectation(panels.forward);
  const staircase = createStaircase(panels.forward);
  const pushes = createPushes(panels.pushes);
  const guides = ["forward", "pushes", "history"].map((name) => panels[name].path("n2uq-guide-edge"));
  const tracks = svgNode("g", panels.history.marks);
  const noTracks = panels.history.note();
  const fixedTarget = panels.fixed.path("n2uq-target");
  const fixedRamp = panels.fixed.path("n2uq-ste");
  const fixed = createStaircase(panels.fixed);
  const losses = { gste: panels.loss.path("n2uq-gste"), ste: panels.loss.path("n2uq-ste"), now: panels.loss.path("n2uq-probe-dot"), gsteNote: panels.loss.note(), steNote: panels.loss.note() };
  const handles = createHandles(sheet.svg, text);
  const grip = createGrip({
    stage,
    picture: { svg: sheet.svg, handles, xAt: (pixel) => panels.forward.x.invert(pixel) },
    first: "edge-1",
    listOf: (state) => handlesOf(state.edges.length),
    valueOf: handleValue,
    limitsOf: handleLimits,
    move(state, handle, to) {
      const q = moveHandle(quantizerOf(state), handle, to);
      return { ...q, start: q.edges, steps: 0 };
    },
    widen: viewKeeping,
  });
  const report = createReport(slots.side, text);
  const list = htmlNode("ol", report.section, { class: "n2uq-occupancy", start: 0, "data-readout": "pushes" });

  function letGo() {
    player.pause();
    grip.letGo();
  }

  function frame(size, state, found, { top, length }) {
    const left = [{ name: "forward", share: 0.44 }, { name: "pushes", share: 0.28 }, { name: "history", share: 0.28, numbers: true, named: true }];
    const right = [{ name: "fixed", share: 0.5, numbers: true, named: true }, { name: "loss", share: 0.5, numbers: true, named: true }];
    const beside = size.width >= BESIDE_PLAIN;
    sheet.size(size);
    const boxes = arrange(size, beside ? [{ share: 1, panels: left }, { share: 0.68, panels: right }] : [{ share: 1, panels: [...left, ...right] }]);
    const { view, levels } = state;
    const { fontSize } = size;
    const y = around(levels[0], levels[levels.length - 1]);
    const reach = pushes.reach(found);
    const steps = [0, 0.5, 1].map((share) => share * length);
    panels.forward.frame({ box: boxes.forward, x: view, y, yTicks: levels, fontSize, title: text("panel.gradient-flow.forward") });
    panels.pushes.frame({ box: boxes.pushes, x: view, y: [-1.12 * reach, 1.12 * reach], yTicks: [-reach, 0, reach], fontSize, title: text("panel.gradient-flow.pushes") });
    panels.history.frame({
      box: boxes.history, x: view, y: [length, 0], yTicks: steps, fontSize, title: text("panel.gradient-flow.history"), numbers: true, name: text("axis.x"), slack: 1,
    });
    panels.fixed.frame({ box: boxes.fixed, x: view, y, yTicks: levels, fontSize, title: text("panel.gradient-flow.fixed"), numbers: true, name: text("axis.x") });
    panels.loss.frame({ box: boxes.loss, x: [0, length], y: [0, top], xTicks: steps, fontSize, title: text("panel.gradient-flow.loss"), numbers: true, name: text("axis.steps"), slack: 2 });
  }

  let shownState = null;
  let topLoss = { way: null, steps: 0, most: 0 };
  function draw(size) {
    const { state } = stage;
    const q = quantizerOf(state);
    const { way, learned } = courseOf(state);
    const hidden = hiddenOf(state.hidden);
    const visible = (name) => !hidden.has(name);
    const { view, steps } = state;
    const loss = Array.from({ length: steps + 1 }, (_, k) => way.lossAt(k));
    if (topLoss.way !== way || steps < topLoss.steps) topLoss = { way, steps: 0, most: loss[0] };
    for (; topLoss.steps < steps; topLoss.steps += 1) topLoss.most = Math.max(topLoss.most, loss[topLoss.steps + 1]);
    const length = LENGTHS.find((n) => n >= steps) ?? maxDescent;
    const found = gatherPushes(q, learned);
    frame(size, state, found, { top: 1.15 * topLoss.most || 1, length });
    const colors = levelColors(kit.palette[stage.theme].levels, q.edges.length + 1);
    staircase.update(q, view, visible("deterministic"));
    ramp.update(q, view, visible("expectation"));
    pushes.update(q, found, colors, visible("pushes"));
    for (const [line, panel] of [[wanted, panels.forward], [fixedTarget, panels.fixed]]) {
      show(line, visible("target"));
      setAttributes(line, { d: linePath(Array.from(learned.x, (x, k) => [panel.x(x), panel.y(learned.wanted[k])])) });
    }
    const start = { edges: state.start, levels: state.levels };
    fixed.update(start, view, visible("deterministic"));
    show(fixedRamp, visible("expectation"));
    const { x: fx, y: fy } = panels.fixed;
    const outer = [[state.start[0], q.levels[0]], [state.start[state.start.length - 1], q.levels[q.levels.length - 1]]];
    setAttributes(fixedRamp, {
      d: linePath([[panels.fixed.box.left, fy(outer[0][1])], ...outer.map(([x, y]) => [fx(x), fy(y)]), [Math.max(panels.fixed.box.right, fx(outer[1][0])), fy(outer[1][1])]]),
    });
    guides.forEach((guide, k) => {
      const { x, box } = panels[["forward", "pushes", "history"][k]];
      setAttributes(guide, { d: q.edges.map((b) => `M${px(x(b))} ${px(box.top)}V${px(box.bottom)}`).join("") });
    });
    drawHistory(way, state, colors, visible("history"));
    const { box } = panels.history;
    show(noTracks, steps === 0);
    setText(noTracks, text("readout.gradient-flow.none"));
    setAttributes(noTracks, { x: px((box.left + box.right) / 2), y: px((box.top + box.bottom) / 2), "text-anchor": "middle" });
    drawLoss(loss, length, visible("loss"), size.fontSize);
    grip.update(state);
    const all = handlesOf(q.edges.length);
    const { x, y, box: { left, right, top, bottom } } = panels.forward;
    handles.frame(all);
    handles.update(handlePlaces(all, q, thresholds(q), view, x, y, bottom), {
      selected: grip.selected, view, room: [left, right], corner: [right, top - 0.6 * size.fontSize],
    });
    updateReport(state, q, learned, found, loss, colors);
    if (shownState !== state) {
      updateControls(state);
      shownState = state;
    }
  }

  function drawHistory(descent, { steps, edges }, colors, visible) {
    show(tracks, visible);
    while (tracks.childElementCount < edges.length) svgNode("path", tracks);
    while (tracks.childElementCount > edges.length) tracks.lastChild.remove();
    const { x, y } = panels.history;
    const way = Array.from({ length: steps + 1 }, (_, k) => descent.at(k));
    edges.forEach((edge, i) => {
      const points = way.map((at, k) => [x(k === steps ? edge : at[i]), y(k)]);
      setAttributes(tracks.children[i], { class: "n2uq-track", d: `${linePath(points)}h0`, "data-edge": i });
      paint(tracks.children[i], { stroke: colors[i] });
    });
  }

  function drawLoss(loss, length, visible, fontSize) {
    const { x, y } = panels.loss;
    for (const element of Object.values(losses)) show(element, visible);
    setAttributes(losses.gste, { d: `${linePath(loss.map((value, k) => [x(k), y(value)]))}h0` });
    setAttributes(losses.ste, { d: `M${px(x(0))} ${px(y(loss[0]))}H${px(x(length))}` });
    const last = loss.length - 1;
    setAttributes(losses.now, { d: `M${px(x(last) - 4)} ${px(y(loss[last]))}a4 4 0 1 0 8 0a4 4 0 1 0 -8 0` });
    setText(losses.steNote, text("series.ste"));
    setAttributes(losses.steNote, { x: px(x(length) - 2), y: px(y(loss[0]) - 0.5 * fontSize), "text-anchor": "end" });
    // Beside the dot, on the side where there is room, and away from plain STE's line.
    const before = x(last) > panels.loss.box.right - 5 * fontSize;
    const below = loss[last] <= loss[0] && panels.loss.box.bottom - y(loss[last]) > 2.2 * fontSize;
    setText(losses.gsteNote, text("series.gste"));
    setAttributes(losses.gsteNote, { x: px(x(last) + (before ? -8 : 8)), y: px(y(loss[last]) + (below ? 1.5 : -0.6) * fontSize), "text-anchor": before ? "end" : "start" });
  }

  function updateControls(state) {
    presets.update(state);
    legend.update(state);
    player.update();
    target.value = state.target;
    const own = typeof state.data !== "string";
    setOptions(data, [...Object.keys(kit.data).map((name) => [name, text(`data.${name}`)]), ...(own ? [["own", text("data.own")]] : [])]);
    data.value = own ? "own" : state.data;
    data.disabled = state.target !== "data";
    showNumber(rate, state.learning_rate);
    rateRange.value = String(Math.log10(state.learning_rate));
  }

  // What no staircase with these levels can do better than: each sample on the level nearest to what is wanted.
  const leastOf = remember((learned, levels) => learned.wanted.reduce((sum, y, k) => sum + learned.weight[k] * Math.min(...levels.map((level) => (level - y) ** 2)), 0));

  function updateReport(state, q, learned, found, loss, colors) {
    const now = descentLoss(q, learned);
    report.write("steps", text(state.steps === 1 ? "readout.gradient-flow.one" : "readout.gradient-flow.steps", { steps: state.steps }), { value: state.steps });
    report.write("loss", text("readout.gradient-flow.loss", { now: short(now), start: short(loss[0]), least: short(leastOf(learned, course.levels)) }), { value: now, start: loss[0] });
    report.write("rising", now > loss[0] * (1 + 1e-9) ? text("readout.gradient-flow.rising") : "");
    report.write("thresholds", text("readout.gradient-flow.thresholds", { thresholds: thresholds(q).map(short).join(", ") }), { value: thresholds(q).join(" ") });
    report.write("gradient", text("readout.gradient-flow.gradient"), { value: Array.from(edgeGradient(q, learned)).join(" ") });
    report.section.append(list); // after the lines
    while (list.childElementCount > q.edges.length) list.lastChild.remove();
    while (list.childElementCount < q.edges.length) {
      const item = htmlNode("li", list);
      htmlNode("span", item, { class: "n2uq-chip" });
      htmlNode("span", item);
    }
    found.total.forEach((push, i) => {
      const [chip, words] = list.children[i].children;
      chip.style.background = colors[i];
      const arrow = Math.abs(push) < 1e-12 ? "·" : push > 0 ? "→" : "←";
      words.textContent = text("readout.gradient-flow.push", { i, arrow, push: short(Math.abs(push)) });
      setAttributes(words, { "data-value": push });
    });
  }

  return {
    draw,
    describe: () => `${report.words()} ${Array.from(list.children, (item) => item.textContent).join("; ")}.`,
    height: (width) => (width >= BESIDE_PLAIN ? 560 : 980),
    letGo: grip.letGo,
    pause: player.pause,
    svg: sheet.svg,
  };
}
