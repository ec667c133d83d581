// The data under the quantizer: a summary made by n2uq_viz/datasets.py, never the tensor itself.

const BINS = 64;

// Sorted values with their counts: atoms exactly, cells at their centers.
export function points(summary) {
  const width = summary.cells.length ? (summary.high - summary.low) / summary.cells.length : 0;
  const found = summary.atoms.map(([value, count]) => ({ value, count }));
  summary.cells.forEach((count, k) => {
    if (count) found.push({ value: summary.low + (k + 0.5) * width, count });
  });
  found.sort((a, b) => a.value - b.value);
  const values = Float64Array.from(found, (p) => p.value);
  const below = new Float64Array(found.length + 1); // below[k]: samples among the first k values
  found.forEach((p, k) => {
    below[k + 1] = below[k] + p.count;
  });
  return { values, below };
}

function countUpTo(values, x) {
  let low = 0;
  let high = values.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (values[middle] <= x) low = middle + 1;
    else high = middle;
  }
  return low;
}

// Share of the samples on each level; a value on a threshold takes the lower level.
export function occupancy(thresholds, { values, below }) {
  const total = below[below.length - 1];
  const up = [0, ...thresholds.map((t) => below[countUpTo(values, t)]), total];
  return up.slice(1).map((n, i) => (n - up[i]) / total);
}

export function entropyBits(shares) {
  return shares.reduce((sum, p) => (p > 0 ? sum - p * Math.log2(p) : sum), 0) + 0;
}

// Bars of the histogram: bins of neighboring cells, and atoms as bars of their own.
export function bars(summary) {
  const perBin = Math.max(1, Math.round(summary.cells.length / BINS));
  const width = summary.cells.length ? (summary.high - summary.low) / summary.cells.length : 0;
  const bins = [];
  for (let k = 0; k < summary.cells.length; k += perBin) {
    const inBin = summary.cells.slice(k, k + perBin);
    bins.push({
      from: summary.low + k * width,
      to: summary.low + (k + inBin.length) * width,
      share: inBin.reduce((a, b) => a + b, 0) / summary.count,
    });
  }
  const atoms = summary.atoms.map(([value, count]) => ({ value, share: count / summary.count }));
  return { bins, atoms };
}
