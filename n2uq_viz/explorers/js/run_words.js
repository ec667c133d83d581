// What is seen of training runs, in words and numbers.

import { percent, short } from "./format.js";
import { thresholds } from "./geometry.js";
import { frameAt, labelParts, layerOf, numbersAt, quantizerIn } from "./runs.js";

const FLOAT = 32;

function bitsWords({ weightBits, activationBits }, text) {
  if (weightBits !== FLOAT) return text("training.bits.both", { weights: weightBits, activations: activationBits });
  return text(activationBits === 1 ? "training.bits.one" : "training.bits", { bits: activationBits });
}

// A run by its label, or by the name of its file, for people.
export function nameOfRun(label, text) {
  const parts = labelParts(label);
  if (parts === null) return label;
  const values = { task: text(`task.${parts.task}`), seed: parts.seed };
  if (parts.method === "float") return text("training.run.float", values);
  return text("training.run.activations", { ...values, method: text(`method.${parts.method}.short`), bits: bitsWords(parts, text) });
}

// A difference with its sign.
const signed = (value) => `${value > 0 ? "+" : ""}${short(Number(value.toPrecision(3)))}`;

function writeRun(report, k, run, { epoch, last, layer: index, live }, text) {
  const i = k + 1;
  const key = `run-${i}`;
  const at = numbersAt(run, epoch);
  const both = Number.isFinite(at.accuracy);
  const validation = text(both ? "readout.training.accuracy" : "readout.training.loss", { accuracy: percent(at.accuracy), loss: short(at.loss) });
  const training = text(both ? "readout.training.both" : "readout.training.one", { accuracy: percent(at.trainAccuracy), loss: short(at.trainLoss) });
  const numbers = at.epoch > 0 ? text("readout.training.with", { numbers: validation, training }) : validation;
  report.write(key, text("readout.training.run", { i, run: nameOfRun(run.label, text), numbers }), { loss: at.loss, accuracy: at.accuracy, trained: at.trainLoss });
  const layer = layerOf(run, index);
  const frame = frameAt(run, epoch);
  const q = quantizerIn(layer, frame);
  const t = q ? thresholds(q) : [];
  const none = layer && layer.edges.every((found) => found === null) ? "readout.training.unquantized" : "readout.training.broken";
  const words = layer ? text(q ? "readout.training.thresholds" : none, { i, layer: layer.name, thresholds: t.map(short).join(", ") }) : "";
  report.write(`thresholds-${i}`, words, { value: t.join(" ") });
  const notes = [];
  if (run.status === "diverged" && at.epoch === run.epochs) notes.push(text("readout.training.diverged", { i, step: run.diverged_at, epoch: run.epochs }));
  if (run.status === "stopped" && at.epoch === run.epochs && !live) notes.push(text("readout.training.stopped", { i, epoch: run.epochs, epochs: run.config.epochs }));
  if (run.epochs < last && epoch > run.epochs) notes.push(text("readout.training.shorter", { i, epoch: run.epochs }));
  if (run.frames[frame] < at.epoch) notes.push(text("readout.training.frame", { i, frame: run.frames[frame] }));
  if (at.epoch === run.epochs && run.test_loss !== null) {
    const value = run.test_accuracy === null ? short(run.test_loss) : percent(run.test_accuracy);
    notes.push(text("readout.training.test", { i, value }));
  }
  report.write(`notes-${i}`, notes.join(" "));
  return { at, t };
}

// runs: those on screen, where the first may be trained live. report: of report.js.
export function describeRuns(report, { runs, epoch, last, layer, live }, text) {
  const key = runs.length === 0 ? "readout.training.none" : epoch === 0 ? "readout.training.before" : "readout.training.epoch";
  report.write("epoch", text(key, { epoch, last }), { value: epoch });
  const found = [0, 1].map((k) => {
    if (runs[k]) return writeRun(report, k, runs[k], { epoch, last, layer, live: live && k === 0 }, text);
    for (const name of ["run", "thresholds", "notes"]) report.write(`${name}-${k + 1}`, "");
    return null;
  });
  // Of two tasks there is nothing to subtract.
  if (!found[1] || runs[0].config.task !== runs[1].config.task) {
    report.write("difference", "");
    return;
  }
  const [first, second] = found;
  const accuracy = first.at.accuracy - second.at.accuracy;
  const loss = first.at.loss - second.at.loss;
  const alike = first.t.length === second.t.length && first.t.length > 0;
  const apart = alike ? Math.max(...first.t.map((value, i) => Math.abs(value - second.t[i]))) : NaN;
  const words = [];
  if (Number.isFinite(accuracy)) words.push(text("readout.training.difference.accuracy", { accuracy: signed(100 * accuracy), loss: signed(loss) }));
  else if (Number.isFinite(loss)) words.push(text("readout.training.difference.loss", { loss: signed(loss) }));
  if (alike) words.push(text("readout.training.apart", { apart: short(apart) }));
  report.write("difference", words.join(" "), { accuracy, loss, apart });
}
