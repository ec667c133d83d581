// Whether a state is valid, the same as n2uq_viz/state: any JSON value goes in, and a complete state in canonical form
// comes out, or an error of the one kind that refuse makes. `schema` is what n2uq_viz/state/browser.py returns.

import { points } from "./data.js";
import { createWay, learnedSamples } from "./descent.js";
import { isRecord, listed, received, refuse, validChoice, validDrawable, validFinite, validNumber, validQuantizer, validWhole } from "./refuse.js";
import { frameAt, lastEpoch, lastLayer, layerOf, quantizerIn } from "./runs.js";
import { validRunSummary } from "./valid_run.js";
import { validTensors } from "./valid_tensor.js";
import { validScale, validWeights } from "./valid_weight.js";

// A state that was written down may have lost digits; hands move edges farther.
const SAME_EDGES = 1e-6;

// The same as n2uq_viz.datasets.check_summary.
function validSummary(value, schema) {
  const { keys, cells: cellCount, maxAtoms, maxCount } = schema.summary;
  for (const key of keys) {
    if (!Object.hasOwn(value, key)) refuse("refused.summary.missing", { keys: listed(keys), got: key });
  }
  for (const key of ["cells", "atoms"]) {
    const found = value[key];
    if (!Array.isArray(found)) refuse("refused.summary.list", { key: `data.${key}`, got: received(found) });
  }
  const pair = (key, found) => {
    if (!Array.isArray(found) || found.length !== 2) refuse("refused.summary.pair", { key, got: received(found) });
    return found;
  };

  const count = validWhole("data.count", value.count, 1, maxCount);
  const low = validFinite("data.low", value.low);
  const high = validFinite("data.high", value.high);
  const cells = value.cells.map((cell, k) => validWhole(`data.cells[${k}]`, cell, 0, count));
  if (cells.length !== 0 && cells.length !== cellCount) {
    refuse("refused.summary.cells", { count: cellCount, got: cells.length });
  }
  if (!(low < high || (low === high && cells.length === 0)) || !Number.isFinite(high - low)) {
    refuse("refused.summary.range", { key: "data.low, data.high", low, high });
  }
  if (value.atoms.length > maxAtoms) refuse("refused.summary.atoms", { most: maxAtoms, got: value.atoms.length });
  const atoms = value.atoms.map((atom, k) => {
    const [at, share] = pair(`data.atoms[${k}]`, atom);
    return [validFinite(`data.atoms[${k}][0]`, at), validWhole(`data.atoms[${k}][1]`, share, 1, count)];
  });
  atoms.forEach(([at], k) => {
    if (k > 0 && !(atoms[k - 1][0] < at)) {
      refuse("refused.increasing", { key: "data.atoms", place: k, got: at, before: atoms[k - 1][0] });
    }
  });
  // Taken away one by one, until there are too many: a sum could grow beyond the whole numbers that are exact.
  let left = count;
  for (const share of [...cells, ...atoms.map(([, number]) => number)]) left -= share <= left ? share : NaN;
  if (left !== 0) refuse("refused.summary.total", { count });
  const [first, last] = pair("data.range", value.range);
  const range = [validFinite("data.range[0]", first), validFinite("data.range[1]", last)];
  if (range[0] > range[1]) refuse("refused.summary.range", { key: "data.range", low: range[0], high: range[1] });
  if (typeof value.sha256 !== "string" || !/^[0-9a-f]{64}$/.test(value.sha256)) {
    refuse("refused.summary.digest", { got: received(value.sha256) });
  }
  const { largest } = schema.limits;
  if (range.some((end) => Math.abs(end) > largest)) refuse("refused.summary.far", { largest, got: received(range) });
  return { count, low, high, cells, atoms, range, sha256: value.sha256 };
}

function validData(value, { schema, data }) {
  if (isRecord(value)) return validSummary(value, schema);
  if (!schema.dataNames.includes(value)) {
    refuse("refused.data", { choices: listed(schema.dataNames), got: received(value) });
  }
  if (!Object.hasOwn(data, value)) {
    refuse("refused.data.missing", { choices: listed(Object.keys(data)), got: received(value) });
  }
  return value;
}

function validParameter(key, value, { kind, low, high, words }) {
  if (kind === "word") return validChoice(key, value, words);
  if (kind === "whole") return validWhole(key, value, low ?? -Infinity, high ?? Infinity);
  if (kind === "array") {
    // In an explorer it is one number, and that not alone in an array.
    if (Array.isArray(value)) refuse("refused.finite", { key, got: received(value) });
    return validFinite(key, value);
  }
  return validNumber(key, validFinite(key, value), low ?? -Infinity, high ?? Infinity);
}

