// Training runs, as their summaries tell them (n2uq_viz/training/summary.py): what was when.

import { countBelow } from "./geometry.js";

// The epochs of the longest of some runs.
export const lastEpoch = (runs) => Math.max(0, ...runs.map((run) => run.epochs));
export const lastLayer = (runs) => Math.max(0, ...runs.map((run) => run.layers.length - 1));

// The place of the last frame that is no later than that epoch. Not every epoch of a long run has one.
export function frameAt({ frames }, epoch) {
  let place = 0;
  while (place + 1 < frames.length && frames[place + 1] <= epoch) place += 1;
  return place;
}

// The layer with that number, or the last one of a run with fewer; undefined for one without any.
export const layerOf = ({ layers }, layer) => layers[Math.min(layer, layers.length - 1)];

// The quantizer that a layer was in a frame, or null.
export function quantizerIn(layer, frame) {
  return layer?.edges[frame] ? { edges: layer.edges[frame], levels: layer.levels[frame] } : null;
}

// The four numbers of a run after an epoch; NaN for what there is not. A shorter run stays where it has ended.
export function numbersAt(run, epoch) {
  const at = Math.min(epoch, run.epochs);
  const value = (name, place) => run.curves[name][place] ?? NaN;
  return {
    epoch: at,
    trainLoss: value("train_loss", at - 1),
    trainAccuracy: value("train_accuracy", at - 1),
    loss: value("validation_loss", at),
    accuracy: value("validation_accuracy", at),
  };
}

// Edges that ran away do not press everything else together: the axis grows by this share of the inputs' range at most.
const ROOM_FOR_EDGES = 0.5;

// Range of all that a layer got and of its edges, in all frames.
function inputsOf({ bins: [low, high, count], counts, edges }) {
  const width = (high - low) / count;
  const some = Array.from({ length: count }, (_, k) => k).filter((k) => counts.some((inputs) => inputs[k] > 0));
  const [first, last] = some.length ? [low + some[0] * width, low + (some[some.length - 1] + 1) * width] : [low, high];
  const known = edges.flatMap((found) => found ?? []);
  const room = ROOM_FOR_EDGES * (last - first);
  return [Math.min(first, Math.max(Math.min(...known), first - room)), Math.max(last, Math.min(Math.max(...known), last + room))];
}

// One range of inputs for all runs, so that what stands side by side can be compared; null for no layer.
export function inputRange(runs, layer) {
  const ranges = runs.map((run) => layerOf(run, layer)).filter((found) => found !== undefined).map(inputsOf);
  return ranges.length ? [Math.min(...ranges.map(([low]) => low)), Math.max(...ranges.map(([, high]) => high))] : null;
}

// Shares of the inputs in the bins.
export function binShares({ bins: [low, high, count], counts }, frame) {
  const total = counts[frame].reduce((a, b) => a + b, 0) || 1;
  const width = (high - low) / count;
  return counts[frame].map((inputs, k) => ({ from: low + k * width, to: low + (k + 1) * width, share: inputs / total }));
}

// The bars of a histogram, cut at the thresholds: for each level the pieces {from, to, share} that fall to it.
export function barsByLevel(bars, t) {
  const found = Array.from({ length: t.length + 1 }, () => []);
  for (const { from, to, share } of bars) {
    if (share === 0) continue;
    const first = countBelow(t, from);
    const cuts = [from, ...t.slice(first).filter((at) => at > from && at < to), to];
    for (let k = 1; k < cuts.length; k += 1) found[countBelow(t, (cuts[k - 1] + cuts[k]) / 2)].push({ from: cuts[k - 1], to: cuts[k], share });
  }
  return found;
}

// What the net answers on the grid in a frame: row by row from the lowest y, each from the lowest x. Two bits a cell.
export function answersIn({ x, y, classes }, frame) {
  const bytes = atob(classes[frame]);
  return Uint8Array.from({ length: x[2] * y[2] }, (_, k) => (bytes.charCodeAt(k >> 2) >> (2 * (k & 3))) & 3);
}

// Cells in a row with the same answer, as one: [{class, row, from, to}], to exclusive.
export function stripesOf(answers, columns) {
  const found = [];
  for (let start = 0; start < answers.length; start += columns) {
    for (let from = 0; from < columns; ) {
      let to = from + 1;
      while (to < columns && answers[start + to] === answers[start + from]) to += 1;
      found.push({ class: answers[start + from], row: start / columns, from, to });
      from = to;
    }
  }
  return found;
}

// What a label says: {task, method, weightBits, activationBits, seed}, where 32 bits are float; null for another text.
export function labelParts(label) {
  const found = /^(\w+)-(\w+)-w(\d+)a(\d+)-seed(\d+)/.exec(label);
  if (!found) return null;
  const [, task, method, weightBits, activationBits, seed] = found;
  return { task, method, weightBits: Number(weightBits), activationBits: Number(activationBits), seed };
}
