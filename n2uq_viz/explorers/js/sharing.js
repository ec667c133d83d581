// The state as a text that can be copied and pasted back, and, on a page of its own, as a link and as a frame for
// another page.

import { addButton, htmlNode } from "./controls.js";
import { stateText } from "./download.js";
import { validateState } from "./validate.js";

// The state that an address carries, as the text behind its #, or null.
export function stateOfAddress(hash) {
  const found = /^#state=(.+)$/.exec(hash);
  if (!found) return null;
  try {
    return JSON.parse(decodeURIComponent(found[1]));
  } catch {
    return null;
  }
}

export function addressOf(state, page) {
  return `${page.replace(/#.*/s, "")}#state=${encodeURIComponent(stateText(state))}`;
}

// In attributes of HTML.
function quoted(words) {
  return words.replaceAll("&", "&amp;").replaceAll('"', "&quot;").replaceAll("<", "&lt;");
}

async function copy(words, area) {
  try {
    await navigator.clipboard.writeText(words);
    return true;
  } catch {
    // No permission, or no clipboard on such a page: what is selected can be copied in the old way.
    area.value = words;
    area.select();
    return document.execCommand("copy");
  }
}

// whole(state): with all that it only names. take(state): the reader has put in a valid one.
export function createSharing(bar, box, stage, whole, take) {
  const { text, kit } = stage;
  const open = addButton(bar, text("stage.state"), () => {
    box.hidden = !box.hidden;
    open.setAttribute("aria-expanded", String(!box.hidden));
    typed = false;
    update(stage.state);
    if (!box.hidden) area.focus();
    stage.redraw();
  }, { "data-action": "state", "aria-expanded": "false" });
  const label = htmlNode("label", box, { class: "n2uq-field" });
  htmlNode("span", label, {}, text("stage.state.label"));
  const area = htmlNode("textarea", label, { rows: "3", spellcheck: "false", autocomplete: "off", "data-control": "state" });
  const buttons = htmlNode("div", box, { class: "n2uq-group" });
  addButton(buttons, text("stage.state.copy"), () => tell(stateText(whole(stage.state)), "stage.state.copied"), { "data-action": "copy-state" });
  addButton(buttons, text("stage.state.take"), paste, { "data-action": "take-state" });
  const said = htmlNode("span", buttons, { class: "n2uq-message", role: "status", "data-readout": "state" });
  let shown = null;
  let typed = false; // then the text is the reader's, until it is shown or the box is closed
  area.addEventListener("input", () => { typed = true; });

  async function tell(words, key) {
    if (box.hidden) open.click(); // in the old way of copying, the text has to be seen
    said.textContent = text((await copy(words, area)) ? key : "stage.state.select");
  }

  function paste() {
    let given;
    try {
      given = JSON.parse(area.value);
    } catch {
      said.textContent = text("stage.state.broken");
      return;
    }
    try {
      take(validateState(given, kit.name, kit.schema, kit.data));
      typed = false;
      said.textContent = text("stage.state.taken");
    } catch (error) {
      if (!error.values) throw error;
      said.textContent = text(error.message, error.values);
    }
  }

  function update(state) {
    if (box.hidden || shown === state || typed) return;
    shown = state;
    area.value = stateText(whole(state));
  }

  function addLinks(parent) {
    addButton(parent, text("stage.link"), () => tell(addressOf(whole(stage.state), location.href), "stage.link.copied"), { "data-action": "copy-link" });
    addButton(parent, text("stage.embed"), () => {
      const height = Math.ceil(stage.root.getBoundingClientRect().height) + 20;
      const page = location.protocol === "file:" ? location.pathname.replace(/.*\//, "") : location.href;
      const frame = `<iframe src="${quoted(addressOf(whole(stage.state), page))}" title="${quoted(text(`explorer.${kit.name}.title`))}" width="100%" height="${height}" style="border: 0" allow="fullscreen"></iframe>`;
      tell(frame, "stage.embed.copied");
    }, { "data-action": "copy-embed" });
  }

  return { update, addLinks };
}
