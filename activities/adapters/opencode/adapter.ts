import type { Adapter } from '../adapter.ts';
import { classifyExit } from './exit.ts';
import { probe, workMark } from './probe.ts';
import { prove } from './proof.ts';
import { openCodeRules } from './rules.ts';
import { stateTool } from './state-tool.ts';
import { usage } from './usage.ts';
import { readValidation, readValidations, validationJob, validationJobs } from './validation.ts';

/** OpenCode, asked and checked by its own program. */
export const openCodeAdapter: Adapter = {
  rules: openCodeRules,
  validationJob,
  readValidation,
  validationJobs,
  readValidations,
  prove,
  suspend: null, // it has no rest: who needs one stops it
  resume: async () => undefined,
  stateTool,
  probe,
  workMark,
  usage,
  classifyExit,
};
