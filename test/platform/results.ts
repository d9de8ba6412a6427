import { existsSync, readFileSync } from 'node:fs';

export interface Results {
  passed: number;
  failed: number;
  /** How many tests of which file did not run. */
  skipped: Map<string, number>;
  /** What tests found out that they cannot show here, in their own words (`task.meta.notShown`). None of it has passed. */
  notShown: string[];
}

/** The parts of Vitest's JSON report that are counted. */
interface JsonReport {
  numPassedTests: number;
  numFailedTests: number;
  testResults: { name: string; status: string; assertionResults: JsonResult[] }[];
}

interface JsonResult {
  status: string;
  meta?: { notShown?: string };
}

/** Of a run that left no report. */
export const noResults = (): Results => ({ passed: 0, failed: 1, skipped: new Map(), notShown: [] });

/** Counts tests; a file that could not even be loaded, and a run without a report, count as a failure. */
export function readResults(reportFile: string): Results {
  if (!existsSync(reportFile)) return noResults();
  const report = JSON.parse(readFileSync(reportFile, 'utf8')) as JsonReport;
  const unloadable = report.testResults.filter(
    (file) => file.status === 'failed' && file.assertionResults.length === 0,
  ).length;
  const skipped = report.testResults
    .map((file) => [file.name, file.assertionResults.filter(hasNotRun).length] as const)
    .filter(([, count]) => count > 0);
  return {
    passed: report.numPassedTests,
    failed: report.numFailedTests + unloadable,
    skipped: new Map(skipped),
    notShown: report.testResults.flatMap((file) => file.assertionResults.flatMap(({ meta }) => meta?.notShown ?? [])),
  };
}

/** And has not said why by itself. */
const hasNotRun = ({ status, meta }: JsonResult): boolean =>
  status !== 'passed' && status !== 'failed' && meta?.notShown === undefined;

/** What follows the tests: the last line of every run, in this form and no other. */
export const describeResults = ({ passed, failed }: Results): string => `${passed} passed, ${failed} failed`;
