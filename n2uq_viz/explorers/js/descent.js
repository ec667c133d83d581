// Edges that follow G-STE, the same as n2uq_viz/descent.py: gradient descent, the loss being the
// mean squared error of the deterministic output. Operations come in the same order as there, so that both give the
// very same way.

import { MIN_WIDTH, countBelow, nextUp, slopes, thresholds } from "./geometry.js";

// Inputs spread evenly, where the target is a function.
const LEARNED_COUNT = 200;
// Steepness of the sigmoid, per length of the range.
const LEARNED_SIGMOID_RATE = 8;
// exp and sin are rounded to ten decimals: their last digits are not the same everywhere, and from another last digit a
// large rate makes another way.
const LEARNED_ROUNDING = 1e10;
// Where an edge stops that a huge step throws out.
const FARTHEST_EDGE = 1e99;

const learnedRound = (share) => Math.round(share * LEARNED_ROUNDING) / LEARNED_ROUNDING;

// What is wanted at u, both as shares of the range; identity where no other name is given.
const LEARNED_SHAPES = {
  sqrt: (u) => Math.sqrt(u),
  sigmoid: (u) => learnedRound(1 / (1 + Math.exp(-LEARNED_SIGMOID_RATE * (u - 0.5)))),
  step: (u) => (u > 0.5 ? 1 : 0),
  sine: (u) => learnedRound(0.5 + 0.5 * Math.sin(2 * Math.PI * u)),
};

// Inputs, what is wanted there, and weights that add up to 1. summaryPoints: points(summary), for "data" only.
export function learnedSamples(target, levels, summaryPoints) {
  if (target === "data") {
    const { values, below } = summaryPoints;
    const total = below[below.length - 1];
    return { x: values, wanted: values, weight: values.map((_, k) => (below[k + 1] - below[k]) / total) };
  }
  const low = levels[0];
  const span = levels[levels.length - 1] - low;
  const shape = LEARNED_SHAPES[target] ?? ((u) => u);
  const u = Float64Array.from({ length: LEARNED_COUNT }, (_, k) => (k + 0.5) / LEARNED_COUNT);
  return {
    x: u.map((at) => low + span * at),
    wanted: u.map((at) => low + span * shape(at)),
    weight: new Float64Array(LEARNED_COUNT).fill(1 / LEARNED_COUNT),
  };
}

export function descentLoss(q, { x, wanted, weight }) {
  const t = thresholds(q);
  let sum = 0;
  for (let k = 0; k < x.length; k += 1) sum += weight[k] * (q.levels[countBelow(t, x[k])] - wanted[k]) ** 2;
  return sum;
}

// Where each sample pushes the two edges of its segment, by minus its part of the loss's gradient. Segments 0 and
// edges.length are outside: no push.
export function descentPushes(q, { x, wanted, weight }) {
  const { edges, levels } = q;
  const t = thresholds(q);
  const slope = slopes(q);
  const segment = new Int32Array(x.length);
  const left = new Float64Array(x.length);
  const right = new Float64Array(x.length);
  for (let k = 0; k < x.length; k += 1) {
    const i = countBelow(edges, x[k]);
    segment[k] = i;
    if (i > 0 && i < edges.length) {
      const pull = 2 * weight[k] * (levels[countBelow(t, x[k])] - wanted[k]) * slope[i - 1];
      const along = (x[k] - edges[i - 1]) / (edges[i] - edges[i - 1]);
      left[k] = pull * (1 - along);
      right[k] = pull * along;
    }
  }
  return { segment, left, right };
}

// The gradient of the loss with respect to the edges: minus the sum of the pushes.
export function edgeGradient(q, learned) {
  const { segment, left, right } = descentPushes(q, learned);
  const gradient = new Float64Array(q.edges.length);
  const pushed = (i) => i > 0 && i < q.edges.length;
  // All left ones first, as NumPy does: sums in another order differ in their last digits.
  for (let k = 0; k < segment.length; k += 1) if (pushed(segment[k])) gradient[segment[k] - 1] -= left[k];
  for (let k = 0; k < segment.length; k += 1) if (pushed(segment[k])) gradient[segment[k]] -= right[k];
  return gradient;
}

// The gradient of N2UQ's start and intervals: moving the start moves all edges, interval k all edges from k on.
export function parameterGradient(gradient) {
  const sums = Float64Array.from(gradient);
  for (let i = sums.length - 2; i >= 0; i -= 1) sums[i] += sums[i + 1];
  return { start: sums[0], intervals: sums.slice(1) };
}

// The edges after one step. No segment gets narrower than the least width, or than it is.
export function nextEdges(q, learned, rate) {
  const gradient = edgeGradient(q, learned);
  const moved = [];
  q.edges.forEach((edge, i) => {
    let step = rate * gradient[i];
    if (Number.isNaN(step)) step = 0;
    else if (!Number.isFinite(step)) step = Math.sign(step) * FARTHEST_EDGE;
    let to = Math.min(Math.max(edge - step, -FARTHEST_EDGE), FARTHEST_EDGE);
    if (i > 0) {
      const room = Math.min(edge - q.edges[i - 1], MIN_WIDTH);
      to = Math.max(to, moved[i - 1] + room, nextUp(moved[i - 1]));
    }
    moved.push(to);
  });
  return moved;
}

// A descent from a quantizer that keeps its steps, and goes on from there when asked for more: playing asks for one
// step more each time. at(step) gives the edges, which are not to be changed, and lossAt(step) the loss there.
export function createWay(start, learned, rate) {
  const { levels } = start;
  const way = [Array.from(start.edges)];
  const losses = [];

  function at(step) {
    while (way.length <= step) way.push(nextEdges({ edges: way[way.length - 1], levels }, learned, rate));
    return way[step];
  }

  return {
    at,
    lossAt: (step) => (losses[step] ??= descentLoss({ edges: at(step), levels }, learned)),
  };
}
