/** For bundlers, which know where `vue` is. Without one, hand it to `createUseWebSocket` of vue.js. */
import { onUnmounted, ref } from 'vue';
import { createUseWebSocket } from './vue.js';

export const useWebSocket = createUseWebSocket({ ref, onUnmounted });
