// The Stage: what all explorers share. It holds the state, its history and its way to Python, and gives an
// explorer the places to put its controls and its picture. An explorer is a function of the stage that returns
// {draw(size), describe(), letGo(), svg}, and where it has them pause(), settled(), close(), height(width) and
// whole(state): the state with all that it only names, for files and other places.

import { createAlone } from "./alone.js";
import { addButton, addSelect, htmlNode } from "./controls.js";
import { downloadPng, downloadSvg } from "./download.js";
import { say } from "./format.js";
import { createHistory, sameState } from "./history.js";
import { createSharing } from "./sharing.js";
import { createSync } from "./sync.js";
import { applyTheme, resolveTheme, watchPlace } from "./theme.js";

const SAVE_PATIENCE_MS = 60000;
// How soon to look again whether a picture that has changed is back in sight.
const OUT_OF_SIGHT_MS = 250;
// Paddings and gaps around the bars in full screen, in pixels.
const FULLSCREEN_MARGINS = 44;

export function mountStage({ model, parent, kit, explorer }) {
  const text = (key, values) => say(kit.words, key, values);
  const root = htmlNode("div", parent, {
    class: "n2uq-stage",
    "data-explorer": kit.name,
    role: "group",
    "aria-label": text(`explorer.${kit.name}.title`),
    // JupyterLab would otherwise take letters typed here as commands.
    "data-lm-suppress-shortcuts": "true",
  });
  // On a page of its own there is no Python.
  const alone = kit.alone === true;
  const slots = {};
  for (const name of ["tools", "legend", "main"]) slots[name] = htmlNode("div", root, { class: `n2uq-${name}` });
  slots.picture = htmlNode("div", slots.main, { class: "n2uq-canvas" });
  slots.side = htmlNode("div", slots.main, { class: "n2uq-side" });
  const saveBar = htmlNode("div", root, { class: "n2uq-save" });
  const sharingBox = htmlNode("div", root, { class: "n2uq-state", hidden: "" });
  const live = htmlNode("div", root, { class: "n2uq-live", "aria-live": "polite" });

  let state = model.get("state");
  const first = state;
  const history = createHistory(state);
  const closing = new AbortController();
  let frame = null;
  let announcing = false;

  const sync = (alone ? createAlone : createSync)(model, {
    onState(next) {
      if (alone) drawn.pause?.(); // another address is a new beginning
      state = next;
      history.push(state);
      updateButtons();
      redraw();
    },
    onStatus(name) {
      root.dataset.python = name;
      status.textContent = name === "silent" ? text("stage.silent") : "";
      if (name === "in-step") drawn.settled?.();
      else if (name === "silent") redraw();
    },
  });

  const stage = {
    root,
    slots,
    kit,
    text,
    signal: closing.signal,
    get state() { return state; },
    get theme() { return resolveTheme(state.theme); },
    // Part of a gesture: drawn at once, sent soon, not yet an undo step.
    change(patch) {
      state = { ...state, ...patch };
      redraw();
      sync.send(state);
    },
    // The end of a gesture: an undo step, and Python gets exactly this.
    commit(kind = null) {
      history.push(state, kind);
      finish();
    },
    set(patch, kind = null) {
      stage.change(patch);
      stage.commit(kind);
    },
    get silent() { return ["silent", "alone"].includes(root.dataset.python); },
    // Nothing is held, and Python has what is on screen.
    get quiet() { return !sync.held && root.dataset.python === "in-step"; },
    inquire: sync.inquire,
    ask: sync.ask,
    // listener(message): what Python says of that kind without being asked.
    listen(kind, listener) {
      const heard = (message) => { if (message.kind === kind && message.id === undefined) listener(message); };
      model.on("msg:custom", heard);
      closing.signal.addEventListener("abort", () => model.off("msg:custom", heard));
    },
    hold: () => sync.hold(),
    release: () => sync.release(),
    redraw,
    // What moves by itself stops.
    pause: () => drawn.pause?.(),
    // What is held ends, as a change of its own.
    letGo: () => drawn.letGo(),
    say: (words) => { message.textContent = words; },
    // More about the last change, for those who listen; nobody has asked for it before there was one.
    announce: (words) => { if (live.textContent) live.textContent = words; },
  };

  const drawn = explorer(stage);
  const whole = (found) => drawn.whole?.(found) ?? found;

  const message = htmlNode("span", slots.tools, { class: "n2uq-message", role: "status", "data-readout": "message" });
  const common = htmlNode("div", slots.tools, { class: "n2uq-common" });
  const goTo = (find) => {
    letGo();
    const next = find();
    if (sameState(next, state)) return;
    state = next;
    sync.send(state);
    finish();
  };
  // What a hand still holds, or what plays, ends here as a change of its own.
  const letGo = () => {
    drawn.pause?.();
    drawn.letGo();
  };
  const undo = addButton(common, text("stage.undo"), () => goTo(history.undo), { title: text("stage.undo.keys"), "data-action": "undo" });
  const redo = addButton(common, text("stage.redo"), () => goTo(history.redo), { title: text("stage.redo.keys"), "data-action": "redo" });
  addButton(common, text("stage.reset"), () => { letGo(); stage.set(first); }, { "data-action": "reset" });
  const sharing = createSharing(common, sharingBox, stage, whole, (next) => { letGo(); stage.set(next); });
  const theme = addSelect(
    common,
    text("stage.theme"),
    ["auto", "light", "dark"].map((name) => [name, text(`stage.theme.${name}`)]),
    (name) => { stage.pause(); stage.set({ theme: name }); },
    { "data-control": "theme" },
  );
  const full = addButton(common, text("stage.fullscreen"), toggleFullscreen, { "data-action": "fullscreen" });

  const nameField = htmlNode("label", saveBar, { class: "n2uq-field" });
  htmlNode("span", nameField, {}, text("stage.save.name"));
  const fileName = htmlNode("input", nameField, { type: "text", value: kit.name, "data-control": "file-name", spellcheck: "false" });
  if (!alone) addButton(saveBar, text("stage.save"), saveFigure, { "data-action": "save" });
  const file = () => (fileName.value.trim() || kit.name).replace(/[\\/]/g, "-");
  const picture = () => ({ svg: drawn.svg, title: root.getAttribute("aria-label"), description: drawn.describe(), state: whole(state) });
  addButton(saveBar, text("stage.download.svg"), () => downloadSvg(picture(), file()), { "data-action": "download-svg" });
  addButton(saveBar, text("stage.download.png"), () => downloadPng(picture(), file()), { "data-action": "download-png" });
  if (alone) sharing.addLinks(saveBar);
  const saved = htmlNode("span", saveBar, { class: "n2uq-message", role: "status", "data-readout": "saved" });
  const status = htmlNode("span", saveBar, { class: "n2uq-message", role: "status", "data-readout": "python" });

  async function saveFigure() {
    saved.textContent = text("stage.saving");
    // With the state, so that no message still under way decides what is drawn.
    const reply = await sync.ask("save", { state, name: fileName.value, theme: stage.theme }, SAVE_PATIENCE_MS);
    if (reply === null) saved.textContent = text("stage.save.silent");
    else if (reply.kind === "saved") saved.textContent = text("stage.saved", { paths: reply.paths.join("   ") });
    else saved.textContent = reply.message;
  }

  function toggleFullscreen() {
    if (document.fullscreenElement === root) document.exitFullscreen();
    else root.requestFullscreen().catch(() => stage.say(text("stage.fullscreen.refused")));
  }

  // After a change that is complete: show it, say it, and see that Python has it.
  function finish() {
    stage.say(""); // what was said of an earlier change holds no longer
    updateButtons();
    announcing = true;
    redraw();
    sync.settle();
  }

  function updateButtons() {
    undo.disabled = !history.canUndo;
    redo.disabled = !history.canRedo;
    theme.value = state.theme;
  }

  function size() {
    const width = Math.floor(slots.picture.clientWidth);
    if (document.fullscreenElement !== root) {
      const height = drawn.height?.(width) ?? Math.min(Math.max(0.75 * width, 410), 540);
      return { width, height: Math.round(height), fontSize: 12 };
    }
    const others = [slots.tools, slots.legend, saveBar, sharingBox].reduce((sum, bar) => sum + bar.offsetHeight, 0);
    return { width, height: Math.max(360, window.innerHeight - others - FULLSCREEN_MARGINS), fontSize: width > 1100 ? 18 : 15 };
  }

  function redraw() {
    frame ??= requestAnimationFrame(() => {
      frame = null;
      if (closing.signal.aborted) return;
      // JupyterLab takes cells that are out of sight off the page: there is no width to draw for.
      if (slots.picture.clientWidth === 0) {
        setTimeout(redraw, OUT_OF_SIGHT_MS);
        return;
      }
      applyTheme(root, stage.theme, kit.palette);
      drawn.draw(size());
      sharing.update(state);
      if (announcing) live.textContent = drawn.describe();
      announcing = false;
    });
  }

  root.addEventListener("keydown", (event) => {
    if (event.key === "Tab") return;
    event.stopPropagation();
    const typing = event.target.matches?.("input[type=text], input[type=number], textarea");
    if (!(event.ctrlKey || event.metaKey) || typing) return;
    const key = event.key.toLowerCase();
    if (key === "z" || key === "y") {
      event.preventDefault();
      goTo(key === "y" || event.shiftKey ? history.redo : history.undo);
    }
  });
  document.addEventListener("fullscreenchange", () => {
    full.textContent = text(document.fullscreenElement === root ? "stage.fullscreen.leave" : "stage.fullscreen");
    redraw();
  }, { signal: closing.signal });
  window.addEventListener("resize", redraw, { signal: closing.signal });
  const resized = new ResizeObserver(redraw);
  resized.observe(slots.picture);
  const forget = watchPlace(redraw);

  updateButtons();
  redraw();
  sync.settle();

  return function unmount() {
    drawn.pause?.();
    closing.abort();
    resized.disconnect();
    forget();
    sync.close();
    drawn.close?.();
    cancelAnimationFrame(frame);
    root.remove();
  };
}
