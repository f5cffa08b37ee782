/** Makes an element; text goes in as text, never as markup. */
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

export const find = (selector) => document.querySelector(selector);
