// One layer of one training run after an epoch: its staircase over the inputs that it really gets, its thresholds through
// the epochs, and for inputs in the plane what the net answers.

import { tallestBar } from "./histogram.js";
import { brokenPath, epochTicks } from "./run_curves.js";
import { createStaircase } from "./marks.js";
import { around } from "./panel.js";
import { remember } from "./remember.js";
import { answersIn, barsByLevel, binShares, layerOf, quantizerIn, stripesOf } from "./runs.js";
import { thresholds } from "./geometry.js";
import { circlesPath, paint, px, setAttributes, setText, show, svgNode, trianglesPath } from "./svg.js";
import { levelColors } from "./theme.js";

const PARTS = ["regions", "forward", "histogram", "history"];
// Half the size of a point: a share of the plane's width, within limits, in pixels.
const POINT = { share: 0.016, least: 1.7, most: 3.5 };
// Points of a class have a shape of their own.
const POINT_SHAPES = [
  (points, r) => circlesPath(points, r),
  (points, r) => trianglesPath(points.map(([x, y]) => [x, y - r]), 2.3 * r),
  (points, r) => points.map(([x, y]) => `M${px(x - r)} ${px(y - r)}h${px(2 * r)}v${px(2 * r)}h${px(-2 * r)}Z`).join(""),
  (points, r) => points.map(([x, y]) => `M${px(x)} ${px(y - 1.4 * r)}L${px(x + 1.4 * r)} ${px(y)}L${px(x)} ${px(y + 1.4 * r)}L${px(x - 1.4 * r)} ${px(y)}Z`).join(""),
];

// The panels of run k: names as in the boxes of a picture.
export const columnPanels = (k, run) => [
  ...(run.regions ? [{ name: `regions-${k}`, share: 1.5, numbers: true, headed: true }] : []),
  { name: `forward-${k}`, share: 1, headed: !run.regions },
  { name: `histogram-${k}`, share: 0.9 },
  { name: `history-${k}`, share: 1, numbers: true, named: true },
];

// The ends of a quantizer's outputs over all epochs, so that the axis stands still.
function outputRange({ levels }) {
  const every = levels.filter((found) => found !== null);
  return every.length ? [Math.min(...every.map((found) => found[0])), Math.max(...every.map((found) => found[found.length - 1]))] : [0, 1];
}

