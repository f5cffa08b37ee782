import { keepEnd } from './message-list.js';

/** Inserts something that is not a message between messages, by its time. */
export function insertByTime(list, item, at) {
  item.dataset.at = at;
  keepEnd(list, () => {
    const before = [...list.querySelectorAll(':scope > [data-at]')].reverse().find((other) => other.dataset.at <= at);
    list.insertBefore(item, before ? before.nextSibling : list.firstChild);
  });
}

/** @returns {boolean} whether the message is shown; then it is marked and scrolled to */
export function lookAt(list, seq) {
  const item = list.querySelector(`[data-seq="${seq}"]`);
  list.querySelector('.looked-for')?.classList.remove('looked-for');
  item?.classList.add('looked-for');
  item?.scrollIntoView({ block: 'center' });
  return item !== null;
}
