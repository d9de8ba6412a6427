/** Tells a person what is going on: a short message, and how far it is (0 to 100) where that is known. */
export type Report = (message: string, percent?: number) => void;

/** A report that puts its topic in front of every message. */
export function reportAs(topic: string, report: Report): Report {
  return (message, percent) => report(`${topic}: ${message}`, percent);
}
