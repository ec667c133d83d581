// Play, pause and step: what moves by itself moves only when asked, and in few big steps for those who want less motion.

import { addButton, htmlNode } from "./controls.js";
import { setAttributes, setText } from "./svg.js";

const CALM_MS = 600;
// After a pause of the page itself (another tab, a busy machine) nothing is made up for.
const LONGEST_MS = 250;

// step(): one step by hand. advance(ms): what passes in that time while playing; false when there is no more to play.
// ready(): whether there is anything to play. begin(): Play was pressed.
export function createPlayer(parent, stage, { step, advance, ready, begin = () => {} }) {
  const { text } = stage;
  const group = htmlNode("span", parent, { class: "n2uq-group" });
  const play = addButton(group, "", () => (playing ? pause() : start()), { "data-action": "play" });
  const once = addButton(group, text("control.step"), () => { pause(); step(); }, { "data-action": "step" });
  const calm = window.matchMedia("(prefers-reduced-motion: reduce)");
  let playing = false;
  let calmAtStart = false;
  let frame = null;
  let before = 0;

  function loop(now) {
    frame = requestAnimationFrame(loop); // before anything that may cancel it
    const passed = now - before;
    // Looked up here and not listened for: a browser that is asked in every frame reports no change.
    if (calm.matches && !calmAtStart) pause();
    if (!playing || (calm.matches && passed < CALM_MS)) return;
    before = now;
    if (!advance(Math.min(passed, calm.matches ? CALM_MS : LONGEST_MS))) pause();
  }

  function start() {
    begin();
    if (!ready()) return;
    playing = true;
    calmAtStart = calm.matches;
    before = performance.now();
    frame = requestAnimationFrame(loop);
    update();
  }

  // All that was played is undone together.
  function pause() {
    if (!playing) return;
    playing = false;
    cancelAnimationFrame(frame);
    update();
    stage.commit();
  }

  function update() {
    setText(play, text(playing ? "control.pause" : "control.play"));
    setAttributes(play, { "aria-pressed": playing });
    const more = ready();
    once.disabled = !more;
  }

  stage.signal.addEventListener("abort", () => cancelAnimationFrame(frame));
  update();
  return { update, pause, get playing() { return playing; } };
}
