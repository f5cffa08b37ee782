/** Makes an element. Text is set as text, never as markup. */
export function element(tag, { text, className, dataset = {}, ...attributes } = {}, ...children) {
  const made = document.createElement(tag);
  if (text !== undefined) {
    made.textContent = text;
  }
  if (className) {
    made.className = className;
  }
  Object.assign(made.dataset, dataset);
  for (const [name, value] of Object.entries(attributes)) {
    made.setAttribute(name, value);
  }
  made.append(...children);
  return made;
}

/** A drawing of 24 by 24 in the text colour; `path` as in SVG. */
export function icon(path) {
  const drawing = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  drawing.setAttribute('viewBox', '0 0 24 24');
  drawing.setAttribute('aria-hidden', 'true');
  const shape = document.createElementNS('http://www.w3.org/2000/svg', 'path');
  shape.setAttribute('d', path);
  drawing.append(shape);
  return drawing;
}

export const find = (selector) => document.querySelector(selector);
