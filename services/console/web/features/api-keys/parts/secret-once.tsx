import { Alert, Button, Modal } from 'antd';
import { useState } from 'react';
import { useTexts } from '../../../language/texts';
import { texts } from '../texts';

export interface SecretOnceProps {
  title: string;
  /** Why it is shown once, and what to do with it; of an API key where it is left out. */
  text?: string;
  secret: string;
  onClose: () => void;
}

/** What the platform tells this one time. Neither Escape nor a click beside it closes it: it would be gone. */
export function SecretOnce({ title, text, secret, onClose }: SecretOnceProps) {
  const t = useTexts(texts);
  const [isCopied, setCopied] = useState(false);
  const copy = () => void navigator.clipboard.writeText(secret).then(() => setCopied(true));
  return (
    <Modal
      open
      title={title}
      closable={false}
      keyboard={false}
      mask={{ closable: false }}
      footer={
        <Button type="primary" onClick={onClose}>
          {t.done}
        </Button>
      }
    >
      <div className="stack">
        <Alert type="warning" showIcon title={t.onceTitle} description={text ?? t.onceText} />
        <pre className="command">
          <code className="unit">{secret}</code>
        </pre>
        {/* Browsers give the clipboard to pages of TLS or this machine alone; elsewhere the text can be marked. */}
        {'clipboard' in navigator && (
          <Button onClick={copy} aria-live="polite">
            {isCopied ? t.copied : t.copy}
          </Button>
        )}
      </div>
    </Modal>
  );
}
