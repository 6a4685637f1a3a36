import { Button, Modal } from 'antd';
import { useEffect } from 'react';
import { useBlocker } from 'react-router';
import { useTexts } from '../../../language/texts';
import { texts } from '../texts';

/** Says that something is not saved yet, also to whoever is about to leave. */
export function RoutingBar({ isBusy, onSave, onDiscard }: { isBusy: boolean; onSave: () => void; onDiscard: () => void }) {
  const t = useTexts(texts);
  useEffect(() => {
    const ask = (event: BeforeUnloadEvent) => event.preventDefault();
    window.addEventListener('beforeunload', ask);
    return () => window.removeEventListener('beforeunload', ask);
  }, []);
  const blocker = useBlocker(true);
  return (
    <div className="panel routing-bar" role="status">
      <span>{t.unsaved}</span>
      <span className="buttons">
        <Button onClick={onDiscard}>{t.discard}</Button>
        <Button type="primary" loading={isBusy} onClick={onSave}>
          {t.save}
        </Button>
      </span>
      <Modal
        open={blocker.state === 'blocked'}
        title={t.leaveTitle}
        okText={t.leave}
        cancelText={t.stay}
        okButtonProps={{ danger: true }}
        onOk={() => blocker.proceed?.()}
        onCancel={() => blocker.reset?.()}
      >
        <p>{t.leaveText}</p>
      </Modal>
    </div>
  );
}
