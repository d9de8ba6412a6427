import { createI18n, useI18n } from 'vue-i18n';
import type { Language } from '../preferences/language.ts';
import type { Messages } from './en.ts';

/** A language is fetched when it is first needed; both have the same keys, which the compiler checks. */
const loaders: Record<Language, () => Promise<Messages>> = {
  en: async () => (await import('./en.ts')).en,
  'zh-CN': async () => (await import('./zh-CN.ts')).zhCN,
};

export const i18n = createI18n<[Messages], Language, false>({
  legacy: false,
  locale: 'en',
  fallbackLocale: 'en',
  missingWarn: import.meta.env.DEV,
  fallbackWarn: false,
});

export async function useLanguage(language: Language): Promise<void> {
  if (!i18n.global.availableLocales.includes(language) || isEmpty(language)) {
    i18n.global.setLocaleMessage(language, (await loaders[language]()) as never);
  }
  i18n.global.locale.value = language;
}

const isEmpty = (language: Language): boolean => Object.keys(i18n.global.getLocaleMessage(language)).length === 0;

/** `t` and `te` for pages. */
export const useText = () => useI18n<{ message: Messages }, Language>({ useScope: 'global' });
