// SVG by hand: making nodes, changing only what changed, paths and ticks.

const NAMESPACE = "http://www.w3.org/2000/svg";

export function svgNode(name, parent, attributes = {}) {
  const element = document.createElementNS(NAMESPACE, name);
  setAttributes(element, attributes);
  parent.append(element);
  return element;
}

// Writing an attribute makes the browser lay out and paint again, even when the value is the old one.
export function setAttributes(element, attributes) {
  for (const [name, value] of Object.entries(attributes)) {
    const text = String(value);
    if (element.getAttribute(name) !== text) element.setAttribute(name, text);
  }
}

// Colors of paths that differ by data: as styles, since the style sheet's rules come before attributes.
export function paint(element, colors) {
  for (const [name, color] of Object.entries(colors)) if (element.style[name] !== color) element.style[name] = color;
}

export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

export function show(element, visible) {
  setAttributes(element, { display: visible ? "inline" : "none" });
}

// Far out of the picture is far enough: no browser reads a path with numbers of any size.
const FAR = 1e6;

// Enough digits for a pixel.
export function px(value) {
  return Math.round(Math.min(Math.max(value, -FAR), FAR) * 100) / 100;
}

// A path of dots: zero-length strokes with round caps, one node for any number of dots.
export function dotsPath(points) {
  return points.map(([x, y]) => `M${px(x)} ${px(y)}h0`).join("");
}

export function circlesPath(points, radius) {
  return points
    .map(([x, y]) => `M${px(x - radius)} ${px(y)}a${radius} ${radius} 0 1 0 ${2 * radius} 0a${radius} ${radius} 0 1 0 ${-2 * radius} 0`)
    .join("");
}

// Filled triangles that point up, with their tips at the points.
export function trianglesPath(points, size) {
  return points.map(([x, y]) => `M${px(x)} ${px(y)}l${size / 2} ${size}h${-size}Z`).join("");
}

export function linePath(points) {
  return points.map(([x, y], k) => `${k ? "L" : "M"}${px(x)} ${px(y)}`).join("");
}

// Round numbers inside [low, high], about `count` of them.
export function ticks(low, high, count) {
  const rough = (high - low) / Math.max(1, count);
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((m) => m * power).find((s) => s >= rough);
  const first = Math.ceil(low / step - 1e-9);
  const last = Math.floor(high / step + 1e-9);
  return Array.from({ length: last - first + 1 }, (_, k) => Number(((first + k) * step).toPrecision(12)));
}
