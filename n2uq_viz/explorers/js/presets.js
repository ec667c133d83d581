// Menus of quantizers to start from.

import { addSelect, setOptions } from "./controls.js";
import { sameState } from "./history.js";

const NAMES = ["binary", "uniform", "nonuniform"];

// use(q): the reader has chosen a quantizer.
export function createPresets(parent, stage, use) {
  const { text, kit: { constants: { presets } } } = stage;
  const preset = addSelect(parent, text("control.preset"), [], (name) => choose(name, nearestBits(stage.state)), { "data-control": "preset" });
  const bits = addSelect(
    parent,
    text("control.bits"),
    [1, 2, 3, 4].map((n) => [String(n), String(n)]),
    (n) => choose(familyOf(stage.state) ?? "uniform", Number(n)),
    { "data-control": "bits" },
  );

  function choose(name, wanted) {
    const family = name === "binary" && wanted > 1 ? "uniform" : name;
    const found = presets[family]?.[name === "binary" ? 1 : wanted] ?? presets.uniform[wanted];
    use({ edges: found.edges.slice(), levels: found.levels.slice() });
  }

  // As many bits as come nearest, where the number of levels is no power of two.
  function nearestBits({ levels }) {
    return Math.min(Math.max(Math.round(Math.log2(levels.length)), 1), 4);
  }

  function familyOf({ edges, levels }) {
    const q = { edges, levels };
    return NAMES.find((name) => Object.values(presets[name]).some((known) => sameState(known, q))) ?? null;
  }

  function update(state) {
    const family = familyOf(state);
    setOptions(preset, [...NAMES, ...(family ? [] : ["own"])].map((name) => [name, text(`preset.${name}`)]));
    preset.value = family ?? "own";
    const n = Math.log2(state.levels.length);
    bits.value = Number.isInteger(n) ? String(n) : "";
  }

  return { update };
}
