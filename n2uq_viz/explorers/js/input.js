// Hands on the picture: mouse, touch, pen and keys become moves of a handle. While a handle is held,
// every move starts from the quantizer at the grip, so that moving back brings everything back.

const REACH = 26;
const BIG_STEP = 10;

// A round number, about a two-hundredth of the view: what one press of an arrow key moves.
export function keyStep(view) {
  return 10 ** Math.floor(Math.log10((view[1] - view[0]) / 100));
}

// Where a key moves a handle to, or null if the key moves nothing.
export function keyTarget(event, { value, limits, view, unit }) {
  const small = unit ?? keyStep(view);
  const step = small * (event.shiftKey ? BIG_STEP : 1);
  const page = small * BIG_STEP;
  const targets = {
    ArrowRight: value + step,
    ArrowUp: value + step,
    ArrowLeft: value - step,
    ArrowDown: value - step,
    PageUp: value + page,
    PageDown: value - page,
    Home: Number.isFinite(limits[0]) ? limits[0] : Math.min(view[0], value),
    End: Number.isFinite(limits[1]) ? limits[1] : Math.max(view[1], value),
  };
  return event.key in targets ? targets[event.key] : null;
}

// grip: what the explorer does: select(handle), begin(), move(handle, to), end(), cancel(), describe(handle),
// and step(handle, to, small) for a key, where small steps in a row are undone together.
export function listenToHands(picture, grip, signal) {
  const { svg, handles } = picture;
  let held = null;

  const position = (event) => {
    const box = svg.getBoundingClientRect();
    const zoom = svg.viewBox.baseVal.width / box.width;
    return [(event.clientX - box.left) * zoom, (event.clientY - box.top) * zoom];
  };

  const release = (finish) => {
    if (!held) return;
    const pointer = held.pointer;
    held = null;
    handles.letGo();
    if (svg.hasPointerCapture(pointer)) svg.releasePointerCapture(pointer);
    finish();
  };

  const on = (target, name, listener) => target.addEventListener(name, listener, { signal });

  on(svg, "pointerdown", (event) => {
    if (held || event.button !== 0) return;
    const at = position(event);
    const handle = handles.nearest(at, REACH);
    if (!handle) return;
    event.preventDefault(); // no text selection, and the focus goes where we put it
    svg.setPointerCapture(event.pointerId);
    handles.hold(handle);
    held = { handle, pointer: event.pointerId, offset: at[0] - handle.belongs[0] };
    grip.select(handle);
    handle.element.focus({ preventScroll: true });
    grip.begin();
  });
  on(svg, "pointermove", (event) => {
    if (held && event.pointerId === held.pointer) grip.move(held.handle, picture.xAt(position(event)[0] - held.offset));
  });
  on(svg, "pointerup", (event) => {
    if (held && event.pointerId === held.pointer) release(grip.end);
  });
  on(svg, "pointercancel", () => release(grip.cancel));
  on(svg, "lostpointercapture", () => release(grip.end));
  on(svg, "focusin", (event) => {
    const found = event.target.closest?.("[data-handle]");
    if (found) grip.select(handles.find(found.dataset.handle));
  });
  on(svg, "keydown", (event) => {
    if (event.key === "Escape" && held) {
      release(grip.cancel);
      return;
    }
    const found = event.target.closest?.("[data-handle]");
    if (!found || held || event.ctrlKey || event.metaKey || event.altKey) return;
    const handle = handles.find(found.dataset.handle);
    const to = keyTarget(event, grip.describe(handle));
    if (to === null) return;
    event.preventDefault();
    grip.step(handle, to, event.key.startsWith("Arrow"));
  });
  return { letGo: () => release(grip.end) };
}
