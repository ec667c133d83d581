// The quantizer's geometry, the same as n2uq_viz/quantizer.py and moves.py: a quantizer here is {edges, levels},
// two arrays that increase. Operations come in the same order as there, so that both give the same numbers.

export const MIN_WIDTH = 1e-3;

export function thresholds(q) {
  return q.edges.slice(1).map((b, i) => 0.5 * q.edges[i] + 0.5 * b);
}

export function slopes(q) {
  return q.edges.slice(1).map((b, i) => (q.levels[i + 1] - q.levels[i]) / (b - q.edges[i]));
}

// Width of the narrowest segment.
export function narrowest({ edges }) {
  let width = Infinity;
  for (let i = 1; i < edges.length; i += 1) width = Math.min(width, edges[i] - edges[i - 1]);
  return width;
}

// How many entries of an increasing array lie below x: 0 .. array.length.
export function countBelow(array, x) {
  let low = 0;
  let high = array.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (array[middle] < x) low = middle + 1;
    else high = middle;
  }
  return low;
}

// Whether an edge lies between x - h and x + h: there a difference quotient mixes the slopes of both its sides.
export function acrossEdge({ edges }, x, h) {
  let k = countBelow(edges, x - h);
  if (edges[k] === x - h) k += 1;
  return edges[k] < x + h;
}

// The one coin that decides at x: its lower and upper output and the probability of the upper one.
export function outcome(q, x) {
  if (Number.isNaN(x)) return { lower: NaN, upper: NaN, probability: NaN };
  const last = q.edges.length - 1;
  const k = Math.min(Math.max(countBelow(q.edges, x), 1), last);
  const inside = Math.min(Math.max(x, q.edges[0]), q.edges[last]);
  const probability = (inside - q.edges[k - 1]) / (q.edges[k] - q.edges[k - 1]);
  return { lower: q.levels[k - 1], upper: q.levels[k], probability };
}

export function output(q, x) {
  return Number.isNaN(x) ? NaN : q.levels[countBelow(thresholds(q), x)];
}

export function expectation(q, x) {
  const { lower, upper, probability } = outcome(q, x);
  if (probability === 1) return upper;
  return Math.min(lower + (upper - lower) * probability, upper);
}

export function variance(q, x) {
  const { lower, upper, probability } = outcome(q, x);
  return (upper - lower) ** 2 * (probability * (1 - probability));
}

// G-STE: the slope of the segment around x; at a kink the one on its left; 0 outside.
export function gradient(q, x) {
  if (Number.isNaN(x)) return NaN;
  const k = countBelow(q.edges, x);
  return k === 0 || k === q.edges.length ? 0 : slopes(q)[k - 1];
}

// Plain STE: the one slope of the whole staircase.
export function chord(q) {
  const last = q.edges.length - 1;
  return (q.levels[last] - q.levels[0]) / (q.edges[last] - q.edges[0]);
}

export function steGradient(q, x) {
  if (Number.isNaN(x)) return NaN;
  return x > q.edges[0] && x <= q.edges[q.edges.length - 1] ? chord(q) : 0;
}

// The next double above x, as C's nextafter.
export function nextUp(x) {
  if (!(x < Infinity)) return x;
  if (x === 0) return Number.MIN_VALUE;
  const bits = new BigInt64Array(1);
  const view = new Float64Array(bits.buffer);
  view[0] = x;
  bits[0] += x > 0 ? 1n : -1n;
  return view[0];
}

export function nextDown(x) {
  return -nextUp(-x);
}

// Between which values an edge can move: each neighboring segment keeps minWidth, or its present
// width if that is less. The outermost edges are free outward.
export function edgeLimits(q, i, minWidth = MIN_WIDTH) {
  const b = q.edges;
  let low = -Infinity;
  let high = Infinity;
  if (i > 0) {
    const room = Math.min(minWidth, b[i] - b[i - 1]);
    low = Math.min(b[i], Math.max(b[i - 1] + room, nextUp(b[i - 1])));
  }
  if (i < b.length - 1) {
    const room = Math.min(minWidth, b[i + 1] - b[i]);
    high = Math.max(b[i], Math.min(b[i + 1] - room, nextDown(b[i + 1])));
  }
  return [low, high];
}

export function moveEdge(q, i, to, minWidth = MIN_WIDTH) {
  const [low, high] = edgeLimits(q, i, minWidth);
  const edges = q.edges.slice();
  edges[i] = Math.min(Math.max(to, low), high);
  return { edges, levels: q.levels };
}

// Between which values a threshold can slide with its segment; without a neighbor there is no limit.
export function thresholdLimits(q, i, minWidth = MIN_WIDTH) {
  const t = thresholds(q);
  const width = (k) => q.edges[k + 1] - q.edges[k];
  let low = -Infinity;
  let high = Infinity;
  if (i > 0) low = t[i] - (width(i - 1) - Math.min(minWidth, width(i - 1)));
  if (i < t.length - 1) high = t[i] + (width(i + 1) - Math.min(minWidth, width(i + 1)));
  return [low, high];
}

// The segment around the threshold slides rigidly; its neighbors give or take the width.
export function moveThreshold(q, i, to, minWidth = MIN_WIDTH) {
  const [low, high] = thresholdLimits(q, i, minWidth);
  const edges = q.edges.slice();
  const shift = Math.min(Math.max(to, low), high) - thresholds(q)[i];
  let left = edges[i] + shift;
  let right = edges[i + 1] + shift;
  // The limit of the edge that leads keeps rounding in the shift from crossing a neighbor.
  if (shift < 0) {
    left = Math.max(left, edgeLimits(q, i, minWidth)[0]);
    right = Math.max(right, nextUp(left));
  } else {
    right = Math.min(right, edgeLimits(q, i + 1, minWidth)[1]);
    left = Math.min(left, nextDown(right));
  }
  edges[i] = left;
  edges[i + 1] = right;
  return { edges, levels: q.levels };
}
