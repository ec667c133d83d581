// Loss and accuracy of training runs over the epochs: validation thick, training thin, and the epoch that is looked at.

import { createGuide } from "./marks.js";
import { lastEpoch } from "./runs.js";
import { px, setAttributes, setText, show, ticks } from "./svg.js";

export const CURVE_PANELS = ["loss", "accuracy"];
// A loss that grows out of bounds is cut at so many times the first one, or what nine of ten are below.
const OUTLYING = 2;
const TYPICAL = 0.9;
// Losses that differ by more than this factor have an axis of powers.
const WIDE_RANGE = 50;

const finite = (values) => values.filter((value) => Number.isFinite(value));

// The axis of losses: {y: [low, high], yLog}.
export function lossAxis(runs) {
  const values = finite(runs.flatMap(({ curves }) => [...curves.train_loss, ...curves.validation_loss])).sort((a, b) => a - b);
  if (values.length === 0) return { y: [0, 1], yLog: false };
  const first = finite(runs.map(({ curves }) => curves.validation_loss[0]));
  const usual = Math.max(values[Math.floor(TYPICAL * (values.length - 1))], ...first);
  const most = Math.min(values[values.length - 1], OUTLYING * usual) || 1;
  const least = values[0];
  if (least > 0 && most > WIDE_RANGE * least) return { y: [0.8 * least, 1.3 * most], yLog: true };
  return { y: [0, 1.08 * most], yLog: false };
}

// Lines from point to point, and none across what is missing; a point alone is a dot.
export function brokenPath(points) {
  let open = false;
  return points.map(([x, y]) => {
    const there = Number.isFinite(y);
    const command = there ? `${open ? "L" : "M"}${px(x)} ${px(y)}${open ? "" : "h0"}` : "";
    open = there;
    return command;
  }).join("");
}

// Whole numbers on the axis of epochs.
export const epochTicks = (last, room) => ticks(0, last, Math.min(Math.max(2, room), last)).filter(Number.isInteger);

export function createCurves(sheet, text, most) {
  const panels = Object.fromEntries(CURVE_PANELS.map((name) => [name, sheet.addPanel()]));
  const lines = CURVE_PANELS.flatMap((name) => Array.from({ length: most }, (_, k) => ({
    name,
    k,
    train: panels[name].path(`n2uq-run-train n2uq-run-${k + 1}`),
    validation: panels[name].path(`n2uq-run-validation n2uq-run-${k + 1}`),
  })));
  const now = CURVE_PANELS.map((name) => createGuide(panels[name]));
  const what = panels.loss.note();
  const none = panels.loss.note();

  function update({ runs, last, epoch, names, boxes, axis, fontSize, hidden, empty }) {
    const common = { fontSize, x: [0, last], slack: 2 };
    const bottom = names[names.length - 1];
    for (const name of CURVE_PANELS) {
      panels[name].show(names.includes(name));
      if (!names.includes(name)) continue;
      const { left, right } = boxes[name];
      const spec = { ...common, box: boxes[name], numbers: name === bottom, name: name === bottom ? text("axis.epoch") : "", xTicks: epochTicks(last, (right - left) / (4.5 * fontSize)) };
      if (name === "loss") panels.loss.frame({ ...spec, ...axis, title: text(axis.yLog ? "panel.training.loss.log" : "panel.training.loss") });
      else panels.accuracy.frame({ ...spec, y: [0, 1.02], yTicks: [0, 0.25, 0.5, 0.75, 1], yWords: { 0: "0 %", 0.25: "25 %", 0.5: "50 %", 0.75: "75 %", 1: "100 %" }, title: text("panel.training.accuracy") });
    }
    for (const { name, k, train, validation } of lines) {
      const run = names.includes(name) ? runs[k] : undefined;
      show(train, run !== undefined && !hidden.has("train"));
      show(validation, run !== undefined && !hidden.has("validation"));
      if (run === undefined) continue;
      const { x, y } = panels[name];
      const place = (value) => (value === null ? NaN : y(value));
      // What is measured while an epoch goes on belongs to its middle.
      setAttributes(train, { d: brokenPath(run.curves[`train_${name}`].map((value, e) => [x(e + 0.5), place(value)])) });
      setAttributes(validation, { d: brokenPath(run.curves[`validation_${name}`].map((value, e) => [x(e), place(value)])) });
    }
    CURVE_PANELS.forEach((name, k) => { if (names.includes(name)) now[k].update(epoch); });
    const { left, right, top, bottom: floor } = boxes.loss;
    show(what, runs.length > 0);
    setText(what, text("training.curves"));
    setAttributes(what, { x: px(left), y: px(top - 2.2 * fontSize) });
    show(none, runs.length === 0);
    setText(none, empty);
    setAttributes(none, { x: px((left + right) / 2), y: px((top + floor) / 2), "text-anchor": "middle" });
  }

  return { panels, update };
}

// Runs without classes have no accuracy.
export const hasAccuracy = (runs) => runs.length === 0 || runs.some(({ curves }) => finite(curves.validation_accuracy).length > 0);

// Where the axis of epochs ends. While a net is trained, it grows by leaps, up to what is planned.
export function epochsShown(runs, planned = 0) {
  const last = Math.max(lastEpoch(runs), 1);
  if (planned <= last) return last;
  let length = 10;
  for (let k = 0; length < last; k += 1) length *= k % 3 === 1 ? 2.5 : 2;
  return Math.min(length, planned);
}
