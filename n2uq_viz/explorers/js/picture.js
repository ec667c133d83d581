// The whole picture as one SVG: `frame` when size, view, data or number of levels change, `update` for every move.

import { createAxes } from "./axes.js";
import { createCompander } from "./compander.js";
import { createBackward, createForward, createGuides } from "./curves.js";
import { createHandles, handlePlaces } from "./handles.js";
import { createHistogram } from "./histogram.js";
import { gradientTop, layout } from "./layout.js";
import { px, setAttributes, svgNode } from "./svg.js";

// Below this width, in pixels, the dots would touch and hide the line behind them.
const NARROW = 640;

let pictures = 0;

export function createPicture(parent, text) {
  pictures += 1;
  const identity = `n2uq-${pictures}-${Math.random().toString(36).slice(2, 8)}`;
  const svg = svgNode("svg", parent, { class: "n2uq-picture", role: "group", "aria-label": text("picture.label") });
  const background = svgNode("rect", svg, { class: "n2uq-background" });
  const clips = Object.fromEntries(
    ["forward", "compander", "backward", "plot"].map((name) => {
      const clip = svgNode("clipPath", svg, { id: `${identity}-${name}` });
      return [name, svgNode("rect", clip)];
    }),
  );
  const url = (name) => `url(#${identity}-${name})`;
  const [behind, middle, inFront] = ["g", "g", "g"].map((name) => svgNode(name, svg));
  const histogram = createHistogram(middle, inFront, identity, text);
  const guides = createGuides(middle, url("plot"));
  const axes = createAxes(behind, inFront, text);
  const forward = createForward(svg, url("forward"));
  const compander = createCompander(middle, url("compander"));
  const backward = createBackward(svg, url("backward"));
  const handles = createHandles(svg, text);
  let framed = null;

  function clipTo(name, { left, right, top, bottom }, margin) {
    setAttributes(clips[name], {
      x: px(left),
      y: px(top - margin),
      width: px(right - left),
      height: px(bottom - top + 2 * margin),
    });
  }

  // What must be equal for the frame to stay as it is.
  function sameFrame(a, b) {
    return (
      a &&
      ["width", "height", "fontSize", "bars", "view", "levels", "top", "panels"].every((key) => a[key] === b[key])
    );
  }

  function draw(scene) {
    const { width, height, fontSize, bars, view, q } = scene;
    const wanted = { width, height, fontSize, bars, view: String(view), levels: String(q.levels), top: gradientTop(q), panels: String(scene.shownPanels) };
    if (!sameFrame(framed, wanted)) {
      framed = { ...wanted, layout: layout(scene) };
      const { panels } = framed.layout;
      parent.style.height = `${height}px`; // with it fixed, nothing outside is laid out again in a drag
      setAttributes(svg, { viewBox: `0 0 ${width} ${height}`, width, height });
      setAttributes(background, { width, height });
      svg.style.setProperty("--n2uq-font", `${fontSize}px`);
      svg.style.setProperty("--n2uq-dot", width < NARROW ? "3.4px" : "4.6px");
      clipTo("forward", panels.forward, 0);
      clipTo("compander", panels.compander, 0);
      clipTo("backward", panels.backward, 1);
      clipTo("plot", { ...panels.forward, bottom: panels.histogram.bottom }, 0);
      scene.layout = framed.layout;
      axes.frame(scene);
      histogram.frame(scene);
    }
    scene.layout = framed.layout;
    for (const part of [guides, forward, backward, histogram, compander]) part.update(scene);
    const { x, y, panels: { forward: { left, right, top, bottom } } } = scene.layout;
    handles.frame(scene.handles);
    handles.update(handlePlaces(scene.handles, q, scene.t, view, x, y, bottom), {
      selected: scene.selected,
      view,
      room: [left, right],
      corner: [right, top - 0.6 * fontSize],
    });
  }

  return { svg, draw, handles, xAt: (pixel) => framed.layout.x.invert(pixel) };
}
