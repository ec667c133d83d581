// The stochastic quantizer, simulated: at each x the same numbers u are compared with p, whatever the edges.

import { countBelow, narrowest, outcome } from "./geometry.js";
import { fillUniforms } from "./philox.js";

// Evenly spaced x over the view, bit for bit as numpy.linspace.
export function grid(view, points) {
  const step = (view[1] - view[0]) / (points - 1);
  const x = Float64Array.from({ length: points }, (_, k) => k * step + view[0]);
  x[points - 1] = view[1];
  return x;
}

// The random numbers of a seed. Those of a point are made when it first needs them, since outside the outer edges no
// coin is thrown, and kept: more draws only add to them. Returns draws -> {draws, below}, where below(point, p) is how
// many of a point's first numbers lie below p, and row(point) those numbers.
export function coinsOfSeed(seed) {
  const rows = new Map();
  const none = new Float64Array(0);

  function rowOf(point, draws) {
    const known = rows.get(point) ?? none;
    if (known.length >= draws) return known;
    const row = new Float64Array(draws);
    row.set(known);
    fillUniforms(row, seed, point, known.length);
    rows.set(point, row);
    return row;
  }

  return (draws) => ({
    draws,
    below(point, p) {
      const row = rowOf(point, draws);
      let count = 0;
      // Added and not asked: a branch that chance decides makes the processor stumble.
      for (let draw = 0; draw < draws; draw += 1) count += +(row[draw] < p);
      return count;
    },
    // The numbers themselves, at least as many as there are draws.
    row: (point) => rowOf(point, draws),
  });
}

// Mean output at each x.
export function simulate(q, x, coins) {
  const mean = new Float64Array(x.length);
  for (let k = 0; k < x.length; k += 1) {
    const { lower, upper, probability } = outcome(q, x[k]);
    const thrown = probability > 0 && probability < 1;
    const share = thrown ? coins.below(k, probability) / coins.draws : probability;
    mean[k] = share === 1 ? upper : Math.min(lower + (upper - lower) * share, upper);
  }
  return mean;
}

// Half-width of the difference quotient where none is chosen: as n2uq_viz.simulate_gradient.
export function automaticHalfWidth(q) {
  return narrowest(q) / 20;
}

// Slope of the mean between x - h and x + h, where every draw meets the same number u on both sides: below the
// smaller of the two probabilities both go up, from the larger on neither, and between them only one of them.
function differenceQuotient(q, x, point, coins, h) {
  const left = outcome(q, x - h);
  const right = outcome(q, x + h);
  const width = x + h - (x - h);
  if (width === 0) return NaN; // x has no digits left for so small a step
  const few = Math.min(left.probability, right.probability);
  const most = Math.max(left.probability, right.probability);
  const thrown = few < 1 && most > 0; // otherwise both sides have the same certainty, and one draw tells all
  const draws = thrown ? coins.draws : 1;
  const below = (p) => (thrown ? coins.below(point, p) : +(p >= 1));
  const both = below(few);
  const one = below(most) - both;
  const between = right.probability >= left.probability ? right.upper - left.lower : right.lower - left.upper;
  const sum = both * (right.upper - left.upper) + one * between + (draws - both - one) * (right.lower - left.lower);
  return sum / draws / width;
}

// Mean of (output - middle of the step) times the derivative of log(probability of that output): unbiased inside
// a segment, 0 outside, and without a value on an edge, where an outcome has no probability.
function scoreFunction(q, x, point, coins) {
  const k = countBelow(q.edges, x);
  if (Number.isNaN(x) || q.edges[k] === x) return NaN;
  if (k === 0 || k === q.edges.length) return 0;
  const p = outcome(q, x).probability;
  if (p <= 0 || p >= 1) return NaN;
  const up = coins.below(point, p);
  const half = (0.5 * (q.levels[k] - q.levels[k - 1])) / (q.edges[k] - q.edges[k - 1]);
  return (up * (half / p) + (coins.draws - up) * (half / (1 - p))) / coins.draws;
}

// Estimate of the gradient at each x, from the same coins as the means.
export function simulateGradient(q, x, coins, method, halfWidth) {
  const estimate = method === "score_function" ? scoreFunction : differenceQuotient;
  const gradient = new Float64Array(x.length);
  for (let k = 0; k < x.length; k += 1) gradient[k] = estimate(q, x[k], k, coins, halfWidth);
  return gradient;
}
