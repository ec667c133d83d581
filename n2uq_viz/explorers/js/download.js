// The picture on screen as a file, made by the browser alone: for when no Python answers, and for slides in a
// hurry. Both files carry the state in the same place as those of n2uq_viz/export.py.

const STATE_KEY = "n2uq_viz-state";
const PNG_SCALE = 2;
// What the style sheet decides and other programs must find in the file itself.
const PROPERTIES = [
  "display",
  "fill",
  "fill-opacity",
  "font-family",
  "font-size",
  "font-weight",
  "paint-order",
  "stroke",
  "stroke-dasharray",
  "stroke-linecap",
  "stroke-linejoin",
  "stroke-opacity",
  "stroke-width",
  "text-anchor",
];

// State as JSON with sorted keys, as n2uq_viz.state.dumps writes it.
export function stateText(state) {
  const sorted = (value) =>
    value && typeof value === "object" && !Array.isArray(value)
      ? Object.fromEntries(Object.keys(value).sort().map((key) => [key, sorted(value[key])]))
      : value;
  return JSON.stringify(sorted(state));
}

function standalone({ svg, title, description, state }) {
  const copy = svg.cloneNode(true);
  const originals = [svg, ...svg.querySelectorAll("*")];
  [copy, ...copy.querySelectorAll("*")].forEach((element, k) => {
    const computed = getComputedStyle(originals[k]);
    for (const name of PROPERTIES) {
      const value = computed.getPropertyValue(name);
      if (value) element.setAttribute(name, value);
    }
    for (const name of ["class", "role", "tabindex", "aria-hidden"]) element.removeAttribute(name);
    for (const name of element.getAttributeNames()) {
      if (name.startsWith("aria-") || name.startsWith("data-")) element.removeAttribute(name);
    }
  });
  copy.querySelectorAll("[display=none]").forEach((element) => element.remove());
  const named = { title, desc: description, metadata: stateText(state) };
  for (const [name, words] of Object.entries(named).reverse()) {
    const element = document.createElementNS("http://www.w3.org/2000/svg", name);
    element.textContent = words;
    if (name === "metadata") element.id = STATE_KEY;
    copy.prepend(element);
  }
  copy.setAttribute("role", "img");
  copy.setAttribute("xmlns", "http://www.w3.org/2000/svg");
  return new XMLSerializer().serializeToString(copy);
}

function offer(blob, name) {
  const url = URL.createObjectURL(blob);
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10000);
}

export function downloadSvg(picture, name) {
  offer(new Blob([standalone(picture)], { type: "image/svg+xml" }), `${name}.svg`);
}

export async function downloadPng(picture, name) {
  const url = URL.createObjectURL(new Blob([standalone(picture)], { type: "image/svg+xml" }));
  try {
    const image = new Image();
    image.src = url;
    await image.decode();
    const { width, height } = picture.svg.viewBox.baseVal;
    const canvas = document.createElement("canvas");
    canvas.width = width * PNG_SCALE;
    canvas.height = height * PNG_SCALE;
    canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
    const blob = await new Promise((resolve) => canvas.toBlob(resolve, "image/png"));
    const bytes = new Uint8Array(await blob.arrayBuffer());
    const texts = { Title: picture.title, Description: picture.description, [STATE_KEY]: stateText(picture.state) };
    offer(new Blob([withTexts(bytes, texts)], { type: "image/png" }), `${name}.png`);
  } finally {
    URL.revokeObjectURL(url);
  }
}

// CRC-32 as PNG wants it (ISO 3309).
export function crc32(bytes) {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let k = 0; k < 8; k += 1) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  }
  return (crc ^ 0xffffffff) >>> 0;
}

// A PNG with text chunks (iTXt, uncompressed UTF-8) after its header.
export function withTexts(png, texts) {
  const encoder = new TextEncoder();
  const chunks = Object.entries(texts).map(([key, words]) => {
    const body = encoder.encode(`iTXt${key}\0\0\0\0\0${words}`);
    const chunk = new Uint8Array(body.length + 8);
    const view = new DataView(chunk.buffer);
    view.setUint32(0, body.length - 4);
    chunk.set(body, 4);
    view.setUint32(body.length + 4, crc32(body));
    return chunk;
  });
  const headerEnd = 8 + 25; // signature, then the IHDR chunk: length, name, 13 bytes, checksum
  return new Blob([png.slice(0, headerEnd), ...chunks, png.slice(headerEnd)]);
}
