import { duration } from '../ui/format-time.ts';

/** A measure as a person reads it: a share in percent, a time with its unit, the rest as a short number. */
export function formatMeasure(metric: string, value: number, locale: string): string {
  switch (metric) {
    case 'error-rate':
    case 'not-ready':
      return new Intl.NumberFormat(locale, { style: 'percent', maximumFractionDigits: 1 }).format(value);
    case 'ready-seconds':
      return duration(value * 1_000);
    default:
      return new Intl.NumberFormat(locale, { maximumSignificantDigits: 4 }).format(value);
  }
}
