// Undo and redo: a list of states and a place in it.

export function sameState(a, b) {
  if (a === b) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return Object.is(a, b);
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => key in b && sameState(a[key], b[key]));
}

// Repeated small steps of one kind (key presses on one handle) within this time are undone together.
const MERGE_MS = 800;

export function createHistory(first) {
  let entries = [first];
  let place = 0;
  let last = { kind: null, time: -Infinity };

  return {
    push(state, kind = null, time = performance.now()) {
      if (sameState(state, entries[place])) return;
      const merge = kind !== null && kind === last.kind && time - last.time < MERGE_MS && place > 0;
      entries = [...entries.slice(0, merge ? place : place + 1), state].slice(-200);
      place = entries.length - 1;
      last = { kind, time };
    },
    undo() {
      if (place > 0) place -= 1;
      last.kind = null;
      return entries[place];
    },
    redo() {
      if (place < entries.length - 1) place += 1;
      last.kind = null;
      return entries[place];
    },
    get canUndo() { return place > 0; },
    get canRedo() { return place < entries.length - 1; },
    get now() { return entries[place]; },
  };
}
