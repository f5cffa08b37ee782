import { t } from '../lib/i18n.js';

/** Shows whether it works, and over which transport. */
export function showState(place, { transport, state, reason }) {
  place.dataset.transport = transport;
  place.dataset.state = state;
  place.dataset.reason = reason ?? '';
  const how = state === 'connected' ? t(`transport.${transport}`) : '';
  const why = state === 'connected' && reason === 'fallback' ? ` · ${t('fallback')}` : '';
  place.textContent = [t(`state.${state}`), how].filter(Boolean).join(' · ') + why;
}
