// The Tensor explorer: a quantizer under the hand over a tensor, beside those that were fitted to it, layer by layer.

import { addButton, addRange, addSelect, htmlNode, setOptions } from "./controls.js";
import { bars, points } from "./data.js";
import { cellsInRow, createFitCells, errorWords, heightAroundBars } from "./fit_cells.js";
import { bitsOfLevels, judge, shiftOf, varianceOf } from "./fitted.js";
import { percent, short } from "./format.js";
import { edgeLimits, moveEdge, moveThreshold, thresholdLimits, thresholds } from "./geometry.js";
import { createGrip } from "./grip.js";
import { createHandles, handleList, handlePlaces, handleValue } from "./handles.js";
import { tallestBar } from "./histogram.js";
import { sameState } from "./history.js";
import { createLegend } from "./legend.js";
import { createExpectation, createStaircase } from "./marks.js";
import { arrange, around, createSheet } from "./panel.js";
import { remember } from "./remember.js";
import { createReport } from "./report.js";
import { barsByLevel } from "./runs.js";
import { paint, px, setAttributes, setText, show, svgNode, ticks, trianglesPath } from "./svg.js";
import { levelColors } from "./theme.js";

const BESIDE_FITS = 720;
// Width of the quantizer's own panels beside the fits.
const OWN_SHARE = 0.52;
// Heights in pixels: beside each other; the quantizer's own panels alone; the bars of levels in a row of cells.
const HIGH = 580;
const OWN_HIGH = 440;
const LEVELS_HIGH = 110;
const OWN = "own";
// Width of a digit, and of the numbers for which there is room left of a panel, in units of the font size.
const LETTER = 0.58;
const ROOM_LEFT = 3.6;
const MARK = 9;

