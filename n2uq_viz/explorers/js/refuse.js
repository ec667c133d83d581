// What every rule for a value needs: to refuse it in one kind of error, and the rules for numbers, words and quantizers.

// NumPy's arrays have no more dimensions.
const DEEPEST_ARRAY = 64;
// Of a value that is refused, no more than this is shown.
const RECEIVED_ENTRIES = 4;
const RECEIVED_LETTERS = 40;
const RECEIVED_DEPTH = 2;

// The caller says it with the words of that key.
export function refuse(key, values) {
  throw Object.assign(new Error(key), { values });
}

export const isRecord = (value) => typeof value === "object" && value !== null && !Array.isArray(value);
export const isWhole = (value, low, high) => Number.isInteger(value) && low <= value && value <= high;
export const isWithin = (value, low, high) => typeof value === "number" && low <= value && value <= high;
export const listed = (names) => names.join(", ");

// A value that came, as people read it: short, however large or deep it is.
export function received(value, depth = RECEIVED_DEPTH) {
  if (typeof value === "string") {
    return JSON.stringify(value.length > RECEIVED_LETTERS ? `${value.slice(0, RECEIVED_LETTERS)}…` : value);
  }
  if (typeof value !== "object" || value === null) return String(value);
  const [open, close] = Array.isArray(value) ? "[]" : "{}";
  const all = Object.keys(value);
  if (all.length === 0) return open + close;
  if (depth === 0) return `${open}…${close}`;
  const shown = all.slice(0, RECEIVED_ENTRIES).map((key) => {
    const entry = received(value[key], depth - 1);
    return Array.isArray(value) ? entry : `${received(key)}: ${entry}`;
  });
  return `${open}${listed(all.length > RECEIVED_ENTRIES ? [...shown, "…"] : shown)}${close}`;
}

export function validChoice(key, value, choices) {
  if (!choices.includes(value)) refuse("refused.choice", { key, choices: listed(choices), got: received(value) });
  return value;
}

// Adding 0 makes -0 a 0.
export function validWhole(key, value, low, high, words = "refused.whole") {
  if (!isWhole(value, low, high)) refuse(words, { key, low, high, got: received(value) });
  return value + 0;
}

export function validNumber(key, value, low, high, words = "refused.number") {
  if (!isWithin(value, low, high)) refuse(words, { key, low, high, got: received(value) });
  return value;
}

// One finite number, perhaps alone in an array as N2UQ keeps its scales.
export function validFinite(key, value) {
  let found = value;
  for (let depth = 0; depth < DEEPEST_ARRAY && Array.isArray(found) && found.length === 1; depth += 1) [found] = found;
  if (!Number.isFinite(found)) refuse("refused.finite", { key, got: received(value) });
  return found;
}

export function validIncreasing(key, value) {
  if (!Array.isArray(value) || !value.every(Number.isFinite)) refuse("refused.numbers", { key, got: received(value) });
  if (value.length < 2) refuse("refused.few", { key, got: value.length });
  for (let i = 1; i < value.length; i += 1) {
    const [before, got] = [value[i - 1], value[i]];
    if (!(before < got)) refuse("refused.increasing", { key, place: i, got, before });
  }
  return value.slice();
}

// What the constructor of n2uq_viz.Quantizer checks; edgesKey says where the edges stand.
export function validQuantizer(edgesKey, givenEdges, givenLevels) {
  const edges = validIncreasing(edgesKey, givenEdges);
  const levels = validIncreasing("levels", givenLevels);
  if (edges.length !== levels.length) {
    refuse("refused.lengths", { key: edgesKey, edges: edges.length, levels: levels.length });
  }
  const width = (i) => edges[i] - edges[i - 1];
  const extreme = (find) => edges.findIndex((_, i) => i > 0 && !(Number.isFinite(find(i)) && find(i) > 0));
  const wide = extreme(width);
  if (wide > 0) refuse("refused.interval", { key: edgesKey, i: wide, got: width(wide) });
  const slope = (i) => (levels[i] - levels[i - 1]) / width(i);
  const steep = extreme(slope);
  if (steep > 0) refuse("refused.slope", { key: edgesKey, i: steep, got: slope(steep) });
  return { edges, levels };
}

// Numbers that a picture can hold.
export function validDrawable(key, values, { limits: { largest } }) {
  let size = 0;
  let difference = largest;
  values.forEach((value, i) => {
    size = Math.max(size, Math.abs(value));
    if (i > 0) difference = Math.min(difference, value - values[i - 1]);
  });
  if (size > largest || difference < 1 / largest) {
    refuse("refused.drawable", { key, largest, least: 1 / largest, got: size, difference });
  }
  return values;
}
