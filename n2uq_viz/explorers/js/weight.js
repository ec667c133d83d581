// The Weight explorer: the scale of a channel's weights under the hand, and what it does forward and backward.

import { addButton, addRange, addSelect, htmlNode, setOptions } from "./controls.js";
import { bitsOfLevels } from "./fitted.js";
import { percent, short } from "./format.js";
import { createGrip } from "./grip.js";
import { createHandles } from "./handles.js";
import { tallestBar } from "./histogram.js";
import { nice } from "./layout.js";
import { createLegend } from "./legend.js";
import { createGuide } from "./marks.js";
import { arrange, createSheet } from "./panel.js";
import { remember } from "./remember.js";
import { createReport } from "./report.js";
import { barsByLevel } from "./runs.js";
import { codeOf, countIn, gammaOf, largestIn, meanSize, scaledBy, scaleOf, weightBars, weightLevels, weightThresholds } from "./scaled.js";
import { circlesPath, paint, px, setAttributes, setText, show, svgNode, ticks, trianglesPath } from "./svg.js";
import { levelColors } from "./theme.js";

const TWO_COLUMNS = 720;
// Heights in pixels: of two columns, and of the panels over weights and the others below each other.
const BOTH_HIGH = 560;
const OVER_WEIGHTS_HIGH = 500;
const OTHERS_HIGH = 400;
// Empty space beside the weights and the levels, as in n2uq_viz/explorers/weight.py.
const ASIDE = 0.08;
// How far a hand may go, next to the largest weight of all channels.
const LEAST_SCALE = 1e-3;
const MOST_SCALE = 10;
// A gradient beyond this many times the chain rule's is cut.
const STEEPEST = 12;
const LEVEL_MARK = 9;
const HALF_BAR = 0.4;

