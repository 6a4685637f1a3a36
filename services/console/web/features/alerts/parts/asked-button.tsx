import { Button, Modal } from 'antd';
import { useState } from 'react';
import { ProblemView } from '../../../elements/problem-view';
import { useTexts } from '../../../language/texts';
import { texts } from '../texts';

export interface AskedButtonProps {
  text: string;
  /** With the name of what it is for: in a list many are called the same. */
  label: string;
  title: string;
  explanation: string;
  isDangerous?: boolean;
  isBusy: boolean;
  error: unknown;
  onConfirm: (close: () => void) => void;
  onLeave: () => void;
}

/** Says what will happen before it does, and keeps a refusal in view. */
export function AskedButton({ text, label, title, explanation, isDangerous, isBusy, error, onConfirm, onLeave }: AskedButtonProps) {
  const t = useTexts(texts);
  const [isAsking, setAsking] = useState(false);
  const close = () => {
    setAsking(false);
    onLeave();
  };
  return (
    <>
      <Button size="small" aria-label={label} onClick={() => setAsking(true)}>
        {text}
      </Button>
      <Modal
        open={isAsking}
        destroyOnHidden
        title={title}
        okText={text}
        cancelText={t.cancel}
        okButtonProps={{ danger: isDangerous }}
        confirmLoading={isBusy}
        onOk={() => onConfirm(close)}
        onCancel={close}
      >
        <p>{explanation}</p>
        {error !== null && error !== undefined && <ProblemView error={error} />}
      </Modal>
    </>
  );
}
