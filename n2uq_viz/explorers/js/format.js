// Words and numbers as people read them.

// The text of a key from words/en.json, with {name} replaced by values.name.
export function say(words, key, values = {}) {
  if (!(key in words)) throw new Error(`no words for ${key}`);
  return words[key].replace(/\{(\w+)\}/g, (_, name) => String(values[name]));
}

// Number() alone would also take 0x10, and nothing for 0.
const DECIMAL = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;
const THOUSANDS = /^\d{1,3}([,.'’ \u00a0\u202f]\d{3})+$/;

// The number that somebody typed, with a decimal point or comma, perhaps as a fraction like 2/3; NaN if it is none.
export function parse(typed) {
  const parts = typed.split("/").map((part) => part.trim().replace("\u2212", "-").replace(",", "."));
  if (parts.length > 2 || !parts.every((part) => DECIMAL.test(part))) return NaN;
  const [over, under = 1] = parts.map(Number);
  return over / under;
}

// The whole number that somebody typed: 10,000 and 10 000 are ten thousand, however thousands are marked.
export function parseWhole(typed) {
  return THOUSANDS.test(typed.trim()) ? Number(typed.replace(/\D/g, "")) : parse(typed);
}

// A number with about four significant digits and a true minus sign.
export function short(value) {
  if (!Number.isFinite(value)) return String(value);
  const size = Math.abs(value);
  const text =
    size !== 0 && (size < 1e-3 || size >= 1e5) ? value.toExponential(2) : String(Number(value.toFixed(size < 1 ? 4 : size < 100 ? 3 : 1)));
  return text.replace("-", "−");
}

// A p-value with two digits, and without pretending to more than it can say.
export function chance(p) {
  return `p ${p < 1e-4 ? "<" : "="} ${p < 1e-4 ? "0.0001" : Number(p.toPrecision(2))}`.replaceAll(" ", "\u00a0"); // in one line
}

export function percent(share) {
  const value = 100 * share;
  return `${value >= 99.95 || value === 0 ? value.toFixed(0) : value.toFixed(1)} %`;
}
