// Another site of this theme may have left its choice of light or dark in the browser.
window.addEventListener("DOMContentLoaded", () => { document.body.dataset.theme = "auto"; });

// Explorers say how high they are, and their frames become so.
window.addEventListener("message", ({ data, source }) => {
  const height = data?.n2uq_viz_height;
  if (typeof height !== "number") return;
  for (const frame of document.querySelectorAll(".explorer iframe")) {
    if (frame.contentWindow === source) frame.style.height = `${Math.ceil(height)}px`;
  }
});

// What is wider than its place scrolls, for keys too.
function reach() {
  for (const part of document.querySelectorAll("pre, div.math, .table-wrapper, .cell_output, .cell_output figure > div")) {
    if (part.scrollWidth > part.clientWidth) part.tabIndex = 0;
    else part.removeAttribute("tabindex");
  }
}
for (const [target, event] of [[window, "load"], [window, "resize"], [document, "toggle"]]) target.addEventListener(event, reach, true);
