// How the gradient is estimated from the draws: the method, and the half-width of the difference quotient.

import { addNumber, addSelect, htmlNode, showNumber } from "./controls.js";
import { short } from "./format.js";
import { automaticHalfWidth } from "./simulation.js";
import { setAttributes } from "./svg.js";

export function createEstimator(parent, stage) {
  const { text, kit } = stage;
  const { gradientMethods } = kit.schema;
  const { largest } = kit.constants;
  const group = htmlNode("span", parent, { class: "n2uq-group" });
  const method = addSelect(
    group,
    text("control.gradient_method"),
    gradientMethods.map((name) => [name, text(`gradient_method.${name}`)]),
    (name) => stage.set({ gradient_method: name }),
    { "data-control": "gradient-method", title: text("control.gradient_method.help") },
  );
  const halfWidth = addNumber(group, text("control.half_width"), take, {
    "data-control": "half-width",
    placeholder: text("control.half_width.automatic"),
  });

  // An empty field means the automatic half-width.
  function take(number, typed) {
    const automatic = ["", text("control.half_width.automatic")].includes(typed.trim().toLowerCase());
    const valid = automatic || (number !== null && number >= 1 / largest && number <= largest);
    if (valid) stage.set({ half_width: automatic ? null : number });
    stage.say(valid ? "" : text("message.half_width", { typed }));
    update(stage.state);
  }

  function update(state) {
    const needed = state.gradient_method === "common_random_numbers";
    method.value = state.gradient_method;
    halfWidth.disabled = !needed;
    showNumber(halfWidth, state.half_width ?? "");
    const help = needed ? text("control.half_width.help", { h: short(automaticHalfWidth(state)) }) : text("control.half_width.unneeded");
    setAttributes(halfWidth, { title: help });
  }

  return { update };
}
