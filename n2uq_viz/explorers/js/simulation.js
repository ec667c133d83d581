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

// The random numbers of a point, sorted: how many lie below p is then a search, not a count. Made when a point
// first needs them, since outside the outer edges no coin is thrown.
export function sortedCoins(seed, draws) {
  const rows = new Map();
  return (point) => {
    if (!rows.has(point)) {
      rows.set(point, Float64Array.from({ length: draws }, (_, draw) => uniform(seed, point, draw)).sort());
    }
    return rows.get(point);
  };
}

// Mean output at each x.
export function simulate(q, x, coinsAt) {
  const mean = new Float64Array(x.length);
  for (let k = 0; k < x.length; k += 1) {
    const { lower, upper, probability } = outcome(q, x[k]);
    const thrown = probability > 0 && probability < 1;
    const share = thrown ? countBelow(coinsAt(k), probability) / coinsAt(k).length : probability;
    mean[k] = share === 1 ? upper : Math.min(lower + (upper - lower) * share, upper);
  }
  return mean;
}
