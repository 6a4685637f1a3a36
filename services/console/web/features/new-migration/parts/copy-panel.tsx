import { Alert, Tabs, Typography } from 'antd';
import { useTexts } from '../../../language/texts';
import { cliCommandOf } from '../cli-command';
import type { Plan } from '../plan';
import { manifestOf } from '../plan-manifest';
import { texts } from '../texts';

/** The same migration for the command line and for a repository. */
export function CopyPanel({ plan }: { plan: Plan }) {
  const t = useTexts(texts);
  const command = cliCommandOf(plan);
  const shown = (text: string) => (
    <Typography.Paragraph className="command" copyable={{ text, tooltips: [t.copy, t.copied] }}>
      <code>{text}</code>
    </Typography.Paragraph>
  );
  const items = [
    {
      key: 'command',
      label: t.command,
      children: (
        <>
          {command.missing.length > 0 && <Alert type="info" showIcon title={t.commandMisses(command.missing.join(', '))} />}
          {shown(command.text)}
        </>
      ),
    },
    { key: 'manifest', label: t.manifest, children: shown(manifestOf(plan)) },
  ];
  return (
    <section aria-label={t.copyTitle}>
      <h3>{t.copyTitle}</h3>
      <p className="quiet">{t.copyText}</p>
      <Tabs items={items} />
    </section>
  );
}
