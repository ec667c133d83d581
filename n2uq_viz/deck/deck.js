// A deck of slides: one is seen at a time, and the address says which. Without this script all of
// them stand below one another, as they do on paper.
const SWIPE = 50; // px that a finger must travel sideways, and more than twice as far as up or down

const slides = [...document.querySelectorAll(".slide")];
const find = (name) => document.querySelector(`[data-deck="${name}"]`);
const [number, bar, status] = ["number", "bar", "status"].map(find);
const [previous, next, overview] = ["previous", "next", "overview"].map(find);
const [speaker, fullscreen] = ["speaker", "fullscreen"].map(find);
const title = document.title;
let at = 0;

function show(index) {
  at = Math.max(0, Math.min(slides.length - 1, index));
  slides.forEach((slide, k) => slide.classList.toggle("current", k === at));
  slides[at].scrollTop = 0;
  number.textContent = slides[at].dataset.number;
  status.textContent = slides[at].getAttribute("aria-label");
  bar.value = at + 1;
  previous.disabled = at === 0;
  next.disabled = at === slides.length - 1;
  document.title = at === 0 ? title : `${status.textContent} – ${title}`;
}

function turn(index) {
  show(index);
  // Not location.hash, which would scroll and fill the history with every slide.
  history.replaceState(null, "", at === 0 ? location.pathname + location.search : `#${slides[at].id}`);
}

function fromAddress() {
  const id = decodeURIComponent(location.hash.slice(1));
  show(Math.max(0, slides.findIndex((slide) => slide.id === id)));
}

function toggleSpeaker() {
  const open = document.body.classList.toggle("speaker");
  speaker.setAttribute("aria-pressed", String(open));
}

function toggleFullscreen() {
  if (document.fullscreenElement) document.exitFullscreen();
  else document.documentElement.requestFullscreen?.().catch(() => {});
}

const keys = {
  ArrowRight: () => turn(at + 1),
  PageDown: () => turn(at + 1),
  ArrowLeft: () => turn(at - 1),
  PageUp: () => turn(at - 1),
  Home: () => turn(0),
  End: () => turn(slides.length - 1),
  s: toggleSpeaker,
  f: toggleFullscreen,
};

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.altKey || event.metaKey) return;
  if (event.key === " ") {
    // On a button or a link the space bar is that control's own.
    if (event.target.closest("button, a")) return;
    turn(at + (event.shiftKey ? -1 : 1));
  } else {
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    if (!Object.hasOwn(keys, key)) return;
    keys[key]();
  }
  event.preventDefault();
});

previous.addEventListener("click", () => turn(at - 1));
next.addEventListener("click", () => turn(at + 1));
overview.addEventListener("click", () => turn(0));
speaker.addEventListener("click", toggleSpeaker);
fullscreen.addEventListener("click", toggleFullscreen);
window.addEventListener("hashchange", fromAddress);

let start = null;
document.addEventListener("touchstart", ({ touches }) => {
  start = touches.length === 1 ? [touches[0].clientX, touches[0].clientY] : null;
}, { passive: true });
document.addEventListener("touchend", ({ changedTouches }) => {
  if (start === null) return;
  const [dx, dy] = [changedTouches[0].clientX - start[0], changedTouches[0].clientY - start[1]];
  start = null;
  if (Math.abs(dx) >= SWIPE && Math.abs(dx) > 2 * Math.abs(dy)) turn(at - Math.sign(dx));
}, { passive: true });

document.documentElement.classList.add("scripted");
fullscreen.hidden = !document.fullscreenEnabled;
fromAddress();
