const dayMs = 24 * 60 * 60_000;

/**
 * How long a copy of state is kept. The newest verified one of each agent version of an instance has no end: it is what a
 * rollback to that version takes. One that a newer one has replaced stays for a while, one that never was verified is of
 * no use to anybody.
 */
const replacedDays = 30;
const unverifiedDays = 1;

export const replacedExpiry = (now = new Date()): Date => new Date(now.getTime() + replacedDays * dayMs);
export const unverifiedExpiry = (now = new Date()): Date => new Date(now.getTime() + unverifiedDays * dayMs);
