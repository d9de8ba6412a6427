import { defineStore } from 'pinia';
import { computed, ref, watchEffect } from 'vue';
import { browserLanguage, isLanguage, type Language } from './language.ts';

export const themes = ['system', 'light', 'dark'] as const;
export type Theme = (typeof themes)[number];

const isTheme = (value: unknown): value is Theme => themes.some((theme) => theme === value);
const storageKey = 'occ.preferences';

/** Of this browser, not of the account: what a person likes on a phone he may not like at a desk. */
function stored(): { language?: unknown; theme?: unknown } {
  try {
    return JSON.parse(localStorage.getItem(storageKey) ?? '{}') as object;
  } catch {
    return {}; // Unreadable, or storage is switched off: the defaults do.
  }
}

export const usePreferences = defineStore('preferences', () => {
  const before = stored();
  const language = ref<Language>(isLanguage(before.language) ? before.language : browserLanguage(navigator.languages));
  const theme = ref<Theme>(isTheme(before.theme) ? before.theme : 'system');

  const systemIsDark = ref(false);
  if (typeof window.matchMedia === 'function') {
    const query = window.matchMedia('(prefers-color-scheme: dark)');
    systemIsDark.value = query.matches;
    query.addEventListener('change', ({ matches }) => (systemIsDark.value = matches));
  }
  const isDark = computed(() => (theme.value === 'system' ? systemIsDark.value : theme.value === 'dark'));

  watchEffect(() => {
    document.documentElement.classList.toggle('dark', isDark.value);
    document.documentElement.lang = language.value;
    const kept = JSON.stringify({ language: language.value, theme: theme.value });
    try {
      localStorage.setItem(storageKey, kept);
    } catch {
      // Storage is switched off: the choice lasts as long as the page.
    }
  });

  return { language, theme, isDark };
});
