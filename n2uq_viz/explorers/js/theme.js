// Light or dark: as chosen, or as the place where the explorer stands.

export function resolveTheme(choice) {
  if (choice !== "auto") return choice;
  const { jpThemeLight, vscodeThemeKind } = document.body.dataset;
  if (jpThemeLight !== undefined) return jpThemeLight === "false" ? "dark" : "light";
  if (vscodeThemeKind !== undefined) return vscodeThemeKind.includes("dark") ? "dark" : "light";
  return window.matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
}

export function applyTheme(root, name, palette) {
  if (root.dataset.theme === name) return;
  root.dataset.theme = name;
  for (const [role, color] of Object.entries(palette[name].color)) {
    root.style.setProperty(`--n2uq-${role.replaceAll("_", "-")}`, color);
  }
}

// Calls listener when the place changes between light and dark.
export function watchPlace(listener) {
  const observer = new MutationObserver(listener);
  observer.observe(document.body, { attributes: true, attributeFilter: ["data-jp-theme-light", "data-vscode-theme-kind"] });
  const media = window.matchMedia("(prefers-color-scheme: dark)");
  media.addEventListener("change", listener);
  return () => {
    observer.disconnect();
    media.removeEventListener("change", listener);
  };
}

// The same color for a level as style.Theme.levels in Python.
export function levelColors(ramp, count) {
  const last = ramp.length - 1;
  return Array.from({ length: count }, (_, i) => ramp[count > 1 ? Math.floor((2 * i * last + count - 1) / (2 * (count - 1))) : 0]);
}
