import type { Messages } from './en.ts';
import { i18n } from './i18n.ts';

type Leaf<Of, Prefix extends string = ''> = {
  [Key in keyof Of & string]: Of[Key] extends string ? `${Prefix}${Key}` : Leaf<Of[Key], `${Prefix}${Key}.`>;
}[keyof Of & string];

/** Every text there is; one that is missing does not compile. */
export type MessageKey = Leaf<Messages>;

export type Values = Record<string, string | number>;

/** Texts in the language of the moment; used in a template or a computed, they follow a change of it. */
export function useText() {
  const { t, te, locale } = i18n.global;
  return {
    t: (key: MessageKey, values: Values = {}): string => t(key, values),
    /** One, or many: the message holds both forms around a `|`. */
    count: (key: MessageKey, number: number, values: Values = {}): string =>
      t(key, { n: formatNumber(number, locale.value), ...values }, number),
    /** A word of the server that may be newer than this page: then it is shown as it is. */
    word: (group: string, word: string): string => {
      const key = `${group}.${word}`;
      return te(key) || te(key, 'en') ? t(key) : word;
    },
    number: (number: number): string => formatNumber(number, locale.value),
    locale,
  };
}

const formatNumber = (number: number, locale: string): string => new Intl.NumberFormat(locale).format(number);
