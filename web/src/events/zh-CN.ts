import type { Messages } from '../i18n/en.ts';

export const events: Messages['events'] = {
  title: '事件',
  noneTitle: '尚未发生任何事件',
  instanceChanged: '当前状态：{phase}',
  operationChanged: '{kind}：{phase}',
  stepChanged: '{kind}：{step} · {state}',
  driftChanged: '已比较：{state}',
  by: '由 {name} 发起',
};
