// The selected handle beside the picture, with a slider and a typed value, and what hands on the picture do with it.

import { addNumber, addRange, addSelect, htmlNode, setOptions, showNumber } from "./controls.js";
import { short } from "./format.js";
import { listenToHands } from "./input.js";
import { setAttributes, setText } from "./svg.js";

// listOf(state): all handles. valueOf(state, handle), limitsOf(state, handle): where it is, and may be. move(state,
// handle, to): the keys of the state that a move changes. widen(state): a view in which all handles are seen, where there
// is one of the state's own. viewOf(state): the range on screen. whole: only whole numbers will do.
// first: the handle that is selected at the start.
export function createGrip({ stage, picture, first, listOf, valueOf, limitsOf, move, widen = null, viewOf = ({ view }) => view, whole = false }) {
  const { text, kit, slots } = stage;
  const { largest } = kit.constants;
  let selected = first;
  let atGrip = null; // the state when the hand took hold
  let listed = null; // the handles in the menu

  const box = htmlNode("fieldset", slots.side, { class: "n2uq-grip" });
  htmlNode("legend", box, {}, text("control.selected"));
  const which = addSelect(box, text("control.handle"), [], (id) => {
    selected = id;
    update(stage.state); // at once: the next thing typed is meant for this handle
    stage.redraw();
  }, { "data-control": "handle" });
  const value = addNumber(box, text("control.value"), typeValue, { "data-control": "value", title: text("control.value.help") });
  const range = addRange(box, text("control.value"), {
    begin: () => hands.begin(),
    move: (to) => hands.move(selectedHandle(stage.state), to),
    done: () => hands.end(),
  }, { step: whole ? 1 : "any", "data-control": "value-range" });
  const limits = htmlNode("p", box, { class: "n2uq-hint", "data-readout": "limits" });

  function selectedHandle(state) {
    const list = listOf(state);
    return list.find(({ id }) => id === selected) ?? list.find(({ id }) => id === first) ?? list[0];
  }

  const nameOf = (handle) => text(`handle.${handle.kind}`, { i: handle.number });

  const hands = {
    select(handle) {
      if (selected === handle.id) return;
      selected = handle.id;
      stage.redraw();
    },
    begin() {
      stage.pause();
      atGrip = stage.state;
      stage.hold();
    },
    move(handle, to) {
      if (atGrip === null) hands.begin(); // another finger, or Reset, has ended what this one held
      const [low, high] = viewOf(atGrip);
      stage.change(move(atGrip, handle, Math.min(Math.max(to, low), high)));
    },
    end() {
      atGrip = null;
      stage.commit();
      stage.release();
    },
    cancel() {
      stage.change(atGrip);
      hands.end();
    },
    describe: (handle) => ({ value: valueOf(stage.state, handle), limits: limitsOf(stage.state, handle), view: viewOf(stage.state), unit: whole ? 1 : null }),
    // For a key; small steps in a row are undone together.
    step(handle, to, small) {
      stage.pause();
      put(handle, to, small ? `key ${handle.id}` : null);
    },
  };

  function put(handle, to, kind = null) {
    const patch = move(stage.state, handle, Math.min(Math.max(to, -largest), largest));
    stage.set(widen ? { ...patch, view: widen({ ...stage.state, ...patch }) } : patch, kind);
  }

  function typeValue(number, typed) {
    if (number === null) {
      stage.say(text("message.number", { typed }));
      stage.redraw();
      return;
    }
    stage.pause();
    const handle = selectedHandle(stage.state);
    const [low, high] = limitsOf(stage.state, handle);
    put(handle, number);
    const took = short(valueOf(stage.state, handle));
    if (whole && !(Number.isInteger(number) && number >= low && number <= high)) stage.say(text("message.whole", { name: nameOf(handle), low, high, value: took }));
    else if (number < low || number > high || Math.abs(number) > largest) stage.say(text("message.clamped", { name: nameOf(handle), value: took, wanted: short(number) }));
    else stage.say("");
  }

  const onPicture = listenToHands(picture, hands, stage.signal);

  function update(state) {
    const list = listOf(state);
    const handle = selectedHandle(state);
    selected = handle.id;
    if (list !== listed) {
      listed = list;
      setOptions(which, list.map((each) => [each.id, text(`handle.${each.kind}.full`, { i: each.number })]));
    }
    if (which.value !== selected) which.value = selected;
    const number = valueOf(state, handle);
    const [low, high] = limitsOf(state, handle);
    showNumber(value, Number(number.toPrecision(7)));
    const view = viewOf(state);
    setAttributes(range, { min: Math.max(low, Math.min(view[0], number)), max: Math.min(high, Math.max(view[1], number)) });
    range.value = String(number);
    const ends = `${Number.isFinite(low) ? "low" : ""}${Number.isFinite(high) ? "high" : ""}` || "none";
    setText(limits, text(`control.limits.${ends}`, { low: short(low), high: short(high) }));
  }

  return {
    update,
    // Ends what is held, on the picture or on the slider, as a change of its own.
    letGo() {
      onPicture.letGo();
      if (atGrip !== null) hands.end();
    },
    get held() { return atGrip !== null; },
    get selected() { return selected; },
  };
}
