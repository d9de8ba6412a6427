import type { ScaleProduct } from './scale-product.ts';

export interface Template {
  templateId: string;
  templateVersion: number;
}

/** A published template with one variable, of which agents take another value without a restart. */
export async function publishNoteTemplate({ administrator, must, tenantId }: ScaleProduct): Promise<Template> {
  const { id } = await must(
    administrator.post('/configs', {
      tenantId,
      name: 'note',
      agentKind: 'openclaw',
      configuration: { native: { ui: { assistant: { name: { $variable: 'note' } } } } },
      variables: { type: 'object', properties: { note: { type: 'string', maxLength: 100, default: 'as made' } } },
    }),
    201,
  );
  await must(administrator.post(`/configs/${id}/publish`, { version: 1, push: false, reason: 'to begin with' }), 200);
  return { templateId: id, templateVersion: 1 };
}

/** The configuration of a rollout that brings another value of that variable. */
export const noteChange = ({ templateId, templateVersion }: Template, note: string): object => ({
  kind: 'configuration',
  templateId,
  version: templateVersion,
  variables: { note },
});