export function tensorExplorer(stage) {
  const { text, kit, slots } = stage;
  const { viewMargin } = kit.constants;
  const { methods, reference, bits: everyBits, leastWidth, close } = kit.schema.tensors;
  const mostBits = everyBits[everyBits.length - 1];
  const rows = [...methods, OWN];
  const entryOf = (tensor) => (typeof tensor === "string" ? kit.data[tensor] : tensor);
  // A stored tensor has its name as its key; one's own, which goes by its key too, has a name of its own.
  const isStored = (tensor) => kit.schema.tensors.names.includes(tensor);
  const nameOf = (tensor) => (isStored(tensor) ? text(`tensor.${tensor}`) : entryOf(tensor).name);
  const shownEntry = (state) => entryOf(state.tensors[state.tensor]);
  const hiddenOf = remember((hidden) => new Set(hidden));
  const handlesOf = remember((edges) => handleList(edges));
  const pointsOf = remember((entry) => points(entry.data));
  const varianceIn = remember((entry) => varianceOf(pointsOf(entry)));
  const barsOf = remember((entry) => bars(entry.data));
  // What the fits of a tensor do to it: method -> numbers, with those of the levels anywhere.
  const fitsOf = remember((entry, bits) => {
    const fits = entry.fits[bits - 1];
    const judged = (q) => judge(q, pointsOf(entry), varianceIn(entry));
    const { levels } = fits[reference];
    return { fits, judged: methods.map((name) => judged(fits[name])), reference: judged({ edges: levels, levels }), levels };
  });
  const quantizerOf = ({ edges, levels }) => ({ edges, levels });
  const least = ({ levels }) => leastWidth * (levels[levels.length - 1] - levels[0]);

  function viewOn({ edges }, entry) {
    const margin = viewMargin * (edges[edges.length - 1] - edges[0]);
    const [low, high] = entry.data.range;
    return [Math.min(edges[0] - margin, low), Math.max(edges[edges.length - 1] + margin, high)];
  }

  function viewKept(state) {
    const [low, high] = [state.edges[0], state.edges[state.edges.length - 1]];
    return low >= state.view[0] && high <= state.view[1] ? state.view : viewOn(state, shownEntry(state));
  }

  // The keys that follow where the hand begins anew, from a fit.
  function fresh(change, bits = bitsOfLevels(stage.state.levels, mostBits)) {
    const next = { ...stage.state, ...change };
    const entry = shownEntry(next);
    const { edges, levels } = entry.fits[bits - 1][next.method];
    return { ...change, edges: edges.slice(), levels: levels.slice(), view: viewOn({ edges }, entry) };
  }

  // --- Controls -----------------------------------------------------------------------------------

  const { tools } = slots;
  function begin(change, bits) {
    grip.letGo();
    stage.set(fresh(change, bits));
  }
  const layer = addSelect(tools, text("control.layer"), [], (k) => begin({ tensor: Number(k) }), { "data-control": "tensor" });
  const layerRange = addRange(tools, text("control.layer"), {
    begin() { grip.letGo(); stage.hold(); },
    move: (k) => stage.change(fresh({ tensor: k })),
    done: () => { stage.commit("tensor"); stage.release(); },
  }, { min: 0, step: 1, "data-control": "tensor-range" });
  const bits = addSelect(tools, text("control.bits"), everyBits.map((n) => [String(n), String(n)]), (n) => begin({}, Number(n)), { "data-control": "bits" });
  const choices = htmlNode("span", tools, { class: "n2uq-group n2uq-begin", role: "group", "aria-label": text("control.begin") });
  htmlNode("span", choices, {}, text("control.begin"));
  const buttons = methods.map((name) => addButton(choices, text(`fit.${name}`), () => begin({ method: name }), { title: text(`fit.${name}.help`), "data-action": `begin-${name}` }));
  const legend = createLegend(stage, kit.schema.series.tensor);

  // --- Picture ------------------------------------------------------------------------------------

  const sheet = createSheet(slots.picture, text("picture.tensor"));
  const panels = { forward: sheet.addPanel(), distribution: sheet.addPanel() };
  const data = svgNode("g", panels.distribution.marks);
  const tall = panels.distribution.note();
  const guides = ["forward", "distribution"].map((name) => ({ name, edges: panels[name].path("n2uq-guide-edge"), steps: panels[name].path("n2uq-guide-threshold") }));
  const best = panels.distribution.path("n2uq-reference-level");
  const ramp = createExpectation(panels.forward);
  const staircase = createStaircase(panels.forward);
  const cells = createFitCells(sheet, rows, text);
  const handles = createHandles(sheet.svg, text);
  const grip = createGrip({
    stage,
    picture: { svg: sheet.svg, handles, xAt: (pixel) => panels.forward.x.invert(pixel) },
    first: "threshold-1",
    listOf: (state) => handlesOf(state.edges.length),
    valueOf: handleValue,
    limitsOf: limits,
    move(state, handle, to) {
      const move = handle.kind === "edge" ? moveEdge : moveThreshold;
      return move(quantizerOf(state), handle.index, to, least(state));
    },
    widen: viewKept,
  });
  const report = createReport(slots.side, text);
  const list = htmlNode("ol", report.section, { class: "n2uq-occupancy", start: 0, "data-readout": "occupancy" });

  // Tensors may be of any size, and so are the least widths.
  function limits(state, handle) {
    return (handle.kind === "edge" ? edgeLimits : thresholdLimits)(quantizerOf(state), handle.index, least(state));
  }

  const beside = (width) => width >= BESIDE_FITS;

  function drawBars(entry, t, colors, visible, fontSize) {
    const { x, y, box } = panels.distribution;
    const found = barsOf(entry);
    const top = tallestBar(found);
    show(data, visible);
    const half = Math.max(1.5, Math.min(5, (0.25 * (box.right - box.left)) / Math.max(found.atoms.length, 30)));
    const atoms = found.atoms.filter(({ value }) => x(value) >= box.left && x(value) <= box.right);
    const byLevel = barsByLevel(found.bins, t);
    while (data.childElementCount < byLevel.length) svgNode("path", data, { class: "n2uq-bar" });
    while (data.childElementCount > byLevel.length) data.lastChild.remove();
    const rect = (left, right, share) => `M${px(left)} ${px(y(0))}V${px(y(Math.min(share, top)))}H${px(right)}V${px(y(0))}Z`;
    byLevel.forEach((pieces, i) => {
      const own = atoms.filter(({ value }) => value > (t[i - 1] ?? -Infinity) && value <= (t[i] ?? Infinity));
      const paths = [...pieces.map(({ from, to, share }) => rect(x(from), x(to), share)), ...own.map(({ value, share }) => rect(x(value) - half, x(value) + half, share))];
      setAttributes(data.children[i], { d: paths.join("") });
      paint(data.children[i], { fill: colors[i] });
    });
    // A bar that is cut says how tall it is: there is one at most.
    const cut = atoms.find(({ share }) => share > top);
    show(tall, visible && cut !== undefined);
    if (cut) {
      const before = x(cut.value) > box.right - 6 * fontSize;
      setText(tall, `▲ ${percent(cut.share)}`);
      setAttributes(tall, { x: px(x(cut.value) + (before ? -1.6 : 1.6) * half), y: px(box.top + 0.9 * fontSize), "text-anchor": before ? "end" : "start" });
    }
  }

  function frame(size, state, entry) {
    const { view, levels } = state;
    const { width, height, fontSize } = size;
    sheet.size(size);
    const wide = beside(width);
    const own = wide ? { width: Math.round(OWN_SHARE * width), height, fontSize } : { width, height: Math.min(OWN_HIGH, 0.55 * height), fontSize };
    const boxes = arrange(own, [{ share: 1, panels: [{ name: "forward", share: 0.56 }, { name: "distribution", share: 0.44, numbers: true, named: true }] }]);
    // Small numbers are long ones.
    const longest = (values) => Math.max(...values.map((value) => short(Number(value.toPrecision(3))).length)) * LETTER;
    for (const place of Object.values(boxes)) place.left += Math.max(0, longest(levels) - ROOM_LEFT) * fontSize;
    const { left, right } = boxes.forward;
    const apart = (count) => ticks(...view, Math.max(2, (right - left) / (count * fontSize)));
    const xTicks = apart(Math.max(4.5, longest(apart(4.5)) + 1.5));
    const top = tallestBar(barsOf(entry));
    panels.forward.frame({ box: boxes.forward, x: view, xTicks, y: around(levels[0], levels[levels.length - 1]), yTicks: levels, fontSize, title: text("panel.tensor.forward") });
    const shares = ticks(0, top, 2);
    panels.distribution.frame({
      box: boxes.distribution, x: view, xTicks, y: [0, top], yTicks: shares, yWords: Object.fromEntries(shares.map((share) => [share, `${short(Number((100 * share).toPrecision(2)))} %`])),
      fontSize, title: text("panel.tensor.distribution"), numbers: true, name: text("axis.x"),
    });
    return wide ? { left: own.width, right: width, top: 0, bottom: height } : { left: 0, right: width, top: own.height + fontSize, bottom: height };
  }

  let shownState = null;
  function draw(size) {
    const { state } = stage;
    const q = quantizerOf(state);
    const entry = shownEntry(state);
    const hidden = hiddenOf(state.hidden);
    const visible = (name) => !hidden.has(name);
    const found = fitsOf(entry, bitsOfLevels(q.levels, mostBits));
    const own = judge(q, pointsOf(entry), varianceIn(entry));
    const t = thresholds(q);
    const box = frame(size, state, entry);
    const colorsFor = (count) => levelColors(kit.palette[stage.theme].levels, count);
    const colors = colorsFor(q.levels.length);
    drawBars(entry, t, colors, visible("histogram"), size.fontSize);
    staircase.update(q, state.view, visible("deterministic"));
    ramp.update(q, state.view, visible("expectation"));
    for (const { name, edges, steps } of guides) {
      const { x, y, box: { top, bottom } } = panels[name];
      const from = (i) => (name === "forward" ? y((q.levels[i] + q.levels[i + 1]) / 2) : top);
      setAttributes(edges, { d: name === "forward" ? "" : q.edges.map((b) => `M${px(x(b))} ${px(top)}V${px(bottom)}`).join("") });
      setAttributes(steps, { d: t.map((at, i) => `M${px(x(at))} ${px(from(i))}V${px(bottom)}`).join("") });
    }
    const { x, box: { bottom: floor } } = panels.distribution;
    show(best, visible("lloyd_max"));
    setAttributes(best, { d: trianglesPath(found.levels.map((level) => [x(level), floor - MARK]), MARK) });
    cells.update({ judged: [...found.judged, own], colors: colorsFor(Math.max(q.levels.length, found.levels.length)), reference: visible("lloyd_max") ? found.reference.error : null, box, fontSize: size.fontSize });
    grip.update(state);
    const all = handlesOf(q.edges.length);
    const { x: across, y, box: { left, right, top, bottom } } = panels.forward;
    const places = handlePlaces(all, q, t, state.view, across, y, bottom).map((place, k) => {
      const [low, high] = limits(state, all[k]);
      return { ...place, low, high };
    });
    handles.frame(all);
    handles.update(places, { selected: grip.selected, view: state.view, room: [left, right], corner: [right, top - 0.6 * size.fontSize] });
    updateReport(state, entry, found, own, colors);
    if (shownState !== state) {
      updateControls(state, found.fits);
      shownState = state;
    }
  }

  function updateControls(state, fits) {
    legend.update(state);
    setOptions(layer, state.tensors.map((tensor, k) => [String(k), nameOf(tensor)]));
    layer.value = String(state.tensor);
    const last = state.tensors.length - 1;
    setAttributes(layerRange, { max: Math.max(last, 1), "aria-valuetext": nameOf(state.tensors[state.tensor]) });
    layerRange.value = String(state.tensor);
    layerRange.disabled = last === 0;
    bits.value = String(bitsOfLevels(state.levels, mostBits));
    methods.forEach((name, k) => {
      const as = sameState({ edges: state.edges, levels: state.levels }, { edges: fits[name].edges, levels: fits[name].levels });
      setAttributes(buttons[k], { "aria-pressed": state.method === name && as });
    });
  }

  // --- In words -----------------------------------------------------------------------------------

  const numbers = ({ error, entropy, steepest, outside }) => ({ error, entropy, steepest, outside });

  function updateReport(state, entry, found, own, colors) {
    const { levels } = state;
    const [low, high] = entry.data.range;
    report.write("tensor", text("readout.tensor.which", {
      i: state.tensor + 1, count: state.tensors.length, name: nameOf(state.tensors[state.tensor]), samples: entry.data.count.toLocaleString("en-US"), low: short(low), high: short(high),
    }), { value: state.tensor });
    const line = (name, judged, count) => report.write(name, text("readout.tensor.row", {
      name: text(`fit.${name}`), error: errorWords(judged.error), entropy: short(judged.entropy), most: short(Math.log2(count)), steepest: short(Number(judged.steepest.toPrecision(3))), outside: percent(judged.outside),
    }), numbers(judged));
    line(OWN, own, levels.length);
    methods.forEach((name, k) => line(name, found.judged[k], found.levels.length));
    report.write(reference, text("readout.tensor.lloyd_max", { error: errorWords(found.reference.error), entropy: short(found.reference.entropy) }), { error: found.reference.error, entropy: found.reference.entropy });
    const { quantile } = found.fits;
    const shift = shiftOf(quantile);
    const moved = shift > close * (quantile.levels[quantile.levels.length - 1] - quantile.levels[0]);
    report.write("moved", moved ? text("readout.tensor.moved", { shift: short(shift) }) : "", { shift });
    report.write("aims", text("readout.tensor.aims"));
    report.section.append(list); // after the lines
    while (list.childElementCount > levels.length) list.lastChild.remove();
    while (list.childElementCount < levels.length) {
      const item = htmlNode("li", list);
      htmlNode("span", item, { class: "n2uq-chip" });
      htmlNode("span", item);
    }
    own.shares.forEach((share, i) => {
      const [chip, words] = list.children[i].children;
      chip.style.background = colors[i];
      setText(words, text("readout.tensor.level", { i, share: percent(share) }));
      setAttributes(words, { "data-value": share });
    });
  }

  return {
    draw,
    describe: () => `${report.words()} ${Array.from(list.children, (item) => item.textContent).join("; ")}.`,
    height(width) {
      if (beside(width)) return HIGH;
      const inRow = cellsInRow(width, rows.length, 12);
      return OWN_HIGH + 12 + Math.ceil(rows.length / inRow) * (LEVELS_HIGH + heightAroundBars(12));
    },
    letGo: grip.letGo,
    svg: sheet.svg,
    whole: (state) => ({ ...state, tensors: state.tensors.map((tensor) => (typeof tensor === "string" && !isStored(tensor) ? kit.data[tensor] : tensor)) }),
  };
}
