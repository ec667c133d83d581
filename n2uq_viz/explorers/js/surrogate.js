// The Surrogate explorer: two surrogate derivatives side by side, and the noise whose mean each of them is the slope of.

import { addNumber, addRange, addSelect, htmlNode, showNumber } from "./controls.js";
import { short } from "./format.js";
import { createGrip } from "./grip.js";
import { createHandles } from "./handles.js";
import { createLegend } from "./legend.js";
import { createGuide } from "./marks.js";
import { arrange, around, createSheet } from "./panel.js";
import { remember } from "./remember.js";
import { createReport } from "./report.js";
import { derivativeOf, forwardOf, kinksOf, noiseOf, smoothOf, staircaseOf } from "./surrogates.js";
import { circlesPath, linePath, px, setAttributes, setText, show } from "./svg.js";

const SIDES = ["left", "right"];
const POINTS = 240;
// A peak beyond this many times the height of a plain slope is cut.
const HIGHEST = 12;
// What is seen of the input: this far from 0, and farther where a staircase goes on.
const WIDTH = 2.5;
const BESIDE_KINKS = 0.5;

export function surrogateExplorer(stage) {
  const { text, kit, slots } = stage;
  const table = kit.schema.surrogates;
  const hiddenOf = remember((hidden) => new Set(hidden));
  const list = [{ id: "probe", kind: "probe", number: "", index: 0 }];

  // G-STE's parameter is the quantizer itself.
  const parametersOf = (state, side) => {
    const { surrogate, parameters } = state[side];
    return surrogate === "gste" ? { ...parameters, quantizer: { edges: state.edges, levels: state.levels } } : parameters;
  };

  // Wide enough for both staircases and for the input that is looked at.
  function viewFor(state) {
    const kinks = SIDES.flatMap((side) => kinksOf(state[side].surrogate, parametersOf(state, side)));
    return [Math.min(-WIDTH, state.x, ...kinks.map((at) => at - BESIDE_KINKS)), Math.max(WIDTH, state.x, ...kinks.map((at) => at + BESIDE_KINKS))];
  }

  // --- Controls: a menu for each side, and a slider or a menu for each of its parameters -----------

  const boxes = Object.fromEntries(SIDES.map((side) => {
    const box = htmlNode("fieldset", slots.side, { class: "n2uq-grip", "data-side": side });
    htmlNode("legend", box, {}, text(`control.surrogate.${side}`));
    const menu = addSelect(box, text("control.surrogate"), Object.keys(table).map((name) => [name, text(`surrogate.${name}.title`)]), (name) => {
      const parameters = Object.fromEntries(Object.entries(table[name]).map(([key, { default: value }]) => [key, value]));
      const next = { ...stage.state, [side]: { surrogate: name, parameters } };
      stage.set({ [side]: next[side], view: viewFor(next) });
    }, { "data-control": `surrogate-${side}` });
    const fields = htmlNode("div", box, { class: "n2uq-parameters" });
    return [side, { menu, fields, shown: null, controls: [] }];
  }));

  function setParameter(side, key, value, how) {
    const { surrogate, parameters } = stage.state[side];
    const own = { surrogate, parameters: { ...parameters, [key]: value } };
    how({ [side]: own, view: viewFor({ ...stage.state, [side]: own }) });
  }

  function parameterControls(side) {
    const box = boxes[side];
    const { surrogate } = stage.state[side];
    box.fields.replaceChildren();
    box.controls = Object.entries(table[surrogate]).map(([key, rule]) => {
      const label = text(`parameter.${key}`);
      const help = text(`surrogate.${surrogate}.${key}`);
      const marks = { "data-control": `${side}-${key}`, title: help };
      if (rule.kind === "word") {
        const menu = addSelect(box.fields, label, rule.words.map((word) => [word, text(`parameter.${key}.${word}`)]), (word) => setParameter(side, key, word, stage.set), marks);
        return { update: (value) => { menu.value = value; } };
      }
      const whole = rule.kind === "whole";
      const [low, high] = [rule.low ?? -1e6, rule.high ?? 1e6];
      const settle = (number) => Math.min(Math.max(whole ? Math.round(number) : number, low), high);
      const field = addNumber(box.fields, label, (number, typed) => {
        if (number === null) stage.say(text("message.number", { typed }));
        else {
          setParameter(side, key, settle(number), stage.set);
          if (settle(number) !== number) stage.say(text(whole ? "message.whole" : "message.between", { name: label, low: short(low), high: short(high), value: short(settle(number)) }));
        }
        update(stage.state[side].parameters[key]);
      }, marks);
      // Over more than a decade a slider goes by powers.
      const [from, to] = rule.shown;
      const powers = from > 0 && to / from > 10;
      const range = addRange(box.fields, label, {
        begin: stage.hold,
        move: (v) => setParameter(side, key, settle(Number((powers ? 10 ** v : v).toPrecision(3))), stage.change),
        done: () => { stage.commit(`${side} ${key}`); stage.release(); },
      }, {
        min: powers ? Math.log10(from) : from, max: powers ? Math.log10(to) : to, step: whole && !powers ? 1 : "any", "data-control": `${side}-${key}-range`,
      });
      const update = (value) => {
        showNumber(field, Number(Number(value).toPrecision(7)));
        range.value = String(powers ? Math.log10(value) : value);
      };
      return { update };
    });
  }

  function updateControls(state) {
    for (const side of SIDES) {
      const box = boxes[side];
      const { surrogate, parameters } = state[side];
      box.menu.value = surrogate;
      if (box.shown !== surrogate) {
        box.shown = surrogate;
        parameterControls(side);
      }
      Object.keys(table[surrogate]).forEach((key, k) => box.controls[k].update(parameters[key]));
    }
    legend.update(state);
  }

  // --- Picture ------------------------------------------------------------------------------------

  const legend = createLegend(stage, kit.schema.series.surrogate);
  const sheet = createSheet(slots.picture, text("picture.surrogate"));
  const columns = Object.fromEntries(SIDES.map((side) => {
    const [forward, derivative, noise] = [sheet.addPanel(), sheet.addPanel(), sheet.addPanel()];
    return [side, {
      forward, derivative, noise,
      area: derivative.path("n2uq-slope-area"),
      steps: forward.path("n2uq-deterministic"),
      closed: forward.path("n2uq-tie-closed"),
      open: forward.path("n2uq-tie-open"),
      smooth: forward.path("n2uq-expectation"),
      slope: derivative.path("n2uq-gste"),
      density: noise.path("n2uq-density"),
      none: noise.note(),
      guides: [forward, derivative].map((panel) => createGuide(panel)),
      dots: [forward, derivative].map((panel) => panel.path("n2uq-probe-dot")),
    }];
  }));
  const handles = createHandles(sheet.svg, text);
  const grip = createGrip({
    stage,
    picture: { svg: sheet.svg, handles, xAt: (pixel) => columns.left.forward.x.invert(pixel) },
    first: "probe",
    listOf: () => list,
    valueOf: (state) => state.x,
    limitsOf: () => [-Infinity, Infinity],
    move: (state, handle, to) => ({ x: to }),
    widen: (state) => [Math.min(state.view[0], state.x), Math.max(state.view[1], state.x)],
  });
  const report = createReport(slots.side, text);

  // Where curves are drawn: evenly, and on both sides of every kink.
  function inputs([low, high], kinks) {
    const even = Array.from({ length: POINTS + 1 }, (_, k) => low + (k / POINTS) * (high - low));
    const near = kinks.flatMap((at) => [at - 1e-9 * (high - low), at, at + 1e-9 * (high - low)]).filter((at) => at > low && at < high);
    return [...even, ...near].sort((a, b) => a - b);
  }

  const curvesOf = Object.fromEntries(SIDES.map((side) => [side, remember((name, settings, low, high) => {
    const parameters = JSON.parse(settings);
    const x = inputs([low, high], kinksOf(name, parameters));
    const noise = noiseOf(name, parameters);
    // The noise is looked at over as wide a range as the input, around 0.
    const half = (high - low) / 2;
    const e = inputs([-half, half], noise.laws.flatMap(({ support }) => support.filter(Number.isFinite)));
    return {
      staircase: staircaseOf(name, parameters),
      smooth: x.map((at) => [at, smoothOf(name, parameters, at)]),
      slope: x.map((at) => [at, derivativeOf(name, parameters, at)]),
      noise,
      half,
      densities: noise.laws.map((law) => e.map((at) => [at, law.density(at)])),
    };
  })]));

  function frame(size, state, found) {
    sheet.size(size);
    const boxesOf = arrange(size, SIDES.map((side) => ({
      share: 1,
      panels: [{ name: `${side} forward`, share: 0.38, numbers: false }, { name: `${side} derivative`, share: 0.34, numbers: true, named: true }, { name: `${side} noise`, share: 0.28, numbers: true, named: true }],
    })));
    const { fontSize } = size;
    const finite = (points) => points.map(([, y]) => y).filter(Number.isFinite);
    for (const side of SIDES) {
      const { staircase: { levels }, smooth, slope, densities, half } = found[side];
      const outputs = [...finite(smooth), ...levels];
      const slopes = finite(slope);
      const peak = Math.min(Math.max(...slopes, 0), HIGHEST);
      const dense = Math.min(Math.max(...densities.flatMap(finite), 0.01), HIGHEST);
      const name = text(`surrogate.${state[side].surrogate}.title`);
      columns[side].forward.frame({ box: boxesOf[`${side} forward`], x: state.view, y: around(Math.min(...outputs), Math.max(...outputs)), fontSize, title: name, slack: 1 });
      columns[side].derivative.frame({
        box: boxesOf[`${side} derivative`], x: state.view, y: around(Math.max(Math.min(...slopes, 0), -HIGHEST), peak || 1), fontSize, title: text("panel.surrogate.derivative"), numbers: true, name: text("axis.x"), slack: 1,
      });
      columns[side].noise.frame({
        box: boxesOf[`${side} noise`], x: [-half, half], y: [0, 1.1 * dense], ...(densities.length ? {} : { yTicks: [0] }), fontSize, title: text("panel.surrogate.noise"), numbers: true, name: text("axis.noise"), slack: 1,
      });
    }
  }

  let shownState = null;
  function draw(size) {
    const { state } = stage;
    const hidden = hiddenOf(state.hidden);
    const visible = (name) => !hidden.has(name);
    const found = Object.fromEntries(SIDES.map((side) => [side, curvesOf[side](state[side].surrogate, JSON.stringify(parametersOf(state, side)), state.view[0], state.view[1])]));
    frame(size, state, found);
    for (const side of SIDES) drawSide(side, state, found[side], visible, size);
    grip.update(state);
    const { forward } = columns.left;
    const { left, right, top, bottom } = forward.box;
    const seen = state.x >= state.view[0] && state.x <= state.view[1];
    handles.frame(list);
    handles.update([{ value: state.x, low: -Infinity, high: Infinity, at: seen ? [forward.x(state.x), bottom] : null }], {
      selected: "probe", view: state.view, room: [left, right], corner: [right, top - 0.6 * size.fontSize],
    });
    updateReport(state, found);
    if (shownState !== state) {
      updateControls(state);
      shownState = state;
    }
  }

  function drawSide(side, state, { staircase, smooth, slope, noise, densities }, visible, { fontSize }) {
    const { forward, derivative, noise: third, ...marks } = columns[side];
    const on = (panel) => ([x, y]) => [panel.x(x), panel.y(y)];
    const { thresholds: t, levels } = staircase;
    for (const name of ["steps", "closed", "open"]) show(marks[name], visible("deterministic"));
    const treads = t.map((at, i) => `H${px(forward.x(at))}V${px(forward.y(levels[i + 1]))}`);
    setAttributes(marks.steps, { d: `M${px(forward.box.left)} ${px(forward.y(levels[0]))}${treads.join("")}H${px(Math.max(forward.box.right, forward.x(t[t.length - 1])))}` });
    setAttributes(marks.closed, { d: circlesPath(t.map((at, i) => on(forward)([at, levels[i]])), 2.6) });
    setAttributes(marks.open, { d: circlesPath(t.map((at, i) => on(forward)([at, levels[i + 1]])), 2.6) });
    show(marks.smooth, visible("smooth"));
    setAttributes(marks.smooth, { d: linePath(smooth.map(on(forward))) });
    for (const name of ["slope", "area"]) show(marks[name], visible("derivative"));
    const curve = linePath(slope.map(on(derivative)));
    setAttributes(marks.slope, { d: curve });
    setAttributes(marks.area, { d: `${curve}V${px(derivative.y(0))}H${px(derivative.box.left)}Z` });
    show(marks.density, visible("noise") && densities.length > 0);
    setAttributes(marks.density, { d: densities.map((points) => linePath(points.map(on(third)))).join("") });
    show(marks.none, visible("noise") && densities.length === 0);
    setText(marks.none, noise.none ? text(`noise.none.${noise.none}`, { area: short(noise.area) }) : "");
    setAttributes(marks.none, { x: px((third.box.left + third.box.right) / 2), y: px((third.box.top + third.box.bottom) / 2 + 0.3 * fontSize), "text-anchor": "middle" });
    for (const guide of marks.guides) guide.update(state.x);
    const { surrogate } = state[side];
    const parameters = parametersOf(state, side);
    const places = [on(forward)([state.x, smoothOf(surrogate, parameters, state.x)]), on(derivative)([state.x, derivativeOf(surrogate, parameters, state.x)])];
    marks.dots.forEach((dot, k) => setAttributes(dot, { d: circlesPath([places[k]], 4) }));
  }

  function updateReport(state, found) {
    for (const side of SIDES) {
      const { surrogate } = state[side];
      const parameters = parametersOf(state, side);
      const values = [forwardOf, smoothOf, derivativeOf].map((of) => of(surrogate, parameters, state.x));
      const { noise } = found[side];
      const behind = noise.none ? text(`readout.surrogate.none.${noise.none}`, { area: short(noise.area) }) : text("readout.surrogate.noise", { law: text(`noise.${noise.laws[0].name}`) });
      report.write(side, text("readout.surrogate.at", {
        name: text(`surrogate.${surrogate}.title`), x: short(state.x), forward: short(values[0]), smooth: short(values[1]), slope: short(values[2]), noise: behind,
      }), { forward: values[0], smooth: values[1], derivative: values[2] });
    }
  }

  return {
    draw,
    describe: () => report.words(),
    height: (width) => (width >= 700 ? 560 : 600),
    letGo: grip.letGo,
    svg: sheet.svg,
  };
}
