import { element } from '../lib/dom.js';
import { shortTime, t } from '../lib/i18n.js';

/** Shows the facts about a visitor in a `<dl>`. */
export function showFacts(place, visitor) {
  const device = visitor.devices[0];
  const rows = [
    ['console.fact.name', visitor.visitor_name ?? t('visitor')],
    ['console.fact.id', visitor.visitor_id],
    ['console.fact.online', t(visitor.online ? 'console.online' : 'console.offline')],
    ['console.fact.since', visitor.since && shortTime(visitor.since)],
    ['console.fact.transport', visitor.transport && t(`transport.${visitor.transport}`)],
    ['console.fact.page', visitor.page && link(visitor.page)],
    ['console.fact.device', device && [device.name, device.type, device.platform].filter(Boolean).join(' · ')],
    ['console.fact.seen', device && shortTime(device.last_seen)],
  ];
  place.replaceChildren(
    ...rows.filter(([, value]) => value).flatMap(([words, value]) => [
      element('dt', { text: t(words) }),
      element('dd', { dir: 'auto' }, value),
    ]),
  );
}

/** The server accepts only http and https. The shop's page must not learn the console's address. */
function link(page) {
  return element('a', { text: page, href: page, target: '_blank', rel: 'noopener noreferrer' });
}
