import { createI18n } from 'vue-i18n';
import type { Language } from '../preferences/language.ts';
import type { FirstMessages, FurtherMessages } from './en.ts';

interface Loader {
  first: () => Promise<FirstMessages>;
  further: () => Promise<FurtherMessages>;
}

/** A language is fetched when it is first needed; both have the same keys, which the compiler checks. */
const loaders: Record<Language, Loader> = {
  en: {
    first: async () => (await import('./en.ts')).en,
    further: async () => (await import('./further.en.ts')).further,
  },
  'zh-CN': {
    first: async () => (await import('./zh-CN.ts')).zhCN,
    further: async () => (await import('./further.zh-CN.ts')).further,
  },
};

export const i18n = createI18n<false>({
  legacy: false,
  locale: 'en',
  fallbackLocale: 'en',
  missingWarn: false,
  fallbackWarn: false,
});

const loaded = new Set<string>();
let areFurtherNeeded = false;

async function load(language: Language, part: keyof Loader): Promise<void> {
  const name = `${language} ${part}`;
  if (loaded.has(name)) return;
  i18n.global.mergeLocaleMessage(language, await loaders[language][part]());
  loaded.add(name);
}

export async function loadLanguage(language: Language): Promise<void> {
  await Promise.all([load(language, 'first'), areFurtherNeeded ? load(language, 'further') : undefined]);
  i18n.global.locale.value = language;
}

/** For pages beyond the first ones, before they are shown. */
export async function loadFurtherWords(): Promise<void> {
  areFurtherNeeded = true;
  await load(i18n.global.locale.value as Language, 'further');
}
