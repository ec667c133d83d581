// The Sum-of-steps explorer: a quantizer of many levels is a sum of binary ones, each with a ramp of its own.

import { addButton, addRange } from "./controls.js";
import { short } from "./format.js";
import { chord, slopes, thresholds } from "./geometry.js";
import { createGrip } from "./grip.js";
import { createHandles, handleLimits, handleList, handlePlaces, handleValue, moveHandle } from "./handles.js";
import { sameState } from "./history.js";
import { gradientTop } from "./layout.js";
import { createLegend } from "./legend.js";
import { createExpectation, createSlopes, createStaircase } from "./marks.js";
import { arrange, around, createSheet } from "./panel.js";
import { createPlayer } from "./player.js";
import { createPresets } from "./presets.js";
import { remember } from "./remember.js";
import { createReport } from "./report.js";
import { paint, px, setAttributes, setText, show, svgNode } from "./svg.js";
import { levelColors } from "./theme.js";
import { addWhole } from "./whole.js";

const EVERY_MS = 900;

export function sumOfStepsExplorer(stage) {
  const { text, kit, slots } = stage;
  const { viewMargin, presets: families, unequalPower } = kit.constants;
  const handlesOf = remember((edges) => handleList(edges));
  const hiddenOf = remember((hidden) => new Set(hidden));
  const quantizerOf = (state) => ({ edges: state.edges, levels: state.levels });

  function viewFor({ edges }) {
    const margin = viewMargin * (edges[edges.length - 1] - edges[0]);
    return [edges[0] - margin, edges[edges.length - 1] + margin];
  }

  const tools = slots.tools;
  const use = (q) => {
    letGo();
    stage.set({ ...q, view: viewFor(q), shown: q.levels.length - 1 });
  };
  const presets = createPresets(tools, stage, use);
  // Equal or unequal segments between the same outer edges and with the same levels.
  const equal = addButton(tools, "", () => {
    letGo();
    const { edges, levels } = stage.state;
    const steps = levels.length - 1;
    const [low, span] = [edges[0], edges[steps] - edges[0]];
    const power = hasEqualSegments(stage.state) ? unequalPower : 1;
    const known = Object.values(families[power === 1 ? "uniform" : "nonuniform"]).find((q) => sameState(q.levels, levels) && q.edges[0] === low && q.edges[steps] === low + span);
    const spread = levels.map((_, k) => (k === steps ? edges[steps] : low + span * (k / steps) ** power));
    stage.set({ edges: known ? known.edges.slice() : spread });
  }, { "data-action": "segments" });
  const field = addWhole(tools, stage, {
    key: "shown",
    limits: () => [0, most()],
    current: () => stage.state.shown,
    take(shown) { player.pause(); stage.set({ shown }); },
  }, { "data-control": "shown" });
  const range = addRange(tools, text("control.shown"), {
    begin() { player.pause(); stage.hold(); },
    move: (v) => stage.change({ shown: Math.round(v) }),
    done: () => { stage.commit("shown"); stage.release(); },
  }, { min: 0, step: 1, "data-control": "shown-range" });
  let due = 0;
  const most = () => stage.state.edges.length - 1;
  const player = createPlayer(tools, stage, {
    step: () => stage.set({ shown: Math.min(stage.state.shown + 1, most()) }),
    ready: () => stage.state.shown < most(),
    begin() {
      grip.letGo();
      due = EVERY_MS;
      if (stage.state.shown >= most()) stage.change({ shown: 0 });
    },
    advance(ms) {
      due += ms;
      if (due < EVERY_MS) return true;
      due -= EVERY_MS;
      stage.change({ shown: Math.min(stage.state.shown + 1, most()) });
      return stage.state.shown < most();
    },
  });
  addButton(tools, text("control.none_shown"), () => { player.pause(); stage.set({ shown: 0 }); }, { "data-action": "none-shown" });
  const legend = createLegend(stage, kit.schema.series["sum-of-steps"]);

  const sheet = createSheet(slots.picture, text("picture.sum-of-steps"));
  const panels = Object.fromEntries(["sum", "parts", "slopes"].map((name) => [name, sheet.addPanel()]));
  const areas = svgNode("g", panels.sum.marks);
  const whole = createStaircase(panels.sum, "n2uq-faint");
  const ramp = createExpectation(panels.sum);
  const staircase = createStaircase(panels.sum);
  const guides = ["sum", "parts", "slopes"].map((name) => panels[name].path("n2uq-guide-edge"));
  const ramps = svgNode("g", panels.parts.marks);
  const boxes = svgNode("g", panels.slopes.marks);
  const numbers = svgNode("g", sheet.svg, { "aria-hidden": "true" });
  const lines = createSlopes(panels.slopes);
  const cut = panels.slopes.note();
  const handles = createHandles(sheet.svg, text);
  const grip = createGrip({
    stage,
    picture: { svg: sheet.svg, handles, xAt: (pixel) => panels.sum.x.invert(pixel) },
    first: "edge-1",
    listOf: (state) => handlesOf(state.edges.length),
    valueOf: handleValue,
    limitsOf: handleLimits,
    move: (state, handle, to) => moveHandle(quantizerOf(state), handle, to),
    widen(state) {
      const [low, high] = [state.edges[0], state.edges[state.edges.length - 1]];
      return low >= state.view[0] && high <= state.view[1] ? state.view : viewFor(state);
    },
  });
  const report = createReport(slots.side, text);

  function letGo() {
    player.pause();
    grip.letGo();
  }

  function hasEqualSegments({ edges }) {
    const width = (edges[edges.length - 1] - edges[0]) / (edges.length - 1);
    return edges.slice(1).every((b, i) => Math.abs(b - edges[i] - width) <= 1e-9 * width);
  }

  // Only the first steps: what has been added up so far.
  function partial({ edges, levels }, count) {
    return { edges: edges.slice(0, count + 1), levels: levels.slice(0, count + 1) };
  }

  // One element for each step, of that many.
  function members(group, name, count) {
    while (group.childElementCount < count) svgNode(name, group);
    while (group.childElementCount > count) group.lastChild.remove();
    return Array.from(group.children);
  }

  function frame(size, q, view) {
    sheet.size(size);
    const found = arrange(size, [{
      share: 1,
      panels: [{ name: "sum", share: 0.48, numbers: false }, { name: "parts", share: 0.26 }, { name: "slopes", share: 0.26, numbers: true, named: true }],
    }]);
    const rises = q.levels.slice(1).map((y, i) => y - q.levels[i]);
    const { fontSize } = size;
    const top = gradientTop(q);
    panels.sum.frame({ box: found.sum, x: view, y: around(q.levels[0], q.levels[q.levels.length - 1]), yTicks: q.levels, fontSize, title: text("panel.sum-of-steps.sum") });
    panels.parts.frame({ box: found.parts, x: view, y: around(0, Math.max(...rises), 0.15), yTicks: [0, Math.max(...rises)], fontSize, title: text("panel.sum-of-steps.parts") });
    panels.slopes.frame({ box: found.slopes, x: view, y: [-0.04 * top, top], fontSize, title: text("panel.backward"), numbers: true, name: text("axis.x"), slack: 1 });
  }

  let shownState = null;
  function draw(size) {
    const { state } = stage;
    const q = quantizerOf(state);
    const hidden = hiddenOf(state.hidden);
    const { view, shown } = state;
    const visible = (name) => !hidden.has(name);
    frame(size, q, view);
    const colors = levelColors(kit.palette[stage.theme].levels, q.levels.length);
    const first = partial(q, shown);
    whole.update(q, view, visible("deterministic") && shown < q.levels.length - 1);
    staircase.update(first, view, visible("deterministic"));
    ramp.update(first, view, visible("expectation") && shown > 0);
    drawParts(q, shown, colors, visible("parts"), size);
    lines.update(shown ? first : { edges: [view[0], view[1]], levels: [0, 0] }, view, { showsGste: visible("gste"), showsSte: visible("ste") && shown > 0 });
    noteCut(first, shown, visible("gste"), size);
    guides.forEach((guide, k) => {
      const { x, box } = panels[["sum", "parts", "slopes"][k]];
      setAttributes(guide, { d: q.edges.map((b) => `M${px(x(b))} ${px(box.top)}V${px(box.bottom)}`).join("") });
    });
    grip.update(state);
    const list = handlesOf(q.edges.length);
    const { x, y, box: { left, right, top, bottom } } = panels.sum;
    handles.frame(list);
    handles.update(handlePlaces(list, q, thresholds(q), view, x, y, bottom), {
      selected: grip.selected, view, room: [left, right], corner: [right, top - 0.6 * size.fontSize],
    });
    updateReport(q, shown);
    if (shownState !== state) {
      presets.update(state);
      legend.update(state);
      player.update();
      field.update();
      setAttributes(range, { max: q.edges.length - 1 });
      range.value = String(shown);
      equal.disabled = q.edges.length === 2; // one segment is as wide as itself
      setText(equal, text(hasEqualSegments(q) ? "control.segments.unequal" : "control.segments.equal"));
      shownState = state;
    }
  }

  // What step i adds: nothing left of its segment, its rise right of it, a ramp in between.
  function drawParts(q, shown, colors, visible, { fontSize }) {
    const { sum, parts, slopes: panel } = panels;
    const found = slopes(q);
    for (const group of [areas, ramps, boxes, numbers]) show(group, visible);
    const elements = {
      areas: members(areas, "path", shown), ramps: members(ramps, "path", shown), boxes: members(boxes, "path", shown), numbers: members(numbers, "text", shown),
    };
    for (let i = 0; i < shown; i += 1) {
      const [from, to] = [q.edges[i], q.edges[i + 1]];
      const end = sum.box.right;
      const [a, b] = [sum.x(from), sum.x(to)].map(px);
      const [low, high] = [sum.y(q.levels[i]), sum.y(q.levels[i + 1])].map(px);
      setAttributes(elements.areas[i], { class: "n2uq-part-area", d: `M${a} ${low}L${b} ${high}H${px(Math.max(end, b))}V${low}Z` });
      const rise = q.levels[i + 1] - q.levels[i];
      const [ground, top] = [parts.y(0), parts.y(rise)].map(px);
      setAttributes(elements.ramps[i], {
        class: "n2uq-part", d: `M${px(Math.min(parts.box.left, a))} ${ground}H${a}L${b} ${top}H${px(Math.max(end, b))}`, "data-slope": found[i],
      });
      setAttributes(elements.boxes[i], { class: "n2uq-part-box", d: `M${a} ${px(panel.y(0))}V${px(panel.y(found[i]))}H${b}V${px(panel.y(0))}Z` });
      for (const element of [elements.areas[i], elements.boxes[i]]) paint(element, { fill: colors[i] });
      paint(elements.ramps[i], { stroke: colors[i] });
      const room = b - a > 1.2 * fontSize && (a + b) / 2 > sum.box.left && (a + b) / 2 < end;
      show(elements.numbers[i], room);
      setText(elements.numbers[i], String(i + 1));
      setAttributes(elements.numbers[i], { class: "n2uq-note", x: px((a + b) / 2), y: px(panel.y(0) - 0.4 * fontSize), "text-anchor": "middle" });
    }
  }

  // The steepest slope, where it is beyond the panel.
  function noteCut(first, shown, visible, { fontSize }) {
    const { x, box, y } = panels.slopes;
    const found = shown ? slopes(first) : [];
    const steepest = Math.max(0, ...found);
    const i = found.indexOf(steepest);
    const beyond = visible && i >= 0 && y(steepest) < box.top - 1;
    show(cut, beyond);
    if (!beyond) return;
    const before = x(first.edges[i + 1]) > box.right - 5 * fontSize;
    setText(cut, `▲ ${short(Number(steepest.toPrecision(3)))}`);
    setAttributes(cut, { x: px(before ? x(first.edges[i]) - 4 : x(first.edges[i + 1]) + 4), y: px(box.top + 0.9 * fontSize), "text-anchor": before ? "end" : "start" });
  }

  function updateReport(q, shown) {
    const steps = q.edges.length - 1;
    report.write("shown", text("readout.sum-of-steps.shown", { shown, steps }), { value: shown });
    const first = shown ? partial(q, shown) : null;
    const found = first ? slopes(first) : [];
    report.write("slopes", first ? text("readout.sum-of-steps.slopes", { slopes: found.map((s) => short(Number(s.toPrecision(4)))).join(", ") }) : "", { value: found.join(" ") });
    const plain = first ? chord(first) : NaN;
    const apart = first ? Math.max(...found.map((slope) => Math.abs(slope - plain))) : NaN;
    const same = apart <= 1e-9 * plain;
    const key = !first ? "" : text(same ? "readout.sum-of-steps.same" : "readout.sum-of-steps.apart", { ste: short(plain), apart: short(apart) });
    report.write("apart", key, { ste: plain, value: apart });
  }

  return { draw, describe: () => report.words(), letGo: grip.letGo, pause: player.pause, svg: sheet.svg };
}
