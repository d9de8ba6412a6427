import type { RolloutChange, RolloutSummary } from '../api/types.ts';
import { parseJsonObject } from '../ui/parse-json-object.ts';

export type RolloutKind = RolloutSummary['kind'];

/** What is to be done, as it is typed; which of it counts depends on the kind. */
export interface ChangeForm {
  templateId: string;
  version: number | undefined;
  variables: string;
  agentVersionId: string;
  revision: string;
  isLossy: boolean;
}

export const newChange = (): ChangeForm => ({
  templateId: '',
  version: undefined,
  variables: '',
  agentVersionId: '',
  revision: '',
  isLossy: false,
});

/** The change in the words of the api; null while something that it needs is missing or unreadable. */
export function changeOf(kind: RolloutKind, form: ChangeForm): RolloutChange | null {
  switch (kind) {
    case 'configuration': {
      const variables = parseJsonObject(form.variables);
      if (!form.templateId || !form.version || variables.fault) return null;
      const set = form.variables.trim() ? { variables: variables.value } : {};
      return { kind, templateId: form.templateId, version: form.version, ...set };
    }
    case 'image':
      return form.agentVersionId ? { kind, agentVersionId: form.agentVersionId } : null;
    case 'rollback': {
      const text = form.revision.trim();
      if (text && !/^[1-9]\d*$/.test(text)) return null;
      return { kind, discardNewState: form.isLossy, ...(text && { revision: Number(text) }) };
    }
    default:
      return { kind };
  }
}
