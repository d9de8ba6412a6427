import type { FurtherMessages } from '../i18n/en.ts';

export const invitation: FurtherMessages['invitation'] = {
  title: '您收到了邀请',
  offer: '{who} 邀请您在{place}中担任：{role}。',
  accept: '以 {name} 的身份接受',
  signIn: '我已有账号：登录',
  newAccount: '或者创建新账号',
  nameHint: "小写字母、数字，以及 . _ {'@'} -",
  displayName: '您的姓名',
  passwordHint: '至少 12 个字符。',
  register: '创建账号并加入',
};
