import type { Messages } from '../i18n/en.ts';

export const access: Messages['access'] = {
  signIn: '登录',
  signInLead: '管理个人 AI 代理集群。',
  name: '用户名',
  password: '密码',
  signOut: '退出登录',
  sessionEnded: '登录已失效。请重新登录，然后从原处继续。',
  platformWide: '整个平台',
  roles: {
    'platform-administrator': '平台管理员',
    'tenant-administrator': '租户管理员',
    'project-administrator': '项目管理员',
    operator: '运维人员',
    member: '成员',
    viewer: '查看者',
    auditor: '审计员',
  },
  noRoles: '尚无角色',
  noRolesLead: '您已登录，但还没有租户授予您角色。请联系租户管理员。',
};
