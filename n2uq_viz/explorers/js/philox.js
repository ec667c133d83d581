// Philox4x32-10 (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011), the same bits as
// n2uq_viz/randomness.py. Each number has an address (seed, point, draw), so moving a threshold never
// reshuffles the draws and Python throws the very same coins.

const MULTIPLIER_0 = 0xd2511f53;
const MULTIPLIER_1 = 0xcd9e8d57;
const WEYL_0 = 0x9e3779b9;
const WEYL_1 = 0xbb67ae85;

// High 32 bits of the 64-bit product of two 32-bit numbers, in whole numbers of 32 bits throughout: doubles are slower.
function multiplyHigh(a, b) {
  const aLow = a & 0xffff;
  const aHigh = a >>> 16;
  const bLow = b & 0xffff;
  const bHigh = b >>> 16;
  const left = Math.imul(aHigh, bLow);
  const right = Math.imul(aLow, bHigh);
  const middle = (left & 0xffff) + (right & 0xffff) + (Math.imul(aLow, bLow) >>> 16);
  return (Math.imul(aHigh, bHigh) + (left >>> 16) + (right >>> 16) + (middle >>> 16)) | 0;
}

// The four words made last: a new array for each would take longer than making them.
const made = new Uint32Array(4);

function makeWords(c0, c1, c2, c3, k0, k1) {
  for (let round = 0; round < 10; round += 1) {
    const high0 = multiplyHigh(MULTIPLIER_0, c0);
    const high1 = multiplyHigh(MULTIPLIER_1, c2);
    const low0 = Math.imul(MULTIPLIER_0, c0);
    const low1 = Math.imul(MULTIPLIER_1, c2);
    c0 = high1 ^ c1 ^ k0;
    c1 = low1;
    c2 = high0 ^ c3 ^ k1;
    c3 = low0;
    k0 = (k0 + WEYL_0) | 0;
    k1 = (k1 + WEYL_1) | 0;
  }
  made[0] = c0;
  made[1] = c1;
  made[2] = c2;
  made[3] = c3;
}

// counter: 4 words, key: 2 words; returns 4 random words.
export function philox4x32(counter, key) {
  makeWords(...counter, ...key);
  return Array.from(made);
}

// Fills an array, from place `first` on, with the numbers of a point's draws: in [0, 1), with 53 random bits each.
export function fillUniforms(array, seed, point, first) {
  const low = seed >>> 0;
  const high = Math.floor(seed / 0x100000000) >>> 0;
  for (let draw = first; draw < array.length; draw += 1) {
    makeWords(point, draw, 0, 0, low, high);
    array[draw] = ((made[0] >>> 5) * 67108864 + (made[1] >>> 6)) / 9007199254740992;
  }
}
