import { Button, Modal } from 'antd';
import { useState } from 'react';
import { ProblemView } from '../../../elements/problem-view';
import { useTexts } from '../../../language/texts';
import { useIdentity } from '../../../session/use-session';
import { useDeleteEndpoint, type Endpoint } from '../queries';
import { texts } from '../texts';

/** Asks first. Where a migration uses it the API refuses, and its reason stays in view. */
export function DeleteButton({ endpoint: { id, name } }: { endpoint: Endpoint }) {
  const t = useTexts(texts);
  const { workspace } = useIdentity();
  const [isAsking, setAsking] = useState(false);
  const { mutate, isPending, error, reset } = useDeleteEndpoint(workspace);
  const close = () => {
    setAsking(false);
    reset();
  };
  return (
    <>
      <Button size="small" aria-label={`${t.remove}: ${name}`} onClick={() => setAsking(true)}>
        {t.remove}
      </Button>
      <Modal
        open={isAsking}
        destroyOnHidden
        title={t.removeTitle(name)}
        okText={t.remove}
        cancelText={t.cancel}
        okButtonProps={{ danger: true }}
        confirmLoading={isPending}
        onOk={() => mutate(id, { onSuccess: close })}
        onCancel={close}
      >
        <p>{t.removeText}</p>
        {error && <ProblemView error={error} />}
      </Modal>
    </>
  );
}