// A surrogate with all of its parameters; a name alone stands for the one with its defaults.
function validSurrogate(side, value, { schema: { surrogates } }) {
  const given = typeof value === "string" ? { surrogate: value } : value;
  const choices = listed(Object.keys(surrogates));
  if (!isRecord(given) || !Object.hasOwn(given, "surrogate") || typeof given.surrogate !== "string") {
    refuse("refused.surrogate", { key: side, choices, got: received(value) });
  }
  const name = given.surrogate;
  if (!Object.hasOwn(surrogates, name)) refuse("refused.choice", { key: side, choices, got: received(name) });
  const parameters = Object.hasOwn(given, "parameters") ? given.parameters : {};
  if (!isRecord(parameters)) refuse("refused.parameters", { key: side, got: received(parameters) });
  const known = surrogates[name];
  for (const key of Object.keys(parameters)) {
    if (!Object.hasOwn(known, key)) {
      const names = Object.keys(known);
      if (names.length === 0) refuse("refused.parameter.none", { key: side, surrogate: name, got: received(key) });
      refuse("refused.parameter", { key: side, surrogate: name, choices: listed(names), got: received(key) });
    }
  }
  const settled = Object.entries(known).map(([key, rule]) => [
    key,
    Object.hasOwn(parameters, key) ? validParameter(`${side}.${key}`, parameters[key], rule) : rule.default,
  ]);
  return { surrogate: name, parameters: Object.fromEntries(settled) };
}

function validView(value, { schema }) {
  const usable = Array.isArray(value) && value.length === 2 && value.every(Number.isFinite);
  if (!usable || !(value[0] < value[1]) || !Number.isFinite(value[1] - value[0])) {
    refuse("refused.view", { got: received(value) });
  }
  return validDrawable("view", value.slice(), schema);
}

function freshView({ edges }, { viewMargin }) {
  const last = edges[edges.length - 1];
  const margin = viewMargin * (last - edges[0]);
  return [edges[0] - margin, last + margin];
}

function validHidden(value, { schema: { series }, settled: { explorer } }) {
  const own = series[explorer];
  const every = Object.values(series).flat();
  if (!Array.isArray(value) || !value.every((name) => every.includes(name))) {
    refuse("refused.hidden", { choices: listed(own), got: received(value) });
  }
  return own.filter((name) => value.includes(name));
}

const validPlace = (key, value, { schema: { limits: { largest } } }) => validNumber(key, value, -largest, largest);

function validPoints(value, around) {
  const { maxPoints } = around.schema.limits;
  if (!Array.isArray(value) || value.length < 1 || value.length > maxPoints) {
    refuse("refused.points", { most: maxPoints, got: received(value) });
  }
  return value.map((point, k) => validPlace(`points[${k}]`, point, around));
}

function validStart(value, { schema, settled: { edges, levels } }) {
  if (value === null) return edges.slice();
  return validDrawable("start", validQuantizer("start", value, levels).edges, schema);
}

// Runs and data lie in one place: no data set has layers.
const isRun = (value, data) => typeof value === "string" && Object.hasOwn(data, value) && Object.hasOwn(data[value], "layers");

function validRuns(value, { schema, data }) {
  const { maxRuns } = schema.limits;
  if (!Array.isArray(value) || value.length > maxRuns) refuse("refused.runs", { most: maxRuns, got: received(value) });
  return value.map((run, k) => {
    if (isRecord(run)) return validRunSummary(`runs[${k}]`, run, schema.training);
    if (!isRun(run, data)) {
      const choices = listed(Object.keys(data).filter((name) => isRun(name, data))) || "–";
      refuse("refused.run", { key: `runs[${k}]`, choices, got: received(run) });
    }
    return run;
  });
}

const runsOf = ({ runs }, data) => runs.map((run) => (typeof run === "string" ? data[run] : run));

function validPlaceInRuns(key, value, high, fallback) {
  return value === null ? fallback : validWhole(key, value, 0, high, "refused.run.place");
}

// The quantizer of the first run's layer at the epoch, where there is one that can be shown, as the keys of a state.
export function quantizerOfRuns([run], { epoch, layer }, schema) {
  const q = run ? quantizerIn(layerOf(run, layer), frameAt(run, epoch)) : null;
  if (q === null || q.edges.length > schema.limits.maxSteps + 1) return {};
  try {
    const found = validQuantizer("edges", q.edges, q.levels);
    for (const key of ["edges", "levels"]) validDrawable(key, found[key], schema);
    return found;
  } catch {
    return {}; // an extreme one, which has no picture
  }
}

