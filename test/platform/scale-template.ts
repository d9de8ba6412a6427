import type { ScaleProduct } from './scale-product.ts';

export interface Template {
  templateId: string;
  templateVersion: number;
}

/** A published template with two variables: agents take another `note` as they run, another `setting` by a restart. */
export async function publishTemplate({ administrator, must, tenantId }: ScaleProduct): Promise<Template> {
  const text = { type: 'string', maxLength: 100, default: 'as made' };
  const { id } = await must(
    administrator.post('/configs', {
      tenantId,
      name: 'two-variables',
      agentKind: 'openclaw',
      configuration: {
        native: { ui: { assistant: { name: { $variable: 'note' } } } },
        environment: { SETTING: { $variable: 'setting' } },
      },
      variables: { type: 'object', properties: { note: text, setting: text } },
    }),
    201,
  );
  await must(administrator.post(`/configs/${id}/publish`, { version: 1, push: false, reason: 'to begin with' }), 200);
  return { templateId: id, templateVersion: 1 };
}
