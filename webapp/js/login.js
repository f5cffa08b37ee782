import { translatePage } from './lib/i18n.js';

translatePage();
