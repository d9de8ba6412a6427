import type { Adapter } from '../adapter.ts';
import { classifyExit } from './exit.ts';
import { prove } from './proof.ts';
import { openClawRules } from './rules.ts';
import { readValidation, validationJob } from './validation.ts';

/** OpenClaw, asked and checked by its own program. */
export const openClawAdapter: Adapter = {
  rules: openClawRules,
  validationJob,
  readValidation,
  prove,
  classifyExit,
};
