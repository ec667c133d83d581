// SHA-256 (FIPS 180-4) of a text of ASCII signs, in hexadecimal digits. The browser's own answers later only, and a state
// is taken or refused at once.

// The first 32 bits behind the point of roots of the first primes.
function bitsOfRoots(count, power) {
  const primes = [];
  for (let n = 2; primes.length < count; n += 1) if (primes.every((prime) => n % prime !== 0)) primes.push(n);
  return Uint32Array.from(primes, (prime) => (prime ** power % 1) * 2 ** 32);
}

const ROUND_BITS = bitsOfRoots(64, 1 / 3);
const FIRST_HASH = bitsOfRoots(8, 1 / 2);
const turned = (word, by) => (word >>> by) | (word << (32 - by));

export function sha256(ascii) {
  // The text, a one, zeros, and the number of its bits: blocks of 16 words.
  const words = new Uint32Array(16 * Math.ceil((ascii.length + 9) / 64));
  for (let i = 0; i < ascii.length; i += 1) words[i >> 2] |= ascii.charCodeAt(i) << (24 - 8 * (i % 4));
  words[ascii.length >> 2] |= 0x80 << (24 - 8 * (ascii.length % 4));
  words[words.length - 2] = ascii.length / 2 ** 29;
  words[words.length - 1] = ascii.length << 3;
  const hash = FIRST_HASH.slice();
  const w = new Uint32Array(64);
  for (let block = 0; block < words.length; block += 16) {
    w.set(words.subarray(block, block + 16));
    for (let t = 16; t < 64; t += 1) {
      const near = turned(w[t - 15], 7) ^ turned(w[t - 15], 18) ^ (w[t - 15] >>> 3);
      const far = turned(w[t - 2], 17) ^ turned(w[t - 2], 19) ^ (w[t - 2] >>> 10);
      w[t] = w[t - 16] + near + w[t - 7] + far;
    }
    let [a, b, c, d, e, f, g, h] = hash;
    for (let t = 0; t < 64; t += 1) {
      const first = (h + (turned(e, 6) ^ turned(e, 11) ^ turned(e, 25)) + ((e & f) ^ (~e & g)) + ROUND_BITS[t] + w[t]) | 0;
      const second = ((turned(a, 2) ^ turned(a, 13) ^ turned(a, 22)) + ((a & b) ^ (a & c) ^ (b & c))) | 0;
      [h, g, f, e, d, c, b, a] = [g, f, e, (d + first) | 0, c, b, a, (first + second) | 0];
    }
    [a, b, c, d, e, f, g, h].forEach((word, k) => { hash[k] += word; });
  }
  return Array.from(hash, (word) => word.toString(16).padStart(8, "0")).join("");
}