export function createRunColumn(sheet, k, stage, most) {
  const { text, kit } = stage;
  const panels = Object.fromEntries(PARTS.map((name) => [name, sheet.addPanel()]));
  const cells = Array.from({ length: most }, () => panels.regions.path("n2uq-region"));
  const points = Array.from({ length: most }, () => panels.regions.path("n2uq-point-mark"));
  const staircase = createStaircase(panels.forward);
  const bars = svgNode("g", panels.histogram.marks);
  const tracks = svgNode("g", panels.history.marks);
  const line = panels.history.path("n2uq-guide-probe");
  const dots = panels.history.path("n2uq-history-now");
  const guided = ["forward", "histogram"];
  const guides = guided.map((name) => panels[name].path("n2uq-guide-threshold"));
  const note = panels.forward.note();
  const over = panels.histogram.note();
  const head = svgNode("g", sheet.svg, { "aria-hidden": "true" });
  const sample = svgNode("path", head, { class: `n2uq-run-validation n2uq-run-${k + 1}` });
  const name = svgNode("text", head, { class: "n2uq-head" });
  const stripesIn = remember((regions, frame) => stripesOf(answersIn(regions, frame), regions.x[2]));
  const tallestIn = remember((layer) => Math.max(...layer.counts.map((_, frame) => tallestBar({ bins: binShares(layer, frame), atoms: [] }))));
  const outputsOf = remember(outputRange);
  let headed = "";

  function drawHead(words, { left, right, top }, fontSize) {
    const y = top - 2.2 * fontSize;
    setAttributes(sample, { d: `M${px(left)} ${px(y - 0.35 * fontSize)}h${2.2 * fontSize}` });
    setAttributes(name, { x: px(left + 2.7 * fontSize), y: px(y) });
    const room = right - left - 2.7 * fontSize + fontSize;
    const wanted = `${words} ${Math.round(room)} ${fontSize}`;
    if (headed === wanted) return;
    headed = wanted;
    setText(name, words);
    for (let cut = words.length - 1; cut > 0 && name.getComputedTextLength() > room; cut -= 1) setText(name, `${words.slice(0, cut)}…`);
  }

  function drawRegions({ run, frame, hidden, fontSize }, box) {
    const { regions } = run;
    // Half a cell more on every side: the grid holds the middles.
    const [x, y] = [regions.x, regions.y].map(([low, high, count]) => around(low, high, 0.5 / (count - 1)));
    // Both axes have one scale.
    const scale = Math.min((box.right - box.left) / (x[1] - x[0]), (box.bottom - box.top) / (y[1] - y[0]));
    const square = { left: box.left, right: box.left + scale * (x[1] - x[0]), top: box.top, bottom: box.top + scale * (y[1] - y[0]) };
    panels.regions.frame({ box: square, x, y, fontSize, title: text("panel.training.regions"), numbers: true, slack: 1 });
    const [wide, high] = [(x[1] - x[0]) / regions.x[2], (y[1] - y[0]) / regions.y[2]];
    const paths = cells.map(() => []);
    for (const stripe of stripesIn(regions, frame)) {
      const at = [panels.regions.x(x[0] + stripe.from * wide), panels.regions.x(x[0] + stripe.to * wide)];
      paths[stripe.class].push(`M${px(at[0])} ${px(panels.regions.y(y[0] + stripe.row * high))}H${px(at[1])}V${px(panels.regions.y(y[0] + (stripe.row + 1) * high))}H${px(at[0])}Z`);
    }
    const colors = levelColors(kit.palette[stage.theme].levels, Math.max(2, 1 + Math.max(...regions.labels)));
    cells.forEach((path, c) => {
      paint(path, { fill: colors[c] ?? colors[0] });
      show(path, !hidden.has("regions"));
      setAttributes(path, { d: paths[c].join("") });
    });
    const r = Math.min(Math.max(POINT.share * (square.right - square.left), POINT.least), POINT.most);
    points.forEach((path, c) => {
      show(path, !hidden.has("points"));
      const own = regions.points.filter((_, i) => regions.labels[i] === c).map(([at, height]) => [panels.regions.x(at), panels.regions.y(height)]);
      setAttributes(path, { d: POINT_SHAPES[c](own, r) });
      paint(path, { fill: colors[c] ?? colors[0] });
    });
  }

  function drawBars({ layer, frame, t, colors, hidden, fontSize }) {
    const { x, y, box } = panels.histogram;
    const shares = binShares(layer, frame);
    const top = tallestIn(layer);
    const byLevel = barsByLevel(shares, t);
    show(bars, !hidden.has("histogram"));
    while (bars.childElementCount < byLevel.length) svgNode("path", bars, { class: "n2uq-bar" });
    while (bars.childElementCount > byLevel.length) bars.lastChild.remove();
    byLevel.forEach((pieces, i) => {
      setAttributes(bars.children[i], { d: pieces.map(({ from, to, share }) => `M${px(x(from))} ${px(y(0))}V${px(y(Math.min(share, top)))}H${px(x(to))}V${px(y(0))}Z`).join("") });
      paint(bars.children[i], { fill: colors[i] });
    });
    // Bars too tall to be shown whole say how tall they are.
    const tall = shares.filter(({ share }) => share > top);
    show(over, tall.length > 0 && !hidden.has("histogram"));
    if (tall.length === 0) return;
    const at = x((tall[0].from + tall[0].to) / 2);
    const left = at < (box.left + box.right) / 2;
    setText(over, `${left ? "▲ " : ""}${tall.map(({ share }) => `${Math.round(100 * share)} %`).join(", ")}${left ? "" : " ▲"}`);
    setAttributes(over, { x: px(left ? Math.max(at - 4, box.left + 2) : Math.min(at + 4, box.right - 2)), y: px(box.top + 0.9 * fontSize), "text-anchor": left ? "start" : "end" });
  }

  function drawHistory({ layer, run, epoch, t, colors, hidden }) {
    const { x, y, box } = panels.history;
    const every = layer.edges.map((edges) => (edges ? thresholds({ edges }) : null));
    const count = Math.max(0, ...every.map((found) => found?.length ?? 0));
    for (const element of [tracks, dots]) show(element, !hidden.has("history"));
    while (tracks.childElementCount < count) svgNode("path", tracks, { class: "n2uq-history-line" });
    while (tracks.childElementCount > count) tracks.lastChild.remove();
    for (let i = 0; i < count; i += 1) {
      // Sideways: the epochs go down.
      const path = brokenPath(every.map((found, frame) => [found ? x(found[i]) : 0, found ? y(run.frames[frame]) : NaN]));
      setAttributes(tracks.children[i], { d: path });
      paint(tracks.children[i], { stroke: colors[i] });
    }
    const at = y(epoch);
    setAttributes(line, { d: `M${px(box.left)} ${px(at)}H${px(box.right)}` });
    setAttributes(dots, { d: circlesPath(t.map((value) => [x(value), at]), 3) });
  }

  function update(scene) {
    const { run, layer: index, frame, epoch, last, boxes, fontSize, hidden, words, view } = scene;
    const layer = layerOf(run, index);
    for (const part of PARTS) panels[part].show(`${part}-${k}` in boxes);
    show(head, true);
    const [forward, histogram, history] = ["forward", "histogram", "history"].map((part) => boxes[`${part}-${k}`]);
    drawHead(words, boxes[`regions-${k}`] ?? forward, fontSize);
    if (run.regions) drawRegions(scene, boxes[`regions-${k}`]);
    const q = quantizerIn(layer, frame);
    const t = q ? thresholds(q) : [];
    const colors = levelColors(kit.palette[stage.theme].levels, t.length + 1);
    const layerName = layer?.name ?? "–";
    const common = { x: view, fontSize, slack: 1 };
    const outputs = layer ? outputsOf(layer) : [0, 1];
    panels.forward.frame({ ...common, box: forward, y: around(...outputs), yTicks: q ? q.levels : [], title: text("panel.training.forward", { layer: layerName }) });
    const top = layer ? tallestIn(layer) : 1;
    panels.histogram.frame({
      ...common, box: histogram, y: [0, top], yTicks: ticksOfShare(top), yWords: shareWords(top), title: text(q ? "panel.training.histogram" : "panel.training.inputs", { layer: layerName }),
    });
    panels.history.frame({
      ...common, box: history, y: [last, 0], yTicks: epochTicks(last, (history.bottom - history.top) / (2.2 * fontSize)), title: text("panel.training.history"), numbers: true, name: text("axis.training.input"),
    });
    if (q) staircase.update(q, view, !hidden.has("deterministic"));
    else staircase.update(null, view, false);
    show(note, q === null);
    setText(note, text(layer === undefined ? "training.no_layer" : layer.edges.every((found) => found === null) ? "training.unquantized" : "training.broken"));
    setAttributes(note, { x: px((forward.left + forward.right) / 2), y: px((forward.top + forward.bottom) / 2), "text-anchor": "middle" });
    guides.forEach((guide, i) => {
      const { x, box } = panels[guided[i]];
      show(guide, !hidden.has("thresholds"));
      setAttributes(guide, { d: t.map((at) => `M${px(x(at))} ${px(box.top)}V${px(box.bottom)}`).join("") });
    });
    if (!layer) {
      for (const element of [bars, tracks, dots, over]) show(element, false);
      return;
    }
    drawBars({ layer, frame, t, colors, hidden, fontSize });
    drawHistory({ layer, run, epoch, t, colors, hidden });
  }

  return {
    update,
    hide() {
      for (const panel of Object.values(panels)) panel.show(false);
      show(head, false);
    },
  };
}

const ticksOfShare = (top) => [0, Number((top / 2).toPrecision(1))];
const shareWords = (top) => Object.fromEntries(ticksOfShare(top).map((share) => [share, `${Number((100 * share).toPrecision(3))} %`]));
