import { useQuery } from '@tanstack/react-query';
import { Form, InputNumber, Modal } from 'antd';
import { useId } from 'react';
import type { Schema } from '@smartant/contracts/openapi';
import { ProblemView } from '../../../elements/problem-view';
import { PageSkeleton } from '../../../frame/page-skeleton';
import { useFormats } from '../../../language/format';
import { useTexts } from '../../../language/texts';
import { quotasQuery, useUpdateQuotas } from '../queries';
import { texts } from '../texts';

const MIB = 1024 ** 2;

type Entered = Omit<Schema<'Quotas'>['quotas'], 'bytesPerSecond'> & { mebibytesPerSecond: number };
const FIELDS = ['migrations', 'endpoints', 'mebibytesPerSecond', 'requestsPerSecond', 'concurrency'] as const satisfies (keyof Entered)[];

export interface QuotaDialogProps {
  workspace: Schema<'Workspace'>;
  onClose: () => void;
}

export function QuotaDialog({ workspace: { id, name }, onClose }: QuotaDialogProps) {
  const t = useTexts(texts);
  const formId = useId();
  const { data, error } = useQuery({ ...quotasQuery(id), staleTime: 0 });
  const update = useUpdateQuotas(id);
  const submit = ({ mebibytesPerSecond, ...quotas }: Entered) =>
    update.mutate({ ...quotas, bytesPerSecond: Math.round(mebibytesPerSecond * MIB) }, { onSuccess: onClose });
  return (
    <Modal
      open
      title={t.quotasOf(name)}
      okText={t.save}
      okButtonProps={{ htmlType: 'submit', form: formId, disabled: !data }}
      cancelText={t.keep}
      confirmLoading={update.isPending}
      onCancel={onClose}
    >
      <div className="stack">
        <p className="quiet">{t.quotasText}</p>
        {error && <ProblemView error={error} />}
        {data ? <QuotaForm formId={formId} quotas={data} onSubmit={submit} /> : !error && <PageSkeleton />}
        {update.error && <ProblemView error={update.error} />}
      </div>
    </Modal>
  );
}

interface QuotaFormProps {
  formId: string;
  quotas: Schema<'Quotas'>;
  onSubmit: (entered: Entered) => void;
}

function QuotaForm({ formId, quotas: { quotas, use }, onSubmit }: QuotaFormProps) {
  const t = useTexts(texts);
  const format = useFormats();
  const { bytesPerSecond, ...others } = quotas;
  const inUse = (field: keyof Entered) => (field === 'migrations' || field === 'endpoints' ? t.inUse(format.count(use[field])) : undefined);
  return (
    <Form<Entered>
      id={formId}
      layout="vertical"
      requiredMark={false}
      initialValues={{ ...others, mebibytesPerSecond: bytesPerSecond / MIB }}
      onFinish={onSubmit}
    >
      {FIELDS.map((field) => (
        <Form.Item key={field} name={field} label={t.quota[field]} extra={inUse(field)} rules={[{ required: true, message: t.needed }]}>
          {/* What is too much is the API's to refuse. */}
          <InputNumber<number> min={0} precision={field === 'mebibytesPerSecond' ? 2 : 0} />
        </Form.Item>
      ))}
    </Form>
  );
}
