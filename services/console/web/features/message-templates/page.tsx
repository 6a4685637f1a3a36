import { useQuery } from '@tanstack/react-query';
import { Select, Tag } from 'antd';
import { ProblemView } from '../../elements/problem-view';
import { PageSkeleton } from '../../frame/page-skeleton';
import { useLanguage, useTexts } from '../../language/texts';
import { AlertingHeader } from '../alerts/parts/alerting-header';
import { useAlertScope } from '../alerts/scope';
import { useNarrowing } from '../alerts/use-narrowing';
import { channelTypesQuery } from '../channels/queries';
import { texts as channelTexts } from '../channels/texts';
import { TemplateEditor } from './parts/template-editor';
import { templatesQuery, type Template, type TemplateKey, type TemplateLanguage } from './queries';
import { inForce, ownOf } from './template-in-force';
import { texts } from './texts';

const LANGUAGES = ['en', 'zh'] as const;

/** Which one is open stands in the address; without a word of it, that of all kinds in the reader's language. */
function useOpenedKey(): TemplateKey {
  const { language } = useLanguage();
  const { given } = useNarrowing();
  const wanted = given('language') ?? language;
  return { language: wanted === 'en' ? 'en' : 'zh', channelType: given('type') ?? null };
}

/** What messages say. */
export default function TemplatesPage() {
  const t = useTexts(texts);
  const scope = useAlertScope();
  const key = useOpenedKey();
  const { data, error, refetch } = useQuery(templatesQuery(scope));
  return (
    <>
      <AlertingHeader title={t.title} lead={t.lead} />
      {error && <ProblemView error={error} onRetry={() => void refetch()} />}
      {data ? (
        <>
          <KeyTools of={key} templates={data.items} />
          {/* Anew for another one: what was typed into the other is not for this one. */}
          <TemplateEditor key={`${scope.key} ${key.language} ${key.channelType}`} of={key} templates={data.items} />
        </>
      ) : (
        !error && <PageSkeleton />
      )}
    </>
  );
}

function KeyTools({ of, templates }: { of: TemplateKey; templates: readonly Template[] }) {
  const t = useTexts(texts);
  const { types: typeNames, languages } = useTexts(channelTexts);
  const { narrow } = useNarrowing();
  const { data } = useQuery(channelTypesQuery(useAlertScope()));
  const marked = (name: string, channelType: string | null) => (ownOf(templates, { ...of, channelType }) ? `${name} · ${t.own}` : name);
  const types = (data?.items ?? []).map(({ type }) => ({ value: type, label: marked(typeNames[type] ?? type, type) }));
  return (
    <div className="template-tools">
      <Select<TemplateLanguage>
        className="tool"
        aria-label={t.language}
        value={of.language}
        options={LANGUAGES.map((value) => ({ value, label: languages[value] }))}
        onChange={(value) => narrow('language', value)}
      />
      <Select
        className="tool wide-tool"
        aria-label={t.type}
        value={of.channelType ?? ''}
        showSearch={{ optionFilterProp: 'label' }}
        options={[{ value: '', label: marked(t.allTypes, null) }, ...types]}
        onChange={(value) => narrow('type', value)}
      />
      <Origin of={of} templates={templates} />
    </div>
  );
}

function Origin({ of, templates }: { of: TemplateKey; templates: readonly Template[] }) {
  const t = useTexts(texts);
  if (ownOf(templates, of)) return <Tag color="blue">{t.own}</Tag>;
  return <Tag>{inForce(templates, of)?.builtIn ? t.builtIn : t.inherited}</Tag>;
}
