import { Typography } from 'antd';
import type { MigrationKind } from '../../../elements/kind-icon';
import { useTexts } from '../../../language/texts';
import { COMMANDS } from '../commands';
import { texts } from '../texts';

export function CommandSteps({ kind }: { kind: MigrationKind }) {
  const t = useTexts(texts);
  return (
    <section className="panel" aria-labelledby="command-steps" aria-live="polite">
      <h2 id="command-steps">
        {t.chosen}: {t[kind].title}
      </h2>
      <p className="quiet">{t.fromCommandLine}</p>
      <Typography.Paragraph copyable={{ text: COMMANDS[kind] }} className="command">
        <code>{COMMANDS[kind]}</code>
      </Typography.Paragraph>
    </section>
  );
}
