// How far the dots are from their curves: root mean squares over the dots between the outer edges, since outside
// the output is certain.

import { acrossEdge, chord, expectation, slopes } from "./geometry.js";

function inside({ edges }, x) {
  return x > edges[0] && x < edges[edges.length - 1];
}

// The means against the expectation; points: how many dots that are.
export function meanErrors({ q, grid, mean }) {
  let points = 0;
  let size = 0;
  for (let k = 0; k < grid.length; k += 1) {
    if (!inside(q, grid[k])) continue;
    points += 1;
    size = Math.hypot(size, mean[k] - expectation(q, grid[k])); // which no square overflows
  }
  return { points, rms: size / Math.sqrt(points) };
}

// The gradient's dots against G-STE and against plain STE; points: how many count. Not those without a value, of
// which `lost` lie between the outer edges, nor those nearer than half-width to an edge, which mix the slopes of both
// its sides: `across`, wherever they are. zero: how many are 0, since no draw told one end of the quotient from the
// other. halfWidth: 0 where the estimate is no difference quotient.
export function gradientErrors({ q, grid, gradient, halfWidth }) {
  const slope = slopes(q);
  const plain = chord(q);
  const found = { points: 0, across: 0, lost: 0, zero: 0, gste: 0, ste: 0 };
  let segment = 0;
  for (let k = 0; k < grid.length; k += 1) {
    const x = grid[k];
    const within = inside(q, x);
    if (!Number.isFinite(gradient[k])) {
      if (within) found.lost += 1;
      continue;
    }
    if (acrossEdge(q, x, halfWidth)) {
      found.across += 1;
      continue;
    }
    if (!within) continue;
    while (q.edges[segment + 1] < x) segment += 1;
    found.points += 1;
    if (gradient[k] === 0) found.zero += 1;
    found.gste = Math.hypot(found.gste, gradient[k] - slope[segment]);
    found.ste = Math.hypot(found.ste, gradient[k] - plain);
  }
  const root = Math.sqrt(found.points);
  return { ...found, gste: found.gste / root, ste: found.ste / root };
}
