// Laws of noise, the same as n2uq_viz/surrogates/noise.py: each has a density, its distribution function, and a support,
// the two values between which the density is not 0.

export const clipTo = (x, low, high) => Math.min(Math.max(x, low), high);

// The terms of the series exp(−z²) (z + 2z³/3 + 4z⁵/15 + …) have one sign, so nothing cancels. From 6 on, what is
// missing to 1 is less than a float can tell.
export function erf(z) {
  if (Math.abs(z) >= 6) return Math.sign(z);
  let term = z;
  let sum = z;
  for (let n = 1; Math.abs(term) > 1e-17 * Math.abs(sum); n += 1) {
    term *= (2 * z * z) / (2 * n + 1);
    sum += term;
  }
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-z * z) * sum;
}

export function uniformLaw(halfWidth) {
  const width = 2 * halfWidth;
  return {
    name: "uniform",
    support: [-halfWidth, halfWidth],
    density: (e) => (Math.abs(e) <= halfWidth ? 1 / width : 0),
    cumulative: (e) => clipTo((e + halfWidth) / width, 0, 1),
  };
}

export function triangularLaw(halfWidth) {
  return {
    name: "triangular",
    support: [-halfWidth, halfWidth],
    density: (e) => Math.max(1 - Math.abs(e) / halfWidth, 0) / halfWidth,
    cumulative(e) {
      const u = clipTo(e / halfWidth, -1, 1);
      return 0.5 + u - 0.5 * u * Math.abs(u);
    },
  };
}

export function logisticLaw(scale) {
  return {
    name: "logistic",
    support: [-Infinity, Infinity],
    density(e) {
      const tail = Math.exp(-Math.abs(e) / scale);
      return tail / (scale * (1 + tail) ** 2);
    },
    cumulative: (e) => 0.5 + 0.5 * Math.tanh((0.5 * e) / scale),
  };
}

// The logistic law of scale 1 / (2 rate), kept within plus and minus halfWidth.
export function truncatedLogisticLaw(rate, halfWidth = 0.5) {
  const share = Math.tanh(rate * halfWidth); // of the whole law
  return {
    name: "truncated_logistic",
    support: [-halfWidth, halfWidth],
    density(e) {
      const tail = Math.exp(-2 * rate * Math.abs(e));
      return Math.abs(e) <= halfWidth ? (((2 * rate) / share) * tail) / (1 + tail) ** 2 : 0;
    },
    cumulative: (e) => 0.5 + (0.5 * Math.tanh(rate * clipTo(e, -halfWidth, halfWidth))) / share,
  };
}

function normalLaw(scale) {
  const top = 1 / (scale * Math.sqrt(2 * Math.PI));
  return {
    name: "normal",
    support: [-Infinity, Infinity],
    density: (e) => top * Math.exp(-0.5 * (e / scale) ** 2),
    cumulative: (e) => 0.5 + 0.5 * erf(e / (scale * Math.sqrt(2))),
  };
}

// Shifted to mean 0.
function exponentialLaw(scale) {
  const pastStart = (e) => Math.max(e / scale + 1, 0);
  return {
    name: "exponential",
    support: [-scale, Infinity],
    density: (e) => (e >= -scale ? Math.exp(-pastStart(e)) / scale : 0),
    cumulative: (e) => -Math.expm1(-pastStart(e)),
  };
}

// Name -> law of that family for a given scale, in input units.
export const noiseFamilies = {
  uniform: uniformLaw,
  triangular: triangularLaw,
  logistic: logisticLaw,
  normal: normalLaw,
  exponential: exponentialLaw,
};
