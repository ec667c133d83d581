// Whether a summary of a training run is one, the same as n2uq_viz/training/summary_rules.py, its hash included. The
// hash is that of the text that Python writes, so numbers are written here as Python writes them.

import { isRecord, listed, received, refuse, validChoice, validFinite, validNumber, validWhole } from "./refuse.js";
import { sha256 } from "./digest.js";

const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

// --- The configuration: n2uq_viz/training/config.py ---

function validBits(key, value, possible, { config: { method, task }, training: { bits } }) {
  if (method === "float" || value === null) return null;
  if (possible) return value === bits.default ? bits.usual : validWhole(key, value, bits.low, bits.high);
  if (value !== bits.default) refuse("refused.run.config", { key, task, got: received(value) });
  return null;
}

function validConfig(key, given, training) {
  if (!isRecord(given)) refuse("refused.run.part", { key, got: received(given) });
  for (const name of Object.keys(given)) {
    if (!Object.hasOwn(training.defaults, name)) refuse("refused.choice", { key: `a key of ${key}`, choices: listed(Object.keys(training.defaults)), got: received(name) });
  }
  const config = { ...training.defaults, ...given };
  const named = (name) => `${key}.${name}`;
  validChoice(named("task"), config.task, training.tasks);
  validChoice(named("method"), config.method, training.methods);
  const { task, method } = config;
  const unfit = (name) => refuse("refused.run.config", { key: named(name), task, got: received(config[name]) });
  const around = { config, training };
  const usually = (value, usual) => (value === training.bits.default ? usual : value);
  if (task === "regression" && method === "float") unfit("method");
  const activation = validBits(named("activation_bits"), config.activation_bits, true, around);
  const weight = validBits(named("weight_bits"), config.weight_bits, training.withWeights.includes(task), around);
  if (activation === null && (task === "regression" || (method !== "float" && weight === null))) unfit("activation_bits");
  const tuned = training.ratesOfBits[[task, method, weight ?? "", activation ?? ""].join(" ")] ?? training.rates[task][method];
  const rate = validFinite(named("learning_rate"), usually(config.learning_rate, tuned));
  return {
    task,
    method,
    activation_bits: activation,
    weight_bits: weight,
    seed: validWhole(named("seed"), config.seed, 0, training.maxSeed),
    epochs: validWhole(named("epochs"), usually(config.epochs, training.epochs[task]), 1, training.maxEpochs),
    learning_rate: validNumber(named("learning_rate"), rate, Number.MIN_VALUE, Number.MAX_VALUE),
    batch_size: validWhole(named("batch_size"), usually(config.batch_size, training.batch[task]), 2, training.maxBatch),
    weight_gradient: validChoice(named("weight_gradient"), config.weight_gradient, training.weightGradients),
  };
}

// --- Lists of numbers ---

const entryOf = (key, value, part) => {
  if (!isRecord(value) || !Object.hasOwn(value, part)) refuse("refused.run.object", { key, part, got: received(value) });
  return value[part];
};

function validList(key, value, rule, { length = null, most = Infinity }) {
  if (!Array.isArray(value) || (length !== null && value.length !== length) || value.length > most) {
    refuse("refused.run.list", { key, count: length ?? `at most ${most}`, got: received(value) });
  }
  return value.map((entry, k) => rule(`${key}[${k}]`, entry));
}

// Adding 0 makes -0 a 0.
function validPlain(key, value) {
  if (!Number.isFinite(value)) refuse("refused.finite", { key, got: received(value) });
  return value + 0;
}

const validOrNone = (key, value) => (value === null ? null : validPlain(key, value));
const validShare = (key, value) => (value === null ? null : validNumber(key, validPlain(key, value), 0, 1));
const wholeWithin = (low, high) => (key, value) => validWhole(key, value, low, high);

function validWords(key, value, { maxText }) {
  if (typeof value !== "string" || [...value].length > maxText) refuse("refused.run.text", { key, most: maxText, got: received(value) });
  return value;
}

function validRising(key, value, { maxLevels }) {
  if (value === null) return null;
  const found = validList(key, value, validPlain, { most: maxLevels });
  if (found.length < 2) refuse("refused.few", { key, got: found.length });
  found.forEach((got, place) => {
    if (place > 0 && !(found[place - 1] < got)) refuse("refused.increasing", { key, place, got, before: found[place - 1] });
  });
  return found;
}

function validRange(key, value, least, most) {
  const [low, high, count] = validList(key, value, (_, part) => part, { length: 3 });
  const ends = [validPlain(`${key}[0]`, low), validPlain(`${key}[1]`, high)];
  if (!(ends[0] < ends[1])) refuse("refused.summary.range", { key, low: ends[0], high: ends[1] });
  return [...ends, validWhole(`${key}[2]`, count, least, most)];
}

// --- The parts of a summary ---

function validLayer(key, layer, frames, rules) {
  const bins = validRange(`${key}.bins`, entryOf(key, layer, "bins"), 1, rules.maxBins);
  const steps = (part) => validList(`${key}.${part}`, entryOf(key, layer, part), (name, value) => validRising(name, value, rules), { length: frames });
  const [edges, levels] = [steps("edges"), steps("levels")];
  const lengths = new Set(edges.filter((found) => found !== null).map((found) => found.length));
  const paired = edges.every((found, k) => (found?.length ?? 0) === (levels[k]?.length ?? 0));
  if (!paired || lengths.size > 1) refuse("refused.run.steps", { key });
  const counts = validList(`${key}.counts`, entryOf(key, layer, "counts"), (name, value) => validList(name, value, wholeWithin(0, rules.maxWhole), { length: bins[2] }), { length: frames });
  return { name: validWords(`${key}.name`, entryOf(key, layer, "name"), rules), edges, levels, bins, counts };
}

