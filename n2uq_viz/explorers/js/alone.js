// In place of the way to Python, on a page that has none: nothing is sent, and nothing is waited for.

export function createAlone(model, { onState, onStatus }) {
  let held = false;
  let waiting = null; // a state from the address that came while a hand held something
  const show = (state) => {
    if (held) waiting = state;
    else onState(state);
  };
  model.on("change:state", show);
  return {
    send: (state) => model.set("state", state),
    settle: () => onStatus("alone"),
    ask: async () => null,
    inquire: () => {},
    get held() { return held; },
    hold() { held = true; },
    release() {
      held = false;
      if (waiting === null) return;
      const state = waiting;
      waiting = null;
      model.set("state", state); // which the hand has replaced since
      onState(state);
    },
    close: () => model.off("change:state", show),
  };
}
