import 'element-plus/theme-chalk/base.css';
import 'element-plus/theme-chalk/dark/css-vars.css';
import './ui/tokens.css';
import './ui/base.css';
import { VueQueryPlugin } from '@tanstack/vue-query';
import { createPinia } from 'pinia';
import { createApp } from 'vue';
import { createQueryClient } from './api/query-client.ts';
import App from './app/App.vue';
import { createPortalRouter } from './app/router.ts';
import { i18n, loadLanguage } from './i18n/i18n.ts';
import { usePreferences } from './preferences/preferences.store.ts';

const app = createApp(App).use(createPinia()).use(i18n).use(VueQueryPlugin, { queryClient: createQueryClient() });
await loadLanguage(usePreferences().language);
app.use(createPortalRouter()).mount('#app');
