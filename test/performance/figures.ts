/** One line of a bench's result. A figure without a target is there to be read. */
export interface Figure {
  name: string;
  value: number;
  unit?: string;
  target?: { atMost: number } | { atLeast: number };
}

const isMet = ({ value, target }: Figure): boolean =>
  target === undefined || ('atMost' in target ? value <= target.atMost : value >= target.atLeast);

const targetOf = ({ target, unit = '' }: Figure): string =>
  target === undefined ? '-' : 'atMost' in target ? `<=${target.atMost}${unit}` : `>=${target.atLeast}${unit}`;

const rounded = (value: number): string => (Number.isInteger(value) ? `${value}` : value.toPrecision(3));

/** `name value target met|missed` */
export const lineOf = (figure: Figure): string =>
  `${figure.name} ${rounded(figure.value)}${figure.unit ?? ''} ${targetOf(figure)} ${
    figure.target === undefined ? '-' : isMet(figure) ? 'met' : 'missed'
  }`;

/** @param share 0.5 for the median; between two values it interpolates */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  const at = share * (sorted.length - 1);
  const below = sorted[Math.floor(at)];
  const above = sorted[Math.ceil(at)];
  if (below === undefined || above === undefined) throw new Error('there is no quantile of nothing');
  return below + (above - below) * (at - Math.floor(at));
}

/** The median of paired ratios, with the middle half and the ends of their spread. */
export const spreadOf = (name: string, ratios: readonly number[], target: Figure['target']): Figure[] => [
  { name: `${name}-pairs`, value: ratios.length, target: { atLeast: 10 } },
  { name: `${name}-lowest`, value: quantile(ratios, 0) },
  { name: `${name}-lower-quartile`, value: quantile(ratios, 0.25) },
  { name: `${name}-upper-quartile`, value: quantile(ratios, 0.75) },
  { name: `${name}-highest`, value: quantile(ratios, 1) },
  { name: `${name}-median`, value: quantile(ratios, 0.5), target },
];
