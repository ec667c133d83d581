// The surrogate derivatives, the same as n2uq_viz/surrogates, for one number x at a time. `parameters` holds all of
// an entry's parameters by their Python names. Thresholds, levels and kinks are the same numbers as there; curves
// agree but for the last digits of exp, tanh and their like.

import { countBelow, expectation, gradient, thresholds } from "./geometry.js";
import { clipTo, logisticLaw, noiseFamilies, triangularLaw, truncatedLogisticLaw, uniformLaw } from "./noise.js";

const RESTE_INNER = 0.1;
const RESTE_OUTER = 1.5;
// Beyond this, exp(-u) times u is 0 in floats, while u itself stays finite.
const SWISH_REACH = 800;

const stepsOf = ({ bits }) => 2 ** bits - 1;

// A staircase of `count` equal steps.
function evenStaircase({ low, step, count }) {
  const index = Array.from({ length: count + 1 }, (_, k) => k);
  return {
    thresholds: index.slice(1).map((k) => low + step * (k - 0.5)),
    levels: index.map((k) => low + step * k),
  };
}

const levelAt = (staircase, x) => staircase.levels[countBelow(staircase.thresholds, x)];

// 1 / cosh(u)², without the cancellation of 1 − tanh(u)².
function sechSquared(u) {
  const tail = Math.exp(-2 * Math.abs(u));
  return (4 * tail) / (1 + tail) ** 2;
}

// --- The table: each entry's noise is an array of laws or withoutNoise(...), its kinks come besides the thresholds ---

const ofSign = (rule) => ({ staircase: () => ({ thresholds: [0], levels: [-1, 1] }), kinks: () => [], ...rule });

const lawOf = ({ family, scale }) => noiseFamilies[family](scale);
const withoutNoise = (none, area = Infinity) => ({ none, area });

const edeHeight = ({ t }) => Math.max(1 / t, 1);
const swishInput = (x, { beta }) => clipTo(beta * x, -SWISH_REACH, SWISH_REACH);
const dsqRate = ({ alpha }) => Math.log(2 / alpha - 1);

// The middle of the step around x, and the place of x within it, −1/2 to 1/2.
function dsqCell(x, p) {
  const z = clipTo(x, 0, stepsOf(p));
  const middle = Math.min(Math.floor(z), stepsOf(p) - 1) + 0.5;
  return { middle, r: z - middle };
}

function lsqSteps({ step_size: s, bits, tensor }) {
  if (tensor === "activations") return { low: 0, step: s, count: stepsOf({ bits }) };
  // One bit with a sign would have the codes −1 and 0: its levels are −s and s instead.
  if (bits === 1) return { low: -s, step: 2 * s, count: 1 };
  return { low: s * -(2 ** (bits - 1)), step: s, count: stepsOf({ bits }) };
}

function lsqRange(p) {
  const { low, step, count } = lsqSteps(p);
  return [low, low + step * count];
}

const ewgsStaircase = (p) => evenStaircase({ low: 0, step: 1 / stepsOf(p), count: stepsOf(p) });

// x within its range, and how far rounding is off there.
function ewgsError(x, p) {
  const within = clipTo(x, 0, 1);
  return { within, error: within - levelAt(ewgsStaircase(p), within) };
}

