// The Training explorer: one or two training runs, epoch by epoch. While a net is trained live, the run so far stands in
// the first place, where it stays when it ends.

import { addSelect, setOptions } from "./controls.js";
import { createGrip } from "./grip.js";
import { createHandles } from "./handles.js";
import { createLegend } from "./legend.js";
import { arrange, createSheet } from "./panel.js";
import { createPlayer } from "./player.js";
import { remember } from "./remember.js";
import { createReport } from "./report.js";
import { columnPanels, createRunColumn } from "./run_column.js";
import { createCurves, epochsShown, hasAccuracy, lossAxis } from "./run_curves.js";
import { describeRuns, nameOfRun } from "./run_words.js";
import { frameAt, inputRange, lastEpoch, lastLayer } from "./runs.js";
import { createTrainForm } from "./train_form.js";
import { quantizerOfRuns } from "./validate.js";

const BESIDE_RUNS_WIDTH = 640;
// All epochs pass in about this time, but no more slowly than so many a second.
const PLAY_SECONDS = 8;
const SLOWEST = 6;
const EPOCH_HANDLE = [{ id: "epoch", kind: "epoch", number: "", index: 0 }];

export function trainingExplorer(stage) {
  const { text, kit, slots } = stage;
  const { limits: { maxRuns }, training: { maxClasses } } = kit.schema;
  const hiddenOf = remember((hidden) => new Set(hidden));
  const axisOf = remember((first, second) => lossAxis([first, second].filter(Boolean)));
  const rangeOf = remember((layer, first, second) => inputRange([first, second].filter(Boolean), layer));
  const runOf = (run) => (typeof run === "string" ? kit.data[run] : run);
  const keyOf = (run) => (typeof run === "string" ? run : run.sha256);
  let liveEpoch = null; // of the run that is trained now: null for the newest

  // What is on screen: the state's runs, or those it will have when the training ends.
  function scene(state) {
    const own = state.runs.map(runOf).filter((run) => run !== undefined);
    const { summary } = form.live;
    if (!summary) return { runs: own, epoch: state.epoch, last: lastEpoch(own), view: state.view, live: false };
    const runs = [summary, ...(own.length === maxRuns ? own.slice(1) : own)];
    const view = rangeOf(state.layer, runs[0], runs[1]) ?? state.view;
    return { runs, epoch: Math.min(liveEpoch ?? summary.epochs, lastEpoch(runs)), last: lastEpoch(runs), view, live: true, planned: summary.config.epochs };
  }

  // The keys that follow from a change of runs, epoch or layer. The axis of inputs stands still while epochs pass.
  function follow(change) {
    const next = { ...stage.state, ...change };
    const runs = next.runs.map(runOf);
    const found = { ...change, epoch: Math.min(next.epoch, lastEpoch(runs)), layer: Math.min(next.layer, lastLayer(runs)) };
    const view = "epoch" in change ? next.view : inputRange(runs, found.layer) ?? next.view;
    return { ...found, ...quantizerOfRuns(runs, found, kit.schema), view };
  }

  function goTo(epoch) {
    const { live, last } = scene(stage.state);
    const whole = Math.round(Math.min(Math.max(epoch, 0), last));
    if (!live) return follow({ epoch: whole });
    liveEpoch = whole === last || whole === form.live.summary.epochs ? null : whole;
    return {};
  }

  // --- Picture ------------------------------------------------------------------------------------

  const sheet = createSheet(slots.picture, text("picture.training"));
  const curves = createCurves(sheet, text, maxRuns);
  const columns = Array.from({ length: maxRuns }, (_, k) => createRunColumn(sheet, k, stage, maxClasses));
  const handles = createHandles(sheet.svg, text);
  const grip = createGrip({
    stage,
    picture: { svg: sheet.svg, handles, xAt: (pixel) => curves.panels.loss.x.invert(pixel) },
    first: "epoch",
    listOf: () => EPOCH_HANDLE,
    valueOf: (state) => scene(state).epoch,
    limitsOf: (state) => [0, scene(state).last],
    viewOf: (state) => [0, scene(state).last],
    move: (_, __, to) => goTo(to),
    whole: true,
  });
  const form = createTrainForm(slots.side, stage, () => {
    if (!form.live.summary) liveEpoch = null;
    else player.pause();
    stage.redraw();
  });
  const report = createReport(slots.side, text);

  // --- Controls -----------------------------------------------------------------------------------

  const menus = Array.from({ length: maxRuns }, (_, k) => addSelect(slots.tools, text(`control.run.${k + 1}`), [], (key) => choose(k, key), { "data-control": `run-${k + 1}` }));
  const layers = addSelect(slots.tools, text("control.layer"), [], (k) => { player.pause(); stage.set(follow({ layer: Number(k) })); }, { "data-control": "layer" });
  let due = 0;
  const player = createPlayer(slots.tools, stage, {
    step: () => { grip.letGo(); stage.set(goTo(stage.state.epoch + 1)); },
    ready: () => lastEpoch(stage.state.runs.map(runOf)) > 0 && !form.live.summary,
    begin() {
      grip.letGo();
      due = 1;
      if (stage.state.epoch >= scene(stage.state).last) stage.change(goTo(0));
    },
    advance(ms) {
      const { last, live } = scene(stage.state);
      if (live) return false;
      due += (ms / 1000) * Math.max(SLOWEST, last / PLAY_SECONDS);
      const whole = Math.floor(due);
      due -= whole;
      if (whole) stage.change(goTo(stage.state.epoch + whole));
      return stage.state.epoch < last;
    },
  });
  const legend = createLegend(stage, kit.schema.series.training);

  async function choose(k, key) {
    player.pause();
    grip.letGo();
    if (key && !known().has(key)) {
      stage.say(text("training.live.fetching"));
      if (!(await form.fetchRun(key)) || !kit.data[key]) {
        stage.say(text("training.live.missing"));
        stage.redraw();
        return;
      }
    }
    const runs = stage.state.runs.slice();
    if (key) runs[Math.min(k, runs.length)] = known().get(key);
    else runs.splice(k, 1);
    stage.set(follow({ runs }));
  }

  // Key of a menu -> what a state says for that run. Runs of one's own have their hash for a key.
  function known() {
    const found = new Map(Object.keys(kit.data).map((name) => [name, name]));
    for (const run of stage.state.runs) if (!found.has(keyOf(run))) found.set(keyOf(run), run);
    return found;
  }

  function boxesFor(size, runs, beside) {
    const curvePanels = hasAccuracy(runs) ? ["loss", "accuracy"] : ["loss"];
    const first = curvePanels.map((name, k) => ({ name, share: 1, headed: k === 0, numbers: k === curvePanels.length - 1, named: k === curvePanels.length - 1 }));
    const rest = runs.map((run, k) => columnPanels(k, run));
    const boxes = arrange(size, beside ? [{ share: 1, panels: first }, ...rest.map((panels) => ({ share: 1, panels }))] : [{ share: 1, panels: [...first, ...rest.flat()] }]);
    return { names: curvePanels, boxes };
  }

  let shownState = null;
  function draw(size) {
    const { state } = stage;
    const { runs, epoch, last, planned, view, live } = scene(state);
    const hidden = hiddenOf(state.hidden);
    const { fontSize } = size;
    sheet.size(size);
    const { names, boxes } = boxesFor(size, runs, size.width >= BESIDE_RUNS_WIDTH);
    const shown = epochsShown(runs, planned);
    curves.update({ runs, last: shown, epoch, names, boxes, axis: axisOf(runs[0], runs[1]), fontSize, hidden, empty: text(kit.alone ? "training.none.alone" : "training.none") });
    columns.forEach((column, k) => {
      const run = runs[k];
      if (!run) column.hide();
      else column.update({ run, layer: state.layer, frame: frameAt(run, epoch), epoch: Math.min(epoch, run.epochs), last: shown, boxes, fontSize, hidden, view, words: text("training.head", { i: k + 1, run: nameOfRun(run.label, text) }) });
    });
    grip.update(state);
    const panel = curves.panels[names[names.length - 1]];
    const { left, right } = panel.box;
    handles.frame(EPOCH_HANDLE);
    handles.update([{ value: epoch, low: 0, high: last, at: [panel.x(epoch), panel.box.bottom] }], {
      selected: grip.selected, view: [0, last], room: [left, right], corner: [boxes.loss.right, boxes.loss.top - 0.6 * fontSize],
    });
    describeRuns(report, { runs, epoch, last, layer: state.layer, live }, text);
    player.update();
    if (shownState !== state || form.live.summary) updateControls(state, runs);
    shownState = state;
  }

  function updateControls(state, runs) {
    legend.update(state);
    const names = new Set([...known().keys(), ...form.stored]);
    const options = Array.from(names, (key) => [key, nameOfRun(kit.data[key]?.label ?? state.runs.map(runOf).find((run) => run?.sha256 === key)?.label ?? key, text)]);
    menus.forEach((menu, k) => {
      const none = k > 0 || state.runs.length === 0 ? [["", text("control.run.none")]] : [];
      setOptions(menu, [...none, ...options]);
      menu.value = state.runs[k] ? keyOf(state.runs[k]) : "";
      menu.disabled = options.length === 0 || (k > state.runs.length);
    });
    const longest = runs.reduce((best, run) => (run.layers.length > (best?.layers.length ?? 0) ? run : best), null);
    setOptions(layers, (longest?.layers ?? []).map(({ name }, k) => [String(k), name]));
    layers.value = String(state.layer);
    layers.disabled = longest === null;
  }

  return {
    draw,
    describe: () => report.words(),
    height(width) {
      const { runs } = scene(stage.state);
      const planes = runs.filter((run) => run.regions).length;
      if (width >= BESIDE_RUNS_WIDTH) return planes ? 760 : 580;
      return 340 + 480 * runs.length + 280 * planes;
    },
    letGo: grip.letGo,
    pause: player.pause,
    svg: sheet.svg,
    whole: (state) => ({ ...state, runs: state.runs.map((run) => (typeof run === "string" && kit.data[run]?.sha256 === run ? kit.data[run] : run)) }),
  };
}
