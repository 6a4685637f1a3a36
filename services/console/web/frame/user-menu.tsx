import UserOutlined from '@ant-design/icons/UserOutlined';
import { App, Button, Dropdown, type MenuProps } from 'antd';
import { toProblem } from '../api/api-problem';
import { PageLink } from '../elements/page-link';
import { LANGUAGES, LANGUAGE_NAMES } from '../language/language';
import { useLanguage, useTexts } from '../language/texts';
import { useLook } from '../look/look-context';
import { LOOKS } from '../look/theme';
import { signOutEverywhere } from '../session/other-tabs';
import { useIdentity } from '../session/use-session';
import { texts } from './texts';

export function UserMenu() {
  const t = useTexts(texts);
  const { username, role } = useIdentity();
  const { language, choose: chooseLanguage } = useLanguage();
  const { look, choose: chooseLook } = useLook();
  const { message } = App.useApp();
  const items: MenuProps['items'] = [
    { type: 'group', key: 'who', label: `${t.signedInAs(username)} · ${t.roles[role]}` },
    {
      type: 'group',
      key: 'language',
      label: t.language,
      children: LANGUAGES.map((one) => ({
        key: one,
        label: <span lang={one}>{LANGUAGE_NAMES[one]}</span>,
        onClick: () => chooseLanguage(one),
      })),
    },
    {
      type: 'group',
      key: 'look',
      label: t.look,
      children: LOOKS.map((one) => ({ key: one, label: t.looks[one], onClick: () => chooseLook(one) })),
    },
    { type: 'divider' },
    { key: 'account', label: <PageLink to="/account">{t.accountPage}</PageLink> },
    { key: 'docs', label: <a href="/docs">{t.apiDocs}</a> },
    {
      key: 'sign-out',
      label: t.signOut,
      onClick: () => void signOutEverywhere().catch((error: unknown) => message.error(toProblem(error).detail)),
    },
  ];
  return (
    <Dropdown trigger={['click']} menu={{ items, selectedKeys: [language, look] }}>
      <Button type="text" aria-label={`${t.account}: ${username}`} icon={<UserOutlined aria-hidden="true" />}>
        <span className="ellipsis wide-only">{username}</span>
      </Button>
    </Dropdown>
  );
}
