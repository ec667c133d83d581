// Coins thrown one by one: buttons, Play at a speed, a typed number, a slider, and other coins.

import { addButton, addRange, addSelect, htmlNode } from "./controls.js";
import { createPlayer } from "./player.js";
import { addWhole } from "./whole.js";

// amounts: how many coins the buttons throw.
export function createThrows(parent, stage, amounts) {
  const { text, kit: { schema: { limits: { maxDraws, maxSeed, speeds } } } } = stage;
  let pending = 0; // of a coin that is due, since a frame is short
  const more = (count) => Math.min(stage.state.thrown + count, maxDraws);

  const buttons = htmlNode("span", parent, { class: "n2uq-group" });
  for (const amount of amounts) {
    addButton(buttons, text("control.throw.count", { count: amount }), () => set({ thrown: more(amount) }), { "data-action": `throw-${amount}` });
  }
  const player = createPlayer(parent, stage, {
    step: () => stage.set({ thrown: more(1) }),
    ready: () => stage.state.thrown < maxDraws,
    begin() {
      pending = 1; // so that Play answers at once
      stage.letGo();
      if (stage.state.thrown >= maxDraws) stage.change({ thrown: 0 });
    },
    advance(ms) {
      pending += (ms * stage.state.speed) / 1000;
      const whole = Math.floor(pending);
      pending -= whole;
      if (whole) stage.change({ thrown: more(whole) });
      return stage.state.thrown < maxDraws;
    },
  });
  const speed = addSelect(
    parent,
    text("control.speed"),
    speeds.map((n) => [String(n), text(n === 1 ? "control.speed.one" : "control.speed.many", { n })]),
    (n) => set({ speed: Number(n) }),
    { "data-control": "speed" },
  );
  const whole = (key, high) => addWhole(parent, stage, {
    key, limits: () => [0, high], current: () => stage.state[key], take: (value) => set({ [key]: value }),
  }, { "data-control": key });
  const thrown = whole("thrown", maxDraws);
  const range = addRange(parent, text("control.thrown"), {
    begin() { player.pause(); stage.hold(); },
    move: (v) => stage.change({ thrown: Math.round(10 ** v) - 1 }),
    done: () => { stage.commit("thrown"); stage.release(); },
  }, { min: 0, max: Math.log10(maxDraws + 1), step: "any", "data-control": "thrown-range" });
  const seed = whole("seed", maxSeed);
  addButton(parent, text("control.throw.again"), () => set({ seed: (stage.state.seed + 1) % maxSeed }), {
    title: text("control.throw.help"), "data-action": "throw",
  });
  addButton(parent, text("control.none_thrown"), () => set({ thrown: 0 }), { "data-action": "none-thrown" });

  function set(patch) {
    player.pause();
    stage.set(patch);
  }

  return {
    pause: player.pause,
    update(state) {
      player.update();
      speed.value = String(state.speed);
      thrown.update();
      range.value = String(Math.log10(state.thrown + 1));
      seed.update();
    },
  };
}
