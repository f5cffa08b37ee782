import { language } from './i18n.js';

/** Hour and minute, with the day where it is not today. */
export function shortTime(iso, now = new Date()) {
  const time = new Date(iso);
  const sameDay = time.toDateString() === now.toDateString();
  const day = sameDay ? {} : { month: 'short', day: 'numeric' };
  return time.toLocaleString(language, { ...day, hour: '2-digit', minute: '2-digit' });
}
