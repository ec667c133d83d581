// What the lines and dots are, with a button for each that hides it.

import { addButton, htmlNode } from "./controls.js";
import { setAttributes } from "./svg.js";

export function createLegend(stage, names) {
  const { kit, slots, text } = stage;
  const buttons = names.map((name) => {
    const button = addButton(slots.legend, "", () => {
      stage.pause();
      const hidden = new Set(stage.state.hidden);
      if (!hidden.delete(name)) hidden.add(name);
      stage.set({ hidden: names.filter((series) => hidden.has(series)) });
    }, { class: "n2uq-series", "data-series": name });
    const own = `series.${kit.name}.${name}`;
    htmlNode("span", button, { class: `n2uq-swatch n2uq-swatch-${name.replaceAll("_", "-")} n2uq-swatch-in-${kit.name}` });
    htmlNode("span", button, {}, text(own in kit.words ? own : `series.${name}`));
    return { name, button };
  });
  return {
    update(state) {
      for (const { name, button } of buttons) setAttributes(button, { "aria-pressed": !state.hidden.includes(name) });
    },
  };
}
