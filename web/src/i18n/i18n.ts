import { createI18n } from 'vue-i18n';
import type { Language } from '../preferences/language.ts';
import type { Messages } from './en.ts';

/** A language is fetched when it is first needed; both have the same keys, which the compiler checks. */
const loaders: Record<Language, () => Promise<Messages>> = {
  en: async () => (await import('./en.ts')).en,
  'zh-CN': async () => (await import('./zh-CN.ts')).zhCN,
};

export const i18n = createI18n<false>({
  legacy: false,
  locale: 'en',
  fallbackLocale: 'en',
  missingWarn: false,
  fallbackWarn: false,
});

const loaded = new Set<Language>();

export async function loadLanguage(language: Language): Promise<void> {
  if (!loaded.has(language)) {
    i18n.global.setLocaleMessage(language, await loaders[language]());
    loaded.add(language);
  }
  i18n.global.locale.value = language;
}
