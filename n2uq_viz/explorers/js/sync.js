// The state's way to Python and back. The picture never waits for it: while a hand moves, the state goes out
// at most ten times a second, and never before Python has answered the one before. What comes from Python in the
// meantime waits until the hand lets go.
//
// States travel as messages of our own and not by save_changes, whose messages may be held back and overtaken:
// Python answers each with the state that it has then, so that both sides know when they are in step. A message
// without a state only asks: so it cannot undo what Python has done in the meantime.

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
  let doubtful = false; // whether Python has to be asked what it has
  let flying = null; // the message that Python has not answered yet
  let sentAt = -Infinity;
  let heardAt = -Infinity;
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
    if ((unsent === null && !doubtful) || flying !== null) return;
    const news = unsent !== null;
    if (news) {
      own = unsent;
      unsent = null;
      model.set("state", own); // for other views of this model, and for the notebook that is saved
    }
    doubtful = false;
    sentAt = performance.now();
    flying = "now";
    const sent = own;
    const late = () => {
      flying = null;
      if (news && own === sent) unsent ??= sent; // it may be lost: the next message carries it again
      if (heardAt < sentAt) {
        onStatus("silent");
        return;
      }
      doubtful = true; // Python is busy, but there: it has sent a state of its own since
      schedule();
    };
    const id = transmit("state", news ? { state: own } : {}, (answer) => settled(answer), late, PATIENCE_MS);
    if (flying !== null) flying = id;
  }

  // Usually Python has what was sent. But a callback there may have changed it, or Python may have set a state of
  // its own at the same moment, or refused ours: then Python's state holds.
  function settled(answer) {
    if (flying !== null && flying !== answer.id) return; // a late answer, and a newer state is under way
    flying = null;
    if (unsent !== null || doubtful) {
      schedule();
      return;
    }
    if (!sameState(answer.state, own)) {
      if (held) {
        doubtful = true; // asked again when the hand lets go
      } else {
        own = answer.state;
        onState(own);
      }
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

  // Send what is left; where nothing is left and no answer is to come, ask what Python has.
  function settle() {
    if (unsent === null && flying === null) doubtful = true;
    onStatus("sending");
    post();
  }

  // A question to Python; its answer, or null when none came in time.
  function ask(kind, content, patience) {
    return new Promise((resolve) => {
      transmit(kind, content, resolve, () => resolve(null), patience);
    });
  }

  // A question whose answer is welcome late as well: late() says only that it is.
  function inquire(kind, answered, late) {
    transmit(kind, {}, answered, late, PATIENCE_MS);
  }

  function onMessage(message) {
    const found = asked.get(message.id);
    if (!found) return;
    asked.delete(message.id);
    clearTimeout(found.alarm);
    heardAt = performance.now();
    found.answered(message);
  }

  function onChange() {
    const state = model.get("state");
    heardAt = performance.now();
    if (state === own || (!held && sameState(state, own))) return;
    if (held) {
      waiting = state;
      return;
    }
    own = state;
    unsent = null;
    onState(state);
    // What Python sends by itself may have crossed a message of ours, or be overtaken by an answer.
    doubtful = true;
    onStatus("sending");
    clearTimeout(timer);
    timer = setTimeout(post, SEND_EVERY_MS);
  }

  model.on("msg:custom", onMessage);
  model.on("change:state", onChange);

  return {
    send,
    ask,
    inquire,
    settle,
    get held() { return held; },
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