// Optional key -> its rule. `around`: the schema, the data that are here, and the keys settled before.
const stateRules = {
  x: (value, around) => validPlace("x", value, around),
  points: validPoints,
  thrown: (value, { schema: { limits } }) => validWhole("thrown", value, 0, limits.maxDraws),
  draws: (value, { schema: { limits } }) => validWhole("draws", value, 1, limits.maxDraws, "refused.draws"),
  seed: (value, { schema: { limits } }) => validWhole("seed", value, 0, limits.maxSeed),
  speed: (value, { schema: { limits } }) => validChoice("speed", value, limits.speeds),
  shown(value, { settled: { edges } }) {
    return value === null ? edges.length - 1 : validWhole("shown", value, 0, edges.length - 1, "refused.shown");
  },
  data: validData,
  gradient_method: (value, { schema }) => validChoice("gradient_method", value, schema.gradientMethods),
  half_width(value, { schema: { limits: { largest } } }) {
    return value === null ? null : validNumber("half_width", value, 1 / largest, largest, "refused.half_width");
  },
  compander(value) {
    if (typeof value !== "boolean") refuse("refused.truth", { key: "compander", got: received(value) });
    return value;
  },
  target: (value, { schema }) => validChoice("target", value, schema.targets),
  learning_rate: (value, { schema: { limits } }) => validNumber("learning_rate", value, ...limits.learningRates),
  start: validStart,
  steps: (value, { schema: { limits } }) => validWhole("steps", value, 0, limits.maxDescent),
  left: (value, around) => validSurrogate("left", value, around),
  right: (value, around) => validSurrogate("right", value, around),
  runs: validRuns,
  epoch(value, { data, settled }) {
    const last = lastEpoch(runsOf(settled, data));
    return validPlaceInRuns("epoch", value, last, last);
  },
  layer: (value, { data, settled }) => validPlaceInRuns("layer", value, lastLayer(runsOf(settled, data)), 0),
  tensors: (value, around) => validTensors(value, around, validSummary),
  tensor: (value, { settled }) => validPlaceInRuns("tensor", value, settled.tensors.length - 1, 0),
  method: (value, { schema: { tensors } }) => validChoice("method", value, tensors.methods),
  weights: validWeights,
  channel(value, { data, settled: { weights } }) {
    const { channels } = typeof weights === "string" ? data[weights] : weights;
    return validPlaceInRuns("channel", value, channels.length - 1, 0);
  },
  scale: validScale,
  before: (value, { schema: { weights } }) => validChoice("before", value, weights.before),
  hidden: validHidden,
  theme: (value, { schema }) => validChoice("theme", value, schema.themes),
};

// The way checked last: a descent that is played is checked after each step.
const latestWay = { course: null, way: null };

// Whether the steps of a descent lead from its start to its edges.
function descentFollows({ target, data: chosen, levels, start, learning_rate, edges, steps }, data) {
  const course = JSON.stringify([target, chosen, levels, start, learning_rate]);
  if (latestWay.course !== course) {
    const summary = typeof chosen === "string" ? data[chosen] : chosen;
    const learned = learnedSamples(target, levels, target === "data" ? points(summary) : null);
    Object.assign(latestWay, { course, way: createWay({ edges: start, levels }, learned, learning_rate) });
  }
  const end = latestWay.way.at(steps);
  const span = Math.max(...[...edges, ...start].map(Math.abs));
  return edges.every((edge, i) => Math.abs(edge - end[i]) <= SAME_EDGES * span);
}

// explorer: whose state it is to be; without it the one that the state is for. data: name -> summary of the data sets
// that are here.
export function validateState(state, explorer, schema, data = {}) {
  const { defaults, explorers, limits: { maxSteps }, required, version } = schema;
  const own = isRecord(state) && Object.hasOwn(state, "explorer") && explorers.includes(state.explorer);
  const name = validChoice("explorer", explorer ?? (own ? state.explorer : "threshold"), explorers);
  if (!isRecord(state)) refuse("refused.state", { got: received(state) });
  for (const key of required) {
    if (!Object.hasOwn(state, key)) refuse("refused.missing", { keys: listed(required), got: key });
  }
  if (state.version !== version) {
    const newer = typeof state.version === "number" && state.version > version;
    refuse(newer ? "refused.version.newer" : "refused.version", { version, got: received(state.version) });
  }
  const { edges, levels } = validQuantizer("edges", state.edges, state.levels);
  if (edges.length - 1 > maxSteps) refuse("refused.many", { most: maxSteps, got: edges.length - 1 });
  validDrawable("edges", edges, schema);
  validDrawable("levels", levels, schema);

  const settled = { version, explorer: name, edges, levels };
  const around = { schema, data, settled };
  settled.view = validView(Object.hasOwn(state, "view") ? state.view : freshView(settled, schema), around);
  // Places in runs, tensors and weights need these first, however the keys have been sorted on their way.
  const first = (key) => ["runs", "tensors", "weights"].includes(key);
  const keys = Object.keys(defaults[name]).sort((a, b) => first(b) - first(a));
  for (const key of keys) settled[key] = stateRules[key](Object.hasOwn(state, key) ? state[key] : defaults[name][key], around);
  if (name === "gradient-flow" && !descentFollows(settled, data)) {
    // A hand has moved an edge: the descent begins anew from here.
    settled.start = edges.slice();
    settled.steps = 0;
  }
  if (name === "training") Object.assign(settled, quantizerOfRuns(runsOf(settled, data), settled, schema));
  return settled;
}
