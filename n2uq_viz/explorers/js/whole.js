// A typed whole number within limits: another number is rounded and brought within them, and that is said.

import { addNumber, showNumber } from "./controls.js";
import { parseWhole } from "./format.js";

// key: of the words for its name. limits(): [low, high]. current(): what holds. take(whole): a new one.
export function addWhole(parent, stage, { key, limits, current, take }, attributes) {
  const { text } = stage;
  const name = text(`control.${key}`);
  const field = addNumber(parent, name, (_, typed) => {
    const number = parseWhole(typed);
    if (Number.isFinite(number)) {
      const [low, high] = limits();
      const whole = Math.min(Math.max(Math.round(number), low), high);
      take(whole);
      stage.say(whole === number ? "" : text("message.whole", { name, low, high, value: whole }));
    } else stage.say(text("message.number", { typed }));
    update();
  }, attributes);
  const update = () => showNumber(field, current());
  return { update };
}
