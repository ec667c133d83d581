// Whether weights, and their scale, are such, the same as n2uq_viz/state/weights.py.

import { isRecord, isWhole, isWithin, listed, received, refuse, validWhole } from "./refuse.js";
import { partOf } from "./valid_tensor.js";

function validChannel(key, value, total, { weights: { mostValues }, limits: { largest }, summary: { maxCount } }) {
  const index = validWhole(`${key}.index`, partOf(key, value, "index"), 0, total - 1);
  const [values, counts] = [partOf(key, value, "values"), partOf(key, value, "counts")];
  const usable = Array.isArray(values) && values.length >= 1 && values.length <= mostValues && values.every((at, k) => isWithin(at, -largest, largest) && (k === 0 || at > values[k - 1]));
  if (!usable) refuse("refused.weight.values", { key: `${key}.values`, most: mostValues, largest, got: received(values) });
  if (!Array.isArray(counts) || counts.length !== values.length || !counts.every((count) => isWhole(count, 1, maxCount))) {
    refuse("refused.weight.counts", { key: `${key}.counts`, count: values.length, most: maxCount, got: received(counts) });
  }
  return { index, values: values.map((at) => at + 0), counts: counts.slice() };
}

// Weights that have been settled are not looked at again.
const settledWeights = new WeakSet();

// Stored ones by their names, and one's own by a key that Python gave them, or in full.
export function validWeights(value, { schema, data }) {
  const { names, most, maxName } = schema.weights;
  if (typeof value === "string" && Object.hasOwn(data, value) && Object.hasOwn(data[value], "channels")) return value;
  if (!isRecord(value)) refuse("refused.weights", { choices: listed(names), got: received(value) });
  if (settledWeights.has(value)) return value;
  const name = partOf("weights", value, "name");
  if (typeof name !== "string" || name === "" || [...name].length > maxName) refuse("refused.tensor.name", { key: "weights.name", most: maxName, got: received(name) });
  const total = validWhole("weights.total", partOf("weights", value, "total"), 1, schema.summary.maxCount);
  const channels = partOf("weights", value, "channels");
  if (!Array.isArray(channels) || channels.length < 1 || channels.length > most) refuse("refused.weight.channels", { most, got: received(channels) });
  const settled = { name, total, channels: channels.map((each, k) => validChannel(`weights.channels[${k}]`, each, total, schema)) };
  settledWeights.add(settled);
  return settled;
}

// A rule, or one scale for all channels.
export function validScale(value, { schema: { weights: { scales }, limits: { largest } } }) {
  const usable = scales.includes(value) || isWithin(value, 1 / largest, largest);
  if (!usable) refuse("refused.weight.scale", { choices: listed(scales), low: 1 / largest, high: largest, got: received(value) });
  return value;
}
