import { defineAsyncComponent, type Component } from 'vue';
import { loadFurtherWords } from './i18n.ts';

/** A component of a first page that is fetched when it is opened, together with the words that it has. */
export const withFurtherWords = <Loaded extends Component>(load: () => Promise<{ default: Loaded }>): Loaded =>
  defineAsyncComponent<Loaded>(async () => {
    const [component] = await Promise.all([load(), loadFurtherWords()]);
    return component;
  });
