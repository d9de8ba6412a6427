import type { Candidate, Outcome } from './candidate.ts';
import { refuse } from './candidate.ts';

/** Start, stop and restart bring no revision: a target stays where it is. */
export function planPower({ power, phase, revision }: Candidate, kind: 'start' | 'stop' | 'restart'): Outcome {
  const change: Outcome = { do: 'change', impact: kind === 'restart' ? 'restart' : 'power', toRevision: revision };
  switch (kind) {
    case 'start':
      return power === 'on' && phase === 'Running' ? { do: 'nothing' } : change;
    case 'stop':
      return power === 'off' && phase === 'Stopped' ? { do: 'nothing' } : change;
    case 'restart':
      return power === 'off' ? refuse('instance.state-conflict', 'It is stopped: start it instead.') : change;
  }
}
