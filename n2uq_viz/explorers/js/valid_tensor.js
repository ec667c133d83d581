// Whether tensors with their fits are such, the same as n2uq_viz/state/tensors.py.

import { isRecord, listed, received, refuse, validDrawable, validQuantizer } from "./refuse.js";

export function partOf(key, value, part) {
  if (!isRecord(value) || !Object.hasOwn(value, part)) refuse("refused.run.object", { key, part, got: received(value) });
  return value[part];
}

function validFit(key, edges, levels, count, schema) {
  const found = validQuantizer(`${key}.edges`, edges, levels);
  if (found.levels.length !== count) refuse("refused.tensor.levels", { key, count, got: found.levels.length });
  validDrawable(`${key}.edges`, found.edges, schema);
  validDrawable(`${key}.levels`, found.levels, schema);
  return found;
}

// Thresholds that were wanted; where values are alike, some of them may be.
function validWanted(key, value, steps, { limits: { largest } }) {
  const usable = Array.isArray(value) && value.length === steps && value.every((at) => Number.isFinite(at) && Math.abs(at) <= largest);
  if (!usable) refuse("refused.run.list", { key, count: steps, got: received(value) });
  return value.slice();
}

function validFits(key, value, count, schema) {
  const { methods, reference } = schema.tensors;
  const found = {};
  for (const name of methods) {
    const [place, given] = [`${key}.${name}`, partOf(key, value, name)];
    found[name] = validFit(place, partOf(place, given, "edges"), partOf(place, given, "levels"), count, schema);
  }
  found.quantile.wanted = validWanted(`${key}.quantile.wanted`, partOf(`${key}.quantile`, value.quantile, "wanted"), count - 1, schema);
  const free = partOf(`${key}.${reference}`, partOf(key, value, reference), "levels");
  found[reference] = { levels: validFit(`${key}.${reference}`, free, free, count, schema).levels };
  return found;
}

// Values that are all alike have no fits, and the squares of others may be more than a number holds.
function checkSpread(key, { low, high, atoms }, { limits: { largest } }) {
  const ends = [low, high, ...atoms.map(([value]) => value)];
  const [first, last] = [Math.min(...ends), Math.max(...ends)];
  if (Math.max(-first, last) > largest || last - first < 1 / largest) refuse("refused.tensor.spread", { key, largest, least: 1 / largest, low: first, high: last });
}

// Tensors that have been settled are not looked at again.
const settledTensors = new WeakSet();

function validTensor(key, value, { schema, data }, validSummary) {
  const { names, bits, maxName } = schema.tensors;
  // Data that are here have no fits, but tensors do: by their names, or by a key that Python gave them.
  if (typeof value === "string" && Object.hasOwn(data, value) && Object.hasOwn(data[value], "fits")) return value;
  if (!isRecord(value)) refuse("refused.tensor", { key, choices: listed(names), got: received(value) });
  if (settledTensors.has(value)) return value;
  const name = partOf(key, value, "name");
  if (typeof name !== "string" || name === "" || [...name].length > maxName) refuse("refused.tensor.name", { key: `${key}.name`, most: maxName, got: received(name) });
  const summary = partOf(key, value, "data");
  if (!isRecord(summary)) refuse("refused.run.part", { key: `${key}.data`, got: received(summary) });
  const settled = { name, data: validSummary(summary, schema), fits: null };
  checkSpread(`${key}.data`, settled.data, schema);
  const fits = partOf(key, value, "fits");
  if (!Array.isArray(fits) || fits.length !== bits.length) refuse("refused.run.list", { key: `${key}.fits`, count: bits.length, got: received(fits) });
  settled.fits = fits.map((each, k) => validFits(`${key}.fits[${k}]`, each, 2 ** bits[k], schema));
  settledTensors.add(settled);
  return settled;
}

// around: the schema and the data that are here. validSummary: the rule for summaries.
export function validTensors(value, around, validSummary) {
  const { most } = around.schema.tensors;
  if (!Array.isArray(value) || value.length < 1 || value.length > most) refuse("refused.tensors", { most, got: received(value) });
  return value.map((tensor, k) => validTensor(`tensors[${k}]`, tensor, around, validSummary));
}
