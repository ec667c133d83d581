// The door for anywidget. KIT (words, colors, presets) and EXPLORER (what to show) stand in the same joined file.

import { mountStage } from "./stage.js";

function render({ model, el }) {
  const kit = { ...KIT, data: model.get("_data") };
  const renew = () => { kit.data = model.get("_data"); };
  model.on("change:_data", renew);
  const unmount = mountStage({ model, parent: el, kit, explorer: EXPLORER });
  return () => {
    model.off("change:_data", renew);
    unmount();
  };
}

export default { render };
