// The door for a page of its own. KIT, DATA (summaries of the data sets) and EXPLORER stand in the same joined
// file, and the state in a block of JSON beside it. Another state can come behind the # of the address.

import { sameState } from "./history.js";
import { stateOfAddress } from "./sharing.js";
import { mountStage } from "./stage.js";
import { validateState } from "./validate.js";

function stateFrom(hash) {
  const given = stateOfAddress(hash);
  if (given === null) return null;
  try {
    return validateState(given, KIT.name, KIT.schema, DATA);
  } catch {
    return null; // an address that says nothing valid shows what the page shows by itself
  }
}

function createModel(first) {
  let state = first;
  const listeners = new Set();
  return {
    get: () => state,
    set: (_, next) => { state = next; },
    on: (_, listener) => listeners.add(listener),
    off: (_, listener) => listeners.delete(listener),
    show(next) {
      if (next === null || sameState(next, state)) return;
      state = next;
      for (const listener of listeners) listener(next);
    },
  };
}

const own = JSON.parse(document.getElementById("n2uq_viz-state").textContent);
const model = createModel(stateFrom(location.hash) ?? own);
window.addEventListener("hashchange", () => model.show(stateFrom(location.hash)));
mountStage({ model, parent: document.querySelector("main"), kit: { ...KIT, alone: true, data: DATA }, explorer: EXPLORER });

// In a frame, the page around can make it as high as what is in it: it is told how high that is, and nothing else.
if (window.parent !== window) {
  const tell = () => window.parent.postMessage({ n2uq_viz_height: document.body.offsetHeight }, "*");
  new ResizeObserver(tell).observe(document.body);
}
