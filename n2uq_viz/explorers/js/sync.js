// The state's way to Python and back. The picture never waits for it: while a hand moves, the state goes out
// at most ten times a second; what comes from Python in the meantime waits until the hand lets go.

const SEND_EVERY_MS = 100;
const PATIENCE_MS = 8000;

// onState(state): Python set another state. onStatus(name): "sending", "in-step" or "silent".
export function createSync(model, { onState, onStatus }) {
  const identity = Math.random().toString(36).slice(2);
  const asked = new Map();
  let count = 0;
  let held = false;
  let waiting = null; // a state from Python that came while a hand held something
  let unsent = null;
  let own = model.get("state");
  let sentAt = -Infinity;
  let timer = null;

  function post() {
    clearTimeout(timer);
    timer = null;
    if (unsent === null) return;
    own = unsent;
    unsent = null;
    sentAt = performance.now();
    onStatus("sending");
    try {
      model.set("state", own);
      model.save_changes();
    } catch {
      onStatus("silent");
    }
  }

  function send(state) {
    unsent = state;
    const wait = sentAt + SEND_EVERY_MS - performance.now();
    if (wait <= 0) post();
    else timer ??= setTimeout(post, wait);
  }

  // A question to Python; its answer, or null when none came in time.
  function ask(kind, content = {}, patience = PATIENCE_MS) {
    count += 1;
    const id = `${identity}-${count}`;
    return new Promise((resolve) => {
      const late = setTimeout(() => {
        onStatus("silent");
        resolve(null);
      }, patience);
      asked.set(id, { resolve, late });
      try {
        model.send({ kind, id, ...content });
      } catch {
        clearTimeout(late);
        asked.delete(id);
        onStatus("silent");
        resolve(null);
      }
    });
  }

  // Send what is left and wait until Python has it.
  async function settle() {
    post();
    const mine = count + 1;
    if ((await ask("ping")) && mine === count && unsent === null) onStatus("in-step");
  }

  function onMessage(message) {
    const found = asked.get(message.id);
    if (!found) return;
    asked.delete(message.id);
    clearTimeout(found.late);
    found.resolve(message);
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
      settle();
    },
    close() {
      clearTimeout(timer);
      for (const { late } of asked.values()) clearTimeout(late);
      model.off("msg:custom", onMessage);
      model.off("change:state", onChange);
    },
  };
}
