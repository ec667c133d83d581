// The door for anywidget. KIT (words, colors, presets) and EXPLORER (what to show) stand in the same joined file.

import { mountStage } from "./stage.js";

function render({ model, el }) {
  const kit = { ...KIT, data: model.get("_data") };
  return mountStage({ model, parent: el, kit, explorer: EXPLORER });
}

export default { render };