export function weightExplorer(stage) {
  const { text, kit, slots } = stage;
  const { names, scales, before: beforeRules } = kit.schema.weights;
  const entryOf = (weights) => (typeof weights === "string" ? kit.data[weights] : weights);
  // Stored weights have their name as their key; one's own, which go by their key too, have a name of their own.
  const nameOf = (weights) => (names.includes(weights) ? text(`weights.${weights}`) : entryOf(weights).name);
  const shownChannel = (state) => entryOf(state.weights).channels[state.channel];
  const hiddenOf = remember((hidden) => new Set(hidden));
  const farthest = remember((entry) => Math.max(...entry.channels.map(largestIn)) || 1);
  const barsIn = remember((channel, far) => weightBars(channel, far / 20));
  const everyAfter = remember((entry, levels, rule) => entry.channels.map((channel) => scaledBy(channel, levels, rule)));
  const everyBefore = remember((entry, levels, rule) => entry.channels.map((channel) => scaledBy(channel, levels, rule)));
  const scaleIn = (state) => scaleOf(shownChannel(state), state.levels.length, state.scale);
  // A number that was set holds also where all weights are 0 and nothing can be scaled.
  const handleAt = (state) => (typeof state.scale === "number" ? state.scale : scaleIn(state));
  const list = [{ id: "scale", kind: "scale", number: "", index: 0 }];

  function limits(state) {
    const far = farthest(entryOf(state.weights));
    return [Math.min(LEAST_SCALE * far, handleAt(state)), Math.max(MOST_SCALE * far, 1, handleAt(state))];
  }

  // The weights of all channels, and the levels of this one.
  function viewOn(state) {
    const own = scaleOf(shownChannel(state), state.levels.length, state.before);
    const reach = (1 + ASIDE) * Math.max(farthest(entryOf(state.weights)), handleAt(state), own);
    return [-reach, reach];
  }

  function viewKept(state) {
    const f = handleAt(state);
    return -f >= state.view[0] && f <= state.view[1] ? state.view : viewOn(state);
  }

  // --- Controls -----------------------------------------------------------------------------------

  const { tools } = slots;
  function begin(change) {
    grip.letGo();
    stage.set({ ...change, view: viewOn({ ...stage.state, ...change }) });
  }
  const at = (k) => ({ channel: k, view: viewKept({ ...stage.state, channel: k }) });
  const which = addSelect(tools, text("control.channel"), [], (k) => { grip.letGo(); stage.set(at(Number(k))); }, { "data-control": "channel" });
  const whichRange = addRange(tools, text("control.channel"), {
    begin() { grip.letGo(); stage.hold(); },
    move: (k) => stage.change(at(k)),
    done: () => { stage.commit("channel"); stage.release(); },
  }, { min: 0, step: 1, "data-control": "channel-range" });
  const bits = addSelect(tools, text("control.bits"), [1, 2, 3, 4].map((n) => [String(n), String(n)]), (n) => {
    const even = weightLevels(2 ** Number(n), 1);
    begin({ edges: even, levels: even.slice() });
  }, { "data-control": "bits" });
  const choices = htmlNode("span", tools, { class: "n2uq-group n2uq-begin", role: "group", "aria-label": text("control.scale") });
  htmlNode("span", choices, {}, text("control.scale"));
  const buttons = scales.map((rule) => addButton(choices, text(`scale.${rule}`), () => begin({ scale: rule }), { title: text(`scale.${rule}.help`), "data-action": `scale-${rule}` }));
  const compared = addSelect(tools, text("control.before"), beforeRules.map((rule) => [rule, text(`scale.${rule}`)]), (rule) => begin({ before: rule }), { "data-control": "before" });
  const legend = createLegend(stage, kit.schema.series.weight);

  // --- Picture ------------------------------------------------------------------------------------

  const sheet = createSheet(slots.picture, text("picture.weight"));
  const panels = Object.fromEntries(["after", "before", "gradient", "codes", "channels"].map((name) => [name, sheet.addPanel()]));
  const histograms = Object.fromEntries(["after", "before"].map((name) => {
    const panel = panels[name];
    return [name, {
      panel, bars: svgNode("g", panel.marks), tall: panel.note(), thresholds: panel.path("n2uq-guide-threshold"), ends: panel.path("n2uq-guide-edge"), marks: panel.path("n2uq-weight-level"),
    }];
  }));
  const ends = panels.gradient.path("n2uq-guide-edge");
  const reference = panels.gradient.path("n2uq-weight-reference");
  const chain = panels.gradient.path("n2uq-weight-chain");
  const steep = panels.gradient.note();
  const barsBefore = panels.codes.path("n2uq-weight-before");
  const barsAfter = svgNode("g", panels.codes.marks);
  const equal = panels.codes.path("n2uq-equal");
  const most = panels.channels.path("n2uq-equal");
  const here = createGuide(panels.channels);
  const dotsBefore = panels.channels.path("n2uq-weight-before");
  const dotsAfter = panels.channels.path("n2uq-weight-after");
  const handles = createHandles(sheet.svg, text);
  const grip = createGrip({
    stage,
    picture: { svg: sheet.svg, handles, xAt: (pixel) => panels.after.x.invert(pixel) },
    first: "scale",
    listOf: () => list,
    valueOf: handleAt,
    limitsOf: limits,
    move(state, handle, to) {
      const [low, high] = limits(state);
      return { scale: Math.min(Math.max(to, low || LEAST_SCALE * farthest(entryOf(state.weights))), high) };
    },
    widen: viewKept,
  });
  const report = createReport(slots.side, text);
  const codes = htmlNode("ol", report.section, { class: "n2uq-occupancy", start: 0, "data-readout": "occupancy" });

  const beside = (width) => width >= TWO_COLUMNS;

  function panelsOf(visible) {
    const over = [{ name: "after", share: 0.38 }];
    if (visible("before")) over.push({ name: "before", share: 0.28 });
    if (visible("reference") || visible("chain")) over.push({ name: "gradient", share: 0.34 });
    Object.assign(over[over.length - 1], { numbers: true, named: true });
    const others = [{ name: "codes", share: 0.54, numbers: true, named: true }];
    if (visible("channels")) others.push({ name: "channels", share: 0.46, numbers: true, named: true });
    return [over, others];
  }

  function boxesOf(size, [over, others]) {
    if (beside(size.width)) return arrange(size, [{ share: 0.58, panels: over }, { share: 0.42, panels: others }]);
    const share = OVER_WEIGHTS_HIGH / (OVER_WEIGHTS_HIGH + OTHERS_HIGH);
    const upper = arrange({ ...size, height: share * size.height }, [{ share: 1, panels: over }]);
    const lower = arrange({ ...size, height: (1 - share) * size.height }, [{ share: 1, panels: others }]);
    for (const place of Object.values(lower)) {
      place.top += share * size.height;
      place.bottom += share * size.height;
    }
    return { ...upper, ...lower };
  }

  const inPercent = (shares) => ({ yTicks: shares, yWords: Object.fromEntries(shares.map((share) => [share, `${short(Number((100 * share).toPrecision(3)))} %`])) });

  function frame(size, state, scene, visible) {
    sheet.size(size);
    const { after, before, top, count, entry } = scene;
    const layout = panelsOf(visible);
    const boxes = boxesOf(size, layout);
    const { fontSize } = size;
    for (const [name, panel] of Object.entries(panels)) panel.show(name in boxes);
    const weights = (name) => ({
      box: boxes[name], x: state.view, fontSize,
      ...(layout[0][layout[0].length - 1].name === name ? { numbers: true, name: text("axis.weight") } : {}),
    });
    const words = { f: short(Number(before.f.toPrecision(3))), rule: text(`scale.${state.before}`) };
    panels.after.frame({ ...weights("after"), y: [0, top], ...inPercent(ticks(0, top, 2)), title: text("panel.weight.after") });
    if (boxes.before) panels.before.frame({ ...weights("before"), y: [0, top], ...inPercent(ticks(0, top, 2)), title: text("panel.weight.before", words) });
    if (boxes.gradient) panels.gradient.frame({ ...weights("gradient"), y: [0, scene.steepest], yTicks: ticks(0, scene.steepest, 3), slack: 1, title: text("panel.weight.gradient") });
    const highest = Math.min(nice(1.04 * Math.max(...after.shares, ...(visible("before") ? before.shares : []), 1 / count)), 1.04);
    const bitsOf = (value) => short(Number(value.toPrecision(3)));
    panels.codes.frame({
      box: boxes.codes, x: [-0.6, count - 0.4], y: [0, highest], xTicks: Array.from({ length: count }, (_, k) => k), ...inPercent(ticks(0, highest, 3)), fontSize, numbers: true, name: text("axis.code"),
      title: text(visible("before") ? "panel.weight.codes" : "panel.weight.codes.after", { entropy: bitsOf(after.entropy), before: bitsOf(before.entropy), most: short(Math.log2(count)) }),
    });
    if (!boxes.channels) return;
    const indices = entry.channels.map(({ index }) => index);
    const [low, high] = [Math.min(...indices), Math.max(...indices)];
    const pad = 0.04 * (high - low) || 0.6;
    const { left, right } = boxes.channels;
    panels.channels.frame({
      box: boxes.channels, x: [low - pad, high + pad], y: [0, 1.08 * Math.log2(count)], xTicks: ticks(low, high, Math.min(high - low, (right - left) / (4 * fontSize))).filter(Number.isInteger),
      yTicks: ticks(0, Math.log2(count), Math.min(4, Math.log2(count))), slack: 1, fontSize, numbers: true, name: text("axis.channel"), title: text("panel.weight.channels"),
    });
  }

  // A histogram in the colors of its levels, with these and the thresholds between them.
  function drawHistogram({ panel, bars, tall, thresholds, ends: outer, marks }, { f }, { channel, top, count, far }, colors, visible, fontSize) {
    const { x, y, box } = panel;
    const t = weightThresholds(count, f);
    show(bars, visible);
    const found = barsIn(channel, far);
    const silent = codeOf(0, count, 0);
    const pieces = f === 0 ? t.map(() => []).concat([[]]).map((_, i) => (i === silent ? found : [])) : barsByLevel(found, t);
    while (bars.childElementCount < pieces.length) svgNode("path", bars, { class: "n2uq-bar" });
    while (bars.childElementCount > pieces.length) bars.lastChild.remove();
    pieces.forEach((own, i) => {
      setAttributes(bars.children[i], { d: own.map(({ from, to, share }) => `M${px(x(from))} ${px(y(0))}V${px(y(Math.min(share, top)))}H${px(x(to))}V${px(y(0))}Z`).join("") });
      paint(bars.children[i], { fill: colors[i] });
    });
    // A bar that is cut says how tall it is: there is one at most.
    const cut = found.find(({ share }) => share > top);
    show(tall, visible && cut !== undefined);
    if (cut) {
      setText(tall, `▲ ${percent(cut.share)}`);
      setAttributes(tall, { x: px(x(cut.to) + 0.3 * fontSize), y: px(box.top + 0.9 * fontSize) });
    }
    const upright = (values) => values.map((value) => `M${px(x(value))} ${px(box.top)}V${px(box.bottom)}`).join("");
    setAttributes(thresholds, { d: f === 0 ? "" : upright(t) });
    setAttributes(outer, { d: f === 0 ? "" : upright([-f, f]) });
    setAttributes(marks, { d: trianglesPath((f === 0 ? [0] : weightLevels(count, f)).map((level) => [x(level), box.bottom - LEVEL_MARK]), LEVEL_MARK) });
  }

  function drawGradient({ f }, { steepest }, visible, fontSize) {
    const { x, y, box: { left, right, top, bottom } } = panels.gradient;
    const slope = f === 0 ? 0 : 1 / f;
    show(reference, visible("reference"));
    show(chain, visible("chain"));
    setAttributes(reference, { d: `M${px(left)} ${px(y(Math.min(slope, steepest)))}H${px(right)}` });
    setAttributes(chain, { d: f === 0 ? `M${px(left)} ${px(y(0))}H${px(right)}` : `M${px(left)} ${px(y(0))}H${px(x(-f))}V${px(y(1))}H${px(x(f))}V${px(y(0))}H${px(Math.max(right, x(f)))}` });
    setAttributes(ends, { d: f === 0 ? "" : [-f, f].map((at_) => `M${px(x(at_))} ${px(top)}V${px(bottom)}`).join("") });
    show(steep, visible("reference") && slope > steepest);
    setText(steep, `▲ ${short(Number(slope.toPrecision(3)))}`);
    setAttributes(steep, { x: px(left + 0.4 * fontSize), y: px(top + 1.2 * fontSize) });
  }

  function drawCodes({ after, before, count }, colors, visible) {
    const { x, y, box: { left, right } } = panels.codes;
    const bar = (from, to, share) => `M${px(x(from))} ${px(y(0))}V${px(y(share))}H${px(x(to))}V${px(y(0))}Z`;
    const pair = visible("before");
    show(barsBefore, pair);
    setAttributes(barsBefore, { d: before.shares.map((share, i) => bar(i - HALF_BAR, i, share)).join("") });
    while (barsAfter.childElementCount < count) svgNode("path", barsAfter, { class: "n2uq-bar" });
    while (barsAfter.childElementCount > count) barsAfter.lastChild.remove();
    after.shares.forEach((share, i) => {
      setAttributes(barsAfter.children[i], { d: bar(pair ? i : i - HALF_BAR, i + HALF_BAR, share) });
      paint(barsAfter.children[i], { fill: colors[i] });
    });
    setAttributes(equal, { d: `M${px(left)} ${px(y(1 / count))}H${px(right)}` });
  }

  function drawChannels({ entry, everyOne, everyOther, channel, count }, visible) {
    const { x, y, box: { left, right } } = panels.channels;
    const radius = entry.channels.length > 32 ? 2.2 : 3.2;
    const dots = (every) => circlesPath(every.map(({ entropy }, k) => [x(entry.channels[k].index), y(entropy)]), radius);
    show(dotsBefore, visible("before"));
    setAttributes(dotsBefore, { d: dots(everyOther) });
    setAttributes(dotsAfter, { d: dots(everyOne) });
    setAttributes(most, { d: `M${px(left)} ${px(y(Math.log2(count)))}H${px(right)}` });
    here.update(channel.index);
  }

  let shownState = null;
  function draw(size) {
    const { state } = stage;
    const hidden = hiddenOf(state.hidden);
    const visible = (name) => !hidden.has(name);
    const [entry, count] = [entryOf(state.weights), state.levels.length];
    const channel = shownChannel(state);
    const everyOne = everyAfter(entry, count, state.scale);
    const everyOther = everyBefore(entry, count, state.before);
    const [after, before] = [everyOne[state.channel], everyOther[state.channel]];
    const far = farthest(entry);
    const slope = after.f === 0 ? 0 : 1 / after.f;
    const scene = {
      entry, channel, count, far, after, before, everyOne, everyOther, top: tallestBar({ bins: barsIn(channel, far), atoms: [] }), steepest: nice(1.2 * Math.max(1, Math.min(slope, STEEPEST))),
    };
    const colors = levelColors(kit.palette[stage.theme].levels, count);
    frame(size, state, scene, visible);
    drawHistogram(histograms.after, after, scene, colors, visible("histogram"), size.fontSize);
    if (visible("before")) drawHistogram(histograms.before, before, scene, colors, visible("histogram"), size.fontSize);
    else show(histograms.before.tall, false);
    if (visible("reference") || visible("chain")) drawGradient(after, scene, visible, size.fontSize);
    else show(steep, false);
    drawCodes(scene, colors, visible);
    if (visible("channels")) drawChannels(scene, visible);
    grip.update(state);
    const { x, box: { left, right, top, bottom } } = panels.after;
    const f = handleAt(state);
    const [low, high] = limits(state);
    handles.frame(list);
    handles.update([{ value: f, low, high, at: f >= state.view[0] && f <= state.view[1] ? [x(f), bottom] : null }], {
      selected: "scale", view: state.view, room: [left, right], corner: [right, top - 0.6 * size.fontSize],
    });
    updateReport(state, scene, colors, visible);
    if (shownState !== state) {
      updateControls(state, entry, channel);
      shownState = state;
    }
  }

  function updateControls(state, entry, channel) {
    legend.update(state);
    setOptions(which, entry.channels.map(({ index }, k) => [String(k), String(index)]));
    which.value = String(state.channel);
    const last = entry.channels.length - 1;
    setAttributes(whichRange, { max: Math.max(last, 1), "aria-valuetext": text("control.channel.value", { index: channel.index }) });
    whichRange.value = String(state.channel);
    whichRange.disabled = last === 0;
    bits.value = String(bitsOfLevels(state.levels, 4));
    scales.forEach((rule, k) => setAttributes(buttons[k], { "aria-pressed": state.scale === rule }));
    compared.value = state.before;
  }

  // --- In words -----------------------------------------------------------------------------------

  const inHundred = (share) => percent(share).replace(" %", "");
  const brief = (value) => short(Number(value.toPrecision(3)));

  function updateReport(state, { entry, channel, count, after, before, everyOne, everyOther }, colors, visible) {
    const bitsMost = short(Math.log2(count));
    const [mean, largest] = [meanSize(channel), largestIn(channel)];
    report.write("channel", text("readout.weight.which", {
      index: channel.index, total: entry.total, name: nameOf(state.weights), count: countIn(channel).toLocaleString("en-US"), mean: brief(mean), largest: brief(largest),
    }), { value: state.channel, mean, largest });
    report.write("silent", largest === 0 ? text("readout.weight.silent") : "");
    const own = typeof state.scale === "number";
    const said = own ? "readout.weight.scale.own" : state.scale === "mean" ? "readout.weight.scale" : "readout.weight.scale.plain";
    report.write("scale", text(said, { f: brief(after.f), rule: own ? "" : text(`scale.${state.scale}`), gamma: brief(gammaOf(count)) }), { value: after.f });
    report.write("after", text("readout.weight.after", { entropy: brief(after.entropy), most: bitsMost, clipped: percent(after.clipped) }), { entropy: after.entropy, clipped: after.clipped });
    report.write("before", visible("before") ? text("readout.weight.before", {
      rule: text(`scale.${state.before}`), f: brief(before.f), entropy: brief(before.entropy), clipped: percent(before.clipped),
    }) : "", { entropy: before.entropy, clipped: before.clipped, scale: before.f });
    const slope = after.f === 0 ? 0 : 1 / after.f;
    report.write("reference", visible("reference") && largest > 0 ? text("readout.weight.reference", { slope: brief(slope) }) : "", { slope });
    report.write("chain", visible("chain") && largest > 0 ? text("readout.weight.chain", { blocked: percent(after.blocked) }) : "", { blocked: after.blocked });
    report.write("hides", visible("reference") && visible("chain") && largest > 0 ? text("readout.weight.hides") : "");
    const ends_ = (every) => [Math.min(...every.map(({ entropy }) => entropy)), Math.max(...every.map(({ entropy }) => entropy))].map(brief);
    const [[low, high], [lowBefore, highBefore]] = [ends_(everyOne), ends_(everyOther)];
    const key = visible("before") ? "readout.weight.channels" : "readout.weight.channels.after";
    report.write("channels", visible("channels") ? text(key, { count: everyOne.length, low, high, lowBefore, highBefore }) : "", {
      after: everyOne.map(({ entropy }) => entropy).join(" "), before: everyOther.map(({ entropy }) => entropy).join(" "),
    });
    report.write("codes", text(visible("before") ? "readout.weight.codes" : "readout.weight.codes.after"));
    report.section.append(codes); // after the lines
    while (codes.childElementCount > count) codes.lastChild.remove();
    while (codes.childElementCount < count) {
      const item = htmlNode("li", codes);
      htmlNode("span", item, { class: "n2uq-chip" });
      htmlNode("span", item);
    }
    after.shares.forEach((share, i) => {
      const [chip, words] = codes.children[i].children;
      chip.style.background = colors[i];
      setText(words, text(visible("before") ? "readout.weight.code" : "readout.weight.code.after", { i, share: visible("before") ? inHundred(share) : percent(share), before: inHundred(before.shares[i]) }));
      setAttributes(words, { "data-value": share });
    });
  }

  return {
    draw,
    describe: () => `${report.words()} ${Array.from(codes.children, (item) => item.textContent).join("; ")}.`,
    height: (width) => (beside(width) ? BOTH_HIGH : OVER_WEIGHTS_HIGH + OTHERS_HIGH),
    letGo: grip.letGo,
    svg: sheet.svg,
    whole: (state) => ({ ...state, weights: typeof state.weights === "string" && !names.includes(state.weights) ? kit.data[state.weights] : state.weights }),
  };
}
