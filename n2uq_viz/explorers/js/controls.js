// Native HTML controls, so that they are the same in every notebook and on a page without one.

import { parse } from "./format.js";

export function htmlNode(name, parent, attributes = {}, text = "") {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  if (text) element.textContent = text;
  parent.append(element);
  return element;
}

export function addButton(parent, label, listener, attributes = {}) {
  const button = htmlNode("button", parent, { type: "button", ...attributes }, label);
  button.addEventListener("click", listener);
  return button;
}

// A label with its control inside: the control's name for eyes and for screen readers alike.
function labeled(parent, label) {
  const box = htmlNode("label", parent, { class: "n2uq-field" });
  htmlNode("span", box, {}, label);
  return box;
}

// options: [[value, words], ...]
export function addSelect(parent, label, options, listener, attributes = {}) {
  const select = htmlNode("select", labeled(parent, label), attributes);
  setOptions(select, options);
  select.addEventListener("change", () => listener(select.value));
  return select;
}

export function setOptions(select, options) {
  const wanted = JSON.stringify(options);
  if (select.dataset.options === wanted) return;
  select.dataset.options = wanted;
  select.replaceChildren();
  for (const [value, words] of options) htmlNode("option", select, { value }, words);
}

// A typed number: taken on Enter or on leaving the field, with a decimal point or comma (which a field of type
// "number" would drop without a word) or as a fraction. listener(null): it is no number. Then the field shows what holds.
export function addNumber(parent, label, listener, attributes = {}) {
  const field = htmlNode("input", labeled(parent, label), {
    type: "text", inputmode: "decimal", class: "n2uq-number", autocomplete: "off", ...attributes,
  });
  field.addEventListener("change", () => {
    if (field.value === field.dataset.shown) return;
    const value = parse(field.value);
    delete field.dataset.shown;
    listener(Number.isFinite(value) ? value : null, field.value);
  });
  return field;
}

// Never write into a field while somebody types there.
export function showNumber(field, value) {
  const text = String(value);
  if (field.dataset.shown === text) return;
  const typing = document.activeElement === field && field.dataset.shown !== undefined && field.value !== field.dataset.shown;
  if (typing) return;
  field.dataset.shown = text;
  if (field.value !== text) field.value = text;
}

// move(value) while the slider is held, done() when it is let go; keys do both at once.
export function addRange(parent, label, { begin, move, done }, attributes = {}) {
  const range = htmlNode("input", parent, { type: "range", "aria-label": label, ...attributes });
  let holding = false;
  range.addEventListener("input", () => {
    if (!holding) begin();
    holding = true;
    move(range.valueAsNumber);
  });
  const letGo = () => {
    if (!holding) return;
    holding = false;
    done();
  };
  // "change" alone is not enough: there is none when the slider ends where it began.
  for (const name of ["change", "pointerup", "pointercancel", "keyup", "blur"]) range.addEventListener(name, letGo);
  return range;
}
