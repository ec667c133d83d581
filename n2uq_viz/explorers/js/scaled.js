// Weights on even levels over ±f, the same as n2uq_viz/weights.py and n2uq_viz/state/weights.py. A channel is
// {index, values, counts}, with increasing values.

import { entropyBits } from "./data.js";

// 2L / (L + 1) for L + 1 levels: what N2UQ multiplies the mean size by.
export const gammaOf = (levels) => (2 * (levels - 1)) / levels;

export const countIn = ({ counts }) => counts.reduce((sum, count) => sum + count, 0);

export function meanSize({ values, counts }) {
  return values.reduce((sum, value, k) => sum + counts[k] * Math.abs(value), 0) / countIn({ counts });
}

export const largestIn = ({ values }) => Math.max(Math.abs(values[0]), Math.abs(values[values.length - 1]));

// rule: "mean", "largest", "none", or the scale itself. Where all weights are 0, so is the scale.
export function scaleOf(channel, levels, rule) {
  const largest = largestIn(channel);
  if (largest === 0) return 0;
  if (rule === "mean") return gammaOf(levels) * meanSize(channel);
  return rule === "largest" ? largest : rule === "none" ? 1 : rule;
}

// As NumPy rounds numbers from 0 on: half to even.
function rounded(x) {
  const up = Math.round(x);
  return up - x === 0.5 && up % 2 === 1 ? up - 1 : up;
}

// The number of a weight's level, from 0 on. Where all weights are 0 it is the middle one.
export function codeOf(value, levels, f) {
  const v = Math.min(Math.max(value / (f === 0 ? 1 : f), -1), 1);
  return rounded((v + 1) * (0.5 * (levels - 1)));
}

// Halfway between two levels.
export function weightThresholds(levels, f) {
  return Array.from({ length: levels - 1 }, (_, k) => (f * (2 * k + 2 - levels)) / (levels - 1));
}

export const weightLevels = (levels, f) => Array.from({ length: levels }, (_, k) => f * ((2 * k) / (levels - 1) - 1));

// {f, shares: of the weights on each level, entropy: in bits, clipped: the share beyond the outermost levels, blocked: the
// share that the chain rule gives no gradient}.
export function scaledBy(channel, levels, rule) {
  const f = scaleOf(channel, levels, rule);
  const total = countIn(channel);
  const counts = new Array(levels).fill(0);
  let [clipped, blocked] = [0, 0];
  channel.values.forEach((value, k) => {
    const count = channel.counts[k];
    counts[codeOf(value, levels, f)] += count;
    if (Math.abs(value) > f) clipped += count;
    if (Math.abs(value) >= f) blocked += count;
  });
  const shares = counts.map((count) => count / total);
  return { f, shares, entropy: entropyBits(shares), clipped: clipped / total, blocked: blocked / total };
}

// Bars of the histogram, {from, to, share}: an even number of them over ±the largest weight, more for more weights; a
// single one, `wide` on both sides of 0, where all weights are 0.
const FEWEST_BINS = 8;
const MOST_BINS = 48;
export function weightBars(channel, wide) {
  const largest = largestIn(channel);
  if (largest === 0) return [{ from: -wide, to: wide, share: 1 }];
  const total = countIn(channel);
  const count = 2 * Math.round(Math.min(Math.max(Math.sqrt(total), FEWEST_BINS / 2), MOST_BINS / 2));
  const bins = new Array(count).fill(0);
  channel.values.forEach((value, k) => {
    const place = Math.floor((value / largest + 1) * (count / 2));
    bins[Math.min(place, count - 1)] += channel.counts[k];
  });
  const end = (k) => largest * ((2 * k) / count - 1);
  return bins.map((weights, k) => ({ from: end(k), to: end(k + 1), share: weights / total }));
}