function validRegions(key, regions, frames, rules) {
  const [x, y] = ["x", "y"].map((part) => validRange(`${key}.${part}`, entryOf(key, regions, part), 2, rules.maxGrid));
  const bytes = Math.ceil((x[2] * y[2]) / 4);
  const classes = validList(`${key}.classes`, entryOf(key, regions, "classes"), (name, text) => {
    const padding = /=*$/.exec(text)[0].length;
    const fits = typeof text === "string" && BASE64.test(text) && (3 * text.length) / 4 - padding === bytes;
    if (!fits) refuse("refused.run.classes", { key: name, bytes, got: received(text) });
    return text;
  }, { length: frames });
  const points = validList(`${key}.points`, entryOf(key, regions, "points"), (name, point) => validList(name, point, validPlain, { length: 2 }), { most: rules.maxPoints });
  const labels = validList(`${key}.labels`, entryOf(key, regions, "labels"), wholeWithin(0, rules.maxClasses - 1), { length: points.length });
  return { x, y, classes, points, labels };
}

function validFrames(key, value, epochs, { maxFrames }) {
  const found = validList(key, value, wholeWithin(0, epochs), {});
  const rising = found.every((frame, k) => k === 0 || found[k - 1] < frame);
  if (!rising || found.length > maxFrames || found[0] !== 0 || found[found.length - 1] !== epochs) {
    refuse("refused.run.frames", { key, most: maxFrames, epochs, got: received(value) });
  }
  return found;
}

export function validRunSummary(key, value, rules) {
  const part = (name) => entryOf(key, value, name);
  const config = validConfig(`${key}.config`, part("config"), rules);
  const epochs = validWhole(`${key}.epochs`, part("epochs"), 0, config.epochs);
  const status = validChoice(`${key}.status`, part("status"), rules.statuses);
  const diverged = part("diverged_at");
  if ((diverged !== null) !== (status === "diverged")) refuse("refused.run.end", { key: `${key}.diverged_at`, status, got: received(diverged) });
  const frames = validFrames(`${key}.frames`, part("frames"), epochs, rules);
  const curves = part("curves");
  const curve = (name) => validList(`${key}.curves.${name}`, entryOf(`${key}.curves`, curves, name), name.endsWith("accuracy") ? validShare : validOrNone, { length: epochs + rules.curves[name] });
  const regions = part("regions");
  const found = {
    label: validWords(`${key}.label`, part("label"), rules),
    config,
    status,
    diverged_at: diverged === null ? null : validWhole(`${key}.diverged_at`, diverged, 1, rules.maxWhole),
    epochs,
    frames,
    curves: Object.fromEntries(Object.keys(rules.curves).map((name) => [name, curve(name)])),
    test_loss: validOrNone(`${key}.test_loss`, part("test_loss")),
    test_accuracy: validShare(`${key}.test_accuracy`, part("test_accuracy")),
    layers: validList(`${key}.layers`, part("layers"), (name, layer) => validLayer(name, layer, frames.length, rules), { most: rules.maxLayers }),
    regions: regions === null ? null : validRegions(`${key}.regions`, regions, frames.length, rules),
  };
  const digest = part("sha256");
  if (digest !== sha256(canonicalText(found))) refuse("refused.run.digest", { key, got: received(digest) });
  return { ...found, sha256: digest };
}

// --- The text that has the hash ---

const FLOAT_KEYS = ["learning_rate", "train_loss", "train_accuracy", "validation_loss", "validation_accuracy", "test_loss", "test_accuracy", "edges", "levels", "points"];
const SPANS = ["bins", "x", "y"];

// A float as Python writes it: the same digits as here, but a point in whole ones and other exponents.
export function floatText(value) {
  const [, sign, first, rest = "", power] = /^(-?)(\d)(?:\.(\d+))?e([+-]\d+)$/.exec(value.toExponential());
  const at = Number(power);
  if (at < -4 || at >= 16) return `${sign}${first}${rest && `.${rest}`}e${at < 0 ? "-" : "+"}${String(Math.abs(at)).padStart(2, "0")}`;
  if (at < 0) return `${sign}0.${"0".repeat(-at - 1)}${first}${rest}`;
  const digits = `${first}${rest}`.padEnd(at + 1, "0");
  return `${sign}${digits.slice(0, at + 1)}.${digits.slice(at + 1) || "0"}`;
}

function canonicalText(value, key = "") {
  if (typeof value === "number") return FLOAT_KEYS.includes(key) ? floatText(value) : String(value);
  if (typeof value === "string") return JSON.stringify(value).replace(/[^ -~]/g, (sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, "0")}`);
  if (value === null) return "null";
  if (SPANS.includes(key)) return `[${floatText(value[0])},${floatText(value[1])},${value[2]}]`;
  if (Array.isArray(value)) return `[${value.map((entry) => canonicalText(entry, key)).join(",")}]`;
  return `{${Object.keys(value).sort().map((name) => `"${name}":${canonicalText(value[name], name)}`).join(",")}}`;
}
