// The state's way to Python and back. The picture never waits for it: while a hand moves, the state goes out
// at most ten times a second, and never before Python has answered the one before. What comes from Python in the
// meantime waits until the hand lets go.
//
// States travel as messages of our own and not by save_changes, whose messages may be held back and overtaken:
// Python answers each with the state that it has then, so that both sides know when they are in step.

import { sameState } from "./history.js";

const SEND_EVERY_MS = 100;
const PATIENCE_MS = 8000;

// onState(state): Python has another state. onStatus(name): "sending", "in-step" or "silent".
export function createSync(model, { onState, onStatus }) {
  const identity = Math.random().toString(36).slice(2);
  const asked = new Map();
  let count = 0;
  let held = false;
  let waiting = null; // a state from Python that came while a hand held something
  let own = model.get("state"); // what was sent or received last
  let unsent = null;
  let flying = null; // the message with a state that Python has not answered yet
  let sentAt = -Infinity;
  let timer = null;

  function transmit(kind, content, answered, late, patience) {
    count += 1;
    const id = `${identity}-${count}`;
    asked.set(id, { answered, alarm: setTimeout(() => late(id), patience) });
    try {
      model.send({ kind, id, ...content });
    } catch {
      clearTimeout(asked.get(id).alarm);
      asked.delete(id);
      late(id);
    }
    return id;
  }

  function post() {
    clearTimeout(timer);
    timer = null;
    if (unsent === null || flying !== null) return;
    own = unsent;
    unsent = null;
    sentAt = performance.now();
    model.set("state", own); // for other views of this model, and for the notebook that is saved
    flying = "now";
    const late = () => {
      flying = null;
      onStatus("silent");
    };
    const id = transmit("state", { state: own }, (answer) => settled(answer), late, PATIENCE_MS);
    if (flying !== null) flying = id;
  }

  // Usually Python has what was sent. But a callback there may have changed it, or Python may have set a state of
  // its own at the same moment, or refused ours: then Python's state holds.
  function settled(answer) {
    if (flying !== null && flying !== answer.id) return; // a late answer, and a newer state is under way
    flying = null;
    if (unsent !== null) {
      schedule();
      return;
    }
    if (!held && !sameState(answer.state, own)) {
      own = answer.state;
      onState(own);
    }
    onStatus("in-step");
  }

  function schedule() {
    const wait = sentAt + SEND_EVERY_MS - performance.now();
    if (wait <= 0) post();
    else timer ??= setTimeout(post, wait);
  }

  function send(state) {
    unsent = state;
    onStatus("sending");
    schedule();
  }

  // Send what is left, or the same once more, to hear what Python has.
  function settle() {
    unsent ??= own;
    onStatus("sending");
    post();
  }

  // A question to Python; its answer, or null when none came in time.
  function ask(kind, content, patience) {
    return new Promise((resolve) => {
      transmit(kind, content, resolve, () => resolve(null), patience);
    });
  }

  function onMessage(message) {
    const found = asked.get(message.id);
    if (!found) return;
    asked.delete(message.id);
    clearTimeout(found.alarm);
    found.answered(message);
  }

  function onChange() {
    const state = model.get("state");
    if (state === own) return;
    if (held) {
      waiting = state;
      return;
    }
    own = state;
    unsent = null;
    onState(state);
  }

  model.on("msg:custom", onMessage);
  model.on("change:state", onChange);

  return {
    send,
    ask,
    settle,
    hold() { held = true; },
    release() {
      held = false;
      if (waiting === null) return;
      const state = waiting;
      waiting = null;
      onState(state);
      send(state); // our own last state went out after Python's: say which one holds
    },
    close() {
      clearTimeout(timer);
      for (const { alarm } of asked.values()) clearTimeout(alarm);
      model.off("msg:custom", onMessage);
      model.off("change:state", onChange);
    },
  };
}
