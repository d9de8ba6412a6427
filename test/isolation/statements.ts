/** What the database is asked, in order, as the api's own log has it. */
export interface Statements {
  onQuery: (line: string) => void;
  /** Those since the last time. */
  take(): string[];
  /** Those since the last time, left where they are. */
  peek(): readonly string[];
}

export function recordStatements(): Statements {
  let recorded: string[] = [];
  return {
    onQuery: (line) => recorded.push(textOf(line)),
    take() {
      const taken = recorded;
      recorded = [];
      return taken;
    },
    peek: () => recorded,
  };
}

// oxlint-disable-next-line no-control-regex -- the log is coloured
const colour = /\u001b\[\d+m/g;

/** Without what differs from one time to the next: how long it took, how many rows it was, and every value. */
const textOf = (line: string): string =>
  line
    .replaceAll(colour, '')
    .replace(/^\[query\] /, '')
    .replace(/ \[took [^\]]*\]$/, '')
    .replaceAll(/'(?:[^']|'')*'/g, '?');
