// The stochastic quantizer, simulated: at each x the same numbers u are compared with p, whatever the edges.

import { outcome, countBelow } from "./geometry.js";
import { uniform } from "./philox.js";

// Evenly spaced x over the view, bit for bit as numpy.linspace.
export function grid(view, points) {
  const step = (view[1] - view[0]) / (points - 1);
  const x = Float64Array.from({ length: points }, (_, k) => k * step + view[0]);
  x[points - 1] = view[1];
  return x;
}

// One row of random numbers per point, sorted: how many lie below p is then a search, not a count.
export function sortedUniforms(seed, points, draws) {
  const rows = [];
  for (let point = 0; point < points; point += 1) {
    const row = new Float64Array(draws);
    for (let draw = 0; draw < draws; draw += 1) row[draw] = uniform(seed, point, draw);
    rows.push(row.sort());
  }
  return rows;
}

// Mean output at each x, and how it compares with the expectation.
export function simulate(q, x, rows) {
  const mean = new Float64Array(x.length);
  for (let k = 0; k < x.length; k += 1) {
    const { lower, upper, probability } = outcome(q, x[k]);
    const share = countBelow(rows[k], probability) / rows[k].length;
    mean[k] = share === 1 ? upper : Math.min(lower + (upper - lower) * share, upper);
  }
  return mean;
}
