import type { en } from './en';

export const zhCn: typeof en = {
  menu: '菜单',
  openMenu: '打开菜单',
  skip: '跳到正文',
  workspace: '工作空间',
  accountPage: '我的账号',
  account: '账号',
  signedInAs: (name) => `当前用户：${name}`,
  language: '语言',
  look: '外观',
  looks: { light: '浅色', dark: '深色', system: '跟随系统' },
  apiDocs: 'API 文档',
  signOut: '退出登录',
  roles: { viewer: '只读成员', operator: '操作员', owner: '所有者', admin: '平台管理员' },
  notFoundTitle: '页面不存在',
  notFoundText: '地址可能已失效，或您在此工作空间中的角色无权查看该页面。',
  toStart: '返回概览',
  loading: '加载中',
};
