import { randomUUID } from 'node:crypto';

const wellFormed = /^[\w.:-]{8,128}$/;

/** The caller's id where it is harmless to log and to answer with, else a new one. */
export const requestIdOf = (header: string): string => (wellFormed.test(header) ? header : randomUUID());
