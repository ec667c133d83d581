// What is seen, in words and numbers: one line for each thing, whose numbers also stand in full in data attributes.

import { htmlNode } from "./controls.js";
import { setAttributes, setText } from "./svg.js";

export function createReport(parent, text) {
  const section = htmlNode("section", parent, { class: "n2uq-readout", "aria-label": text("readout.label") });
  const lines = new Map();

  // values: name -> number, written as data-name. Nothing to say: the line goes.
  function write(name, words, values = {}) {
    if (!lines.has(name)) lines.set(name, htmlNode("p", section, { "data-readout": name }));
    const line = lines.get(name);
    line.hidden = words === "";
    setText(line, words);
    for (const [key, value] of Object.entries(values)) setAttributes(line, { [`data-${key}`]: value });
  }

  const words = () => Array.from(lines.values()).filter((line) => !line.hidden).map((line) => line.textContent).join(" ");
  return { section, write, words };
}
