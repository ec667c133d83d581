// Training live: what to train, and Train, Pause, Go on and Stop. Python trains in a process of its own, and says after
// epochs how far it is; here is only shown what it said last.

import { addButton, addNumber, addSelect, htmlNode, setOptions, showNumber } from "./controls.js";
import { parseWhole } from "./format.js";
import { setAttributes, setText } from "./svg.js";

const REPLY_MS = 8000;
const IDLE = { status: "idle", summary: null, said: "" };

// changed(): there is news. live: {status, summary, said}, where summary is the run so far; stored: names of runs that
// Python can fetch.
export function createTrainForm(parent, stage, changed) {
  const { text, kit } = stage;
  const { tasks, methods, bits: { low, high, usual }, epochs: usualEpochs, maxEpochs, maxSeed } = kit.schema.training;
  let live = IDLE;
  let stored = [];
  if (kit.alone) {
    htmlNode("p", parent, { class: "n2uq-hint", "data-readout": "live" }, text("training.alone"));
    return { live, stored, fetchRun: async () => false, update: () => {} };
  }

  const asked = { seed: 0, epochs: usualEpochs[tasks[0]] };
  const box = htmlNode("fieldset", parent, { class: "n2uq-grip n2uq-train" });
  htmlNode("legend", box, {}, text("control.train.title"));
  const task = addSelect(box, text("control.task"), tasks.map((name) => [name, text(`task.${name}`)]), (name) => {
    asked.epochs = usualEpochs[name];
    update();
  }, { "data-control": "train-task" });
  const method = addSelect(box, text("control.method"), [], () => update(), { "data-control": "train-method" });
  const bits = addSelect(box, text("control.bits"), Array.from({ length: high - low + 1 }, (_, k) => [String(low + k), String(low + k)]), () => {}, { "data-control": "train-bits", title: text("control.train.bits") });
  const whole = (key, least, most) => addNumber(box, text(`control.${key}`), (_, typed) => {
    const number = parseWhole(typed);
    const fits = Number.isInteger(number) && number >= least && number <= most;
    if (fits) asked[key] = number;
    stage.say(fits ? "" : text("message.not_whole", { typed, name: text(`control.${key}`), low: least, high: most }));
    update();
  }, { "data-control": `train-${key}` });
  const seed = whole("seed", 0, maxSeed);
  const epochs = whole("epochs", 1, maxEpochs);
  const buttons = htmlNode("div", box, { class: "n2uq-group" });
  const train = addButton(buttons, text("control.train"), () => tell("train", { config: config() }), { "data-action": "train" });
  const pause = addButton(buttons, "", () => tell(paused() ? "resume" : "pause"), { "data-action": "train-pause" });
  const stop = addButton(buttons, text("control.train.stop"), () => tell("stop"), { "data-action": "train-stop" });
  const progress = htmlNode("progress", box, { "aria-label": text("control.train.title"), max: 1, value: 0 });
  const said = htmlNode("p", box, { class: "n2uq-message", role: "status", "data-readout": "live" });
  bits.value = String(usual);

  const paused = () => ["pausing", "paused"].includes(live.status);

  function config() {
    const float = method.value === "float";
    return { task: task.value, method: method.value, activation_bits: float ? null : Number(bits.value), weight_bits: null, ...asked };
  }

  function hear(message) {
    live = message.live;
    stored = message.stored ?? stored;
    update();
    changed();
  }

  async function tell(kind, content = {}) {
    const reply = await stage.ask(kind, content, REPLY_MS);
    if (reply) hear(reply);
    else setText(said, text("training.live.silent"));
  }

  function update() {
    const choices = methods.filter((name) => name !== "float" || task.value !== "regression");
    const before = method.value || "gste";
    setOptions(method, choices.map((name) => [name, text(`method.${name}`)]));
    method.value = choices.includes(before) ? before : "gste";
    bits.disabled = method.value === "float";
    showNumber(seed, asked.seed);
    showNumber(epochs, asked.epochs);
    const idle = live.status === "idle";
    train.disabled = !idle;
    pause.disabled = idle || live.status === "stopping";
    stop.disabled = pause.disabled;
    setText(pause, text(paused() ? "control.train.go" : "control.pause"));
    setText(said, live.said);
    setAttributes(box, { "data-live": live.status });
    const { summary } = live;
    setAttributes(progress, { max: summary?.config.epochs ?? 1, value: summary?.epochs ?? 0, "aria-valuetext": summary ? text("readout.training.epoch", { epoch: summary.epochs, last: summary.config.epochs }) : "" });
    progress.hidden = idle;
  }

  stage.listen("live", hear);
  update();
  // A view that comes later, or again, has missed what was said before.
  stage.ask("live", {}, REPLY_MS).then((reply) => { if (reply && !stage.signal.aborted) hear(reply); });

  return {
    get live() { return live; },
    get stored() { return stored; },
    update,
    // Have Python bring a stored run here; whether it has.
    fetchRun: async (name) => (await stage.ask("run", { name }, REPLY_MS)) !== null,
  };
}
