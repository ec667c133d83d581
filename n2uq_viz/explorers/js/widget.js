// The door for anywidget: KIT (words, colors, presets) stands above this in the joined file.

import { mountStage } from "./stage.js";
import { thresholdExplorer } from "./threshold.js";

const EXPLORERS = { threshold: thresholdExplorer };

function render({ model, el }) {
  const name = model.get("state").explorer;
  const kit = { ...KIT, name, data: model.get("_data") };
  return mountStage({ model, parent: el, kit, explorer: EXPLORERS[name] });
}

export default { render };
