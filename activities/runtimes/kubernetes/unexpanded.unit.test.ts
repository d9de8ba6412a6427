import { describe, expect, it } from 'vitest';
import { unexpanded } from './unexpanded.ts';

/** As the kubelet does it with no variable known: k8s.io/kubernetes/third_party/forked/golang/expansion. */
const expandedByKubelet = (text: string): string =>
  text.replaceAll(/\$(\$|\([^)]*\))/g, (_all, next: string) => (next === '$' ? '$' : ''));

describe('a text for a pod', () => {
  it.each(['', '$', '$$', '$$$', '$(HOME)', '$$(HOME)', '$$$(HOME)', '$(touch /tmp/x) $HOME ${HOME} $$', 'a$'])(
    '%j comes out of the kubelet as it went in',
    (text) => {
      expect(expandedByKubelet(unexpanded(text))).toBe(text);
    },
  );

  it('without anything that would be expanded is not touched', () => {
    expect(unexpanded('${HOME} $HOME 5$')).toBe('${HOME} $HOME 5$');
  });
});
