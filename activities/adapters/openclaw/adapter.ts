import type { Adapter } from '../adapter.ts';
import { classifyExit } from './exit.ts';
import { probe, workMark } from './probe.ts';
import { prove } from './proof.ts';
import { openClawRules } from './rules.ts';
import { stateTool } from './state-tool.ts';
import { resume, suspend } from './suspend.ts';
import { usage } from './usage.ts';
import { readValidation, readValidations, validationJob, validationJobs } from './validation.ts';

/** OpenClaw, asked and checked by its own program. */
export const openClawAdapter: Adapter = {
  rules: openClawRules,
  validationJob,
  readValidation,
  validationJobs,
  readValidations,
  prove,
  suspend,
  resume,
  stateTool,
  probe,
  workMark,
  usage,
  classifyExit,
};
