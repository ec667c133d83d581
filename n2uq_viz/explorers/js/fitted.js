// What a quantizer does to samples, the same as n2uq_viz/fits: shares of its levels, error, entropy, slope.

import { entropyBits, occupancy } from "./data.js";
import { countBelow, slopes, thresholds } from "./geometry.js";

// points: of data.js. Their mean squared distance from their mean.
export function varianceOf({ values, below }) {
  const total = below[below.length - 1];
  let mean = 0;
  values.forEach((x, k) => { mean += x * ((below[k + 1] - below[k]) / total); });
  let sum = 0;
  values.forEach((x, k) => { sum += (x - mean) ** 2 * ((below[k + 1] - below[k]) / total); });
  return sum;
}

// {shares, error: as a share of the variance, entropy: in bits, steepest: the greatest slope, outside: the share of the
// samples outside the outer edges, where the gradient is 0}. A sample on a threshold takes the lower level.
export function judge(q, points, variance) {
  const { values, below } = points;
  const total = below[below.length - 1];
  const t = thresholds(q);
  const shares = occupancy(t, points);
  let [error, outside] = [0, 0];
  const last = q.edges.length - 1;
  values.forEach((x, k) => {
    const share = (below[k + 1] - below[k]) / total;
    error += (x - q.levels[countBelow(t, x)]) ** 2 * share;
    if (x <= q.edges[0] || x > q.edges[last]) outside += share;
  });
  return { shares, error: error / variance, entropy: entropyBits(shares), steepest: Math.max(...slopes(q)), outside };
}

// How far the thresholds of a fit are from those that were wanted, at most.
export function shiftOf({ edges, levels, wanted = null }) {
  return wanted === null ? 0 : Math.max(...thresholds({ edges, levels }).map((t, i) => Math.abs(t - wanted[i])));
}

// As many bits, from 1 to most, as come nearest to the number of levels.
export const bitsOfLevels = (levels, most) => Math.min(Math.max(Math.round(Math.log2(levels.length)), 1), most);