const surrogateTable = {
  identity_ste: ofSign({
    smooth: (x) => x,
    derivative: () => 1,
    noise: () => withoutNoise("infinite"),
  }),
  clipped_ste: ofSign({
    smooth: (x) => clipTo(x, -1, 1),
    derivative: (x) => (Math.abs(x) <= 1 ? 1 : 0),
    noise: () => [uniformLaw(1)],
    kinks: () => [-1, 1],
  }),
  approx_sign: ofSign({
    smooth(x) {
      const u = clipTo(x, -1, 1);
      return 2 * u - u * Math.abs(u);
    },
    derivative: (x) => 2 - 2 * Math.min(Math.abs(x), 1),
    noise: () => [triangularLaw(1)],
    kinks: () => [-1, 1],
  }),
  swish_sign: ofSign({
    // With s the sigmoid of u, 2s(1 + u(1 − s)) − 1, written so that it is odd in floats too.
    smooth(x, p) {
      const u = swishInput(x, p);
      return Math.tanh(0.5 * u) + 0.5 * u * sechSquared(0.5 * u);
    },
    derivative(x, p) {
      const u = swishInput(x, p);
      return 0.5 * p.beta * (2 - u * Math.tanh(0.5 * u)) * sechSquared(0.5 * u);
    },
    noise: () => withoutNoise("negative", 2),
  }),
  ede: ofSign({
    smooth: (x, p) => edeHeight(p) * Math.tanh(p.t * x),
    derivative: (x, p) => edeHeight(p) * p.t * sechSquared(p.t * x),
    noise: (p) => (edeHeight(p) === 1 ? [logisticLaw(0.5 / p.t)] : withoutNoise("area", 2 * edeHeight(p))),
  }),
  reste: ofSign({
    smooth(x, { o }) {
      const size = Math.min(Math.abs(x), RESTE_OUTER);
      return Math.sign(x) * (size <= RESTE_INNER ? size * RESTE_INNER ** (1 / o - 1) : size ** (1 / o));
    },
    derivative(x, { o }) {
      const size = Math.abs(x);
      if (size <= RESTE_INNER) return RESTE_INNER ** (1 / o - 1);
      return size <= RESTE_OUTER ? (1 / o) * size ** (1 / o - 1) : 0;
    },
    noise: ({ o }) => withoutNoise("area", 2 * RESTE_OUTER ** (1 / o)),
    kinks: () => [-RESTE_OUTER, -RESTE_INNER, RESTE_INNER, RESTE_OUTER],
  }),
  dsq: {
    staircase: (p) => evenStaircase({ low: 0, step: 1, count: stepsOf(p) }),
    smooth(x, p) {
      const { middle, r } = dsqCell(x, p);
      return middle + (0.5 / (1 - p.alpha)) * Math.tanh(dsqRate(p) * r);
    },
    derivative(x, p) {
      if (x < 0 || x > stepsOf(p)) return 0;
      return ((0.5 * dsqRate(p)) / (1 - p.alpha)) * sechSquared(dsqRate(p) * dsqCell(x, p).r);
    },
    noise: (p) => [truncatedLogisticLaw(dsqRate(p))],
    kinks: (p) => Array.from({ length: stepsOf(p) + 1 }, (_, k) => k),
  },
  pact: {
    staircase: (p) => evenStaircase({ low: 0, step: p.alpha / stepsOf(p), count: stepsOf(p) }),
    smooth: (x, { alpha }) => clipTo(x, 0, alpha),
    derivative: (x, { alpha }) => (x >= 0 && x < alpha ? 1 : 0),
    noise: (p) => [uniformLaw((0.5 * p.alpha) / stepsOf(p))],
    kinks: ({ alpha }) => [0, alpha],
  },
  lsq: {
    staircase: (p) => evenStaircase(lsqSteps(p)),
    smooth: (x, p) => clipTo(x, ...lsqRange(p)),
    derivative(x, p) {
      const [low, high] = lsqRange(p);
      return x > low && x < high ? 1 : 0;
    },
    noise(p) {
      const { levels } = evenStaircase(lsqSteps(p));
      return [uniformLaw(0.5 * (levels[1] - levels[0]))];
    },
    kinks: lsqRange,
  },
  ewgs: {
    staircase: ewgsStaircase,
    smooth(x, p) {
      const { within, error } = ewgsError(x, p);
      return within + 0.5 * p.delta * Math.sign(p.g) * error ** 2;
    },
    derivative: (x, p) => (x >= 0 && x <= 1 ? 1 + p.delta * Math.sign(p.g) * ewgsError(x, p).error : 0),
    noise: () => withoutNoise("upstream"),
    kinks: () => [0, 1],
  },
  gste: {
    staircase: ({ quantizer }) => ({ thresholds: thresholds(quantizer), levels: quantizer.levels }),
    smooth: (x, { quantizer }) => expectation(quantizer, x),
    derivative: (x, { quantizer }) => gradient(quantizer, x),
    noise: ({ quantizer: { edges } }) => edges.slice(1).map((b, i) => uniformLaw(0.5 * (b - edges[i]))),
    kinks: ({ quantizer }) => quantizer.edges,
  },
  additive_noise: ofSign({
    smooth: (x, p) => 1 - 2 * lawOf(p).cumulative(-x),
    derivative: (x, p) => 2 * lawOf(p).density(-x),
    noise: (p) => [lawOf(p)],
    // The density is mirrored: x + e passes 0 where e passes −x.
    kinks: (p) => lawOf(p).support.filter(Number.isFinite).map((end) => -end),
  }),
};

// --- What others call --------------------------------------------------------------------------------------------

export function staircaseOf(name, parameters) {
  return surrogateTable[name].staircase(parameters);
}

// At a tie: the lower level.
export function forwardOf(name, parameters, x) {
  return Number.isNaN(x) ? NaN : levelAt(staircaseOf(name, parameters), x);
}

// The curve whose derivative is the surrogate.
export function smoothOf(name, parameters, x) {
  return Number.isNaN(x) ? NaN : surrogateTable[name].smooth(x, parameters);
}

export function derivativeOf(name, parameters, x) {
  return Number.isNaN(x) ? NaN : surrogateTable[name].derivative(x, parameters);
}

// Why no noise stands behind the derivative, or null where it does; the area under the derivative, Infinity where
// nothing depends on it; and the laws: one for all thresholds, or one for each.
export function noiseOf(name, parameters) {
  const found = surrogateTable[name].noise(parameters);
  if (!Array.isArray(found)) return { ...found, laws: [] };
  const { levels } = staircaseOf(name, parameters);
  const laws = found.map((law) => ({ ...law, density: (e) => (Number.isNaN(e) ? NaN : law.density(e)) }));
  return { none: null, area: levels[levels.length - 1] - levels[0], laws };
}

// Inputs where forward or derivative is not smooth, increasing, each once.
export function kinksOf(name, parameters) {
  const all = [...staircaseOf(name, parameters).thresholds, ...surrogateTable[name].kinks(parameters)];
  return [...new Set(all)].sort((a, b) => a - b);
}
