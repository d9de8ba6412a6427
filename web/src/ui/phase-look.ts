/** How a phase looks, for every noun; the words are in the languages. */
export type Tone = 'good' | 'busy' | 'warning' | 'bad' | 'quiet';

export interface Look {
  tone: Tone;
  /** Drawn with motion, because it is on its way to another state. */
  moving: boolean;
}

const settled = (tone: Tone): Look => ({ tone, moving: false });
const moving: Look = { tone: 'busy', moving: true };

const looks = {
  instance: {
    Provisioning: moving,
    Starting: moving,
    Running: settled('good'),
    Updating: moving,
    Stopping: moving,
    Stopped: settled('quiet'),
    Degraded: settled('warning'),
    Misconfigured: settled('bad'),
    Failed: settled('bad'),
    Unknown: settled('warning'),
    Deleting: moving,
    Deleted: settled('quiet'),
  },
  operation: {
    Accepted: moving,
    Running: moving,
    Compensating: { tone: 'warning', moving: true },
    Succeeded: settled('good'),
    Failed: settled('bad'),
    Cancelled: settled('quiet'),
    Superseded: settled('quiet'),
  },
  rollout: {
    Pending: moving,
    Progressing: moving,
    Paused: settled('warning'),
    RollingBack: { tone: 'warning', moving: true },
    Succeeded: settled('good'),
    PartiallyFailed: settled('bad'),
    RolledBack: settled('warning'),
    Aborted: settled('quiet'),
    Failed: settled('bad'),
  },
  wave: {
    Pending: settled('quiet'),
    Updating: moving,
    Baking: moving,
    Judged: settled('warning'),
    Passed: settled('good'),
    Failed: settled('bad'),
  },
  target: {
    Pending: settled('quiet'),
    Waiting: settled('warning'),
    Updating: moving,
    Updated: settled('good'),
    Failed: settled('bad'),
    Skipped: settled('quiet'),
    RollingBack: { tone: 'warning', moving: true },
    RolledBack: settled('warning'),
    RollbackFailed: settled('bad'),
  },
  step: {
    Running: moving,
    Waiting: { tone: 'warning', moving: true },
    Succeeded: settled('good'),
    Failed: settled('bad'),
  },
  drift: { consistent: settled('good'), drifted: settled('warning'), unknown: settled('quiet') },
  cluster: { Preparing: moving, Ready: settled('good'), Unreachable: settled('bad') },
  tenant: { Active: settled('good'), Deleting: moving, Deleted: settled('quiet') },
  config: { draft: settled('warning'), published: settled('good'), retired: settled('quiet') },
  schedule: { Active: settled('good'), Paused: settled('warning') },
  version: { allowed: settled('good'), deprecated: settled('warning'), withdrawn: settled('quiet') },
} as const satisfies Record<string, Record<string, Look>>;

export type PhaseNoun = keyof typeof looks;

/** Words that this page does not know yet are quiet. */
export const lookOf = (noun: PhaseNoun, phase: string): Look =>
  (looks[noun] as Record<string, Look>)[phase] ?? settled('quiet');

export const isMoving = (noun: PhaseNoun, phase: string): boolean => lookOf(noun, phase).moving;
