// Philox4x32-10 (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011), the same bits as
// n2uq_viz/randomness.py. Each number has an address (seed, point, draw), so moving a threshold never
// reshuffles the draws and Python throws the very same coins.

const MULTIPLIER = [0xd2511f53, 0xcd9e8d57];
const WEYL = [0x9e3779b9, 0xbb67ae85];

// High 32 bits of the 64-bit product of two unsigned 32-bit numbers.
function multiplyHigh(a, b) {
  const aLow = a & 0xffff;
  const aHigh = a >>> 16;
  const bLow = b & 0xffff;
  const bHigh = b >>> 16;
  const middle = aHigh * bLow + ((aLow * bLow) >>> 16);
  const carry = (middle & 0xffff) + aLow * bHigh;
  return (aHigh * bHigh + Math.floor(middle / 0x10000) + Math.floor(carry / 0x10000)) >>> 0;
}

// counter: 4 words, key: 2 words; returns 4 random words.
export function philox4x32(counter, key) {
  let [c0, c1, c2, c3] = counter;
  let [k0, k1] = key;
  for (let round = 0; round < 10; round += 1) {
    const high0 = multiplyHigh(MULTIPLIER[0], c0);
    const high1 = multiplyHigh(MULTIPLIER[1], c2);
    const low0 = Math.imul(MULTIPLIER[0], c0) >>> 0;
    const low1 = Math.imul(MULTIPLIER[1], c2) >>> 0;
    c0 = (high1 ^ c1 ^ k0) >>> 0;
    c1 = low1;
    c2 = (high0 ^ c3 ^ k1) >>> 0;
    c3 = low0;
    k0 = (k0 + WEYL[0]) >>> 0;
    k1 = (k1 + WEYL[1]) >>> 0;
  }
  return [c0, c1, c2, c3];
}

// A number in [0, 1) with 53 random bits for one draw at one point.
export function uniform(seed, point, draw) {
  const key = [seed >>> 0, Math.floor(seed / 0x100000000) >>> 0];
  const words = philox4x32([point, draw, 0, 0], key);
  return ((words[0] >>> 5) * 67108864 + (words[1] >>> 6)) / 9007199254740992;
}
