/** A visitor of the demo shop, in Vue without a build: render functions, because templates need eval. */
import { createApp, h, onMounted, onUnmounted, ref } from '../webjars/vue/3.5.26/dist/vue.runtime.esm-browser.prod.js';
import { visitorToken } from '../js/chat/index.js';
import { createUseWebSocket } from '../js/chat/vue.js';
import { t, translatePage } from '../js/lib/i18n.js';

const base = new URL('../', import.meta.url).href;
const shopId = 'demo';

/** With a bundler: `import { useWebSocket } from 'crossfade-chat/vue'`. */
const useWebSocket = createUseWebSocket({ ref, onUnmounted });

const Chat = {
  setup() {
    const transport = ref('polling');
    const text = ref('');
    const problem = ref('');
    const { connect, sendMessage, messages, isConnected, isReconnecting } = useWebSocket(
      visitorToken(base, shopId),
      {
        base,
        shopId,
        on: {
          state: (state) => { transport.value = state.transport; },
          failed: (draft, refusal) => { problem.value = refusal.message; },
          stopped: (reason) => { problem.value = reason; },
        },
      },
    );
    onMounted(connect);

    function send(event) {
      event.preventDefault();
      if (text.value.trim() !== '') {
        sendMessage(text.value);
        text.value = '';
        problem.value = '';
      }
    }

    return () => {
      const state = isConnected.value ? 'connected' : isReconnecting.value ? 'reconnecting' : 'stopped';
      const how = isConnected.value ? ` · ${t(`transport.${transport.value}`)}` : '';
      return [
        h('p', { id: 'state', role: 'status', 'data-state': state, 'data-transport': transport.value }, t(`state.${state}`) + how),
        h('div', { id: 'chat', role: 'log', 'aria-label': t('messages'), tabindex: 0 }, [
          ...messages.value.map((message) =>
            h('div', { key: message.id, class: ['message', message.sender_role === 'visitor' ? 'mine' : 'theirs'], 'data-seq': message.seq },
              h('p', { dir: 'auto' }, message.content))),
          problem.value && h('div', { key: 'problem', class: 'note' }, problem.value),
        ]),
        h('form', { id: 'composer', onSubmit: send }, [
          h('textarea', {
            rows: 2, maxlength: 4000, 'aria-label': t('write'), placeholder: t('write'),
            value: text.value, onInput: (event) => { text.value = event.target.value; },
          }),
          h('button', { type: 'submit', disabled: !isConnected.value }, t('send')),
        ]),
      ];
    };
  },
};

await translatePage();
createApp(Chat).mount('main');
